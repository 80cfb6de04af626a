"""The outline of a document from the graph: metadata, and divisions with their headings and bodies."""

from __future__ import annotations

from build_graph.graph.measures import LEVELS
from build_graph.model import Division, Metadata, Outline, Span
from build_graph.restoring.facts import Facts
from build_graph.structure.outline import count_clauses
from build_graph.vocabulary import decode_part


def restore_outline(facts: Facts, content: str) -> Outline:
    """The outline; raises RestoringError where the graph says too little of a division."""
    divisions = _restore_divisions(facts, content, facts.document)
    return Outline(_restore_metadata(facts, content), divisions, count_clauses(divisions))


def _restore_metadata(facts: Facts, content: str) -> Metadata:
    """The metadata; addressees in the order in which the text names them."""
    document = facts.document
    addressees = facts.find_texts(document, "ob:addressedTo")
    return Metadata(
        title=facts.find_text(document, "dcterms:title", "zh"),
        number=facts.find_text(document, "eli:id_local"),
        issuer=facts.find_text(document, "ob:issuerAsWritten"),
        issued=facts.read_day(document, "eli:date_document"),
        addressees=tuple(sorted(addressees, key=content.find)),
    )


def _restore_divisions(facts: Facts, content: str, parent: str) -> tuple[Division, ...]:
    found = (_restore_division(facts, content, iri) for iri in facts.list_parts(parent, *LEVELS.values()))
    return tuple(sorted(found, key=lambda division: division.span))


def _restore_division(facts: Facts, content: str, iri: str) -> Division:
    span, parts = facts.require_span(iri), _restore_divisions(facts, content, iri)
    start = int(facts.require(iri, "ob:bodyStart"))
    end = parts[0].span.start if parts else span.end
    if not span.start <= start <= span.end:
        raise ValueError(f"the body of {iri} starts outside of it")
    heading = facts.find_text(iri, "ob:heading")
    return Division(
        level=facts.match_term(iri, "rdf:type", LEVELS),
        mark=facts.find_text(iri, "eli:number"),
        key=decode_part(iri.rpartition("/")[2]),
        ordinal=facts.read_number(iri, "ob:ordinal") or 0,
        span=span,
        heading=_find_heading(content, heading, Span(span.start, start)) if heading else None,
        body=Span(start, max(start, end - _count_blanks(content, start, end))),
        principle=facts.is_true(iri, "ob:statesPrinciples"),
        goal=facts.is_true(iri, "ob:statesGoals"),
        parts=parts,
    )


def _count_blanks(content: str, start: int, end: int) -> int:
    """How many characters of white space a stretch ends in."""
    words = content[start:end]
    return len(words) - len(words.rstrip())


def _find_heading(content: str, words: str, before_body: Span) -> Span:
    """Where a heading stands: nothing but its end mark and white space stand between it and the body."""
    start = content.rfind(words, before_body.start, before_body.end)
    return Span(start, start + len(words))
