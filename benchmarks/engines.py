"""Times loading and asking graphs of growing size on rdflib, Oxigraph and Virtuoso.

    .venv/bin/python benchmarks/engines.py [--sizes 2000 200000 2000000] [--runs 5] [--limit 15]

The graphs are made of the annotated documents of the tests, each as often as is needed, under numbers of
their own, the shortest first, and are a few statements larger than asked for. All engines load the same
N-Triples file and are asked the same queries of the catalogue, with the busiest agency, domain and section of
the graph; Virtuoso answers over HTTP on this machine, the others in this process. Medians, in milliseconds;
rdflib is ended after the limit in seconds, which is shown as `inf`.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

from pyoxigraph import RdfFormat, Store, Triple, serialize

from build_graph.errors import ObligationError
from build_graph.extract.pipeline import Pipeline
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.model import Document
from build_graph.query.engines import EndpointEngine, OxigraphEngine
from build_graph.text.inputs import InputReader
from queries import at_most, bound, once

TESTS = Path(__file__).resolve().parent.parent / "tests"
DOCUMENTS = TESTS / "gold" / "documents"
ASKED = ("agencies-by-measures", "agency-obligations", "domain-obligations", "pairs", "partners", "targets")
PATIENCE = 600.0  # seconds that Virtuoso may take for one query
BUFFERS = 60_000  # pages of 8 kB that it keeps in memory
GRAPH = "urn:graph"

Ask = Callable[[str], float]  # seconds that a query takes
Load = Callable[[], Ask]
Queries = dict[str, str]


def documents() -> Iterator[Document]:
    pipeline = Pipeline.load()
    for path in sorted(DOCUMENTS.glob("*.txt")):
        try:
            found = InputReader().read_one(path)
            yield pipeline.understand_input(found, found.given)
        except ObligationError:  # one of them is there in two forms
            continue


def written(size: int, known: Sequence[Document], folder: Path) -> tuple[Path, int]:
    """The N-Triples file of whole documents with so many statements at least, and how many there are."""
    descriptions, made = Descriptions.load(), dict[Triple, None]()
    for number in count():
        for document in known:
            named = replace(document, id=f"{document.id}-{number}")
            made.update((quad.triple, None) for quad in iterate_quads(named, descriptions))
            if len(made) >= size:
                serialize(made, str(folder / f"{size}.nt"), RdfFormat.N_TRIPLES)
                return folder / f"{size}.nt", len(made)
    raise AssertionError("numbers do not end")


@contextmanager
def rdflib(path: Path, folder: Path, limit: float) -> Iterator[Load]:
    from rdflib import Graph

    def load() -> Ask:
        graph = Graph().parse(path, format="nt")
        return lambda query: at_most(graph, query, limit)

    yield load


@contextmanager
def in_memory(path: Path, folder: Path, limit: float) -> Iterator[Load]:
    yield lambda: _oxigraph(Store(), path)


@contextmanager
def on_disk(path: Path, folder: Path, limit: float) -> Iterator[Load]:
    yield lambda: _oxigraph(Store(str(folder / f"{path.stem}.store")), path)


def _oxigraph(store: Store, path: Path) -> Ask:
    store.bulk_load(path=str(path), format=RdfFormat.N_TRIPLES)
    engine = OxigraphEngine(store)
    return lambda query: once(engine, query)[0]


@contextmanager
def virtuoso(path: Path, folder: Path, limit: float) -> Iterator[Load]:
    import servers

    place = folder / f"{path.stem}.virtuoso"
    place.mkdir()
    (place / path.name).hardlink_to(path)  # it reads from its own folder only
    with servers.virtuoso(place, buffers=BUFFERS) as server:

        def load() -> Ask:
            read = f"DB.DBA.TTLP_MT(file_to_string_output('{place / path.name}'), '', '{GRAPH}', 0);"
            server.sql(f"{read}\ncheckpoint;\n")
            engine = EndpointEngine(f"{server.url}/sparql", PATIENCE)
            return lambda query: once(engine, query)[0]

        yield load


ENGINES = {"rdflib": rdflib, "Oxigraph": in_memory, "on disk": on_disk, "Virtuoso": virtuoso}


@dataclass(frozen=True, slots=True)
class Options:
    sizes: Sequence[int]
    runs: int
    limit: float


def columns(path: Path, folder: Path, asked: Queries, options: Options) -> Iterator[dict[str, float]]:
    """The seconds of each engine: for loading, then for each query."""
    for name, opened in ENGINES.items():
        print(f"{name} …", file=sys.stderr)
        with opened(path, folder, options.limit) as load:
            start = perf_counter()
            ask = load()
            found = {"load": perf_counter() - start}
            for query, text in asked.items():
                first = ask(text)
                runs = options.runs if first < options.limit else 1
                found[query] = median([first, *(ask(text) for _ in range(runs - 1))])
            yield found


def table(path: Path, size: int, folder: Path, options: Options) -> None:
    store = Store()
    store.bulk_load(path=str(path), format=RdfFormat.N_TRIPLES)
    asked = {name: query for name, query in bound(OxigraphEngine(store)) if name in ASKED}
    del store
    found = list(columns(path, folder, asked, options))
    print(f"{f'{size:,} statements':<24}" + "".join(f"{name:>12}" for name in ENGINES))
    for row in ("load", *asked):
        print(f"{row:<24}" + "".join(f"{column[row] * 1000:12,.1f}" for column in found))
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 200_000, 2_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=15)
    options = Options(**vars(parser.parse_args()))
    sys.path.insert(0, str(TESTS / "support"))
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {options.runs}, ms\n")
    known = sorted(documents(), key=lambda document: len(document.text.content))
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            table(*written(size, known, folder), folder, options)


if __name__ == "__main__":
    main()
