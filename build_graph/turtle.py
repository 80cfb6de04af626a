"""Turtle that is the same from run to run and from machine to machine, and good to read.

pyoxigraph writes the statements, in the order that is given here (5 ms for the first document; rdflib
takes 1 s, and as long again to be imported). Subjects stand in natural order (m2 before m10) with `a`
first, one predicate a line; IRIs of the data are written relative to their base.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from operator import itemgetter

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from build_graph.vocabulary import BASE, PREFIXES, RDF

_NUMBER = re.compile("[0-9]+")
_TYPE = f"{RDF}type"


def turtle(quads: Iterable[Quad], base: str = BASE) -> bytes:
    """The statements of all graphs as one Turtle file in UTF-8; the same set gives the same bytes.

    >>> from build_graph.vocabulary import term
    >>> node = term("ob:Lead")
    >>> print(turtle([Quad(node, term("rdf:type"), term("ob:Role"))]).decode(), end="")
    @base <https://w3id.org/obligation-graph/id/> .
    @prefix ob: <https://w3id.org/obligation-graph/ontology#> .
    <BLANKLINE>
    ob:Lead a ob:Role .
    """
    written = serialize(_sorted(quads), format=RdfFormat.TURTLE, prefixes=PREFIXES, base_iri=base)
    assert written is not None  # it is only where an output file is given
    *_, body = written.split(b"\n", len(PREFIXES) + 1)  # their header comes in the order of a hash table
    # A line ends in " ." only where a statement does: line breaks in literals are written \n.
    return "".join(_header(body, base)).encode() + body.replace(b" .\n", b" .\n\n").rstrip() + b"\n"


def _header(body: bytes, base: str) -> Iterator[str]:
    """The base, and those of the prefixes that the body uses."""
    yield f"@base <{base}> .\n"
    for prefix, namespace in sorted(PREFIXES.items()):
        if f"{prefix}:".encode() in body:
            yield f"@prefix {prefix}: <{namespace}> .\n"
    yield "\n"


def _sorted(quads: Iterable[Quad]) -> Iterator[Triple]:
    """Each statement once: by subject, then predicate, then object."""
    subjects: dict[str, list[tuple[str, Quad]]] = {}
    for quad in quads:
        predicate = quad.predicate.value
        entry = ("" if predicate == _TYPE else predicate, quad)
        subjects.setdefault(str(quad.subject), []).append(entry)
    for name in sorted(subjects, key=_place):
        said = subjects[name]
        for quad in _repeated(said) if len(dict(said)) < len(said) else _single(said):
            yield quad.triple


def _single(said: list[tuple[str, Quad]]) -> list[Quad]:
    """The statements of one subject by predicate, where no predicate comes twice."""
    return [quad for _, quad in sorted(said, key=itemgetter(0))]


def _repeated(said: list[tuple[str, Quad]]) -> list[Quad]:
    """The statements of one subject, each once, by predicate and object."""
    once = {_full(*entry): entry[1] for entry in said}
    return [once[key] for key in sorted(once)]


def _full(predicate: str, quad: Quad) -> tuple[str, int, str]:
    """A key for statements of one subject; shorter objects first, so that n2 stands before n10."""
    words = str(quad.object)
    return predicate, len(words), words


def _place(subject: str) -> str:
    """A key that puts what lies below an IRI behind it: without the closing mark."""
    return _natural(subject.rstrip(">"))


def _natural(words: str) -> str:
    """A key that puts m2 before m10.

    >>> sorted(["m10", "m2", "m1"], key=_natural)
    ['m1', 'm2', 'm10']
    """
    return _NUMBER.sub(_padded, words)


def _padded(match: re.Match[str]) -> str:
    return match[0].zfill(12)
