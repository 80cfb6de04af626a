"""Parquet: each row a document, in a column "text", and perhaps "id", "title" and "number" beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from build_graph.errors import ObligationError
from build_graph.extras import extra
from build_graph.reading.jsonlines import Place, Record, record
from build_graph.reading.kinds import Kind, UnreadableError
from build_graph.reading.limits import LimitError, Limits

COLUMNS = ("id", "title", "number", "text")
_ROWS = 64  # taken out of a row group at a time


def rows(stream: io.BufferedIOBase, name: str, limits: Limits) -> Iterator[Record | ObligationError]:
    """The documents of a file, in order; for a bad row the error that says what is wrong with it.

    A document is named after the file and its id, without an id after the file and its row, from 1. Raises
    UnreadableError for a file that is damaged or has no texts, MissingExtraError without pyarrow.
    """
    arrow, parquet = (extra(module, "parquet", f"{name}: reading Parquet") for module in _MODULES)
    names: set[str] = set()
    try:
        file = parquet.ParquetFile(stream)
        for number, row in enumerate(_dicts(file, name, arrow), start=1):
            yield of_row(row, Place(name, number, names), limits)
    except (arrow.ArrowException, OSError) as error:
        raise UnreadableError(f"{name}: is damaged ({_brief(error)}); fetch or write it again") from error


_MODULES = ("pyarrow", "pyarrow.parquet")


def _dicts(file: Any, name: str, arrow: Any) -> Iterator[dict[str, Any]]:
    """The rows, a value a column that we know; those without a value are left out."""
    schema = file.schema_arrow
    text = schema.field("text").type if "text" in schema.names else None
    if text is None or not any(
        is_text(text) for is_text in (arrow.types.is_string, arrow.types.is_large_string)
    ):
        raise UnreadableError(f'{name}: has no column "text" of strings; name the texts so')
    columns = [column for column in COLUMNS if column in schema.names]
    for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
        for row in batch.to_pylist():
            yield {column: value for column, value in row.items() if value is not None}


def of_row(row: dict[str, Any], place: Place, limits: Limits) -> Record | ObligationError:
    """The document in a row of a file, or what is wrong with it."""
    try:
        if "text" not in row:
            raise UnreadableError(f"{place.where}: holds no text; there is nothing to read")
        limits.check_size(len(row["text"].encode()), place.where)
        return record(row, place, Kind.PARQUET.media)
    except (UnreadableError, LimitError) as error:
        return error


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
