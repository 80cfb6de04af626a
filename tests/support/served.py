"""Pages of a running server in a browser.

    def test_a_page(open_served: OpenServed) -> None:
        page = open_served("/ontology?lang=zh", width=390, scheme="dark")
        page.assert_clean()

A page may ask the server that it comes from. `running` is that server, over the graph of the first document;
`several` is one over five documents, of which two have neither a number nor a title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Go, Visit
from places import TESTS
from server import Server, serving
from sharing import Once

from build_graph.corpus.builder import Builder

GOLD = TESTS / "gold" / "documents"
SEVERAL = ("fengong-009", "guangxi-024", "guofa-2015-24", "jiujiang-062", "nantong-trade")

OpenServed = Callable[..., Visit]


@pytest.fixture(scope="session")
def running(graph: Path) -> Iterator[Server]:
    with serving("--graph", graph) as server:
        yield server


@pytest.fixture(scope="session")
def graph_of_several(once: Once) -> Path:
    """The graph of five annotated documents, in which every question of the catalogue but one has rows."""
    paths = [GOLD / f"{name}.txt" for name in SEVERAL]
    return once("several", lambda folder: Builder(pages=False).build(paths, folder)) / "graph.ttl"


@pytest.fixture(scope="session")
def several(graph_of_several: Path) -> Iterator[Server]:
    with serving("--graph", graph_of_several) as server:
        yield server


@pytest.fixture
def open_served(running: Server, visit: Go) -> OpenServed:
    """What opens a page of the server, in a profile of its own."""
    origin = running.url.removesuffix("/sparql")
    return lambda address, width=1440, scheme="light": visit(f"{origin}{address}", width, 900, scheme)
