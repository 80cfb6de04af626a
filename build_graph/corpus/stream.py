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
from build_graph.corpus.shard_writer import Known, Members, ShardMember, encode_member
from build_graph.corpus.stages import TRIED_AGAIN
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


CLASH = "Clash"  # the kind of failure of a document with the number of another


def _create_table() -> sqlite3.Connection:
    """Return an empty table; beyond 2 MB it lies in a file without a name."""
    table = sqlite3.connect("", isolation_level=None)
    table.execute("PRAGMA journal_mode = OFF")
    table.execute("CREATE TABLE seen (iri BLOB PRIMARY KEY, text BLOB, name TEXT) WITHOUT ROWID")
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

        The verdict of an earlier build does not count. The first document with a number keeps it.
        """
        if not record.iri:
            return record
        fresh = replace(record, copy_of="", failure="", kind="") if record.kind in ("", CLASH) else record
        before = self._find_earlier(fresh)
        if before is None:
            return fresh
        text, name = before
        left_out = replace(fresh, size=0, rows_size=0)
        if text == _hash_text(record.text):
            return replace(left_out, copy_of=name)
        return replace(left_out, failure=format_clash(name, record.iri), kind=CLASH)

    def _find_earlier(self, record: DocumentRecord) -> tuple[bytes, str] | None:
        """Return the hash of the text and the name of the document with the same IRI; None for the first."""
        own = (_hash_text(record.iri), _hash_text(record.text), record.name)
        if self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", own).rowcount:
            return None
        found = self._seen.execute("SELECT text, name FROM seen WHERE iri = ?", own[:1]).fetchone()
        return bytes(found[0]), str(found[1])


def format_clash(before: str, iri: str) -> str:
    """Return the reason of a failure: an earlier document, named `before`, has the IRI.

    >>> format_clash("a.txt", "https://x/d/国发-2015-24").partition(";")[0]
    'has the same number as a.txt (国发-2015-24)'
    """
    number = iri.rpartition("/")[2]
    return f"has the same number as {before} ({number}); leave one out, or give one its own number"


def _hash_text(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()[:16]


_AHEAD = 16  # documents a worker that are read ahead of the one that is waited for
_HELD = 16_000_000  # bytes of them; beyond that no more are read

# Returns what an earlier build made of the item at a place.
PreviousResults = Callable[[int, Item], Known | None]


def _read_nothing() -> tuple[bytes, bytes]:
    return b"", b""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An input, and its record and members of an earlier build, if any."""

    item: Item
    record: DocumentRecord | None = None
    members: Members = _read_nothing


@dataclass(frozen=True, slots=True)
class DocumentStream:
    """Turns inputs into records and members; `previous` finds those of an earlier build."""

    workers: WorkerPool
    seen: Deduplicator
    previous: PreviousResults = lambda place, item: None

    def iterate_documents(self, items: Iterable[Item]) -> Iterator[tuple[DocumentRecord, Members]]:
        """Yield the record of each input, and its members, which a copy or failure does not have."""
        waiting: deque[tuple[_Entry, Future[ShardMember] | None]] = deque()
        held = 0  # bytes of what waits
        for entry in map(self._create_entry, enumerate(items)):
            waiting.append((entry, None if entry.record else self.workers.submit(entry.item.found)))
            held += entry.item.size
            while len(waiting) > _AHEAD * self.workers.count or (held > _HELD and len(waiting) > 1):
                first = waiting.popleft()
                held -= first[0].item.size
                yield self._finish(*first)
        while waiting:
            yield self._finish(*waiting.popleft())

    def _create_entry(self, numbered: tuple[int, Item]) -> _Entry:
        """Return an input with its earlier result; one that could not be read is a failure already."""
        place, item = numbered
        if isinstance(item.found, ObligationError):
            return _Entry(item, replace(encode_member(build_failure(item.found)).record, key=item.key))
        known = self.previous(place, item)
        return _Entry(item, *known) if known and known[0].kind not in TRIED_AGAIN else _Entry(item)

    def _finish(self, entry: _Entry, work: Future[ShardMember] | None) -> tuple[DocumentRecord, Members]:
        """Return the record and the members of an input; wait for its worker."""
        new = work.result() if work else None
        judged = self.seen.check(_add_key(new, entry) if new else entry.record or DocumentRecord(""))
        if new is None and judged.is_stored and not judged.size:  # it was a copy of a document that is gone
            new = self.workers.submit(entry.item.found).result()
            judged = _add_key(new, entry)
        return judged, _wrap_members(new) if new else entry.members


def _add_key(new: ShardMember, entry: _Entry) -> DocumentRecord:
    return replace(new.record, key=entry.item.key)


def _wrap_members(new: ShardMember) -> Members:
    return lambda: (new.quads, new.bearings)
