"""The text of a PDF that has text: headers, footers and page numbers left out, wrapped lines joined.

A PDF holds the places of characters and no paragraphs: a line that reaches the right edge is joined with the
next one, unless that one is indented or opens with a mark. Ruled tables are read by their rules.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_graph.errors import NoMemoryError, ObligationError, load_extra, shorten_error
from build_graph.model import Source
from build_graph.resources import load_word_lists
from build_graph.text.formats.kinds import Kind, UnreadableError
from build_graph.text.formats.limits import ReadingLimits
from build_graph.text.formats.pdf_bounds import Budget, limit_reading
from build_graph.text.formats.pdf_tables import RuledTable, find_tables_and_lines, join_pieces
from build_graph.text.formats.task_tables import TableWriter

if TYPE_CHECKING:
    from pdfplumber.page import Page as PdfPage

_MARGIN = 0.12  # of a page's height, at the top and bottom, for headers and footers
_REPEATED = 3  # pages that have a line in common if it is a header or footer
_FULL = 2.0  # characters by which a full line may miss the right edge
_INDENT = 0.8  # characters by which a line is indented
_LONG = 10  # characters of a line that shows the page's edges
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
class _Page:
    """The content of a page, from top to bottom, and the left and right edges of its text."""

    items: list[_Line | RuledTable]
    left: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class _PdfRules:
    """The rules of `data/pdf.toml`."""

    page_number: re.Pattern[str]
    contents: re.Pattern[str]
    opening: re.Pattern[str]
    ends: str

    @classmethod
    def load(cls) -> _PdfRules:
        data = load_word_lists("pdf")
        number, contents, opening = (re.compile(data[n]) for n in ("page_number", "contents", "opening"))
        return cls(number, contents, opening, data["ends"])


def read_pdf(data: bytes, name: str, limits: ReadingLimits) -> Source:
    """Return the document in a PDF.

    Raises UnreadableError for a scanned, encrypted or damaged one, LimitError where it unpacks to too much.
    """
    words = _PdfRules.load()
    pages = _read_pages(data, name, words, limits)
    if not any(item for page in pages for item in page.items if item != _build_lost_line()):
        raise UnreadableError(
            f"{name}: is a scanned PDF without text; run it through text recognition (OCR), e.g. "
            "ocrmypdf -l chi_sim, or find the text itself"
        )
    text = "\n".join(_list_lines(pages, words))
    if text.count("(cid:") > _GARBLED * len(text):
        raise UnreadableError(
            f"{name}: its text cannot be told from its fonts; run it through text recognition (OCR), "
            "e.g. ocrmypdf -l chi_sim --force-ocr"
        )
    return Source(name, text + "\n", "", Kind.PDF.media)


# ------------------------------------------------------------------------------------ pages


def _read_pages(data: bytes, name: str, words: _PdfRules, limits: ReadingLimits) -> list[_Page]:
    """Return the pages, without headers, footers and page numbers."""
    pdfplumber = load_extra("pdfplumber", "pdf", f"{name}: reading PDF")
    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of every flaw of every font
    with limit_reading(limits, name) as budget:
        try:
            with pdfplumber.open(io.BytesIO(data)) as pdf:
                pages = [_read_page(page, words, budget) for page in pdf.pages]
            fault = budget.fault
        except Exception as error:  # a damaged file makes the parser raise anything
            raise budget.fault or _build_damage_error(name, error) from error
    if fault:  # the parser took it for damage, and went on
        raise fault
    repeated = Counter(line for _, margins in pages for line in set(margins))
    often = min(_REPEATED, max(2, (len(pages) + 1) // 2))
    return [
        _drop_margins(page, {line for line in margins if repeated[line] >= often}) for page, margins in pages
    ]


def _build_damage_error(name: str, error: Exception) -> ObligationError:
    """Return the error of a PDF that cannot be parsed."""
    if "Password" in repr(error):
        return UnreadableError(
            f"{name}: is protected by a password; take the password off, and save it again"
        )
    if "MemoryError" in repr(error):
        return NoMemoryError(name)
    return UnreadableError(f"{name}: is a damaged PDF ({shorten_error(error)[:80]}); fetch it again")


def _read_page(page: PdfPage, words: _PdfRules, budget: Budget) -> tuple[_Page, list[str]]:
    """Return a page without page numbers, and its lines near the upper and lower edge."""
    budget.begin_page()
    upright = sum(bool(char["upright"]) for char in page.chars)
    if 2 * upright > len(page.chars):  # what is turned on a page that is not is a watermark
        page = page.filter(lambda thing: thing["object_type"] != "char" or thing["upright"])
    tables, lines = find_tables_and_lines(page)
    found: list[tuple[float, _Line | RuledTable]] = [(one.box[1], one) for one in tables]
    margins = []
    for line in lines:
        marginal = not _MARGIN < line["top"] / float(page.height) < 1 - _MARGIN
        text = line["text"].strip()
        if marginal and words.page_number.fullmatch(text):
            continue
        if marginal:
            margins.append(_normalise_line(text, line["top"]))
        size = line["chars"][0]["size"]
        found.append((line["top"], _Line(text, line["x0"], line["x1"], size, line["top"])))
    if not found and page.images:
        found.append((0.0, _build_lost_line()))
    items = [item for _, item in sorted(found, key=lambda one: one[0])]
    long = [item for item in items if isinstance(item, _Line) and len(item.text) >= _LONG]
    edges = (min((i.left for i in long), default=0.0), max((i.right for i in long), default=0.0))
    page.close()
    return _Page(items, *edges), margins


def _build_lost_line() -> _Line:
    """Return the line that stands for a page without text, such as a picture."""
    return _Line(_LOST, 0.0, 0.0, 0.0)


def _normalise_line(text: str, top: float) -> str:
    """Return a line with its place and all numbers alike: a header gives the same on each page."""
    return f"{re.sub(r'[0-9]+', '0', text)} @{round(top)}"


def _drop_margins(page: _Page, repeated: set[str]) -> _Page:
    """Return the page without its headers and footers."""
    if not repeated:
        return page
    kept = [
        i for i in page.items if isinstance(i, RuledTable) or _normalise_line(i.text, i.top) not in repeated
    ]
    return _Page(kept, page.left, page.right)


# ------------------------------------------------------------------------------------- text


def _list_lines(pages: Sequence[_Page], words: _PdfRules) -> list[str]:
    """Return the lines of the document: paragraphs and tables, joined across pages."""
    writer = TableWriter.load()
    lines: list[str] = []
    before: tuple[_Line, _Page] | None = None  # the last line of a paragraph that may go on
    for item, page in _join_tables(pages):
        if isinstance(item, RuledTable):
            lines += writer.format_lines(item.rows)
            before = None
        elif words.contents.fullmatch(item.text):
            continue
        elif before and _goes_on(*before, item, page, words):
            lines[-1] = join_pieces(lines[-1], item.text)
            before = item, page
        else:
            lines.append(item.text)
            before = item, page
    return [line for line in lines if line]


def _join_tables(pages: Sequence[_Page]) -> Iterator[tuple[_Line | RuledTable, _Page]]:
    """Yield the items of the pages, a table that ends one page and begins the next as one."""
    held: tuple[RuledTable, _Page] | None = None
    for page in pages:
        for index, item in enumerate(page.items):
            if index == 0 and held and isinstance(item, RuledTable) and held[0].width == item.width:
                held[0].rows.extend(item.rows)
                continue
            if held:
                yield held
            held = (item, page) if isinstance(item, RuledTable) else None
            if not held:
                yield item, page
    if held:
        yield held


def _goes_on(before: _Line, its_page: _Page, line: _Line, page: _Page, words: _PdfRules) -> bool:
    """Return whether a line continues the paragraph of the one before it."""
    if before.right < its_page.right - _FULL * before.size or abs(before.size - line.size) > 1:
        return False
    ended = before.text.endswith(tuple(words.ends))
    indented = line.left > page.left + _INDENT * line.size
    return not ended or not (indented or words.opening.match(line.text))
