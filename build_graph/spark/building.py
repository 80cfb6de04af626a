"""A corpus into graphs, on a cluster: read, understand, settle who is who, write.

How the folder lies that comes out:

- `quads/part-00000.nq.gz`: N-Quads, one named graph a document, written by Spark's own committer.
- `bearings/part-00000.csv.gz`: who bears which measure, a row a bearer.
- `pairs.csv`: which bodies are responsible together, and how often.
- `failures.jsonl`: the documents that failed, in the order of the input, and why; `copies.jsonl`: those whose
  text is there under another name.
- `manifest.json`: how much of each there is. It is written last: without it the folder is not complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import to_arrow_schema

from build_graph import __version__
from build_graph.reading.inputs import InputReader, LeftAlone
from build_graph.spark.hadoop import Files
from build_graph.spark.inputs import documents
from build_graph.spark.listing import listed
from build_graph.spark.pairs import pairs
from build_graph.spark.schemas import OUTCOMES
from build_graph.spark.session import plainly
from build_graph.spark.settling import Settled, settled
from build_graph.spark.work import Understanding
from build_graph.storing.fingerprints import rules

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FAILURES, MANIFEST = "failures.jsonl", "manifest.json"
CLASH = "Clash"


def same_number(before: str, iri: str) -> str:
    number = iri.rpartition("/")[2]
    return (
        f"has the same number as {before} ({number}); "
        "leave one out, or give one its own number in a sidecar file"
    )


QUADS, BEARINGS, PAIRS, COPIES = "quads", "bearings", "pairs.csv", "copies.jsonl"
_WORK = "_work"  # outcomes, between understanding and writing; Spark passes over names that begin so
_LEVEL = "3"  # of gzip, as one machine writes


@dataclass(frozen=True, slots=True)
class Distributed:
    """What a build on a cluster wrote, and what it left out."""

    path: str
    documents: int
    failures: int
    copies: int
    left_alone: int
    statements: int
    bearings: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Distributor:
    """Builds on the cluster of a session."""

    session: SparkSession
    reader: InputReader

    def build(self, paths: Sequence[str], output: str) -> Distributed:
        """The graphs of the documents at some paths, in the new folder `output`, wherever Spark writes.

        Raises SparkError where the folder holds something, or the cluster gives up the work; what fails of a
        document is written down, and the others go on.
        """
        files = Files.of(self.session)
        with plainly(output):
            files.refuse_existing(output)
            outcomes, left_alone = self._understood(files, paths, f"{output}/{_WORK}")
            found = settled(outcomes)
            self._write_tables(files, found, output)
            left_out = self._write_left_out(files, found, output)
            left_out["left_alone"] += left_alone
            bodies = self._write_pairs(files, found, output)
            result = Distributed(path=output, pairs=bodies, **left_out, **_totals(found))
            files.remove(f"{output}/{_WORK}")
            files.write(f"{output}/{MANIFEST}", _manifest(result))
            return result

    def _understood(self, files: Files, paths: Sequence[str], work: str) -> tuple[DataFrame, int]:
        """The outcomes of all documents, put down so that each is understood once; and files left alone."""
        found = list(listed(files, paths))
        numbered = [(n, one) for n, one in enumerate(found) if not isinstance(one, LeftAlone)]
        rows = documents(self.session, numbered, self.reader)
        understanding = Understanding(self.reader, rules(), to_arrow_schema(OUTCOMES))
        outcomes = rows.mapInArrow(understanding.rows, OUTCOMES)
        outcomes.write.option("compression", "zstd").parquet(work)
        return self.session.read.schema(OUTCOMES).parquet(work), len(found) - len(numbered)

    def _write_tables(self, files: Files, found: Settled, output: str) -> None:
        """Write what Spark writes in parts."""
        quads = found.kept.select(sql.col("quads").cast("string").alias("value"))
        quads.write.option("compression", "gzip").text(f"{output}/{QUADS}")
        _bearings(found).write.csv(
            f"{output}/{BEARINGS}", header=True, compression="gzip", escape='"', emptyValue=""
        )
        for folder, ending in ((QUADS, ".nq.gz"), (BEARINGS, ".csv.gz")):
            files.rename_parts(f"{output}/{folder}", ending)

    def _write_left_out(self, files: Files, found: Settled, output: str) -> dict[str, int]:
        """Write a line on each failure and each copy, and say how many there are of each."""
        numbers = {"failures": 0, "copies": 0, "left_alone": 0}
        with files.writing(f"{output}/{FAILURES}") as failures, files.writing(f"{output}/{COPIES}") as copies:
            write = {"failures": failures, "copies": copies, "left_alone": lambda line: None}
            for row in found.left_out.toLocalIterator():
                which, said = _said(row)
                numbers[which] += 1
                write[which](f"{json.dumps(said, ensure_ascii=False)}\n".encode())
        return numbers

    def _write_pairs(self, files: Files, found: Settled, output: str) -> int:
        """Write the table of pairs, and say how many there are."""
        table = pairs(_bearings(found))
        files.write(f"{output}/{PAIRS}", table.to_csv(index=False, lineterminator="\n").encode())
        return len(table)


def _said(row: Any) -> tuple[str, dict[str, str]]:
    """Which of the counts of what was left out a row belongs to, and the line that is written of it."""
    if row.left_alone:
        return "left_alone", {}
    if row.is_copy:
        return "copies", {"name": row.name, "copy_of": row.before}
    if row.failure:
        return "failures", {"name": row.name, "reason": row.failure, "kind": row.kind}
    return "failures", {"name": row.name, "reason": same_number(row.before, row.iri), "kind": CLASH}


def _bearings(found: Settled) -> DataFrame:
    """A document, and the columns of Bearing."""
    return found.kept.select(sql.col("iri").alias("document"), sql.inline("bearings"))


def _totals(found: Settled) -> dict[str, int]:
    sums = found.kept.agg(
        sql.count("*"),
        sql.coalesce(sql.sum("statements"), sql.lit(0)),
        sql.coalesce(sql.sum(sql.size("bearings")), sql.lit(0)),
    )
    return dict(zip(("documents", "statements", "bearings"), sums.collect()[0], strict=True))


def _manifest(result: Distributed) -> bytes:
    said = {"version": __version__, "rules": rules(), **asdict(result)}
    del said["path"]
    return f"{json.dumps(said, indent=1)}\n".encode()
