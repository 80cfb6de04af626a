"""Text cut at the borders of marks, so that marks which cross become pieces that nest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from build_graph.model import Span


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch that stands out; of marks with the same span the lowest `rank` goes outside."""

    span: Span
    kind: str
    key: str  # the end of the IRI of what was found there; empty where it has none of its own
    rank: int


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A mark, or as much of it as stands within the marks around it, and what it holds in order."""

    mark: Mark
    parts: tuple[MarkedText | str, ...]


Parts = tuple[MarkedText | str, ...]
_Waiting = tuple[int, int, int, int, Mark]  # start, minus end, rank, tie-breaker, mark


def nest_marks(content: str, span: Span, marks: Iterable[Mark]) -> Parts:
    """What `span` covers of `content`, in pieces; of each mark the part within `span`.

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
    """The pieces of a stretch; marks that reach beyond one that they begin in go on behind it."""
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
    """Marks handed out stretch by stretch, in the order of the text."""

    __slots__ = ("_at", "_begun", "_content", "_marks")

    def __init__(self, content: str, marks: Sequence[Mark]) -> None:
        """Take the marks of a text in any order."""
        self._content = content
        self._marks = sorted(marks, key=lambda mark: mark.span)
        self._at = 0
        self._begun: list[Mark] = []  # and perhaps not ended

    def take_marks(self, span: Span) -> Parts:
        """The pieces of a stretch that lies behind those asked for before."""
        while self._at < len(self._marks) and self._marks[self._at].span.start < span.end:
            self._begun.append(self._marks[self._at])
            self._at += 1
        self._begun = [mark for mark in self._begun if mark.span.end > span.start]
        return nest_marks(self._content, span, self._begun)
