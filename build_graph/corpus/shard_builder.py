"""The build of a folder of shards from any number of inputs, one build at a time.

The bytes of the folder follow from the set of inputs: the number of processes, the order of the inputs and
what was in the folder before decide nothing.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol

from build_graph import __version__
from build_graph.corpus.outcome import Items
from build_graph.corpus.pool import WorkerPool
from build_graph.corpus.shard_writer import LEVEL, PreviousShard, assemble_shard, write_shard
from build_graph.corpus.spool import Spool
from build_graph.corpus.stream import DocumentStream, Progress
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.files import is_stream, write_files
from build_graph.graph.store.fingerprints import compute_rules_hash, find_version
from build_graph.graph.store.layout import LIMIT, format_part_name, split
from build_graph.graph.store.seals import compute_facts, compute_piece_facts
from build_graph.graph.store.shards import (
    CARD,
    COPIES,
    DESCRIPTION,
    FAILURES,
    FORMAT,
    LOCK,
    MANIFEST,
    WORK,
    DocumentRecord,
    FolderSums,
    Manifest,
    ShardFolder,
    ShardsError,
    ShardSums,
    hash_keys,
)
from build_graph.query.export.dataset_description import describe_shards
from build_graph.text.formats.limits import ReadingLimits
from build_graph.text.inputs import InputReader
from build_graph.text.overwriting import iterate_files_at, reject_inputs

# Earlier versions counted their shards.
_PART = re.compile(r"(part-(?:all|\d+))\.(?:nq\.gz|bearings\.csv\.gz|json)")
_ASIDE = re.compile(r"\..*\.tmp")


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
        raise _create_write_error(where, error.strerror) from error
    except sqlite3.Error as error:
        raise _create_write_error(folder / WORK, str(error)) from error


def _create_write_error(where: Path | str, reason: str | None) -> ShardsError:
    return ShardsError(f"{where}: cannot be written ({reason}); make room there, or choose another place")


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
    other = next((name for name in names if not is_ours(name)), None)
    if other is not None:
        raise ShardsError(f"{folder}: holds {other}, which is no shard; give a new or an empty folder")


def is_ours(name: str) -> bool:
    """Return whether a file in a folder of shards belongs there, complete or half-written."""
    ours = (LOCK, WORK, MANIFEST, FAILURES, COPIES, DESCRIPTION)
    return name in ours or bool(_PART.fullmatch(name) or _ASIDE.fullmatch(name))


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
    limit: int = LIMIT  # documents of a shard, at most
    on_progress: Callable[[Progress], None] = lambda progress: None
    registry: AddedRegistry | None = None  # an analyst's, laid over ours

    def build(self, paths: Sequence[Path], folder: Path) -> ShardResult:
        """Make a folder contain the shards of the documents at the paths; leave those that are the same.

        A document that fails is set aside. Raises ShardsError if the folder cannot be written, or another
        build has locked it.
        """
        reject_inputs(iterate_files_at(folder), paths)
        items, ruled, progress = Items(self.reader, paths), compute_rules_hash(self.registry), Progress()
        made_with = hash_settings(self.reader, self.limit, ruled)
        with lock_folder(folder):
            with Spool.open(folder, made_with) as spool:
                _take_earlier(spool, can_read_again=not any(map(_is_read_once, paths)))
                self._understand_inputs(items, spool, progress)
                sums = self._write_shards(spool, progress)
                _remove_others(folder, {shard["name"] for shard in sums.shards})
                _finish_folder(spool, sums, ruled, self.reader.limits)
            rmtree(folder / WORK)
        return ShardResult(folder, ShardFolder.open(folder).totals, progress, items.ignored)

    def _understand_inputs(self, items: Items, spool: Spool, progress: Progress) -> None:
        """Put all inputs into the spool, those that are not known after they were understood.

        What was a copy is read once more if it is to stay after all.
        """
        with WorkerPool(self.workers, self.reader, self.registry) as workers:
            stream = DocumentStream(workers, lambda item: spool.find(item.key))
            for member in stream.iterate_members(items):
                spool.add(member)
                progress.count(member.record, items.places.popleft())
                self.on_progress(progress)
            while not spool.judge():
                for member in stream.iterate_members(Items(self.reader, items.paths)):
                    spool.add(member)

    def _write_shards(self, spool: Spool, progress: Progress) -> FolderSums:
        """Write the shards that are not there as they are to be; return the sums of all."""
        sums = FolderSums()
        progress.failures = sum(bool(one.failure) for one in spool.iterate_left_out())
        for bits, kept in split(spool.iterate_kept(), lambda one: one.hash, self.limit):
            name = format_part_name(bits)
            records = tuple(map(spool.read_record, kept))
            card = spool.read_earlier_card(name)
            if card and card.documents == records:
                progress.unchanged += 1
            else:
                card, files = assemble_shard(name, spool.made_with, list(map(spool.read_member, kept)))
                write_shard(spool.folder, files)
            sums.add(ShardSums.build(name, card))
            progress.shards += 1
            self.on_progress(progress)
        return sums


def hash_settings(reader: InputReader, limit: int, ruled: str) -> str:
    """Return the SHA-256 of all that decides shards, apart from the inputs."""
    readers = [find_version(package) for package in _READERS]
    whole = (FORMAT, LEVEL, limit, ruled, readers, reader.limits.deciding, reader.encoding)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _is_read_once(path: Path) -> bool:
    """Return whether a path is standard input or a pipe, which cannot be read again."""
    return str(path) == "-" or is_stream(path)


def _list_parts(folder: Path) -> dict[str, list[Path]]:
    """Return the files of all shards in a folder, by the shard's name."""
    found: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        if part := _PART.fullmatch(path.name):
            found.setdefault(part[1], []).append(path)
    return found


def _take_earlier(spool: Spool, *, can_read_again: bool) -> None:
    """Take what earlier builds with the same settings left in the folder: shards, failures and copies.

    Copies are understood anew where the inputs cannot be read again, as one of them may have to stay.
    """
    for name in _list_parts(spool.folder):
        if shard := PreviousShard.read(spool.folder, name, spool.made_with):
            spool.take_shard(shard)
    try:
        earlier = ShardFolder.open(spool.folder)
        if earlier.totals.made_with == spool.made_with:
            spool.take_left_out(earlier.iterate_left_out())
    except ShardsError:
        pass  # it is made again
    if not can_read_again:
        spool.forget_copies()


def _remove_others(folder: Path, names: set[str]) -> None:
    """Remove the shards that are none any more, and what killed builds left half-written."""
    for path in folder.glob(".*.tmp"):
        path.unlink()
    for name, paths in _list_parts(folder).items():
        if name not in names:
            (folder / MANIFEST).unlink(missing_ok=True)
            for path in sorted(paths, key=lambda path: path.suffix != CARD):  # which describes the others
                path.unlink()


class Results(Protocol):
    """The results of all inputs of a build."""

    @property
    def made_with(self) -> str:
        """The SHA-256 of the settings."""

    def iterate_left_out(self) -> Iterator[DocumentRecord]:
        """Yield the failures and copies, by name."""

    def iterate_keys(self) -> Iterator[str]:
        """Yield the keys of all inputs in their order."""


def describe_folder(
    results: Results, sums: FolderSums, ruled: str, limits: ReadingLimits
) -> tuple[Manifest, dict[str, Callable[[], Iterator[bytes]]]]:
    """Return the manifest of a folder, and the files that it names beside the shards, each made in pieces."""
    files: dict[str, Callable[[], Iterator[bytes]]] = {
        FAILURES: lambda: (one.format_left_out() for one in results.iterate_left_out() if one.failure),
        COPIES: lambda: (one.format_left_out() for one in results.iterate_left_out() if one.copy_of),
        DESCRIPTION: lambda: iter([describe_shards(sums)]),
    }
    counts = Counter(COPIES if one.copy_of else FAILURES for one in results.iterate_left_out())
    manifest = Manifest(
        version=__version__,
        rules=ruled,
        made_with=results.made_with,
        inputs=hash_keys(results.iterate_keys()),
        limits=asdict(limits),
        failures=counts[FAILURES],
        copies=counts[COPIES],
        files={name: compute_piece_facts(render()) for name, render in files.items()},
        shards=tuple(sums.shards),
        **sums.totals,
    )
    return manifest, files


def _finish_folder(spool: Spool, sums: FolderSums, ruled: str, limits: ReadingLimits) -> None:
    """Write the failures, the copies, the description and the manifest, those that are not there already."""
    manifest, files = describe_folder(spool, sums, ruled, limits)
    files[MANIFEST] = lambda: iter([manifest.to_json()])
    facts = {**manifest.files, MANIFEST: compute_piece_facts(files[MANIFEST]())}
    changed = [name for name in files if not _has_facts(spool.folder / name, facts[name])]
    if changed:
        (spool.folder / MANIFEST).unlink(missing_ok=True)
        write_files({spool.folder / name: files[name]() for name in dict.fromkeys([*changed, MANIFEST])})


def _has_facts(path: Path, facts: Mapping[str, Any]) -> bool:
    """Return whether a file has the size and the hash of some facts."""
    try:
        return compute_facts(path) == facts
    except OSError:
        return False
