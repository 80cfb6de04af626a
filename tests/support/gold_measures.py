"""The annotated measures as the stages that understand them get them: span, bearers, norms, headings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from places import TESTS

from build_graph.model import Allocation, Assignment, Bearer, BodyKind, Measure, Norm, NormKind, Role, Span

GOLD = TESTS / "gold"
# The documents whose measures are annotated with domains and addressees.
NAMES = (
    "guofa-2015-24",
    "guofa-2019-3",
    "guofa-2018-38",
    "fengong-009",
    "guangxi-024",
    "jiujiang-062",
    "wuhua-113",
)
_NUMERALS = "一二三四五六七八九十"


class Annotated(NamedTuple):
    """One annotated measure and what stands around it."""

    gold: dict[str, Any]
    measure: Measure
    heading: Span | None
    section_heading: Span | None


class AnnotatedDocument(NamedTuple):
    """An annotated document: title, text, and the measures that have domains and addressees."""

    title: str | None
    content: str
    measures: tuple[Annotated, ...]


@cache
def annotated(name: str) -> AnnotatedDocument:
    """The annotated document `name`."""
    gold = json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"))
    repaired = GOLD / "documents" / f"{name}.repaired.txt"
    path = repaired if repaired.exists() else GOLD / "documents" / f"{name}.txt"
    content = path.read_text(encoding="utf-8")
    return AnnotatedDocument(gold["title"], content, tuple(_measures(gold, content)))


def _measures(gold: dict[str, Any], content: str) -> Iterator[Annotated]:
    at = 0
    for measure in gold["measures"]:
        start = max(content.find(measure["starts"], at), content.find(measure["starts"]))
        end = content.index(measure["ends"], start) + len(measure["ends"])
        at = start + 1
        if measure["domains"] is not None:
            yield Annotated(
                measure,
                _measure(measure, content, Span(start, end)),
                _behind(content, measure["clause"], start, "。\n"),
                _behind(content, _section_mark(measure["section"]), start, "。\n(（"),
            )


def _measure(gold: dict[str, Any], content: str, span: Span) -> Measure:
    bearers = tuple(
        Bearer(body["name"], span, Role(body["role"]), BodyKind(body["kind"])) for body in gold["bearers"]
    )
    places = [(content.find(norm["quote"], span.start), norm) for norm in gold["norms"]]
    return Measure(
        path=("s1",),
        index=gold["index"],
        section=gold["section"],
        clause=gold["clause"],
        span=span,
        assignment=Assignment(span, Allocation.UNSTATED, False, bearers) if bearers else None,
        goal="目标" in content[max(0, span.start - 40) : span.start],
        norms=tuple(
            Norm(Span(place, place + len(norm["quote"])), NormKind(norm["kind"]))
            for place, norm in places
            if place >= 0
        ),
    )


def _section_mark(ordinal: int | None) -> str | None:
    return f"{_NUMERALS[ordinal - 1]}、" if ordinal else None


def _behind(content: str, mark: str | None, before: int, stops: str) -> Span | None:
    """The heading behind the last `mark` in front of a measure, if it is short enough to be one."""
    start = content.rfind(mark, 0, before) + len(mark) if mark and mark in content[:before] else before
    end = next((at for at in range(start, before) if content[at] in stops), start)
    return Span(start, end) if 0 < end - start < 60 else None
