"""Pages of a running server in a browser.

    def test_a_page(open_served: OpenServed) -> None:
        page = open_served("/ontology?lang=zh", width=390, scheme="dark")
        page.assert_clean()

A page may ask the server that it comes from. `running` is that server, over the graph of the first document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Go, Visit
from server import Server, serving

OpenServed = Callable[..., Visit]


@pytest.fixture(scope="session")
def running(graph: Path) -> Iterator[Server]:
    with serving("--graph", graph) as server:
        yield server


@pytest.fixture
def open_served(running: Server, visit: Go) -> OpenServed:
    """What opens a page of the server, in a profile of its own."""
    origin = running.url.removesuffix("/sparql")
    return lambda address, width=1440, scheme="light": visit(f"{origin}{address}", width, 900, scheme)
