"""What the words of attributions say: `cases/attribution.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import pytest
from places import TESTS

from build_graph.extract.agencies.registry import Registry
from build_graph.extract.structure.attribution_grammar import AttributionGrammar, Rank
from build_graph.model import Span

CASES = tomllib.loads((TESTS / "cases" / "attribution.toml").read_text(encoding="utf-8"))["case"]
ROLES = {"l": "lead", "s": "support", "r": "responsible"}


@cache
def grammar() -> AttributionGrammar:
    registry = Registry.load()
    return AttributionGrammar.load(registry.looks_like_body, registry.classify)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["words"][:20])
def test_words(case: dict[str, Any]) -> None:
    """Bearers with roles, allocation and openness are as written in the case."""
    words = case["words"]
    parsed = grammar().parse(words, Span(0, len(words)))
    said = parsed.build_assignment(parsed.rank)
    expected = [tuple(item.rsplit(" ", 1)) for item in case["bearers"]]
    assert [(b.name, b.role) for b in said.bearers] == [(name, ROLES[role]) for name, role in expected]
    assert said.allocation == case.get("allocation", "unstated")
    assert said.open == case.get("open", False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["words"][:20])
def test_width_does_not_matter(case: dict[str, Any]) -> None:
    """Full-width and half-width punctuation are read alike."""
    narrow = str.maketrans("，；：（）", ",;:()")
    words = case["words"].translate(narrow)
    parsed = grammar().parse(words, Span(0, len(words)))
    names = [item.rsplit(" ", 1)[0].translate(narrow) for item in case["bearers"]]
    assert [bearer.name for bearer in parsed.bearers] == names


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["words"][:20])
def test_bearers_stand_where_they_say(case: dict[str, Any]) -> None:
    words = f"前文。（{case['words']}）"
    parsed = grammar().parse(words, Span(4, len(words) - 1))
    assert all(bearer.span.extract(words) == bearer.name for bearer in parsed.bearers)


def test_rank_rule_makes_only_lists_lead() -> None:
    """A body standing alone stays responsible under 排在第一位的部门为牵头部门."""
    alone = "海关总署负责"
    assert (
        grammar().parse(alone, Span(0, len(alone))).build_assignment(Rank(first=True)).bearers[0].role
        == "responsible"
    )


def test_comma_rank_rule() -> None:
    """逗号前为牵头单位: all bodies before the first comma lead."""
    words = "省商务厅、省财政厅，各市人民政府"
    said = grammar().parse(words, Span(0, len(words))).build_assignment(Rank(comma=True))
    assert [b.role for b in said.bearers] == ["lead", "lead", "responsible"]


def test_marked_bodies_lead() -> None:
    """△ marks the lead where the document says so, and is no part of the name."""
    words = "△市商务局、市财政局"
    said = grammar().parse(words, Span(0, len(words))).build_assignment(Rank(marks=True))
    assert [(b.name, b.role) for b in said.bearers] == [("市商务局", "lead"), ("市财政局", "responsible")]


def test_label_responsible_is_not_part_of_the_quote() -> None:
    """A label without a role only announces the words; others belong to them."""
    led = "牵头部门：税务总局"
    for words, quote in [("责任单位：市商务局", "市商务局"), ("负责部门：税务总局", "税务总局"), (led, led)]:
        assert grammar().parse(words, Span(0, len(words))).find_quote().extract(words) == quote


@pytest.mark.parametrize(
    "case", [c for c in CASES if "riders" in c or "defaults" in c], ids=lambda c: c["words"][:20]
)
def test_riders_and_defaults(case: dict[str, Any]) -> None:
    """What limits an attribution, and who bears all later measures too, is kept with its words."""
    words = case["words"]
    parsed = grammar().parse(words, Span(0, len(words)))
    riders = [f"{rider.kind} {rider.span.extract(words)}" for rider in parsed.riders]
    assert riders == case.get("riders", [])
    assert [bearer.name for bearer in parsed.defaults] == case.get("defaults", [])
