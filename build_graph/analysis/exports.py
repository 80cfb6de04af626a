"""The network for other programs: GraphML, and GEXF, which Gephi opens with labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import networkx as nx
import pandas as pd

_DATED = re.compile(rb' lastmodifieddate="[^"]*"')
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NODE = ["english", "kind", "measures", "led", "partners", "strength", "betweenness", "core", "community"]
_EDGE = ["shared_out", "association", "expected", "z", "p"]


def labelled(agencies: pd.DataFrame, pairs: pd.DataFrame, *, directed: bool) -> nx.Graph[str]:
    """The network with IRIs as nodes and the columns of the tables as attributes; NaN is left out."""
    graph: nx.Graph[str] = nx.DiGraph() if directed else nx.Graph()
    for node, row in zip(agencies.index, agencies.to_dict("records"), strict=True):
        graph.add_node(node, label=_writable(row["label"]), **_attributes(row, _NODE))
    for row in pairs.to_dict("records"):
        graph.add_edge(row["agency"], row["partner"], weight=int(row["together"]), **_attributes(row, _EDGE))
    return graph


def graphml(graph: nx.Graph[str]) -> bytes:
    """The network as GraphML."""
    out = BytesIO()
    nx.write_graphml_xml(graph, out, encoding="utf-8", prettyprint=True)
    return out.getvalue()


def gexf(graph: nx.Graph[str]) -> bytes:
    """The network as GEXF 1.2; the day of writing, which would change the bytes, is taken out."""
    out = BytesIO()
    nx.write_gexf(graph, out, encoding="utf-8", prettyprint=True)
    return _DATED.sub(b"", out.getvalue())


def _attributes(row: Mapping[Any, Any], names: list[str]) -> dict[str, object]:
    """The values that there are, as types that both formats know."""
    return {name: _plain(row[name]) for name in names if name in row and not pd.isna(row[name])}


def _plain(value: object) -> object:
    return _writable(value) if isinstance(value, str) else value


def _writable(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)
