"""Agencies, places and policy domains as triples, from the registries or from the document's words alone.

Documents share all of it: what is said of a body depends on its IRI and the registry, never on a document.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from build_graph.graph.emit.emitter import Emitter, find_body
from build_graph.graph.iris import agency_iri, domain_iri, function_iri, group_iri, part_of_iri, place_iri
from build_graph.graph.statements import Term, iri
from build_graph.model import Body, BodyKind


def emit_bodies(emit: Emitter) -> None:
    """Add the statements on the issuers and on every body that bears a measure."""
    bearers = (
        find_body(bearer)
        for measure in emit.document.measures
        for bearer in (*measure.bearers, *measure.defaults)
    )
    bodies = dict.fromkeys([*emit.document.issuers, *bearers])
    known = (node for body in bodies for node in _iterate_known(emit, body))
    emit.statements.extend(emit.descriptions.iterate_descriptions(known))
    for body in bodies:
        if emit.descriptions.is_described(iri(emit.body_iri(body))):
            _emit_registered_place(emit, body)
        else:
            _emit_unregistered(emit, body)


def _iterate_known(emit: Emitter, body: Body) -> Iterator[Term]:
    """Yield the nodes that the registry may describe for a body: itself, its functions, its superiors."""
    if body.known:
        yield iri(emit.body_iri(body))
    yield from map(iri, map(function_iri, body.functions))
    yield from map(iri, map(agency_iri, body.answers_to))


def _emit_registered_place(emit: Emitter, body: Body) -> None:
    """Add the name of the place that an analyst's registry gives a body."""
    place = emit.descriptions.find_value(emit.body_iri(body), "ob:jurisdiction")
    if place:
        path = unquote(place.partition("/place/")[2])
        emit.describe(place, "schema:AdministrativeArea", ("rdfs:label", path.replace("/", "")))


def _emit_unregistered(emit: Emitter, body: Body) -> None:
    """Add the words, place and functions of a body that is not in the registry."""
    node = emit.body_iri(body)
    if body.kind is BodyKind.GROUP:
        emit.describe(node, "ob:AgencyGroup", ("skos:prefLabel", body.label))
        return
    jurisdiction = body.place
    emit.describe(
        node,
        "org:FormalOrganization",
        ("skos:prefLabel", body.label),
        ("ob:resolved", None if body.resolved else False),
        ("ob:jurisdiction", emit.place_iri(jurisdiction)),
        ("org:subOrganizationOf", part_of_iri(body, emit.base)),
        *(("ob:localFunction", function_iri(id_)) for id_ in body.functions),
        *(("ob:answersTo", agency_iri(id_)) for id_ in body.answers_to),
    )
    if jurisdiction:
        emit_place(emit, jurisdiction)


def emit_place(emit: Emitter, jurisdiction: str) -> None:
    """Add the statements on the administrative area with the path `jurisdiction`: 广东省/广州市."""
    emit.describe(
        place_iri(jurisdiction, emit.base),
        "schema:AdministrativeArea",
        ("rdfs:label", jurisdiction.replace("/", "")),
    )


def emit_domains(emit: Emitter) -> None:
    """Add the registry's statements on the policy domains of the measures."""
    found = (domain.id for measure in emit.document.measures for domain in measure.domains)
    emit.statements.extend(emit.descriptions.iterate_descriptions(map(iri, map(domain_iri, found))))


def emit_groups(emit: Emitter) -> None:
    """Add the names of those that the measures are for."""
    names = (audience.name for measure in emit.document.measures for audience in measure.audiences)
    for name in dict.fromkeys(names):
        emit.describe(group_iri(name, emit.base), "ob:TargetGroup", ("rdfs:label", name))
