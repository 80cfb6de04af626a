"""What the pages of the workbench show: all that the graph says, under the names that people know."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import networkx
import pytest
from browser import Go, Visit
from click.testing import CliRunner
from lxml import html
from pyoxigraph import NamedNode
from served import GOLD
from server import Reply, Server

from build_graph.cli import main
from build_graph.graph.store.shards import ShardFolder
from build_graph.query.catalogue import ParameterKind, Question, load_catalogue, load_lookup
from build_graph.query.engines import Engine
from build_graph.query.open import open_graph
from build_graph.query.results import format_term
from build_graph.resources import load_word_lists
from build_graph.vocabulary import BASE
from build_graph.web.pages import site
from build_graph.web.pages.network_data import collect_network_data
from build_graph.web.urls import entity_url

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
QUESTIONS = list(load_catalogue())
WITHOUT_ROWS = {"unresolved"}
# What is asked for where the example of a parameter names several things in five documents.
GIVEN = {"clause": {"clause": "d/国发-2015-24/s2/c4"}}


@pytest.fixture(scope="module")
def engine_of_several(graph_of_several: Path) -> Engine:
    return open_graph(str(graph_of_several))


def get(server: Server, address: str) -> Reply:
    return server.send("GET", address, Accept=BROWSER)


# ----------------------------------------------------------------------------- columns of answers


@dataclass(frozen=True, slots=True)
class Place:
    """What stands in a cell of a page: its words, and what its link and its tooltip say."""

    text: str
    title: str
    href: str

    def says(self, value: str) -> bool:
        """Whether a value of the CSV can be read here."""
        words = format_term(NamedNode(value)) if value.startswith("http") else value
        words = {"true": "yes", "false": "no"}.get(words, words)
        return words == self.text or words in self.title.split(" · ")


def places(reply: Reply) -> tuple[list[str], list[list[Place]]]:
    """The headings of the first table of a page, and its rows."""
    tables = html.fromstring(reply.body).xpath("//main//table")
    if not tables:
        return [], []
    heads = [head.text_content() for head in tables[0].xpath("thead//th")]
    rows = [[_place(cell) for cell in row.xpath("td")] for row in tables[0].xpath("tbody/tr")]
    return heads, rows


def _place(cell: html.HtmlElement) -> Place:
    inner = next(iter(cell.xpath("*[@title or @href]")), cell)
    return Place(cell.text_content(), inner.get("title", ""), inner.get("href", ""))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_page_shows_what_the_csv_does(question: Question, several: Server) -> None:
    """Every value stands in its row, as words or as the name of a link; what stays has its heading."""
    values = {p.name: p.example for p in question.header.parameters if p.default is None}
    values |= {p.name: "2024-01-01" for p in question.header.parameters if p.kind is ParameterKind.DATE}
    address = f"/query/{question.name}?{urlencode(values | GIVEN.get(question.name, {}))}"
    names, *rows = csv.reader(
        get(several, f"{address}&format=csv").body.decode("utf-8-sig").splitlines(keepends=True)
    )
    heads, cells_of = places(get(several, address))
    assert bool(rows) != (question.name in WITHOUT_ROWS)
    assert len(cells_of) == min(len(rows), 500)
    for row, cells in zip(rows, cells_of, strict=False):
        for name, value in zip(names, row, strict=True):
            there = [cell for cell in cells if cell.says(value)]
            assert not value or there, f"{name}: {value}"
            assert not value or heading(name) in heads or any(cell.href for cell in there), f"{name}: {value}"
    assert set(heads) <= set(map(heading, [*names, "document"]))


def heading(column: str) -> str:
    return str(load_word_lists("pages")["columns"][f"column_{column}"]["en"])


def test_who_is_responsible_is_said(several: Server) -> None:
    """On the question's page and on a document's, with a link to the body."""
    for address in ("/query/responsibilities", "/id/d/%E5%9B%BD%E5%8F%91-2015-24"):
        page = html.fromstring(get(several, address).body)
        links = page.xpath("//td/a[contains(@href, '/id/agency/mofcom')]")
        assert links, address
        assert {link.text for link in links} == {"商务部"}


# ----------------------------------------------------------------------------- names of documents

NAMELESS = re.compile("text-[0-9a-f]{16}")
FILES = {"fengong-009.txt"}


@pytest.fixture(scope="module")
def nameless(several: Server) -> dict[str, str]:
    """The ends of the IRIs of documents without a number, by their titles, or the names of their files."""
    found = {}
    for row in csv.DictReader(
        get(several, "/query/documents?format=csv").body.decode("utf-8-sig").splitlines()
    ):
        end = row["document"].rpartition("/")[2]
        if NAMELESS.fullmatch(end):
            found[row["title"]] = end
    assert set(found) > FILES  # another has a title
    return found


def words_of(reply: Reply) -> str:
    """What people read on a page: no addresses, no IRI where it is announced as one, and no query."""
    page = html.fromstring(reply.body)
    for node in page.xpath("//script|//style|//pre|//*[contains(@class, 'iri')]"):
        node.drop_tree()
    return str(page.xpath("string()"))


def test_a_document_without_a_number_has_a_name(several: Server, nameless: dict[str, str]) -> None:
    """It is never called by what its IRI ends in: on no page and in no list."""
    addresses = [
        "/",
        "/documents",
        "/search?q=fengong",
        "/search?q=%E4%B8%80",
        "/network",
        "/query/documents",
        "/query/citations",
    ]
    addresses += [
        f"/query/{name}"
        for name in ("responsibilities", "prohibitions", "clauses", "without-target", "targets")
    ]
    for end in nameless.values():
        addresses += [*map(entity_url, parts_of(several, f"{BASE}d/{end}")), f"/read/{end}"]
        addresses += [f"/network?document={end}", f"/query/pairs?document=d/{end}"]
    for address in addresses:
        reply = get(several, address)
        assert reply.status == 200, address
        assert not NAMELESS.search(words_of(reply)), address


def parts_of(server: Server, document: str) -> list[str]:
    """A document, and something of each kind that stands in it."""
    start = f"FILTER (STRSTARTS(STR(?thing), '{document}'))"
    found = server.ask(
        f"SELECT (MIN(?thing) AS ?one) {{ ?thing a ?class {start} }} GROUP BY ?class", "text/csv"
    )
    iris = found.text.split()[1:]
    assert document in iris
    assert len(iris) > 15
    return iris


def test_names_that_complete_a_field_tell_documents_apart(several: Server) -> None:
    notes = {one["note"] for one in json.loads(get(several, "/names/clause?q=").text)}
    assert notes
    assert not any(map(NAMELESS.search, notes))


def run(*arguments: object) -> str:
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_commands_name_a_document_without_a_number(graph_of_several: Path, tmp_path: Path) -> None:
    """By the name of its file, under which they also take it; a document of shards too."""
    run("build", GOLD / "fengong-009.txt", "--shards", tmp_path / "shards")
    end = next(iter(ShardFolder.open(tmp_path / "shards").iterate_records())).iri.removeprefix(BASE)
    assert run("explain", end, "--graph", graph_of_several).splitlines()[0] == "fengong-009.txt"
    for graph in (graph_of_several, tmp_path / "shards"):
        told = run(
            "analyse", graph, "--document", "fengong-009.txt", "--draws", 0, "-o", tmp_path / "analysis"
        )
        assert told.splitlines()[0].split() == ["documents", "fengong-009.txt"]
        assert "| fengong-009.txt |" in (tmp_path / "analysis" / "analysis.md").read_text(encoding="utf-8")
        run("view", graph, "--document", "fengong-009.txt", "-o", tmp_path / "network.html")
        page = html.parse(str(tmp_path / "network.html"))
        assert page.findtext(".//title") == "fengong-009.txt"
    run("export", graph_of_several, "--format", "graphml", "-o", tmp_path / "all.graphml")
    nodes = networkx.read_graphml(tmp_path / "all.graphml").nodes.data()
    assert {node["label"] for _, node in nodes if node["kind"] == "Document"} >= FILES


def test_the_network_of_shards_names_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is made of their tables, without the words."""
    monkeypatch.setattr(site, "DETAILED", 0)
    run("build", GOLD / "fengong-009.txt", "--shards", tmp_path / "shards")
    run("view", tmp_path / "shards", "-o", tmp_path / "network.html")
    assert html.parse(str(tmp_path / "network.html")).findtext(".//title") == "fengong-009.txt"


def test_a_graph_says_what_a_nameless_document_is_called(graph_of_several: Path) -> None:
    """Only of those that have neither number nor title: the label is what they were read from."""
    found = open_graph(str(graph_of_several)).answer(
        "SELECT ?name { ?text <http://data.europa.eu/eli/ontology#realizes> ?document . "
        "?document <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
    )
    assert {row["name"].value for row in found} == FILES  # type: ignore[union-attr]


# ----------------------------------------------------------------------------- names of other things


@pytest.mark.parametrize("kind", ["place", "target-group"])
def test_a_thing_is_called_by_its_label(kind: str, several: Server, engine_of_several: Engine) -> None:
    """On the page of what names it, as a link to it."""
    rows = engine_of_several.answer(
        "SELECT (MIN(?thing) AS ?first) ?value ?name { ?thing ?property ?value . "
        f"FILTER (STRSTARTS(STR(?value), '{BASE}{kind}/') && STRSTARTS(STR(?thing), '{BASE}d/')) "
        "?value <http://www.w3.org/2000/01/rdf-schema#label> ?name } "
        "GROUP BY ?value ?name ORDER BY ?value LIMIT 5"
    )
    found = [tuple(row[name].value for name in ("first", "value", "name")) for row in rows]  # type: ignore[union-attr]
    assert len(found) > 1
    for thing, value, name in found:
        page = html.fromstring(get(several, entity_url(thing)).body)
        assert {link.text for link in page.xpath(f"//dd/a[@href='{entity_url(value)}']")} == {name}, thing


def test_a_body_is_called_what_it_is_called(engine_of_several: Engine) -> None:
    """In the network by the end of its full name, or as a document writes it: 南通海关 is no 南通市海关."""
    bodies = {body.id: body for body in collect_network_data(engine_of_several).bodies}
    rows = engine_of_several.answer(load_lookup("bearings"))
    written = {(row["body"].value.removeprefix(BASE), row["written"].value) for row in rows}  # type: ignore[union-attr]
    wrong = {
        body.label
        for body in bodies.values()
        if not body.name.endswith(body.label) and (body.id, body.label) not in written
    }
    assert wrong == set()
    assert bodies["agency/江苏省/南通市/海关"].label == "南通海关"


# ----------------------------------------------------------------------------- languages

ROUTES = (
    "/",
    "/documents",
    "/documents?sort=title",
    "/search?q=商务",
    "/queries",
    "/query/pairs",
    "/query/partners?agency=商务部",
    "/query/partners?agency=nobody",
    "/network",
    "/network?document=国发〔2015〕24号",
    "/network?domain=nothing",
    "/read/国发-2015-24",
    "/id/agency/mofcom",
    "/id/agency/nobody",
    "/workbench",
    "/ontology",
    "/nothing",
)
SPOKEN = {"en": "Light / dark", "zh": "浅色 / 深色"}


@pytest.mark.parametrize("route", ROUTES)
def test_an_address_fixes_the_language(route: str, several: Server, visit: Go) -> None:
    """Of every page, whatever the browser prefers or showed before; it holds for the pages that follow."""
    origin = several.url.removesuffix("/sparql")
    page = visit(f"{origin}{with_language(route, 'zh')}")
    for language in ("zh", "en", "zh"):
        page.go(with_language(route, language))
        assert spoken(page) == language
    for other in ("/queries", route):
        page.go(other)
        assert spoken(page) == "zh" or other == "/ontology"
    page.go("/")
    page.tab.get_by_role("navigation").get_by_role("link", name="本体").click()
    page.tab.wait_for_url("**/ontology?lang=zh")
    assert spoken(page) == "zh"


def test_a_language_that_is_chosen_counts_more_than_the_address(several: Server, visit: Go) -> None:
    page = visit(f"{several.url.removesuffix('/sparql')}/query/partners?agency=mofcom&lang=zh")
    page.tab.locator("#language").click()
    assert spoken(page) == "en"
    page.tab.reload()
    assert spoken(page) == "en"
    assert page.tab.locator("tbody tr").count() > 5
    page.go("/queries?lang=xx")
    assert spoken(page) == "en"
    page.assert_clean()


def with_language(route: str, language: str) -> str:
    return f"{route}{'&' if '?' in route else '?'}lang={language}"


def spoken(page: Visit) -> str:
    """The language of a page, which its words are in as well."""
    language = str(page.tab.evaluate("document.documentElement.lang"))[:2]
    page.tab.wait_for_function("!document.body.classList.contains('starting')")
    assert page.tab.locator("#theme").inner_text() == SPOKEN[language]
    return language


# ----------------------------------------------------------------------------- what a page does not hold

NOTHING = {"en": "This page does not hold: ", "zh": "本页没有："}


@pytest.mark.parametrize(
    ("state", "en", "zh"),
    [
        ("agency=xyz", "Agency “xyz”. Everything is shown.", "机构“xyz”。现显示全部内容。"),
        ("domain=xyz", "Policy domain “xyz”. Everything is shown.", "政策领域“xyz”。现显示全部内容。"),
        ("document=xyz", "Document “xyz”. Everything is shown.", "文件“xyz”。现显示全部内容。"),
        ("around=xyz", "Part “xyz”. Everything is shown.", "条目“xyz”。现显示全部内容。"),
        (
            "agency=domain/taxation",
            "Agency “domain/taxation”. Everything is shown.",
            "机构“domain/taxation”。现显示全部内容。",
        ),
        (
            "agency=mofcom&partner=x&clause=y&measure=z&norm=u&role=v&kind=w&allocation=<b>",
            "Agency “x”; Clause “y”; Measure “z”; Kind of norm “u”; Kind of body “w”; Role “v”; "
            "How it is shared out “<b>”. That choice is left out.",
            "机构“x”；条款“y”；措施“z”；规范类别“u”；机构性质“w”；角色“v”；分工方式“<b>”。未作此项筛选。",
        ),
        ("agency=mofcom&domain=postal-logistics", "", ""),
    ],
)
def test_a_link_to_the_network_names_what_it_does_not_hold(
    state: str, en: str, zh: str, running: Server, visit: Go
) -> None:
    """Behind #, and as parameters, which it takes as the same; in both languages."""
    origin = running.url.removesuffix("/sparql")
    page = visit(f"{origin}/network#{state}")
    assert lacking(page) == (f"{NOTHING['en']}{en}" if en else "")
    page.tab.locator("#language").click()
    assert lacking(page) == (f"{NOTHING['zh']}{zh}" if zh else "")

    assert (
        page.tab.locator("#filters select option:checked").count()
        == page.tab.locator("#filters select").count()
    )
    page.tab.locator("#reset").click()
    assert lacking(page) == ""
    page.assert_clean()
    if not state.startswith(("domain", "document")):  # as parameters, these are the server's
        page.go(f"/network?{state}&lang=en")
        assert lacking(page) == (f"{NOTHING['en']}{en}" if en else "")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("agency=xyz", "Agency “xyz”."),
        ("domain=xyz&norm=u", "Policy domain “domain/xyz”; Kind of norm “u”."),
        ("measure=s9/c9/m9&at=x", "Measure “s9/c9/m9”; Part “x”."),
        ("agency=mofcom&measure=s2/c4/m1&at=s2/c4/m1/n3", ""),
    ],
)
def test_a_link_to_a_reader_names_what_it_does_not_hold(
    state: str, said: str, running: Server, visit: Go
) -> None:
    page = visit(f"{running.url.removesuffix('/sparql')}/read/国发-2015-24#{state}")
    assert lacking(page) == (f"{NOTHING['en']}{said}" if said else "")
    page.go(f"/read/国发-2015-24?{state}&lang=zh")
    assert lacking(page).startswith(NOTHING["zh"] if said else "")
    page.assert_clean()


def lacking(page: Visit) -> str:
    page.tab.wait_for_function("!document.body.classList.contains('starting')")
    page.settle()
    return page.tab.locator("#lacking").inner_text()


@pytest.mark.parametrize("kind", ["domain", "document"])
def test_a_network_of_nothing_says_so(kind: str, running: Server, visit: Go) -> None:
    """With the names that would do, each leading to its network."""
    page = visit(f"{running.url.removesuffix('/sparql')}/network?{kind}=税收&lang=zh")
    alert = page.tab.get_by_role("alert")
    assert alert.inner_text().startswith("图谱中没有此名称： 税收")
    if kind == "domain":
        alert.get_by_role("link", name="税务").click()
        assert "税务 Taxation" in page.tab.locator("h1").inner_text()


def test_a_network_that_is_narrowed_says_so(several: Server, running: Server, visit: Go) -> None:
    """Its heading and its filter name the domain; all is all of that."""
    for server, documents in ((several, "5 documents"), (running, "加快培育经济新动力的意见")):
        page = visit(f"{server.url.removesuffix('/sparql')}/network?domain=e-commerce")
        page.tab.wait_for_function("!document.body.classList.contains('starting')")
        heading = page.tab.locator("h1").inner_text()
        assert heading.startswith("电子商务 E-commerce · ")
        assert heading.endswith(documents)
        assert page.tab.title() == heading
        page.tab.wait_for_selector("#domain option", state="attached")
        assert page.tab.locator("#domain option").first.inner_text() == "all of E-commerce"
        assert lacking(page) == ""
        page.assert_clean()


def test_a_question_says_which_field_it_has_not(running: Server, visit: Go) -> None:
    page = visit(f"{running.url.removesuffix('/sparql')}/query/pairs?agency=商务部&lang=zh")
    assert (
        page.tab.get_by_role("alert")
        .inner_text()
        .startswith("此问题没有这一项： pairs: has no parameter agency")
    )
