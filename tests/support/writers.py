"""Writes one document in every format, so that tests can read it back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from html import escape

import docx
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.table import Table
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate
from reportlab.platypus import Table as PdfTable

_FONT = "STSong-Light"  # known to every reader of PDF: it need not be in the file

# (format, pattern) of the levels of a list, as Word has them for Chinese documents.
LEVELS = (("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3."))


def word(write: Callable[[Document], None]) -> bytes:
    """A DOCX that `write` fills."""
    document = docx.Document()
    write(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def add_list(document: Document, levels: Sequence[tuple[str, str]] = LEVELS, *, key: int = 90) -> int:
    """Describe a numbered list; returns its id."""
    described = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:suff w:val="nothing"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        for at, (form, pattern) in enumerate(levels)
    )
    numbering = document.part.numbering_part.element
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{key}">{described}</w:abstractNum>')
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="{key}"><w:abstractNumId w:val="{key}"/></w:num>')
    )
    return key


def add_numbered(document: Document, text: str, list_: int, level: int) -> None:
    """Add a paragraph that Word numbers."""
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr()
    properties.append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{list_}"/></w:numPr>')
    )


def add_table(document: Document, rows: Sequence[Sequence[str]]) -> Table:
    """Add a table with one line a cell."""
    table = document.add_table(len(rows), len(rows[0]))
    for line, words in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, words, strict=True):
            cell.text = text
    return table


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """A table as editors of pages write it."""
    lines = ("".join(f"<td><p><span>{escape(cell)}</span></p></td>" for cell in row) for row in rows)
    return f"<table border=1>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return file.getvalue()


def json_lines(*records: dict[str, object]) -> bytes:
    """JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def pdf(
    lines: Sequence[str], table: Sequence[Sequence[str]] = (), header: str = "", password: str | None = None
) -> bytes:
    """A PDF as Word prints it: the first line a title, indented paragraphs, page numbers, a ruled table."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    title = ParagraphStyle("title", fontName=_FONT, fontSize=20, leading=32, alignment=1, wordWrap="CJK")
    body = ParagraphStyle("body", title, fontSize=15, leading=28, alignment=0, firstLineIndent=30)
    cell = ParagraphStyle("cell", body, fontSize=10, leading=14, firstLineIndent=0)
    parts: list[Flowable] = [Paragraph(escape(lines[0]), title)]
    parts += [Paragraph(escape(line), body) for line in lines[1:]]
    if table:
        rows = [[Paragraph(escape(words), cell) for words in row] for row in table]
        grid = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
        parts.append(PdfTable(rows, colWidths=[40, 170, 90, 90, 60], style=grid, repeatRows=1))

    def decorate(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(_FONT, 10)
        canvas.drawString(72, 800, header)
        canvas.drawCentredString(297, 30, f"— {document.page} —")

    file = io.BytesIO()
    SimpleDocTemplate(file, pagesize=A4, encrypt=password).build(
        parts, onFirstPage=decorate, onLaterPages=decorate
    )
    return file.getvalue()


def picture_pdf(*, text: str = "") -> bytes:
    """A PDF of one page that is a picture, and perhaps of another with text."""
    file = io.BytesIO()
    canvas = Canvas(file)
    if text:
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
        canvas.setFont(_FONT, 15)
        for at, line in enumerate(text.splitlines()):
            canvas.drawString(90, 700 - 30 * at, line)
        canvas.showPage()
    canvas.drawInlineImage(Image.new("RGB", (200, 300), "white"), 0, 0, 595, 842)
    canvas.showPage()
    canvas.save()
    return file.getvalue()
