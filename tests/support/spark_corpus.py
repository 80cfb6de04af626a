"""A small corpus with one of each thing that a cluster could get wrong."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

_BODIES = ("商务部", "财政部", "公安部", "交通运输部", "教育部", "农业农村部")


def text(number: int) -> str:
    """A document with some measures, unlike those of other numbers."""
    lines = [
        f"国务院关于发展第{number}项事业的意见",
        f"国发〔2016〕{number}号",
        "各省人民政府：",
        "一、主要任务",
    ]
    for clause in range(6):
        first, second, third = (_BODIES[(number + clause * step) % 6] for step in (1, 2, 3))
        lines.append(
            f"（{'一二三四五六'[clause]}）推进第{number}项。鼓励企业发展，2020年底前建成{clause + 1}个平台。"
            f"（{first}牵头，{second}、{third}配合）"
        )
    return "\n".join(lines)


def record(serial: int, **values: object) -> bytes:
    """A line of JSON Lines."""
    return json.dumps({"text": text(serial)} | values, ensure_ascii=False).encode() + b"\n"


def write(folder: Path) -> None:
    """The corpus; its documents have the numbers up to 60, and some none."""
    folder.mkdir()
    plain = [record(number, id=f"d{number}") for number in range(1, 31)]
    faults = [
        b"\n",
        b"{\n",
        record(31, id="d1"),
        b'{"text": "\xff"}\n',
        record(32, title=7, id="t"),
        record(33, id="t"),
    ]
    (folder / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"".join([*plain[:15], *faults, *plain[15:]]))
    packed = [*(record(number) for number in range(34, 45)), record(3), record(50, number="国发〔2016〕4号")]
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"".join(packed)))
    rows = [{"id": number, "text": text(number), "title": None} for number in (45, 46, 45)]
    parquet.write_table(
        pa.Table.from_pylist([*rows, {"id": 9, "text": None, "title": "无"}]), folder / "c.parquet"
    )
    texts = folder / "国发[2015] 100%"
    texts.mkdir()
    for number in range(51, 61):
        (texts / f"{number}[1].txt").write_text(text(number), encoding="utf-8")
    (texts / "51[1].toml").write_text('number = "国发〔2016〕951号"', encoding="utf-8")
    (texts / "52[1].toml").write_text("nothing", encoding="utf-8")
    (texts / "empty.txt").write_text("")
    (texts / "picture.png").write_text("")
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        for number in (47, 48):
            archive.writestr(f"{number}.txt", text(number))
        archive.writestr("notes.doc.bak", "")
