"""Documents as they come out of the workers, in the order of the input, and what became of each.

What is held at any moment is a few documents, so that a corpus may be of any size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

from build_graph.corpus.documents import failed
from build_graph.corpus.items import Item
from build_graph.corpus.packing import Packed, packed
from build_graph.corpus.seen import Seen
from build_graph.corpus.stages import TRIED_AGAIN
from build_graph.corpus.workers import Workers
from build_graph.corpus.writing import Known, Members
from build_graph.errors import ObligationError
from build_graph.shards import Record

_AHEAD = 16  # documents for each worker that are read ahead of the one that is waited for
_HELD = 16_000_000  # bytes of them, from which on no more are read

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
        waiting: deque[tuple[_Entry, Future[Packed] | None]] = deque()
        held = 0  # bytes of what waits
        for entry in map(self._entry, enumerate(items)):
            waiting.append((entry, None if entry.record else self.workers.begin(entry.item.found)))
            held += entry.item.size
            while len(waiting) > _AHEAD * self.workers.count or (held > _HELD and len(waiting) > 1):
                first = waiting.popleft()
                held -= first[0].item.size
                yield self._finished(*first)
        while waiting:
            yield self._finished(*waiting.popleft())

    def _entry(self, numbered: tuple[int, Item]) -> _Entry:
        """An input with what is known of it from before; one that could not be read is a failure already."""
        place, item = numbered
        if isinstance(item.found, ObligationError):
            return _Entry(item, replace(packed(failed(item.found)).record, key=item.key))
        known = self.shelf(place, item)
        return _Entry(item, *known) if known and known[0].kind not in TRIED_AGAIN else _Entry(item)

    def _finished(self, entry: _Entry, work: Future[Packed] | None) -> tuple[Record, Members]:
        """What became of an input."""
        new = work.result() if work else None
        judged = self.seen.judged(_keyed(new, entry) if new else entry.record or Record(""))
        if new is None and judged.is_there and not judged.size:  # it was a copy, and what it copied is gone
            new = self.workers.begin(entry.item.found).result()
            judged = _keyed(new, entry)
        return judged, _members(new) if new else entry.members


def _keyed(new: Packed, entry: _Entry) -> Record:
    return replace(new.record, key=entry.item.key)


def _members(new: Packed) -> Members:
    return lambda: (new.quads, new.bearings)
