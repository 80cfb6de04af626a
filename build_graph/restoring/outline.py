"""The outline of a document from the graph: metadata, and divisions with their headings and bodies."""

from __future__ import annotations

from build_graph.graph.measures import LEVELS
from build_graph.model import Division, Metadata, Outline, Span
from build_graph.restoring.facts import Facts
from build_graph.structure.outline import count_clauses
from build_graph.vocabulary import plain


def restored_outline(facts: Facts, content: str) -> Outline:
    """The outline; raises RestoringError where the graph says too little of a division."""
    divisions = _divisions(facts, content, facts.document)
    return Outline(_metadata(facts, content), divisions, count_clauses(divisions))


def _metadata(facts: Facts, content: str) -> Metadata:
    """The metadata; addressees in the order in which the text names them."""
    document = facts.document
    addressees = facts.texts(document, "ob:addressedTo")
    return Metadata(
        title=facts.text(document, "dcterms:title", "zh"),
        number=facts.text(document, "eli:id_local"),
        issuer=facts.text(document, "ob:issuerAsWritten"),
        issued=facts.day(document, "eli:date_document"),
        addressees=tuple(sorted(addressees, key=content.find)),
    )


def _divisions(facts: Facts, content: str, parent: str) -> tuple[Division, ...]:
    found = (_division(facts, content, iri) for iri in facts.parts(parent, *LEVELS.values()))
    return tuple(sorted(found, key=lambda division: division.span))


def _division(facts: Facts, content: str, iri: str) -> Division:
    span, parts = facts.span(iri), _divisions(facts, content, iri)
    start = int(facts.needed(iri, "ob:bodyStart"))
    end = parts[0].span.start if parts else span.end
    if not span.start <= start <= span.end:
        raise ValueError(f"the body of {iri} starts outside of it")
    heading = facts.text(iri, "ob:heading")
    return Division(
        level=facts.one_of(iri, "rdf:type", LEVELS),
        mark=facts.text(iri, "eli:number"),
        key=plain(iri.rpartition("/")[2]),
        ordinal=facts.number(iri, "ob:ordinal") or 0,
        span=span,
        heading=_heading(content, heading, Span(span.start, start)) if heading else None,
        body=Span(start, max(start, end - _blanks(content, start, end))),
        principle=facts.flag(iri, "ob:statesPrinciples"),
        goal=facts.flag(iri, "ob:statesGoals"),
        parts=parts,
    )


def _blanks(content: str, start: int, end: int) -> int:
    """How many characters of white space a stretch ends in."""
    words = content[start:end]
    return len(words) - len(words.rstrip())


def _heading(content: str, words: str, before_body: Span) -> Span:
    """Where a heading stands: nothing but its end mark and white space stand between it and the body."""
    start = content.rfind(words, before_body.start, before_body.end)
    return Span(start, start + len(words))
