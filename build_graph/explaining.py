"""From a graph to an explanation, wherever the graph lies."""

from __future__ import annotations

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from build_graph.querying.catalogue import lookup
from build_graph.querying.engines import TIMEOUT, Engine, OxigraphEngine, Triples, open_graph, readable
from build_graph.querying.sparql import with_values
from build_graph.reports.explain import Explainer, Mark, candidates, measure_of


def explain(where: str, name: str, mark: Mark, timeout: float = TIMEOUT) -> list[str]:
    """The lines that explain a name in the graph of a file, a store or an endpoint.

    Raises ObligationError where the graph cannot be opened, and where nothing in it, or several things,
    have the name.
    """
    engine = open_graph(where, timeout)
    if not isinstance(engine, OxigraphEngine):
        return list(_fetched(engine, name, mark).explain(name))
    explainer = Explainer(engine.store, mark, None if engine.union else DefaultGraph())
    with readable(engine.folder):
        return list(explainer.explain(name))


def _fetched(engine: Engine, name: str, mark: Mark) -> Explainer:
    """An explainer of what is asked for on the way: first what has the name, then what explains it."""
    store = Store()
    explainer = Explainer(store, mark)
    for node in candidates(name):
        _take(store, engine, "explained", node)
    if not len(store):
        _take(store, engine, "marks")
    node = explainer.find(name)
    for thing in (node, measure_of(node)):
        _take(store, engine, "explained", thing)
    _take(store, engine, "named-by", node)
    return explainer


def _take(store: Store, engine: Engine, query: str, node: NamedNode | None = None) -> None:
    """Put what a query of `queries/lookups` constructs, of a thing, into the store."""
    text = lookup(query)
    found = engine.answer(with_values(text, {"node": node}) if node else text, query)
    assert isinstance(found, Triples), f"lookups/{query}.rq is no CONSTRUCT query"
    store.extend(Quad(*triple) for triple in found.triples)
