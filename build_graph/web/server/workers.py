"""The pool of workers: processes that execute one query at a time, and that can do nothing else.

A query of Oxigraph cannot be stopped from within its process, so each runs in a process that the pool can
kill and replace when the query exceeds its limit. A graph in memory is loaded once: a fork shares it, and
starts in milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyoxigraph import Store

from build_graph.processes.confinement import Allowance, cap_files, cap_memory
from build_graph.processes.fork_server import ForkServer, ForkServerError
from build_graph.processes.worker import Call, Exhausted, Service, Worker, aread_message, encode_message
from build_graph.query.engines import convert_store_errors
from build_graph.query.open import is_store, open_path
from build_graph.text.formats.limits import format_size
from build_graph.web.server.cache import ResultCache
from build_graph.web.server.executor import (
    STALE,
    QueryExecutor,
    QueryRequest,
    QueryResult,
    create_error_result,
    is_volatile,
)
from build_graph.web.server.protocol import AcceptedTypes, HTTPError, SparqlRequest
from build_graph.web.server.settings import MEGABYTE, QueryLimits, ServeError, Settings

_GRACE = 5  # seconds of processor beyond the limit, after which a query ends by itself
_STANDARD_FILES = 3


def start_fork_server(settings: Settings) -> ForkServer:
    """Return a fork server with the graph; raise ObligationError if the graph cannot be opened."""
    if not hasattr(os, "fork"):
        raise ServeError("serve: this system cannot fork; run it on Linux or macOS, or in WSL")
    if is_store(settings.graph):
        _open_store(settings.graph)  # raises here if it is damaged; each worker opens it again for itself
    return ForkServer(
        Service(partial(load_store, settings), partial(start_executor, settings)), str(settings.graph)
    )


def build_call(request: QueryRequest, limits: QueryLimits) -> Call:
    """Return the call that executes a query in a worker."""
    return Call(QueryExecutor.execute, (request,), Allowance(limits.seconds + _GRACE))


def load_store(settings: Settings) -> Callable[[], Store]:
    """Return the function that opens a worker's store: one in memory is shared, a folder opened in each.

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
    """Return the executor of a worker; from here on, the process is confined to it."""
    executor = QueryExecutor(opened(), settings.limits)
    _warm_up(executor)
    cap_memory(settings.limits.memory)
    cap_files(_count_files(settings))
    return executor


def _copy_store(folder: Path) -> Store:
    """Return a store in memory with the contents of a store's folder, which is closed again."""
    store = Store()
    with convert_store_errors(folder):
        store.bulk_extend(iter(_open_store(folder)))
    return store


def _open_store(graph: Path) -> Store:
    return open_path(graph).store


def _warm_up(executor: QueryExecutor) -> None:
    """Load the modules that a first answer needs: later the process can open no file but those of a store."""
    for query in ("SELECT * {", "ASK {}", "CONSTRUCT {} {}"):
        executor.execute(QueryRequest(SparqlRequest(query), AcceptedTypes("text/csv", "application/ld+json")))


def _count_files(settings: Settings) -> int:
    """Return the number of files that a query may open; RocksDB opens those of a store when needed, twice.

    For a graph in memory that is 0, so that no connection can be opened where the system has no other wall.
    """
    if settings.in_memory or not is_store(settings.graph):
        return 0
    return _STANDARD_FILES + 2 * sum(1 for _ in settings.graph.iterdir())


_TRIALS = 2  # of a query whose worker was killed from outside
_PAUSE = 1.0  # seconds from a worker that could not be started to the next trial
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _WorkerConnection:
    """A worker, and the streams to it."""

    worker: Worker
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, worker: Worker) -> _WorkerConnection:
        reader, writer = await asyncio.open_connection(sock=worker.socket, limit=MEGABYTE)
        return cls(worker, reader, writer)

    async def ask(self, request: QueryRequest, limits: QueryLimits) -> Any:
        self.writer.write(encode_message(build_call(request, limits)))
        await self.writer.drain()
        return await aread_message(self.reader)


@dataclass(slots=True)
class _PendingResult:
    """A result being computed, with the number of requests that wait for it; without any, it is cancelled."""

    found: asyncio.Task[QueryResult]
    waiting: int = 0


class QueryWorkerPool:
    """A context with a fixed number of workers over one graph."""

    def __init__(self, settings: Settings, server: ForkServer) -> None:
        """Set up a pool over a fork server; entering the context starts the workers."""
        self._limits, self._server, self._generation = settings.limits, server, server.generation
        self._results = ResultCache(settings.limits.kept)
        self._shared: dict[QueryRequest, _PendingResult] = {}
        # None is a place without a worker.
        self._idle: asyncio.LifoQueue[_WorkerConnection | None] = asyncio.LifoQueue()
        self._replacing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Start the workers."""
        for _ in range(self._limits.workers):
            self._idle.put_nowait(await self._start_worker())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all workers."""
        for replacing in self._replacing:
            replacing.cancel()
        await asyncio.to_thread(self._server.close)

    async def execute(self, request: QueryRequest) -> QueryResult:
        """Return the result of a query, which may come from the cache; a refusal if it was stopped.

        Raise HTTPError if no worker is free in time. If the caller is cancelled, the query is stopped.
        """
        if cached := self._results.get(request):
            return cached
        if is_volatile(request.sparql.query):
            return await self._compute(request)
        shared = self._shared.get(request) or self._start_shared(request)
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.found)
        finally:
            shared.waiting -= 1
            if not shared.waiting and self._shared.get(request) is shared:
                del self._shared[request]
                shared.found.cancel()

    def _start_shared(self, request: QueryRequest) -> _PendingResult:
        """Start to compute a result for all who ask for it until it is there."""
        shared = self._shared[request] = _PendingResult(asyncio.create_task(self._compute_and_cache(request)))
        return shared

    async def _compute_and_cache(self, request: QueryRequest) -> QueryResult:
        result = await self._compute(request)
        self._results.put(request, result)
        return result

    async def _compute(self, request: QueryRequest) -> QueryResult:
        """Return the result of a query; try once more if its worker was killed from outside."""
        for _ in range(_TRIALS):
            result = await self._try_once(request)
            if result is not None:
                return result
        raise HTTPError(503, "the process that answers was killed, twice; ask again later", Retry_After="5")

    async def _try_once(self, request: QueryRequest) -> QueryResult | None:
        """Return the result of a query; None if its worker was killed from outside."""
        connection = await self._take_free()
        try:
            async with asyncio.timeout(self._limits.seconds):
                result: QueryResult | Exhausted = await connection.ask(request, self._limits)
        except TimeoutError:
            self._replace(connection)
            message = f"query: has been stopped after {self._limits.seconds:g} seconds; ask for less"
            return create_error_result(504, message)
        except (EOFError, OSError):  # asyncio.IncompleteReadError is an EOFError
            code = await self._replace(connection)
            if code is None:
                raise _create_reload_error() from None
            return None if code == -signal.SIGKILL else self._create_memory_error()
        except BaseException:  # the client has gone
            self._replace(connection)
            raise
        if isinstance(result, Exhausted):
            self._replace(connection)
            return self._create_memory_error()
        if result.status == STALE:
            self._results.clear()
            self._replace(connection)
            raise HTTPError(STALE, result.body.decode().strip(), Retry_After="1")
        self._idle.put_nowait(connection)
        return result

    def _create_memory_error(self) -> QueryResult:
        return create_error_result(
            400,
            f"query: takes more than {format_size(self._limits.memory)} of memory, or is nested too deeply; "
            "ask for less",
        )

    async def _take_free(self) -> _WorkerConnection:
        """Return a free worker; replace one that is missing or has died meanwhile."""
        try:
            async with asyncio.timeout(self._limits.waiting):
                while (connection := await self._idle.get()) is None or connection.reader.at_eof():
                    was_alive = self._server.is_alive()
                    self._replace(connection)
                    if not was_alive:
                        raise _create_reload_error()
                return connection
        except TimeoutError as error:
            raise HTTPError(
                503,
                f"all {self._limits.workers} workers are busy; ask again later",
                Retry_After=str(max(1, round(self._limits.waiting))),
            ) from error

    def _replace(self, connection: _WorkerConnection | None) -> asyncio.Future[int | None]:
        """Kill a worker and start another in the background; return the exit code of the first.

        If the one who waits for the code is cancelled, the new worker starts all the same.
        """
        code = asyncio.get_running_loop().create_future()
        replacing = asyncio.create_task(self._replace_worker(connection, code))
        self._replacing.add(replacing)
        replacing.add_done_callback(self._replacing.discard)
        return code

    async def _replace_worker(
        self, connection: _WorkerConnection | None, code: asyncio.Future[int | None]
    ) -> None:
        ended = await self._kill(connection) if connection else None
        if not code.done():
            code.set_result(ended)
        await self._add_worker()

    async def _kill(self, connection: _WorkerConnection) -> int | None:
        """Kill a worker and return its exit code; None if the fork server has died with it."""
        connection.writer.transport.abort()
        return await asyncio.to_thread(self._server.kill, connection.worker)

    async def _add_worker(self) -> None:
        """Fill a place in the pool; if that fails now, the next one to take it tries again."""
        connection = None
        try:
            connection = await self._start_worker()
        except EOFError:  # the server ends
            return
        except (ForkServerError, OSError) as error:
            _LOG.error("%s", error)
            await asyncio.sleep(_PAUSE)
        self._idle.put_nowait(connection)

    async def _start_worker(self) -> _WorkerConnection:
        """Start a worker; if the graph was loaded anew for it, clear the cache of results."""
        worker = await asyncio.to_thread(self._server.fork)
        if self._server.generation != self._generation:
            self._generation = self._server.generation
            self._results.clear()
        return await _WorkerConnection.open(worker)


def _create_reload_error() -> HTTPError:
    return HTTPError(503, "the graph is being loaded again; ask again later", Retry_After="5")
