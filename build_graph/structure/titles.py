"""Where titles in 《》 and document numbers stand in a text, whatever they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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


def find_titles(content: str) -> Iterator[Span]:
    """The outermost 《…》 with their marks, in order, in one pass.

    A title goes over a line break or two, but not over a full stop: one that never closes is given up,
    and those closed within it stand for themselves.

    >>> [span.extract("《甲〈乙〉》《丙《丁》戊》《己") for span in find_titles("《甲〈乙〉》《丙《丁》戊》《己")]
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
            span = Span(opened.pop(), at + 1)
            while inner and inner[-1].start > span.start:
                inner.pop()
            inner.append(span)
            if not opened:
                yield from inner
                inner = []
    yield from inner


@dataclass(frozen=True, slots=True)
class NumberFinder:
    """Finds document numbers, with the words of `data/citations.toml`."""

    before: re.Pattern[str]  # words in front of a number's own word
    body: re.Pattern[str]  # a body's name in front of it
    order: re.Pattern[str]  # 令第412号, 公告2019年第39号, 2020年第8号

    @classmethod
    def load(cls) -> NumberFinder:
        """A finder with the package's own words."""
        words = load_word_lists("citations")["number"]
        before = "|".join(sorted(map(re.escape, words["before"]), key=len, reverse=True))
        orders = "|".join(words["orders"])
        return cls(
            before=re.compile(rf"(?:{before})"),
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

    def find_numbers(self, content: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
        """Numbers with a year in brackets, from their first word on: 国发〔2015〕24号."""
        for found in _YEAR.finditer(content, start, len(content) if end is None else end):
            word = _HAN_WORD.search(content[max(start, found.start() - _WORD) : found.start()])
            own = self._find_own_words(word[0]) if word and not found["order"] else ""
            if own:
                yield Span(found.start() - len(own), found.end())

    def find_order_number(self, content: str, start: int, end: int) -> Span | None:
        """The number of an order or announcement, with the body in front of it: 国务院令第412号."""
        found = self.order.search(content, start, end)
        if not found:
            return None
        body = _BODY.search(content[max(start, found.start() - _WORD) : found.start()])
        return Span(found.start() - len(body[0]) if body else found.start(), found.end())

    def _find_own_words(self, word: str) -> str:
        """What of the words in front of a year is the number's own: 根据国务院办公厅国办发 → 国办发."""
        for pattern in (self.before, self.body):
            ends = [found.end() for found in pattern.finditer(word)]
            word = word[max((end for end in ends if len(word[end:].strip()) > 1), default=0) :]
        return word
