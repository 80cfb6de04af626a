"""The one exception tree: every message says where and what to do."""

from __future__ import annotations


class ObligationError(Exception):
    """Something the user can put right; the command line prints it and exits with 1."""
