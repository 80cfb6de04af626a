"""The page of one document: what is marked in it, what it shows of that, and how it is used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browser import OpenPage, Page, axe
from click.testing import CliRunner, Result
from hostile_inputs import INPUTS
from places import TESTS
from understanding import descriptions, document, pipeline

from build_graph.cli import main
from build_graph.errors import ObligationError
from build_graph.extract.pipeline import find_default_document
from build_graph.graph.emit.document import iterate_quads
from build_graph.model import Document, Metadata, Source, Span
from build_graph.resources import find_folder, load_word_lists
from build_graph.text.repairs import REPAIRS
from build_graph.vocabulary import BASE
from build_graph.web.pages.reader import (
    LEGEND,
    ReaderLinks,
    compute_relative_url,
    format_file_name,
    render_reader_page,
)
from build_graph.web.pages.reader_marks import KINDS, Mark, MarkedText, nest_marks
from build_graph.web.render import escape_invisible

GOLD = TESTS / "gold"
DOCUMENTS = sorted((GOLD / "documents").glob("*.txt"))
SEED = "国发-2015-24"

# Words that break out of markup, scripts, attributes and lines of text wherever they are not kept in.
HOSTILE = """某市关于“<script>alert(1)</script>”的意见
某政发〔2020〕1号
</script><script>alert(2)</script>&#60;b&#62;
一、</section><img src=x onerror=alert(3)>发展"经济'。
（一）<b onclick="alert(4)">推进</b>商务\u202e局\u2066建设&amp;lt;，\
严禁</title>\u2028违规\u200b收费，鼓励"企业。\
（商务部、<i>财政部</i>负责）
（二）到2025年建成100个</div></main>项目。（&quot;市商务局&quot;、市\ufeff财政局牵头）
"""


def understood(text: str, name: str = "test.txt") -> Document:
    return pipeline().understand(Source(name, text, "utf-8"))


def seed() -> Document:
    return document(find_default_document())


@cache
def page_of(path: Path) -> bytes:
    return render_reader_page(document(path), descriptions())


# ------------------------------------------------------------------------ the page without a browser


class Marked(NamedTuple):
    """What a page's text says: its characters, and where marks stand, by kind and key."""

    text: str
    marks: dict[str, dict[str, list[Span]]]  # kind: key: pieces
    blocks: str  # the names of the elements that the text is set in


class _Reader(HTMLParser):
    """Reads the element with the text; an unseen character counts as the one that it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str], int]] = []
        self.inside = False
        self.pieces: list[str] = []
        self.length = 0
        self.found: dict[str, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
        self.blocks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if values.get("id") == "text":
            self.inside = True
            self.open = []
        if self.inside:
            self.open.append((tag, values, self.length))
            if tag != "span":
                self.blocks.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.inside:
            return
        opened, values, start = self.open.pop()
        assert opened == tag
        classes = values.get("class", "").split()
        if classes[:1] == ["mark"]:
            self.found[classes[1]][values.get("data-r", "")].append(Span(start, self.length))
        self.inside = bool(self.open)

    def handle_data(self, data: str) -> None:
        if not self.inside:
            return
        if self.open[-1][1].get("class") == "unseen":
            data = chr(int(data[3:-1], 16))
        self.pieces.append(data)
        self.length += len(data)


def read(page: bytes) -> Marked:
    reader = _Reader()
    reader.feed(page.decode())
    return Marked("".join(reader.pieces), reader.found, " ".join(reader.blocks))


def blocks_of_data(page: bytes) -> dict[str, Any]:
    pattern = r'<script type="application/json" id="(\w+)">(.*?)</script>'
    return {name: json.loads(text) for name, text in re.findall(pattern, page.decode(), re.DOTALL)}


def expected(found: Document) -> dict[str, list[Span]]:
    """The spans of the model by kind of mark, in the order of the text."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for measure in found.measures:
        spans["measure"].append(measure.span)
        for norm in measure.norms:
            spans[norm.kind.value].append(norm.span)
            if norm.cue:
                spans["cue"].append(norm.cue)
        spans["target"] += [target.span for target in measure.targets]
        spans["audience"] += [audience.span for audience in measure.audiences]
        spans["bearer"] += [bearer.span for bearer in measure.bearers]
        if measure.assignment:
            spans["attribution"].append(measure.assignment.span)
            spans["rider"] += [rider.span for rider in measure.assignment.riders]
    spans["citation"] = [citation.span for citation in found.citations]
    spans["refused"] = [refusal.span for refusal in found.refused]
    spans["damaged"] = [damage.span for damage in found.text.damages]
    spans["unread"] = [stretch.span for stretch in found.coverage.unread]
    for root in found.outline.divisions:
        spans["heading"] += [part.heading for part in root.walk() if part.heading]
    return {kind: sorted(span for span in some if len(span)) for kind, some in spans.items() if some}


def joined(pieces: list[Span]) -> Span:
    """The one stretch that the pieces of a mark make up."""
    ordered = sorted(pieces)
    for one, two in pairwise(ordered):
        assert one.end == two.start
    return Span(ordered[0].start, ordered[-1].end)


def check(found: Document) -> None:
    """The page holds the text once and in order, and every mark where the model has it."""
    marked = read(render_reader_page(found, descriptions()))
    assert marked.text == found.text.content
    for kind, spans in expected(found).items():
        by_key = marked.marks[kind]
        if kind == "cue":  # these have no key; a cue is not cut
            assert sorted(by_key[""]) == spans
        elif kind == "heading":  # a mark without a heading is marked too
            assert set(spans) <= {joined(pieces) for pieces in by_key.values()}
        else:
            assert sorted(joined(pieces) for pieces in by_key.values()) == spans, kind


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_marks_stand_where_the_model_has_them(path: Path) -> None:
    check(document(path))


@pytest.mark.parametrize("name", INPUTS)
def test_hard_texts_keep_every_character(name: str) -> None:
    """Whatever a text repeats; some of these are no documents at all."""
    try:
        found = understood(INPUTS[name](2_000))
    except ObligationError:
        return
    check(found)


def test_hostile_words_stay_words() -> None:
    found = understood(HOSTILE)
    check(found)
    page = render_reader_page(found, descriptions()).decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    seen = re.sub("<(script|style).*?</\\1>", "", page, flags=re.DOTALL)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u2028\ufeff]", seen)


def test_a_repaired_text_is_the_source_where_repairs_are_undone() -> None:
    """From what the page holds the source can be put together again, character by character."""
    for path in DOCUMENTS:
        found, data = document(path), blocks_of_data(page_of(path))["repairs"]
        content, pieces, at = found.text.content, [], 0
        row = data["row"]
        for gap, length, name, before in zip(row[::4], row[1::4], row[2::4], row[3::4], strict=True):
            pieces += [content[at : at + gap], before]
            at += gap + length
            assert data["names"][name] in {repair.__name__ for repair in REPAIRS}
        assert "".join([*pieces, content[at:]]) == found.text.source.content


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_key_is_the_end_of_an_iri_of_the_graph(path: Path) -> None:
    found, page = document(path), page_of(path)
    subjects = {str(quad.subject.value) for quad in iterate_quads(found, descriptions())}
    data = blocks_of_data(page)
    keys = {key for by_key in read(page).marks.values() for key in by_key} - {""}
    for measure in data["measures"]:
        keys.add(measure["key"])
        for kind in ("norms", "bearers", "targets", "audiences", "riders"):
            keys |= {one["key"] for one in measure.get(kind, ())}
    keys |= {one["key"] for one in (*data["parts"], *data["others"])}
    assert {f"{data['about']['iri']}/{key}" for key in keys} <= subjects
    assert {BASE + key for key in (*data["bodies"], *data["domains"])} <= subjects
    assert {one["cited"] for one in data["others"] if "cited" in one} <= subjects


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_pages_are_small(path: Path) -> None:
    assert len(page_of(path)) < 500_000


def test_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    pages = set()
    for number in ("1", "2"):
        file = tmp_path / f"{number}.html"
        env = {**os.environ, "PYTHONHASHSEED": number}
        command = [sys.executable, "-m", "build_graph.cli", "read", "-o", str(file)]
        subprocess.run([*command, "--network", str(tmp_path / "none")], env=env, check=True)
        pages.add(file.read_bytes())
    assert pages == {page_of(find_default_document())}


def test_crossing_marks_become_pieces_that_nest() -> None:
    spans = {"a": Span(0, 6), "b": Span(2, 8), "c": Span(2, 4), "d": Span(7, 9)}
    marks = [Mark(span, kind, kind, rank) for rank, (kind, span) in enumerate(spans.items())]

    def drawn(parts: tuple[MarkedText | str, ...]) -> str:
        return "".join(
            part if isinstance(part, str) else f"[{part.mark.kind}{drawn(part.parts)}]" for part in parts
        )

    assert drawn(nest_marks("0123456789", Span(0, 10), marks)) == "[a01[b[c23]45]][b6[d7]][d8]9"
    assert drawn(nest_marks("0123456789", Span(3, 8), marks)) == "[b[a[c3]45]6[d7]]"


def test_a_measure_stands_with_its_attribution() -> None:
    page = page_of(find_default_document()).decode()
    unit = re.search(r'<div class="unit" id="s2/c4/m1".*?</div>', page, re.DOTALL)
    assert unit
    assert re.sub("<[^>]+>", "", unit[0]) == (
        "全面清理电子商务领域现有前置审批事项,无法律法规依据的一律取消,严禁违法设定行政许可、"
        "增加行政许可条件和程序。(国务院审改办,有关部门按职责分工分别负责)"
    )
    assert "<h3>" in page
    assert set(read(page.encode()).blocks.split()) == {"div", "section", "h2", "h3", "p", "a"}


@pytest.mark.parametrize(
    ("one", "two"),
    [("a/b", "a_b"), ("..", "__"), ("甲" * 90, "甲" * 91), ("a b", "a\tb"), ("..", "-.")],
)
def test_file_names_are_safe_and_apart(one: str, two: str) -> None:
    names = {format_file_name(one), format_file_name(two)}
    assert len(names) == 2
    for name in names:
        assert re.fullmatch(r"[\w\-][\w.\-]*\.html", name)
        assert len(name.encode()) < 255


def test_the_network_page_is_named_from_where_the_page_lies(tmp_path: Path) -> None:
    other = tmp_path / "output" / "网 1.html"
    assert compute_relative_url(tmp_path / "output" / "read" / "a.html", other) == "../%E7%BD%91%201.html"
    assert compute_relative_url(
        tmp_path / "javascript:x" / "a.html", tmp_path / "javascript:x" / "b:c.html"
    ) == ("b%3Ac.html")


def test_every_word_is_there_in_both_languages() -> None:
    words = load_word_lists("pages")
    known = set(words["page"]) | set(words["reader"])
    assert not set(words["page"]) & set(words["reader"])
    assert all(set(word) == {"en", "zh"} for word in words["reader"].values())
    script = (find_folder("assets") / "reader.js").read_text(encoding="utf-8")
    template = (find_folder("templates") / "reader.html.j2").read_text(encoding="utf-8")
    used = set(re.findall(r'\bt\("(\w+)"', script)) | set(re.findall(r'section\("(\w+)"', script))
    used |= set(re.findall(r'data-t(?:-label)?="(\w+)"', template))
    used |= {f"kind_{kind}" for kind in (*KINDS, "repair")} | {f"repair_{one.__name__}" for one in REPAIRS}
    assert used <= known
    assert set(LEGEND) == set(KINDS)


# ---------------------------------------------------------------------------------- the command


def run(*args: object, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_read_writes_the_page_of_the_document_that_ships(here: Path) -> None:
    result = run("read")
    assert result.exit_code == 0, result.output
    file = here / "output" / "read" / f"{SEED}.html"
    assert file.read_bytes() == page_of(find_default_document())
    assert result.output == (
        f"wrote output/read/{SEED}.html: 75 measures, 248 norms, 3,745 repairs\n"
        f"next: open output/read/{SEED}.html in a browser\n"
    )


def test_read_links_to_the_network_page_if_it_is_there(here: Path) -> None:
    (here / "output").mkdir()
    (here / "output" / "network.html").write_text("", encoding="utf-8")
    assert run("read").exit_code == 0
    page = (here / "output" / "read" / f"{SEED}.html").read_bytes()
    assert blocks_of_data(page)["about"]["network"] == "../network.html"
    assert run("read", "-o", "a.html").exit_code == 0
    assert blocks_of_data((here / "a.html").read_bytes())["about"]["network"] == "output/network.html"


def test_read_takes_metadata_and_standard_input(here: Path) -> None:
    text = "一、发展。\n（一）推动电子商务发展。（商务部负责）\n"
    result = run("read", "-", "--number", "商发〔2020〕3号", "--title", "甲", stdin=text.encode("gb18030"))
    assert result.exit_code == 0, result.output
    assert "<title>甲</title>" in (here / "output" / "read" / "商发-2020-3.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere.txt"], "nowhere.txt: there is no such file"),
        (["plain.txt"], "plain.txt: no section, clause or article found"),
        (["-o", "folder"], "folder: cannot be written"),
        (["--date", "gestern"], "gestern"),
    ],
)
def test_read_says_what_is_wrong_in_a_line(args: list[str], said: str, here: Path) -> None:
    (here / "plain.txt").write_text("全市共有道路三百公里。", encoding="utf-8")
    (here / "folder").mkdir()
    result = run("read", *args)
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.count("\n") == 1
    assert not (here / "output").exists()


# ---------------------------------------------------------------------------------- in a browser

Show = Callable[..., Page]


@pytest.fixture
def show(open_page: OpenPage, tmp_path: Path) -> Show:
    """What opens the page of a document with a state in its address."""

    def opened(
        state: str = "lang=en",
        found: Document | None = None,
        network: str | None = None,
        size: tuple[int, int] = (1440, 900),
    ) -> Page:
        path = tmp_path / "页 1.html"
        path.write_bytes(render_reader_page(found or seed(), descriptions(), ReaderLinks(network)))
        page = open_page(path)
        page.tab.set_viewport_size({"width": size[0], "height": size[1]})
        page.tab.goto(f"{page.path.as_uri()}#{state}")
        page.tab.reload()
        return page

    return opened


def address(page: Page) -> str:
    return str(page.tab.evaluate("decodeURIComponent(location.hash)"))


def to(page: Page, state: str) -> None:
    page.tab.evaluate("(state) => { location.hash = state; }", state)
    page.settle()


def test_the_browser_has_the_text_and_the_marks(show: Show) -> None:
    page = show()
    assert page.tab.evaluate("document.getElementById('text').textContent") == seed().text.content
    by_kind = page.tab.evaluate(
        """() => { const found = {};
        for (const node of document.querySelectorAll("#text .mark"))
            (found[node.classList[1]] ??= []).push(node.textContent);
        return found; }"""
    )
    for kind, spans in expected(seed()).items():
        assert "".join(by_kind[kind]) == "".join(span.extract(seed().text.content) for span in spans), kind
    page.assert_clean()


def test_a_click_shows_what_was_understood(show: Show) -> None:
    page = show()
    page.tab.locator('#text [data-r="s2/c4/m1/n3"] .cue').click()
    panel = page.tab.locator("#panel")
    card = panel.locator(".card").first.inner_text()
    assert "Prohibition" in card
    assert "严禁违法设定行政许可、增加行政许可条件和程序" in card
    assert "cue 严禁" in card
    assert f"{BASE}d/{SEED}/s2/c4/m1/n3" in card
    assert "guofa-2015-24.txt:8:58" in card
    said = panel.inner_text()
    for words in (
        *("Measure 1 of (四)", "guofa-2015-24.txt:8:11", f"{BASE}d/{SEED}/s2/c4/m1\n"),
        *("Administrative approval and red-tape reduction", "E-commerce", "divided 分别负责"),
        *("国务院审改办", "国务院行政审批制度改革工作领导小组办公室", "responsible 负责", "group/有关部门"),
        "State Council Office for Administrative Approval Reform",
    ):
        assert words in said, words
    assert "#" in address(page)
    assert "measure=s2/c4/m1&at=s2/c4/m1/n3" in address(page)
    assert page.tab.locator("#text .chosen").inner_text() == "严禁违法设定行政许可、增加行政许可条件和程序"
    page.tab.go_back()
    page.settle()
    assert page.tab.locator("#text .chosen").count() == 0
    page.assert_clean()


def test_every_mark_around_a_click_is_shown(show: Show) -> None:
    """An audience within a norm: both have a card, the inner one first."""
    page = show()
    inner = page.tab.locator('#text .encouragement .audience[data-r^="s2/c4/m5/"]').first
    if not inner.count():
        inner = page.tab.locator("#text .encouragement .audience").first
    inner.click()
    kinds = page.tab.locator("#panel .card > h3.name").all_inner_texts()
    assert kinds[:2] == ["Audience", "Encouragement"]


def test_riders_targets_and_refusals_are_shown(show: Show) -> None:
    found = document(GOLD / "documents" / "baotou-105.txt")
    page = show("lang=en", found)
    rider = page.tab.locator("#text .rider").first
    rider.click()
    said = page.tab.locator("#panel").inner_text()
    assert "Rider" in said
    assert "deadline" in said
    assert re.search(r"due 20\d\d-\d\d-\d\d", said)
    page.tab.locator("#text .refused").first.click()
    assert "it stands inside a sentence" in page.tab.locator("#panel").inner_text()
    to(page, "at=coverage/unread/1&lang=en")
    assert "Not read" in page.tab.locator("#panel .card").inner_text()
    page.assert_clean()


def test_inferred_bearers_lead_to_their_rule(show: Show) -> None:
    text = (
        "某市关于发展的意见\n一、总则。\n（一）推进改革。（以下均需商务局、财政局落实，不再列出）\n"
        "二、措施。\n（二）发展经济。（交通局）\n"
    )
    found = understood(text)
    inferred = [measure for measure in found.measures if measure.defaults]
    assert inferred
    key = "/".join((*inferred[-1].path, f"m{inferred[-1].index}"))
    page = show(f"lang=en&measure={key}", found)
    said = page.tab.locator("#panel").inner_text()
    line, column = found.text.find_line_column(inferred[-1].defaults[0].span.start)
    assert f"by a rule stated elsewhere: Rule at test.txt:{line}:{column}" in said
    page.tab.get_by_role("button", name="Rule at").first.click()
    assert page.tab.locator("#text .bearer.chosen").inner_text() == "商务局"
    page.assert_clean()


@cache
def gold() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLD / "guofa-2015-24.json").read_text(encoding="utf-8"))
    return found


def test_the_agencies_of_the_annotated_document_are_counted(show: Show) -> None:
    named = Counter(name for m in gold()["measures"] for name in {body["name"] for body in m["bearers"]})
    assert named["商务部"] == 32
    page = show("agency=mofcom&lang=en")
    assert page.tab.locator("#matching").inner_text() == "32 of 75 measures"
    assert page.tab.locator("#text .unit.match").count() == 32
    assert page.tab.locator("#text .unit.dim").count() == 43
    assert page.tab.locator("#by-agency").input_value() == "agency/mofcom"
    hits = set(page.tab.locator("#text .hit").all_inner_texts())
    assert hits == {"商务部"}
    page.assert_clean()


def matching(**want: str) -> int:
    """How many measures of the seed the model says fit."""

    def fits(measure: Any) -> bool:
        bearers = [
            bearer
            for bearer in (*measure.bearers, *measure.defaults)
            if want.get("agency") in (None, f"{bearer.body.kind}/{bearer.body.id}")
            and want.get("role") in (None, bearer.role)
        ]
        return (
            (bool(bearers) or not ("agency" in want or "role" in want))
            and ("domain" not in want or want["domain"] in {f"domain/{d.id}" for d in measure.domains})
            and ("norm" not in want or want["norm"] in {norm.kind for norm in measure.norms})
            and (
                "allocation" not in want
                or bool(measure.assignment and measure.assignment.allocation == want["allocation"])
            )
        )

    return sum(map(fits, seed().measures))


@pytest.mark.parametrize(
    "want",
    [
        {"agency": "group/有关部门"},
        {"domain": "domain/taxation"},
        {"norm": "prohibition"},
        {"role": "responsible"},
        {"allocation": "divided"},
        {"agency": "agency/mofcom", "norm": "encouragement", "domain": "domain/e-commerce"},
        {"agency": "agency/mofcom", "role": "lead"},
        {"agency": "agency/nobody"},
    ],
)
def test_filters_count_as_the_model_does(want: dict[str, str], show: Show) -> None:
    page = show("lang=en&" + "&".join(f"{key}={value}" for key, value in want.items()))
    assert page.tab.locator("#matching").inner_text() == f"{matching(**want)} of 75 measures"
    assert page.tab.locator("#text .unit.match").count() == matching(**want)
    page.assert_clean()


def test_filters_are_set_by_hand_and_kept_in_the_address(show: Show) -> None:
    page = show("lang=zh")
    options = page.tab.locator("#by-agency option").all_inner_texts()
    assert "商务部 (32)" in options
    groups = page.tab.locator("#by-agency optgroup").evaluate_all("(all) => all.map((one) => one.label)")
    assert groups == ["机构", "泛称主体（有关部门等）"]
    page.tab.select_option("#by-agency", "agency/mofcom")
    page.tab.select_option("#by-norm", "encouragement")
    assert address(page) == "#lang=zh&agency=agency/mofcom&norm=encouragement"
    counted = matching(agency="agency/mofcom", norm="encouragement")
    assert page.tab.locator("#matching").inner_text() == f"{counted} / 75 项措施"
    entry = page.tab.locator('#outline a[data-part="s1"]')
    assert entry.locator(".of").inner_text() == "0/1"
    assert "none" in str(entry.locator("..").get_attribute("class"))
    page.tab.click("#reset")
    assert address(page) == "#lang=zh"
    assert page.tab.locator("#text .dim").count() == 0


def test_next_and_previous_go_from_match_to_match(show: Show) -> None:
    page = show("agency=mofcom&lang=en")
    seen = []
    for _ in range(3):
        page.tab.click("#next")
        seen.append(page.tab.locator("#text .unit.current").get_attribute("id"))
    page.tab.click("#previous")
    assert page.tab.locator("#text .unit.current").get_attribute("id") == seen[1]
    assert len(set(seen)) == 3
    measures = {"/".join((*m.path, f"m{m.index}")): m for m in seed().measures}
    for key in seen:
        assert "商务部" in {bearer.body.label for bearer in measures[str(key)].bearers if bearer.body}
    page.assert_clean()


@pytest.mark.parametrize("value", ["s5/c19/m1", f"d/{SEED}/s5/c19/m1", f"{BASE}d/{SEED}/s5/c19/m1"])
def test_an_address_opens_a_measure(value: str, show: Show) -> None:
    page = show(f"measure={value}&lang=en")
    unit = page.tab.locator("#text .unit.current")
    assert unit.get_attribute("id") == "s5/c19/m1"
    box, main = unit.bounding_box(), page.tab.locator("#main").bounding_box()
    assert box is not None
    assert main is not None
    assert main["y"] <= box["y"] < main["y"] + main["height"] - 40
    assert "Measure 1 of (十九)" in page.tab.locator("#panel").inner_text()
    assert page.tab.locator("#outline a[aria-current]").get_attribute("data-part") == "s5/c19"


def test_an_address_that_names_nothing_does_no_harm(show: Show) -> None:
    page = show("measure=s9/c9/m9&at=x&agency=%3Cb%3E&norm=x&words=x&hidden=x&repair=-1&lang=xx&theme=")
    assert page.tab.locator("#matching").inner_text() == "0 of 75 measures"
    assert page.tab.locator("#text .current").count() == 0
    page.assert_clean()


@pytest.mark.parametrize("words", ["", "&words=source"])
def test_the_end_of_the_iri_of_a_passage_marks_it(words: str, show: Show) -> None:
    """Also across marks, in sight, with all that was understood of its first character."""
    found = seed()
    norm = found.measures[20].norms[0].span
    span = Span(norm.start + 1, norm.end + 4)
    page = show(f"char={span.start},{span.end}{words}")
    marked = page.tab.evaluate("[...CSS.highlights.get('passage')].map((range) => range.toString()).join()")
    assert words or marked == span.extract(found.text.content)
    assert marked
    assert page.tab.locator("#panel [data-card]").first.inner_text()
    assert page.tab.evaluate(
        "[...CSS.highlights.get('passage')].every((range) => { const box = range.getBoundingClientRect(); "
        "return box.top >= 0 && box.bottom <= innerHeight; })"
    )
    page.tab.keyboard.press("Escape")
    assert "char=" not in address(page)
    assert page.tab.evaluate("CSS.highlights.has('passage')") is False


@pytest.mark.parametrize("value", ["5,5", "1,9999999", "x", "9,3", "1"])
def test_a_passage_that_is_not_in_the_text_is_told(value: str, show: Show) -> None:
    page = show(f"lang=en&char={value}")
    assert f"char={value}" in page.tab.get_by_role("alert").inner_text()
    page.assert_clean()


def test_every_measure_has_a_link_to_itself(show: Show) -> None:
    page = show("lang=en&agency=mofcom")
    links = page.tab.locator("#text .number").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('href'))"
    )
    assert links == [f"#measure={'/'.join((*m.path, f'm{m.index}'))}" for m in seed().measures]
    page.tab.locator('#text .number[href="#measure=s2/c4/m6"]').click()
    assert address(page) == "#lang=en&agency=mofcom&measure=s2/c4/m6"


def test_languages_and_themes(show: Show) -> None:
    page = show("measure=s2/c4/m1&lang=en")
    assert page.tab.locator("#legend").inner_text().startswith("Measure")
    page.tab.click("#language")
    assert page.tab.evaluate("document.documentElement.lang") == "zh-CN"
    said = page.tab.locator("body").inner_text()
    for words in ("打印", "修复后", "全部机构", "主要领域", "行政审批与简政放权", "责任主体", "分别负责"):
        assert words in said, words
    for key in ("Main domain", "All agencies", "Obligation"):
        assert key not in said
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.tab.evaluate(paper)
    page.tab.click("#theme")
    assert page.tab.evaluate(paper) != light
    assert address(page) == "#measure=s2/c4/m1&lang=zh&theme=dark"
    page.assert_clean()


def test_the_legend_shows_and_hides_marks(show: Show) -> None:
    page = show()
    prohibition = page.tab.locator("#text .prohibition").first
    line = "(node) => getComputedStyle(node).textDecorationLine"
    assert prohibition.evaluate(line) == "underline"
    button = page.tab.locator('#legend button[data-kind="prohibition"]')
    button.click()
    assert prohibition.evaluate(line) == "none"
    assert button.get_attribute("aria-pressed") == "false"
    assert "hidden=prohibition" in address(page)
    button.click()
    assert prohibition.evaluate(line) == "underline"


def test_kinds_of_norm_differ_without_colour(show: Show) -> None:
    page = show()
    styles = [
        page.tab.locator(f"#text .{kind}").first.evaluate(
            "(node) => getComputedStyle(node).textDecorationStyle"
        )
        for kind in ("obligation", "prohibition", "permission", "encouragement")
    ]
    assert styles == ["solid", "double", "dashed", "dotted"]


def test_the_keyboard_is_enough(show: Show) -> None:
    page = show()
    page.tab.locator('#text .number[href="#measure=s2/c4/m1"]').focus()
    for _ in range(3):
        page.tab.keyboard.press("ArrowRight")
    focused = "document.activeElement.dataset.r"
    assert page.tab.evaluate(focused) == "s2/c4/m1/n3"
    assert "Prohibition: 严禁" in page.tab.locator("#said").inner_text()
    page.tab.keyboard.press("Enter")
    assert page.tab.locator("#panel .card").first.get_attribute("data-card") == "s2/c4/m1/n3"
    assert page.tab.evaluate("document.activeElement.id") == "panel-title"
    page.tab.keyboard.press("Escape")
    assert page.tab.evaluate(focused) == "s2/c4/m1/n3"
    page.tab.keyboard.press("Escape")
    assert page.tab.locator("#text .chosen").count() == 0
    page.tab.keyboard.press("ArrowLeft")
    assert page.tab.evaluate(focused) == "s2/c4/m1/n2"
    page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("document.activeElement.getAttribute('href')") == "#measure=s2/c4/m2"
    page.tab.keyboard.press("Enter")
    assert page.tab.locator("#text .unit.current").get_attribute("id") == "s2/c4/m2"
    page.assert_clean()


def test_the_words_as_they_came(show: Show) -> None:
    page = show("lang=en")
    text = "document.getElementById('text').textContent"
    page.tab.click("#as-it-came")
    assert page.tab.evaluate(text) == seed().text.source.content
    assert page.tab.locator("#text .repair").count() == 3745
    assert "words=source" in address(page)
    page.tab.click('#repair-names button[data-repair="close_holes"]')
    card = page.tab.locator("#panel .card").first.inner_text()
    for words in ("lost characters put back", "close_holes", "?jié)摿?", "潜力"):
        assert words in card
    repair = page.tab.locator("#text .repair").first
    repair.hover()
    assert repair.get_attribute("title") == "Traditional made simplified (to_simplified): 區 → 区"
    page.tab.click("#as-repaired")
    assert page.tab.evaluate(text) == seed().text.content
    assert page.tab.locator("#text .repair").count() == 0
    page.tab.click("#as-it-came")
    assert page.tab.locator("#text .repair").count() == 3745
    page.assert_clean()


@pytest.mark.parametrize("name", ["jiujiang-062", "shaanxi-firms", "zibo-060"])
def test_the_words_as_they_came_of_other_documents(name: str, show: Show) -> None:
    found = document(GOLD / "documents" / f"{name}.txt")
    page = show("lang=en&words=source", found)
    came = page.tab.evaluate("document.getElementById('text').textContent")
    assert came == escape_invisible(found.text.source.content).replace("\r", "␍")
    to(page, "lang=en")
    assert page.tab.evaluate("document.getElementById('text').textContent") == escape_invisible(
        found.text.content
    )
    page.assert_clean()


def test_hostile_words_show_as_text(show: Show) -> None:
    given = Metadata(title='</title><script>alert(5)</script>\u202e甲"', issuers=("<i>\u2066某局",))
    found = pipeline().understand(Source('<b>"&\u202e.txt', HOSTILE, "utf-8"), given)
    page = show("lang=en&words=source", found, network="../network.html")
    content = page.tab.evaluate("document.getElementById('text').textContent")
    assert content == escape_invisible(found.text.source.content)
    assert "商务[U+202E]局" in content
    for measure in found.measures:
        to(page, f"lang=en&measure={'/'.join((*measure.path, f'm{measure.index}'))}")
    for node in page.tab.locator("#text .mark[data-r]").all():
        to(page, f"lang=zh&at={node.get_attribute('data-r')}")
    body = page.tab.locator("body").inner_text()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff]", body)
    assert page.tab.locator("script:not([type])").count() == 2
    assert page.tab.title() == '</title><script>alert(5)</script>[U+202E]甲"'
    assert page.tab.locator("h1").inner_text() == page.tab.title()
    assert "<i>[U+2066]某局" in page.tab.locator(".facts").inner_text()
    page.assert_clean()


def test_the_network_page_is_linked(show: Show) -> None:
    page = show("measure=s2/c4/m6&lang=zh&theme=dark", network="../network.html")
    links = page.tab.locator("#panel .to-network").evaluate_all(
        "(all) => all.map((one) => decodeURIComponent(one.getAttribute('href')))"
    )
    end = "&lang=zh&theme=dark"
    assert f"../network.html#measure=d/{SEED}/s2/c4/m6{end}" in links
    assert f"../network.html#agency=agency/mofcom{end}" in links
    assert any(link.startswith("../network.html#domain=domain/") for link in links)
    assert page.tab.locator("#network").is_visible()
    alone = show("measure=s2/c4/m6&lang=zh")
    assert alone.tab.locator(".to-network").count() == 0
    assert not alone.tab.locator("#network").is_visible()


def test_iris_can_be_copied(show: Show) -> None:
    page = show("measure=s2/c4/m1&at=s2/c4/m1/n3&lang=en")
    page.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.tab.locator("#panel .card button[data-copy]").first
    button.click()
    page.tab.get_by_text("Copied").wait_for()
    assert page.tab.evaluate("navigator.clipboard.readText()") == f"{BASE}d/{SEED}/s2/c4/m1/n3"
    page.assert_clean()


STATES = ("", "&agency=mofcom&measure=s2/c4/m6&at=s2/c4/m6/n1", "&words=source&hidden=audience")


@pytest.mark.parametrize(("theme", "tongues"), [("light", "en zh en"), ("dark", "zh en zh")])
def test_axe_finds_nothing_serious(theme: str, tongues: str, show: Show) -> None:
    """Each state in both themes and both languages, not in each of their four pairs: that takes a while."""
    page = show(f"theme={theme}", network="../network.html")
    for state, tongue in zip(STATES, tongues.split(), strict=True):
        to(page, f"lang={tongue}&theme={theme}{state}")
        assert axe(page) == [], state
    page.assert_clean()


@pytest.mark.parametrize("tongue", ["en", "zh"])
def test_axe_finds_nothing_serious_where_it_is_narrow(tongue: str, show: Show) -> None:
    found = document(GOLD / "documents" / "baotou-105.txt")
    page = show(f"lang={tongue}", found, size=(390, 844))
    if tongue == "zh":  # with the panel open
        page.tab.locator("#text .refused").first.click()
    assert axe(page) == []
    page.assert_clean()


@pytest.mark.parametrize("width", [390, 799, 800, 1024, 1440])
def test_nothing_has_to_be_scrolled_sideways(width: int, show: Show) -> None:
    for found in (seed(), document(GOLD / "documents" / "baotou-105.txt")):
        page = show("lang=en&measure=s2/c4/m1", found, size=(width, 844))
        for state in ("lang=en", "lang=zh", "lang=en&words=source", "lang=en&at=citation/1"):
            to(page, state)
            wide = page.tab.evaluate(
                """() => [document.documentElement, ...document.querySelectorAll("#main, #side, #panel")]
                .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
                .map((one) => one.id)"""
            )
            assert wide == [], state


def test_narrow_pages_fold_outline_and_panel(show: Show) -> None:
    page = show("lang=en", size=(390, 844))
    assert not page.tab.locator("#outline").is_visible()
    assert not page.tab.locator("#panel").is_visible()
    page.tab.click("#outline-box summary")
    page.tab.locator('#outline a[data-part="s2/c4"]').click()
    assert not page.tab.locator("#outline").is_visible()
    page.tab.locator('#text [data-r="s2/c4/m1/n1"]').click()
    assert page.tab.locator("#panel").is_visible()
    page.tab.click("#close")
    assert not page.tab.locator("#panel").is_visible()
    page.assert_clean()


def test_the_outline_follows_the_reader(show: Show) -> None:
    page = show("lang=en")
    page.tab.locator('#outline a[data-part="s3/c9"]').click()
    page.settle()
    current = page.tab.locator("#outline a[aria-current]")
    assert current.get_attribute("data-part") == "s3/c9"
    page.tab.locator("#main").evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    page.settle()
    assert current.get_attribute("data-part") == "closing"


def test_paper_has_the_text_and_no_controls(show: Show) -> None:
    page = show("lang=en&measure=s2/c4/m1&theme=dark")
    page.tab.emulate_media(media="print")
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for place in ("#side", "#panel", "#filters", ".actions", ".matches", ".switch"):
        assert not page.tab.locator(place).is_visible(), place
    assert page.tab.locator(".key").is_visible()
    assert (
        page.tab.locator("#text .prohibition").first.evaluate(
            "(node) => getComputedStyle(node).textDecorationLine"
        )
        == "underline"
    )
    height = page.tab.evaluate("document.documentElement.scrollHeight")
    assert height > 5000  # all of it, not what a window shows


@pytest.fixture(scope="module")
def every_page(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("pages")
    paths = [place / f"{path.stem}.html" for path in DOCUMENTS]
    for path, source in zip(paths, DOCUMENTS, strict=True):
        path.write_bytes(page_of(source))
    return paths


def test_every_annotated_document_opens(every_page: list[Path], open_page: OpenPage) -> None:
    for path in every_page:
        page = open_page(path)
        page.tab.click("#next")
        assert page.tab.locator("#panel h3.name").count() >= 1
        page.assert_clean()
        page.tab.close()
