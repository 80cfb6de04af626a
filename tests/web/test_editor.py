"""The editor for SPARQL in a browser, against a server: what it shows, asks, completes, shares, refuses."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import Finding, Visit, axe
from playwright.sync_api import Locator, expect
from pyoxigraph import QuerySolutions
from served import OpenServed
from server import Server

from build_graph.query.catalogue import find_question, load_catalogue
from build_graph.query.engines import Engine
from build_graph.query.sparql import detect_form
from build_graph.resources import find_folder, load_word_lists
from build_graph.vocabulary import BASE, PREFIXES
from build_graph.web.pages.sparql_editor import render_editor_page
from build_graph.web.render import load_script

YASGUI = (find_folder("vendor") / "yasgui" / "yasgui.js").read_text(encoding="utf-8")
FIRST = load_word_lists("workbench")["tabs"]
# What axe-core finds in CodeMirror: the text can be moved through with the keys, but the box that scrolls
# cannot be come to with Tab.
THEIRS = "scrollable-region-focusable"


def active(page: Visit) -> Locator:
    """The tab of the editor that is in front."""
    return page.tab.locator(".tabPanel.active")


def text(page: Visit) -> str:
    """The query in it."""
    return str(active(page).locator(".CodeMirror").first.evaluate("node => node.CodeMirror.getValue()"))


def write(page: Visit, query: str) -> None:
    """Replaces the query, and puts the cursor behind it."""
    active(page).locator(".CodeMirror").first.evaluate(
        "(node, text) => { node.CodeMirror.setValue(text); node.CodeMirror.focus();"
        " node.CodeMirror.execCommand('goDocEnd'); }",
        query,
    )


def rows(page: Visit) -> list[list[str]]:
    """The cells of the answer."""
    found = active(page).locator(".yasr_results tbody tr")
    expect(found.first).to_be_visible()
    return [row.locator("td").all_inner_texts() for row in found.all()]


def ask(page: Visit, query: str) -> list[list[str]]:
    """The cells of the answer to a query."""
    write(page, query)
    with page.tab.expect_response("**/sparql"):
        page.tab.keyboard.press("Control+Enter")
    return rows(page)


def tabs(page: Visit) -> list[str]:
    return page.tab.locator(".tabsList .tab a > span").all_inner_texts()


def titles(names: list[str], tongue: str) -> list[str]:
    return [find_question(name).header.find_text(f"title@{tongue}") for name in names]


def test_the_catalogue_stands_beside_the_editor(open_served: OpenServed) -> None:
    """All questions in the list, those that are asked most as tabs, in both languages."""
    page = open_served("/workbench")
    known = [question.name for question in load_catalogue()]
    listed = page.tab.locator("#questions li button")
    assert listed.all_inner_texts() == titles(known, "en")
    assert tabs(page) == titles(FIRST, "en")
    assert "SELECT" in text(page)
    page.tab.locator("#language").click()
    page.settle()
    assert listed.all_inner_texts() == titles(known, "zh")
    assert tabs(page) == titles(FIRST, "zh")
    assert page.tab.locator("#about").inner_text() == find_question(FIRST[0]).header.find_text(
        "description@zh"
    )
    page.assert_clean()


def test_questions_are_found_by_words_of_either_language(open_served: OpenServed) -> None:
    page = open_served("/workbench")
    for words, name in (("co-responsible", "pairs"), ("最常共同", "pairs"), ("overdue", "overdue")):
        page.tab.get_by_label("Find a question").fill(words)
        seen = page.tab.locator("#questions li:visible button")
        assert [button.get_attribute("data-question") for button in seen.all()] == [name]


def test_a_question_of_the_list_is_answered(open_served: OpenServed, engine: Engine, tmp_path: Path) -> None:
    """It opens in a tab, its rows are the engine's, and things and terms lead to their pages."""
    page = open_served("/workbench")
    page.tab.locator("[data-question=partners]").click()
    found = rows(page)
    answer = engine.answer(find_question("partners").query)
    assert isinstance(answer, QuerySolutions)
    expected = [[str(value.value) if value else "" for value in row] for row in answer]  # type: ignore[union-attr]
    shown = [[cell.removeprefix(BASE) for cell in row] for row in expected]
    assert len(shown) > 3
    assert found == shown[:50]
    assert tabs(page) == titles([*FIRST, "partners"], "en")
    links = active(page).locator("tbody a")
    assert str(links.first.get_attribute("href")).startswith("/id/agency/")
    with page.tab.expect_download() as download:
        active(page).locator(".yasr_downloadIcon").click()
    download.value.save_as(tmp_path / "answer.csv")
    saved = (tmp_path / "answer.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(saved) == len(expected) + 1
    assert expected[0][0] in saved[1]
    page.tab.locator("[data-question=partners]").click()  # again: it has its tab
    assert tabs(page) == titles([*FIRST, "partners"], "en")
    page.assert_clean()


def test_every_question_can_be_asked() -> None:
    """Each stands in the page as a whole query, with what it says of its parameters."""
    made = render_editor_page(load_catalogue(), "/sparql").decode()
    block = re.search(r'id="catalogue">(.*?)</script>', made, re.DOTALL)
    assert block
    for question in load_catalogue():
        lines = question.query.splitlines()
        at = next(at for at, line in enumerate(lines) if not line.startswith("#"))
        rest = "\n".join(lines[at:])
        assert detect_form(rest) is detect_form(question.query)
        escaped = rest.split("\n")[0].replace("<", "\\u003c").replace(">", "\\u003e").replace('"', '\\"')
        assert escaped in block[1], question.name


@pytest.mark.parametrize(
    ("typed", "offered", "chosen"),
    [
        ("ob:Me", "ob:Measure  measure", "ob:Measure"),
        ("ob:responsibleA", "ob:responsibleAgency  responsible agency", "ob:responsibleAgency"),
        ("eli:cit", "eli:cites", "eli:cites"),
        ("skos:prefL", "skos:prefLabel", "skos:prefLabel"),
    ],
)
def test_terms_are_completed(typed: str, offered: str, chosen: str, *, open_served: OpenServed) -> None:
    """From the first letters, without asking anybody; a prefix that is missing is put in."""
    page = open_served("/workbench")
    write(page, "SELECT * WHERE {\n  ?x a ")
    page.tab.keyboard.type(typed, delay=20)
    hints = page.tab.locator(".CodeMirror-hint")
    expect(hints.first).to_be_visible()
    assert offered in hints.all_inner_texts()
    hints.filter(has_text=offered).first.click()
    assert text(page).endswith(f"?x a {chosen}")
    prefix = typed.partition(":")[0]
    assert f"PREFIX {prefix}: <{PREFIXES[prefix]}>" in text(page)
    page.assert_clean()


def test_labels_of_completions_are_in_the_language_of_the_page(open_served: OpenServed) -> None:
    page = open_served("/workbench#lang=zh")
    write(page, "ASK { ?x a ")
    page.tab.keyboard.type("ob:Me", delay=20)
    expect(page.tab.locator(".CodeMirror-hint").first).to_have_text("ob:Measure  措施")


def test_prefixes_are_the_projects_own(open_served: OpenServed) -> None:
    page = open_served("/workbench")
    write(page, "")
    page.tab.keyboard.type("PREFIX ", delay=20)
    hints = page.tab.locator(".CodeMirror-hint")
    expect(hints.first).to_be_visible()
    assert hints.all_inner_texts() == [f"{prefix}: <{start}>" for prefix, start in sorted(PREFIXES.items())]
    page.assert_clean()


def test_a_query_is_shared_by_its_address(open_served: OpenServed) -> None:
    query = 'SELECT ("分享 #&=+" AS ?words) {}'
    page = open_served("/workbench")
    write(page, query)
    active(page).locator(".yasqe_share").click()
    address = active(page).locator(".yasqe_sharePopup input").input_value()
    assert address == f"{page.origin}/workbench#query={quote(query, safe='()')}"
    other = open_served(address.removeprefix(page.origin) + "&lang=zh")
    assert text(other) == query
    assert rows(other) == [["分享 #&=+"]]
    assert other.tab.evaluate("location.hash") == "#lang=zh"
    assert "1 行" in active(other).locator(".yasr_response_chip").inner_text()
    other.assert_clean()


def test_an_address_sends_no_query_elsewhere(open_served: OpenServed) -> None:
    """What YASGUI would take from an address, but for the query, is not taken."""
    shared = quote("SELECT (1 AS ?one) {}")
    page = open_served(f"/workbench#query={shared}&endpoint=http://127.0.0.1:9/&headers=%7B%22a%22:1%7D")
    assert rows(page) == [["1"]]
    page.assert_clean()


def test_tabs_are_there_again(open_served: OpenServed) -> None:
    page = open_served("/workbench")
    page.tab.get_by_role("button", name="New query").click()
    write(page, "ASK { ?mine ?is ?here }")
    page.tab.locator("h1").click()
    page.go("/workbench")
    assert len(tabs(page)) == len(FIRST) + 1
    assert text(page) == "ASK { ?mine ?is ?here }"
    page.assert_clean()


def test_nothing_of_an_answer_is_markup(open_served: OpenServed) -> None:
    """Texts and IRIs stand as they are; what nobody would see is shown as its number."""
    page = open_served("/workbench")
    page.tab.on("dialog", page.asked)
    found = ask(
        page,
        "SELECT ?text ?iri ?script { VALUES (?text ?iri ?script) {\n"
        '("<img src=x onerror=alert(1)>\\u202E" '
        "<http://x/'onmouseover='alert(1)> <javascript:alert(1)>) } }",
    )
    assert found == [
        ["<img src=x onerror=alert(1)>[U+202E]", "http://x/'onmouseover='alert(1)", "javascript:alert(1)"]
    ]
    cells = active(page).locator("tbody a")
    assert [link.get_attribute("href") for link in cells.all()] == ["http://x/'onmouseover='alert(1)", None]
    assert active(page).locator("tbody img").count() == 0
    page.assert_clean()


def test_terms_in_an_answer_lead_to_their_description(open_served: OpenServed) -> None:
    page = open_served("/workbench")
    found = ask(
        page,
        f"PREFIX ob: <{PREFIXES['ob']}>\nPREFIX eli: <{PREFIXES['eli']}>\n"
        f"SELECT * {{ VALUES (?a ?b ?c) {{ (ob:Measure eli:cites <{BASE}agency/a%2Fb/商务局>) }} }}",
    )
    assert found == [["ob:Measure", "eli:cites", "agency/a%2Fb/商务局"]]
    links = [link.get_attribute("href") for link in active(page).locator("tbody a").all()]
    assert links == ["/ontology#Measure", "/ontology#eli-cites", "/id/agency/a%2Fb/" + quote("商务局")]


def test_triples_and_yes_or_no(open_served: OpenServed) -> None:
    page = open_served("/workbench")
    write(page, "ASK {}")
    page.tab.keyboard.press("Control+Enter")
    expect(active(page).locator(".booleanResult")).to_contain_text("True")
    construct = "CONSTRUCT { ?a a <http://x/A> } WHERE { VALUES ?a { <http://x/a> } }"
    write(page, construct)
    page.tab.keyboard.press("Control+Enter")
    expect(active(page).locator(".yasr_results tbody tr")).to_have_count(1)
    page.assert_clean()


def test_a_wrong_query_is_refused_in_words(open_served: OpenServed) -> None:
    """The server says what is wrong; what the editor expects is shown without breaking the page's policy."""
    page = open_served("/workbench")
    write(page, "SELECT * WHERE { ?a ?b }")
    active(page).locator(".parseErrorIcon").hover()
    expect(active(page).locator(".yasqe_tooltip")).to_contain_text("Expected")
    page.settle()
    assert page.faults == []
    page.tab.keyboard.press("Control+Enter")
    expect(active(page).locator(".errorResult")).to_contain_text("query:")
    assert [fault for fault in page.faults if "400" not in fault] == []  # the console tells of the answer


def test_columns_are_drawn_wider(open_served: OpenServed) -> None:
    """The handle adds a style to the page, which its policy knows."""
    page = open_served("/workbench")
    page.tab.locator("[data-question=pairs]").click()
    rows(page)
    box = active(page).locator(".grip-resizable").first.bounding_box()
    assert box
    page.tab.mouse.move(box["x"] + 5, box["y"] + 5)
    page.tab.mouse.down()
    page.tab.mouse.move(box["x"] + 45, box["y"] + 5)
    page.tab.mouse.up()
    page.assert_clean()


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_and_used(width: int, scheme: str, *, open_served: OpenServed) -> None:
    page = open_served("/workbench#lang=zh", width, scheme)
    if width < 960:
        page.tab.locator("#questions summary").click()
    page.tab.locator("[data-question=pairs]").click()
    rows(page)
    page.settle()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert [finding for finding in axe(page) if not theirs(finding)] == []
    assert active(page).get_by_placeholder("筛选结果").is_visible()
    page.assert_clean()


def theirs(finding: Finding) -> bool:
    return finding.rule == THEIRS and all("CodeMirror-scroll" in place for place in finding.places)


# What the page counts on in YASGUI.


def test_its_words_are_known() -> None:
    """Each phrase that is said in Chinese stands in YASGUI: one that has changed would stay in English."""
    for key, words in load_word_lists("pages")["yasgui"].items():
        english = words["en"]
        made = re.fullmatch(r"Shows (\w+) view", english)  # of a name
        assert english in YASGUI or (made and "Shows ${" in YASGUI and made[1] in YASGUI), key


def test_what_it_adds_to_a_page_is_known() -> None:
    script = load_script("yasgui")
    main, drawing = script.styles
    assert f"`{main}`" in YASGUI
    assert re.fullmatch(r"\*\{cursor:[a-z-]+!important\}", drawing)
    assert all(f"style='{value}'" in YASGUI for value in script.attributes)
    assert YASGUI.count("createElement(`style`)") == 1


def test_the_script_is_kept_for_good(running: Server) -> None:
    """Its address and its hash are those of its bytes."""
    script = load_script("yasgui")
    reply = running.send("GET", script.address)
    assert reply.body == (find_folder("vendor") / "yasgui" / "yasgui.js").read_bytes()
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in reply.headers["cache-control"]
    digest = hashlib.sha256(reply.body).digest()
    assert b64decode(script.integrity.removeprefix("sha256-")) == digest
    assert digest.hex().startswith(script.address.partition("-")[2].removesuffix(".js"))
    assert running.send("GET", "/assets/yasgui-0.js").status == 404


def test_the_policy_names_all_that_runs(running: Server) -> None:
    page = running.send("GET", "/workbench").text
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found
    rules = {name: values for name, *values in (rule.split() for rule in found[1].split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]
    assert f"'{load_script('yasgui').integrity}'" in rules["script-src"]
    assert all(value.startswith("'sha256-") for value in rules["script-src"] + rules["style-src"])
    assert rules["style-src-attr"][0] == "'unsafe-hashes'"
