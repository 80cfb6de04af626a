"""The documents of a corpus as rows, each with the place where it was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.window import Window

from build_graph.corpus.spark.filesystem import NO_HOST, FileStatus, Form, InputFile
from build_graph.corpus.spark.tasks import DOCUMENTS, FAULT, RAW, RowNumbering
from build_graph.errors import ObligationError
from build_graph.graph.emit.provenance import hash_text
from build_graph.text.formats.records import COLUMNS
from build_graph.text.inputs import InputReader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def load_documents(
    session: SparkSession, found: Sequence[InputFile | ObligationError], reader: InputReader
) -> tuple[DataFrame, int]:
    """Return the columns of DOCUMENTS, a row a document or archive, and the most rows that there can be."""
    there = {one.identity: one for one in found if isinstance(one, InputFile)}.values()
    forms = {form: [file for file in there if file.form is form] for form in Form}
    known = [_build_fault_row(one) for one in found if isinstance(one, ObligationError)]
    tables = [(session.createDataFrame(known, DOCUMENTS), len(known))] if known else []
    if files := forms[Form.WHOLE]:
        tables.append((_load_whole_files(session, files), len(files)))
    if files := forms[Form.JSONL]:
        tables.append(_number_rows(session, _load_lines(session, files), files, reader))
    if files := forms[Form.PARQUET]:
        tables.append(_number_rows(session, _load_table_rows(session, files), files, reader))
    rows = reduce(DataFrame.unionByName, (table for table, _ in tables))
    return rows, sum(number for _, number in tables)


def identify(found: InputFile | ObligationError) -> str:
    """Return what tells the rows of a file, or of an error about a path, in the next build."""
    return found.identity if isinstance(found, InputFile) else hash_text(str(found))


def _build_fault_row(fault: ObligationError) -> tuple[object, ...]:
    """Return the row of an error about a path."""
    return identify(fault), 0, "", FAULT, str(fault).encode(), None, None, None, True


# ------------------------------------------------------------------------- files as a whole


def _load_whole_files(session: SparkSession, files: Sequence[InputFile]) -> DataFrame:
    """Return whole files, each with the sidecar file beside it."""
    rows = _join_names(session, _load_bytes(session, [file.status for file in files]), files)
    rows = _join_sidecars(session, rows, [file.sidecar for file in files if file.sidecar])
    fixed = {"row": sql.lit(0), "is_first": sql.lit(True), "known_as": sql.lit(None)}
    return _cast_columns(rows.withColumns(fixed))


def _join_sidecars(session: SparkSession, rows: DataFrame, sidecars: Sequence[FileStatus]) -> DataFrame:
    """Return the rows with the content of their sidecar files."""
    if not sidecars:
        return rows.withColumn("sidecar", sql.lit(None))
    held = _load_bytes(session, sidecars).toDF("sidecar_uri", "sidecar")
    return rows.join(held, "sidecar_uri", "left")


def _load_bytes(session: SparkSession, files: Sequence[FileStatus]) -> DataFrame:
    """Return uri and data of files; Spark itself would skip those that are empty."""
    empty = [(file.uri, b"") for file in files if not file.size]
    rows = session.createDataFrame(empty, "uri string, data binary")
    if not (paths := _list_paths(file for file in files if file.size)):
        return rows
    found = session.read.format("binaryFile").load(paths)
    return rows.union(found.select(_select_uri(), sql.col("content").alias("data")))


# ------------------------------------------------------------------------------ files of rows


def _number_rows(
    session: SparkSession, found: DataFrame, files: Sequence[InputFile], reader: InputReader
) -> tuple[DataFrame, int]:
    """Return rows with their numbers in the file and whether they are the first of their name; their number.

    Blocks are counted first, to number the rows that come after them.
    """
    rows = _join_names(session, found, files)
    counts = rows.groupBy("file", "block").count().orderBy("file", "block").collect()
    work = RowNumbering(_count_before(counts), reader, to_arrow_schema(RAW))
    alike = Window.partitionBy("file", "known_as").orderBy("row")
    numbered = rows.mapInArrow(work.number_rows, RAW)
    named = numbered.withColumn("is_first", sql.row_number().over(alike) == 1)
    return _cast_columns(named), sum(count for _, _, count in counts)


def _count_before(counts: Iterable[tuple[str, int, int]]) -> dict[tuple[str, int], int]:
    """Return by file and block the number of rows in the blocks before it; the counts are in order.

    >>> _count_before([("a", 0, 3), ("a", 64, 2), ("a", 99, 1), ("b", 0, 7)])
    {('a', 0): 0, ('a', 64): 3, ('a', 99): 5, ('b', 0): 0}
    """
    before: dict[tuple[str, int], int] = {}
    for _, blocks in groupby(counts, key=itemgetter(0)):
        total = 0
        for file, block, count in blocks:
            before[file, block] = total
            total += count
    return before


def _load_lines(session: SparkSession, files: Sequence[InputFile]) -> DataFrame:
    """Return uri, block and data of lines, in blocks that several workers read."""
    lines = session.read.option("lineSep", "\n").text(_list_paths(file.status for file in files))
    return lines.select(
        _select_uri(),
        sql.col("_metadata.file_block_start").alias("block"),
        sql.col("value").cast("binary").alias("data"),
    )


def _load_table_rows(session: SparkSession, files: Sequence[InputFile]) -> DataFrame:
    """Return uri, block and data of rows of tables, as JSON."""
    table = session.read.option("mergeSchema", "true").parquet(*_list_paths(file.status for file in files))
    names = [name for name in COLUMNS if name in table.columns]
    return table.select(
        _select_uri(),
        sql.col("_metadata.file_block_start").alias("block"),
        sql.to_json(sql.struct(*names)).cast("binary").alias("data"),
    )


# ------------------------------------------------------------------------------------- parts


def _select_uri() -> Column:
    """Return the column with the URI of a row's file."""
    return sql.regexp_replace("_metadata.file_path", NO_HOST, "$1:/").alias("uri")


def _join_names(session: SparkSession, rows: DataFrame, files: Sequence[InputFile]) -> DataFrame:
    """Return the rows with the identity, name, form and sidecar of their file in place of its URI."""
    known = [
        (f.status.uri, f.identity, f.name, f.form.value, f.sidecar.uri if f.sidecar else None, f.place)
        for f in files
    ]
    columns = "uri string, file string, name string, form string, sidecar_uri string, sidecar_name string"
    named = rows.join(sql.broadcast(session.createDataFrame(known, columns)), "uri", "left")
    lost = sql.raise_error(
        sql.concat(sql.lit("Spark names a file otherwise than when it was listed: "), "uri")
    )
    return named.withColumn("file", sql.coalesce("file", lost)).drop("uri")


def _list_paths(files: Iterable[FileStatus]) -> list[str]:
    """Return the paths of files for Spark, each once."""
    return list(dict.fromkeys(file.literal for file in files))


def _cast_columns(rows: DataFrame) -> DataFrame:
    return rows.select(*(sql.col(field.name).cast(field.dataType) for field in DOCUMENTS))
