"""What is shown in the place of a network page that cannot be: why, and what to choose instead."""

from __future__ import annotations

from collections.abc import Mapping

from build_graph.pages.page import workbench


def narrowing_page(why: str, given: Mapping[str, str]) -> bytes:
    """The page; `why` is the key of its words, `given` what was chosen, by kind of thing."""
    return workbench(
        "narrowing.html.j2",
        title="obligation-graph",
        here="network_page",
        why=why,
        given=[(str(kind), words) for kind, words in given.items()],
    )
