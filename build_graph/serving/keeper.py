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
from build_graph.querying.engines import EngineError, OxigraphEngine, is_store, open_graph
from build_graph.serving.answering import Answerer, Task
from build_graph.serving.channel import pack, receive
from build_graph.serving.negotiation import Media
from build_graph.serving.protocol import Asked
from build_graph.serving.settings import Limits, ServeError

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
    def start(cls, graph: Path, limits: Limits) -> Keeper:
        """A keeper that has the graph; raises ObligationError where that cannot be had."""
        if not hasattr(os, "fork"):
            raise ServeError("serve: this system cannot fork; run it on Linux or macOS, or in WSL")
        if is_store(graph):
            _store(graph)  # says here what is wrong with it; each worker opens it for itself
        ours, theirs = Pipe()
        process = get_context("spawn").Process(target=keep, args=(theirs, graph, limits), daemon=True)
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


def keep(control: Connection, graph: Path, limits: Limits) -> None:
    """Load the graph, then fork and kill workers as told, until the server is gone: the process itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the server tells us
    children: set[int] = set()
    try:
        opened = _opener(graph)
    except ObligationError as error:
        control.send(str(error))
        return
    control.send(None)
    try:
        while True:
            children = _told(control, children, opened, limits)
    except (EOFError, OSError):
        for pid in children:
            _end(pid)


def _told(control: Connection, children: set[int], opened: Callable[[], Store], limits: Limits) -> set[int]:
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
        _work(stream, opened, limits, keeper)
    stream.close()
    control.send(pid)
    return children | {pid}


def _opener(graph: Path) -> Callable[[], Store]:
    """What gives a worker its store: what was loaded is here and shared, a store's folder is opened in each.

    An open folder has threads, which do not survive a fork. Raises EngineError where a file cannot be read.
    """
    if not is_store(graph):
        store = _store(graph)
        return lambda: store
    return lambda: _store(graph)


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


def _work(stream: socket.socket, opened: Callable[[], Store], limits: Limits, keeper: int) -> None:
    """Answer what comes over the socket until the server is gone; ends the process."""
    try:
        _die_with(keeper)
        answerer = Answerer(opened(), limits)
        _warm(answerer)
        _confine(limits)
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
    """Load what a first answer loads: later no file can be opened."""
    for query in ("SELECT * {", "ASK {}"):
        answerer.answer(Task(Asked(query), Media("text/csv", None)))


def _confine(limits: Limits) -> None:
    """Say nothing, open nothing (no file, no connection), and take no more memory than a query may."""
    import resource

    silent = os.open(os.devnull, os.O_RDWR)
    for number in range(_FIRST):
        os.dup2(silent, number)
    os.close(silent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if (used := _data()) is not None:
        most = used + limits.memory
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FIRST, _FIRST))


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
