"""A document from the graph: the inverse of `graph.triples`.

What the graph does not hold is worked out again from what it does (the count of clauses, the readings of
what is not unread) or is as near as the graph has it: the standard form of a number, three signals of a
domain, and whether any citation of a document names it as a basis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from build_graph.graph.descriptions import Descriptions
from build_graph.graph.iris import text_iri
from build_graph.model import Citation, Coverage, CoverageKind, Document, Measure, Outline, RejectedBracket
from build_graph.querying.engines import Engine
from build_graph.restoring.bodies import BodyRestorer, restore_issuer, restore_place
from build_graph.restoring.facts import Facts, RestoringError
from build_graph.restoring.measures import restore_measures
from build_graph.restoring.outline import restore_outline
from build_graph.restoring.text import restore_text
from build_graph.structure.coverage import measure_coverage
from build_graph.vocabulary import decode_part


@dataclass(frozen=True, slots=True)
class RestoredDocument:
    """A document, what is said of its bodies and domains, and the base of its IRIs."""

    document: Document
    descriptions: Descriptions
    base: str


def restore_document(engine: Engine, document: NamedNode) -> RestoredDocument:
    """The document with an IRI, from the graph that an engine answers for.

    Raises ObligationError where the graph cannot be asked, has no such document, or says too little.
    """
    base = find_base(document.value)
    try:
        facts = Facts.load(engine, document)
        return RestoredDocument(_build_document(facts, base), Descriptions(facts.collect_names(), {}), base)
    except (ValueError, LookupError) as error:  # no number, no date, a place outside of the text
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
        id=decode_part(facts.document.removeprefix(f"{base}document/")),
        text=text,
        outline=outline,
        jurisdiction=restore_place(facts, base),
        issuer=restore_issuer(facts, bodies),
        measures=measures,
        refused=tuple(_iterate_rejected(facts)),
        citations=tuple(_iterate_citations(facts)),
        coverage=_restore_coverage(facts, text.content, outline, measures),
    )


def find_base(document: str) -> str:
    """The base of the IRI of a document.

    >>> find_base("https://example.org/id/document/国发-2015-24")
    'https://example.org/id/'
    """
    return document.rpartition("/")[0].removesuffix("document")


def _iterate_rejected(facts: Facts) -> Iterator[RejectedBracket]:
    for iri in facts.list_parts(f"{facts.document}/refused", "ob:RefusedBracket"):
        yield RejectedBracket(facts.require_span(iri), facts.require(iri, "ob:reason"))


def _iterate_citations(facts: Facts) -> Iterator[Citation]:
    bases = set(facts.find_nodes(facts.document, "eli:based_on"))
    for iri in facts.list_parts(f"{facts.document}/citation", "ob:Citation"):
        cited = facts.require_node(iri, "ob:citedDocument")
        title, number = facts.find_text(cited, "eli:title", "zh"), facts.find_text(cited, "eli:id_local")
        yield Citation(facts.require_span(iri), title, number, cited in bases)


def _restore_coverage(facts: Facts, content: str, outline: Outline, measures: Sequence[Measure]) -> Coverage:
    """How the document was understood: unread is what the graph says is, whatever the rules say now."""
    unread = [
        facts.require_span(iri)
        for iri in facts.list_parts(f"{facts.document}/coverage/unread", "ob:UnreadStretch")
    ]
    now = measure_coverage(content, outline, measures).stretches
    kept = [(reading, span) for reading, span in now if reading is not CoverageKind.UNREAD]
    stretches = [*kept, *((CoverageKind.UNREAD, span) for span in unread)]
    return Coverage(tuple(sorted(stretches, key=lambda stretch: stretch[1])))
