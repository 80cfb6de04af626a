"""The build of a corpus on a Spark cluster: the very folder that one machine writes over the same documents.

What was understood is kept in the folder until it is complete, task by task: a build whose driver died goes
on with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pyspark import StorageLevel
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import to_arrow_schema

from build_graph.corpus.shard_builder import describe_folder, hash_settings, is_ours
from build_graph.corpus.spark.filesystem import FileSystem, Listed, list_files
from build_graph.corpus.spark.session import SparkError, convert_errors
from build_graph.corpus.spark.spark_inputs import identify, load_documents
from build_graph.corpus.spark.spark_spool import SparkSpool
from build_graph.corpus.spark.tasks import OUTCOMES, SHARD_FILES, RowWorker, ShardAssembler
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.graph.store.fingerprints import compute_rules_hash
from build_graph.graph.store.layout import LIMIT, find_part_name, format_part_name, split
from build_graph.graph.store.shards import (
    CARD,
    MANIFEST,
    WORK,
    DocumentRecord,
    FolderSums,
    Manifest,
    ShardSums,
)
from build_graph.text.inputs import IgnoredFile, InputReader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


_FIRST = 10  # failures to keep, for messages
# Documents of a task: few, so that cores end together; not too few, as each task is a file, and as Python's
# workers read the list of their modules again before each, which takes as long as five documents.
_LEAST, _MOST, _TASKS_PER_CORE = 16, 128, 5
_PER_SHUFFLE, _SHUFFLES = 1024, 200  # documents whose keys a task sorts, at least; tasks, at most
_SHARDS = 4  # of a task
_MOVES = 16  # files at a time
# A row is 50 kB, not the 2 kB that Parquet expects: it checks its size after 4 rows, not 100.
_LARGE_ROWS = {
    "parquet.block.size": str(16 * 1024 * 1024),
    "parquet.block.size.row.check.min": "4",
    "parquet.page.size.row.check.min": "4",
}


@dataclass(frozen=True, slots=True)
class SparkFolder:
    """A folder that shards are written into."""

    files: FileSystem
    path: str

    @property
    def work(self) -> str:
        """The folder in it with what was understood, until all is complete."""
        return f"{self.path}/{WORK}"

    def prepare(self) -> None:
        """Raise SparkError for a folder that contains anything but what an interrupted build left."""
        names = self.files.list_names(self.path)
        other = next((name for name in names if WORK not in names or not is_ours(name)), None)
        if other:
            held = f"{self.path}: holds something already ({other})"
            raise SparkError(f"{held}; give a new or an empty folder")
        self.files.remove(f"{self.path}/{MANIFEST}")

    def write_shards(self, shards: DataFrame, endings: Mapping[str, int]) -> None:
        """Write the files of shards, columns of SHARD_FILES; `endings` has the last byte of each by name.

        Spark's writer of text ends each line with bytes of our choice, and takes any bytes for a line. So a
        file is a line, which ends in its own last byte.
        """
        for last in sorted(set(endings.values())):
            lines = shards.where(sql.col("last") == last).select("name", sql.col("data").cast("string"))
            writer = lines.write.partitionBy("name").mode("overwrite").option("lineSep", chr(last))
            writer.text(f"{self.work}/files-{last}", compression="none")
        for names in _split_cards(endings):
            with ThreadPoolExecutor(_MOVES) as threads:
                list(threads.map(lambda name: self._move_file(name, endings[name]), names))
        for name in self.files.list_names(self.path):
            if name not in endings and name != WORK:
                self.files.remove(f"{self.path}/{name}")

    def write_file(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a small file, in pieces."""
        self.files.write(f"{self.path}/{name}", pieces)

    def _move_file(self, name: str, last: int) -> None:
        """Move a file that a worker has written to its place."""
        folder = f"{self.work}/files-{last}/name={name}"
        (part,) = self.files.list_names(folder)
        self.files.move(f"{folder}/{part}", f"{self.path}/{name}")


def _split_cards(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names of other files, and those of cards, which describe them and come later."""
    cards = [name for name in names if name.endswith(CARD)]
    return [name for name in names if not name.endswith(CARD)], cards


@dataclass(frozen=True, slots=True)
class SparkResult:
    """The totals of a folder, and what was left out of it."""

    path: str
    totals: Manifest
    understood: int  # inputs, in this build; the others were there from one that was interrupted
    first_failures: tuple[DocumentRecord, ...]
    ignored: Counter[str]  # files that are no documents, by ending


@dataclass(frozen=True, slots=True)
class SparkBuilder:
    """Builds on the cluster of a session."""

    session: SparkSession
    reader: InputReader
    limit: int = LIMIT  # documents of a shard, at most
    registry: AddedRegistry | None = None  # an analyst's, laid over ours

    def build(self, paths: Sequence[str], output: str) -> SparkResult:
        """Write the shards of the documents at some paths into the new folder `output`.

        What an earlier build left there that was interrupted is taken over. Raises UnreadableError for a path
        without a file, SparkError if the folder holds something else or the cluster fails at the work; a
        document that fails is listed, and the others go on.
        """
        rules = compute_rules_hash(self.registry)
        made_with = hash_settings(self.reader, self.limit, rules)
        target = SparkFolder(FileSystem.connect(self.session), output)
        with convert_errors(output):
            target.prepare()
            found = list(list_files(target.files, paths))
            outcomes, understood = self._understand_all(target, found, made_with)
            with SparkSpool.judge(outcomes, made_with) as spool:
                sums = self._write_shards(spool, target)
                totals, files = describe_folder(spool, sums, rules, self.reader.limits)
                for name, render in files.items():
                    target.write_file(name, render())
                target.write_file(MANIFEST, [totals.to_json()])
                alone = Counter(one.label for one in found if isinstance(one, IgnoredFile))
                failures = (one for one in spool.iterate_left_out() if one.failure)
                result = SparkResult(
                    path=output,
                    totals=totals,
                    understood=understood,
                    first_failures=tuple(islice(failures, _FIRST)),
                    ignored=alone + spool.count_left_alone(),
                )
            target.files.remove(target.work)
            return result

    def _understand_all(
        self, target: SparkFolder, found: Sequence[Listed], made_with: str
    ) -> tuple[DataFrame, int]:
        """Return the results of all documents, and how many were understood by this build.

        They lie in a folder, so that each is understood once, whatever becomes of the driver.
        """
        folder = f"{target.work}/{made_with}"
        there = [one for one in found if not isinstance(one, IgnoredFile)]
        rows, number = load_documents(self.session, there, self.reader)
        self.session.conf.set("spark.sql.shuffle.partitions", min(_SHUFFLES, number // _PER_SHUFFLE + 1))
        work = RowWorker(
            self.reader, compute_rules_hash(self.registry), to_arrow_schema(OUTCOMES), self.registry
        )
        before = self._read_outcomes(folder) if target.files.find(folder) else None
        if before is not None:
            rows = rows.join(before.select("file", "row").distinct(), ["file", "row"], "left_anti")
        outcomes = rows.repartition(self._count_tasks(number)).mapInArrow(work.understand_rows, OUTCOMES)
        outcomes.write.mode("append").options(**_LARGE_ROWS).parquet(folder, compression="zstd")
        whole = self._read_outcomes(folder)
        understood = _count_inputs(whole) - _count_inputs(before)
        if before is not None:  # over other inputs, perhaps
            current = self.session.createDataFrame([(identify(one),) for one in there], "file string")
            whole = whole.join(sql.broadcast(current), "file", "left_semi")
        return whole, understood

    def _read_outcomes(self, folder: str) -> DataFrame:
        """Return the results in a folder."""
        return self.session.read.schema(OUTCOMES).parquet(folder)

    def _write_shards(self, spool: SparkSpool, target: SparkFolder) -> FolderSums:
        """Write the shards of the documents that stay; return their sums."""
        names = frozenset(
            format_part_name(bits) for bits, _ in split(spool.iterate_hashes(), str, self.limit)
        )
        find_shard = sql.udf(lambda hashed: find_part_name(hashed, names), "string")
        placed = spool.select_kept().withColumn("shard", find_shard("hash"))
        tasks = max(1, min(len(names), max(self._cores, len(names) // _SHARDS)))
        ordered = placed.repartition(tasks, "shard").sortWithinPartitions("hash")
        work = ShardAssembler(spool.made_with, to_arrow_schema(SHARD_FILES))
        shards = ordered.mapInArrow(work.assemble_shards, SHARD_FILES).persist(StorageLevel.DISK_ONLY)
        listed = shards.select("name", "last", "sums").orderBy("name").collect()
        target.write_shards(shards, {row.name: row.last for row in listed})
        shards.unpersist()
        sums = FolderSums()
        for row in listed:
            if row.sums:
                sums.add(ShardSums(*json.loads(row.sums)))
        return sums

    @property
    def _cores(self) -> int:
        return self.session.sparkContext.defaultParallelism

    def _count_tasks(self, documents: int) -> int:
        """Return the number of tasks for a number of documents: many small ones end together."""
        small = min(documents // _LEAST, _TASKS_PER_CORE * self._cores)
        return max(1, small, documents // _MOST)


def _count_inputs(outcomes: DataFrame | None) -> int:
    """Return the number of inputs that have results."""
    return 0 if outcomes is None else outcomes.where("left_alone IS NULL").count()
