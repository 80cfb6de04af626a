"""Times a corpus on Spark, two local workers of a core each, against two processes of ours.

    .venv/bin/python benchmarks/spark.py [CORPUS.jsonl.gz] [--documents 600] [--few 40] [--runs 3]

Both build the same documents, in turns: those of the corpus, or else the annotated ones of the tests, again
and again under fresh numbers. Start-up is
left aside by building a few documents too: what counts is what the others take beyond those. The session is
kept, and warmed up once; the bar is 0.6 times the documents a second of our own processes.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from sample import repeated
from spark_cluster import cluster

from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.spark.session import open_session
from build_graph.text.inputs import InputReader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BAR = 0.6
WORKERS = 2

Build = Callable[[Path, Path], object]


def seconds(build: Build, documents: Path, folder: Path) -> float:
    """How long a build into a new folder takes."""
    begun = perf_counter()
    build(documents, Path(tempfile.mkdtemp(dir=folder)) / "out")
    return perf_counter() - begun


def on_spark(session: SparkSession) -> Build:
    """Builds on the cluster of a session."""
    from build_graph.corpus.spark.spark_builder import SparkBuilder

    return lambda documents, output: SparkBuilder(session, InputReader()).build([str(documents)], str(output))


def ours(documents: Path, output: Path) -> object:
    """Builds with processes of ours."""
    return ShardBuilder(InputReader(), WORKERS).build([documents], output)


def measure(many: Path, few: Path, runs: int, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """By name the seconds for few and for many documents, of each run."""
    times: dict[str, list[tuple[float, float]]] = {"spark": [], "ours": []}
    with cluster(folder, WORKERS, java="") as found:
        os.environ.update(found.environment())
        with open_session(found.url) as session:
            builds = {"spark": on_spark(session), "ours": ours}
            seconds(builds["spark"], few, folder)  # starts Python on the workers
            for _ in range(runs):
                for name, build in builds.items():
                    times[name].append((seconds(build, few, folder), seconds(build, many, folder)))
    return times


def main() -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--few", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many = repeated(given.corpus, given.documents, folder / "many.jsonl")
        few = repeated(given.corpus, given.few, folder / "few.jsonl")
        times = measure(many, few, given.runs, folder)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, medians of {given.runs}")
    rates = {}
    for name, found in times.items():
        rates[name] = median((given.documents - given.few) / (many - few) for few, many in found)
        start, whole = (median(column) for column in zip(*found, strict=True))
        print(
            f"{name:6} {rates[name]:6.1f} documents/s start-up aside; "
            f"{given.few} in {start:.1f} s, {given.documents} in {whole:.1f} s"
        )
    turns = zip(times["ours"], times["spark"], strict=True)
    ratio = median((our[1] - our[0]) / (spark[1] - spark[0]) for our, spark in turns)
    print(f"ratio, turn by turn {ratio:.2f}    bar {BAR}: {'met' if ratio >= BAR else 'MISSED'}")


if __name__ == "__main__":
    main()
