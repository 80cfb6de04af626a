"""The bipartite graph of units and bodies as sparse matrices, under the choices of an analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from build_graph.analysis.bearings import Responsibilities, Successors, find_successors
from build_graph.analysis.choices import Choices
from build_graph.errors import ObligationError
from build_graph.query.labels import most_frequent_labels, unique_labels


class NothingToCountError(ObligationError):
    """A graph, or choices, that leave no measure with a bearer."""


@dataclass(frozen=True, slots=True)
class Incidence:
    """The matrices of units by `bodies`: 1 if the body bears (leads, supports) the unit."""

    bodies: tuple[str, ...]  # IRIs, sorted
    labels: tuple[str, ...]  # how documents mostly call them, each once
    bears: csr_array
    leads: csr_array
    supports: csr_array
    domains: pd.Series  # the main domain's IRI of each unit; empty where there is none
    rows: pd.DataFrame  # the bearings that were counted, one a bearer of a measure
    successors: Successors
    inferred: int  # bearings that a rule stated elsewhere gives, not the measure's own words

    @property
    def units(self) -> int:
        """The number of units."""
        return int(self.bears.shape[0])


def build_incidence(bearings: Responsibilities, choices: Choices) -> Incidence:
    """Return the incidence under the choices; raise NothingToCountError if no measure is left."""
    rows = _select_rows(bearings, choices)
    if rows.empty:
        raise NothingToCountError(
            "no measure with a bearer is left to count; choose less narrowly, or build a graph that has some"
        )
    found = Successors({}, {})
    if choices.as_of:
        found = find_successors(sorted(set(rows["named"])), bearings.successions, choices.as_of)
        rows = rows.assign(body=rows["named"].map(lambda body: found.of.get(body, body)))
    bodies = sorted(set(rows["body"]))
    units, index = _count_units(rows)
    columns = pd.Index(bodies).get_indexer(pd.Index(rows["body"]))
    return Incidence(
        bodies=tuple(bodies),
        labels=_choose_labels(rows, bodies, bearings.bodies),
        bears=_build_matrix(units, index, columns, len(bodies)),
        leads=_build_matrix(units, index, columns, len(bodies), rows["role"] == "Lead"),
        supports=_build_matrix(units, index, columns, len(bodies), rows["role"] == "Support"),
        domains=rows.drop_duplicates("measure")["domain"].repeat(units.tolist()).reset_index(drop=True),
        rows=rows,
        successors=found,
        inferred=int((rows["inferred"] == "true").sum()),
    )


def _select_rows(bearings: Responsibilities, choices: Choices) -> pd.DataFrame:
    """Return the responsibilities that the choices keep."""
    rows = bearings.rows
    if not choices.groups:
        groups = bearings.bodies.index[bearings.bodies["group"]]
        rows = rows[~rows["body"].isin(groups)]
    if not choices.divided:
        rows = rows[rows["allocation"] != "Divided"]
    return rows.assign(named=rows["body"]).reset_index(drop=True)


def _count_units(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of units of each measure, and for each row the number of its measure.

    Rows are sorted by measure.
    """
    index, _ = pd.factorize(rows["measure"])
    return rows.drop_duplicates("measure")["norms"].to_numpy(), index


def _build_matrix(
    units: np.ndarray, index: np.ndarray, columns: np.ndarray, width: int, only: pd.Series | None = None
) -> csr_array:
    """Return the matrix of units by bodies; a body that a measure names twice counts once."""
    keep = slice(None) if only is None else only.to_numpy()
    ones = np.ones(len(index[keep]), dtype=np.int64)
    measures = coo_array((ones, (index[keep], columns[keep])), shape=(len(units), width)).tocsr()
    measures.sum_duplicates()
    measures.data[:] = 1
    return measures if (units == 1).all() else measures[np.repeat(np.arange(len(units)), units)]


def _choose_labels(rows: pd.DataFrame, bodies: list[str], known: pd.DataFrame) -> tuple[str, ...]:
    """Return a short label for each body that no other body has."""
    own = rows[rows["body"] == rows["named"]]
    mostly = most_frequent_labels(zip(own["body"], own["written"], strict=True))
    return unique_labels(bodies, mostly, dict(known["name"]), dict(known["place"]))
