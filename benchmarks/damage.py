"""Change one bit at random places of each file of a store and of shards, and tabulate what comes of it.

    python benchmarks/damage.py [--places 10] [--seed 1]

Of each changed file: whether who reads everything notices, whether `validate STORE` (or the next build of the
shards) notices, and whether the answers are others or there is an exception that is no plain error. The last
two columns must hold nothing but noughts; a change that nobody notices must be of no effect.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from build_graph.corpus.builder import Builder
from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.shard_writer import PreviousShard
from build_graph.errors import ObligationError
from build_graph.graph.store.layout import format_part_name
from build_graph.graph.store.seals import compute_facts, find_damaged_file
from build_graph.graph.store.shards import ShardFolder
from build_graph.query import open as opening
from build_graph.query.engines import OxigraphEngine, convert_store_errors
from build_graph.query.open import open_graph

COLUMNS = (
    "changed",
    "who reads notices",
    "validate or build notices",
    "no effect",
    "OTHER ANSWERS",
    "TRACEBACK",
)

GOOD = "商发〔2021〕1号\n一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部负责）\n"


def read_store(folder: Path) -> str:
    """What identifies all statements of a store, and what it answers."""
    digest = hashlib.sha256()
    engine = open_graph(str(folder))
    assert isinstance(engine, OxigraphEngine)
    with convert_store_errors(folder):
        digest.update(str(sum(1 for _ in engine.store)).encode())
        rows = engine.answer("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o")
        digest.update("\n".join(map(str, rows)).encode())  # type: ignore[arg-type]  # rows of a SELECT
    return digest.hexdigest()


def read_shards(folder: Path) -> str:
    """What identifies the statements and tables of shards."""
    shards = ShardFolder.open(folder)
    digest = hashlib.sha256(shards.open_quads().read())
    for table in shards.iterate_tables():
        digest.update(table)
    return digest.hexdigest()


def is_whole(folder: Path) -> bool:
    """Whether a build would leave the one shard of a folder, its manifest and the lists as they are."""
    try:
        totals = ShardFolder.open(folder).totals
    except ObligationError:
        return False
    lists = all(compute_facts(folder / name) == facts for name, facts in totals.files.items())
    return lists and PreviousShard.read(folder, format_part_name(""), totals.made_with) is not None


def kind_of(name: str) -> str:
    """What a file is called without its number."""
    return re.sub(r"\d{5,}", "N", name)


def tried(
    folder: Path, read: Callable[[Path], str], whole: Callable[[Path], bool], places: int, random: Random
) -> dict[str, Counter[str]]:
    """The outcomes by kind of file."""
    expected, outcomes = read(folder), dict[str, Counter[str]]()
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        for at in random.sample(range(len(data)), min(places, len(data))):
            changed = bytearray(data)
            changed[at] ^= 1 << random.randrange(8)
            file.write_bytes(changed)
            outcomes.setdefault(kind_of(file.name), Counter()).update(outcome(folder, read, whole, expected))
        file.write_bytes(data)
    return outcomes


def outcome(
    folder: Path, read: Callable[[Path], str], whole: Callable[[Path], bool], expected: str
) -> list[str]:
    """What comes of one change."""
    noticed = [] if whole(folder) else ["validate or build notices"]
    try:
        found = read(folder)
    except ObligationError:
        return ["changed", "who reads notices", *noticed]
    except Exception:
        return ["changed", "TRACEBACK", *noticed]
    if found != expected:
        return ["changed", "OTHER ANSWERS", *noticed]
    return ["changed", *(noticed or ["no effect"])]


def main() -> None:
    """Print a row for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for option, default in (("places", 10), ("seed", 1)):
        parser.add_argument(f"--{option}", type=int, default=default)
    given = parser.parse_args()
    opening._ATTEMPTS = 1  # no build is at it: do not wait for one
    print(f"| file | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    with tempfile.TemporaryDirectory() as name:
        store, shards, good, bad = (Path(name) / one for one in ("store", "shards", "good.txt", "bad.txt"))
        good.write_text(GOOD, encoding="utf-8")
        bad.write_text("今天天气很好。", encoding="utf-8")
        Builder().fill([good], store)
        ShardBuilder().build([good, bad], shards)
        for folder, read, whole in (
            (store, read_store, lambda folder: find_damaged_file(folder) is None),
            (shards, read_shards, is_whole),
        ):
            for kind, found in tried(folder, read, whole, given.places, Random(given.seed)).items():
                cells = " | ".join(str(found[column]) for column in COLUMNS)
                print(f"| {folder.name}/{kind} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
