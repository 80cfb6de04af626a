"""Answers of servers of others, which may take for ever, be of any size, or hold what nobody asked for.

An answer is read in pieces as they come, with a look at the clock and at the size after each. Names that are
looked up, handshakes and headers come from libraries that look at neither: that work has a thread, which is
left alone when its time is over.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

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

if TYPE_CHECKING:
    from http.client import HTTPResponse

MOST = 256 * MEGABYTE  # bytes of an answer, unpacked
_PIECE = 1 << 16  # bytes that are read at a time
_SAID = 1 << 16  # bytes of a refusal that are read
_PLAIN, _PACKED = ("", "identity"), ("gzip", "x-gzip", "deflate")

Read = Callable[[int], bytes]  # gives what is there, at most so many bytes; nothing at the end
Work = TypeVar("Work")


class ReceivedError(ObligationError):
    """An answer that is too large, or damaged."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes in answers of the server at `url`: each within `timeout` seconds, of `most` bytes, unpacked."""

    url: str
    timeout: float
    most: int = MOST

    def wait(self, work: Callable[[float], Work]) -> Work:
        """What `work` returns, which gets the time of `monotonic` at which it must be done.

        Raises TimeoutError where it is not, and what it raises.
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

        Raises TimeoutError at the time `end`, ReceivedError for too large a body, and for one that is packed
        in an unknown way, or damaged.
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
        """Return the beginning of a body, which says why something is refused; raises TimeoutError."""
        said = b""
        for piece in _iterate_pieces(read, end):
            said += piece
            if len(said) >= _SAID:
                break
        return said[:_SAID]

    def parse_results(self, data: bytes, media: QueryResultsFormat) -> QuerySolutions | QueryBoolean:
        """Return the rows of an answer, all of which can be read, or its yes or no.

        Raises SyntaxError or ValueError for what is neither, ReceivedError for rows that are mostly empty and
        would fill more than `most` bytes with their commas.
        """
        found = parse_query_results(data, format=media)
        if isinstance(found, QuerySolutions):
            cells, columns = 0, max(len(found.variables), 1)
            for _ in found:
                cells += columns
                if cells > self.most:
                    raise self.create_size_error()
        return parse_query_results(data, format=media)

    def parse_statements(self, data: bytes, media: RdfFormat) -> Iterator[Triple]:
        """Yield the statements of an answer.

        Raises SyntaxError or ValueError for what holds none, ReceivedError for those that are larger than
        they came: a prefix may be as long as its author likes, and stand for a letter.
        """
        size = 0
        for quad in parse(data, format=media):
            size += len(str(quad.triple))
            if size > self.most:
                raise self.create_size_error()
            yield quad.triple

    def create_size_error(self) -> ReceivedError:
        """What to say of an answer that has more bytes than are taken in."""
        return ReceivedError(
            f"{redact_url(self.url)}: the answer holds more than {format_size(self.most)}; "
            "ask for less, or give a higher --max-answer, if you trust the server"
        )


def create_reader(response: HTTPResponse) -> Read:
    """What reads a response of the standard library; raises IncompleteRead where its rest is missing."""
    from http.client import IncompleteRead

    missing = response.length  # None where that is not said

    def read(size: int) -> bytes:
        nonlocal missing
        piece = response.read1(size)
        missing = missing and missing - len(piece)
        if missing and not piece:
            raise IncompleteRead(piece, missing)
        return piece

    return read


def _iterate_pieces(read: Read, end: float) -> Iterator[bytes]:
    """Yield a body as it comes; raises TimeoutError where it trickles in until the time `end`."""
    while piece := read(_PIECE):
        yield piece
        if monotonic() > end:
            raise TimeoutError


def _unpack(pieces: Iterator[bytes], packing: str) -> Iterator[bytes]:
    """Yield a body as it was before it was packed; raises EOFError where it is not whole, zlib.error for
    damage.
    """
    if packing in _PLAIN:
        yield from pieces
        return
    if packing not in _PACKED:
        raise zlib.error(packing)
    unpacker = _create_unpacker()
    for piece in pieces:
        left = piece
        while left:
            if unpacker.eof:  # files may follow one another
                unpacker = _create_unpacker()
            yield unpacker.decompress(left, _PIECE)
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError


def _create_unpacker() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, as it says itself
