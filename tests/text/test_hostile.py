"""Hostile input: any bytes, any text of the documents' marks, and real documents cut to pieces."""

from __future__ import annotations

import inspect
import subprocess
import sys

import hostile_inputs
import pytest
from hostile_inputs import INPUTS
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from properties import examples
from soundness import assert_sound, assert_text, graph_of, understood, understood_text

from build_graph.model import Source
from build_graph.text.repairs import repair

DOCUMENTS = TESTS / "gold" / "documents"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(DOCUMENTS.glob("*.txt"))]

# What documents are made of, and what damages them.
MARKS = tuple('一二三、（）()〔〕［］【】《》“”"：；。，1.．0123456789年月日 　\n\t…？?！△-—')
WORDS = (
    *("第一条", "第二章 总则", "第三节 ", "（一）", "（二）", "一、", "二、", "1.", "2．", "。\n", "\n\n"),
    *("责任单位：", "牵头单位：", "配合单位：", "完成时限：", "责任人：", "主办单位：", "附件："),
    *("牵头", "负责", "配合", "按职责分工", "分别负责", "等部门", "等", "和", "会同", "及"),
    *("排在第一位的为牵头部门，下同", "以下均由", "主要目标", "指导思想", "序号\t重点任务\t牵头单位\n"),
    *("商务部", "财政部", "市商务局", "省发展改革委", "各区县人民政府", "有关部门", "江西省人民政府"),
    *("发展电子商务", "鼓励企业创新", "严禁违法设定许可", "到2020年达到50%以上", "2024年底前完成"),
    *("国发〔2015〕24号", "《电子商务法》", "为贯彻落实"),
)
HOSTILE = (
    *("\x00", "\u200b", "\u202e", "\u2066", "\ufeff", "\u0301"),
    *("\ud800", "\udfff", "\ufffd", "\ufffe", "\U0010ffff", "𠮷"),
    *("\r", "\r\n", "\u2028", "\x85", "\x0b", " \\\n\"'", "//", "..", "_:b", "<b>", "%00"),
    *("&quot;", "&amp;amp;lt;", "&#0;", "&#xD800;", "&#13;", "&nbsp;"),
    *("?", "?jié)", "(yè)", "業(yè)", "發展", "著", "⻄", "１．"),
)


# ------------------------------------------------------------------------------- any input


@examples(300)
@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "gb18030", "big5", "utf-16", "utf-7", "x"]))
def test_bytes(data: bytes, encoding: str | None) -> None:
    """Bytes are a document or are refused in one line."""
    if document := understood(data, encoding):
        assert_sound(document)


@examples(250)
@given(st.lists(st.sampled_from(MARKS + WORDS + HOSTILE), max_size=60).map("".join))
def test_marks_and_words(text: str) -> None:
    """Any row of marks and words is a document or is refused in one line."""
    if document := understood_text(f"一、{text}"):
        assert_sound(document)


@examples(60)
@given(st.text(max_size=200))
def test_repairs(text: str) -> None:
    """Whatever the text, what was not repaired leads back to where it stands in the source."""
    assert_text(repair(Source("hostile.txt", text, "utf-8")))


def mutations() -> st.SearchStrategy[str]:
    """A piece of a real document, with a few things taken out, put in, doubled, or moved."""
    piece = st.tuples(st.sampled_from(TEXTS), st.integers(0, 20_000), st.integers(50, 900))
    return st.tuples(piece, st.lists(st.tuples(st.integers(0), st.integers(0), change()), max_size=8)).map(
        lambda drawn: mutated(*drawn)
    )


def change() -> st.SearchStrategy[str]:
    return st.sampled_from(("delete", "double", "move", *MARKS, *HOSTILE))


def mutated(piece: tuple[str, int, int], changes: list[tuple[int, int, str]]) -> str:
    """A piece of a text after changes, each with two places and what to do."""
    whole, start, length = piece
    text = whole[start % len(whole) :][:length]
    for one, two, what in changes:
        first, last = sorted((one % (len(text) + 1), two % (len(text) + 1)))
        cut = text[first : min(last, first + 100)]
        rest = text[:first] + text[first + len(cut) :]
        if what == "delete":
            text = rest
        elif what == "double":
            text = text[:first] + cut + text[first:]
        elif what == "move":
            text = rest[:last] + cut + rest[last:]
        else:
            text = text[:first] + what + text[first:]
    return text


@examples(150)
@given(mutations())
def test_mutated_documents(text: str) -> None:
    """Real documents that were cut, doubled, mixed up and damaged."""
    if document := understood_text(f"一、{text}"):
        assert_sound(document)


# ------------------------------------------------------------------------- growth of work


def calls(text: str) -> int:
    """How many functions are called, ours and Python's own, until the graph of a text is written."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        if document := understood_text(text):
            graph_of(document)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", INPUTS)
def test_work_grows_with_length(name: str) -> None:
    """Four times the text takes four times the calls, not sixteen times."""
    make = INPUTS[name]
    calls(make(100))  # loads what is loaded once
    assert calls(make(1_200)) < 5 * calls(make(300))


# Work inside one call (a slice, a search, a regular expression that goes back) shows in no count of
# calls; at these sizes it would take minutes where it grows with the square of the length.
LARGE = {
    "open brackets": 200_000,
    "nested brackets": 20_000,  # 10,000 deep
    "open titles": 300_000,
    "open quotes": 300_000,
    "sections": 200_000,
    "articles": 200_000,
    "items": 200_000,
    "clauses": 60_000,
    "labels": 50_000,
    "labels with a body on lines": 60_000,
    "attributions side by side": 60_000,
    "和": 150_000,
    "bodies joined by 和": 100_000,
    "no marks at all": 150_000,
    "short lines": 60_000,
    "blanks": 400_000,
    "blanks between characters": 200_000,
    "digits": 200_000,
    "swallowed glosses": 10_000,
    "entities escaped again and again": 2_000_000,
    "lone surrogates": 100_000,
    "放宽、": 60_000,
    "企业、": 60_000,
    "达到1%、 as a goal": 60_000,
    "旅游、": 60_000,
    "《甲法》（": 60_000,
}
PATIENCE = 1_800  # seconds of wall clock on a busy machine


@pytest.fixture(scope="module")
def ended() -> list[str]:
    """The inputs of `LARGE` that one process, bound in time and memory, got through, in order."""
    done = subprocess.run(
        [sys.executable, hostile_inputs.__file__, *(f"{name}={size}" for name, size in LARGE.items())],
        timeout=PATIENCE,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("name", LARGE)
def test_large_inputs_end(name: str, ended: list[str]) -> None:
    """Each is understood or refused, in bounded time and memory; the first that is missing is to blame."""
    assert name in ended


def test_a_list_of_a_thousand_bodies() -> None:
    document = understood_text(INPUTS["bodies in brackets"](8_000))
    assert document is not None
    (measure,) = document.measures
    assert len({bearer.body for bearer in measure.bearers}) == 1_000


def test_nesting_does_not_exhaust_the_stack() -> None:
    """Brackets 10,000 deep, at a depth of calls at which a function that calls itself would fail."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 120)
    try:
        for name in ("nested brackets", "nested brackets of all kinds", "every level", "open quotes"):
            assert understood_text(INPUTS[name](20_000)) is not None
    finally:
        sys.setrecursionlimit(before)
