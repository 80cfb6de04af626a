"""The pages of the workbench: questions as forms with their answers, and what the graph says of a thing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from browser import OpenPage, Page, axe
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from pyoxigraph import Literal, NamedNode, Quad, Store

from build_graph.query.catalogue import find_question, load_catalogue
from build_graph.query.engines import Engine, OxigraphEngine
from build_graph.query.names import EntityFinder
from build_graph.query.parameters import Binder
from build_graph.vocabulary import BASE, encode_segment, term
from build_graph.web.pages.answer_tables import AnswerTable, build_table
from build_graph.web.pages.entity import EntityPages, UnknownEntityError
from build_graph.web.pages.question_form import QuestionFault, render_catalogue_page, render_question_page
from build_graph.web.render import escape_invisible
from build_graph.web.urls import entity_url, iri_of_entity_path, reader_url

DAY = date(2024, 1, 1)


def encyclopedia(engine: Engine) -> EntityPages:
    return EntityPages(Binder(EntityFinder(engine), DAY))


def asked(engine: Engine, name: str, given: Mapping[str, str]) -> tuple[bytes, AnswerTable]:
    """The page of a question with values, and the answer on it."""
    question = find_question(name)
    query = Binder(EntityFinder(engine), DAY).bind(question, given)
    answer = build_table(engine.answer(query))
    return render_question_page(question, given, answer=answer, query=query), answer


def seen(open_page: OpenPage, folder: Path, data: bytes, address: str = "lang=en") -> Page:
    path = folder / "page.html"
    path.write_bytes(data)
    page = open_page(path)
    page.tab.goto(f"{path.as_uri()}#{address}")
    page.settle()
    return page


def test_the_catalogue_as_a_list(open_page: OpenPage, tmp_path: Path) -> None:
    page = seen(open_page, tmp_path, render_catalogue_page(load_catalogue()))
    links = {link.get_attribute("href"): link.inner_text() for link in page.tab.locator(".cards a").all()}
    assert links == {f"/query/{q.name}": q.header.find_text("title@en") for q in load_catalogue()}
    page.tab.locator("#language").click()
    assert "最常共同负责的机构" in page.tab.locator(".cards").inner_text()
    assert axe(page) == []
    page.assert_clean()


def test_a_question_as_a_form(engine: Engine, open_page: OpenPage, tmp_path: Path) -> None:
    """A field for each parameter with what was given, the rows, a chart of a figure, and the query."""
    data, answer = asked(engine, "pairs", {"minimum": "6"})
    page = seen(open_page, tmp_path, data)
    assert page.tab.get_by_label("At least so many measures").input_value() == "6"
    options = page.tab.get_by_label("Leave out").locator("option").all_inner_texts()
    assert options == ["", "divided 分别负责", "joint 共同负责", "not stated"]
    assert page.tab.get_by_role("combobox", name="Document").get_attribute("data-names") == "document"
    rows = [row.locator("td").all_inner_texts() for row in page.tab.locator("tbody tr").all()]
    assert rows == [[cell.text for cell in row] for row in answer.rows]
    assert len(rows) == 8
    assert page.tab.locator("tbody a").first.get_attribute("href") == "/id/agency/mofcom"
    bars = page.tab.locator(".bars li")
    assert bars.count() == 8
    widths = [float(str(rect.get_attribute("width"))) for rect in page.tab.locator(".bars rect").all()]
    assert widths[0] == 100
    assert widths[-1] == 50
    csv = page.tab.get_by_role("link", name="CSV").get_attribute("href")
    assert csv == "/query/pairs?minimum=6&format=csv"
    assert "VALUES ?minimum { 6 }" in (page.tab.locator("pre").text_content() or "").replace(
        '"6"^^', "6"
    ).replace("<http://www.w3.org/2001/XMLSchema#integer>", "")
    page.assert_clean()


@pytest.mark.parametrize("name", [q.name for q in load_catalogue()])
def test_every_question_has_a_page(name: str, engine: Engine) -> None:
    given = {p.name: p.example for p in find_question(name).header.parameters if p.default is None}
    data, answer = asked(engine, name, given)
    text = data.decode()
    assert all(f'id="field-{p.name}"' in text for p in find_question(name).header.parameters)
    assert text.count("<tr>") == len(answer.rows) + bool(answer.rows)


def test_a_field_that_must_be_filled(open_page: OpenPage, tmp_path: Path) -> None:
    data = render_question_page(
        find_question("partners"),
        {},
        fault=QuestionFault("商务", True, (("商务部", "/query/partners?agency=x"),)),
    )
    page = seen(open_page, tmp_path, data)
    alert = page.tab.get_by_role("alert")
    assert "Nothing of that kind in the graph is called so: 商务" in alert.inner_text()
    assert alert.get_by_role("link", name="商务部").get_attribute("href") == "/query/partners?agency=x"
    field = page.tab.get_by_role("combobox", name="Body")
    assert field.get_attribute("required") is not None
    assert axe(page) == []
    page.assert_clean()


def test_many_rows_are_cut_and_said_to_be() -> None:
    store = Store()
    store.extend(Quad(NamedNode(f"http://x/{at}"), term("ob:index"), Literal(at)) for at in range(30))
    found = build_table(OxigraphEngine(store).answer("SELECT ?s ?n { ?s ?p ?n } ORDER BY ?n"), 20)
    assert (len(found.rows), found.more, found.numbers) == (20, True, frozenset({1}))
    assert [figure for _, figure in found.bars] == list(range(20))


@pytest.mark.parametrize(
    ("end", "sections", "words"),
    [
        (
            "agency/saic",
            ["agency-obligations", "partners", "agency-reforms", "heirs"],
            "State Administration for Industry and Commerce",
        ),
        ("domain/taxation", ["domain-obligations"], "Taxation"),
        ("d/国发-2015-24/s2/c4", ["clause"], "降低准入门槛"),
        ("d/国发-2015-24/s2/c4/m1/n3", [], "严禁违法设定行政许可"),
        (
            "d/国发-2015-24",
            ["agencies-by-measures", "responsibilities", "targets"],
            "国发〔2015〕24号",
        ),
    ],
)
def test_the_page_of_a_thing(
    end: str,
    sections: list[str],
    words: str,
    *,
    engine: Engine,
    open_page: OpenPage,
    tmp_path: Path,
) -> None:
    page = seen(open_page, tmp_path, encyclopedia(engine).render_page(BASE + end))
    links = [str(link.get_attribute("href")) for link in page.tab.locator("h2 a").all()]
    assert [link.split("?")[0].removeprefix("/query/") for link in links] == sections
    text = page.tab.locator("main").inner_text()
    assert words in text
    assert BASE + end in text
    assert axe(page) == []
    page.assert_clean()


def test_predecessors_and_successors_of_an_agency(engine: Engine) -> None:
    text = encyclopedia(engine).render_page(f"{BASE}agency/saic").decode()
    assert "agency/samr" in text
    assert "/query/heirs?agency=agency/saic" in text


@pytest.mark.parametrize("iri", [f"{BASE}agency/nobody", "no iri", "http://x/<>"])
def test_nothing_is_known_of_it(iri: str, engine: Engine) -> None:
    with pytest.raises(UnknownEntityError, match="see the questions for what there is"):
        encyclopedia(engine).render_page(iri)


def test_hostile_words_are_shown_as_text(open_page: OpenPage, tmp_path: Path) -> None:
    words = "</script><img src=x onerror=alert(1)>\u202e&#60;\u2028\"'"
    store, node = Store(), NamedNode(f"{BASE}agency/x")
    store.add(Quad(node, term("rdf:type"), term("org:FormalOrganization")))
    store.add(Quad(node, term("skos:prefLabel"), Literal(words, language="zh")))
    store.add(Quad(node, term("rdfs:comment"), Literal(words)))
    engine = OxigraphEngine(store)
    page = seen(open_page, tmp_path, encyclopedia(engine).render_page(node.value))
    assert page.tab.locator("h1").inner_text() == escape_invisible(words)
    answer = build_table(engine.answer("SELECT ?a { ?s ?p ?a }"))
    data = render_question_page(find_question("counts"), {"x": words}, answer=answer, query=words)
    page.assert_clean()
    other = seen(open_page, tmp_path, data)
    assert escape_invisible(words) in other.tab.locator("table").inner_text()
    other.assert_clean()


def test_addresses() -> None:
    assert (
        entity_url(f"{BASE}agency/浙江省/杭州市/商务局")
        == "/id/agency/%E6%B5%99%E6%B1%9F%E7%9C%81/%E6%9D%AD%E5%B7%9E%E5%B8%82/%E5%95%86%E5%8A%A1%E5%B1%80"
    )
    assert not re.search("[<>\"']", entity_url(f"{BASE}x/\"'<>"))
    assert reader_url(f"{BASE}d/国发-2015-24/s1") == "/read/%E5%9B%BD%E5%8F%91-2015-24"


def test_an_address_leads_to_its_thing(engine: Engine) -> None:
    found = engine.answer(f"SELECT DISTINCT ?s {{ ?s ?p ?o FILTER (STRSTARTS(STR(?s), '{BASE}')) }}")
    iris = {row["s"].value for row in found}  # type: ignore[union-attr]
    passages = {iri for iri in iris if "#char=" in iri}
    assert (len(iris - passages) > 1000, len(passages) > 500) == (True, True)
    assert {iri for iri in iris - passages if iri_of_entity_path(entity_url(iri)) != iri} == set()
    start, text = reader_url(f"{BASE}d/国发-2015-24"), f"{BASE}d/国发-2015-24/text"
    assert {entity_url(iri) for iri in passages} == {iri.replace(text, start) for iri in passages}


def test_the_page_of_a_finding_says_its_kind_and_names_what_it_leads_to(engine: Engine) -> None:
    """Properties stand in the order of their table, and are called by its words."""
    page = html.fromstring(encyclopedia(engine).render_page(f"{BASE}d/国发-2015-24/s2/c4/m1/n3"))
    assert page.xpath("string(//p[@class='kind faint']/span)") in ("prohibition", "禁止")
    assert page.xpath("//dl[@class='facts']/dt/@title") == [
        *("rdf:type", "ob:text", "ob:cue", "ob:kindEvidence", "ob:hasEvidence")
    ]
    assert page.xpath("//dl[@class='facts']/dt[@title='rdf:type']/text()")[0] in ("class", "类")
    [cue] = page.xpath("//dl[@class='facts']/dd/a[text()='严禁']/@href")
    assert cue.startswith("/read/%E5%9B%BD%E5%8F%91-2015-24#char=")


@pytest.mark.parametrize(
    ("end", "title"),
    [
        ("s2/c4/m1/b1", "国务院审改办"),
        ("s2/c4/m1/s1", "行政审批与简政放权"),
        ("citation/1", "注册资本登记制度改革方案"),
        ("source", "guofa-2015-24.txt"),
        ("text", "d/国发-2015-24/text"),
    ],
)
def test_a_finding_without_a_label_is_called_by_its_words(end: str, title: str, engine: Engine) -> None:
    page = html.fromstring(encyclopedia(engine).render_page(f"{BASE}d/国发-2015-24/{end}"))
    assert page.findtext(".//h1") == title


@given(st.lists(st.text(min_size=1), min_size=1))
def test_any_words_have_an_address(words: list[str]) -> None:
    """What words become in an IRI comes back from the address of its page, lone surrogates too."""
    iri = BASE + "/".join(map(encode_segment, words))
    assert iri_of_entity_path(entity_url(iri)) == iri
