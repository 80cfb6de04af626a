"""Pages of a running server in a browser.

    def test_a_page(open_served: OpenServed) -> None:
        page = open_served("/ontology?lang=zh", width=390, scheme="dark")
        page.assert_clean()

A page may ask the server that it comes from. `running` is that server, over the graph of the first document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import Chromium, Page
from server import Server, serving


@dataclass  # as its base
class Served(Page):
    """A page that may ask the server it comes from, and nobody else."""

    origin: str = ""

    def requested(self, url: str) -> None:
        """Notes a request for another host."""
        if not url.startswith((f"{self.origin}/", "blob:")):
            self.faults.append(f"request: {url}")

    def visit(self, address: str) -> Served:
        """The page at another address of the server."""
        self.tab.goto(self.origin + address)
        self.settle()
        return self


OpenServed = Callable[..., Served]


@pytest.fixture(scope="session")
def running(graph: Path) -> Iterator[Server]:
    with serving("--graph", graph) as server:
        yield server


@pytest.fixture
def open_served(running: Server, chromium: Chromium) -> Iterator[OpenServed]:
    """What opens a page of the server, in a profile of its own."""
    origin = running.url.removesuffix("/sparql")
    with chromium.in_use(), ExitStack() as stack:

        def open_one(address: str, width: int = 1440, scheme: str = "light") -> Served:
            size = {"width": width, "height": 900}
            context = stack.enter_context(
                chromium.browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
            )
            context.set_default_timeout(10_000)
            page = Served(context.new_page(), Path(urlsplit(address).path), origin=origin)
            page.watch()
            return page.visit(address)

        yield open_one
