"""Each place where a text names a document: its title, the number behind it, a short name given to it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from build_graph.model import Span
from build_graph.resources import load_word_lists
from build_graph.structure.brackets import OPENERS, pair_brackets
from build_graph.structure.titles import NumberFinder, find_titles

_BRACKET = 240  # characters of a bracket behind a title
_BRACKETS = 3  # （国发〔2015〕24号）（以下简称《意见》）
_GAP = re.compile(r"\s{0,2}")
_BLANK = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")


@dataclass(frozen=True, slots=True)
class Mention:
    """A title, a number, or both, not judged yet; `tail` is where the brackets behind it end."""

    span: Span  # the title with its marks, and the number
    tail: int
    title: str | None = None  # without 《》
    number: str | None = None
    short: str | None = None  # 以下简称《意见》


@dataclass(frozen=True, slots=True)
class MentionFinder:
    """Finds the mentions, with the words of `data/citations.toml`."""

    numbers: NumberFinder
    defined: re.Pattern[str]  # 以下简称《意见》, 简称“意见”
    defining: re.Pattern[str]  # the words in front of 《意见》 there

    @classmethod
    def load(cls) -> MentionFinder:
        """A finder with the package's own words."""
        words = "|".join(load_word_lists("citations")["short"]["define"])
        return cls(
            numbers=NumberFinder.load(),
            defined=re.compile(
                rf"(?:{words})[为：:\s]{{0,2}}[《“\"‘]{{1,2}}(?P<name>[^《》“”\"’（）()，。]{{2,40}})"
            ),
            defining=re.compile(rf"(?:{words})[为：:\s“\"‘]{{0,3}}$"),
        )

    def find(self, content: str) -> Iterator[Mention]:
        """Every mention, in the order of the text; a number belongs to one mention only."""
        numbers = list(self.numbers.find_numbers(content))
        starts = [number.start for number in numbers]
        taken: set[int] = set()
        found: list[Mention] = []
        for title in find_titles(content):
            if self.defining.search(content[max(0, title.start - 6) : title.start]):
                continue  # the short name that a bracket gives
            tail = _find_tail(content, title.end)
            first = bisect_left(starts, title.end)
            near = first if first < len(numbers) and _belongs(content, title, numbers[first], tail) else None
            if (
                near is None
                and first
                and _leads(content, numbers[first - 1], title)
                and first - 1 not in taken
            ):
                near = first - 1
            if near is not None:
                taken.add(near)
            found.append(
                self._build_mention(content, title, numbers[near] if near is not None else None, tail)
            )
        bare = (number for index, number in enumerate(numbers) if index not in taken)
        found += [Mention(n, max(n.end, _find_tail(content, n.end)), number=n.extract(content)) for n in bare]
        yield from sorted(found, key=lambda mention: mention.span)

    def _build_mention(self, content: str, title: Span, number: Span | None, tail: int) -> Mention:
        number = number or self.numbers.find_order_number(content, title.end, tail)
        start, end = min(title.start, number.start if number else title.start), title.end
        if number and number.end > end:
            end = number.end + (content[number.end : number.end + 1] in (")", "）", "]", "］", "】"))
        short = self.defined.search(content, title.end, tail)
        return Mention(
            Span(start, end),
            max(tail, end),
            tidy(content[title.start + 1 : title.end - 1]),
            tidy(number.extract(content)) if number else None,
            tidy(short["name"]) if short else None,
        )


def tidy(words: str) -> str:
    """Words without the blanks and line breaks that printing put between them.

    >>> tidy("关于 数字\\n政府的 Data Act")
    '关于数字政府的Data Act'
    """
    return " ".join(_BLANK.sub("", words).split())


def _find_tail(content: str, end: int) -> int:
    """Where the brackets end that follow directly; `end` where none does."""
    for _ in range(_BRACKETS):
        gap = _GAP.match(content, end)
        start = gap.end() if gap else end
        if content[start : start + 1] not in tuple(OPENERS):
            break
        bracket, closed = next(pair_brackets(content, start, min(len(content), start + _BRACKET)))
        if not closed or bracket.start != start:
            break
        end = bracket.end
    return end


def _belongs(content: str, title: Span, number: Span, tail: int) -> bool:
    """Whether a number stands in the brackets behind a title, or right behind it."""
    return number.end <= tail or (
        not content[title.end : number.start].strip() and number.start - title.end < 3
    )


def _leads(content: str, number: Span, title: Span) -> bool:
    """Whether a number stands right before a title: 国发〔2015〕24号《…》, 国发〔2015〕24号文《…》."""
    return title.start - number.end < 4 and content[number.end : title.start].strip(" \u3000）)") in (
        "",
        "文",
        "文件",
    )


def is_within(stretches: Sequence[Span], position: int) -> bool:
    """Whether one of the stretches, which are in order, holds a position."""
    index = bisect_right(stretches, position, key=lambda stretch: stretch.start) - 1
    return index >= 0 and position < stretches[index].end


def build_alternation(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest that fits.

    >>> build_alternation(["意见", "实施意见"])
    '(?:实施意见|意见)'
    """
    return f"(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})"
