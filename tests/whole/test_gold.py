"""The annotated documents: no figure may fall below what `gold/bars.toml` holds."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
import score
from places import TESTS
from understanding import pipeline

from build_graph.extract.gold_format import convert_to_gold
from build_graph.model import Metadata

GOLD = TESTS / "gold"
BARS = tomllib.loads((GOLD / "bars.toml").read_text(encoding="utf-8"))
FIGURES = [(name, figure, bar) for name, bars in BARS.items() for figure, bar in bars.items()]


@cache
def figures(name: str, folder: Path) -> dict[str, float]:
    """F1 or accuracy by the scorer's names, for one annotated document."""
    path = GOLD / "documents" / f"{name}.txt"
    document = pipeline().understand_file(path, encoding=None, options=Metadata())
    system = folder / f"{name}.json"
    system.write_text(json.dumps(convert_to_gold(document), ensure_ascii=False), encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        score.main([str(GOLD / f"{name}.json"), str(system)])
    rows = re.finditer(r"(?m)^(.+?)\s{2,}(?:P .*F1\s+([\d.]+)|\d+/\d+ = ([\d.]+))", printed.getvalue())
    return {row[1].strip(): float(row[2] or row[3]) for row in rows}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("system")


@pytest.mark.parametrize(("name", "figure", "bar"), FIGURES, ids=str)
def test_figure_holds(name: str, figure: str, bar: float, folder: Path) -> None:
    assert figures(name, folder)[figure] >= bar


def test_every_document_has_bars() -> None:
    assert sorted(BARS) == sorted(path.stem for path in GOLD.glob("*.json"))
