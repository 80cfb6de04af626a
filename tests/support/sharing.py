"""What processes that test side by side share: who tests what, and folders that are made once.

`make test` runs as many processes as there are processors. A file of tests goes to one of them, so that its
servers, browsers and graphs are made once; what takes longest begins first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

Once = Callable[[str, Callable[[Path], object]], Path]

# Files in the order in which they begin; all others follow.
FIRST = (
    *("test_spark", "test_corpus", "test_export", "test_exchange", "test_serve", "test_serve_workbench"),
    *(
        "test_view",
        "test_tour",
        "test_shown",
        "test_stages",
        "test_store",
        "test_reader",
        "test_hostile",
        "test_ontology_page",
    ),
    *("test_readme", "test_restoring", "test_analysis", "test_queries", "test_terminal", "test_editor"),
)


def is_one_of_several() -> bool:
    """Whether this process tests beside others."""
    return "PYTEST_XDIST_WORKER" in os.environ


def arrange(items: list[pytest.Item]) -> None:
    """Put those tests in front that take long."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """What makes a folder by name, unless another process did; tests read it, and change nothing."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if is_one_of_several() else base) / "shared"
    shared.mkdir(exist_ok=True)

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                folder.mkdir(exist_ok=True)
                fill(folder)
                done.touch()
        return folder

    return make
