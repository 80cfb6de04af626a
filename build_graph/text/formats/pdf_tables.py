"""The ruled tables of a page of a PDF, and the lines of text outside of them.

The cells and their text are those that pdfplumber finds, which compares all points with each other, and all
letters with each cell. Here each is compared only with those near it, so that the work grows with the content
of the page; where it would still be too much, the page is read as if it had no tables.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from math import isnan, isqrt
from operator import itemgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from build_graph.text.formats.task_tables import Cell

if TYPE_CHECKING:
    from pdfplumber.page import Page as PdfPage

_GAP = 0.5  # of a character's size: a wider gap is a blank
_NEAR = 2.0  # points by which edges of cells may differ
_FULL = 2.0  # characters by which a full line may miss the right edge
_SLACK = 1.0  # points: more than what rounding makes of a sum
_STEPS = 5_000_000  # of work on one page: 5 seconds

Box = tuple[float, float, float, float]  # left, top, right, bottom, in points from the upper left corner
Point = tuple[float, float]
Thing = dict[str, Any]  # a letter or a line, as pdfplumber describes it


class _TooMuchError(Exception):
    """A page whose tables would take too much work."""


@dataclass(slots=True)
class _Steps:
    """The work that may still be done on a page."""

    left: int = _STEPS

    def count(self, steps: int) -> None:
        """Count steps; raises _TooMuchError where no more are left."""
        self.left -= steps
        if self.left < 0:
            raise _TooMuchError


@dataclass(frozen=True, slots=True)
class RuledTable:
    """A ruled table: its box, its rows, and the number of its columns."""

    box: Box
    rows: list[list[Cell]]
    width: int


def find_tables_and_lines(page: PdfPage) -> tuple[list[RuledTable], list[Thing]]:
    """Return the tables of more than one row and column from top to bottom, and the lines outside."""
    steps = _Steps()
    try:
        found = [_Table(cells, steps) for cells in _split_into_tables(_find_cells(page, steps))]
        tables = [table.read_cells(page.chars) for table in found if table.is_table]
        return tables, _find_lines_outside(page, [table.box for table in tables], steps)
    except _TooMuchError:
        return [], _build_lines(page.chars, page.bbox)


def _find_lines_outside(page: PdfPage, boxes: Sequence[Box], steps: _Steps) -> list[Thing]:
    """Return the lines of a page that are in none of some boxes."""
    near = _BoxGrid(boxes, steps)

    def is_outside(thing: Thing) -> bool:
        across, down = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not near.find_touching((across, down, across, down))

    return _build_lines([char for char in page.chars if is_outside(char)], page.bbox)


def _build_lines(chars: list[Thing], box: Box) -> list[Thing]:
    """Return the lines that letters form."""
    if not chars:
        return []
    written = import_module("pdfplumber.utils").chars_to_textmap(
        chars, layout_bbox=box, x_tolerance_ratio=_GAP
    )
    lines: list[Thing] = written.extract_text_lines()
    return lines


def join_pieces(one: str, two: str) -> str:
    """Return two pieces of a paragraph as one; words in Latin letters are separated by a blank."""
    apart = one[-1:].isascii() and two[:1].isascii() and one[-1:].isalpha() and two[:1].isalpha()
    return f"{one} {two}" if apart else one + two


# -------------------------------------------------------------------------------------- cells


@dataclass(slots=True)
class _Crossing:
    """The rules that cross at a point, each as its box."""

    upright: set[Box] = field(default_factory=set)
    level: set[Box] = field(default_factory=set)


def _find_crossings(page: PdfPage, steps: _Steps) -> dict[Point, _Crossing]:
    """Return the points of a page at which rules cross."""
    table = import_module("pdfplumber.table")
    settings = table.TableSettings()
    across, down = settings.intersection_x_tolerance, settings.intersection_y_tolerance
    rules = table.TableFinder.get_edges(SimpleNamespace(page=page, settings=settings))
    level = sorted((one for one in rules if one["orientation"] == "h"), key=itemgetter("top", "x0"))
    tops = [one["top"] for one in level]
    found: dict[Point, _Crossing] = defaultdict(_Crossing)
    for one in (one for one in rules if one["orientation"] == "v"):
        first = bisect_left(tops, one["top"] - down - _SLACK)
        last = bisect_right(tops, one["bottom"] + down + _SLACK)
        steps.count(last - first)
        for other in level[first:last]:
            if (
                one["top"] <= other["top"] + down
                and one["bottom"] >= other["top"] - down
                and other["x0"] - across <= one["x0"] <= other["x1"] + across
            ):
                crossing = found[one["x0"], other["top"]]
                crossing.upright.add(_read_box(one))
                crossing.level.add(_read_box(other))
    return found


def _find_cells(page: PdfPage, steps: _Steps) -> Iterator[Box]:
    """Yield, for each crossing point, the smallest cell of which it is the upper left corner."""
    found = _find_crossings(page, steps)
    rows, columns = defaultdict(list), defaultdict(list)
    for point in sorted(found):
        columns[point[0]].append(point)
        rows[point[1]].append(point)
    place = {point: at for column in columns.values() for at, point in enumerate(column)}
    along = {point: at for row in rows.values() for at, point in enumerate(row)}
    for point in sorted(found):
        below = columns[point[0]][place[point] + 1 :]
        right = rows[point[1]][along[point] + 1 :]
        if cell := _find_smallest_cell(point, below, right, found, steps):
            yield cell


def _find_smallest_cell(
    point: Point,
    below: Sequence[Point],
    right: Sequence[Point],
    found: dict[Point, _Crossing],
    steps: _Steps,
) -> Box | None:
    """Return the smallest cell between a point and those below it and right of it."""
    corner = found[point]
    steps.count(len(below) + len(right))
    beside = [one for one in right if not corner.level.isdisjoint(found[one].level)]
    for lower in below:
        if corner.upright.isdisjoint(found[lower].upright):
            continue
        for at, other in enumerate(beside, start=1):
            opposite = found.get((other[0], lower[1]))
            if (
                opposite
                and not opposite.upright.isdisjoint(found[other].upright)
                and not opposite.level.isdisjoint(found[lower].level)
            ):
                steps.count(at)
                return (*point, other[0], lower[1])
        steps.count(len(beside))
    return None


def _split_into_tables(cells: Iterable[Box]) -> list[list[Box]]:
    """Return the cells of each table, which share corners; a cell by itself is no table."""
    table_of: dict[Point, list[Box]] = {}
    for cell in cells:
        corners = _list_corners(cell)
        known = {id(table_of[corner]): table_of[corner] for corner in corners if corner in table_of}
        largest = max(known.values(), key=len, default=[])
        largest.append(cell)
        for other in known.values():
            if other is not largest:
                largest += other
                table_of.update((corner, largest) for one in other for corner in _list_corners(one))
        table_of.update(dict.fromkeys(corners, largest))
    tables = {id(table): table for table in table_of.values() if len(table) > 1}.values()
    return sorted(tables, key=lambda table: min((cell[1], cell[0]) for cell in table))


def _list_corners(cell: Box) -> tuple[Point, ...]:
    left, top, right, bottom = cell
    return (left, top), (left, bottom), (right, top), (right, bottom)


def _read_box(thing: Thing) -> Box:
    return thing["x0"], thing["top"], thing["x1"], thing["bottom"]


# ------------------------------------------------------------------------------------- places


class _BoxGrid:
    """Boxes by their places, so that a search for those at a place need not look at all."""

    def __init__(self, boxes: Sequence[Box], steps: _Steps) -> None:
        """Put each box into the fields of a grid that it covers."""
        self._boxes, self._steps = boxes, steps
        self._fields: dict[tuple[int, int], list[int]] = defaultdict(list)
        if not boxes:
            return
        self._number = isqrt(len(boxes)) + 1
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        self._left, self._top = min(lefts), min(tops)
        self._across = max(max(rights) - self._left, 1.0) / self._number
        self._down = max(max(bottoms) - self._top, 1.0) / self._number
        for at, box in enumerate(boxes):
            for place in self._iterate_fields(box):
                self._fields[place].append(at)

    def find_touching(self, place: Box) -> list[int]:
        """Return the numbers of the boxes that touch `place`, in order."""
        if not self._boxes:
            return []
        near = {at for one in self._iterate_fields(place) for at in self._fields.get(one, ())}
        self._steps.count(len(near))
        return sorted(at for at in near if _is_touching(self._boxes[at], place))

    def _locate_field(self, place: float) -> int:
        """Return the number of the nearest field; -1 for a place that is not a number."""
        return int(min(max(place, -1), self._number)) if not isnan(place) else -1

    def _iterate_fields(self, box: Box) -> Iterator[tuple[int, int]]:
        """Yield the fields that a box covers."""
        first, last = (self._locate_field((x - self._left) // self._across) for x in (box[0], box[2]))
        upper, lower = (self._locate_field((y - self._top) // self._down) for y in (box[1], box[3]))
        self._steps.count((last - first + 1) * (lower - upper + 1))
        for column in range(first, last + 1):
            for row in range(upper, lower + 1):
                yield column, row


def _is_touching(one: Box, two: Box) -> bool:
    return one[0] <= two[2] and two[0] <= one[2] and one[1] <= two[3] and two[1] <= one[3]


# ------------------------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class _Table:
    """The cells of a table."""

    cells: Sequence[Box]
    steps: _Steps

    @property
    def is_table(self) -> bool:
        """True if there is more than one row and column."""
        return all(len({cell[side] for cell in self.cells}) > 1 for side in (0, 1))

    def read_cells(self, chars: Sequence[Thing]) -> RuledTable:
        """Return the table with its text; the span of each cell follows from its edges."""
        lefts, tops = (_merge_edges(cell[side] for cell in self.cells) for side in (0, 1))
        rows: list[list[Cell]] = [[] for _ in tops]
        for box, own in self._place_chars(chars):
            left, top, right, bottom = box
            across = _count_between(lefts, left - _NEAR, right - _NEAR)
            down = _count_between(tops, top - _NEAR, bottom - _NEAR)
            at = bisect_left(tops, top - _NEAR)
            rows[at].append(Cell(tuple(_read_cell_lines(own, box)), max(down, 1), max(across, 1)))
        return RuledTable(self._box, rows, len(lefts))

    @property
    def _box(self) -> Box:
        lefts, tops, rights, bottoms = zip(*self.cells, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _place_chars(self, chars: Sequence[Thing]) -> Iterator[tuple[Box, list[Thing]]]:
        """Yield the cells from the upper left to the lower right, each with its letters, cut at its edges."""
        cells = sorted(self.cells, key=itemgetter(1, 0))
        near, held = _BoxGrid(cells, self.steps), defaultdict(list)
        clip = import_module("pdfplumber.utils").clip_obj
        for char in chars:
            for at in near.find_touching(_read_box(char)):
                if (part := clip(char, cells[at])) is not None:
                    held[at].append(part)
        for at, cell in enumerate(cells):
            yield cell, held[at]


def _count_between(edges: Sequence[float], first: float, last: float) -> int:
    """Return the number of edges between two places, without these."""
    return max(0, bisect_left(edges, last) - bisect_right(edges, first))


def _merge_edges(values: Iterable[float]) -> list[float]:
    """Return the distinct edges among these; edges near each other are taken for one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _NEAR:
            edges.append(value)
    return edges


def _read_cell_lines(chars: list[Thing], box: Box) -> list[str]:
    """Return the lines of a cell, wrapped ones joined."""
    found = _build_lines(chars, box)
    if not found:
        return []
    right = box[2] - (min(line["x0"] for line in found) - box[0])  # the cell's padding on the other side
    right = max(right, *(line["x1"] for line in found))
    lines = [found[0]["text"].strip()]
    for before, line in pairwise(found):
        if before["x1"] > right - _FULL * before["chars"][0]["size"]:
            lines[-1] = join_pieces(lines[-1], line["text"].strip())
        else:
            lines.append(line["text"].strip())
    return lines
