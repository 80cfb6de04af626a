"""What of a graph may be at fault, found without a query: most graphs have nothing that a query must look at.

A check whose query is dear has a sieve here. Where no sieve finds anything, its query would find nothing
either; where one does, the query decides and says what is wrong. A sieve may find too much, never too little.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from build_graph.graph.terms import Statement, Term, named, truth
from build_graph.vocabulary import OB

Pairs = list[tuple[Term, Term]]  # subjects and objects
_ONTOLOGY = f"<{OB}"


@dataclass(frozen=True)
class Said:
    """Different statements by predicate: the subjects and objects of each."""

    pairs: Mapping[Term, Pairs]

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> Said:
        """The statements, which must be different ones, by predicate."""
        pairs: dict[Term, Pairs] = {}
        for subject, predicate, value in statements:
            pairs.setdefault(predicate, []).append((subject, value))
        return cls(pairs)

    def by(self, predicate: str) -> Pairs:
        """The subjects and objects of a predicate, given by its prefixed name."""
        return self.pairs.get(named(predicate), [])

    @cached_property
    def places(self) -> list[tuple[Term, tuple[int, int]]]:
        """Each evidence with the start and end of its position; a position is one of its selectors."""
        starts, ends = _numbers(self.by("oa:start")), _numbers(self.by("oa:end"))
        selectors = self.by("oa:hasSelector")
        return [(node, (starts[one], ends[one])) for node, one in selectors if one in starts and one in ends]


def _numbers(pairs: Pairs) -> dict[Term, int]:
    """The numbers that subjects have; -1, where nothing stands, for what is no number."""
    digits = ((subject, value[1 : value.rfind('"')]) for subject, value in pairs)
    return {subject: int(number) if number.isdecimal() else -1 for subject, number in digits}


def undescribed(said: Said, words: Collection[Term]) -> bool:
    """Whether something is referred to and has no class, outside of the ontology."""
    kind = named("rdf:type")
    referred: set[Term] = set()
    for predicate, pairs in said.pairs.items():
        if predicate != kind:
            referred.update([value for _, value in pairs if value[0] == "<"])
    referred.difference_update([subject for subject, _ in said.by("rdf:type")])
    return not all(name.startswith(_ONTOLOGY) for name in referred)


def repeated(said: Said, words: Collection[Term]) -> bool:
    """Whether a subject has two values of a property that the query names."""
    return any(len(dict(pairs)) < len(pairs) for pairs in map(said.pairs.get, words) if pairs)


def unshown(said: Said, words: Collection[Term]) -> bool:
    """Whether something of a class that the query names has no evidence and was not inferred."""
    things = {subject for subject, kind in said.by("rdf:type") if kind in words}
    things.difference_update([subject for subject, _ in said.by("ob:hasEvidence")])
    things.difference_update([subject for subject, so in said.by("ob:inferred") if so == truth(True)])
    return bool(things)


def outside(said: Said, words: Collection[Term]) -> bool:
    """Whether a norm stands outside of what it is a norm of."""
    place = dict(said.places)
    spans: dict[Term, list[tuple[int, int]]] = {}
    for thing, evidence in said.by("ob:hasEvidence"):
        if evidence in place:
            spans.setdefault(thing, []).append(place[evidence])
    inside = (
        around[0] <= span[0] and span[1] <= around[1]
        for measure, norm in said.by("ob:hasNorm")
        for around in spans.get(measure, ())
        for span in spans.get(norm, ())
    )
    return len(place) < len(said.places) or not all(inside)


def misquoted(said: Said, words: Collection[Term]) -> bool:
    """Whether a quote does not stand at its offsets in the text."""
    place, exact = dict(said.places), dict(said.by("oa:exact"))
    texts = {subject: _value(text) for subject, text in said.by("schema:text")}
    text = {node: texts[source] for node, source in said.by("oa:hasSource") if source in texts}
    quotes = ((node, exact[one]) for node, one in said.by("oa:hasSelector") if one in exact)
    stands = (
        text[node][slice(*place[node])] == _value(quote)
        for node, quote in quotes
        if node in place and node in text
    )
    return len(place) < len(said.places) or not all(stands)


def _value(literal: Term) -> str:
    r"""The words of a literal without language or datatype: N-Triples escapes as JSON does. Others stay.

    >>> print(_value(Term('"一、\\n二、"')))
    一、
    二、
    """
    if not literal.endswith('"'):
        return literal
    found: str = json.loads(literal) if "\\" in literal else literal[1:-1]
    return found


SIEVES: Mapping[str, Callable[[Said, Collection[Term]], bool]] = {
    "dangling": undescribed,
    "doubled": repeated,
    "evidence": unshown,
    "outside": outside,
    "quotes": misquoted,
}


def visible(said: Said, words: Collection[Term]) -> Iterator[Statement]:
    """The statements that a query with these words looks at: those with its predicates and its classes."""
    kind = named("rdf:type")
    for predicate, pairs in said.pairs.items():
        if predicate == kind:
            yield from ((subject, kind, value) for subject, value in pairs if value in words)
        elif predicate in words:
            yield from ((subject, predicate, value) for subject, value in pairs)
