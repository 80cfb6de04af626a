"""The text of a document from the graph, with its source, put together again from the changes."""

from __future__ import annotations

from build_graph.graph.changes import undone
from build_graph.graph.iris import reading_of, source_of, text_of
from build_graph.graph.provenance import MEDIA, sha256
from build_graph.model import Damage, Repair, Source, Text
from build_graph.reading.edits import way_back
from build_graph.restoring.facts import Facts, RestoringError


def restored_text(facts: Facts) -> Text:
    """The text with its repairs; raises RestoringError where they do not lead back to the source."""
    content = facts.needed(text_of(facts.document), "schema:text")
    came, repairs = _undone(facts, content)
    node = source_of(facts.document)
    if sha256(came) != facts.needed(node, "ob:sha256"):
        raise _no_way_back(facts)
    source = Source(
        name=facts.needed(node, "schema:name"),
        content=came,
        encoding=facts.text(node, "ob:encoding") or "",
        media=next((iri.removeprefix(MEDIA) for iri in facts.nodes(node, "dcterms:format")), ""),
    )
    damages = (
        Damage(facts.span(iri), facts.needed(iri, "ob:reason"))
        for iri in facts.parts(f"{facts.document}/damage", "ob:Damage")
    )
    return Text(content, source, repairs, tuple(damages), *way_back(repairs))


def _undone(facts: Facts, content: str) -> tuple[str, tuple[Repair, ...]]:
    words = facts.text(reading_of(facts.document), "ob:allChanges")
    try:
        return undone(content, words) if words else (content, ())
    except (ValueError, TypeError, LookupError) as error:
        raise _no_way_back(facts) from error


def _no_way_back(facts: Facts) -> RestoringError:
    return RestoringError(
        f"{facts.document}: its ob:allChanges do not lead back to its source, so no place in that can be "
        "given; build the graph with this version of the program"
    )
