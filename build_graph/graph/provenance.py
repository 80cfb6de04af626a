"""How a text was read, as triples: source, repairs, and what stayed damaged or was refused."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from pyoxigraph import NamedNode, Quad

from build_graph import __version__
from build_graph.graph.changes import written
from build_graph.graph.emitter import Emitter, reading_of, source_of, zh
from build_graph.model import Reading, Repair
from build_graph.vocabulary import segment, term

MEDIA = "https://www.iana.org/assignments/media-types/"
_RESTORING = frozenset({"close_holes"})  # repairs that put lost words back: each change is listed


def of_provenance(emit: Emitter) -> Iterator[Quad]:
    """The text, the source that it was read from, the run, and the repairs."""
    text, source = emit.document.text, emit.document.text.source
    reading, program = reading_of(emit.document_iri), emit.program
    yield from emit.about(
        emit.text.value,
        ("rdf:type", term("eli:LegalExpression")),
        ("rdf:type", term("prov:Entity")),
        ("eli:realizes", NamedNode(emit.document_iri)),
        ("eli:title", zh(emit.document.outline.metadata.title)),
        ("schema:text", text.content),
        ("ob:sha256", sha256(text.content)),
        ("prov:wasDerivedFrom", NamedNode(source_of(emit.document_iri))),
        ("prov:wasGeneratedBy", NamedNode(reading)),
    )
    yield from emit.about(
        source_of(emit.document_iri),
        ("rdf:type", term("prov:Entity")),
        ("schema:name", _writable(source.name)),
        ("dcterms:format", NamedNode(MEDIA + source.media)),
        ("ob:encoding", source.encoding or None),
        ("ob:sha256", sha256(source.content)),
    )
    yield from emit.about(MEDIA + source.media, ("rdf:type", term("dcterms:MediaType")))
    yield from emit.about(
        reading,
        ("rdf:type", term("prov:Activity")),
        ("prov:used", NamedNode(source_of(emit.document_iri))),
        ("prov:wasAssociatedWith", NamedNode(program)),
        ("ob:allChanges", written(text.repairs)),
    )
    yield from emit.about(
        program,
        ("rdf:type", term("prov:SoftwareAgent")),
        ("schema:name", "obligation-graph"),
        ("schema:softwareVersion", __version__),
    )
    yield from _repairs(emit, reading)


def _repairs(emit: Emitter, reading: str) -> Iterator[Quad]:
    for name, count in Counter(repair.name for repair in emit.document.text.repairs).items():
        node = f"{emit.document_iri}/repair/{segment(name)}"
        yield from emit.about(reading, ("ob:hasRepair", NamedNode(node)))
        yield from emit.about(
            node,
            ("rdf:type", term("ob:Repair")),
            ("rdfs:label", name),
            ("ob:count", count),
        )
    restoring = [r for r in emit.document.text.repairs if r.name in _RESTORING]
    for index, repair in enumerate(restoring, start=1):
        yield from _change(emit, repair, index)


def _change(emit: Emitter, repair: Repair, index: int) -> Iterator[Quad]:
    owner = f"{emit.document_iri}/repair/{segment(repair.name)}"
    node = f"{owner}/{index}"
    yield from emit.about(owner, ("ob:hasChange", NamedNode(node)))
    yield from emit.about(
        node,
        ("rdf:type", term("ob:Change")),
        ("ob:before", _writable(repair.before)),
        ("ob:after", repair.after),
        ("ob:sourceStart", repair.source.start),
        ("ob:sourceEnd", repair.source.end),
    )
    yield from emit.evidence(node, repair.span)


def of_coverage(emit: Emitter) -> Iterator[Quad]:
    """What the characters of the text were understood as, and the stretches that were not."""
    content, coverage = emit.document.text.content, emit.document.coverage
    node = _coverage_iri(emit)
    yield from emit.about(emit.text.value, ("ob:hasCoverage", NamedNode(node)))
    yield from emit.about(
        node,
        ("rdf:type", term("ob:Coverage")),
        *((f"ob:{kind}Characters", count) for kind, count in coverage.characters(content).items()),
    )
    unread = (span for reading, span in coverage.stretches if reading is Reading.UNREAD)
    for index, span in enumerate(unread, start=1):
        stretch = unread_iri(emit, index)
        yield from emit.about(node, ("ob:hasUnreadStretch", NamedNode(stretch)))
        yield from emit.about(stretch, ("rdf:type", term("ob:UnreadStretch")))
        yield from emit.evidence(stretch, span)


def of_flaws(emit: Emitter) -> Iterator[Quad]:
    """Stretches that stayed damaged, and brackets that were refused."""
    for index, damage in enumerate(emit.document.text.damages, start=1):
        node = damage_iri(emit, index)
        yield from emit.about(emit.text.value, ("ob:hasDamage", NamedNode(node)))
        yield from emit.about(node, ("rdf:type", term("ob:Damage")), ("ob:reason", damage.reason))
        yield from emit.evidence(node, damage.span)
    for index, refusal in enumerate(emit.document.refused, start=1):
        node = refusal_iri(emit, index)
        yield from emit.about(emit.text.value, ("ob:hasRefusedBracket", NamedNode(node)))
        yield from emit.about(node, ("rdf:type", term("ob:RefusedBracket")), ("ob:reason", refusal.reason))
        yield from emit.evidence(node, refusal.span)


def unread_iri(emit: Emitter, index: int) -> str:
    """The IRI of a stretch that was not read; indices here and below count from 1."""
    return f"{_coverage_iri(emit)}/unread/{index}"


def damage_iri(emit: Emitter, index: int) -> str:
    """The IRI of a stretch that stayed damaged."""
    return f"{emit.document_iri}/damage/{index}"


def refusal_iri(emit: Emitter, index: int) -> str:
    """The IRI of a bracket that was refused."""
    return f"{emit.document_iri}/refused/{index}"


def _coverage_iri(emit: Emitter) -> str:
    return f"{emit.document_iri}/coverage"


def _writable(text: str) -> str:
    """The text with a sign for each half of a surrogate pair, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in lower-case hexadecimal, as graphs give it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
