"""A document as triples: one named graph, IRIs from content alone, no blank nodes."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import NamedNode, Quad

from build_graph.graph.bodies import of_bodies, of_domains, of_place
from build_graph.graph.citations import of_citations
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.emitter import Emitter, zh
from build_graph.graph.measures import of_division, of_measure
from build_graph.graph.provenance import of_coverage, of_flaws, of_provenance
from build_graph.model import Body, Document
from build_graph.structure.document_names import standard_number
from build_graph.vocabulary import BASE, term


def quads(
    document: Document, descriptions: Descriptions, base: str = BASE, issuer: Body | None = None
) -> Iterator[Quad]:
    """The statements of a document in the graph named by the document, in the text's order.

    What a document brings along is named under `base`; bodies and domains of the registries keep
    their own IRIs, so that graphs with different bases meet in them. `issuer` is the body that the
    issuer's name stands for; without it the name is looked up as it stands.
    """
    emit = Emitter.of(document, descriptions, base, issuer)
    yield from _metadata(emit)
    yield from of_provenance(emit)
    yield from of_coverage(emit)
    yield from of_flaws(emit)
    for division in document.outline.divisions:
        yield from of_division(emit, division, emit.document_iri)
    for measure in document.measures:
        yield from of_measure(emit, measure)
    yield from of_citations(emit)
    yield from of_bodies(emit)
    yield from of_domains(emit)


def _metadata(emit: Emitter) -> Iterator[Quad]:
    meta = emit.document.outline.metadata
    yield from emit.about(
        emit.document_iri,
        ("rdf:type", term("eli:LegalResource")),
        ("dcterms:title", zh(meta.title)),
        ("eli:id_local", standard_number(meta.number) if meta.number else None),
        ("eli:date_document", meta.issued),
        ("eli:passed_by", NamedNode(emit.body_iri(emit.issuer)) if emit.issuer else None),
        ("eli:jurisdiction", emit.place(emit.document.jurisdiction)),
        *(("ob:addressedTo", name) for name in meta.addressees),
    )
    if emit.document.jurisdiction:
        yield from of_place(emit, emit.document.jurisdiction)
