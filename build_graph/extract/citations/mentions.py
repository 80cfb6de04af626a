"""Mentions of documents in a text: a title in 《》, the number beside it, a short name given to it.

Whether a mention is a citation is decided in `citations`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from build_graph.extract.structure.marks import OPENERS, build_alternation, keep_outermost, pair_brackets
from build_graph.model import Span
from build_graph.resources import load_word_lists

_LONGEST = 300  # characters of a title with its marks
_LINES = 2  # line breaks within a title
_WORD = 24  # characters in front of a year in which a number's word is looked for
_MARK = re.compile("[《》。\n]")
_DIGIT = r"[\d一二三四五六七八九十百〇零○]"
_YEAR = re.compile(
    r"""
    [〔\[［（(【﹝] \s? (?P<year> [1１2２][90９０]\d{2} ) \s? 年? \s? [〕\]］）)】﹞]  # 〔2015〕
    [^\S\n]{0,2} 第? [^\S\n]{0,2} (?P<serial> \d{1,6} ) [^\S\n]{0,2} 号              # 24号
    (?P<order> [^\S\n]? 令 )?                                                        # ［2016］第44号令
    """,
    re.VERBOSE,
)
_HAN_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z]{2,24}[^\S\n]{0,2}$")
_BODY = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff \u3000、]*$")
_BRACKET = 240  # characters of a bracket behind a title
_BRACKETS = 3  # （国发〔2015〕24号）（以下简称《意见》）
_GAP = re.compile(r"\s{0,2}")
_BLANK = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")


def find_titles(content: str) -> Iterator[Span]:
    """Yield the outermost 《…》 with their marks, in order, in one pass.

    A title may cross a line break or two, but no full stop: one that never closes is dropped, and those
    closed within it count by themselves.

    >>> text = "《甲〈乙〉》《丙《丁》戊》《己"
    >>> [span.extract(text) for span in find_titles(text)]
    ['《甲〈乙〉》', '《丙《丁》戊》']
    """
    opened: list[int] = []
    inner: list[Span] = []
    lines = 0
    for mark in _MARK.finditer(content):
        at = mark.start()
        if opened and (mark[0] == "。" or lines > _LINES or at - opened[0] > _LONGEST):
            yield from inner
            opened, inner = [], []
        if mark[0] == "《":
            lines = lines if opened else 0
            opened.append(at)
        elif mark[0] == "\n":
            lines += 1
        elif mark[0] == "》" and opened:
            keep_outermost(inner, Span(opened.pop(), at + 1))
            if not opened:
                yield from inner
                inner = []
    yield from inner


@dataclass(frozen=True, slots=True)
class NumberFinder:
    """A finder of document numbers, with the words of `data/citations.toml`."""

    before: re.Pattern[str]  # words in front of a number's own word
    body: re.Pattern[str]  # a body's name in front of it
    order: re.Pattern[str]  # 令第412号, 公告2019年第39号, 2020年第8号

    @classmethod
    def load(cls) -> NumberFinder:
        """Return a finder with the package's own words."""
        words = load_word_lists("citations")["number"]
        orders = "|".join(words["orders"])
        return cls(
            before=re.compile(build_alternation(words["before"])),
            body=re.compile(rf"[\u4e00-\u9fff]{{4,}}[{words['bodies']}](?=[\u4e00-\u9fff]{{2}})"),
            order=re.compile(
                rf"""
                (?: (?: {orders} ) [^\S\n]{{0,2}}
                    (?: [\[［〔(（]? \d{{4}} [\]］〕)）]? \s? 年? )? \s? 第? \s?
                    {_DIGIT}{{1,6}} \s? 号                                    # 令第412号, 公告2019年第39号
                | \d{{4}} \s? 年 \s? 第 \s? {_DIGIT}{{1,6}} \s? 号 (?: {orders} )?   # 2020年第8号
                | 第 \s? {_DIGIT}{{1,6}} \s? 号 (?: {orders} )                       # 第45号令
                )
                """,
                re.VERBOSE,
            ),
        )

    def find_numbers(self, content: str) -> Iterator[Span]:
        """Yield numbers with a year in brackets, from their first word on: 国发〔2015〕24号."""
        for found in _YEAR.finditer(content):
            word = _HAN_WORD.search(content[max(0, found.start() - _WORD) : found.start()])
            own = self._find_own_words(word[0]) if word and not found["order"] else ""
            if own:
                yield Span(found.start() - len(own), found.end())

    def find_order_number(self, content: str, start: int, end: int) -> Span | None:
        """Return the number of an order or announcement, with the body before it: 国务院令第412号."""
        found = self.order.search(content, start, end)
        if not found:
            return None
        body = _BODY.search(content[max(start, found.start() - _WORD) : found.start()])
        return Span(found.start() - len(body[0]) if body else found.start(), found.end())

    def _find_own_words(self, word: str) -> str:
        """Return the words before a year that belong to the number: 根据国务院办公厅国办发 → 国办发."""
        for pattern in (self.before, self.body):
            ends = [found.end() for found in pattern.finditer(word)]
            word = word[max((end for end in ends if len(word[end:].strip()) > 1), default=0) :]
        return word


@dataclass(frozen=True, slots=True)
class Mention:
    """A title, a number, or both, not judged yet; the brackets behind it end at `tail`."""

    span: Span  # the title with its marks, and the number
    tail: int
    title: str | None = None  # without 《》
    number: str | None = None
    short: str | None = None  # 以下简称《意见》


@dataclass(frozen=True, slots=True)
class MentionFinder:
    """A finder of mentions, with the words of `data/citations.toml`."""

    numbers: NumberFinder
    defined: re.Pattern[str]  # 以下简称《意见》, 简称“意见”
    defining: re.Pattern[str]  # the words in front of 《意见》 there

    @classmethod
    def load(cls) -> MentionFinder:
        """Return a finder with the package's own words."""
        words = "|".join(load_word_lists("citations")["short"]["define"])
        return cls(
            numbers=NumberFinder.load(),
            defined=re.compile(
                rf"(?:{words})[为：:\s]{{0,2}}[《“\"‘]{{1,2}}(?P<name>[^《》“”\"’（）()，。]{{2,40}})"
            ),
            defining=re.compile(rf"(?:{words})[为：:\s“\"‘]{{0,3}}$"),
        )

    def find(self, content: str) -> Iterator[Mention]:
        """Yield every mention, in the order of the text; a number belongs to one mention only."""
        numbers = list(self.numbers.find_numbers(content))
        starts = [number.start for number in numbers]
        taken: set[int] = set()
        found: list[Mention] = []
        for title in find_titles(content):
            if self.defining.search(content[max(0, title.start - 6) : title.start]):
                continue  # the short name that a bracket gives
            tail = _find_tail(content, title.end)
            first = bisect_left(starts, title.end)
            near = None
            if first < len(numbers) and _belongs(content, title, numbers[first], tail):
                near = first
            elif first and first - 1 not in taken and _leads(content, numbers[first - 1], title):
                near = first - 1
            if near is not None:
                taken.add(near)
            number = numbers[near] if near is not None else None
            found.append(self._build_mention(content, title, number, tail))
        bare = (number for index, number in enumerate(numbers) if index not in taken)
        found += [Mention(n, _find_tail(content, n.end), number=n.extract(content)) for n in bare]
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
    """Return words without the blanks and line breaks that printing put between them.

    >>> tidy("关于 数字\\n政府的 Data Act")
    '关于数字政府的Data Act'
    """
    return " ".join(_BLANK.sub("", words).split())


def _find_tail(content: str, end: int) -> int:
    """Return the end of the brackets that follow directly; `end` where there are none."""
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
    """Return whether a number is in the brackets behind a title, or right behind it."""
    return number.end <= tail or (
        not content[title.end : number.start].strip() and number.start - title.end < 3
    )


def _leads(content: str, number: Span, title: Span) -> bool:
    """Return whether a number is right before a title: 国发〔2015〕24号《…》, 国发〔2015〕24号文《…》."""
    return title.start - number.end < 4 and content[number.end : title.start].strip(" \u3000）)") in (
        "",
        "文",
        "文件",
    )
