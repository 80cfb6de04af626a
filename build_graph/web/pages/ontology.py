"""The ontology as a page: its classes, properties and individuals, with their definitions in one language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from build_graph.query.results import format_term
from build_graph.resources import find_folder, load_word_lists
from build_graph.vocabulary import ONTOLOGY, PREFIXES, term
from build_graph.web.pages.ontology_terms import format_anchor, list_terms
from build_graph.web.render import render

LANGUAGES = ("en", "zh")
# The sections of the page with the types of their terms; a term is in the first that fits.
_SECTIONS = {
    "classes": "owl:Class",
    "objectproperties": "owl:ObjectProperty",
    "datatypeproperties": "owl:DatatypeProperty",
    "annotationproperties": "owl:AnnotationProperty",
    "individuals": "owl:NamedIndividual",
}
# Properties that link terms, with the keys of the link and of its inverse, in the order of the page.
_LINKS = {
    "rdf:type": ("type", "instances"),
    "rdfs:subClassOf": ("subclass", "superclass"),
    "owl:disjointUnionOf": ("union", ""),
    "owl:disjointWith": ("disjoint", "disjoint"),
    "rdfs:subPropertyOf": ("subproperty", "superproperty"),
    "rdfs:domain": ("domain", "in_domain"),
    "rdfs:range": ("range", "in_range"),
    "owl:inverseOf": ("inverse", "inverse"),
    "skos:inScheme": ("scheme", "concepts"),
}
_FACTS = tuple(dict.fromkeys(key for keys in _LINKS.values() for key in keys if key))
_NOTES = {"owl:FunctionalProperty": "functional", "owl:InverseFunctionalProperty": "inverse_functional"}
_LABELS = ("rdfs:label", "skos:prefLabel", "dcterms:title")

Node = NamedNode | BlankNode
Link = tuple[str, str]  # the label of a term and its address, elsewhere if the page does not describe it


@dataclass(frozen=True, slots=True)
class OntologyEntry:
    """A term with all that the page shows of it; `facts` are links by the key of the words before them."""

    iri: str
    anchor: str
    name: str
    label: str
    texts: tuple[str, ...]
    facts: tuple[tuple[str, tuple[Link, ...]], ...]


@cache
def render_ontology_page(language: str) -> bytes:
    """Return the page in one of `LANGUAGES`, in UTF-8; its address is /ontology."""
    ontology = _Ontology(language)
    words = {key: texts[language] for key, texts in load_word_lists("pages")["ontology"].items()}
    return render(
        "ontology.html.j2",
        styles=("base.css", "workbench.css", "ontology.css"),
        scripts=("base.js", "workbench.js"),
        words=["workbench"],
        data={},
        served=True,
        title=words["ontology_title"],
        here="ontology",
        language=language,
        o=words,
        iri=ONTOLOGY,
        description=ontology.find_text(NamedNode(ONTOLOGY), "dcterms:description"),
        version=ontology.find_text(NamedNode(ONTOLOGY), "owl:versionInfo"),
        licence=ontology.find_text(NamedNode(ONTOLOGY), "dcterms:license"),
        sections=ontology.build_sections(words),
        prefixes=sorted(PREFIXES.items()),
    )


class _Ontology:
    """The statements of `obligations.ttl`, for one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._statements: dict[Node, list[Triple]] = {}
        for quad in parse(path=find_folder("ontology") / "obligations.ttl", format=RdfFormat.TURTLE):
            self._statements.setdefault(quad.subject, []).append(quad.triple)
        self._names = {NamedNode(found.iri): found.name for found in list_terms()}
        self._facts: dict[tuple[Node, str], list[NamedNode]] = {}
        for node in self._names:
            self._collect_links(node)

    def iterate_objects(self, node: Node, predicate: str) -> Iterator[NamedNode | BlankNode | Literal]:
        """Yield the values of a property of a node."""
        for triple in self._statements.get(node, ()):
            if triple.predicate == term(predicate):
                yield triple.object  # type: ignore[misc]  # the ontology has no quoted triples

    def find_text(self, node: Node, *predicates: str) -> str:
        """Return the first text of the properties in the language, or without one; "" if there is none."""
        found = (value for predicate in predicates for value in self.iterate_objects(node, predicate))
        texts = (value.value for value in found if getattr(value, "language", None) in (None, self._language))
        return next(texts, "")

    def build_sections(self, words: dict[str, str]) -> list[tuple[str, list[OntologyEntry]]]:
        """Return the terms by section, in the order of the ontology."""
        left, found = list(self._names), []
        for key, kind in _SECTIONS.items():
            here = [node for node in left if term(kind) in self.iterate_objects(node, "rdf:type")]
            left = [node for node in left if node not in here]
            found.append((key, [self._build_entry(node, words) for node in here]))
        return found

    def _collect_links(self, node: NamedNode) -> None:
        for predicate, (forth, back) in _LINKS.items():
            for value in self.iterate_objects(node, predicate):
                for other in self._iterate_terms(value):
                    self._facts.setdefault((node, forth), []).append(other)
                    if back:
                        self._facts.setdefault((other, back), []).append(node)

    def _iterate_terms(self, value: NamedNode | BlankNode | Literal) -> Iterator[NamedNode]:
        """Yield a term, or the members of a union or list; but no terms of OWL itself."""
        if isinstance(value, NamedNode) and not value.value.startswith(PREFIXES["owl"]):
            yield value
        elif isinstance(value, BlankNode):
            for predicate in ("owl:unionOf", "rdf:first", "rdf:rest"):
                for part in self.iterate_objects(value, predicate):
                    if part != term("rdf:nil"):
                        yield from self._iterate_terms(part)

    def _build_entry(self, node: NamedNode, words: dict[str, str]) -> OntologyEntry:
        notes = [
            words[key] for kind, key in _NOTES.items() if term(kind) in self.iterate_objects(node, "rdf:type")
        ]
        texts = (self.find_text(node, "skos:definition"), self.find_text(node, "skos:scopeNote"), *notes)
        facts = ((key, tuple(map(self._build_link, self._facts.get((node, key), ())))) for key in _FACTS)
        return OntologyEntry(
            node.value,
            format_anchor(node.value),
            self._names[node],
            self._build_link(node)[0],
            tuple(filter(None, texts)),
            tuple((key, tuple(dict.fromkeys(links))) for key, links in facts if links),
        )

    def _build_link(self, node: NamedNode) -> Link:
        address = f"#{format_anchor(node.value)}" if node in self._names else node.value
        return self.find_text(node, *_LABELS) or format_term(node), address
