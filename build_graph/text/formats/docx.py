"""The text of a DOCX: paragraphs and tables in order, with the numbers that Word shows before them.

Tracked deletions, notes, headers, footers, comments and tables of contents are left out.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from build_graph.errors import load_extra
from build_graph.model import Source
from build_graph.text.formats.archives import open_member, open_zip
from build_graph.text.formats.docx_numbering import (
    Numbering,
    find_child,
    iterate_children,
    parse_int,
    read_attribute,
    read_value,
)
from build_graph.text.formats.kinds import Kind, UnreadableError
from build_graph.text.formats.limits import LimitError, Meter, ReadingLimits, Unpacked, read_whole
from build_graph.text.formats.task_tables import Cell, TableWriter

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MAIN, _NUMBERING, _STYLES = "/officeDocument", "/numbering", "/styles"  # how the types of relations end
# Elements whose text is not part of the document, or is in it twice.
_LEFT_OUT = frozenset(
    {"del", "moveFrom", "Fallback", "rt", "instrText", "rPr", "pPr", "tblPr", "tcPr", "trPr"}
)
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo"})  # such as content controls
_CHOICES = frozenset({"AlternateContent", "Choice"})
_OFF = ("0", "false", "off")
_CONTENTS = re.compile(r"toc\s*\d|目录\s*\d", re.IGNORECASE)  # names of the styles of a table of contents
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # of XML, the usual ones
_DEEPEST = 50  # tables and text boxes within each other


def read_docx(data: bytes, name: str, limits: ReadingLimits) -> Source:
    """Return the document in a DOCX.

    Raises UnreadableError where it holds no text, LimitError where its parts unpack to too much.
    """
    with open_zip(data, name) as archive:
        parts = _Parts(archive, name, limits, Meter(limits))
        document = parts.read_main()
        reader = _BodyParser(
            Numbering.parse(parts.find_related(_NUMBERING), styles := parts.find_related(_STYLES)),
            _find_contents_styles(styles),
        )
        body = find_child(document, "body")
        lines = [] if body is None else list(reader.iterate_lines(body))
    text = "\n".join(lines)
    if not text.strip():
        raise UnreadableError(
            f"{name}: the document holds no text; if it holds pictures of pages, run them through "
            "text recognition (OCR)"
        )
    return Source(name, text + "\n", "", Kind.DOCX.media)


# ------------------------------------------------------------------------------------ parts


@dataclass(slots=True)
class _Parts:
    """The parts of a DOCX: XML files that refer to each other by relations."""

    archive: zipfile.ZipFile
    name: str
    limits: ReadingLimits
    meter: Meter
    main_name: str = ""

    def read_main(self) -> Element:
        """Return the part that holds the text."""
        self.main_name = self._find_target("_rels/.rels", "", _MAIN) or "word/document.xml"
        part = self._read_part(self.main_name)
        if part is None:
            raise UnreadableError(f"{self.name}: holds no Word document; save it again as DOCX")
        return part

    def find_related(self, kind: str) -> Element | None:
        """Return the part that the main part has a relation of some kind to; None where there is none."""
        folder, file = posixpath.split(self.main_name)
        target = self._find_target(f"{folder}/_rels/{file}.rels", folder, kind)
        return self._read_part(target) if target else None

    def _find_target(self, relations: str, folder: str, kind: str) -> str | None:
        """Return the name of the part that a relation of a kind leads to."""
        root = self._read_part(relations)
        for relation in root if root is not None else ():
            if relation.get("Type", "").endswith(kind) and relation.get("TargetMode") != "External":
                return posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        return None

    def _read_part(self, part: str) -> Element | None:
        """Return a part, parsed without entities; None where there is none."""
        etree = load_extra("lxml.etree", "docx", f"{self.name}: reading DOCX")
        try:
            info = self.archive.getinfo(part)
        except KeyError:
            return None
        where = f"{self.name} ({part})"
        packed = Unpacked(open_member(self.archive, info, where), info.compress_size, where, self.meter)
        data = read_whole(packed, self.limits, where)
        if any("<!DOCTYPE".encode(encoding) in data for encoding in _ENCODINGS):
            raise _build_bomb_error(where)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root: Element = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise UnreadableError(
                f"{where}: is damaged ({error.msg}); open it in Word and save it again"
            ) from error
        if root.getroottree().docinfo.internalDTD is not None:  # in whatever encoding
            raise _build_bomb_error(where)
        return root


def _build_bomb_error(where: str) -> LimitError:
    return LimitError(f"{where}: defines entities, as no Word document does but an XML bomb; it is not read")


def _find_contents_styles(styles: Element | None) -> frozenset[str]:
    """Return the styles of tables of contents."""
    return frozenset(
        read_attribute(style, "styleId")
        for style in iterate_children(styles, "style")
        if _CONTENTS.match(read_value(style, "name") or "")
    )


# ------------------------------------------------------------------------------------- text


@dataclass(slots=True)
class _BodyParser:
    """A reader of paragraphs and tables in order, which counts the numbered ones."""

    numbering: Numbering
    contents: frozenset[str]  # styles of tables of contents
    tables: TableWriter = field(default_factory=TableWriter.load)

    def iterate_lines(self, container: Element, depth: int = 0) -> Iterator[str]:
        """Yield the lines of a body, cell or text box."""
        if depth > _DEEPEST:
            return
        for element in _iterate_nested(container, ("p", "tbl"), _WRAPPERS | _CHOICES):
            if _read_local_name(element) == "p":
                yield from self._read_paragraph(element, depth)
            else:
                yield from self.tables.format_lines(list(self._read_rows(element, depth)))

    def _read_paragraph(self, paragraph: Element, depth: int) -> Iterator[str]:
        """Yield the lines of its text boxes, then those of a paragraph, its number first."""
        properties = find_child(paragraph, "pPr")
        if read_value(properties, "pStyle") in self.contents:
            return
        pieces: list[str] = []
        boxes: list[Element] = []
        _collect_text(paragraph, pieces, boxes)
        text = "".join(pieces)
        gone = not text.strip() and _is_deleted(find_child(properties, "rPr"))
        mark = "" if gone else self.numbering.number_paragraph(properties)
        for box in boxes:
            yield from self.iterate_lines(box, depth + 1)
        if (mark + text).strip():
            yield from (mark + text).split("\n")

    def _read_rows(self, table: Element, depth: int) -> list[list[Cell]]:
        """Return the cells of a table; vertically merged cells become one of several rows."""
        rows: list[list[Cell]] = []
        above: dict[int, tuple[int, int]] = {}  # by column: row and place of the cell that reaches down
        for row in _iterate_nested(table, ("tr",)):
            if _is_deleted(find_child(row, "trPr")):
                continue
            cells: list[Cell] = []
            column = parse_int(read_value(find_child(row, "trPr"), "gridBefore"), 0)
            cells += [Cell((), columns=column)] if column else []
            for cell in _iterate_nested(row, ("tc",)):
                properties = find_child(cell, "tcPr")
                width = parse_int(read_value(properties, "gridSpan"), 1)
                merge = read_value(properties, "vMerge")
                if merge not in (None, "restart") and column in above:
                    at, place = above[column]
                    old = rows[at][place]
                    rows[at][place] = Cell(old.lines, old.rows + 1, old.columns)
                else:
                    cells.append(Cell(tuple(self.iterate_lines(cell, depth + 1)), columns=width))
                    above.pop(column, None)
                    if merge is not None:
                        above[column] = len(rows), len(cells) - 1
                column += width
            rows.append(cells)
        return rows


def _collect_text(paragraph: Element, pieces: list[str], boxes: list[Element]) -> None:
    """Add the text of a paragraph to `pieces`, and its text boxes, not entered, to `boxes`."""
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        name = _read_local_name(element)
        if name in _LEFT_OUT or (name == "r" and _is_hidden(element)):
            continue
        if name == "txbxContent":
            boxes.append(element)
        elif name == "t":
            pieces.append(element.text or "")
        elif name in _SPACES:
            pieces.append(_SPACES[name])
        else:
            stack.append(iter(element))


def _iterate_nested(
    container: Element, names: Collection[str], wrappers: Collection[str] = _WRAPPERS
) -> Iterator[Element]:
    """Yield the elements of some names in a container, also those within wrappers."""
    stack = [iter(container)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
        elif (name := _read_local_name(element)) in names:
            yield element
        elif name in wrappers:
            stack.append(iter(element))


def _is_hidden(run: Element) -> bool:
    """Return whether a run is hidden text."""
    return read_value(find_child(run, "rPr"), "vanish") not in (None, *_OFF)


def _is_deleted(properties: Element | None) -> bool:
    """Return whether a row, or the end of a paragraph, was deleted with changes tracked."""
    return find_child(properties, "del") is not None


def _read_local_name(element: Element) -> str:
    """Return the element's name without its namespace; empty for comments and the like."""
    tag: Sequence[str] = str(element.tag).rpartition("}")
    return tag[2] if isinstance(element.tag, str) else ""
