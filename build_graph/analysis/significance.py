"""The null model: which pairs meet more often than the totals of their bodies and units explain.

It draws random matrices in which each unit has as many bearers, and each body as many units, as in the graph,
by trades of what two bodies do not share: the curveball of Strona et al., Nature Communications 5, 4114
(2014). Each round pairs all bodies at random, as in Carstens, Berger and Strona, arXiv:1609.05137.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control

from build_graph.analysis.choices import Choices
from build_graph.analysis.incidence import Incidence
from build_graph.analysis.projection import Projection

_BURN_IN = 50  # rounds of trades before the first draw
_BETWEEN = 5  # rounds from one draw to the next


@dataclass(frozen=True, slots=True)
class Significance:
    """The result of the null model for each pair of a projection, as arrays parallel to its own."""

    expected: np.ndarray  # mean over the draws
    deviation: np.ndarray  # standard deviation over the draws
    z: np.ndarray  # NaN where every draw gives the same
    p: np.ndarray  # share of draws with at least as many, the one found among them: never 0
    q: np.ndarray  # false discovery rate, Benjamini and Hochberg, over the pairs


def compute_significance(
    incidence: Incidence,
    pairs: Projection,
    choices: Choices,
    on_draw: Callable[[int], None] = lambda number: None,
) -> Significance:
    """Return the significance of pairs against random matrices; `on_draw` gets the number of each draw.

    Undirected, it draws the matrix of bearers. Directed, those who lead stay, and it draws those who support.
    """
    directed, draws = choices.directed, choices.draws
    total, squares, reached = (np.zeros(len(pairs)) for _ in range(3))
    fixed = incidence.leads.T.tocsr() if directed else None
    source = incidence.supports if directed else incidence.bears
    for number, matrix in enumerate(draw_matrices(source.T.tocsr(), Random(choices.seed), draws), start=1):
        count = _select_pairs((matrix if fixed is None else fixed) @ matrix.T, pairs)
        total += count
        squares += count * count
        reached += count >= pairs.together
        on_draw(number)
    expected = total / draws
    deviation = np.sqrt(np.maximum(squares / draws - expected**2, 0))
    z = np.divide(
        pairs.together - expected, deviation, out=np.full(len(pairs), np.nan), where=deviation > 1e-9
    )
    p = (reached + 1) / (draws + 1)
    return Significance(expected, deviation, z, p, false_discovery_control(p) if len(p) else p)


def _select_pairs(product: csr_array, pairs: Projection) -> np.ndarray:
    """Return the entries of a product at the pairs, 0 where it has none."""
    product.sort_indices()
    width = product.shape[1]
    filled = np.repeat(np.arange(product.shape[0], dtype=np.int64), np.diff(product.indptr)) * width
    filled += product.indices
    wanted = pairs.first.astype(np.int64) * width + pairs.second
    place = np.searchsorted(filled, wanted).clip(max=max(len(filled) - 1, 0))
    return np.where(filled[place] == wanted, product.data[place], 0) if len(filled) else np.zeros(len(wanted))


def draw_matrices(matrix: csr_array, random: Random, draws: int) -> Iterator[csr_array]:
    """Yield random matrices with the row and column sums of a matrix of 0 and 1, each made from the last."""
    bounds = matrix.indptr
    rows = [set(matrix.indices[start:end].tolist()) for start, end in pairwise(bounds)]
    for number in range(draws):
        for _ in range(_BETWEEN if number else _BURN_IN):
            _trade_rows(rows, random)
        columns = np.fromiter((column for row in rows for column in sorted(row)), np.int64, bounds[-1])
        yield csr_array((np.ones(len(columns), dtype=np.int64), columns, bounds), shape=matrix.shape)


def _trade_rows(rows: list[set[int]], random: Random) -> None:
    """Trade between all rows, paired at random: each pair deals out anew what only one of the two has."""
    order = list(range(len(rows)))
    random.shuffle(order)
    for one, other in zip(order[::2], order[1::2], strict=False):
        mine = rows[one] - rows[other]
        theirs = rows[other] - rows[one]
        if mine and theirs:
            pool = sorted(mine | theirs)
            dealt = set(random.sample(pool, len(mine)))
            rows[one] = (rows[one] - mine) | dealt
            rows[other] = (rows[other] - theirs) | set(pool).difference(dealt)
