"""The ontology for pyLODE: in one language, in the order of its file, without what pyLODE takes wrongly."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse
from pyoxigraph import Literal as OxLiteral
from rdflib import OWL, RDF, SKOS, VANN, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from build_graph.resources import folder, word_lists
from build_graph.vocabulary import OB, ONTOLOGY, PREFIXES

# A property that is functional would be described twice; a note says so instead.
_NOTED: dict[Node, str] = {
    OWL.FunctionalProperty: "functional",
    OWL.InverseFunctionalProperty: "inverse_functional",
}
_SUBJECT_OF_ALL = URIRef(ONTOLOGY)


def graph_of(language: str) -> Graph:
    """The statements of `obligations.ttl` whose texts are in a language, blank nodes named by their order."""
    graph = Graph(bind_namespaces="none")
    for prefix, start in PREFIXES.items():
        graph.bind(prefix, start)
    graph.add((_SUBJECT_OF_ALL, VANN.preferredNamespacePrefix, Literal("ob")))
    graph.add((_SUBJECT_OF_ALL, VANN.preferredNamespaceUri, Literal(OB)))  # or one is made up
    for triple in _statements(language):
        graph.add(triple)
    return graph


def _statements(language: str) -> Iterator[tuple[Node, Node, Node]]:
    words = word_lists("pages")["ontology"]
    numbers: dict[str, str] = {}
    for quad in parse(path=folder("ontology") / "obligations.ttl", format=RdfFormat.TURTLE):
        subject, predicate, value = (_node(part, numbers) for part in _parts(quad.triple))
        if isinstance(value, Literal) and value.language not in (None, language):
            continue
        if predicate == RDF.type and value in _NOTED:
            note = Literal(words[_NOTED[value]][language], lang=language)
            yield subject, SKOS.note, note
        elif subject == _SUBJECT_OF_ALL or (predicate, value) != (RDF.type, SKOS.ConceptScheme):
            yield subject, predicate, value


def _parts(triple: Triple) -> tuple[object, object, object]:
    return triple.subject, triple.predicate, triple.object


def _node(term: object, numbers: dict[str, str]) -> Node:
    """The term as rdflib has it."""
    if isinstance(term, NamedNode):
        return URIRef(term.value)
    if isinstance(term, BlankNode):
        return BNode(numbers.setdefault(term.value, f"b{len(numbers)}"))
    assert isinstance(term, OxLiteral), term
    return Literal(term.value, lang=term.language, datatype=None if term.language else term.datatype.value)
