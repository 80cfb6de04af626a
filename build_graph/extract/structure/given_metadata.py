"""Metadata given from outside the text: by options, by a sidecar file, by the API's arguments."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from build_graph.errors import ObligationError
from build_graph.extract.structure.marks import parse_date, split_list
from build_graph.model import Metadata
from build_graph.text.folders import display_path

# The names under which fields are given, where they are others.
_NAMES = {"issued": "date", "issuers": "issuer"}
_KNOWN = sorted(_NAMES.get(field.name, field.name) for field in fields(Metadata))


class BadMetadataError(ObligationError):
    """A sidecar file or option that gives metadata in a way that cannot be read."""


def read_sidecar(path: Path) -> Metadata:
    """Return metadata from a sidecar TOML file; raises BadMetadataError where it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadMetadataError(f"{display_path(path)}: {error.strerror}; check its permissions") from error
    return parse_sidecar(data, display_path(path))


def parse_sidecar(data: bytes, where: str) -> Metadata:
    """Return metadata from the bytes of a sidecar file; raises BadMetadataError for bad bytes or values."""
    try:
        values = tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMetadataError(f'{where}: {error}; write TOML such as: title = "…"') from error
    return build_metadata(values, where)


def build_metadata(data: dict[str, Any], where: str) -> Metadata:
    """Return metadata from names and values; raises BadMetadataError for an unknown name or a wrong value.

    >>> given = build_metadata({"issuer": "财政部、税务总局", "date": "2015-05-04"}, "options")
    >>> given.issued, given.issuers
    (datetime.date(2015, 5, 4), ('财政部', '税务总局'))
    """
    for name in data:
        if name not in _KNOWN:
            raise BadMetadataError(f"{where}: {name!r} is not known; use {', '.join(_KNOWN)}")
    return Metadata(
        title=_read_text(data, "title", where),
        number=_read_text(data, "number", where),
        issuers=tuple(split_list(_read_text(data, "issuer", where) or "")),
        issued=_read_date(data, where),
        addressees=_read_addressees(data, where),
    )


def merge_metadata(first: Metadata, second: Metadata) -> Metadata:
    """Return `first`; `second` fills its empty fields."""
    return replace(second, **{f.name: value for f in fields(first) if (value := getattr(first, f.name))})


def _read_text(data: dict[str, Any], name: str, where: str) -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise _create_type_error(where)
    if any(0xD800 <= ord(char) < 0xE000 for char in value or ""):
        raise BadMetadataError(f"{where}: {name} is no Unicode; give it in UTF-8")
    return value


def _read_date(data: dict[str, Any], where: str) -> date | None:
    issued = data.get("date")
    if isinstance(issued, str):
        issued = parse_date(issued)
    if data.get("date") is not None and not isinstance(issued, date):
        raise BadMetadataError(f"{where}: date {data['date']!r} is no date; write it as 2015-05-04")
    return issued


def _read_addressees(data: dict[str, Any], where: str) -> tuple[str, ...]:
    addressees = data.get("addressees", ())
    if isinstance(addressees, str) or not all(isinstance(one, str) for one in addressees):
        raise _create_type_error(where)
    return tuple(addressees)


def _create_type_error(where: str) -> BadMetadataError:
    return BadMetadataError(f"{where}: title, number and issuer are texts, addressees a list of texts")
