"""Times `obligations build` on the first document, whole and by stage.

    .venv/bin/python benchmarks/build.py [RUNS]

The whole program without pages, interpreter start included, is compared with a floor measured in the same
run, in turns: a Python that only imports rdflib, pyoxigraph and opencc. Medians; the machine may be noisy.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

FLOOR = [sys.executable, "-c", "import rdflib, pyoxigraph, opencc"]
BAR = 4.0


def run(command: list[str]) -> float:
    """Seconds of wall clock that a command takes."""
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - start


def in_turns(one: list[str], two: list[str], runs: int) -> tuple[list[float], list[float]]:
    """The times of two commands run one after the other, after one warm-up of each."""
    run(one), run(two)
    pairs = [(run(one), run(two)) for _ in range(runs)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def stages() -> Iterator[tuple[str, Callable[[], Any]]]:
    """The stages of a build on the first document, each with what it needs made beforehand."""
    from build_graph.extract.pipeline import Pipeline, find_default_document
    from build_graph.extract.structure.given_metadata import read_sidecar
    from build_graph.graph.check.checks import check_statements
    from build_graph.graph.emit.document import iterate_parts, iterate_quads
    from build_graph.graph.emit.registries import Descriptions
    from build_graph.graph.write.assembly import serialise_document
    from build_graph.graph.write.turtle import serialise_turtle
    from build_graph.text.inputs import InputReader
    from build_graph.text.repairs import repair

    path = find_default_document()
    pipeline, descriptions, source = Pipeline.load(), Descriptions.load(), InputReader().read_one(path).source
    given = read_sidecar(path.with_suffix(".toml"))
    document = pipeline.understand(source, given)
    text, outline = document.text, document.outline
    attributions = pipeline.attribution.read(text, outline)
    statements = [one for part in iterate_parts(document, descriptions) for one in part.statements]
    objects = list(iterate_quads(document, descriptions))
    yield "load ontology and words", Pipeline.load
    yield "read", lambda: InputReader().read_one(path)
    yield "repair", lambda: repair(source)
    yield "metadata", lambda: pipeline.metadata.read(text, given)
    yield "outline", lambda: pipeline.outline.read(text, outline.metadata)
    yield "attribute", lambda: pipeline.attribution.read(text, outline)
    yield "norms", lambda: [pipeline.norms.find(text.content, m) for m in attributions.measures]
    yield "targets", lambda: [pipeline.targets.find(text.content, m, None) for m in attributions.measures]
    yield "audiences", lambda: [pipeline.audiences.find(text.content, m) for m in attributions.measures]
    yield "understand, all of these", lambda: pipeline.understand(source, given)
    yield "triples", lambda: [part.statements for part in iterate_parts(document, descriptions)]
    yield "check", lambda: check_statements(statements)
    yield "Turtle", lambda: serialise_turtle(objects)
    yield "N-Quads, with triples and check", lambda: serialise_document(document, descriptions)


def time_of(work: Callable[[], Any], runs: int) -> float:
    """Median seconds of a piece of work."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("obligations")), "build", "-o", folder]
        pages, _ = in_turns(command, FLOOR, runs)
        whole, floor = in_turns([*command, "--no-pages"], FLOOR, runs)
    ratio = median(a / b for a, b in zip(whole, floor, strict=True))
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {runs}")
    print(f"{'obligations build':<28}{median(pages) * 1000:8.0f} ms")
    print(f"{'without pages':<28}{median(whole) * 1000:8.0f} ms")
    print(f"{'floor: three imports':<28}{median(floor) * 1000:8.0f} ms")
    print(f"{'ratio, pair by pair':<28}{ratio:8.2f}    bar {BAR:.0f}: {'met' if ratio <= BAR else 'MISSED'}")
    for name, work in stages():
        print(f"  {name:<26}{time_of(work, runs) * 1000:8.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
