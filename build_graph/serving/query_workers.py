"""The workers of the server: each answers queries from the graph, and can do nothing else.

A query of Oxigraph cannot be stopped from within its process, so each worker is a process that can be killed.
A graph in memory is loaded once: a fork shares it, and is there in milliseconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pyoxigraph import Store

from build_graph.processes.fork_server import ForkServer
from build_graph.processes.limits import Allowance, cap_files, cap_memory
from build_graph.processes.worker import Call, Service
from build_graph.querying.engines import convert_store_errors
from build_graph.querying.open import is_store, open_path
from build_graph.serving.answering import QueryExecutor, QueryRequest, QueryResult
from build_graph.serving.negotiation import AcceptedTypes
from build_graph.serving.protocol import SparqlRequest
from build_graph.serving.settings import QueryLimits, ServeError, Settings

_GRACE = 5  # seconds of processor beyond its limit after which a query that nobody stopped ends by itself
_STANDARD_FILES = 3


def start_fork_server(settings: Settings) -> ForkServer:
    """Return a fork server that has the graph; raise ObligationError if that cannot be had."""
    if not hasattr(os, "fork"):
        raise ServeError("serve: this system cannot fork; run it on Linux or macOS, or in WSL")
    if is_store(settings.graph):
        _open_store(settings.graph)  # says here what is wrong with it; each worker opens it for itself
    return ForkServer(
        Service(partial(load_store, settings), partial(start_executor, settings)), str(settings.graph)
    )


def build_call(task: QueryRequest, limits: QueryLimits) -> Call:
    """Return the call that answers a query in a worker."""
    return Call(answer_query, (task,), Allowance(limits.seconds + _GRACE))


def answer_query(answerer: QueryExecutor, task: QueryRequest) -> QueryResult:
    """Return the answer to a query, in a worker."""
    return answerer.execute(task)


def load_store(settings: Settings) -> Callable[[], Store]:
    """Return what gives a worker its store: one in memory is shared, a store's folder is opened in each.

    An open folder has threads, which do not survive a fork. Raise EngineError if it cannot be read.
    """
    graph = settings.graph
    if not is_store(graph):
        store = _open_store(graph)
        return lambda: store
    if settings.in_memory:
        copy = _copy_store(graph)
        return lambda: copy
    return lambda: _open_store(graph)


def start_executor(settings: Settings, opened: Callable[[], Store]) -> QueryExecutor:
    """Return what answers queries in a worker, which from here on is confined to that."""
    answerer = QueryExecutor(opened(), settings.limits)
    _warm_up(answerer)
    cap_memory(settings.limits.memory)
    cap_files(_count_files(settings))
    return answerer


def _copy_store(folder: Path) -> Store:
    """Return a store in memory with what is in that of a folder; once it is here, the folder is closed."""
    store = Store()
    with convert_store_errors(folder):
        store.bulk_extend(iter(_open_store(folder)))
    return store


def _open_store(graph: Path) -> Store:
    return open_path(graph).store


def _warm_up(answerer: QueryExecutor) -> None:
    """Load what a first answer loads: later no file but those of a store can be opened."""
    for query in ("SELECT * {", "ASK {}", "CONSTRUCT {} {}"):
        answerer.execute(QueryRequest(SparqlRequest(query), AcceptedTypes("text/csv", "application/ld+json")))


def _count_files(settings: Settings) -> int:
    """Return how many files a query may open: RocksDB opens those of a store when it needs them, twice.

    Over a graph in memory that is none, and so no connection where the system has no wall against them.
    """
    if settings.in_memory or not is_store(settings.graph):
        return 0
    return _STANDARD_FILES + 2 * sum(1 for _ in settings.graph.iterdir())
