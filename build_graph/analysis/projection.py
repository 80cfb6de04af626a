"""The pairs of bodies that bear units together: the counts, the shares, and the association.

The counts are one sparse product of the incidence matrix with itself, the shares another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, triu

from build_graph.analysis.incidence import Incidence


@dataclass(frozen=True, slots=True)
class Projection:
    """The pairs that share a unit, as parallel arrays; `first` and `second` are numbers of bodies.

    Undirected, each pair is there once, first < second; directed, `first` leads and `second` supports.
    """

    first: np.ndarray
    second: np.ndarray
    together: np.ndarray  # units that both bear
    shared_out: np.ndarray  # each unit shared out over its pairs: Newman, Phys. Rev. E 64, 016132 (2001)
    association: (
        np.ndarray
    )  # together over its expectation under independence: van Eck, Waltman, JASIST 60 (2009)

    def __len__(self) -> int:
        return len(self.first)

    def __iter__(self) -> Iterator[tuple[int, int, int, float]]:
        columns = (self.first, self.second, self.together, self.shared_out)
        return zip(*(column.tolist() for column in columns), strict=True)


def project(incidence: Incidence, *, directed: bool) -> Projection:
    """Return the pairs of an incidence.

    Undirected, a unit of k bearers gives 1/(k-1) to each of its pairs, so that each bearer gets 1 in all.
    Directed, a unit gives 1/(leads x supports) to each of its pairs, so that it counts for 1.
    """
    left, right, share = _select_sides(incidence, directed=directed)
    counts = _drop_diagonal((left.T @ right).tocsr(), directed=directed)
    shares = _drop_diagonal((left.T @ _scale_rows(right, share)).tocsr(), directed=directed)
    first, second = counts.nonzero()
    together = counts.data
    expected = left.sum(axis=0)[first] * right.sum(axis=0)[second] / incidence.units
    return Projection(first, second, together, shares.data, together / expected)


def _select_sides(incidence: Incidence, *, directed: bool) -> tuple[csr_array, csr_array, np.ndarray]:
    """Return the two matrices to multiply, and the share of each unit that goes to a pair."""
    if directed:
        leads, supports = incidence.leads, incidence.supports
        pairs = leads.sum(axis=1) * supports.sum(axis=1)
    else:
        leads = supports = incidence.bears
        pairs = leads.sum(axis=1) - 1
    return leads, supports, np.divide(1.0, pairs, out=np.zeros(len(pairs)), where=pairs > 0)


def _scale_rows(matrix: csr_array, factors: np.ndarray) -> csr_array:
    """Return the matrix with each row multiplied by its factor."""
    data = matrix.data * np.repeat(factors, np.diff(matrix.indptr))
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _drop_diagonal(product: csr_array, *, directed: bool) -> csr_array:
    """Return the product without pairs of a body with itself; undirected, each pair once."""
    if directed:
        product = product.copy()
        product.setdiag(0)
        product.eliminate_zeros()
    else:
        product = triu(product, k=1, format="csr")
    product.sort_indices()
    return product
