"""Brackets of all the kinds that policy documents use, paired by nesting, in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator

from build_graph.model import Span

OPENERS = "（(〔﹝［[【"
CLOSERS = "）)〕﹞］]】"
_MARK = re.compile(f"[{re.escape(OPENERS + CLOSERS)}\\n]")


def pair_brackets(content: str, start: int = 0, end: int | None = None) -> Iterator[tuple[Span, bool]]:
    """The outermost brackets with their marks, in order; False stands with one that never closes.

    Widths may be mixed, （…) is a pair. A bracket closes within its paragraph: an open one that meets a
    line break is given up, so that one missing mark does not swallow the rest of the document. Inside a
    bracket that never closes, those that do close are still found.

    >>> [(span.start, span.end, closed) for span, closed in pair_brackets("甲（乙（丙））丁(戊")]
    [(1, 7, True), (8, 10, False)]
    """
    stack: list[int] = []
    inner: list[Span] = []  # pairs that closed inside brackets still open
    stop = len(content) if end is None else end
    for mark in _MARK.finditer(content, start, stop):
        if mark[0] in OPENERS:
            stack.append(mark.start())
        elif mark[0] == "\n":
            yield from _iterate_unclosed(stack, inner, mark.start())
            stack, inner = [], []
        elif stack:
            opened = stack.pop()
            while inner and inner[-1].start > opened:
                inner.pop()
            if stack:
                inner.append(Span(opened, mark.end()))
            else:
                yield Span(opened, mark.end()), True
    yield from _iterate_unclosed(stack, inner, stop)


def _iterate_unclosed(stack: list[int], inner: list[Span], end: int) -> Iterator[tuple[Span, bool]]:
    """Open brackets, each up to the paragraph's end, and the closed ones inside them, in order."""
    unclosed = [(Span(start, end), False) for start in stack]
    yield from sorted([*unclosed, *((span, True) for span in inner)])
