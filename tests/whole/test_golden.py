"""Whole documents: what is extracted is, to the letter, what was read and found good.

A change that is wanted is read in the diff after

    obligations extract tests/gold/documents/NAME.txt --format json > tests/golden/NAME.json
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from places import TESTS
from understanding import pipeline

from build_graph.extract.gold_format import convert_to_gold
from build_graph.model import Metadata

HERE = TESTS
GOLDEN = sorted((HERE / "golden").glob("*.json"))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_extract_is_as_it_was_read(golden: Path) -> None:
    path = HERE / "gold" / "documents" / f"{golden.stem}.txt"
    document = pipeline().understand_file(path, encoding=None, options=Metadata())
    assert convert_to_gold(document) == json.loads(golden.read_text(encoding="utf-8"))


def test_there_are_golden_documents() -> None:
    assert len(GOLDEN) >= 3
