"""Times the projection of many measures against the sparse product that is its heart.

    .venv/bin/python benchmarks/analysis.py [--measures 1000000] [--bodies 2000] [--runs 7]

Measures bear 1 to 12 bodies, some bodies far more often than others, as in real documents. Both run in turn;
medians and the ratio of pairs. The bar: at most three times the product.
"""

from __future__ import annotations

import argparse
import platform
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from build_graph.analysis.bearings import Successors
from build_graph.analysis.incidence import Incidence
from build_graph.analysis.projection import project

BAR = 3.0


def made(measures: int, bodies: int) -> Incidence:
    """An incidence of so many measures, the same each time."""
    random = np.random.default_rng(0)
    size = random.integers(1, 13, measures)
    rows = np.repeat(np.arange(measures), size)
    columns = (bodies * random.random(len(rows)) ** 2.5).astype(np.int64)
    matrix: csr_array = coo_array((np.ones(len(rows), np.int64), (rows, columns)), (measures, bodies)).tocsr()
    matrix.sum_duplicates()
    matrix.data[:] = 1
    none = csr_array(matrix.shape, dtype=np.int64)
    names = tuple(map(str, range(bodies)))
    frame = pd.DataFrame()
    return Incidence(names, names, matrix, none, none, pd.Series(dtype=str), frame, Successors({}, {}), 0)


def main() -> None:
    """Print both medians and the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measures", type=int, default=1_000_000)
    parser.add_argument("--bodies", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    incidence = made(options.measures, options.bodies)
    ours, floor = [], []
    for _ in range(options.runs):
        start = perf_counter()
        pairs = project(incidence, directed=False)
        ours.append(perf_counter() - start)
        start = perf_counter()
        _ = incidence.bears.T @ incidence.bears
        floor.append(perf_counter() - start)
    ratio = median(one / other for one, other in zip(ours, floor, strict=True))
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {options.runs}")
    print(f"{options.measures:,} measures, {incidence.bears.nnz:,} bearings, {len(pairs):,} pairs")
    print(f"projection         {median(ours) * 1000:8.0f} ms")
    print(f"sparse product     {median(floor) * 1000:8.0f} ms")
    print(f"ratio, run by run  {ratio:8.2f}    bar {BAR:g}: {'met' if ratio <= BAR else 'MISSED'}")


if __name__ == "__main__":
    main()
