"""The things that all pages of the workbench share: the graph behind the workers, and what is made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from anyio import from_thread

from build_graph.errors import ObligationError
from build_graph.query.catalogue import ParameterKind
from build_graph.query.engines import Answer, Engine
from build_graph.query.names import EntityFinder, NameIndex
from build_graph.query.parameters import Binder
from build_graph.web.pages.entity import EntityPages
from build_graph.web.server.cache import PageCache
from build_graph.web.server.executor import OWN_MEDIA, QueryRequest, parse_reply
from build_graph.web.server.protocol import SparqlRequest
from build_graph.web.server.workers import QueryWorkerPool

Value = TypeVar("Value")

NAMED = (
    ParameterKind.AGENCY,
    ParameterKind.DOMAIN,
    ParameterKind.DOCUMENT,
    ParameterKind.CLAUSE,
)  # things that are found by name
_LISTS = 32  # of names, documents and the like; there are fewer
_NETWORKS = 8  # pages of up to 20 MB
_READERS = 32  # pages of some 0.3 MB


@dataclass(frozen=True, slots=True)
class PooledEngine:
    """Asks the workers from a thread that anyio has started; a client that leaves stops the query."""

    workers: QueryWorkerPool

    def answer(self, query: str, name: str = "query") -> Answer:
        """Return what a query answers; raise RefusedError, with the status, if it is stopped or refused."""
        return parse_reply(
            from_thread.run(self.workers.execute, QueryRequest(SparqlRequest(query), OWN_MEDIA)), name
        )


@dataclass(frozen=True, slots=True)
class AppState:
    """The graph as its pages see it; made once, and asked by many threads."""

    engine: Engine
    names: EntityFinder
    lists: PageCache
    networks: PageCache
    readers: PageCache

    @classmethod
    def create(cls, engine: Engine, patience: float) -> AppState:
        """Return a library over an engine; who waits longer than `patience` seconds for a page is refused."""
        lists, networks, readers = (PageCache(most, patience) for most in (_LISTS, _NETWORKS, _READERS))
        return cls(engine, EntityFinder(engine), lists, networks, readers)

    @property
    def binder(self) -> Binder:
        """The binder, which puts values into questions as of today."""
        return Binder(self.names, date.today())

    @property
    def entity_pages(self) -> EntityPages:
        """The encyclopedia, which writes the pages of entities as of today."""
        return EntityPages(self.binder)

    def load_name_index(self, kind: ParameterKind) -> NameIndex:
        """Return the names of a kind."""
        return self.lists.fetch(kind, lambda: NameIndex.build(kind, self.names.list_names(kind)))

    def load_once(self, ask: Callable[[Engine], Value]) -> Value:
        """Return what is asked of the graph once; raise ObligationError if it cannot be had."""
        return self.lists.fetch(ask, lambda: ask(self.engine))

    def load_or_none(self, ask: Callable[[Engine], Value]) -> Value | None:
        """Return the same; None if it cannot be had."""
        try:
            return self.load_once(ask)
        except ObligationError:
            return None
