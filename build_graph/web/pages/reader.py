"""The reader: a document as one page, its text with marks for all findings, which a click explains."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from build_graph.extract.citations.document_names import standardise_number
from build_graph.graph.emit.emitter import Emitter
from build_graph.graph.emit.registries import Descriptions
from build_graph.model import LIST_MARK, Document, Metadata, NormKind
from build_graph.vocabulary import BASE
from build_graph.web.pages.reader_data import build_outline_rows, collect_reader_data, count_findings
from build_graph.web.pages.reader_marks import KINDS, collect_marks
from build_graph.web.pages.reader_text import build_text
from build_graph.web.render import render

_NOT_IN_NAME = re.compile(r"[^\w.\-]|^\.")
_LONGEST_NAME = 60  # characters, of up to four bytes each: a file's name has 255 bytes at most
# The order of the legend.
LEGEND = (
    "measure",
    *(kind.value for kind in NormKind),
    "cue",
    "attribution",
    "bearer",
    "rider",
    "target",
    "audience",
    "citation",
    "heading",
    "unread",
    "refused",
    "damaged",
)


@dataclass(frozen=True, slots=True)
class ReaderLinks:
    """The addresses of other pages, as seen from the reader: the network page, and the home page."""

    network: str | None = None
    home: str | None = None


def render_reader_page(
    document: Document, descriptions: Descriptions, links: ReaderLinks = ReaderLinks(), *, base: str = BASE
) -> bytes:
    """Return the page of a document, in UTF-8; the same document gives the same bytes.

    `base` is that of the document's IRI.
    """
    emit = Emitter.build(document, descriptions, base)
    metadata = document.outline.metadata
    marked = Counter(mark.kind for mark in collect_marks(emit))
    assert set(LEGEND) == set(KINDS), "every kind of mark has a switch"
    return render(
        "reader.html.j2",
        styles=("base.css", "reader.css"),
        scripts=("base.js", "reader.js"),
        words=("reader",),
        data=collect_reader_data(emit, network=links.network, home=links.home),
        title=metadata.title or document.text.source.name,
        facts=_list_facts(metadata),
        source=document.text.source.name,
        counts=count_findings(emit),
        repairs=sorted(Counter(repair.name for repair in document.text.repairs).items()),
        legend=[(kind, marked[kind]) for kind in LEGEND if marked[kind]],
        outline=build_outline_rows(emit),
        text=build_text(emit),
    )


def _list_facts(metadata: Metadata) -> list[str]:
    """Return number, issuers and date, as far as the document has them."""
    number = standardise_number(metadata.number) if metadata.number else None
    issued = metadata.issued.isoformat() if metadata.issued else None
    return [fact for fact in (number, LIST_MARK.join(metadata.issuers), issued) if fact]


def compute_relative_url(page: Path, other: Path) -> str:
    """Return the relative address of another file, as seen from a page.

    >>> compute_relative_url(Path("output/read/a.html"), Path("output/network 1.html"))
    '../network%201.html'
    """
    return quote(Path(os.path.relpath(other.resolve(), page.resolve().parent)).as_posix())


def format_file_name(document_id: str) -> str:
    """Return the file name of a document's page; no two documents have the same.

    >>> format_file_name("国发-2015-24"), format_file_name("a/b")
    ('国发-2015-24.html', 'a_b-c14cddc033f6.html')
    """
    name = _NOT_IN_NAME.sub("_", document_id)[:_LONGEST_NAME]
    if name != document_id:
        name += f"-{hashlib.sha256(document_id.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    return f"{name}.html"
