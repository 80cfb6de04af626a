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
from build_graph.corpus.seen import Seen
from build_graph.corpus.streaming import Stream
from build_graph.corpus.workers import Workers
from build_graph.corpus.writing import Known
from build_graph.errors import ObligationError
from build_graph.model import Metadata
from build_graph.pipeline import given_of
from build_graph.reading.inputs import Input, InputReader, Unopened
from build_graph.reading.overwriting import files_at, refuse_inputs
from build_graph.shards import Record, Shards, stream, without_graph
from build_graph.storing.filling import Filler
from build_graph.storing.fingerprints import Fingerprint, rules_hash
from build_graph.storing.fresh import new_store
from build_graph.storing.store import holds_something

Documents = Iterable[tuple[Record, bytes]]  # N-Quads; none of a document that the store has already


@dataclass(slots=True)
class Loaded:
    """What was put into a store, and what was left out."""

    path: Path
    written: int = 0
    unchanged: int = 0
    statements: int = 0  # in the store, those of earlier builds among them
    failures: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    left_alone: Counter[str] = field(default_factory=Counter)  # by ending
    moved: list[str] = field(default_factory=list)  # documents that gave way to one read from the same text

    def count(self, record: Record) -> None:
        """Count a document that was left out."""
        if record.failure:
            self.failures.append(f"{record.name}: {record.failure}")
        if record.copy_of:
            self.copies.append(f"{record.name}: has the same text as {record.copy_of}")


@dataclass(frozen=True, slots=True)
class Loader:
    """How a store is to be loaded; `heard` is told of each document that is done."""

    reader: InputReader = field(default_factory=InputReader)
    workers: int = 1
    heard: Callable[[Progress], None] = lambda progress: None

    def build(self, paths: Sequence[Path], path: Path) -> Loaded:
        """Understand the documents at some paths, and put them into the store in a folder.

        A document that fails is set aside. Raises StoreError where the store cannot be written.
        """
        refuse_inputs(files_at(path), self.reader.files(paths))
        loaded, items = Loaded(path), Items(self.reader, paths)
        with Workers(self.workers, self.reader) as workers, Seen.empty() as seen:
            if not holds_something(path):
                _load_new(path, self._documents(Stream(workers, seen), items, items, loaded), loaded)
            else:
                with Filler(path, rules_hash()) as filler:
                    known = Stream(workers, seen, lambda place, item: _known(item, filler))
                    opened = (_with_text(item, workers) for item in items)
                    _replace(filler, self._documents(known, items, opened, loaded), loaded)
        loaded.left_alone = items.left_alone
        return loaded

    def take(self, folders: Sequence[Path], path: Path) -> Loaded:
        """Put the documents of folders of shards into the store in a folder, as they are.

        Of two with the same IRI the later stays. Raises ShardsError where the shards cannot be read.
        """
        loaded = Loaded(path)
        opened = [Shards.open(folder) for folder in folders]
        documents = (one for shards in opened for one in shards.members())
        if not holds_something(path) and len(opened) == 1:
            _load_new(path, self._told(documents), loaded)
        else:
            with Filler(path, rules_hash()) as filler:
                _replace(filler, self._told(documents), loaded)
        return loaded

    def _documents(
        self, found: Stream, items: Items, inputs: Iterable[Item], loaded: Loaded
    ) -> Iterator[tuple[Record, bytes]]:
        """The documents that are to be in the store; what is left out is counted."""
        progress = Progress()
        for record, members in found.documents(inputs):
            progress.count(record, items.places.popleft())
            self.heard(progress)
            if record.is_there:
                packed, _ = members()
                yield record, gzip.decompress(packed) if packed else b""
            else:
                loaded.count(record)

    def _told(self, documents: Documents) -> Iterator[tuple[Record, bytes]]:
        progress, read = Progress(), 0
        for record, quads in documents:
            read += record.size
            progress.count(record, read)
            self.heard(progress)
            yield record, quads


def _with_text(item: Item, workers: Workers) -> Item:
    """Return an item with its text, by which the store tells whether it has it."""
    return replace(item, found=workers.open(item.found)) if isinstance(item.found, Unopened) else item


def _known(item: Item, filler: Filler) -> Known | None:
    """The document that a store has of an item, without its bytes."""
    if not isinstance(item.found, Input):
        return None
    try:
        given = given_of(item.found, Metadata())
    except ObligationError:
        return None  # whoever understands it will say what is wrong
    known = filler.known(Fingerprint.of(item.found.source, given, filler.rules))
    if known is None:
        return None
    return Record(item.found.source.name, iri=known.iri, text=known.text, size=1), lambda: (b"", b"")


def _load_new(path: Path, documents: Documents, loaded: Loaded) -> None:
    """Make a store of the documents, all or nothing."""
    with new_store(path) as store:
        store.bulk(stream(_twice(documents, loaded)))
        store.describe()
        loaded.statements = store.statements()


def _twice(documents: Documents, loaded: Loaded) -> Iterator[bytes]:
    """Each document for its own graph, and for the default graph, where statements come together."""
    for record, quads in documents:
        loaded.written += 1
        yield quads
        yield without_graph(record, quads)


def _replace(filler: Filler, documents: Documents, loaded: Loaded) -> None:
    """Put each document into the place of what the store has of it."""
    for record, data in documents:
        graph = NamedNode(record.iri)
        quads = list(parse(data, format=RdfFormat.N_QUADS)) if data else []
        made_of = Fingerprint.said(quads, record.iri) if quads else None
        if made_of is None or filler.has(made_of, record.iri):
            loaded.unchanged += 1
            continue
        filler.put(record.name, graph, quads, made_of.source)
        loaded.written += 1
    loaded.statements, loaded.moved = filler.finish(), filler.moved
