"""Processes that understand documents; one that dies takes one document with it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from threading import Thread
from types import TracebackType
from typing import Self

from build_graph.corpus.documents import Outcome, Understander, failed
from build_graph.corpus.items import Found
from build_graph.corpus.packing import Packed, packed
from build_graph.errors import ObligationError
from build_graph.reading.inputs import Input, InputReader, Unopened

_TRIALS = 2  # of a document by itself, before it is to blame for the death of its process


class WorkerDiedError(ObligationError):
    """A document on which the process ended that worked on it."""


@dataclass(frozen=True, slots=True)
class Work:
    """Documents that some processes work on."""

    batch: Sequence[Found]
    pool: ProcessPoolExecutor
    future: Future[list[Packed]]


class Workers:
    """Processes that are there from the first batch until the end of the `with` block."""

    def __init__(self, count: int, reader: InputReader) -> None:
        """So many processes; the reader opens what is not opened yet."""
        self.count = count
        self._reader = InputReader(reader.limits, reader.encoding)  # what it tells of its progress stays here
        self._ear, self._lifeline = multiprocessing.Pipe(duplex=False)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """The workers."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes: at once where there is an error, else when they have done their work."""
        if error:
            self._lifeline.close()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._lifeline.close()
        self._ear.close()

    def begin(self, batch: Sequence[Found]) -> Work:
        """The work on some documents, begun."""
        try:
            return self._submitted(batch)
        except BrokenProcessPool:  # a process was ended while it had nothing to do
            self._end(self._pool)
            return self._submitted(batch)

    def done(self, work: Work) -> list[Packed]:
        """What became of a batch; where a process died, each document is tried again by itself."""
        try:
            return work.future.result()
        except BrokenProcessPool:
            self._end(work.pool)
            return [one for found in work.batch for one in self._alone(found)]

    def _alone(self, found: Found) -> list[Packed]:
        """What becomes of a document while no other is worked on; one death may have come from outside."""
        for _ in range(_TRIALS):
            work = self.begin([found])
            try:
                return work.future.result()
            except BrokenProcessPool:
                self._end(work.pool)
        return [packed(_fatal(found))]

    def _submitted(self, batch: Sequence[Found]) -> Work:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._ear,),
            )
        return Work(batch, self._pool, self._pool.submit(understood, batch, self._reader))

    def _end(self, pool: ProcessPoolExecutor | None) -> None:
        """Let go of processes of which one has died; where they are gone already, others are at work."""
        if pool and pool is self._pool:
            pool.shutdown()
            self._pool = None


def understood(batch: Sequence[Found], reader: InputReader) -> list[Packed]:
    """What becomes of some documents, in a worker."""
    opened = (reader.opened(found) if isinstance(found, Unopened) else found for found in batch)
    return [packed(_understander().outcome(found)) for found in opened]


def _fatal(found: Found) -> Outcome:
    name = found.source.name if isinstance(found, Input) else getattr(found, "name", "")
    error = WorkerDiedError(
        f"{name}: the process that worked on it was ended, perhaps for want of memory; "
        "split the document, or give the machine more memory"
    )
    return failed(error)


@cache
def _understander() -> Understander:
    """What documents are understood by, loaded once in a process."""
    loaded = Understander.load()
    gc.freeze()
    return loaded


def _begin(ear: Connection) -> None:
    """Make a process ready: Ctrl-C is for the parent to hear, and where that ends, so does this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_listen, args=(ear,), daemon=True).start()
    gc.set_threshold(100_000)  # many objects, little garbage


def _listen(ear: Connection) -> None:
    """End the process when nobody holds the other end of the line: the parent let go of it, or was killed."""
    ear.poll(None)
    os._exit(1)
