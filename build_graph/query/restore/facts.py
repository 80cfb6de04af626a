"""All statements of a graph on one document, queried once and indexed by subject."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from build_graph.errors import ObligationError
from build_graph.model import Span
from build_graph.query.catalogue import select
from build_graph.query.engines import Engine
from build_graph.vocabulary import term

_SHARED = (
    "ob:assignedTo",
    "ob:audience",
    "ob:domain",
    "ob:citedDocument",
    "eli:passed_by",
)  # properties of things that other documents name too
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
        # Reading the document's named graph is fastest, but other documents may describe shared things.
        index = _load_values(engine, document, "document-graph") or _load_values(
            engine, document, "document-itself", "document-findings"
        )
        if not _list_shared(index) <= index.keys():
            index = _load_values(engine, document, "document-neighbours") | index
        places: dict[tuple[str, str], list[Span]] = {}
        for thing, link, start, end in _run_lookup(engine, "document-places", document):
            places.setdefault((thing.value, link.value), []).append(Span(int(start.value), int(end.value)))
        return cls(document.value, index, places, _group_by_parent(index))

    # --------------------------------------------------------------------------- one value

    def find_nodes(self, thing: str, property_: str) -> list[str]:
        """Return the IRIs that a thing has as values of a property, sorted."""
        return sorted(
            value.value for value in self._find_values(thing, property_) if isinstance(value, NamedNode)
        )

    def find_texts(self, thing: str, property_: str, language: str = "") -> list[str]:
        """Return the words that a thing has as values of a property, in a language, sorted."""
        values = self._find_values(thing, property_)
        literals = (value for value in values if isinstance(value, Literal))
        return sorted(value.value for value in literals if (value.language or "") == language)

    def find_text(self, thing: str, property_: str, language: str = "") -> str | None:
        """Return the first of these words, or None."""
        return next(iter(self.find_texts(thing, property_, language)), None)

    def require(self, thing: str, property_: str, language: str = "") -> str:
        """Return the first of these words; raises RestoringError if there are none."""
        return self._check_present(self.find_text(thing, property_, language), thing, property_)

    def require_node(self, thing: str, property_: str) -> str:
        """Return the first IRI that is a value of a property; raises RestoringError if there is none."""
        return self._check_present(next(iter(self.find_nodes(thing, property_)), None), thing, property_)

    def read_number(self, thing: str, property_: str) -> int | None:
        """Return a whole number, or None."""
        words = self.find_text(thing, property_)
        return None if words is None else int(words)

    def is_true(self, thing: str, property_: str) -> bool:
        """Return whether a property has the value true."""
        return self.find_text(thing, property_) == "true"

    def read_day(self, thing: str, property_: str) -> date | None:
        """Return a date, or None."""
        words = self.find_text(thing, property_)
        return None if words is None else date.fromisoformat(words)

    def match_term(self, thing: str, property_: str, terms: Mapping[T, str]) -> T:
        """Return the key of the term (a prefixed name) that a property has; RestoringError for none."""
        found = set(self.find_nodes(thing, property_))
        key = next((key for key, name in terms.items() if term(name).value in found), None)
        return self._check_present(key, thing, property_)

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

    def _find_values(self, thing: str, property_: str) -> Iterable[Value]:
        return self.values.get(thing, {}).get(term(property_).value, ())

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


def _list_shared(index: ValueIndex) -> set[str]:
    """Return the bodies, domains, target groups and cited documents that are named."""
    links = [term(name).value for name in _SHARED]
    return {value.value for values in index.values() for link in links for value in values.get(link, ())}


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
