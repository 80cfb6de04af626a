"""The build of a folder of shards from any number of inputs, one build at a time.

The bytes of the folder do not depend on the number of processes that work on it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from build_graph import __version__
from build_graph.corpus.outcome import Item, Items
from build_graph.corpus.pool import WorkerPool
from build_graph.corpus.shard_writer import (
    LEVEL,
    Known,
    PreviousShard,
    ShardWriter,
    remove_shards,
    remove_temporary,
)
from build_graph.corpus.stream import Deduplicator, DocumentStream, Progress
from build_graph.files import write_files
from build_graph.graph.store.fingerprints import compute_rules_hash, find_version
from build_graph.graph.store.seals import compute_facts, compute_piece_facts
from build_graph.graph.store.shards import (
    CARD,
    FAILURES,
    FORMAT,
    LOCK,
    MANIFEST,
    Manifest,
    ShardFolder,
    ShardManifest,
    ShardsError,
    format_part_name,
)
from build_graph.text.inputs import InputReader
from build_graph.text.overwriting import iterate_files_at, reject_inputs

_OURS = re.compile(r"part-\d{5,} \.(?: nq\.gz | bearings\.csv\.gz | json ) | \..*\.tmp", re.VERBOSE)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder against other builds for as long as the block lasts; make it if it is missing.

    Raises ShardsError if another build has locked it, it contains other files, or it cannot be written.
    """
    import fcntl

    _refuse_others(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise ShardsError(
            f"{folder}: another build is writing these shards; try again when it has ended"
        ) from error
    except OSError as error:
        where = error.filename or folder
        raise ShardsError(
            f"{where}: cannot be written ({error.strerror}); make room there, or choose another place"
        ) from error


def _refuse_others(folder: Path) -> None:
    """Raise ShardsError for a file, and for a folder that contains anything but shards."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise ShardsError(f"{folder}: is a file, or lies below one; give the name of a folder") from error
    except OSError as error:
        raise ShardsError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    ours = (LOCK, MANIFEST, FAILURES)
    other = next((name for name in names if name not in ours and not _OURS.fullmatch(name)), None)
    if other is not None:
        raise ShardsError(f"{folder}: holds {other}, which is no shard; give a new or an empty folder")


SIZE = 256  # documents of a shard
_READERS = ("lxml", "pdfplumber")  # packages that decide what text a file holds


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The shards that a build wrote, and the files that it left out."""

    path: Path
    totals: Manifest
    progress: Progress
    ignored: Counter[str]  # files that are no documents, by ending


@dataclass(frozen=True, slots=True)
class ShardBuilder:
    """Builds shards; calls `on_progress` after each document and shard."""

    reader: InputReader = field(default_factory=InputReader)
    workers: int = 1
    size: int = SIZE
    on_progress: Callable[[Progress], None] = lambda progress: None

    def build(self, paths: Sequence[Path], folder: Path) -> ShardResult:
        """Make a folder contain the shards of the documents at the paths; leave those that are the same.

        A document that fails is set aside. Raises ShardsError if the folder cannot be written, or another
        build has locked it.
        """
        reject_inputs(iterate_files_at(folder), paths)
        items, ruled, progress = Items(self.reader, paths), compute_rules_hash(), Progress()
        with lock_folder(folder):
            try:
                self._write_shards(items, folder, _hash_settings(self.reader, self.size, ruled), progress)
                remove_shards(folder, progress.shards)
                _write_manifest(folder, progress.shards, ruled, asdict(self.reader.limits))
            finally:
                remove_temporary(folder)
        return ShardResult(folder, ShardFolder.open(folder).totals, progress, items.ignored)

    def _write_shards(self, items: Items, folder: Path, made_with: str, progress: Progress) -> None:
        """Write the shards one after the other."""
        old = lru_cache(maxsize=8)(lambda number: PreviousShard.read(folder, number, made_with))

        def find_known(place: int, item: Item) -> Known | None:
            shard = old(place // self.size)
            return shard.find(item.key) if shard else None

        with WorkerPool(self.workers, self.reader) as workers, Deduplicator.create() as seen:
            stream = DocumentStream(workers, seen, find_known)
            placed = enumerate(stream.iterate_documents(items))
            for number, documents in groupby(placed, key=lambda one: one[0] // self.size):
                writer = ShardWriter(folder, number, made_with, old(number))
                for _, (record, members) in documents:
                    writer.add(record, members)
                    progress.count(record, items.places.popleft())
                    self.on_progress(progress)
                progress.unchanged += not writer.finish()
                progress.shards += 1
                self.on_progress(progress)


def _hash_settings(reader: InputReader, size: int, ruled: str) -> str:
    """Return the SHA-256 of all that decides shards, apart from the inputs."""
    readers = [find_version(package) for package in _READERS]
    whole = (FORMAT, LEVEL, size, ruled, readers, reader.limits.deciding, reader.encoding)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _write_manifest(folder: Path, shards: int, ruled: str, limits: Mapping[str, int]) -> None:
    """Write the manifest of the whole folder, and the failures, unless both are there already."""
    totals = _build_manifest(folder, shards, ruled, limits)
    if not _is_current(folder, totals):
        write_files(
            {folder / FAILURES: _iterate_failures(folder, shards), folder / MANIFEST: totals.to_json()}
        )


def _is_current(folder: Path, totals: Manifest) -> bool:
    try:
        manifest = (folder / MANIFEST).read_bytes()
        return manifest == totals.to_json() and compute_facts(folder / FAILURES) == totals.failed
    except OSError:
        return False


def _build_manifest(folder: Path, shards: int, ruled: str, limits: Mapping[str, int]) -> Manifest:
    inputs, listed = hashlib.sha256(), []
    counts: Counter[str] = Counter()
    for number, card in enumerate(_iterate_manifests(folder, shards)):
        inputs.update("".join(one.key for one in card.documents).encode())
        there = [one for one in card.documents if one.is_stored]
        own = {"documents": len(there), "statements": sum(one.statements for one in there)}
        counts.update(own, bearings=sum(one.rows for one in there))
        counts.update(failures=sum(bool(one.failure) for one in card.documents))
        counts.update(copies=sum(bool(one.copy_of) for one in card.documents))
        listed.append({"name": format_part_name(number), **own, "files": card.files})
    failed = compute_piece_facts(_iterate_failures(folder, shards))
    return Manifest(
        __version__, ruled, inputs.hexdigest(), limits, **counts, failed=failed, shards=tuple(listed)
    )


def _iterate_failures(folder: Path, shards: int) -> Iterator[bytes]:
    """Yield a line for each document that failed, in the order of the input."""
    for card in _iterate_manifests(folder, shards):
        for one in card.documents:
            if one.failure:
                said = {"name": one.name, "reason": one.failure, "kind": one.kind}
                yield json.dumps(said, ensure_ascii=False).encode() + b"\n"


def _iterate_manifests(folder: Path, shards: int) -> Iterator[ShardManifest]:
    for number in range(shards):
        card = ShardManifest.read(folder / f"{format_part_name(number)}{CARD}")
        assert card is not None, "it was written or read by this very build"
        yield card
