"""Pages of a running server in a browser.

    def test_a_page(open_served: OpenServed) -> None:
        page = open_served("/ontology?lang=zh", width=390, scheme="dark")
        page.assert_clean()

A page may ask the server that it comes from. `running` is that server, over the graph of the first document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browser import Chromium, Visit
from server import Server, serving

OpenServed = Callable[..., Visit]


@pytest.fixture(scope="session")
def running(graph: Path) -> Iterator[Server]:
    with serving("--graph", graph) as server:
        yield server


@pytest.fixture
def open_served(running: Server, chromium: Chromium) -> Iterator[OpenServed]:
    """What opens a page of the server, in a profile of its own."""
    origin = running.url.removesuffix("/sparql")
    with chromium.in_use(), ExitStack() as stack:

        def open_one(address: str, width: int = 1440, scheme: str = "light") -> Visit:
            size = {"width": width, "height": 900}
            context = stack.enter_context(
                chromium.browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
            )
            context.set_default_timeout(10_000)
            page = Visit(context.new_page(), origin=origin)
            page.watch()
            page.go(address)
            return page

        yield open_one
