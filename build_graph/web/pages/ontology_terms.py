"""The terms that the ontology declares: names, kinds, labels, anchors; and its statements as one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from build_graph.graph.write.sorting import number_blank_nodes
from build_graph.query.export.rdf_formats import serialize_triples
from build_graph.query.results import Term as Value
from build_graph.query.results import format_term
from build_graph.resources import find_folder, load_statements, load_word_lists
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
class OntologyTerm:
    """A class, a property or an individual, with its labels if it has any."""

    iri: str
    name: str  # with its prefix: ob:Measure
    kind: str
    en: str = ""
    zh: str = ""


@cache
def list_terms() -> tuple[OntologyTerm, ...]:
    """Return the terms in the order of the ontology's file, its own first.

    >>> next(found for found in list_terms() if found.name == "ob:Measure")
    OntologyTerm(iri='https://w3id.org/obligation-graph/ontology#Measure', name='ob:Measure', kind='class', \
en='measure', zh='措施')
    """
    statements = load_statements(find_folder("ontology") / "obligations.ttl")
    found = [_build_term(node.value, triples) for node, triples in statements.items()]
    return tuple(sorted(filter(None, found), key=lambda declared: not declared.iri.startswith(OB)))


def format_anchor(iri: str) -> str:
    """Return the anchor of a term in the page of the ontology; "" if no prefix fits.

    >>> format_anchor("https://w3id.org/obligation-graph/ontology#Norm"), format_anchor("https://schema.org/name")
    ('Norm', 'schema-name')
    """
    name = _find_prefixed_name(iri)
    return name.removeprefix("ob:").replace(":", "-")


@cache
def load_labels() -> Mapping[str, Mapping[str, str]]:
    """Return the labels of the terms, by prefixed name and language.

    >>> load_labels()["ob:Lead"]
    {'en': 'lead', 'zh': '牵头'}
    """
    return {found.name: {"en": found.en, "zh": found.zh} for found in list_terms() if found.en and found.zh}


def find_label_key(value: Value) -> str:
    """Return the key of the words for a value, a term of the ontology or its bare name; "" for none.

    >>> find_label_key(NamedNode("https://w3id.org/obligation-graph/ontology#Lead"))
    'ob:Lead'
    >>> find_label_key(Literal("Obligation"))
    'ob:Obligation'
    >>> find_label_key(Literal("true")), find_label_key(Literal("text"))
    ('value_true', '')
    """
    if isinstance(value, NamedNode):
        return (
            format_term(value) if value.value.startswith(OB) and format_term(value) in load_labels() else ""
        )
    if not isinstance(value, Literal):
        return ""
    if (own := f"value_{value.value}") in load_word_lists("pages")["values"]:
        return own
    name = f"ob:{value.value}"
    return name if value.value[:1].isupper() and name in load_labels() else ""


def select_labels(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the labels of those keys that are terms of the ontology."""
    return {key: dict(load_labels()[key]) for key in sorted(set(keys)) if key in load_labels()}


@cache
def serialize_ontology(form: RdfFormat) -> bytes:
    """Return the statements of `ontology/*.ttl` in one format, the same bytes each time."""
    files = sorted(find_folder("ontology").glob("*.ttl"))
    quads = chain.from_iterable(parse(path=path, format=RdfFormat.TURTLE) for path in files)
    return serialize_triples(dict.fromkeys(quad.triple for quad in number_blank_nodes(quads)), form)


def _build_term(iri: str, triples: Sequence[Triple]) -> OntologyTerm | None:
    types = {triple.object for triple in triples if triple.predicate == term("rdf:type")}
    kind = next((kind for name, kind in _KINDS if term(name) in types), None)
    name = _find_prefixed_name(iri)
    return (
        OntologyTerm(iri, name, kind, _find_label(triples, "en"), _find_label(triples, "zh"))
        if kind and name
        else None
    )


def _find_label(triples: Sequence[Triple], language: str) -> str:
    properties: tuple[NamedNode, ...] = (term("rdfs:label"), term("skos:prefLabel"))
    for triple in triples:
        value = triple.object
        if triple.predicate in properties and isinstance(value, Literal) and value.language == language:
            return value.value
    return ""


def _find_prefixed_name(iri: str) -> str:
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    return ""
