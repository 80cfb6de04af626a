"""What answers a query: Oxigraph over a file or a store, rdflib over a graph, or an endpoint on the net.

All give the same answers to the queries of the catalogue, in the types of pyoxigraph.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Protocol

from pyoxigraph import (
    DefaultGraph,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from build_graph.errors import ObligationError
from build_graph.files import name_of
from build_graph.querying import sparql
from build_graph.querying.credentials import NOBODY, Credentials, check_address, shown
from build_graph.querying.faults import check
from build_graph.shards import Shards, is_shards
from build_graph.vocabulary import XSD

if TYPE_CHECKING:
    from rdflib import Graph

TIMEOUT = 60.0  # seconds that an endpoint may take
LARGEST = 10_000_000  # statements of shards that are taken into memory, 4 GB or so
_PIECE = 1 << 16  # bytes of an endpoint's answer that are read at a time
_ATTEMPTS, _PAUSE = 5, 0.1  # to open a store while a build tidies it up; seconds between them
_BOOLEAN = f"{XSD}boolean"
_YES = ("1", "true")
_SHOWN = 160  # characters of what an endpoint says of an error


class EngineError(ObligationError):
    """A graph that cannot be opened, or an endpoint that does not answer."""


@dataclass(frozen=True, slots=True)
class Triples:
    """What a CONSTRUCT or DESCRIBE query answers: triples, each once, in a fixed order."""

    triples: tuple[Triple, ...]

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Triples:
        """The triples, put in order."""
        return cls(tuple(sorted(set(triples), key=str)))


Answer = QuerySolutions | QueryBoolean | Triples


class Engine(Protocol):
    """Answers queries; `name` is what messages call one."""

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises ObligationError where there is no answer to be had."""


def in_default_graph(store: Store) -> bool:
    """Whether anything is in a store's default graph: it is what is asked, else all named graphs as one."""
    return next(store.quads_for_pattern(None, None, None, DefaultGraph()), None) is not None


@dataclass(frozen=True, slots=True)
class OxigraphEngine:
    """Oxigraph over a store: its default graph or, where nothing is in that, its named graphs together.

    A statement that stands in several named graphs counts several times when they are asked together.
    `obligations build --store` therefore writes the statements of all documents into the default graph too.
    """

    store: Store
    union: bool = False

    @classmethod
    def over(cls, store: Store) -> OxigraphEngine:
        """The engine over a store."""
        return cls(store, union=not in_default_graph(store))

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises QueryError for what is no query, or cannot be answered."""
        check(query, name)
        try:
            found = self.store.query(query, use_default_graph_as_union=self.union)
            return found if isinstance(found, (QuerySolutions, QueryBoolean)) else Triples.of(found)
        except (OSError, RuntimeError, ValueError) as error:
            raise sparql.QueryError(f"{name}: cannot be answered ({_brief(error)}); put it right") from error


@dataclass(frozen=True, slots=True)
class RdflibEngine:
    """rdflib's own engine over a graph in memory: slower by far, for those who have an rdflib graph."""

    graph: Graph

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises QueryError for what is no query."""
        check(query, name)
        found = self.graph.query(query)
        if found.graph is not None:
            data = found.graph.serialize(format="nt", encoding="utf-8")
            return Triples.of(quad.triple for quad in parse(data, format=RdfFormat.N_TRIPLES))
        return _results(found.serialize(format="json") or b"")


@dataclass(frozen=True, slots=True)
class EndpointEngine:
    """A SPARQL endpoint; `timeout` is what one answer may take, in seconds."""

    url: str
    timeout: float = TIMEOUT
    credentials: Credentials = NOBODY

    def answer(self, query: str, name: str = "query") -> Answer:
        """What the endpoint answers; raises EngineError where it is down, slow, or no SPARQL endpoint."""
        form = sparql.form(query, name)
        triples = form in (sparql.Form.CONSTRUCT, sparql.Form.DESCRIBE)
        media, data = self._ask(query, name, triples=triples)
        if not triples:
            data = _plain(data, yes_or_no=form is sparql.Form.ASK)
        try:
            if triples:
                read = parse(data, format=RdfFormat.from_media_type(media) or RdfFormat.TURTLE)
                return Triples.of(quad.triple for quad in read)
            return _results(data, QueryResultsFormat.from_media_type(media))
        except (SyntaxError, ValueError) as error:
            raise EngineError(
                f"{shown(self.url)}: answered with {media or 'something'} that is no SPARQL result; "
                "give the address of the SPARQL endpoint itself, as a rule one that ends in /sparql or /query"
            ) from error

    def _ask(self, query: str, name: str, *, triples: bool) -> tuple[str, bytes]:
        """Media type and bytes of the answer."""
        from http.client import HTTPException
        from urllib.error import HTTPError

        deadline = monotonic() + self.timeout
        try:
            with self._request(query, triples=triples) as response:
                return response.headers.get_content_type(), self._read(response, deadline)
        except HTTPError as error:
            with error:
                raise self._refused(error, query, name) from error
        except TimeoutError as error:
            raise self._slow() from error
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise self._slow() from error
            raise self._silent(_brief(error)) from error

    def _request(self, query: str, *, triples: bool) -> Any:
        """The answer as it comes; SPARQLWrapper says what is asked, the credentials who asks."""
        from SPARQLWrapper import JSON, POST, TURTLE, SPARQLWrapper

        wrapper = SPARQLWrapper(self.url, agent="obligation-graph")
        wrapper.setMethod(POST)
        wrapper.setReturnFormat(TURTLE if triples else JSON)
        wrapper.setQuery(query)
        # Its own way to open a request sends a password along to wherever the endpoint sends us on.
        request = wrapper._createRequest()
        self.credentials.sign(request)
        return self.credentials.opener(self.url).open(request, timeout=self.timeout)

    def _refused(self, error: Any, query: str, name: str) -> EngineError:
        """What to say of an answer that is none."""
        if error.code in (400, 500):  # 500 is what Virtuoso says of a query that it does not take
            check(query, name)  # says where, if it is the query that is at fault
        said = self.credentials.hidden(_reason(error))
        if error.code == 400:
            return EngineError(f"{shown(self.url)}: refuses the query ({said})")
        if error.code == 401:
            return EngineError(f"{shown(self.url)}: {self.credentials.refused()}")
        return self._silent(f"{error.code} {said}")

    def _silent(self, why: str) -> EngineError:
        return EngineError(
            f"{shown(self.url)}: does not answer ({self.credentials.hidden(why)}); "
            "see whether it runs, and at this address"
        )

    def _read(self, response: Any, deadline: float) -> bytes:
        """The whole answer, unless it trickles in for longer than the timeout."""
        pieces = []
        while piece := response.read1(_PIECE):
            pieces.append(piece)
            if monotonic() > deadline:
                raise TimeoutError
        return b"".join(pieces)

    def _slow(self) -> EngineError:
        return EngineError(
            f"{shown(self.url)}: no answer within {self.timeout:g} seconds; "
            "ask for less, or give a higher --timeout"
        )


def open_graph(where: str, timeout: float = TIMEOUT, credentials: Credentials = NOBODY) -> Engine:
    """The engine for a file, a folder of a store or of shards, or an endpoint's address.

    An endpoint is asked only when there is a query; shards are loaded into memory. Raises EngineError where
    the graph cannot be opened, ShardsError for shards that are not complete.
    """
    if is_address(where):
        check_address(where)
        return EndpointEngine(where, timeout, credentials)
    path = Path(where)
    if is_shards(path):
        return OxigraphEngine.over(_gathered(Shards.open(path)))
    return OxigraphEngine.over(_store(path) if path.is_dir() else _loaded(path))


def is_store(path: Path) -> bool:
    """Whether a folder is to be opened as a store, and not loaded as shards."""
    return path.is_dir() and not is_shards(path)


def is_address(where: str) -> bool:
    """Whether a graph is named by the address of an endpoint."""
    return where.startswith(("http://", "https://"))


def format_of(path: Path) -> RdfFormat:
    """What a file is by its ending; Turtle where that says nothing.

    >>> format_of(Path("graph.nq")).name, format_of(Path("graph")).name
    ('N-Quads', 'Turtle')
    """
    return RdfFormat.from_extension(path.suffix.removeprefix(".")) or RdfFormat.TURTLE


def _store(path: Path) -> Store:
    """A store as it is now: what a build writes into it from now on is not seen."""
    for attempt in reversed(range(_ATTEMPTS)):
        try:
            return Store.read_only(name_of(path).decode())
        except (OSError, RuntimeError, ValueError) as error:
            if not (path / "CURRENT").is_file():
                raise _no_store(path) from error
            if not attempt:
                raise EngineError(
                    f"{path}: this store cannot be opened ({_brief(error)}); "
                    "if a build is writing it, try again, else run that build again"
                ) from error
            sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


def _no_store(path: Path) -> EngineError:
    inside = path / "graph.ttl"
    hint = f"give {inside}" if inside.is_file() else "give a Turtle file, or the folder of a store"
    return EngineError(f"{path}: this folder is no Oxigraph store; {hint}")


def _gathered(shards: Shards) -> Store:
    """The documents of all shards in memory, their graphs taken together."""
    if shards.totals.statements > LARGEST:
        raise EngineError(
            f"{shards.path}: {shards.totals.statements:,} statements are too many for memory; put them into "
            f"a store: obligations build {shards.path} --store STORE"
        )
    store = Store()
    store.bulk_load(shards.merged(), format=RdfFormat.N_TRIPLES, lenient=True)
    return store


def _loaded(path: Path) -> Store:
    """A file in memory, its graphs taken together."""
    store = Store()
    known = format_of(path)
    try:
        if known.supports_datasets:
            store.bulk_extend(Quad(*quad.triple) for quad in parse(path=str(path), format=known))
        else:
            store.bulk_load(path=str(path), format=known)
    except FileNotFoundError as error:
        raise EngineError(f"{path}: there is no such graph; make it with: obligations build") from error
    except (SyntaxError, ValueError, OSError) as error:
        raise EngineError(f"{path}: is no {known.name} file that can be read ({_brief(error)})") from error
    return store


def _results(data: bytes, media: QueryResultsFormat | None = None) -> QuerySolutions | QueryBoolean:
    return parse_query_results(data, format=media or QueryResultsFormat.JSON)


def _plain(data: bytes, *, yes_or_no: bool) -> bytes:
    """An answer in JSON with yes and no as the standard writes them.

    Virtuoso 7 says "1" and "0" for true and false, and answers ASK with a row of one number.
    """
    if not (yes_or_no and b"__ASK_RETVAL" in data) and _BOOLEAN.encode() not in data:
        return data
    try:
        answer = json.loads(data)
        rows = answer["results"]["bindings"]
        if yes_or_no:
            return json.dumps({"head": {}, "boolean": rows[0]["__ASK_RETVAL"]["value"] in _YES}).encode()
        for value in (value for row in rows for value in row.values()):
            if value.get("datatype") == _BOOLEAN:
                value["value"] = "true" if value["value"] in _YES else "false"
        return json.dumps(answer).encode()
    except (ValueError, LookupError, TypeError, AttributeError):
        return data  # whoever reads it says what is wrong with it


def _reason(error: Any) -> str:
    """What a server says of a failure; a page says no more than its status does."""
    plain = "html" not in error.headers.get_content_type()
    said = error.read(4 * _SHOWN).decode("utf-8", "replace") if plain else ""
    return _short(said) or str(error.reason)


def _brief(error: Exception) -> str:
    """What an error says, on one line and not too long."""
    said = getattr(error, "reason", None) or getattr(error, "msg", None) or error
    return _short(str(said)) or type(error).__name__


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
