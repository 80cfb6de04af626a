"""What a search finds in the names of things, and what is said where there is no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from build_graph.pages import addresses
from build_graph.pages.page import workbench
from build_graph.querying.completion import Thing
from build_graph.querying.headers import Kind

MOST = 30  # things of each kind


def found_page(words: str, found: Mapping[Kind, Sequence[Thing]], near: Sequence[Thing]) -> bytes:
    """The things whose names hold the words, by kind; where there is none, those with names like them."""
    return workbench(
        "found.html.j2",
        title=words or "obligation-graph",
        here="",
        asked=words,
        found=[(kind.value, things) for kind, things in found.items() if things],
        near=near,
        most=MOST,
        page_of=lambda thing: addresses.page_of(thing.node.value),
    )


def refused_page(status: int, message: str, address: str) -> bytes:
    """The page that says why there is no other: what a status means, and the words of whoever refused."""
    return workbench(
        "refused.html.j2",
        title=str(status),
        here="",
        status=status,
        message=message,
        address=address,
    )
