"""Parquet: each row a document, in a column "text", and perhaps "id", "title" and "number" beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from build_graph.errors import ObligationError, brief
from build_graph.extras import extra
from build_graph.reading.jsonlines import Place, Record, record
from build_graph.reading.kinds import Kind, UnreadableError, unreadable
from build_graph.reading.limits import Limits
from build_graph.reading.source import decode

COLUMNS = ("id", "title", "number", "text")
_OTHER = "gb18030"  # what strings are in that are no UTF-8, where the text does not show it
_ROWS = 64  # taken out of a row group at a time


def rows(
    stream: io.BufferedIOBase, name: str, limits: Limits, *, encoding: str | None = None
) -> Iterator[Record | ObligationError]:
    """The documents of a file, in order; for a bad row the error that says what is wrong with it.

    A document is named after the file and its id, without an id after the file and its row, from 1. Strings
    that are no UTF-8, though the file says so, are read as text files are. Raises UnreadableError for a file
    that is damaged or has no texts, MissingExtraError without pyarrow.
    """
    arrow, parquet = (extra(module, "parquet", f"{name}: reading Parquet") for module in _MODULES)
    names: set[str] = set()
    try:
        file = parquet.ParquetFile(stream)
        for number, row in enumerate(_dicts(file, name, arrow), start=1):
            yield of_row(row, Place(name, number, names), limits, encoding)
    except (arrow.ArrowException, OSError) as error:
        raise UnreadableError(f"{name}: is damaged ({brief(error)}); fetch or write it again") from error


_MODULES = ("pyarrow", "pyarrow.parquet")


def _dicts(file: Any, name: str, arrow: Any) -> Iterator[dict[str, Any]]:
    """The rows, a value a column that we know, strings as bytes; those without a value are left out."""
    schema = file.schema_arrow
    if "text" not in schema.names or _bytes_of(schema.field("text").type, arrow) is None:
        raise UnreadableError(f'{name}: has no column "text" of strings; name the texts so')
    columns = [column for column in COLUMNS if column in schema.names]
    for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
        held = [_raw(column, arrow).to_pylist() for column in batch.columns]
        for row in zip(*held, strict=True):
            values = zip(batch.schema.names, row, strict=True)
            yield {column: value for column, value in values if value is not None}


def _bytes_of(kind: Any, arrow: Any) -> Any:
    """The type of the bytes of which a type of strings consists; None for any other type."""
    if arrow.types.is_string(kind):
        return arrow.binary()
    return arrow.large_binary() if arrow.types.is_large_string(kind) else None


def _raw(column: Any, arrow: Any) -> Any:
    """A column, strings as the bytes that they are: whether those are UTF-8 is not certain."""
    raw = _bytes_of(column.type, arrow)
    return column if raw is None else column.cast(raw)


def of_row(
    row: dict[str, Any], place: Place, limits: Limits, encoding: str | None = None
) -> Record | ObligationError:
    """The document in a row of a file, or what is wrong with it; strings may come as bytes."""
    try:
        if "text" not in row:
            raise UnreadableError(f"{place.where}: holds no text; there is nothing to read")
        text = row["text"]
        limits.check_size(len(text if isinstance(text, bytes) else text.encode()), place.where)
        chosen = _encoding(text, place.where, encoding)
        strings = {column: _string(row[column], column, place.where, chosen) for column in row}
        return record(strings, place, Kind.PARQUET.media, chosen)
    except ObligationError as error:
        return error
    except Exception as error:
        return unreadable(place.where, error)


def _encoding(text: str | bytes, where: str, given: str | None) -> str:
    """What the strings of a row are in: UTF-8, unless the text shows another encoding."""
    if isinstance(text, bytes):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            return decode(text, where, encoding=given).encoding
    return "utf-8"


def _string(value: Any, column: str, where: str, encoding: str) -> Any:
    """A value, bytes decoded; raises UnreadableError where they are in no encoding that is known."""
    if not isinstance(value, bytes):
        return value
    for candidate in ("utf-8", encoding, _OTHER):
        with suppress(UnicodeDecodeError):
            return value.decode(candidate)
    raise UnreadableError(f"{where}: {column} is not UTF-8; write it in UTF-8")
