"""From a graph to pages: the network, and the reader of each document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import NamedNode

from build_graph.files import is_file, write_file
from build_graph.pages import addresses
from build_graph.pages.network import NetworkLinks, render_network_page
from build_graph.pages.network_data import NetworkData, collect_network_data
from build_graph.pages.reader import ReaderLinks, format_file_name, render_reader_page
from build_graph.querying.engines import Engine
from build_graph.querying.open import open_path
from build_graph.restoring.document import restore_document
from build_graph.shards import ShardFolder
from build_graph.vocabulary import decode_part

DETAILED = 2_000_000  # statements of shards up to which the words of measures are shown
INDEX, NETWORK, READERS = "index.html", "network.html", "read"  # how pages lie beside one another
SERVED = ReaderLinks(network=addresses.NETWORK, home=addresses.HOME)  # where a served reader leads on


@dataclass(frozen=True, slots=True)
class WrittenNetwork:
    """What a network page holds, and its size in bytes."""

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
    """Write the network page of a graph, of one document or domain if given.

    Shards of many statements come without the words of their measures.

    Where the readers of its documents, or an index, stand beside the page, it leads to them. Raises
    ObligationError where the graph cannot be asked, nothing is left to show, it is too much for a page, or
    the place cannot be written.
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
    """What the page shows; of shards that are quickly loaded all, of larger ones what their tables hold."""
    if isinstance(graph, ShardFolder) and graph.totals.statements <= DETAILED:
        return collect_network_data(open_path(graph.path), document, domain)
    return collect_network_data(graph, document, domain)


def render_reader(engine: Engine, document: NamedNode, links: ReaderLinks = SERVED) -> bytes:
    """The reader of a document of the graph that an engine answers for, in UTF-8.

    Raises ObligationError where the graph cannot be asked, or has no text of such a document.
    """
    found = restore_document(engine, document)
    return render_reader_page(found.document, found.descriptions, links, base=found.base)


def format_title(data: NetworkData) -> str:
    """What a page of the data is called: its one document's title, or how many there are; a domain first."""
    if len(data.documents) == 1:
        only = data.documents[0]
        title = only.title or only.number or only.id
    else:
        title = f"{len(data.documents):,} 份文件 · {len(data.documents):,} documents"
    return " · ".join(filter(None, (data.domain, title)))


def format_reader_path(document: str) -> str:
    """Where the reader of a document lies beside its network page, from the end of the document's IRI.

    >>> format_reader_path("document/国发-2015-24")
    'read/国发-2015-24.html'
    """
    return f"{READERS}/{format_file_name(decode_part(document.removeprefix('document/')))}"


def _find_links(data: NetworkData, folder: Path) -> NetworkLinks:
    """The readers and the index that stand beside a page in a folder."""
    readers = {document.id: format_reader_path(document.id) for document in data.documents}
    index = INDEX if is_file(folder / INDEX) else ""
    return NetworkLinks({id_: quote(path) for id_, path in readers.items() if is_file(folder / path)}, index)
