"""Documents as records: in JSON Lines an object a line, in Parquet a row each.

A record has a "text", and perhaps an "id", a "title" and a "number".
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from build_graph.errors import ObligationError, load_extra, shorten_error
from build_graph.model import Input, Metadata, Source
from build_graph.text.formats.encoding import decode_text
from build_graph.text.formats.kinds import Kind, UnreadableError, convert_error
from build_graph.text.formats.limits import ReadingLimits

_ID = re.compile(r"[\w.-]{1,80}")  # ids that can be part of a name
_SURROGATES = re.compile("[\ud800-\udfff]")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A line or row of a file: its number from 1, and the names that documents before it have."""

    file: str
    number: int
    names: set[str]

    @property
    def where(self) -> str:
        """The place as messages name it: corpus.jsonl:17."""
        return f"{self.file}:{self.number}"

    def choose_name(self, own: object) -> str:
        """Return a document's name: by its own id if that is fit and not yet used, else the place."""
        name = f"{self.file}:{own}" if _ID.fullmatch(str(own)) else self.where
        repeated = name in self.names
        self.names.add(name)
        return self.where if repeated else name


def iterate_records(
    stream: io.BufferedReader[Any], name: str, limits: ReadingLimits, *, encoding: str | None = None
) -> Iterator[Input | ObligationError]:
    """Yield the documents of a file of JSON Lines, in order; for a bad line, its error.

    A document is named after the file and its id, without an id after the file and its line.
    """
    names: set[str] = set()
    for number, line in _iterate_lines(stream, limits.max_size):
        if line.strip():
            yield parse_line(line.removesuffix(b"\n"), RecordPlace(name, number, names), limits, encoding)


def parse_line(
    line: bytes, place: RecordPlace, limits: ReadingLimits, encoding: str | None
) -> Input | ObligationError:
    """Return the document on a line of a file, or its error."""
    try:
        limits.check_size(len(line), place.where)
        return build_record(_parse_object(line, place.where, encoding), place)
    except Exception as error:  # a bad line must not hide the next ones
        return convert_error(place.where, error)


def _iterate_lines(stream: io.BufferedReader[Any], limit: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with their numbers; of a line that is too long, one byte more than allowed."""
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(_PIECE)
        yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _parse_object(line: bytes, where: str, encoding: str | None) -> dict[str, Any]:
    """Return the object on a line; raises UnreadableError where there is none, or it holds no text."""
    try:
        data = json.loads(line.decode(encoding or "utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{where}: byte {error.start} is not {encoding or 'UTF-8'}; write it in UTF-8"
        ) from error
    except LookupError as error:
        raise UnreadableError(f"{where}: {encoding} is no encoding; try utf-8 or gb18030") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(
            f'{where}: is no JSON ({_describe_fault(error)}); write one {{"text": "…"}} a line'
        ) from error
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise UnreadableError(
            f'{where}: holds no text; write {{"id": "…", "title": "…", "number": "…", "text": "…"}}'
        )
    return data


def _describe_fault(error: ValueError | RecursionError) -> str:
    """Return the reason why a line is not JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "nested too deep"
    return f"a number has more than {sys.get_int_max_str_digits():,} digits"


def build_record(
    data: dict[str, Any], place: RecordPlace, media: str = Kind.JSONL.media, encoding: str = "utf-8"
) -> Input:
    """Return the document of a record, which was read in some encoding.

    Raises UnreadableError where its text is blank, or its title or number is no string.
    """
    where = place.where
    if not data["text"].strip():
        raise UnreadableError(f"{where}: its text is blank; there is nothing to read")
    return Input(
        Source(place.choose_name(data.get("id", "")), _replace_surrogates(data["text"]), encoding, media),
        Metadata(title=_read_field(data, "title", where), number=_read_field(data, "number", where)),
    )


def _read_field(data: dict[str, Any], field: str, where: str) -> str | None:
    """Return a field's text, None where there is none; raises UnreadableError for other values."""
    value = data.get(field)
    if value is not None and not isinstance(value, str):
        raise UnreadableError(f"{where}: {field} is no text; write it in quotes, or null")
    return _replace_surrogates(value.strip()) or None if value else None


def _replace_surrogates(text: str) -> str:
    """Return the text with unpaired surrogates, which no encoding can write, as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


COLUMNS = ("id", "title", "number", "text")
_OTHER = "gb18030"  # encoding of strings that are not UTF-8, where the text does not show it
_ROWS = 64  # taken out of a row group at a time


def iterate_rows(
    stream: io.BufferedIOBase, name: str, limits: ReadingLimits, *, encoding: str | None = None
) -> Iterator[Input | ObligationError]:
    """Yield the documents of a Parquet file, in order; for a bad row, its error.

    A document is named after the file and its id, without an id after the file and its row, from 1. Strings
    that are not UTF-8, though the file says so, are read as text files are. Raises UnreadableError for a file
    that is damaged or has no texts, MissingExtraError without pyarrow.
    """
    arrow, parquet = (load_extra(module, "parquet", f"{name}: reading Parquet") for module in _MODULES)
    names: set[str] = set()
    try:
        packed, unpacked = stream.seek(0, io.SEEK_END), 0
        file = _open_file(stream, name, arrow, parquet)
        limits.check_ratio(_sum_unpacked(file), packed, name)
        for number, row in enumerate(_iterate_dicts(file, arrow), start=1):
            unpacked += len(row.get("text", b""))
            limits.check_ratio(unpacked, packed, name)
            yield parse_row(row, RecordPlace(name, number, names), limits, encoding)
    except (arrow.ArrowException, OSError) as error:
        raise UnreadableError(
            f"{name}: is damaged ({shorten_error(error)}); fetch or write it again"
        ) from error


_MODULES = ("pyarrow", "pyarrow.parquet")


def _open_file(stream: io.BufferedIOBase, name: str, arrow: Any, parquet: Any) -> Any:
    """Return the file, opened so that a string of many rows is held once.

    Raises UnreadableError where it has no texts.
    """
    plain = parquet.ParquetFile(stream)
    schema = plain.schema_arrow
    strings = [
        column for column in COLUMNS if column in schema.names and _is_text(schema.field(column), arrow)
    ]
    if "text" not in strings:
        raise UnreadableError(f'{name}: has no column "text" of strings; name the texts so')
    return parquet.ParquetFile(stream, metadata=plain.metadata, read_dictionary=strings)


def _is_text(column: Any, arrow: Any) -> bool:
    return _find_bytes_type(column.type, arrow) is not None


def _sum_unpacked(file: Any) -> int:
    """Return the unpacked bytes of the columns that are read, as the file declares them."""
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    columns = (group.column(at) for group in groups for at in range(group.num_columns))
    return sum(one.total_uncompressed_size for one in columns if one.path_in_schema in COLUMNS)


def _iterate_dicts(file: Any, arrow: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows as values by column, of known columns with a value, strings as bytes."""
    columns = [column for column in COLUMNS if column in file.schema_arrow.names]
    for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
        held = [_read_raw(column, arrow) for column in batch.columns]
        for row in zip(*held, strict=True):
            values = zip(batch.schema.names, row, strict=True)
            yield {column: value for column, value in values if value is not None}


def _find_bytes_type(kind: Any, arrow: Any) -> Any:
    """Return the type of bytes for a type of strings; None for any other type."""
    if arrow.types.is_string(kind):
        return arrow.binary()
    return arrow.large_binary() if arrow.types.is_large_string(kind) else None


def _read_raw(column: Any, arrow: Any) -> list[Any]:
    """Return the values of a column, strings as bytes, since they may not be UTF-8."""
    if not arrow.types.is_dictionary(column.type):
        raw = _find_bytes_type(column.type, arrow)
        return list((column if raw is None else column.cast(raw)).to_pylist())
    values = _read_raw(column.dictionary, arrow)
    return [None if at is None else values[at] for at in column.indices.to_pylist()]


def parse_row(
    row: dict[str, Any], place: RecordPlace, limits: ReadingLimits, encoding: str | None = None
) -> Input | ObligationError:
    """Return the document in a row of a file, or its error; strings may come as bytes."""
    try:
        if "text" not in row:
            raise UnreadableError(f"{place.where}: holds no text; there is nothing to read")
        text = row["text"]
        limits.check_size(len(text if isinstance(text, bytes) else text.encode()), place.where)
        chosen = _detect_encoding(text, place.where, encoding)
        strings = {column: _decode_string(row[column], column, place.where, chosen) for column in row}
        return build_record(strings, place, Kind.PARQUET.media, chosen)
    except Exception as error:
        return convert_error(place.where, error)


def _detect_encoding(text: str | bytes, where: str, given: str | None) -> str:
    """Return the encoding of a row's strings: UTF-8, unless the text shows another."""
    if isinstance(text, bytes):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            return decode_text(text, where, encoding=given).encoding
    return "utf-8"


def _decode_string(value: Any, column: str, where: str, encoding: str) -> Any:
    """Return a value, bytes decoded; raises UnreadableError where no known encoding fits."""
    if not isinstance(value, bytes):
        return value
    for candidate in ("utf-8", encoding, _OTHER):
        with suppress(UnicodeDecodeError):
            return value.decode(candidate)
    raise UnreadableError(f"{where}: {column} is not UTF-8; write it in UTF-8")
