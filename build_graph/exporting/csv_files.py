"""Tables as CSV with a Data Package that describes them.

Cells hold the words of the graph as they are: a cell that begins with =, +, - or @ is data, which a
spreadsheet may take for a formula. Who asks for it gets such cells with an apostrophe before them, and a byte
order mark at the beginning of each file.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

from build_graph.exporting.tables import Column, Table, Value
from build_graph.querying import spreadsheet

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


def as_csv(names: Iterable[str], rows: Iterable[Iterable[Value]], *, guarded: bool = False) -> bytes:
    r"""Rows under their names, in UTF-8; empty where there is no value.

    Where they are to be `guarded`, they begin with a byte order mark, and an apostrophe stands before what a
    spreadsheet takes for a formula.

    >>> as_csv(["a", "b"], [[True, None], ["x, y", 5]])
    b'a,b\ntrue,\n"x, y",5\n'
    >>> as_csv(["a", "b"], [["=1+1", -5]], guarded=True)
    b"\xef\xbb\xbfa,b\n'=1+1,-5\n"
    """
    out = StringIO(newline="")
    plain = csv.writer(out, lineterminator="\n")
    quoting = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(names)
    for row in rows:
        cells = [_guarded(value) if guarded else _cell(value) for value in row]
        # Before Python 3.13 a carriage return is not quoted unless it is how lines end.
        (quoting if any("\r" in str(cell) for cell in cells) else plain).writerow(cells)
    return out.getvalue().encode(spreadsheet.ENCODING if guarded else "utf-8")


def _cell(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _guarded(value: Value) -> Value:
    return spreadsheet.guarded(value) if isinstance(value, str) else _cell(value)


def csv_files(
    tables: Mapping[str, Table], licence: str | None = None, *, guarded: bool = False
) -> dict[str, bytes]:
    """The files of a Data Package by name: a table each, and datapackage.json, which says what cells hold."""
    files = {
        f"{name}.csv": as_csv(table.names, table.rows, guarded=guarded) for name, table in tables.items()
    }
    about = _GUARDED if guarded else _AS_THEY_ARE
    return files | {"datapackage.json": _package(tables, files, about, licence)}


def _package(
    tables: Mapping[str, Table], files: Mapping[str, bytes], about: str, licence: str | None
) -> bytes:
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": "obligation-graph",
        "title": "Who owes what: obligations in policy documents / 政策文件任务分工",
        "description": about,
    }
    if licence:
        package["licenses"] = [{"path": licence}]
    package["resources"] = [_resource(table, files[f"{name}.csv"]) for name, table in tables.items()]
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


def _resource(table: Table, data: bytes) -> dict[str, Any]:
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
        "schema": _schema(table),
    }


def _schema(table: Table) -> dict[str, Any]:
    key = table.columns[0].name
    schema: dict[str, Any] = {
        "fields": [_field(column, is_key=column.name == key) for column in table.columns],
        "missingValues": [""],
        "primaryKey": [key],
    }
    keys = [_foreign_key(table, column) for column in table.columns if column.to]
    return schema | ({"foreignKeys": keys} if keys else {})


def _field(column: Column, *, is_key: bool) -> dict[str, Any]:
    described = {
        "name": column.name,
        "type": column.type,
        "title": str(column.title),
        "description": str(column.description),
    }
    return described | ({"constraints": {"required": True, "unique": True}} if is_key else {})


def _foreign_key(table: Table, column: Column) -> dict[str, Any]:
    """That a column leads to a table, whose key is called as the column of the tables that name it."""
    to = "" if column.to == table.name else column.to
    return {"fields": [column.name], "reference": {"resource": to, "fields": [_KEYS[column.to]]}}


_KEYS = {"documents": "document", "clauses": "clause", "measures": "measure", "agencies": "agency"}
