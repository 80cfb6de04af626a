"""The one place where a file, a store, shards or an address becomes statements or an engine.

HTTP is imported only where an endpoint is opened. Two engines need no statements of documents: one for
the registries, and one for the names that the manifests of shards hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from build_graph.files import encode_name, is_folder
from build_graph.graph.iris import DOCUMENT_PATH, text_iri
from build_graph.graph.store.shards import DocumentRecord, ShardFolder, is_shards
from build_graph.graph.versions import check_version
from build_graph.query.catalogue import ParameterKind
from build_graph.query.engines import (
    EndpointEngine,
    Engine,
    EngineError,
    OxigraphEngine,
    convert_store_errors,
    create_store_error,
)
from build_graph.query.http.credentials import ANONYMOUS, Credentials, check_address
from build_graph.query.http.messages import short_message
from build_graph.query.http.receiving import MOST, TIMEOUT
from build_graph.query.names import EntityFinder
from build_graph.resources import find_folder
from build_graph.vocabulary import BASE, UNNUMBERED, term

LARGEST = 10_000_000  # statements of shards that are loaded into memory, about 4 GB
_ATTEMPTS, _PAUSE = 5, 0.1  # to open a store that a build tidies up; seconds between them


def open_graph(
    where: str, timeout: float = TIMEOUT, credentials: Credentials = ANONYMOUS, most: int = MOST
) -> Engine:
    """Return the engine for a file, a folder of a store or of shards, or an endpoint's address.

    An endpoint gets no request yet. Raises ObligationError as `open_path` does, and for an address with a
    password.
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
    """Return the engine for a file, or a folder of a store or of shards; a store stays on disk.

    Raises EngineError if the graph cannot be opened, OtherVersionError if it is of another version of the
    ontology, ShardsError if shards are not complete.
    """
    if is_shards(path):
        return OxigraphEngine(_load_shards(ShardFolder.open(path)))
    if is_folder(path):
        store = _open_store(path)
        with convert_store_errors(path):
            check_version(store, path)
        return OxigraphEngine(store, path)
    store = _load_file(path)
    check_version(store, path)
    return OxigraphEngine(store)


def load_turtle(*parts: bytes) -> OxigraphEngine:
    """Return the engine for one graph in memory, from its parts in Turtle."""
    store = Store()
    for part in parts:
        store.bulk_load(input=part, format=RdfFormat.TURTLE)
    return OxigraphEngine(store)


def read_quads(path: Path) -> Iterator[Quad]:
    """Yield the statements of a file, a store or shards as they are, without loading them.

    Raises EngineError or ShardsError as `open_path` does, also midway.
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
    """Return the format that a file's ending names, by default Turtle.

    >>> detect_format(Path("graph.nq")).name, detect_format(Path("graph")).name
    ('N-Quads', 'Turtle')
    """
    return RdfFormat.from_extension(path.suffix.removeprefix(".")) or RdfFormat.TURTLE


def _open_store(path: Path) -> Store:
    """Return a store as it is now; later writes of a build are not visible in it."""
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
    """Load the documents of all shards; what they share is in one graph, each statement once."""
    if shards.totals.statements > LARGEST:
        raise EngineError(
            f"{shards.path}: {shards.totals.statements:,} statements are too many for memory; put them into "
            f"a store: obligations build {shards.path} --store STORE"
        )
    store = Store()
    store.bulk_load(shards.open_quads(), format=RdfFormat.N_QUADS, lenient=True)
    return store


def _load_file(path: Path) -> Store:
    """Load a file, with its named graphs if it has any."""
    store = Store()
    with _convert_file_errors(path):
        store.bulk_load(path=str(path), format=detect_format(path))
    return store


@contextmanager
def _convert_file_errors(path: Path) -> Iterator[None]:
    """Raise EngineError if a file is missing, or is not in the format of its ending."""
    try:
        yield
    except FileNotFoundError as error:
        raise EngineError(f"{path}: there is no such graph; make it with: obligations build") from error
    except (SyntaxError, ValueError, OSError) as error:
        raise EngineError(
            f"{path}: is no {detect_format(path).name} file that can be read "
            f"({short_message(error)}); put it right"
        ) from error


def open_registries() -> OxigraphEngine:
    """Return the engine for the registries: all bodies with their successions, and the domains."""
    names = ("agencies.ttl", "domains.ttl")
    return load_turtle(*((find_folder("ontology") / name).read_bytes() for name in names))


def open_name_engine(shards: ShardFolder) -> OxigraphEngine:
    """Return the engine for the names of a shards' documents, and of bodies and domains."""
    engine = open_registries()
    engine.store.bulk_extend(quad for record in shards.iterate_records() for quad in _iterate_names(record))
    return engine


def create_entity_finder(graph: Engine | ShardFolder) -> EntityFinder:
    """Return the finder of things by name, in a graph or, for shards, in their manifests."""
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
    """Return a document as people read it: its number, from its IRI, or else its name.

    Raises ObligationError if the graph cannot be asked.
    """
    end = document.value.removeprefix(BASE)
    if not end.startswith(f"{DOCUMENT_PATH}{UNNUMBERED}"):
        return end
    return next(iter(create_entity_finder(graph).list_names(ParameterKind.DOCUMENT).get(document, ())), end)


def _iterate_names(record: DocumentRecord) -> Iterator[Quad]:
    """Yield a document's number, title and label as the graph has them."""
    if not record.is_stored:
        return
    node = NamedNode(record.iri)
    yield Quad(NamedNode(text_iri(record.iri)), term("eli:realizes"), node)
    names = {"eli:id_local": record.number, "dcterms:title": record.title, "rdfs:label": record.label}
    for predicate, words in names.items():
        if words:
            yield Quad(node, term(predicate), Literal(words))
