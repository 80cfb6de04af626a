"""The tools that all parts of the emission share: the document's IRIs, statements on a subject, and evidence.

Every finding points to the passages that show it. A passage is one node, named by its place in the repaired
text (RFC 5147: code points from 0, end exclusive), whatever points to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoxigraph import NamedNode

from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.iris import (
    body_iri,
    document_iri,
    holder_iri,
    measure_iri,
    passage_iri,
    place_iri,
    shared_iri,
    text_iri,
)
from build_graph.graph.properties import PROPERTIES
from build_graph.graph.statements import Statement, Term, expand, integer, iri, literal
from build_graph.model import Bearer, Body, Document, Measure, Span, compute_line_column

PropertyValue = tuple[str, Any]  # a property's name, and its value as the table of properties has it


_FORMATTERS = {name: (expand(name), one.formatter) for name, one in PROPERTIES.items()}
_WORDS, _START, _END = expand("nif:anchorOf"), expand("nif:beginIndex"), expand("nif:endIndex")
_CONTEXT, _POSITION = expand("nif:referenceContext"), expand("ob:sourcePosition")


@dataclass(frozen=True, slots=True)
class Emitter:
    """A document's IRIs, and the statements on it so far; `lines` are offsets of source lines."""

    document: Document
    descriptions: Descriptions
    base: str
    document_iri: str
    text_iri: str
    lines: tuple[int, ...]
    statements: list[Statement] = field(default_factory=list)  # emitted and not taken yet
    _passages: set[Span] = field(default_factory=set)  # of which all was emitted

    @classmethod
    def build(cls, document: Document, descriptions: Descriptions, base: str) -> Emitter:
        """Return the emitter of a document; raises ValueError if `base` is no IRI."""
        lines = document.text.source.find_line_starts()
        name = NamedNode(document_iri(document.id, base)).value
        return cls(document, descriptions, base, name, text_iri(name), lines)

    # ------------------------------------------------------------------------------ names

    @property
    def graph(self) -> Term:
        """The graph of the document's own statements."""
        return iri(self.document_iri)

    @property
    def shared_graph(self) -> Term:
        """The graph of what documents share."""
        return iri(shared_iri(self.base))

    def measure_iri(self, measure: Measure) -> str:
        """Return the IRI of a measure of the document."""
        return measure_iri(self.document_iri, measure)

    def holder_iri(self, measure: Measure) -> str:
        """Return the IRI of the division or document that contains a measure."""
        return holder_iri(self.document_iri, measure)

    def body_iri(self, body: Body) -> str:
        """Return the IRI of a body; a body of the registry keeps its own IRI, whatever the base."""
        return body_iri(body, self.base)

    def place_iri(self, jurisdiction: str | None) -> str | None:
        """Return the IRI of an administrative area, or None for the central level."""
        return place_iri(jurisdiction, self.base) if jurisdiction else None

    # ------------------------------------------------------------------------- statements

    def quote(self, span: Span) -> str:
        """Return the words of the repaired text in a span."""
        return span.extract(self.document.text.content)

    def describe(self, subject: str, kind: str, *pairs: PropertyValue) -> None:
        """Add the class of a subject, and a statement for each property that has a value."""
        self.statements.append((iri(subject), expand("rdf:type"), expand(kind)))
        self.state(subject, *pairs)

    def state(self, subject: str, *pairs: PropertyValue) -> None:
        """Add a statement on the subject for each property that has a value."""
        node = iri(subject)
        for name, value in pairs:
            if value is not None:
                predicate, format_value = _FORMATTERS[name]
                formatted = format_value(value)
                if formatted is not None:
                    self.statements.append((node, predicate, formatted))

    def point(self, subject: str, span: Span, link: str = "ob:hasEvidence") -> None:
        """Add that a passage shows a subject, and once for each passage what it is."""
        passage = iri(passage_iri(self.text_iri, span))
        self.statements.append((iri(subject), expand(link), passage))
        if span in self._passages:
            return
        self._passages.add(span)
        line, column = compute_line_column(self.lines, self.document.text.find_origin(span.start))
        self.statements.extend(
            (
                (passage, _WORDS, literal(self.quote(span))),
                (passage, _START, integer(span.start)),
                (passage, _END, integer(span.end)),
                (passage, _CONTEXT, iri(self.text_iri)),
                (passage, _POSITION, Term(f'"{line}:{column}"')),
            )
        )

    def take_statements(self) -> list[Statement]:
        """Return the statements added since the last call; a few may be there twice."""
        taken = self.statements.copy()
        self.statements.clear()
        return taken


def find_body(bearer: Bearer) -> Body:
    """Return the bearer's body, or a body made of its words if it was not resolved."""
    return bearer.body or Body(bearer.name, bearer.kind, bearer.name, known=False)
