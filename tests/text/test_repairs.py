"""Repairs: by cases, on the first document, run against the damage, and on any text at all."""

from __future__ import annotations

import tomllib
import unicodedata
from itertools import pairwise
from typing import Any

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from properties import examples

from build_graph.model import Source, Text
from build_graph.text.repair.damage import gbk
from build_graph.text.repair.damage.glosses import collect_glosses, strip_glosses
from build_graph.text.repair.damage.holes import close_holes
from build_graph.text.repair.edits import Change, Draft
from build_graph.text.repair.simplified import to_simplified
from build_graph.text.repairs import REPAIRS, count_repairs, repair

HERE = TESTS
CASES = tomllib.loads((HERE / "cases" / "repairs.toml").read_text(encoding="utf-8"))["case"]
DOCUMENTS = HERE / "gold" / "documents"
SEED = (DOCUMENTS / "guofa-2015-24.txt").read_text(encoding="utf-8")
MENDED = (DOCUMENTS / "guofa-2015-24.repaired.txt").read_text(encoding="utf-8")
CLEAN = ["guofa-2015-24.repaired", "guofa-2018-38", "guofa-2019-3"]


def repaired(text: str) -> Text:
    return repair(Source("a text", text, "utf-8"))


def words(text: str) -> str:
    """`text` whatever the width of its marks."""
    return unicodedata.normalize("NFKC", text)


def replayed(text: Text) -> str:
    """The source with the reported repairs made again."""
    source, pieces, done = text.source.content, [], 0
    for made in text.repairs:
        assert made.source.extract(source) == made.before
        assert done <= made.source.start, "repairs overlap"
        pieces += [source[done : made.source.start], made.after]
        done = made.source.end
    return "".join([*pieces, source[done:]])


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    text = repaired(case["before"])
    assert text.content == case["after"]
    assert count_repairs(text) == case["repairs"]
    assert [damage.span.extract(text.content) for damage in text.damages] == case.get("damaged", [])
    assert replayed(text) == text.content


def test_every_repair_has_a_case() -> None:
    assert {name for case in CASES for name in case["repairs"]} == {step.__name__ for step in REPAIRS}


# -------------------------------------------------------------------------- the first document


def test_first_document_is_repaired_whole() -> None:
    text = repaired(SEED)
    assert words(text.content) == words(MENDED)
    assert count_repairs(text) == {"close_holes": 3, "strip_glosses": 710, "to_simplified": 3032}
    assert text.damages == ()


def test_holes_of_the_first_document_lie_where_its_file_has_them() -> None:
    text = repaired(SEED)
    holes = [made for made in text.repairs if made.name == "close_holes"]
    assert [(made.before, made.after) for made in holes] == [
        ("?jié)摿?", "潜力"),
        ("?chuàng)", "创"),
        ("?;瘧?", "模化应用"),
    ]
    assert [SEED.find(made.before) for made in holes] == [made.source.start for made in holes]


def test_first_document_damaged_again_is_the_file() -> None:
    """Its clean text, in the file's own script, becomes the file again, character for character."""
    clean = SEED.replace("?jié)摿?", "潛力").replace("?chuàng)", "創").replace("?;瘧?", "模化應用")
    for gloss in reversed(list(strip_glosses(clean))):
        clean = clean[: gloss.start] + clean[gloss.end :]
    assert gbk.simulate_damage(gbk.widen_marks(clean), collect_glosses(SEED)) == SEED


@pytest.mark.parametrize("name", CLEAN)
def test_clean_document_stays(name: str) -> None:
    content = (DOCUMENTS / f"{name}.txt").read_text(encoding="utf-8")
    text = repaired(content)
    assert (text.content, text.repairs, text.damages) == (content, (), ())


def test_characters_put_in_come_from_the_last_they_replace() -> None:
    draft = Draft(Source("a text", "甲乙丙", "utf-8"), "甲乙丙")
    text = (
        draft.apply_changes("a repair", [Change(0, 2, "子丑寅卯")])
        .apply_changes("another", [Change(4, 5, "")])
        .finish()
    )
    assert text.content == "子丑寅卯"
    assert [text.find_origin(at) for at in range(4)] == [0, 1, 1, 1]


# ------------------------------------------------------------------ damage done, and repaired


def test_damage_is_repaired_or_marked_never_glossed_over() -> None:
    """Clean documents, put in Traditional and damaged like the first: what is not marked is right."""
    to_traditional = opencc.OpenCC("s2tw").convert
    readings = collect_glosses(SEED)
    closed = open_ = 0
    for name in ("guofa-2018-38", "jiujiang-062", "guangxi-024", "fengong-009"):
        clean = gbk.simulate_print((DOCUMENTS / f"{name}.txt").read_text(encoding="utf-8"))
        clean = repaired(clean).content  # without what GBK cannot write
        traditional = to_traditional(gbk.widen_marks(clean))
        text = repaired(gbk.simulate_damage(traditional, readings))
        expected = gbk.simulate_print(repaired(traditional).content)
        assert left_over(text, expected) == "", name
        closed += count_repairs(text).get("close_holes", 0)
        open_ += len(text.damages)
    assert closed / (closed + open_) > 0.5, f"{closed} of {closed + open_} holes closed"


def left_over(text: Text, expected: str) -> str:
    """The first stretch outside of the marked damages that `expected` does not have in its place."""
    content = gbk.simulate_print(text.content)
    ends = [damage.span.end for damage in text.damages]
    starts = [damage.span.start for damage in text.damages]
    at = 0
    for start, end in zip([0, *ends], [*starts, len(content)], strict=True):
        found = expected.find(content[start:end], at)
        if found < 0 or (start == 0 and found > 0):
            return content[start:end]
        at = found + end - start
    return ""


def test_only_what_the_damage_gives_back_is_put_in() -> None:
    """潛力 fits the printed bytes; but where the page glosses 力 as well, it would not print so."""
    page = "調節業務潛力，創造。釋放商務發展潛力，提升電子商務創新水平"
    readings = {"節": "jié", "創": "chuàng", "業": "yè", "發": "fā", "調": "tiáo"}
    seen = gbk.simulate_damage(page, readings)
    assert "發展潜力" not in seen
    assert "发展潜力,提升电子商务创新" in repaired(seen).content
    other = seen.replace("業(yè)務潛力", "業(yè)務潛力(lì)")
    kept = repaired(other)
    assert "发展潜力" not in kept.content
    assert kept.damages


# ---------------------------------------------------------------------------- any text at all

NOISE = st.lists(
    st.sampled_from(
        [
            "發展", "業(yè)", "創(chuàng)新", "电子商务", "著力", "後", "?;", "?jié)摿?,", "?", "，", "。",
            "\r\n", "\r", "&quot;", "&amp;nbsp;", "\u200b", "⻄", "１２", "．", " ", "\u3000", "(e)", "A",
            "\ufffd", "監 管", "(",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@examples(80)
@given(NOISE | st.text(max_size=60))
def test_repairs_replay_and_positions_lead_home(content: str) -> None:
    text = repaired(content)
    assert replayed(text) == text.content
    changed = {at for made in text.repairs for at in range(made.span.start, made.span.end)}
    origins = [text.find_origin(at) for at in range(len(text.content))]
    assert all(one <= two for one, two in pairwise(origins))
    for at, origin in enumerate(origins):
        assert 0 <= origin < len(content)
        assert at in changed or content[origin] == text.content[at]
    for made in text.repairs:
        assert made.span.extract(text.content) == made.after
    for damage in text.damages:
        assert 0 <= damage.span.start < damage.span.end <= len(text.content)


@examples(60)
@given(st.text(alphabet="的一是发展经济著後於業務電腦乾隆昇腾台灣髮面麵", max_size=40))
def test_script_changes_no_length_and_leaves_nothing(content: str) -> None:
    changes = list(to_simplified(content))
    assert all(len(change.after) == change.end - change.start for change in changes)
    result = repaired(content).content
    assert not set(result) & set("於後業務電腦灣髮麵")


HOSTILE = {
    "brackets": "（" * 200_000,
    "holes": "?;" * 60,
    "glosses": "業" + "(yè)" * 20_000,
    "entities": "&amp;" * 20_000,
    "line ends": "\r" * 20_000,
    "question marks": "?" * 100_000,
    "halves of characters": "\ud800" * 1_000,
    "hole in a long line": "發展潛力提升" * 5_000 + "業(yè)節(jié)發(fā)展?jié)摿?,提升",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_comes_through(name: str) -> None:
    assert replayed(text := repaired(HOSTILE[name])) == text.content


def test_holes_beyond_the_limit_are_marked_all_the_same() -> None:
    found = list(close_holes("模?;化" * 400))
    assert len(found) == 400
