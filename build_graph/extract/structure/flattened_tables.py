"""Task tables that a page has flattened to lines, one cell a line: their heads, rows and columns.

序号 / 主要任务 / 牵头单位 / 配合单位 / 完成时限, then 1 / 完善政务外网 / 市大数据局 / 各区县政府 / 2020年底
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


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A flattened table: its head, the text below it, and the labels of the columns that hold bodies."""

    head: Span
    rows: Span
    bodies: tuple[str, ...]  # 牵头单位, 配合单位
    persons: bool  # a column names persons: 牵头领导

    def iterate_numbers(self, content: str) -> Iterator[tuple[int, Span]]:
        """Yield the rows' numbers, as far as each follows the one before."""
        expected = 1
        for found in _ROW.finditer(content, self.rows.start, self.rows.end):
            if int(found["number"]) in (1, expected):
                expected = int(found["number"]) + 1
                yield int(found["number"]), Span(*found.span("number"))


@dataclass(frozen=True, slots=True)
class TableParser:
    """A parser of flattened tables, with the words of `data/tables.toml`."""

    bodies: re.Pattern[str]
    persons: re.Pattern[str]
    column: re.Pattern[str]
    end: re.Pattern[str]

    @classmethod
    def load(cls) -> TableParser:
        """Return a parser with the package's own words."""
        data = load_word_lists("tables")
        bodies, persons = data["column"]["bodies"], data["column"]["persons"]
        others = "|".join(data["column"]["others"])
        stops = "|".join(map(re.escape, load_word_lists("outline")["stop"]["lines"]))
        return cls(
            bodies=re.compile(bodies),
            persons=re.compile(persons),
            column=re.compile(f"(?:{bodies}|{persons}|{others})"),
            end=re.compile(rf"^[^\S\n]*(?:{stops})", re.MULTILINE),
        )

    def read(self, content: str) -> tuple[FlatTable, ...]:
        """Return the tables of a text, in order; each ends at the next one or at a line such as 附件."""
        heads = list(self._find_heads(content))
        starts = [cells[0].start for cells in heads] + [len(content)]
        return tuple(
            self._build_table(content, cells, following)
            for cells, following in zip(heads, starts[1:], strict=True)
        )

    def _find_heads(self, content: str) -> Iterator[list[Span]]:
        """Yield runs of lines that each name a column: one of bodies, one of their tasks."""
        run: list[Span] = []
        for line in iterate_lines(content, Span(0, len(content))):
            if self.column.fullmatch(content, line.start, line.end):
                run.append(line)
            else:
                if self._is_head(content, run):
                    yield run
                run = []
        if self._is_head(content, run):
            yield run

    def _is_head(self, content: str, run: Sequence[Span]) -> bool:
        if len(run) < _CELLS:
            return False
        cells = [cell.extract(content) for cell in run]
        bodies = sum(bool(self.bodies.fullmatch(cell)) for cell in cells)
        persons = sum(bool(self.persons.fullmatch(cell)) for cell in cells)
        return bool(bodies) and bodies + persons < len(run)

    def _build_table(self, content: str, cells: Sequence[Span], following: int) -> FlatTable:
        end = self.end.search(content, cells[-1].end, following)
        words = [cell.extract(content) for cell in cells]
        return FlatTable(
            head=Span(cells[0].start, cells[-1].end),
            rows=Span(cells[-1].end, end.start() if end else following),
            bodies=tuple(word for word in words if self.bodies.fullmatch(word)),
            persons=any(self.persons.fullmatch(word) for word in words),
        )


def find_table_at(tables: Sequence[FlatTable], position: int) -> FlatTable | None:
    """Return the table that holds a position of the text; `tables` are in order."""
    at = bisect_right([table.rows.start for table in tables], position) - 1
    return tables[at] if at >= 0 and position < tables[at].rows.end else None
