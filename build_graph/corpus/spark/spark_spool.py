"""The outcomes of a cluster, and the choice of what stays: the first by name of the inputs with one IRI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Self

from pyspark.sql import functions as sql
from pyspark.sql.window import Window

from build_graph.corpus.spark.tasks import PLACE
from build_graph.graph.store.shards import DocumentRecord

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FEW = 1_000_000  # places that each worker can hold
_SAID = ("name", "key", "iri", "text", "failure", "kind")


@dataclass(frozen=True, slots=True)
class SparkSpool:
    """The results of all inputs of a build; what is said of those left out lies in a file of the driver."""

    made_with: str  # SHA-256 of the settings
    outcomes: DataFrame  # columns of OUTCOMES
    judged: DataFrame  # of documents and failures; the documents with their rank among those with one IRI
    left_out: IO[bytes]

    @classmethod
    @contextmanager
    def judge(cls, outcomes: DataFrame, made_with: str) -> Iterator[Self]:
        """Decide which of several inputs with one IRI stays, and give all; inputs with one key count once."""
        inputs = outcomes.where("left_alone IS NULL").select(*PLACE, "hash", *_SAID)
        alike = Window.partitionBy("iri").orderBy("name", "key", *PLACE)
        first = {f"first_{name}": sql.first(name).over(alike) for name in ("key", "name", "text")}
        ranked = inputs.where("iri <> ''").withColumns({"rank": sql.row_number().over(alike), **first})
        failed = inputs.where("iri = ''")
        judged = ranked.unionByName(failed, allowMissingColumns=True).cache()
        with TemporaryFile() as file:
            file.writelines(record.format_left_out() for record in _iterate_left_out(judged))
            yield cls(made_with, outcomes, judged, file)
        judged.unpersist()

    def select_kept(self) -> DataFrame:
        """Return the outcomes of the documents that stay."""
        later = self.judged.where("rank > 1").select(*PLACE)
        if later.count() <= _FEW:
            later = sql.broadcast(later)  # else all statements go to other workers
        return self.outcomes.where("iri <> ''").join(later, list(PLACE), "left_anti")

    def iterate_hashes(self) -> Iterator[str]:
        """Yield the hashes of the IRIs of the documents that stay, in order."""
        hashes = self.judged.where("rank = 1").select("hash").orderBy("hash")
        yield from (row.hash for row in hashes.toLocalIterator())

    def iterate_keys(self) -> Iterator[str]:
        """Yield the keys of all inputs in their order."""
        keys = self.judged.select("key").distinct().orderBy("key")
        yield from (row.key for row in keys.toLocalIterator())

    def iterate_left_out(self) -> Iterator[DocumentRecord]:
        """Yield the failures and copies, by name."""
        self.left_out.seek(0)
        yield from map(DocumentRecord.parse_left_out, self.left_out)

    def count_left_alone(self) -> Counter[str]:
        """Return how many files in archives are no documents, by label."""
        alone = self.outcomes.where("left_alone IS NOT NULL").groupBy("left_alone").count()
        return Counter({row.left_alone: row["count"] for row in alone.collect()})


def _iterate_left_out(judged: DataFrame) -> Iterator[DocumentRecord]:
    """Yield the failures and copies, by name and key."""
    left = judged.where("rank IS NULL OR (rank > 1 AND key <> first_key)").dropDuplicates(["key"])
    for row in left.orderBy("name", "key").toLocalIterator():
        own = DocumentRecord(row.name, row.key, row.iri, row.text, failure=row.failure, kind=row.kind)
        first = DocumentRecord(row.first_name, iri=row.iri, text=row.first_text)
        yield own.judge(first) if row.iri else own
