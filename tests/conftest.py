"""Fixtures that any test may take."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import chromium, open_page, visit
from properties import register_profiles
from served import graph_of_several, open_served, running, several
from sharing import Once, arrange, is_one_of_several, once

from build_graph.corpus.builder import Builder
from build_graph.query.engines import Engine
from build_graph.query.open import open_graph

__all__ = ["chromium", "graph_of_several", "once", "open_page", "open_served", "running", "several", "visit"]

register_profiles()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if is_one_of_several():
        arrange(items)


@pytest.fixture(scope="session")
def graph(once: Once) -> Path:
    """The graph of the document that ships with the package; tests read it, and change nothing."""
    return once("seed", lambda folder: Builder(pages=False).build([], folder)) / "graph.ttl"


@pytest.fixture(scope="session")
def engine(graph: Path) -> Engine:
    """What answers for that graph."""
    return open_graph(str(graph))
