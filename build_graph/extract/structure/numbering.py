"""The marks that number a document (第一章, 一、, （一）, 1., 1.1, 第一条), and which carry its numbering on.

Marks are found wherever they can stand, since some pages put a whole document on one line. One at the start
of a line counts; one behind the end of a sentence counts if its number is the next; one right behind a word
counts only where nothing else has its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from build_graph.extract.structure.marks import find_indent, parse_numeral
from build_graph.model import Span

_CHINESE = "一二三四五六七八九十百"
_MARK = re.compile(
    rf"""
    (?=[第{_CHINESE}（(\d]) (?:                                               # first characters of a mark
    (?P<chapter> 第[{_CHINESE}零〇]{{1,5}}[章编] (?=[\s　]|[^的第规所中内和与及、，,。；;）)》]) )  # 第一章
  | (?P<part>    第[{_CHINESE}零〇]{{1,5}}节 (?=[\s　]) )                    # 第二节
  | (?P<section> [{_CHINESE}]{{1,4}}[ ]?、 (?![{_CHINESE}]、) )                  # 一、   not 一、二、三产业
  | (?P<article> 第[{_CHINESE}千零〇]{{1,6}}条 (?![第例款约件]|规定) )        # 第一条
  | (?P<clause>  (?<!第)[（(] [{_CHINESE}]{{1,4}} [ ]? [)）] (?!项(?!目)) )        # （一）  not 第（一）项
  | (?P<decimal> (?<![\d.．]) (?P<prefix>\d{{1,2}}(?:[.．]\d{{1,2}}){{0,2}}) [.．]\d{{1,2}} [.．、]?
                 (?=[ 　\t]*[\u4e00-\u9fff“《]) (?![%％‰亿万千百元倍个人家户项米吨亩小年月版]) )   # 2.3.1
  | (?P<item>    (?<![\d.．]) \d{{1,3}} [ ]? [.．、] )                            # 1．
    )
    """,
    re.VERBOSE,
)
_NO_NUMERAL = re.compile(rf"[^\d{_CHINESE}千零〇]")
_LAST_NUMBER = re.compile(r"\d+(?=[.．、]?$)")
DECIMALS = ("decimal2", "decimal3", "decimal4")  # 1.1, 1.1.1, 1.1.1.1
LEVELS_DOWN = ("chapter", "part", "section", "article", "clause", "row", "item", *DECIMALS)
DEPTH = {kind: depth for depth, kind in enumerate(LEVELS_DOWN)} | {"table": LEVELS_DOWN.index("section")}
_BOUNDARY = frozenset('\n 　\t\xa0。；;！!？?：:）)］]〕】﹞》”"')  # characters before a mark within a line
_ENDS = tuple("。；;！!？?）)〕】]")
_GAP = 3  # numbers that a mark may be ahead of the last one
_HEADING = 40  # characters of a heading that may run into the mark of what it heads
_AHEAD = 60  # marks among which a better one with the same number is looked for
_SENTENCE = re.compile(r"[。；;！!？?，]")
_TITLE_END = re.compile(r"(?:\d|[^\w、]|方案|通知|意见|办法|细则|措施|计划|要点|规定|如下|要求)$")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_AMOUNT = re.compile(r"\d+(?:[%％‰亿万千百元倍个人家户项米吨亩小]|[.．]\d)")
_NO_SECTION_BEFORE = frozenset(f"第周期其之初、{_CHINESE}")  # 星期二、星期三; 其一、


class Place(Enum):
    """The place of a mark in its line."""

    LINE = "at its start"
    BOUNDARY = "behind the end of a sentence or bracket, or a blank"
    GLUED = "right behind a word"


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbering mark; `kind` is one of `LEVELS_DOWN`, or "stop" or "table"."""

    kind: str
    ordinal: int
    span: Span
    printed: str = ""
    prefix: str = ""  # of a decimal: 2.3 of 2.3.1
    glued: bool = False  # right behind a word


def find_marks(content: str) -> Iterator[Mark]:
    """Yield everything that looks like a mark, in order."""
    for found in _MARK.finditer(content):
        kind, printed = found.lastgroup or "", found[0].strip()
        if found["prefix"]:
            prefix = found["prefix"].replace("．", ".")
            number = _LAST_NUMBER.search(printed)
            ordinal = int(number[0]) if number else 0
            yield Mark(DECIMALS[prefix.count(".")], ordinal, Span(*found.span()), printed, prefix)
        else:
            ordinal = parse_numeral(_NO_NUMERAL.sub("", printed))
            yield Mark(kind, ordinal, Span(*found.span()), printed)


def select_marks(content: str, marks: Sequence[Mark]) -> Iterator[Mark]:
    """Yield the stops, and the marks that carry a numbering on."""
    numbering = _Numbering(content, marks)
    for at, mark in enumerate(marks):
        if numbering.accepts(at):
            numbering.follow(mark)
            numbered = mark.kind not in ("stop", "table", "row")
            glued = numbered and find_place(content, mark.span.start) is Place.GLUED
            yield replace(mark, glued=True) if glued else mark


def find_place(content: str, position: int) -> Place:
    """Return where in its line a position is."""
    if is_at_line_start(content, position) or content[position - 2 : position] == "　　":
        return Place.LINE
    return Place.BOUNDARY if content[position - 1] in _BOUNDARY else Place.GLUED


def is_at_line_start(content: str, position: int) -> bool:
    """Return whether only blanks are between the line's start and `position`."""
    begin = find_indent(content, position)
    return begin == 0 or content[begin - 1] == "\n"


@dataclass(slots=True)
class _Numbering:
    """The state of the numbering, while the marks are read from left to right."""

    content: str
    marks: Sequence[Mark]
    last: dict[str, int] = field(default_factory=dict)  # by kind, under the current parent
    running: dict[str, int] = field(default_factory=dict)  # by kind, through the document
    before: Mark | None = None
    stopped: bool = False

    def follow(self, mark: Mark) -> None:
        """Take a mark: what is numbered below it begins anew."""
        if mark.kind == "stop":
            self.stopped = True
            return
        self.stopped = False
        self.last = {kind: n for kind, n in self.last.items() if DEPTH[kind] <= DEPTH[mark.kind]}
        self.last[mark.kind] = self.running[mark.kind] = mark.ordinal
        self.before = mark

    def accepts(self, at: int) -> bool:
        """Return whether the mark at a place in `marks` carries the numbering on."""
        mark = self.marks[at]
        if mark.kind in ("stop", "table", "row"):
            return True
        if mark.kind in DECIMALS:
            return self._continues_decimals(mark)
        unlisted = mark.kind != "item" or not self._is_listed(at)
        return unlisted and self._continues(at)

    def _is_listed(self, at: int) -> bool:
        """Return whether an item is a number (1.5), or a name in the list of attachments."""
        return self._is_decimal(self.marks[at]) or (self.stopped and not self._has_text(at))

    def _continues(self, at: int) -> bool:
        """Return whether a mark is in a place for its kind, with a number that is expected there."""
        mark = self.marks[at]
        place = find_place(self.content, mark.span.start)
        if place is Place.LINE:
            return True
        if mark.ordinal not in self._list_expected(mark.kind):
            return place is Place.BOUNDARY and self._is_after_gap(mark)
        if mark.kind == "clause":  # （一）（一） within one division is a reference
            return (
                mark.ordinal != 1
                or self.before is None
                or self.before.kind != "clause"
                or self.before.ordinal != 1
            )
        return place is Place.BOUNDARY or self._has_lost_break(at)

    def _list_expected(self, kind: str) -> set[int]:
        return {1, self.last.get(kind, 0) + 1, self.running.get(kind, 0) + 1}

    def _continues_decimals(self, mark: Mark) -> bool:
        """Return whether 2.3 stands at the start of a line, first or next of its kind."""
        return is_at_line_start(self.content, mark.span.start) and (
            mark.ordinal == 1 or mark.ordinal == self.last.get(mark.kind, 0) + 1
        )

    def _has_text(self, at: int) -> bool:
        """Return whether an item behind a signature is text, and no name in a list of attachments."""
        start, following = self.marks[at].span.end, self.marks[at + 1 : at + 2]
        words = self.content[start : following[0].span.start if following else None]
        return bool(_SENTENCE.search(words.rstrip("。；; \n　\t")))

    def _is_after_gap(self, mark: Mark) -> bool:
        """Return whether a mark at a boundary skips one or two numbers, as where a page lost a stretch."""
        last = self.running if mark.kind == "article" else self.last
        if not 1 < mark.ordinal - last.get(mark.kind, 0) <= _GAP:
            return False
        if mark.kind == "item":  # only behind a sentence or bracket and a blank, and no number: 2. … 。 4.对…
            ends = self.content[max(mark.span.start - 4, 0) : mark.span.start]
            follows = self.content[mark.span.end : mark.span.end + 1]
            return (
                mark.kind in last
                and ends.rstrip(" 　")[-1:] in _ENDS
                and ends[-1:] in " 　"
                and follows.isalpha()
            )
        return mark.kind in ("section", "article")

    def _is_decimal(self, mark: Mark) -> bool:
        """Return whether an item mark is the start of a number (1.5), not of an item (5.2021年…, 3．5G…)."""
        after = self.content[mark.span.end : mark.span.end + 8]
        if not after[:1].isdecimal() or _YEAR.match(after):
            return False
        expected = mark.ordinal in self._list_expected("item")
        clear = mark.printed[-1] != "." or is_at_line_start(self.content, mark.span.start)
        return bool(_AMOUNT.match(after)) or not (expected and clear)

    # ------------------------------------------------------------------- right behind a word

    def _has_lost_break(self, at: int) -> bool:
        """Return whether a mark with the next number, right behind a word, is one for all that.

        附则第一章 总则第一条为了…; 市社团办十五、在新增社会组织中…; （一）加强领导1.成立小组。 2.…
        """
        mark = self.marks[at]
        if mark.kind in ("chapter", "part"):
            return True
        if mark.kind == "article":
            return (
                self.before is not None
                and self.before.kind in ("chapter", "part")
                and self._follows_heading(mark)
            )
        if mark.kind == "section":
            odd = self.content[mark.span.start - 1] in _NO_SECTION_BEFORE
            begins = mark.ordinal > 1 or self._ends_title(mark)
            return begins and not odd and not self._has_rival(at)
        return self._is_item_behind_word(at)

    def _ends_title(self, mark: Mark) -> bool:
        """Return whether a title or a date stands before the first mark of a document on one line."""
        return bool(_TITLE_END.search(self.content, max(mark.span.start - 4, 0), mark.span.start))

    def _is_item_behind_word(self, at: int) -> bool:
        """Return whether 1. stands behind a heading and 2. follows, or 3. behind what 2. says."""
        mark = self.marks[at]
        follows = self.content[mark.span.end : mark.span.end + 1]
        if not (follows.isalpha() or follows in "“《") or self._has_rival(at):
            return False
        if mark.ordinal > 1:
            return mark.printed[-1] != "、" and self.last.get("item") == mark.ordinal - 1
        return self._follows_heading(mark) and self._is_followed(at)

    def _follows_heading(self, mark: Mark) -> bool:
        """Return whether only a short heading is between the mark before and this one."""
        heading = self.content[self.before.span.end : mark.span.start] if self.before else ""
        return self.before is not None and len(heading) <= _HEADING and not _SENTENCE.search(heading)

    def _has_rival(self, at: int) -> bool:
        """Return whether a mark of this kind and number stands in a better place further on."""
        mark = self.marks[at]
        return any(
            other.kind == mark.kind
            and other.ordinal == mark.ordinal
            and find_place(self.content, other.span.start) is not Place.GLUED
            for other in self._iterate_following(at)
        )

    def _is_followed(self, at: int) -> bool:
        """Return whether the next number follows."""
        mark = self.marks[at]
        return any(
            other.kind == mark.kind and other.ordinal == mark.ordinal + 1
            for other in self._iterate_following(at)
        )

    def _iterate_following(self, at: int) -> Iterator[Mark]:
        """Yield the marks behind one, up to a stop or a shallower one that carries a numbering on."""
        depth = DEPTH[self.marks[at].kind]
        for other in self.marks[at + 1 : at + 1 + _AHEAD]:
            if other.kind == "stop" or (DEPTH[other.kind] < depth and self._seems_next(other)):
                return
            yield other

    def _seems_next(self, mark: Mark) -> bool:
        """Return whether a mark stands in a good place, or has the next number of its kind."""
        placed = find_place(self.content, mark.span.start) is not Place.GLUED
        return placed or mark.ordinal == self.last.get(mark.kind, 0) + 1
