"""The page that names the others of a build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from build_graph.model import Document
from build_graph.pages.page import render


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A document in the list: the address of its reader, what it is called, and what was found in it."""

    href: str
    title: str
    number: str
    date: str
    measures: int
    norms: int
    bodies: int

    @classmethod
    def from_document(cls, document: Document, href: str) -> IndexEntry:
        """The entry of a document whose reader has an address."""
        metadata, measures = document.outline.metadata, document.measures
        bodies = {bearer.body or bearer.name for measure in measures for bearer in measure.bearers}
        return cls(
            href,
            metadata.title or document.text.source.name,
            metadata.number or "",
            metadata.issued.isoformat() if metadata.issued else "",
            len(measures),
            sum(len(measure.norms) for measure in measures),
            len(bodies),
        )


def render_index_page(entries: Sequence[IndexEntry], network: str, graph: str) -> bytes:
    """The page, in UTF-8; `network` and `graph` are addresses beside it."""
    return render(
        "index.html.j2",
        styles=("base.css", "index.css"),
        scripts=("base.js",),
        words=("index",),
        data={},
        title="obligation-graph",
        documents=entries,
        network=network,
        graph=graph,
    )
