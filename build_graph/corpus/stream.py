"""How far the work on a corpus is, for whoever wants to show it.

Which documents came before: a table on disk, so that a corpus of any size fits beside it.

Documents as they come out of the workers, in the order of the input, and what became of each.

What is held at any moment is a few documents, so that a corpus may be of any size.
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
    """How far the work is."""

    documents: int = 0  # done, of whatever outcome
    failures: int = 0
    read: int = 0  # bytes of the inputs up to the last that is done
    shards: int = 0  # done
    unchanged: int = 0  # of these, that were there already

    def count(self, record: DocumentRecord, read: int) -> None:
        """Count a document that is done, up to so many bytes."""
        self.documents += 1
        self.read = read
        self.failures += bool(record.failure)


CLASH = "Clash"  # the kind of failure of a document whose number another has


def _create_table() -> sqlite3.Connection:
    """Return an empty table; what of it does not fit into 2 MB lies in a file without a name."""
    table = sqlite3.connect("", isolation_level=None)
    table.execute("PRAGMA journal_mode = OFF")
    table.execute("CREATE TABLE seen (iri BLOB PRIMARY KEY, text BLOB, name TEXT) WITHOUT ROWID")
    return table


@dataclass(frozen=True, slots=True)
class Deduplicator:
    """The documents so far, by IRI."""

    _seen: sqlite3.Connection

    @classmethod
    @contextmanager
    def create(cls) -> Iterator[Self]:
        """Return an empty table, for as long as the block lasts."""
        with closing(_create_table()) as table:
            yield cls(table)

    def check(self, record: DocumentRecord) -> DocumentRecord:
        """The record as it stands after those before it: the same, a copy, or a failure for its number.

        A record that was judged before is judged anew. The first document with a number keeps it.
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
        """Hash of the text and name of the document with the same IRI; None where this is the first."""
        own = (_hash_text(record.iri), _hash_text(record.text), record.name)
        if self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", own).rowcount:
            return None
        found = self._seen.execute("SELECT text, name FROM seen WHERE iri = ?", own[:1]).fetchone()
        return bytes(found[0]), str(found[1])


def format_clash(before: str, iri: str) -> str:
    """Why a document with an IRI fails: one before it, of that name, has it.

    >>> format_clash("a.txt", "https://x/document/国发-2015-24").partition(";")[0]
    'has the same number as a.txt (国发-2015-24)'
    """
    number = iri.rpartition("/")[2]
    return f"has the same number as {before} ({number}); leave one out, or give one its own number"


def _hash_text(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()[:16]


_AHEAD = 16  # documents for each worker that are read ahead of the one that is waited for
_HELD = 16_000_000  # bytes of them, from which on no more are read

PreviousResults = Callable[
    [int, Item], Known | None
]  # gives what an earlier build made of an item, by its place too


def _read_nothing() -> tuple[bytes, bytes]:
    return b"", b""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An input, and what an earlier build made of it, if anything."""

    item: Item
    record: DocumentRecord | None = None
    members: Members = _read_nothing


@dataclass(frozen=True, slots=True)
class DocumentStream:
    """What becomes of inputs; `previous` gives what is known from before."""

    workers: WorkerPool
    seen: Deduplicator
    previous: PreviousResults = lambda place, item: None

    def iterate_documents(self, items: Iterable[Item]) -> Iterator[tuple[DocumentRecord, Members]]:
        """Yield each input's record, and its members; those of a copy or failure are not to be asked for."""
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
        """Return an input with what is known of it from before; one that could not be read is a failure
        already.
        """
        place, item = numbered
        if isinstance(item.found, ObligationError):
            return _Entry(item, replace(encode_member(build_failure(item.found)).record, key=item.key))
        known = self.previous(place, item)
        return _Entry(item, *known) if known and known[0].kind not in TRIED_AGAIN else _Entry(item)

    def _finish(self, entry: _Entry, work: Future[ShardMember] | None) -> tuple[DocumentRecord, Members]:
        """What became of an input."""
        new = work.result() if work else None
        judged = self.seen.check(_add_key(new, entry) if new else entry.record or DocumentRecord(""))
        if new is None and judged.is_stored and not judged.size:  # it was a copy, and what it copied is gone
            new = self.workers.submit(entry.item.found).result()
            judged = _add_key(new, entry)
        return judged, _wrap_members(new) if new else entry.members


def _add_key(new: ShardMember, entry: _Entry) -> DocumentRecord:
    return replace(new.record, key=entry.item.key)


def _wrap_members(new: ShardMember) -> Members:
    return lambda: (new.quads, new.bearings)
