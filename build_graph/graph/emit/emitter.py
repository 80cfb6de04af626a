"""The tools that all parts of the emission share: the document's IRIs, statements on a subject, and evidence.

Every finding carries its evidence: its position in the repaired text (code points, 0-based, end exclusive),
the words at that position, and line and column in the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.iris import body_iri, document_iri, place_iri, text_iri
from build_graph.graph.statements import Statement, Term, expand, integer, iri, literal
from build_graph.model import Bearer, Body, Document, Span, compute_line_column

PredicateValue = tuple[str, Term | None]  # the prefixed name of a predicate, and its value if any


@dataclass(frozen=True, slots=True)
class Emitter:
    """The data that every part of one document's emission needs; `lines` are offsets of source lines."""

    document: Document
    descriptions: Descriptions
    base: str
    document_iri: str
    graph: Term
    text: Term
    lines: tuple[int, ...]

    @classmethod
    def build(cls, document: Document, descriptions: Descriptions, base: str) -> Emitter:
        """Return the emitter of a document; raises ValueError if `base` is no IRI."""
        lines = document.text.source.find_line_starts()
        name = NamedNode(document_iri(document.id, base)).value
        return cls(document, descriptions, base, name, iri(name), iri(text_iri(name)), lines)

    # ------------------------------------------------------------------------------ names

    def quote(self, span: Span) -> str:
        """Return the words of the repaired text in a span."""
        return span.extract(self.document.text.content)

    def select_distinct(self, spans: Iterable[Span]) -> list[Span]:
        """Return the first span for each wording, in the order of the text."""
        once: dict[str, Span] = {}
        for span in sorted(spans):
            once.setdefault(self.quote(span), span)
        return list(once.values())

    def build_evidence(
        self, thing: str, span: Span, link: str = "ob:hasEvidence", name: str = "evidence"
    ) -> tuple[Statement, ...]:
        """Return the evidence of a thing: its position, words, source line and column."""
        node, kind, selector = iri(f"{thing}/{name}"), expand("rdf:type"), expand("oa:hasSelector")
        position, quote = iri(f"{thing}/{name}/position"), iri(f"{thing}/{name}/quote")
        line, column = compute_line_column(self.lines, self.document.text.find_origin(span.start))
        return (  # without `describe`, since most statements of a graph are made here
            (iri(thing), expand(link), node),
            (node, kind, expand("oa:SpecificResource")),
            (node, expand("oa:hasSource"), self.text),
            (node, selector, position),
            (node, selector, quote),
            (node, expand("ob:sourceLine"), integer(line)),
            (node, expand("ob:sourceColumn"), integer(column)),
            (position, kind, expand("oa:TextPositionSelector")),
            (position, expand("oa:start"), integer(span.start)),
            (position, expand("oa:end"), integer(span.end)),
            (quote, kind, expand("oa:TextQuoteSelector")),
            (quote, expand("oa:exact"), literal(self.quote(span))),
        )

    def describe(self, subject: str, *pairs: PredicateValue) -> Iterator[Statement]:
        """Yield a statement on the subject for each pair that has a value."""
        node = iri(subject)
        for predicate, value in pairs:
            if value is not None:
                yield node, expand(predicate), value

    def link_parts(self, node: str, parent: str) -> Iterator[Statement]:
        """Yield that `node` is part of `parent`, in both directions."""
        whole, part = iri(parent), iri(node)
        yield whole, expand("eli:has_part"), part
        yield part, expand("eli:is_part_of"), whole

    def body_iri(self, body: Body) -> str:
        """Return the IRI of a body; a body of the registry keeps its own IRI, whatever the base."""
        return body_iri(body, self.base)

    def place_iri(self, jurisdiction: str | None) -> Term | None:
        """Return the IRI of an administrative area, or None for the central level."""
        return iri(place_iri(jurisdiction, self.base)) if jurisdiction else None


def find_body(bearer: Bearer) -> Body:
    """Return the bearer's body, or a body made of its words if it was not resolved."""
    return bearer.body or Body(bearer.name, bearer.kind, bearer.name, known=False)
