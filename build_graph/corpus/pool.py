"""Worker processes that understand the documents of a corpus, each with a thread that waits for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from build_graph.corpus.outcome import DocumentWorker, Found, build_failure
from build_graph.corpus.shard_writer import ShardMember, encode_member
from build_graph.corpus.stages import Stages
from build_graph.errors import ObligationError
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.model import Input
from build_graph.processes.fork_server import ForkServer
from build_graph.processes.worker import Service, WorkerRunner
from build_graph.text.inputs import InputReader, LazyInput


class WorkerPool:
    """A pool of workers, which starts with the first document and ends with the `with` block."""

    def __init__(self, count: int, reader: InputReader, registry: AddedRegistry | None = None) -> None:
        """Use `count` workers, which open files by the reader, and have an analyst's registry."""
        self.count = count
        self._reader = reader
        self._registry = registry
        self._server: ForkServer | None = None
        self._threads = ThreadPoolExecutor(count)
        self._free: SimpleQueue[Stages] = SimpleQueue()

    def __enter__(self) -> Self:
        """Return the workers."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers: at once after an error, else when they have done their work."""
        if error and self._server:
            self._server.close()  # its workers end with it, and the threads that wait for them
        self._threads.shutdown(cancel_futures=True)
        if self._server:
            self._server.close()

    def submit(self, found: Found) -> Future[ShardMember]:
        """Start to understand a document; return the future of its shard member."""
        self._start()
        return self._threads.submit(self._understand, found)

    def open(self, found: LazyInput) -> Input | ObligationError:
        """Return the document in a file, or the error about it; wait for a free worker."""
        self._start()
        with self._borrow_stages() as stages:
            return stages.open(found)

    def _start(self) -> None:
        if self._server is None:
            self._server = ForkServer(Service(partial(_load_worker, self._registry)), "the words and rules")
            for _ in range(self.count):
                self._free.put(Stages(WorkerRunner(self._server), self._reader))

    @contextmanager
    def _borrow_stages(self) -> Iterator[Stages]:
        """Give the stages of a free worker for as long as the block lasts."""
        stages = self._free.get()
        try:
            yield stages
        finally:
            self._free.put(stages)

    def _understand(self, found: Found) -> ShardMember:
        """Return a document as a member of a shard."""
        with self._borrow_stages() as stages:
            return _understand_input(stages, found)


def _understand_input(stages: Stages, found: Found) -> ShardMember:
    opened = stages.open(found) if isinstance(found, LazyInput) else found
    if isinstance(opened, ObligationError):
        return encode_member(build_failure(opened))
    try:
        understood: ShardMember = stages.apply(understand_member, opened)
    except ObligationError as error:
        return encode_member(build_failure(error, opened.source))
    return understood


def understand_member(understander: DocumentWorker, found: Input) -> ShardMember:
    """Return a document as a member of a shard, in a worker."""
    outcome = understander.build_result(found)
    if outcome.kind == "NoMemory":  # so that the message names the limit
        raise MemoryError
    return encode_member(outcome)


def _load_worker(registry: AddedRegistry | None) -> DocumentWorker:
    """Return what understands documents, loaded once for all workers."""
    loaded = DocumentWorker.load(registry)
    gc.set_threshold(100_000)  # many objects, little garbage
    return loaded
