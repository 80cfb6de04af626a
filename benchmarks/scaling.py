"""Shows that work grows no faster than the text: characters per second at 10 k to 10 M characters.

    .venv/bin/python benchmarks/scaling.py [--sizes 10000,100000,1000000,10000000] [--line] [--runs 3]

Real clauses (those of the annotated documents, so many that they make 10,000 characters) are repeated
under fresh numbers. Each size runs in a process of its own, after a warm-up on the smallest document;
`--line` puts the whole document on one line. Bar: the slowest rate of the whole is at most 1.5 times
slower than the fastest.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise, zip_longest
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from build_graph.extract.pipeline import Pipeline
from build_graph.files import write_file
from build_graph.graph.emit.document import iterate_parts
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import Statement
from build_graph.graph.write.assembly import TurtleAssembler
from build_graph.model import Metadata
from build_graph.text.formats.encoding import decode_text
from build_graph.text.inputs import InputReader

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
BASE = 10_000  # characters of real clauses that are repeated
CLAUSES = 40  # in a chapter
LONGEST = 800  # characters of a clause that is taken
BAR = 1.5
DOCUMENTS = Path(__file__).parent.parent / "tests" / "gold" / "documents"
DIGITS = "零一二三四五六七八九"
STAGES = ("read", "understand", "triples", "check", "Turtle", "write")


def chinese(number: int) -> str:
    """A number below 1,000 as it is printed in a mark."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = f"{DIGITS[hundreds]}百" if hundreds else ""
    words += f"{DIGITS[tens] if tens > 1 or hundreds else ''}十" if tens else "零" * bool(words and ones)
    return words + (DIGITS[ones] if ones else "")


def real_clauses() -> list[str]:
    """Clauses of the annotated documents without their marks, some of each, of BASE characters in all."""
    pipeline = Pipeline.load()
    rows = []
    for path in sorted(DOCUMENTS.glob("*.txt")):
        document = pipeline.understand(InputReader().read_one(path).source, Metadata(title="通知"))
        content = document.text.content
        divisions = chain.from_iterable(top.walk() for top in document.outline.divisions)
        leaves = [d for d in divisions if d.mark and not d.parts and 100 < len(d.span) < LONGEST]
        rows.append([d.span.extract(content)[len(d.mark or "") :].strip() for d in leaves])
    kept: list[str] = []
    for clause in filter(None, chain.from_iterable(zip_longest(*rows))):
        kept.append(clause)
        if sum(map(len, kept)) > BASE:
            break
    return kept


def document(size: int, clauses: list[str], *, one_line: bool) -> str:
    """A document of `size` characters, cut behind a whole clause."""
    lines: list[str] = ["关于加快发展的实施意见", "江西省人民政府"]
    length = 0
    for index, clause in enumerate(islice(_forever(clauses), 10 * size)):
        chapter, place = divmod(index, CLAUSES)
        if not place:
            lines.append(f"第{chinese(chapter % 999 + 1)}章 任务")
        lines.append(f"（{chinese(place + 1)}）{clause}")
        length += len(lines[-1]) + 1
        if length >= size:
            break
    return "".join(lines) if one_line else "\n".join(lines)


def _forever(clauses: list[str]) -> Iterator[str]:
    while True:
        yield from clauses


class Timed(TurtleAssembler):
    """An assembly that knows how long its checks and its Turtle took."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = dict.fromkeys(("check", "Turtle"), 0.0)

    def _check_batch(self) -> None:
        start = process_time()
        super()._check_batch()
        self.seconds["check"] += process_time() - start

    def _format_body(self, said: Iterable[Statement]) -> bytes:
        start = process_time()
        turtle = super()._format_body(said)
        self.seconds["Turtle"] += process_time() - start
        return turtle


def build(data: bytes, pipeline: Pipeline, descriptions: Descriptions) -> tuple[dict[str, float], int]:
    """Seconds of processor time by stage of one build, written to a temporary file; its statements."""
    clock = [process_time()]
    source = decode_text(data, "long.txt")
    clock.append(process_time())
    understood = pipeline.understand(source, Metadata(title="通知"))
    clock.append(process_time())
    gc.freeze()  # as the program does
    assembly = Timed()
    assembly.add_parts(iterate_parts(understood, descriptions))
    passed, turtle = assembly.finish()
    clock.append(process_time())
    with tempfile.TemporaryDirectory() as folder:
        write_file(Path(folder) / "graph.ttl", turtle)
    clock.append(process_time())
    reading, understanding, graph, writing = (two - one for one, two in pairwise(clock))
    triples = graph - sum(assembly.seconds.values())
    took = (reading, understanding, triples, *assembly.seconds.values(), writing)
    return dict(zip(STAGES, took, strict=True)), passed.statements


def measure(size: int, *, one_line: bool, runs: int) -> dict[str, Any]:
    """Median seconds of each stage on a document of `size` characters, and the peak of memory."""
    gc.set_threshold(100_000)  # as the program does
    pipeline, descriptions, clauses = Pipeline.load(), Descriptions.load(), real_clauses()
    text = document(size, clauses, one_line=one_line)
    build(document(BASE, clauses, one_line=one_line).encode(), pipeline, descriptions)  # warm-up
    seen = [build(text.encode(), pipeline, descriptions) for _ in range(runs)]
    return {
        "characters": len(text),
        "seconds": {stage: median(seconds[stage] for seconds, _ in seen) for stage in STAGES},
        "statements": seen[0][1],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--line", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]
    if args.one:
        print(json.dumps(measure(sizes[0], one_line=args.line, runs=args.runs)))
        return
    print("".join(f"{name:>12}" for name in ("characters", *STAGES, "whole")) + "  triples/char     peak MB")
    rates: list[float] = []
    for size in sizes:
        runs = max(1, min(args.runs * 1_000_000 // size, 5 * args.runs))
        command = [sys.executable, __file__, "--one", "--sizes", str(size), "--runs", str(runs)]
        out = subprocess.run([*command, *(["--line"] * args.line)], check=True, capture_output=True)
        found = json.loads(out.stdout)
        seconds, characters = found["seconds"], found["characters"]
        rates.append(characters / sum(seconds.values()))
        row = [characters, *(characters / max(seconds[stage], 1e-9) for stage in STAGES), rates[-1]]
        print(
            "".join(f"{value:12,.0f}" for value in row)
            + f"{found['statements'] / characters:14.2f}{found['peak'] / 1e6:12,.0f}",
            flush=True,
        )
    ratio = max(rates) / min(rates)
    print(f"fastest : slowest {ratio:.2f}    bar {BAR}: {'met' if ratio <= BAR else 'MISSED'}")


if __name__ == "__main__":
    main()
