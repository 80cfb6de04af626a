"""All statements of a graph on one document, queried once and indexed by subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from build_graph.errors import ObligationError
from build_graph.graph.properties import PROPERTIES, Kind
from build_graph.model import Span
from build_graph.query.catalogue import select
from build_graph.query.engines import Engine
from build_graph.vocabulary import term

_PARSERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.INTEGER: int,
    Kind.BOOLEAN: "true".__eq__,
    Kind.TRUE: "true".__eq__,
    Kind.DATE: date.fromisoformat,
}
_INDEX = re.compile(r"\d+$")

T = TypeVar("T")
Value = NamedNode | Literal
ValueIndex = dict[str, dict[str, list[Value]]]  # values by subject and property


class RestoringError(ObligationError):
    """A document that a graph does not have, or not completely."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All statements of a graph on one document, with positions and parts looked up in advance."""

    document: str
    values: ValueIndex
    places: Mapping[tuple[str, str], list[Span]]
    by_parent: Mapping[tuple[str, str], list[str]]  # by the IRI up to the last slash, and class

    @classmethod
    def load(cls, engine: Engine, document: NamedNode) -> Facts:
        """Return the facts of a document; raises ObligationError if the graph cannot be asked."""
        # Reading the document's named graph is fastest, but a file of Turtle has none.
        index = _load_values(engine, document, "document-graph") or _load_values(
            engine, document, "document-itself", "document-findings"
        )
        index = _load_values(engine, document, "document-neighbours") | index
        places: dict[tuple[str, str], list[Span]] = {}
        for thing, link, start, end in _run_lookup(engine, "document-places", document):
            places.setdefault((thing.value, link.value), []).append(Span(int(start.value), int(end.value)))
        return cls(document.value, index, places, _group_by_parent(index))

    # ------------------------------------------------------------------------------ values

    def list_values(self, thing: str, name: str) -> list[Any]:
        """Return a thing's values of a property, as the table of properties has them, sorted."""
        kind = PROPERTIES[name].kind
        found = self.values.get(thing, {}).get(term(name).value, ())
        return sorted(_PARSERS.get(kind, str)(value.value) for value in found if _is_of_kind(value, kind))

    def read(self, thing: str, name: str) -> Any:
        """Return the first of these values; None, or False for a property that is only given where true."""
        without = False if PROPERTIES[name].kind is Kind.TRUE else None
        return next(iter(self.list_values(thing, name)), without)

    def require(self, thing: str, name: str) -> Any:
        """Return the first of these values; raises RestoringError if there are none."""
        return self._check_present(self.read(thing, name), thing, name)

    def match_term(self, thing: str, name: str, terms: Mapping[T, str]) -> T:
        """Return the key of the term that a property has; raises RestoringError for none."""
        found = {value.value for value in self.values.get(thing, {}).get(term(name).value, ())}
        key = next((key for key, one in terms.items() if term(one).value in found), None)
        return self._check_present(key, thing, name)

    # --------------------------------------------------------------------- places and parts

    def find_spans(self, thing: str) -> list[Span]:
        """Return the spans of a thing's evidence, in the order of the text."""
        return sorted(self.places.get((thing, term("ob:hasEvidence").value), ()))

    def require_span(self, thing: str) -> Span:
        """Return the first span of a thing's evidence; raises RestoringError if it has none."""
        return self._check_present(next(iter(self.find_spans(thing)), None), thing, "ob:hasEvidence")

    def find_outside(self, length: int) -> Iterator[str]:
        """Yield the things with a span outside of a text of `length` code points."""
        for (thing, _), spans in self.places.items():
            if any(not 0 <= span.start <= span.end <= length for span in spans):
                yield thing

    def find_cue(self, thing: str) -> Span | None:
        """Return the span of a norm's cue, or None."""
        return next(iter(self.places.get((thing, term("ob:kindEvidence").value), ())), None)

    def list_parts(self, above: str, *classes: str) -> list[str]:
        """Return the things of classes directly below an IRI, by the number that their own IRIs end in."""
        found = (iri for name in classes for iri in self.by_parent.get((above, term(name).value), ()))
        return sorted(found, key=lambda iri: (_parse_index(iri), iri))

    def list_all(self, class_: str) -> list[str]:
        """Return all things of a class."""
        return [
            iri for (_, name), found in self.by_parent.items() for iri in found if name == term(class_).value
        ]

    def collect_names(self) -> dict[NamedNode, list[Triple]]:
        """Return the statements on named bodies and domains, as triples by subject."""
        label = term("skos:prefLabel").value
        named = ((thing, values) for thing, values in self.values.items() if label in values)
        return {NamedNode(thing): list(_iterate_triples(thing, values)) for thing, values in named}

    def _check_present(self, value: T | None, thing: str, property_: str) -> T:
        if value is None:
            raise RestoringError(
                f"{thing}: the graph does not say its {property_}, so the document cannot be put together "
                "again; build the graph with this version of the program"
            )
        return value


def _load_values(engine: Engine, document: NamedNode, *queries: str) -> ValueIndex:
    """Return the answers of queries on a document; values from several graphs are taken once."""
    index: ValueIndex = {}
    for name in queries:
        for thing, property_, value in _run_lookup(engine, name, document):
            values = index.setdefault(thing.value, {}).setdefault(property_.value, [])
            if value not in values:
                values.append(value)
    return index


def _is_of_kind(value: Value, kind: Kind) -> bool:
    """Return whether a value is an IRI where one is due, and words in Chinese where a language is."""
    if isinstance(value, NamedNode):
        return kind in (Kind.NODE, Kind.TERM)
    return (value.language or "") == ("zh" if kind is Kind.LABEL else "")


def _run_lookup(engine: Engine, name: str, document: NamedNode) -> Iterator[tuple[Value, ...]]:
    return (tuple(row) for row in select(engine, name, document=document))


def _parse_index(iri: str) -> int:
    found = _INDEX.search(iri)
    return int(found[0]) if found else 0


def _group_by_parent(index: ValueIndex) -> dict[tuple[str, str], list[str]]:
    classes = term("rdf:type").value
    below: dict[tuple[str, str], list[str]] = {}
    for thing, values in index.items():
        for class_ in values.get(classes, ()):
            below.setdefault((thing.rpartition("/")[0], class_.value), []).append(thing)
    return below


def _iterate_triples(thing: str, properties: Mapping[str, list[Value]]) -> Iterator[Triple]:
    node = NamedNode(thing)
    for property_, values in properties.items():
        for value in values:
            yield Triple(node, NamedNode(property_), value)
