"""PDFs made to be hard: small files that unpack to much, lead in circles, or ask for much work."""

from __future__ import annotations

import zlib
from base64 import a85encode
from collections.abc import Callable, Mapping, Sequence

MEGABYTE = 1024 * 1024

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_RESOURCES = b"/Resources << /Font << /F1 4 0 R >> >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R %s >>"
_WORDS = b"BT /F1 12 Tf 72 720 Td (one two three) Tj ET"


def pdf(objects: Mapping[int, bytes], *, root: int = 1) -> bytes:
    """A PDF of these objects, without a table of where they stand: readers look for them."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, said) for number, said in objects.items())
    return b"%PDF-1.4\n" + body + b"trailer << /Root %d 0 R /Size %d >>\n%%%%EOF\n" % (root, max(objects) + 1)


def stream(data: bytes, said: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), said, data)


def page(contents: bytes, more: Mapping[int, bytes] = {}, resources: bytes = _RESOURCES) -> bytes:
    """A PDF of one page; `contents` is the object of what is drawn on it."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: _PAGE % resources,
        4: _FONT,
        5: contents,
    }
    return pdf({**objects, **more})


# ----------------------------------------------------------------------------------- filters


def run_lengths(data: bytes) -> bytes:
    """Bytes that are all the same, as RunLengthDecode takes them."""
    return bytes([129, data[0]]) * (len(data) // 128) + bytes([128])


def lzw(data: bytes) -> bytes:
    """Bytes as LZWDecode takes them: codes of 9 bits and more."""
    table = {bytes([one]): one for one in range(256)}
    bits, held, width, word = 256, 9, 9, b""
    for one in data:
        longer = word + bytes([one])
        if longer in table:
            word = longer
            continue
        bits, held = bits << width | table[word], held + width
        table[longer] = len(table) + 2
        width = min(12, max(9, (len(table) + 2).bit_length()))
        word = bytes([one])
        if len(table) >= 4_090:
            break
    bits, held = (bits << width | table[word]) << width | 257, held + 2 * width
    return (bits << -held % 8).to_bytes((held + 7) // 8, "big")


FILTERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"FlateDecode": zlib.compress,
    b"Fl": zlib.compress,
    b"ASCII85Decode": a85encode,
    b"A85": a85encode,
    b"ASCIIHexDecode": lambda data: data.hex().encode(),
    b"AHx": lambda data: data.hex().encode(),
    b"RunLengthDecode": run_lengths,
    b"RL": run_lengths,
    b"LZWDecode": lzw,
    b"LZW": lzw,
}


def filtered(size: int, filters: Sequence[bytes], said: bytes = b"") -> bytes:
    """A page whose contents unpack to so many blanks, through some filters."""
    data = b" " * size
    for name in reversed(filters):
        data = FILTERS[name](data)
    names = b" ".join(b"/" + name for name in filters)
    return page(stream(data, b"/Filter [%s] %s" % (names, said)))


def shared(size: int, times: int) -> bytes:
    """A page whose contents are many streams, each unpacking to less than a document may have."""
    packed = stream(zlib.compress(b" " * size), b"/Filter /FlateDecode")
    more = {10 + number: packed for number in range(times)}
    return page(b"[%s]" % b" ".join(b"%d 0 R" % number for number in more), more)


def objects(size: int, filters: Sequence[bytes] = (b"FlateDecode",)) -> bytes:
    """A PDF whose objects stand in a stream that unpacks to so many bytes."""
    held = b"10 0 " + b"<< /A 1 >>"
    data = held + b" " * size
    for name in reversed(filters):
        data = FILTERS[name](data)
    names = b" ".join(b"/" + name for name in filters)
    said = b"/Type /ObjStm /N 1 /First 5 /Filter [%s]" % names
    return page(stream(_WORDS), {9: stream(data, said)}, b"/Extra 10 0 R " + _RESOURCES)


# ----------------------------------------------------------------------- circles, and much work


def to_itself() -> bytes:
    """The catalogue is a reference to itself."""
    return pdf({1: b"1 0 R"})


def in_a_circle(*, where: bytes = b"/MediaBox") -> bytes:
    """Something on a page is a reference that leads in a circle."""
    said = _PAGE.replace(b"[0 0 595 842]", b"7 0 R") if where == b"/MediaBox" else _PAGE
    more = {7: b"8 0 R", 8: b"7 0 R"}
    extra = b"" if where == b"/MediaBox" else b"%s 7 0 R" % where
    return page(stream(_WORDS), {**more, 3: said % (_RESOURCES + extra)})


def laughs(levels: int = 9, times: int = 10) -> bytes:
    """Forms that draw forms that draw forms, each several times."""
    forms = {}
    for level in range(levels):
        inner = b"/X%d Do " % (level + 1) * times if level + 1 < levels else _WORDS
        resources = b"/Font << /F1 4 0 R >> /XObject << /X%d %d 0 R >>" % (level + 1, 21 + level)
        said = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << %s >>" % resources
        forms[20 + level] = stream(inner, said)
    resources = b"/Resources << /Font << /F1 4 0 R >> /XObject << /X0 20 0 R >> >>"
    return page(stream(b"/X0 Do"), forms, resources)


def grid(cells: int) -> bytes:
    """A page that is ruled into so many rows and columns, with a letter in each cell of the diagonal."""
    width, height = 500 / cells, 750 / cells
    edges = range(cells + 1)
    lines = [f"{45 + at * width:.2f} 45 m {45 + at * width:.2f} 795 l S" for at in edges]
    lines += [f"45 {45 + at * height:.2f} m 545 {45 + at * height:.2f} l S" for at in edges]
    lines += [f"BT /F1 3 Tf {46 + at * width:.2f} {46 + at * height:.2f} Td (a) Tj ET" for at in range(cells)]
    return page(stream("\n".join(lines).encode()))


def words(number: int) -> bytes:
    """A page with so many words, each put where it stands."""
    drawn = (
        f"BT /F1 4 Tf {40 + at % 50 * 10} {800 - at // 50 * 760 / (number / 50):.2f} Td (w{at}) Tj ET"
        for at in range(number)
    )
    return page(stream("\n".join(drawn).encode()))


def pages(number: int) -> bytes:
    """So many pages with the same contents."""
    more = {10 + at: _PAGE % _RESOURCES for at in range(number)}
    kids = b" ".join(b"%d 0 R" % at for at in more)
    return page(stream(_WORDS), {2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, number), **more})


def cross_reference(size: int) -> bytes:
    """A PDF whose table of objects stands in a stream that unpacks, twice, to so many bytes."""
    body = page(stream(_WORDS)).partition(b"trailer")[0]
    data = zlib.compress(zlib.compress(bytes(size)))
    said = b"/Type /XRef /W [1 2 1] /Size 6 /Root 1 0 R /Filter [/FlateDecode /Fl]"
    return body + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream(data, said), len(body))


def damaged_flate(size: int) -> bytes:
    """A page whose contents unpack to so many bytes and have a wrong check sum behind them."""
    return page(stream(zlib.compress(b" " * size)[:-4] + b"\0\0\0\0", b"/Filter /FlateDecode"))


def long_lines() -> bytes:
    """A page whose contents are said to be predicted from lines of a hundred thousand million bytes."""
    said = b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 100000000000 >>"
    return page(stream(zlib.compress(b"\0" + _WORDS), said))
