"""A graph in the formats of other programs: nothing lost, the same bytes, each described."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import endpoint
import frictionless
import networkx as nx
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result
from places import TESTS, write_empty_graph
from pyld import jsonld
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse
from server import Server

from build_graph import errors
from build_graph.cli import main
from build_graph.corpus.builder import Builder
from build_graph.errors import ObligationError
from build_graph.graph.write.sorting import ExternalSort, iterate_batches
from build_graph.query.catalogue import load_lookup
from build_graph.query.engines import OxigraphEngine
from build_graph.query.export.export_tables import load_layout, load_tables
from build_graph.query.export.exporter import Exporter
from build_graph.query.export.formats import ExportFormat
from build_graph.query.export.jsonld import JsonldContext
from build_graph.query.export.source import GraphSource
from build_graph.query.export.table_formats import render_csv_files
from build_graph.query.open import open_graph
from build_graph.resources import find_folder
from build_graph.vocabulary import BASE, OB, PREFIXES, term

GOLD = TESTS / "gold" / "documents"
RDF = {
    ExportFormat.TTL: RdfFormat.TURTLE,
    ExportFormat.TRIG: RdfFormat.TRIG,
    ExportFormat.NT: RdfFormat.N_TRIPLES,
    ExportFormat.NQ: RdfFormat.N_QUADS,
    ExportFormat.RDFXML: RdfFormat.RDF_XML,
    ExportFormat.JSONLD: RdfFormat.JSON_LD,
}
HOSTILE = '=HYPERLINK("x")\n"quoted", \'said\'\r<&>]]> \\ \t末\u2028 @ +1'
CONTROL = "a\x00b\x01c\x0b\ufffe"

rdf_forms = pytest.mark.parametrize("form", RDF, ids=str)
all_forms = pytest.mark.parametrize("form", ExportFormat, ids=str)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of two annotated documents, of the centre and of a city."""
    paths = [GOLD / "guofa-2019-3.txt", GOLD / "jiujiang-062.txt"]
    return Builder(pages=False).build(paths, tmp_path_factory.mktemp("two")).path


@pytest.fixture(params=["seed", "two"])
def path(request: pytest.FixtureRequest, graph: Path, two: Path) -> Path:
    return graph if request.param == "seed" else two


@pytest.fixture(scope="session")
def store_folder(graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Oxigraph store of the first document's graph, on disk."""
    place = tmp_path_factory.mktemp("store")
    store = Store(str(place))
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    store.flush()
    return place


def exported(where: object, form: ExportFormat, place: Path) -> Path:
    """The file, or the folder, of an export in a folder."""
    output = place if form.is_folder else place / f"graph.{form.ending}"
    Exporter(GraphSource.open(str(where)), form).write(output)
    return output


def triples(path: Path, form: RdfFormat = RdfFormat.TURTLE) -> set[str]:
    return {str(quad.triple) for quad in parse(path=str(path), format=form)}


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def written(place: Path, *quads: Quad) -> Path:
    """A graph of the statements as a file of N-Quads."""
    path = place / "given.nq"
    lines = (f"{q.triple} {q.graph_name if isinstance(q.graph_name, NamedNode) else ''} .\n" for q in quads)
    path.write_text("".join(lines), encoding="utf-8", newline="")
    return path


def node(name: str) -> NamedNode:
    return NamedNode(f"{BASE}{name}")


# ------------------------------------------------------------------------------------------ RDF


@rdf_forms
def test_rdf_gives_the_same_triples_back(form: ExportFormat, path: Path, tmp_path: Path) -> None:
    found = [str(quad.triple) for quad in parse(path=str(exported(path, form, tmp_path)), format=RDF[form])]
    assert len(found) == len(set(found))
    assert set(found) == triples(path)


def test_rdflib_reads_what_is_written(two: Path, tmp_path: Path) -> None:
    from rdflib import Graph

    size = len(triples(two))
    for form in (ExportFormat.TTL, ExportFormat.RDFXML):
        assert len(Graph().parse(exported(two, form, tmp_path / form))) == size


def test_other_parsers_see_the_same_line_breaks(tmp_path: Path) -> None:
    """A carriage return as it is would be a line feed to any reader of XML but pyoxigraph."""
    from rdflib import Graph

    given = written(tmp_path, Quad(node("a"), term("ob:text"), Literal("1\r2\r\n3")))
    [(_, _, value)] = Graph().parse(exported(given, ExportFormat.RDFXML, tmp_path / "out"), format="xml")
    assert str(value) == "1\r2\r\n3"


def test_json_ld_expands_to_the_same_triples(path: Path, tmp_path: Path) -> None:
    """pyld is another's reading of the standard than that of the parser that the test above uses."""
    document = json.loads(exported(path, ExportFormat.JSONLD, tmp_path).read_text(encoding="utf-8"))
    found = jsonld.to_rdf(document, {"format": "application/n-quads"})
    assert {str(quad.triple) for quad in parse(found, format=RdfFormat.N_QUADS)} == triples(path)


def test_json_ld_is_compact(graph: Path, tmp_path: Path) -> None:
    document = json.loads(exported(graph, ExportFormat.JSONLD, tmp_path).read_text(encoding="utf-8"))
    things = {thing["@id"]: thing for thing in document["@graph"]}
    measure = things["d/国发-2015-24/s2/c4/m1"]
    assert measure["@type"] == "Measure"
    assert measure["openList"] is False
    assert measure["index"] == 1
    assert measure["allocation"] == "ob:Divided"
    assert things["d/国发-2015-24"]["eli:date_document"] == "2015-05-04"
    assert things["agency/mofcom"]["skos:prefLabel"] == {"en": "Ministry of Commerce", "zh": "商务部"}
    assert not {key for thing in things.values() for key in thing if key.startswith("http")}
    assert json.loads((tmp_path / "context.jsonld").read_text(encoding="utf-8")) == {
        "@context": document["@context"]
    }


def test_json_ld_of_export_and_server_is_one(graph: Path, running: Server, tmp_path: Path) -> None:
    """The same bytes of the whole graph, and the same of one thing, wherever it is asked for."""
    whole = running.ask("CONSTRUCT WHERE { ?s ?p ?o }", "application/ld+json")
    assert whole.body == exported(graph, ExportFormat.JSONLD, tmp_path / "whole").read_bytes()
    thing = running.send("GET", "/id/agency/mofcom?format=jsonld")
    quads = parse(running.send("GET", "/id/agency/mofcom?format=nt").body, format=RdfFormat.N_TRIPLES)
    given = written(tmp_path, *quads)
    assert thing.body == exported(given, ExportFormat.JSONLD, tmp_path / "thing").read_bytes()


def test_names_of_the_context_are_each_one_thing() -> None:
    context = JsonldContext.load()
    names = [context.shorten(iri) for iri in {*context.names, *context.kinds}]
    assert len(names) == len(set(names))
    assert not set(names) & set(PREFIXES)
    declared = Store()
    declared.bulk_load(path=str(find_folder("ontology") / "obligations.ttl"), format=RdfFormat.TURTLE)
    for kind in ("owl:ObjectProperty", "owl:DatatypeProperty", "owl:Class"):
        for quad in declared.quads_for_pattern(None, term("rdf:type"), term(kind)):
            if quad.subject.value.startswith(OB):  # type: ignore[union-attr]
                assert quad.subject.value in context.names  # type: ignore[union-attr]


ODD = [
    Quad(node("a"), term("ob:text"), Literal(HOSTILE)),
    Quad(node("/a"), term("rdf:type"), node("b//c")),
    Quad(node("a:b"), term("ob:index"), Literal("007", datatype=term("xsd:integer"))),
    Quad(node("a:b"), term("ob:index"), Literal("5")),
    Quad(node("a:b"), term("ob:index"), Literal("9" * 30, datatype=term("xsd:integer"))),
    Quad(node("a:b"), term("ob:index"), Literal("5", datatype=term("xsd:decimal"))),
    Quad(node("a/../b"), term("ob:openList"), Literal("1", datatype=term("xsd:boolean"))),
    Quad(node("a/../b"), term("ob:openList"), Literal("no", datatype=term("xsd:boolean"))),
    Quad(node("a?b#c"), term("ob:role"), Literal("no role at all")),
    Quad(node("a?b#c"), term("ob:cue"), node("a")),
    Quad(node("t"), term("dcterms:title"), Literal("en", language="en")),
    Quad(node("t"), term("dcterms:title"), Literal("none")),
    Quad(node("t"), term("rdfs:label"), Literal("甲", language="zh-hans")),
    Quad(node("t"), term("rdfs:label"), Literal("乙", language="zh-hans")),
    Quad(node("t"), term("dcterms:date"), Literal("2018", datatype=term("xsd:gYear"))),
    Quad(NamedNode("urn:x:y"), NamedNode("http://example.org/p"), NamedNode("mailto:a@b.c")),
    Quad(NamedNode("http://example.org/"), term("ob:due"), Literal("2020-12-31", datatype=term("xsd:date"))),
    Quad(NamedNode(OB), term("rdf:type"), NamedNode("http://example.org/C")),
]


@rdf_forms
def test_odd_statements_come_back(form: ExportFormat, tmp_path: Path) -> None:
    given = written(tmp_path, *ODD)
    output = exported(given, form, tmp_path / "out")
    assert triples(output, RDF[form]) == {str(quad.triple) for quad in ODD}
    if form is ExportFormat.JSONLD:
        document = json.loads(output.read_text(encoding="utf-8"))
        found = jsonld.to_rdf(document, {"format": "application/n-quads"})
        again = {str(quad.triple) for quad in parse(found, format=RdfFormat.N_QUADS)}
        assert again == {str(quad.triple) for quad in ODD}


@pytest.mark.parametrize("form", [form for form in RDF if form is not ExportFormat.RDFXML], ids=str)
def test_control_characters_come_back(form: ExportFormat, tmp_path: Path) -> None:
    given = written(tmp_path, Quad(node("a"), term("ob:text"), Literal(CONTROL)))
    assert triples(exported(given, form, tmp_path / "out"), RDF[form]) == triples(given, RdfFormat.N_QUADS)


@pytest.mark.parametrize(
    ("quad", "said"),
    [
        (Quad(node("a"), term("ob:text"), Literal(CONTROL)), "cannot hold its character U+0000"),
        (Quad(node("a"), NamedNode("http://x.org/1"), node("b")), "http://x.org/1: RDF/XML cannot hold this"),
    ],
)
def test_what_xml_cannot_hold_is_refused(quad: Quad, said: str, tmp_path: Path) -> None:
    output = tmp_path / "out" / "a.rdf"
    result = run("export", written(tmp_path, quad), "--format", "rdfxml", "-o", output)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr
    assert not output.parent.exists()


@pytest.mark.parametrize("form", [form for form in ExportFormat if not form.is_folder])
def test_a_file_is_in_the_format_of_its_ending(path: Path, form: ExportFormat, tmp_path: Path) -> None:
    output = tmp_path / f"out.{form.ending}"
    assert run("export", path, "-o", output).exit_code == 0
    assert output.read_bytes() == exported(path, form, tmp_path / "asked").read_bytes()


@pytest.mark.parametrize("words", [(), ("-o", "out"), ("-o", "out.csv")])
def test_an_export_without_a_format_says_what_to_give(words: tuple[str, ...], path: Path) -> None:
    result = run("export", path, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "give --format, one of ttl, " in result.stderr


def test_named_graphs_are_kept_or_merged(tmp_path: Path) -> None:
    said = (node("a"), term("ob:cue"), Literal("x"))
    quads = [Quad(*said, node("g")), Quad(*said, node("h")), Quad(*said)]
    given = written(tmp_path, *quads)
    for form in (ExportFormat.TRIG, ExportFormat.NQ):
        assert set(parse(path=str(exported(given, form, tmp_path / form)), format=RDF[form])) == set(quads)
    for form in set(RDF) - {ExportFormat.TRIG, ExportFormat.NQ}:
        found = list(parse(path=str(exported(given, form, tmp_path / form)), format=RDF[form]))
        assert found == [Quad(*said)]


def test_runs_on_disk_are_merged_in_order(graph: Path) -> None:
    """What is sorted in many runs is as what is sorted in one, whatever comes first."""
    quads = list(parse(path=str(graph), format=RdfFormat.TURTLE))
    whole = list(ExternalSort.sort_quads(quads, graphs=False).iterate_records())
    parts = ExternalSort.sort_quads([*reversed(quads), *quads[:100]], graphs=False, run=1000)
    assert list(parts.iterate_records()) == whole == sorted(whole)
    assert list(parts.iterate_records()) == whole
    assert [record for batch in iterate_batches(whole, 50) for record in batch] == whole
    heads = [{record.partition(b" ")[0] for record in batch} for batch in iterate_batches(whole, 50)]
    assert not any(one & two for one, two in pairwise(heads))


def test_blank_nodes_without_a_name_are_numbered(tmp_path: Path) -> None:
    given = tmp_path / "given.ttl"
    given.write_text('@prefix ob: <x:> . [] ob:a [ ob:b "1" ] .', encoding="utf-8")
    outputs = {exported(given, ExportFormat.NT, tmp_path / str(n)).read_bytes() for n in range(3)}
    assert outputs == {b'_:b1 <x:a> _:b2 .\n_:b2 <x:b> "1" .\n'}


# -------------------------------------------------------------------------------------- networks


def edge_facts(edge: tuple[str, str, dict[str, object]]) -> tuple[object, ...]:
    """Return the ends of an edge and what a reader finds on it."""
    start, end, said = edge
    return start, end, *(said.get(name) for name in ("label", "kind", "role", "rank"))


def test_networks_are_read_back(path: Path, tmp_path: Path) -> None:
    found = load_tables(open_graph(str(path)), str(path))
    ml = nx.read_graphml(exported(path, ExportFormat.GRAPHML, tmp_path / "ml"), force_multigraph=True)
    gexf = nx.read_gexf(exported(path, ExportFormat.GEXF, tmp_path / "gexf"))
    assert dict(ml.nodes(data=True)) == dict(gexf.nodes(data=True))
    assert Counter(map(edge_facts, ml.edges(data=True))) == Counter(map(edge_facts, gexf.edges(data=True)))
    kinds = Counter(kind for _, kind in ml.nodes(data="kind"))
    domains = {row[3] for row in found["domains"].rows}
    assert kinds == {
        "Document": len(found["documents"].rows),
        "Clause": len(found["clauses"].rows),
        "Measure": len(found["measures"].rows),
        "Norm": len(found["norms"].rows),
        "Agency": len(found["agencies"].rows),
        "Domain": len(domains),
    }
    edges = Counter(kind for *_, kind in ml.edges(data="label"))
    assert edges["BORNE_BY"] == len(found["bearers"].rows)
    assert edges["ABOUT"] == len(found["domains"].rows)
    assert edges["NORM_OF"] == len(found["norms"].rows)
    assert all(label for _, label in ml.nodes(data="label"))
    roles = Counter(data["role"] for *_, data in gexf.edges(data=True) if data["kind"] == "BORNE_BY")
    assert roles == Counter(
        row["role"] for row in rows(exported(path, ExportFormat.CSV, tmp_path) / "bearers.csv")
    )


def hostile(place: Path) -> Path:
    """A small graph whose words are all hostile."""
    words = f"{HOSTILE}{CONTROL}"
    return written(
        place,
        Quad(node("m"), term("rdf:type"), term("ob:Measure")),
        Quad(node("m"), term("ob:text"), Literal(words)),
        Quad(node("m"), term("ob:statedIn"), node("d")),
        Quad(node("m"), term("ob:hasNorm"), node("n")),
        Quad(node("n"), term("ob:text"), Literal("-1+1")),
        Quad(node("t"), term("eli:realizes"), node("d")),
        Quad(node("d"), term("dcterms:title"), Literal(words)),
    )


def test_networks_hold_hostile_words(tmp_path: Path) -> None:
    given = hostile(tmp_path)
    expected = f"{HOSTILE}a\ufffdb\ufffdc\ufffd\ufffd"
    for form, read in ((ExportFormat.GRAPHML, nx.read_graphml), (ExportFormat.GEXF, nx.read_gexf)):
        network = read(exported(given, form, tmp_path / form))
        assert network.nodes[f"{BASE}m"]["text"] == expected


# ---------------------------------------------------------------------------------------- tables


def test_tables_are_what_the_graph_says(path: Path, tmp_path: Path) -> None:
    output = exported(path, ExportFormat.CSV, tmp_path)
    engine = open_graph(str(path))
    bearings = engine.answer(load_lookup("bearings"))
    assert Counter((row["measure"], row["agency"], row["role"]) for row in rows(output / "bearers.csv")) == (
        Counter((b["measure"].value, b["body"].value, b["role"].value.removeprefix(OB)) for b in bearings)  # type: ignore[union-attr]
    )
    subjects = engine.answer(load_lookup("subjects"))
    assert {(row["measure"], row["domain"], row["rank"]) for row in rows(output / "domains.csv")} == {
        (s["measure"].value, s["domain"].value, s["rank"].value)
        for s in subjects  # type: ignore[union-attr]
    }
    measures = engine.answer(load_lookup("measures"))
    assert {(row["measure"], row["text"], row["start"]) for row in rows(output / "measures.csv")} == {
        (m["measure"].value, m["text"].value, m["start"].value)
        for m in measures  # type: ignore[union-attr]
    }
    findings = [f["type"].value.removeprefix(OB) for f in engine.answer(load_lookup("findings"))]  # type: ignore[union-attr]
    norms = Counter(row["kind"] for row in rows(output / "norms.csv"))
    assert norms == Counter(kind for kind in findings if kind not in ("Target", "Rider"))
    assert len(rows(output / "targets.csv")) == findings.count("Target")


def test_every_place_shows_its_words(path: Path, tmp_path: Path) -> None:
    output = exported(path, ExportFormat.CSV, tmp_path)
    texts = {
        quad.subject.value.removesuffix("/text"): quad.object.value  # type: ignore[union-attr]
        for quad in parse(path=str(path), format=RdfFormat.TURTLE)
        if quad.predicate == term("nif:isString")
    }
    files = {row["document"]: row["source_file"] for row in rows(output / "documents.csv")}
    assert len(files) == len(texts)
    for table in ("clauses", "measures", "norms", "bearers", "targets", "domains"):
        for row in rows(output / f"{table}.csv"):
            assert texts[row["document"]][int(row["start"]) : int(row["end"])] == row["quote"]
            assert row["source_file"] == files[row["document"]]
            assert int(row["line"]) > 0
            assert int(row["column"]) > 0


def test_of_several_places_the_first_is_taken(graph: Path, tmp_path: Path) -> None:
    """Each domain is shown by one passage; here by those of all domains of its measure."""
    quads = list(parse(path=str(graph), format=RdfFormat.TURTLE))
    shown = {q.subject: q.object for q in quads if q.predicate == term("ob:hasEvidence")}
    together: dict[NamedNode, list[NamedNode]] = {}
    for quad in quads:
        if quad.predicate == term("ob:hasDomain") and quad.object in shown:
            together.setdefault(quad.subject, []).append(quad.object)  # type: ignore[arg-type]
    more = [
        Quad(one, term("ob:hasEvidence"), shown[other])
        for found in together.values()
        for one in found
        for other in found
    ]
    given = written(tmp_path, *{*quads, *more})
    starts = {q.subject: int(q.object.value) for q in quads if q.predicate == term("nif:beginIndex")}  # type: ignore[union-attr]
    firsts = {
        one.value: min(starts[shown[other]] for other in found)  # type: ignore[index]
        for found in together.values()
        for one in found
    }
    assert len(set(firsts.values())) < len(firsts)
    table = rows(exported(given, ExportFormat.CSV, tmp_path / "out") / "domains.csv")
    assert {row["statement"]: int(row["start"]) for row in table if row["start"]} == firsts


def test_frictionless_finds_the_package_valid(path: Path, tmp_path: Path) -> None:
    output = exported(path, ExportFormat.CSV, tmp_path)
    report = frictionless.validate(str(output / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    assert [task.name for task in report.tasks] == [table.name for table in load_layout()]
    package = json.loads((output / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field for resource in package["resources"] for field in resource["schema"]["fields"]]
    assert all(" / " in thing[key] for thing in fields for key in ("title", "description"))


def test_frictionless_sees_a_key_that_leads_nowhere(graph: Path, tmp_path: Path) -> None:
    """The keys are checked, not just written down."""
    output = exported(graph, ExportFormat.CSV, tmp_path)
    bearers = output / "bearers.csv"
    bearers.write_text(
        bearers.read_text(encoding="utf-8").replace("agency/mofcom", "agency/x"), encoding="utf-8"
    )
    report = frictionless.validate(str(output / "datapackage.json"))
    assert "foreign-key" in {error[0] for error in report.flatten(["type"])}


def test_csv_holds_words_as_they_are(tmp_path: Path) -> None:
    output = exported(hostile(tmp_path), ExportFormat.CSV, tmp_path / "out")
    [measure] = rows(output / "measures.csv")
    assert measure["text"] == f"{HOSTILE}{CONTROL}"
    assert [row["text"] for row in rows(output / "norms.csv")] == ["-1+1"]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_spreadsheet_is_kept_from_reckoning(begins: str, tmp_path: Path) -> None:
    """On request, and in texts alone; the package says so, and is valid."""
    given = hostile(tmp_path)
    data = given.read_text(encoding="utf-8")
    given.write_text(data.replace('"-1+1"', json.dumps(f"{begins}1+1")), encoding="utf-8")
    out = tmp_path / "out"
    result = run("export", given, "--format", "csv", "--spreadsheet-safe", "-o", out)
    assert result.exit_code == 0, result.output
    [measure], [norm] = rows(out / "measures.csv"), rows(out / "norms.csv")
    assert norm["text"] == f"'{begins}1+1"
    assert measure["text"].startswith("'=")
    assert "apostrophe" in json.loads((out / "datapackage.json").read_text(encoding="utf-8"))["description"]


def test_only_csv_is_for_spreadsheets(two: Path, tmp_path: Path) -> None:
    result = run("export", two, "--format", "nt", "--spreadsheet-safe", "-o", tmp_path / "a.nt")
    assert (result.exit_code, "it goes with csv" in result.stderr) == (2, True)


def test_what_keys_lead_to_has_a_row(tmp_path: Path) -> None:
    given = written(
        tmp_path,
        Quad(node("m"), term("rdf:type"), term("ob:Measure")),
        Quad(node("m"), term("ob:hasAssignment"), node("s")),
        Quad(node("s"), term("ob:hasBearer"), node("b")),
        Quad(node("b"), term("ob:assignedTo"), node("agency/unheard-of")),
    )
    output = exported(given, ExportFormat.CSV, tmp_path / "out")
    assert [row["agency"] for row in rows(output / "agencies.csv")] == [f"{BASE}agency/unheard-of"]
    assert frictionless.validate(str(output / "datapackage.json")).valid


def test_parquet_is_the_same_as_csv(path: Path, tmp_path: Path) -> None:
    output = exported(path, ExportFormat.PARQUET, tmp_path)
    found = load_tables(open_graph(str(path)), str(path))
    text = render_csv_files(found)
    types = {"string": "string", "integer": "int64", "boolean": "bool", "date": "date32[day]"}
    for name, table in found.items():
        read = pyarrow.parquet.read_table(output / f"{name}.parquet")
        assert [str(field.type) for field in read.schema] == [types[column.type] for column in table.columns]
        cells = [[_cell(value) for value in row.values()] for row in read.to_pylist()]
        header, *lines = csv.reader(StringIO(text[f"{name}.csv"].decode(), newline=""))
        assert read.column_names == header
        assert cells == lines


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_parquet_needs_an_extra(graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "import_module", _missing)
    result = run("export", graph, "--format", "parquet", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "pip install 'obligation-graph[parquet]'" in result.stderr
    assert not (tmp_path / "out").exists()


def _missing(name: str) -> None:
    raise ImportError(name)


def test_ids_of_neo4j_resolve(path: Path, tmp_path: Path) -> None:
    output = exported(path, ExportFormat.NEO4J, tmp_path)
    ids = [row["iri:ID"] for file in sorted(output.glob("nodes-*.csv")) for row in rows(file)]
    assert len(ids) == len(set(ids))
    files = sorted(output.glob("relationships-*.csv"))
    edges = [row for file in files for row in rows(file)]
    assert {row[":START_ID"] for row in edges} | {row[":END_ID"] for row in edges} <= set(ids)
    assert all(row[":TYPE"].isidentifier() for row in edges)
    script = (output / "import.sh").read_text(encoding="utf-8")
    for file in output.glob("*.csv"):
        assert f"={file.name}" in script
        assert file.name in (output / "README.md").read_text(encoding="utf-8")
    assert subprocess.run(["sh", "-n", output / "import.sh"], check=False).returncode == 0
    types = {name.partition(":")[2] for file in output.glob("*.csv") for name in _header(file)}
    assert types <= {"", "ID", "LABEL", "START_ID", "END_ID", "TYPE", "long", "boolean", "date"}


def _header(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")


# ----------------------------------------------------------------------------------- description


@all_forms
def test_each_export_is_described(form: ExportFormat, two: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / ("" if form.is_folder else f"any.{form.ending}")
    result = run(
        *("export", two, "--format", form, "-o", output),
        *("--licence", "https://example.org/by", "--url", "https://example.org/data/"),
    )
    assert result.exit_code == 0, result.stderr
    store = Store()
    store.bulk_load(path=str(tmp_path / "out" / "dataset.ttl"), format=RdfFormat.TURTLE)
    query = """
        PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX spdx: <http://spdx.org/rdf/terms#>
        SELECT ?name ?size ?sum ?url WHERE {
          ?set dcat:distribution ?file .
          ?file dcterms:title ?name ; dcat:byteSize ?size ; dcat:mediaType ?media ; dcat:downloadURL ?url ;
            dcterms:license <https://example.org/by> ; spdx:checksum/spdx:checksumValue ?sum }"""
    files = {
        path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.name != "dataset.ttl"
    }
    assert {tuple(term.value for term in row) for row in store.query(query)} == {  # type: ignore[union-attr]
        (name, str(len(data)), hashlib.sha256(data).hexdigest(), f"https://example.org/data/{name}")
        for name, data in files.items()
    }


def test_the_description_counts_what_there_is(two: Path, tmp_path: Path) -> None:
    output = exported(two, ExportFormat.NT, tmp_path)
    lines = output.with_name("dataset.ttl").read_text(encoding="utf-8").splitlines()
    prefixes = [line for line in lines if line.startswith("@prefix")]
    assert prefixes == sorted(set(prefixes))
    store, given = Store(), Store()
    store.bulk_load(path=str(output.with_name("dataset.ttl")), format=RdfFormat.TURTLE)
    given.bulk_load(path=str(two), format=RdfFormat.TURTLE)

    def ask(of: Store, query: str) -> set[tuple[str, ...]]:
        prefixes = "PREFIX void: <http://rdfs.org/ns/void#> PREFIX dcterms: <http://purl.org/dc/terms/> "
        return {tuple(term.value for term in row) for row in of.query(prefixes + query)}  # type: ignore[union-attr]

    assert ask(store, "SELECT ?c ?n { ?p void:class ?c ; void:entities ?n }") == ask(
        given, "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c } GROUP BY ?c"
    )
    assert ask(store, "SELECT ?c ?n { ?p void:property ?c ; void:triples ?n }") == ask(
        given, "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"
    )
    about = "a void:Dataset ; void:triples ?n ; void:documents ?d ; dcterms:modified ?day"
    whole = f"SELECT ?n ?d ?day {{ ?set {about} }}"
    assert ask(store, whole) == {(str(len(given)), "2", "2019-07-29")}


# --------------------------------------------------------------------------- sources, determinism


ALL_FORMS = """
import sys
from build_graph.cli import main
given, place, *forms = sys.argv[1:]
for form in forms:
    output = f"{place}/{form}" + ("" if form in ("csv", "parquet", "neo4j-csv") else "/graph")
    main(["export", given, "--format", form, "-o", output], standalone_mode=False)
"""


@pytest.fixture(scope="module")
def twice(two: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A graph in all forms, and again with its statements in another order and another seed of hashes."""
    place = tmp_path_factory.mktemp("twice")
    shuffled = place / "shuffled.nt"
    lines = sorted(f"{quad.triple} .\n" for quad in parse(path=str(two), format=RdfFormat.TURTLE))
    shuffled.write_text("".join(lines[::-1]), encoding="utf-8", newline="")
    for seed, given in (("1", two), ("2", shuffled)):
        command = [sys.executable, "-c", ALL_FORMS, str(given), str(place / seed), *ExportFormat]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return place / "1", place / "2"


@all_forms
def test_same_graph_same_bytes(form: ExportFormat, twice: tuple[Path, Path]) -> None:
    """Whatever the seed of hashes, and the order of the statements."""
    one, other = ({path.name: path.read_bytes() for path in (place / form).iterdir()} for place in twice)
    assert one == other
    assert one


# A format of statements in one graph, one of named graphs, and two that are made of answers to queries.
@pytest.mark.parametrize(
    "form", [ExportFormat.TTL, ExportFormat.NQ, ExportFormat.CSV, ExportFormat.GEXF], ids=str
)
def test_a_store_and_an_endpoint_give_the_same(
    form: ExportFormat, graph: Path, store_folder: Path, tmp_path: Path
) -> None:
    store = Store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    with endpoint.served(endpoint.over(store)) as url:
        copied = exported(url, form, tmp_path / "endpoint")
    kept = exported(store_folder, form, tmp_path / "kept")
    expected = exported(graph, form, tmp_path / "file")
    for output in (copied, kept):
        place = output if form.is_folder else output.parent
        for file in (expected if form.is_folder else expected.parent).iterdir():
            assert (place / file.name).read_bytes() == file.read_bytes(), file.name


def test_an_endpoint_that_leaves_statements_out_is_refused(graph: Path, tmp_path: Path) -> None:
    store = Store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)

    def short(query: str) -> endpoint.Reply:
        status, media, data = endpoint.over(store)(query)
        return status, media, data.partition(b" .\n")[2] if "turtle" in media else data

    with endpoint.served(short) as url:
        result = run("export", url, "--format", "nt", "-o", tmp_path / "out" / "a.nt")
    assert result.exit_code == 1
    assert "statements; it cuts answers short" in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_endpoint_with_blank_nodes_is_refused(tmp_path: Path) -> None:
    store = Store()
    store.add(Quad(node("a"), term("ob:cue"), BlankNode()))
    with endpoint.served(endpoint.over(store)) as url:
        result = run("export", url, "--format", "nt", "-o", tmp_path / "a.nt")
    assert "gives 0 of 1 statements" in result.stderr


# ------------------------------------------------------------------------------------- bad input


def _broken(place: Path) -> Path:
    path = place / "broken.ttl"
    path.write_text("<a> <b> .", encoding="utf-8")
    return path


def _wrong_date(place: Path) -> Path:
    said = [Quad(node("t"), term("eli:realizes"), node("d"))]
    return written(place, *said, Quad(node("d"), term("eli:date_document"), Literal("someday")))


@pytest.mark.parametrize(
    ("make", "form", "said"),
    [
        (lambda place: place / "none.ttl", "nt", "there is no such graph; make it with: obligations build"),
        (lambda place: place / "none.ttl", "csv", "there is no such graph; make it with: obligations build"),
        (_broken, "ttl", "broken.ttl: is no Turtle file that can be read"),
        (_broken, "gexf", "broken.ttl: is no Turtle file that can be read"),
        (write_empty_graph, "nq", "empty.ttl: holds no statement"),
        (_wrong_date, "csv", "'someday' is no date, as date in the table documents has to be"),
        (lambda place: place, "csv", "this folder is no Oxigraph store"),
    ],
)
def test_bad_input_is_one_line(make: Callable[[Path], Path], form: str, said: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    result = run("export", make(tmp_path), "--format", form, "-o", output / "graph")
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not output.exists()


def test_the_graph_itself_is_not_written_over(two: Path, tmp_path: Path) -> None:
    copy = tmp_path / "dataset.ttl"
    copy.write_bytes(two.read_bytes())
    for options in (("ttl", tmp_path / "x.ttl"), ("csv", tmp_path)):
        result = run("export", copy, "--format", options[0], "-o", options[1])
        assert "lies there; choose another place" in result.stderr
    assert copy.read_bytes() == two.read_bytes()


def test_places_that_do_not_fit(two: Path, tmp_path: Path) -> None:
    assert "so name a file in it" in run("export", two, "--format", "nt", "-o", tmp_path).stderr
    (tmp_path / "file").touch()
    assert "so name a folder" in run("export", two, "--format", "csv", "-o", tmp_path / "file").stderr
    taken = run("export", two, "--format", "ttl", "-o", tmp_path / "dataset.ttl")
    assert "a file of that name is written beside" in taken.stderr


@pytest.mark.parametrize("option", ["--licence", "--url"])
def test_an_address_that_is_none(option: str, two: Path, tmp_path: Path) -> None:
    result = run("export", two, "--format", "nt", "-o", tmp_path / "a.nt", option, "CC BY")
    assert f"{option}: 'CC BY' is no address" in result.stderr
    with pytest.raises(ObligationError, match="no statement"):
        Exporter(GraphSource("nothing", OxigraphEngine(Store())), ExportFormat.NT).write(tmp_path / "a.nt")
