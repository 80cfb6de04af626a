"""Puts a corpus, or shards, into a store: into a new one by bulk load, into one that is there by replacement.

A new store is there when it is whole: who comes after a crash finds none.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, parse

from build_graph.corpus.items import Item, Items
from build_graph.corpus.progress import Progress
from build_graph.corpus.seen import Deduplicator
from build_graph.corpus.streaming import DocumentStream
from build_graph.corpus.workers import WorkerPool
from build_graph.corpus.writing import Known
from build_graph.errors import ObligationError
from build_graph.model import Metadata
from build_graph.pipeline import merge_given
from build_graph.reading.inputs import Input, InputReader, LazyInput
from build_graph.reading.overwriting import iterate_files_at, reject_inputs
from build_graph.shards import DocumentRecord, ShardFolder, open_stream, strip_graph
from build_graph.storing.filling import StoreWriter
from build_graph.storing.fingerprints import Fingerprint, rules_hash
from build_graph.storing.fresh import create_store
from build_graph.storing.store import holds_something

Documents = Iterable[tuple[DocumentRecord, bytes]]  # N-Quads; none of a document that the store has already


@dataclass(slots=True)
class LoadResult:
    """What was put into a store, and what was left out."""

    path: Path
    written: int = 0
    unchanged: int = 0
    statements: int = 0  # in the store, those of earlier builds among them
    failures: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)  # by ending
    moved: list[str] = field(default_factory=list)  # documents that gave way to one read from the same text

    def count(self, record: DocumentRecord) -> None:
        """Count a document that was left out."""
        if record.failure:
            self.failures.append(f"{record.name}: {record.failure}")
        if record.copy_of:
            self.copies.append(f"{record.name}: has the same text as {record.copy_of}")


@dataclass(frozen=True, slots=True)
class StoreLoader:
    """How a store is to be loaded; `on_progress` is told of each document that is done."""

    reader: InputReader = field(default_factory=InputReader)
    workers: int = 1
    on_progress: Callable[[Progress], None] = lambda progress: None

    def build(self, paths: Sequence[Path], path: Path) -> LoadResult:
        """Understand the documents at some paths, and put them into the store in a folder.

        A document that fails is set aside. Raises StoreError where the store cannot be written.
        """
        reject_inputs(iterate_files_at(path), self.reader.iterate_files(paths))
        loaded, items = LoadResult(path), Items(self.reader, paths)
        with WorkerPool(self.workers, self.reader) as workers, Deduplicator.create() as seen:
            if not holds_something(path):
                _load_new(
                    path, self._iterate_documents(DocumentStream(workers, seen), items, items, loaded), loaded
                )
            else:
                with StoreWriter(path, rules_hash()) as filler:
                    known = DocumentStream(workers, seen, lambda place, item: _find_known(item, filler))
                    opened = (_open_item(item, workers) for item in items)
                    _replace_documents(filler, self._iterate_documents(known, items, opened, loaded), loaded)
        loaded.ignored = items.ignored
        return loaded

    def load_shards(self, folders: Sequence[Path], path: Path) -> LoadResult:
        """Put the documents of folders of shards into the store in a folder, as they are.

        Of two with the same IRI the later stays. Raises ShardsError where the shards cannot be read.
        """
        loaded = LoadResult(path)
        opened = [ShardFolder.open(folder) for folder in folders]
        documents = (one for shards in opened for one in shards.iterate_members())
        if not holds_something(path) and len(opened) == 1:
            _load_new(path, self._iterate_reported(documents), loaded)
        else:
            with StoreWriter(path, rules_hash()) as filler:
                _replace_documents(filler, self._iterate_reported(documents), loaded)
        return loaded

    def _iterate_documents(
        self, found: DocumentStream, items: Items, inputs: Iterable[Item], loaded: LoadResult
    ) -> Iterator[tuple[DocumentRecord, bytes]]:
        """The documents that are to be in the store; what is left out is counted."""
        progress = Progress()
        for record, members in found.iterate_documents(inputs):
            progress.count(record, items.places.popleft())
            self.on_progress(progress)
            if record.is_stored:
                packed, _ = members()
                yield record, gzip.decompress(packed) if packed else b""
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
    """Return an item with its text, by which the store tells whether it has it."""
    return replace(item, found=workers.open(item.found)) if isinstance(item.found, LazyInput) else item


def _find_known(item: Item, filler: StoreWriter) -> Known | None:
    """The document that a store has of an item, without its bytes."""
    if not isinstance(item.found, Input):
        return None
    try:
        given = merge_given(item.found, Metadata())
    except ObligationError:
        return None  # whoever understands it will say what is wrong
    known = filler.find_known(Fingerprint.compute(item.found.source, given, filler.rules))
    if known is None:
        return None
    return DocumentRecord(item.found.source.name, iri=known.iri, text=known.text, size=1), lambda: (b"", b"")


def _load_new(path: Path, documents: Documents, loaded: LoadResult) -> None:
    """Make a store of the documents, all or nothing."""
    with create_store(path) as store:
        store.bulk_load(open_stream(_iterate_graphs(documents, loaded)))
        store.store_ontology()
        loaded.statements = store.count_statements()


def _iterate_graphs(documents: Documents, loaded: LoadResult) -> Iterator[bytes]:
    """Each document for its own graph, and for the default graph, where statements come together."""
    for record, quads in documents:
        loaded.written += 1
        yield quads
        yield strip_graph(record, quads)


def _replace_documents(filler: StoreWriter, documents: Documents, loaded: LoadResult) -> None:
    """Put each document into the place of what the store has of it."""
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
