"""The centralities of each body in the network, and the modularity of its communities.

Figures are rounded, so that nothing depends on the order in which a processor adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from build_graph.analysis.incidence import Incidence

_EXACT = 2_000  # nodes up to which betweenness looks at every path; above, from so many nodes drawn
_DIGITS = 6


def compute_modularity(graph: nx.Graph[int], groups: list[list[int]]) -> float:
    """Return the weight within communities beyond what chance would put there; 0 without pairs."""
    tied = graph.subgraph([node for group in groups for node in group])
    return round(nx.community.modularity(tied, map(set, groups), weight="weight"), _DIGITS) if groups else 0.0


def compute_centralities(
    graph: nx.Graph[int], incidence: Incidence, groups: list[list[int]], seed: int
) -> pd.DataFrame:
    """Return one row per body: how much it bears, and its position in the network.

    Columns: measures, alone (without another of the bodies counted), led, partners (degree), strength
    (weights added up), shared_out, betweenness, eigenvector, constraint (Burt, low: a broker), core (k-core),
    participation (over main domains, Guimerà and Amaral: 0 all in one, near 1 spread), community (from 1,
    0 for none).
    """
    bears = incidence.bears
    single = bears.sum(axis=1) == 1
    member = {node: number for number, group in enumerate(groups, start=1) for node in group}
    columns: dict[str, Any] = {
        "measures": bears.sum(axis=0),
        "alone": bears[np.flatnonzero(single)].sum(axis=0),
        "led": incidence.leads.sum(axis=0),
        "partners": _list_values(graph, dict(nx.Graph(graph).degree())),
        "strength": _list_values(graph, dict(graph.degree(weight="weight"))),
        "shared_out": _list_values(graph, dict(graph.degree(weight="shared_out"))),
        "betweenness": _list_values(graph, _compute_betweenness(graph, seed)),
        "eigenvector": _list_values(graph, _compute_eigenvector(graph)),
        "constraint": _list_values(graph, nx.constraint(graph, weight="weight")),
        "core": _list_values(graph, nx.core_number(graph)),
        "participation": _compute_participation(incidence),
        "community": _list_values(graph, {node: member.get(node, 0) for node in graph}),
    }
    return pd.DataFrame(columns, index=pd.Index(incidence.bodies, name="agency")).round(_DIGITS)


def _list_values(graph: nx.Graph[int], values: Mapping[int, float]) -> list[float]:
    return [values[node] for node in range(len(graph))]


def _compute_betweenness(graph: nx.Graph[int], seed: int) -> dict[int, float]:
    sample = None if len(graph) <= _EXACT else _EXACT
    return dict(nx.betweenness_centrality(graph, k=sample, weight="distance", seed=seed))


def _compute_eigenvector(graph: nx.Graph[int]) -> dict[int, float]:
    """Return the eigenvector centralities; 0 for all if there are none, as in a directed acyclic graph."""
    try:
        return dict(nx.eigenvector_centrality(graph, max_iter=10_000, tol=1e-10, weight="weight"))
    except nx.PowerIterationFailedConvergence:
        return dict.fromkeys(graph, 0.0)


def _compute_participation(incidence: Incidence) -> np.ndarray:
    """Return, for each body, 1 minus the sum of squares of its shares over main domains.

    Units without a domain do not count; NaN for a body that has no other units.
    """
    codes, domains = pd.factorize(incidence.domains.replace("", None))
    named = np.flatnonzero(codes >= 0)
    totals = np.zeros((len(incidence.bodies), max(len(domains), 1)))
    bears = incidence.bears[named].tocoo()
    np.add.at(totals, (bears.col, codes[named][bears.row]), 1)
    whole = totals.sum(axis=1)
    shares = np.divide(totals, whole[:, None], out=np.zeros_like(totals), where=whole[:, None] > 0)
    return np.where(whole > 0, 1 - (shares**2).sum(axis=1), np.nan)
