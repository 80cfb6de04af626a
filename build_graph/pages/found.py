"""What a search finds in the names of things, and what is said where there is no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from build_graph.pages import addresses
from build_graph.pages.page import render_workbench
from build_graph.querying.completion import NamedEntity
from build_graph.querying.headers import ParameterKind

MOST = 30  # things of each kind


def render_search_page(
    words: str, found: Mapping[ParameterKind, Sequence[NamedEntity]], near: Sequence[NamedEntity]
) -> bytes:
    """The things whose names hold the words, by kind; where there is none, those with names like them."""
    return render_workbench(
        "found.html.j2",
        title=words or "obligation-graph",
        here="",
        asked=words,
        found=[(kind.value, things) for kind, things in found.items() if things],
        near=near,
        most=MOST,
        page_of=lambda thing: addresses.entity_url(thing.node.value),
    )


def render_error_page(status: int, message: str, address: str) -> bytes:
    """The page that says why there is no other: what a status means, and the words of whoever refused."""
    return render_workbench(
        "refused.html.j2",
        title=str(status),
        here="",
        status=status,
        message=message,
        address=address,
    )
