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
from build_graph.graph.iris import text_of
from build_graph.model import Citation, Coverage, Document, Measure, Outline, Reading, Refusal
from build_graph.querying.engines import Engine
from build_graph.restoring.bodies import Bodies, restore_issuer, restored_place
from build_graph.restoring.facts import Facts, RestoringError
from build_graph.restoring.measures import restored_measures
from build_graph.restoring.outline import restored_outline
from build_graph.restoring.text import restored_text
from build_graph.structure.coverage import coverage
from build_graph.vocabulary import plain


@dataclass(frozen=True, slots=True)
class Described:
    """A document, what is said of its bodies and domains, and the base of its IRIs."""

    document: Document
    descriptions: Descriptions
    base: str


def restored(engine: Engine, document: NamedNode) -> Described:
    """The document with an IRI, from the graph that an engine answers for.

    Raises ObligationError where the graph cannot be asked, has no such document, or says too little.
    """
    base = base_of(document.value)
    try:
        facts = Facts.of(engine, document)
        return Described(_document(facts, base), Descriptions(facts.names(), {}), base)
    except (ValueError, LookupError) as error:  # no number, no date, a place outside of the text
        raise RestoringError(
            f"{document.value}: what the graph says of it does not fit together ({error}); "
            "build the graph with this version of the program"
        ) from error


def _document(facts: Facts, base: str) -> Document:
    if text_of(facts.document) not in facts.said:
        raise RestoringError(
            f"{facts.document}: the graph has no text of such a document; "
            "see which it has with: obligations query documents"
        )
    text = restored_text(facts)
    if outside := next(facts.outside(len(text.content)), None):
        raise ValueError(f"{outside} stands outside of the text")
    outline = restored_outline(facts, text.content)
    bodies = Bodies(facts, base)
    measures = restored_measures(facts, bodies, outline.divisions)
    return Document(
        id=plain(facts.document.removeprefix(f"{base}document/")),
        text=text,
        outline=outline,
        jurisdiction=restored_place(facts, base),
        issuer=restore_issuer(facts, bodies),
        measures=measures,
        refused=tuple(_refusals(facts)),
        citations=tuple(_citations(facts)),
        coverage=_coverage(facts, text.content, outline, measures),
    )


def base_of(document: str) -> str:
    """The base of the IRI of a document.

    >>> base_of("https://example.org/id/document/国发-2015-24")
    'https://example.org/id/'
    """
    return document.rpartition("/")[0].removesuffix("document")


def _refusals(facts: Facts) -> Iterator[Refusal]:
    for iri in facts.parts(f"{facts.document}/refused", "ob:RefusedBracket"):
        yield Refusal(facts.span(iri), facts.needed(iri, "ob:reason"))


def _citations(facts: Facts) -> Iterator[Citation]:
    bases = set(facts.nodes(facts.document, "eli:based_on"))
    for iri in facts.parts(f"{facts.document}/citation", "ob:Citation"):
        cited = facts.needed_node(iri, "ob:citedDocument")
        title, number = facts.text(cited, "eli:title", "zh"), facts.text(cited, "eli:id_local")
        yield Citation(facts.span(iri), title, number, cited in bases)


def _coverage(facts: Facts, content: str, outline: Outline, measures: Sequence[Measure]) -> Coverage:
    """How the document was understood: unread is what the graph says is, whatever the rules say now."""
    unread = [facts.span(iri) for iri in facts.parts(f"{facts.document}/coverage/unread", "ob:UnreadStretch")]
    now = coverage(content, outline, measures).stretches
    kept = [(reading, span) for reading, span in now if reading is not Reading.UNREAD]
    stretches = [*kept, *((Reading.UNREAD, span) for span in unread)]
    return Coverage(tuple(sorted(stretches, key=lambda stretch: stretch[1])))
