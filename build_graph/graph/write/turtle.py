"""Turtle that is easy to read, and the same in every run and on every machine.

pyoxigraph serialises the statements in the order given here (5 ms for the first document; rdflib takes 1 s,
and as long again to be imported). Subjects are in natural order (m2 before m10) and `a` comes first, with one
predicate a line. IRIs of the data are relative to their base.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from build_graph.vocabulary import BASE, PREFIXES, RDF

_NUMBER = re.compile("[0-9]+")
_TYPE = f"{RDF}type"


PredicateQuads = list[tuple[str, Quad]]  # statements of one subject, each with its predicate; rdf:type as ""


def serialise_turtle(quads: Iterable[Quad], base: str = BASE) -> bytes:
    """Return the statements of all graphs as one Turtle file in UTF-8; equal sets give equal bytes.

    >>> from build_graph.vocabulary import term
    >>> node = term("ob:Lead")
    >>> print(serialise_turtle([Quad(node, term("rdf:type"), term("ob:Role"))]).decode(), end="")
    @base <https://w3id.org/obligation-graph/id/> .
    @prefix ob: <https://w3id.org/obligation-graph/ontology#> .
    <BLANKLINE>
    ob:Lead a ob:Role .
    """
    return b"".join(join_bodies([serialise_body(group_by_subject(quads), base)[0]], base))


def join_bodies(bodies: Sequence[bytes], base: str = BASE) -> Iterator[bytes]:
    """Yield bodies, which are in order, as one file: a header, then blank lines between subjects."""
    yield _format_header(bodies, base)
    filled = [body for body in bodies if body]
    yield from filled[:-1]
    yield from (body.rstrip() + b"\n" for body in filled[-1:])


def serialise_body(subjects: Mapping[str, PredicateQuads], base: str = BASE) -> tuple[bytes, int]:
    """Return the Turtle of some subjects without a header, and the number of distinct statements."""
    ordered = list(_sort_triples(subjects))
    # A line ends in " ." only where a statement does: line breaks in literals are written \n.
    return serialise_unframed(ordered, base).replace(b" .\n", b" .\n\n"), len(ordered)


def serialise_unframed(
    statements: Iterable[Triple] | Iterable[Quad],
    base: str | None = BASE,
    *,
    form: RdfFormat = RdfFormat.TURTLE,
    prefixes: Mapping[str, str] = PREFIXES,
) -> bytes:
    """Return statements in Turtle or TriG, in the order given, without the header."""
    written = serialize(statements, format=form, prefixes=dict(prefixes), base_iri=base)
    assert written is not None  # it is only where an output file is given
    # The header of pyoxigraph, a line each for the base and the prefixes, has the order of a hash table.
    *_, lines = written.split(b"\n", len(prefixes) + (base is not None))
    return lines


def serialise_header(base: str | None = BASE, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """Return the lines that declare the base and the prefixes, sorted by prefix."""
    lines = [f"@prefix {prefix}: <{prefixes[prefix]}> .\n" for prefix in sorted(prefixes)]
    return "".join([*([f"@base <{base}> .\n"] if base else []), *lines]).encode()


def _format_header(bodies: Iterable[bytes], base: str) -> bytes:
    """Return the base, the prefixes that the bodies use, and a blank line."""
    missing = {f"{prefix}:".encode(): prefix for prefix in PREFIXES}
    for written in bodies:
        for mark in [mark for mark in missing if mark in written]:
            del missing[mark]
    used = {prefix: PREFIXES[prefix] for prefix in PREFIXES.keys() - set(missing.values())}
    return serialise_header(base, used) + b"\n"


def _sort_triples(subjects: Mapping[str, PredicateQuads]) -> Iterator[Triple]:
    """Yield each statement once, by subject, then predicate, then object."""
    for name in sorted(subjects, key=build_sort_keys(subjects).__getitem__):
        pairs = subjects[name]
        for quad in _sort_repeated(pairs) if len(dict(pairs)) < len(pairs) else _sort_single(pairs):
            yield quad.triple


def group_by_subject(quads: Iterable[Quad]) -> dict[str, PredicateQuads]:
    """Return the statements of each subject with their predicates; rdf:type becomes "", to sort first."""
    subjects: dict[str, PredicateQuads] = {}
    last, pairs = None, []
    for quad in quads:
        subject, predicate = quad.subject, quad.predicate.value
        if subject != last:  # statements come in runs
            last, pairs = subject, subjects.setdefault(str(subject), [])
        pairs.append(("" if predicate == _TYPE else predicate, quad))
    return subjects


def _sort_single(pairs: PredicateQuads) -> list[Quad]:
    """Return the statements of one subject by predicate, if no predicate repeats."""
    return [quad for _, quad in sorted(pairs, key=itemgetter(0))]


def _sort_repeated(pairs: PredicateQuads) -> list[Quad]:
    """Return the statements of one subject, each once, by predicate and then by object."""
    twice = {first for first, second in pairwise(sorted(map(itemgetter(0), pairs))) if first == second}
    once = {_build_key(predicate, quad, predicate in twice): quad for predicate, quad in pairs}
    return [once[key] for key in sorted(once)]


def _build_key(predicate: str, quad: Quad, twice: bool) -> tuple[str, int, str]:
    """Return a sort key within a subject; shorter objects first, so that n2 comes before n10."""
    words = str(quad.object) if twice else ""
    return predicate, len(words), words


def build_sort_keys(subjects: Iterable[str]) -> dict[str, str]:
    """Return a sort key for each subject, which puts m2 before m10 and m2/n1 after m2.

    >>> keys = build_sort_keys(["<x/m10>", "<x/m2/n1>", "<x/m2>", "<x/m1>"])
    >>> sorted(keys, key=keys.__getitem__)
    ['<x/m1>', '<x/m2>', '<x/m2/n1>', '<x/m10>']
    """
    keys: dict[str, str] = {}
    padded: dict[str, str] = {}  # most IRIs lie below one that was seen
    for subject in subjects:
        above, _, last = subject.rstrip(">").rpartition("/")
        if above not in padded:
            padded[above] = _NUMBER.sub(_pad_digits, above)
        keys[subject] = f"{padded[above]}/{_NUMBER.sub(_pad_digits, last)}"
    return keys


def _pad_digits(digits: re.Match[str]) -> str:
    return digits[0].zfill(12)
