"""The network of bodies as a networkx graph, and its communities.

Nodes are numbers, so that nothing depends on how names hash. The network page uses this module too, so it
needs no library of the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

Pair = tuple[int, int, int, float]  # two bodies, the units that they share, and those shared out


def build_nx_graph(pairs: Iterable[Pair], bodies: int, *, directed: bool) -> nx.Graph[int]:
    """Return a graph of numbered bodies whose edges have weight, shared_out and distance."""
    graph: nx.Graph[int] = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(bodies))
    for one, other, together, shared in pairs:
        graph.add_edge(one, other, weight=together, shared_out=shared, distance=1 / together)
    return graph


def detect_communities(graph: nx.Graph[int], seed: int) -> list[list[int]]:
    """Return the communities found by Louvain, the largest first; bodies without a partner are in none.

    Blondel et al., J. Stat. Mech. P10008 (2008).
    """
    tied = graph.subgraph(sorted(node for node in graph if graph.degree(node)))
    if not tied:
        return []
    found = nx.community.louvain_communities(_copy_ordered(tied), weight="weight", seed=seed)
    return sorted((sorted(group) for group in found), key=lambda group: (-len(group), group))


def _copy_ordered(graph: nx.Graph[int]) -> nx.Graph[int]:
    """Return a copy of a graph with its nodes and edges in order: Louvain's result depends on their order."""
    copy = graph.__class__()
    copy.add_nodes_from(sorted(graph))
    copy.add_edges_from(sorted(graph.edges(data=True), key=lambda edge: edge[:2]))
    return copy
