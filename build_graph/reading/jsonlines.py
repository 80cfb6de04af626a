"""JSON Lines: each line an object with a document's text, and perhaps its id, title and number."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from build_graph.errors import ObligationError
from build_graph.model import Metadata, Source
from build_graph.reading.kinds import Kind, UnreadableError, convert_error
from build_graph.reading.limits import ReadingLimits

_ID = re.compile(r"[\w.-]{1,80}")  # ids that can stand in a name
_SURROGATES = re.compile("[\ud800-\udfff]")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A document, and the title and number that its line gives."""

    source: Source
    given: Metadata


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A line or row: of which file, its number from 1, and what the documents before it are named after."""

    file: str
    number: int
    names: set[str]

    @property
    def where(self) -> str:
        """How messages name it: corpus.jsonl:17."""
        return f"{self.file}:{self.number}"

    def choose_name(self, own: object) -> str:
        """What a document is named after: its own id if it is fit and none before has it, else the place."""
        name = f"{self.file}:{own}" if _ID.fullmatch(str(own)) else self.where
        repeated = name in self.names
        self.names.add(name)
        return self.where if repeated else name


def iterate_records(
    stream: io.BufferedReader[Any], name: str, limits: ReadingLimits, *, encoding: str | None = None
) -> Iterator[JsonRecord | ObligationError]:
    """The documents of a file, in order; for a bad line the error that says what is wrong with it.

    A document is named after the file and its id, without an id after the file and its line.
    """
    names: set[str] = set()
    for number, line in _iterate_lines(stream, limits.max_size):
        if line.strip():
            yield parse_line(line.removesuffix(b"\n"), RecordPlace(name, number, names), limits, encoding)


def parse_line(
    line: bytes, place: RecordPlace, limits: ReadingLimits, encoding: str | None
) -> JsonRecord | ObligationError:
    """The document on a line of a file, or what is wrong with it."""
    try:
        limits.check_size(len(line), place.where)
        return build_record(_parse_object(line, place.where, encoding), place)
    except ObligationError as error:
        return error
    except Exception as error:  # one line must not hide those after it
        return convert_error(place.where, error)


def _iterate_lines(stream: io.BufferedReader[Any], limit: int) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers; of one that is too long no more than shows it."""
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(_PIECE)
        yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _parse_object(line: bytes, where: str, encoding: str | None) -> dict[str, Any]:
    """The object on a line; raises UnreadableError where there is none, or it holds no text."""
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
    """What keeps a line from being JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "nested too deep"
    return f"a number has more than {sys.get_int_max_str_digits():,} digits"


def build_record(
    data: dict[str, Any], place: RecordPlace, media: str = Kind.JSONL.media, encoding: str = "utf-8"
) -> JsonRecord:
    """The document that a line or row says, which was in an encoding.

    Raises UnreadableError where its text is blank, or its title or number is none.
    """
    where = place.where
    if not data["text"].strip():
        raise UnreadableError(f"{where}: its text is blank; there is nothing to read")
    return JsonRecord(
        Source(place.choose_name(data.get("id", "")), _replace_surrogates(data["text"]), encoding, media),
        Metadata(title=_read_field(data, "title", where), number=_read_field(data, "number", where)),
    )


def _read_field(data: dict[str, Any], field: str, where: str) -> str | None:
    """A field's text, None where there is none; raises UnreadableError where it is something else."""
    value = data.get(field)
    if value is not None and not isinstance(value, str):
        raise UnreadableError(f"{where}: {field} is no text; write it in quotes, or null")
    return _replace_surrogates(value.strip()) or None if value else None


def _replace_surrogates(text: str) -> str:
    """The text with halves of surrogate pairs, which cannot be written anywhere, as lost characters."""
    return _SURROGATES.sub("\ufffd", text)
