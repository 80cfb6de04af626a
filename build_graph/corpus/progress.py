"""How far the work on a corpus is, for whoever wants to show it."""

from __future__ import annotations

from dataclasses import dataclass

from build_graph.shards import DocumentRecord


@dataclass(slots=True)
class Progress:
    """How far the work is."""

    documents: int = 0  # done, of whatever outcome
    failures: int = 0
    read: int = 0  # bytes of the inputs up to the last that is done
    shards: int = 0  # done
    unchanged: int = 0  # of these, that were there already

    def count(self, record: DocumentRecord, read: int) -> None:
        """Count a document that is done, up to so many bytes."""
        self.documents += 1
        self.read = read
        self.failures += bool(record.failure)
