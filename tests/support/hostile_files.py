"""Files made to be hard to read: damaged, empty where something must stand, named in no known encoding."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import writers

CLAUSE = "一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部按职责分工负责）\n"
CHINESE_WINDOWS = b"\xd6\xd0.txt"  # how it writes 中.txt: no UTF-8


def wrong_directory(data: bytes) -> bytes:
    """A ZIP that says of its directory that it stands 1,000 bytes further on than it does."""
    at = data.rindex(b"PK\x05\x06") + 16
    (offset,) = struct.unpack_from("<L", data, at)
    return data[:at] + struct.pack("<L", offset + 1_000) + data[at + 4 :]


@cache
def word() -> bytes:
    return writers.word(lambda document: document.add_paragraph(CLAUSE))


def nameless() -> bytes:
    """A ZIP with a document and a member whose name is empty."""
    file, unnamed = io.BytesIO(), zipfile.ZipInfo("x")
    unnamed.filename = ""
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", CLAUSE.replace("管理", "服务"))
        packed.writestr(unnamed, b"nothing")
    return file.getvalue()


def parquet(**columns: list[bytes]) -> bytes:
    """A Parquet file whose columns say that they hold UTF-8, whatever is in them."""
    file = io.BytesIO()
    strings = {name: _as_strings(values) for name, values in columns.items()}
    pq.write_table(pa.table(strings), file)
    return file.getvalue()


def repeated_parquet(size: int, rows: int) -> bytes:
    """A Parquet file in which one text of so many bytes stands in so many rows: it is written once."""
    file, text = io.BytesIO(), "一、任务" + "a" * size
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
    pq.write_table(pa.table({"text": column}), file, compression="zstd", store_schema=False)
    return file.getvalue()


def _as_strings(values: list[bytes]) -> pa.Array:
    held = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(held), held.buffers()[1], held.buffers()[2])


def gb_parquet() -> bytes:
    """A Parquet file in GB18030, and a row of it in no encoding at all."""
    text = CLAUSE.replace("管理", "监管")
    return parquet(
        number=["商发〔2020〕2号".encode("gb18030"), b"1"], text=[text.encode("gb18030"), b"\xff\xff\x00"]
    )


# By the name of a file: what it holds, and what is said of it.
BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "directory.docx": (
        lambda: wrong_directory(word()),
        "directory.docx (_rels/.rels): is damaged (negative seek value -",
    ),
    "nested.zip": (
        lambda: writers.archive({"in.zip": wrong_directory(writers.archive({"a.txt": CLAUSE.encode()}))}),
        "nested.zip/in.zip/a.txt: is damaged (negative seek value -1000); fetch it again",
    ),
}
READ: dict[str, Callable[[], bytes]] = {"nameless.zip": nameless, "gb.parquet": gb_parquet}


def folder(place: Path) -> Path:
    """A folder with all of these files, and one good document beside them."""
    place.mkdir()
    for name, make in {**{name: make for name, (make, _) in BROKEN.items()}, **READ}.items():
        (place / name).write_bytes(make())
    (place / "good.txt").write_text(CLAUSE.replace("管理", "合作"), encoding="utf-8")
    named(place, CHINESE_WINDOWS).write_text(CLAUSE.replace("管理", "培训"), encoding="utf-8")
    return place


def named(folder: Path, name: bytes) -> Path:
    """The path of a file with a name of any bytes."""
    return folder / os.fsdecode(name)
