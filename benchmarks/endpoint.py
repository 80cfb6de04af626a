"""Times `obligations serve` with several clients at once, against one client, and against no HTTP at all.

    .venv/bin/python benchmarks/endpoint.py [GRAPH] [--seconds 60] [--clients 8]
    .venv/bin/python benchmarks/endpoint.py --documents 200 [--corpus CORPUS.jsonl.gz]

GRAPH is a file or the folder of a store, by default the graph of the first document, which is built for the
purpose, or a store of so many documents. Each client asks the queries of the catalogue in an order of its
own, over a connection that stays open, the next as soon as it has the answer to the last. Small queries are
those that take the engine less than 5 ms.

It is done twice: by a server that keeps no answers, so that every request is worked out, and by one as it is
by default, which remembers them; its memory is empty when the clients begin. Clients and server share the
processors of the machine: how long each of them used them is reported.

Bars, of a server as it is by default: no error; the 99th percentile within ten times the median of a single
client that is the first to ask. Without kept answers: 5 ms more than the engine for small queries.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, perf_counter, process_time
from urllib.parse import urlsplit

from pyoxigraph import QueryResultsFormat
from sample import repeated

from build_graph.corpus.builder import Builder
from build_graph.query.engines import OxigraphEngine
from build_graph.query.open import open_graph
from queries import bound

SMALL = 0.005  # seconds
OVERHEAD = 0.005  # seconds that HTTP may add
TIMES = 10  # that the slowest of a hundred may take as long as one client alone
RUNS = 5
LONG = 1.0  # seconds after which no more runs are needed
HEADERS = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
NOTHING_KEPT = ("--cache", "0MB")
Asked = tuple[str, float, int]  # query, seconds, status


@dataclass(frozen=True, slots=True)
class Server:
    """A server, and the processes that have come from it."""

    url: str
    process: subprocess.Popen[str]

    def busy(self) -> float:
        """Seconds of processor that they used until now, those that have ended included."""
        found = {int(stat[0]): stat[1] for stat in map(_stat, Path("/proc").glob("[0-9]*/stat")) if stat}
        parents = {pid: int(fields[1]) for pid, fields in found.items()}
        family = [self.process.pid]
        for pid in family:
            family += [child for child, parent in parents.items() if parent == pid]
        ticks = sum(sum(map(int, found[pid][11:15])) for pid in family if pid in found)
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """What several clients were answered, and seconds of processor that they and the server used for it."""

    asked: list[Asked]
    clients: float
    server: float


def _stat(path: Path) -> tuple[str, list[str]] | None:
    """The number of a process, and what the system says of it behind its name; None where it has ended."""
    try:
        return path.parent.name, path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


@contextmanager
def serving(graph: Path, *options: str) -> Iterator[Server]:
    """An endpoint over the graph."""
    command = [sys.executable, "-m", "build_graph.cli", "serve", "--graph", str(graph), "--port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Server(process.stdout.readline().split()[0], process)
        finally:
            process.terminate()


def ask(connection: HTTPConnection, query: str) -> tuple[float, int]:
    start = perf_counter()
    connection.request("POST", "/sparql", query.encode(), HEADERS)
    response = connection.getresponse()
    response.read()
    return perf_counter() - start, response.status


def client(url: str, queries: dict[str, str], seconds: float, seed: int) -> tuple[list[Asked], float]:
    """What one client was answered in that time, and seconds of processor that it used."""
    connection, order, found = HTTPConnection(urlsplit(url).netloc, timeout=120), random.Random(seed), []
    end = monotonic() + seconds
    while monotonic() < end:
        for name in order.sample(sorted(queries), len(queries)):
            if monotonic() >= end:
                break
            found.append((name, *ask(connection, queries[name])))
    return found, process_time()


def clients(server: Server, queries: dict[str, str], seconds: float, number: int) -> Load:
    """What so many clients were answered in that time."""
    before = server.busy()
    with get_context("spawn").Pool(number) as pool:
        parts = pool.starmap(client, [(server.url, queries, seconds, seed) for seed in range(number)], 1)
    asked = [asked for part, _ in parts for asked in part]
    return Load(asked, sum(used for _, used in parts), server.busy() - before)


def others(queries: dict[str, str]) -> dict[str, str]:
    """The same queries in other words, so that their answers are not remembered for these."""
    return {name: f"{query}\n# once more" for name, query in queries.items()}


def alone(server: Server, queries: dict[str, str]) -> dict[str, float]:
    """The median of each query with one client, in seconds."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=120)
    return {name: typical(partial(waited, connection, query)) for name, query in queries.items()}


def waited(connection: HTTPConnection, query: str) -> float:
    return ask(connection, query)[0]


def typical(run: Callable[[], float]) -> float:
    """The median of some runs, in seconds; fewer where they take long."""
    found = [run()]
    while len(found) < RUNS and sum(found) < LONG:
        found.append(run())
    return median(found)


def embedded(engine: OxigraphEngine, queries: dict[str, str]) -> dict[str, float]:
    """The median of each query without HTTP, serialised all the same, in seconds."""

    def timed(query: str) -> float:
        start = perf_counter()
        engine.answer(query).serialize(format=QueryResultsFormat.JSON)  # type: ignore[union-attr]
        return perf_counter() - start

    return {name: typical(partial(timed, query)) for name, query in queries.items()}


def told(load: Load, number: int, seconds: float, single: float) -> tuple[float, bool]:
    """Print what came of a load, and give its 99th percentile in seconds; was there no error?"""
    times = sorted(taken for _, taken, _ in load.asked)
    errors = sum(status != 200 for _, _, status in load.asked)
    last = quantiles(times, n=100)[-1]
    show("requests", f"{len(times):,} of {number} clients in {seconds:g} s")
    show("errors", f"{errors:,}", good=not errors)
    show("processor", f"server {load.server:.0f} s, clients {load.clients:.0f} s")
    show("median", f"{median(times) * 1000:.1f} ms")
    show("99th percentile", f"{last * 1000:.1f} ms, {last / single:.1f} times the median of one")
    return last, not errors


def show(what: str, figure: str, *, good: bool = True) -> None:
    print(f"  {what:<28}{figure}{'' if good else '  MISSED'}", flush=True)


def report(graph: Path, seconds: float, number: int) -> bool:
    """Print the figures; are the bars met?"""
    engine = open_graph(str(graph))
    assert isinstance(engine, OxigraphEngine)
    queries = dict(bound(engine))
    print(f"Python {platform.python_version()}, {platform.machine()}, {len(engine.store):,} statements")
    own = embedded(engine, queries)
    del engine
    print("no answers kept (--cache 0MB)")
    with serving(graph, *NOTHING_KEPT) as server:
        clients(server, others(queries), min(seconds, 5), number)  # every worker has had its first query
        one = alone(server, queries)
        worked_out = median(one.values())
        show("median, one client", f"{worked_out * 1000:.1f} ms")
        _, sound = told(clients(server, queries, seconds, number), number, seconds, worked_out)
    small = [one[name] - taken for name, taken in own.items() if taken < SMALL]
    added = median(small) if small else 0.0
    show("added to small queries", f"{added * 1000:.1f} ms ({len(small)} queries)", good=added <= OVERHEAD)
    print("answers kept (default)")
    with serving(graph) as server:
        clients(server, others(queries), min(seconds, 5), number)
        load = clients(server, queries, seconds, number)
        again = median(alone(server, queries).values())
        show("median, one client, again", f"{again * 1000:.1f} ms")
        last, kept = told(load, number, seconds, worked_out)
    near = last <= TIMES * worked_out
    show("times one who asks again", f"{last / again:.1f}")
    show(f"within {TIMES} times", "yes" if near else "no", good=near)
    return sound and kept and near and added <= OVERHEAD


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--documents", type=int, help="serve a store of so many documents")
    parser.add_argument("--corpus", type=Path, help="where these are from")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph = given.graph
        if given.documents:
            sample = repeated(given.corpus, given.documents, folder / "sample.jsonl")
            graph = Builder(keep_going=True).fill([sample], folder / "store").path
        graph = graph or Builder(pages=False).build([], folder).path
        sys.exit(not report(graph, given.seconds, given.clients))


if __name__ == "__main__":
    main()
