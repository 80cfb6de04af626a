"""The context of JSON-LD, made from the ontology: what its terms are called, and what their values are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from build_graph.ontology import statements
from build_graph.resources import folder
from build_graph.vocabulary import BASE, OB, PREFIXES, XSD, term

ID = "@id"
LANGUAGE = "@language"
# What the ontology declares or implies is a label or a note, in Chinese, English or both.
_IN_LANGUAGES = (
    *("rdfs:label", "rdfs:comment", "dcterms:title", "dcterms:description", "dcterms:source", "eli:title"),
    *("skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:definition", "skos:scopeNote"),
)
_SHACL = "http://www.w3.org/ns/shacl#"
_INTEGERS = (f"{XSD}nonNegativeInteger", f"{XSD}positiveInteger")  # of ranges; data have xsd:integer
_PLAIN = f"{XSD}string"


@dataclass(frozen=True, slots=True)
class Context:
    """Names and kinds: `names` by IRI, of classes and properties; `kinds` of values, by property.

    A kind is @id, @language, or the IRI of a datatype.
    """

    names: dict[str, str]
    kinds: dict[str, str]

    @classmethod
    def of_ontology(cls) -> Context:
        """The context of the ontology; raises OntologyError where its files are missing or broken."""
        ontology = statements(folder("ontology") / "obligations.ttl")
        kinds: dict[str, str] = {}
        names: dict[str, str] = {}
        for node, said in ontology.items():
            types = {triple.object for triple in said if triple.predicate == term("rdf:type")}
            if types & {term("owl:ObjectProperty")}:
                kinds[node.value] = ID
            if node.value.startswith(OB) and not types & {term("owl:Ontology"), term("owl:NamedIndividual")}:
                names[node.value] = node.value.removeprefix(OB)
        datatypes = dict(_datatypes()) | {
            node.value: triple.object.value
            for node, said in ontology.items()
            for triple in said
            if triple.predicate == term("rdfs:range") and isinstance(triple.object, NamedNode)
        }
        for name, datatype in datatypes.items():
            kind = f"{XSD}integer" if datatype in _INTEGERS else datatype
            if kind.startswith(XSD) and kind != _PLAIN:
                kinds[name] = kind
        kinds |= {term(name).value: LANGUAGE for name in _IN_LANGUAGES}
        return cls(names, kinds)

    def short(self, iri: str) -> str:
        """A class or property as the context calls it; one that it does not know by its IRI."""
        if iri in self.names:
            return self.names[iri]
        for prefix, namespace in PREFIXES.items():
            if iri.startswith(namespace) and len(iri) > len(namespace):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri

    def document(self) -> dict[str, object]:
        """The context as JSON-LD 1.1."""
        terms: dict[str, object] = {"@version": 1.1, "@base": BASE}
        terms |= {prefix: PREFIXES[prefix] for prefix in sorted(PREFIXES)}
        for iri in sorted({*self.names, *self.kinds}):
            terms[self.short(iri)] = self._term(iri)
        return {"@context": terms}

    def file(self) -> bytes:
        """The context as a file."""
        return (json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n").encode()

    def _term(self, iri: str) -> str | dict[str, str]:
        name = f"ob:{iri.removeprefix(OB)}" if iri.startswith(OB) else self.short(iri)
        kind = self.kinds.get(iri)
        if kind is None:
            return name
        if kind == LANGUAGE:
            return {"@id": name, "@container": LANGUAGE}
        return {"@id": name, "@type": kind if kind == ID else self.short(kind)}


def _datatypes() -> Iterator[tuple[str, str]]:
    """The datatypes that the shapes ask for, where they ask the same everywhere."""
    paths: dict[NamedNode | BlankNode, str] = {}
    types: dict[NamedNode | BlankNode, str] = {}
    for quad in parse(path=folder("ontology") / "shapes.ttl", format=RdfFormat.TURTLE):
        if isinstance(quad.subject, (NamedNode, BlankNode)) and isinstance(quad.object, NamedNode):
            if quad.predicate.value == f"{_SHACL}path":
                paths[quad.subject] = quad.object.value
            elif quad.predicate.value == f"{_SHACL}datatype":
                types[quad.subject] = quad.object.value
    found: dict[str, set[str]] = {}
    for shape, path in paths.items():
        if shape in types:
            found.setdefault(path, set()).add(types[shape])
    yield from ((path, *kinds) for path, kinds in sorted(found.items()) if len(kinds) == 1)  # type: ignore[misc]


def is_plain(literal: Literal) -> bool:
    """Whether a literal is a string without a language."""
    return literal.language is None and literal.datatype.value == _PLAIN
