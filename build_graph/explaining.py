"""From a graph to an explanation, wherever the graph lies."""

from __future__ import annotations

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from build_graph.querying.catalogue import construct
from build_graph.querying.engines import TIMEOUT, Engine, OxigraphEngine, readable
from build_graph.querying.headers import Kind
from build_graph.querying.names import NameFinder
from build_graph.querying.open import open_graph
from build_graph.querying.receiving import MOST
from build_graph.reports.explain import (
    GIVE,
    CannotExplainError,
    Explainer,
    Mark,
    candidates,
    is_mark,
    measure_of,
)

# What a name is looked for among: together first, then among the headings.
_KINDS = ((Kind.AGENCY, Kind.DOMAIN, Kind.DOCUMENT), (Kind.CLAUSE,))


def explain(where: str, name: str, mark: Mark, timeout: float = TIMEOUT, most: int = MOST) -> list[str]:
    """The lines that explain a name in the graph of a file, a store or an endpoint.

    Raises ObligationError where the graph cannot be opened, and where nothing in it, or several things,
    have the name.
    """
    engine = open_graph(where, timeout, most=most)
    if not isinstance(engine, OxigraphEngine):
        return _fetched(engine, name, mark)
    explainer = Explainer(engine.store, mark, None if engine.union else DefaultGraph())
    with readable(engine.folder):
        return list(explainer.describe(_find(explainer, engine, name)))


def _fetched(engine: Engine, name: str, mark: Mark) -> list[str]:
    """What explains a name, asked for on the way: first what has the name, then what explains it."""
    store = Store()
    explainer = Explainer(store, mark)
    for node in candidates(name):
        _take(store, engine, "explained", node)
    if not len(store) and is_mark(name):
        _take(store, engine, "marks")
    node = _find(explainer, engine, name)
    for thing in (node, measure_of(node)):
        _take(store, engine, "explained", thing)
    _take(store, engine, "named-by", node)
    return list(explainer.describe(node))


def _find(explainer: Explainer, engine: Engine, name: str) -> NamedNode:
    """What has the name: an IRI, a clause by its mark, or what the values of a query are found by.

    Raises ObligationError where that is nothing, or several things.
    """
    if node := explainer.known(name) or explainer.marked(name):
        return node
    names = NameFinder(engine)
    for kinds in _KINDS:
        if node := names.find_any(kinds, name):
            return node
    near = names.find_near([kind for kinds in _KINDS for kind in kinds], name)
    meant = f"did you mean {', '.join(near)}? Else " if near else ""
    raise CannotExplainError(
        f"{name}: the graph holds no such IRI, clause, body, domain or document; {meant}{GIVE}"
    )


def _take(store: Store, engine: Engine, query: str, node: NamedNode | None = None) -> None:
    """Put what a query of `queries/lookups` constructs, of a thing, into the store."""
    values = {"node": node} if node else {}
    store.extend(Quad(*triple) for triple in construct(engine, query, **values))
