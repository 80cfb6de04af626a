"""Documents of every format, damaged at random: the same for the same seed."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from random import Random

import hostile_files
import hostile_pdfs
import pyarrow as pa
import pyarrow.parquet as pq
import writers
from places import TESTS
from reportlab import rl_config

HERE = TESTS
_LONGEST = 700  # characters of a document
_NUMBERS = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\0",
    b"\0" * 8,
)


@cache
def texts() -> tuple[str, ...]:
    """Pieces of real documents."""
    whole = [path.read_text("utf-8") for path in sorted((HERE / "gold" / "documents").glob("*.txt"))]
    return tuple(f"一、{text[start : start + _LONGEST]}\n" for text in whole for start in (0, len(text) // 2))


def _txt(text: str) -> list[bytes]:
    return [text.encode(encoding, "replace") for encoding in ("utf-8", "gb18030", "gb18030", "utf-16")]


def _html(text: str) -> list[bytes]:
    lines = "".join(
        f"<p style='text-indent:2em'><b>{line[:9]}</b>{line[9:]}</p>" for line in text.split("\n")
    )
    skeletons = sorted((HERE / "pages").glob("*.html"))
    page = skeletons[len(text) % len(skeletons)].read_text("utf-8")
    rows = [["序号", "重点任务", "牵头单位"], ["1", text[:30], "商务部"]]
    whole = page.replace("{{content}}", lines + writers.html_table(rows))
    return [whole.encode(), whole.replace("charset=utf-8", "charset=gbk").encode("gb18030")]


def _docx(text: str) -> list[bytes]:
    def write(document: writers.Document) -> None:
        numbers = writers.add_list(document)
        for line in text.split("\n"):
            writers.add_numbered(document, line, numbers, len(line) % 3)
        writers.add_table(document, [["序号", "任务"], ["1", text[:30]]])

    return [writers.word(write)]


def _jsonl(text: str) -> list[bytes]:
    lines = writers.json_lines(
        {"id": "甲", "title": text[:20], "number": "国发〔2015〕24号", "text": text}, {"text": text[::-1]}
    )
    return [lines, gzip.compress(lines)]


def _zip(text: str) -> list[bytes]:
    inner = writers.archive({"b.txt": text.encode(), "c.jsonl": _jsonl(text)[0]})
    return [
        writers.archive({"政策/a.txt": text.encode("gb18030"), "in.zip": inner, "d.html": _html(text)[0]})
    ]


def _pdf(text: str) -> list[bytes]:
    lines = [line for line in text.split("\n") if line.strip()]
    number = len(text) % 40
    whole = writers.pdf(lines[:12], [["序号", "任务"], ["1", lines[0][:30]]])
    rl_config.pageCompression, before = 0, rl_config.pageCompression
    plain = writers.pdf(lines[:12], [["序号", "任务"], ["1", lines[0][:30]]])
    rl_config.pageCompression = before
    return [
        *(whole, plain, plain, plain),
        hostile_pdfs.words(number + 5),
        hostile_pdfs.grid(number % 6 + 2),
        hostile_pdfs.objects(100, [b"ASCII85Decode", b"FlateDecode"]),
        hostile_pdfs.cross_reference(100),
        hostile_pdfs.laughs(2, 3),
        hostile_pdfs.filtered(99, [b"LZWDecode"]),
    ]


def _parquet(text: str) -> list[bytes]:
    file = io.BytesIO()
    columns = {"id": ["a", "b"], "title": [text[:9], None], "number": ["1", "2"], "text": [text, text[::-1]]}
    pq.write_table(pa.table(columns), file, compression=None, row_group_size=1)
    return [file.getvalue(), hostile_files.parquet(number=[b"1"], text=[text.encode("gb18030", "replace")])]


FORMATS: dict[str, Callable[[str], list[bytes]]] = {
    "txt": _txt,
    "html": _html,
    "docx": _docx,
    "jsonl": _jsonl,
    "zip": _zip,
    "pdf": _pdf,
    "parquet": _parquet,
}


@cache
def _whole(form: str, text: str) -> tuple[bytes, ...]:
    return tuple(FORMATS[form](text))


def mutants(form: str, seed: int, number: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged documents of a format, each with a name for its file."""
    random = Random(f"{form} {seed}")
    for at in range(number):
        data = random.choice(_whole(form, random.choice(texts()[:12])))
        packed = form in ("docx", "zip") and random.random() < 0.5
        yield f"{at:05}.{form}", _within(data, random) if packed else mutated(data, random)


def _within(data: bytes, random: Random) -> bytes:
    """A ZIP with one member damaged, and packed again so that it unpacks."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = random.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, mutated(old.read(name), random) if name == chosen else old.read(name))
    return file.getvalue()


def mutated(data: bytes, random: Random) -> bytes:
    """Some bytes after a few changes: cut, doubled, moved, turned, or numbers put over them."""
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 4, 20, 300)))
        cut, rest = data[at:end], data[:at] + data[end:]
        change = random.randrange(7)
        if change == 0:
            data = rest
        elif change == 1:
            data = data[:end] + cut * random.choice((1, 2, 50)) + data[end:]
        elif change == 2:
            place = random.randrange(len(rest) + 1)
            data = rest[:place] + cut + rest[place:]
        elif change == 3:
            data = data[:at] + bytes(byte ^ 1 << random.randrange(8) for byte in cut) + data[end:]
        elif change == 4:
            number = random.choice(_NUMBERS)
            data = data[:at] + number + data[at + len(number) :]
        elif change == 5:
            data = data[:at] + random.randbytes(end - at) + data[end:]
        elif random.random() < 0.3:
            data = data[:at]
    return data
