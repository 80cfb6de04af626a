"""The work of Spark's workers, from Arrow batches to Arrow batches, and the columns of their tables."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql.types import (
    BinaryType,
    BooleanType,
    DataType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from build_graph.corpus.outcome import (
    DocumentResult,
    DocumentWorker,
    Found,
    Item,
    build_failure,
    hash_file,
)
from build_graph.corpus.shard_writer import ShardMember, assemble_shard, encode_member
from build_graph.corpus.spark.filesystem import Form
from build_graph.corpus.spark.session import check_rules
from build_graph.errors import ObligationError
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.structure.given_metadata import parse_sidecar
from build_graph.graph.store.layout import hash_iri
from build_graph.graph.store.shards import CARD, DocumentRecord, ShardSums
from build_graph.model import Input
from build_graph.text.formats import records
from build_graph.text.formats.kinds import UnreadableError
from build_graph.text.formats.records import RecordPlace
from build_graph.text.inputs import IgnoredFile, InputReader, LazyInput, ListedInput

if TYPE_CHECKING:
    from build_graph.model import Metadata


# The place of a document: its file, its line or row, its place in an archive.
PLACE = ("file", "row", "member")

_TYPES: dict[Any, DataType] = {
    str: StringType(),
    int: LongType(),
    bool: BooleanType(),
    bytes: BinaryType(),
}


def _build_schema(named: Mapping[str, Any]) -> StructType:
    return StructType([StructField(name, _TYPES[kind]) for name, kind in named.items()])


# A document as it is in its file, or the error of reading it (form "fault").
RAW = _build_schema(
    {"file": str, "row": int, "name": str, "form": str}
    | {"data": bytes, "sidecar": bytes, "sidecar_name": str}
    | {"known_as": str}  # the name that it takes, unless an earlier one has it
)
# The same, with whether it is the first of its name.
DOCUMENTS = StructType([*RAW, StructField("is_first", BooleanType())])

# Its result: what decides about its place, its record in JSON, and its members of a shard. In an archive,
# files that are no documents by their ending are left alone: of them there is a label only.
OUTCOMES = _build_schema(
    {"file": str, "row": int, "member": int, "left_alone": str}
    | dict.fromkeys(("key", "name", "iri", "hash", "text", "failure", "kind"), str)
    | {"record": str, "quads": bytes, "bearings": bytes}
)

# A file of a shard, without its last byte; with a card come the sums of its shard.
SHARD_FILES = _build_schema({"name": str, "last": int, "data": bytes, "sums": str})

FAULT = "fault"  # the form of a row with the error about a path
_ASCII = 128  # the last byte of a file is written as a character
_BATCH = 8 * 1024 * 1024  # bytes of members that fill a batch

Row = dict[str, Any]
Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class RowNumbering:
    """Numbers the lines of files that are read in blocks, and finds the names of their documents."""

    before: Mapping[tuple[str, int], int]  # by file and block: lines in the blocks before
    reader: InputReader
    schema: pa.Schema

    def number_rows(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield the columns of RAW for file, name, form, block and data; count blank lines, but skip them."""
        counted: Counter[tuple[str, int]] = Counter()
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
    registry: AddedRegistry | None = None  # an analyst's: its bytes go to the workers

    def understand_rows(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield the columns of OUTCOMES for those of DOCUMENTS."""
        understander = _load_worker(self.registry)
        check_rules(understander.rules, self.rules)
        held: list[Row] = []
        size = 0
        for batch in batches:
            for row in batch.to_pylist():
                for outcome in self._build_outcomes(row, understander):
                    held.append(outcome)
                    size += len(outcome["quads"])
                if size >= _BATCH:
                    yield pa.RecordBatch.from_pylist(held, self.schema)
                    held, size = [], 0
        yield pa.RecordBatch.from_pylist(held, self.schema)

    def _build_outcomes(self, row: Row, understander: DocumentWorker) -> Iterator[Row]:
        """Yield the results of the documents of a row."""
        for number, found in enumerate(_list_documents(row, self.reader)):
            place = {"file": row["file"], "row": row["row"], "member": number}
            if isinstance(found, IgnoredFile):
                yield place | {"left_alone": found.label, "quads": b""}
            else:
                yield place | _encode_columns(self._understand(row, found, understander))

    def _understand(self, row: Row, found: Found, understander: DocumentWorker) -> ShardMember:
        """Return the document of a row as a member of a shard."""
        if isinstance(found, LazyInput):
            sidecar = row["sidecar"] if found.name == row["name"] else None
            key, opened = hash_file(found, sidecar or b""), self.reader.open_input(found)
            result = _build_result(opened, sidecar, row["sidecar_name"], understander)
        else:
            key, result = Item.create(found).key, understander.build_result(found)
        member = encode_member(result)
        return replace(member, record=replace(member.record, key=key))


@cache
def _load_worker(registry: AddedRegistry | None) -> DocumentWorker:
    """Return what understands documents, loaded once in a process."""
    worker = DocumentWorker.load(registry)
    gc.collect()
    gc.freeze()  # the words and rules stay: nobody looks through them for garbage again
    gc.set_threshold(100_000)  # a document is many objects and little garbage
    return worker


def _build_result(
    found: Input | ObligationError, sidecar: bytes | None, where: str, understander: DocumentWorker
) -> DocumentResult:
    """Return the result of a document that is a file, with the metadata of its sidecar file."""
    if isinstance(found, ObligationError) or sidecar is None:
        return understander.build_result(found)
    try:
        given: Metadata = parse_sidecar(sidecar, where)
    except ObligationError as error:
        return build_failure(error, found.source)
    return understander.build_result(Input(found.source, given))


def _encode_columns(member: ShardMember) -> Row:
    """Return a member of a shard as a row."""
    record = member.record
    return {name: getattr(record, name) for name in ("key", "name", "iri", "text", "failure", "kind")} | {
        "hash": hash_iri(record.iri),
        "record": json.dumps(record.to_dict(), ensure_ascii=False),
        "quads": member.quads,
        "bearings": member.bearings,
    }


def _list_documents(row: Row, reader: InputReader) -> Iterator[ListedInput]:
    """Yield the documents of a row, as one machine would list them."""
    if row["form"] == FAULT:
        yield UnreadableError(row["data"].decode())
    elif row["form"] == Form.WHOLE:
        yield from reader.list_bytes(row["data"], row["name"])
    else:
        names = set() if row["is_first"] else {row["known_as"]}
        yield _read_row(row, names, reader)


def _read_row(row: Row, names: set[str], reader: InputReader) -> Input | ObligationError:
    """Return the document on a line of JSON Lines, or in a row of Parquet, which Spark hands over as JSON."""
    place = RecordPlace(row["name"], row["row"], names)
    if row["form"] == Form.PARQUET:
        return records.parse_row(json.loads(row["data"]), place, reader.limits)
    return records.parse_line(row["data"], place, reader.limits, reader.encoding)


@dataclass(frozen=True, slots=True)
class ShardAssembler:
    """Puts shards together; gets the documents of each one after the other, in their order."""

    made_with: str
    schema: pa.Schema

    def assemble_shards(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield the columns of SHARD_FILES for those of OUTCOMES and `shard`."""
        rows = (row for batch in batches for row in batch.to_pylist())
        for name, documents in groupby(rows, itemgetter("shard")):
            members = list(map(_decode_columns, documents))
            card, files = assemble_shard(name, self.made_with, members)
            sums = ShardSums.build(name, card)
            said = json.dumps([sums.entry, sums.counts, sums.newest])
            for file, pieces in files.items():
                data = b"".join(pieces)
                assert data[-1] < _ASCII, "no document has 2 GB of statements"
                row = {"name": file, "last": data[-1], "data": data[:-1]}
                row["sums"] = said if file.endswith(CARD) else None
                yield pa.RecordBatch.from_pylist([row], self.schema)


def _decode_columns(row: Row) -> ShardMember:
    return ShardMember(DocumentRecord(**json.loads(row["record"])), row["quads"], row["bearings"])
