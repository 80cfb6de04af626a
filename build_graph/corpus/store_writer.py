"""The writing of documents, of a corpus or of shards into a store.

Each document is checked, then replaces what the store has of it; known documents are skipped. A new store is
filled by bulk load and appears when it is complete: after a crash there is none.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import TracebackType

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from build_graph.corpus.outcome import Item, Items
from build_graph.corpus.pool import WorkerPool
from build_graph.corpus.shard_writer import ShardMember
from build_graph.corpus.stream import Deduplicator, DocumentStream, Progress
from build_graph.errors import ObligationError
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.pipeline import merge_given
from build_graph.graph.check.checks import FailedCheckError, check_statements
from build_graph.graph.emit.document import collect_parts
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.iris import document_iri
from build_graph.graph.store.fingerprints import Fingerprint, compute_rules_hash
from build_graph.graph.store.fresh import create_store, remove_leftovers
from build_graph.graph.store.shards import DocumentRecord, ShardFolder, open_stream
from build_graph.graph.store.store import DocumentStore, StoredDocument, StoreError, holds_something
from build_graph.model import Document, Input, Metadata
from build_graph.text.inputs import InputReader, LazyInput
from build_graph.text.overwriting import iterate_files_at, reject_inputs
from build_graph.vocabulary import BASE


@dataclass(slots=True)
class StoreWriter:
    """Writes documents into a store, which it makes with the first of them."""

    path: Path
    rules: str  # hash of what documents are understood by
    moved: list[str] = field(default_factory=list)  # documents replaced by one read from the same text
    checks: int = 0  # that each document passed
    _store: DocumentStore | None = None
    _ours: set[NamedNode] = field(default_factory=set)  # graphs of the documents of this run

    def __enter__(self) -> StoreWriter:
        """Open the store if there is one; raise StoreError if it cannot be opened."""
        if holds_something(self.path):
            self._open_store()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store; what was written before an error stays, on the disk as well."""
        if self._store and isinstance(error, StoreError):
            self._store.close()
        elif self._store:
            self._store.seal_and_close()

    def find_known(self, fingerprint: Fingerprint) -> StoredDocument | None:
        """Return the document of the store with a fingerprint; None without one."""
        found = self._store.find_by_fingerprint(fingerprint) if self._store else None
        if found:
            self._ours.add(NamedNode(found.iri))
        return found

    def is_stored(self, fingerprint: Fingerprint, iri: str) -> bool:
        """Return whether the store has the document with that IRI and fingerprint."""
        known = self.find_known(fingerprint)
        return known is not None and known.iri == iri

    def add_document(self, document: Document, descriptions: Descriptions, fingerprint: Fingerprint) -> None:
        """Replace what the store has of a document by its statements.

        It also replaces a document of an earlier run that was read from the same text: its number was
        changed, or the program now gives it another IRI. Raises FaultError if the program fails at the
        document, FailedCheckError if a check finds a fault, StoreError if the store cannot be written.
        """
        graph = NamedNode(document_iri(document.id))
        given = collect_parts(document, descriptions)
        name = document.text.source.name
        try:
            self.checks = check_statements(one for part in given for one in part.statements).checks
        except FailedCheckError as error:
            raise FailedCheckError(f"{name}: {error}") from error
        quads = chain(chain.from_iterable(part.quads for part in given), fingerprint.build_quads(graph))
        self.put_quads(name, graph, quads, fingerprint.source)

    def put_quads(self, name: str, graph: NamedNode, quads: Iterable[Quad], source: str) -> None:
        """Replace a document's graph by checked quads; `source` is the SHA-256 of its text."""
        store = self._store or self._open_store()
        self._ours.add(graph)
        gone = [one for one in store.find_by_source(source) if one not in self._ours]
        store.replace_graph(graph, quads, gone)
        self.moved += [
            f"{one.value.removeprefix(BASE)}: {name} has the same text, and took its place" for one in gone
        ]

    def prune_documents(self) -> list[str]:
        """Remove the documents of earlier runs that this run did not have; return the ends of their IRIs.

        Raises StoreError if the store cannot be written.
        """
        store = self._store or self._open_store()
        gone = [graph for graph in store.list_documents() if graph not in self._ours]
        for graph in gone:
            store.remove_graph(graph)
        return [graph.value.removeprefix(BASE) for graph in gone]

    def finish(self) -> int:
        """Write everything to the disk; return the number of statements of documents in the store."""
        store = self._store or self._open_store()
        store.flush()
        return store.count_statements()

    def _open_store(self) -> DocumentStore:
        """Open the store, which is made if missing."""
        remove_leftovers(self.path)
        self._store = DocumentStore.open(self.path)
        return self._store


Documents = Iterable[tuple[DocumentRecord, bytes]]  # N-Quads; empty for a document that the store has already


@dataclass(slots=True)
class LoadResult:
    """The documents that were put into a store, and those that were left out."""

    path: Path
    written: int = 0
    unchanged: int = 0
    statements: int = 0  # in the store, those of earlier builds among them
    failures: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)  # by ending
    moved: list[str] = field(default_factory=list)  # documents replaced by one read from the same text

    def count(self, record: DocumentRecord) -> None:
        """Count a document that was left out."""
        if record.failure:
            self.failures.append(f"{record.name}: {record.failure}")
        if record.copy_of:
            self.copies.append(f"{record.name}: has the same text as {record.copy_of}")


@dataclass(frozen=True, slots=True)
class StoreLoader:
    """Loads a store; calls `on_progress` after each document."""

    reader: InputReader = field(default_factory=InputReader)
    workers: int = 1
    on_progress: Callable[[Progress], None] = lambda progress: None
    registry: AddedRegistry | None = None  # an analyst's, laid over ours

    def build(self, paths: Sequence[Path], path: Path) -> LoadResult:
        """Understand the documents at some paths, and put them into the store in a folder.

        A document that fails is set aside. Raises StoreError if the store cannot be written.
        """
        reject_inputs(iterate_files_at(path), paths)
        loaded, items = LoadResult(path), Items(self.reader, paths)
        with WorkerPool(self.workers, self.reader, self.registry) as workers:
            if not holds_something(path):
                found = DocumentStream(workers).iterate_members(items)
                _load_new(path, self._iterate_documents(found, items, loaded), loaded)
            else:
                with StoreWriter(path, compute_rules_hash(self.registry)) as filler:
                    stream = DocumentStream(workers, lambda item: _find_known(item, filler))
                    found = stream.iterate_members(_open_item(item, workers) for item in items)
                    _replace_documents(filler, self._iterate_documents(found, items, loaded), loaded)
        loaded.ignored = items.ignored
        return loaded

    def load_shards(self, folders: Sequence[Path], path: Path) -> LoadResult:
        """Put the documents of folders of shards into the store in a folder, as they are.

        Of two with the same IRI the later stays. Raises ShardsError if the shards cannot be read.
        """
        loaded = LoadResult(path)
        opened = [ShardFolder.open(folder) for folder in folders]
        documents = (one for shards in opened for one in shards.iterate_members())
        if not holds_something(path) and len(opened) == 1:
            _load_new(path, self._iterate_reported(documents), loaded)
        else:
            with StoreWriter(path, compute_rules_hash(self.registry)) as filler:
                _replace_documents(filler, self._iterate_reported(documents), loaded)
        return loaded

    def _iterate_documents(
        self, found: Iterable[ShardMember], items: Items, loaded: LoadResult
    ) -> Iterator[tuple[DocumentRecord, bytes]]:
        """Yield the documents for the store; count those that are left out."""
        progress = Progress()
        with Deduplicator.create() as seen:
            for member in found:
                record = seen.check(member.record)
                progress.count(record, items.places.popleft())
                self.on_progress(progress)
                if record.is_stored:
                    yield record, gzip.decompress(member.quads) if member.quads else b""
                else:
                    loaded.count(record)

    def _iterate_reported(self, documents: Documents) -> Iterator[tuple[DocumentRecord, bytes]]:
        progress, read = Progress(), 0
        for record, quads in documents:
            read += record.size
            progress.count(record, read)
            self.on_progress(progress)
            yield record, quads


def _open_item(item: Item, workers: WorkerPool) -> Item:
    """Return an item with its text, which the store needs to find it."""
    return replace(item, found=workers.open(item.found)) if isinstance(item.found, LazyInput) else item


def _find_known(item: Item, filler: StoreWriter) -> DocumentRecord | None:
    """Return the document that a store has of an item."""
    if not isinstance(item.found, Input):
        return None
    try:
        given = merge_given(item.found, Metadata())
    except ObligationError:
        return None  # the worker that understands it reports the error
    known = filler.find_known(Fingerprint.compute(item.found.source, given, filler.rules))
    return DocumentRecord(item.found.source.name, iri=known.iri, text=known.text) if known else None


def _load_new(path: Path, documents: Documents, loaded: LoadResult) -> None:
    """Make a store of the documents; all of it, or none."""
    with create_store(path) as store:
        store.bulk_load(open_stream(_count_written(documents, loaded)))
        loaded.statements = store.count_statements()


def _count_written(documents: Documents, loaded: LoadResult) -> Iterator[bytes]:
    """Yield the N-Quads of each document, and count it."""
    for _, quads in documents:
        loaded.written += 1
        yield quads


def _replace_documents(filler: StoreWriter, documents: Documents, loaded: LoadResult) -> None:
    """Replace what the store has of each document; skip those that have not changed."""
    for record, data in documents:
        graph = NamedNode(record.iri)
        quads = list(parse(data, format=RdfFormat.N_QUADS)) if data else []
        made_of = Fingerprint.read(quads, record.iri) if quads else None
        if made_of is None or filler.is_stored(made_of, record.iri):
            loaded.unchanged += 1
            continue
        filler.put_quads(record.name, graph, quads, made_of.source)
        loaded.written += 1
    loaded.statements, loaded.moved = filler.finish(), filler.moved
