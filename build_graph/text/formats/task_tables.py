"""Tables as text: a task table row by row, with the words of its head as labels; others cell by cell.

序号 / 重点任务 / 牵头单位 / 完成时限 becomes, for each row, the number on a line of its own, the task, then
牵头单位：… and 完成时限：…, as in documents without tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from build_graph.resources import load_word_lists

_HEAD_ROWS = 6  # rows among which the head is
_HEAD_CELL = 30  # characters of the longest cell of a head
_CELLS = 2  # lines by which a flattened table's head is known again
_WIDEST = 60  # columns
_ENDS = "、，,；;。：:"
_NUMBER = re.compile(r"[（(]?(\d{1,3})[.．、)）]?")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its lines, and the numbers of rows and columns that it spans."""

    lines: tuple[str, ...]
    rows: int = 1
    columns: int = 1

    @property
    def words(self) -> str:
        """The text of all lines, without blanks."""
        return re.sub(r"\s+", "", "".join(self.lines))


class Part(StrEnum):
    """The purpose of a column."""

    NUMBER = "number"
    GROUP = "group"  # what several rows have in common
    TASK = "task"
    LABELLED = "labelled"  # bodies, persons, deadlines, remarks: written behind a label


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a task table; `label` is its text in the head."""

    part: Part
    label: str
    bodies: bool = False


Grid = list[list[Cell]]  # a cell that spans several places is in each of them


@dataclass(frozen=True, slots=True)
class TableWriter:
    """A writer of tables as lines, with the words of `data/tables.toml`."""

    bodies: re.Pattern[str]
    persons: re.Pattern[str]
    known: re.Pattern[str]
    number: re.Pattern[str]
    due: re.Pattern[str]
    remark: re.Pattern[str]
    group: re.Pattern[str]
    short: re.Pattern[str]
    empty: re.Pattern[str]

    @classmethod
    def load(cls) -> TableWriter:
        """Return a writer with the package's own words."""
        data = load_word_lists("tables")
        column, part = data["column"], data["part"]
        known = [column["bodies"], column["persons"], part["due"], part["remark"], *column["others"]]
        return cls(
            bodies=re.compile(column["bodies"]),
            persons=re.compile(column["persons"]),
            known=re.compile("|".join(known)),
            **{name: re.compile(pattern) for name, pattern in part.items()},
        )

    def format_lines(self, rows: Sequence[Sequence[Cell]]) -> list[str]:
        """Return the lines of a table, without blank ones.

        >>> head = [Cell((words,)) for words in ("序号", "重点任务", "牵头单位", "完成时限")]
        >>> row = [Cell((words,)) for words in ("1", "完善政务外网。", "市大数据局", "2020年底")]
        >>> TableWriter.load().format_lines([head, row])[4:]
        ['1', '完善政务外网。', '牵头单位：市大数据局', '完成时限：2020年底']
        """
        grid = _build_grid(rows)
        head = self._find_head(grid)
        if head is None:
            return [line for row in rows for cell in row for line in cell.lines if line.strip()]
        first, columns = head
        return [
            *_flatten_grid(grid[: first[0]]),
            *self._iterate_titles(grid, first, columns),
            *self._iterate_rows(grid[first[1] :], columns),
        ]

    def is_task_table(self, rows: Sequence[Sequence[Cell]]) -> bool:
        """Return whether a head names a column of tasks and one of bodies."""
        return self._find_head(_build_grid(islice(rows, _HEAD_ROWS + 2))) is not None

    # -------------------------------------------------------------------------------- head

    def _find_head(self, grid: Grid) -> tuple[tuple[int, int], tuple[Column, ...]] | None:
        """Return the rows of the head, as start and end, and the columns; None for any other table."""
        for start, row in enumerate(grid[:_HEAD_ROWS]):
            if not self._is_head(row):
                continue
            end = start + 1
            while end < len(grid) and end < start + 3 and self._goes_on(row, grid[end]):
                end += 1
            columns = tuple(
                self._classify_column([line[at] for line in grid[start:end]]) for at in range(len(row))
            )
            if any(column.bodies for column in columns) and any(c.part is Part.TASK for c in columns):
                return (start, end), columns
        return None

    def _is_head(self, row: Sequence[Cell]) -> bool:
        """Return whether a row names columns, one of bodies among them, and nothing else."""
        words = {cell.words for cell in row if cell.words}
        if len(words) < 2 or any(len(word) > _HEAD_CELL for word in words):
            return False
        named = sum(bool(self.known.fullmatch(_strip_bracket(word))) for word in words)
        return 2 * named > len(words) and any(self.bodies.fullmatch(_strip_bracket(word)) for word in words)

    def _goes_on(self, head: Sequence[Cell], row: Sequence[Cell]) -> bool:
        """Return whether a row is part of the head: it shares cells with it, and new ones name columns."""
        new = [cell for above, cell in zip(head, row, strict=True) if above is not cell and cell.words]
        named = all(self.known.fullmatch(c.words) or self.short.fullmatch(c.words) for c in new)
        return len(new) < len(row) and bool(new) and named

    def _classify_column(self, cells: Sequence[Cell]) -> Column:
        """Return the column below these cells of the head."""
        above, label = cells[0].words, _strip_bracket(cells[-1].words) or _strip_bracket(cells[0].words)
        if self.short.fullmatch(label) and self.bodies.fullmatch(_strip_bracket(above)):
            label += _strip_bracket(above)[-2:]
        if self.bodies.fullmatch(label):
            return Column(Part.LABELLED, label, bodies=True)
        if self.number.fullmatch(label):
            return Column(Part.NUMBER, label)
        if self.group.fullmatch(label):
            return Column(Part.GROUP, label)
        labelled = any(p.fullmatch(label) for p in (self.persons, self.due, self.remark))
        return Column(Part.LABELLED if labelled else Part.TASK, label)

    def _iterate_titles(self, grid: Grid, head: tuple[int, int], columns: Sequence[Column]) -> Iterator[str]:
        """Yield the head, a line for each column, after any further text of its cells."""
        for cell in _deduplicate(cell for row in grid[head[0] : head[1]] for cell in row):
            if cell.words != _strip_bracket(cell.words):
                yield cell.words
        labels = [column.label for column in columns if column.label]
        known = list(dict.fromkeys(label for label in labels if self.known.fullmatch(label)))
        if len(known) >= _CELLS:
            yield from known

    # -------------------------------------------------------------------------------- rows

    def _iterate_rows(self, grid: Grid, columns: Sequence[Column]) -> Iterator[str]:
        """Yield the rows' lines."""
        before: list[Cell] = []
        for row in grid:
            cells = list(_deduplicate(row))
            if [cell.words for cell in row] == [column.label for column in columns]:
                continue  # the head, printed again on a new page
            if len([cell for cell in cells if cell.words]) == 1 and len(columns) > 1:
                yield from _iterate_lines(next(cell for cell in cells if cell.words))
            else:
                yield from self._format_row(row, columns, before)
            before = row

    def _format_row(
        self, row: Sequence[Cell], columns: Sequence[Column], before: Sequence[Cell]
    ) -> Iterator[str]:
        """Yield the lines of a row: number, group, task, then the labelled cells."""
        pairs = [(c, column) for c, column in zip(row, columns, strict=True) if not self._is_empty(c)]
        of = {part: [cell for cell, column in pairs if column.part is part] for part in Part}
        new = [c for c in _deduplicate([*of[Part.GROUP], *of[Part.TASK]]) if not any(c is b for b in before)]
        lines = [line for cell in new or of[Part.TASK][-1:] for line in _iterate_lines(cell)]
        mark = next((c.words for c in of[Part.NUMBER] if not any(c is b for b in before)), "")
        if number := _NUMBER.fullmatch(mark):
            yield number[1]
        elif mark and lines:
            lines[0] = mark + lines[0]
        yield from lines
        for label, cell in _find_labelled(pairs):
            yield f"{label}：{_join_lines(cell)}"

    def _is_empty(self, cell: Cell) -> bool:
        return bool(self.empty.fullmatch(cell.words))


def _build_grid(rows: Sequence[Sequence[Cell]] | Iterator[Sequence[Cell]]) -> Grid:
    """Return the rows with every cell at each place that it covers, all equally long."""
    grid: Grid = []
    open_: dict[int, tuple[Cell, int]] = {}  # by column: a cell from above and the rows left for it
    for row in rows:
        line: list[Cell] = []
        cells = iter(row)
        while len(line) < _WIDEST:
            if len(line) in open_:
                line.append(_take_open(open_, len(line)))
                continue
            cell = next(cells, None)
            if cell is None:
                if not any(at > len(line) for at in open_):
                    break
                line.append(Cell(()))
                continue
            for _ in range(min(cell.columns, _WIDEST - len(line))):
                if cell.rows > 1:
                    open_[len(line)] = (cell, cell.rows - 1)
                line.append(cell)
        grid.append(line)
    width = max(map(len, grid), default=0)
    return [line + [Cell(())] * (width - len(line)) for line in grid]


def _take_open(open_: dict[int, tuple[Cell, int]], at: int) -> Cell:
    """Return the cell from above at a column, and count down the rows left for it."""
    cell, left = open_.pop(at)
    if left > 1:
        open_[at] = (cell, left - 1)
    return cell


def _deduplicate(cells: Sequence[Cell] | Iterator[Cell]) -> Iterator[Cell]:
    """Return each cell once, in order, however many places it covers."""
    return iter({id(cell): cell for cell in cells}.values())


def _find_labelled(pairs: Sequence[tuple[Cell, Column]]) -> Iterator[tuple[str, Cell]]:
    """Return the labels of a row with the first cell of each."""
    labelled: dict[str, Cell] = {}
    for cell, column in pairs:
        if column.part is Part.LABELLED:
            labelled.setdefault(column.label, cell)
    return iter(labelled.items())


def _flatten_grid(grid: Grid) -> Iterator[str]:
    for cell in _deduplicate(cell for row in grid for cell in row):
        yield from _iterate_lines(cell)


def _iterate_lines(cell: Cell) -> Iterator[str]:
    return (line.strip() for line in cell.lines if line.strip())


def _strip_bracket(words: str) -> str:
    """Return the words without a bracket behind them: 责任单位（列首位的为牵头单位）."""
    return re.sub(r"[（(][^（()）]*[）)]$", "", words)


def _join_lines(cell: Cell) -> str:
    """Return the lines of a cell as one, with 、 between names that are on lines of their own."""
    words = ""
    for line in _iterate_lines(cell):
        words += ("、" if words and words[-1] not in _ENDS and line[0] not in _ENDS else "") + line
    return words
