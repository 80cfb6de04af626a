"""The server: it listens at an address until a signal stops it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import uvicorn

from build_graph.web.server.app import build_application
from build_graph.web.server.connections import AT_ONCE, ConnectionLimiter, ExceptionLogger, LimitedConnection
from build_graph.web.server.settings import ServeError, Settings
from build_graph.web.server.workers import QueryWorkerPool, start_fork_server

_LONGEST = 1 << 18  # bytes of a request's first line and headers, with the query in it
_BACKLOG = 1024  # connections that the system keeps until they are accepted
_GRACE = 2  # seconds for running answers when the server stops


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; call `announce` with the address once the server answers.

    Raise ObligationError if the graph or the address cannot be opened.
    """
    with _open_listener(settings) as listener:
        forks = start_fork_server(settings)
        config = uvicorn.Config(
            build_application(settings, QueryWorkerPool(settings, forks)),
            log_config=None,
            log_level="critical",  # the application logs its own errors
            access_log=False,
            server_header=False,
            loop="asyncio",
            http=cast("Any", partial(LimitedConnection, ConnectionLimiter.create(settings.limits))),
            backlog=AT_ONCE,
            ws="none",
            lifespan="on",
            h11_max_incomplete_event_size=_LONGEST,
            timeout_graceful_shutdown=_GRACE,
        )
        server = _Server(config, lambda: announce(_format_address(listener)))
        with _ignore_signals():
            server.run(sockets=[listener])
        if not server.started:
            raise ServeError(f"{settings.graph}: its workers cannot be started; give fewer --workers")


class _Server(uvicorn.Server):
    """A server of uvicorn that calls `ready` once it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(ExceptionLogger())
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)  # the backlog of uvicorn is also how many are accepted at a time
        if self.started:
            self._ready()


@contextmanager
def _ignore_signals() -> Iterator[None]:
    """Ignore the signals that uvicorn raises again after they have stopped it."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open_listener(settings: Settings) -> socket.socket:
    """Return a socket that listens at the address; raise ServeError if it cannot."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (socket.gaierror, UnicodeError) as error:
        raise ServeError(f"{where}: there is no such host; give --host an address of this machine") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ServeError(
            f"{where}: cannot be listened at ({reason}); give another --port (0 for a free one) or --host"
        ) from error

    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer takes 40 ms longer
    return listener


def _format_address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
