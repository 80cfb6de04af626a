"""The text of a PDF that has text: headers, footers and page numbers left out, wrapped lines joined.

A PDF knows where characters stand, not what a paragraph is: a line that reaches the right edge goes on in
the next one, unless that one is indented or opens with a mark. Ruled tables are read by their rules.
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from build_graph.errors import ObligationError
from build_graph.extras import extra
from build_graph.model import Source
from build_graph.reading.kinds import Kind, UnreadableError
from build_graph.reading.limits import MEGABYTE, Limits
from build_graph.reading.tables import Cell, TableWriter
from build_graph.resources import word_lists

if TYPE_CHECKING:
    from pdfplumber.page import Page as PdfPage
    from pdfplumber.table import Table as PdfTable

_MARGIN = 0.12  # of a page's height, in which headers and footers stand
_REPEATED = 3  # pages on which a line stands that is a header or footer
_FULL = 2.0  # characters by which a full line may miss the right edge
_INDENT = 0.8  # characters by which a line is indented
_LONG = 10  # characters of a line by which a page's edges are told
_GAP = 0.5  # of a character's size: a wider gap is a blank
_NEAR = 2.0  # points by which edges of cells may differ
_GARBLED = 0.05  # share of characters without meaning that makes a text layer useless
_LOST = "\ufffd"  # stands for a page without text


@dataclass(frozen=True, slots=True)
class _Line:
    """A line on a page: its words, its edges in points, and the size of its characters."""

    text: str
    left: float
    right: float
    size: float
    top: float = 0.0


@dataclass(slots=True)
class _Table:
    """A ruled table, row by row; `width` counts its columns."""

    rows: list[list[Cell]]
    width: int


@dataclass(slots=True)
class _Page:
    """What stands on a page, from top to bottom, and where its text begins and ends across."""

    items: list[_Line | _Table]
    left: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class _Words:
    """The rules of `data/pdf.toml`."""

    page_number: re.Pattern[str]
    contents: re.Pattern[str]
    opening: re.Pattern[str]
    ends: str

    @classmethod
    def load(cls) -> _Words:
        data = word_lists("pdf")
        number, contents, opening = (re.compile(data[n]) for n in ("page_number", "contents", "opening"))
        return cls(number, contents, opening, data["ends"])


def read_pdf(data: bytes, name: str, limits: Limits) -> Source:
    """The document in a PDF.

    Raises UnreadableError for a scanned, encrypted or damaged one, LimitError where it unpacks to too much.
    """
    _check_streams(data, name, limits)
    words = _Words.load()
    pages = _pages(data, name, words)
    if not any(item for page in pages for item in page.items if item != _lost()):
        raise UnreadableError(
            f"{name}: is a scanned PDF without text; run it through text recognition (OCR), e.g. "
            "ocrmypdf -l chi_sim, or find the text itself"
        )
    text = "\n".join(_text(pages, words))
    if text.count("(cid:") > _GARBLED * len(text):
        raise UnreadableError(
            f"{name}: its text cannot be told from its fonts; run it through text recognition (OCR), "
            "e.g. ocrmypdf -l chi_sim --force-ocr"
        )
    return Source(name, text + "\n", "", Kind.PDF.media)


# ------------------------------------------------------------------------------------ pages


def _check_streams(data: bytes, name: str, limits: Limits) -> None:
    """Raise LimitError where a compressed stream unpacks to more than a document may have."""
    for start in re.finditer(rb"\bstream\r?\n(?=[\x08-\x78])", data):
        unpacking, size, at = zlib.decompressobj(), 0, start.end()
        piece = data[at : at + MEGABYTE]
        try:
            while piece and not unpacking.eof:
                size += len(unpacking.decompress(piece, MEGABYTE))
                limits.check_size(size, name)
                at += MEGABYTE
                piece = unpacking.unconsumed_tail or data[at : at + MEGABYTE]
        except zlib.error:
            continue  # it is packed in another way


def _pages(data: bytes, name: str, words: _Words) -> list[_Page]:
    """The pages, without headers, footers and page numbers."""
    pdfplumber = extra("pdfplumber", "pdf", f"{name}: reading PDF")
    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of every flaw of every font
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            pages = [_page(page, words) for page in pdf.pages]
    except ObligationError:
        raise
    except Exception as error:  # a damaged file makes the parser raise anything
        if "Password" in repr(error):
            raise UnreadableError(
                f"{name}: is protected by a password; take the password off, and save it again"
            ) from error
        reason = str(error) or type(error).__name__
        raise UnreadableError(f"{name}: is a damaged PDF ({reason[:80]}); fetch it again") from error
    repeated = Counter(line for _, margins in pages for line in set(margins))
    often = min(_REPEATED, max(2, (len(pages) + 1) // 2))
    return [_without(page, {line for line in margins if repeated[line] >= often}) for page, margins in pages]


def _page(page: PdfPage, words: _Words) -> tuple[_Page, list[str]]:
    """What stands on a page, without page numbers, and its lines near the upper and lower edge."""
    upright = sum(bool(char["upright"]) for char in page.chars)
    if 2 * upright > len(page.chars):  # what is turned on a page that is not is a watermark
        page = page.filter(lambda thing: thing["object_type"] != "char" or thing["upright"])
    tables = [table for table in page.find_tables() if len(table.rows) > 1 and _columns(table) > 1]
    found: list[tuple[float, _Line | _Table]] = [(table.bbox[1], _table(page, table)) for table in tables]
    margins = []
    for line in _lines_outside(page, [table.bbox for table in tables]):
        marginal = not _MARGIN < line["top"] / float(page.height) < 1 - _MARGIN
        text = line["text"].strip()
        if marginal and words.page_number.fullmatch(text):
            continue
        if marginal:
            margins.append(_general(text, line["top"]))
        size = line["chars"][0]["size"]
        found.append((line["top"], _Line(text, line["x0"], line["x1"], size, line["top"])))
    if not found and page.images:
        found.append((0.0, _lost()))
    items = [item for _, item in sorted(found, key=lambda one: one[0])]
    long = [item for item in items if isinstance(item, _Line) and len(item.text) >= _LONG]
    edges = (min((i.left for i in long), default=0.0), max((i.right for i in long), default=0.0))
    page.close()
    return _Page(items, *edges), margins


def _lines_outside(page: PdfPage, boxes: Sequence[tuple[float, float, float, float]]) -> list[dict[str, Any]]:
    """The lines of a page that stand in no table."""

    def is_outside(thing: dict[str, Any]) -> bool:
        across, down = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not any(
            left <= across <= right and top <= down <= bottom for left, top, right, bottom in boxes
        )

    lines: list[dict[str, Any]] = page.filter(is_outside).extract_text_lines(x_tolerance_ratio=_GAP)
    return lines


def _lost() -> _Line:
    """What stands for a page that is only a picture."""
    return _Line(_LOST, 0.0, 0.0, 0.0)


def _general(text: str, top: float) -> str:
    """A line with its numbers made alike, and its place: so a header is known again on another page."""
    return f"{re.sub(r'[0-9]+', '0', text)} @{round(top)}"


def _without(page: _Page, repeated: set[str]) -> _Page:
    """The page without its headers and footers."""
    if not repeated:
        return page
    kept = [i for i in page.items if isinstance(i, _Table) or _general(i.text, i.top) not in repeated]
    return _Page(kept, page.left, page.right)


# ----------------------------------------------------------------------------------- tables


def _columns(table: PdfTable) -> int:
    return max(len(row.cells) for row in table.rows)


def _table(page: PdfPage, table: PdfTable) -> _Table:
    """A ruled table with the reach of each cell told from its edges."""
    lefts, tops = _edges(cell[0] for cell in table.cells), _edges(cell[1] for cell in table.cells)
    rows: list[list[Cell]] = [[] for _ in tops]
    for box in sorted(table.cells, key=lambda cell: (cell[1], cell[0])):
        left, top, right, bottom = box
        across = sum(left - _NEAR < edge < right - _NEAR for edge in lefts)
        down = sum(top - _NEAR < edge < bottom - _NEAR for edge in tops)
        at = sum(edge < top - _NEAR for edge in tops)
        rows[at].append(Cell(tuple(_cell(page, box)), max(down, 1), max(across, 1)))
    return _Table(rows, len(lefts))


def _edges(values: Iterator[float]) -> list[float]:
    """The distinct edges among these, those near each other taken for one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _NEAR:
            edges.append(value)
    return edges


def _cell(page: PdfPage, box: tuple[float, float, float, float]) -> list[str]:
    """The lines of a cell, wrapped ones joined."""
    lines = page.crop(box, strict=False).extract_text_lines(x_tolerance_ratio=_GAP)
    found = [_Line(i["text"].strip(), i["x0"], i["x1"], i["chars"][0]["size"]) for i in lines]
    if not found:
        return []
    right = box[2] - (min(line.left for line in found) - box[0])  # the cell's padding on the other side
    right = max(right, *(line.right for line in found))
    joined = [found[0].text]
    for before, line in pairwise(found):
        if before.right > right - _FULL * before.size:
            joined[-1] = _together(joined[-1], line.text)
        else:
            joined.append(line.text)
    return joined


# ------------------------------------------------------------------------------------- text


def _text(pages: Sequence[_Page], words: _Words) -> Iterator[str]:
    """The lines of the document: paragraphs, and tables, those that go on over pages made one."""
    writer = TableWriter.load()
    paragraph, before = "", None
    for item, page in _items(pages):
        if isinstance(item, _Table):
            if paragraph:
                yield paragraph
            paragraph, before = "", None
            yield from writer.lines(item.rows)
        elif words.contents.fullmatch(item.text):
            continue
        elif before and _goes_on(before[0], before[1], item, page, words):
            paragraph, before = _together(paragraph, item.text), (item, page)
        else:
            if paragraph:
                yield paragraph
            paragraph, before = item.text, (item, page)
    if paragraph:
        yield paragraph


def _items(pages: Sequence[_Page]) -> Iterator[tuple[_Line | _Table, _Page]]:
    """What stands on the pages, a table that ends one and begins the next as one."""
    held: tuple[_Table, _Page] | None = None
    for page in pages:
        for index, item in enumerate(page.items):
            goes_on = index == 0 and isinstance(item, _Table) and held and held[0].width == item.width
            if goes_on and held and isinstance(item, _Table):
                held[0].rows.extend(item.rows)
                continue
            if held:
                yield held
                held = None
            if isinstance(item, _Table):
                held = (item, page)
            else:
                yield item, page
    if held:
        yield held


def _goes_on(before: _Line, its_page: _Page, line: _Line, page: _Page, words: _Words) -> bool:
    """Whether a line goes on the paragraph of the one before it."""
    if before.right < its_page.right - _FULL * before.size or abs(before.size - line.size) > 1:
        return False
    ended = before.text.endswith(tuple(words.ends))
    indented = line.left > page.left + _INDENT * line.size
    return not ended or not (indented or words.opening.match(line.text))


def _together(one: str, two: str) -> str:
    """Two pieces of a paragraph as one; words in Latin letters are parted by a blank."""
    apart = one[-1:].isascii() and two[:1].isascii() and one[-1:].isalpha() and two[:1].isalpha()
    return f"{one} {two}" if apart else one + two
