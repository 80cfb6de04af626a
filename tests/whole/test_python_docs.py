"""What docs/python.md and the notebook docs/start.ipynb show is what Python gives."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from typing import Any

import notebook
import pytest
from places import ROOT

START = notebook.read(ROOT / "docs" / "start.ipynb")
CODE = [cell for cell in START["cells"] if cell["cell_type"] == "code"]


def test_the_page_shows_what_python_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its blocks in one namespace, in a folder of their own; a fence ends what is expected."""
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(page, {}, "python.md", "docs/python.md", 0)
    said: list[str] = []
    ran = doctest.DocTestRunner().run(test, out=said.append)
    assert ran.attempted > 20
    assert ran.failed == 0, "".join(said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def ran(folder: Path) -> tuple[dict[str, Any], list[list[notebook.Output]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return notebook.run(START)


def test_the_notebook_leaves_what_it_shows(
    ran: tuple[dict[str, Any], list[list[notebook.Output]]], folder: Path
) -> None:
    names, _ = ran
    assert len(names["measures"]) == 75
    assert len(names["bearers"]) == 200
    assert names["network"].number_of_edges() == 133
    assert names["chart"]._repr_svg_()
    written = ["network.html", "tables/datapackage.json", "analysis/analysis.md"]
    assert all((folder / "output" / name).is_file() for name in written)


def test_the_notebook_keeps_what_it_gives(ran: tuple[dict[str, Any], list[list[notebook.Output]]]) -> None:
    """As text; python tests/support/notebook.py docs/start.ipynb writes it anew."""
    _, outputs = ran
    assert list(map(as_text, outputs)) == [as_text(cell["outputs"]) for cell in CODE]
    assert len(json.dumps(START)) < 100_000


def as_text(outputs: list[notebook.Output]) -> list[str]:
    return ["".join(shown.get("text") or shown["data"]["text/plain"]) for shown in outputs]
