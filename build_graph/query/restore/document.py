"""A document from its graph, the inverse of `graph.emit`: text, source, outline, citations and coverage.

Some values are not in the graph. They are worked out again from others (the number of clauses, the coverage
but for unread stretches), or are as near as the graph has them: a number is in its standard form, a domain
has one signal, and a citation is a basis if any citation of the same document is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from build_graph.extract.structure.coverage import CoverageMeter
from build_graph.extract.structure.outline import count_clauses
from build_graph.graph.emit.measures import LEVELS
from build_graph.graph.emit.provenance import MEDIA, hash_text, undo_repairs
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.iris import DOCUMENT_PATH, reading_iri, source_iri, text_iri
from build_graph.model import (
    LIST_MARK,
    Citation,
    Coverage,
    CoverageKind,
    Damage,
    Division,
    Document,
    Measure,
    Metadata,
    Outline,
    RejectedBracket,
    Repair,
    Source,
    Span,
    Stretch,
    Text,
)
from build_graph.query.engines import Engine
from build_graph.query.restore.facts import Facts, RestoringError
from build_graph.query.restore.measures import BodyRestorer, restore_issuers, restore_measures, restore_place
from build_graph.text.repair.edits import map_offsets
from build_graph.vocabulary import decode_part


def restore_text(facts: Facts) -> Text:
    """Return the text with its repairs; raises RestoringError if they do not lead to the source."""
    content = facts.require(text_iri(facts.document), "nif:isString")
    came, repairs = _undo_changes(facts, content)
    node = source_iri(facts.document)
    if hash_text(came) != facts.require(node, "ob:sha256"):
        raise _create_error(facts)
    source = Source(
        name=facts.require(node, "schema:name"),
        content=came,
        encoding=facts.read(node, "ob:encoding") or "",
        media=next((iri.removeprefix(MEDIA) for iri in facts.list_values(node, "dcterms:format")), ""),
    )
    damages = (
        Damage(facts.require_span(iri), facts.require(iri, "ob:reason"))
        for iri in facts.list_parts(f"{facts.document}/damage", "ob:Damage")
    )
    return Text(content, source, repairs, tuple(damages), *map_offsets(repairs))


def _undo_changes(facts: Facts, content: str) -> tuple[str, tuple[Repair, ...]]:
    words = facts.read(reading_iri(facts.document), "ob:allChanges")
    try:
        return undo_repairs(content, words) if words else (content, ())
    except (ValueError, TypeError, LookupError) as error:
        raise _create_error(facts) from error


def _create_error(facts: Facts) -> RestoringError:
    return RestoringError(
        f"{facts.document}: its ob:allChanges do not lead back to its source, so no place in that can be "
        "given; build the graph with this version of the program"
    )


def restore_outline(facts: Facts, content: str) -> Outline:
    """Return the outline; raises RestoringError if statements on a division are missing."""
    divisions = _restore_divisions(facts, content, facts.document)
    return Outline(_restore_metadata(facts, content), divisions, count_clauses(divisions))


def _restore_metadata(facts: Facts, content: str) -> Metadata:
    """Return the metadata; addressees are in the order of the text."""
    document = facts.document
    addressees = facts.list_values(document, "ob:addressedTo")
    return Metadata(
        title=facts.read(document, "dcterms:title"),
        number=facts.read(document, "eli:id_local"),
        issuers=tuple(filter(None, (facts.read(document, "ob:issuerAsWritten") or "").split(LIST_MARK))),
        issued=facts.read(document, "eli:date_document"),
        addressees=tuple(sorted(addressees, key=content.find)),
    )


def _restore_divisions(facts: Facts, content: str, parent: str) -> tuple[Division, ...]:
    found = (_restore_division(facts, content, iri) for iri in facts.list_parts(parent, *LEVELS.values()))
    return tuple(sorted(found, key=lambda division: division.span))


def _restore_division(facts: Facts, content: str, iri: str) -> Division:
    span, parts = facts.require_span(iri), _restore_divisions(facts, content, iri)
    start = facts.require(iri, "ob:bodyStart")
    end = parts[0].span.start if parts else span.end
    if not span.start <= start <= span.end:
        raise ValueError(f"the body of {iri} starts outside of it")
    heading = facts.read(iri, "ob:heading")
    return Division(
        level=facts.match_term(iri, "rdf:type", LEVELS),
        mark=facts.read(iri, "eli:number"),
        key=decode_part(iri.rpartition("/")[2]),
        ordinal=facts.read(iri, "ob:ordinal") or 0,
        span=span,
        heading=_find_heading(content, heading, Span(span.start, start)) if heading else None,
        body=Span(start, max(start, end - _count_blanks(content, start, end))),
        principle=facts.read(iri, "ob:statesPrinciples"),
        goal=facts.read(iri, "ob:statesGoals"),
        layout_inferred=facts.read(iri, "ob:layoutInferred"),
        parts=parts,
    )


def _count_blanks(content: str, start: int, end: int) -> int:
    """Return the number of white-space characters at the end of a stretch."""
    words = content[start:end]
    return len(words) - len(words.rstrip())


def _find_heading(content: str, words: str, before_body: Span) -> Span:
    """Return the span of a heading, which only its end mark and white space part from the body."""
    start = content.rfind(words, before_body.start, before_body.end)
    return Span(start, start + len(words))


@dataclass(frozen=True, slots=True)
class RestoredDocument:
    """A document, the descriptions of its bodies and domains, and the base of its IRIs."""

    document: Document
    descriptions: Descriptions
    base: str


def restore_document(engine: Engine, document: NamedNode) -> RestoredDocument:
    """Return the document with an IRI, from the graph of an engine.

    Raises ObligationError if the graph cannot be asked, has no such document, or lacks statements on it.
    """
    base = find_base(document.value)
    try:
        facts = Facts.load(engine, document)
        return RestoredDocument(_build_document(facts, base), Descriptions(facts.collect_names(), {}), base)
    except (ValueError, LookupError) as error:  # not a number, not a date, a place outside of the text
        raise RestoringError(
            f"{document.value}: what the graph says of it does not fit together ({error}); "
            "build the graph with this version of the program"
        ) from error


def _build_document(facts: Facts, base: str) -> Document:
    if text_iri(facts.document) not in facts.values:
        raise RestoringError(
            f"{facts.document}: the graph has no text of such a document; "
            "see which it has with: obligations query documents"
        )
    text = restore_text(facts)
    if outside := next(facts.find_outside(len(text.content)), None):
        raise ValueError(f"{outside} stands outside of the text")
    outline = restore_outline(facts, text.content)
    bodies = BodyRestorer(facts, base)
    measures = restore_measures(facts, bodies, outline.divisions)
    return Document(
        id=decode_part(facts.document.removeprefix(f"{base}{DOCUMENT_PATH}")),
        text=text,
        outline=outline,
        jurisdiction=restore_place(facts, base),
        issuers=restore_issuers(facts, bodies),
        measures=measures,
        refused=tuple(_iterate_rejected(facts)),
        citations=tuple(_iterate_citations(facts)),
        coverage=_restore_coverage(facts, text.content, outline, measures),
        registry=facts.read(reading_iri(facts.document), "ob:registrySha256"),
    )


def find_base(document: str) -> str:
    """Return the base of the IRI of a document.

    >>> find_base("https://example.org/id/d/国发-2015-24")
    'https://example.org/id/'
    """
    return document.rpartition("/")[0].removesuffix(DOCUMENT_PATH.rstrip("/"))


def _iterate_rejected(facts: Facts) -> Iterator[RejectedBracket]:
    for iri in facts.list_parts(f"{facts.document}/refused", "ob:RefusedBracket"):
        yield RejectedBracket(facts.require_span(iri), facts.require(iri, "ob:reason"))


def _iterate_citations(facts: Facts) -> Iterator[Citation]:
    bases = set(facts.list_values(facts.document, "eli:based_on"))
    for iri in facts.list_parts(f"{facts.document}/citation", "ob:Citation"):
        yield Citation(
            facts.require_span(iri),
            facts.read(iri, "ob:citedTitle"),
            facts.read(iri, "ob:citedNumber"),
            facts.require(iri, "ob:citedDocument") in bases,
        )


def _restore_coverage(facts: Facts, content: str, outline: Outline, measures: Sequence[Measure]) -> Coverage:
    """Return the coverage; unread stretches are the graph's, whatever the rules say now."""
    unread = [
        Stretch(CoverageKind.UNREAD, facts.require_span(iri), facts.require(iri, "ob:reason"))
        for iri in facts.list_parts(f"{facts.document}/coverage/unread", "ob:UnreadStretch")
    ]
    now = CoverageMeter.load().measure(content, outline, measures).stretches
    kept = [stretch for stretch in now if stretch.kind is not CoverageKind.UNREAD]
    return Coverage(tuple(sorted([*kept, *unread], key=lambda stretch: stretch.span)))
