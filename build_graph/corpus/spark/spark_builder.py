"""The build of a corpus on a Spark cluster: read, understand, find copies, write, count pairs.

The folder that it writes contains:

- `quads/part-00000.nq.gz`: N-Quads, one named graph a document, written by Spark's own committer.
- `bearings/part-00000.csv.gz`: the bearers of each measure, a row a bearer.
- `pairs.csv`: the pairs of bodies that bear measures together, and how often; the same as pairs.csv of
  `obligations analyse` on the same graph with its default choices.
- `failures.jsonl`: the documents that failed, in the order of the input, with reasons; `copies.jsonl`: those
  whose text is there under another name.
- `summary.json`: the totals. It is written last: without it the folder is not complete.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.window import Window

from build_graph import __version__
from build_graph.corpus.spark.filesystem import FileSystem, list_files
from build_graph.corpus.spark.session import convert_errors
from build_graph.corpus.spark.spark_inputs import load_documents
from build_graph.corpus.spark.tasks import OUTCOMES, PLACE, RowWorker
from build_graph.graph.store.fingerprints import compute_rules_hash
from build_graph.graph.store.shards import CLASH, FAILURES, DocumentRecord
from build_graph.query.labels import unique_labels
from build_graph.text.inputs import IgnoredFile, InputReader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


COPIES = "copies.jsonl"
_FIRST = 10  # failures to keep, for messages


@dataclass(slots=True)
class Skipped:
    """The counts of documents that were left out, and the first failures."""

    failures: int = 0
    copies: int = 0
    ignored: Counter[str] = field(default_factory=Counter)  # files that are no documents, by ending
    first_failures: list[dict[str, str]] = field(default_factory=list)  # as in their file

    def count_ignored(self, name: str) -> None:
        """Count a file that is no document by its ending."""
        self.ignored[PurePosixPath(name).suffix.lower() or name] += 1

    def write(self, rows: Iterable[Any], files: FileSystem, output: str) -> None:
        """Write a line on each failure and copy of `Deduplicated.skipped` into a folder; count them."""
        with (
            files.open_writer(f"{output}/{FAILURES}") as failure,
            files.open_writer(f"{output}/{COPIES}") as copy,
        ):
            for row in rows:
                if row.left_alone:
                    self.count_ignored(row.name)
                elif row.is_copy:
                    self.copies += 1
                    _write_line(copy, {"name": row.name, "copy_of": row.before})
                else:
                    self._write_failure(failure, row)

    def _write_failure(self, write: Callable[[bytes], None], row: Any) -> None:
        clash = DocumentRecord(row.name, iri=row.iri).judge(DocumentRecord(row.before, text="another"))
        reason = row.failure or clash.failure
        said = {"name": row.name, "reason": reason, "kind": row.kind if row.failure else CLASH}
        self.failures += 1
        self.first_failures += [said] if self.failures <= _FIRST else []
        _write_line(write, said)


def _write_line(write: Callable[[bytes], None], said: dict[str, str]) -> None:
    write(f"{json.dumps(said, ensure_ascii=False)}\n".encode())


_DIGITS = 6
# Each body of a measure with each that comes after it, so that a pair occurs once.
_PAIRS = """explode(flatten(transform(bodies, (one, at) -> transform(
    slice(bodies, at + 2, size(bodies)), other -> struct(one AS first, other AS second)))))"""
_ORDER = {"together": False, "shared_out": False, "agency": True, "partner": True}


def count_pairs(bearings: DataFrame) -> pd.DataFrame:
    """Return the pairs of bodies that bear measures together, the most frequent first.

    `bearings` has a document and the columns of Responsibility. Columns of the result: agency, label,
    partner, partner_label (the body that bears more comes first), together (measures), shared_out,
    association (as in `obligations analyse`), documents. Groups such as 有关部门 are not counted.
    """
    agencies = bearings.where("NOT group")
    measures = agencies.groupBy("document", "measure").agg(
        sql.array_sort(sql.collect_set("body")).alias("bodies")
    )
    measures = measures.cache()
    sizes = measures.select(sql.explode("bodies").alias("body")).groupBy("body").count()
    known = _collect_rows(sizes.join(_choose_names(agencies), "body")).set_index("body").sort_index()
    table = _build_table(_collect_rows(_sum_pairs(measures)), known, measures.count())
    measures.unpersist()
    return table


def _collect_rows(rows: DataFrame) -> pd.DataFrame:
    """Return the rows of a table of the cluster as a DataFrame of pandas."""
    table: pd.DataFrame = rows.toArrow().to_pandas()
    return table


def _sum_pairs(measures: DataFrame) -> DataFrame:
    """Return first, second, together, shared_out (1/(k-1) a pair of k bodies), documents."""
    each = measures.select("document", sql.size("bodies").alias("bearers"), sql.expr(_PAIRS).alias("pair"))
    return each.groupBy("pair.first", "pair.second").agg(
        sql.count("*").alias("together"),
        sql.sum(1 / (sql.col("bearers") - 1)).alias("shared_out"),
        sql.countDistinct("document").alias("documents"),
    )


def _choose_names(agencies: DataFrame) -> DataFrame:
    """Return body, mostly (its commonest name in documents), name, place."""
    said = agencies.groupBy("body", "written").agg(
        sql.count("*").alias("times"), sql.min("name").alias("name"), sql.min("place").alias("place")
    )
    return said.groupBy("body").agg(
        sql.min_by("written", sql.struct(-sql.col("times"), "written")).alias("mostly"),
        sql.min("name").alias("name"),
        sql.min("place").alias("place"),
    )


def _build_table(sums: pd.DataFrame, bodies: pd.DataFrame, measures: int) -> pd.DataFrame:
    """Return the sums with the names of the bodies, in their order."""
    names = (dict(bodies[column]) for column in ("mostly", "name", "place"))
    labels = pd.Series(unique_labels(list(bodies.index), *names), index=bodies.index, dtype=object)
    first, second = (bodies["count"].reindex(sums[side]).to_numpy() for side in ("first", "second"))
    swapped = second > first
    agency = sums["first"].where(~swapped, sums["second"])
    partner = sums["second"].where(~swapped, sums["first"])
    columns = {
        "agency": agency,
        "label": labels.reindex(agency).to_numpy(),
        "partner": partner,
        "partner_label": labels.reindex(partner).to_numpy(),
        "together": sums["together"],
        "shared_out": sums["shared_out"],
        "association": sums["together"] / (first * second / max(measures, 1)),
        "documents": sums["documents"],
    }
    table = pd.DataFrame(columns).round(_DIGITS)
    return table.sort_values(list(_ORDER), ascending=list(_ORDER.values()), ignore_index=True)


_SAID = ("left_alone", "name", "iri", "failure", "kind")


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """The results of documents: those that stay, and those that are left out."""

    kept: DataFrame  # columns of OUTCOMES
    # left_alone, name, iri, failure, kind, before (the name of the document that has the IRI already),
    # is_copy (whether its text is the same), in the order of the input.
    skipped: DataFrame


def deduplicate(outcomes: DataFrame) -> Deduplicated:
    """Split the results of all documents; of those with one IRI the first in the input stays."""
    is_good = ~sql.col("left_alone") & (sql.col("failure") == "")
    good = outcomes.where(is_good)
    later = _select_later(good).cache()  # asked for each table that is written
    others = outcomes.where(~is_good).select(*PLACE, *_SAID)
    left_out = others.unionByName(later, allowMissingColumns=True).coalesce(1).sortWithinPartitions(*PLACE)
    return Deduplicated(
        kept=good.join(sql.broadcast(later.select(*PLACE)), list(PLACE), "left_anti"),
        skipped=left_out,
    )


def _select_later(good: DataFrame) -> DataFrame:
    """Return the documents whose IRI an earlier one has."""
    alike = Window.partitionBy("iri").orderBy(*PLACE)
    ranked = good.select(*PLACE, *_SAID, "text").withColumns(
        {
            "rank": sql.row_number().over(alike),
            "before": sql.first("name").over(alike),
            "is_copy": sql.first("text").over(alike) == sql.col("text"),
        }
    )
    return ranked.where("rank > 1").drop("rank", "text")


QUADS, BEARINGS, PAIRS = "quads", "bearings", "pairs.csv"
SUMMARY = "summary.json"
_PER_SHUFFLE, _SHUFFLES = 64, 200  # documents whose bearers a task sorts, at least; tasks, at most
# A row is 2 MB, not the 2 kB that Parquet expects: it checks its size after 4 rows, not 100.
_LARGE_ROWS = {
    "parquet.block.size": str(16 * 1024 * 1024),
    "parquet.block.size.row.check.min": "4",
    "parquet.page.size.row.check.min": "4",
}
_WORK = "_work"  # results, between understanding and writing; Spark skips names that begin with _


@dataclass(frozen=True, slots=True)
class SparkResult:
    """The totals of a build on a cluster, and the documents that it left out."""

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
        """Write the graphs of the documents at some paths into the new folder `output`.

        Raises UnreadableError for a path without a file, SparkError if the folder is not empty or the cluster
        fails at the work; a document that fails is listed, and the others go on.
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
        """Return the results of all documents, from a folder, so that each is understood once."""
        found = list(enumerate(list_files(files, paths)))
        for _, one in found:
            if isinstance(one, IgnoredFile):
                left_out.count_ignored(one.name)
        there = [(place, one) for place, one in found if not isinstance(one, IgnoredFile)]
        understanding = RowWorker(self.reader, compute_rules_hash(), to_arrow_schema(OUTCOMES))
        rows, number = load_documents(self.session, there, self.reader)
        self.session.conf.set("spark.sql.shuffle.partitions", min(_SHUFFLES, number // _PER_SHUFFLE + 1))
        outcomes = rows.mapInArrow(understanding.understand_rows, OUTCOMES)
        outcomes.write.options(**_LARGE_ROWS).parquet(work, compression="zstd")
        return self.session.read.schema(OUTCOMES).parquet(work)

    def _write_tables(self, files: FileSystem, found: Deduplicated, output: str) -> None:
        """Write the tables that Spark writes in parts."""
        quads = found.kept.select(sql.col("quads").cast("string").alias("value"))
        quads.write.option("compression", "gzip").text(f"{output}/{QUADS}")
        _select_responsibilities(found).write.csv(
            f"{output}/{BEARINGS}", header=True, compression="gzip", escape='"', emptyValue=""
        )
        for folder, ending in ((QUADS, ".nq.gz"), (BEARINGS, ".csv.gz")):
            files.rename_parts(f"{output}/{folder}", ending)

    def _write_pairs(self, files: FileSystem, found: Deduplicated, output: str) -> int:
        """Write the table of pairs; return the number of pairs."""
        table = count_pairs(_select_responsibilities(found))
        files.write(f"{output}/{PAIRS}", table.to_csv(index=False, lineterminator="\n").encode())
        return len(table)


def _select_responsibilities(found: Deduplicated) -> DataFrame:
    """Return the column document, and those of Responsibility."""
    return found.kept.select(sql.col("iri").alias("document"), sql.inline("bearings"))


def _sum_totals(found: Deduplicated) -> dict[str, int]:
    """Return the numbers of documents, statements and bearings."""
    sums = {"documents": sql.count("*"), "statements": sql.sum("statements")}
    sums["bearings"] = sql.sum(sql.size("bearings"))
    (row,) = found.kept.agg(
        *(sql.coalesce(one, sql.lit(0)).alias(name) for name, one in sums.items())
    ).collect()
    return dict(row.asDict())


def _format_summary(result: SparkResult) -> bytes:
    own = {name: getattr(result, name) for name in ("documents", "statements", "bearings", "pairs")}
    out = {"failures": result.skipped.failures, "copies": result.skipped.copies}
    said = {"version": __version__, "rules": compute_rules_hash(), **own, **out}
    return f"{json.dumps(said, indent=1)}\n".encode()
