"""What one PDF may take: bytes unpacked, content drawn, things on a page; and references that lead nowhere.

A PDF may pack its streams several times over, draw a form that draws others, and refer to itself: what it
takes shows only where the parser itself unpacks, draws and refers. That is where this module counts.
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
    """What one PDF has taken so far; the first limit that it passed stands in `fault`."""

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
        """Count anew what stands on a page."""
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
    """What counts for all that is read of a PDF within the block, and raises LimitError in the midst of it.

    The parser may take that error for damage of the file: who catches one looks at `fault` first.
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
    """Have the parser count, once in a process; outside of `limit_reading` it does what it always did.

    pdfminer takes no limits, and what decodes is made deep within it. So the functions that it decodes by are
    replaced where it looks for them, and three methods are wrapped: here, and nowhere else.
    """
    types = import_module("pdfminer.pdftypes")
    decoders = {
        "lzwdecode": _unpack_lzw,
        "ascii85decode": _unpack_85,
        "asciihexdecode": types.asciihexdecode,
        "rldecode": _unpack_runs,
        "decompress_corrupted": _unpack_damaged,
        "ccittfaxdecode": lambda data, params: b"",  # a picture: nobody looks at it
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
    """What pdfminer uses of zlib."""

    error = zlib.error
    decompressobj = staticmethod(zlib.decompressobj)

    def __init__(self, decompress: Callable[[bytes], bytes]) -> None:
        """Zlib with another function to decompress."""
        self.decompress = decompress


def _wrap_decoder(before: Callable[..., bytes], decode: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return a function that decodes a layer of a stream, and counts what comes of it."""

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
    """Return the function that undoes predictions, for lines that are no longer than the data."""

    def undo_narrowed(predictor: int, colors: int, columns: int, bits: int, data: bytes) -> bytes:
        most = (len(data) + 1) * (8 if bits == 1 else 1)
        return undo(predictor, colors, min(columns, most), bits, data)

    return undo_narrowed


def _wrap_resolve(
    resolve: Callable[..., Any], reference: type[Any], circle: type[Exception]
) -> Callable[..., Any]:
    """Return the method that follows a reference to what it leads to in the end; for a circle it raises."""

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
    """Return the method that puts a thing on a page or into a figure."""

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
    """What deflated data unpack to, or one byte more than they may; raises zlib.error for damaged ones."""
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
    """What deflated data unpack to up to where they are damaged: only their last three bytes may be.

    Raises zlib.error where it is before them. pdfminer does the same byte by byte, in time that grows with
    the square of what comes of it.
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
    """What data in LZW unpack to, or little more than they may."""
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
    """What runs of bytes unpack to, or little more than they may."""
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
    """What digits of base 85 unpack to, or little more than they may; raises ValueError for other signs."""
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
    """Four bytes for every five digits; raises ValueError for other signs."""
    import numpy as np

    read = np.frombuffer(digits, np.uint8).astype(np.int64).reshape(-1, 5) - 33
    numbers = read @ np.array([85**4, 85**3, 85**2, 85, 1])
    if ((read < 0) | (read > 84)).any() or (numbers > 0xFFFFFFFF).any():
        raise ValueError("these are no digits of base 85")
    decoded: bytes = numbers.astype(">u4").tobytes()
    return decoded
