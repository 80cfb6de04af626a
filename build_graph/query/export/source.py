"""The source of an export's statements: a file, the folder of a store or of shards, or an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, Literal, Quad, Store

from build_graph.graph.store.shards import is_shards
from build_graph.graph.write.sorting import number_blank_nodes
from build_graph.query.catalogue import construct, select
from build_graph.query.engines import Engine, EngineError, OxigraphEngine, convert_store_errors
from build_graph.query.http.receiving import MOST, TIMEOUT
from build_graph.query.open import is_address, is_store, open_graph, open_path, read_quads


@dataclass(frozen=True, slots=True)
class GraphSource:
    """A graph to be exported; files are not opened before they are read."""

    where: str
    opened: OxigraphEngine | None = None  # None for a file, and for shards

    @classmethod
    def open(cls, where: str, timeout: float = TIMEOUT, most: int = MOST) -> GraphSource:
        """Return the graph at a place; raises EngineError if it is missing or an endpoint is incomplete.

        An endpoint's graph is copied into memory, page by page, before anything is written.
        """
        if is_address(where):
            return cls.copy_endpoint(where, open_graph(where, timeout, most=most))
        return cls(where, open_path(Path(where)) if is_store(Path(where)) else None)

    @classmethod
    def copy_endpoint(cls, url: str, engine: Engine) -> GraphSource:
        """Return a copy in memory of an endpoint's graph; raise EngineError where it does not give all."""
        return cls(url, OxigraphEngine(_copy_endpoint(url, engine)))

    def iterate_quads(self) -> Iterator[Quad]:
        """Yield all statements of all graphs; raises EngineError if a file is missing or broken."""
        path = Path(self.where)
        if self.opened is not None:
            with convert_store_errors(self.opened.folder):
                yield from self.opened.store
        elif is_shards(path):
            yield from read_quads(path)
        else:
            yield from number_blank_nodes(read_quads(path))

    def open_engine(self) -> OxigraphEngine:
        """Return the engine for the graph; raises EngineError if a file is missing or broken."""
        return self.opened or open_path(Path(self.where))


def _copy_endpoint(url: str, engine: Engine) -> Store:
    """Return an endpoint's default graph; raises EngineError if it gives less than it counts."""
    store, after = Store(), ""
    while page := _fetch_page(engine, after):
        store.extend(page)
        last = max(quad.subject.value for quad in page)  # type: ignore[union-attr]  # they are IRIs
        if last <= after:
            break
        after = last
    held, given = _count_statements(engine), len(store)
    if given < held:
        raise EngineError(
            f"{url}: gives {given:,} of {held:,} statements; it cuts answers short, or holds blank nodes: "
            "let it write a file, and export that"
        )
    return store


def _fetch_page(engine: Engine, after: str) -> list[Quad]:
    """Return all statements on the next subjects."""
    return [
        Quad(triple.subject, triple.predicate, triple.object)
        for triple in construct(engine, "statements", after=Literal(after))
        if not isinstance(triple.object, BlankNode)
    ]


def _count_statements(engine: Engine) -> int:
    return sum(int(row["statements"].value) for row in select(engine, "size"))
