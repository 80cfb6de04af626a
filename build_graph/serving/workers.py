"""The workers: each query has one to itself, and one that runs over its limit is killed and replaced."""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from build_graph.processes.fork_server import ForkServer, ForkServerError
from build_graph.processes.worker import Exhausted, Worker, aread_message, encode_message
from build_graph.reading.limits import format_size
from build_graph.serving.answering import STALE, QueryRequest, QueryResult, create_error_result, is_volatile
from build_graph.serving.cache import ResultCache
from build_graph.serving.protocol import HTTPError
from build_graph.serving.query_workers import build_call
from build_graph.serving.settings import MEGABYTE, QueryLimits, Settings

_TRIALS = 2  # of a query whose worker was killed by somebody else
_PAUSE = 1.0  # seconds from a worker that could not be started to the next trial
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _WorkerConnection:
    """A worker, and the line to it."""

    worker: Worker
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, worker: Worker) -> _WorkerConnection:
        reader, writer = await asyncio.open_connection(sock=worker.socket, limit=MEGABYTE)
        return cls(worker, reader, writer)

    async def ask(self, task: QueryRequest, limits: QueryLimits) -> Any:
        self.writer.write(encode_message(build_call(task, limits)))
        await self.writer.drain()
        return await aread_message(self.reader)


@dataclass(slots=True)
class _PendingResult:
    """An answer that is being worked out, and how many wait for it; when nobody does, it is stopped."""

    found: asyncio.Task[QueryResult]
    waiting: int = 0


class QueryWorkerPool:
    """So many workers over one graph, from entering to leaving the context."""

    def __init__(self, settings: Settings, server: ForkServer) -> None:
        """Workers of a fork server."""
        self._limits, self._server, self._generation = settings.limits, server, server.generation
        self._results = ResultCache(settings.limits.kept)
        self._shared: dict[QueryRequest, _PendingResult] = {}
        self._idle: asyncio.LifoQueue[_WorkerConnection | None] = (
            asyncio.LifoQueue()
        )  # None: a place without a worker
        self._replacing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Start the workers."""
        for _ in range(self._limits.workers):
            self._idle.put_nowait(await self._start_worker())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them all."""
        for replacing in self._replacing:
            replacing.cancel()
        await asyncio.to_thread(self._server.close)

    async def execute(self, task: QueryRequest) -> QueryResult:
        """Return the reply to a query, which may be kept from before; if it is stopped, a reply that says so.

        Raise RefusedError if no worker is free in time. When it is cancelled, the query is stopped.
        """
        if kept := self._results.get(task):
            return kept
        if is_volatile(task.asked.query):
            return await self._compute(task)
        shared = self._shared.get(task) or self._start_shared(task)
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.found)
        finally:
            shared.waiting -= 1
            if not shared.waiting and self._shared.get(task) is shared:
                del self._shared[task]
                shared.found.cancel()

    def _start_shared(self, task: QueryRequest) -> _PendingResult:
        """Begin to work out an answer for all who ask for it until it is there."""
        shared = self._shared[task] = _PendingResult(asyncio.create_task(self._compute_and_cache(task)))
        return shared

    async def _compute_and_cache(self, task: QueryRequest) -> QueryResult:
        reply = await self._compute(task)
        self._results.put(task, reply)
        return reply

    async def _compute(self, task: QueryRequest) -> QueryResult:
        """Return the reply to a query; ask one whose worker was killed from outside once more."""
        for _ in range(_TRIALS):
            reply = await self._try_once(task)
            if reply is not None:
                return reply
        raise HTTPError(503, "the process that answers was killed, twice; ask again later", Retry_After="5")

    async def _try_once(self, task: QueryRequest) -> QueryResult | None:
        """Return the reply to a query; None if somebody else killed its worker."""
        line = await self._take_free()
        try:
            async with asyncio.timeout(self._limits.seconds):
                reply: QueryResult | Exhausted = await line.ask(task, self._limits)
        except TimeoutError:
            self._replace(line)
            said = f"query: has been stopped after {self._limits.seconds:g} seconds; ask for less"
            return create_error_result(504, said)
        except (EOFError, OSError):  # asyncio.IncompleteReadError is an EOFError
            code = await self._replace(line)
            if code is None:
                raise _create_reload_error() from None
            return None if code == -signal.SIGKILL else self._create_memory_error()
        except BaseException:  # the client has gone
            self._replace(line)
            raise
        if isinstance(reply, Exhausted):
            self._replace(line)
            return self._create_memory_error()
        if reply.status == STALE:
            self._results.clear()
            self._replace(line)
            raise HTTPError(STALE, reply.body.decode().strip(), Retry_After="1")
        self._idle.put_nowait(line)
        return reply

    def _create_memory_error(self) -> QueryResult:
        return create_error_result(
            400,
            f"query: takes more than {format_size(self._limits.memory)} of memory, or is nested too deeply; "
            "ask for less",
        )

    async def _take_free(self) -> _WorkerConnection:
        """Return a worker that has nothing to do; replace one that is missing or died meanwhile."""
        try:
            async with asyncio.timeout(self._limits.waiting):
                while (line := await self._idle.get()) is None or line.reader.at_eof():
                    was_alive = self._server.is_alive()
                    self._replace(line)
                    if not was_alive:
                        raise _create_reload_error()
                return line
        except TimeoutError as error:
            raise HTTPError(
                503,
                f"all {self._limits.workers} workers are busy; ask again later",
                Retry_After=str(max(1, round(self._limits.waiting))),
            ) from error

    def _replace(self, line: _WorkerConnection | None) -> asyncio.Future[int | None]:
        """Kill a worker and start another, while the client is answered; give the exit code of the first.

        Who waits for that may leave: the other one is started all the same.
        """
        code = asyncio.get_running_loop().create_future()
        replacing = asyncio.create_task(self._replace_worker(line, code))
        self._replacing.add(replacing)
        replacing.add_done_callback(self._replacing.discard)
        return code

    async def _replace_worker(self, line: _WorkerConnection | None, code: asyncio.Future[int | None]) -> None:
        ended = await self._kill(line) if line else None
        if not code.done():
            code.set_result(ended)
        await self._add_worker()

    async def _kill(self, line: _WorkerConnection) -> int | None:
        """Kill a worker, and give its exit code; None if the fork server has gone with it."""
        line.writer.transport.abort()
        return await asyncio.to_thread(self._server.kill, line.worker)

    async def _add_worker(self) -> None:
        """Fill a place; if that fails now, whoever takes it next tries again."""
        line = None
        try:
            line = await self._start_worker()
        except EOFError:  # the server ends
            return
        except (ForkServerError, OSError) as error:
            _LOG.error("%s", error)
            await asyncio.sleep(_PAUSE)
        self._idle.put_nowait(line)

    async def _start_worker(self) -> _WorkerConnection:
        """Start a worker; if the graph was loaded anew for it, forget the results of the old one."""
        worker = await asyncio.to_thread(self._server.fork)
        if self._server.generation != self._generation:
            self._generation = self._server.generation
            self._results.clear()
        return await _WorkerConnection.open(worker)


def _create_reload_error() -> HTTPError:
    return HTTPError(503, "the graph is being loaded again; ask again later", Retry_After="5")
