"""Times every query of the catalogue on a graph, on Oxigraph and, if asked, on rdflib's own engine.

    .venv/bin/python benchmarks/queries.py [GRAPH] [--runs 5] [--rdflib SECONDS]

GRAPH is a Turtle file, by default the graph of the first document, which is built for the purpose. Queries
get the busiest agency, domain and section of the graph, and any document. With `--rdflib` each query also
runs on rdflib, in a process of its own that is ended after so many seconds. Medians, after loading.

Bars: 50 ms on the first document; 1 s on a larger graph, 5 s for `pairs`; a tenth of rdflib's time where
that is above 1 s.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from pyoxigraph import QuerySolutions, RdfFormat, Store

from build_graph.corpus.builder import Builder
from build_graph.query.catalogue import ParameterKind, Question, load_catalogue
from build_graph.query.engines import Engine, OxigraphEngine
from build_graph.query.names import EntityFinder
from build_graph.query.parameters import Binder

if TYPE_CHECKING:
    from rdflib import Graph

TESTS = Path(__file__).parent.parent / "tests"
SMALL = 100_000  # statements up to which a graph is taken for that of the first document
PAIRS = "pairs"
DAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds that a query took: Oxigraph, and rdflib if it was run; infinite where it was ended."""

    name: str
    rows: int
    seconds: float
    rdflib: float | None

    def bar(self, size: int) -> float:
        """The most seconds that it may take on a graph of so many statements."""
        general = 0.05 if size <= SMALL else 5.0 if self.name == PAIRS else 1.0
        slow = self.rdflib is not None and self.rdflib > 1.0
        return min(general, self.rdflib / 10) if slow and self.rdflib else general

    def line(self, size: int) -> str:
        """The figures on one line, with what became of the bar."""
        other = "" if self.rdflib is None else f"{self.rdflib * 1000:12.0f}"
        verdict = "" if self.seconds <= self.bar(size) else "MISSED"
        return f"{self.name:<24}{self.rows:8,}{self.seconds * 1000:10.1f}{other} {verdict}".rstrip()


def busiest(engine: Engine) -> dict[ParameterKind, str]:
    """The things of each kind that give a query most to do."""
    ask = {
        ParameterKind.AGENCY: ("agencies-by-measures", "agency"),
        ParameterKind.DOMAIN: ("domains", "domain"),
        ParameterKind.STATEMENT: ("responsibilities", "measure"),
    }
    known = {question.name: question for question in load_catalogue()}
    found = {kind: first(engine, known[name], column) for kind, (name, column) in ask.items()}
    return {**found, ParameterKind.CLAUSE: found[ParameterKind.STATEMENT].rpartition("/")[0]}


def first(engine: Engine, question: Question, column: str) -> str:
    """The first value of a column."""
    rows = engine.answer(Binder(EntityFinder(engine), DAY).bind(question, {}))
    assert isinstance(rows, QuerySolutions)
    return str(next(iter(rows))[column].value)  # type: ignore[union-attr]


def bound(engine: Engine) -> Iterator[tuple[str, str]]:
    """Name and text of each query, with the busiest things put in where there is no default."""
    values, binder = busiest(engine), Binder(EntityFinder(engine), DAY)
    for question in load_catalogue():
        wanted = {p.name: values[p.kind] for p in question.header.parameters if p.default is None}
        yield question.name, binder.bind(question, wanted)


def once(engine: Engine, query: str) -> tuple[float, int]:
    """Seconds that it takes to get all rows, and how many they are."""
    start = perf_counter()
    rows = engine.answer(query)
    assert isinstance(rows, QuerySolutions)
    count = sum(1 for _ in rows)
    return perf_counter() - start, count


def at_most(graph: Graph, query: str, limit: float) -> float:
    """Seconds that rdflib takes; infinite where it takes longer than `limit`."""
    context = get_context("fork")  # the graph is there already
    ours, theirs = context.Pipe(duplex=False)
    sys.path.insert(0, str(TESTS / "support"))
    from rdflib_engine import RdflibEngine

    child = context.Process(target=lambda: theirs.send(once(RdflibEngine(graph), query)[0]))
    child.start()
    seconds = ours.recv() if ours.poll(limit) else float("inf")
    child.kill()
    child.join()
    return float(seconds)


def timed(store: Store, graph: Graph | None, runs: int, limit: float) -> Iterator[Timed]:
    """The times of every query."""
    engine = OxigraphEngine(store)
    for name, query in bound(engine):
        times = [once(engine, query) for _ in range(runs)]
        other = at_most(graph, query, limit) if graph is not None else None
        yield Timed(name, times[0][1], median(seconds for seconds, _ in times), other)


def loaded(path: Path) -> Store:
    """The store of a Turtle file."""
    store = Store()
    store.bulk_load(path=str(path), format=RdfFormat.TURTLE)
    return store


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("graph", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rdflib", type=float, metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.graph or Builder().build([], Path(folder)).path
        store = loaded(path)
        graph = None
        if options.rdflib:
            from rdflib import Graph

            graph = Graph().parse(path, format="turtle")
    size = len(store)
    print(f"Python {platform.python_version()}, {platform.machine()}, {size:,} statements, ms")
    print(f"{'query':<24}{'rows':>8}{'Oxigraph':>10}{'rdflib':>12}" if graph else "")
    missed = 0
    for result in timed(store, graph, options.runs, options.rdflib or 0):
        missed += result.seconds > result.bar(size)
        print(result.line(size), flush=True)
    print("all bars met" if not missed else f"{missed} bars MISSED")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
