"""A corpus of any size for the benchmarks, out of documents that there are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ROOT / "tests" / "gold" / "documents"
LIST = Path(__file__).with_name("two-million.sha256")
FIRST = {
    "id": "d0",
    "number": "国发〔2015〕24号",
    "title": "国务院关于大力发展电子商务加快培育经济新动力的意见",
}
TWO_MILLION = 191  # repeated documents that, with the first, gave 2,000,573 statements at commit 984a5c0


def repeated(corpus: Path | None, number: int, path: Path) -> Path:
    """So many documents as JSON Lines at `path`: those of a corpus over and over, none twice.

    Each has a number and a title of its own. A corpus is JSON Lines, perhaps in gzip; without one, the
    annotated documents of the tests are taken.
    """
    return _write(
        path,
        _numbered(read_records(corpus) if corpus else _annotated(sorted(DOCUMENTS.glob("*.txt"))), number),
    )


def write_two_million(path: Path) -> Path:
    """Write the documents that gave 2 million statements at commit 984a5c0, as JSON Lines at `path`.

    These are the first one, with which queries find what their examples name, and the annotated ones over
    and over. Raises ValueError if one of them is not what it was.
    """
    first, *others = _listed()
    record = {**FIRST, "text": first.read_text(encoding="utf-8")}
    return _write(path, chain([record], _numbered(_annotated(others), TWO_MILLION)))


def _write(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return path


def _numbered(found: Iterable[dict[str, Any]], number: int) -> Iterator[dict[str, Any]]:
    for serial, record in enumerate(islice(cycle(found), number), start=1):
        own = {
            "id": f"d{serial}",
            "number": f"基准〔2021〕{serial}号",
            "title": f"第{serial}份：{record.get('title') or ''}",
        }
        yield {**own, "text": record["text"]}


def read_records(corpus: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a corpus of JSON Lines, perhaps in gzip."""
    opened = gzip.open if corpus.suffix == ".gz" else open
    with opened(corpus, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _annotated(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield {"title": path.stem, "text": path.read_text(encoding="utf-8")}


def _listed() -> Iterator[Path]:
    """The files of the list, each with the bytes that it had."""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            digest, _, name = line.partition("  ")
            if sha256((ROOT / name).read_bytes()).hexdigest() != digest:
                raise ValueError(f"{name}: is not the text of commit 984a5c0; take it from there")
            yield ROOT / name
