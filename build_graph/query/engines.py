"""Engines, which answer queries: Oxigraph over a graph in memory or a store, or an endpoint on the net.

Both give the same answers to the queries of the catalogue, in the types of pyoxigraph.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from pyoxigraph import (
    DefaultGraph,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse_query_results,
)

from build_graph.errors import ObligationError
from build_graph.query import sparql
from build_graph.query.http.credentials import ANONYMOUS, Credentials, redact_url
from build_graph.query.http.messages import server_message, short_message
from build_graph.query.http.receiving import MOST, Receiver, create_reader
from build_graph.query.syntax import check
from build_graph.vocabulary import XSD

TIMEOUT = 60.0  # seconds that an endpoint may take
_BOOLEAN = f"{XSD}boolean"
_YES = ("1", "true")
_WITH_BOOLEAN = re.compile(rb'\{[^{}]*#boolean"[^{}]*\}')  # not by a parser: lists in lists fill memory
_SHORT = 4096  # bytes of an answer that is yes or no
OF_FILES = ("Corruption", "IO error")  # beginnings of RocksDB's messages about its files


class EngineError(ObligationError):
    """A graph that cannot be opened, or an endpoint that does not answer."""


@dataclass(frozen=True, slots=True)
class Triples:
    """The answer to a CONSTRUCT or DESCRIBE query: triples, each once, in a fixed order."""

    triples: tuple[Triple, ...]

    @classmethod
    def collect(cls, triples: Iterable[Triple]) -> Triples:
        """Return the triples, each once, sorted."""
        return cls(tuple(sorted(set(triples), key=str)))


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


def has_default_graph(store: Store) -> bool:
    """Return whether a store's default graph has statements; without any, its named graphs are queried."""
    return next(store.quads_for_pattern(None, None, None, DefaultGraph()), None) is not None


@dataclass(frozen=True, slots=True)
class OxigraphEngine:
    """Oxigraph over a store: its default graph or, if that is empty, the union of its named graphs.

    In the union, a statement of several named graphs counts several times. `obligations build --store`
    therefore writes the statements of all documents into the default graph too. Answers of a store on disk
    are read at once, since a build may delete its files while rows are read.
    """

    store: Store
    union: bool = False
    folder: Path | None = None  # of a store on disk

    @classmethod
    def open(cls, store: Store, folder: Path | None = None) -> OxigraphEngine:
        """Return the engine over a store; raises EngineError if its files cannot be read."""
        with convert_store_errors(folder):
            return cls(store, not has_default_graph(store), folder)

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
        union = self.union and not sparql.find_keywords(query, ["FROM"])  # a union would override its graphs
        found = self.store.query(query, use_default_graph_as_union=union)
        if isinstance(found, QuerySolutions) and self.folder:
            return _parse_results(found.serialize(format=QueryResultsFormat.JSON) or b"")
        return found if isinstance(found, (QuerySolutions, QueryBoolean)) else Triples.collect(found)


@dataclass(frozen=True, slots=True)
class EndpointEngine:
    """A SPARQL endpoint; `timeout` is what one answer may take, in seconds."""

    url: str
    timeout: float = TIMEOUT
    credentials: Credentials = ANONYMOUS
    most: int = MOST

    def answer(self, query: str, name: str = "query") -> Answer:
        """What the endpoint answers; raises EngineError where it is down, slow, or no SPARQL endpoint.

        An answer is read whole, with all rows, before it is given on. Raises ReceivedError where it is too
        large, or damaged.
        """
        form = sparql.detect_form(query, name)
        triples = form in (sparql.QueryForm.CONSTRUCT, sparql.QueryForm.DESCRIBE)
        media, data = self._ask(query, name, triples=triples)
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

    def _parse_answer(self, media: str, data: bytes, form: sparql.QueryForm) -> Answer:
        """Return the answer in some bytes; raises ValueError or SyntaxError where the form has none like
        it.
        """
        receiver = self._create_receiver()
        if form in (sparql.QueryForm.CONSTRUCT, sparql.QueryForm.DESCRIBE):
            known = RdfFormat.from_media_type(media) or RdfFormat.TURTLE
            return Triples.collect(receiver.parse_statements(data, known))
        kind = QueryResultsFormat.from_media_type(media) or QueryResultsFormat.JSON
        found = receiver.parse_results(
            _normalise_booleans(data, yes_or_no=form is sparql.QueryForm.ASK), kind
        )
        if isinstance(found, QueryBoolean) != (form is sparql.QueryForm.ASK):
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

    def _create_receiver(self) -> Receiver:
        return Receiver(self.url, self.timeout, self.most)

    def _ask(self, query: str, name: str, *, triples: bool) -> tuple[str, bytes]:
        """Media type and bytes of the answer."""
        from http.client import HTTPException
        from urllib.error import HTTPError

        try:
            return self._create_receiver().wait(lambda end: self._send_query(query, end, triples=triples))
        except HTTPError as error:
            raise self._create_refusal_error(error, query, name) from error
        except TimeoutError as error:
            raise self._create_timeout_error() from error
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise self._create_timeout_error() from error
            raise self._create_silence_error(short_message(error)) from error

    def _send_query(self, query: str, end: float, *, triples: bool) -> tuple[str, bytes]:
        """Media type and bytes of the answer; raises HTTPError, with the beginning of what is said, else."""
        from urllib.error import HTTPError

        receiver = self._create_receiver()
        try:
            with self._open_request(query, triples=triples) as response:
                packing = response.headers.get("Content-Encoding", "")
                data = receiver.read(create_reader(response), packing, end)
                return response.headers.get_content_type(), data
        except HTTPError as error:
            with error:
                said = receiver.read_beginning(error.read1, end) if error.fp else b""
            raise HTTPError(error.url, error.code, error.reason, error.headers, BytesIO(said)) from error

    def _open_request(self, query: str, *, triples: bool) -> Any:
        """Return the answer as it comes; SPARQLWrapper says what is asked, the credentials who asks."""
        from SPARQLWrapper import JSON, POST, TURTLE, SPARQLWrapper

        wrapper = SPARQLWrapper(self.url, agent="obligation-graph")
        wrapper.setMethod(POST)
        wrapper.setReturnFormat(TURTLE if triples else JSON)
        wrapper.setQuery(query)
        # Its own way to open a request sends a password along to wherever the endpoint sends us on.
        request = wrapper._createRequest()
        self.credentials.sign(request)
        return self.credentials.create_opener(self.url).open(request, timeout=self.timeout)

    def _create_refusal_error(self, error: Any, query: str, name: str) -> EngineError:
        """What to say of an answer that is none."""
        if error.code in (400, 500):  # 500 is what Virtuoso says of a query that it does not take
            check(query, name)  # says where, if it is the query that is at fault
        said = self.credentials.redact(server_message(error, query))
        if error.code == 400:
            return EngineError(f"{redact_url(self.url)}: refuses the query ({said})")
        if error.code == 401:
            return EngineError(f"{redact_url(self.url)}: {self.credentials.describe_refusal()}")
        return self._create_silence_error(f"{error.code} {said}")

    def _create_silence_error(self, why: str) -> EngineError:
        return EngineError(
            f"{redact_url(self.url)}: does not answer ({self.credentials.redact(why)}); "
            "see whether it runs, and at this address"
        )

    def _create_timeout_error(self) -> EngineError:
        return EngineError(
            f"{redact_url(self.url)}: no answer within {self.timeout:g} seconds; "
            "ask for less, or give a higher --timeout"
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


def _parse_results(data: bytes, media: QueryResultsFormat | None = None) -> QuerySolutions | QueryBoolean:
    return parse_query_results(data, format=media or QueryResultsFormat.JSON)


def _normalise_booleans(data: bytes, *, yes_or_no: bool) -> bytes:
    """Return an answer in JSON with yes and no as the standard writes them.

    Virtuoso 7 says "1" and "0" for true and false, and answers ASK with a row of one number.
    """
    if not yes_or_no:
        return _WITH_BOOLEAN.sub(_normalise_boolean, data)
    if b"__ASK_RETVAL" not in data or len(data) > _SHORT:
        return data
    try:
        value = json.loads(data)["results"]["bindings"][0]["__ASK_RETVAL"]["value"]
        return json.dumps({"head": {}, "boolean": value in _YES}).encode()
    except (ValueError, LookupError, TypeError):
        return data  # whoever reads it says what is wrong with it


def _normalise_boolean(found: re.Match[bytes]) -> bytes:
    """Return a value of an answer in JSON, yes or no in the words of the standard."""
    try:
        value = json.loads(found[0])
        said = "true" if value["value"] in _YES else "false"
        return json.dumps({**value, "value": said}).encode() if value["datatype"] == _BOOLEAN else found[0]
    except (ValueError, LookupError, TypeError):
        return found[0]
