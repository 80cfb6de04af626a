"""Engines for what is known without the statements of documents: the registries, and the names in shards."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Quad

from build_graph.graph.iris import text_iri
from build_graph.querying.engines import Engine, OxigraphEngine
from build_graph.querying.headers import ParameterKind
from build_graph.querying.names import EntityFinder
from build_graph.querying.open import load_turtle
from build_graph.resources import find_folder
from build_graph.shards import DocumentRecord, ShardFolder
from build_graph.vocabulary import BASE, UNNUMBERED, term


def open_registries() -> OxigraphEngine:
    """What answers for the registries: all bodies and what became of them, and the policy domains."""
    names = ("agencies.ttl", "domains.ttl")
    return load_turtle(*((find_folder("ontology") / name).read_bytes() for name in names))


def open_name_engine(shards: ShardFolder) -> OxigraphEngine:
    """What answers for the names of documents and domains: 4 statements a document, and the registries."""
    engine = open_registries()
    engine.store.bulk_extend(quad for record in shards.iterate_records() for quad in _iterate_names(record))
    return engine


def create_entity_finder(graph: Engine | ShardFolder) -> EntityFinder:
    """What finds things by their names: in the graph itself or, of shards, in their manifests."""
    return EntityFinder(open_name_engine(graph) if isinstance(graph, ShardFolder) else graph)


def format_document_name(graph: Engine | ShardFolder, document: NamedNode) -> str:
    """A document as people read it: by the end of its IRI, which has its number, or without one by its name.

    Raises ObligationError where the graph cannot be asked.
    """
    end = document.value.removeprefix(BASE)
    if not end.startswith(f"document/{UNNUMBERED}"):
        return end
    return next(iter(create_entity_finder(graph).list_names(ParameterKind.DOCUMENT).get(document, ())), end)


def _iterate_names(record: DocumentRecord) -> Iterator[Quad]:
    """What the graph says of a document's names."""
    if not record.is_stored:
        return
    node = NamedNode(record.iri)
    yield Quad(NamedNode(text_iri(record.iri)), term("eli:realizes"), node)
    said = {"eli:id_local": record.number, "dcterms:title": record.title, "rdfs:label": record.label}
    for predicate, words in said.items():
        if words:
            yield Quad(node, term(predicate), Literal(words))
