"""Clients that keep connections: half requests, silence, trickles, answers not taken; and few open files."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import sleep
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from server import DIRECT, Server, serving, until
from uvicorn import Config
from uvicorn.server import ServerState

from build_graph.web.server.connections import (
    _FEWEST,
    ConnectionLimiter,
    ExceptionLogger,
    LimitedConnection,
    compute_connection_limit,
)
from build_graph.web.server.settings import QueryLimits

HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
MANY = 300
SCRIPT = """
import resource, sys
from pathlib import Path
from build_graph.cli.serving import _print_address
from build_graph.web.server.server import serve
from build_graph.web.server.settings import QueryLimits, Settings
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
limits = QueryLimits(headers=float(sys.argv[2]), workers=2)
serve(Settings(Path(sys.argv[1]), port=0, limits=limits), _print_address)
"""


@pytest.fixture(scope="module")
def patient(graph: Path) -> Iterator[Server]:
    """A server that may have 256 files open and waits a minute for headers; it must not complain."""
    with serving(graph, 60, program=("-c", SCRIPT)) as server:
        yield server


@pytest.fixture(scope="module")
def impatient(graph: Path) -> Iterator[Server]:
    """The same, which waits half a second."""
    with serving(graph, 0.5, program=("-c", SCRIPT)) as server:
        yield server


def connected(server: Server, said: bytes = b"") -> socket.socket:
    address = urlsplit(server.url)
    client = socket.create_connection((address.hostname, address.port), timeout=20)
    client.sendall(said)
    return client


def ending(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    came = b""
    with suppress(ConnectionError):
        while piece := client.recv(1 << 16):
            came += piece
    return came


def test_half_requests_keep_nobody_out(patient: Server) -> None:
    """There are more of them than files, and their time is not over: the oldest give way."""
    with ExitStack() as stack:
        for number in range(MANY):
            stack.enter_context(connected(patient, HALF))
            if number % 50 == 49:
                assert patient.ask("ASK {}").status == 200
        assert patient.send("GET", "/").status == 200


def test_clients_that_come_all_at_once(patient: Server) -> None:
    """More connections than files are there before the server looks; it says nothing, and answers."""
    with ExitStack() as stack:
        patient.process.send_signal(signal.SIGSTOP)
        clients = [stack.enter_context(connected(patient, HALF)) for _ in range(MANY)]
        patient.process.send_signal(signal.SIGCONT)
        assert patient.ask("ASK {}").status == 200
        assert [ending(client) for client in clients[:50]] == [b""] * 50


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (HALF, b"HTTP/1.1 408 "),
        (b"GET / HT", b"HTTP/1.1 408 "),
        (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 404 "),
        (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT", b"HTTP/1.1 404 "),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 405 "),
    ],
    ids=["nothing", "half of the headers", "half a line", "one request", "one and a half", "half a body"],
)
def test_who_says_no_more_is_left(said: bytes, answer: bytes, impatient: Server) -> None:
    with connected(impatient, said) as client:
        came = ending(client)
    assert came.startswith(answer)
    assert bool(came) == bool(answer)


@pytest.mark.parametrize(
    "said",
    [HALF, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n"],
    ids=["headers", "a body that nobody wants"],
)
def test_a_trickle_is_no_request(said: bytes, impatient: Server) -> None:
    """What comes byte by byte has no more time than what comes at once."""
    with connected(impatient, said) as client:
        client.settimeout(0.05)

        def closed() -> bool:
            try:
                client.sendall(b"x")
                return client.recv(1 << 16) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        assert until(closed, 20)


def test_an_answer_that_is_not_taken(impatient: Server) -> None:
    """Who takes nothing of it is left; who takes it slowly gets it whole."""
    values = " ".join(f"'{number}{'x' * 99}'" for number in range(34))
    query = f"SELECT * {{ VALUES ?a {{ {values} }} VALUES ?b {{ {values} }} VALUES ?c {{ {values} }} }}"
    request = (
        f"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: {DIRECT}\r\nAccept: text/csv\r\n"
        f"Content-Length: {len(query)}\r\n\r\n{query}"
    ).encode()
    with connected(impatient, request) as slow, connected(impatient, request) as deaf:
        came = slow.recv(1 << 16)
        size = int(came.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert size > 10_000_000
        missing = size + came.index(b"\r\n\r\n") + 4 - len(came)
        while missing:
            piece = slow.recv(1 << 18)
            assert piece
            missing -= len(piece)
            sleep(0.02)
        assert until(lambda: _is_left(deaf), 20)


def _is_left(client: socket.socket) -> bool:
    """Has the server closed a connection, whatever has come by it and has not been taken?"""
    try:
        client.sendall(b"x")
    except ConnectionError:
        return True
    return False


def test_where_all_others_are_answered_a_new_one_is_told() -> None:
    """None of those that wait for their answers gives way."""

    async def come() -> None:
        crowd, state = ConnectionLimiter(patience=60, most=1), ServerState()
        config = Config(never, http="h11", lifespan="off", log_config=None)
        transports = [Mock(**{"get_write_buffer_size.return_value": 0}) for _ in range(2)]
        for transport in transports:
            one = LimitedConnection(crowd, config=config, server_state=state, app_state={})
            one.connection_made(transport)
            if not transport.abort.called:
                one.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b"".join(call.args[0] for call in transports[1].write.call_args_list)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in said.lower()
        assert [transport.abort.called for transport in transports] == [False, True]
        for task in state.tasks:
            task.cancel()

    asyncio.run(come())


async def never(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


def test_a_deadline_holds_between_requests_alone() -> None:
    """Not while one is answered, however long that takes; after each it is a new one."""

    async def talk() -> None:
        ready, crowd = asyncio.Event(), ConnectionLimiter(patience=60, most=9)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await ready.wait()
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

        config = Config(app, http="h11", lifespan="off", log_config=None)
        transport = Mock(**{"is_closing.return_value": False, "get_write_buffer_size.return_value": 0})
        one = LimitedConnection(crowd, config=config, server_state=ServerState(), app_state={})
        one.connection_made(transport)
        first = one._deadline
        for piece in (b"GET / HTTP/1.1\r\n", b"Host: x\r\n"):
            one.data_received(piece)
            assert (one._deadline, list(crowd.waiting)) == (first, [one])
        one.data_received(b"\r\n")
        assert (one._deadline, list(crowd.waiting)) == (None, [])
        ready.set()
        await asyncio.gather(*one.tasks)
        assert one._deadline not in (None, first)
        assert (crowd.find_oldest(), list(crowd.waiting)) == (one, [one])
        one.connection_lost(None)
        assert (one._deadline, list(crowd.waiting)) == (None, [])
        assert not transport.abort.called

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("files", "most"), [(resource.RLIM_INFINITY, 4096), (100_000, 4096), (1024, None), (10, _FEWEST)]
)
def test_there_are_fewer_connections_than_files(
    files: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    found = compute_connection_limit(QueryLimits(workers=4))
    assert found == most or (most is None and 700 < found < 1000)


def test_that_there_are_no_files_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """Other faults are said as asyncio says them."""
    loop, complaints = asyncio.new_event_loop(), ExceptionLogger()
    with caplog.at_level(logging.ERROR):
        for _ in range(1000):
            complaints(loop, {"message": "socket.accept() out of system resource", "exception": OSError(24)})
        complaints(loop, {"message": "something else"})
    loop.close()
    assert [record.getMessage() for record in caplog.records] == [
        "connections: the system has no open files left; allow more (ulimit -n)",
        "something else",
    ]
