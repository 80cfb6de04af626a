"""The terms that the ontology declares: names, kinds, labels, addresses; and its statements as one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from build_graph.exporting.rdf import serialize_triples
from build_graph.graph.ordering import renamed
from build_graph.ontology import statements
from build_graph.querying.answers import Term as Value
from build_graph.querying.answers import shown
from build_graph.resources import folder, word_lists
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
    """Return what names a term within the page of the ontology; empty where no prefix fits.

    >>> anchor("https://w3id.org/obligation-graph/ontology#Norm"), anchor("https://schema.org/name")
    ('Norm', 'schema-name')
    """
    name = _name(iri)
    return name.removeprefix("ob:").replace(":", "-")


@cache
def known() -> Mapping[str, Mapping[str, str]]:
    """The labels of the terms of the ontology, by prefixed name and language.

    >>> known()["ob:Lead"]
    {'en': 'lead', 'zh': '牵头'}
    """
    return {found.name: {"en": found.en, "zh": found.zh} for found in declared() if found.en and found.zh}


def key_of(value: Value) -> str:
    """The key of the words that stand for a value: a term of the ontology, or its bare name; empty for none.

    >>> key_of(NamedNode("https://w3id.org/obligation-graph/ontology#Lead")), key_of(Literal("Obligation"))
    ('ob:Lead', 'ob:Obligation')
    >>> key_of(Literal("true")), key_of(Literal("text"))
    ('value_true', '')
    """
    if isinstance(value, NamedNode):
        return shown(value) if value.value.startswith(OB) and shown(value) in known() else ""
    if not isinstance(value, Literal):
        return ""
    if (own := f"value_{value.value}") in word_lists("pages")["values"]:
        return own
    name = f"ob:{value.value}"
    return name if value.value[:1].isupper() and name in known() else ""


def words(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """The words of those keys that are terms of the ontology."""
    return {key: dict(known()[key]) for key in sorted(set(keys)) if key in known()}


@cache
def ontology_in(form: RdfFormat) -> bytes:
    """Return what `ontology/*.ttl` say in one format, the same bytes each time."""
    files = sorted(folder("ontology").glob("*.ttl"))
    quads = chain.from_iterable(parse(path=path, format=RdfFormat.TURTLE) for path in files)
    return serialize_triples(dict.fromkeys(quad.triple for quad in renamed(quads)), form)


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
