"""Times the reader of a document from a graph: what the graph is asked, the document put together, the page.

    .venv/bin/python benchmarks/reader.py [GRAPH] [DOCUMENT] [--runs 9]

GRAPH is a file, a store or an endpoint; without one, the graph of the document that ships with the package is
made. Processor time beside time, as other work on the machine makes the second longer; of an endpoint the
first says nothing. Medians. The bars, for asking: 100 ms for the first document in memory, 300 ms for one of
a store of 2 M statements.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from build_graph.corpus.builder import Builder
from build_graph.query.catalogue import ParameterKind
from build_graph.query.names import EntityFinder
from build_graph.query.open import open_graph
from build_graph.query.restore.document import restore_document
from build_graph.query.restore.facts import Facts
from build_graph.web.pages.reader import render_reader_page

T = TypeVar("T")


def timed(name: str, runs: int, work: Callable[[], T]) -> T:
    """What the work gives; prints the medians of its times in milliseconds."""
    times: list[tuple[float, float]] = []
    for _ in range(runs):
        clock, processor = time.perf_counter(), time.process_time()
        found = work()
        times.append((time.process_time() - processor, time.perf_counter() - clock))
    processor, clock = (1000 * median(some) for some in zip(*times, strict=True))
    print(f"{name:28} {processor:8.1f} ms of the processor {clock:8.1f} ms")
    return found


def main() -> None:
    """Print the times of each step, and of all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph", nargs="?")
    parser.add_argument("document", nargs="?", default="国发-2015-24")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        graph = options.graph or str(Builder(pages=False).build([], Path(folder)).path)
        engine = open_graph(graph)
    document = EntityFinder(engine).find(ParameterKind.DOCUMENT, options.document)
    print(f"Python {platform.python_version()}, {platform.machine()}, {document.value}")
    timed("asking the graph", options.runs, lambda: Facts.load(engine, document))
    found = timed("and putting it together", options.runs, lambda: restore_document(engine, document))
    timed(
        "the page of the document",
        options.runs,
        lambda: render_reader_page(found.document, found.descriptions, base=found.base),
    )


if __name__ == "__main__":
    main()
