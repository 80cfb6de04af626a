"""Outcomes as they stand in shards: gzip members, and what the manifest says of them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass

from build_graph.corpus.documents import Outcome
from build_graph.graph.responsibilities import Responsibility
from build_graph.shards import Record

LEVEL = 3  # of gzip: half the time of the usual 6, and a quarter more bytes
COLUMNS = ("document", *Responsibility._fields)


@dataclass(frozen=True, slots=True)
class Packed:
    """A document as it goes into a shard; a failed one has no bytes."""

    record: Record
    quads: bytes = b""  # a gzip member
    bearings: bytes = b""  # a gzip member; empty where nobody bears anything


def packed(outcome: Outcome) -> Packed:
    """The outcome, ready to be written; the record's key is left to who knows the input.

    >>> packed(Outcome("a.txt", "5e1f", failure="no clauses", kind="NoClauses")).record.said()["kind"]
    'NoClauses'
    """
    quads = _member(outcome.quads)
    bearings = _member(_lines((outcome.iri, *row) for row in outcome.bearings))
    record = Record(
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
    return Packed(record, quads, bearings)


def header() -> bytes:
    """The names of the columns, as the first member of a file of bearers."""
    return _member(_lines([COLUMNS]))


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV; yes and no as SPARQL writes them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([_plain(value) for value in row] for row in rows)
    return stream.getvalue().encode()


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _member(data: bytes) -> bytes:
    """Bytes as a gzip member, the same on every day; nothing for nothing."""
    return gzip.compress(data, LEVEL, mtime=0) if data else b""
