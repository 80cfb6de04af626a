"""The one place where a file, a store, shards or an address becomes statements or an engine.

Nothing of HTTP is imported before an endpoint is asked.

Engines for what is known without the statements of documents: the registries, and the names in shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from build_graph.files import encode_name, is_folder
from build_graph.graph.iris import text_iri
from build_graph.graph.store.shards import DocumentRecord, ShardFolder, is_shards
from build_graph.query.catalogue import ParameterKind
from build_graph.query.engines import (
    TIMEOUT,
    EndpointEngine,
    Engine,
    EngineError,
    OxigraphEngine,
    convert_store_errors,
    create_store_error,
)
from build_graph.query.http.credentials import ANONYMOUS, Credentials, check_address
from build_graph.query.http.messages import short_message
from build_graph.query.http.receiving import MOST
from build_graph.query.names import EntityFinder
from build_graph.resources import find_folder
from build_graph.vocabulary import BASE, ONTOLOGY, UNNUMBERED, term

LARGEST = 10_000_000  # statements of shards that are taken into memory, 4 GB or so
_ATTEMPTS, _PAUSE = 5, 0.1  # to open a store while a build tidies it up; seconds between them
_APART = (DefaultGraph(), NamedNode(ONTOLOGY))


def open_graph(
    where: str, timeout: float = TIMEOUT, credentials: Credentials = ANONYMOUS, most: int = MOST
) -> Engine:
    """Return the engine for a file, a folder of a store or of shards, or an endpoint's address.

    An endpoint is asked only when there is a query. Raise ObligationError as `open_path` does, and for an
    address that holds a password.
    """
    if not is_address(where):
        return open_path(Path(where))
    check_address(where)
    return EndpointEngine(where, timeout, credentials, most)


def open_shards_or_graph(
    where: str, timeout: float = TIMEOUT, credentials: Credentials = ANONYMOUS, most: int = MOST
) -> Engine | ShardFolder:
    """Return shards as they are, for work to which their tables are enough; else the engine for a graph.

    Raise ObligationError as `open_graph` does.
    """
    if not is_address(where) and is_shards(Path(where)):
        return ShardFolder.open(Path(where))
    return open_graph(where, timeout, credentials, most)


def open_path(path: Path) -> OxigraphEngine:
    """Return the engine for a file, or a folder of a store or of shards; files and shards go into memory.

    Raise EngineError if the graph cannot be opened, ShardsError if shards are not complete.
    """
    if is_shards(path):
        return OxigraphEngine.open(_load_shards(ShardFolder.open(path)))
    if is_folder(path):
        return OxigraphEngine.open(_open_store(path), path)
    return OxigraphEngine.open(_load_file(path))


def load_turtle(*parts: bytes) -> OxigraphEngine:
    """Return the engine for one graph in memory, from its parts in Turtle."""
    store = Store()
    for part in parts:
        store.bulk_load(input=part, format=RdfFormat.TURTLE)
    return OxigraphEngine.open(store)


def read_quads(path: Path) -> Iterator[Quad]:
    """Yield the statements of a file, a store or shards as they are written there, without loading them.

    Raise EngineError or ShardsError as `open_path` does, also midway.
    """
    if is_shards(path):
        yield from parse(ShardFolder.open(path).open_quads(), format=RdfFormat.N_QUADS)
    elif is_folder(path):
        with convert_store_errors(path):
            yield from _open_store(path)
    else:
        with _convert_file_errors(path):
            yield from parse(path=str(path), format=detect_format(path))


def is_store(path: Path) -> bool:
    """Return whether a folder is to be opened as a store, and not loaded as shards."""
    return is_folder(path) and not is_shards(path)


def is_address(where: str) -> bool:
    """Return whether a graph is named by the address of an endpoint."""
    return where.startswith(("http://", "https://"))


def detect_format(path: Path) -> RdfFormat:
    """Return the format that a file's ending names; Turtle if it names none.

    >>> detect_format(Path("graph.nq")).name, detect_format(Path("graph")).name
    ('N-Quads', 'Turtle')
    """
    return RdfFormat.from_extension(path.suffix.removeprefix(".")) or RdfFormat.TURTLE


def _open_store(path: Path) -> Store:
    """Open a store as it is now: what a build writes into it from now on is not seen."""
    for attempt in reversed(range(_ATTEMPTS)):
        try:
            return Store.read_only(encode_name(path).decode())
        except (OSError, RuntimeError, ValueError) as error:
            if not (path / "CURRENT").is_file():
                raise _create_no_store_error(path) from error
            if not attempt:
                raise create_store_error(path, error, "opened") from error
            sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


def _create_no_store_error(path: Path) -> EngineError:
    inside = path / "graph.ttl"
    hint = f"give {inside}" if inside.is_file() else "give a Turtle file, or the folder of a store"
    return EngineError(f"{path}: this folder is no Oxigraph store; {hint}")


def _load_shards(shards: ShardFolder) -> Store:
    """Load the documents of all shards, their graphs taken together."""
    if shards.totals.statements > LARGEST:
        raise EngineError(
            f"{shards.path}: {shards.totals.statements:,} statements are too many for memory; put them into "
            f"a store: obligations build {shards.path} --store STORE"
        )
    store = Store()
    store.bulk_load(shards.open_triples(), format=RdfFormat.N_TRIPLES, lenient=True)
    return store


def _load_file(path: Path) -> Store:
    """Load a file, with its named graphs if it has some."""
    store = Store()
    known = detect_format(path)
    if known.supports_datasets:
        store.bulk_extend(_duplicate_quads(read_quads(path)))
        return store
    with _convert_file_errors(path):
        store.bulk_load(path=str(path), format=known)
    return store


@contextmanager
def _convert_file_errors(path: Path) -> Iterator[None]:
    """Raise EngineError if a file is missing, or cannot be read as its ending says."""
    try:
        yield
    except FileNotFoundError as error:
        raise EngineError(f"{path}: there is no such graph; make it with: obligations build") from error
    except (SyntaxError, ValueError, OSError) as error:
        raise EngineError(
            f"{path}: is no {detect_format(path).name} file that can be read "
            f"({short_message(error)}); put it right"
        ) from error


def _duplicate_quads(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield statements in their graphs, and all but the ontology in the default graph too, as in a store."""
    for quad in quads:
        yield quad
        if quad.graph_name not in _APART:
            yield Quad(*quad.triple)


def open_registries() -> OxigraphEngine:
    """What answers for the registries: all bodies and what became of them, and the policy domains."""
    names = ("agencies.ttl", "domains.ttl")
    return load_turtle(*((find_folder("ontology") / name).read_bytes() for name in names))


def open_name_engine(shards: ShardFolder) -> OxigraphEngine:
    """What answers for the names of documents and domains: 4 statements a document, and the registries."""
    engine = open_registries()
    engine.store.bulk_extend(quad for record in shards.iterate_records() for quad in _iterate_names(record))
    return engine


def create_entity_finder(graph: Engine | ShardFolder) -> EntityFinder:
    """What finds things by their names: in the graph itself or, of shards, in their manifests."""
    return EntityFinder(open_name_engine(graph) if isinstance(graph, ShardFolder) else graph)


def resolve_selection(
    graph: Engine | ShardFolder, document: str | None, domain: str | None
) -> tuple[NamedNode | None, NamedNode | None]:
    """Return the document and the domain of those names, None where no name is given.

    Raise UnknownNameError for what the graph does not have.
    """
    if not (document or domain):
        return None, None
    names = create_entity_finder(graph)
    return (
        names.find(ParameterKind.DOCUMENT, document) if document else None,
        names.find(ParameterKind.DOMAIN, domain) if domain else None,
    )


def format_document_name(graph: Engine | ShardFolder, document: NamedNode) -> str:
    """A document as people read it: by the end of its IRI, which has its number, or without one by its name.

    Raises ObligationError where the graph cannot be asked.
    """
    end = document.value.removeprefix(BASE)
    if not end.startswith(f"document/{UNNUMBERED}"):
        return end
    return next(iter(create_entity_finder(graph).list_names(ParameterKind.DOCUMENT).get(document, ())), end)


def _iterate_names(record: DocumentRecord) -> Iterator[Quad]:
    """What the graph says of a document's names."""
    if not record.is_stored:
        return
    node = NamedNode(record.iri)
    yield Quad(NamedNode(text_iri(record.iri)), term("eli:realizes"), node)
    said = {"eli:id_local": record.number, "dcterms:title": record.title, "rdfs:label": record.label}
    for predicate, words in said.items():
        if words:
            yield Quad(node, term(predicate), Literal(words))
