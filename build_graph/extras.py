"""Libraries that only some work needs: installed as extras, loaded when that work comes."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from build_graph.errors import ObligationError

ALL = ("html", "docx", "pdf", "analysis", "serve", "remote")  # what the extra `all` brings


class MissingExtraError(ObligationError):
    """A library that the work at hand needs is not installed."""


def load_extra(module: str, name: str, doing: str) -> ModuleType:
    """Return the module, which the extra `name` installs; raises MissingExtraError where it is missing.

    >>> load_extra("no_such_module", "html", "page.html: reading HTML")
    Traceback (most recent call last):
    build_graph.extras.MissingExtraError: page.html: reading HTML needs an extra; \
run: pip install 'obligation-graph[html]' (or [all])
    """
    try:
        return import_module(module)
    except ImportError as error:
        more = " (or [all])" if name in ALL else ""
        raise MissingExtraError(
            f"{doing} needs an extra; run: pip install 'obligation-graph[{name}]'{more}"
        ) from error
