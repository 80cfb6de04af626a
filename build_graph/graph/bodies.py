"""Bodies, places and policy domains as triples: what the registries say of them, or the words alone."""

from __future__ import annotations

from collections.abc import Iterator

from build_graph.graph.emitter import Emitter, body_of
from build_graph.graph.iris import agency_iri, domain_iri, function_iri, place_iri
from build_graph.graph.terms import Statement, Term, iri, named, truth, zh
from build_graph.model import Body, BodyKind


def of_bodies(emit: Emitter) -> Iterator[Statement]:
    """The issuer and every body that bears a measure."""
    issuer = emit.document.issuer
    bearers = (body_of(bearer) for measure in emit.document.measures for bearer in measure.bearers)
    bodies = dict.fromkeys([issuer, *bearers] if issuer else bearers)
    yield from emit.descriptions.of(node for body in bodies for node in _known(emit, body))
    for body in bodies:
        if not emit.descriptions.has(iri(emit.body_iri(body))):
            yield from _stranger(emit, body)


def _known(emit: Emitter, body: Body) -> Iterator[Term]:
    """What the registry may say of a body: the body itself, its functions, the bodies that it answers to."""
    if body.known:
        yield iri(emit.body_iri(body))
    yield from map(iri, map(function_iri, body.functions))
    yield from map(iri, map(agency_iri, body.answers_to))


def _stranger(emit: Emitter, body: Body) -> Iterator[Statement]:
    """A body that the registry does not have, be it an office or a firm: its words, place and functions."""
    node, words = emit.body_iri(body), ("skos:prefLabel", zh(body.label))
    if body.kind is BodyKind.GROUP:
        yield from emit.about(node, ("rdf:type", named("ob:AgencyGroup")), words)
        return
    jurisdiction = body.id.rpartition("/")[0] or None
    yield from emit.about(
        node,
        ("rdf:type", named("org:FormalOrganization")),
        ("rdf:type", named("schema:Organization")),
        words,
        ("ob:resolved", None if body.resolved else truth(False)),
        ("ob:jurisdiction", emit.place(jurisdiction)),
        *(("ob:localFunction", iri(function_iri(id_))) for id_ in body.functions),
        *(("ob:answersTo", iri(agency_iri(id_))) for id_ in body.answers_to),
    )
    if jurisdiction:
        yield from of_place(emit, jurisdiction)


def of_domains(emit: Emitter) -> Iterator[Statement]:
    """The policy domains of the measures."""
    found = (domain for measure in emit.document.measures for domain in measure.domains)
    yield from emit.descriptions.of(map(iri, map(domain_iri, found)))


def of_place(emit: Emitter, jurisdiction: str) -> Iterator[Statement]:
    """The administrative area with the path `jurisdiction`: 广东省/广州市."""
    return emit.about(
        place_iri(jurisdiction, emit.base),
        ("rdf:type", named("schema:AdministrativeArea")),
        ("rdfs:label", zh(jurisdiction.replace("/", ""))),
    )
