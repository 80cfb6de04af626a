"""Runs calls one after the other in a worker, and replaces the worker when a call ends it."""

from __future__ import annotations

import os
import signal
from typing import Any, Protocol

from build_graph.processes.worker import Call, Exhausted, LocalForkServer, Service, Worker, WorkerSource

_TRIALS = 2  # of a call, before it is to blame for the death of its worker
_PATIENCE = 20  # times its seconds of processor that a call may take on the clock, on a machine that is busy
_LOSSES = 5  # fork servers that may be gone while a call waits, before it gives up


class OverTimeError(Exception):
    """A call that took more seconds of processor than it may."""


class OverMemoryError(Exception):
    """A call that asked for more memory than it may."""


class DeadWorkerError(Exception):
    """A call that ends its worker each time."""


class Runner(Protocol):
    """A runner of calls."""

    def run(self, call: Call) -> Any:
        """Return what a call returns; raise one of the errors above if it is stopped."""

    def close(self) -> None:
        """Give up what calls were run in."""


class WorkerRunner:
    """Runs calls in a worker, which is forked with the first of them."""

    def __init__(self, forks: WorkerSource) -> None:
        """Run calls in workers of `forks`."""
        self._forks = forks
        self._worker: Worker | None = None

    def run(self, call: Call) -> Any:
        """Return what a call returns; one whose worker was killed from outside is run once more."""
        deaths = losses = 0
        while deaths < _TRIALS and losses < _LOSSES:
            worker = self._worker = self._worker or self._forks.fork()
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
        return self._forks.kill(worker) if worker else None


class DirectRunner:
    """Runs calls in this process, without limits: for systems that cannot fork."""

    def __init__(self, service: Service) -> None:
        """Load what the calls work with."""
        self._state = service.begin(service.load())

    def run(self, call: Call) -> Any:
        """Return what a call returns."""
        try:
            return call.function(self._state, *call.args)
        except MemoryError:
            raise OverMemoryError from None

    def close(self) -> None:
        """Do nothing: there is nothing to give up."""


def create_local_runner(service: Service) -> Runner:
    """Return what runs calls in a fork of this process, or in it where the system cannot fork."""
    return WorkerRunner(LocalForkServer(service)) if hasattr(os, "fork") else DirectRunner(service)
