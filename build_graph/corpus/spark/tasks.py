"""The work of Spark's workers, from Arrow batches to Arrow batches, and the columns of their tables."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import pyarrow as pa
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from build_graph.corpus.outcome import DocumentResult, DocumentWorker, build_failure
from build_graph.corpus.spark.filesystem import Form
from build_graph.corpus.spark.session import check_rules
from build_graph.errors import ObligationError
from build_graph.extract.structure.metadata import parse_sidecar
from build_graph.graph.emit.responsibilities import Responsibility
from build_graph.model import Input
from build_graph.text.formats import records
from build_graph.text.formats.kinds import UnreadableError
from build_graph.text.formats.records import RecordPlace
from build_graph.text.inputs import FoundInput, IgnoredFile, InputReader

if TYPE_CHECKING:
    from build_graph.model import Metadata


# The place of a document in the order of the input: its file, its line or row, its place in an archive.
PLACE = ("file", "row", "member")

_TYPES: dict[Any, DataType] = {
    str: StringType(),
    int: LongType(),
    bool: BooleanType(),
    bytes: BinaryType(),
}


def _build_schema(named: Mapping[str, Any]) -> StructType:
    return StructType([StructField(name, _TYPES[kind]) for name, kind in named.items()])


RESPONSIBILITY = _build_schema(get_type_hints(Responsibility))
_TYPES[tuple[Responsibility, ...]] = ArrayType(RESPONSIBILITY)

# A document as it is in its file, or the error of reading it (form "fault").
RAW = _build_schema(
    {"file": int, "row": int, "name": str, "form": str}
    | {"data": bytes, "sidecar": bytes, "sidecar_name": str}
    | {"known_as": str}  # the name that it takes, unless an earlier one has it
)
# The same, with whether it is the first of its name.
DOCUMENTS = StructType([*RAW, StructField("is_first", BooleanType())])

# Its result. In an archive, files that are no documents by their ending are left alone.
OUTCOMES = _build_schema(dict.fromkeys(PLACE, int) | {"left_alone": bool} | get_type_hints(DocumentResult))


FAULT = "fault"  # the form of a row with the error about a path
_BATCH = 8 * 1024 * 1024  # bytes of quads that fill a batch

Row = dict[str, Any]
Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class RowNumbering:
    """Numbers the lines of files that are read in blocks, and finds the names of their documents."""

    before: Mapping[tuple[int, int], int]  # by file and block: lines in the blocks before
    reader: InputReader
    schema: pa.Schema

    def number_rows(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield the columns of RAW for file, name, form, block and data; count blank lines, but skip them."""
        counted: Counter[tuple[int, int]] = Counter()
        for batch in batches:
            found = []
            for row in batch.to_pylist():
                place = row["file"], row.pop("block")
                counted[place] += 1
                row["row"] = self.before[place] + counted[place]
                if row["data"].strip():
                    found.append(row | {"known_as": self._choose_name(row)})
            yield pa.RecordBatch.from_pylist(found, self.schema)

    def _choose_name(self, row: Row) -> str:
        """Return the name that a document takes; for one without a name, one that no other row has."""
        names: set[str] = set()
        _read_row(row, names, self.reader)
        return next(iter(names), f"\0{row['row']}")


@dataclass(frozen=True, slots=True)
class RowWorker:
    """Understands documents, if the worker has the same rules as the program that sends them."""

    reader: InputReader
    rules: str
    schema: pa.Schema

    def understand_rows(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield the columns of OUTCOMES for those of DOCUMENTS."""
        understander = _load_worker()
        check_rules(understander.rules, self.rules)
        held: list[Row] = []
        size = 0
        for batch in batches:
            for row in batch.to_pylist():
                for outcome in self._build_outcomes(row, understander):
                    held.append(outcome)
                    size += len(outcome.get("quads", b""))
                if size >= _BATCH:
                    yield pa.RecordBatch.from_pylist(held, self.schema)
                    held, size = [], 0
        yield pa.RecordBatch.from_pylist(held, self.schema)

    def _build_outcomes(self, row: Row, understander: DocumentWorker) -> Iterator[Row]:
        """Yield the results of the documents of a row."""
        for member, found in enumerate(_read_documents(row, self.reader)):
            place = {"file": row["file"], "row": row["row"], "member": member}
            if isinstance(found, IgnoredFile):
                yield place | {"left_alone": True, "name": found.label}
            else:
                yield place | {"left_alone": False} | _encode_columns(_build_result(row, found, understander))


@cache
def _load_worker() -> DocumentWorker:
    """Return what understands documents, loaded once in a process."""
    gc.set_threshold(100_000)  # a document is many objects and little garbage
    return DocumentWorker.load()


def _encode_columns(outcome: DocumentResult) -> Row:
    """Return a result as a row; its quads without the last end of line, which Spark writes."""
    columns = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
    columns["quads"] = outcome.quads.removesuffix(b"\n")
    columns["bearings"] = [bearing._asdict() for bearing in outcome.bearings]
    return columns


def _read_documents(row: Row, reader: InputReader) -> Iterator[FoundInput]:
    """Yield the documents of a row, as one machine would read them."""
    if row["form"] == FAULT:
        yield UnreadableError(row["data"].decode())
    elif row["form"] == Form.WHOLE:
        yield from reader.read_bytes(row["data"], row["name"])
    else:
        names = set() if row["is_first"] else {row["known_as"]}
        yield _read_row(row, names, reader)


def _read_row(row: Row, names: set[str], reader: InputReader) -> Input | ObligationError:
    """Return the document on a line of JSON Lines, or in a row of Parquet, which Spark hands over as JSON."""
    place = RecordPlace(row["name"], row["row"], names)
    if row["form"] == Form.PARQUET:
        return records.parse_row(json.loads(row["data"]), place, reader.limits)
    return records.parse_line(row["data"], place, reader.limits, reader.encoding)


def _build_result(row: Row, found: Input | ObligationError, understander: DocumentWorker) -> DocumentResult:
    """Return the result of a document, with the metadata of its sidecar file."""
    if isinstance(found, ObligationError) or row["sidecar"] is None or found.source.name != row["name"]:
        return understander.build_result(found)
    try:
        given: Metadata = parse_sidecar(row["sidecar"], row["sidecar_name"])
    except ObligationError as error:
        return build_failure(error, found.source)
    return understander.build_result(Input(found.source, given))
