"""The pages of a build: a reader for each document, the network of all, and an index that links to them.

Pages of an earlier build are removed only if its index names them and this program wrote them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode

from build_graph.files import encode_name, is_file, write_file
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.iris import DOCUMENT_PATH
from build_graph.graph.store.shards import ShardFolder
from build_graph.model import Document
from build_graph.query.engines import Engine
from build_graph.query.open import load_turtle, open_path
from build_graph.query.restore.document import restore_document
from build_graph.text.formats.kinds import HEAD, detect_generated
from build_graph.vocabulary import decode_part, encode_segment
from build_graph.web import urls
from build_graph.web.pages.network import NetworkLinks, PageTooLargeError, render_network_page
from build_graph.web.pages.network_data import NetworkData, NothingToShowError, collect_network_data
from build_graph.web.pages.reader import ReaderLinks, format_file_name, render_reader_page
from build_graph.web.render import render

DETAILED = 2_000_000  # statements of shards up to which the page shows the words of measures
MOST = 50  # documents up to which a build writes pages if the user did not choose
INDEX, NETWORK, READERS = "index.html", "network.html", "read"  # files and folder of pages, side by side
SERVED = ReaderLinks(network=urls.NETWORK, home=urls.HOME)  # the links of a served reader
_HREF = re.compile(r'href="(?P<address>[^"]+)"')
_READER = re.compile(rf"{READERS}/[^/\\]+")


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A document in the index: the address of its reader, its names, and the numbers of its findings."""

    href: str
    title: str
    number: str
    date: str
    measures: int
    norms: int
    bodies: int

    @classmethod
    def from_document(cls, document: Document, href: str) -> IndexEntry:
        """Return the entry of a document whose reader has an address."""
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
    """Return the page, in UTF-8; `network` and `graph` are addresses beside it."""
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


def _is_page(path: Path) -> bool:
    """Return True if a file, and no link to one, is a page that this program wrote."""
    name = encode_name(path)
    if os.path.islink(name) or not os.path.isfile(name):
        return False
    try:
        with open(name, "rb") as file:
            made = detect_generated(file.read(HEAD))
    except OSError:
        return False
    return made is not None and made.kind == "page"


@dataclass(frozen=True, slots=True)
class WrittenNetwork:
    """The numbers of what a network page shows, and its size in bytes."""

    documents: int
    measures: int
    bodies: int
    size: int
    brief: bool  # whether measures come without their words


def write_network(
    graph: Engine | ShardFolder,
    output: Path,
    *,
    document: NamedNode | None = None,
    domain: NamedNode | None = None,
) -> WrittenNetwork:
    """Write the network page of a graph, of one document or domain if given; return its numbers.

    Shards of many statements come without the words of their measures. The page links to the readers of its
    documents, and to an index, that are beside it. Raises ObligationError if the graph cannot be queried, no
    measure is left to show, the page is too large, or it cannot be written.
    """
    data = _collect_data(graph, document, domain)
    page = render_network_page(data, format_title(data), _find_links(data, output.parent))
    write_file(output, page)
    return WrittenNetwork(
        len(data.documents), sum(1 for _ in data.measures), len(data.bodies), len(page), data.brief
    )


def _collect_data(
    graph: Engine | ShardFolder, document: NamedNode | None, domain: NamedNode | None
) -> NetworkData:
    """Return the data of the page; of small shards with words, of larger ones without."""
    if isinstance(graph, ShardFolder) and graph.totals.statements <= DETAILED:
        return collect_network_data(open_path(graph.path), document, domain)
    return collect_network_data(graph, document, domain)


def render_reader(engine: Engine, document: NamedNode, links: ReaderLinks = SERVED) -> bytes:
    """Return the reader of a document in a graph, in UTF-8.

    Raises ObligationError if the graph cannot be queried, or has no text of such a document.
    """
    found = restore_document(engine, document)
    return render_reader_page(found.document, found.descriptions, links, base=found.base)


def format_title(data: NetworkData) -> str:
    """Return the title of a network page: a domain first, then the document's title, or their number."""
    if len(data.documents) == 1:
        only = data.documents[0]
        title = only.title or only.number or only.id
    else:
        title = f"{len(data.documents):,} 份文件 · {len(data.documents):,} documents"
    return " · ".join(filter(None, (data.domain, title)))


def format_reader_path(document: str) -> str:
    """Return the path of a document's reader beside its network page, from the end of its IRI.

    >>> format_reader_path("d/国发-2015-24")
    'read/国发-2015-24.html'
    """
    return f"{READERS}/{format_file_name(decode_part(document.removeprefix(DOCUMENT_PATH)))}"


def _find_links(data: NetworkData, folder: Path) -> NetworkLinks:
    """Return the links of a page in a folder to the readers and the index that exist there."""
    readers = {document.id: format_reader_path(document.id) for document in data.documents}
    index = INDEX if is_file(folder / INDEX) else ""
    return NetworkLinks({id_: quote(path) for id_, path in readers.items() if is_file(folder / path)}, index)


@dataclass(slots=True)
class BuildPages:
    """The pages of the documents so far; `asked` is None if the user did not choose with an option."""

    asked: bool | None = None
    why_not: str = ""
    index: str = INDEX  # the page that names the others
    names: tuple[str, ...] = (INDEX, NETWORK)  # of the pages that every build has
    _readers: dict[str, bytes] = field(default_factory=dict)  # by name
    # Addresses of readers, by the end of the document's IRI.
    _links: dict[str, str] = field(default_factory=dict)
    _entries: list[IndexEntry] = field(default_factory=list)

    @property
    def wanted(self) -> bool:
        """True while there are to be pages."""
        return not self.why_not

    def add(self, document: Document, descriptions: Descriptions) -> None:
        """Render the reader of a document, and add it to the index."""
        if not self.wanted:
            return
        if self.asked is None and len(self._entries) == MOST:
            self._skip_pages(f"more than {MOST} documents; ask for them with --pages")
            return
        name = f"{READERS}/{format_file_name(document.id)}"
        self._readers[name] = render_reader_page(document, descriptions, ReaderLinks(f"../{NETWORK}"))
        self._links[f"{DOCUMENT_PATH}{encode_segment(document.id)}"] = quote(name)
        self._entries.append(IndexEntry.from_document(document, quote(name)))

    def render_files(self, graph: bytes, name: str) -> dict[str, bytes]:
        """Return the pages by name; `graph` is the graph in Turtle, `name` its file beside them.

        Return none if there is no network, or one too large for a page; `why_not` then says why. Raises
        ObligationError in that case if the user asked for pages.
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
        """Remove the readers of an earlier build that this one does not write; return the removed ones.

        A page that is not of this program, or that cannot be removed, stays, and so does a link.
        """
        kept, removed = {folder / name for name in self._readers}, []
        for page in earlier:
            if page not in kept and _is_page(page):
                with suppress(OSError):
                    os.unlink(encode_name(page))
                    removed.append(page)
        return removed

    @staticmethod
    def find_earlier(folder: Path) -> list[Path]:
        """Return the readers that the index in a folder names; none if it is no page of this program."""
        page = folder / INDEX
        if not _is_page(page):
            return []
        with open(encode_name(page), encoding="utf-8", errors="replace") as file:
            addresses = [unquote(found["address"]) for found in _HREF.finditer(file.read())]
        return [folder / address for address in dict.fromkeys(addresses) if _READER.fullmatch(address)]

    def _skip_pages(self, why_not: str) -> None:
        self.why_not = why_not
        self._readers.clear()
        self._entries.clear()
