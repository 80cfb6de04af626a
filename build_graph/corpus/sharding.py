"""From inputs of any number to a folder of shards, which is the same however many processes work on it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from build_graph import __version__
from build_graph.corpus.items import Item, Items
from build_graph.corpus.locking import locked
from build_graph.corpus.packing import LEVEL
from build_graph.corpus.progress import Progress
from build_graph.corpus.seen import Seen
from build_graph.corpus.streaming import Stream
from build_graph.corpus.workers import Workers
from build_graph.corpus.writing import Known, Old, ShardWriter, remove_from, tidy
from build_graph.files import write_all
from build_graph.reading.inputs import InputReader
from build_graph.reading.overwriting import files_at, refuse_inputs
from build_graph.sealing import facts_of, facts_of_pieces
from build_graph.shards import CARD, FAILURES, FORMAT, MANIFEST, Card, Shards, Totals, part
from build_graph.storing.fingerprints import rules_hash, version_of

SIZE = 256  # documents of a shard
_READERS = ("lxml", "pdfplumber")  # packages that decide what text a file holds


@dataclass(frozen=True, slots=True)
class Sharded:
    """What a build wrote, and what it left out."""

    path: Path
    totals: Totals
    progress: Progress
    left_alone: Counter[str]  # files that are no documents, by ending


@dataclass(frozen=True, slots=True)
class Sharder:
    """How shards are to be built; `heard` is told of each document and shard that is done."""

    reader: InputReader = field(default_factory=InputReader)
    workers: int = 1
    size: int = SIZE
    heard: Callable[[Progress], None] = lambda progress: None

    def build(self, paths: Sequence[Path], folder: Path) -> Sharded:
        """Bring a folder of shards to what is at the paths; what is there already stays untouched.

        A document that fails is set aside. Raises ShardsError where the folder cannot be written, or another
        build is at it.
        """
        refuse_inputs(files_at(folder), self.reader.files(paths))
        items, ruled, progress = Items(self.reader, paths), rules_hash(), Progress()
        with locked(folder):
            try:
                self._write(items, folder, _made_with(self.reader, self.size, ruled), progress)
                remove_from(folder, progress.shards)
                _sum_up(folder, progress.shards, ruled, asdict(self.reader.limits))
            finally:
                tidy(folder)
        return Sharded(folder, Shards.open(folder).totals, progress, items.left_alone)

    def _write(self, items: Items, folder: Path, made_with: str, progress: Progress) -> None:
        """Write the shards one after the other."""
        old = lru_cache(maxsize=8)(lambda number: Old.read(folder, number, made_with))

        def known(place: int, item: Item) -> Known | None:
            shard = old(place // self.size)
            return shard.find(item.key) if shard else None

        with Workers(self.workers, self.reader) as workers, Seen.empty() as seen:
            stream = Stream(workers, seen, known)
            placed = enumerate(stream.documents(items))
            for number, documents in groupby(placed, key=lambda one: one[0] // self.size):
                writer = ShardWriter(folder, number, made_with, old(number))
                for _, (record, members) in documents:
                    writer.add(record, members)
                    progress.count(record, items.places.popleft())
                    self.heard(progress)
                progress.unchanged += not writer.finish()
                progress.shards += 1
                self.heard(progress)


def _made_with(reader: InputReader, size: int, ruled: str) -> str:
    """The SHA-256 of all but the inputs that shards follow from."""
    readers = [version_of(package) for package in _READERS]
    whole = (FORMAT, LEVEL, size, ruled, readers, reader.limits.deciding, reader.encoding)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _sum_up(folder: Path, shards: int, ruled: str, limits: Mapping[str, int]) -> None:
    """Write what is said of the whole, and the failures, unless both stand there byte for byte."""
    totals = _totals(folder, shards, ruled, limits)
    if not _stands(folder, totals):
        write_all({folder / FAILURES: _failures(folder, shards), folder / MANIFEST: totals.written()})


def _stands(folder: Path, totals: Totals) -> bool:
    try:
        manifest = (folder / MANIFEST).read_bytes()
        return manifest == totals.written() and facts_of(folder / FAILURES) == totals.failed
    except OSError:
        return False


def _totals(folder: Path, shards: int, ruled: str, limits: Mapping[str, int]) -> Totals:
    inputs, listed = hashlib.sha256(), []
    counts: Counter[str] = Counter()
    for number, card in enumerate(_cards(folder, shards)):
        inputs.update("".join(one.key for one in card.documents).encode())
        there = [one for one in card.documents if one.is_there]
        own = {"documents": len(there), "statements": sum(one.statements for one in there)}
        counts.update(own, bearings=sum(one.rows for one in there))
        counts.update(failures=sum(bool(one.failure) for one in card.documents))
        counts.update(copies=sum(bool(one.copy_of) for one in card.documents))
        listed.append({"name": part(number), **own, "files": card.files})
    failed = facts_of_pieces(_failures(folder, shards))
    return Totals(
        __version__, ruled, inputs.hexdigest(), limits, **counts, failed=failed, shards=tuple(listed)
    )


def _failures(folder: Path, shards: int) -> Iterator[bytes]:
    """A line for each document that failed, in the order of the input."""
    for card in _cards(folder, shards):
        for one in card.documents:
            if one.failure:
                said = {"name": one.name, "reason": one.failure, "kind": one.kind}
                yield json.dumps(said, ensure_ascii=False).encode() + b"\n"


def _cards(folder: Path, shards: int) -> Iterator[Card]:
    for number in range(shards):
        card = Card.read(folder / f"{part(number)}{CARD}")
        assert card is not None, "it was written or read by this very build"
        yield card
