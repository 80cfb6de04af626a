"""A SPARQL endpoint over a store, on this machine only, and others that answer as they should not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from pyoxigraph import NamedNode, QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize

from build_graph.query.engines import query_store

Reply = tuple[int, str, bytes]  # status, media type, body


def over(store: Store) -> Callable[[str], Reply]:
    """What answers queries from a store; one that is none gets status 400 and the parser's words."""

    def reply(query: str) -> Reply:
        try:
            found = query_store(store, query)
        except SyntaxError as error:
            return 400, "text/plain", str(error).encode()
        if isinstance(found, QueryTriples):
            return 200, "text/turtle", serialize(found, format=RdfFormat.TURTLE) or b""
        return 200, "application/sparql-results+json", found.serialize(format=QueryResultsFormat.JSON) or b""

    return reply


def silent(query: str) -> Reply:
    """Does not answer while anybody waits."""
    time.sleep(600)
    return 200, "text/plain", b""


class Server(ThreadingHTTPServer):
    """One that ends without waiting for who is still being answered."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked has gone, as a rule."""


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], kind: type[Server] = Server) -> Iterator[int]:
    """The port at which requests are handled so."""
    server = kind(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def served(reply: Callable[[str], Reply]) -> Iterator[str]:
    """The address of an endpoint that replies so to each query."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, media, data = reply(parse_qs(body).get("query", [""])[0])
            try:
                self.send_response(status)
                self.send_header("Content-Type", f"{media}; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:  # who asked has gone
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Handler) as port:
        yield f"http://127.0.0.1:{port}/query"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back; where `cut`, no more than half of it, and nothing where there is no status."""

    status: int
    media: str = "text/plain"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@contextmanager
def answering(answer: Callable[[Asked], Answer]) -> Iterator[tuple[str, list[Asked]]]:
    """The address of a server that answers so to requests of any kind, and the requests as they come."""
    came: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            came.append(Asked(self.command, self.path, dict(self.headers), body))
            said = answer(came[-1])
            try:
                if said.status:
                    self.send_response(said.status)
                    self.send_header("Content-Type", said.media)
                    self.send_header("Content-Length", str(len(said.body)))
                    for name, value in said.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(said.body[: len(said.body) // 2] if said.cut else said.body)
                self.close_connection = said.cut or not said.status
            except OSError:  # who asked has gone
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Handler) as port:
        yield f"http://127.0.0.1:{port}", came


def storing(store: Store, *, whole: bool = True) -> Callable[[Asked], Answer]:
    """A server like Oxigraph's over a store; not `whole`, it takes updates and no whole graphs."""
    ask = over(store)

    def answer(asked: Asked) -> Answer:
        url = urlsplit(asked.path)
        name = NamedNode(parse_qs(url.query).get("graph", ["urn:none"])[0])
        if url.path == "/query" and asked.method == "POST":
            return Answer(*ask(parse_qs(asked.body.decode()).get("query", [""])[0]))
        if url.path == "/update" and asked.method == "POST":
            store.update(asked.body.decode())
            return Answer(204)
        if url.path == "/store" and whole and asked.method == "PUT":
            store.remove_graph(name)
            store.load(asked.body, format=RdfFormat.TURTLE, to_graph=name)
            return Answer(201)
        if url.path == "/store" and whole and asked.method == "GET":
            triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, name))
            return Answer(200, "application/n-triples", serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
        return Answer(404, "text/html", b"<html>nothing here</html>")

    return answer
