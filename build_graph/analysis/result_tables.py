"""The tables of an analysis: pairs, agencies, responsibilities; and the network that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from build_graph.analysis.bearings import Responsibilities
from build_graph.analysis.incidence import Incidence
from build_graph.analysis.projection import Projection
from build_graph.analysis.significance import Significance
from build_graph.query.export.property_graph import replace_unwritable
from build_graph.query.text_tables import ENCODING, guard_value

_DIGITS = 6
_BEARINGS = ["measure", "body", "named", "role", "written", "inferred", "allocation", "domain", "norms"]
_NODE = ["english", "kind", "measures", "led", "partners", "strength", "betweenness", "core", "community"]
_EDGE = ["shared_out", "association", "expected", "z", "p"]


def build_pairs_table(
    incidence: Incidence, pairs: Projection, chance: Significance | None, *, directed: bool
) -> pd.DataFrame:
    """Return one row per pair, the most frequent first.

    Columns: agency, label, partner, partner_label, together, shared_out, association; with a null model also
    expected, deviation, z, p, q. Of an undirected pair the body that bears more is the agency, of a directed
    one the body that leads.
    """
    first, second = pairs.first, pairs.second
    if not directed:
        size = incidence.bears.sum(axis=0)
        swapped = size[second] > size[first]
        first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    bodies, labels = pd.Series(incidence.bodies), pd.Series(incidence.labels)
    columns: dict[str, Any] = {
        "agency": bodies[first].to_numpy(),
        "label": labels[first].to_numpy(),
        "partner": bodies[second].to_numpy(),
        "partner_label": labels[second].to_numpy(),
        "together": pairs.together,
        "shared_out": pairs.shared_out,
        "association": pairs.association,
    }
    if chance:
        found = ("expected", "deviation", "z", "p", "q")
        columns |= {name: getattr(chance, name) for name in found}
    table = pd.DataFrame(columns)
    order = ["together", "shared_out", "agency", "partner"]
    return table.round(_DIGITS).sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def build_agencies_table(
    places: pd.DataFrame, incidence: Incidence, bearings: Responsibilities
) -> pd.DataFrame:
    """Return one row per body, those with most measures first.

    The index is the IRI; columns are label, name, english, kind and those of `compute_centralities`.
    """
    known = bearings.bodies.reindex(incidence.bodies)
    table = places.copy()
    table.insert(0, "label", incidence.labels)
    for at, column in enumerate(("name", "english", "kind"), start=1):
        table.insert(at, column, known[column].fillna("").to_numpy())
    return table.sort_values(["measures", "strength", "agency"], ascending=[False, False, True])


def select_bearings_table(incidence: Incidence) -> pd.DataFrame:
    """Return the counted responsibilities.

    `named` is the body in the text, `body` the one that has its place on the chosen day.
    """
    return incidence.rows[_BEARINGS]


def build_labelled_graph(agencies: pd.DataFrame, pairs: pd.DataFrame, *, directed: bool) -> nx.Graph[str]:
    """Return the network with IRIs as nodes and table columns as attributes, without NaN."""
    graph: nx.Graph[str] = nx.DiGraph() if directed else nx.Graph()
    for node, row in zip(agencies.index, agencies.to_dict("records"), strict=True):
        graph.add_node(node, label=replace_unwritable(row["label"]), **_select_attributes(row, _NODE))
    for row in pairs.to_dict("records"):
        graph.add_edge(
            row["agency"], row["partner"], weight=int(row["together"]), **_select_attributes(row, _EDGE)
        )
    return graph


def _select_attributes(row: Mapping[Any, Any], names: list[str]) -> dict[str, object]:
    """Return the values that are present, as types that GraphML and GEXF know."""
    return {name: _convert_value(row[name]) for name in names if name in row and not pd.isna(row[name])}


def _convert_value(value: object) -> object:
    return replace_unwritable(value) if isinstance(value, str) else value


def format_csv(table: pd.DataFrame, *, index: bool = False, raw: bool = False) -> bytes:
    """Return the table as CSV in UTF-8, with empty cells for missing values.

    Unless `raw`, it is for a spreadsheet: with a byte order mark, and an apostrophe before each text that a
    spreadsheet would take for a formula.
    """
    if raw:
        return table.to_csv(index=index, lineterminator="\n").encode()
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    table = table.assign(**{name: table[name].map(guard_value) for name in texts})
    if index:
        table = table.rename(index=guard_value)
    return table.to_csv(index=index, lineterminator="\n").encode(ENCODING)
