"""The stream of documents through the workers, in the order of the input, without copies.

It holds a few documents at a time, and a table of the earlier ones on disk, so that a corpus may be of any
size.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Self

from build_graph.corpus.outcome import Item, build_failure
from build_graph.corpus.pool import WorkerPool
from build_graph.corpus.shard_writer import ShardMember, encode_member
from build_graph.errors import ObligationError
from build_graph.graph.store.shards import DocumentRecord


@dataclass(slots=True)
class Progress:
    """The progress of a build, as callbacks get it."""

    documents: int = 0  # done, with whatever result
    failures: int = 0
    read: int = 0  # bytes of the inputs up to the last one done
    shards: int = 0  # done
    unchanged: int = 0  # of these, those that were there already

    def count(self, record: DocumentRecord, read: int) -> None:
        """Count a document that is done; `read` is the number of bytes up to it."""
        self.documents += 1
        self.read = read
        self.failures += bool(record.failure)


def _create_table() -> sqlite3.Connection:
    """Return an empty table; beyond 2 MB it lies in a file without a name."""
    table = sqlite3.connect("", isolation_level=None)
    table.execute("PRAGMA journal_mode = OFF")
    table.execute("CREATE TABLE seen (iri BLOB PRIMARY KEY, text TEXT, name TEXT) WITHOUT ROWID")
    return table


@dataclass(frozen=True, slots=True)
class Deduplicator:
    """The table of the documents so far, by IRI."""

    _seen: sqlite3.Connection

    @classmethod
    @contextmanager
    def create(cls) -> Iterator[Self]:
        """Give an empty table for as long as the block lasts."""
        with closing(_create_table()) as table:
            yield cls(table)

    def check(self, record: DocumentRecord) -> DocumentRecord:
        """Return the record after those before it: the same, a copy, or a failure because of its number.

        The first document with a number keeps it.
        """
        if not record.iri:
            return record
        own = (_hash_text(record.iri), record.text, record.name)
        if self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", own).rowcount:
            return record
        text, name = self._seen.execute("SELECT text, name FROM seen WHERE iri = ?", own[:1]).fetchone()
        return record.judge(DocumentRecord(name, iri=record.iri, text=text))


def _hash_text(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()[:16]


_AHEAD = 16  # documents a worker that are read ahead of the one that is waited for
_HELD = 16_000_000  # bytes of them; beyond that no more are read

# Returns what is known of an input from before: its record, if it need not be understood again.
FindKnown = Callable[[Item], DocumentRecord | None]


@dataclass(frozen=True, slots=True)
class DocumentStream:
    """Turns inputs into members of shards; `find_known` tells what is known already."""

    workers: WorkerPool
    find_known: FindKnown = lambda item: None

    def iterate_members(self, items: Iterable[Item]) -> Iterator[ShardMember]:
        """Yield the member of each input in their order; one that was known comes without bytes."""
        waiting: deque[tuple[Item, ShardMember | Future[ShardMember]]] = deque()
        held = 0  # bytes of what waits
        for item in items:
            waiting.append((item, self._begin(item)))
            held += item.size
            while len(waiting) > _AHEAD * self.workers.count or (held > _HELD and len(waiting) > 1):
                first = waiting.popleft()
                held -= first[0].size
                yield _finish(*first)
        while waiting:
            yield _finish(*waiting.popleft())

    def _begin(self, item: Item) -> ShardMember | Future[ShardMember]:
        """Return the member of an input, or the work on it; one that could not be read is a failure."""
        if isinstance(item.found, ObligationError):
            return encode_member(build_failure(item.found))
        known = self.find_known(item)
        return ShardMember(known) if known else self.workers.submit(item.found)


def _finish(item: Item, member: ShardMember | Future[ShardMember]) -> ShardMember:
    """Return the member of an input with its key; wait for the worker."""
    done = member.result() if isinstance(member, Future) else member
    return replace(done, record=replace(done.record, key=item.key))
