"""Citations as triples: the cited document, the part of this document that cites it, and the words.

A cited document gets the IRI that it has in its own graph, so that the documents of a corpus are linked. A
document that is only cited has no text in the graph: no `eli:realizes` leads to it. What the words say of it
(its title, its number) stands on the citation, since other documents may cite it in other words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from build_graph.extract.citations.document_names import DocumentNames, standardise_number
from build_graph.graph.emit.emitter import Emitter, PropertyValue
from build_graph.graph.iris import citation_iri, division_iri, document_iri, unnamed_iri
from build_graph.model import Citation, Division, Span


def emit_citations(emit: Emitter) -> None:
    """Add every citation with its evidence, and the relations of the document to those that it cites."""
    names, parts = DocumentNames.load(), _DocumentParts.build(emit)
    title = emit.document.outline.metadata.title
    emit.state(emit.document_iri, *_iterate_keys(names, title))
    bases: dict[str, bool] = {}
    for index, citation in enumerate(emit.document.citations, start=1):
        other = citation_target_iri(emit, names, citation)
        bases[other] = bases.get(other, False) or citation.basis
        node = citation_iri(emit.document_iri, index)
        emit.state(parts.find_holder(citation.span.start), ("ob:hasCitation", node))
        emit.describe(
            node,
            "ob:Citation",
            ("ob:citedDocument", other),
            ("ob:citedTitle", citation.title),
            ("ob:citedNumber", standardise_number(citation.number) if citation.number else None),
            ("ob:asWritten", emit.quote(citation.span)),
            *_iterate_keys(names, citation.title),
        )
        emit.point(node, citation.span)
    for other, basis in bases.items():
        emit.state(emit.document_iri, ("eli:based_on" if basis else "eli:cites", other))


def emit_cited(emit: Emitter) -> None:
    """Add that the cited documents are such."""
    names = DocumentNames.load()
    found = (citation_target_iri(emit, names, citation) for citation in emit.document.citations)
    for other in dict.fromkeys(found):
        emit.describe(other, "ob:CitedDocument")


def _iterate_keys(names: DocumentNames, title: str | None) -> Iterator[PropertyValue]:
    for key in names.build_keys(title) if title else ():
        yield "ob:titleKey", key


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
        measures = [(m.span, emit.measure_iri(m)) for m in emit.document.measures]
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
