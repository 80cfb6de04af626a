"""The inputs of a corpus in their order, each with a key by which it is known again."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from build_graph.corpus.documents import hash_source
from build_graph.errors import ObligationError
from build_graph.reading.inputs import IgnoredFile, Input, InputReader, LazyInput

Found = LazyInput | Input | ObligationError


@dataclass(frozen=True, slots=True)
class Item:
    """An input, the SHA-256 of all that its graph follows from but for the rules, and its bytes or so."""

    found: Found
    key: str
    size: int

    @classmethod
    def create(cls, found: Found) -> Item:
        """The item of what was found."""
        if isinstance(found, Input):
            return cls(found, hash_source(found.source, found.given), len(found.source.content))
        if isinstance(found, ObligationError):
            return cls(found, hashlib.sha256(str(found).encode("utf-8", "replace")).hexdigest(), 0)
        whole = hashlib.sha256(f"{found.name}\n{found.kind}\n".encode("utf-8", "replace"))
        whole.update(hashlib.sha256(found.data).digest())
        with suppress(OSError):  # whoever understands the document will say what is wrong
            whole.update(found.sidecar.read_bytes() if found.sidecar else b"")
        return cls(found, whole.hexdigest(), len(found.data))


@dataclass(slots=True)
class Items:
    """The inputs at some paths; what is no document is counted and left alone."""

    reader: InputReader
    paths: Sequence[Path]
    ignored: Counter[str] = field(default_factory=Counter)  # by what they are counted under
    places: deque[int] = field(default_factory=deque)  # bytes that were read, with each item not done yet
    _read: int = 0

    def __iter__(self) -> Iterator[Item]:
        """Each input, as it is read."""
        reader = replace(self.reader, on_bytes=self._count_bytes)
        for found in (found for path in self.paths for found in reader.list_inputs(path)):
            if isinstance(found, IgnoredFile):
                self.ignored[found.label] += 1
            else:
                self.places.append(self._read)
                yield Item.create(found)

    def _count_bytes(self, size: int) -> None:
        self._read += size
