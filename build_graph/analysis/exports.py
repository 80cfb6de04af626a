"""The network of bodies with what was counted of them, for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import pandas as pd

from build_graph.exporting.network import replace_unwritable

_NODE = ["english", "kind", "measures", "led", "partners", "strength", "betweenness", "core", "community"]
_EDGE = ["shared_out", "association", "expected", "z", "p"]


def labelled(agencies: pd.DataFrame, pairs: pd.DataFrame, *, directed: bool) -> nx.Graph[str]:
    """The network with IRIs as nodes and the columns of the tables as attributes; NaN is left out."""
    graph: nx.Graph[str] = nx.DiGraph() if directed else nx.Graph()
    for node, row in zip(agencies.index, agencies.to_dict("records"), strict=True):
        graph.add_node(node, label=replace_unwritable(row["label"]), **_attributes(row, _NODE))
    for row in pairs.to_dict("records"):
        graph.add_edge(row["agency"], row["partner"], weight=int(row["together"]), **_attributes(row, _EDGE))
    return graph


def _attributes(row: Mapping[Any, Any], names: list[str]) -> dict[str, object]:
    """The values that there are, as types that both formats know."""
    return {name: _plain(row[name]) for name in names if name in row and not pd.isna(row[name])}


def _plain(value: object) -> object:
    return replace_unwritable(value) if isinstance(value, str) else value
