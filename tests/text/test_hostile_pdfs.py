"""PDFs that unpack to much, lead in circles or ask for much work are refused or read; others read as ever."""

from __future__ import annotations

import io
import re
import tracemalloc
import zlib
from base64 import a85encode
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import hostile_pdfs as pdfs
import pdfplumber
import pytest
import writers
from pdfminer import pdftypes
from reportlab.pdfgen.canvas import Canvas

from build_graph.text.formats import pdf_bounds, pdf_tables
from build_graph.text.formats.kinds import UnreadableError
from build_graph.text.formats.limits import MEGABYTE, LimitError, ReadingLimits
from build_graph.text.formats.pdf import read_pdf
from build_graph.text.formats.pdf_bounds import limit_reading

SMALL = ReadingLimits(max_size=MEGABYTE // 4)
PEAK = 12 * MEGABYTE  # bytes that are held at most while a file is refused that unpacks to more


@pytest.fixture(scope="module", autouse=True)
def _parser() -> None:
    """Load what is loaded once, before memory is measured."""
    read_pdf(writers.pdf(["甲"]), "a.pdf", ReadingLimits())


def refused(data: bytes, limits: ReadingLimits = SMALL) -> str:
    """Why a PDF is refused; in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(LimitError) as caught:
            read_pdf(data, "a.pdf", limits)
        assert tracemalloc.get_traced_memory()[1] < PEAK + len(data)
    finally:
        tracemalloc.stop()
    assert str(caught.value).isprintable()
    return str(caught.value)


# --------------------------------------------------------------------------------- unpacking

LAYERS: dict[str, tuple[bytes, ...]] = {
    **{name.decode(): (name,) for name in pdfs.FILTERS},
    "Flate twice": (b"FlateDecode", b"FlateDecode"),
    "Flate in digits": (b"ASCII85Decode", b"Fl"),
    "LZW in Flate": (b"Fl", b"LZWDecode"),
    "runs in Flate in digits": (b"AHx", b"FlateDecode", b"RL"),
}


@pytest.mark.parametrize("filters", LAYERS.values(), ids=LAYERS)
def test_every_layer_counts(filters: tuple[bytes, ...]) -> None:
    size = 32 * MEGABYTE if set(filters) == {b"FlateDecode"} else MEGABYTE // 2
    reason = refused(pdfs.filtered(size, filters))
    assert reason == "a.pdf: unpacks to more than 256KB; if it is to be read, give a higher --max-size"


UNPACKED: dict[str, Callable[[], bytes]] = {
    "many streams": lambda: pdfs.shared(MEGABYTE // 8, 4),
    "objects": lambda: pdfs.objects(32 * MEGABYTE),
    "objects packed twice": lambda: pdfs.objects(32 * MEGABYTE, [b"FlateDecode", b"FlateDecode"]),
    "the table of objects": lambda: pdfs.cross_reference(32 * MEGABYTE),
    "a wrong check sum": lambda: pdfs.damaged_flate(MEGABYTE),
}


@pytest.mark.parametrize("make", UNPACKED.values(), ids=UNPACKED)
def test_whatever_is_unpacked_counts(make: Callable[[], bytes]) -> None:
    assert "unpacks to more than 256KB" in refused(make())


@pytest.mark.parametrize("name", pdfs.FILTERS, ids=lambda name: name.decode())
def test_what_unpacks_to_little_is_read(name: bytes) -> None:
    """The page is blank: its contents were read and hold no text."""
    with pytest.raises(UnreadableError, match="is a scanned PDF without text"):
        read_pdf(pdfs.filtered(1_000, [name]), "a.pdf", SMALL)


def test_pictures_are_not_unpacked() -> None:
    """A page scanned to more than a document may have is still a page."""
    raw = zlib.compress(bytes(3 * MEGABYTE))
    image = pdfs.stream(
        raw,
        b"/Type /XObject /Subtype /Image /Width 1024 /Height 3072 /BitsPerComponent 8"
        b" /ColorSpace /DeviceGray /Filter /FlateDecode",
    )
    said = b"/Resources << /Font << /F1 4 0 R >> /XObject << /I 9 0 R >> >>"
    contents = pdfs.stream(b"BT /F1 12 Tf 72 720 Td (one two three) Tj ET /I Do")
    assert read_pdf(pdfs.page(contents, {9: image}, said), "a.pdf", SMALL).content == "one two three\n"


def test_lines_of_predictions_are_no_longer_than_the_data() -> None:
    assert read_pdf(pdfs.long_lines(), "a.pdf", SMALL).content == "one two three\n"


PACKED: dict[str, list[bytes]] = {
    "zlib.decompress": [zlib.compress(b"ab" * 9_999) + b"rest", b"", b"x\x9c", zlib.compress(b"a" * 99)[:-2]],
    "decompress_corrupted": [
        zlib.compress(Random(1).randbytes(9_000))[:-4] + b"\0\0\0\0",
        zlib.compress(b"a" * 99_999)[:-9],
        zlib.compress(Random(2).randbytes(9_000))[:5_000] + bytes(4_000),
    ],
    "lzwdecode": [pdfs.lzw(Random(3).randbytes(9_000)), pdfs.lzw(b"-----A---B"), pdfs.lzw(b"a" * 9_999)[:-3]],
    "rldecode": [bytes([2, 65, 66, 67, 254, 68, 128, 1]), b""],
    "ascii85decode": [
        b"<~" + a85encode(bytes(40) + b"abc", wrapcol=7) + b"~>",
        b"~" + a85encode(b"abcde") + b"\n~",
        a85encode(Random(4).randbytes(400_001)),
        b"<" + a85encode(b"ab"),
    ],
}


@pytest.mark.parametrize("name", PACKED)
def test_bounded_decoders_give_what_the_parsers_own_give(name: str) -> None:
    """Also for damaged data: where one fails, the other does."""
    decode: Callable[[bytes], bytes] = pdftypes
    for part in name.split("."):
        decode = getattr(decode, part)
    for data in PACKED[name]:
        with limit_reading(ReadingLimits(), "a.pdf"):
            ours = outcome(decode, data)
        assert ours == outcome(decode, data)  # outside of it, the parser's own


def outcome(decode: Callable[[bytes], bytes], data: bytes) -> bytes | type[Exception]:
    try:
        return decode(data)
    except Exception as error:
        return type(error)


# ------------------------------------------------------------------------- circles, and much work

CIRCLES: dict[str, Callable[[], bytes]] = {
    "the catalogue": pdfs.to_itself,
    "the size of a page": pdfs.in_a_circle,
    "how a page is turned": lambda: pdfs.in_a_circle(where=b"/Rotate"),
}


@pytest.mark.parametrize("make", CIRCLES.values(), ids=CIRCLES)
def test_references_in_a_circle_are_damage(make: Callable[[], bytes]) -> None:
    with pytest.raises(UnreadableError, match=r"is a damaged PDF \(object \d leads to itself\)"):
        read_pdf(make(), "a.pdf", ReadingLimits())


def test_forms_within_forms_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_bounds, "_MOST_THINGS", 2_000)
    with pytest.raises(LimitError, match="more than 2,000 letters and lines on one page; take out that page"):
        read_pdf(pdfs.laughs(), "a.pdf", ReadingLimits())


def test_forms_that_draw_nothing_are_counted() -> None:
    """Each time that content is drawn it counts, and for a kilobyte at least."""
    empty = pdfs.laughs().replace(b"BT /F1 12 Tf 72 720 Td (one two three) Tj ET", b" " * 44)
    with pytest.raises(LimitError, match="draws more than 256KB of content, some again and again"):
        read_pdf(empty, "a.pdf", SMALL)


def test_a_page_that_is_there_many_times_is_counted() -> None:
    with pytest.raises(LimitError, match="draws more than 256KB of content, some again and again"):
        read_pdf(pdfs.pages(400), "a.pdf", SMALL)
    assert read_pdf(pdfs.pages(20), "a.pdf", SMALL).content.count("one two three") == 20


def test_a_page_ruled_into_many_cells_is_read() -> None:
    text = read_pdf(pdfs.grid(60), "a.pdf", ReadingLimits()).content
    assert text.split() == ["a"] * 60


def test_tables_that_take_too_much_are_read_as_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_tables, "_STEPS", 100)
    assert read_pdf(pdfs.grid(20), "a.pdf", ReadingLimits()).content.count("a") == 20


# ----------------------------------------------------------------------------- tables as ever


def scribble(seed: int) -> bytes:
    """A page with rules and words anywhere, many of them in line with each other."""
    random, file = Random(seed), io.BytesIO()
    canvas = Canvas(file)
    across = [random.randint(40, 550) for _ in range(6)]
    down = [random.randint(40, 800) for _ in range(6)]
    for _ in range(30):
        (left, right), (low, high) = sorted(random.sample(across, 2)), sorted(random.sample(down, 2))
        canvas.line(*random.choice([(left, low, left, high), (left, low, right, low)]))
    for _ in range(40):
        canvas.drawString(random.randint(30, 560), random.randint(30, 810), "word")
    canvas.save()
    return file.getvalue()


@pytest.mark.parametrize("seed", range(8))
def test_cells_and_their_words_are_those_of_pdfplumber(seed: int) -> None:
    with pdfplumber.open(io.BytesIO(scribble(seed))) as pdf:
        page = pdf.pages[0]
        theirs = {frozenset(table.cells) for table in page.find_tables()}
        steps = pdf_tables._Steps()
        ours = {
            frozenset(cells) for cells in pdf_tables._split_into_tables(pdf_tables._find_cells(page, steps))
        }
        assert ours == theirs
        for cells in ours:
            for box, chars in pdf_tables._Table(list(cells), steps)._place_chars(page.chars):
                assert words(pdf_tables._build_lines(chars, box)) == words(
                    page.crop(box, strict=False).extract_text_lines(x_tolerance_ratio=0.5)
                )


def words(lines: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    return [(re.sub(r"\s+", " ", line["text"]), line["x0"]) for line in lines]  # type: ignore[return-value]
