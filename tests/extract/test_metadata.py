"""Title, number, issuer, date and addressees, from every kind of page: the annotated documents and cases."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from places import TESTS

from build_graph.extract.structure.document_number import build_identifier
from build_graph.extract.structure.given_metadata import (
    BadMetadataError,
    build_metadata,
    merge_metadata,
    read_sidecar,
)
from build_graph.extract.structure.metadata import MetadataExtractor
from build_graph.model import Metadata, Source, Text
from build_graph.text.repairs import repair

GOLD = TESTS / "gold"
# What the reader does not find yet; each is seen when it is mended.
UNFOUND = {
    "henan-177": "、 between the addressees of one line parts them",
}


def annotated() -> Iterator[Any]:
    for path in sorted(GOLD.glob("*.json")):
        if path.stem != "guofa-2015-24":  # it holds no title
            reason = UNFOUND.get(path.stem)
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            yield pytest.param(path, id=path.stem, marks=marks)


CASES = tomllib.loads((TESTS / "cases" / "metadata.toml").read_text(encoding="utf-8"))["case"]


def cases() -> Iterator[Any]:
    """Each case, also with each other way to print its date or its number."""
    for case in CASES:
        yield pytest.param(case, id=case["name"])
        for words in case.get("also", []):
            yield pytest.param(
                case | {"text": case["text"].replace("二○一二年三月五日", words)},
                id=f"{case['name']}: {words}",
            )
        for number in case.get("also_numbers", []):
            other = {"text": case["text"].replace(case["number"], number), "number": number}
            yield pytest.param(case | other, id=f"{case['name']}: {number}")


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any]) -> None:
    found = read(case["text"])
    said = {
        "title": found.title,
        "number": found.number,
        "issuers": list(found.issuers) or None,
        "date": found.issued.isoformat() if found.issued else None,
        "addressees": list(found.addressees) or None,
    }
    assert {field: said[field] for field in case["reads"]} == {f: case.get(f) for f in case["reads"]}


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
    assert found.number == gold["number"]
    assert list(found.issuers) == (re.split("[、 ]", gold["issuer"]) if gold["issuer"] else [])
    assert (found.issued.isoformat() if found.issued else None) == gold["date"]
    assert list(found.addressees) == gold["addressees"]


def test_cited_number_is_not_the_documents_own() -> None:
    found = read(
        "某市商务局关于落实工作的通知\n各区商务局：\n根据《意见》（国发〔2015〕24号）精神，通知如下：\n一、任务\n推进。"
    )
    assert (found.number, found.issuers, found.addressees) == (None, ("某市商务局",), ("各区商务局",))


def test_given_goes_first() -> None:
    given = Metadata(title="甲", issued=date(2020, 1, 2))
    found = merge_metadata(given, Metadata(title="乙", number="国发〔2015〕24号"))
    assert found == Metadata("甲", "国发〔2015〕24号", (), date(2020, 1, 2))


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
