"""One named graph as a server holds it: whole, or page by page where the server cuts its answers."""

from __future__ import annotations

from pyoxigraph import RdfFormat, Triple

from build_graph.query.exchange.servers import Server
from build_graph.query.http.client import ExchangeError, Reply, Request
from build_graph.query.http.credentials import redact_url
from build_graph.query.http.receiving import Receiver
from build_graph.vocabulary import SCHEMA

MARK = f"{SCHEMA}sha256"  # says of a named graph what was sent, so that it need not be sent again
_ACCEPT = "application/n-triples, text/turtle;q=0.5"
_PAGE = 10_000  # statements; as many as Virtuoso gives at once


def fetch_graph(server: Server, graph: str, expected: int | None = None) -> frozenset[Triple]:
    """The statements of a named graph, without the mark that a push leaves; none where it is not there.

    `expected` is how many there are; it is asked for where it is not known. Raises ExchangeError where a
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
    """How many statements a graph holds, if there is whom to ask."""
    if server.query is None:
        return None
    return server.select_number(f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")


def _fetch_whole(server: Server, graph: str) -> set[Triple] | None:
    """Return the graph by the Graph Store Protocol; None where the server does not have that."""
    if server.store is None:
        return None
    also = (400, 404, 405, 406, 500, 501) if server.query else (404,)
    reply = server.client.ask("GET", server.store, Request({"Accept": _ACCEPT}, {"graph": graph}), also)
    if not reply.good:
        return None if server.query else set()
    return _parse_triples(server.client.create_receiver(server.store), reply)


def _fetch_pages(server: Server, graph: str, expected: int) -> set[Triple]:
    """Return the graph by CONSTRUCT; Virtuoso sorts no more than 10,000 rows unless a query within does
    it.
    """
    found: set[Triple] = set()
    if server.query is None:
        return found
    while len(found) < expected:
        query = (
            "CONSTRUCT { ?s ?p ?o } WHERE { { SELECT ?s ?p ?o WHERE { "
            f"GRAPH <{graph}> {{ ?s ?p ?o }} }} ORDER BY ?s ?p ?o }} }} LIMIT {_PAGE} OFFSET {len(found)}"
        )
        reply = server.client.ask("POST", server.query, Request({"Accept": _ACCEPT}, body={"query": query}))
        page = _parse_triples(server.client.create_receiver(server.query), reply)
        if page <= found:
            break
        found |= page
    return found


def _parse_triples(receiver: Receiver, reply: Reply) -> set[Triple]:
    """Return the statements of an answer; raises ExchangeError for what holds none."""
    known = RdfFormat.from_media_type(reply.media)
    if reply.media == "text/plain":  # what N-Triples were called before they had a name
        known = RdfFormat.N_TRIPLES
    try:
        if known is None:
            raise ValueError(reply.media)
        return set(receiver.parse_statements(reply.body, known))
    except (SyntaxError, ValueError) as error:
        raise ExchangeError(
            f"{redact_url(receiver.url)}: answers with {reply.media or 'something'} that holds "
            f"no statements; "
            "see whether this is the address, or give --gsp-url or --query-url"
        ) from error
