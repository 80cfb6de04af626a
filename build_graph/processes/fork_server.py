"""The process that loads what workers need, and forks them.

It is there where the process that asks has threads: nothing but the fork server forks, as it has a single
thread; nothing but the fork server kills, as it knows which numbers are still those of its children.
"""

from __future__ import annotations

import signal
import socket
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import recv_handle, send_handle
from threading import Lock

from build_graph.errors import ObligationError
from build_graph.processes.worker import Service, Worker, end_process, fork_worker


class ForkServerError(ObligationError):
    """A fork server that cannot load what its workers need."""


class ForkServer:
    """The fork server as other processes see it; its methods block briefly, and may run in threads."""

    def __init__(self, service: Service, subject: str) -> None:
        """Start it, and wait until it has loaded; `subject` names what it loads.

        Raises ForkServerError with the reason where that fails.
        """
        self._service, self._subject, self._lock = service, subject, Lock()
        self.generation = 0  # how often it was started again
        self._closed = False
        self._control, self._process = self._start()

    def fork(self) -> Worker:
        """Return a new worker, of a fork server that is started again if it is gone.

        Raises EOFError once it is closed.
        """
        with self._lock:
            if self._closed:
                raise EOFError
            try:
                return self._fork()
            except (EOFError, OSError):
                self._renew()
                return self._fork()

    def end(self, worker: Worker) -> int | None:
        """Kill a worker, and return its exit code; None if the fork server has gone with it."""
        worker.socket.close()
        with self._lock:
            try:
                self._control.send(worker.pid)
                code: int | None = self._control.recv()
            except (EOFError, OSError):
                return None
            return code

    def is_alive(self) -> bool:
        """Return whether it is there; where it is not, its workers are not either."""
        return self._process.is_alive()

    def close(self) -> None:
        """End it and all workers."""
        with self._lock:
            self._closed = True
            self._control.close()
        self._process.join(timeout=5)
        self._process.kill()

    def _start(self) -> tuple[Connection, SpawnProcess]:
        ours, theirs = Pipe()
        process = get_context("spawn").Process(target=_serve, args=(theirs, self._service), daemon=True)
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

    def _renew(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.join()
        self._control, self._process = self._start()
        self.generation += 1

    def _fork(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            self._control.send(None)
            send_handle(self._control, theirs.fileno(), self._process.pid)
            return Worker(self._control.recv(), ours)


def _serve(control: Connection, service: Service) -> None:
    """Load, then fork and end workers as told, until the other end is gone: the process itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the other end tells us
    try:
        loaded = service.load()
    except ObligationError as error:
        control.send(str(error))
        return
    control.send(None)
    children: set[int] = set()
    try:
        while True:
            if (pid := control.recv()) is not None:
                control.send(end_process(pid) if pid in children else None)
                children.discard(pid)
                continue
            with socket.socket(fileno=recv_handle(control)) as stream:
                pid = fork_worker(stream, loaded, service)
            children.add(pid)
            control.send(pid)
    except (EOFError, OSError):
        for pid in children:
            end_process(pid)
