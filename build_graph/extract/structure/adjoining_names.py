"""Names of bodies whose cells ran together: 市工信局市委网信办、市发展改革委2020年底.

Where two names stand side by side without a mark between them, one cell ended. A name is taken up to the
first ending behind which something can begin: a mark, another name, a number, or the end of the row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from build_graph.extract.structure.flattened_tables import FlatTable
from build_graph.model import Span

_SHORTEST, _LONGEST = 2, 18  # characters of a name
_MARKS = "、，,；;"
_OPENS = re.compile(
    r"自治[区州县]|(?<![城都超上])市|区(?![块域])|[省县州旗盟各本]|有关|相关|国家|中央|中国"
)  # how most names begin
_LEVEL = re.compile(r"(?<![城都超上])市|区(?![块域])|[县省]")
_OPEN = re.compile(r"（[^）]*$")  # within a bracket: 各县（市、区）政府
_CLOSES = re.compile(r"[局委办厅部院署府处科会司心社行队室站所校团体位门关构组厂协联商）)]$")
_AFTER = re.compile(
    r"[\s\d]|[一二三四五六七八九十]{1,2}、|年底|长期|持续|启动|全年|每年|$"
)  # what else can stand behind a name
_WORD = re.compile(r"[\u4e00-\u9fff]{2,8}(?=[、，])")  # a name of no known shape within a list: 移动、联通
_ENDED = re.compile(r"[。；;！!\n]|(?:[月年]底?前|长期(?:实施|坚持)?|全年|持续(?:推进|实施)?)(?=[^，。；、])")
_BEFORE = re.compile(rf"(?:{_ENDED.pattern})$".replace("(?=[^，。；、])", ""))
_PERSON = re.compile(r"(?<=[。；\n])[\u4e00-\u9fff]{2,4}$")
_OTHERS = re.compile(r"等(?:相关|有关)?(?:部门|单位)?")
# What no name of a body holds: it runs on into the words of the next column.
_ACTS = re.compile(
    r"[在对将把按向A-Za-z\d]|[月年]底|长期|同时|负责|牵头|会同|配合|加快|推进|开展|实施|启动|鼓励|建立|打造|建成|实现|加强|提升|完善|形成|完成|初步"
)
_PLAIN = re.compile("(?:局|委|厅|部|署|政府|支队|总队|大队|公司|银行|学院|大学|协会)$")
_DIVISION = re.compile(r"(?!办事)[\u4e00-\u9fff]{2,4}[处科室]")  # 水资源处
_REACH = 6  # characters before a name that may hold a deadline or a person
_OFTEN = 3  # characters behind which a name without a level must stand to begin there
_CLOSE = 3  # characters by which a longer name may exceed the shortest: 市政府|金融办


@dataclass(frozen=True, slots=True)
class AdjoiningNames:
    """The cells of bodies in a row: each holds names with marks between them."""

    cells: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the first name to the last."""
        return Span(self.cells[0].start, self.cells[-1].end)


@dataclass(frozen=True, slots=True)
class RowReader:
    """A reader of the text of a row, or of all rows of a table whose numbers cannot be told.

    `names_body` tells whether words are a name.
    """

    content: str
    row: Span
    table: FlatTable
    names_body: Callable[[str], bool]

    def find(self) -> AdjoiningNames | None:
        """Return the names in a row, or None.

        Names right behind the end of a sentence go before others, then the longest go.
        """
        found = [
            (self._follows_sentence(start), names)
            for start in self._iterate_starts()
            if (names := self._read(start, trailing=self.table.trailing))
        ]
        plain = [one for one in found if one[0] or len(one[1].cells) > 1 or one[1].span.end == self.row.end]
        best = max(plain, key=lambda one: (one[0], len(one[1].span)), default=None)
        return best[1] if best else None

    def find_all(self) -> Iterator[AdjoiningNames]:
        """Yield the names of all rows, each behind the end of a sentence, a deadline or a person."""
        reached = self.row.start
        for start in self._iterate_starts():
            if start < reached or not self._follows_sentence(start) or not self._begins(start):
                continue
            names = self._read(start, trailing=True)
            if names and (len(names.cells) > 1 or _AFTER.match(self.content, names.span.end)):
                yield names
                reached = names.span.end

    def _iterate_starts(self) -> Iterator[int]:
        """Yield the places at which a name can begin: behind a sentence, and at a word of a level."""
        places = {found.start() for found in _OPENS.finditer(self.content, self.row.start, self.row.end)}
        if not self.table.persons:
            places |= {found.end() for found in _ENDED.finditer(self.content, self.row.start, self.row.end)}
        yield from sorted(places)

    def _follows_sentence(self, start: int) -> bool:
        """Return whether a place is behind the end of a sentence, a deadline, or a person in a column."""
        if start == self.row.start:
            return True
        reach = max(self.row.start, start - _REACH)
        person = _PERSON.search(self.content, reach, start) if self.table.persons else None
        return _BEFORE.search(self.content, reach, person.start() if person else start) is not None

    def _read(self, start: int, *, trailing: bool) -> AdjoiningNames | None:
        """Return the names from `start` on, or None where none begins there or something else follows.

        Where text is `trailing` behind them, anything may follow.
        """
        cells: list[Span] = []
        begun = at = start
        while (stop := self._find_end(at, trailing=trailing)) is not None:
            others = _OTHERS.match(self.content, stop, self.row.end)
            stop = others.end() if others else stop
            at = self._skip_to_next(stop, trailing=trailing)
            if at == stop:
                cells.append(Span(begun, stop))
                begun = stop
                if not self._begins(stop):
                    break
        ended = cells and (cells[-1].end == self.row.end or _AFTER.match(self.content, cells[-1].end))
        return AdjoiningNames(tuple(cells)) if cells and (trailing or ended) and at == begun else None

    def _skip_to_next(self, stop: int, *, trailing: bool) -> int:
        """Return where the next name of a list begins, behind a mark and short words; else `stop`."""
        at = stop
        while at < self.row.end and self.content[at] in _MARKS:
            at += 1
            if self._find_end(at, trailing=trailing) is not None:
                return at
            word = _WORD.match(self.content, at, self.row.end)
            if word is None:
                break
            at = word.end()
        return stop

    def _find_end(self, start: int, *, trailing: bool) -> int | None:
        """Return where the name ends that begins at `start`; None for no name."""
        stops = []
        for stop in self._iterate_ends(start, _SHORTEST):
            if self.content[stop - 1] in _MARKS and not _OPEN.search(self.content, start, stop):
                break
            if not self._is_name(start, stop):
                continue
            if self._can_end(stop):
                return stop
            stops.append(stop)
        return max((stop for stop in stops if stop <= stops[0] + _CLOSE), default=None) if trailing else None

    def _iterate_ends(self, start: int, shortest: int) -> Iterator[int]:
        yield from range(start + shortest, min(start + _LONGEST, self.row.end) + 1)

    def _is_name(self, start: int, stop: int) -> bool:
        """Return whether words are one name, and no words of a level before another: 城|市大脑|市经信局."""
        words = self.content[start:stop]
        if not _CLOSES.search(words) or _ACTS.search(words) or not self.names_body(words):
            return False
        inner = _LEVEL.search(words, 2) if _LEVEL.match(words) else None
        return not (inner and len(words) - inner.start() > 2 and self.names_body(words[inner.start() :]))

    def _can_end(self, stop: int) -> bool:
        """Return whether a name can end here: at a mark, a number, the row's end, or another name."""
        return (
            stop == self.row.end
            or self.content[stop] in f"{_MARKS}等"
            or bool(_AFTER.match(self.content, stop))
            or self._begins(stop)
        )

    def _begins(self, start: int) -> bool:
        """Return whether a name begins right here: 市工信局|市科技局.

        Without a level it must stand behind other words elsewhere (区环保局|东城交通支队, but 市委网信办), or
        be a division where a column has these.
        """
        names = (
            self.content[start:stop] for stop in self._iterate_ends(start, 3) if self._is_name(start, stop)
        )
        levelled = bool(_OPENS.match(self.content, start))
        return any(levelled or self._stands_alone(name) for name in names)

    def _stands_alone(self, name: str) -> bool:
        """Return whether a name without a level is a division, or stands behind different words."""
        if self.table.divisions and _DIVISION.fullmatch(name):
            return True
        if not _PLAIN.search(name):
            return False
        return len(set(re.findall(rf"(\w){re.escape(name)}", self.content))) >= _OFTEN
