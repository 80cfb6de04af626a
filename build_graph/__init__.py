"""Reads government policy documents into a knowledge graph of obligations.

    import build_graph as og

    graph = og.build("policies/")
    graph.measures

`read`, `build` and `open` are in `build_graph.api`, which is imported when one of them is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would take longer than all of this
if TYPE_CHECKING:
    from build_graph.api import Graph, build, open, read

__version__ = "0.2.0"
__all__ = ["Graph", "__version__", "build", "open", "read"]


def __getattr__(name: str) -> object:
    """Return a part of the API."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from build_graph import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """Return the names that the package offers, and those that it has already."""
    return sorted({*globals(), *__all__})
