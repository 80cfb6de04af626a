"""Documents as they come out of the workers, in the order of the input, and what became of each.

What is held at any moment is a few batches, so that a corpus may be of any size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from build_graph.corpus.documents import failed
from build_graph.corpus.items import Item
from build_graph.corpus.packing import Packed, packed
from build_graph.corpus.seen import Seen
from build_graph.corpus.workers import Work, Workers
from build_graph.corpus.writing import Known, Members
from build_graph.errors import ObligationError
from build_graph.shards import Record

_BATCH = 8  # documents that a worker is given at a time
_BYTES = 200_000  # of documents in a batch, from which on it takes no more
_AHEAD = 4  # batches for each worker that are read ahead of the one that is waited for
_TRIED_AGAIN = frozenset({"WorkerDied", "MissingExtra"})  # failures that the machine is to blame for

Shelf = Callable[[int, Item], Known | None]  # gives what an earlier build made of an item, by its place too


def _nothing() -> tuple[bytes, bytes]:
    return b"", b""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An input, and what an earlier build made of it, if anything."""

    item: Item
    record: Record | None = None
    members: Members = _nothing


@dataclass(frozen=True, slots=True)
class Stream:
    """What becomes of inputs; `shelf` gives what is known from before."""

    workers: Workers
    seen: Seen
    shelf: Shelf = lambda place, item: None

    def documents(self, items: Iterable[Item]) -> Iterator[tuple[Record, Members]]:
        """Each input's record, and its members; those of a copy or failure are not to be asked for."""
        waiting: deque[tuple[list[_Entry], Work | None]] = deque()
        for batch in _batches(map(self._entry, enumerate(items))):
            new = [entry.item.found for entry in batch if entry.record is None]
            waiting.append((batch, self.workers.begin(new) if new else None))
            if len(waiting) > _AHEAD * self.workers.count:
                yield from self._finished(*waiting.popleft())
        while waiting:
            yield from self._finished(*waiting.popleft())

    def _entry(self, numbered: tuple[int, Item]) -> _Entry:
        """An input with what is known of it from before; one that could not be read is a failure already."""
        place, item = numbered
        if isinstance(item.found, ObligationError):
            return _Entry(item, replace(packed(failed(item.found)).record, key=item.key))
        known = self.shelf(place, item)
        return _Entry(item, *known) if known and known[0].kind not in _TRIED_AGAIN else _Entry(item)

    def _finished(self, batch: list[_Entry], work: Work | None) -> Iterator[tuple[Record, Members]]:
        """What became of a batch, in its order."""
        done = iter(self.workers.done(work) if work else ())
        for entry in batch:
            if entry.record is None:
                new = next(done)
                judged = self.seen.judged(replace(new.record, key=entry.item.key))
            else:
                new = None
                judged = self.seen.judged(entry.record)
                if judged.is_there and not judged.size:  # it was a copy, and what it copied is gone
                    (new,) = self.workers.done(self.workers.begin([entry.item.found]))
                    judged = replace(new.record, key=entry.item.key)
            yield judged, _members(new) if new else entry.members


def _members(new: Packed) -> Members:
    return lambda: (new.quads, new.bearings)


def _batches(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    """The entries in their order, a few at a time; those known from before apart from the others."""
    batch: list[_Entry] = []
    for entry in entries:
        known = entry.record is not None
        full = len(batch) == _BATCH or sum(one.item.size for one in batch) > _BYTES
        if batch and (full or (batch[0].record is not None) != known):
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch
