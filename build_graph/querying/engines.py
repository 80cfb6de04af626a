"""What answers a query: Oxigraph over a file or a store, rdflib over a graph, or an endpoint on the net.

All give the same answers to the queries of the catalogue, in the types of pyoxigraph.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Protocol

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
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
from build_graph.files import is_folder, name_of
from build_graph.querying import sparql
from build_graph.querying.credentials import NOBODY, Credentials, check_address, shown
from build_graph.querying.faults import check
from build_graph.querying.receiving import MOST, Receiver, whole
from build_graph.querying.sayings import brief, reason
from build_graph.shards import Shards, is_shards
from build_graph.vocabulary import ONTOLOGY, XSD

if TYPE_CHECKING:
    from rdflib import Graph

TIMEOUT = 60.0  # seconds that an endpoint may take
LARGEST = 10_000_000  # statements of shards that are taken into memory, 4 GB or so
_ATTEMPTS, _PAUSE = 5, 0.1  # to open a store while a build tidies it up; seconds between them
_APART = (DefaultGraph(), NamedNode(ONTOLOGY))
_BOOLEAN = f"{XSD}boolean"
_YES = ("1", "true")
_WITH_BOOLEAN = re.compile(rb'\{[^{}]*#boolean"[^{}]*\}')  # not by a parser: lists in lists fill memory
_SHORT = 4096  # bytes of an answer that is yes or no
OF_FILES = ("Corruption", "IO error")  # how RocksDB's words begin when its files are at fault


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
    Of a store on disk an answer is read whole: a build may take its files away while rows are asked for.
    """

    store: Store
    union: bool = False
    folder: Path | None = None  # where the store lies on disk

    @classmethod
    def over(cls, store: Store, folder: Path | None = None) -> OxigraphEngine:
        """The engine over a store; raises EngineError where its files cannot be read."""
        with readable(folder):
            return cls(store, not in_default_graph(store), folder)

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises QueryError for what is no query, or cannot be answered.

        Raises EngineError where the files of a store can no longer be read.
        """
        try:
            with readable(self.folder):
                return self._found(query)
        except SyntaxError:
            check(query, name)  # says where
            raise
        except (OSError, RuntimeError, ValueError) as error:
            raise sparql.QueryError(f"{name}: cannot be answered ({brief(error)}); put it right") from error

    def _found(self, query: str) -> Answer:
        union = self.union and not sparql.keywords(query, ["FROM"])  # which it would undo
        found = self.store.query(query, use_default_graph_as_union=union)
        if isinstance(found, QuerySolutions) and self.folder:
            return _results(found.serialize(format=QueryResultsFormat.JSON) or b"")
        return found if isinstance(found, (QuerySolutions, QueryBoolean)) else Triples.of(found)


@dataclass(frozen=True, slots=True)
class RdflibEngine:
    """rdflib's own engine over a graph in memory: slower by far, for those who have an rdflib graph."""

    graph: Graph

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises QueryError for what is no query."""
        check(query, name)
        found = self._asked(query).query(query)
        if found.graph is not None:
            data = found.graph.serialize(format="nt", encoding="utf-8")
            return Triples.of(quad.triple for quad in parse(data, format=RdfFormat.N_TRIPLES))
        return _results(found.serialize(format="json") or b"")

    def _asked(self, query: str) -> Graph:
        """What to ask: rdflib takes no GRAPH from a graph that stands alone, and has no named graphs."""
        from rdflib import ConjunctiveGraph, Dataset

        named = any(token["word"] and token["word"].upper() == "GRAPH" for token in sparql.tokens(query))
        if not named or isinstance(self.graph, ConjunctiveGraph):
            return self.graph
        alone = Dataset()
        alone.default_graph = self.graph
        return alone


@dataclass(frozen=True, slots=True)
class EndpointEngine:
    """A SPARQL endpoint; `timeout` is what one answer may take, in seconds."""

    url: str
    timeout: float = TIMEOUT
    credentials: Credentials = NOBODY
    most: int = MOST

    def answer(self, query: str, name: str = "query") -> Answer:
        """What the endpoint answers; raises EngineError where it is down, slow, or no SPARQL endpoint.

        An answer is read whole, with all rows, before it is given on. Raises ReceivedError where it is too
        large, or damaged.
        """
        form = sparql.form(query, name)
        triples = form in (sparql.Form.CONSTRUCT, sparql.Form.DESCRIBE)
        media, data = self._ask(query, name, triples=triples)
        try:
            found = self._found(media, data, form)
        except (SyntaxError, ValueError) as error:
            raise EngineError(
                f"{shown(self.url)}: answered with {media or 'something'} that is no SPARQL result; "
                "give the address of the SPARQL endpoint itself, as a rule one that ends in /sparql or /query"
            ) from error
        if isinstance(found, QuerySolutions):
            self._check_columns(found, sparql.columns(query))
        return found

    def _found(self, media: str, data: bytes, form: sparql.Form) -> Answer:
        """The answer in some bytes; raises ValueError or SyntaxError where the form has none like it."""
        receiver = self._receiver()
        if form in (sparql.Form.CONSTRUCT, sparql.Form.DESCRIBE):
            known = RdfFormat.from_media_type(media) or RdfFormat.TURTLE
            return Triples.of(receiver.statements(data, known))
        kind = QueryResultsFormat.from_media_type(media) or QueryResultsFormat.JSON
        found = receiver.results(_plain(data, yes_or_no=form is sparql.Form.ASK), kind)
        if isinstance(found, QueryBoolean) != (form is sparql.Form.ASK):
            raise ValueError(form)
        return found

    def _check_columns(self, found: QuerySolutions, asked: set[str] | None) -> None:
        """Raises EngineError where rows have other columns than a query asks for, if it names any."""
        given = {variable.value for variable in found.variables}
        if asked is not None and asked != given and next(found, None) is not None:
            raise EngineError(
                f"{shown(self.url)}: answered with the columns {', '.join(sorted(given)) or '(none)'} where "
                f"{', '.join(sorted(asked))} were asked for; give the address of another SPARQL endpoint"
            )

    def _receiver(self) -> Receiver:
        return Receiver(self.url, self.timeout, self.most)

    def _ask(self, query: str, name: str, *, triples: bool) -> tuple[str, bytes]:
        """Media type and bytes of the answer."""
        from http.client import HTTPException
        from urllib.error import HTTPError

        try:
            return self._receiver().wait(lambda end: self._asked(query, end, triples=triples))
        except HTTPError as error:
            raise self._refused(error, query, name) from error
        except TimeoutError as error:
            raise self._slow() from error
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise self._slow() from error
            raise self._silent(brief(error)) from error

    def _asked(self, query: str, end: float, *, triples: bool) -> tuple[str, bytes]:
        """Media type and bytes of the answer; raises HTTPError, with the beginning of what is said, else."""
        from urllib.error import HTTPError

        receiver = self._receiver()
        try:
            with self._request(query, triples=triples) as response:
                packing = response.headers.get("Content-Encoding", "")
                data = receiver.read(whole(response), packing, end)
                return response.headers.get_content_type(), data
        except HTTPError as error:
            with error:
                said = receiver.read_beginning(error.read1, end) if error.fp else b""
            raise HTTPError(error.url, error.code, error.reason, error.headers, BytesIO(said)) from error

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
        said = self.credentials.hidden(reason(error, query))
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

    def _slow(self) -> EngineError:
        return EngineError(
            f"{shown(self.url)}: no answer within {self.timeout:g} seconds; "
            "ask for less, or give a higher --timeout"
        )


def open_graph(
    where: str, timeout: float = TIMEOUT, credentials: Credentials = NOBODY, most: int = MOST
) -> Engine:
    """The engine for a file, a folder of a store or of shards, or an endpoint's address.

    An endpoint is asked only when there is a query; shards are loaded into memory. Raises EngineError where
    the graph cannot be opened, ShardsError for shards that are not complete.
    """
    if is_address(where):
        check_address(where)
        return EndpointEngine(where, timeout, credentials, most)
    path = Path(where)
    if is_shards(path):
        return OxigraphEngine.over(_gathered(Shards.open(path)))
    return OxigraphEngine.over(_store(path), path) if is_folder(path) else OxigraphEngine.over(_loaded(path))


def is_store(path: Path) -> bool:
    """Whether a folder is to be opened as a store, and not loaded as shards."""
    return is_folder(path) and not is_shards(path)


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
                raise _unreadable(path, error, "opened") from error
            sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def readable(folder: Path | None) -> Iterator[None]:
    """Raises EngineError where the files of a store cannot be read: a build has tidied them away."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if folder is None or not str(error).startswith(OF_FILES):
            raise
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: Exception, what: str = "read") -> EngineError:
    """What to say of a store whose files cannot be opened or, any more, be read."""
    return EngineError(
        f"{folder}: this store cannot be {what} ({brief(error)}); "
        "if a build is writing it, try again, else remove the folder and build it again"
    )


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
    """A file in memory, with its named graphs if it has some."""
    store = Store()
    known = format_of(path)
    try:
        if known.supports_datasets:
            store.bulk_extend(_also_as_one(parse(path=str(path), format=known)))
        else:
            store.bulk_load(path=str(path), format=known)
    except FileNotFoundError as error:
        raise EngineError(f"{path}: there is no such graph; make it with: obligations build") from error
    except (SyntaxError, ValueError, OSError) as error:
        raise EngineError(f"{path}: is no {known.name} file that can be read ({brief(error)})") from error
    return store


def _also_as_one(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Statements in their graphs, and all but the ontology too in the default graph, as in a store."""
    for quad in quads:
        yield quad
        if quad.graph_name not in _APART:
            yield Quad(*quad.triple)


def _results(data: bytes, media: QueryResultsFormat | None = None) -> QuerySolutions | QueryBoolean:
    return parse_query_results(data, format=media or QueryResultsFormat.JSON)


def _plain(data: bytes, *, yes_or_no: bool) -> bytes:
    """An answer in JSON with yes and no as the standard writes them.

    Virtuoso 7 says "1" and "0" for true and false, and answers ASK with a row of one number.
    """
    if not yes_or_no:
        return _WITH_BOOLEAN.sub(_said_plainly, data)
    if b"__ASK_RETVAL" not in data or len(data) > _SHORT:
        return data
    try:
        value = json.loads(data)["results"]["bindings"][0]["__ASK_RETVAL"]["value"]
        return json.dumps({"head": {}, "boolean": value in _YES}).encode()
    except (ValueError, LookupError, TypeError):
        return data  # whoever reads it says what is wrong with it


def _said_plainly(found: re.Match[bytes]) -> bytes:
    """A value of an answer in JSON, yes or no in the words of the standard."""
    try:
        value = json.loads(found[0])
        said = "true" if value["value"] in _YES else "false"
        return json.dumps({**value, "value": said}).encode() if value["datatype"] == _BOOLEAN else found[0]
    except (ValueError, LookupError, TypeError):
        return found[0]
