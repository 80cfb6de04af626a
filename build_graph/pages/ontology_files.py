"""The files of the ontology as one, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pyoxigraph import BlankNode, Quad, RdfFormat, Triple, parse, serialize

from build_graph.resources import folder
from build_graph.vocabulary import PREFIXES


@cache
def ontology_in(form: RdfFormat) -> bytes:
    """What `ontology/*.ttl` say, in one format, the same bytes each time."""
    return serialize(_triples(), format=form, prefixes=PREFIXES) or b""


def _triples() -> Iterator[Triple]:
    """Each statement once, in the order of the files by name; blank nodes are named by that order."""
    names: dict[BlankNode, BlankNode] = {}
    seen: set[Triple] = set()
    for path in sorted(folder("ontology").glob("*.ttl")):
        for quad in parse(path=path, format=RdfFormat.TURTLE):
            triple = _renamed(quad, names)
            if triple not in seen:
                seen.add(triple)
                yield triple


def _renamed(quad: Quad, names: dict[BlankNode, BlankNode]) -> Triple:
    subject, value = quad.subject, quad.object
    if isinstance(subject, BlankNode):
        subject = names.setdefault(subject, BlankNode(f"b{len(names)}"))
    if isinstance(value, BlankNode):
        value = names.setdefault(value, BlankNode(f"b{len(names)}"))
    return Triple(subject, quad.predicate, value)
