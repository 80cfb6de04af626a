"""Graphs of documents in an Oxigraph store: one named graph for each document, and one for what they share.

The layout of the store:

- Each document's statements are in the graph that the document's IRI names.
- What documents share is in the shared graph (`shared_iri`): bodies with their successions, places, domains,
  target groups, and which documents are cited. Each statement is there once, as long as a document needs it.
- The default graph is empty. Queries ask the union of all graphs, in which no statement counts twice, since
  none stands in two graphs. Oxigraph's own server does so with `--union-default-graph`.
- The ontology is not in the store: it would be in the union.

The code relies on these facts about pyoxigraph 0.5, which were found by trial:

- `extend` is one transaction, and so is `update`, however many operations it holds: if the second of two
  fails, the first has no effect. `bulk_load` and `bulk_extend` load files piece by piece, so they only fill a
  new store, beside its place.
- A transaction that has returned survives `kill -9`; an unfinished one leaves nothing. The log is not flushed
  to disk at once: after a power failure the last transactions may be gone, each as a whole, unless `flush`
  was called since. A build calls it at its end.
- A kill while the folder is being made (some 20 ms) can leave a store that `Store.read_only` refuses. Opening
  it for writing, as the next build does, completes it.
- A store has one writer. Another process that opens it for reading (`Store.read_only`) sees the last
  transaction before it opened, and no later one. Once the writer flushes or tidies up, it may delete files
  that this reader needs: the reader then fails, and must open the store again. It never sees half a
  transaction.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from build_graph.errors import ObligationError
from build_graph.files import encode_name
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.iris import DOCUMENT_PATH, document_iri, source_iri, text_iri
from build_graph.graph.store.fingerprints import Fingerprint
from build_graph.graph.store.seals import SEAL, write_seal
from build_graph.graph.store.shared import SHARED, SharedThings
from build_graph.graph.versions import check_version
from build_graph.model import Document
from build_graph.vocabulary import BASE, term

_DOCUMENTS = f"{BASE}{DOCUMENT_PATH}"

# The files of a RocksDB database, some of which exist only while it works, and our own beside them. A build
# that was killed while it made the store leaves only some of them.
_ROCKSDB = re.compile(
    r"CURRENT | LOCK | IDENTITY | LOG (?:\.old.*)? | (?:MANIFEST|OPTIONS)-\d+ | \d+\.(?:log|sst|dbtmp|blob)"
    rf" | OPTIONS-\d+\.dbtmp | bulk-\d+\.sst | (?:\.{SEAL}\.\d+\.tmp | {SEAL})",
    re.VERBOSE,
)
LOADING = ".loading"  # the folder, within that of a store, in which a new one is put together


_CORRUPTION = "Corruption"  # in RocksDB's messages
REMOVE = "remove the folder and build it again"


class StoreError(ObligationError):
    """A store that cannot be opened or written."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of the store: its IRI, and the SHA-256 of its text."""

    iri: str
    text: str

    @classmethod
    def describe(cls, document: Document) -> StoredDocument:
        """Return a document as a store would have it."""
        return cls(document_iri(document.id), hash_text(document.text.content))


@dataclass(slots=True)
class DocumentStore:
    """A store that is open for writing until it is closed; there is no other writer meanwhile."""

    path: Path  # as given, for messages
    _opened: Store | None
    _place: Path = field(default_factory=Path)  # where its files are

    @classmethod
    def open(cls, path: Path, place: Path | None = None) -> DocumentStore:
        """Return the store in a folder, made if missing; a new one is put together at `place`.

        Raises StoreError if the place cannot be written, holds other files, or another build is writing it,
        OtherVersionError if the store is of another version of the ontology.
        """
        place = place or path
        _reject_others(place, path)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            store = Store(encode_name(place).decode())
            check_version(store, path)
        except (OSError, ValueError, RuntimeError) as error:
            raise _create_open_error(path, place, error) from error
        return cls(path, store, place)

    def close(self) -> None:
        """Close the store; all that was written stays."""
        self._opened = None

    def seal_and_close(self) -> None:
        """Flush and close the store, and write checksums of its files beside them.

        Raises StoreError if they cannot be written.
        """
        self.flush()
        self.close()
        try:
            write_seal(self._place)
        except (OSError, ValueError) as error:
            raise _create_damage_error(self.path, error) from error

    def __enter__(self) -> DocumentStore:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    @property
    def _store(self) -> Store:
        assert self._opened is not None, f"{self.path} was closed"
        return self._opened

    # ------------------------------------------------------------------------- looking up

    def find_by_fingerprint(self, fingerprint: Fingerprint) -> StoredDocument | None:
        """Return the document with that fingerprint, or None."""
        with _convert_read_errors(self.path):
            for graph in self.find_by_source(fingerprint.source):
                if all(quad in self._store for quad in fingerprint.build_quads(graph)):
                    text = NamedNode(text_iri(graph.value))
                    hashes = self._store.quads_for_pattern(text, term("ob:sha256"), None, graph)
                    for quad in hashes:
                        if isinstance(quad.object, Literal):
                            return StoredDocument(graph.value, quad.object.value)
        return None

    def find_by_source(self, source: str) -> list[NamedNode]:
        """Return the graphs of the documents whose source has that SHA-256, in order."""
        with _convert_read_errors(self.path):
            graphs = {
                quad.graph_name
                for quad in self._store.quads_for_pattern(None, term("ob:sha256"), Literal(source), None)
                if isinstance(quad.graph_name, NamedNode)
                and isinstance(quad.subject, NamedNode)
                and quad.subject.value == source_iri(quad.graph_name.value)
            }
        return sorted(graphs, key=str)

    def list_documents(self) -> list[NamedNode]:
        """Return the graphs of all documents, in order."""
        with _convert_read_errors(self.path):
            graphs = [graph for graph in self._store.named_graphs() if isinstance(graph, NamedNode)]
        return sorted((graph for graph in graphs if graph.value.startswith(_DOCUMENTS)), key=str)

    def count_statements(self) -> int:
        """Return the number of statements of all documents, what they share among them."""
        with _convert_read_errors(self.path):
            return len(self._store)

    # ---------------------------------------------------------------------------- writing

    def replace_graph(
        self, graph: NamedNode, quads: Iterable[Quad], gone: Collection[NamedNode] = ()
    ) -> None:
        """Replace what the store says of a document, and of shared things, by the quads.

        The graphs in `gone` are dropped, and what only the old statements needed of the shared graph goes
        with them. One transaction: readers see all of it or nothing, also after a crash. Only differences
        are written. Raises StoreError if it cannot be written.
        """
        self._replace_quads(set(quads), (graph, *gone), gone)

    def remove_graph(self, graph: NamedNode) -> None:
        """Drop a document, and what it alone needed of the shared graph, in one transaction.

        Raises StoreError if it cannot be written.
        """
        self._replace_quads(set(), [graph], [graph])

    def _replace_quads(
        self, new: set[Quad], graphs: Iterable[NamedNode], gone: Collection[NamedNode]
    ) -> None:
        """Replace the statements of some graphs, and those on the shared things that `new` describes."""
        things = {quad.subject for quad in new if quad.graph_name == SHARED}
        with _convert_read_errors(self.path):
            old = {quad for one in graphs for quad in self._store.quads_for_pattern(None, None, None, one)}
            for thing in things:
                old.update(self._store.quads_for_pattern(thing, None, None, SHARED))
            lost = old - new
            lost |= set(SharedThings(self._store, lost).find_orphans(new))
        removed = [quad for quad in lost if quad.graph_name not in gone]
        with _convert_write_errors(self.path):
            if removed or gone:
                self._store.update(_format_update(removed, new - old, gone))
            else:
                self._store.extend(new - old)

    def bulk_load(self, pieces: IO[bytes]) -> None:
        """Load our own N-Quads piece by piece, into a store that has no readers yet.

        As fast as Oxigraph itself. Raises StoreError if it cannot be written.
        """
        with _convert_write_errors(self.path):
            self._store.bulk_load(pieces, format=RdfFormat.N_QUADS, lenient=True)

    def flush(self) -> None:
        """Wait until all data is on the disk; raises StoreError if it cannot be written."""
        with _convert_write_errors(self.path):
            self._store.flush()


@contextmanager
def _convert_read_errors(path: Path) -> Iterator[None]:
    """Raise StoreError, on one line, for an error of the store."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise _create_damage_error(path, error) from error


@contextmanager
def _convert_write_errors(path: Path) -> Iterator[None]:
    """Raise StoreError, on one line, for an error while writing: a full disk is likelier than damage."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if _CORRUPTION in str(error):
            raise _create_damage_error(path, error) from error
        raise StoreError(
            f"{path}: cannot be written ({_describe_error(error, path)}); "
            "make room there, or choose another place"
        ) from error


def _describe_error(error: Exception, path: Path) -> str:
    """Return an error's message on one line, without the temporary folder of a new store."""
    message = " ".join((getattr(error, "strerror", None) or str(error)).split())
    return re.sub(rf"\S*/{re.escape(LOADING)}/store\b", str(path).replace("\\", r"\\"), message)


def _create_damage_error(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path}: this store is damaged ({_describe_error(error, path)}); {REMOVE}")


def _create_open_error(path: Path, place: Path, error: Exception) -> StoreError:
    """Return the error for a store that cannot be opened for writing."""
    message, reason = str(error), _describe_error(error, path)
    if "lock hold by" in message or "While lock file" in message:
        return create_in_use_error(path)
    is_gone = isinstance(error, FileNotFoundError) and (place / "CURRENT").is_file()
    if _CORRUPTION in message or is_gone:
        return StoreError(f"{path}: cannot be opened as a store ({reason}): it is damaged; {REMOVE}")
    return StoreError(f"{path}: cannot be opened as a store ({reason}); give a folder that can be written")


def create_in_use_error(path: Path) -> StoreError:
    """Return the error for a store that another build is writing."""
    return StoreError(f"{path}: another program is writing this store; try again when it has ended")


def holds_something(path: Path) -> bool:
    """Return whether a path is a file, or a folder that is not empty.

    Leftovers of a load that was killed do not count.
    """
    names = _list_names(path)
    if LOADING in names and "CURRENT" not in names:
        return any(not _ROCKSDB.fullmatch(name) for name in names if name != LOADING)
    return any(name != LOADING for name in names)


def list_store_files(folder: Path) -> list[Path]:
    """Return the files in a folder that belong to a store."""
    return [file for file in sorted(folder.iterdir()) if _ROCKSDB.fullmatch(file.name)]


def _reject_others(place: Path, path: Path) -> None:
    """Raise StoreError for a folder with any other files, among which RocksDB would write."""
    ours = (name == LOADING or _ROCKSDB.fullmatch(name) for name in _list_names(place))
    other = next((name for name, our in zip(_list_names(place), ours, strict=True) if not our), None)
    if other is not None:
        raise StoreError(f"{path}: is no store, it holds {other}; give a new or an empty folder")


def _list_names(path: Path) -> list[str]:
    """Return the names in a folder; raises StoreError for a file or an unreadable folder."""
    try:
        return sorted(entry.name for entry in path.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise StoreError(f"{path}: is a file, or lies below one; give the name of a folder") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _format_update(removed: Iterable[Quad], added: Iterable[Quad], gone: Iterable[NamedNode]) -> str:
    """Return one update, hence one transaction, that removes and adds statements."""
    operations = [f"DELETE DATA {{ {_format_data(removed)} }}", f"INSERT DATA {{ {_format_data(added)} }}"]
    return " ;\n".join([*operations, *(f"DROP SILENT GRAPH {graph}" for graph in gone)])


def _format_data(quads: Iterable[Quad]) -> str:
    """Return statements of named graphs in SPARQL, grouped by graph."""
    graphs: defaultdict[object, list[str]] = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name].append(f"{quad.triple} .\n")
    return "\n".join(f"GRAPH {graph} {{ {''.join(lines)} }}" for graph, lines in graphs.items())
