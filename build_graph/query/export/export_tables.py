"""The tables of a graph, listed in `data/export_tables.toml`, queried with `queries/lookups/table-*.rq`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from build_graph.errors import ObligationError
from build_graph.graph.properties import PROPERTIES, Kind
from build_graph.query.catalogue import select
from build_graph.query.engines import Engine
from build_graph.query.results import extract_text
from build_graph.resources import load_word_lists
from build_graph.vocabulary import OB

Value = str | int | bool | date | None
Row = tuple[Value, ...]

_JOINED = "、"  # between several values of a cell
_TYPES = {
    Kind.TERM: "term",
    Kind.INTEGER: "integer",
    Kind.BOOLEAN: "boolean",
    Kind.TRUE: "boolean",
    Kind.DATE: "date",
}


class NoTableError(ObligationError):
    """A value in a graph that its column cannot hold."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A text in English and Chinese."""

    en: str
    zh: str

    def __str__(self) -> str:
        """Return both, for formats with room for one."""
        return f"{self.en} / {self.zh}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `to` is the table whose keys it holds, `edge` the name of that link in a network."""

    name: str
    type: str  # string, integer, boolean, date
    title: Texts
    description: Texts
    to: str = ""
    edge: str = ""
    is_term: bool = False  # of the ontology, written without its namespace
    is_joined: bool = False  # of several values


@dataclass(frozen=True, slots=True)
class Link:
    """A table whose rows are edges: from the value of one column to that of another."""

    start: str
    end: str
    edge: str


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A table; its first column is its key, and rows are in the order of documents and text."""

    name: str
    title: Texts
    description: Texts
    columns: tuple[Column, ...]
    label: str = ""  # of its rows as nodes of a network; empty if they are none
    caption: tuple[str, ...] = ()
    link: Link | None = None
    rows: tuple[Row, ...] = field(default=(), repr=False)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def find_column(self, name: str) -> int:
        """Return the index of a column; raises ValueError for an unknown name."""
        return self.names.index(name)

    def replace_rows(self, rows: Iterable[Row]) -> ExportTable:
        """Return the table with other rows."""
        return replace(self, rows=tuple(rows))


def load_layout() -> tuple[ExportTable, ...]:
    """Return the tables without rows.

    >>> [table.name for table in load_layout()][:3]
    ['documents', 'issuers', 'clauses']
    """
    return tuple(_parse_table(given) for given in load_word_lists("export_tables")["table"])


def load_tables(engine: Engine, where: str) -> dict[str, ExportTable]:
    """Return the tables of an engine's graph by name; `where` names the graph in messages.

    A key that a row refers to and no table has gets a row with its IRI alone, so that every key leads to a
    row. Raises ObligationError if the graph cannot be asked, or a value is not of its column's type.
    """
    found = {table.name: _fill(table, engine, where) for table in load_layout()}
    files = _list_source_files(found["documents"])
    whole = {name: _sort_rows(_add_source_files(table, files)) for name, table in found.items()}
    return {name: _add_missing_keys(table, whole.values()) for name, table in whole.items()}


def list_domain_names(table: ExportTable) -> dict[str, tuple[str, str]]:
    """Return the domains in the table `domains`, with their names in Chinese and English."""
    iri, name, english = map(table.find_column, ("domain", "name", "english"))
    return {str(row[iri]): (str(row[name] or ""), str(row[english] or "")) for row in table.rows}


def _parse_table(given: Mapping[str, Any]) -> ExportTable:
    link = given.get("link")
    return ExportTable(
        given["name"],
        Texts(**given["title"]),
        Texts(**given["description"]),
        tuple(map(_parse_column, given["columns"])),
        given.get("label", ""),
        tuple(given.get("caption", ())),
        Link(link["from"], link["to"], link["edge"]) if link else None,
    )


def _parse_column(given: Mapping[str, Any]) -> Column:
    """Return a column; its type is that of its property's values, or is given."""
    told = PROPERTIES[given["property"]] if "property" in given else None
    kind = _TYPES.get(told.kind, "string") if told else given["type"]
    return Column(
        given["name"],
        "string" if kind in ("term", "strings") else kind,
        Texts(given["en"], given["zh"]) if "en" in given or not told else Texts(told.english, told.chinese),
        Texts(**given["says"]),
        given.get("to", ""),
        given.get("edge", ""),
        is_term=kind == "term",
        is_joined=kind == "strings",
    )


def _fill(table: ExportTable, engine: Engine, where: str) -> ExportTable:
    """Return the table with one row for each key; of several values, the first in the text is taken."""
    answer = select(engine, f"table-{table.name}")
    given = {variable.value for variable in answer.variables}
    found: dict[Value, list[Row]] = {}
    for solution in answer:
        row = tuple(
            _convert_value(column, solution[column.name] if column.name in given else None, table.name, where)
            for column in table.columns
        )
        found.setdefault(row[0], []).append(row)
    return table.replace_rows(_merge_rows(table, rows) for rows in found.values())


def _convert_value(column: Column, term: Any, table: str, where: str) -> Value:
    """Return a term as a value of a column; None for a missing or empty one."""
    text = extract_text(term)
    if not text:
        return None
    try:
        if column.type == "integer":
            return int(text)
        if column.type == "date":
            return date.fromisoformat(text)
        if column.type == "boolean":
            return {"true": True, "1": True, "false": False, "0": False}[text]
    except (ValueError, KeyError) as error:
        raise NoTableError(
            f"{where}: {text!r} is no {column.type}, as {column.name} in the table {table} has to be; "
            "put the graph right (obligations validate says where)"
        ) from error
    return text.removeprefix(OB) if column.is_term else text


def _merge_rows(table: ExportTable, rows: list[Row]) -> Row:
    """Return one row for several with the same key: the first, with all values in joined columns."""
    first = min(rows, key=lambda row: _order_row(table, row))
    return tuple(
        _JOINED.join(sorted({str(row[at]) for row in rows if row[at] is not None})) or None
        if column.is_joined
        else first[at]
        for at, column in enumerate(table.columns)
    )


def _order_row(table: ExportTable, row: Row) -> tuple[str, tuple[int, str], tuple[int, str], list[str]]:
    """Return a row's sort key: document, position in the text, then all values."""
    place = dict(zip(table.names, row, strict=True))
    start, end = (
        (value, "") if isinstance(value := place.get(name), int) else (-1, "") for name in ("start", "end")
    )
    document = place.get("document")
    return ("" if document is None else str(document)), start, (-end[0], ""), [str(value) for value in row]


def _sort_rows(table: ExportTable) -> ExportTable:
    return table.replace_rows(sorted(table.rows, key=lambda row: _order_row(table, row)))


def _list_source_files(documents: ExportTable) -> dict[Value, Value]:
    at = documents.find_column("source_file")
    return {row[0]: row[at] for row in documents.rows}


def _add_source_files(table: ExportTable, files: Mapping[Value, Value]) -> ExportTable:
    """Return the table with the source file of each row's document."""
    if table.name == "documents" or "source_file" not in table.names:
        return table
    at, document = table.find_column("source_file"), table.find_column("document")
    return table.replace_rows((*row[:at], files.get(row[document]), *row[at + 1 :]) for row in table.rows)


def _add_missing_keys(table: ExportTable, others: Iterable[ExportTable]) -> ExportTable:
    """Return the table with a row for each missing key that a table refers to."""
    known = {row[0] for row in table.rows}
    missing = sorted(
        {str(key) for other in others for key in _iterate_keys(other, table.name) if key not in known}
    )
    empty = (None,) * (len(table.columns) - 1)
    return table.replace_rows((*table.rows, *((key, *empty) for key in missing)))


def _iterate_keys(table: ExportTable, to: str) -> Iterator[Value]:
    for at, column in enumerate(table.columns):
        if column.to == to:
            yield from (row[at] for row in table.rows if row[at] is not None)
