"""Citations as triples: the cited document, the part of this document that cites it, and the words.

A cited document gets the IRI that it has in its own graph, so that the documents of a corpus are linked. A
document that is only cited has no text in the graph: no `eli:realizes` leads to it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from build_graph.extract.citations.document_names import DocumentNames, standardise_number
from build_graph.graph.emit.emitter import Emitter, PredicateValue
from build_graph.graph.iris import citation_iri, division_iri, document_iri, measure_iri, unnamed_iri
from build_graph.graph.statements import Statement, expand, iri, literal, zh_literal
from build_graph.model import Citation, Division, Span


def emit_citations(emit: Emitter) -> Iterator[Statement]:
    """Yield every citation with its evidence, the cited document, and the part that cites it."""
    names, parts = DocumentNames.load(), _DocumentParts.build(emit)
    title = emit.document.outline.metadata.title
    yield from emit.describe(emit.document_iri, *_iterate_keys(names, title))
    cited: dict[str, list[Citation]] = {}
    for index, citation in enumerate(emit.document.citations, start=1):
        other = citation_target_iri(emit, names, citation)
        cited.setdefault(other, []).append(citation)
        holder, node = parts.find_holder(citation.span.start), citation_iri(emit.document_iri, index)
        yield from emit.describe(holder, ("ob:hasCitation", iri(node)))
        if holder != emit.document_iri:
            yield from emit.describe(holder, ("eli:cites", iri(other)))
        yield from emit.describe(
            node,
            ("rdf:type", expand("ob:Citation")),
            ("ob:citedDocument", iri(other)),
            ("ob:asWritten", literal(emit.quote(citation.span))),
        )
        yield from emit.build_evidence(node, citation.span)
    for other, citations in cited.items():
        yield from _emit_cited(emit, names, other, citations)


def _emit_cited(
    emit: Emitter, names: DocumentNames, other: str, citations: list[Citation]
) -> Iterator[Statement]:
    """Yield the names of a cited document, and its relation to the document that cites it."""
    basis = any(citation.basis for citation in citations)
    titles = list(dict.fromkeys(c.title for c in citations if c.title))
    number = next((c.number for c in citations if c.number), None)
    yield from emit.describe(emit.document_iri, ("eli:based_on" if basis else "eli:cites", iri(other)))
    yield from emit.describe(
        other,
        ("rdf:type", expand("eli:LegalResource")),
        ("rdf:type", expand("ob:CitedDocument")),
        ("eli:title", zh_literal(titles[0]) if titles else None),
        ("eli:id_local", literal(standardise_number(number)) if number else None),
    )
    keys = dict.fromkeys(pair for title in titles for pair in _iterate_keys(names, title))
    yield from emit.describe(other, *keys)


def _iterate_keys(names: DocumentNames, title: str | None) -> Iterator[PredicateValue]:
    for key in names.build_keys(title) if title else ():
        yield "ob:titleKey", literal(key)


def citation_target_iri(emit: Emitter, names: DocumentNames, citation: Citation) -> str:
    """Return the cited document's IRI, or one below the citing document if it is not identified."""
    identity = names.identify(citation)
    if identity is not None:
        return document_iri(identity, emit.base)
    return unnamed_iri(emit.document_iri, names.build_key(citation.title or ""))


@dataclass(frozen=True, slots=True)
class _DocumentParts:
    """The divisions and measures of a document by position, in document order."""

    document: str
    divisions: list[tuple[Span, str, int]]  # IRI, and the index of the division above; -1 for none
    measures: list[tuple[Span, str]]

    @classmethod
    def build(cls, emit: Emitter) -> _DocumentParts:
        """Return the parts of the emitter's document."""
        divisions: list[tuple[Span, str, int]] = []
        tops = reversed(emit.document.outline.divisions)
        pending: list[tuple[Division, str, int]] = [(top, emit.document_iri, -1) for top in tops]
        while pending:
            division, parent, above = pending.pop()
            node = division_iri(parent, division)
            divisions.append((division.span, node, above))
            pending += [(part, node, len(divisions) - 1) for part in reversed(division.parts)]
        measures = [(m.span, measure_iri(emit.document_iri, m)) for m in emit.document.measures]
        return cls(emit.document_iri, divisions, sorted(measures))

    def find_holder(self, position: int) -> str:
        """Return the IRI of the measure at a position, or else of the lowest division or the document."""
        at = bisect_right(self.measures, position, key=lambda measure: measure[0].start) - 1
        if at >= 0 and position < self.measures[at][0].end:
            return self.measures[at][1]
        at = bisect_right(self.divisions, position, key=lambda division: division[0].start) - 1
        while at >= 0:
            span, node, above = self.divisions[at]
            if position < span.end:
                return node
            at = above
        return self.document
