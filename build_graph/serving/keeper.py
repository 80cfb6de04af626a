"""The process that holds the graph, and the workers that fork from it.

A query of Oxigraph cannot be stopped from within its process, so that each worker is a process that can be
killed. The graph is loaded once: a fork shares its memory, and is there in milliseconds. Nothing but the
keeper forks, as it has a single thread; nothing but the keeper kills, as it knows which numbers of processes
are still those of its children.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from threading import Lock

from pyoxigraph import Store

from build_graph.errors import ObligationError
from build_graph.querying.engines import EngineError, OxigraphEngine, is_store, open_graph, readable
from build_graph.serving.answering import Answerer, Task
from build_graph.serving.channel import pack, receive
from build_graph.serving.negotiation import Media
from build_graph.serving.protocol import Asked
from build_graph.serving.settings import Limits, ServeError, Settings
from build_graph.serving.walls import forbid_connections

_ON_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG
_GRACE = 5  # seconds of processor beyond its limit after which a worker that nobody killed is killed
_DATA = re.compile(r"^VmData:\s+(\d+) kB", re.MULTILINE)
_FIRST = 3  # the first number of an open file beyond those that every process has


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as the server sees it: its process, and our end of the socket."""

    pid: int
    socket: socket.socket


class Keeper:
    """The keeper as the server sees it; its methods block for milliseconds, and may be called in threads."""

    def __init__(self, control: Connection, process: SpawnProcess) -> None:
        """Take over a keeper that has started."""
        self._control, self._process, self._lock = control, process, Lock()

    @classmethod
    def start(cls, settings: Settings) -> Keeper:
        """A keeper that has the graph; raises ObligationError where that cannot be had."""
        graph = settings.graph
        if not hasattr(os, "fork"):
            raise ServeError("serve: this system cannot fork; run it on Linux or macOS, or in WSL")
        if is_store(graph):
            _store(graph)  # says here what is wrong with it; each worker opens it for itself
        ours, theirs = Pipe()
        process = get_context("spawn").Process(target=keep, args=(theirs, settings), daemon=True)
        process.start()
        theirs.close()
        try:
            fault = ours.recv()
        except EOFError:
            fault = f"{graph}: the process that loads it has ended; see whether there is memory for it"
        except BaseException:  # Ctrl-C while it loads
            process.kill()
            raise
        if fault:
            process.join()
            raise EngineError(fault)
        return cls(ours, process)

    def fork(self) -> Worker:
        """A new worker; raises OSError or EOFError where the keeper is gone."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            self._control.send(None)
            send_handle(self._control, theirs.fileno(), self._process.pid)
            return Worker(self._control.recv(), ours)

    def kill(self, worker: Worker) -> None:
        """Kill a worker; when this returns, its memory is free. Raises as `fork` does."""
        worker.socket.close()
        with self._lock:
            self._control.send(worker.pid)
            self._control.recv()

    def alive(self) -> bool:
        """Is the keeper there? Where it is not, its workers are not either."""
        return self._process.is_alive()

    def close(self) -> None:
        """End the keeper and all workers."""
        with self._lock:
            self._control.close()
        self._process.join(timeout=5)
        self._process.kill()


def keep(control: Connection, settings: Settings) -> None:
    """Load the graph, then fork and kill workers as told, until the server is gone: the process itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the server tells us
    children: set[int] = set()
    try:
        opened = _opener(settings)
    except ObligationError as error:
        control.send(str(error))
        return
    control.send(None)
    try:
        while True:
            children = _told(control, children, opened, settings)
    except (EOFError, OSError):
        for pid in children:
            _end(pid)


def _told(
    control: Connection, children: set[int], opened: Callable[[], Store], settings: Settings
) -> set[int]:
    """The children there are after the next order: to kill the worker of a number, or to fork one."""
    pid = control.recv()
    if pid is not None:
        if pid in children:
            _end(pid)
        control.send(None)
        return children - {pid}
    stream = socket.socket(fileno=recv_handle(control))
    keeper = os.getpid()
    pid = os.fork()
    if not pid:
        control.close()
        _work(stream, opened, settings, keeper)
    stream.close()
    control.send(pid)
    return children | {pid}


def _opener(settings: Settings) -> Callable[[], Store]:
    """What gives a worker its store: one in memory is here and shared, a store's folder is opened in each.

    An open folder has threads, which do not survive a fork. Raises EngineError where it cannot be read.
    """
    graph = settings.graph
    if not is_store(graph):
        store = _store(graph)
        return lambda: store
    if settings.in_memory:
        copy = _copied(graph)
        return lambda: copy
    return lambda: _store(graph)


def _copied(folder: Path) -> Store:
    """A store in memory with what is in that of a folder; once it is here, the folder is closed."""
    store = Store()
    with readable(folder):
        store.bulk_extend(iter(_store(folder)))
    return store


def _store(graph: Path) -> Store:
    engine = open_graph(str(graph))
    assert isinstance(engine, OxigraphEngine), "a path leads to no endpoint"
    return engine.store


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


# ------------------------------------------------------------------------------- in a worker


def _work(stream: socket.socket, opened: Callable[[], Store], settings: Settings, keeper: int) -> None:
    """Answer what comes over the socket until the server is gone; ends the process."""
    try:
        limits = settings.limits
        _die_with(keeper)
        answerer = Answerer(opened(), limits)
        _warm(answerer)
        _confine(limits, _files(settings))
        with stream.makefile("rwb") as both:
            while True:
                task = receive(both)
                _limit_processor(limits)
                both.write(pack(answerer.answer(task)))
                both.flush()
    except BaseException:  # whatever it is, a fork must not go on as its parent would
        os._exit(1)


def _die_with(keeper: int) -> None:
    """Have Linux end this process when its keeper ends; elsewhere the limit of processor time does."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_ON_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != keeper:  # it has ended before it could be told
        os._exit(1)


def _warm(answerer: Answerer) -> None:
    """Load what a first answer loads: later no file but those of a store can be opened."""
    for query in ("SELECT * {", "ASK {}"):
        answerer.answer(Task(Asked(query), Media("text/csv", None)))


def _files(settings: Settings) -> int:
    """How many files a query may open: RocksDB opens those of a store when it needs them, twice at most."""
    if settings.in_memory or not is_store(settings.graph):
        return 0
    return _FIRST + 2 * sum(1 for _ in settings.graph.iterdir())


def _confine(limits: Limits, files: int) -> None:
    """Say nothing, take no more memory than a query may, open no connection, and no more than so many files.

    Over a graph in memory that is none, and so no connection where the system has no wall against them.
    """
    import resource

    forbid_connections()
    silent = os.open(os.devnull, os.O_RDWR)
    for number in range(_FIRST):
        os.dup2(silent, number)
    os.close(silent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if (used := _data()) is not None:
        most = used + limits.memory
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    most = min(_FIRST + files, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _data() -> int | None:
    """Bytes of private memory that this process has asked for; None where the system does not say."""
    try:
        found = _DATA.search(Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _limit_processor(limits: Limits) -> None:
    """End by ourselves if a query runs on though the keeper, which would kill us, is gone."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + limits.seconds) + _GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
