"""The catalogue: every query is described, gives what was checked by hand, and the same on every engine.

A change that is wanted is read in the diff after

    python tests/support/write_golden_queries.py
    obligations queries --format md > docs/queries.md
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import endpoint
import pytest
from places import ROOT
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store
from rdflib import Graph
from rdflib_engine import RdflibEngine

from build_graph.errors import ObligationError
from build_graph.query import catalogue
from build_graph.query.catalogue import ANY, TEXTS, TODAY, HeaderError, Question, load_catalogue, parse_header
from build_graph.query.engines import EndpointEngine, Engine, OxigraphEngine, Triples
from build_graph.query.export.export_tables import load_layout
from build_graph.query.names import EntityFinder
from build_graph.query.parameters import Binder
from build_graph.query.results import AnswerFormat, format_result
from build_graph.query.sparql import find_value_blocks, insert_values
from build_graph.resources import find_folder

GOLDEN = ROOT / "tests" / "golden" / "queries"
QUESTIONS = list(load_catalogue())
DAY = date(2024, 1, 1)
Rows = list[dict[str, str]]
AGENCY = "https://w3id.org/obligation-graph/id/agency"

named = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


@pytest.fixture(scope="session")
def store(graph: Path) -> Store:
    store = Store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="session")
def oxigraph(store: Store) -> OxigraphEngine:
    return OxigraphEngine(store)


@pytest.fixture(scope="session")
def rdflib(graph: Path) -> RdflibEngine:
    return RdflibEngine(Graph().parse(graph, format="turtle"))


def bound(question: Question, engine: Engine, **given: str) -> str:
    """The query with values: those given, the defaults, and examples where there is none or it is the day."""
    examples = {p.name: p.example for p in question.header.parameters if p.default in (None, TODAY)}
    return Binder(EntityFinder(engine), DAY).bind(question, {**examples, **given})


def rows(engine: Engine, query: str) -> list[tuple[str, ...]]:
    found = engine.answer(query)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [tuple(str(row[name]) for name in names) for row in found]


def find(name: str) -> Question:
    return next(question for question in QUESTIONS if question.name == name)


def asked(name: str, engine: Engine, **given: str) -> Rows:
    """The rows of a question, values without quotes, types and base."""
    found = engine.answer(bound(find(name), engine, **given))
    assert isinstance(found, QuerySolutions)
    return [
        {v.value: row[v].value.removeprefix(f"{AGENCY}/") for v in found.variables if row[v] is not None}
        for row in found
    ]


# ---------------------------------------------------------------------------------- headers


@named
def test_every_query_says_what_it_answers(question: Question) -> None:
    """Titles and descriptions in two languages, for each parameter an example, and a fixed order of rows."""
    assert [key for key, _ in question.header.texts] == list(TEXTS)
    for key, text in question.header.texts:
        assert bool(re.match("[一-鿿]", text)) == key.endswith("zh")
        assert text.endswith(("。", ".")) == key.startswith("description")
    assert {p.name for p in question.header.parameters} <= set(find_value_blocks(question.query))
    assert "ORDER BY" in question.query
    assert all(len(line) <= 120 for line in question.query.splitlines())


@named
def test_a_query_runs_as_it_stands(question: Question, oxigraph: OxigraphEngine) -> None:
    """In the file stand the same values, so that it means the same to a program that knows no parameters."""
    assert rows(oxigraph, question.query) == rows(oxigraph, bound(question, oxigraph))


@named
def test_defaults_are_values(question: Question, oxigraph: OxigraphEngine) -> None:
    for parameter in question.header.parameters:
        if parameter.default not in (None, ANY):
            assert bound(question, oxigraph, **{parameter.name: parameter.default or ""})
            assert (parameter.default == TODAY) == (parameter.kind == "date")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("# parameter: agency, agency, example 商务部", "describes no parameter"),
        ("# parameter: agency, ministry, no default, example 商务部", "kinds: agency, domain"),
        ("# title@en: One\n# title@en: Two", "q:2: title@en stands here twice"),
    ],
)
def test_bad_headers(line: str, said: str) -> None:
    with pytest.raises(HeaderError, match=said):
        parse_header(f"{line}\nASK {{}}", "q")


def test_a_parameter_needs_a_place() -> None:
    with pytest.raises(ObligationError, match="write VALUES"):
        Question.read("# parameter: n, integer, default 5, example 9\nASK { ?s ?p ?n }", "q")


def test_the_handbook_is_made_from_the_headers() -> None:
    assert (ROOT / "docs" / "queries.md").read_text(encoding="utf-8") == catalogue.render_markdown(
        load_catalogue()
    )


# ---------------------------------------------------------------------------------- answers


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.tsv").read_text(encoding="utf-8")


@named
def test_answers_on_the_seed(question: Question, oxigraph: OxigraphEngine) -> None:
    """What 国发〔2015〕24号 says, checked by hand against the text."""
    assert format_result(oxigraph.answer(bound(question, oxigraph)), AnswerFormat.TSV) == golden(
        question.name
    )


def test_no_golden_answer_is_left_over() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.tsv")) == [q.name for q in QUESTIONS]


@named
def test_rdflib_gives_the_same(question: Question, oxigraph: OxigraphEngine, rdflib: RdflibEngine) -> None:
    query = bound(question, oxigraph)
    assert Counter(rows(rdflib, query)) == Counter(rows(oxigraph, query))


@named
def test_nothing_is_found_in_an_empty_graph(question: Question) -> None:
    """On rdflib, too, which answers a grouped query with one row without values where there are no groups."""
    for engine in (OxigraphEngine(Store()), RdflibEngine(Graph())):
        assert rows(engine, question.query) == []


def test_an_endpoint_gives_the_same(store: Store, oxigraph: OxigraphEngine) -> None:
    """Over HTTP, through SPARQLWrapper; names are looked up there too."""
    with endpoint.served(endpoint.over(store)) as url:
        remote = EndpointEngine(url, timeout=30)
        for question in QUESTIONS:
            query = bound(question, remote)
            assert query == bound(question, oxigraph)
            assert rows(remote, query) == rows(oxigraph, query), question.name


@pytest.mark.parametrize("query", ["ASK { ?s ?p 1 }", "ASK { ?s ?p 'nothing' }"])
def test_yes_and_no_on_every_engine(
    query: str, store: Store, oxigraph: OxigraphEngine, rdflib: RdflibEngine
) -> None:
    with endpoint.served(endpoint.over(store)) as url:
        answers = {bool(engine.answer(query)) for engine in (oxigraph, rdflib, EndpointEngine(url))}
    assert answers == {"nothing" not in query}


@pytest.mark.parametrize(
    "query",
    [
        "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c } LIMIT 2000",
        f"DESCRIBE <{AGENCY}/mofcom>",
    ],
)
def test_triples_on_every_engine(
    query: str, store: Store, oxigraph: OxigraphEngine, rdflib: RdflibEngine
) -> None:
    with endpoint.served(endpoint.over(store)) as url:
        answers = [engine.answer(query) for engine in (oxigraph, EndpointEngine(url), rdflib)]
    assert all(isinstance(answer, Triples) and answer.triples for answer in answers)
    assert answers[0] == answers[1]
    if query.startswith("DESCRIBE"):
        mine = [{t for t in answer.triples if t.subject.value.endswith("/mofcom")} for answer in answers]  # type: ignore[union-attr]
        assert mine[0] == mine[2]


def test_named_graphs_are_asked_as_one(store: Store, oxigraph: OxigraphEngine) -> None:
    apart = Store()
    for index, quad in enumerate(store):
        apart.add(quad.__class__(*quad.triple, NamedNode(f"https://x/{index % 3}")))  # type: ignore[call-overload]
    query = bound(find("pairs"), oxigraph)
    assert rows(OxigraphEngine(apart), query) == rows(oxigraph, query)


# ---------------------------------------------------------------- what the queries mean


def test_pairs_of_the_seed(oxigraph: OxigraphEngine) -> None:
    found = asked("pairs", oxigraph)
    counts = {frozenset((row["agency"], row["partner"])): int(row["measures"]) for row in found}
    expected = {
        ("ndrc", "mofcom"): 12,
        ("saic", "aqsiq"): 11,
        ("mofcom", "saic"): 9,
        ("mofcom", "aqsiq"): 8,
        ("mofcom", "miit"): 7,
        ("mofcom", "pbc"): 7,
        ("mof", "sta"): 6,
        ("mps", "saic"): 6,
    }
    assert {pair: counts[frozenset(pair)] for pair in expected} == expected
    assert len(found) == len(counts) == 133
    assert len(asked("agencies-by-measures", oxigraph)) == 35  # two of them always bear alone
    assert len(set().union(*counts)) == 33
    assert max(list(counts.values())[8:]) < 6
    assert len(asked("pairs", oxigraph, minimum="6")) == 8


GOLD = json.loads((ROOT / "tests" / "gold" / "guofa-2015-24.json").read_text(encoding="utf-8"))["measures"]
LOCAL = {"省级人民政府", "地方各级人民政府", "有关地方人民政府"}


def names(measure: dict[str, Any], kind: str | None = None) -> list[str]:
    """The bearers of an annotated measure, or those of a kind."""
    return [b["name"] for b in measure["bearers"] if kind in (None, b["kind"])]


# What a query finds on the seed, as figures, and the same figures from what its annotators wrote down.
ANNOTATED: dict[str, tuple[Callable[[Rows], object], Callable[[list[dict[str, Any]]], object]]] = {
    "responsibilities": (
        lambda rows: Counter((row["clause"].partition(")")[0] + ")", row["role"].lower()) for row in rows),
        lambda gold: Counter((m["clause"], b["role"]) for m in gold for b in m["bearers"]),
    ),
    "measures": (
        lambda rows: sorted((row["words"], row["open"] == "true") for row in rows if "words" in row),
        lambda gold: sorted((m["attribution"], m["open"]) for m in gold if m["attribution"]),
    ),
    "agencies-by-measures": (
        lambda rows: sorted(int(row["measures"]) for row in rows),
        lambda gold: sorted(Counter(name for m in gold for name in names(m, "agency")).values()),
    ),
    "pairs": (
        lambda rows: sorted(int(row["measures"]) for row in rows),
        lambda gold: sorted(
            Counter(pair for m in gold for pair in combinations(sorted(names(m, "agency")), 2)).values()
        ),
    ),
    "many-bearers": (
        lambda rows: sorted(int(row["bearers"]) for row in rows),
        lambda gold: sorted(len(names(m)) for m in gold if len(names(m)) > 5),
    ),
    "without-lead": (
        lambda rows: sorted(row["words"] for row in rows),
        lambda gold: sorted(
            m["attribution"]
            for m in gold
            if len(names(m)) > 1 and not any(b["role"] == "lead" for b in m["bearers"])
        ),
    ),
    "only-unnamed": (
        lambda rows: len({row["measure"] for row in rows}),
        lambda gold: sum(not names(m, "agency") and not set(names(m)) <= LOCAL for m in gold),
    ),
    "only-local": (
        len,
        lambda gold: sum(bool(names(m)) and set(names(m)) <= LOCAL for m in gold),
    ),
    "open-lists": (
        lambda rows: sorted(row["words"] for row in rows),
        lambda gold: sorted(m["attribution"] for m in gold if m["open"]),
    ),
    "allocations": (
        lambda rows: {row["allocation"].lower(): int(row["measures"]) for row in rows},
        lambda gold: Counter(m["allocation"] for m in gold if m["bearers"]),
    ),
    "prohibitions": (
        lambda rows: sorted(row["text"] for row in rows),
        lambda gold: sorted(n["quote"] for m in gold for n in m["norms"] if n["kind"] == "prohibition"),
    ),
    "targets": (
        lambda rows: sorted(row["text"] for row in rows),
        lambda gold: sorted(target["quote"] for m in gold for target in m["targets"]),
    ),
}


@pytest.mark.parametrize("name", ANNOTATED)
def test_answers_are_those_of_the_annotators(name: str, oxigraph: OxigraphEngine) -> None:
    found, expected = ANNOTATED[name]
    assert found(asked(name, oxigraph)) == expected(GOLD)


@pytest.mark.parametrize(("number", "measures"), [("5", 4), ("7", 2), ("9", 1), ("10", 0)])
def test_more_than_so_many_bearers(number: str, measures: int, oxigraph: OxigraphEngine) -> None:
    assert len(asked("many-bearers", oxigraph, number=number)) == measures


# On the day itself the reform holds: 工商总局 until 2018-03-16, 市场监管总局 from 2018-03-17.
HEIRS = [
    ("工商总局", "2018-03-16", {"saic"}),
    ("工商总局", "2018-03-17", {"samr"}),
    ("银监会", "2018-03-16", {"cbrc"}),
    ("银监会", "2020-01-01", {"cbirc"}),  # one step
    ("银监会", "2024-01-01", {"nfra"}),  # two steps
    ("食品药品监管总局", "2024-01-01", {"samr", "nmpa"}),
    ("商务部", "2024-01-01", {"mofcom"}),  # still there
]


@pytest.mark.parametrize(("agency", "day", "heirs"), HEIRS)
def test_who_answers_on_a_day(agency: str, day: str, heirs: set[str], oxigraph: OxigraphEngine) -> None:
    found = asked("heirs", oxigraph, agency=agency, date=day)
    assert {row["heir"] for row in found} == heirs
    own = {row["norm"] for row in asked("agency-obligations", oxigraph, agency=agency)}
    for heir in heirs:  # each has every norm once
        assert sorted(row["norm"] for row in found if row["heir"] == heir) == sorted(own)


@pytest.mark.parametrize(
    ("day", "heirs"), [("2018-03-16", set()), ("2018-03-17", {"cbirc"}), ("2024-01-01", {"nfra"})]
)
def test_abolished_by_a_day(day: str, heirs: set[str], oxigraph: OxigraphEngine) -> None:
    found = asked("abolished", oxigraph, date=day)
    assert {row["heir"] for row in found if row["agency"] == "cbrc"} == heirs


@pytest.mark.parametrize(("day", "texts"), [("2015-12-31", 0), ("2016-01-01", 1), ("2021-01-01", 3)])
def test_overdue_from_the_day_after(day: str, texts: int, oxigraph: OxigraphEngine) -> None:
    assert len({row["text"] for row in asked("overdue", oxigraph, date=day)}) == texts


def test_a_document_narrows_the_answer(oxigraph: OxigraphEngine) -> None:
    """Each query that takes a document gives on it what it gives on the graph that holds it alone."""
    for question in QUESTIONS:
        if "document" in find_value_blocks(question.query):
            narrow = bound(question, oxigraph, document="国发[2015]24号")
            assert "d/国发-2015-24>" in narrow
            assert rows(oxigraph, narrow) == rows(oxigraph, bound(question, oxigraph)), question.name


# ------------------------------------------------------------------------- values in queries


@pytest.mark.parametrize(
    "value",
    [Literal('"} UNION { ?s ?p ?o } #'), Literal("\\\n'''"), NamedNode("https://x/商务部#a?b=(c)")],
)
def test_a_value_stays_a_value(value: Literal | NamedNode) -> None:
    """Whatever its characters, it comes out as it went in, and the query around it is the same."""
    found = Store().query(insert_values("SELECT ?v { VALUES ?v { 1 } }", {"v": value}))
    assert [row["v"] for row in found] == [value]  # type: ignore[union-attr, index]


@pytest.mark.parametrize(
    "decoy",
    [
        "# VALUES ?v { 1 }",
        'FILTER ("VALUES ?v { 1 }" != "")',
        "FILTER ('''VALUES ' ?v { 1 }''' != '')",
        "OPTIONAL { ?s <http://x/VALUES?v{> ?o }".replace("{>", ">"),
        "OPTIONAL { ?s ob:VALUES ?o }",
    ],
)
def test_only_data_blocks_take_values(decoy: str) -> None:
    query = f"PREFIX ob: <http://x/> SELECT ?v {{\n {decoy}\n values ?v {{ 1 2 }} }}"
    changed = insert_values(query, {"v": Literal(7)})
    assert changed.startswith(query[: query.index("values")])
    assert [row["v"].value for row in Store().query(changed)] == ["7"]  # type: ignore[union-attr, index]


def test_lookups_are_no_questions() -> None:
    assert {path.stem for path in (find_folder("queries") / "lookups").glob("*.rq")} == {
        *("agency", "clause", "document", "domain", "known"),  # names
        *("bearings", "bodies", "norms", "successions"),  # what the analysis counts
        *("audiences", "documents", "findings", "measures", "subjects"),  # what the pages show
        *("description", "facts", "mentions", "naming"),  # what there is of a thing
        *("document-itself", "document-graph", "document-findings"),  # a document put together again
        *("document-places", "document-neighbours"),
        *("explained", "marks", "named-by"),  # what an explanation needs of an endpoint
        *("size", "statements"),  # what is copied from an endpoint
        "everything",  # what is validated
        *(f"table-{table.name}" for table in load_layout()),  # what is exported
    }
