"""Which bodies are responsible together, counted on the cluster: documents to pairs, pairs to sums.

What comes back is a row a pair of bodies, however many documents there are; it says what
`obligations analyse` says in pairs.csv of the same graph, with its default choices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import functions as sql

from build_graph.querying.short_names import unique_labels

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_DIGITS = 6
# Each body of a measure with each that comes after it, so that a pair stands once.
_PAIRS = """explode(flatten(transform(bodies, (one, at) -> transform(
    slice(bodies, at + 2, size(bodies)), other -> struct(one AS first, other AS second)))))"""
_ORDER = {"together": False, "shared_out": False, "agency": True, "partner": True}


def count_pairs(bearings: DataFrame) -> pd.DataFrame:
    """The pairs of bodies that bear measures together, the most frequent first.

    `bearings` has a document and the columns of Bearing. Columns of the result: agency, label, partner,
    partner_label (the body that bears more stands first), together (measures), shared_out, association (as
    `obligations analyse` has them), documents (in which they do). Groups such as 有关部门 are not counted.
    """
    agencies = bearings.where("NOT group")
    measures = agencies.groupBy("document", "measure").agg(
        sql.array_sort(sql.collect_set("body")).alias("bodies")
    )
    measures = measures.cache()
    sizes = measures.select(sql.explode("bodies").alias("body")).groupBy("body").count()
    known = _collect_rows(sizes.join(_choose_names(agencies), "body")).set_index("body").sort_index()
    table = _build_table(_collect_rows(_sum_pairs(measures)), known, measures.count())
    measures.unpersist()
    return table


def _collect_rows(rows: DataFrame) -> pd.DataFrame:
    """The rows, out of the cluster."""
    table: pd.DataFrame = rows.toArrow().to_pandas()
    return table


def _sum_pairs(measures: DataFrame) -> DataFrame:
    """first, second, together, shared_out, documents: a measure of k bodies gives 1/(k-1) to each pair."""
    each = measures.select("document", sql.size("bodies").alias("bearers"), sql.expr(_PAIRS).alias("pair"))
    return each.groupBy("pair.first", "pair.second").agg(
        sql.count("*").alias("together"),
        sql.sum(1 / (sql.col("bearers") - 1)).alias("shared_out"),
        sql.countDistinct("document").alias("documents"),
    )


def _choose_names(agencies: DataFrame) -> DataFrame:
    """body, mostly, name, place: the words that documents mostly call it by, and what is known of it."""
    said = agencies.groupBy("body", "written").agg(
        sql.count("*").alias("times"), sql.min("name").alias("name"), sql.min("place").alias("place")
    )
    return said.groupBy("body").agg(
        sql.min_by("written", sql.struct(-sql.col("times"), "written")).alias("mostly"),
        sql.min("name").alias("name"),
        sql.min("place").alias("place"),
    )


def _build_table(sums: pd.DataFrame, bodies: pd.DataFrame, measures: int) -> pd.DataFrame:
    """The sums with the names of the bodies, in their order."""
    names = (dict(bodies[column]) for column in ("mostly", "name", "place"))
    labels = pd.Series(unique_labels(list(bodies.index), *names), index=bodies.index, dtype=object)
    first, second = (bodies["count"].reindex(sums[side]).to_numpy() for side in ("first", "second"))
    swapped = second > first
    agency = sums["first"].where(~swapped, sums["second"])
    partner = sums["second"].where(~swapped, sums["first"])
    columns = {
        "agency": agency,
        "label": labels.reindex(agency).to_numpy(),
        "partner": partner,
        "partner_label": labels.reindex(partner).to_numpy(),
        "together": sums["together"],
        "shared_out": sums["shared_out"],
        "association": sums["together"] / (first * second / max(measures, 1)),
        "documents": sums["documents"],
    }
    table = pd.DataFrame(columns).round(_DIGITS)
    return table.sort_values(list(_ORDER), ascending=list(_ORDER.values()), ignore_index=True)
