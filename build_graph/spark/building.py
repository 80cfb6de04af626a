"""A corpus into graphs, on a cluster: read, understand, settle who is who, write.

How the folder lies that comes out:

- `quads/part-00000.nq.gz`: N-Quads, one named graph a document, written by Spark's own committer.
- `bearings/part-00000.csv.gz`: who bears which measure, a row a bearer.
- `count_pairs.csv`: which bodies are responsible together, and how often.
- `failures.jsonl`: the documents that failed, in the order of the input, and why; `copies.jsonl`: those whose
  text is there under another name.
- `summary.json`: how much of each there is. It is written last: without it the folder is not complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import to_arrow_schema

from build_graph import __version__
from build_graph.reading.inputs import IgnoredFile, InputReader
from build_graph.spark.hadoop import FileSystem
from build_graph.spark.inputs import load_documents
from build_graph.spark.left_out import Skipped
from build_graph.spark.listing import list_files
from build_graph.spark.pairs import count_pairs
from build_graph.spark.schemas import OUTCOMES
from build_graph.spark.session import convert_errors
from build_graph.spark.settling import Deduplicated, deduplicate
from build_graph.spark.work import RowWorker
from build_graph.storing.fingerprints import rules_hash

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

QUADS, BEARINGS, PAIRS = "quads", "bearings", "pairs.csv"
SUMMARY = "summary.json"
_PER_SHUFFLE, _SHUFFLES = 64, 200  # documents whose bearers a task sorts, at least; tasks, at most
# A row is 2 MB, not the 2 kB that Parquet reckons with: let it look after 4 rows, not 100, how full it is.
_LARGE_ROWS = {
    "parquet.block.size": str(16 * 1024 * 1024),
    "parquet.block.size.row.check.min": "4",
    "parquet.page.size.row.check.min": "4",
}
_WORK = "_work"  # outcomes, between understanding and writing; Spark passes over names that begin so


@dataclass(frozen=True, slots=True)
class SparkResult:
    """What a build on a cluster wrote, and what it left out."""

    path: str
    documents: int
    statements: int
    bearings: int
    pairs: int  # of bodies
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class SparkBuilder:
    """Builds on the cluster of a session."""

    session: SparkSession
    reader: InputReader

    def build(self, paths: Sequence[str], output: str) -> SparkResult:
        """The graphs of the documents at some paths, in the new folder `output`, wherever Spark writes.

        Raises UnreadableError for a path at which nothing is, SparkError where the folder holds something, or
        the cluster gives up the work; a document that fails is written down, and the others go on.
        """
        files = FileSystem.connect(self.session)
        with convert_errors(output):
            files.refuse_existing(output)
            left_out = Skipped()
            found = deduplicate(self._understand_all(files, paths, f"{output}/{_WORK}", left_out))
            self._write_tables(files, found, output)
            left_out.write(found.skipped.toLocalIterator(), files, output)
            bodies = self._write_pairs(files, found, output)
            result = SparkResult(path=output, pairs=bodies, skipped=left_out, **_sum_totals(found))
            files.remove(f"{output}/{_WORK}")
            files.write(f"{output}/{SUMMARY}", _format_summary(result))
            return result

    def _understand_all(
        self, files: FileSystem, paths: Sequence[str], work: str, left_out: Skipped
    ) -> DataFrame:
        """The outcomes of all documents, put down in a folder so that each is understood once."""
        found = list(enumerate(list_files(files, paths)))
        for _, one in found:
            if isinstance(one, IgnoredFile):
                left_out.count_ignored(one.name)
        there = [(place, one) for place, one in found if not isinstance(one, IgnoredFile)]
        understanding = RowWorker(self.reader, rules_hash(), to_arrow_schema(OUTCOMES))
        rows, number = load_documents(self.session, there, self.reader)
        self.session.conf.set("spark.sql.shuffle.partitions", min(_SHUFFLES, number // _PER_SHUFFLE + 1))
        outcomes = rows.mapInArrow(understanding.understand_rows, OUTCOMES)
        outcomes.write.options(**_LARGE_ROWS).parquet(work, compression="zstd")
        return self.session.read.schema(OUTCOMES).parquet(work)

    def _write_tables(self, files: FileSystem, found: Deduplicated, output: str) -> None:
        """Write what Spark writes in parts."""
        quads = found.kept.select(sql.col("quads").cast("string").alias("value"))
        quads.write.option("compression", "gzip").text(f"{output}/{QUADS}")
        _select_responsibilities(found).write.csv(
            f"{output}/{BEARINGS}", header=True, compression="gzip", escape='"', emptyValue=""
        )
        for folder, ending in ((QUADS, ".nq.gz"), (BEARINGS, ".csv.gz")):
            files.rename_parts(f"{output}/{folder}", ending)

    def _write_pairs(self, files: FileSystem, found: Deduplicated, output: str) -> int:
        """Write the table of pairs, and say how many there are."""
        table = count_pairs(_select_responsibilities(found))
        files.write(f"{output}/{PAIRS}", table.to_csv(index=False, lineterminator="\n").encode())
        return len(table)


def _select_responsibilities(found: Deduplicated) -> DataFrame:
    """A document, and the columns of Responsibility."""
    return found.kept.select(sql.col("iri").alias("document"), sql.inline("bearings"))


def _sum_totals(found: Deduplicated) -> dict[str, int]:
    """How many documents, statements and bearings there are."""
    sums = {"documents": sql.count("*"), "statements": sql.sum("statements")}
    sums["bearings"] = sql.sum(sql.size("bearings"))
    (row,) = found.kept.agg(
        *(sql.coalesce(one, sql.lit(0)).alias(name) for name, one in sums.items())
    ).collect()
    return dict(row.asDict())


def _format_summary(result: SparkResult) -> bytes:
    own = {name: getattr(result, name) for name in ("documents", "statements", "bearings", "pairs")}
    out = {"failures": result.skipped.failures, "copies": result.skipped.copies}
    said = {"version": __version__, "rules": rules_hash(), **own, **out}
    return f"{json.dumps(said, indent=1)}\n".encode()
