"""Sections, clauses, headings and what belongs to none of them: `cases/outline.toml`."""

from __future__ import annotations

import json
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from places import TESTS

from build_graph.extract.structure.metadata import MetadataExtractor
from build_graph.extract.structure.outline import OutlineParser
from build_graph.model import Division, Level, Metadata, Outline, Source, Text
from build_graph.text.repairs import repair

HERE = TESTS
CASES = tomllib.loads((HERE / "cases" / "outline.toml").read_text(encoding="utf-8"))["case"]
GOLD = sorted((HERE / "gold").glob("*.json"))


def read(content: str, issuer: str | None = "国务院") -> tuple[Text, Outline]:
    text = Text(content, Source("case", content, "utf-8"))
    return text, OutlineParser.load().read(text, Metadata(issuers=(issuer,) if issuer else ()))


def shown(content: str, division: Division) -> str:
    heading = division.heading.extract(content) if division.heading else "-"
    return f"{division.key}|{heading}|{division.body.extract(content) or '-'}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_outline(case: dict[str, Any]) -> None:
    text, outline = read(case["text"])
    divisions = [d for top in outline.divisions for d in top.walk()]
    assert len(divisions) == len(case["divisions"])
    for division, expected in zip(divisions, case["divisions"], strict=True):
        assert shown(text.content, division).startswith(expected)
    assert outline.clauses == case["clauses"]
    assert sorted(d.key for d in divisions if d.principle) == sorted(case.get("principles", []))
    assert [d.key for d in divisions if d.goal] == case.get("goals", [])
    assert [d.key for d in divisions if d.layout_inferred] == case.get("inferred", [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_divisions_nest(case: dict[str, Any]) -> None:
    """A division lies within the one above it, and siblings follow one another with distinct keys."""
    _, outline = read(case["text"])
    pending = [outline.divisions]
    while pending:
        siblings = pending.pop()
        assert len({d.key for d in siblings}) == len(siblings)
        for one, two in pairwise(siblings):
            assert one.span.end <= two.span.start
        for division in siblings:
            assert all(part.span in division.span for part in division.parts)
            assert division.body in division.span
            pending.append(division.parts)


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_gold_counts(path: Path) -> None:
    """Sections and clauses are as the annotators counted them; a partial annotation sets a lower bound."""
    gold = json.loads(path.read_text(encoding="utf-8"))
    content = (HERE / "gold" / "documents" / f"{path.stem}.txt").read_text(encoding="utf-8")
    text = repair(Source(path.name, content, "utf-8"))
    metadata = MetadataExtractor.load().read(text)
    outline = OutlineParser.load().read(text, metadata)
    assert sum(d.level is Level.SECTION for d in outline.divisions) == gold["sections"]
    if gold.get("partial"):
        assert outline.clauses >= gold["clauses"]
    else:
        assert outline.clauses == gold["clauses"]
