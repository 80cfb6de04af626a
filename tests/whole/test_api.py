"""The Python API: the same answers from a file, a store, shards and an address, in columns that have types.

What may not break: an analyst gets a DataFrame with numbers, days and yes or no, every error is one line, and
`import build_graph` stays quick.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest
import rdflib
from places import ROOT
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store
from server import Server
from sharing import Once

import build_graph as og
from build_graph.api import Analysis
from build_graph.corpus.builder import Builder
from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.errors import ObligationError
from build_graph.extract.pipeline import find_default_document
from build_graph.query.catalogue import Question, fetch_rows, load_catalogue
from build_graph.query.data_frames import build_frame
from build_graph.query.engines import OxigraphEngine
from build_graph.vocabulary import BASE, OB, XSD

OTHER = ROOT / "tests" / "gold" / "documents" / "wuhua-113.txt"
PLACES = ("memory", "file", "store", "shards", "address")
PREFIXES = f"PREFIX ob: <{OB}> PREFIX xsd: <{XSD}>"


def make_places(folder: Path) -> None:
    """The first document as a store and as shards."""
    Builder().fill([], folder / "store")
    ShardBuilder(workers=1).build([find_default_document()], folder / "shards")


@pytest.fixture(scope="module")
def graphs(graph: Path, once: Once, running: Server) -> dict[str, og.Graph]:
    folder = once("api", make_places)
    where = {"file": graph, "store": folder / "store", "shards": folder / "shards", "address": running.url}
    return {"memory": og.build(), **{name: og.open(place) for name, place in where.items()}}


@pytest.fixture(scope="module")
def built(graphs: dict[str, og.Graph]) -> og.Graph:
    return graphs["memory"]


# --------------------------------------------------------------------------------- places


@pytest.mark.parametrize("table", ["documents", "measures", "norms", "bearers", "targets"])
@pytest.mark.parametrize("place", PLACES[1:])
def test_tables_are_the_same_wherever_the_graph_lies(
    place: str, table: str, graphs: dict[str, og.Graph], built: og.Graph
) -> None:
    pd.testing.assert_frame_equal(getattr(graphs[place], table), getattr(built, table))


@pytest.mark.parametrize("place", PLACES[1:])
def test_results_are_the_same_wherever_the_graph_lies(
    place: str, graphs: dict[str, og.Graph], built: og.Graph, tmp_path: Path
) -> None:
    opened = graphs[place]
    assert str(opened.explain("四")) == str(built.explain("四"))
    pd.testing.assert_frame_equal(opened.analyse(draws=0).pairs, built.analyse(draws=0).pairs)
    shown = [graph.view(tmp_path / "network.html", domain="电子商务").measures for graph in (opened, built)]
    assert shown[0] == shown[1] > 0
    assert opened.query("pairs", minimum=9).equals(built.query("pairs", minimum=9))


def test_counts_of_the_first_document(built: og.Graph) -> None:
    """Those that the README shows."""
    assert len(built.measures) == 75
    assert built.norms["kind"].value_counts().to_dict() == {
        "Obligation": 173,
        "Encouragement": 57,
        "Permission": 14,
        "Prohibition": 4,
    }
    assert len(built.bearers) == 200
    assert built.measures["bearers"].sum() == 200 - built.bearers["inferred"].sum()
    assert built.measures["norms"].sum() == len(built.norms)
    assert set(built.norms["measure"]) <= set(built.measures["measure"])


def test_read_gives_the_document_itself() -> None:
    document = og.read(OTHER, number="测试〔2020〕1号", date=date(2020, 2, 3))
    assert document.outline.metadata.number == "测试〔2020〕1号"
    assert document.outline.metadata.issued == date(2020, 2, 3)
    assert document.measures


def test_build_takes_one_path_or_several() -> None:
    assert len(og.build(OTHER).documents) == 1
    assert len(og.build([find_default_document(), str(OTHER)]).documents) == 2


def test_what_a_build_leaves_out_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "copy.txt").write_bytes(OTHER.read_bytes())
    with pytest.warns(UserWarning, match="2 inputs left out"):
        graph = og.build([OTHER, tmp_path], keep_going=True)
    assert len(graph.documents) == 1
    assert [line.partition(": ")[0] for line in graph.left_out] == ["bad.pdf", "copy.txt"]


# -------------------------------------------------------------------------------- columns


def test_columns_have_types(built: og.Graph) -> None:
    types = {
        **built.measures.dtypes.astype(str),
        **built.documents.dtypes.astype(str),
        **built.targets.dtypes.astype(str),
    }
    expected = {"bearers": "Int64", "open": "boolean", "date": "datetime64[s]", "due": "datetime64[s]"}
    assert {name: types[name] for name in expected} == expected
    assert {types[name] for name in ("measure", "text", "clause", "title")} == {"string"}
    assert built.documents["date"][0] == pd.Timestamp("2015-05-04")


# Values of a column in SPARQL, the type that it gets, and what stands in it.
COLUMNS: list[tuple[str, str, list[Any]]] = [
    ("1 2 UNDEF", "Int64", [1, 2, None]),
    ("1.50 2.0", "Float64", [1.5, 2.0]),
    ("1 2.5e0", "Float64", [1.0, 2.5]),
    ("true false UNDEF", "boolean", [True, False, None]),
    ("'2015-05-04'^^xsd:date UNDEF", "datetime64[s]", [pd.Timestamp("2015-05-04"), None]),
    ("'2015-05-04T01:02:03'^^xsd:dateTime", "datetime64[us]", [pd.Timestamp("2015-05-04T01:02:03")]),
    ("'9999-12-31'^^xsd:date", "datetime64[s]", [pd.Timestamp(date(9999, 12, 31)).as_unit("s")]),
    ("'2015'^^xsd:gYear", "string", ["2015"]),
    ("'2015-05-04'^^xsd:date 1", "string", ["2015-05-04", "1"]),
    ("'2015-05-04Z'^^xsd:date", "string", ["2015-05-04Z"]),
    ("'many'^^xsd:integer 1", "string", ["many", "1"]),
    ("123456789012345678901234567890", "string", ["123456789012345678901234567890"]),
    (
        f"<{BASE}agency/mofcom> ob:Lead <https://x.org/y>",
        "string",
        ["agency/mofcom", "ob:Lead", "https://x.org/y"],
    ),
    ("'商务部'@zh UNDEF", "string", ["商务部", None]),
    ("UNDEF", "string", [None]),
]


@pytest.mark.parametrize("place", ["memory", "address"])
@pytest.mark.parametrize(("values", "kind", "expected"), COLUMNS)
def test_a_column_has_the_type_of_its_values(
    values: str, kind: str, expected: list[Any], place: str, graphs: dict[str, og.Graph]
) -> None:
    found = graphs[place].query(f"{PREFIXES} SELECT ?v {{ VALUES ?v {{ {values} }} }}")["v"]
    assert str(found.dtype) == kind
    assert [None if pd.isna(value) else value for value in found] == expected


@pytest.mark.parametrize("question", load_catalogue(), ids=lambda question: question.name)
def test_a_table_without_rows_has_the_same_types(question: Question, built: og.Graph) -> None:
    """As far as the first document gives a column values; days of reforms are years too."""
    given = {p.name: p.example for p in question.header.parameters if p.default is None}
    found = built.query(question.name, **given)
    empty = build_frame(fetch_rows(OxigraphEngine(Store()), question.query, question.name))
    assert list(empty.columns) == list(found.columns)
    held = [name for name in found if found[name].notna().any() and question.name != "successions"]
    assert empty[held].dtypes.to_dict() == found[held].dtypes.to_dict()


def test_an_answer_without_rows_keeps_its_columns(built: og.Graph) -> None:
    found = built.query("SELECT ?one ?two { ?one <https://example.org/no> ?two }")
    assert list(found.columns) == ["one", "two"]
    assert found.empty


def test_what_is_no_table(built: og.Graph) -> None:
    assert built.query("ASK { ?s ?p ?o }") is True
    assert built.query("ASK { ?s ?p 'nothing' }") is False
    triples = built.query(f"{PREFIXES} CONSTRUCT {{ ?m a ob:Measure }} WHERE {{ ?m a ob:Measure }}")
    assert isinstance(triples, rdflib.Graph)
    assert len(triples) == 75
    assert len(built.query(f"DESCRIBE <{BASE}agency/mofcom>")) > 0


# ----------------------------------------------------------------------------- parameters


def test_parameters_take_values_of_python(built: og.Graph) -> None:
    day = built.query("heirs", agency="工商总局", date=date(2024, 1, 1))
    assert day.equals(built.query("heirs", agency="agency/saic", date="2024-01-01"))
    assert day.equals(built.query("heirs", agency=f"{BASE}agency/saic", date=pd.Timestamp("2024-01-01")))
    assert len(built.query("pairs", minimum=6)) == 8
    assert len(built.query("pairs", minimum=None)) == 133
    assert len(built.query("pairs", without="divided", domain="电子商务")) < 133


def test_a_query_of_ones_own_may_have_parameters(built: og.Graph, tmp_path: Path) -> None:
    query = (
        "# parameter: agency, agency, no default, example 商务部\n"
        f"{PREFIXES} SELECT ?m {{ VALUES ?agency {{ UNDEF }} "
        "?m a ob:Measure ; ob:responsibleAgency ?agency }"
    )
    path = tmp_path / "mine.rq"
    path.write_text(query, encoding="utf-8")
    assert len(built.query(query, agency="商务部")) == len(built.query(path, agency="MOFCOM")) == 32


# --------------------------------------------------------------------------------- errors


def address(graph: og.Graph) -> object:
    return og.open("http://127.0.0.1:9/sparql").measures


FAULTS: dict[str, tuple[Callable[[og.Graph], object], str]] = {
    "no such question": (lambda g: g.query("pears"), "pears: there is no such query; did you mean pairs"),
    "no such parameter": (lambda g: g.query("pairs", agent="x"), "pairs: has no parameter agent"),
    "a value is missing": (lambda g: g.query("partners"), 'give it, for example: agency="商务部"'),
    "a value of another kind": (lambda g: g.query("pairs", minimum="x"), "is no whole number"),
    "nobody of that name": (lambda g: g.query("partners", agency="没有"), "没有"),
    "an update": (lambda g: g.query("DELETE WHERE { ?s ?p ?o }"), "DELETE changes data"),
    "no such file": (lambda g: og.open("/no/such.ttl"), "/no/such.ttl: there is no such graph"),
    "no such document": (lambda g: og.read("/no/such.txt"), "/no/such.txt: there is no such file"),
    "no documents": (lambda g: og.build([]), "the list of paths is empty"),
    "no endpoint": (address, "does not answer"),
    "a password in the address": (lambda g: og.open("http://me:secret@x.org/sparql"), "password"),
    "no such format": (lambda g: g.export("doc", "x"), "'doc' is not known; write one of ttl"),
    "no table": (lambda g: g.export("ttl", "x.ttl", spreadsheet=True), "it goes with csv"),
    "no licence": (lambda g: g.export("ttl", "x.ttl", licence="mine"), "is no address"),
    "no such role": (lambda g: g.analyse(roles="all"), "write one of any, lead-support"),
    "no such day": (lambda g: g.analyse(as_of="soon"), "is no date"),
    "nothing by that name": (lambda g: g.explain("没有"), "没有: the graph holds no such IRI"),
    "no date": (lambda g: og.read(date="soon"), "date 'soon' is no date"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_is_one_line(fault: str, built: og.Graph) -> None:
    run, said = FAULTS[fault]
    with pytest.raises(ObligationError) as caught:
        run(built)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_strange_answers_of_an_endpoint_are_one_line(graphs: dict[str, og.Graph]) -> None:
    class Strange:
        def answer(self, query: str, name: str = "query") -> object:
            raise KeyError(name)

    with pytest.raises(ObligationError, match="what it answers is not what a graph of obligations holds"):
        og.Graph("http://example.org/sparql", Strange()).query("pairs")  # type: ignore[arg-type]
    with pytest.raises(KeyError):  # a fault of the program is none of the graph's
        og.Graph("graph.ttl", Strange()).query("pairs")  # type: ignore[arg-type]


def test_nothing_is_written_over_the_graph(graph: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.ttl"
    path.write_bytes(graph.read_bytes())
    opened = og.open(path)
    for write in (lambda: opened.view(path), lambda: opened.export("ttl", path)):
        with pytest.raises(ObligationError, match="choose another place"):
            write()
    assert path.read_bytes() == graph.read_bytes()


def test_a_closed_graph_says_so(graphs: dict[str, og.Graph]) -> None:
    with og.open(graphs["store"].where) as opened:
        assert len(opened.documents) == 1
    with pytest.raises(ObligationError, match="this graph is closed; open it again"):
        opened.query("pairs")
    assert "closed" in opened._repr_html_()


@pytest.mark.parametrize("call", ["measures", "analyse"])
def test_without_pandas_there_is_one_line(call: str, graph: Path) -> None:
    """In a process of its own, from which pandas is hidden; what needs no table works."""
    code = f"""
import sys
sys.modules["pandas"] = None
import build_graph as og
graph = og.open({str(graph)!r})
assert graph.query("ASK {{ ?s ?p ?o }}") and len(graph.to_rdflib()) and graph.explain("四").lines
try:
    {"graph.measures" if call == "measures" else "graph.analyse()"}
except og.api.ObligationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert "needs an extra; run: pip install 'obligation-graph[analysis]' (or [all])" in done.stdout


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import build_graph; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) | {"__future__"} == {"build_graph", "__future__"}
    code = "import sys, build_graph; build_graph.open; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "rdflib", "networkx", "scipy", "matplotlib"} & set(done.stdout.split())
    assert set(og.__all__) <= set(dir(og))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        og.nothing  # noqa: B018


# -------------------------------------------------------------------------------- results


@pytest.fixture(scope="module")
def analysis(built: og.Graph) -> Analysis:
    return built.analyse(draws=20)


def test_an_analysis_holds_what_the_command_writes(analysis: Analysis, built: og.Graph) -> None:
    first = analysis.pairs.iloc[0]
    assert (first["agency"], first["partner"], first["together"]) == ("agency/mofcom", "agency/ndrc", 12)
    assert analysis.agencies.loc["agency/mofcom", "measures"] == 32
    network = analysis.to_networkx()
    assert isinstance(network, nx.Graph)
    assert network.edges["agency/mofcom", "agency/ndrc"]["weight"] == 12
    assert network.number_of_edges() == len(analysis.pairs) == 133
    agencies = built.bearers[built.bearers["body"].str.startswith("agency/")]
    assert len(analysis.bearings) == len(agencies)
    assert repr(analysis) == "Analysis(133 pairs of 35 bodies)"
    assert "133 pairs among 35 agencies" in str(analysis)
    assert analysis.draw_ranking()._repr_svg_().startswith("<?xml")


def test_an_analysis_is_written_as_the_command_does(analysis: Analysis, tmp_path: Path) -> None:
    paths = analysis.write(tmp_path / "out", language="zh", raw=True)
    assert {path.name for path in paths} >= {"analysis.md", "pairs.csv", "network.gexf"}
    written = pd.read_csv(tmp_path / "out" / "pairs.csv")
    assert written["together"].tolist() == analysis.pairs["together"].tolist()
    with pytest.raises(ObligationError, match="write one of en, zh"):
        analysis.write(tmp_path / "out", language="fr")


def test_choices_of_an_analysis(built: og.Graph) -> None:
    today = built.analyse(draws=0, as_of=date(2024, 1, 1), groups=True, document="国发〔2015〕24号")
    assert "agency/samr" in today.agencies.index
    assert "group/有关部门" in today.agencies.index
    assert not built.analyse(draws=0, domain="电子商务", unit="norms", divided=False).pairs.empty


@pytest.mark.parametrize("place", PLACES)
def test_exports_are_the_same_wherever_the_graph_lies(
    place: str, graphs: dict[str, og.Graph], graph: Path, tmp_path: Path
) -> None:
    """Of what is asked; a store and shards hold the ontology or named graphs too."""
    done = graphs[place].export("nt", tmp_path / "graph.nt", licence="https://example.org/licence")
    expected = og.open(graph).export("nt", tmp_path / "expected" / "graph.nt")
    assert (tmp_path / "dataset.ttl").is_file()
    if place in ("memory", "address"):
        assert (tmp_path / "graph.nt").read_bytes() == (tmp_path / "expected" / "graph.nt").read_bytes()
    assert done.statements >= expected.statements > 10_000


def test_a_graph_is_taken_to_rdflib(built: og.Graph) -> None:
    """That the first document's graph conforms is shown in docs/python.md, and tested there."""
    taken = built.to_rdflib()
    assert len(taken) == 11_810
    measures = f"SELECT ?m {{ ?m a <{OB}Measure> }}"
    assert len(taken.query(measures)) == 75


def test_what_breaks_a_shape_is_found(built: og.Graph) -> None:
    store = Store()
    store.extend([Quad(NamedNode(f"{BASE}x"), NamedNode(f"{OB}hasNorm"), BlankNode())])
    kind = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    store.add(Quad(NamedNode(f"{BASE}x"), kind, NamedNode(f"{OB}Measure")))
    report = og.Graph("mine", OxigraphEngine(store)).validate()
    assert not report.conforms
    assert report.violations


def test_words_of_a_document_run_nothing_in_a_notebook() -> None:
    store = Store()
    node = NamedNode(f"{BASE}d/x")
    store.add(
        Quad(NamedNode(f"{BASE}text/x"), NamedNode("http://data.europa.eu/eli/ontology#realizes"), node)
    )
    words = Literal("<script>alert('\u202e')</script>")
    store.add(Quad(node, NamedNode("http://purl.org/dc/terms/title"), words))
    shown = og.Graph("<b>mine</b>", OxigraphEngine(store))._repr_html_()
    assert "&lt;script&gt;alert(&#x27;\\u202e&#x27;)" in shown
    assert "<script" not in shown
    assert "<b>mine" not in shown


@pytest.mark.parametrize("place", PLACES)
def test_a_graph_shows_what_it_is(place: str, graphs: dict[str, og.Graph]) -> None:
    shown = graphs[place]._repr_html_()
    assert graphs[place].where.replace("<", "&lt;").replace(">", "&gt;") in shown
    assert ("1 document" in shown) == (place != "address")
    assert repr(graphs[place]) == f"Graph({graphs[place].where!r})"


def test_no_warning_where_nothing_is_left_out() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert og.build(OTHER).left_out == ()
