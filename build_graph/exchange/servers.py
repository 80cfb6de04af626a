"""Where a server takes graphs, changes and queries: as it was told, or as servers of its kind have it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, parse_query_results

from build_graph.exchange.client import Client, ExchangeError, Reply, Request
from build_graph.querying.credentials import check_address, shown

_JSON = "application/sparql-results+json"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one kind of server below its address; `secured` where it asks there who asks."""

    name: str
    store: str
    update: str
    query: str
    secured: bool = False


# In the order in which they are tried: the address that knows who asks before the one that does not.
LAYOUTS = (
    Layout("Oxigraph", "store", "update", "query"),
    Layout("Virtuoso", "sparql-graph-crud-auth", "sparql-auth", "sparql-auth", secured=True),
    Layout("Virtuoso", "sparql-graph-crud", "sparql", "sparql"),
    Layout("Fuseki", "data", "update", "sparql"),
)

# Graphs that servers bring along, which are nobody's data.
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
    """A store on the net: where it takes whole graphs, changes and queries, each if it does."""

    client: Client
    url: str
    store: str | None
    update: str | None
    query: str | None

    def rows(self, query: str) -> list[tuple[str, ...]]:
        """The values of the rows that a query finds; raises ExchangeError where it is not answered."""
        assert self.query is not None
        reply = self.client.ask("POST", self.query, Request({"Accept": _JSON}, body={"query": query}))
        found = _results(reply)
        if not isinstance(found, QuerySolutions):
            raise ExchangeError(f"{shown(self.query)}: {_not_sparql(reply)}; give --query-url")
        return [tuple(getattr(value, "value", "") for value in row) for row in found]

    def graphs(self) -> dict[str, int]:
        """How many statements each named graph has, in order, without those that come with the server.

        Virtuoso counts them 500 times as fast as it finds them with DISTINCT.
        """
        found = self.rows(
            "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
        )
        return {name: int(number) for name, number in found if name and not name.startswith(SYSTEM)}


def find_server(
    client: Client,
    url: str,
    *,
    store: str | None = None,
    update: str | None = None,
    query: str | None = None,
) -> Server:
    """The server at an address, which may be its root or one of its endpoints.

    What is given is not looked for.
    Raises ExchangeError where no SPARQL server is there, or it does not know who asks.
    """
    for address in filter(None, (url, store, update, query)):
        if not check_address(address) or not address.startswith(("http://", "https://")):
            raise ExchangeError(f"{shown(address)}: is no address; give one such as http://localhost:7878")
    if query or ((store or update) and not _is_sparql(client, url)):
        return Server(client, url, store, update, query)
    if store or update:
        return Server(client, url, store, update, url)
    return _discovered(client, url)


def _discovered(client: Client, url: str) -> Server:
    root = _root(url)
    for layout in LAYOUTS:
        if layout.secured and not client.credentials:
            continue
        query = f"{root}{layout.query}"
        if _is_sparql(client, query):
            return Server(client, url, f"{root}{layout.store}", f"{root}{layout.update}", query)
    if _is_sparql(client, url):
        return Server(client, url, url, url, url)
    reply = _asked(client, url)
    raise (
        client.failure(reply, url)
        if not reply.good and reply.status not in (400, 404, 405)
        else (
            ExchangeError(
                f"{shown(url)}: {_not_sparql(reply)}, and no SPARQL server of a known kind is below it; "
                "give its address, or --query-url with --gsp-url or --update-url"
            )
        )
    )


def _root(url: str) -> str:
    """The address of a server, with a slash, from its own or that of one of its endpoints.

    >>> _root("http://host/ds/query"), _root("http://host:8890")
    ('http://host/ds/', 'http://host:8890/')
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    above, _, last = path.rpartition("/")
    if last in {part for layout in LAYOUTS for part in (layout.store, layout.update, layout.query)}:
        path = above
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/", "", ""))


def _asked(client: Client, url: str) -> Reply:
    known = [status for status in range(300, 600) if status != 401 or not client.credentials]
    return client.ask("POST", url, Request({"Accept": _JSON}, body={"query": "ASK { }"}), known)


def _is_sparql(client: Client, url: str) -> bool:
    """Whether something answers queries at an address."""
    reply = _asked(client, url)
    if reply.status in (429, 502, 503, 504):
        raise client.failure(reply, url)
    return reply.good and _results(reply) is not None


def _results(reply: Reply) -> QuerySolutions | QueryBoolean | None:
    """The results in an answer; None where it holds none."""
    try:
        media = QueryResultsFormat.from_media_type(reply.media)
        return parse_query_results(reply.body, format=media) if media else None
    except (SyntaxError, ValueError):
        return None


def _not_sparql(reply: Reply) -> str:
    if reply.good:
        return f"answers with {reply.media or 'something'} that is no SPARQL result"
    return f"answers a query with {reply.status}"
