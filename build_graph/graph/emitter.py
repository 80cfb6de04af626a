"""What every part of the emission shares: the document's IRIs, statements on a subject, and evidence.

Everything that was found in the text carries its evidence: where it stands in the repaired text (code
points, 0-based, end exclusive), the words that stand there, and line and column in the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode, Quad

from build_graph import __version__
from build_graph.graph.descriptions import Descriptions
from build_graph.model import Bearer, Body, BodyKind, Document, Span, line_column
from build_graph.vocabulary import BASE, path, segment, term

Value = NamedNode | Literal | str | int | bool | date | None


@dataclass(frozen=True, slots=True)
class Emitter:
    """What the emission of one document needs; `lines` holds where the source's lines start."""

    document: Document
    descriptions: Descriptions
    base: str
    issuer: Body | None
    document_iri: str
    graph: NamedNode
    text: NamedNode
    lines: tuple[int, ...]

    @classmethod
    def of(cls, document: Document, descriptions: Descriptions, base: str, issuer: Body | None) -> Emitter:
        """The emitter of a document; without `issuer` the issuer's name is looked up as it stands."""
        lines = document.text.source.line_starts()
        iri = f"{base}document/{segment(document.id)}"
        graph, text = NamedNode(iri), NamedNode(text_of(iri))
        issuer = issuer or _issuer(document.outline.metadata.issuer, descriptions)
        return cls(document, descriptions, base, issuer, iri, graph, text, lines)

    # ------------------------------------------------------------------------------ names

    @property
    def program(self) -> str:
        """The IRI of this version of the program."""
        return f"{self.base}software/obligation-graph/{__version__}"

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
    ) -> Iterator[Quad]:
        """Where a thing stands; most of a graph is this, so it goes without `_about`."""
        iri, graph, kind = f"{thing}/{name}", self.graph, term("rdf:type")
        node, position, quote = NamedNode(iri), NamedNode(f"{iri}/position"), NamedNode(f"{iri}/quote")
        line, column = line_column(self.lines, self.document.text.origin(span.start))
        yield Quad(NamedNode(thing), term(link), node, graph)
        yield Quad(node, kind, term("oa:SpecificResource"), graph)
        yield Quad(node, term("oa:hasSource"), self.text, graph)
        yield Quad(node, term("oa:hasSelector"), position, graph)
        yield Quad(node, term("oa:hasSelector"), quote, graph)
        yield Quad(node, term("ob:sourceLine"), Literal(line), graph)
        yield Quad(node, term("ob:sourceColumn"), Literal(column), graph)
        yield Quad(position, kind, term("oa:TextPositionSelector"), graph)
        yield Quad(position, term("oa:start"), Literal(span.start), graph)
        yield Quad(position, term("oa:end"), Literal(span.end), graph)
        yield Quad(quote, kind, term("oa:TextQuoteSelector"), graph)
        yield Quad(quote, term("oa:exact"), Literal(self.words(span)), graph)

    def about(self, subject: str, *pairs: tuple[str, Value]) -> Iterator[Quad]:
        """The statements on one subject; a pair without a value says nothing."""
        node = NamedNode(subject)
        for predicate, value in pairs:
            if value is not None:
                yield Quad(node, term(predicate), _object(value), self.graph)

    def part_of(self, node: str, parent: str) -> Iterator[Quad]:
        """That one division is part of another, in both directions."""
        whole, part = NamedNode(parent), NamedNode(node)
        yield Quad(whole, term("eli:has_part"), part, self.graph)
        yield Quad(part, term("eli:is_part_of"), whole, self.graph)

    def body_iri(self, body: Body) -> str:
        """The IRI of a body; one that the registry has keeps its own whatever the base."""
        kind = "group" if body.kind is BodyKind.GROUP else "agency"
        return f"{BASE if body.known else self.base}{kind}/{path(body.id)}"

    def place(self, jurisdiction: str | None) -> NamedNode | None:
        """The IRI of an administrative area, None for the centre."""
        return NamedNode(f"{self.base}place/{path(jurisdiction)}") if jurisdiction else None


def _object(value: NamedNode | Literal | str | int | bool | date) -> NamedNode | Literal:
    if isinstance(value, (NamedNode, Literal)):
        return value
    if isinstance(value, date):
        return Literal(value.isoformat(), datatype=term("xsd:date"))
    return Literal(value)


def text_of(document: str) -> str:
    """The IRI of the text of the document with that IRI."""
    return f"{document}/text"


def source_of(document: str) -> str:
    """The IRI of what the document with that IRI was read from."""
    return f"{document}/source"


def reading_of(document: str) -> str:
    """The IRI of the reading of the document with that IRI."""
    return f"{document}/reading"


def zh(words: str | None) -> Literal | None:
    """The words as a literal in Chinese; None for no words."""
    return Literal(words, language="zh") if words else None


def body_of(bearer: Bearer) -> Body:
    """The bearer's body; a bearer that nobody resolved keeps its words."""
    return bearer.body or Body(bearer.name, bearer.kind, bearer.name, known=False)


def _issuer(name: str | None, descriptions: Descriptions) -> Body | None:
    """The body with the issuer's name, if there is one; it is known if the registry names just one."""
    if name is None:
        return None
    node = descriptions.named(name)
    id_ = node.value.removeprefix(f"{BASE}agency/") if node else name
    return Body(id_, BodyKind.AGENCY, name, known=node is not None)
