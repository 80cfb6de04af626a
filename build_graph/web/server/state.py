"""The state that all pages of the workbench share: the graph behind the workers, and caches."""

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
from build_graph.web.server.executor import OWN_MEDIA, QueryRequest, parse_result
from build_graph.web.server.protocol import SparqlRequest
from build_graph.web.server.workers import QueryWorkerPool

Value = TypeVar("Value")

# Sizes of the caches.
_LISTS = 32  # lists of names, documents and the like; there are fewer
_NETWORKS = 8  # pages of up to 20 MB
_READERS = 32  # pages of some 0.3 MB


@dataclass(frozen=True, slots=True)
class PooledEngine:
    """An engine that queries the workers from a thread of anyio; a client that leaves stops the query."""

    workers: QueryWorkerPool

    def answer(self, query: str, name: str = "query") -> Answer:
        """Return the answer to a query; raise HTTPError with the status if it is stopped or refused."""
        request = QueryRequest(SparqlRequest(query), OWN_MEDIA)
        return parse_result(from_thread.run(self.workers.execute, request), name)


@dataclass(frozen=True, slots=True)
class AppState:
    """The engine, the names and the caches of an application; many threads use it at once."""

    engine: Engine
    names: EntityFinder
    lists: PageCache
    networks: PageCache
    readers: PageCache

    @classmethod
    def create(cls, engine: Engine, patience: float) -> AppState:
        """Return the state over an engine; a page that takes others over `patience` seconds is refused."""
        lists, networks, readers = (PageCache(most, patience) for most in (_LISTS, _NETWORKS, _READERS))
        return cls(engine, EntityFinder(engine), lists, networks, readers)

    @property
    def binder(self) -> Binder:
        """The binder, which puts values into questions as of today."""
        return Binder(self.names, date.today())

    @property
    def entity_pages(self) -> EntityPages:
        """The pages of entities, as of today."""
        return EntityPages(self.binder)

    def load_name_index(self, kind: ParameterKind) -> NameIndex:
        """Return the index of the names of a kind."""
        return self.lists.fetch(kind, lambda: NameIndex.build(kind, self.names.list_names(kind)))

    def load_once(self, ask: Callable[[Engine], Value]) -> Value:
        """Return the result of `ask`, which runs once on the graph; raise ObligationError if it fails."""
        return self.lists.fetch(ask, lambda: ask(self.engine))

    def load_or_none(self, ask: Callable[[Engine], Value]) -> Value | None:
        """Return the result of `ask` as `load_once`; None if it fails."""
        try:
            return self.load_once(ask)
        except ObligationError:
            return None
