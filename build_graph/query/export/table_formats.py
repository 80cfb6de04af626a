"""Tables as CSV with a Data Package that describes them, as Parquet, and as files for neo4j-admin.

Cells hold the words of the graph unchanged: a cell that begins with =, +, - or @ is data, which a spreadsheet
may take for a formula. Guarded tables have an apostrophe before such cells, and a byte order mark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any

from build_graph.errors import load_extra
from build_graph.query.export.export_tables import Column, ExportTable, Value, list_domain_names
from build_graph.query.text_tables import ENCODING, guard_value, serialise_rows

_AS_THEY_ARE = (
    "Cells hold the words of the graph as they are; a spreadsheet may take one that begins with =, +, - or @ "
    "for a formula: import the tables as text. / "
    "单元格保留图中原文；以 =、+、-、@ 开头的内容可能被电子表格当作公式，请按文本导入。"
)
_GUARDED = (
    "For spreadsheets: each file begins with a byte order mark, and an apostrophe, which is no part of it, "
    "stands before each text that begins with =, +, -, @, a tab or a line end. / "
    "供电子表格使用：各文件以字节顺序标记开头；以 =、+、-、@、制表符或换行符开头的文本前加了一个撇号，"
    "撇号不属于原文。"
)
_NEO4J_TYPES = {"string": "", "integer": ":long", "boolean": ":boolean", "date": ":date"}
_LINE = b"\n"
_IMPORT = """#!/bin/sh
# Makes a Neo4j database (5 or newer) of the files in this folder: sh import.sh [DATABASE]
# Run it where neo4j-admin is. The database must not be there yet: nothing is overwritten.
set -eu
cd "$(dirname "$0")"
neo4j-admin database import full "${{1:-neo4j}}" \\
  --id-type=string \\
  --multiline-fields=true \\
  --ignore-empty-strings=true \\
{files}
"""
_README = """# Obligations for Neo4j

`sh import.sh` makes a database of these files with `neo4j-admin database import` (Neo4j 5 or newer); where
there is one of that name, it stays as it is and the import is refused. Nodes are known by their IRIs (`iri`),
which are those of the RDF graph.

| file | what it holds |
|---|---|
{rows}

Who leads most?

    MATCH (a:Agency)<-[:BORNE_BY {{role: "Lead"}}]-(m:Measure)
    RETURN a.name, count(m) AS measures ORDER BY measures DESC LIMIT 10

政策文件任务分工。运行 `sh import.sh` 即可导入 Neo4j。
"""


def format_csv(names: Iterable[str], rows: Iterable[Iterable[Value]], *, guarded: bool = False) -> bytes:
    r"""Return rows under their names as CSV in UTF-8, with empty cells for missing values.

    Where they are to be `guarded`, they begin with a byte order mark, and an apostrophe is before what a
    spreadsheet takes for a formula.

    >>> format_csv(["a", "b"], [[True, None], ["x, y", 5]])
    b'a,b\ntrue,\n"x, y",5\n'
    >>> format_csv(["a", "b"], [["=1+1", -5]], guarded=True)
    b"\xef\xbb\xbfa,b\n'=1+1,-5\n"
    """
    if not guarded:
        return serialise_rows([names, *rows]).encode()
    cells = ([guard_value(value) for value in row] for row in rows)
    return serialise_rows([names, *cells]).encode(ENCODING)


def render_csv_files(
    tables: Mapping[str, ExportTable], licence: str | None = None, *, guarded: bool = False
) -> dict[str, bytes]:
    """Return the files of a Data Package by name: one for each table, and datapackage.json."""
    files = {
        f"{name}.csv": format_csv(table.names, table.rows, guarded=guarded) for name, table in tables.items()
    }
    about = _GUARDED if guarded else _AS_THEY_ARE
    return files | {"datapackage.json": _render_package(tables, files, about, licence)}


def _render_package(
    tables: Mapping[str, ExportTable], files: Mapping[str, bytes], about: str, licence: str | None
) -> bytes:
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": "obligation-graph",
        "title": "Who owes what: obligations in policy documents / 政策文件任务分工",
        "description": about,
    }
    if licence:
        package["licenses"] = [{"path": licence}]
    package["resources"] = [_describe_resource(table, files[f"{name}.csv"]) for name, table in tables.items()]
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


def _describe_resource(table: ExportTable, data: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "title": str(table.title),
        "description": str(table.description),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True},
        "schema": _describe_schema(table),
    }


def _describe_schema(table: ExportTable) -> dict[str, Any]:
    key = table.columns[0].name
    schema: dict[str, Any] = {
        "fields": [_describe_field(column, is_key=column.name == key) for column in table.columns],
        "missingValues": [""],
        "primaryKey": [key],
    }
    keys = [_describe_foreign_key(table, column) for column in table.columns if column.to]
    return schema | ({"foreignKeys": keys} if keys else {})


def _describe_field(column: Column, *, is_key: bool) -> dict[str, Any]:
    described = {
        "name": column.name,
        "type": column.type,
        "title": str(column.title),
        "description": str(column.description),
    }
    return described | ({"constraints": {"required": True, "unique": True}} if is_key else {})


def _describe_foreign_key(table: ExportTable, column: Column) -> dict[str, Any]:
    """Return the reference from a column to a table's key, which has the same name everywhere."""
    to = "" if column.to == table.name else column.to
    return {"fields": [column.name], "reference": {"resource": to, "fields": [_KEYS[column.to]]}}


_KEYS = {"documents": "document", "clauses": "clause", "measures": "measure", "agencies": "agency"}


def render_parquet_files(tables: Mapping[str, ExportTable]) -> dict[str, bytes]:
    """Return a file for each table, by name; raises MissingExtraError without pyarrow."""
    return {f"{name}.parquet": _render_parquet(table) for name, table in tables.items()}


def require_pyarrow() -> Any:
    """Return pyarrow; raises MissingExtraError if it is not installed."""
    return load_extra("pyarrow", "parquet", "obligations export --format parquet")


def _render_parquet(table: ExportTable) -> bytes:
    arrow = require_pyarrow()
    parquet = load_extra("pyarrow.parquet", "parquet", "obligations export --format parquet")
    types = {
        "string": arrow.string(),
        "integer": arrow.int64(),
        "boolean": arrow.bool_(),
        "date": arrow.date32(),
    }
    fields = [
        arrow.field(
            column.name,
            types[column.type],
            nullable=at > 0,
            metadata={"title": str(column.title), "description": str(column.description)},
        )
        for at, column in enumerate(table.columns)
    ]
    columns = [[row[at] for row in table.rows] for at in range(len(fields))]
    schema = arrow.schema(fields, metadata={"title": str(table.title), "description": str(table.description)})
    out = BytesIO()
    arrays = [arrow.array(column, field.type) for column, field in zip(columns, fields, strict=True)]
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()


def render_neo4j_files(tables: Mapping[str, ExportTable]) -> dict[str, bytes]:
    """Return the files for Neo4j by name: nodes-*.csv, relationships-*.csv, import.sh and README.md."""
    nodes = {f"nodes-{table.name}.csv": _render_nodes(table) for table in tables.values() if table.label}
    nodes["nodes-domains.csv"] = _render_domains(tables["domains"])
    edges = dict(_render_edges(tables))
    arguments = [f"  --nodes={name}" for name in nodes] + [f"  --relationships={name}" for name in edges]
    rows = [f"| `{name}` | {data.partition(_LINE)[0].decode()} |" for name, data in (nodes | edges).items()]
    return {
        **nodes,
        **edges,
        "import.sh": _IMPORT.format(files=" \\\n".join(arguments)).encode(),
        "README.md": _README.format(rows="\n".join(rows)).encode(),
    }


def _format_header(column: Column) -> str:
    return f"{column.name}{_NEO4J_TYPES[column.type]}"


def _render_nodes(table: ExportTable) -> bytes:
    """Return the rows of a table as nodes; columns that refer to tables become relationships."""
    own = [(at, column) for at, column in enumerate(table.columns) if at and not column.to]
    header = ["iri:ID", *(_format_header(column) for _, column in own), ":LABEL"]
    rows = ([row[0], *(row[at] for at, _ in own), table.label] for row in table.rows)
    return format_csv(header, rows)


def _render_domains(table: ExportTable) -> bytes:
    rows = (
        [iri, name, english, "Domain"] for iri, (name, english) in sorted(list_domain_names(table).items())
    )
    return format_csv(["iri:ID", "name", "english", ":LABEL"], rows)


def _render_edges(tables: Mapping[str, ExportTable]) -> Iterator[tuple[str, bytes]]:
    ends = [":START_ID", ":END_ID", ":TYPE"]
    for table in tables.values():
        for at, column in enumerate(table.columns):
            if column.edge:
                rows = ([row[0], row[at], column.edge] for row in table.rows if row[at])
                yield f"relationships-{table.name}-{column.name}.csv", format_csv(ends, rows)
        if table.link:
            yield f"relationships-{table.name}.csv", _render_links(table, ends)


def _render_links(table: ExportTable, ends: list[str]) -> bytes:
    """Return the rows of a table as relationships, with their other columns as properties."""
    assert table.link is not None
    start, end = table.find_column(table.link.start), table.find_column(table.link.end)
    of_ends = ("name", "english", "document")  # columns that the nodes at the ends have
    own = [
        (at, column)
        for at, column in enumerate(table.columns)
        if at not in (start, end) and column.name not in of_ends
    ]
    header = [*ends, *("iri" if at == 0 else _format_header(column) for at, column in own)]
    rows: Iterator[list[Value]] = (
        [row[start], row[end], table.link.edge, *(row[at] for at, _ in own)]
        for row in table.rows
        if table.link and row[start] and row[end]
    )
    return format_csv(header, rows)
