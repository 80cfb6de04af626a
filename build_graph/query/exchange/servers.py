"""Triple stores on the net: where each takes graphs, updates and queries, and what it holds.

The user gives the endpoints, or they are found by trying the paths of known kinds of servers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pyoxigraph import NamedNode, QuerySolutions, Triple
from SPARQLWrapper import JSON, TURTLE

from build_graph.query.engines import EndpointEngine, Triples
from build_graph.query.http.client import ACCEPTED, BUSY, Client, ExchangeError, Reply, Request
from build_graph.query.http.credentials import NOWHERE, check_address, parse_origin, redact_url
from build_graph.query.http.messages import truncate
from build_graph.vocabulary import SCHEMA

MARK = f"{SCHEMA}sha256"  # on a named graph: the hash of what was sent, so that it need not be sent again
_PAGE = 10_000  # statements, as many as Virtuoso gives at once
_NUMBER = re.compile(r"[+]?[0-9]{1,18}")
_PROBE = Request({"Accept": ACCEPTED[JSON]}, body={"query": "ASK { }"})


@dataclass(frozen=True, slots=True)
class ServerLayout:
    """The paths of one kind of server below its address; `secured` paths need credentials."""

    name: str
    store: str
    update: str
    query: str
    secured: bool = False


# In the order in which they are tried: the address that takes credentials before the one that does not.
LAYOUTS = (
    ServerLayout("Oxigraph", "store", "update", "query"),
    ServerLayout("Virtuoso", "sparql-graph-crud-auth", "sparql-auth", "sparql-auth", secured=True),
    ServerLayout("Virtuoso", "sparql-graph-crud", "sparql", "sparql"),
    ServerLayout("Fuseki", "data", "update", "sparql"),
)

# Graphs that come with a server and hold no data of its users.
SYSTEM = (
    "http://www.openlinksw.com/",
    "http://localuriqaserver/",
    "http://www.w3.org/ns/ldp#",
    "http://www.w3.org/2002/07/owl#",
    "urn:activitystreams-owl:map",
    "urn:core:services:sparql",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A triple store on the net; `store`, `update` and `query` are its endpoints, None where it has none."""

    client: Client
    url: str
    store: str | None
    update: str | None
    query: str | None

    def open_engine(self) -> EndpointEngine:
        """Return the engine over the endpoint for queries, which the server must have."""
        assert self.query is not None
        return EndpointEngine(self.query, client=self.client)

    def select_rows(self, query: str, *names: str) -> list[tuple[str, ...]]:
        """Return the values of the variables `names` in the rows of a SELECT query.

        Raise ObligationError as `EndpointEngine.answer` does.
        """
        found = self.open_engine().answer(query)
        assert isinstance(found, QuerySolutions)
        return [tuple(getattr(row[name], "value", "") for name in names) for row in found]

    def select_number(self, query: str) -> int:
        """Return the number that a query counts as ?n; raise ObligationError where it answers no number."""
        found = self.select_rows(query, "n")
        if len(found) != 1:
            raise self.create_error(f"{len(found):,} rows where one number was asked for")
        return self._parse_number(found[0][0])

    def list_graphs(self) -> dict[str, int]:
        """Return the number of statements by named graph, in order, without graphs that came with the server.

        Virtuoso counts graphs 500 times as fast as it finds them with DISTINCT.
        """
        found = self.select_rows(
            "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g", "g", "n"
        )
        mine = [(name, number) for name, number in found if name and not name.startswith(SYSTEM)]
        return {self._parse_graph(name): self._parse_number(number) for name, number in mine}

    def fetch_graph(self, graph: str, expected: int | None = None) -> frozenset[Triple]:
        """Return the statements of a named graph, without the mark of a push; none where it is not there.

        `expected` is their number; the server is asked where it is not known. Raise ExchangeError where the
        server does not give all of them.
        """
        if expected is None:
            expected = self._count_statements(graph)
        found = self._fetch_whole(graph)
        if found is None or (expected is not None and len(found) < expected):
            found = self._fetch_pages(graph, expected or 0)
        if expected is not None and len(found) < expected:
            raise ExchangeError(
                f"{redact_url(self.url)}: gives {len(found):,} of the {expected:,} statements of <{graph}>; "
                "let it give more at once"
            )
        return frozenset(triple for triple in found if not _is_mark(triple, graph))

    def _count_statements(self, graph: str) -> int | None:
        """Return the number of statements of a graph; None where the server answers no queries."""
        if self.query is None:
            return None
        return self.select_number(f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")

    def _fetch_whole(self, graph: str) -> set[Triple] | None:
        """Return the graph by the Graph Store Protocol; None where the server does not have that."""
        if self.store is None:
            return None
        also = (400, 404, 405, 406, 500, 501) if self.query else (404,)
        reply = self.client.ask(
            "GET", self.store, Request({"Accept": ACCEPTED[TURTLE]}, {"graph": graph}), also
        )
        if not reply.good:
            return None if self.query else set()
        try:
            return set(self.client.create_receiver(self.store).parse_statements(reply.body, reply.media))
        except (SyntaxError, ValueError) as error:
            raise ExchangeError(
                f"{redact_url(self.store)}: answers with {reply.media or 'something'} that holds no "
                "statements; see whether this is the address, or give --gsp-url or --query-url"
            ) from error

    def _fetch_pages(self, graph: str, expected: int) -> set[Triple]:
        """Return the graph by CONSTRUCT; Virtuoso sorts more than 10,000 rows only in a query within."""
        found: set[Triple] = set()
        if self.query is None:
            return found
        while len(found) < expected:
            query = (
                "CONSTRUCT { ?s ?p ?o } WHERE { { SELECT ?s ?p ?o WHERE { "
                f"GRAPH <{graph}> {{ ?s ?p ?o }} }} ORDER BY ?s ?p ?o }} }} LIMIT {_PAGE} OFFSET {len(found)}"
            )
            page = self.open_engine().answer(query)
            assert isinstance(page, Triples)
            if found.issuperset(page.triples):
                break
            found.update(page.triples)
        return found

    def create_error(self, what: str) -> ExchangeError:
        """Return the error for an answer that is good SPARQL, and not what was asked for."""
        where = redact_url(self.query or self.url)
        return ExchangeError(
            f"{where}: answers with {what}; see whether this is the server, or give --query-url"
        )

    def _parse_number(self, words: str) -> int:
        if not _NUMBER.fullmatch(words):
            raise self.create_error(f"{truncate(words, 40)!r} where a number was asked for")
        return int(words)

    def _parse_graph(self, name: str) -> str:
        try:
            return NamedNode(name).value
        except ValueError as error:
            raise self.create_error(f"{truncate(name, 40)!r} as the name of a graph") from error


def _is_mark(triple: Triple, graph: str) -> bool:
    """Return whether a statement is the mark of its graph."""
    return triple.predicate.value == MARK and getattr(triple.subject, "value", "") == graph


def find_server(
    client: Client,
    url: str,
    *,
    store: str | None = None,
    update: str | None = None,
    query: str | None = None,
) -> Server:
    """Return the server at an address, which may be its root or one of its endpoints.

    What is given is not looked for. Raise ExchangeError where no SPARQL server is there, or credentials are
    missing.
    """
    for address in filter(None, (url, store, update, query)):
        if not check_address(address) or parse_origin(address) == NOWHERE:
            raise ExchangeError(
                f"{redact_url(address)}: is no address; give one such as http://localhost:7878"
            )
    if query or ((store or update) and not _is_sparql(client, url)):
        return Server(client, url, store, update, query)
    if store or update:
        return Server(client, url, store, update, url)
    return _discover(client, url)


def _discover(client: Client, url: str) -> Server:
    root = _find_root(url)
    for layout in LAYOUTS:
        if layout.secured and not client.find_credentials(url):
            continue
        query = f"{root}{layout.query}"
        if _is_sparql(client, query):
            return Server(client, url, f"{root}{layout.store}", f"{root}{layout.update}", query)
    if _is_sparql(client, url):
        return Server(client, url, url, url, url)
    reply = _probe(client, url)
    if not reply.good and reply.status not in (400, 404, 405):
        raise client.create_error(reply, url, _PROBE)
    raise ExchangeError(
        f"{redact_url(url)}: {_describe_reply(reply)}, and no SPARQL server of a known kind is below it; "
        "give its address, or --query-url with --gsp-url or --update-url"
    )


def _find_root(url: str) -> str:
    """Return the address of a server, with a slash, from its own or that of one of its endpoints.

    >>> _find_root("http://host/ds/query"), _find_root("http://host:8890")
    ('http://host/ds/', 'http://host:8890/')
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    above, _, last = path.rpartition("/")
    if last in {part for layout in LAYOUTS for part in (layout.store, layout.update, layout.query)}:
        path = above
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/", "", ""))


def _probe(client: Client, url: str) -> Reply:
    known = [status for status in range(300, 600) if status != 401 or not client.find_credentials(url)]
    return client.ask("POST", url, _PROBE, known)


def _is_sparql(client: Client, url: str) -> bool:
    """Return whether something answers queries at an address; raise ExchangeError where it is busy."""
    reply = _probe(client, url)
    if reply.status in BUSY:
        raise client.create_error(reply, url, _PROBE)
    try:
        client.create_receiver(url).parse_results(reply.body, reply.media)
    except (SyntaxError, ValueError):
        return False
    return reply.good


def _describe_reply(reply: Reply) -> str:
    if reply.good:
        return f"answers with {reply.media or 'something'} that is no SPARQL result"
    return f"answers a query with {reply.status}"
