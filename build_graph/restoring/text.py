"""The text of a document from the graph, with its source, put together again from the changes."""

from __future__ import annotations

from build_graph.graph.changes import undo_repairs
from build_graph.graph.iris import reading_iri, source_iri, text_iri
from build_graph.graph.provenance import MEDIA, hash_text
from build_graph.model import Damage, Repair, Source, Text
from build_graph.reading.edits import map_offsets
from build_graph.restoring.facts import Facts, RestoringError


def restore_text(facts: Facts) -> Text:
    """The text with its repairs; raises RestoringError where they do not lead back to the source."""
    content = facts.require(text_iri(facts.document), "schema:text")
    came, repairs = _undo_changes(facts, content)
    node = source_iri(facts.document)
    if hash_text(came) != facts.require(node, "ob:sha256"):
        raise _create_error(facts)
    source = Source(
        name=facts.require(node, "schema:name"),
        content=came,
        encoding=facts.find_text(node, "ob:encoding") or "",
        media=next((iri.removeprefix(MEDIA) for iri in facts.find_nodes(node, "dcterms:format")), ""),
    )
    damages = (
        Damage(facts.require_span(iri), facts.require(iri, "ob:reason"))
        for iri in facts.list_parts(f"{facts.document}/damage", "ob:Damage")
    )
    return Text(content, source, repairs, tuple(damages), *map_offsets(repairs))


def _undo_changes(facts: Facts, content: str) -> tuple[str, tuple[Repair, ...]]:
    words = facts.find_text(reading_iri(facts.document), "ob:allChanges")
    try:
        return undo_repairs(content, words) if words else (content, ())
    except (ValueError, TypeError, LookupError) as error:
        raise _create_error(facts) from error


def _create_error(facts: Facts) -> RestoringError:
    return RestoringError(
        f"{facts.document}: its ob:allChanges do not lead back to its source, so no place in that can be "
        "given; build the graph with this version of the program"
    )
