"""Where an export takes its statements from: a file, the folder of a store, or an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, Literal, Quad, QuerySolutions, RdfFormat, Store, parse

from build_graph.files import is_folder
from build_graph.graph.ordering import renamed
from build_graph.querying.catalogue import lookup
from build_graph.querying.engines import (
    TIMEOUT,
    Engine,
    EngineError,
    OxigraphEngine,
    Triples,
    open_graph,
    readable,
)
from build_graph.querying.receiving import MOST
from build_graph.querying.sparql import with_values
from build_graph.shards import Shards, is_shards


@dataclass(frozen=True, slots=True)
class Source:
    """A graph to be exported; files are not opened before they are read."""

    where: str
    store: Store | None = None  # None for a file, and for a folder of shards

    @classmethod
    def open(cls, where: str, timeout: float = TIMEOUT, most: int = MOST) -> Source:
        """The graph at a place; raises EngineError where there is none, or an endpoint does not give all.

        An endpoint's graph is copied into memory, page by page, before anything is written.
        """
        if where.startswith(("http://", "https://")):
            return cls(where, _copied(where, open_graph(where, timeout, most=most)))
        if is_folder(Path(where)) and not is_shards(Path(where)):
            engine = open_graph(where)
            assert isinstance(engine, OxigraphEngine), "a folder is a store"
            return cls(where, engine.store)
        return cls(where)

    def quads(self) -> Iterator[Quad]:
        """All statements of all graphs; raises EngineError where a file is missing, broken, or taken away."""
        if self.store is not None:
            with readable(Path(self.where)):
                yield from self.store
            return
        if is_shards(Path(self.where)):
            yield from parse(Shards.open(Path(self.where)).quads(), format=RdfFormat.N_QUADS)
            return
        known = RdfFormat.from_extension(Path(self.where).suffix.removeprefix(".")) or RdfFormat.TURTLE
        try:
            yield from renamed(parse(path=self.where, format=known))
        except FileNotFoundError as error:
            raise EngineError(
                f"{self.where}: there is no such graph; make it with: obligations build"
            ) from error
        except (SyntaxError, ValueError, OSError) as error:
            reason = " ".join(str(getattr(error, "msg", None) or error).split())
            raise EngineError(
                f"{self.where}: is no {known.name} file that can be read ({reason}); put it right"
            ) from error

    def engine(self) -> Engine:
        """What answers for the graph; raises EngineError where a file is missing or broken."""
        if self.store is None:
            return open_graph(self.where)
        return OxigraphEngine.over(self.store, Path(self.where) if is_folder(Path(self.where)) else None)


def _copied(url: str, engine: Engine) -> Store:
    """What an endpoint's default graph holds; EngineError where it does not give all that it counts."""
    store, after = Store(), ""
    while page := _page(engine, after):
        store.extend(page)
        last = max(quad.subject.value for quad in page)  # type: ignore[union-attr]  # they are IRIs
        if last <= after:
            break
        after = last
    held, given = _size(engine), len(store)
    if given < held:
        raise EngineError(
            f"{url}: gives {given:,} of {held:,} statements; it cuts answers short, or holds blank nodes: "
            "let it write a file, and export that"
        )
    return store


def _page(engine: Engine, after: str) -> list[Quad]:
    """All that is said of the next subjects."""
    found = engine.answer(with_values(lookup("statements"), {"after": Literal(after)}), "statements")
    assert isinstance(found, Triples), "lookups/statements.rq is no CONSTRUCT query"
    return [
        Quad(triple.subject, triple.predicate, triple.object)
        for triple in found.triples
        if not isinstance(triple.object, BlankNode)
    ]


def _size(engine: Engine) -> int:
    found = engine.answer(lookup("size"), "size")
    assert isinstance(found, QuerySolutions), "lookups/size.rq is no SELECT query"
    return sum(int(row["statements"].value) for row in found)
