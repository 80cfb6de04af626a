"""The pages of a build: a reader for each document, the network of all, and an index that names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from build_graph.graph.descriptions import Descriptions
from build_graph.model import Document
from build_graph.pages.earlier import find_readers, remove_pages
from build_graph.pages.index import IndexEntry, render_index_page
from build_graph.pages.network import NetworkLinks, PageTooLargeError, render_network_page
from build_graph.pages.network_data import NothingToShowError, collect_network_data
from build_graph.pages.reader import ReaderLinks, format_file_name, render_reader_page
from build_graph.querying.open import load_turtle
from build_graph.viewing import INDEX, NETWORK, READERS, format_title
from build_graph.vocabulary import encode_segment

MOST = 50  # documents up to which a build writes pages without being told to


@dataclass(slots=True)
class BuildPages:
    """The pages of the documents so far; `asked` is None where nobody asked for them in so many words."""

    asked: bool | None = None
    why_not: str = ""
    index: str = INDEX  # the page that names the others
    names: tuple[str, ...] = (INDEX, NETWORK)  # of the pages that are there whatever the documents are
    _readers: dict[str, bytes] = field(default_factory=dict)  # by name
    _links: dict[str, str] = field(
        default_factory=dict
    )  # addresses of readers, by the end of the document's IRI
    _entries: list[IndexEntry] = field(default_factory=list)

    @property
    def wanted(self) -> bool:
        """Whether there are to be pages."""
        return not self.why_not

    def add(self, document: Document, descriptions: Descriptions) -> None:
        """Take in a document."""
        if not self.wanted:
            return
        if self.asked is None and len(self._entries) == MOST:
            self._skip_pages(f"more than {MOST} documents; ask for them with --pages")
            return
        name = f"{READERS}/{format_file_name(document.id)}"
        self._readers[name] = render_reader_page(document, descriptions, ReaderLinks(f"../{NETWORK}"))
        self._links[f"document/{encode_segment(document.id)}"] = quote(name)
        self._entries.append(IndexEntry.from_document(document, quote(name)))

    def render_files(self, graph: bytes, name: str) -> dict[str, bytes]:
        """The pages by name: of the graph in Turtle, which lies beside them under its own name.

        None where there is no network, or too much of it for a page; then `why_not` says so. Raises
        ObligationError where somebody asked for pages all the same.
        """
        engine = load_turtle(graph)
        try:
            data = collect_network_data(engine)
            network = render_network_page(data, format_title(data), NetworkLinks(self._links, INDEX))
        except (NothingToShowError, PageTooLargeError) as error:
            if self.asked:
                raise
            self._skip_pages(str(error))
            return {}
        return {NETWORK: network, INDEX: render_index_page(self._entries, NETWORK, name), **self._readers}

    def remove_earlier(self, folder: Path, earlier: Iterable[Path]) -> list[Path]:
        """Remove the readers of an earlier build in a folder that these pages do not name; those removed."""
        return remove_pages(earlier, {folder / name for name in self._readers})

    @staticmethod
    def find_earlier(folder: Path) -> list[Path]:
        """The readers that the index of an earlier build in a folder names."""
        return find_readers(folder, INDEX, READERS)

    def _skip_pages(self, why_not: str) -> None:
        self.why_not = why_not
        self._readers.clear()
        self._entries.clear()
