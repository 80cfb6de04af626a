"""Fixtures that any test may take."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import chromium, open_page, visit
from properties import register_profiles
from served import graph_of_several, open_served, running, several

from build_graph.building import Builder
from build_graph.querying.engines import Engine, open_graph

__all__ = ["chromium", "graph_of_several", "open_page", "open_served", "running", "several", "visit"]

register_profiles()


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of the document that ships with the package; tests read it, and change nothing."""
    return Builder(pages=False).build([], tmp_path_factory.mktemp("seed")).path


@pytest.fixture(scope="session")
def engine(graph: Path) -> Engine:
    """What answers for that graph."""
    return open_graph(str(graph))
