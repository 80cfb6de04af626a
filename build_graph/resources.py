"""The package's own files: ontology, queries and word lists.

Each file is parsed once in a process.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from build_graph.errors import ObligationError

_PACKAGE = Path(__file__).resolve().parent


def find_folder(name: str) -> Path:
    """Return the folder `name` inside the package if it is there (wheel), else beside it (checkout).

    >>> (find_folder("ontology") / "agencies.ttl").exists()
    True
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def load_word_lists(name: str) -> dict[str, Any]:
    """Return the content of `data/NAME.toml`, parsed once in a process: callers must not change it.

    >>> "单位" in load_word_lists("attribution")["label"]["nouns"]
    True
    """
    return tomllib.loads((find_folder("data") / f"{name}.toml").read_text(encoding="utf-8"))


Statements = dict[NamedNode, list[Triple]]


class OntologyError(ObligationError):
    """A file of the ontology that cannot be read."""


@cache
def load_statements(path: Path) -> Statements:
    """Return the statements of a Turtle file by subject, in its order: callers must not change them.

    Raises OntologyError where the file is missing or is no Turtle.
    """
    try:
        return parse_statements(path.read_bytes(), str(path))
    except OSError as error:
        raise OntologyError(f"{path}: {error}; put the file right, or give another one") from error


def parse_statements(content: bytes, name: str) -> Statements:
    """Return the statements of Turtle by subject, in its order; `name` is its file's, for messages.

    Raises OntologyError where the content is no Turtle.
    """
    found: Statements = {}
    try:
        for quad in parse(content, format=RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode):
                found.setdefault(quad.subject, []).append(quad.triple)
    except (ValueError, SyntaxError) as error:
        reason = " ".join(str(error).split())
        raise OntologyError(f"{name}: {reason}; put the file right, or give another one") from error
    return found
