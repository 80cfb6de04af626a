"""What a search finds in the names of things, and what is said where there is no page.

What is shown in the place of a network page that cannot be: why, and what to choose instead.
"""

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
    """Return the things whose names hold the words, by kind; where there is none, those with names like
    them.
    """
    return render_workbench(
        "found.html.j2",
        title=words or "obligation-graph",
        here="",
        asked=words,
        found=[(kind.value, things) for kind, things in found.items() if things],
        near=near,
        most=MOST,
        page_of=lambda thing: urls.entity_url(thing.node.value),
    )


def render_error_page(status: int, message: str, address: str) -> bytes:
    """Return the page that says why there is no other: what a status means, and the words of whoever
    refused.
    """
    return render_workbench(
        "refused.html.j2",
        title=str(status),
        here="",
        status=status,
        message=message,
        address=address,
    )


def render_too_large_page(
    why: str, given: Mapping[str, str], unknown: str = "", instead: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Return the page; `why` is the key of its words, `given` what was chosen, by kind of thing.

    `unknown` is a name that nothing has, `instead` the names that would do with their addresses.
    """
    return render_workbench(
        "narrowing.html.j2",
        title="obligation-graph",
        here="network_page",
        why=why,
        unknown=unknown,
        instead=instead,
        given=[(str(kind), words) for kind, words in given.items()],
    )
