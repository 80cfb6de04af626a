"""The places of workers: each is filled again, whatever happens to the worker and to who waits for it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest

from build_graph.processes.fork_server import ForkServer, ForkServerError
from build_graph.processes.worker import Worker, encode_message, read_message
from build_graph.web.server import workers as module
from build_graph.web.server.executor import QueryRequest, QueryResult
from build_graph.web.server.protocol import AcceptedTypes, SparqlRequest
from build_graph.web.server.settings import QueryLimits, Settings
from build_graph.web.server.workers import QueryWorkerPool

SETTINGS = Settings(Path("graph.ttl"), limits=QueryLimits(workers=1, waiting=1))
TASK = QueryRequest(SparqlRequest("ASK {}"), AcceptedTypes("text/csv", None))
ANSWER = QueryResult(200, "text/csv", b"true")


def answer(stream: socket.socket) -> None:
    """Answer each call in the same way."""
    with stream, stream.makefile("rwb") as both:
        while read_message(both):
            both.write(encode_message(ANSWER))
            both.flush()


def die(stream: socket.socket) -> None:
    """End at the first call."""
    with stream, stream.makefile("rb") as calls:
        read_message(calls)


def refuse(stream: socket.socket) -> None:
    raise ForkServerError("graph.ttl: there is no such graph")


def lack_files(stream: socket.socket) -> None:
    raise OSError(24, "Too many open files")


class Threads:
    """A fork server whose workers are threads, each of which does what the next of some functions does."""

    generation = 0

    def __init__(self, *works: Callable[[socket.socket], None]) -> None:
        self.works = list(works)
        self.ending, self.may_end = Event(), Event()
        self.may_end.set()

    def fork(self) -> Worker:
        ours, theirs = socket.socketpair()
        work = self.works.pop(0)
        if work in (refuse, lack_files):
            work(theirs)
        Thread(target=self._run, args=(work, theirs), daemon=True).start()
        return Worker(1, ours)

    def kill(self, worker: Worker) -> int:
        self.ending.set()
        self.may_end.wait()
        return 1

    def is_alive(self) -> bool:
        return True

    def close(self) -> None:
        pass

    @staticmethod
    def _run(work: Callable[[socket.socket], None], stream: socket.socket) -> None:
        with suppress(EOFError):
            work(stream)


def run(threads: Threads, talk: Callable[[QueryWorkerPool], Any]) -> None:
    async def within() -> None:
        async with QueryWorkerPool(SETTINGS, cast("ForkServer", threads)) as workers:
            await talk(workers)

    asyncio.run(within())


@pytest.mark.parametrize("fault", [refuse, lack_files])
def test_a_place_that_cannot_be_filled_now_is_filled_later(
    fault: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the graph is away for a while, or the system has no more files, the server goes on afterwards."""
    monkeypatch.setattr(module, "_PAUSE", 0.01, raising=False)

    async def talk(workers: QueryWorkerPool) -> None:
        assert (await workers.execute(TASK)).status == 400  # the one that died
        assert await workers.execute(TASK) == ANSWER

    run(Threads(die, fault, fault, answer), talk)
    assert "Traceback" not in caplog.text


def test_who_leaves_while_a_worker_is_taken_away_costs_no_place() -> None:
    threads = Threads(die, answer)

    async def talk(workers: QueryWorkerPool) -> None:
        threads.may_end.clear()
        asking = asyncio.create_task(workers.execute(TASK))
        await asyncio.to_thread(threads.ending.wait)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0)
        threads.may_end.set()
        assert await workers.execute(TASK) == ANSWER

    run(threads, talk)
