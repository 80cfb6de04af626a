"""Line breaks and spaces within sentences and words, left by a page that was wrapped at a fixed width.

Such a page shows itself for line breaks: line after line is full and ends in the middle of a sentence. A
space may also be meant: many texts separate paragraphs, titles, names and bodies by one (中共中央 国务院). So
it is removed only where the document itself shows that it stands within a word (食品药品监 管总局).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add

from build_graph.text.repair.edits import Change

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
    """The widths of a page's lines, the width at which it was wrapped, and the number of full lines."""

    lines: Sequence[int]
    width: int
    full: int  # of the lines cut within a sentence; 0 for a page that was not wrapped

    @classmethod
    def find_width(cls, lines: Sequence[int], cut: Sequence[bool]) -> _Widths:
        """Find the width that most lines cut within a sentence have, and hardly any line exceeds."""
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
    """Remove the line breaks within sentences of a text that is wrapped at a fixed width.

    >>> page = "\\n".join(["各地区、各部门要加强统筹协调和政策"] * 8)
    >>> len(list(join_lines(page))), list(join_lines(page[:60]))  # three lines are no proof
    (7, [])
    """
    lines = [found.span() for found in _LINE.finditer(text) if found.end() > found.start()]
    cut = [_is_cut(text, start, end) for start, end in lines]
    widths = [
        _Widths.find_width([measure(text[start:end]) for start, end in lines], cut)
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
    """Return the number of brackets that a line opens, less those that it closes."""
    return sum(text.count(mark, start, end) for mark in _OPENERS) - sum(
        text.count(mark, start, end) for mark in _CLOSERS
    )


def _count_columns(line: str) -> int:
    """Return the columns that a line takes on a page: two for a Chinese character, one for a Latin one."""
    return len(line.strip().encode("gbk", "replace"))


def _count_characters(line: str) -> int:
    """Return two columns for each character of a line, as on a page that gave all the same width."""
    return 2 * len(line.strip())


def _is_cut(text: str, start: int, end: int) -> bool:
    """Return whether a line of Chinese ends within a sentence, and another follows."""
    line = text[start:end].rstrip()
    return not line.endswith(_ENDED) and bool(_HAN.search(line)) and end < len(text)


_GAP = re.compile(r"(?<= [\u4e00-\u9fff]{2} ) [ ] (?= [\u4e00-\u9fff]{2} )", re.VERBOSE)
_MANY = 6  # gaps between characters known as neighbours that show a page to be wrapped throughout, ...
_SPLIT_SHARE = 0.25  # ... if they are so large a part of all gaps
_OFTEN = 3  # times that a pair must occur to be a word, ...
_MOSTLY = 0.8  # ... and its least share of the uses of one of its characters


def join_wrapped(text: str) -> Iterator[Change]:
    """Remove single spaces between characters that the text has side by side elsewhere.

    On a page that is wrapped throughout that is enough. On others the two characters must form a word: one of
    them is hardly used without the other.

    >>> [change.start for change in join_wrapped("市监管总局、药监管总局、监管局，食品药品监 管总局 各局")]
    [21]
    """
    gaps = {gap.start(): text[gap.start() - 1] + text[gap.end()] for gap in _GAP.finditer(text)}
    if not gaps:
        return
    seen = _count_pairs(text)
    known = [gap for gap, pair in gaps.items() if seen[pair] > 1]
    wrapped = len(known) >= _MANY and len(known) >= _SPLIT_SHARE * len(gaps)
    for gap in known:
        if wrapped or _is_word(gaps[gap], seen):
            yield Change(gap, gap + 1, "")


def _count_pairs(text: str) -> Counter[str]:
    """Return the counts of the pairs of characters in `text`, and of the single characters."""
    seen = Counter(map(add, text, text[1:]))
    seen.update(text)
    return seen


def _is_word(pair: str, seen: Mapping[str, int]) -> bool:
    return seen[pair] >= _OFTEN and any(seen[pair] >= _MOSTLY * (seen[char] - 1) for char in pair)
