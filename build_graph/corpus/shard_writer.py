"""Shards on disk: documents as gzip members, read from an earlier build and written anew.

A document's members are the same bytes wherever it is understood; a shard is put together from them alone.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from build_graph.corpus.outcome import DocumentResult
from build_graph.files import write_files
from build_graph.graph.emit.responsibilities import Responsibility
from build_graph.graph.store.seals import compute_facts, compute_piece_facts
from build_graph.graph.store.shards import (
    BEARINGS,
    CARD,
    CLASS,
    MANIFEST,
    QUADS,
    DocumentRecord,
    ShardManifest,
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
        iri=outcome.iri,
        text=outcome.text,
        number=outcome.number,
        title=outcome.title,
        issued=outcome.issued,
        statements=sum(count for name, count in outcome.counts.items() if not name.startswith(CLASS)),
        counts=outcome.counts,
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


def assemble_shard(
    name: str, made_with: str, members: Sequence[ShardMember]
) -> tuple[ShardManifest, dict[str, list[bytes]]]:
    """Return the card of a shard, and its files in pieces, by name; `members` come in their order."""
    files = {
        f"{name}{QUADS}": [one.quads for one in members],
        f"{name}{BEARINGS}": [encode_header(), *(one.bearings for one in members)],
    }
    facts = {file: compute_piece_facts(pieces) for file, pieces in files.items()}
    card = ShardManifest(made_with, tuple(one.record for one in members), facts)
    return card, {**files, f"{name}{CARD}": [card.to_json()]}


def write_shard(folder: Path, files: Mapping[str, list[bytes]]) -> None:
    """Write the files of a shard; raises ObligationError if that fails.

    What describes the files of before goes first, so that no reader takes the new for the old.
    """
    for name in (MANIFEST, *(name for name in files if name.endswith(CARD))):
        (folder / name).unlink(missing_ok=True)
    write_files({folder / name: pieces for name, pieces in files.items()})


@dataclass(frozen=True, slots=True)
class PreviousShard:
    """A shard of an earlier build, whose files are whole."""

    folder: Path
    name: str
    card: ShardManifest

    @classmethod
    def read(cls, folder: Path, name: str, made_with: str) -> Self | None:
        """Return the shard of a name; None if it is missing, damaged, or made with other settings."""
        card = ShardManifest.read(folder / f"{name}{CARD}")
        if card is None or card.made_with != made_with:
            return None
        old = cls(folder, name, card)
        return old if old._is_whole() else None

    def read_member(self, place: int) -> ShardMember:
        """Return the document at a place."""
        record, (quads, bearings) = self.card.documents[place], self._sum_sizes(place)
        return ShardMember(
            record,
            self._read_range(QUADS, quads, record.size),
            self._read_range(BEARINGS, bearings, record.rows_size),
        )

    def _is_whole(self) -> bool:
        """Return whether its files have the bytes that its card names."""
        try:
            for ending, size in zip(
                (QUADS, BEARINGS), self._sum_sizes(len(self.card.documents)), strict=True
            ):
                name = f"{self.name}{ending}"
                found = compute_facts(self.folder / name)
                if found != self.card.files.get(name) or found["bytes"] != size:
                    return False
        except OSError:
            return False
        return True

    def _sum_sizes(self, documents: int) -> tuple[int, int]:
        """Return the bytes of the first `documents` in each of its two files."""
        before = self.card.documents[:documents]
        return sum(one.size for one in before), len(encode_header()) + sum(one.rows_size for one in before)

    def _read_range(self, ending: str, start: int, size: int) -> bytes:
        with (self.folder / f"{self.name}{ending}").open("rb") as file:
            file.seek(start)
            return file.read(size)
