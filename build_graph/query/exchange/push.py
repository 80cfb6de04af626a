"""Sends a graph to a server as named graphs: one for each document, and one for what documents share.

A store has them as they are sent. Of a file without graphs, statements about a document and about what lies
below its IRI go into a graph with the document's IRI. Bodies, domains and places, which many documents name,
go into the shared graph: a store that asks all graphs as one, as Virtuoso does, would count a statement once
for each graph that holds it. What is there of earlier documents stays in that graph.

A named graph bears a mark: the SHA-256 of its statements, as one more statement, sent with the last of them.
So a push that was broken off goes on where it stopped, and what has not changed is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from build_graph.errors import ObligationError
from build_graph.graph.iris import shared_iri
from build_graph.query.exchange.servers import MARK, Server
from build_graph.query.http.client import ExchangeError, Request
from build_graph.query.http.credentials import redact_url
from build_graph.query.open import read_quads
from build_graph.vocabulary import term

SHARED = shared_iri()

_CHUNK = 100_000  # bytes of one INSERT DATA; Virtuoso compiles each, and has limits
_NO_STORE = (404, 405, 501)  # statuses of a server without the Graph Store Protocol

Lines = frozenset[bytes]  # statements as N-Triples, each with its line break


class PartsError(ObligationError):
    """A graph that cannot be split."""


@dataclass(frozen=True, slots=True)
class GraphParts:
    """The statements of each document's graph, or of another with a name, and those that documents share."""

    graphs: Mapping[str, Lines]
    shared: Lines


def read_parts(path: Path, named_graph: str | None = None) -> GraphParts:
    """Return the parts of a file or a store; with `named_graph`, one graph that holds everything.

    Raise EngineError or ShardsError as `read_quads` does, PartsError for blank nodes outside named graphs.
    """
    if named_graph:
        name = check_iri(named_graph)
        return GraphParts({name: frozenset(_format_line(quad) for quad in read_quads(path))}, frozenset())
    graphs: dict[str, set[bytes]] = {}
    shared: set[bytes] = set()
    subjects: dict[str, set[bytes]] = {}
    documents: set[str] = set()
    for quad in read_quads(path):
        if not isinstance(quad.graph_name, DefaultGraph):
            name = quad.graph_name.value
            (shared if name == SHARED else graphs.setdefault(name, set())).add(_format_line(quad))
            continue
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise PartsError(f"{path}: blank nodes belong to no document; give --named-graph for all of it")
        if quad.object == term("ob:CitedDocument"):  # said of a document by those that cite it
            shared.add(_format_line(quad))
            continue
        subjects.setdefault(quad.subject.value, set()).add(_format_line(quad))  # type: ignore[union-attr]
        if quad.predicate == term("eli:realizes"):
            documents.add(quad.object.value)  # type: ignore[union-attr]
    for subject, lines in subjects.items():
        document = find_owner(subject, documents)
        (graphs.setdefault(document, set()) if document else shared).update(lines)
    return GraphParts({name: frozenset(lines) for name, lines in graphs.items()}, frozenset(shared))


def find_owner(subject: str, documents: Iterable[str]) -> str | None:
    """Return the document that a subject is or lies below, the innermost of several; None without one.

    >>> find_owner("https://x/d/s1/c2", {"https://x/d"}), find_owner("https://x/d2", {"https://x/d"})
    ('https://x/d', None)
    """
    return next((name for name in _iterate_parents(subject) if name in documents), None)


def _iterate_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition("/")[0]


def _format_line(quad: Quad) -> bytes:
    return f"{quad.triple} .\n".encode()


def check_iri(iri: str) -> str:
    """Return an IRI that can name a graph; raise PartsError for what is none."""
    try:
        return NamedNode(iri).value
    except ValueError as error:
        raise PartsError(
            f"--named-graph: {iri!r} is no IRI; give one such as https://example.org/graph"
        ) from error


@dataclass(frozen=True, slots=True)
class PushResult:
    """The result of a push: graphs and statements that were sent, and graphs that were there already."""

    sent: int
    statements: int
    unchanged: int


@dataclass(slots=True)
class Pusher:
    """Sends graphs to a server, with `force` also those that have not changed.

    With `replace_shared`, the shared graph loses what the new one does not have.
    """

    server: Server
    force: bool = False
    replace_shared: bool = False

    def push(self, parts: GraphParts, on_graph: Callable[[int], None] = lambda number: None) -> PushResult:
        """Send the parts, and call `on_graph` with the number of graphs that are done.

        Raise ObligationError where the server does not take one.
        """
        marks = self._read_marks()
        graphs = dict(parts.graphs)
        if parts.shared:
            graphs[SHARED] = self._collect_shared(parts.shared, there=SHARED in marks)
        sent = statements = 0
        for number, name in enumerate(sorted(graphs), 1):
            lines, mark = graphs[name], _compute_mark(graphs[name])
            if self.force or marks.get(name) != mark:
                self._send(name, lines, mark)
                sent, statements = sent + 1, statements + len(lines)
            on_graph(number)
        return PushResult(sent, statements, len(graphs) - sent)

    def _read_marks(self) -> dict[str, str]:
        """Return the marks of the graphs on the server that bear one."""
        if self.server.query is None:
            return {}
        marks: dict[str, str] = {}
        query = f"SELECT ?g ?mark WHERE {{ GRAPH ?g {{ ?g <{MARK}> ?mark }} }}"
        for name, mark in self.server.select_rows(query, "g", "mark"):
            marks[name] = mark if name not in marks else ""  # two marks are worth none
        return marks

    def _collect_shared(self, mine: Lines, *, there: bool) -> Lines:
        """Return the statements of the shared graph: new ones, and those that it held."""
        if self.replace_shared or not there:
            return mine
        return mine.union(f"{triple} .\n".encode() for triple in self.server.fetch_graph(SHARED))

    def _send(self, name: str, lines: Lines, mark: str) -> None:
        """Replace the graph of that name on the server."""
        ordered = [*sorted(lines), f'<{name}> <{MARK}> "{mark}" .\n'.encode()]
        if self.server.store is None or not self._put(name, ordered):
            self._insert(name, ordered)

    def _put(self, name: str, lines: Iterable[bytes]) -> bool:
        """Send a graph by the Graph Store Protocol, and return whether the server has that."""
        assert self.server.store is not None
        # N-Triples are Turtle, which every server reads.
        what = Request({"Content-Type": "text/turtle; charset=utf-8"}, {"graph": name}, b"".join(lines))
        also = _NO_STORE if self.server.update else ()
        reply = self.server.client.ask("PUT", self.server.store, what, also)
        return reply.good

    def _insert(self, name: str, lines: list[bytes]) -> None:
        """Send a graph by SPARQL Update, in pieces; the old one is dropped first, the mark is sent last."""
        if self.server.update is None:
            raise ExchangeError(
                f"{redact_url(self.server.url)}: takes no graphs and no updates; give "
                f"--gsp-url or --update-url"
            )
        chunks = list(_split_chunks(lines, _CHUNK))
        if len(chunks) > 1 and any(line.startswith(b"_:") or b" _:" in line for line in lines):
            raise ExchangeError(
                f"{redact_url(self.server.url)}: <{name}> has blank nodes, which "
                "several updates would tear apart; give --gsp-url"
            )
        self._update(f"DROP SILENT GRAPH <{name}>".encode())
        for chunk in chunks:
            self._update(f"INSERT DATA {{ GRAPH <{name}> {{\n".encode() + chunk + b"} }")

    def _update(self, update: bytes) -> None:
        assert self.server.update is not None
        headers = {"Content-Type": "application/sparql-update; charset=utf-8"}
        self.server.client.ask("POST", self.server.update, Request(headers, body=update))


def _compute_mark(lines: Lines) -> str:
    return sha256(b"".join(sorted(lines))).hexdigest()


def _split_chunks(lines: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield lines in pieces of at most `size` bytes; a longer line is a piece of its own.

    >>> list(_split_chunks([b"ab", b"c", b"defg", b"h"], 3))
    [b'abc', b'defg', b'h']
    """
    chunk: list[bytes] = []
    length = 0
    for line in lines:
        if chunk and length + len(line) > size:
            yield b"".join(chunk)
            chunk, length = [], 0
        chunk.append(line)
        length += len(line)
    if chunk:
        yield b"".join(chunk)
