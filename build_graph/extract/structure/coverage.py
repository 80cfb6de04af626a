"""The coverage of a document: each stretch with its kind; the rest is unread, never dropped silently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from build_graph.extract.structure.marks import iterate_lines
from build_graph.model import Coverage, CoverageKind, Measure, Outline, Span

_KINDS = tuple(CoverageKind)
_SENTENCE = re.compile(r"[。；;！!？?]|[，,].*[，,]")  # never part of a title, a signature or a heading
_TRAIL = re.compile(r"[）)〕﹞］\]】。；;，,、\s]*")  # the end of an attribution
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_HEADING = re.compile(r"[^。；;，,！!？?：:]{1,20}[。：:]?")  # 具体措施：, 智慧物流。
_HEADING_LIMIT = 40  # characters of a line within a clause that only announces the next ones


def measure_coverage(content: str, outline: Outline, measures: Sequence[Measure]) -> Coverage:
    """Return the kind of each stretch of a text, in order, without white space at its ends.

    `measures` are those that were kept: text of a clause that is no measure is unread.
    """
    painted = bytearray([_KINDS.index(CoverageKind.UNREAD)]) * len(content)
    for reading, span in _iterate_layers(content, outline, measures):
        painted[span.start : span.end] = bytes([_KINDS.index(reading)]) * len(span)
    runs = ((_KINDS[run[1][0]], Span(*run.span()).strip(content)) for run in _RUN.finditer(painted))
    return Coverage(tuple((_classify_stretch(content, *run), run[1]) for run in runs if len(run[1])))


def _classify_stretch(content: str, reading: CoverageKind, span: Span) -> CoverageKind:
    """Return the kind of a stretch; unread words too few for a sentence are a heading."""
    heads = reading is CoverageKind.UNREAD and _HEADING.fullmatch(content, span.start, span.end)
    return CoverageKind.STRUCTURE if heads else reading


def _iterate_layers(
    content: str, outline: Outline, measures: Sequence[Measure]
) -> Iterator[tuple[CoverageKind, Span]]:
    """Yield stretches with their kinds; a later one covers an earlier one."""
    yield from _iterate_outside(content, outline)
    for division in (part for root in outline.divisions for part in root.walk()):
        yield CoverageKind.STRUCTURE, Span(division.span.start, division.body.start)
        if division.principle:
            yield CoverageKind.PRINCIPLE, division.body
        else:
            yield from _iterate_lines(content, division.body, CoverageKind.UNREAD, _HEADING_LIMIT)
    for measure in measures:
        yield CoverageKind.MEASURE, measure.span
        if measure.assignment:
            yield CoverageKind.ATTRIBUTION, _find_attribution_span(content, measure, measure.assignment.span)


def _iterate_outside(content: str, outline: Outline) -> Iterator[tuple[CoverageKind, Span]]:
    """Yield the lines before, between and behind the divisions: titles and signatures, or sentences."""
    first = min((division.span.start for division in outline.divisions), default=len(content))
    yield from _iterate_lines(content, Span(0, first), CoverageKind.PRINCIPLE, None)  # a preamble
    ends = [first, *(division.span.end for division in outline.divisions)]
    starts = [*(division.span.start for division in outline.divisions), len(content)]
    for span in map(Span, ends, starts):
        yield from _iterate_lines(content, span, CoverageKind.UNREAD, None)


def _iterate_lines(
    content: str, span: Span, otherwise: CoverageKind, limit: int | None
) -> Iterator[tuple[CoverageKind, Span]]:
    """Yield the lines of a stretch: structure where they are no sentence and at most `limit` long."""
    for line in iterate_lines(content, span):
        sentence = _SENTENCE.search(content, line.start, line.end) or (limit and len(line) > limit)
        yield otherwise if sentence else CoverageKind.STRUCTURE, line


def _find_attribution_span(content: str, measure: Measure, words: Span) -> Span:
    """Return the bracket or line of an attribution, from the end of its measure."""
    trail = _TRAIL.match(content, words.end)
    return Span(measure.span.end, max(measure.span.end, trail.end() if trail else words.end))
