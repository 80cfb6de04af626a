"""A document from the graph is the document that the graph was made of, and so is its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import handmade
import pytest
from browser import OpenPage
from click.testing import CliRunner, Result
from endpoint import over, served
from hostile_inputs import INPUTS
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse, serialize
from rdflib import Graph
from rdflib_engine import RdflibEngine
from understanding import descriptions, document, pipeline

from build_graph.cli import main
from build_graph.errors import ObligationError
from build_graph.extract.pipeline import find_default_document
from build_graph.extract.structure.coverage import CoverageMeter
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.provenance import serialise_repairs, undo_repairs
from build_graph.graph.iris import body_iri
from build_graph.model import Document, Source
from build_graph.query.catalogue import fetch_rows, find_question
from build_graph.query.engines import EndpointEngine, Engine, OxigraphEngine
from build_graph.query.export.export_tables import load_tables
from build_graph.query.export.property_graph import build_network
from build_graph.query.restore.document import restore_document
from build_graph.query.restore.facts import RestoringError
from build_graph.text.repair.edits import Change, Draft
from build_graph.vocabulary import BASE, encode_segment, term
from build_graph.web.pages.reader import ReaderLinks, render_reader_page
from build_graph.web.pages.site import SERVED, render_reader

GOLD = TESTS / "gold" / "documents"
PATHS = (find_default_document(), *sorted(GOLD.glob("*.txt")))
# Each with an IRI of its own: the repaired text of the seed has the seed's.
APART = sorted(set(GOLD.glob("*.txt")) - {GOLD / "guofa-2015-24.repaired.txt"})
SMALL = GOLD / "wuhua-113.txt"
ALONE = ReaderLinks()


def iri(found: Document, base: str = BASE) -> NamedNode:
    return NamedNode(f"{base}d/{encode_segment(found.id)}")


def quads(found: Document, base: str = BASE) -> set[Quad]:
    """What is said of a document, in its graph and in the shared one."""
    return set(iterate_quads(found, descriptions(), base))


def triples(found: Document, base: str = BASE) -> set[Quad]:
    """What is said of a document, in the default graph."""
    return {Quad(*quad.triple) for quad in quads(found, base)}


def over_all(*documents: Document) -> Engine:
    """What answers for the documents together, as for a file."""
    return OxigraphEngine(_store(*map(triples, documents)))


def _store(*some: set[Quad]) -> Store:
    store = Store()
    for said in some:
        store.extend(said)
    return store


@pytest.fixture(scope="module")
def together() -> Engine:
    """All annotated documents in one graph."""
    return over_all(*map(document, APART))


# ------------------------------------------------------------------------------ there and back


def check(found: Document, engine: Engine, base: str = BASE) -> None:
    """The graph gives back the document: its text and source, and what is said of it, in both graphs."""
    back = restore_document(engine, iri(found, base))
    assert back.document.text == found.text
    assert [body.id for body in back.document.issuers] == [body.id for body in found.issuers]
    assert back.document.outline.metadata.issuers == found.outline.metadata.issuers
    assert quads(back.document, back.base) == quads(found, base)


def test_several_issuers_are_in_one_row_and_in_a_table_of_their_own() -> None:
    """The list of documents has all names in the order printed; the export has a row for each body."""
    joint = document(GOLD / "mohrss-cdpf.txt")
    engine = over_all(joint)
    (row,) = fetch_rows(engine, find_question("documents").query, "documents")
    assert row["issuer"].value == "人力资源社会保障部、中国残疾人联合会"
    tables = load_tables(engine, "the graph")
    agencies = {str(row[2]) for row in tables["issuers"].rows}
    assert agencies == {body_iri(body) for body in joint.issuers}
    assert len(tables["documents"].rows) == 1
    assert len(agencies) == 2
    network = build_network(tables)
    assert [kind for *_, kind in network.edges(data="kind")].count("ISSUED_BY") == 2


def check_page(found: Document, engine: Engine) -> None:
    """The graph gives the page that the document gives, byte for byte."""
    assert render_reader(engine, iri(found), ALONE) == render_reader_page(found, descriptions())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_document_comes_back(path: Path) -> None:
    found = document(path)
    engine = over_all(found)
    check(found, engine)
    check_page(found, engine)


@pytest.mark.parametrize("path", APART, ids=lambda path: path.stem)
def test_the_page_is_the_same_among_other_documents(path: Path, together: Engine) -> None:
    """Nothing of one document gets into another's page, though they share bodies and cite the same."""
    check_page(document(path), together)


@pytest.mark.parametrize("name", INPUTS)
def test_hard_texts_come_back(name: str) -> None:
    try:
        found = pipeline().understand(Source("hard.txt", INPUTS[name](500), "utf-8"))
    except ObligationError:
        return  # it is no document
    engine = over_all(found)
    check(found, engine)
    check_page(found, engine)


def test_what_was_inferred_of_a_layout_comes_back() -> None:
    text = (
        "第一章 总则第一条 为规范管理，制定本办法。\n某市任务分工表\n序号重点任务牵头单位配合单位\n"
        "1完善网络设施。市工信局市委网信办、市发展改革委\n"
    )
    found = pipeline().understand(Source("flat.txt", text, "utf-8"))
    divisions = [part for root in found.outline.divisions for part in root.walk()]
    assert any(division.layout_inferred for division in divisions)
    assert [m.assignment.layout_inferred for m in found.measures if m.assignment] == [True]
    check(found, over_all(found))


def test_a_document_with_one_of_each_comes_back_under_another_base() -> None:
    base = "https://example.org/id/"
    made = handmade.document()
    made = replace(
        made, coverage=CoverageMeter.load().measure(made.text.content, made.outline, made.measures)
    )
    check(made, OxigraphEngine(_store(triples(made, base))), base)


def test_a_named_graph_and_an_endpoint_give_the_same_page() -> None:
    found = document(SMALL)
    store = Store()
    store.extend(iterate_quads(found, descriptions()))
    check_page(found, OxigraphEngine(store))
    with served(over(_store(triples(found)))) as url:
        check_page(found, EndpointEngine(url))


def test_rdflib_gives_the_same_page() -> None:
    """Of the beginning of a document: of all of it, that takes half a minute."""
    text = SMALL.read_text(encoding="utf-8")[:500]
    found = pipeline().understand(Source("part.txt", text, "utf-8"))
    assert found.measures
    data = serialize((quad.triple for quad in triples(found)), format=RdfFormat.N_TRIPLES)
    graph = Graph().parse(data=data or b"", format="nt")
    check_page(found, RdflibEngine(graph))


# ------------------------------------------------------------------------------------- changes

ANY = st.text(st.characters(exclude_categories=()), max_size=12)


@given(st.lists(st.tuples(ANY, ANY, ANY), max_size=5), ANY)
def test_changes_lead_back_to_any_source(pieces: list[tuple[str, str, str]], tail: str) -> None:
    """Whatever stood in a source: halves of surrogate pairs, quotes, control characters."""
    came, changes = "", []
    for kept, before, after in pieces:
        came += kept
        changes.append(Change(len(came), len(came) + len(before), after))
        came += before
    text = Draft(Source("-", came + tail, "utf-8"), came + tail).apply_changes("mend", changes).finish()
    words = serialise_repairs(text.repairs)
    assert undo_repairs(text.content, words or '{"names":[],"row":[]}') == (came + tail, text.repairs)
    said = Quad(NamedNode("http://a"), term("ob:allChanges"), Literal(words or ""))
    for form in (RdfFormat.TURTLE, RdfFormat.RDF_XML):
        data = serialize([said.triple], format=form)
        assert [quad.object.value for quad in parse(data or b"", format=form)] == [words or ""]


# ---------------------------------------------------------------------------- what is missing

CHANGES = term("ob:allChanges")


def without(property_: str) -> Engine:
    """The small document's graph without what a property says."""
    return OxigraphEngine(
        _store({quad for quad in triples(document(SMALL)) if quad.predicate != term(property_)})
    )


@pytest.mark.parametrize(
    "property_",
    ["ob:bodyStart", "ob:sha256", "nif:isString", "nif:beginIndex", "skos:prefLabel", "ob:index"],
)
def test_too_little_is_said(property_: str) -> None:
    with pytest.raises(RestoringError, match="build the graph with this version"):
        render_reader(without(property_), iri(document(SMALL)))


@pytest.mark.parametrize("value", ["x", "-1", "1000000"])
@pytest.mark.parametrize("property_", ["nif:endIndex", "nif:beginIndex", "ob:bodyStart"])
def test_nonsense_is_refused(property_: str, value: str) -> None:
    """No page is made of numbers that are none, or of places outside of the text."""
    said = sorted(triples(document(SMALL)), key=str)
    changed = next(quad for quad in said if quad.predicate == term(property_))
    other = Quad(changed.subject, changed.predicate, Literal(value))
    engine = OxigraphEngine(_store({*said, other} - {changed}))
    with pytest.raises(RestoringError, match="does not fit together"):
        restore_document(engine, iri(document(SMALL)))


WRONG = (
    "{",
    "[]",
    '{"names":[],"row":[1,1,0,"x"]}',
    '{"names":["a"],"row":[1]}',
    '{"names":["a"],"row":[0,0,0,"x"]}',
)


@pytest.mark.parametrize("words", WRONG)
def test_changes_that_do_not_lead_back_are_refused(words: str) -> None:
    found = document(SMALL)
    said = {quad for quad in triples(found) if quad.predicate != CHANGES}
    reading = NamedNode(f"{iri(found).value}/reading")
    engine = OxigraphEngine(_store(said | {Quad(reading, CHANGES, Literal(words))}))
    with pytest.raises(RestoringError, match="do not lead back to its source"):
        render_reader(engine, iri(found))


def test_a_document_that_is_only_cited_has_no_page(together: Engine) -> None:
    cited = document(GOLD / "baotou-105.txt")
    for found in (f"{BASE}d/nowhere", f"{BASE}d/《预算法》"):
        with pytest.raises(RestoringError, match="no text of such a document"):
            render_reader(together, NamedNode(found))
    assert cited.citations


# ------------------------------------------------------------------------- command and server


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


NAMES = ("国发〔2015〕24号", "国发[2015]24号", "国发-2015-24", f"{BASE}d/国发-2015-24")


@pytest.mark.parametrize("name", NAMES)
def test_the_command_writes_the_same_page(name: str, graph: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = run("read", name, "--graph", graph, "-o", page, "--network", tmp_path / "none.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"wrote {page}: 75 measures, 248 norms, 3,745 repairs" in result.stdout
    assert page.read_bytes() == render_reader_page(document(find_default_document()), descriptions())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["国发〔2015〕25号"], 1, "did you mean 国发〔2015〕24号?"),
        ([], 2, "--graph needs a DOCUMENT"),
        (["国发〔2015〕24号", "--title", "x", "--encoding", "gbk"], 2, "leave out --title, --encoding"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], code: int, words: str, graph: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    result = run("read", *arguments, "--graph", graph, "-o", page)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr
    assert not page.exists()


def test_a_served_reader_leads_home_and_to_the_network(open_page: OpenPage, tmp_path: Path) -> None:
    path = tmp_path / "served.html"
    path.write_bytes(render_reader(over_all(document(SMALL)), iri(document(SMALL)), SERVED))
    page = open_page(path)
    page.tab.goto(f"{page.path.as_uri()}#lang=zh&theme=dark")
    page.tab.reload()
    for id_, address in (("home", "/"), ("network", "/network")):
        link = page.tab.locator(f"#{id_}")
        assert link.is_visible()
        assert link.get_attribute("href") == f"{address}#lang=zh&theme=dark"
    path.write_bytes(render_reader(over_all(document(SMALL)), iri(document(SMALL)), ALONE))
    page.tab.goto(f"{page.path.as_uri()}#lang=en")
    page.tab.reload()
    assert not page.tab.locator("#home").is_visible()
    page.assert_clean()
