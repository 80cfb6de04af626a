"""Bodies, places and policy domains as triples: what the registries say of them, or the words alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import NamedNode, Quad

from build_graph.graph.emitter import Emitter, body_of, zh
from build_graph.model import Body, BodyKind, Domain
from build_graph.vocabulary import BASE, path, segment, term


def of_bodies(emit: Emitter) -> Iterator[Quad]:
    """The issuer and every body that bears a measure."""
    bearers = (body_of(bearer) for measure in emit.document.measures for bearer in measure.bearers)
    bodies = dict.fromkeys([emit.issuer, *bearers] if emit.issuer else bearers)
    yield from _described(emit, dict.fromkeys(node for body in bodies for node in _known(emit, body)))
    for body in bodies:
        if NamedNode(emit.body_iri(body)) not in emit.descriptions.statements:
            yield from _stranger(emit, body)


def _known(emit: Emitter, body: Body) -> Iterator[NamedNode]:
    """What the registry may say of a body: the body itself, its functions, the bodies that it answers to."""
    if body.known:
        yield NamedNode(emit.body_iri(body))
    yield from map(_function, body.functions)
    yield from map(_central, body.answers_to)


def _function(id_: str) -> NamedNode:
    return NamedNode(f"{BASE}function/{segment(id_)}")


def _central(id_: str) -> NamedNode:
    return NamedNode(f"{BASE}agency/{segment(id_)}")


def _stranger(emit: Emitter, body: Body) -> Iterator[Quad]:
    """A body that the registry does not have, be it an office or a firm: its words, place and functions."""
    node, words = emit.body_iri(body), ("skos:prefLabel", zh(body.label))
    if body.kind is BodyKind.GROUP:
        yield from emit.about(node, ("rdf:type", term("ob:AgencyGroup")), words)
        return
    jurisdiction = body.id.rpartition("/")[0] or None
    yield from emit.about(
        node,
        ("rdf:type", term("org:FormalOrganization")),
        ("rdf:type", term("schema:Organization")),
        words,
        ("ob:resolved", None if body.resolved else False),
        ("ob:jurisdiction", emit.place(jurisdiction)),
        *(("ob:localFunction", _function(id_)) for id_ in body.functions),
        *(("ob:answersTo", _central(id_)) for id_ in body.answers_to),
    )
    if jurisdiction:
        yield from of_place(emit, jurisdiction)


def of_domains(emit: Emitter) -> Iterator[Quad]:
    """The policy domains of the measures."""
    found = (domain for measure in emit.document.measures for domain in measure.domains)
    yield from _described(emit, dict.fromkeys(map(domain_iri, found)))


def _described(emit: Emitter, nodes: Iterable[NamedNode]) -> Iterator[Quad]:
    for triple in emit.descriptions.of(nodes):
        yield Quad(triple.subject, triple.predicate, triple.object, emit.graph)


def of_place(emit: Emitter, jurisdiction: str) -> Iterator[Quad]:
    """The administrative area with the path `jurisdiction`: 广东省/广州市."""
    return emit.about(
        f"{emit.base}place/{path(jurisdiction)}",
        ("rdf:type", term("schema:AdministrativeArea")),
        ("rdfs:label", zh(jurisdiction.replace("/", ""))),
    )


def domain_iri(domain: Domain) -> NamedNode:
    """The concept of `ontology/domains.ttl` that a finding names."""
    return NamedNode(f"{BASE}domain/{segment(domain.id)}")
