"""Workers: processes forked from one that has loaded what the work needs, each called over its own socket.

Pools whose workers share one queue share its lock too, and a worker that is killed while it holds the lock
stops all others. (pebble 5.2 was tried: a worker killed while it sends its result leaves every later call
waiting, and one killed while idle breaks the pool.)

A runner runs calls one after the other in a worker, and replaces a worker that a call has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any, Protocol

from build_graph.processes.confinement import (
    Allowance,
    forbid_connections,
    redirect_standard_files,
    set_allowance,
)

if TYPE_CHECKING:
    import asyncio


_ON_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG
_FIRST_FILE = 3  # the first number of an open file beyond the standard ones
_MOST_FILES = 1 << 16  # numbers of open files that are closed in a new worker
_LENGTH = struct.Struct("!Q")  # precedes the bytes of each message


def _return_loaded(loaded: Any) -> Any:
    return loaded


@dataclass(frozen=True, slots=True)
class Service:
    """The functions that prepare workers: one runs in the process that forks, the other in each worker."""

    load: Callable[[], Any]  # must be picklable where the process that forks is another one
    begin: Callable[[Any], Any] = _return_loaded  # gives what every call gets as its first argument


@dataclass(frozen=True, slots=True)
class Call:
    """A piece of work: a function of a module, called with the worker's state, then `args`."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    allowance: Allowance


class Exhausted(Enum):
    """The reply of a worker that cannot go on."""

    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as its client sees it: its process number, and the client's end of the socket."""

    pid: int
    socket: socket.socket

    def ask(self, call: Call) -> Any:
        """Return the result of a call; raise EOFError or OSError if the worker ends instead."""
        self.socket.sendall(encode_message(call))
        with self.socket.makefile("rb") as stream:
            return read_message(stream)


class WorkerSource(Protocol):
    """A source of workers, which takes them back."""

    def fork(self) -> Worker:
        """Return a new worker; raise OSError or EOFError if there can be none."""

    def kill(self, worker: Worker) -> int | None:
        """Kill a worker, and return its exit code: negative for a signal, None if unknown.

        A worker that ended by itself has its own exit code. Its memory is free when this returns.
        """


class LocalForkServer:
    """A source that forks this very process, which must have a single thread."""

    def __init__(self, service: Service) -> None:
        """Load what the workers need."""
        self._service, self._loaded = service, service.load()

    def fork(self) -> Worker:
        """Return a new worker; raise OSError if the system gives none."""
        ours, theirs = socket.socketpair()
        with theirs:
            return Worker(fork_worker(theirs, self._loaded, self._service), ours)

    def kill(self, worker: Worker) -> int | None:
        """Kill a worker, and return its exit code."""
        worker.socket.close()
        return kill_process(worker.pid)


def fork_worker(stream: socket.socket, loaded: Any, service: Service) -> int:
    """Fork a worker that serves calls from a socket, and return its process number."""
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        _run_worker(_move_up(stream), loaded, service, parent)
    return pid


def kill_process(pid: int) -> int | None:
    """Kill a child of this process, and return its exit code; None if it is no child any more."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return None


def _run_worker(stream: socket.socket, loaded: Any, service: Service, parent: int) -> None:
    """Serve calls until the other end is gone, then end the process."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _bind_to_parent(parent)
        _close_others(stream.fileno())
        redirect_standard_files()
        forbid_connections()
        gc.freeze()  # keeps the collector from writing into memory that is shared with the parent
        state = service.begin(loaded)
        with stream.makefile("rwb") as both:
            while True:
                both.write(_answer_call(read_message(both), state))
                both.flush()
    except BaseException:  # whatever it is, a fork must not go on as its parent would
        os._exit(1)


def _move_up(stream: socket.socket) -> socket.socket:
    """Return the socket under a number above the standard files, which are replaced later."""
    if stream.fileno() >= _FIRST_FILE:
        return stream
    import fcntl

    return socket.socket(fileno=fcntl.fcntl(stream, fcntl.F_DUPFD, _FIRST_FILE))


def _answer_call(call: Call, state: Any) -> bytes:
    try:
        set_allowance(call.allowance)
        return encode_message(call.function(state, *call.args))
    except MemoryError:
        return encode_message(Exhausted.MEMORY)


def _bind_to_parent(parent: int) -> None:
    """Have Linux end this process when its parent ends; elsewhere it ends when its socket does."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_ON_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call above
        os._exit(1)


def _close_others(kept: int) -> None:
    """Close all files of the parent but one, so that its locks and sockets are not kept open here."""
    os.closerange(_FIRST_FILE, kept)
    os.closerange(kept + 1, _MOST_FILES)


def encode_message(message: object) -> bytes:
    """Return a message as it goes over the socket: a pickle, as both ends are this program."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def read_message(stream: BufferedIOBase) -> Any:
    """Return the next message; raise EOFError if the other end is gone."""
    (size,) = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    return pickle.loads(_read_exactly(stream, size))


async def aread_message(stream: asyncio.StreamReader) -> Any:
    """Return the next message without blocking; raise asyncio.IncompleteReadError at the end."""
    (size,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return pickle.loads(await stream.readexactly(size))


def _read_exactly(stream: BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:  # the other end died while it was writing
        raise EOFError
    return data


_TRIALS = 2  # of a call, before it is blamed for the death of its worker
_PATIENCE = 20  # times its seconds of processor that a call may take on the clock, on a machine that is busy
_LOSSES = 5  # fork servers that may be gone while a call waits, before it gives up


class OverTimeError(Exception):
    """A call that took more seconds of processor than it may."""


class OverMemoryError(Exception):
    """A call that asked for more memory than it may."""


class DeadWorkerError(Exception):
    """A call that ends its worker each time."""


class WorkerRunner:
    """A runner that runs calls in a worker, which is forked for the first call."""

    def __init__(self, source: WorkerSource) -> None:
        """Take workers from `source`."""
        self._source = source
        self._worker: Worker | None = None

    def run(self, call: Call) -> Any:
        """Return the result of a call; a call whose worker was killed from outside is run once more."""
        deaths = losses = 0
        while deaths < _TRIALS and losses < _LOSSES:
            worker = self._worker = self._worker or self._source.fork()
            worker.socket.settimeout(_PATIENCE * (call.allowance.seconds + 1))
            try:
                reply = worker.ask(call)
            except TimeoutError:
                self._kill()
                raise OverTimeError from None
            except (EOFError, OSError):
                code = self._kill()
                if code == -signal.SIGXCPU:
                    raise OverTimeError from None
                deaths, losses = deaths + (code is not None), losses + 1
                continue
            if reply is Exhausted.MEMORY:
                self._kill()
                raise OverMemoryError
            return reply
        raise DeadWorkerError

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            self._kill()

    def _kill(self) -> int | None:
        worker, self._worker = self._worker, None
        return self._source.kill(worker) if worker else None


class DirectRunner:
    """A runner that runs calls in this process, without limits: for systems that cannot fork."""

    def __init__(self, service: Service) -> None:
        """Load what the calls need."""
        self._state = service.begin(service.load())

    def run(self, call: Call) -> Any:
        """Return the result of a call."""
        try:
            return call.function(self._state, *call.args)
        except MemoryError:
            raise OverMemoryError from None

    def close(self) -> None:
        """Do nothing: there is nothing to free."""


Runner = WorkerRunner | DirectRunner


def create_local_runner(service: Service) -> Runner:
    """Return a runner in a fork of this process, or in it where the system cannot fork."""
    return WorkerRunner(LocalForkServer(service)) if hasattr(os, "fork") else DirectRunner(service)
