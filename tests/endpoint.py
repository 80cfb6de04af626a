"""A SPARQL endpoint over a store, on this machine only, and others that answer as they should not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

from pyoxigraph import QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize

Reply = tuple[int, str, bytes]  # status, media type, body


def over(store: Store) -> Callable[[str], Reply]:
    """What answers queries from a store; a query that is none gets status 400 and the parser's words."""

    def reply(query: str) -> Reply:
        try:
            found = store.query(query)
        except SyntaxError as error:
            return 400, "text/plain", str(error).encode()
        if isinstance(found, QueryTriples):
            return 200, "text/turtle", serialize(found, format=RdfFormat.TURTLE) or b""
        return 200, "application/sparql-results+json", found.serialize(format=QueryResultsFormat.JSON) or b""

    return reply


def slow(query: str) -> Reply:
    """Answers, but not in time."""
    time.sleep(3)
    return 200, "text/plain", b""


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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/query"
    finally:
        server.shutdown()
        server.server_close()
