"""Engines answer queries: Oxigraph over a graph in memory or a store, or a SPARQL endpoint over HTTP.

Both give the same answers to the queries of the catalogue, in the types of pyoxigraph.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    parse_query_results,
)

from build_graph.errors import ObligationError
from build_graph.query import sparql
from build_graph.query.http.credentials import ANONYMOUS, Credentials, redact_url
from build_graph.query.http.messages import short_message
from build_graph.query.http.receiving import MOST, TIMEOUT
from build_graph.query.syntax import check
from build_graph.vocabulary import XSD

if TYPE_CHECKING:
    from build_graph.query.http.client import Client

_OF_TRIPLES = (sparql.QueryForm.CONSTRUCT, sparql.QueryForm.DESCRIBE)
_BOOLEAN = f"{XSD}boolean"
_YES = ("1", "true")
_WITH_BOOLEAN = re.compile(rb'\{[^{}]*#boolean"[^{}]*\}')  # not by a parser: lists in lists fill memory
_SHORT = 4096  # bytes of an answer that is yes or no
OF_FILES = ("Corruption", "IO error")  # beginnings of RocksDB's messages about its files


class EngineError(ObligationError):
    """A graph that cannot be opened, or an endpoint whose answer is none."""


@dataclass(frozen=True, slots=True)
class Triples:
    """The answer to a CONSTRUCT or DESCRIBE query: triples, each once, in a fixed order."""

    triples: tuple[Triple, ...]

    @classmethod
    def collect(cls, triples: Iterable[Triple]) -> Triples:
        """Return the triples, each once, sorted."""
        return cls(tuple(sorted(set(triples), key=str)))


Found = QuerySolutions | QueryBoolean | QueryTriples
Answer = QuerySolutions | QueryBoolean | Triples


def create_strange_answer_error(url: str, error: Exception) -> EngineError:
    """Return the error for an endpoint whose answers are not those of a graph of obligations."""
    return EngineError(
        f"{redact_url(url)}: what it answers is not what a graph of obligations holds "
        f"({type(error).__name__}); give the address of one"
    )


class Engine(Protocol):
    """The interface of an engine; `name` is the query's name in messages."""

    def answer(self, query: str, name: str = "query") -> Answer:
        """Return the answer to a query; raises ObligationError if there is none."""


def query_store(store: Store, query: str, base: str | None = None) -> Found:
    """Return the answer of a store: of the graphs that the query names by FROM, or of all graphs as one.

    In the union a statement counts once for each graph that it stands in; those of documents stand in one.
    """
    union = not sparql.find_keywords(query, ["FROM"])  # a union would override its graphs
    return store.query(query, base_iri=base, use_default_graph_as_union=union)


@dataclass(frozen=True, slots=True)
class OxigraphEngine:
    """Oxigraph over a store, all graphs of which are asked as one.

    Answers of a store on disk are read at once, since a build may delete its files while rows are read.
    """

    store: Store
    folder: Path | None = None  # of a store on disk

    def answer(self, query: str, name: str = "query") -> Answer:
        """Return the answer to a query; raises QueryError if it is invalid or cannot be answered.

        Raises EngineError if the files of a store can no longer be read.
        """
        try:
            with convert_store_errors(self.folder):
                return self._run_query(query)
        except SyntaxError:
            check(query, name)  # raises an error with the place
            raise
        except (OSError, RuntimeError, ValueError) as error:
            raise sparql.QueryError(
                f"{name}: cannot be answered ({short_message(error)}); put it right"
            ) from error

    def _run_query(self, query: str) -> Answer:
        found = query_store(self.store, query)
        if isinstance(found, QuerySolutions) and self.folder:
            json_rows = found.serialize(format=QueryResultsFormat.JSON) or b""
            return parse_query_results(json_rows, format=QueryResultsFormat.JSON)
        return found if isinstance(found, (QuerySolutions, QueryBoolean)) else Triples.collect(found)


@dataclass(slots=True, eq=False)
class EndpointEngine:
    """A SPARQL endpoint; `timeout` is what one answer may take, in seconds, `most` its bytes.

    The client, which may be shared, brings its own bounds and credentials along.
    """

    url: str
    timeout: float = TIMEOUT
    credentials: Credentials = ANONYMOUS
    most: int = MOST
    client: Client | None = None
    _client: Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Create a client, if none is shared; nothing is sent yet."""
        from build_graph.query.http.client import Client

        self._client = self.client or Client(self.credentials, self.timeout, most=self.most)

    def answer(self, query: str, name: str = "query") -> Answer:
        """Return the answer, read whole; raise EngineError where what comes is no SPARQL result.

        Raise ExchangeError where the endpoint is down, slow, or refuses the query, QueryError where that is
        at fault, and ReceivedError where the answer is too large, or damaged.
        """
        form = sparql.detect_form(query, name)
        media, data = self._ask(query, name, triples=form in _OF_TRIPLES)
        try:
            found = self._parse_answer(media, data, form)
        except (SyntaxError, ValueError) as error:
            raise EngineError(
                f"{redact_url(self.url)}: answered with {media or 'something'} that is no SPARQL result; "
                "give the address of the SPARQL endpoint itself, as a rule one that ends in /sparql or /query"
            ) from error
        if isinstance(found, QuerySolutions):
            self._check_columns(found, sparql.find_columns(query))
        return found

    def _ask(self, query: str, name: str, *, triples: bool) -> tuple[str, bytes]:
        """Return the media type and the bytes of the answer."""
        from SPARQLWrapper import JSON, TURTLE

        from build_graph.query.http.client import ExchangeError, SparqlEndpoint

        endpoint = SparqlEndpoint(self._client, self.url)
        endpoint.setReturnFormat(TURTLE if triples else JSON)
        endpoint.setQuery(query)
        try:
            result = endpoint.query()
        except ExchangeError as error:
            if error.status in (400, 500):  # 500 is what Virtuoso answers to a query that it does not take
                check(query, name)  # says where, if it is the query that is at fault
            raise
        return result.info()["Content-Type"], result.response.read()

    def _parse_answer(self, media: str, data: bytes, form: sparql.QueryForm) -> Answer:
        """Return the answer in some bytes; raise ValueError or SyntaxError for none of the query's form."""
        receiver = self._client.create_receiver(self.url)
        if form in _OF_TRIPLES:
            return Triples.collect(receiver.parse_statements(data, media))
        yes_or_no = form is sparql.QueryForm.ASK
        found = receiver.parse_results(_normalise_booleans(data, yes_or_no=yes_or_no), media)
        if isinstance(found, QueryBoolean) != yes_or_no:
            raise ValueError(form)
        return found

    def _check_columns(self, found: QuerySolutions, asked: set[str] | None) -> None:
        """Raise EngineError where rows have other columns than a query asks for, if it names any."""
        given = {variable.value for variable in found.variables}
        if asked is not None and asked != given and next(found, None) is not None:
            raise EngineError(
                f"{redact_url(self.url)}: answered with the columns "
                f"{', '.join(sorted(given)) or '(none)'} where "
                f"{', '.join(sorted(asked))} were asked for; give the address of another SPARQL endpoint"
            )


@contextmanager
def convert_store_errors(folder: Path | None) -> Iterator[None]:
    """Raise EngineError if the files of a store cannot be read, as after a build tidied them up."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if folder is None or not str(error).startswith(OF_FILES):
            raise
        raise create_store_error(folder, error) from error


def create_store_error(folder: Path, error: Exception, what: str = "read") -> EngineError:
    """Return the error for a store whose files cannot be opened, or can no longer be read."""
    return EngineError(
        f"{folder}: this store cannot be {what} ({short_message(error)}); "
        "if a build is writing it, try again, else remove the folder and build it again"
    )


def _normalise_booleans(data: bytes, *, yes_or_no: bool) -> bytes:
    """Return an answer in JSON with booleans as the standard writes them.

    Virtuoso 7 writes "1" and "0" for true and false, and answers ASK with a row of one number.
    """
    if not yes_or_no:
        return _WITH_BOOLEAN.sub(_normalise_boolean, data)
    if b"__ASK_RETVAL" not in data or len(data) > _SHORT:
        return data
    try:
        value = json.loads(data)["results"]["bindings"][0]["__ASK_RETVAL"]["value"]
        return json.dumps({"head": {}, "boolean": value in _YES}).encode()
    except (ValueError, LookupError, TypeError):
        return data  # the parser reports what is wrong with it


def _normalise_boolean(found: re.Match[bytes]) -> bytes:
    """Return a boolean of an answer in JSON as the standard writes it."""
    try:
        value = json.loads(found[0])
        word = "true" if value["value"] in _YES else "false"
        return json.dumps({**value, "value": word}).encode() if value["datatype"] == _BOOLEAN else found[0]
    except (ValueError, LookupError, TypeError):
        return found[0]
