"""Limits of client connections: the time without a request, and their number.

A connection without a request (none yet, half of one, or none after the last) takes an open file of the
process. The server closes it when its time is over, or earlier if there are too many: the one that has waited
longest then gives way to the new one. So a client that sends its request at once gets an answer, whoever else
holds connections open.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from build_graph.web.server.settings import QueryLimits

AT_ONCE = 8  # connections that are accepted at a time, before the open ones get their turn
_UNDER_WAY = 4 * AT_ONCE  # connections that are open but not counted: just accepted, or being closed
_OF_A_WORKER = 3  # files that the server opens for a worker
_SPARE = 16  # files that pages and queries open now and then
_FEWEST = 8  # connections, however few files the system allows
_NO_FILES = "socket.accept() out of system resource"  # the message of asyncio
_SILENCE = 60.0  # seconds between two log lines about it
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class ConnectionLimiter:
    """The connections of a server that are without a request, and the number of all that it may have."""

    patience: float  # seconds that a connection may be without a request
    most: int
    # Connections without a request, the oldest first.
    waiting: dict[LimitedConnection, None] = field(default_factory=dict)

    @classmethod
    def create(cls, limits: QueryLimits) -> ConnectionLimiter:
        """Return a limiter; call it when all other files are open, as it counts them."""
        return cls(limits.headers, compute_connection_limit(limits))

    def find_oldest(self) -> LimitedConnection | None:
        """Return the connection that has waited longest, of those whose client has taken its answer."""
        return next((one for one in self.waiting if not one.count_unsent()), None)


def compute_connection_limit(limits: QueryLimits) -> int:
    """Return the number of connections that the limits, and the system's limit of open files, allow."""
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return limits.connections
    used = sum(1 for _ in Path("/dev/fd").iterdir()) + _OF_A_WORKER * limits.workers + _UNDER_WAY + _SPARE
    return max(_FEWEST, min(limits.connections, files - used))


class LimitedConnection(H11Protocol):
    """A connection that closes if it is without a request for too long, or if others need its place."""

    def __init__(self, limiter: ConnectionLimiter, **given: Any) -> None:
        """Take over a connection with the arguments of uvicorn, under a limiter."""
        super().__init__(**given)
        self._limiter = limiter
        self._deadline: asyncio.TimerHandle | None = None
        self._unsent: int | None = None  # bytes of an answer that had not been taken when last looked at

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start; close the oldest connection if there are too many now."""
        super().connection_made(transport)
        self._update_deadline()
        if len(self.connections) > self._limiter.most:
            oldest = self._limiter.find_oldest() or self
            if oldest is self:  # all others are being answered
                self._refuse(503, b"there are too many connections; ask again later\n", ("retry-after", "5"))
            oldest.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and cancel the deadline."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive bytes, which may complete the headers of a request."""
        super().data_received(data)
        self._update_deadline()

    def on_response_complete(self) -> None:
        """Finish an answer, and wait for the next request."""
        super().on_response_complete()
        self._update_deadline()

    def count_unsent(self) -> int:
        """Return the number of bytes of an answer that the client has not taken yet."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close at once."""
        self._stop_waiting()
        self.transport.abort()

    def _update_deadline(self) -> None:
        """Set a deadline if there is no request, and cancel it if there is one."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None:
            self._limiter.waiting[self] = None
            self._unsent = None
            self._deadline = self.loop.call_later(self._limiter.patience, self._close_late)

    def _stop_waiting(self) -> None:
        self._limiter.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_late(self) -> None:
        """Close the connection, unless its client still takes an answer, however slowly."""
        left = self.count_unsent()
        if left and (self._unsent is None or left < self._unsent):
            self._unsent = left
            self._deadline = self.loop.call_later(self._limiter.patience, self._close_late)
            return
        if not left and self.conn.trailing_data[0] and self.conn.our_state is h11.IDLE:
            self._refuse(408, b"the request does not come in; send it faster\n")
        self.abort()

    def _refuse(self, status: int, message: bytes, *more: tuple[str, str]) -> None:
        """Send a refusal to a client that has sent no request, or half of one."""
        headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(message)))]
        response = h11.Response(status_code=status, headers=[*headers, ("connection", "close"), *more])
        for event in (response, h11.Data(data=message), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


class ExceptionLogger:
    """The handler of errors in the event loop; it logs a lack of open files at most once a minute."""

    def __init__(self) -> None:
        """Start with nothing logged."""
        self._last = -_SILENCE

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an error that asyncio reports."""
        if context.get("message") != _NO_FILES:
            return loop.default_exception_handler(context)
        if time.monotonic() - self._last >= _SILENCE:
            self._last = time.monotonic()
            _LOG.error("connections: the system has no open files left; allow more (ulimit -n)")
        return None
