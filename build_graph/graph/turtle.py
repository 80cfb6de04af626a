"""Turtle that is the same from run to run and from machine to machine, and good to read.

pyoxigraph writes the statements, in the order that is given here (5 ms for the first document; rdflib
takes 1 s, and as long again to be imported). Subjects stand in natural order (m2 before m10) with `a`
first, one predicate a line; IRIs of the data are written relative to their base.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
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
    subjects = _by_subject(quads)
    for name in sorted(subjects, key=_places(subjects).__getitem__):
        said = subjects[name]
        for quad in _repeated(said) if len(dict(said)) < len(said) else _single(said):
            yield quad.triple


def _by_subject(quads: Iterable[Quad]) -> dict[str, list[tuple[str, Quad]]]:
    """The statements of each subject, with their predicates; rdf:type, as "", goes first."""
    subjects: dict[str, list[tuple[str, Quad]]] = {}
    last, said = None, []
    for quad in quads:
        subject, predicate = quad.subject, quad.predicate.value
        if subject != last:  # statements come in runs
            last, said = subject, subjects.setdefault(str(subject), [])
        said.append(("" if predicate == _TYPE else predicate, quad))
    return subjects


def _single(said: list[tuple[str, Quad]]) -> list[Quad]:
    """The statements of one subject by predicate, where no predicate comes twice."""
    return [quad for _, quad in sorted(said, key=itemgetter(0))]


def _repeated(said: list[tuple[str, Quad]]) -> list[Quad]:
    """The statements of one subject, each once, by predicate; those with the same one by object."""
    twice = {first for first, second in pairwise(sorted(map(itemgetter(0), said))) if first == second}
    once = {_key(predicate, quad, predicate in twice): quad for predicate, quad in said}
    return [once[key] for key in sorted(once)]


def _key(predicate: str, quad: Quad, twice: bool) -> tuple[str, int, str]:
    """A key for statements of one subject; shorter objects first, so that n2 stands before n10."""
    words = str(quad.object) if twice else ""
    return predicate, len(words), words


def _places(subjects: Iterable[str]) -> dict[str, str]:
    """A key for each subject that puts m2 before m10, and what lies below an IRI behind it.

    >>> keys = _places(["<x/m10>", "<x/m2/n1>", "<x/m2>", "<x/m1>"])
    >>> sorted(keys, key=keys.__getitem__)
    ['<x/m1>', '<x/m2>', '<x/m2/n1>', '<x/m10>']
    """
    keys: dict[str, str] = {}
    padded: dict[str, str] = {}  # most IRIs lie below one that was seen
    for subject in subjects:
        above, _, last = subject.rstrip(">").rpartition("/")
        if above not in padded:
            padded[above] = _NUMBER.sub(_pad, above)
        keys[subject] = f"{padded[above]}/{_NUMBER.sub(_pad, last)}"
    return keys


def _pad(digits: re.Match[str]) -> str:
    return digits[0].zfill(12)
