"""The tables of an analysis from a folder of shards: its aggregated tables are read, not its statements."""

from __future__ import annotations

import io

import pandas as pd
from pyoxigraph import NamedNode

from build_graph.shards import Shards
from build_graph.vocabulary import OB

_BODY = ("body", "name", "english", "kind", "place", "group")
_BEARING = ("measure", "body", "role", "rank", "written", "inferred", "allocation", "domain", "norms")


def bearer_rows(
    shards: Shards, document: NamedNode | None = None, domain: NamedNode | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What `lookups/bearings.rq` and `lookups/bodies.rq` would answer, and how many norms each measure holds.

    The second table has the bodies that bear something, the first of several descriptions of each. Raises
    ShardsError where a table is damaged.
    """
    rows, bodies = [], []
    for table in shards.tables():
        read = pd.read_csv(io.BytesIO(table), dtype=str, keep_default_na=False, encoding="utf-8")
        if document:
            read = read[read["document"] == document.value]
        if domain:
            read = read[(" " + read["domains"] + " ").str.contains(f" {domain.value} ", regex=False)]
        rows.append(read[list(_BEARING)])
        bodies.append(read[list(_BODY)].drop_duplicates("body"))
    return _bearings(pd.concat(rows, ignore_index=True)), _bodies(pd.concat(bodies, ignore_index=True))


def _bearings(rows: pd.DataFrame) -> pd.DataFrame:
    """Yes and no as a graph has them: it says nothing of what is not inferred."""
    return rows.assign(
        inferred=rows["inferred"].where(rows["inferred"] == "true", ""), norms=rows["norms"].astype(int)
    )


def _bodies(bodies: pd.DataFrame) -> pd.DataFrame:
    found = bodies.drop_duplicates("body")
    return found.assign(kind=found["kind"].where(found["kind"] == "", OB + found["kind"]))
