"""What every part of the emission shares: the document's IRIs, statements on a subject, and evidence.

Everything that was found in the text carries its evidence: where it stands in the repaired text (code
points, 0-based, end exclusive), the words that stand there, and line and column in the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from build_graph.graph.descriptions import Descriptions
from build_graph.graph.iris import body_iri, document_iri, place_iri, text_of
from build_graph.graph.terms import Statement, Term, iri, named, number, words
from build_graph.model import Bearer, Body, Document, Span, line_column

Said = tuple[str, Term | None]  # the prefixed name of a predicate and what it says, if anything


@dataclass(frozen=True, slots=True)
class Emitter:
    """What the emission of one document needs; `lines` holds where the source's lines start."""

    document: Document
    descriptions: Descriptions
    base: str
    document_iri: str
    graph: Term
    text: Term
    lines: tuple[int, ...]

    @classmethod
    def of(cls, document: Document, descriptions: Descriptions, base: str) -> Emitter:
        """Return the emitter of a document; raises ValueError where `base` is no IRI."""
        lines = document.text.source.line_starts()
        name = NamedNode(document_iri(document.id, base)).value
        return cls(document, descriptions, base, name, iri(name), iri(text_of(name)), lines)

    # ------------------------------------------------------------------------------ names

    def words(self, span: Span) -> str:
        """The words of the repaired text that the span covers."""
        return span.of(self.document.text.content)

    def words_once(self, spans: Iterable[Span]) -> list[Span]:
        """Of the spans with the same words the first, in order."""
        once: dict[str, Span] = {}
        for span in sorted(spans):
            once.setdefault(self.words(span), span)
        return list(once.values())

    def evidence(
        self, thing: str, span: Span, link: str = "ob:hasEvidence", name: str = "evidence"
    ) -> tuple[Statement, ...]:
        """Where a thing stands; most of a graph is this, so it goes without `about`."""
        node, kind, selector = iri(f"{thing}/{name}"), named("rdf:type"), named("oa:hasSelector")
        position, quote = iri(f"{thing}/{name}/position"), iri(f"{thing}/{name}/quote")
        line, column = line_column(self.lines, self.document.text.origin(span.start))
        return (
            (iri(thing), named(link), node),
            (node, kind, named("oa:SpecificResource")),
            (node, named("oa:hasSource"), self.text),
            (node, selector, position),
            (node, selector, quote),
            (node, named("ob:sourceLine"), number(line)),
            (node, named("ob:sourceColumn"), number(column)),
            (position, kind, named("oa:TextPositionSelector")),
            (position, named("oa:start"), number(span.start)),
            (position, named("oa:end"), number(span.end)),
            (quote, kind, named("oa:TextQuoteSelector")),
            (quote, named("oa:exact"), words(self.words(span))),
        )

    def about(self, subject: str, *pairs: Said) -> Iterator[Statement]:
        """The statements on one subject; a pair without a value says nothing."""
        node = iri(subject)
        for predicate, value in pairs:
            if value is not None:
                yield node, named(predicate), value

    def part_of(self, node: str, parent: str) -> Iterator[Statement]:
        """That one division is part of another, in both directions."""
        whole, part = iri(parent), iri(node)
        yield whole, named("eli:has_part"), part
        yield part, named("eli:is_part_of"), whole

    def body_iri(self, body: Body) -> str:
        """The IRI of a body; one that the registry has keeps its own whatever the base."""
        return body_iri(body, self.base)

    def place(self, jurisdiction: str | None) -> Term | None:
        """The IRI of an administrative area, None for the centre."""
        return iri(place_iri(jurisdiction, self.base)) if jurisdiction else None


def body_of(bearer: Bearer) -> Body:
    """The bearer's body; a bearer that nobody resolved keeps its words."""
    return bearer.body or Body(bearer.name, bearer.kind, bearer.name, known=False)
