"""Line breaks that stand within sentences, because a page was wrapped at a fixed width.

Such a page shows itself: line after line is full and ends in the middle of a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_graph.reading.edits import Change

_OPENERS, _CLOSERS = "（(〔［[【", "）)〕］]】"
_LINE = re.compile(r"[^\n]*")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENDED = tuple("。；;！!？?：:")  # a line that ends so need not go on
_SLACK = 4  # columns by which a full line may be shorter: two characters, as a mark does not begin a line
_FEW = 5  # lines cut at the width that show a page to be wrapped, ...
_SHARE = 0.5  # ... if they are so large a part of the lines that end within a sentence, ...
_LONGER = 0.05  # ... and no more than this part of all lines is longer
_NARROW, _WIDE = 24, 240  # columns of a wrapped page
_OPENS = re.compile(
    r"""
    \s                                                     # an indent
  | [一二三四五六七八九十]{1,3}、 | [（(][一二三四五六七八九十]{1,3}[）)]   # a section, a clause
  | \d{1,3}[.．、](?!\d) | 第[一二三四五六七八九十百]{1,5}[章节条]         # an item, an article
  | [^\s，。；：:]{2,8}(?:单位|部门|时限)[：:]                  # 责任单位：
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Widths:
    """How wide the lines of a page are, the width at which it was wrapped, and how many lines are full."""

    lines: Sequence[int]
    width: int
    full: int  # of the lines cut within a sentence; 0 for a page that was not wrapped

    @classmethod
    def measure_lines(cls, lines: Sequence[int], cut: Sequence[bool]) -> _Widths:
        """The width that most lines cut within a sentence have, with hardly a line that is wider."""
        counts = Counter(n for n, is_cut in zip(lines, cut, strict=True) if is_cut)
        full = {n: sum(counts[n - i] for i in range(_SLACK + 1)) for n in counts}
        width = max(full, key=lambda n: (full[n], n), default=0)
        longer = sum(n > width + _SLACK for n in lines)
        wrapped = (
            _NARROW <= width <= _WIDE
            and full[width] >= max(_FEW, _SHARE * counts.total())
            and longer <= _LONGER * len(lines)
        )
        return cls(lines, width, full[width] if wrapped else 0)


def join_lines(text: str) -> Iterator[Change]:
    """Takes out the line breaks within sentences of a text that is wrapped at a fixed width.

    >>> page = "\\n".join(["各地区、各部门要加强统筹协调和政策"] * 8)
    >>> len(list(join_lines(page))), list(join_lines(page[:60]))  # three lines are no proof
    (7, [])
    """
    lines = [found.span() for found in _LINE.finditer(text) if found.end() > found.start()]
    cut = [_is_cut(text, start, end) for start, end in lines]
    widths = [
        _Widths.measure_lines([measure(text[start:end]) for start, end in lines], cut)
        for measure in (_count_columns, _count_characters)
    ]
    best = max(widths, key=lambda widths: widths.full)
    if not best.full:
        return
    depth = 0  # brackets open since the last break that stays
    for (start, end), n, is_cut in zip(lines, best.lines, cut, strict=True):
        depth = max(0, depth + _count_open_brackets(text, start, end))
        goes_on = (is_cut and not _OPENS.match(text, end + 1)) or depth > 0
        if goes_on and n >= best.width - _SLACK and text[end + 1 : end + 2].strip("\n"):
            yield Change(end, end + 1, "")
        else:
            depth = 0


def _count_open_brackets(text: str, start: int, end: int) -> int:
    """How many more brackets a line opens than it closes."""
    return sum(text.count(mark, start, end) for mark in _OPENERS) - sum(
        text.count(mark, start, end) for mark in _CLOSERS
    )


def _count_columns(line: str) -> int:
    """The columns that a line takes on a page: two for a Chinese character, one for a Latin one."""
    return len(line.strip().encode("gbk", "replace"))


def _count_characters(line: str) -> int:
    """Two for each character of a line, where the page gave all the same room."""
    return 2 * len(line.strip())


def _is_cut(text: str, start: int, end: int) -> bool:
    """Whether a line of Chinese ends within a sentence, and another follows."""
    stands = text[start:end].rstrip()
    return not stands.endswith(_ENDED) and bool(_HAN.search(stands)) and end < len(text)
