"""Where a server takes graphs, changes and queries: as it was told, or as servers of its kind have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pyoxigraph import NamedNode, QueryBoolean, QueryResultsFormat, QuerySolutions

from build_graph.query.http.client import Client, ExchangeError, Reply, Request
from build_graph.query.http.credentials import NOWHERE, check_address, parse_origin, redact_url
from build_graph.query.http.messages import truncate
from build_graph.query.http.receiving import Receiver

_JSON = "application/sparql-results+json"
_NUMBER = re.compile(r"[+]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ServerLayout:
    """The paths of one kind of server below its address; `secured` where it asks there who asks."""

    name: str
    store: str
    update: str
    query: str
    secured: bool = False


# In the order in which they are tried: the address that knows who asks before the one that does not.
LAYOUTS = (
    ServerLayout("Oxigraph", "store", "update", "query"),
    ServerLayout("Virtuoso", "sparql-graph-crud-auth", "sparql-auth", "sparql-auth", secured=True),
    ServerLayout("Virtuoso", "sparql-graph-crud", "sparql", "sparql"),
    ServerLayout("Fuseki", "data", "update", "sparql"),
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

    def select_rows(self, query: str, *names: str) -> list[tuple[str, ...]]:
        """Return the values of some variables in the rows that a query finds.

        Raises ExchangeError where it is not answered, or with other columns.
        """
        assert self.query is not None
        reply = self.client.ask("POST", self.query, Request({"Accept": _JSON}, body={"query": query}))
        found = _parse_results(self.client.create_receiver(self.query), reply)
        if not isinstance(found, QuerySolutions):
            raise ExchangeError(f"{redact_url(self.query)}: {_describe_reply(reply)}; give --query-url")
        columns = {variable.value for variable in found.variables}
        rows = [tuple(getattr(row[name], "value", "") for name in names) for row in found]
        if rows and not columns.issuperset(names):
            raise self.create_error("rows without the columns that were asked for")
        return rows

    def select_number(self, query: str) -> int:
        """How many things a query counts as ?n; raises ExchangeError where no number is the answer."""
        found = self.select_rows(query, "n")
        if len(found) != 1:
            raise self.create_error(f"{len(found):,} rows to a question of how many")
        return self._parse_number(found[0][0])

    def list_graphs(self) -> dict[str, int]:
        """How many statements each named graph has, in order, without those that come with the server.

        Virtuoso counts them 500 times as fast as it finds them with DISTINCT.
        """
        found = self.select_rows(
            "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g", "g", "n"
        )
        mine = [(name, number) for name, number in found if name and not name.startswith(SYSTEM)]
        return {self._parse_graph(name): self._parse_number(number) for name, number in mine}

    def create_error(self, what: str) -> ExchangeError:
        """What to say of an answer that is good SPARQL, and not what was asked for."""
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


def find_server(
    client: Client,
    url: str,
    *,
    store: str | None = None,
    update: str | None = None,
    query: str | None = None,
) -> Server:
    """Return the server at an address, which may be its root or one of its endpoints.

    What is given is not looked for.
    Raises ExchangeError where no SPARQL server is there, or it does not know who asks.
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
    raise (
        client.create_error(reply, url)
        if not reply.good and reply.status not in (400, 404, 405)
        else (
            ExchangeError(
                f"{redact_url(url)}: {_describe_reply(reply)}, and no SPARQL server of a known "
                f"kind is below it; "
                "give its address, or --query-url with --gsp-url or --update-url"
            )
        )
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
    return client.ask("POST", url, Request({"Accept": _JSON}, body={"query": "ASK { }"}), known)


def _is_sparql(client: Client, url: str) -> bool:
    """Return whether something answers queries at an address."""
    reply = _probe(client, url)
    if reply.status in (429, 502, 503, 504):
        raise client.create_error(reply, url)
    return reply.good and _parse_results(client.create_receiver(url), reply) is not None


def _parse_results(receiver: Receiver, reply: Reply) -> QuerySolutions | QueryBoolean | None:
    """Return the results in an answer; None where it holds none."""
    try:
        media = QueryResultsFormat.from_media_type(reply.media)
        return receiver.parse_results(reply.body, media) if media else None
    except (SyntaxError, ValueError):
        return None


def _describe_reply(reply: Reply) -> str:
    if reply.good:
        return f"answers with {reply.media or 'something'} that is no SPARQL result"
    return f"answers a query with {reply.status}"
