"""Counts what follows one or two characters in policy documents: `build_graph/data/neighbours.txt`.

    python benchmarks/count_neighbours.py DOCUMENTS.jsonl.gz > build_graph/data/neighbours.txt

DOCUMENTS holds one JSON object a line with the key `text`: a few hundred Chinese government
documents will do. The table in the repository was counted over 595 of the years 2005 to 2022.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from sample import read_records

from build_graph.text.repair.damage.language_model import LONGEST, encode_level, normalise_prose

LEAST = {2: 5, 3: 10}  # a pair or a triple seen less often says little


def texts(path: Path) -> Iterator[str]:
    for record in read_records(path):
        yield normalise_prose(record["text"])


def grams(text: str, size: int) -> Iterator[str]:
    return map("".join, zip(*(text[i:] for i in range(size)), strict=False))


def rows(counts: dict[int, Counter[str]]) -> Iterator[str]:
    """One row a context: itself, how often it is seen, how many kinds follow it, the frequent ones."""
    for size in range(1, LONGEST + 1):
        kinds = Counter(gram[:-1] for gram in counts[size + 1])
        followers: dict[str, list[str]] = defaultdict(list)
        for gram, count in sorted(counts[size + 1].items(), key=lambda item: (-item[1], item[0])):
            if count >= LEAST[size + 1]:
                followers[gram[:-1]].append(gram[-1] + encode_level(count))
        for context, count in sorted(counts[size].items(), key=lambda item: (-item[1], item[0])):
            if context in followers or (size == 1 and count >= LEAST[2]):
                levels = encode_level(count) + encode_level(max(kinds[context], 1))
            yield f"{context}\t{levels}{''.join(followers[context])}"


def main() -> None:
    counts: dict[int, Counter[str]] = {size: Counter() for size in range(1, LONGEST + 2)}
    for text in texts(Path(sys.argv[1])):
        for size, counted in counts.items():
            counted.update(grams(text, size))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real stream, not a test's
    print("\n".join(rows(counts)))


if __name__ == "__main__":
    main()
