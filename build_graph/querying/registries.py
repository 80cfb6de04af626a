"""Engines for what is known without the statements of documents: the registries, and the names in shards."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Quad

from build_graph.graph.iris import text_of
from build_graph.querying.engines import Engine, OxigraphEngine
from build_graph.querying.headers import Kind
from build_graph.querying.names import NameFinder
from build_graph.querying.open import load_turtle
from build_graph.resources import folder
from build_graph.shards import Record, Shards
from build_graph.vocabulary import BASE, UNNUMBERED, term


def registry_engine() -> OxigraphEngine:
    """What answers for the registries: all bodies and what became of them, and the policy domains."""
    names = ("agencies.ttl", "domains.ttl")
    return load_turtle(*((folder("ontology") / name).read_bytes() for name in names))


def names_engine(shards: Shards) -> OxigraphEngine:
    """What answers for the names of documents and domains: 4 statements a document, and the registries."""
    engine = registry_engine()
    engine.store.bulk_extend(quad for record in shards.records() for quad in _named(record))
    return engine


def names_of(graph: Engine | Shards) -> NameFinder:
    """What finds things by their names: in the graph itself or, of shards, in their manifests."""
    return NameFinder(names_engine(graph) if isinstance(graph, Shards) else graph)


def called(graph: Engine | Shards, document: NamedNode) -> str:
    """A document as people read it: by the end of its IRI, which has its number, or without one by its name.

    Raises ObligationError where the graph cannot be asked.
    """
    end = document.value.removeprefix(BASE)
    if not end.startswith(f"document/{UNNUMBERED}"):
        return end
    return next(iter(names_of(graph).names(Kind.DOCUMENT).get(document, ())), end)


def _named(record: Record) -> Iterator[Quad]:
    """What the graph says of a document's names."""
    if not record.is_there:
        return
    node = NamedNode(record.iri)
    yield Quad(NamedNode(text_of(record.iri)), term("eli:realizes"), node)
    said = {"eli:id_local": record.number, "dcterms:title": record.title, "rdfs:label": record.label}
    for predicate, words in said.items():
        if words:
            yield Quad(node, term(predicate), Literal(words))
