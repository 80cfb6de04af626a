"""Title, number, issuer, date and addressees, from every kind of page: the annotated documents and cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from places import TESTS

from build_graph.extract.structure.metadata import (
    BadMetadataError,
    MetadataExtractor,
    build_identifier,
    build_metadata,
    merge_metadata,
    read_sidecar,
)
from build_graph.model import Metadata, Source, Text
from build_graph.text.repairs import repair

GOLD = TESTS / "gold"
# What the reader does not find yet; each is seen when it is mended.
UNFOUND = {
    "guangdong-medics": "a number in the middle of a document on one line",
    "henan-177": "、 between the addressees of one line parts them",
    "huaihua-vegetables": "addressees behind a number on the same line",
    "mohrss-cdpf": "two bodies that sign together",
    "nantong-trade": "a title that goes on behind its 的",
}


def annotated() -> Iterator[Any]:
    for path in sorted(GOLD.glob("*.json")):
        if path.stem != "guofa-2015-24":  # it holds no title
            reason = UNFOUND.get(path.stem)
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            yield pytest.param(path, id=path.stem, marks=marks)


def read(content: str) -> Metadata:
    return MetadataExtractor.load().read(Text(content, Source("case", content, "utf-8")))


@pytest.mark.parametrize("path", list(annotated()))
def test_annotated(path: Path) -> None:
    """What the annotators read off the page is found: table, title, number line, signature, addressees."""
    gold = json.loads(path.read_text(encoding="utf-8"))
    content = (GOLD / "documents" / f"{path.stem}.txt").read_text(encoding="utf-8")
    found = MetadataExtractor.load().read(repair(Source(path.name, content, "utf-8")))
    narrow = str.maketrans("（）—", "()-")
    assert (found.title or "").translate(narrow) == (gold["title"] or "").translate(narrow)
    assert (found.number, found.issuer) == (gold["number"], gold["issuer"])
    assert (found.issued.isoformat() if found.issued else None) == gold["date"]
    assert list(found.addressees) == gold["addressees"]


def test_cited_number_is_not_the_documents_own() -> None:
    found = read(
        "某市商务局关于落实工作的通知\n各区商务局：\n根据《意见》（国发〔2015〕24号）精神，通知如下：\n一、任务\n推进。"
    )
    assert (found.number, found.issuer, found.addressees) == (None, "某市商务局", ("各区商务局",))


def test_given_goes_first() -> None:
    given = Metadata(title="甲", issued=date(2020, 1, 2))
    found = merge_metadata(given, Metadata(title="乙", number="国发〔2015〕24号"))
    assert found == Metadata("甲", "国发〔2015〕24号", None, date(2020, 1, 2))


def test_chinese_date() -> None:
    assert read("关于加强工作的通知\n一、任务\n推进工作。\n国务院\n二〇一五年五月四日").issued == date(
        2015, 5, 4
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"titel": "x"}, "'titel' is not known; use addressees, date, issuer, number, title"),
        ({"date": "May"}, "date 'May' is no date; write it as 2015-05-04"),
        ({"addressees": "各省"}, "addressees a list of texts"),
        ({"number": 24}, "title, number and issuer are texts"),
    ],
)
def test_bad_values(values: dict[str, object], message: str) -> None:
    with pytest.raises(BadMetadataError, match=message):
        build_metadata(values, "options")


def test_bad_sidecar(tmp_path: Path) -> None:
    sidecar = tmp_path / "x.toml"
    sidecar.write_text("title = ", encoding="utf-8")
    with pytest.raises(BadMetadataError, match=r"x\.toml: "):
        read_sidecar(sidecar)


@pytest.mark.parametrize(
    "number", ["国发〔2015〕24号", "国发[2015]24号", "国发（2015）第024号", "国发〔2015〕 24 号"]
)
def test_identifier_does_not_depend_on_brackets(number: str) -> None:
    assert build_identifier(number) == "国发-2015-24"
