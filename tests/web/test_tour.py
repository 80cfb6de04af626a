"""The workbench in a browser, on a server that runs: from the first page to a document, by mouse and keys."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Go, Visit, axe
from playwright.sync_api import expect
from server import Server, serving

PATHS = (
    "/",
    "/documents",
    "/queries",
    "/query/pairs?minimum=6",
    "/query/partners",
    "/query/heirs?agency=工商总局",
    "/id/agency/saic",
    "/id/d/国发-2015-24",
    "/id/d/国发-2015-24/s2/c4",
    "/id/domain/taxation",
    "/search?q=商务",
    "/network?domain=电子商务",
)


@pytest.fixture(scope="module")
def server(graph: Path) -> Iterator[Server]:
    """Serves the graph of the first document."""
    with serving("--graph", graph) as running:
        yield running


def home(server: Server) -> str:
    return server.url.removesuffix("/sparql")


def test_the_tour(server: Server, visit: Go) -> None:
    """First page, questions, one with a field completed, table, chart, CSV, address, agency, document."""
    page = visit(home(server))
    tab = page.tab
    tab.get_by_role("navigation").get_by_role("link", name="Questions").click()
    tab.get_by_role("link", name="Partners of one agency").click()
    field = tab.get_by_role("main").get_by_role("combobox", name="Body")
    field.press_sequentially("mofc")
    option = tab.get_by_role("option", name="商务部")
    expect(option).to_contain_text("Ministry of Commerce")
    option.click()
    expect(field).to_have_value("商务部")
    tab.get_by_role("button", name="Ask").click()
    expect(tab.locator("tbody tr")).to_have_count(26)
    assert tab.url.endswith("/query/partners?agency=%E5%95%86%E5%8A%A1%E9%83%A8")
    expect(tab.locator("#chart + ol.bars li")).to_have_count(26)

    with tab.expect_download() as download:
        tab.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "partners.csv"
    rows = list(csv.reader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["partner", "name", "measures", "led"]
    assert len(rows) == 27

    shared = visit(tab.url)  # in a browser that has never been here
    assert shared.tab.locator("main").inner_text() == tab.locator("main").inner_text()
    shared.assert_clean()

    tab.locator("tbody a").first.click()
    expect(tab.locator("h1")).to_have_text("国家发展和改革委员会")
    expect(tab.get_by_role("heading", name="What one agency has to bring about")).to_be_visible()
    tab.locator("tbody a").first.click()
    tab.locator("p.kind a").click()
    expect(tab.locator("h1")).to_have_text("国务院关于大力发展电子商务加快培育经济新动力的意见")
    reader = tab.get_by_role("link", name="Read the text")
    reader.click()
    assert tab.url.partition("#")[0] == f"{home(server)}/read/%E5%9B%BD%E5%8F%91-2015-24"
    expect(tab.locator("h1")).to_have_text("国务院关于大力发展电子商务加快培育经济新动力的意见")
    assert tab.locator("mark, .mark").count() > 500
    tab.get_by_role("link", name="Network").first.click()
    expect(tab.locator("#panel")).to_be_visible()
    page.assert_clean()


def test_with_keys_alone(server: Server, visit: Go) -> None:
    """Arrow keys complete the search, Escape closes it, Enter opens the page; Tab skips to the content."""
    page = visit(home(server))
    tab = page.tab
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    field = tab.get_by_role("combobox", name="Search")
    field.focus()
    tab.keyboard.type("工商总局")
    options = tab.get_by_role("option")
    expect(options.first).to_contain_text("国家工商行政管理总局")
    tab.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    tab.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    tab.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_have_text("国家工商行政管理总局")
    assert tab.url.endswith("/id/agency/saic")
    page.assert_clean()


def test_enter_without_a_choice_searches(server: Server, visit: Go) -> None:
    page = visit(home(server))
    field = page.tab.get_by_role("combobox", name="Search")
    field.fill("商务")
    field.press("Enter")
    expect(page.tab.get_by_role("heading", name="Policy domains")).to_be_visible()
    page.tab.get_by_role("link", name="电子商务", exact=True).click()
    expect(page.tab.locator("h1")).to_have_text("电子商务")
    page.assert_clean()


def test_empty_fields_are_left_out_of_the_address(server: Server, visit: Go) -> None:
    page = visit(f"{home(server)}/query/pairs")
    page.tab.get_by_label("At least so many").fill("12")
    page.tab.get_by_role("button", name="Ask").click()
    expect(page.tab.locator("tbody tr")).to_have_count(1)
    assert page.tab.url.endswith("/query/pairs?minimum=12")
    page.tab.go_back()
    expect(page.tab.get_by_role("combobox", name="Document")).to_be_enabled()
    page.assert_clean()


def test_language_and_theme_go_along(server: Server, visit: Go) -> None:
    """What is chosen on one page holds on the next; an address that says otherwise holds for its page."""
    page = visit(home(server))
    tab = page.tab
    tab.get_by_role("button", name="中文").click()
    tab.get_by_role("button", name="浅色 / 深色").click()
    dark = tab.locator("html").get_attribute("data-theme")
    tab.get_by_role("navigation").get_by_role("link", name="问题目录").click()
    expect(tab.locator("h1")).to_have_text("问题目录")
    assert tab.locator("html").get_attribute("data-theme") == dark == "dark"
    page.go("/queries#lang=en&theme=light")
    tab.reload()
    expect(tab.locator("h1")).to_have_text("Questions")
    page.go("/network")
    expect(tab.get_by_role("link", name="总览")).to_have_attribute("href", "/")
    page.assert_clean()


def test_the_network_leads_on(server: Server, visit: Go) -> None:
    """From an agency to its place in the network, from there to the reader, and to the first page."""
    page = visit(f"{home(server)}/id/agency/mofcom")
    tab = page.tab
    tab.get_by_role("link", name="In the network").click()
    expect(tab.locator("#panel h2").first).to_have_text("商务部")
    assert "/network#agency=agency/mofcom" in tab.url
    readers = tab.locator('#panel a[href^="/read/"]')
    readers.first.click()
    assert "/read/" in tab.url
    expect(tab.get_by_role("heading", name="Norms")).to_be_visible()  # of the measure that was clicked
    tab.go_back()
    tab.get_by_role("link", name="Overview").click()
    expect(tab.locator("h1")).to_have_text("What this graph holds")
    page.assert_clean()


@pytest.mark.parametrize("path", PATHS)
def test_anybody_can_use_it(path: str, server: Server, visit: Go) -> None:
    """No serious finding of axe-core in either language and theme, nothing beyond the edge of a phone."""
    page = visit(f"{home(server)}{path}#lang=en&theme=light")
    assert axe(page) == []
    page.tab.get_by_role("button", name="中文").click()
    page.tab.get_by_role("button", name="浅色 / 深色").click()
    page.settle()
    assert axe(page) == []
    for width in (1024, 390):
        page.tab.set_viewport_size({"width": width, "height": 800})
        page.settle()
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    page.assert_clean()


def test_nothing_stays_english_in_chinese(server: Server, visit: Go) -> None:
    """Buttons, headings and columns are in Chinese; what is left in Latin letters are names and IRIs."""
    page = visit(f"{home(server)}/query/agency-obligations?agency=商务部#lang=zh")
    words = page.tab.locator("nav a, button, label, h1, h2, th").all_inner_texts()
    assert {word for word in words if word.isascii() and word.strip()} == {"SPARQL", "English"}
    kinds = set(page.tab.locator("tbody td:nth-child(3)").all_inner_texts())
    assert kinds == {"义务", "鼓励", "许可"}
    page.assert_clean()


def test_a_page_that_is_not_there(server: Server, visit: Go) -> None:
    page = visit(f"{home(server)}/query/partners?agency=商务")
    alert = page.tab.get_by_role("alert")
    expect(alert).to_contain_text("Nothing of that kind in the graph is called so: 商务")
    assert axe(page) == []
    alert.get_by_role("link", name="商务部").click()
    expect(page.tab.locator("tbody tr")).to_have_count(26)
    assert {fault.partition(":")[0] for fault in page.faults} == {"status 404", "console error"}


def test_the_watch_sees_other_hosts(server: Server, visit: Go) -> None:
    """What the tests above rely on: a request to another host is stopped, and noted."""
    page = visit(home(server))
    with page.tab.expect_event("requestfailed"):
        page.tab.evaluate("location.assign('http://127.0.0.1:9/elsewhere')")
    page.tab.wait_for_url("chrome-error://*/")  # which the browser shows in its place
    assert any(fault == "request: http://127.0.0.1:9/elsewhere" for fault in page.faults)
    assert any(fault.startswith("failed: http://127.0.0.1:9/elsewhere") for fault in page.faults)
    with pytest.raises(AssertionError, match="elsewhere"):
        Visit.assert_clean(page)
