"""From a graph to an explanation, wherever the graph lies."""

from __future__ import annotations

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from build_graph.querying.catalogue import construct
from build_graph.querying.engines import TIMEOUT, Engine, OxigraphEngine, convert_store_errors
from build_graph.querying.headers import ParameterKind
from build_graph.querying.names import EntityFinder
from build_graph.querying.open import open_graph
from build_graph.querying.receiving import MOST
from build_graph.reports.explain import (
    GIVE,
    CannotExplainError,
    Explainer,
    Mark,
    find_measure,
    is_mark,
    list_candidates,
)

# What a name is looked for among: together first, then among the headings.
_KINDS = ((ParameterKind.AGENCY, ParameterKind.DOMAIN, ParameterKind.DOCUMENT), (ParameterKind.CLAUSE,))


def explain(where: str, name: str, mark: Mark, timeout: float = TIMEOUT, most: int = MOST) -> list[str]:
    """The lines that explain a name in the graph of a file, a store or an endpoint.

    Raises ObligationError where the graph cannot be opened, and where nothing in it, or several things,
    have the name.
    """
    engine = open_graph(where, timeout, most=most)
    if not isinstance(engine, OxigraphEngine):
        return _explain_remote(engine, name, mark)
    explainer = Explainer(engine.store, mark, None if engine.union else DefaultGraph())
    with convert_store_errors(engine.folder):
        return list(explainer.describe(_find_node(explainer, engine, name)))


def _explain_remote(engine: Engine, name: str, mark: Mark) -> list[str]:
    """What explains a name, asked for on the way: first what has the name, then what explains it."""
    store = Store()
    explainer = Explainer(store, mark)
    for node in list_candidates(name):
        _load_constructed(store, engine, "explained", node)
    if not len(store) and is_mark(name):
        _load_constructed(store, engine, "marks")
    node = _find_node(explainer, engine, name)
    for thing in (node, find_measure(node)):
        _load_constructed(store, engine, "explained", thing)
    _load_constructed(store, engine, "named-by", node)
    return list(explainer.describe(node))


def _find_node(explainer: Explainer, engine: Engine, name: str) -> NamedNode:
    """What has the name: an IRI, a clause by its mark, or what the values of a query are found by.

    Raises ObligationError where that is nothing, or several things.
    """
    if node := explainer.find_iri(name) or explainer.find_clause(name):
        return node
    names = EntityFinder(engine)
    for kinds in _KINDS:
        if node := names.find_any(kinds, name):
            return node
    near = names.find_near([kind for kinds in _KINDS for kind in kinds], name)
    meant = f"did you mean {', '.join(near)}? Else " if near else ""
    raise CannotExplainError(
        f"{name}: the graph holds no such IRI, clause, body, domain or document; {meant}{GIVE}"
    )


def _load_constructed(store: Store, engine: Engine, query: str, node: NamedNode | None = None) -> None:
    """Put what a query of `queries/lookups` constructs, of a thing, into the store."""
    values = {"node": node} if node else {}
    store.extend(Quad(*triple) for triple in construct(engine, query, **values))
