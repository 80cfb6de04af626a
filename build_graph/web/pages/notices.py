"""Small pages: the results of a search, an error, a network that is too large or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from build_graph.query.catalogue import ParameterKind
from build_graph.query.names import NamedEntity
from build_graph.web import urls
from build_graph.web.render import render_workbench

MOST = 30  # things of each kind


def render_search_page(
    words: str, found: Mapping[ParameterKind, Sequence[NamedEntity]], near: Sequence[NamedEntity]
) -> bytes:
    """Return the page of the entities found, by kind; if there is none, of those with similar names."""
    return render_workbench(
        "search.html.j2",
        title=words or "obligation-graph",
        here="",
        asked=words,
        found=[(kind.value, things) for kind, things in found.items() if things],
        near=near,
        most=MOST,
        page_of=lambda thing: urls.entity_url(thing.node.value),
    )


def render_error_page(status: int, message: str, address: str) -> bytes:
    """Return the page of an error: its status, the message, and an address to try again, or ""."""
    return render_workbench(
        "error.html.j2",
        title=str(status),
        here="",
        status=status,
        message=message,
        address=address,
    )


def render_too_large_page(
    why: str, given: Mapping[str, str], unknown: str = "", instead: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Return the page in place of a network that is too large, empty or unknown.

    `why` is the key of its words, `given` the selection by kind of entity; `unknown` is a name that no entity
    has, `instead` are similar names with their addresses.
    """
    return render_workbench(
        "too_large.html.j2",
        title="obligation-graph",
        here="network_page",
        why=why,
        unknown=unknown,
        instead=instead,
        given=[(str(kind), words) for kind, words in given.items()],
    )
