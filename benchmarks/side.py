"""One of the two programs that old_and_new.py compares: answers requests, a line of JSON each.

It runs with the Python of one tree and imports that tree's package: the code of commit 984a5c0 under its old
names, or today's. Seconds are of this process's processors.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from shutil import rmtree
from statistics import median
from time import process_time
from typing import Any

from pyoxigraph import RdfFormat, Store, parse

DAY = date(2024, 1, 1)
# Examples that name more than one thing in a large graph, by the ends of the IRIs of those that are meant.
MEANT = {
    "商务部": "agency/mofcom",
    "发展改革委": "agency/ndrc",
    "工商总局": "agency/saic",
    "四": "国发-2015-24/s4",
}
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Code:
    """What is asked of a tree, whatever its functions are called."""

    read: Callable[[Path], list[Any]]  # the inputs of a corpus
    understand: Callable[[Any], Any]  # an input, to its statements
    pack: Callable[[Any], Any]  # these, to a member of a shard
    build_first: Callable[[Path], Path]  # the Turtle of the document that ships with the package
    build_shards: Callable[[Path, Path], object]
    list_members: Callable[[Path], Iterator[bytes]]  # N-Quads of each document of shards
    load_shards: Callable[[Path, Path], object]
    open_graph: Callable[[str], Any]
    questions: tuple[Any, ...]
    create_binder: Callable[[Any], Callable[[Any, dict[str, str]], str]]


def import_present() -> Code:
    """Return today's code."""
    from build_graph.corpus.builder import Builder
    from build_graph.corpus.outcome import DocumentWorker
    from build_graph.corpus.shard_builder import ShardBuilder
    from build_graph.corpus.shard_writer import encode_member
    from build_graph.corpus.store_writer import StoreLoader
    from build_graph.graph.store.shards import ShardFolder
    from build_graph.model import Input
    from build_graph.query.catalogue import load_catalogue
    from build_graph.query.names import EntityFinder
    from build_graph.query.open import open_graph
    from build_graph.query.parameters import Binder
    from build_graph.text.inputs import InputReader

    return Code(
        read=lambda corpus: [one for one in InputReader().read(corpus) if isinstance(one, Input)],
        understand=DocumentWorker.load().build_result,
        pack=encode_member,
        build_first=lambda folder: Builder(pages=False).build([], folder).path,
        build_shards=lambda corpus, folder: ShardBuilder(workers=WORKERS).build([corpus], folder),
        list_members=lambda folder: (quads for _, quads in ShardFolder.open(folder).iterate_members()),
        load_shards=lambda folder, store: StoreLoader().load_shards([folder], store),
        open_graph=open_graph,
        questions=load_catalogue(),
        create_binder=lambda engine: Binder(EntityFinder(engine), DAY).bind,
    )


def import_old() -> Code:
    """Return the code of commit 984a5c0."""
    from build_graph.building import Builder
    from build_graph.corpus.documents import Understander
    from build_graph.corpus.loading import Loader
    from build_graph.corpus.packing import packed
    from build_graph.corpus.sharding import Sharder
    from build_graph.querying.catalogue import catalogue
    from build_graph.querying.engines import open_graph
    from build_graph.querying.names import NameFinder
    from build_graph.querying.values import Binder
    from build_graph.reading.inputs import Input, InputReader
    from build_graph.shards import Shards

    return Code(
        read=lambda corpus: [one for one in InputReader().read(corpus) if isinstance(one, Input)],
        understand=Understander.load().outcome,
        pack=packed,
        build_first=lambda folder: Builder(pages=False).build([], folder).path,
        build_shards=lambda corpus, folder: Sharder(workers=WORKERS).build([corpus], folder),
        list_members=lambda folder: (quads for _, quads in Shards.open(folder).members()),
        load_shards=lambda folder, store: Loader().take([folder], store),
        open_graph=open_graph,
        questions=catalogue(),
        create_binder=lambda engine: Binder(NameFinder(engine), DAY).bound,
    )


def measure(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    start = process_time()
    work()
    return process_time() - start


@dataclass(slots=True)
class Side:
    """The state between requests: inputs that were read, graphs that are open."""

    code: Code
    inputs: list[Any] = field(default_factory=list)
    engines: dict[str, Any] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)

    def count_first(self, folder: str) -> int:
        """Return the number of statements of the first document."""
        path = self.code.build_first(Path(folder))
        return len({quad.triple for quad in parse(path=str(path), format=RdfFormat.TURTLE)})

    def read(self, corpus: str) -> dict[str, int]:
        """Read a corpus; return its documents, and their characters, statements and bytes of N-Quads."""
        found = [(one, self.code.understand(one)) for one in self.code.read(Path(corpus))]
        good = [(one, outcome) for one, outcome in found if not outcome.failure]
        self.inputs = [one for one, _ in good]
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000)  # as workers have it
        return {
            "documents": len(good),
            "characters": sum(len(one.source.content) for one in self.inputs),
            "statements": sum(outcome.statements for _, outcome in good),
            "bytes": sum(len(outcome.quads) for _, outcome in good),
        }

    def pack(self) -> float:
        """Return the seconds from the texts of the corpus to packed N-Quads."""
        return measure(lambda: [self.code.pack(self.code.understand(one)) for one in self.inputs])

    def build_shards(self, corpus: str, folder: str) -> int:
        """Build shards; return how many documents there are in them."""
        self.code.build_shards(Path(corpus), Path(folder))
        return sum(1 for _ in self.code.list_members(Path(folder)))

    def count_quads(self, shards: str) -> int:
        """Return the number of N-Quads in shards."""
        return sum(quads.count(b"\n") for quads in self.code.list_members(Path(shards)))

    def write_quads(self, shards: str, file: str) -> int:
        """Write all N-Quads of shards into one file; return its lines."""
        with Path(file).open("wb") as out:
            out.writelines(self.code.list_members(Path(shards)))
        return self.count_quads(shards)

    def load_shards(self, shards: str, store: str) -> float:
        """Return the seconds that the bulk load of shards into a new store takes."""
        rmtree(store, ignore_errors=True)
        return measure(lambda: self.code.load_shards(Path(shards), Path(store)))

    def optimise(self, store: str) -> float:
        """Finish the tidying up in a store, some of which a load leaves undone; return the seconds."""
        return measure(Store(store).optimize)

    def load_quads(self, file: str, store: str) -> float:
        """Return the seconds that pyoxigraph's own bulk load of a file takes."""
        rmtree(store, ignore_errors=True)
        return measure(lambda: Store(store).bulk_load(path=file, format=RdfFormat.N_QUADS))

    def open_graph(self, name: str, path: str) -> int:
        """Open a graph under a name; return the seconds."""
        start = process_time()
        self.engines = {name: self.code.open_graph(path)}
        gc.collect()
        return round(process_time() - start)

    def list_queries(self, name: str) -> list[str]:
        """Bind the queries of the catalogue; return their names, with the optional parameters given.

        Each query is there with what it must be given, and once more with all of its parameters.
        """
        bind = self.code.create_binder(self.engines[name])
        for question in self.code.questions:
            known = question.header.parameters
            given = {one.name: MEANT.get(one.example, one.example) for one in known}
            optional = [one.name for one in known if one.default == "any"]
            needed = {key: value for key, value in given.items() if key not in optional}
            self.queries[question.name] = bind(question, needed)
            for key in optional:
                self.queries[f"{question.name}, {key}"] = bind(question, {**needed, key: given[key]})
        return list(self.queries)

    def time_query(self, name: str, query: str, runs: int) -> tuple[float, int]:
        """Return the median of the seconds that all rows of a query take, and how many they are."""
        engine, text, rows = self.engines[name], self.queries[query], 0
        times = []
        for _ in range(runs):
            start = process_time()
            rows = sum(1 for _ in engine.answer(text))
            times.append(process_time() - start)
        return median(times), rows

    def compare_pages(self, name: str) -> list[str]:
        """Return the documents with another page from the graph than from the text, or none."""
        from pyoxigraph import NamedNode

        from build_graph.errors import ObligationError
        from build_graph.extract.pipeline import Pipeline, merge_given
        from build_graph.graph.emit.registries import Descriptions
        from build_graph.graph.iris import document_iri
        from build_graph.model import Metadata
        from build_graph.query.restore.document import restore_document
        from build_graph.web.pages.reader import render_reader_page

        pipeline, descriptions, different = Pipeline.load(), Descriptions.load(), []
        for one in self.inputs:
            document = pipeline.understand(one.source, merge_given(one, Metadata()))
            try:
                found = restore_document(self.engines[name], NamedNode(document_iri(document.id)))
            except ObligationError as error:
                different.append(f"{one.source.name}: {error}")
                continue
            page = render_reader_page(found.document, found.descriptions, base=found.base)
            if page != render_reader_page(document, descriptions):
                different.append(f"{one.source.name}: differs")
        return different


def main() -> None:
    """Answer requests until there are no more."""
    try:
        code = import_present()
    except ImportError:
        code = import_old()
    side = Side(code)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(side, name)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
