"""How much of a document was understood, and as what; what is left over is unread, never dropped silently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from build_graph.model import Coverage, Measure, Outline, Reading, Span

_KINDS = tuple(Reading)
_LINE = re.compile(r"[^\n]+")
_SENTENCE = re.compile(r"[。；;！!？?]|[，,].*[，,]")  # what a title, a signature or a heading does not hold
_TRAIL = re.compile(r"[）)〕﹞］\]】。；;，,、\s]*")  # what closes an attribution
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_HEADING = re.compile(r"[^。；;，,！!？?：:]{1,20}[。：:]?")  # 具体措施：, 智慧物流。
_HEADING_LIMIT = 40  # characters of a line within a clause that only announces what follows


def coverage(content: str, outline: Outline, measures: Sequence[Measure]) -> Coverage:
    """What each stretch of a text was understood as, in order; white space at its ends belongs to none.

    `measures` are those that were kept: what stands in a clause and is no measure is unread.
    """
    painted = bytearray([_KINDS.index(Reading.UNREAD)]) * len(content)
    for reading, span in _layers(content, outline, measures):
        painted[span.start : span.end] = bytes([_KINDS.index(reading)]) * len(span)
    runs = ((_KINDS[run[1][0]], Span(*run.span()).stripped(content)) for run in _RUN.finditer(painted))
    return Coverage(tuple((_kind(content, *run), run[1]) for run in runs if len(run[1])))


def _kind(content: str, reading: Reading, span: Span) -> Reading:
    """What a stretch is: words too few for a sentence that stand between measures head them."""
    heads = reading is Reading.UNREAD and _HEADING.fullmatch(content, span.start, span.end)
    return Reading.STRUCTURE if heads else reading


def _layers(content: str, outline: Outline, measures: Sequence[Measure]) -> Iterator[tuple[Reading, Span]]:
    """Stretches and what they are; a later one covers an earlier one."""
    yield from _outside(content, outline)
    for division in (part for root in outline.divisions for part in root.walk()):
        yield Reading.STRUCTURE, Span(division.span.start, division.body.start)
        if division.principle:
            yield Reading.PRINCIPLE, division.body
        else:
            yield from _lines(content, division.body, Reading.UNREAD, _HEADING_LIMIT)
    for measure in measures:
        yield Reading.MEASURE, measure.span
        if measure.assignment:
            yield Reading.ATTRIBUTION, _attribution(content, measure, measure.assignment.span)


def _outside(content: str, outline: Outline) -> Iterator[tuple[Reading, Span]]:
    """What stands before, between and behind the divisions: titles and signatures, or sentences."""
    first = min((division.span.start for division in outline.divisions), default=len(content))
    yield from _lines(content, Span(0, first), Reading.PRINCIPLE, None)  # the preamble says why
    at = first
    for division in outline.divisions:
        yield from _lines(content, Span(at, division.span.start), Reading.UNREAD, None)
        at = division.span.end
    yield from _lines(content, Span(at, len(content)), Reading.UNREAD, None)


def _lines(content: str, span: Span, otherwise: Reading, limit: int | None) -> Iterator[tuple[Reading, Span]]:
    """The lines of a stretch: structure where they are no sentence and not longer than `limit`."""
    for found in _LINE.finditer(content, span.start, span.end):
        line = Span(*found.span()).stripped(content)
        sentence = _SENTENCE.search(content, line.start, line.end) or (limit and len(line) > limit)
        yield otherwise if sentence else Reading.STRUCTURE, line


def _attribution(content: str, measure: Measure, words: Span) -> Span:
    """The bracket or line of an attribution: from the end of its measure to the marks behind its words."""
    trail = _TRAIL.match(content, words.end)
    return Span(measure.span.end, max(measure.span.end, trail.end() if trail else words.end))
