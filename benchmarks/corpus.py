"""Measures the build of a corpus: floors and peer, workers, memory of the parent, second build, bulk load.

    .venv/bin/python benchmarks/corpus.py [CORPUS.jsonl.gz] [--documents 300] [--memory 100 1000 10000]
        [--rounds 3] [--only floors workers memory again bulk]

The documents of the corpus, or else the annotated ones of the tests, are repeated to the number that is asked
for, each under a number of its own, so that none is a copy. Floors, peer and bulk load are in processor time,
which other work on the machine disturbs least; workers are in wall clock, medians of the rounds, in turns.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sample import repeated

LEVEL = 3  # of gzip, as shards have it
MANY = 1000  # documents that are looked at again
PARTS = ("floors", "workers", "memory", "again", "bulk")
BUILD = """
import sys
from pathlib import Path
from build_graph.corpus.shard_builder import ShardBuilder
if __name__ == "__main__":
    ShardBuilder(workers=int(sys.argv[3])).build([Path(sys.argv[1])], Path(sys.argv[2]))
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def build(corpus: Path, shards: Path, workers: int) -> tuple[float, int]:
    """Seconds that a build takes, its start included, and the peak of the parent's memory in kB."""
    start = perf_counter()
    command = [sys.executable, "-c", BUILD, str(corpus), str(shards), str(workers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return perf_counter() - start, int(done.stdout)


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def spent(work: Callable[[], Any], rounds: int) -> float:
    """Processor seconds of this process, the median of the rounds."""
    times = []
    for _ in range(rounds):
        start = process_time()
        work()
        times.append(process_time() - start)
    return median(times)


# ------------------------------------------------------------------------------------- the parts


def floors(corpus: Path, place: Path, rounds: int) -> Iterator[str]:
    """Text to packed N-Quads against two floors, and against rdflib in place of the emitter."""
    from build_graph.corpus.outcome import DocumentWorker
    from build_graph.corpus.shard_writer import encode_member
    from build_graph.text.inputs import Input, InputReader

    understander = DocumentWorker.load()
    gc.freeze()
    gc.set_threshold(100_000)  # as workers have it, for ours and for the peer
    found = [one for one in InputReader().read(corpus) if isinstance(one, Input)]
    outcomes = [understander.build_result(one) for one in found]
    good = [one for one, outcome in zip(found, outcomes, strict=True) if not outcome.failure]
    quads = [outcome.quads for outcome in outcomes if not outcome.failure]
    whole = spent(
        lambda: _written(place, (encode_member(understander.build_result(one)).quads for one in good)), rounds
    )
    scanned = spent(lambda: _scanned([one.source.content for one in good]), rounds)
    copied = spent(lambda: _written(place, (gzip.compress(one, LEVEL, mtime=0) for one in quads)), rounds)
    rdflib = spent(lambda: _with_rdflib(understander, good, place), 1)
    characters = sum(len(one.source.content) for one in good)
    yield f"{len(good)} documents, {characters:,} characters, {sum(map(len, quads)) / 1e6:.0f} MB of N-Quads"
    yield f"text to packed N-Quads    {whole:8.2f} s   {characters / whole:,.0f} characters/s"
    yield f"floor: OpenCC, one regex  {scanned:8.2f} s"
    yield f"floor: N-Quads written    {copied:8.2f} s"
    ratio = whole / (scanned + copied)
    yield f"whole : both floors       {ratio:8.1f}     bar 6: {verdict(ratio <= 6)}"
    yield f"with rdflib and Turtle    {rdflib:8.2f} s"
    yield f"rdflib : whole            {rdflib / whole:8.1f}     bar 8: {verdict(rdflib / whole >= 8)}"


def _written(place: Path, pieces: Iterator[bytes]) -> None:
    with (place / "written").open("wb") as file:
        file.writelines(pieces)


def _scanned(texts: list[str]) -> None:
    from opencc import OpenCC

    converter, brackets = OpenCC("t2s"), re.compile(r"[（(][^（()）]{1,200}[)）]")
    for text in texts:
        brackets.findall(converter.convert(text))


def _with_rdflib(understander: Any, found: list[Any], place: Path) -> None:
    """The same documents, their statements put into an rdflib graph and written as Turtle."""
    from rdflib import Graph, Literal, URIRef

    from build_graph.extract.pipeline import merge_given
    from build_graph.graph.emit.document import iterate_quads
    from build_graph.model import Metadata

    def term(node: Any) -> Any:
        if not hasattr(node, "datatype"):
            return URIRef(node.value)
        return Literal(
            node.value, lang=node.language, datatype=None if node.language else node.datatype.value
        )

    for one in found:
        document = understander.pipeline.understand(one.source, merge_given(one, Metadata()))
        graph = Graph()
        for quad in iterate_quads(document, understander.descriptions):
            graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
        graph.serialize(str(place / "peer.ttl"), format="turtle", encoding="utf-8")


def workers(corpus: Path, place: Path, rounds: int) -> Iterator[str]:
    """One worker and two, in turns."""
    times: dict[int, list[float]] = {1: [], 2: []}
    number = sum(1 for _ in corpus.open(encoding="utf-8"))
    for _ in range(rounds):
        for count, own in times.items():
            rmtree(place / "shards", ignore_errors=True)
            own.append(build(corpus, place / "shards", count)[0])
    for count, own in times.items():
        yield f"workers: {count}                {number / median(own):8.1f} documents/s"
    ratio = median(one / two for one, two in zip(times[1], times[2], strict=True))
    yield f"two : one                 {ratio:8.2f}     bar 1.8: {verdict(ratio >= 1.8)}"


def again(source: Path | None, place: Path, rounds: int) -> Iterator[str]:
    """A second build, of what has not changed: of more documents, as it takes little but its start."""
    corpus = repeated(source, MANY, place / "many.jsonl")
    rmtree(place / "shards", ignore_errors=True)
    first, _ = build(corpus, place / "shards", 2)
    second = median(build(corpus, place / "shards", 2)[0] for _ in range(rounds))
    yield f"first build               {first:8.2f} s"
    share = second / first
    yield f"second, nothing changed   {second:8.2f} s   {share:.1%}    bar 5%: {verdict(share <= 0.05)}"


def memory(source: Path | None, place: Path, numbers: list[int]) -> Iterator[str]:
    """The peak of the parent, by the number of documents."""
    peaks = []
    for number in numbers:
        rmtree(place / "shards", ignore_errors=True)
        peaks.append(build(repeated(source, number, place / f"{number}.jsonl"), place / "shards", 2)[1])
        yield f"parent, {number:7,} documents  {peaks[-1] / 1024:8.1f} MB"
    ratio = peaks[-1] / peaks[0]
    yield f"most : fewest             {ratio:8.2f}     bar 1.2: {verdict(ratio <= 1.2)}"


def bulk(corpus: Path, place: Path, rounds: int) -> Iterator[str]:
    """Shards into a new store, against pyoxigraph's own bulk load of the same statements as one file."""
    from pyoxigraph import RdfFormat, Store

    from build_graph.corpus.store_writer import StoreLoader
    from build_graph.graph.store.shards import ShardFolder

    build(corpus, place / "shards", 2)
    file = place / "all.nq"
    with file.open("wb") as out:
        out.writelines(quads for _, quads in ShardFolder.open(place / "shards").iterate_members())

    def own() -> None:
        rmtree(place / "own", ignore_errors=True)
        Store(str(place / "own")).bulk_load(path=str(file), format=RdfFormat.N_QUADS)

    def ours() -> None:
        rmtree(place / "ours", ignore_errors=True)
        StoreLoader().load_shards([place / "shards"], place / "ours")

    times = [(spent(own, 1), spent(ours, 1)) for _ in range(rounds)]
    statements = ShardFolder.open(place / "shards").totals.statements
    for name, at in (("pyoxigraph's own", 0), ("ours", 1)):
        took = median(pair[at] for pair in times)
        yield f"{name:24}  {took:8.2f} s   {statements / took:,.0f} statements/s"
    ratio = median(one / two for one, two in times)
    yield f"own : ours                {ratio:8.2f}     bar 0.9: {verdict(ratio >= 0.9)}"
    size = sum(one.stat().st_size for one in (place / "ours").iterdir())
    per = size / ShardFolder.open(place / "shards").totals.documents / 1e6
    yield f"on disk for a document    {per:8.2f} MB  bar 0.6: {verdict(per <= 0.6)}"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("corpus", type=Path, nargs="?")
    options.add_argument("--documents", type=int, default=300)
    options.add_argument("--memory", type=int, nargs="+", default=[100, 1000, 10000])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    given = options.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, medians of {given.rounds}")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        corpus = repeated(given.corpus, given.documents, place / "corpus.jsonl")
        parts = {
            "floors": lambda: floors(corpus, place, given.rounds),
            "workers": lambda: workers(corpus, place, given.rounds),
            "memory": lambda: memory(given.corpus, place, given.memory),
            "again": lambda: again(given.corpus, place, given.rounds),
            "bulk": lambda: bulk(corpus, place, given.rounds),
        }
        for name in given.only:
            for line in parts[name]():
                print(line, flush=True)


if __name__ == "__main__":
    main()
