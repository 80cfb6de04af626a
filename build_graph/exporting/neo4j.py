"""Tables as the files that neo4j-admin imports: nodes, relationships, and the command that does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from build_graph.exporting.csv_files import as_csv
from build_graph.exporting.network import domains
from build_graph.exporting.tables import Column, Table, Value

_TYPES = {"string": "", "integer": ":long", "boolean": ":boolean", "date": ":date"}
_LINE = b"\n"
_SCRIPT = """#!/bin/sh
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


def neo4j_files(tables: Mapping[str, Table]) -> dict[str, bytes]:
    """The files by name: nodes-*.csv, relationships-*.csv, import.sh and README.md."""
    nodes = {f"nodes-{table.name}.csv": _nodes(table) for table in tables.values() if table.label}
    nodes["nodes-domains.csv"] = _domains(tables["domains"])
    edges = dict(_edges(tables))
    arguments = [f"  --nodes={name}" for name in nodes] + [f"  --relationships={name}" for name in edges]
    rows = [f"| `{name}` | {data.partition(_LINE)[0].decode()} |" for name, data in (nodes | edges).items()]
    return {
        **nodes,
        **edges,
        "import.sh": _SCRIPT.format(files=" \\\n".join(arguments)).encode(),
        "README.md": _README.format(rows="\n".join(rows)).encode(),
    }


def _typed(column: Column) -> str:
    return f"{column.name}{_TYPES[column.type]}"


def _nodes(table: Table) -> bytes:
    """The rows of a table as nodes; where a column leads, relationships say."""
    own = [(at, column) for at, column in enumerate(table.columns) if at and not column.to]
    header = ["iri:ID", *(_typed(column) for _, column in own), ":LABEL"]
    rows = ([row[0], *(row[at] for at, _ in own), table.label] for row in table.rows)
    return as_csv(header, rows)


def _domains(table: Table) -> bytes:
    rows = ([iri, name, english, "Domain"] for iri, (name, english) in sorted(domains(table).items()))
    return as_csv(["iri:ID", "name", "english", ":LABEL"], rows)


def _edges(tables: Mapping[str, Table]) -> Iterator[tuple[str, bytes]]:
    ends = [":START_ID", ":END_ID", ":TYPE"]
    for table in tables.values():
        for at, column in enumerate(table.columns):
            if column.edge:
                rows = ([row[0], row[at], column.edge] for row in table.rows if row[at])
                yield f"relationships-{table.name}-{column.name}.csv", as_csv(ends, rows)
        if table.link:
            yield f"relationships-{table.name}.csv", _linked(table, ends)


def _linked(table: Table, ends: list[str]) -> bytes:
    """The rows of a table as relationships, with what else they say."""
    assert table.link is not None
    start, end = table.at(table.link.start), table.at(table.link.end)
    told = ("name", "english", "document")  # what the nodes at the ends tell
    own = [
        (at, column)
        for at, column in enumerate(table.columns)
        if at not in (start, end) and column.name not in told
    ]
    header = [*ends, *("iri" if at == 0 else _typed(column) for at, column in own)]
    rows: Iterator[list[Value]] = (
        [row[start], row[end], table.link.edge, *(row[at] for at, _ in own)]
        for row in table.rows
        if table.link and row[start] and row[end]
    )
    return as_csv(header, rows)
