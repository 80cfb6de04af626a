"""Tables as Parquet: the same columns and types as in the CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from build_graph.exporting.tables import Table
from build_graph.extras import extra


def parquet_files(tables: Mapping[str, Table]) -> dict[str, bytes]:
    """A file for each table, by name; raises MissingExtraError where pyarrow is not installed."""
    return {f"{name}.parquet": _file(table) for name, table in tables.items()}


def needed() -> Any:
    """pyarrow; raises MissingExtraError where it is not installed."""
    return extra("pyarrow", "parquet", "obligations export --format parquet")


def _file(table: Table) -> bytes:
    arrow = needed()
    parquet = extra("pyarrow.parquet", "parquet", "obligations export --format parquet")
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
