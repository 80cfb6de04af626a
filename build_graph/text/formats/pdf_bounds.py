"""The limits on one PDF: bytes unpacked, content drawn, things on a page; and references in circles.

A PDF may pack its streams several times over, draw a form that draws others, and refer to itself. Its cost
shows only where the parser itself unpacks, draws and refers, so this module counts there.
"""

from __future__ import annotations

import io
import zlib
from base64 import a85decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from typing import Any

from build_graph.text.formats.limits import MEGABYTE, LimitError, ReadingLimits, format_size

_DRAWING = 1_000  # bytes that content counts for at least, each time that it is drawn
_MOST_THINGS = 200_000  # letters, lines and pictures on a page: 600 MB
_ROW_85 = 5 * 65_536  # digits that are decoded at a time


@dataclass(slots=True)
class Budget:
    """The counts of one PDF so far; `fault` is the first limit that it exceeded."""

    limits: ReadingLimits
    name: str
    unpacked: int = 0  # bytes
    drawn: int = 0  # bytes of content, as often as it was drawn
    things: int = 0  # on this page
    fault: LimitError | None = None

    @property
    def left(self) -> int:
        """The bytes that may still be unpacked."""
        return self.limits.max_size - self.unpacked

    def count_unpacked(self, size: int) -> None:
        """Count bytes that a layer of a stream unpacks to; raises LimitError where they are too many."""
        self.unpacked += size
        if self.unpacked > self.limits.max_size:
            self._raise_fault(f"unpacks to more than {format_size(self.limits.max_size)}")

    def count_drawn(self, size: int) -> None:
        """Count content that is drawn; raises LimitError where it is too much."""
        self.drawn += max(size, _DRAWING)
        if self.drawn > self.limits.max_size:
            self._raise_fault(
                f"draws more than {format_size(self.limits.max_size)} of content, some again and again"
            )

    def begin_page(self) -> None:
        """Count the things on a page from 0."""
        self.things = 0

    def count_thing(self) -> None:
        """Count a thing on the page; raises LimitError where there are too many."""
        self.things += 1
        if self.things > _MOST_THINGS:
            message = f"has more than {_MOST_THINGS:,} letters and lines on one page; take out that page"
            self.fault = LimitError(f"{self.name}: {message}")
            raise self.fault

    def _raise_fault(self, what: str) -> None:
        self.fault = LimitError(f"{self.name}: {what}; if it is to be read, give a higher --max-size")
        raise self.fault


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def limit_reading(limits: ReadingLimits, name: str) -> Iterator[Budget]:
    """Limit all reading of a PDF within the block, which raises LimitError in the midst of it.

    The parser may take that error for damage of the file: callers that catch one check `fault` first.
    """
    _patch_pdfminer()
    budget = Budget(limits, name)
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


# ------------------------------------------------------------------------- places in the parser


@cache
def _patch_pdfminer() -> None:
    """Make the parser count, once in a process; outside of `limit_reading` it works as before.

    pdfminer takes no limits, and its decoders are called deep within it. So the functions that it decodes by
    are replaced where it looks for them, and three methods are wrapped: here, and nowhere else.
    """
    types = import_module("pdfminer.pdftypes")
    decoders = {
        "lzwdecode": _unpack_lzw,
        "ascii85decode": _unpack_85,
        "asciihexdecode": types.asciihexdecode,
        "rldecode": _unpack_runs,
        "decompress_corrupted": _unpack_damaged,
        "ccittfaxdecode": lambda data, params: b"",  # a picture, which is not read
    }
    for name, decode in decoders.items():
        setattr(types, name, _wrap_decoder(getattr(types, name), decode))
    types.__dict__["zlib"] = _Flate(_wrap_decoder(zlib.decompress, _inflate))
    types.__dict__["apply_png_predictor"] = _wrap_predictor(types.apply_png_predictor)
    reference = types.PDFObjRef
    reference.resolve = _wrap_resolve(reference.resolve, reference, types.PDFValueError)
    interpreter = import_module("pdfminer.pdfinterp").PDFPageInterpreter
    interpreter.execute = _wrap_execute(interpreter.execute)
    container = import_module("pdfminer.layout").LTContainer
    container.add = _wrap_add(container.add)


class _Flate:
    """The parts of zlib that pdfminer uses."""

    error = zlib.error
    decompressobj = staticmethod(zlib.decompressobj)

    def __init__(self, decompress: Callable[[bytes], bytes]) -> None:
        """Use another function to decompress."""
        self.decompress = decompress


def _wrap_decoder(before: Callable[..., bytes], decode: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return a function that decodes a layer of a stream, and counts the result."""

    @wraps(before)
    def decode_counting(data: bytes, *more: Any) -> bytes:
        budget = _budget.get()
        if budget is None:
            return before(data, *more)
        unpacked = decode(data, *more)
        budget.count_unpacked(len(unpacked))
        return unpacked

    return decode_counting


def _wrap_predictor(undo: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return the function that undoes predictions, for rows that are no longer than the data."""

    def undo_narrowed(predictor: int, colors: int, columns: int, bits: int, data: bytes) -> bytes:
        most = (len(data) + 1) * (8 if bits == 1 else 1)
        return undo(predictor, colors, min(columns, most), bits, data)

    return undo_narrowed


def _wrap_resolve(
    resolve: Callable[..., Any], reference: type[Any], circle: type[Exception]
) -> Callable[..., Any]:
    """Return the method that follows a reference to its final object; it raises `circle` for a circle."""

    @wraps(resolve)
    def resolve_fully(self: Any, default: object = None) -> Any:
        found, seen = resolve(self, default), {self.objid}
        while isinstance(found, reference):
            if found.objid in seen:
                raise circle(f"object {self.objid} leads to itself")
            seen.add(found.objid)
            found = resolve(found, default)
        return found

    return resolve_fully


def _wrap_execute(execute: Callable[..., None]) -> Callable[..., None]:
    """Return the method that draws content, which is counted each time."""

    @wraps(execute)
    def draw_counting(self: Any, streams: Sequence[Any]) -> None:
        if budget := _budget.get():
            types = import_module("pdfminer.pdftypes")
            budget.count_drawn(sum(len(types.stream_value(stream).get_data()) for stream in streams))
        execute(self, streams)

    return draw_counting


def _wrap_add(add: Callable[..., None]) -> Callable[..., None]:
    """Return the method that adds a thing to a page or figure, which is counted."""

    @wraps(add)
    def add_counting(self: Any, thing: Any) -> None:
        if budget := _budget.get():
            budget.count_thing()
        add(self, thing)

    return add_counting


# ----------------------------------------------------------------------------------- decoders


def _count_left() -> int:
    """Return the bytes that may still be unpacked."""
    budget = _budget.get()
    return budget.left if budget else 0


def _inflate(data: bytes) -> bytes:
    """Return the inflated data, up to one byte more than allowed; raises zlib.error for damage."""
    unpacking, pieces, left = zlib.decompressobj(), [], _count_left() + 1
    while left > 0 and not unpacking.eof:
        piece = unpacking.decompress(data, min(left, MEGABYTE))
        data, left = unpacking.unconsumed_tail, left - len(piece)
        pieces.append(piece)
        if not piece and not data:
            break
    if left > 0 and not unpacking.eof:
        raise zlib.error("incomplete or truncated stream")
    return b"".join(pieces)


def _unpack_damaged(data: bytes) -> bytes:
    """Return the inflated data up to the damage, which may only be in the last three bytes.

    Raises zlib.error where it is before them. pdfminer does the same byte by byte, in time that grows with
    the square of the result.
    """
    unpacking, pieces, left = zlib.decompressobj(), [], _count_left() + 1
    at, step = 0, 4_096
    while at < len(data) and left > 0 and not unpacking.eof:
        before = unpacking.copy()
        try:
            piece = unpacking.decompress(data[at : at + step], left)
        except zlib.error:
            if step == 1:
                if at < len(data) - 3:
                    raise
                break
            unpacking, step = before, 1
            continue
        while unpacking.unconsumed_tail and left > len(piece):
            piece += unpacking.decompress(unpacking.unconsumed_tail, left - len(piece))
        pieces.append(piece)
        left -= len(piece)
        at += step
    return b"".join(pieces)


def _unpack_lzw(data: bytes) -> bytes:
    """Return the data unpacked by LZW, or little more than allowed."""
    lzw = import_module("pdfminer.lzw")
    decoder, pieces, left = lzw.LZWDecoder(io.BytesIO(data)), [], _count_left()
    try:
        while left >= 0:
            piece = decoder.feed(decoder.readbits(decoder.nbits))
            del decoder.table[4_096:]  # what no code of 12 bits leads to
            pieces.append(piece)
            left -= len(piece)
    except (EOFError, lzw.CorruptDataError):
        pass  # the rest is lost
    return b"".join(pieces)


def _unpack_runs(data: bytes) -> bytes:
    """Return the unpacked runs of bytes, or little more than allowed."""
    unpacked, at, most = bytearray(), 0, _count_left()
    while at < len(data) and data[at] != 128 and len(unpacked) <= most:
        length = data[at]
        if length < 128:
            unpacked += data[at + 1 : at + 2 + length]
            at += length + 2
        else:
            unpacked += data[at + 1 : at + 2] * (257 - length)
            at += 2
    return bytes(unpacked)


def _unpack_85(data: bytes) -> bytes:
    """Return the bytes of base-85 digits, or little more than allowed; raises ValueError for other signs."""
    data = data.translate(None, b" \t\n\r\v")
    data = data.removeprefix(b"<~" if data.startswith(b"<") else b"~")
    data = data.removesuffix(b"~>" if data.endswith(b">") else b"~")
    pieces, at, left, held = [], 0, _count_left(), b""
    while at < len(data) and left >= 0:
        held += data[at : at + _ROW_85].replace(b"z", b"!!!!!")
        at += _ROW_85
        whole = len(held) - len(held) % 5
        pieces.append(_decode_85(held[:whole]))
        held, left = held[whole:], left - len(pieces[-1])
    return b"".join([*pieces, a85decode(held)])


def _decode_85(digits: bytes) -> bytes:
    """Return four bytes for every five digits; raises ValueError for other signs."""
    import numpy as np

    read = np.frombuffer(digits, np.uint8).astype(np.int64).reshape(-1, 5) - 33
    numbers = read @ np.array([85**4, 85**3, 85**2, 85, 1])
    if ((read < 0) | (read > 84)).any() or (numbers > 0xFFFFFFFF).any():
        raise ValueError("these are no digits of base 85")
    decoded: bytes = numbers.astype(">u4").tobytes()
    return decoded
