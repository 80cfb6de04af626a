"""The limits on one input: small files can unpack to far more than a machine holds.

Everything that is unpacked (gzip, ZIP, the parts of a DOCX) is read through `Unpacked`, which counts.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from build_graph.errors import ObligationError
from build_graph.processes.confinement import Allowance

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEGABYTE = 1024 * 1024
_UNITS = {"": 1, "K": 1024, "M": MEGABYTE, "G": 1024 * MEGABYTE}
_SIZE = re.compile(r"(?P<number>\d{1,12}) \s* (?P<unit>[KMG]?) (?:i?B)?", re.VERBOSE | re.IGNORECASE)
_CHARACTERS = 1_000  # that understanding is given another second for
_UNSUSPICIOUS = MEGABYTE  # bytes that a file may unpack to whatever its ratio


class Readable(Protocol):
    """A source of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, `size` at most; none at the end."""


class LimitError(ObligationError):
    """An input that takes more than a limit allows."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """The limits on one input; each is an option of the same name."""

    max_size: int = 64 * MEGABYTE  # bytes of one document, unpacked
    max_total: int = 4096 * MEGABYTE  # bytes of all documents of one archive, unpacked
    max_members: int = 20_000  # members of one archive
    max_nesting: int = 3  # archives within archives
    max_ratio: int = 200  # times that a file may be larger unpacked
    max_depth: int = 1_000  # elements within elements on an HTML page
    max_reading: int = 60  # seconds of processor from the bytes of a document to its text
    max_reading_memory: int = 1024 * MEGABYTE  # bytes that it may take meanwhile
    max_understanding: int = 60  # seconds of processor, and one more for each thousand characters
    max_understanding_memory: int = 4096 * MEGABYTE  # bytes

    @property
    def reading(self) -> Allowance:
        """The allowance for reading a document, up to its text."""
        return Allowance(self.max_reading, self.max_reading_memory)

    def allow_understanding(self, characters: int) -> Allowance:
        """Return the allowance for understanding a text of so many characters."""
        seconds = self.max_understanding + characters / _CHARACTERS
        return Allowance(seconds, self.max_understanding_memory)

    @property
    def deciding(self) -> tuple[int, ...]:
        """The limits that decide the content of a graph; time and memory decide only whether there is one."""
        limits = (self.max_size, self.max_total, self.max_members, self.max_nesting, self.max_ratio)
        return (*limits, self.max_depth)

    def check_size(self, size: int, name: str) -> None:
        """Raise LimitError where a document is too large."""
        if size > self.max_size:
            raise LimitError(
                f"{name}: is larger than {format_size(self.max_size)}; "
                "if it is to be read, give a higher --max-size"
            )

    def check_ratio(self, unpacked: int, packed: int, name: str) -> None:
        """Raise LimitError where a file unpacks to suspiciously much."""
        if unpacked > max(_UNSUSPICIOUS, self.max_ratio * packed):
            raise LimitError(
                f"{name}: unpacks to more than {self.max_ratio} times its size, as a bomb does; "
                "if it is none, give a higher --max-ratio"
            )


@dataclass(slots=True)
class Meter:
    """A counter of the bytes that all members of one input unpack to."""

    limits: ReadingLimits
    total: int = 0

    def add_bytes(self, size: int, name: str) -> None:
        """Count `size` more bytes; raises LimitError where they are too many."""
        self.total += size
        if self.total > self.limits.max_total:
            raise LimitError(
                f"{name}: all in all more than {format_size(self.limits.max_total)} unpacked; "
                "if they are to be read, give a higher --max-total"
            )


class Unpacked(io.RawIOBase):
    """The bytes that `stream` unpacks to; raises LimitError as soon as they are too many."""

    def __init__(self, stream: Readable, packed: int, name: str, meter: Meter) -> None:
        """Read from `stream`, which unpacks `packed` bytes of the file."""
        self.stream, self.packed, self.name, self.meter = stream, packed, name, meter
        self.size = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer` with the next bytes; return their number."""
        view = memoryview(buffer).cast("B")
        data = self.stream.read(len(view))
        view[: len(data)] = data
        self.size += len(data)
        self.meter.limits.check_ratio(self.size, self.packed, self.name)
        self.meter.add_bytes(len(data), self.name)
        return len(data)


def read_whole(stream: Readable | Unpacked, limits: ReadingLimits, name: str) -> bytes:
    """Return all bytes of one document; raises LimitError as soon as they are too many."""
    pieces, size = [], 0
    while piece := stream.read(MEGABYTE):
        size += len(piece)
        limits.check_size(size, name)
        pieces.append(piece)
    return b"".join(pieces)


def parse_size(words: str) -> int:
    """Return bytes from a number and a unit; raises ValueError for anything else.

    >>> parse_size("64MB"), parse_size("4 g")
    (67108864, 4294967296)
    """
    found = _SIZE.fullmatch(words.strip())
    if not found:
        raise ValueError(words)
    return int(found["number"]) * _UNITS[found["unit"].upper()]


def format_size(size: int) -> str:
    """Return a number of bytes in the largest unit that divides it.

    >>> format_size(64 * MEGABYTE)
    '64MB'
    """
    for unit in ("G", "M", "K"):
        if size and size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}B"
    return f"{size}B"
