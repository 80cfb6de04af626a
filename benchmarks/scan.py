"""Finds by plain patterns where texts say who answers; imports nothing of the package, whose rules it tests.

    python benchmarks/scan.py CORPUS.jsonl.gz [--left-out tests/gold/drawn.csv] > places.jsonl

A line of JSON is a place: the document's id, where the words begin and end in its text, and one of three
kinds.

- `bracket`: a bracket of at most 200 characters at the end of a sentence or line, which ends in a word of
  responsibility (负责, 牵头 …) or in the name of a body.
- `label`: what follows 责任单位, 牵头单位 … and a colon, 为 or a blank, to the end of its sentence or line.
- `cell`: a cell under a column with such a head.

Page footers, forms and events are no places; they are listed with `"form": true`, so that anybody can look
at them.
`--left-out` leaves out the documents of the part `test` of a list.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from sample import read_records

HEADS = "责任单位|牵头单位|负责单位|配合单位|责任部门|责任处室"
BRACKET = re.compile(r"[（(〔［\[【〈]([^（()）\n]{2,200})[）)〕］\]】〉](?=[。；;]|[ \t　]*(?:\n|$))")
RESPONSIBLE = re.compile(r"(?:负责|牵头|配合|落实|参与|[部委局厅办院署]|政府|公司|中心)$")
LABEL = re.compile(rf"(?:{HEADS})(?:[：:]|为|[ \t　]+)[ \t　]*([^。；;\n]{{2,200}})")
HEAD = re.compile(rf"(?:{HEADS})(?:[（(].{{0,12}}[）)])?")
FORM = re.compile(
    r"电话|传真|邮编|邮箱|地址|联系人|盖章|公章|签字|签章|主办|承办|(?<!政)协办|印发$|版权|备案号|金额|姓名|单位名称|填写|____|举办|以下简称|下称"
)
_NUMBER = re.compile(r"\d{1,3}[.、]?")
_SEPARATORS = re.compile(r"\t+| {2,}|　{2,}|\|")
_SHORT = 14  # characters of a head at most
_COLUMNS = range(3, 10)


class Place(NamedTuple):
    """Words that name who answers."""

    kind: str
    start: int
    end: int
    words: str

    def overlaps(self, start: int, end: int) -> bool:
        """Return whether it shares a character with a stretch of the text."""
        return start < self.end and self.start < end


def scan(text: str) -> Iterator[Place]:
    """Yield the places of a text in their order, each once."""
    end = 0
    for found in sorted(_find_all(text), key=attrgetter("start")):
        if found.start >= end:  # a label in a bracket is there twice
            end = found.end
            yield found


def _find_all(text: str) -> Iterator[Place]:
    yield from find_cells(text)
    for match in BRACKET.finditer(text):
        if RESPONSIBLE.search(match[1].strip()):
            yield Place("bracket", match.start(1), match.end(1), match[1])
    for match in LABEL.finditer(text):
        yield Place("label", match.start(1), match.end(1), match[1])


def find_cells(text: str) -> Iterator[Place]:
    """Yield the cells under heads of responsibility, of tables with a cell a line or a row a line."""
    lines = list(_iterate_lines(text))
    for at, (start, line) in enumerate(lines):
        if not HEAD.search(line):
            continue
        cells = _split(start, line)
        columns = [place for place, (_, cell) in enumerate(cells) if HEAD.fullmatch(cell)]
        if len(cells) in _COLUMNS and columns:
            yield from _find_in_rows(lines[at + 1 :], len(cells), columns)
        elif HEAD.fullmatch(line.strip()):
            yield from _find_in_column(lines, at)


def _find_in_rows(lines: list[tuple[int, str]], width: int, columns: list[int]) -> Iterator[Place]:
    """Yield the cells of rows that are a line each, until a line has another number of cells."""
    for start, line in lines:
        cells = _split(start, line)
        if len(cells) != width:
            return
        for column in columns:
            yield from _build_cell(*cells[column])


def _find_in_column(lines: list[tuple[int, str]], at: int) -> Iterator[Place]:
    """Yield the cells of a table with a cell a line, whose heads stand around a line.

    Rows begin with a number, one higher each time; a row with more or fewer cells than heads gives none.
    """
    first = at
    while first and _is_head(lines[first - 1][1]):
        first -= 1
    last = at + 1
    while last < len(lines) and _is_head(lines[last][1]):
        last += 1
    heads = [line.strip() for _, line in lines[first:last]]
    columns = [place for place, one in enumerate(heads) if HEAD.fullmatch(one)]
    if len(heads) not in _COLUMNS or columns[0] != at - first:
        return  # no table, or seen from its first such head already
    rows: list[list[tuple[int, str]]] = []
    for start, line in lines[last:]:
        if _NUMBER.fullmatch(line.strip()) and int(re.sub(r"\D", "", line)) == len(rows) + 1:
            rows.append([])
        elif not rows:
            return
        rows[-1].append((start, line))
    for row in rows:
        for column in columns if len(row) == len(heads) else ():
            yield from _build_cell(*row[column])


def _build_cell(start: int, cell: str) -> Iterator[Place]:
    words = cell.strip()
    if len(words) > 1:
        begin = start + cell.index(words)
        yield Place("cell", begin, begin + len(words), words)


def _is_head(line: str) -> bool:
    """Return whether a line can be the head of a column."""
    return 1 < len(line.strip()) <= _SHORT and not re.search(r"[。；，、：:]|^\d", line)


def _split(start: int, line: str) -> list[tuple[int, str]]:
    """Return the cells of a line with their starts."""
    cells, at = [], 0
    for gap in _SEPARATORS.finditer(line):
        cells.append((start + at, line[at : gap.start()]))
        at = gap.end()
    return [(begin, cell) for begin, cell in [*cells, (start + at, line[at:])] if cell.strip()]


def _iterate_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines that are not blank, with their starts."""
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, line
        start += len(line) + 1


def read_open_records(corpus: Path, left_out: Path | None) -> Iterator[dict[str, Any]]:
    """Yield the records of a corpus, but for the part `test` of a list of documents."""
    hidden = set()
    if left_out:
        with left_out.open(encoding="utf-8", newline="") as file:
            hidden = {row["id"] for row in csv.DictReader(file) if row["part"] == "test"}
    return (record for record in read_records(corpus) if record["id"] not in hidden)


def main() -> None:
    """Print the places of a corpus."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--left-out", type=Path)
    given = parser.parse_args()
    for record in read_open_records(given.corpus, given.left_out):
        for place in scan(record["text"]):
            said = {"id": record["id"], **place._asdict()}
            said |= {"form": True} if FORM.search(place.words) else {}
            print(json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    main()
