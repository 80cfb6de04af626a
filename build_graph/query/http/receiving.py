"""Bounds for the answers of other people's servers, which may take for ever or be of any size.

A body is read in pieces, with a look at the clock and at the size after each. Libraries that look up names,
shake hands and read headers look at neither: that work runs in a thread, which is abandoned when its time is
over.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from threading import Thread
from time import monotonic
from typing import TypeVar

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from build_graph.errors import ObligationError
from build_graph.query.http.credentials import redact_url
from build_graph.text.formats.limits import MEGABYTE, format_size

TIMEOUT = 60.0  # seconds that an answer may take
MOST = 256 * MEGABYTE  # bytes of an answer, unpacked
_PIECE = 1 << 16  # bytes that are read at a time
_REFUSAL = 1 << 16  # bytes of a refusal that are read
_PLAIN, _PACKED = ("", "identity"), ("gzip", "x-gzip", "deflate")

Read = Callable[[int], bytes]  # returns at most so many bytes; none at the end
Work = TypeVar("Work")


class ReceivedError(ObligationError):
    """An answer that is too large, or damaged."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Reads answers of the server at `url`: within `timeout` seconds, of at most `most` bytes, unpacked."""

    url: str
    timeout: float
    most: int = MOST

    def wait(self, work: Callable[[float], Work]) -> Work:
        """Return the result of `work`, which gets its end as a time of `monotonic`.

        Raise TimeoutError where it takes longer, and whatever `work` raises.
        """
        from concurrent.futures import Future

        end, result = monotonic() + self.timeout, Future[Work]()

        def run() -> None:
            try:
                result.set_result(work(end))
            except BaseException as error:
                result.set_exception(error)

        Thread(target=run, daemon=True).start()
        return result.result(self.timeout)

    def read(self, read: Read, packing: str, end: float) -> bytes:
        """Return the whole body of an answer, unpacked.

        Raise TimeoutError at the time `end`, ReceivedError for a body that is too large, damaged, or packed
        in an unknown way.
        """
        body = BytesIO()
        try:
            for piece in _unpack(_iterate_pieces(read, end), packing.strip().lower()):
                if body.tell() + len(piece) > self.most:
                    raise self.create_size_error()
                body.write(piece)
        except (zlib.error, EOFError) as error:
            raise ReceivedError(
                f"{redact_url(self.url)}: the answer is packed, and damaged or cut; "
                "ask again, and see the log of the server"
            ) from error
        return body.getvalue()

    def read_beginning(self, read: Read, end: float) -> bytes:
        """Return the beginning of a body, which says why something is refused; raise TimeoutError."""
        start = b""
        for piece in _iterate_pieces(read, end):
            start += piece
            if len(start) >= _REFUSAL:
                break
        return start[:_REFUSAL]

    def parse_results(self, data: bytes, media: str) -> QuerySolutions | QueryBoolean:
        """Return the rows of an answer, all of which can be read, or its boolean; JSON of an unknown type.

        Raise SyntaxError or ValueError for what is neither, ReceivedError for rows that are mostly empty and
        would fill more than `most` bytes with their commas.
        """
        known = QueryResultsFormat.from_media_type(media) or QueryResultsFormat.JSON
        found = parse_query_results(data, format=known)
        if isinstance(found, QuerySolutions):
            cells, columns = 0, max(len(found.variables), 1)
            for _ in found:
                cells += columns
                if cells > self.most:
                    raise self.create_size_error()
        return parse_query_results(data, format=known)

    def parse_statements(self, data: bytes, media: str) -> Iterator[Triple]:
        """Yield the statements of an answer, which is Turtle, and so N-Triples too, if its type is unknown.

        Raise SyntaxError or ValueError for what holds none, ReceivedError for more than `most` bytes of them:
        a prefix of any length may stand for a letter.
        """
        size = 0
        for quad in parse(data, format=RdfFormat.from_media_type(media) or RdfFormat.TURTLE):
            size += len(str(quad.triple))
            if size > self.most:
                raise self.create_size_error()
            yield quad.triple

    def create_size_error(self) -> ReceivedError:
        """Return the error for an answer that has more than `most` bytes."""
        return ReceivedError(
            f"{redact_url(self.url)}: the answer holds more than {format_size(self.most)}; "
            "ask for less, or give a higher --max-answer, if you trust the server"
        )


def _iterate_pieces(read: Read, end: float) -> Iterator[bytes]:
    """Yield a body as it comes; raise TimeoutError where it trickles in until the time `end`."""
    while piece := read(_PIECE):
        yield piece
        if monotonic() > end:
            raise TimeoutError


def _unpack(pieces: Iterator[bytes], packing: str) -> Iterator[bytes]:
    """Yield a body unpacked; raise EOFError where it is not whole, zlib.error for damage."""
    if packing in _PLAIN:
        yield from pieces
        return
    if packing not in _PACKED:
        raise zlib.error(packing)
    unpacker = _create_unpacker()
    for piece in pieces:
        left = piece
        while left:
            if unpacker.eof:  # packed files may follow one another
                unpacker = _create_unpacker()
            yield unpacker.decompress(left, _PIECE)
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError


def _create_unpacker() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, as it says itself
