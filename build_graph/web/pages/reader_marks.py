"""The marks in the text of a document, one for each finding, cut so that marks which cross become nested.

Each mark has the key of its finding: the end of its IRI behind the document's, which is also its name in the
page's data and address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from build_graph.graph.emit.emitter import Emitter
from build_graph.graph.iris import (
    assignment_iri,
    audience_iri,
    bearer_iri,
    bracket_iri,
    citation_iri,
    damage_iri,
    division_iri,
    measure_iri,
    norm_iri,
    qualifier_iri,
    stretch_iri,
    target_iri,
)
from build_graph.model import Division, Measure, Span


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text with a finding; of marks with the same span, the one of lowest `rank` is outside."""

    span: Span
    kind: str
    key: str  # the end of the finding's IRI; "" if it has none of its own
    rank: int


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A mark, or the part of it within the marks around it, with its contents in order."""

    mark: Mark
    parts: tuple[MarkedText | str, ...]


Parts = tuple[MarkedText | str, ...]
_Waiting = tuple[int, int, int, int, Mark]  # start, minus end, rank, tie-breaker, mark


def nest_marks(content: str, span: Span, marks: Iterable[Mark]) -> Parts:
    """Return the text of `span` as pieces and nested marks; of each mark the part within `span`.

    >>> one, two = Mark(Span(0, 3), "norm", "n1", 0), Mark(Span(2, 5), "target", "t1", 1)
    >>> [(p.mark.kind, p.parts[0]) for p in nest_marks("发展电子商务", Span(0, 5), [one, two]) if p.mark]
    [('norm', '发展'), ('target', '子商')]
    """
    waiting = [
        (max(mark.span.start, span.start), -min(mark.span.end, span.end), mark.rank, number, mark)
        for number, mark in enumerate(marks)
    ]
    return tuple(_nest_pieces(content, span, [one for one in waiting if one[0] < -one[1]]))


def _nest_pieces(content: str, span: Span, waiting: list[_Waiting]) -> Iterator[MarkedText | str]:
    """Yield the pieces of a stretch; a mark that crosses the end of another continues behind it."""
    heapify(waiting)
    at = span.start
    while waiting:
        start, minus_end, _, _, mark = heappop(waiting)
        if start > at:
            yield content[at:start]
        at = -minus_end
        inner: list[_Waiting] = []
        beyond: list[_Waiting] = []
        while waiting and waiting[0][0] < at:
            begin, minus, rank, number, one = heappop(waiting)
            inner.append((begin, max(minus, -at), rank, number, one))
            if -minus > at:
                beyond.append((at, minus, rank, number, one))
        for rest in beyond:
            heappush(waiting, rest)
        yield MarkedText(mark, tuple(_nest_pieces(content, Span(start, at), inner)))
    if at < span.end:
        yield content[at : span.end]


class MarkSweep:
    """The marks of a text, for one stretch after the other, in the order of the text."""

    __slots__ = ("_at", "_begun", "_content", "_marks")

    def __init__(self, content: str, marks: Sequence[Mark]) -> None:
        """Take the marks of a text in any order."""
        self._content = content
        self._marks = sorted(marks, key=lambda mark: mark.span)
        self._at = 0
        self._begun: list[Mark] = []  # and perhaps not ended

    def take_marks(self, span: Span) -> Parts:
        """Return the pieces of a stretch that lies behind the stretches of earlier calls."""
        while self._at < len(self._marks) and self._marks[self._at].span.start < span.end:
            self._begun.append(self._marks[self._at])
            self._at += 1
        self._begun = [mark for mark in self._begun if mark.span.end > span.start]
        return nest_marks(self._content, span, self._begun)


# Of marks with the same span the first of these goes around the others.
KINDS = (
    "unread",
    "heading",
    "measure",
    "attribution",
    "refused",
    "obligation",
    "prohibition",
    "permission",
    "encouragement",
    "target",
    "citation",
    "rider",
    "bearer",
    "audience",
    "cue",
    "damaged",
)

Found = Iterator[tuple[str, Span, str]]  # kind, span, IRI


def collect_marks(emit: Emitter) -> list[Mark]:
    """Return every mark of a document's text, but none without characters."""
    found = (*_mark_headings(emit), *mark_document(emit), *_mark_measures(emit))
    return [
        Mark(span, kind, strip_document_iri(emit, iri) if iri else "", KINDS.index(kind))
        for kind, span, iri in found
        if span.start < span.end
    ]


def strip_document_iri(emit: Emitter, iri: str) -> str:
    """Return the end of an IRI behind the document's."""
    return iri.removeprefix(f"{emit.document_iri}/")


def iterate_divisions(emit: Emitter) -> Iterator[tuple[Division, str, int]]:
    """Yield every division in document order, its IRI, and its depth, from 1."""
    pending = [(root, emit.document_iri, 1) for root in reversed(emit.document.outline.divisions)]
    while pending:
        division, parent, depth = pending.pop()
        iri = division_iri(parent, division)
        yield division, iri, depth
        pending += [(part, iri, depth + 1) for part in reversed(division.parts)]


def find_heading(emit: Emitter, division: Division) -> Span | None:
    """Return the heading of a division, else its mark; None if it has neither."""
    if division.heading:
        return division.heading
    printed = Span(division.span.start, division.span.start + len(division.mark or ""))
    return printed if division.mark and emit.quote(printed) == division.mark else None


def _mark_headings(emit: Emitter) -> Found:
    for division, iri, _ in iterate_divisions(emit):
        if span := find_heading(emit, division):
            yield "heading", span, iri


def mark_document(emit: Emitter) -> Found:
    """Yield the marks that belong to no measure: citations, refused brackets, damages, unread stretches."""
    document = emit.document
    for index, citation in enumerate(document.citations, start=1):
        yield "citation", citation.span, citation_iri(emit.document_iri, index)
    for index, refusal in enumerate(document.refused, start=1):
        yield "refused", refusal.span, bracket_iri(emit.document_iri, index)
    for index, damage in enumerate(document.text.damages, start=1):
        yield "damaged", damage.span, damage_iri(emit.document_iri, index)
    for index, unread in enumerate(document.coverage.unread, start=1):
        yield "unread", unread.span, stretch_iri(emit.document_iri, index)


def _mark_measures(emit: Emitter) -> Found:
    for measure in emit.document.measures:
        iri = measure_iri(emit.document_iri, measure)
        yield "measure", measure.span, iri
        for index, norm in enumerate(measure.norms, start=1):
            yield norm.kind.value, norm.span, norm_iri(iri, index)
            if norm.cue:
                yield "cue", norm.cue, ""
        for index, target in enumerate(measure.targets, start=1):
            yield "target", target.span, target_iri(iri, index)
        for index, audience in enumerate(measure.audiences, start=1):
            yield "audience", audience.span, audience_iri(iri, index)
        yield from _mark_assignment(measure, iri)


def _mark_assignment(measure: Measure, iri: str) -> Found:
    if not measure.assignment:
        return
    yield "attribution", measure.assignment.span, assignment_iri(iri)
    for rank, bearer in enumerate(measure.assignment.bearers, start=1):
        yield "bearer", bearer.span, bearer_iri(iri, rank)
    for index, rider in enumerate(measure.assignment.riders, start=1):
        yield "rider", rider.span, qualifier_iri(iri, index)
