"""Says how much of a corpus is understood: places that scan.py finds, characters by kind, bearers.

    .venv/bin/python benchmarks/understood.py CORPUS.jsonl.gz [--left-out tests/gold/drawn.csv] [--list lost]

A place is taken if the words of an attribution overlap with it. `--list` prints, of all documents, a line
each for the places that were `lost`, the attributions at no place (`more`), or the bearers of no known
body (`unresolved`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scan import FORM, Place, read_open_records, scan

from build_graph.errors import ObligationError
from build_graph.extract.pipeline import Pipeline
from build_graph.model import BodyKind, CoverageKind, Document, Metadata, Source

MUCH = 0.1  # the share of unread characters that is much


@dataclass(slots=True)
class Tally:
    """What was counted over the documents so far."""

    documents: int = 0
    refused: int = 0
    taken: Counter[str] = field(default_factory=Counter)  # by kind of place
    places: Counter[str] = field(default_factory=Counter)
    attributions: int = 0
    characters: Counter[CoverageKind] = field(default_factory=Counter)
    much_unread: int = 0
    bearers: int = 0
    unresolved: int = 0
    lines: dict[str, list[str]] = field(default_factory=lambda: {"lost": [], "more": [], "unresolved": []})

    def add(self, name: str, text: str, document: Document | None) -> None:
        """Count a document, or its text where it was refused."""
        places = [place for place in scan(text) if not FORM.search(place.words)]
        spans = list(_iterate_attributions(document)) if document else []
        for place in places:
            taken = any(place.overlaps(*span) for span in spans)
            self.places[place.kind] += 1
            self.taken[place.kind] += taken
            if not taken:
                self.lines["lost"].append(f"{name}\t{place.kind}\t{place.words}")
        self._add_attributions(name, text, spans, places)
        if document is None:
            self.refused += 1
            return
        self.documents += 1
        counts = document.coverage.count_characters(document.text.content)
        self.characters.update(counts)
        self.much_unread += counts[CoverageKind.UNREAD] > MUCH * sum(counts.values())
        for bearer in (one for measure in document.measures for one in measure.bearers):
            if bearer.kind is BodyKind.AGENCY:
                self.bearers += 1
                if bearer.body is None or not bearer.body.resolved:
                    self.unresolved += 1
                    self.lines["unresolved"].append(f"{name}\t{bearer.name}")

    def _add_attributions(
        self, name: str, text: str, spans: list[tuple[int, int]], places: list[Place]
    ) -> None:
        self.attributions += len(spans)
        for start, end in spans:
            if not any(place.overlaps(start, end) for place in places):
                self.lines["more"].append(f"{name}\t{text[start:end]}")

    def format(self) -> Iterator[str]:
        """Yield the lines of the summary."""
        yield f"documents {self.documents:,}, refused {self.refused:,}"
        for kind, number in sorted(self.places.items()):
            yield f"{kind:12} {self.taken[kind]:6,} of {number:6,} taken  {self.taken[kind] / number:7.2%}"
        taken, number = self.taken.total(), self.places.total()
        yield f"{'places':12} {taken:6,} of {number:6,} taken  {taken / max(number, 1):7.2%}"
        yield f"attributions {self.attributions:6,}, at no place {len(self.lines['more']):,}"
        whole = self.characters.total()
        for kind, number in self.characters.items():
            yield f"{kind.value:12} {number:9,} characters      {number / max(whole, 1):7.2%}"
        yield f"documents with more than {MUCH:.0%} unread: {self.much_unread} of {self.documents}"
        share = self.unresolved / max(self.bearers, 1)
        yield f"agencies as bearers {self.bearers:,}, unresolved {self.unresolved:,} {share:.2%}"


def _iterate_attributions(document: Document) -> Iterator[tuple[int, int]]:
    """Yield the starts and ends of attributions, in the text of the source."""
    for measure in document.measures:
        if measure.assignment:
            span = measure.assignment.span
            yield document.text.find_origin(span.start), document.text.find_origin(span.end - 1) + 1


def main() -> None:
    """Count, and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--left-out", type=Path)
    parser.add_argument("--list", choices=("lost", "more", "unresolved"))
    given = parser.parse_args()
    pipeline, tally = Pipeline.load(), Tally()
    for record in read_open_records(given.corpus, given.left_out):
        title = Metadata(title=record.get("title") or None)
        try:
            document = pipeline.understand(Source(record["id"], record["text"], "utf-8"), title)
        except ObligationError:
            document = None
        tally.add(record["id"], record["text"], document)
    print("\n".join(tally.lines[given.list] if given.list else tally.format()))


if __name__ == "__main__":
    main()
