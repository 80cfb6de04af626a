"""Runs every benchmark and writes what it printed, the machine and the versions into one file.

    .venv/bin/python benchmarks/run.py [--corpus FILE] [--only NAME …] [-o benchmarks/RESULTS.md]

FILE is a corpus as `obligations build` reads it; without it the annotated documents of the tests stand in.
A benchmark that misses a bar says so and does not keep the others from running; one that breaks makes the
exit code 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).parent
PACKAGES = (
    "rdflib",
    "pyoxigraph",
    "OpenCC",
    "pyahocorasick",
    "networkx",
    "scipy",
    "pandas",
    "pyarrow",
    "starlette",
    "uvicorn",
    "pyspark",
)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A program of this folder, and what it is run with."""

    name: str
    title: str
    arguments: tuple[str, ...] = ()
    corpus: str | None = None  # the option that takes a corpus; empty where it is an argument


BENCHMARKS = (
    Benchmark("build", "One document, by stage"),
    Benchmark("corpus", "A corpus", ("--documents", "150", "--rounds", "5"), corpus=""),
    Benchmark("endpoint", "Endpoint, a store of 200 documents", ("--documents", "200"), corpus="--corpus"),
    Benchmark("spark", "A corpus on Spark", ("--documents", "400"), corpus=""),
    Benchmark("engines", "Loading and asking"),
    Benchmark("pages", "Pages"),
    Benchmark("endpoint", "Endpoint, one document", ("--seconds", "20")),
    Benchmark("queries", "Every query on the first document"),
    Benchmark("reader", "The reader of a document from a graph"),
    Benchmark("analysis", "Projection"),
    Benchmark("scaling", "One document, growing"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What a benchmark printed."""

    benchmark: Benchmark
    command: str
    seconds: float
    printed: str
    fault: str  # the end of what it complained of; empty where it ran through

    @property
    def bars(self) -> list[str]:
        """The lines that say of a bar whether it is met."""
        return [line.strip() for line in self.printed.splitlines() if line.endswith((" met", "MISSED"))]

    def section(self) -> str:
        """Its part of the file."""
        text = f"## {self.benchmark.title}\n\n`{self.command}` ({self.seconds:.0f} s)\n"
        if self.fault:
            text += f"\nBroke:\n\n```text\n{self.fault}\n```\n"
        return f"{text}\n```text\n{self.printed.rstrip()}\n```\n"


def run(benchmark: Benchmark, corpus: str | None) -> Run:
    """Run a benchmark to its end."""
    given = list(benchmark.arguments)
    if corpus and benchmark.corpus is not None:
        given += [word for word in (benchmark.corpus, corpus) if word]
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, str(HERE / f"{benchmark.name}.py"), *given],
        capture_output=True,
        text=True,
        check=False,
    )
    broke = done.returncode and "Traceback" in done.stderr
    shown = " ".join(Path(word).name if word == corpus else word for word in given)
    return Run(
        benchmark,
        f"python benchmarks/{benchmark.name}.py {shown}".strip(),
        perf_counter() - start,
        done.stdout,
        done.stderr[-2000:] if broke else "",
    )


def machine() -> Iterator[str]:
    """Lines on where the figures come from."""
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if "MemTotal" in line), 0)
    yield f"- {datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.release()}"
    yield f"- {os.cpu_count()} processors ({processor}), {memory / 1e6:.0f} GB of memory"
    yield f"- load when it began: {os.getloadavg()[0]:.1f}"
    yield f"- Python {platform.python_version()}, {', '.join(_versions())}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _versions() -> Iterator[str]:
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} not installed"


def report(about: list[str], runs: list[Run]) -> str:
    """The file: where the figures come from, the bars, then each benchmark."""
    bars = [f"| {done.benchmark.name} | {' '.join(bar.split())} |" for done in runs for bar in done.bars]
    parts = [
        "# Results",
        "Written by `make bench`; what the figures mean stands in [README.md](README.md).",
        "\n".join(about),
        "\n".join(["| benchmark | bar |", "|---|---|", *bars]),
        *(done.section() for done in runs),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", help="documents, as obligations build reads them")
    parser.add_argument("--only", nargs="+", choices=sorted({one.name for one in BENCHMARKS}))
    parser.add_argument("-o", "--output", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    about, runs = list(machine()), []
    for benchmark in BENCHMARKS:
        if not given.only or benchmark.name in given.only:
            print(f"{benchmark.name} …", file=sys.stderr, flush=True)
            runs.append(run(benchmark, given.corpus))
            print(runs[-1].printed, flush=True)
            given.output.write_text(report(about, runs), encoding="utf-8")
    print(f"wrote {given.output}")
    sys.exit(any(done.fault for done in runs))


if __name__ == "__main__":
    main()
