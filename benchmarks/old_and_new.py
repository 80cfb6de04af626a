"""Compares the code of commit 984a5c0 with today's: statements, bytes, times of building, loading and asking.

    git worktree add ../old 984a5c0 && make -C ../old
    .venv/bin/python benchmarks/old_and_new.py ../old [--corpus FILE] [--documents 200] [--pairs 5]
        [--only first quads store added spark queries pages] [--graph disk memory]

FILE is a corpus of yours (JSON Lines, perhaps in gzip); without it the annotated documents of the tests are
taken, as many times as are asked for. Each side runs with the Python of its own tree, in turns; times are
of the processor, ratios are medians of the pairs. `queries` takes the documents that gave 2 million
statements at that commit (sample.py), or those of the corpus with `--queries-of-corpus`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sample import repeated, write_two_million

HERE = Path(__file__).resolve().parent
RUNS = 3  # of a query in each turn, after one to warm up
NOISE = 1.1, 0.001  # a query is slower if it takes so many times the time, and so many seconds more
MB = 1_000_000


class Tree:
    """A tree's code in a process of its own, which side.py answers for."""

    def __init__(self, root: Path) -> None:
        """Start it, with the tree's own Python if it has one."""
        own = root / ".venv" / "bin" / "python"
        self._process = subprocess.Popen(
            [str(own if own.exists() else sys.executable), str(HERE / "side.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(root)},
        )

    def ask(self, name: str, *arguments: object) -> Any:
        """Return the answer to a request; raises RuntimeError if the process ended, which said why."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        print(json.dumps([name, *map(_convert, arguments)]), file=stdin, flush=True)
        answer = stdout.readline()
        if not answer:
            raise RuntimeError(f"{name}: ended without an answer")
        return json.loads(answer)

    def end(self) -> None:
        """End the process."""
        self._process.communicate()


def _convert(argument: object) -> object:
    return str(argument) if isinstance(argument, Path) else argument


@dataclass(frozen=True, slots=True)
class Trial:
    """Both sides, and what they are measured with."""

    old: Tree
    new: Tree
    place: Path  # for what is made
    corpus: Path
    pairs: int
    graphs: tuple[str, ...]
    of_corpus: bool  # whether queries are asked of the corpus
    queries: tuple[str, ...]  # names of those to ask; empty for all

    def compare(self, *request: object) -> float:
        """Return how many times the new side's seconds the old side takes."""
        return median(self.old.ask(*request) / self.new.ask(*request) for _ in range(self.pairs))  # type: ignore[arg-type]


@contextmanager
def start_trial(given: argparse.Namespace) -> Iterator[Trial]:
    """Start both sides, and end them."""
    with tempfile.TemporaryDirectory() as folder:
        place = given.keep or Path(folder)
        place.mkdir(exist_ok=True)
        corpus = repeated(given.corpus, given.documents, place / "corpus.jsonl")
        old, new = Tree(given.old.resolve()), Tree(HERE.parent)
        try:
            yield Trial(
                old,
                new,
                place,
                corpus,
                given.pairs,
                tuple(given.graph),
                given.queries_of_corpus,
                tuple(given.queries),
            )
        finally:
            old.end()
            new.end()


def judge(met: bool) -> str:
    """Return what became of a bar."""
    return "met" if met else "MISSED"


# ------------------------------------------------------------------------------------- the parts


def compare_first(trial: Trial) -> Iterator[str]:
    """Count the statements of the first document."""
    old, new = (side.ask("count_first", trial.place / name) for name, side in _iterate_sides(trial))
    yield f"first document: {old:,} statements, now {new:,}    bar 14,500: {judge(new <= 14_500)}"


def compare_quads(trial: Trial) -> Iterator[str]:
    """Weigh the N-Quads of the corpus, and time them on one core."""
    known = {}
    for name, side in _iterate_sides(trial):
        known[name] = found = side.ask("read", trial.corpus)
        yield (
            f"{name}: {found['documents']:,} documents, {found['characters']:,} characters, "
            f"{found['statements']:,} statements, {found['bytes'] / MB:.1f} MB of N-Quads"
        )
    old, new = (found["bytes"] / found["characters"] for found in known.values())
    yield f"N-Quads bytes a character: {old:.1f}, now {new:.1f}    bar 160: {judge(new <= 160)}"
    ratio = trial.compare("pack")
    yield f"text to packed N-Quads, old : new    {ratio:.2f}    bar 1.35: {judge(ratio >= 1.35)}"


def compare_stores(trial: Trial) -> Iterator[str]:
    """Weigh the stores of the corpus, and load them beside pyoxigraph's own load of the same statements."""
    ratios = {}
    for name, side in _iterate_sides(trial):
        shards, store, file = (trial.place / f"{name}-{what}" for what in ("shards", "store", "all.nq"))
        documents = side.ask("build_shards", trial.corpus, shards)
        lines = side.ask("write_quads", shards, file)
        times = [
            (side.ask("load_quads", file, trial.place / "own"), side.ask("load_shards", shards, store))
            for _ in range(trial.pairs)
        ]
        size = sum(one.stat().st_size for one in store.rglob("*")) / documents / MB
        own, ours = (median(column) for column in zip(*times, strict=True))
        ratios[name] = size, median(one / two for one, two in times)
        yield (
            f"{name}: {documents} documents, {lines:,} quads; loaded by pyoxigraph in {own:.2f} s, by us in "
            f"{ours:.2f} s ({ratios[name][1]:.2f})"
        )
    (old, _), (new, ratio) = ratios.values()
    yield f"store on disk, MB a document: {old:.2f}, now {new:.2f}    bar 0.6: {judge(new <= 0.6)}"
    yield f"bulk load, own : ours    {ratio:.2f}    bar 0.9: {judge(ratio >= 0.9)}"


def compare_queries(trial: Trial) -> Iterator[str]:
    """Ask every query of the catalogue of both graphs, from disk and in memory."""
    corpus = trial.corpus if trial.of_corpus else write_two_million(trial.place / "two-million.jsonl")
    for name, side in _iterate_sides(trial):
        shards, store = trial.place / f"{name}-asked", trial.place / f"{name}-asked-store"
        if not store.exists():
            side.ask("build_shards", corpus, shards)
            side.ask("load_shards", shards, store)
            side.ask("optimise", store)  # how much of that a load does itself is left to chance
        yield f"{name}: {side.ask('count_quads', shards):,} quads"
    for graph in trial.graphs:
        for name, side in _iterate_sides(trial):
            ending = "asked-store" if graph == "disk" else "asked"
            side.ask("open_graph", graph, trial.place / f"{name}-{ending}")
        yield from _time_queries(trial, graph)


def _time_queries(trial: Trial, graph: str) -> Iterator[str]:
    """Time each query in turns, but for those that only one side has."""
    old, new = (set(side.ask("list_queries", graph)) for _, side in _iterate_sides(trial))
    yield f"{graph:40}{'rows':>8}{'old, ms':>10}{'new, ms':>10}{'new : old':>10}"
    found = []
    for query in sorted(old & new):
        if not trial.queries or query.partition(",")[0] in trial.queries:
            found.append(_time_query(trial, graph, query))
            yield found[-1].format()
    yield f"only one side has: {', '.join(sorted(old ^ new))}"
    slower = sum(one.is_slower for one in found)
    yield f"{graph}, slower by a tenth and 1 ms: {slower} of {len(found)}    bar 0: {judge(not slower)}"
    ratio = median(one.ratio for one in found)
    yield f"{graph}, new : old, median of the queries    {ratio:.2f}    bar 0.8: {judge(ratio <= 0.8)}"


@dataclass(frozen=True, slots=True)
class TimedQuery:
    """The rows and seconds of a query on both sides, and the median of their ratios, new to old."""

    name: str
    rows: tuple[int, int]
    seconds: tuple[float, float]
    ratio: float

    @property
    def is_slower(self) -> bool:
        """True if it takes longer than before, by more than the noise."""
        return self.ratio > NOISE[0] and self.seconds[1] - self.seconds[0] > NOISE[1]

    def format(self) -> str:
        """Return its line."""
        old, new = self.rows
        times = "".join(f"{1000 * one:10.1f}" for one in self.seconds)
        remarks = (" slower" if self.is_slower else "") + (f" now {new:,} rows" if new != old else "")
        return f"{self.name:40}{old:8,}{times}{self.ratio:10.2f}{remarks}"


def _time_query(trial: Trial, graph: str, query: str) -> TimedQuery:
    sides = trial.old, trial.new
    rows = [side.ask("time_query", graph, query, 1)[1] for side in sides]
    pairs = [[side.ask("time_query", graph, query, RUNS)[0] for side in sides] for _ in range(trial.pairs)]
    old, new = (median(column) for column in zip(*pairs, strict=True))
    return TimedQuery(query, (rows[0], rows[1]), (old, new), median(two / one for one, two in pairs))


def compare_pages(trial: Trial) -> Iterator[str]:
    """Compare the page of each document from the graph with the one from the text, byte for byte."""
    shards, store = trial.place / "paged", trial.place / "paged-store"
    trial.new.ask("build_shards", trial.corpus, shards)
    trial.new.ask("load_shards", shards, store)
    trial.new.ask("open_graph", "paged", store)
    documents = trial.new.ask("read", trial.corpus)["documents"]
    different = trial.new.ask("compare_pages", "paged")
    yield from different[:10]
    yield (
        f"pages from the graph that differ from the text's: {len(different)} of {documents}    bar 0: "
        f"{judge(not different)}"
    )


def run_benchmark(name: str, *arguments: str) -> Iterator[str]:
    """Run another benchmark of this folder."""
    done = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    yield from done.stdout.splitlines()


def _iterate_sides(trial: Trial) -> Iterator[tuple[str, Tree]]:
    yield "old", trial.old
    yield "new", trial.new


PARTS: dict[str, Callable[[Trial], Iterator[str]]] = {
    "first": compare_first,
    "quads": compare_quads,
    "store": compare_stores,
    "queries": compare_queries,
    "pages": compare_pages,
    "added": lambda _: run_benchmark("added"),
    "spark": lambda _: run_benchmark("spark"),
}


def main() -> None:
    """Measure, and print each bar with what became of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", type=Path, help="a work tree of commit 984a5c0")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--graph", nargs="+", choices=("disk", "memory"), default=("disk", "memory"))
    parser.add_argument("--queries", nargs="+", metavar="NAME", default=(), help="ask only these")
    parser.add_argument("--queries-of-corpus", action="store_true", help="ask the graph of the corpus")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="where graphs to ask are kept, and taken from"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[one for one in PARTS if one != "spark"])
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {given.pairs} pairs")
    with start_trial(given) as trial:
        for name in given.only:
            for line in PARTS[name](trial):
                print(line, flush=True)


if __name__ == "__main__":
    main()
