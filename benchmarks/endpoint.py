"""Times `obligations serve` with several clients at once, against one client, and against no HTTP at all.

    .venv/bin/python benchmarks/endpoint.py [GRAPH] [--seconds 60] [--clients 8]

GRAPH is a Turtle file, by default the graph of the first document, which is built for the purpose. Each
client asks the queries of the catalogue in an order of its own, over a connection that stays open. Small
queries are those that take the engine less than 5 ms.

Bars: no error; the 99th percentile within ten times the median of a single client; 5 ms more than the engine
for small queries.
"""

from __future__ import annotations

import argparse
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, perf_counter
from urllib.parse import urlsplit

from pyoxigraph import QueryResultsFormat

from build_graph.building import Builder
from build_graph.querying.engines import OxigraphEngine, open_graph
from queries import bound

SMALL = 0.005  # seconds
OVERHEAD = 0.005  # seconds that HTTP may add
TIMES = 10  # that the slowest of a hundred may take as long as one client alone
RUNS = 5
HEADERS = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
Asked = tuple[str, float, int]  # query, seconds, status


@contextmanager
def serving(graph: Path) -> Iterator[str]:
    """The address of an endpoint over the graph."""
    command = [sys.executable, "-m", "build_graph.cli", "serve", "--graph", str(graph), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().split()[0]
        finally:
            process.terminate()


def ask(connection: HTTPConnection, query: str) -> tuple[float, int]:
    start = perf_counter()
    connection.request("POST", "/sparql", query.encode(), HEADERS)
    response = connection.getresponse()
    response.read()
    return perf_counter() - start, response.status


def client(url: str, queries: dict[str, str], seconds: float, seed: int) -> list[Asked]:
    """What one client was answered in that time."""
    connection, order, found = HTTPConnection(urlsplit(url).netloc, timeout=120), random.Random(seed), []
    end = monotonic() + seconds
    while monotonic() < end:
        for name in order.sample(sorted(queries), len(queries)):
            if monotonic() >= end:
                break
            found.append((name, *ask(connection, queries[name])))
    return found


def clients(url: str, queries: dict[str, str], seconds: float, number: int) -> list[Asked]:
    with get_context("spawn").Pool(number) as pool:
        parts = pool.starmap(client, [(url, queries, seconds, seed) for seed in range(number)])
    return [asked for part in parts for asked in part]


def alone(url: str, queries: dict[str, str]) -> dict[str, float]:
    """The median of each query with one client, in seconds."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
    return {name: median(ask(connection, query)[0] for _ in range(RUNS)) for name, query in queries.items()}


def embedded(engine: OxigraphEngine, queries: dict[str, str]) -> dict[str, float]:
    """The median of each query without HTTP, serialised all the same, in seconds."""

    def timed(query: str) -> float:
        start = perf_counter()
        engine.answer(query).serialize(format=QueryResultsFormat.JSON)  # type: ignore[union-attr]
        return perf_counter() - start

    return {name: median(timed(query) for _ in range(RUNS)) for name, query in queries.items()}


def report(graph: Path, seconds: float, number: int) -> bool:
    """Print the figures; are the bars met?"""
    engine = open_graph(str(graph))
    assert isinstance(engine, OxigraphEngine)
    queries = dict(bound(engine))
    print(f"Python {platform.python_version()}, {platform.machine()}, {len(engine.store):,} statements")
    own = embedded(engine, queries)
    del engine
    with serving(graph) as url:
        clients(url, queries, min(seconds, 5), number)  # so that every worker has had its first query
        one = alone(url, queries)
        asked = clients(url, queries, seconds, number)
    times = sorted(taken for _, taken, _ in asked)
    errors = sum(status != 200 for _, _, status in asked)
    single, last = median(one.values()), quantiles(times, n=100)[-1]
    small = [one[name] - taken for name, taken in own.items() if taken < SMALL]
    added = median(small) if small else 0.0
    for what, figure, verdict in (
        ("requests", f"{len(asked):,} of {number} clients in {seconds:g} s", True),
        ("errors", f"{errors:,}", not errors),
        ("median, one client", f"{single * 1000:.1f} ms", True),
        ("median", f"{median(times) * 1000:.1f} ms", True),
        (
            "99th percentile",
            f"{last * 1000:.1f} ms, {last / single:.1f} times that of one",
            last <= TIMES * single,
        ),
        ("added to small queries", f"{added * 1000:.1f} ms ({len(small)} queries)", added <= OVERHEAD),
    ):
        print(f"{what:<24}{figure}{'' if verdict else '  MISSED'}")
    return not errors and last <= TIMES * single and added <= OVERHEAD


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        graph = given.graph or Builder(pages=False).build([], Path(folder)).path
        sys.exit(not report(graph, given.seconds, given.clients))


if __name__ == "__main__":
    main()
