"""What is shown in the place of a network page that cannot be: why, and what to choose instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from build_graph.pages.page import render_workbench


def render_too_large_page(
    why: str, given: Mapping[str, str], unknown: str = "", instead: Sequence[tuple[str, str]] = ()
) -> bytes:
    """The page; `why` is the key of its words, `given` what was chosen, by kind of thing.

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
