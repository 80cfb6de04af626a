"""The folders that tests read from, and an empty graph."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent


def write_empty_graph(folder: Path) -> Path:
    """Write a Turtle file without statements into a folder; return its path."""
    path = folder / "empty.ttl"
    path.write_text("", encoding="utf-8")
    return path
