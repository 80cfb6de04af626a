"""The Turtle files of the ontology, each parsed once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from build_graph.errors import ObligationError

Statements = dict[NamedNode, list[Triple]]


class OntologyError(ObligationError):
    """A file of the ontology that cannot be read."""


@cache
def load_statements(path: Path) -> Statements:
    """What a file says of each IRI, in its order; read it, do not change it.

    Raises OntologyError where the file is missing or is no Turtle.
    """
    found: Statements = {}
    try:
        for quad in parse(path=path, format=RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode):
                found.setdefault(quad.subject, []).append(quad.triple)
    except (OSError, SyntaxError) as error:
        raise OntologyError(f"{path}: {error}; put the file right, or give another one") from error
    return found
