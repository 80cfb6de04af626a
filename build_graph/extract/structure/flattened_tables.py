"""Task tables that a page has flattened to text: their heads, rows and columns.

With a cell a line: 序号 / 主要任务 / 牵头单位 / 配合单位, then 1 / 完善政务外网 / 市大数据局 / 各区县政府.
Or with cells that ran together: 序号主要任务牵头单位配合单位, then 1完善政务外网。市大数据局各区县政府.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_graph.extract.structure.marks import iterate_lines
from build_graph.model import Span
from build_graph.resources import load_word_lists

_CELLS = 2  # columns that a head has at least: the task, and the bodies responsible for it
_ROW = re.compile(r"^[^\S\n]*(?P<number>\d{1,3})[^\S\n]*$", re.MULTILINE)  # a row's number on its own line
# A column right behind another: where a head that ran together can be.
_TIGHT = re.compile(
    r"(?:号|时间|时限|任务|内容|措施|事项|单位|名称|目标|领导|项目)(?:[省市县区][级直]|主要|具体)?"
    r"(?:牵头|责任|配合|负责|主管|实施|落实|主办|指导|参与|承办)(?:（[^（）\n]{2,4}）)?(?:单位|部门|处室|科室)"
)
_GLUED_REACH = 80  # characters before and behind such a place that hold the head
_OTHERS = 60  # characters of the names of columns that are not known
_NOTE = re.compile(r"（[^（）]*）$")  # （逗号前为牵头单位）
_GLUED_ROW = re.compile(r"^[^\S\n]*(?P<number>\d{1,3})[^\S\n]*(?=[\u4e00-\u9fff“（【])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A flattened table: its head, the text below it, and the labels of the columns that hold bodies."""

    head: Span
    rows: Span
    bodies: tuple[str, ...]  # 牵头单位, 配合单位
    persons: bool  # a column names persons: 牵头领导
    glued: bool  # its cells ran together
    trailing: bool  # text stands behind the bodies: 年度目标

    @property
    def divisions(self) -> bool:
        """True if a column names divisions of a body: 指导处室."""
        return any(label.endswith(("处室", "科室", "股室")) for label in self.bodies)

    def has_rows(self, content: str) -> bool:
        """Return whether rows can be told by their numbers."""
        return next(self.iterate_numbers(content), None) is not None

    def iterate_numbers(self, content: str) -> Iterator[tuple[int, Span]]:
        """Yield the rows' numbers, as far as each follows the one before; a table may begin within a list."""
        expected = None
        for found in (_GLUED_ROW if self.glued else _ROW).finditer(content, self.rows.start, self.rows.end):
            number = int(found["number"])
            if expected is None or number in (1, expected):
                expected = number + 1
                yield number, Span(*found.span("number"))


@dataclass(frozen=True, slots=True)
class _Head:
    """The head of a table, and its columns; without a column of bodies it only ends the table before it."""

    span: Span
    cells: tuple[str, ...]
    glued: bool = False


@dataclass(frozen=True, slots=True)
class TableParser:
    """A parser of flattened tables, with the words of `data/tables.toml`."""

    bodies: re.Pattern[str]
    persons: re.Pattern[str]
    number: re.Pattern[str]
    column: re.Pattern[str]
    glued: re.Pattern[str]  # a whole head that ran together
    glued_bodies: re.Pattern[str]  # a column in it
    glued_persons: re.Pattern[str]
    due: re.Pattern[str]
    end: re.Pattern[str]

    @classmethod
    def load(cls) -> TableParser:
        """Return a parser with the package's own words."""
        data = load_word_lists("tables")
        bodies, persons = data["column"]["bodies"], data["column"]["persons"]
        others = "|".join(data["column"]["others"])
        stops = "|".join(map(re.escape, load_word_lists("outline")["stop"]["lines"]))
        column = f"(?:{bodies}|{persons}|{others})"
        together = "|".join(data["glued"].values())
        return cls(
            bodies=re.compile(bodies),
            persons=re.compile(persons),
            number=re.compile(data["part"]["number"]),
            column=re.compile(column),
            glued=re.compile(
                rf"(?:(?:序号|编号|项目号)(?:{together}){{2,9}}|(?:{together}){{3,9}}(?=[一二三\d]))"
            ),
            glued_bodies=re.compile(data["glued"]["bodies"]),
            glued_persons=re.compile(data["glued"]["persons"]),
            due=re.compile(f"(?:{data['part']['due']}|{data['part']['remark']})"),
            end=re.compile(rf"^[^\S\n]*(?:{stops})|^[^\S\n]*(?:附?表|附件)\s*\d", re.MULTILINE),
        )

    def read(self, content: str) -> tuple[FlatTable, ...]:
        """Return the tables of a text, in order.

        Each ends at the next head, one of a table without bodies too, or at a line such as 附件.
        """
        heads = sorted([*self._find_heads(content), *self._find_glued_heads(content)], key=lambda h: h.span)
        starts = [head.span.start for head in heads] + [len(content)]
        return tuple(
            self._build_table(content, head, following)
            for head, following in zip(heads, starts[1:], strict=True)
            if any(map(self.bodies.search, head.cells))
        )

    def _find_heads(self, content: str) -> Iterator[_Head]:
        """Yield runs of lines that each name a column."""
        run: list[Span] = []
        for line in (*iterate_lines(content, Span(0, len(content))), Span(0, 0)):
            if self.column.fullmatch(content, line.start, line.end):
                run.append(line)
                continue
            cells = tuple(cell.extract(content) for cell in run)
            if self._is_head(cells):
                yield _Head(Span(run[0].start, run[-1].end), cells)
            run = []

    def _is_head(self, cells: Sequence[str]) -> bool:
        """Return whether cells are a head: numbered, or with a column of bodies and one of their tasks."""
        if len(cells) < _CELLS:
            return False
        bodies = sum(bool(self.bodies.fullmatch(cell)) for cell in cells)
        persons = sum(bool(self.persons.fullmatch(cell)) for cell in cells)
        return bool(self.number.fullmatch(cells[0])) or (bool(bodies) and bodies + persons < len(cells))

    def _find_glued_heads(self, content: str) -> Iterator[_Head]:
        """Yield heads whose columns ran together: 序号重点任务牵头单位配合单位."""
        reached = 0
        for hint in _TIGHT.finditer(content):  # the pattern of a whole head is slow over a whole text
            begin = max(reached, hint.start() - _GLUED_REACH)
            found = self.glued.search(content, begin, hint.end() + _GLUED_REACH)
            if hint.start() >= reached and found and self.glued_bodies.search(found[0]):
                yield _Head(Span(*found.span()), (found[0],), glued=True)
                reached = found.end()

    def _build_table(self, content: str, head: _Head, following: int) -> FlatTable:
        end = self.end.search(content, head.span.end, following)
        named = self.glued_bodies.finditer if head.glued else self.bodies.finditer
        columns = [found for cell in head.cells for found in named(cell)]
        behind = head.cells[-1][columns[-1].end() :] if head.glued else ""
        return FlatTable(
            head=head.span,
            rows=Span(head.span.end, end.start() if end else following),
            bodies=tuple(_NOTE.sub("", column[0]) for column in columns),
            persons=any(map(self.glued_persons.search if head.glued else self.persons.fullmatch, head.cells)),
            glued=head.glued,
            trailing=bool(self.due.sub("", behind)) if head.glued else self._has_trailing(content, head),
        )

    def _has_trailing(self, content: str, head: _Head) -> bool:
        """Return whether columns follow those of the bodies that are no deadline, known ones or others."""
        last = max(at for at, cell in enumerate(head.cells) if self.bodies.fullmatch(cell))
        first = _ROW.search(content, head.span.end)
        others = content[head.span.end : first.start()].strip() if first else ""
        known = any(not self.due.fullmatch(cell) for cell in head.cells[last + 1 :])
        return known or (0 < len(others) <= _OTHERS and "。" not in others)


def find_table_at(tables: Sequence[FlatTable], position: int) -> FlatTable | None:
    """Return the table that holds a position of the text; `tables` are in order."""
    at = bisect_right([table.rows.start for table in tables], position) - 1
    return tables[at] if at >= 0 and position < tables[at].rows.end else None
