"""The one exception tree: every message says where and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class ObligationError(Exception):
    """Something the user can put right; the command line prints it and exits with 1."""


class SeveralFaultsError(ObligationError):
    """What is wrong with several inputs, a line each."""

    def __init__(self, errors: Sequence[ObligationError]) -> None:
        """Say of each what is wrong with it."""
        super().__init__("\n".join(map(str, errors)))
