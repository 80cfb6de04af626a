"""Outcomes as they stand in shards: gzip members, and what the manifest says of them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass

from build_graph.corpus.documents import DocumentResult
from build_graph.graph.responsibilities import Responsibility
from build_graph.shards import DocumentRecord

LEVEL = 3  # of gzip: half the time of the usual 6, and a quarter more bytes
COLUMNS = ("document", *Responsibility._fields)


@dataclass(frozen=True, slots=True)
class ShardMember:
    """A document as it goes into a shard; a failed one has no bytes."""

    record: DocumentRecord
    quads: bytes = b""  # a gzip member
    bearings: bytes = b""  # a gzip member; empty where nobody bears anything


def encode_member(outcome: DocumentResult) -> ShardMember:
    """The outcome, ready to be written; the record's key is left to who knows the input.

    >>> encode_member(DocumentResult("a.txt", "5e1f", failure="no clauses", kind="NoClauses")).record.to_dict()["kind"]
    'NoClauses'
    """
    quads = _compress(outcome.quads)
    bearings = _compress(_format_csv((outcome.iri, *row) for row in outcome.bearings))
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
    """The names of the columns, as the first member of a file of bearers."""
    return _compress(_format_csv([COLUMNS]))


def _format_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV; yes and no as SPARQL writes them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([_format_value(value) for value in row] for row in rows)
    return stream.getvalue().encode()


def _format_value(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _compress(data: bytes) -> bytes:
    """Bytes as a gzip member, the same on every day; nothing for nothing."""
    return gzip.compress(data, LEVEL, mtime=0) if data else b""
