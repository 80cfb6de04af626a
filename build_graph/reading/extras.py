"""Libraries that read one kind of file each: installed as extras, loaded when such a file comes."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from build_graph.errors import ObligationError


class MissingExtraError(ObligationError):
    """A library that a kind of file needs is not installed."""


def extra(module: str, name: str, doing: str) -> ModuleType:
    """The module, which the extra `name` brings; raises MissingExtraError where it is not installed.

    >>> extra("no_such_module", "html", "page.html: reading HTML")
    Traceback (most recent call last):
    build_graph.reading.extras.MissingExtraError: page.html: reading HTML needs an extra; \
run: pip install 'obligation-graph[html]'
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{doing} needs an extra; run: pip install 'obligation-graph[{name}]'"
        ) from error
