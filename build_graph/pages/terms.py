"""The terms that the ontology declares, its own and those of others: names, kinds, labels, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pyoxigraph import Literal, NamedNode, Triple

from build_graph.ontology import statements
from build_graph.resources import folder
from build_graph.vocabulary import OB, PREFIXES, term

# What a type makes of a term; the first that fits counts.
_KINDS = (
    ("owl:Class", "class"),
    ("owl:ObjectProperty", "property"),
    ("owl:DatatypeProperty", "property"),
    ("owl:AnnotationProperty", "property"),
    ("owl:NamedIndividual", "individual"),
)


@dataclass(frozen=True, slots=True)
class Term:
    """A class, a property or an individual, with its labels where it has any."""

    iri: str
    name: str  # with its prefix: ob:Measure
    kind: str
    en: str = ""
    zh: str = ""


@cache
def declared() -> tuple[Term, ...]:
    """The terms in the order of the ontology's file, its own first.

    >>> next(found for found in declared() if found.name == "ob:Measure")
    Term(iri='https://w3id.org/obligation-graph/ontology#Measure', name='ob:Measure', kind='class', \
en='measure', zh='措施')
    """
    said = statements(folder("ontology") / "obligations.ttl")
    found = [_term(node.value, triples) for node, triples in said.items()]
    return tuple(sorted(filter(None, found), key=lambda declared: not declared.iri.startswith(OB)))


def anchor(iri: str) -> str:
    """What names a term within the page of the ontology; empty where no prefix fits.

    >>> anchor("https://w3id.org/obligation-graph/ontology#Norm"), anchor("https://schema.org/name")
    ('Norm', 'schema-name')
    """
    name = _name(iri)
    return name.removeprefix("ob:").replace(":", "-")


def _term(iri: str, triples: Sequence[Triple]) -> Term | None:
    types = {triple.object for triple in triples if triple.predicate == term("rdf:type")}
    kind = next((kind for name, kind in _KINDS if term(name) in types), None)
    name = _name(iri)
    return Term(iri, name, kind, _label(triples, "en"), _label(triples, "zh")) if kind and name else None


def _label(triples: Sequence[Triple], language: str) -> str:
    properties: tuple[NamedNode, ...] = (term("rdfs:label"), term("skos:prefLabel"))
    for triple in triples:
        said = triple.object
        if triple.predicate in properties and isinstance(said, Literal) and said.language == language:
            return said.value
    return ""


def _name(iri: str) -> str:
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    return ""
