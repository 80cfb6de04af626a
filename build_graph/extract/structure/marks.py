"""Marks that documents print: brackets of all kinds, Chinese numerals, dates, lines, and listed words."""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from build_graph.model import Span

HAN = "\u4e00-\u9fff"  # within the brackets of a pattern
OPENERS = "（(〔﹝［[【〈"
CLOSERS = "）)〕﹞］]】〉"
_MARK = re.compile(f"[{re.escape(OPENERS + CLOSERS)}\\n]")
_LINE = re.compile(r"\S(?:[^\n]*\S)?")  # without white space at its ends
_LIST_MARK = re.compile("[、，,；;]")
_ZERO = "〇零○◯OＯoОо"  # the last two are Cyrillic
_DIGITS = (
    {c: i for i, c in enumerate("〇一二三四五六七八九")}
    | {str(i): i for i in range(10)}
    | {chr(ord("０") + i): i for i in range(10)}
    | dict.fromkeys(_ZERO, 0)
    | {"两": 2}
)
_UNITS = {"十": 10, "百": 100, "千": 1000}

# 2015年5月4日, 二〇一五年五月四日, 二О一五年, 2015-05-04, 2015.5.4, ２０１５ 年 ５ 月 ４ 日
DATE = re.compile(
    rf"(?<![\d.])(?P<year>(?:[1１][9９]|[2２][0０])\d\s?\d|[一二][^\S\n]?[{_ZERO}0０九]"
    rf"[^\S\n]?[{_ZERO}0０一二三四五六七八九][^\S\n]?[{_ZERO}0０一二三四五六七八九])\s*[年./-]\s*"
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})\s*[月./-]\s*"
    r"(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})(?:\s*日|(?!\d))"
)


def pair_brackets(content: str, start: int = 0, end: int | None = None) -> Iterator[tuple[Span, bool]]:
    """Yield the outermost brackets with their marks, in order, and whether each closes.

    Widths may be mixed, （…) is a pair. A bracket closes within its paragraph: an open one is dropped at a
    line break, so that one missing mark does not swallow the rest of the document. Inside a bracket that
    never closes, those that do close are still found.

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
            keep_outermost(inner, Span(stack.pop(), mark.end()))
            if not stack:
                yield inner.pop(), True
    yield from _iterate_unclosed(stack, inner, stop)


def keep_outermost(pairs: list[Span], pair: Span) -> None:
    """Add a pair that closes behind all others, in place of those inside it."""
    while pairs and pairs[-1].start > pair.start:
        pairs.pop()
    pairs.append(pair)


def _iterate_unclosed(stack: list[int], inner: list[Span], end: int) -> Iterator[tuple[Span, bool]]:
    """Yield open brackets up to the paragraph's end, and the closed ones inside them, in order."""
    unclosed = [(Span(start, end), False) for start in stack]
    yield from sorted([*unclosed, *((span, True) for span in inner)])


def parse_numeral(text: str) -> int:
    """Return the value of a Chinese or Arabic numeral up to 9999.

    >>> [parse_numeral(n) for n in ("十", "二十九", "一百零三", "12", "二〇一五")]
    [10, 29, 103, 12, 2015]
    """
    text = "".join(text.split())
    if text.isdecimal():
        return int(text)
    if not any(c in _UNITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for character in text:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def parse_date(text: str) -> date | None:
    """Return the first date in `text`, or None if there is none or the calendar does not have it.

    >>> parse_date("二〇一五年五月四日")
    datetime.date(2015, 5, 4)
    >>> parse_date("2015年2月30日") is None
    True
    """
    found = DATE.search(text)
    if not found:
        return None
    year, month, day = (parse_numeral(found[part]) for part in ("year", "month", "day"))
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def iterate_lines(content: str, span: Span) -> Iterator[Span]:
    """Yield the lines of a stretch without white space at their ends; blank ones are left out."""
    return (Span(*found.span()) for found in _LINE.finditer(content, span.start, span.end))


def find_indent(content: str, position: int) -> int:
    """Return where the blanks before a position begin; they do not reach over a line break."""
    while position and content[position - 1] in " \t\u3000\xa0":
        position -= 1
    return position


def split_list(words: str) -> list[str]:
    """Return the parts between the marks of a list, without white space and empty ones.

    >>> split_list("财政部、税务总局， 海关总署；")
    ['财政部', '税务总局', '海关总署']
    """
    return [part for one in _LIST_MARK.split(words) if (part := one.strip())]


def is_within(stretches: Sequence[Span], position: int) -> bool:
    """Return whether a position lies in one of the stretches, which are in order."""
    index = bisect_right(stretches, position, key=lambda stretch: stretch.start) - 1
    return index >= 0 and position < stretches[index].end


def build_alternation(words: Iterable[str]) -> str:
    """Return a pattern that matches the longest of the words.

    >>> build_alternation(["意见", "实施意见"])
    '(?:实施意见|意见)'
    """
    return f"(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})"
