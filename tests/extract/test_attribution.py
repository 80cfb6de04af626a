"""Attributions in their places: `cases/layout.toml`, and what is refused or reported."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import pytest
from places import TESTS

from build_graph.extract.agencies.registry import Registry
from build_graph.extract.structure.attribution import AttributionFinder, Attributions
from build_graph.extract.structure.attribution_grammar import AttributionGrammar
from build_graph.extract.structure.attribution_layouts import UnclosedBracketError
from build_graph.extract.structure.marks import pair_brackets
from build_graph.extract.structure.metadata import MetadataExtractor
from build_graph.extract.structure.outline import OutlineParser
from build_graph.model import Source, Text

CASES = tomllib.loads((TESTS / "cases" / "layout.toml").read_text(encoding="utf-8"))["case"]


@cache
def reader() -> AttributionFinder:
    registry = Registry.load()
    grammar = AttributionGrammar.load(registry.looks_like_body, registry.classify)
    return AttributionFinder.load(grammar, registry.lists.complete_classes)


def read(content: str) -> Attributions:
    text = Text(content, Source("case.txt", content, "utf-8"))
    return reader().read(text, OutlineParser.load().read(text, MetadataExtractor.load().read(text)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_measures(case: dict[str, Any]) -> None:
    """Each measure begins, ends and is attributed as the case says."""
    found = read(case["text"]).measures
    assert len(found) == len(case["measures"])
    for measure, expected in zip(found, case["measures"], strict=True):
        edges, attribution = expected.split(" | ")
        starts, ends = edges.split(" … ")
        words = measure.span.extract(case["text"])
        said = measure.assignment.span.extract(case["text"]) if measure.assignment else "-"
        assert (words.startswith(starts), words.endswith(ends)) == (True, True), words
        assert " ".join(said.split()) == attribution
    leads = [[b.name for b in measure.bearers if b.role == "lead"] for measure in found]
    assert [" ".join(names) for names in leads] == case.get("leads", ["" for _ in found])
    inferred = [bool(m.assignment and m.assignment.layout_inferred) for m in found]
    assert inferred == case.get("inferred", [False for _ in found])


def test_refused_brackets_have_a_reason() -> None:
    """A bracket that names bodies within a sentence is refused, with the reason."""
    found = read("一、任务\n（一）由市商务局（市投资促进局、市财政局）组织实施有关工作。")
    assert [refusal.reason for refusal in found.refused] == ["it stands inside a sentence"]


@pytest.mark.parametrize("bracket", ["（商务部、农业部", "〔责任单位：市商务局"])
def test_unclosed_attribution_is_an_error(bracket: str) -> None:
    """An attribution that never closes says where, and which mark is missing."""
    missing = "）" if bracket[0] == "（" else "〕"
    with pytest.raises(
        UnclosedBracketError, match=f"^case.txt:2:11: bracket never closes; add the missing {missing}$"
    ):
        read(f"一、任务\n（一）推进改革工作。{bracket}\n（二）加强领导，落实责任。")


def test_unclosed_remark_is_none() -> None:
    """A remark that never closes hides neither itself nor the attributions after it."""
    found = read("一、任务\n（一）支持物流（快递配送站建设。（邮政局）\n（二）加强领导。（商务部）")
    assert [m.assignment is not None for m in found.measures] == [True, True]


def test_rank_rule_holds_from_there_on() -> None:
    """排在第一位的部门为牵头部门，下同: from that attribution to the end of the document."""
    found = read(
        "一、任务\n（一）甲。推广试点工作。（商务部、财政部负责）\n"
        "（二）乙。推广试点工作。（税务总局、财政部负责，排在第一位的部门为牵头部门，下同）\n"
        "（三）丙。推广试点工作。（海关总署、商务部负责）\n（四）丁。推广试点工作。（海关总署负责）"
    )
    roles = [[b.role for b in m.assignment.bearers] for m in found.measures if m.assignment]
    assert roles == [["responsible"] * 2, ["lead", "responsible"], ["lead", "responsible"], ["responsible"]]


@pytest.mark.parametrize(
    "hostile", ["（" * 20_000, "（" * 5_000 + "）" * 5_000, "（、" * 9_000, "共同" * 9_000]
)
def test_hostile_brackets(hostile: str) -> None:
    """Nothing in a text makes the work grow faster than the text (the suite would not end)."""
    read(f"一、任务\n（一）推进工作。（{hostile}商务部）")


def test_pairs_nest() -> None:
    text = "甲（乙〔丙〕）丁［戊］"
    assert [span.extract(text) for span, closed in pair_brackets(text) if closed] == [
        "（乙〔丙〕）",
        "［戊］",
    ]
