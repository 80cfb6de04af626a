"""Which documents stay: of those with one IRI the first; the others are copies of it, or failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as sql
from pyspark.sql.window import Window

from build_graph.spark.schemas import PLACE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SAID = ("left_alone", "name", "iri", "failure", "kind")


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """Outcomes, told apart."""

    kept: DataFrame  # columns of OUTCOMES
    # left_alone, name, iri, failure, kind, before (the name of who has the IRI already), is_copy (whether its
    # text is the same), in the order of the input.
    skipped: DataFrame


def deduplicate(outcomes: DataFrame) -> Deduplicated:
    """The outcomes of all documents, told apart; what comes first in the input stays."""
    is_good = ~sql.col("left_alone") & (sql.col("failure") == "")
    good = outcomes.where(is_good)
    later = _select_later(good).cache()  # asked for each table that is written
    others = outcomes.where(~is_good).select(*PLACE, *_SAID)
    left_out = others.unionByName(later, allowMissingColumns=True).coalesce(1).sortWithinPartitions(*PLACE)
    return Deduplicated(
        kept=good.join(sql.broadcast(later.select(*PLACE)), list(PLACE), "left_anti"),
        skipped=left_out,
    )


def _select_later(good: DataFrame) -> DataFrame:
    """The documents whose IRI one before them has."""
    alike = Window.partitionBy("iri").orderBy(*PLACE)
    ranked = good.select(*PLACE, *_SAID, "text").withColumns(
        {
            "rank": sql.row_number().over(alike),
            "before": sql.first("name").over(alike),
            "is_copy": sql.first("text").over(alike) == sql.col("text"),
        }
    )
    return ranked.where("rank > 1").drop("rank", "text")
