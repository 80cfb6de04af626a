"""The one exception tree: every message says where and what to do; and libraries that may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

EXTRAS = ("html", "docx", "pdf", "analysis", "serve")  # what the extra `all` brings


class ObligationError(Exception):
    """An error that the user can put right; the command line prints it and exits with 1."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the parts of which `pickle` rebuilds the error, whatever arguments its class takes."""
        return _rebuild_error, (type(self), self.args, self.__dict__)


# Errors where a server answers a question of ours with things of other kinds, or without values.
UNEXPECTED = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    SyntaxError,
)


class FaultError(ObligationError):
    """An input at which the program failed in a way that nobody foresaw."""


class NoMemoryError(ObligationError):
    """An input that takes more memory than there is."""

    def __init__(self, name: str) -> None:
        """Describe the fault of the input, with advice."""
        super().__init__(f"{name}: takes more memory than there is; split it, or give the machine more")


class MissingExtraError(ObligationError):
    """A library that the work at hand needs is not installed."""


class SeveralFaultsError(ObligationError):
    """The faults of several inputs, a line each."""

    def __init__(self, errors: Sequence[ObligationError]) -> None:
        """Join the messages of the errors, a line each."""
        super().__init__("\n".join(map(str, errors)))


def _rebuild_error(
    kind: type[ObligationError], args: tuple[Any, ...], state: dict[str, Any]
) -> ObligationError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


_REPORT = "this is a fault of the program, not of the document: please report it with the document"
_BRIEF = 120  # characters of a library's message


def build_fault(name: str, error: Exception) -> ObligationError:
    """Return the error for a document at which the program failed, so that work on the others goes on."""
    if isinstance(error, MemoryError):
        return NoMemoryError(name)
    return FaultError(f"{name}: {type(error).__name__}: {shorten_error(error)}; {_REPORT}")


def shorten_error(error: Exception) -> str:
    """Return the message of an error on one printable line; its class where the message is empty.

    >>> shorten_error(ValueError("negative  seek")), shorten_error(AssertionError())
    ('negative seek', 'AssertionError')
    """
    words = " ".join(str(error).split()) or type(error).__name__
    return "".join(char for char in words if char.isprintable())[:_BRIEF]


def load_extra(module: str, name: str, doing: str) -> ModuleType:
    """Return the module, which the extra `name` installs; raises MissingExtraError where it is missing.

    >>> load_extra("no_such_module", "html", "page.html: reading HTML")
    Traceback (most recent call last):
    build_graph.errors.MissingExtraError: page.html: reading HTML needs an extra; \
run: pip install 'obligation-graph[html]' (or [all])
    """
    try:
        return import_module(module)
    except ImportError as error:
        more = " (or [all])" if name in EXTRAS else ""
        raise MissingExtraError(
            f"{doing} needs an extra; run: pip install 'obligation-graph[{name}]'{more}"
        ) from error


def load_analysis(doing: str) -> None:
    """Import what an analysis needs; raise MissingExtraError if a part of it is not installed."""
    for module in ("scipy", "pandas", "matplotlib"):
        load_extra(module, "analysis", doing)
