"""The one exception tree: every message says where and what to do."""

from __future__ import annotations

from collections.abc import Sequence

NO_MEMORY = "takes more memory than there is; split it, or give the machine more"


class ObligationError(Exception):
    """Something the user can put right; the command line prints it and exits with 1."""


class FaultError(ObligationError):
    """An input at which the program failed in a way that nobody foresaw."""


class SeveralFaultsError(ObligationError):
    """What is wrong with several inputs, a line each."""

    def __init__(self, errors: Sequence[ObligationError]) -> None:
        """Say of each what is wrong with it."""
        super().__init__("\n".join(map(str, errors)))


_REPORT = "this is a fault of the program, not of the document: please report it with the document"
_BRIEF = 120  # characters of what a library says


def fault_of(name: str, error: Exception) -> FaultError:
    """What to say of a document at which the program failed; it must not end the work on a million."""
    if isinstance(error, MemoryError):
        return FaultError(f"{name}: {NO_MEMORY}")
    return FaultError(f"{name}: {type(error).__name__}: {brief(error)}; {_REPORT}")


def brief(error: Exception) -> str:
    """What an error says, on one line that can be printed; its kind where it says nothing.

    >>> brief(ValueError("negative  seek")), brief(AssertionError())
    ('negative seek', 'AssertionError')
    """
    words = " ".join(str(error).split()) or type(error).__name__
    return "".join(char for char in words if char.isprintable())[:_BRIEF]
