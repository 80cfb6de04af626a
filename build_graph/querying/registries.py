"""Engines for what is known without the statements of documents: the registries, and the names in shards."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from build_graph.graph.emitter import text_of
from build_graph.querying.engines import OxigraphEngine
from build_graph.resources import folder
from build_graph.shards import Record, Shards
from build_graph.vocabulary import term


def registry_engine() -> OxigraphEngine:
    """What answers for the registries: all bodies and what became of them, and the policy domains."""
    store = Store()
    for name in ("agencies.ttl", "domains.ttl"):
        store.bulk_load(path=str(folder("ontology") / name), format=RdfFormat.TURTLE)
    return OxigraphEngine.over(store)


def names_engine(shards: Shards) -> OxigraphEngine:
    """What answers for the names of documents and domains: 4 statements a document, and the registries."""
    engine = registry_engine()
    engine.store.bulk_extend(quad for record in shards.records() for quad in _named(record))
    return engine


def _named(record: Record) -> Iterator[Quad]:
    """What the graph says of a document's names."""
    if not record.is_there:
        return
    node = NamedNode(record.iri)
    yield Quad(NamedNode(text_of(record.iri)), term("eli:realizes"), node)
    for predicate, words in (("eli:id_local", record.number), ("dcterms:title", record.title)):
        if words:
            yield Quad(node, term(predicate), Literal(words))
