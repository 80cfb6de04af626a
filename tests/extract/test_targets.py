"""Targets: `cases/targets.toml`, the annotated documents, and what holds for any text."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from properties import examples

from build_graph.extract.meaning.targets import TargetFinder
from build_graph.extract.phrases.dates import find_dates
from build_graph.model import Allocation, Assignment, Measure, Span, Target

CASES = tomllib.loads((TESTS / "cases" / "targets.toml").read_text(encoding="utf-8"))["case"]
ISSUED = date(2019, 3, 15)
GOLD = [
    "baotou-105",
    "fengong-009",
    "guangxi-024",
    "guofa-2015-24",
    "guofa-2018-38",
    "guofa-2019-3",
    "jiujiang-062",
    "wuhua-113",
]
BAR = 0.85


@cache
def finder() -> TargetFinder:
    return TargetFinder.load()


def measure_of(span: Span, *, said: Span | None = None, goal: bool = False) -> Measure:
    assignment = Assignment(said, Allocation.UNSTATED, open=False, bearers=()) if said else None
    return Measure(("s1",), 1, 1, None, span, assignment=assignment, goal=goal)


def shown(target: Target, text: str) -> str:
    return f"{target.due or '-'} | {target.quantity or '-'} | {target.span.extract(text)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_case(case: dict[str, Any]) -> None:
    """Due dates, quantities and quotes are those of the case, in text order."""
    text, end = case["text"], len(case["text"])
    said = None
    if "attribution" in case:
        text = f"{text}（{case['attribution']}）"
        said = Span(end + 1, len(text) - 1)
    issued = date.fromisoformat(case["issued"]) if case.get("issued") else None
    measure = measure_of(Span(0, end), said=said, goal=case.get("goal", False))
    found = finder().find(text, measure, ISSUED if "issued" not in case else issued)
    assert [shown(target, text) for target in found] == case["targets"]


@pytest.mark.parametrize("words", ["2020年13月底前", "2020年2月30日前", "0月底前", "2020年0月"])
def test_dates_that_do_not_exist(words: str) -> None:
    """They are left out, not repaired."""
    assert list(find_dates(words, Span(0, len(words)), ISSUED)) == []


# ------------------------------------------------------------------------- annotated documents


def located(name: str) -> list[tuple[dict[str, Any], str, Measure, date | None]]:
    """The annotated measures whose targets were annotated, where they stand in the text."""
    gold = json.loads((TESTS / "gold" / f"{name}.json").read_text(encoding="utf-8"))
    folder = TESTS / "gold" / "documents"
    path = folder / f"{name}.repaired.txt"
    text = (path if path.exists() else folder / f"{name}.txt").read_text(encoding="utf-8")
    issued = date.fromisoformat(gold["date"]) if gold.get("date") else None
    found, at = [], 0
    for measure in gold["measures"]:
        start = text.find(measure["starts"], at)
        start = start if start >= 0 else text.find(measure["starts"])
        end = text.index(measure["ends"], start) + len(measure["ends"])
        at = start + 1
        words = text.find(measure["attribution"], end, end + 1000) if measure["attribution"] else -1
        said = Span(words, words + len(measure["attribution"])) if words >= 0 else None
        goal = "目标" in text[max(0, start - 40) : start]
        if measure.get("targets") is not None:
            found.append((measure, text, measure_of(Span(start, end), said=said, goal=goal), issued))
    return found


def tally(name: str) -> tuple[int, int, int]:
    """Targets that agree by date, or by quantity where there is no date; annotated; found."""
    hits = gold = system = 0
    for measure, text, where, issued in located(name):
        mine = finder().find(text, where, issued)
        theirs = Counter(target["due"] or target["quantity"] for target in measure["targets"])
        ours = Counter(target.due.isoformat() if target.due else target.quantity for target in mine)
        hits += (theirs & ours).total()
        gold, system = gold + theirs.total(), system + ours.total()
    return hits, gold, system


def test_seed_has_its_three_targets() -> None:
    assert tally("guofa-2015-24") == (3, 3, 3)


@pytest.mark.parametrize("name", GOLD)
def test_annotated_document(name: str) -> None:
    """F1 holds the bar; where none is annotated none is found."""
    hits, gold, system = tally(name)
    assert 2 * hits >= BAR * (gold + system)


def test_annotated_documents_together() -> None:
    """The bar holds over all, and they are as many as were annotated."""
    hits, gold, system = (sum(column) for column in zip(*map(tally, GOLD), strict=True))
    assert gold == 62
    assert 2 * hits >= 0.95 * (gold + system)


# ------------------------------------------------------------------------------- any text

WORDS = """
到 2020年 底前 6月 15日 “十四五” 末 力争 达到 不低于 100 3.5 % 亿元 家 以上 给予 建成 产业 上半年 二季度 今年
年内
"""
PIECES = [*WORDS.split(), *"，,；;。、：（“”\n的并", "99999999999999999999", "\ud800", "\x00"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=50).map("".join) | st.text(max_size=100)


@examples(300)
@given(TEXTS, st.booleans(), st.integers(0, 60), st.one_of(st.none(), st.dates()))
def test_any_text(text: str, goal: bool, cut: int, issued: date | None) -> None:
    """Every target lies in the measure or its attribution and has a date, a quantity or a deadline."""
    cut = min(cut, len(text))
    span, said = Span(0, cut), Span(cut, len(text))
    for target in finder().find(text, measure_of(span, said=said, goal=goal), issued):
        assert target.span in span or target.span in said
        assert target.span.extract(text).strip()
        assert target.due or target.quantity or list(find_dates(text, target.span, None))
        assert target.quantity is None or target.quantity in target.span.extract(text)
