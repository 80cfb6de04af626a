"""Times a corpus on Spark, two local workers of a core each, against two processes of ours.

    .venv/bin/python benchmarks/spark.py [CORPUS.jsonl.gz] [--documents 600] [--few 40] [--runs 3]

Both build the same documents, in turns: those of the corpus, or else the annotated ones of the tests, again
and again under fresh numbers. Start-up is
left aside by building a few documents too: what counts is what the others take beyond those. The session is
kept, and warmed up once; the bar is 0.7 times the documents a second of our own processes. Beside the seconds
stand those of processors, of all processes together: on a machine that has much else to do, they tell more.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from sample import repeated
from spark_cluster import cluster, descendants

from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.spark.session import open_session
from build_graph.text.inputs import InputReader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BAR = 0.7
WORKERS = 2

Build = Callable[[Path, Path], object]


class Cost(NamedTuple):
    """Seconds of a build."""

    elapsed: float
    processors: float


def seconds(build: Build, documents: Path, folder: Path) -> Cost:
    """What a build into a new folder takes."""
    begun, used = perf_counter(), processor_seconds(os.getpid())
    build(documents, Path(tempfile.mkdtemp(dir=folder)) / "out")
    return Cost(perf_counter() - begun, processor_seconds(os.getpid()) - used)


def processor_seconds(pid: int) -> float:
    """What a process, and all that it started, have used of processors."""
    ticks = 0
    for one in (pid, *descendants(pid)):
        with suppress(OSError):
            values = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, values[11:15]))  # with those of its own that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


def on_spark(session: SparkSession) -> Build:
    """Builds on the cluster of a session."""
    from build_graph.corpus.spark.spark_builder import SparkBuilder

    return lambda documents, output: SparkBuilder(session, InputReader()).build([str(documents)], str(output))


def ours(documents: Path, output: Path) -> object:
    """Builds with processes of ours."""
    return ShardBuilder(InputReader(), WORKERS).build([documents], output)


def measure(many: Path, few: Path, runs: int, folder: Path) -> dict[str, list[tuple[Cost, Cost]]]:
    """By name the seconds for few and for many documents, of each run."""
    times: dict[str, list[tuple[Cost, Cost]]] = {"spark": [], "ours": []}
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
    number = given.documents - given.few
    for name, found in times.items():
        for kind in Cost._fields:
            start, whole = (
                median(getattr(cost, kind) for cost in column) for column in zip(*found, strict=True)
            )
            print(
                f"{name:6} {kind:10} {number / (whole - start):6.1f} documents/s start-up aside; "
                f"{given.few} in {start:.1f} s, {given.documents} in {whole:.1f} s"
            )
    for kind in Cost._fields:
        beyond = {n: [getattr(m, kind) - getattr(f, kind) for f, m in found] for n, found in times.items()}
        ratio = median(ours / spark for ours, spark in zip(beyond["ours"], beyond["spark"], strict=True))
        print(f"ratio, turn by turn, {kind} {ratio:.2f}    bar {BAR}: {'met' if ratio >= BAR else 'MISSED'}")


if __name__ == "__main__":
    main()
