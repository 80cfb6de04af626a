"""The graph of bodies and its communities, with networkx alone: pages need them without the extras.

Nodes are numbered, so that nothing depends on how names hash.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

Pair = tuple[int, int, int, float]  # two bodies, the units that they share, and those shared out


def build_nx_graph(pairs: Iterable[Pair], bodies: int, *, directed: bool) -> nx.Graph[int]:
    """The graph whose nodes are the numbers of the bodies; an edge has weight, shared_out and distance."""
    graph: nx.Graph[int] = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(bodies))
    for one, other, together, shared in pairs:
        graph.add_edge(one, other, weight=together, shared_out=shared, distance=1 / together)
    return graph


def detect_communities(graph: nx.Graph[int], seed: int) -> list[list[int]]:
    """Louvain's communities, the largest first; a body without a pair is in none.

    Blondel et al., J. Stat. Mech. P10008 (2008).
    """
    tied = graph.subgraph(sorted(node for node in graph if graph.degree(node)))
    if not tied:
        return []
    found = nx.community.louvain_communities(_copy_ordered(tied), weight="weight", seed=seed)
    return sorted((sorted(group) for group in found), key=lambda group: (-len(group), group))


def _copy_ordered(graph: nx.Graph[int]) -> nx.Graph[int]:
    """A graph of its own whose nodes and edges stand in order."""
    copy = graph.__class__()
    copy.add_nodes_from(sorted(graph))
    copy.add_edges_from(sorted(graph.edges(data=True), key=lambda edge: edge[:2]))
    return copy
