"""Where the ontology, the queries and the package's own data lie."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `name` inside the package if it is there (wheel), else beside it (checkout).

    >>> (folder("ontology") / "agencies.ttl").exists()
    True
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
