"""What a graph holds, counted while its statements go by."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from build_graph.vocabulary import ELI, RDF

_TYPE = f"<{RDF}type>".encode()
_REALIZES = f"<{ELI}realizes>".encode()
_DATE = f"<{ELI}date_document>".encode()


@dataclass(slots=True)
class Survey:
    """Counts of statements, and a digest of them in their order; terms stand in angle brackets."""

    statements: int = 0
    classes: Counter[str] = field(default_factory=Counter)  # how many things are of each
    properties: Counter[str] = field(default_factory=Counter)  # how many statements have each
    documents: set[str] = field(default_factory=set)  # those that were read
    dates: dict[str, str] = field(default_factory=dict)  # of documents
    _digest: Any = field(default_factory=hashlib.sha256)

    def watching(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """The records, which are counted as they go by."""
        counted: Counter[bytes] = Counter()
        kinds: Counter[bytes] = Counter()
        for record in records:
            self._digest.update(b"%s\n" % record)
            subject, predicate, value = record.partition(b"\t")[2].split(b" ", 2)
            counted[predicate] += 1
            if predicate == _TYPE:
                kinds[value] += 1
            elif predicate == _REALIZES:
                self.documents.add(value.decode())
            elif predicate == _DATE:
                self.dates[subject.decode()] = value.decode().split('"')[1]
            yield record
        self.statements = counted.total()
        self.properties.update({name.decode(): count for name, count in counted.items()})
        self.classes.update({name.decode(): count for name, count in kinds.items()})

    @property
    def newest(self) -> str | None:
        """The day of the newest document that was read, None where none has a day."""
        return max((day for name, day in self.dates.items() if name in self.documents), default=None)

    @property
    def digest(self) -> str:
        """SHA-256 of the records, in hexadecimal."""
        return str(self._digest.hexdigest())
