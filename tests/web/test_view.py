"""The network page in a real browser: drawn, searched, filtered, clicked, sent on, saved, not outwitted."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest
from browser import OpenPage, Page, axe
from click.testing import CliRunner, Result
from places import TESTS, write_empty_graph
from pyoxigraph import Literal, NamedNode, Quad, Store

from build_graph.analysis.analysis import Analyst
from build_graph.analysis.choices import Choices
from build_graph.cli import main
from build_graph.corpus.builder import Builder
from build_graph.query.engines import Engine, OxigraphEngine
from build_graph.query.open import open_graph
from build_graph.vocabulary import BASE, term
from build_graph.web.pages import network as network_module
from build_graph.web.pages.network import NetworkLinks, compute_radius, compute_width, render_network_page
from build_graph.web.pages.network_data import collect_network_data
from build_graph.web.pages.network_layout import compute_positions
from build_graph.web.render import escape_invisible

GOLD = TESTS / "gold"
SEED = json.loads((GOLD / "guofa-2015-24.json").read_text(encoding="utf-8"))["measures"]


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="session")
def page_path(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network page of the first document, with a reader to lead to."""
    path = tmp_path_factory.mktemp("page") / "network.html"
    data = collect_network_data(engine)
    path.write_bytes(
        render_network_page(data, "国务院意见", NetworkLinks({"d/国发-2015-24": "read/国发-2015-24.html"}))
    )
    return path


@pytest.fixture(scope="session")
def two_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network page of two documents, in which agencies lead and support."""
    folder = tmp_path_factory.mktemp("two")
    documents = [GOLD / "documents" / f"{name}.txt" for name in ("dahua-083", "guofa-2019-3")]
    graph = Builder().build(documents, folder).path
    (folder / "page.html").write_bytes(
        render_network_page(collect_network_data(open_graph(str(graph))), "two")
    )
    return folder / "page.html"


Visit = Callable[..., Page]


@pytest.fixture
def visit(open_page: OpenPage, page_path: Path) -> Visit:
    """Opens the page at an address, in English unless told otherwise, and waits until it is alive."""

    def opened(address: str = "", path: Path = page_path, width: int = 1440, height: int = 900) -> Page:
        page = open_page(path)
        page.tab.set_viewport_size({"width": width, "height": height})
        go(page, address)
        return page

    return opened


def go(page: Page, address: str) -> None:
    language = "" if "lang=" in address else "lang=en&"
    page.tab.goto(f"{page.path.as_uri()}#{language}{address}")
    page.tab.wait_for_function('performance.getEntriesByName("ready").length')
    page.settle()


def counts(page: Page) -> str:
    return page.tab.locator("#counts").inner_text()


def measures(page: Page) -> list[str]:
    """The IRIs of the measures that the panel lists."""
    return [str(article.get_attribute("data-measure")) for article in page.tab.locator("article").all()]


def address(page: Page) -> dict[str, str]:
    return dict(page.tab.evaluate("page.address()"))


def of(*names: str, **wanted: str) -> list[dict[str, Any]]:
    """The annotated measures that all of these bear, and for which what else is wanted holds."""
    return [
        measure
        for measure in SEED
        if set(names) <= {b["name"] for b in measure["bearers"]}
        and all(measure[key] == value for key, value in wanted.items())
    ]


# ------------------------------------------------------------------------------ what it shows


def test_the_page_opens(visit: Visit) -> None:
    page = visit()
    assert counts(page) == "75 of 75 measures · 35 bodies · 133 pairs"
    assert page.tab.locator("#graph canvas").count() == 1
    first = page.tab.locator("#panel tbody tr").first.inner_text().split()
    assert first == ["商务部", "32", "26"]
    page.assert_clean()


def test_it_is_small_enough(page_path: Path) -> None:
    assert page_path.stat().st_size <= 1_500_000


def test_nothing_in_it_is_of_elsewhere(page_path: Path) -> None:
    """No address but those of data: nothing to be fetched, nothing to be run but what the policy names."""
    text = page_path.read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b", text)
    assert not re.search(r"\b(src|srcset|action|formaction|poster)=", text.split("<script", 1)[0])
    addresses = set(re.findall(r"https?://[\w./#-]+", text))
    allowed = ("https://w3id.org/obligation-graph/", "http://www.w3.org/2000/svg")
    assert all(one.startswith(allowed) for one in addresses), addresses


def texts(page: Page) -> list[str]:
    """The words of the measures that the panel lists."""
    return [words.inner_text() for words in page.tab.locator("article > p.words").all()]


def begins(found: list[str], expected: list[dict[str, Any]]) -> bool:
    """Whether the texts are those of annotated measures, each once."""
    return sorted(text[:5] for text in found) == sorted(measure["starts"][:5] for measure in expected)


def place(page: Page, label: str) -> tuple[float, float]:
    """Where a node stands in the window."""
    found = page.tab.evaluate(
        """(label) => {
            const { id } = page.read("drawing").nodes.find((node) => node.label === label);
            const { x, y } = page.network.canvasToDOM(page.network.getPosition(id));
            const { left, top } = document.getElementById("graph").getBoundingClientRect();
            return [left + x, top + y];
        }""",
        label,
    )
    return float(found[0]), float(found[1])


def test_clicking_a_body_lists_its_measures(visit: Visit) -> None:
    """On the picture, where the node is drawn: 商务部 with its 32 measures, verbatim."""
    page = visit()
    page.tab.mouse.click(*place(page, "商务部"))
    page.tab.wait_for_function("page.address().agency === 'mofcom'")
    page.settle()
    assert len(set(measures(page))) == len(of("商务部")) == 32
    assert begins(texts(page), of("商务部"))
    assert "Ministry of Commerce · MOFCOM · constituent department" in page.tab.locator("#panel").inner_text()
    page.assert_clean()


def test_clicking_a_line_lists_what_two_share(visit: Visit) -> None:
    page = visit()
    one, other = place(page, "中央编办"), place(page, "工商总局")
    page.tab.mouse.click((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
    page.tab.wait_for_function("page.address().partner")
    page.settle()
    assert {address(page)["agency"], address(page)["partner"]} == {"saic", "scopsr"}
    assert len(measures(page)) == len(of("中央编办", "工商总局")) == 1
    page.assert_clean()


def test_what_a_pair_shares(visit: Visit) -> None:
    page = visit("agency=mofcom&partner=ndrc")
    assert "Measures that both bear (12)" in page.tab.locator("#panel").inner_text()
    assert begins(texts(page), of("商务部", "发展改革委"))


def test_a_measure_with_all_that_belongs_to_it(visit: Visit) -> None:
    """Clause, words with norms marked, bearers, allocation, due date, domains, target groups, IRI, reader."""
    page = visit("measure=d/国发-2015-24/s2/c4/m1")
    article = page.tab.locator("article")
    assert article.count() == 1
    assert article.locator("mark.prohibition").all_inner_texts() == [
        "严禁违法设定行政许可、增加行政许可条件和程序"
    ]
    assert len(article.locator("mark.obligation").all()) == 2
    said = article.inner_text()
    for words in (
        "(四)降低准入门槛",
        "国务院审改办",
        "有关部门",
        "divided",
        "E-commerce",
        f"{BASE}d/国发-2015-24/s2/c4/m1",
    ):
        assert words in said
    link = article.get_by_role("link", name="Read in the text")
    assert link.get_attribute("href") == "read/国发-2015-24.html#measure=s2/c4/m1&lang=en"
    assert "due 2020-12-31" in go_and_read(page, "measure=d/国发-2015-24/s1/c3/m1")


def go_and_read(page: Page, where: str) -> str:
    go(page, where)
    return page.tab.locator("#panel").inner_text()


def test_a_clause_and_its_measures(visit: Visit) -> None:
    page = visit("clause=d/国发-2015-24/s2/c4")
    assert begins(texts(page), [measure for measure in SEED if measure["clause"] == "(四)"])


def test_the_iri_is_copied(visit: Visit) -> None:
    page = visit("agency=mofcom")
    page.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.tab.locator("#panel").get_by_role("button", name="Copy IRI").first.click()
    page.tab.wait_for_selector("text=Copied")
    assert page.tab.evaluate("navigator.clipboard.readText()") == f"{BASE}agency/mofcom"
    page.assert_clean()


# ------------------------------------------------------------------------------------ search


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("商务部", "agency", "mofcom"),
        ("mofcom", "agency", "mofcom"),
        ("ＭＯＦＣＯＭ", "agency", "mofcom"),
        ("ministry of comm", "agency", "mofcom"),
        ("工商行政", "agency", "saic"),
        ("电子商务", "domain", "e-commerce"),
        ("state taxation", "agency", "sta"),
        ("taxation", "domain", "taxation"),
        ("降低准入门槛", "clause", "d/国发-2015-24/s2/c4"),
    ],
)
def test_search_completes(words: str, key: str, value: str, visit: Visit) -> None:
    page = visit()
    page.tab.get_by_role("combobox", name="Search").fill(words)
    page.tab.keyboard.press("Enter")
    assert address(page)[key] == value
    page.assert_clean()


def test_search_by_keyboard_alone(visit: Visit) -> None:
    """/ leads to the field, the arrows through the hits, Escape out of it; the hit is told to readers."""
    page = visit()
    page.tab.keyboard.press("/")
    box = page.tab.get_by_role("combobox", name="Search")
    assert box.evaluate("(node) => node === document.activeElement")
    page.tab.keyboard.type("部")
    options = page.tab.locator("#found [role=option]")
    assert options.count() > 3
    page.tab.keyboard.press("ArrowDown")
    assert options.nth(1).get_attribute("aria-selected") == "true"
    assert box.get_attribute("aria-activedescendant") == "hit-1"
    page.tab.keyboard.press("ArrowUp")
    page.tab.keyboard.press("ArrowUp")
    assert options.last.get_attribute("aria-selected") == "true"
    page.tab.keyboard.press("Escape")
    assert options.count() == 0
    assert box.get_attribute("aria-expanded") == "false"
    box.fill("没有这个机构")
    page.tab.keyboard.press("Enter")
    assert set(address(page)) == {"lang"}


# ----------------------------------------------------------------------------------- filters


def expected(measures: list[dict[str, Any]], *kinds: str, role: str | None = None) -> str:
    """What the page says of annotated measures: how many, the bodies of the kinds, and their pairs."""
    lists = [
        {b["name"] for b in m["bearers"] if b["kind"] in kinds and role in (None, b["role"])}
        for m in measures
    ]
    pairs = Counter(pair for names in lists for pair in combinations(sorted(names), 2))
    shown = sum(bool(names) for names in lists) if role else len(measures)
    return f"{shown} of 75 measures · {len(set().union(*lists))} bodies · {len(pairs)} pairs"


def test_allocation(visit: Visit) -> None:
    page = visit()
    page.tab.get_by_label("How it is shared out").select_option("divided")
    assert address(page)["allocation"] == "divided"
    divided = [m for m in SEED if m["allocation"] == "divided" and m["bearers"]]
    assert counts(page) == expected(divided, "agency")
    assert begins(texts(page), divided)


def test_groups(visit: Visit) -> None:
    page = visit()
    page.tab.get_by_label("with groups such as 有关部门").check()
    assert counts(page) == expected(SEED, "agency", "group")
    page.tab.get_by_label("with groups such as 有关部门").uncheck()
    assert counts(page) == expected(SEED, "agency")


def test_kinds_of_norms(visit: Visit) -> None:
    page = visit()
    page.tab.get_by_label("Kind of norm").select_option("prohibition")
    forbidding = [m for m in SEED if any(n["kind"] == "prohibition" for n in m["norms"])]
    assert counts(page) == expected(forbidding, "agency")


def test_domain_and_document_of_the_catalogue(visit: Visit, engine: Engine, graph: Path) -> None:
    """With a domain, the pairs are those of `obligations query pairs`."""
    page = visit("domain=taxation")
    asked = list(
        csv.DictReader(io.StringIO(run("query", "pairs", "--set", "domain=税务", "--graph", graph).stdout))
    )
    assert counts(page).endswith(f"{len(asked)} pairs")
    pairs = page.tab.locator("#panel table").nth(1).locator("tbody tr")
    assert [row.split()[-1] for row in pairs.all_inner_texts()] == [row["measures"] for row in asked]


def test_least_weight(visit: Visit) -> None:
    page = visit("weight=7")
    pairs = page.tab.locator("#panel table").nth(1).locator("tbody tr").all_inner_texts()
    assert [int(row.split()[-1]) for row in pairs] == [12, 11, 9, 8, 7, 7]
    assert counts(page) == "75 of 75 measures · 6 bodies · 6 pairs"


def test_kind_of_body(visit: Visit) -> None:
    page = visit()
    page.tab.get_by_label("Kind of body").select_option("AdministeredBureau")
    names = {
        row.split()[0] for row in page.tab.locator("#panel table").first.locator("tbody tr").all_inner_texts()
    }
    assert names == {"外汇局", "邮政局"} | names & {"国家认监委", "国家标准委", "密码局", "档案局"}
    assert "商务部" not in names


def test_roles(visit: Visit, two_path: Path) -> None:
    """Only who leads, of two documents: those that annotators marked so."""
    page = visit("role=lead", two_path)
    leads = [
        measure
        for name in ("dahua-083", "guofa-2019-3")
        for measure in json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"))["measures"]
        if any(b["role"] == "lead" and b["kind"] == "agency" for b in measure["bearers"])
    ]
    assert counts(page).startswith(f"{len(leads)} of ")


def test_documents(visit: Visit, two_path: Path) -> None:
    page = visit("document=国发〔2019〕3号", two_path)
    gold = json.loads((GOLD / "guofa-2019-3.json").read_text(encoding="utf-8"))["measures"]
    assert counts(page).startswith(f"{len(gold)} of ")
    assert page.tab.get_by_label("Document").input_value() == "d/国发-2019-3"


def test_the_picture_follows_the_filter(visit: Visit) -> None:
    """What is not counted is not drawn; sizes and widths are those of what is left."""
    page = visit("domain=taxation")
    script = """() => {
        const { nodes, edges } = page.network.body.data;
        const left = (set) => set.get({ filter: (one) => !one.hidden });
        return [left(nodes).map((n) => [n.label, n.size]), left(edges).map((e) => e.width)];
    }"""
    nodes, edges = page.tab.evaluate(script)
    rows = page.tab.locator("#panel table").first.locator("tbody tr").all_inner_texts()
    borne = {row.split()[0]: int(row.split()[1]) for row in rows}
    assert dict(nodes) == {label: compute_radius(count) for label, count in borne.items()}
    pairs = page.tab.locator("#panel table").nth(1).locator("tbody tr").all_inner_texts()
    assert sorted(edges) == sorted(compute_width(int(row.split()[-1])) for row in pairs)


def test_nothing_left(visit: Visit) -> None:
    page = visit("domain=taxation&norm=prohibition")
    assert "Nothing is left" in page.tab.locator("#panel").inner_text()
    assert counts(page).startswith("0 of 75 measures")
    page.tab.get_by_role("button", name="Reset").click()
    assert counts(page) == "75 of 75 measures · 35 bodies · 133 pairs"
    page.assert_clean()


# --------------------------------------------------------------------- address, language, theme


def test_the_address_holds_the_state(visit: Visit, open_page: OpenPage, page_path: Path) -> None:
    """What one sees, another sees who opens the same address; Back goes back."""
    page = visit("domain=e-commerce")
    page.tab.locator("#panel").get_by_role("button", name="发展改革委").first.click()
    page.tab.get_by_role("button", name="商务部 ").first.click()
    sent = page.tab.url
    there = open_page(page_path)
    there.tab.goto(sent)
    there.tab.wait_for_function('performance.getEntriesByName("ready").length')
    there.settle()
    assert there.tab.locator("#panel").inner_text() == page.tab.locator("#panel").inner_text()
    assert measures(there)
    page.tab.go_back()
    page.settle()
    assert "partner" not in address(page)
    assert address(page)["agency"] == "ndrc"
    there.assert_clean()


@pytest.mark.parametrize(
    "broken",
    [
        "agency=nobody",
        "domain=%00",
        "weight=-3",
        "norm=x&role=y&kind=z",
        "measure=__proto__",
        "lang=xx&theme=blue",
        "around=nothing",
        "document=x",
        "%E0%A4%A",
    ],
)
def test_an_address_that_makes_no_sense(broken: str, visit: Visit) -> None:
    page = visit(broken)
    assert re.fullmatch(r"\d+ of 75 measures · \d+ bodies · \d+ pairs|\d+ / 75 项措施.*", counts(page))
    page.assert_clean()


def test_two_languages(visit: Visit) -> None:
    page = visit("lang=zh&agency=mofcom")
    assert page.tab.locator("html").get_attribute("lang") == "zh-CN"
    assert counts(page) == "75 / 75 项措施 · 35 个主体 · 133 对"
    assert "措施（32）" in page.tab.locator("#panel").inner_text()
    page.tab.get_by_role("button", name="Show in English").click()
    assert "Measures (32)" in page.tab.locator("#panel").inner_text()
    assert page.tab.locator("html").get_attribute("lang") == "en"
    assert address(page)["lang"] == "en"
    page.assert_clean()


def test_light_and_dark(visit: Visit) -> None:
    page = visit("theme=dark")
    dark = page.tab.evaluate("getComputedStyle(document.body).backgroundColor")
    page.tab.get_by_role("button", name="Light / dark").click()
    assert address(page)["theme"] == "light"
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    font = page.tab.evaluate("page.network.body.nodes[0].options.font.color")
    assert font == page.tab.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    )


# ------------------------------------------------------------------------ around, dragging, keys


@pytest.mark.parametrize("centre", ["agency/saic", "domain/taxation", "d/国发-2015-24/s2/c4"])
def test_everything_around(centre: str, visit: Visit) -> None:
    """The measures of a body, domain or clause, their norms and targets, and whom and what they share."""
    page = visit(f"around={centre}")
    ids = page.tab.evaluate("page.network.body.data.nodes.getIds()")
    assert centre in ids
    drawn = {one for one in ids if re.search(r"/m\d+$", one)}
    if centre == "agency/saic":
        assert len(drawn) == 19
    norms = Counter(one.partition(" ")[0] for one in ids if re.search(r"/m\d+ \d+$", one))
    assert set(norms) <= drawn
    assert sum(norms.values()) > 2
    places = page.tab.evaluate("Object.values(page.network.getPositions()).map(({ x, y }) => `${x} ${y}`)")
    assert len(set(places)) == len(ids)
    page.tab.get_by_role("button", name="Agencies", exact=True).click()
    assert page.tab.evaluate("page.network.body.data.nodes.length") == 39
    page.assert_clean()


def test_around_what_is_selected(visit: Visit) -> None:
    page = visit("agency=mofcom")
    page.tab.get_by_role("button", name="Show everything around").click()
    assert address(page)["around"] == "agency/mofcom"
    assert (
        page.tab.get_by_role("button", name="Everything around", exact=True).get_attribute("aria-pressed")
        == "true"
    )
    page.tab.get_by_role("button", name="Back to all").click()
    assert "around" not in address(page)


def test_a_node_stays_where_it_is_dragged(visit: Visit) -> None:
    page = visit()
    x, y = place(page, "旅游局")
    before = place(page, "商务部")
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    page.tab.mouse.move(x - 80, y + 60, steps=5)
    page.tab.mouse.up()
    page.settle()
    assert place(page, "旅游局") == pytest.approx((x - 80, y + 60), abs=3)
    assert place(page, "商务部") == pytest.approx(before, abs=1)
    page.tab.get_by_label("Kind of norm").select_option("encouragement")
    page.tab.get_by_label("Kind of norm").select_option("")
    assert place(page, "旅游局") == pytest.approx((x - 80, y + 60), abs=3)
    here = "page.network.getPosition(page.read('drawing').nodes.find((node) => node.label === '旅游局').id)"
    there = page.tab.evaluate(here)
    go(page, "around=agency/saic")
    go(page, "")
    assert page.tab.evaluate(here) == there


def test_the_same_picture_each_time(visit: Visit) -> None:
    pictures = [visit().tab.locator("#graph").screenshot() for _ in range(2)]
    assert pictures[0] == pictures[1]


def test_by_keyboard_alone(visit: Visit) -> None:
    """Tab reaches the list, the filters and the picture; Enter chooses; arrows and + move the picture."""
    page = visit()
    page.tab.locator("#panel").get_by_role("button", name="工商总局").first.focus()
    page.tab.keyboard.press("Enter")
    assert address(page)["agency"] == "saic"
    reached = set()
    page.tab.locator("#search").focus()
    for _ in range(30):
        page.tab.keyboard.press("Tab")
        reached.add(page.tab.evaluate("document.activeElement.id || document.activeElement.className || ''"))
    assert {"language", "theme", "domain", "reset", "fit"} <= reached
    assert any("vis" in name for name in reached)
    scale = page.tab.evaluate("page.network.getScale()")
    page.tab.locator("#graph .vis-network").focus()
    page.tab.keyboard.press("Equal", delay=200)
    page.tab.keyboard.press("ArrowLeft", delay=200)
    page.settle()
    assert page.tab.evaluate("page.network.getScale()") != scale
    page.assert_clean()


# ------------------------------------------------------------------------------------- saving


def saved(page: Page, button: str) -> bytes:
    page.tab.locator("#saves summary").click()
    with page.tab.expect_download() as download:
        page.tab.get_by_role("button", name=button).click()
    page.assert_clean()
    return Path(download.value.path()).read_bytes()


def test_rows_as_csv(visit: Visit) -> None:
    page = visit("agency=mofcom&partner=ndrc")
    data = saved(page, "Shown measures as CSV").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data)))
    assert [row["iri"] for row in rows] == [BASE + one for one in measures(page)]
    assert [row["text"] for row in rows] == texts(page)
    assert all("商务部" in row["bearers"].split("、") for row in rows)


def test_picture_as_png(visit: Visit) -> None:
    data = saved(visit(), "Picture as PNG")
    assert data.startswith(b"\x89PNG")
    assert len(data) > 20_000


def test_picture_as_svg(visit: Visit) -> None:
    """Every body and line of what is shown, and no more."""
    root = ElementTree.fromstring(saved(visit("domain=taxation"), "Picture as SVG"))
    tags = Counter(element.tag.rpartition("}")[2] for element in root.iter())
    assert (tags["circle"], tags["text"], tags["line"]) == (5, 5, 8)
    assert {element.text for element in root.iter() if element.tag.endswith("text")} >= {"财政部", "税务总局"}


def test_formulas_stay_text(visit: Visit) -> None:
    page = visit()
    script = "page.csv([['=1+1', '-5', '@x', '-x', '＝1', '＋1', '－1', '＠x', 'a\"b', 'c,d']])"
    expected = "\ufeff'=1+1,-5,'@x,'-x,'＝1,'＋1,'－1,'＠x,\"a\"\"b\",\"c,d\"\r\n"
    assert page.tab.evaluate(script) == expected
    script = "page.csv([['\\n=1']])"
    assert page.tab.evaluate(script) == '\ufeff"\'\n=1"\r\n'


# ---------------------------------------------------------------------------- hostile documents

HOSTILE = {
    "script": "<script>document.title='owned'</script>",
    "ending": "</script><img src=http://127.0.0.1:1/x onerror=alert(1)>",
    "spaced": "</script ><!-- <script x",
    "quotes": "\"'`${1}`\\",
    "entities": "&#60;b&#62;&amp;&lt;",
    "separators": "a\u2028b\u2029c",
    "direction": "商务\u202e部\u202c\u200b",
    "proto": "__proto__",
    "long": "长" * 400,
}


@pytest.fixture(scope="session")
def hostile_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a graph all of whose words are hostile."""
    store = Store()
    document = NamedNode(f"{BASE}d/x")

    def say(subject: NamedNode, predicate: str, value: NamedNode | Literal) -> None:
        store.add(Quad(subject, term(predicate), value))

    say(NamedNode(f"{BASE}d/x/text"), "eli:realizes", document)
    say(document, "dcterms:title", Literal(HOSTILE["script"], language="zh"))
    for at, words in enumerate(HOSTILE.values()):
        clause, measure = NamedNode(f"{BASE}d/x/c{at}"), NamedNode(f"{BASE}d/x/c{at}/m1")
        assignment, evidence = NamedNode(f"{measure.value}/a"), NamedNode(f"{measure.value}/e")
        say(clause, "rdfs:label", Literal(words, language="zh"))
        for predicate, value in (
            ("rdf:type", term("ob:Measure")),
            ("ob:statedIn", document),
            ("eli:is_part_of", clause),
            ("ob:text", Literal(words * 2)),
            ("ob:allocation", term("ob:Joint")),
            ("ob:hasAssignment", assignment),
            ("ob:hasEvidence", evidence),
        ):
            say(measure, predicate, value)
        say(evidence, "nif:beginIndex", Literal(at * 1000))
        say(evidence, "nif:endIndex", Literal(at * 1000 + 2 * len(words)))
        for rank, other in enumerate((words, "财政部")):
            body = NamedNode(f"{BASE}agency/h{at if rank == 0 else 'x'}")
            bearer = NamedNode(f"{measure.value}/b{rank}")
            say(assignment, "ob:hasBearer", bearer)
            say(bearer, "ob:assignedTo", body)
            say(bearer, "ob:role", term("ob:Lead"))
            say(bearer, "ob:rank", Literal(rank))
            say(bearer, "ob:asWritten", Literal(other))
            say(body, "rdf:type", term("org:FormalOrganization"))
            say(body, "skos:prefLabel", Literal(other, language="zh"))
    path = tmp_path_factory.mktemp("hostile") / "page.html"
    data = collect_network_data(OxigraphEngine(store))
    path.write_bytes(render_network_page(data, HOSTILE["script"] + HOSTILE["direction"]))
    return path


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_words_are_shown_as_text(what: str, visit: Visit, hostile_path: Path) -> None:
    """In the list, the panel, the picture, the search and the pictures that are saved."""
    page = visit(path=hostile_path)
    words = escape_invisible(HOSTILE[what])
    at = list(HOSTILE).index(what)
    assert words in page.tab.locator("#panel table").first.inner_text()
    go(page, f"agency=h{at}")
    assert page.tab.locator("#panel h2").inner_text() == words
    assert texts(page) == [words * 2]
    page.tab.locator("#search").fill(HOSTILE[what][:3])
    assert words[:3] in page.tab.locator("#found").inner_text()
    labels = page.tab.evaluate("page.network.body.data.nodes.map((node) => node.label)")
    assert words in labels
    page.tab.get_by_role("button", name="Show everything around").click()
    page.settle()
    ElementTree.fromstring(saved(page, "Picture as SVG"))
    assert page.tab.title() == escape_invisible(HOSTILE["script"] + HOSTILE["direction"])
    assert page.tab.locator("script:not([type])").count() == 3
    page.assert_clean()


# ----------------------------------------------------------------------- looks and accessibility


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "where",
    ["", "agency=mofcom", "around=domain/taxation&domain=taxation", "lang=zh&agency=saic&partner=aqsiq"],
)
def test_axe_finds_nothing_serious(where: str, theme: str, visit: Visit) -> None:
    page = visit(f"{where}&theme={theme}")
    assert axe(page) == []
    if not where:  # what is found looks the same everywhere
        page.tab.locator("#search").fill("部")
        assert axe(page) == []


@pytest.mark.parametrize("wide", [1440, 1024, 390])
def test_it_fits_the_window(wide: int, visit: Visit) -> None:
    """Nothing is wider than the window, and the picture has room in it."""
    page = visit("agency=mofcom", width=wide, height=844)
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= wide
    box = page.tab.locator("#graph").bounding_box()
    assert box
    assert box["width"] >= 0.45 * wide
    assert box["height"] >= 350
    page.assert_clean()


def test_on_paper(visit: Visit) -> None:
    page = visit("agency=mofcom")
    page.tab.emulate_media(media="print")
    for hidden in ("#filters", "#search", "#language"):
        assert not page.tab.locator(hidden).is_visible()
    assert page.tab.locator("article").first.is_visible()
    assert page.tab.pdf().startswith(b"%PDF")


# ---------------------------------------------------------------------------------- the data


def test_communities_are_those_of_the_analysis(engine: Engine, page_path: Path) -> None:
    text = page_path.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="index">(.*?)</script>', text)
    assert found
    members = {body[1]: body[6] for body in json.loads(found[1])["bodies"] if body[5] != "Group"}
    table = Analyst(engine, Choices(draws=0)).compute_findings().agencies
    assert members == dict(zip(table["label"], table["community"].tolist(), strict=True))


def test_the_page_holds_the_whole_graph(engine: Engine) -> None:
    """Every measure with its words, and every norm and target where it stands."""
    data = collect_network_data(engine)
    assert len(list(data.measures)) == len(SEED)
    for measure, gold in zip(data.measures, SEED, strict=True):
        assert measure.text.startswith(gold["starts"])
        assert [data.bodies[b.body].label for b in measure.bearings] == [b["name"] for b in gold["bearers"]]
        targets = [measure.text[f.start : f.end] for f in measure.findings if f.kind == 4]
        assert targets == [target["quote"] for target in gold["targets"]]


def test_one_domain_of_a_graph(graph: Path, tmp_path: Path) -> None:
    result = run("view", graph, "-o", tmp_path / "tax.html", "--domain", "税务")
    assert result.exit_code == 0, result.output
    assert "3 measures of 1 document, 5 bodies" in result.stdout
    assert (tmp_path / "tax.html").stat().st_size > 300_000


def test_positions_are_apart_and_the_same() -> None:
    """No box lies on another, in components, communities of a large one, and alone."""
    graph = nx.Graph(nx.planted_partition_graph(8, 60, 0.2, 0.002, seed=1))
    graph.add_nodes_from(range(480, 500))
    graph.add_edges_from([(500, 501, {"weight": 3}), (502, 480), (503, 0), (503, 1)])
    nx.set_edge_attributes(graph, 1, "weight")
    boxes = [(40.0 + at % 7 * 10, 30.0) for at in range(len(graph))]
    first = [at for at in range(len(graph)) if at < 502]
    found = compute_positions(graph, first, boxes, 0)
    assert found == compute_positions(graph, first, boxes, 0)
    points, sizes = np.array(found), np.array(boxes)
    gap, room = np.abs(points[:, None] - points[None]), (sizes[:, None] + sizes[None]) / 2
    over = (gap < room - 2).all(axis=2)
    np.fill_diagonal(over, val=False)
    assert over.sum() / 2 <= 0.01 * len(graph)


def test_the_same_bytes_whatever_the_hash_seed(graph: Path, tmp_path: Path) -> None:
    pages = []
    for seed in ("0", "1"):
        path = tmp_path / seed / "network.html"
        command = [sys.executable, "-m", "build_graph.cli", "view", str(graph), "-o", str(path)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
        pages.append(path.read_bytes())
    assert pages[0] == pages[1]


BAD: dict[str, tuple[Callable[[Path, Path], list[object]], str]] = {
    "no graph": (lambda g, t: [t / "no.ttl"], "make it with: obligations build"),
    "no endpoint": (lambda g, t: ["http://127.0.0.1:1/query"], "does not answer"),
    "nothing to show": (lambda g, t: [g, "--domain", "航天"], "航天: the graph has no domain of that name"),
    "empty graph": (lambda g, t: [write_empty_graph(t)], "no measure is left to show"),
    "no folder": (lambda g, t: [g, "-o", write_empty_graph(t) / "x.html"], "cannot be written"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str, graph: Path, tmp_path: Path) -> None:
    """One line on stderr that says what to do, exit code 1, nothing written, no traceback."""
    arguments, said = BAD[what]
    given = arguments(graph, tmp_path)
    result = run("view", *given, *([] if "-o" in given else ["-o", tmp_path / "out.html"]))
    assert (result.exit_code, result.stdout) == (1, "")
    assert isinstance(result.exception, SystemExit)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out.html").exists()


def test_too_much_for_a_page(graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_module, "LARGEST", 100_000)
    result = run("view", graph, "-o", tmp_path / "out.html")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "narrow it with --document or --domain" in result.stderr
    assert not (tmp_path / "out.html").exists()
