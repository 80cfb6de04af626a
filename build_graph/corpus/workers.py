"""Workers that understand the documents of a corpus, each with a thread that waits for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from build_graph.corpus.documents import Understander, failed
from build_graph.corpus.items import Found
from build_graph.corpus.packing import Packed, packed
from build_graph.corpus.stages import Stages
from build_graph.errors import ObligationError
from build_graph.processes.fork_server import ForkServer
from build_graph.processes.runner import WorkerRunner
from build_graph.processes.worker import Service
from build_graph.reading.inputs import Input, InputReader, Unopened


class Workers:
    """Workers that are there from the first document until the end of the `with` block."""

    def __init__(self, count: int, reader: InputReader) -> None:
        """Use so many workers; the reader opens what is not opened yet."""
        self.count = count
        self._reader = reader
        self._server: ForkServer | None = None
        self._threads = ThreadPoolExecutor(count)
        self._free: SimpleQueue[Stages] = SimpleQueue()

    def __enter__(self) -> Self:
        """Return the workers."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers: at once where there is an error, else when they have done their work."""
        if error and self._server:
            self._server.close()  # its workers end with it, and the threads that wait for them
        self._threads.shutdown(cancel_futures=True)
        if self._server:
            self._server.close()

    def begin(self, found: Found) -> Future[Packed]:
        """Begin to work on a document."""
        self._start()
        return self._threads.submit(self._take_through, found)

    def open(self, found: Unopened) -> Input | ObligationError:
        """Return the document in the bytes of a file, or what is wrong with them; waits for a worker."""
        self._start()
        with self._stages() as stages:
            return stages.open(found)

    def _start(self) -> None:
        if self._server is None:
            self._server = ForkServer(Service(_load), "the words and rules")
            for _ in range(self.count):
                self._free.put(Stages(WorkerRunner(self._server), self._reader))

    @contextmanager
    def _stages(self) -> Iterator[Stages]:
        """Give the stages of a worker that has nothing else to do for as long as the block lasts."""
        stages = self._free.get()
        try:
            yield stages
        finally:
            self._free.put(stages)

    def _take_through(self, found: Found) -> Packed:
        """Return what becomes of a document, as it goes into a shard."""
        with self._stages() as stages:
            return _take_through(stages, found)


def _take_through(stages: Stages, found: Found) -> Packed:
    opened = stages.open(found) if isinstance(found, Unopened) else found
    if isinstance(opened, ObligationError):
        return packed(failed(opened))
    try:
        understood: Packed = stages.make(understand_packed, opened)
    except ObligationError as error:
        return packed(failed(error, opened.source))
    return understood


def understand_packed(understander: Understander, found: Input) -> Packed:
    """Return what becomes of a document, in a worker."""
    outcome = understander.outcome(found)
    if outcome.kind == "NoMemory":  # the limit says more
        raise MemoryError
    return packed(outcome)


def _load() -> Understander:
    """Return what documents are understood by, loaded once for all workers."""
    loaded = Understander.load()
    gc.set_threshold(100_000)  # many objects, little garbage
    return loaded
