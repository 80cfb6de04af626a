"""Where the ontology, the queries and the package's own data lie."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


def find_folder(name: str) -> Path:
    """The folder `name` inside the package if it is there (wheel), else beside it (checkout).

    >>> (find_folder("ontology") / "agencies.ttl").exists()
    True
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def load_word_lists(name: str) -> dict[str, Any]:
    """What `data/NAME.toml` holds, parsed once in a process; read it, do not change it.

    >>> "单位" in load_word_lists("attribution")["label"]["nouns"]
    True
    """
    return tomllib.loads((find_folder("data") / f"{name}.toml").read_text(encoding="utf-8"))
