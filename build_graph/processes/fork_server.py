"""The fork server: a process that loads what workers need, and forks them.

It serves processes that have threads: only the fork server forks, as it has a single thread, and only it
kills, as it knows which process numbers are still those of its children.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import recv_handle, send_handle
from threading import Lock
from typing import Any

from build_graph.errors import ObligationError, shorten_error
from build_graph.processes.worker import Service, Worker, fork_worker, kill_process


class ForkServerError(ObligationError):
    """A fork server that cannot load what its workers need."""


class ForkServer:
    """A client of the fork server; its methods block briefly, and may run in threads."""

    def __init__(self, service: Service, subject: str) -> None:
        """Start the fork server, and wait until it has loaded; `subject` names what it loads.

        Raises ForkServerError with the reason where that fails.
        """
        self._service, self._subject, self._lock = service, subject, Lock()
        self.generation = 0  # how often it was started again
        self._closed = False
        self._control, self._process = self._start()

    def fork(self) -> Worker:
        """Return a new worker; a fork server that has ended is started again.

        Raises EOFError once this is closed, OSError where the system has no room for a process or a file, and
        ForkServerError where the fork server cannot be started again.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                return Worker(self._fork_worker(theirs), ours)
        except BaseException:
            ours.close()
            raise

    def kill(self, worker: Worker) -> int | None:
        """Kill a worker, and return its exit code; None if the fork server has ended too."""
        worker.socket.close()
        with self._lock:
            try:
                self._control.send(worker.pid)
                code: int | None = self._control.recv()
            except (EOFError, OSError):
                return None
            return code

    def is_alive(self) -> bool:
        """Return whether the fork server runs; its workers end with it."""
        return self._process.is_alive()

    def close(self) -> None:
        """End the fork server and all workers."""
        with self._lock:
            self._closed = True
            self._control.close()
        self._process.join(timeout=5)
        self._process.kill()

    def _start(self) -> tuple[Connection, SpawnProcess]:
        ours, theirs = Pipe()
        given = (theirs, self._service, self._subject)
        process = get_context("spawn").Process(target=_serve_forks, args=given, daemon=True)
        with _block_interrupts():
            process.start()
        theirs.close()
        try:
            fault = ours.recv()
        except EOFError:
            fault = (
                f"{self._subject}: the process that loads it has ended; see whether there is memory for it"
            )
        except BaseException:  # Ctrl-C while it loads
            process.kill()
            raise
        if fault:
            process.join()
            raise ForkServerError(fault)
        return ours, process

    def _restart(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.join()
        self._control, self._process = self._start()
        self.generation += 1

    def _fork_worker(self, theirs: socket.socket) -> int:
        """Have a worker forked, and return its process number."""
        with self._lock:
            if self._closed:
                raise EOFError
            try:
                pid = self._ask_for_worker(theirs)
            except (EOFError, OSError):
                self._restart()
                pid = self._ask_for_worker(theirs)
        if isinstance(pid, OSError):
            raise pid
        return pid

    def _ask_for_worker(self, theirs: socket.socket) -> int | OSError:
        self._control.send(None)
        send_handle(self._control, theirs.fileno(), self._process.pid)
        answer: int | OSError = self._control.recv()
        return answer


@contextmanager
def _block_interrupts() -> Iterator[None]:
    """Keep Ctrl-C from a process that is started in the block, until it unblocks the signal.

    Ctrl-C goes to the whole group, and an interrupted Python would print a traceback on stderr.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve_forks(control: Connection, service: Service, subject: str) -> None:
    """Load, then fork and kill workers on request, until the other end is gone: the main function."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the other end decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    children: set[int] = set()
    try:
        loaded = _load(control, service, subject)
        while True:
            if (pid := control.recv()) is not None:
                control.send(kill_process(pid) if pid in children else None)
                children.discard(pid)
                continue
            with socket.socket(fileno=recv_handle(control)) as stream:
                control.send(_fork_into(children, stream, loaded, service))
    except (EOFError, OSError):
        for pid in children:
            kill_process(pid)


def _load(control: Connection, service: Service, subject: str) -> Any:
    """Return what the workers need, and report success or the fault; raise EOFError for a fault."""
    try:
        loaded = service.load()
    except ObligationError as error:
        control.send(str(error))
        raise EOFError from error
    except Exception as error:
        reason = f"{type(error).__name__}: {shorten_error(error)}"
        control.send(f"{subject}: cannot be loaded ({reason}); see whether there is memory for it")
        raise EOFError from error
    control.send(None)
    return loaded


def _fork_into(children: set[int], stream: socket.socket, loaded: Any, service: Service) -> int | OSError:
    """Fork a worker, and return its process number, or the error that prevents it."""
    try:
        pid = fork_worker(stream, loaded, service)
    except OSError as error:
        return error
    children.add(pid)
    return pid
