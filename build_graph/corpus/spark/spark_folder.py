"""The folder that a cluster writes: files of shards by the workers, moved to their places by the driver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as sql

from build_graph.corpus.shard_builder import is_ours
from build_graph.corpus.spark.filesystem import FileSystem
from build_graph.corpus.spark.session import SparkError
from build_graph.graph.store.shards import CARD, MANIFEST, WORK

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MOVES = 16  # at a time


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
