"""Fetches one named graph from a server: whole, or in pages where the server cuts its answers."""

from __future__ import annotations

from pyoxigraph import Triple
from SPARQLWrapper import TURTLE

from build_graph.query.engines import Triples
from build_graph.query.exchange.servers import Server
from build_graph.query.http.client import ACCEPTED, ExchangeError, Request
from build_graph.query.http.credentials import redact_url
from build_graph.vocabulary import SCHEMA

MARK = f"{SCHEMA}sha256"  # on a named graph: the hash of what was sent, so that it need not be sent again
_PAGE = 10_000  # statements, as many as Virtuoso gives at once


def fetch_graph(server: Server, graph: str, expected: int | None = None) -> frozenset[Triple]:
    """Return the statements of a named graph, without the mark of a push; none where it is not there.

    `expected` is their number; the server is asked where it is not known. Raise ExchangeError where the
    server does not give all of them.
    """
    if expected is None:
        expected = _count_statements(server, graph)
    found = _fetch_whole(server, graph)
    if found is None or (expected is not None and len(found) < expected):
        found = _fetch_pages(server, graph, expected or 0)
    if expected is not None and len(found) < expected:
        raise ExchangeError(
            f"{redact_url(server.url)}: gives {len(found):,} of the {expected:,} statements of <{graph}>; "
            "let it give more at once"
        )
    return frozenset(triple for triple in found if not is_mark(triple, graph))


def is_mark(triple: Triple, graph: str) -> bool:
    """Return whether a statement is the mark of its graph."""
    return triple.predicate.value == MARK and getattr(triple.subject, "value", "") == graph


def _count_statements(server: Server, graph: str) -> int | None:
    """Return the number of statements of a graph; None where the server answers no queries."""
    if server.query is None:
        return None
    return server.select_number(f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")


def _fetch_whole(server: Server, graph: str) -> set[Triple] | None:
    """Return the graph by the Graph Store Protocol; None where the server does not have that."""
    if server.store is None:
        return None
    also = (400, 404, 405, 406, 500, 501) if server.query else (404,)
    reply = server.client.ask(
        "GET", server.store, Request({"Accept": ACCEPTED[TURTLE]}, {"graph": graph}), also
    )
    if not reply.good:
        return None if server.query else set()
    try:
        return set(server.client.create_receiver(server.store).parse_statements(reply.body, reply.media))
    except (SyntaxError, ValueError) as error:
        raise ExchangeError(
            f"{redact_url(server.store)}: answers with {reply.media or 'something'} that holds no "
            "statements; see whether this is the address, or give --gsp-url or --query-url"
        ) from error


def _fetch_pages(server: Server, graph: str, expected: int) -> set[Triple]:
    """Return the graph by CONSTRUCT; Virtuoso sorts more than 10,000 rows only in a query within."""
    found: set[Triple] = set()
    if server.query is None:
        return found
    while len(found) < expected:
        query = (
            "CONSTRUCT { ?s ?p ?o } WHERE { { SELECT ?s ?p ?o WHERE { "
            f"GRAPH <{graph}> {{ ?s ?p ?o }} }} ORDER BY ?s ?p ?o }} }} LIMIT {_PAGE} OFFSET {len(found)}"
        )
        page = server.open_engine().answer(query)
        assert isinstance(page, Triples)
        if found.issuperset(page.triples):
            break
        found.update(page.triples)
    return found
