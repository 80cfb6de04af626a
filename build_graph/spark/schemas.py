"""The columns of the tables that pass between Spark and Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

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

from build_graph.corpus.documents import DocumentResult
from build_graph.graph.responsibilities import Responsibility

# Where a document stands in the order of the input: its file, its line or row, its place in an archive.
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

# A document as it lies in its file, or why nothing can be read there (form "fault").
RAW = _build_schema(
    {"file": int, "row": int, "name": str, "form": str}
    | {"data": bytes, "sidecar": bytes, "sidecar_name": str}
    | {"known_as": str}  # what it is named after, unless one before it is
)
# The same, once it is known whether it is the first of its name.
DOCUMENTS = StructType([*RAW, StructField("is_first", BooleanType())])

# What became of it. In an archive, files that are no documents by their ending are left alone.
OUTCOMES = _build_schema(dict.fromkeys(PLACE, int) | {"left_alone": bool} | get_type_hints(DocumentResult))
