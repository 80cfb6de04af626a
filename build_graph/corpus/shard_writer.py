"""Shards on disk: documents as gzip members, read from an earlier build and written anew.

A shard that comes out as it was is not touched.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from build_graph.corpus.outcome import DocumentResult
from build_graph.files import write_file
from build_graph.graph.emit.responsibilities import Responsibility
from build_graph.graph.store.seals import compute_facts
from build_graph.graph.store.shards import (
    BEARINGS,
    CARD,
    MANIFEST,
    QUADS,
    DocumentRecord,
    ShardManifest,
    format_part_name,
)
from build_graph.query.text_tables import serialise_rows

LEVEL = 3  # of gzip: half the time of the usual 6, and a quarter more bytes
COLUMNS = ("document", *Responsibility._fields)


@dataclass(frozen=True, slots=True)
class ShardMember:
    """A document as it goes into a shard; a failed one has no bytes."""

    record: DocumentRecord
    quads: bytes = b""  # a gzip member
    bearings: bytes = b""  # a gzip member; empty without bearers


def encode_member(outcome: DocumentResult) -> ShardMember:
    """Return a result as a member of a shard; the caller adds the key of its input.

    >>> failed = DocumentResult("a.txt", "5e1f", failure="no clauses", kind="NoClauses")
    >>> encode_member(failed).record.to_dict()["kind"]
    'NoClauses'
    """
    quads = _compress(outcome.quads)
    bearings = _compress(serialise_rows((outcome.iri, *row) for row in outcome.bearings).encode())
    record = DocumentRecord(
        name=outcome.name,
        source=outcome.source,
        iri=outcome.iri,
        text=outcome.text,
        number=outcome.number,
        title=outcome.title,
        issued=outcome.issued,
        statements=outcome.statements,
        size=len(quads),
        rows=len(outcome.bearings),
        rows_size=len(bearings),
        failure=outcome.failure,
        kind=outcome.kind,
    )
    return ShardMember(record, quads, bearings)


def encode_header() -> bytes:
    """Return the header of a file of bearers, its first member."""
    return _compress(serialise_rows([COLUMNS]).encode())


def _compress(data: bytes) -> bytes:
    """Return bytes as a gzip member without a date; nothing for nothing."""
    return gzip.compress(data, LEVEL, mtime=0) if data else b""


Members = Callable[[], tuple[bytes, bytes]]  # gives a document's members of N-Quads and of bearers
Known = tuple[DocumentRecord, Members]


@dataclass(frozen=True, slots=True)
class PreviousShard:
    """A shard of an earlier build, and the places of its documents by the keys of their inputs."""

    folder: Path
    number: int
    card: ShardManifest
    places: Mapping[str, int]

    @classmethod
    def read(cls, folder: Path, number: int, made_with: str) -> Self | None:
        """Return the shard with a number; None if it is missing, damaged, or made with other settings."""
        card = ShardManifest.read(folder / f"{format_part_name(number)}{CARD}")
        if card is None or card.made_with != made_with:
            return None
        last_first = reversed(list(enumerate(card.documents)))
        old = cls(folder, number, card, {one.key: at for at, one in last_first})
        return old if old.is_whole() else None

    def is_whole(self) -> bool:
        """Return whether its files have the bytes that its manifest names."""
        try:
            for ending, size in zip((QUADS, BEARINGS), self.sum_sizes(len(self.card.documents)), strict=True):
                name = f"{format_part_name(self.number)}{ending}"
                found = compute_facts(self.folder / name)
                if found != self.card.files.get(name) or found["bytes"] != size:
                    return False
        except OSError:
            return False
        return True

    def find(self, key: str) -> Known | None:
        """Return the document made of the input with a key: the first of several, None without one."""
        place = self.places.get(key)
        return None if place is None else (self.card.documents[place], lambda: self._read_members(place))

    def _read_members(self, place: int) -> tuple[bytes, bytes]:
        record, (quads, bearings) = self.card.documents[place], self.sum_sizes(place)
        return self.read_range(QUADS, quads, record.size), self.read_range(
            BEARINGS, bearings, record.rows_size
        )

    def sum_sizes(self, documents: int) -> tuple[int, int]:
        """Return the bytes of the first `documents` in each of its two files."""
        before = self.card.documents[:documents]
        return sum(one.size for one in before), len(encode_header()) + sum(one.rows_size for one in before)

    def read_range(self, ending: str, start: int, size: int) -> bytes:
        """Return bytes of one of its files."""
        with (self.folder / f"{format_part_name(self.number)}{ending}").open("rb") as file:
            file.seek(start)
            return file.read(size)


@dataclass(slots=True)
class ShardWriter:
    """Writes a shard; opens its files at the first document that has changed."""

    folder: Path
    number: int
    made_with: str
    old: PreviousShard | None
    records: list[DocumentRecord] = field(default_factory=list)
    _asides: dict[str, _TemporaryFile] = field(default_factory=dict)  # by ending

    def add(self, record: DocumentRecord, members: Members) -> None:
        """Add the next document; call `members` only if they are to be written."""
        if self._asides or not self._has_record(record):
            self._open_files()
            if record.is_stored:
                for aside, data in zip(self._asides.values(), members(), strict=True):
                    aside.write(data)
        self.records.append(record)

    def finish(self) -> bool:
        """Move the shard to its place, its manifest last; return whether anything changed."""
        if not self._asides and self.old and len(self.records) == len(self.old.card.documents):
            return False
        self._open_files()
        files = {
            f"{format_part_name(self.number)}{ending}": aside.close()
            for ending, aside in self._asides.items()
        }
        for name in (MANIFEST, f"{format_part_name(self.number)}{CARD}"):  # they describe the files of before
            (self.folder / name).unlink(missing_ok=True)
        for aside in self._asides.values():
            aside.path.replace(aside.target)
        card = ShardManifest(self.made_with, tuple(self.records), files)
        write_file(self.folder / f"{format_part_name(self.number)}{CARD}", card.to_json())
        return True

    def _has_record(self, record: DocumentRecord) -> bool:
        """Return whether the earlier shard has the same record at this place."""
        at = len(self.records)
        return bool(self.old and self.old.card.documents[at : at + 1] == (record,))

    def _open_files(self) -> None:
        """Open the files, and copy the documents so far, which have not changed."""
        if self._asides:
            return
        for ending in (QUADS, BEARINGS):
            self._asides[ending] = _TemporaryFile.open(
                self.folder / f"{format_part_name(self.number)}{ending}"
            )
        if self.old and self.records:
            for ending, size in zip((QUADS, BEARINGS), self.old.sum_sizes(len(self.records)), strict=True):
                self._asides[ending].write(self.old.read_range(ending, 0, size))
        else:
            self._asides[BEARINGS].write(encode_header())


@dataclass(slots=True)
class _TemporaryFile:
    """A file that is written beside its final place."""

    target: Path
    path: Path
    file: IO[bytes]
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    @classmethod
    def open(cls, target: Path) -> Self:
        path = target.with_name(f".{target.name}.tmp")
        return cls(target, path, path.open("wb"))

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)

    def close(self) -> dict[str, Any]:
        """Close the file, on the disk; return its size and hash, as manifests name them."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        return {"bytes": self.size, "sha256": self.digest.hexdigest()}


def remove_temporary(folder: Path) -> None:
    """Remove half-written files of a build that was killed."""
    for path in folder.glob(".*.tmp"):
        path.unlink()


def remove_shards(folder: Path, number: int) -> bool:
    """Remove the shards from a number on, of a larger corpus; return whether there were any."""
    found = [path for path in folder.glob("part-*.*") if int(path.name[5:].partition(".")[0]) >= number]
    for path in sorted(
        found, key=lambda path: path.suffix != CARD
    ):  # a manifest before the files that it describes
        (folder / MANIFEST).unlink(missing_ok=True)
        path.unlink()
    return bool(found)
