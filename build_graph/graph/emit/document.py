"""A document as triples in two named graphs, with IRIs from content alone and no blank nodes.

What the document says stands in the graph that its IRI names. What documents share (bodies, domains, places,
target groups) stands in one graph for all of them, so that no statement stands in two graphs. The modules
beside this one each emit a part; this one puts the parts in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Quad

from build_graph.errors import build_fault
from build_graph.extract.citations.document_names import standardise_number
from build_graph.graph.emit.agencies import emit_bodies, emit_domains, emit_groups, emit_place
from build_graph.graph.emit.citations import emit_citations, emit_cited
from build_graph.graph.emit.emitter import Emitter
from build_graph.graph.emit.measures import emit_division, emit_measure
from build_graph.graph.emit.provenance import (
    emit_coverage,
    emit_flaws,
    emit_program,
    emit_provenance,
    replace_surrogates,
)
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import Statement, Term, expand, iri, literal, parse_statements
from build_graph.model import LIST_MARK, Document
from build_graph.vocabulary import BASE, ONTOLOGY_VERSION


@dataclass(frozen=True, slots=True)
class Part:
    """Statements on one measure (`root`) and all that lies below it, or on the rest of a document.

    Later parts have no more statements on `root` and on IRIs below it.
    """

    root: str  # an IRI; empty for statements outside of measures
    statements: Sequence[Statement]
    graph: Term

    @property
    def quads(self) -> Iterator[Quad]:
        """The statements as objects of the store."""
        return parse_statements(self.statements, self.graph)

    def owns(self, subject: str) -> bool:
        """Return whether a subject, in angle brackets, is the part's root or lies below it.

        >>> part = Part("https://x/m1", (), iri("https://x"))
        >>> part.owns("<https://x/m1/n1>"), part.owns("<https://x/m10>"), part.owns("<https://x>")
        (True, False, False)
        """
        root = f"<{self.root}"
        return bool(self.root) and subject.startswith((f"{root}>", f"{root}/"))


def iterate_quads(document: Document, descriptions: Descriptions, base: str = BASE) -> Iterator[Quad]:
    """Yield the statements of a document as quads of its graph and of the shared one.

    The document's own things have IRIs under `base`; bodies and domains of the registries keep their own
    IRIs, which link graphs of different bases.
    """
    for part in iterate_parts(document, descriptions, base):
        yield from part.quads


def iterate_parts(document: Document, descriptions: Descriptions, base: str = BASE) -> Iterator[Part]:
    """Yield the parts of a document: what it shares with others, what its measures share, then each measure.

    A long document has many measures; as a stream they need not all be in memory.
    """
    emit = Emitter.build(document, descriptions, base)
    _emit_shared(emit)
    once = dict.fromkeys(emit.take_statements())  # several bodies are of one place
    yield Part("", list(once), emit.shared_graph)
    _emit_frame(emit)
    yield Part("", emit.take_statements(), emit.graph)
    for measure in document.measures:
        emit_measure(emit, measure)
        yield Part(emit.measure_iri(measure), emit.take_statements(), emit.graph)


def collect_parts(document: Document, descriptions: Descriptions, base: str = BASE) -> list[Part]:
    """Return all parts of a document; raise FaultError if the program fails at it."""
    try:
        return list(iterate_parts(document, descriptions, base))
    except Exception as error:
        raise build_fault(document.text.source.name, error) from error


def _emit_shared(emit: Emitter) -> None:
    """Add what other documents may say as well; each statement depends on its subject alone."""
    emit.describe(ONTOLOGY_VERSION, "dcterms:Standard")
    emit_program(emit)
    if emit.document.jurisdiction:
        emit_place(emit, emit.document.jurisdiction)
    emit_bodies(emit)
    emit_domains(emit)
    emit_groups(emit)
    emit_cited(emit)


def _emit_frame(emit: Emitter) -> None:
    """Add the document's own statements outside of measures, among them all that measures refer to."""
    _emit_metadata(emit)
    emit_provenance(emit)
    emit_coverage(emit)
    emit_flaws(emit)
    for division in emit.document.outline.divisions:
        emit_division(emit, division, emit.document_iri)
    emit_citations(emit)


def _emit_metadata(emit: Emitter) -> None:
    meta = emit.document.outline.metadata
    emit.describe(
        emit.document_iri,
        "eli:LegalResource",
        ("dcterms:conformsTo", ONTOLOGY_VERSION),
        ("dcterms:title", meta.title),
        ("eli:id_local", standardise_number(meta.number) if meta.number else None),
        ("eli:date_document", meta.issued),
        ("ob:issuerAsWritten", LIST_MARK.join(meta.issuers) or None),
        *(("eli:passed_by", emit.body_iri(issuer)) for issuer in emit.document.issuers),
        ("eli:jurisdiction", emit.place_iri(emit.document.jurisdiction)),
        *(("ob:addressedTo", name) for name in meta.addressees),
    )
    if not (meta.title or meta.number):  # then the file's name, which is in no language, is its label
        name = literal(replace_surrogates(emit.document.text.source.name))
        emit.statements.append((iri(emit.document_iri), expand("rdfs:label"), name))
