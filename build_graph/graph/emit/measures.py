"""Sections, clauses and measures as triples, and the findings of each measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from build_graph.extract.structure.marks import parse_numeral
from build_graph.graph.emit.emitter import Emitter, PropertyValue, find_body
from build_graph.graph.iris import (
    assignment_iri,
    audience_iri,
    bearer_iri,
    division_iri,
    domain_iri,
    group_iri,
    norm_iri,
    qualifier_iri,
    quantity_iri,
    subject_iri,
    target_iri,
)
from build_graph.model import (
    Allocation,
    Assignment,
    BodyKind,
    Division,
    Level,
    Measure,
    Norm,
    NormKind,
    Qualifier,
    QualifierKind,
    Role,
    Span,
    Target,
)

# The terms of the model's values; `query.restore` reads them back.
LEVELS = {Level.SECTION: "ob:Section", Level.CLAUSE: "ob:Clause", Level.CLOSING: "ob:Closing"}
NORMS = {
    NormKind.OBLIGATION: "ob:Obligation",
    NormKind.PROHIBITION: "ob:Prohibition",
    NormKind.PERMISSION: "ob:Permission",
    NormKind.ENCOURAGEMENT: "ob:Encouragement",
}
ROLES = {Role.LEAD: "ob:Lead", Role.SUPPORT: "ob:Support", Role.RESPONSIBLE: "ob:Responsible"}
ALLOCATIONS = {
    Allocation.DIVIDED: "ob:Divided",
    Allocation.JOINT: "ob:Joint",
    Allocation.UNSTATED: "ob:Unstated",
}
RIDERS = {
    QualifierKind.SCOPE: "ob:Scope",
    QualifierKind.DEADLINE: "ob:Deadline",
    QualifierKind.PERSON: "ob:ContactPerson",
    QualifierKind.NOTE: "ob:Note",
}

_QUANTITY = re.compile(
    r"""
    (?P<percent> 百分之 )?                                  # 百分之二十
    (?P<value> \d[\d,]* (?:\.\d+)? | [一二两三四五六七八九十百千]+ )  # 5000, 1,200.5, 十
    (?P<unit> [^\s\d]* )                                    # 亿元, %, 家以上
    """,
    re.VERBOSE,
)


def emit_division(emit: Emitter, division: Division, parent: str) -> None:
    """Add a section or clause with all divisions below it; `parent` is the IRI above it."""
    node = division_iri(parent, division)
    heading = emit.quote(division.heading) if division.heading else None
    emit.describe(
        node,
        LEVELS[division.level],
        ("eli:is_part_of", parent),
        ("eli:number", division.mark),
        ("ob:ordinal", division.ordinal or None),
        ("ob:heading", heading),
        ("rdfs:label", f"{division.mark or ''}{heading or ''}"),
        ("ob:statesPrinciples", division.principle),
        ("ob:statesGoals", division.goal),
        ("ob:layoutInferred", division.layout_inferred),
        ("ob:bodyStart", division.body.start),
    )
    emit.point(node, division.span)
    for part in division.parts:
        emit_division(emit, part, node)


def emit_measure(emit: Emitter, measure: Measure) -> None:
    """Add a measure with its norms, targets, assignment, domains and audiences."""
    node = emit.measure_iri(measure)
    emit.describe(
        node,
        "ob:Measure",
        ("eli:is_part_of", emit.holder_iri(measure)),
        ("ob:statedIn", emit.document_iri),
        ("ob:index", measure.index),
        ("ob:text", emit.quote(measure.span)),
        ("ob:statesGoals", measure.goal),
        ("ob:layoutInferred", bool(measure.assignment and measure.assignment.layout_inferred)),
    )
    emit.point(node, measure.span)
    if measure.assignment or measure.defaults:
        _emit_assignment(emit, measure, node)
    for index, norm in enumerate(measure.norms, start=1):
        _emit_norm(emit, norm, node, norm_iri(node, index))
    _emit_domains(emit, measure, node)
    for index, target in enumerate(measure.targets, start=1):
        _emit_target(emit, target, node, target_iri(node, index))
    _emit_audiences(emit, measure, node)


def _emit_norm(emit: Emitter, norm: Norm, owner: str, node: str) -> None:
    emit.state(owner, ("ob:hasNorm", node))
    emit.describe(
        node,
        NORMS[norm.kind],
        ("ob:text", emit.quote(norm.span)),
        ("ob:cue", emit.quote(norm.cue) if norm.cue else None),
    )
    emit.point(node, norm.span)
    if norm.cue:
        emit.point(node, norm.cue, "ob:kindEvidence")


def _emit_target(emit: Emitter, target: Target, owner: str, node: str) -> None:
    emit.state(owner, ("ob:hasTarget", node))
    emit.describe(node, "ob:Target", ("ob:text", emit.quote(target.span)), ("ob:due", target.due))
    emit.point(node, target.span)
    for index, printed in enumerate(_split_quantities(target.quantity), start=1):
        quantity = quantity_iri(node, index)
        emit.state(node, ("ob:quantity", quantity))
        emit.describe(quantity, "schema:QuantitativeValue", *_describe_quantity(printed))


def _emit_domains(emit: Emitter, measure: Measure, node: str) -> None:
    for rank, domain in enumerate(measure.domains, start=1):
        concept, statement = domain_iri(domain.id), subject_iri(node, rank)
        emit.state(
            node,
            ("dcterms:subject", concept),
            ("ob:mainDomain", concept if rank == 1 else None),
            ("ob:hasDomain", statement),
        )
        emit.describe(
            statement,
            "ob:DomainStatement",
            ("ob:domain", concept),
            ("ob:rank", rank),
            ("ob:inferred", not domain.signals),
        )
        for signal in sorted(domain.signals)[:1]:  # the first is enough to show it; each costs six statements
            emit.point(statement, signal)


def _emit_audiences(emit: Emitter, measure: Measure, node: str) -> None:
    for index, audience in enumerate(measure.audiences, start=1):
        statement, group = audience_iri(node, index), group_iri(audience.name, emit.base)
        emit.state(node, ("dcterms:audience", group), ("ob:hasAudience", statement))
        emit.describe(
            statement,
            "ob:AudienceStatement",
            ("ob:audience", group),
            ("ob:asWritten", emit.quote(audience.span)),
        )
        emit.point(statement, audience.span)


def _emit_assignment(emit: Emitter, measure: Measure, owner: str) -> None:
    """Add a measure's assignment: its own bearers, then those of a rule stated elsewhere."""
    assignment = measure.assignment or _build_default_assignment(measure)
    node = assignment_iri(owner)
    emit.state(
        owner,
        ("ob:hasAssignment", node),
        ("ob:allocation", ALLOCATIONS[assignment.allocation]),
        ("ob:openList", assignment.open),
    )
    emit.describe(
        node,
        "ob:ResponsibilityAssignment",
        ("ob:asWritten", emit.quote(assignment.span)),
        ("ob:inferred", not measure.assignment),
    )
    emit.point(node, assignment.span)
    stated = len(assignment.bearers)
    for rank, bearer in enumerate((*assignment.bearers, *measure.defaults), start=1):
        statement, body = bearer_iri(owner, rank), find_body(bearer)
        group = body.kind is BodyKind.GROUP
        emit.state(owner, ("ob:responsibleGroup" if group else "ob:responsibleAgency", emit.body_iri(body)))
        emit.state(node, ("ob:hasBearer", statement))
        emit.describe(
            statement,
            "ob:BearerStatement",
            ("ob:assignedTo", emit.body_iri(body)),
            ("ob:role", ROLES[bearer.role]),
            ("ob:rank", rank),
            ("ob:asWritten", bearer.name),
            ("ob:inferred", rank > stated),
        )
        emit.point(statement, bearer.span)
    for index, rider in enumerate(assignment.riders, start=1):
        _emit_qualifier(emit, rider, node, qualifier_iri(owner, index))


def _build_default_assignment(measure: Measure) -> Assignment:
    """Return the assignment of a measure whose bearers come only from a rule stated elsewhere."""
    words = Span(measure.defaults[0].span.start, measure.defaults[-1].span.end)
    return Assignment(words, Allocation.UNSTATED, False, ())


def _emit_qualifier(emit: Emitter, rider: Qualifier, owner: str, node: str) -> None:
    emit.state(owner, ("ob:hasRider", node))
    emit.describe(
        node,
        "ob:Rider",
        ("ob:riderKind", RIDERS[rider.kind]),
        ("ob:asWritten", emit.quote(rider.span)),
        ("ob:due", rider.due),
    )
    emit.point(node, rider.span)


# ------------------------------------------------------------------------------------- small parts


def _split_quantities(quantity: str | None) -> list[str]:
    """Return the quantities of a target; 90%、75% are two."""
    return [piece for piece in (quantity or "").split("、") if piece]


def _describe_quantity(printed: str) -> Iterator[PropertyValue]:
    """Yield a quantity as printed, and its value and unit if they can be separated."""
    yield "ob:asWritten", printed
    if found := _QUANTITY.search(unicodedata.normalize("NFKC", printed)):
        value = found["value"].replace(",", "")
        yield "schema:value", value if value[0].isdecimal() else str(parse_numeral(value))
        yield "schema:unitText", "%" if found["percent"] else found["unit"] or None
