"""How a text was read, as triples: source, repairs, and what stayed damaged or was refused."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from pyoxigraph import NamedNode

from build_graph import __version__
from build_graph.graph.changes import written
from build_graph.graph.emitter import Emitter
from build_graph.graph.iris import (
    coverage_iri,
    damage_iri,
    program_iri,
    reading_of,
    refusal_iri,
    repair_iri,
    source_of,
    text_of,
    unread_iri,
)
from build_graph.graph.terms import Statement, iri, named, number, words, zh
from build_graph.model import Reading, Repair

MEDIA = "https://www.iana.org/assignments/media-types/"
_RESTORING = frozenset({"close_holes"})  # repairs that put lost words back: each change is listed


def of_provenance(emit: Emitter) -> Iterator[Statement]:
    """The text, the source that it was read from, the run, and the repairs."""
    text, source = emit.document.text, emit.document.text.source
    reading, program = reading_of(emit.document_iri), program_iri(emit.base)
    media = NamedNode(MEDIA + source.media).value
    changes = written(text.repairs)
    yield from emit.about(
        text_of(emit.document_iri),
        ("rdf:type", named("eli:LegalExpression")),
        ("rdf:type", named("prov:Entity")),
        ("eli:realizes", iri(emit.document_iri)),
        ("eli:title", zh(emit.document.outline.metadata.title)),
        ("schema:text", words(text.content)),
        ("ob:sha256", words(sha256(text.content))),
        ("prov:wasDerivedFrom", iri(source_of(emit.document_iri))),
        ("prov:wasGeneratedBy", iri(reading)),
    )
    yield from emit.about(
        source_of(emit.document_iri),
        ("rdf:type", named("prov:Entity")),
        ("schema:name", words(writable(source.name))),
        ("dcterms:format", iri(media)),
        ("ob:encoding", words(source.encoding) if source.encoding else None),
        ("ob:sha256", words(sha256(source.content))),
    )
    yield from emit.about(media, ("rdf:type", named("dcterms:MediaType")))
    yield from emit.about(
        reading,
        ("rdf:type", named("prov:Activity")),
        ("prov:used", iri(source_of(emit.document_iri))),
        ("prov:wasAssociatedWith", iri(program)),
        ("ob:allChanges", words(changes) if changes else None),
    )
    yield from emit.about(
        program,
        ("rdf:type", named("prov:SoftwareAgent")),
        ("schema:name", words("obligation-graph")),
        ("schema:softwareVersion", words(__version__)),
    )
    yield from _repairs(emit, reading)


def _repairs(emit: Emitter, reading: str) -> Iterator[Statement]:
    for name, count in Counter(repair.name for repair in emit.document.text.repairs).items():
        node = repair_iri(emit.document_iri, name)
        yield from emit.about(reading, ("ob:hasRepair", iri(node)))
        yield from emit.about(
            node,
            ("rdf:type", named("ob:Repair")),
            ("rdfs:label", words(name)),
            ("ob:count", number(count)),
        )
    restoring = [r for r in emit.document.text.repairs if r.name in _RESTORING]
    for index, repair in enumerate(restoring, start=1):
        yield from _change(emit, repair, index)


def _change(emit: Emitter, repair: Repair, index: int) -> Iterator[Statement]:
    owner = repair_iri(emit.document_iri, repair.name)
    node = f"{owner}/{index}"
    yield from emit.about(owner, ("ob:hasChange", iri(node)))
    yield from emit.about(
        node,
        ("rdf:type", named("ob:Change")),
        ("ob:before", words(writable(repair.before))),
        ("ob:after", words(repair.after)),
        ("ob:sourceStart", number(repair.source.start)),
        ("ob:sourceEnd", number(repair.source.end)),
    )
    yield from emit.evidence(node, repair.span)


def of_coverage(emit: Emitter) -> Iterator[Statement]:
    """What the characters of the text were understood as, and the stretches that were not."""
    content, coverage = emit.document.text.content, emit.document.coverage
    node = coverage_iri(emit.document_iri)
    yield from emit.about(text_of(emit.document_iri), ("ob:hasCoverage", iri(node)))
    yield from emit.about(
        node,
        ("rdf:type", named("ob:Coverage")),
        *((f"ob:{kind}Characters", number(count)) for kind, count in coverage.characters(content).items()),
    )
    unread = (span for reading, span in coverage.stretches if reading is Reading.UNREAD)
    for index, span in enumerate(unread, start=1):
        stretch = unread_iri(emit.document_iri, index)
        yield from emit.about(node, ("ob:hasUnreadStretch", iri(stretch)))
        yield from emit.about(stretch, ("rdf:type", named("ob:UnreadStretch")))
        yield from emit.evidence(stretch, span)


def of_flaws(emit: Emitter) -> Iterator[Statement]:
    """Stretches that stayed damaged, and brackets that were refused."""
    for index, damage in enumerate(emit.document.text.damages, start=1):
        node = damage_iri(emit.document_iri, index)
        yield from emit.about(text_of(emit.document_iri), ("ob:hasDamage", iri(node)))
        yield from emit.about(node, ("rdf:type", named("ob:Damage")), ("ob:reason", words(damage.reason)))
        yield from emit.evidence(node, damage.span)
    for index, refusal in enumerate(emit.document.refused, start=1):
        node = refusal_iri(emit.document_iri, index)
        yield from emit.about(text_of(emit.document_iri), ("ob:hasRefusedBracket", iri(node)))
        yield from emit.about(
            node, ("rdf:type", named("ob:RefusedBracket")), ("ob:reason", words(refusal.reason))
        )
        yield from emit.evidence(node, refusal.span)


def writable(text: str) -> str:
    """The text with a sign for each half of a surrogate pair, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in lower-case hexadecimal, as graphs give it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
