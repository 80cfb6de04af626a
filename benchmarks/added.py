"""Measures which share of the bytes of a folder of shards a build writes anew for one document more.

    .venv/bin/python benchmarks/added.py [--documents 10000] [--size 20000]

Documents are made up (nothing is understood): each has so many bytes that do not shrink, and as many counts
as a real one. One is added where no shard splits, and one where a full shard does. What is written anew is
every file that is new or has other bytes: shards, cards, lists and manifest alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from random import Random
from typing import Self
from unittest.mock import patch

from build_graph.corpus import shard_builder
from build_graph.corpus.outcome import Found
from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.shard_writer import ShardMember
from build_graph.graph.store.layout import LIMIT, hash_iri
from build_graph.graph.store.shards import DocumentRecord, ShardFolder
from build_graph.model import Input
from build_graph.vocabulary import BASE, OB

BAR = 0.025
_TERMS = 60  # properties and classes that are counted in a real document
_FULL = "00"  # beginning of the hashes of the documents that fill one shard


def shares(documents: int = 10_000, size: int = 20_000) -> Iterator[tuple[str, float]]:
    """What is added, and the share of the bytes that is written anew for it."""
    with tempfile.TemporaryDirectory() as name, patch.object(shard_builder, "WorkerPool", _made_up(size)):
        place = Path(name)
        numbers, last = _numbers(documents)
        _build(place, numbers)
        plain = next(number for number in count(documents * 1000) if not _hash(number).startswith(_FULL))
        yield "one more in a shard", _added(place, [*numbers, plain])
        shards = len(ShardFolder.open(place / "shards").totals.shards)
        yield "one more, a shard splits", _added(place, [*numbers, plain, last])
        assert len(ShardFolder.open(place / "shards").totals.shards) > shards, "no shard was split"


def _hash(number: int) -> str:
    return hash_iri(f"{BASE}d/{number}")


def _numbers(documents: int) -> tuple[list[int], int]:
    """The numbers of so many documents, which leave one shard exactly full; and the one that splits it."""
    inside = (number for number in count() if _hash(number).startswith(_FULL))
    full = [next(inside) for _ in range(LIMIT)]
    others = (number for number in count() if not _hash(number).startswith(_FULL))
    return [*full, *(next(others) for _ in range(documents - LIMIT))], next(inside)


def _build(place: Path, numbers: list[int]) -> None:
    lines = (json.dumps({"id": str(number), "number": str(number), "text": "一"}) for number in numbers)
    (place / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ShardBuilder().build([place / "corpus.jsonl"], place / "shards")


def _added(place: Path, numbers: list[int]) -> float:
    before = _hashes(place / "shards")
    _build(place, numbers)
    sizes = {path.name: path.stat().st_size for path in (place / "shards").iterdir()}
    after = _hashes(place / "shards")
    return sum(sizes[name] for name in after if before.get(name) != after[name]) / sum(sizes.values())


def _hashes(folder: Path) -> dict[str, bytes]:
    return {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}


def _made_up(size: int) -> type:
    """What takes the place of the workers: documents of so many bytes."""

    class Workers:
        def __init__(self, number: int, reader: object) -> None:
            self.count = number

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def submit(self, found: Found) -> Future[ShardMember]:
            assert isinstance(found, Input)
            name, number = found.source.name, str(found.given.number)
            iri, random = f"{BASE}d/{number}", Random(number)
            counts = {f"{OB}term{at}": random.randrange(1000) for at in range(_TERMS)}
            record = DocumentRecord(name, "", iri, iri, number, statements=5000, counts=counts, size=size)
            done = Future[ShardMember]()
            done.set_result(ShardMember(record, random.randbytes(size)))
            return done

    return Workers


def main() -> None:
    """Print a row for each case."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--documents", type=int, default=10_000)
    options.add_argument("--size", type=int, default=20_000)
    given = options.parse_args()
    for name, share in shares(given.documents, given.size):
        verdict = "met" if share <= BAR else "MISSED"
        print(f"{name:28} {share:6.2%} of the bytes written anew    bar {BAR:.1%}: {verdict}", flush=True)


if __name__ == "__main__":
    main()
