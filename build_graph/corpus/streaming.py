"""Documents as they come out of the workers, in the order of the input, and what became of each.

What is held at any moment is a few documents, so that a corpus may be of any size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

from build_graph.corpus.documents import build_failure
from build_graph.corpus.items import Item
from build_graph.corpus.packing import ShardMember, encode_member
from build_graph.corpus.seen import Deduplicator
from build_graph.corpus.stages import TRIED_AGAIN
from build_graph.corpus.workers import WorkerPool
from build_graph.corpus.writing import Known, Members
from build_graph.errors import ObligationError
from build_graph.shards import DocumentRecord

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
        """Each input's record, and its members; those of a copy or failure are not to be asked for."""
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
        """An input with what is known of it from before; one that could not be read is a failure already."""
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
