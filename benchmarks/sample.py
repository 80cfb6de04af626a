"""A corpus of any size for the benchmarks, out of documents that there are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

DOCUMENTS = Path(__file__).resolve().parent.parent / "tests" / "gold" / "documents"


def repeated(corpus: Path | None, number: int, path: Path) -> Path:
    """So many documents as JSON Lines at `path`: those of a corpus over and over, none twice.

    Each has a number and a title of its own. A corpus is JSON Lines, perhaps in gzip; without one, the
    annotated documents of the tests are taken.
    """
    records = list(_lines(corpus) if corpus else _annotated())
    with path.open("w", encoding="utf-8") as out:
        for serial, record in enumerate(islice(cycle(records), number), start=1):
            own = {
                "id": f"d{serial}",
                "number": f"基准〔2021〕{serial}号",
                "title": f"第{serial}份：{record.get('title') or ''}",
            }
            out.write(json.dumps({**own, "text": record["text"]}, ensure_ascii=False) + "\n")
    return path


def _lines(corpus: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if corpus.suffix == ".gz" else open
    with opened(corpus, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _annotated() -> Iterator[dict[str, Any]]:
    for path in sorted(DOCUMENTS.glob("*.txt")):
        yield {"title": path.stem, "text": path.read_text(encoding="utf-8")}
