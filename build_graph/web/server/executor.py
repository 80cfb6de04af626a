"""The execution of one query on a store, within limits, to the bytes that go to the client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from typing import TYPE_CHECKING

from pyoxigraph import (
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from build_graph.errors import ObligationError
from build_graph.query import sparql, syntax
from build_graph.query.engines import OF_FILES, Answer, Found, Triples, query_store
from build_graph.query.export.rdf_formats import serialize_triples
from build_graph.query.http.messages import short_message, shorten_lines
from build_graph.query.results import write_answer
from build_graph.query.syntax import refuse_service
from build_graph.text.formats.limits import format_size
from build_graph.web.server.protocol import ROWS, TRIPLES, AcceptedTypes, HTTPError, SparqlRequest
from build_graph.web.server.settings import QueryLimits

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

STALE = 503  # the status of a result from a worker whose store has been taken away from under it
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_FORMS_OF_TRIPLES = (sparql.QueryForm.CONSTRUCT, sparql.QueryForm.DESCRIBE)
_CHANGING = {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}  # functions that give something else each time
OWN_MEDIA = AcceptedTypes("application/sparql-results+json", "application/n-triples")  # for `parse_result`
_PIECES = "narrow the query, or take the answer in pieces with ORDER BY, LIMIT and OFFSET"


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query with the formats of its answer, as it goes to a worker."""

    sparql: SparqlRequest
    accepted: AcceptedTypes


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer to a query, or a refusal, as it goes to the client."""

    status: int
    media: str
    body: bytes
    tag: str = ""  # equal for equal answers; "" for refusals and volatile queries


@dataclass(frozen=True, slots=True)
class QueryExecutor:
    """Executes queries on a store, by the rules of `OxigraphEngine` if a query names no graphs."""

    store: Store
    limits: QueryLimits

    def execute(self, request: QueryRequest) -> QueryResult:
        """Return the answer to a query, or a refusal with its reason."""
        try:
            return self._execute(request)
        except HTTPError as error:
            return create_error_result(error.status, str(error))
        except ObligationError as error:
            return create_error_result(400, str(error))

    def _execute(self, request: QueryRequest) -> QueryResult:
        query = request.sparql.query
        form = sparql.detect_form(query)
        refuse_service(
            query, base=request.sparql.base
        )  # first of all: pyoxigraph answers an ASK while it parses it
        media = request.accepted.triples if form in _FORMS_OF_TRIPLES else request.accepted.rows
        if media is None:
            syntax.check(query, base=request.sparql.base)
            offered = TRIPLES if form in _FORMS_OF_TRIPLES else ROWS
            raise HTTPError(406, f"Accept: takes none of the formats there are: {', '.join(offered)}")
        try:
            found = self._run_query(request.sparql)
            if isinstance(found, QueryTriples) != (form in _FORMS_OF_TRIPLES):
                raise sparql.QueryError(f"query: is read as {form}, and is another; put blanks around words")
            body = self._serialize_answer(found, media)
        except SyntaxError:
            syntax.check(query, base=request.sparql.base)  # raises with the place of the error
            raise
        except (OSError, RuntimeError, ValueError) as error:
            if str(error).startswith(OF_FILES):
                raise HTTPError(STALE, "the store has been written; ask again") from error
            message = f"query: cannot be answered ({short_message(error)}); put it right"
            raise sparql.QueryError(message) from error
        return QueryResult(200, media, body, _compute_tag(query, media, body))

    def _run_query(self, request: SparqlRequest) -> Found:
        """Return the answer of the store, in the graphs that the request names, or else the query."""
        if request.default_graphs is not None and request.named_graphs is not None:
            return self.store.query(
                request.query,
                base_iri=request.base,
                default_graph=[NamedNode(iri) for iri in request.default_graphs],
                named_graphs=[NamedNode(iri) for iri in request.named_graphs],
            )
        return query_store(self.store, request.query, request.base)

    def _serialize_answer(self, found: Found, media: str) -> bytes:
        out = _BoundedBuffer(self.limits.answer)
        if isinstance(found, QueryTriples):
            triples = Triples.collect(self._limit_triples(found)).triples  # the same answer, the same bytes
            return serialize_triples(triples, TRIPLES[media], out=out)
        write_answer(found, out, ROWS[media])
        body = out.getvalue()
        if isinstance(found, QuerySolutions) and has_more_rows(body, ROWS[media], self.limits.rows):
            raise HTTPError(400, f"query: the answer has more than {self.limits.rows:,} rows; {_PIECES}")
        return body

    def _limit_triples(self, found: Iterable[Triple]) -> Iterator[Triple]:
        seen: set[Triple] = set()
        for triple in found:
            seen.add(triple)
            if len(seen) > self.limits.rows:
                message = f"query: the answer has more than {self.limits.rows:,} triples; {_PIECES}"
                raise HTTPError(400, message)
        yield from seen


def is_volatile(query: str) -> bool:
    """Return True if a query may have another answer each time, or if a name in it looks like it.

    >>> is_volatile("SELECT (rand() AS ?x) {}"), is_volatile("SELECT * { ?s ?p ?o }")
    (True, False)
    """
    capitals = query.upper()
    return any(word in capitals for word in _CHANGING)


def create_error_result(status: int, message: str) -> QueryResult:
    """Return a refusal in plain text."""
    return QueryResult(status, "text/plain", f"{shorten_lines(message)}\n".encode("utf-8", errors="replace"))


def parse_result(result: QueryResult, name: str) -> Answer:
    """Return the answer in a result in `OWN_MEDIA`; raise HTTPError with the query's name for a refusal."""
    if result.status != 200:
        message = (
            result.body.decode("utf-8", "replace").strip().removeprefix("query: ")
        )  # its name for every one
        raise HTTPError(result.status, f"{name}: {message}")
    if result.media == OWN_MEDIA.triples:
        return Triples.collect(quad.triple for quad in parse(result.body, format=RdfFormat.N_TRIPLES))
    return parse_query_results(result.body, format=QueryResultsFormat.JSON)


def has_more_rows(body: bytes, form: QueryResultsFormat, most: int) -> bool:
    r"""Return True if an answer has more than `most` rows, which Oxigraph writes but does not count.

    >>> has_more_rows(b'a\r\n"x\r\ny"\r\nz\r\n', QueryResultsFormat.CSV, 2)
    False
    """
    if form == QueryResultsFormat.XML:  # in texts < is escaped
        return body.count(b"<result>") > most
    if form == QueryResultsFormat.TSV:  # and here line ends
        return body.count(b"\n") - 1 > most
    if form == QueryResultsFormat.CSV:
        return body.count(b"\r\n") - 1 > most and b"".join(body.split(b'"')[::2]).count(b"\r\n") - 1 > most
    between = b"},{"  # between rows, and perhaps within texts
    return body.count(between) >= most and _STRING.sub(b"", body).count(between) >= most > 0


def _compute_tag(query: str, media: str, body: bytes) -> str:
    """Return the hash of an answer; "" if the query gives another each time."""
    if sparql.find_keywords(query, _CHANGING):
        return ""
    return blake2b(body, digest_size=16, key=media.encode()).hexdigest()


class _BoundedBuffer(BytesIO):
    """A buffer that refuses more bytes than a limit."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, data: Buffer) -> int:
        if self.tell() + memoryview(data).nbytes > self._most:
            raise HTTPError(400, f"query: the answer is larger than {format_size(self._most)}; {_PIECES}")
        return super().write(data)
