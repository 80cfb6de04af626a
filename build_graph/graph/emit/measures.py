"""Sections, clauses and measures as triples, and the findings of each measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from build_graph.extract.structure.marks import parse_numeral
from build_graph.graph.emit.emitter import Emitter, PredicateValue, find_body
from build_graph.graph.iris import (
    assignment_iri,
    audience_iri,
    bearer_iri,
    division_iri,
    domain_iri,
    group_iri,
    holder_iri,
    measure_iri,
    norm_iri,
    qualifier_iri,
    quantity_iri,
    subject_iri,
    target_iri,
)
from build_graph.graph.statements import (
    Statement,
    boolean,
    date_literal,
    decimal,
    expand,
    integer,
    iri,
    literal,
    true_or_none,
    zh_literal,
)
from build_graph.model import (
    Allocation,
    Assignment,
    Bearer,
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
_SHORTCUTS = 100  # bodies; with more, norms get no direct links, or there would be norms times bodies
SIGNALS = 3  # words in the graph for each domain; others are only in the text

_QUANTITY = re.compile(
    r"""
    (?P<percent> 百分之 )?                                  # 百分之二十
    (?P<value> \d[\d,]* (?:\.\d+)? | [一二两三四五六七八九十百千]+ )  # 5000, 1,200.5, 十
    (?P<unit> [^\s\d]* )                                    # 亿元, %, 家以上
    """,
    re.VERBOSE,
)


def emit_division(emit: Emitter, division: Division, parent: str) -> Iterator[Statement]:
    """Yield a section or clause with all divisions below it; `parent` is the IRI above it."""
    content = emit.document.text.content
    node = division_iri(parent, division)
    heading = division.heading.extract(content) if division.heading else None
    yield from emit.link_parts(node, parent)
    yield from emit.describe(
        node,
        ("rdf:type", expand("eli:LegalResourceSubdivision")),
        ("rdf:type", expand(LEVELS[division.level])),
        ("eli:number", literal(division.mark) if division.mark is not None else None),
        ("ob:ordinal", integer(division.ordinal) if division.ordinal else None),
        ("ob:heading", literal(heading) if heading is not None else None),
        ("rdfs:label", zh_literal(f"{division.mark or ''}{heading or ''}" or None)),
        ("ob:statesPrinciples", true_or_none(division.principle)),
        ("ob:statesGoals", true_or_none(division.goal)),
        ("ob:bodyStart", integer(division.body.start)),
    )
    yield from emit.build_evidence(node, division.span)
    for part in division.parts:
        yield from emit_division(emit, part, node)


def emit_measure(emit: Emitter, measure: Measure) -> Iterator[Statement]:
    """Yield a measure with its norms, targets, assignment, domains and audiences."""
    parent, node = holder_iri(emit.document_iri, measure), measure_iri(emit.document_iri, measure)
    bodies = tuple(_iterate_responsible(emit, measure))
    yield from emit.link_parts(node, parent)
    yield from emit.describe(
        node,
        ("rdf:type", expand("eli:LegalResourceSubdivision")),
        ("rdf:type", expand("ob:Measure")),
        ("ob:statedIn", iri(emit.document_iri)),
        ("ob:index", integer(measure.index)),
        ("ob:text", literal(emit.quote(measure.span))),
        ("ob:statesGoals", true_or_none(measure.goal)),
        *bodies,
    )
    yield from emit.build_evidence(node, measure.span)
    shortcuts = bodies if len(measure.bearers) <= _SHORTCUTS else ()
    for index, norm in enumerate(measure.norms, start=1):
        yield from _emit_norm(emit, norm, shortcuts, node, norm_iri(node, index))
    for index, target in enumerate(measure.targets, start=1):
        yield from _emit_target(emit, target, node, target_iri(node, index))
    if measure.assignment or measure.defaults:
        yield from _emit_assignment(emit, measure, node)
    yield from _emit_domains(emit, measure, node)
    yield from _emit_audiences(emit, measure, node)


def _iterate_responsible(emit: Emitter, measure: Measure) -> Iterator[PredicateValue]:
    """Yield the direct links from a measure, and from its norms, to the bodies that bear it."""
    for bearer in (*measure.bearers, *measure.defaults):
        group = find_body(bearer).kind is BodyKind.GROUP
        yield (
            "ob:responsibleGroup" if group else "ob:responsibleAgency",
            iri(emit.body_iri(find_body(bearer))),
        )


def _emit_norm(
    emit: Emitter, norm: Norm, bodies: Iterable[PredicateValue], owner: str, node: str
) -> Iterator[Statement]:
    yield from emit.describe(owner, ("ob:hasNorm", iri(node)))
    yield from emit.describe(
        node,
        ("rdf:type", expand("ob:Norm")),
        ("rdf:type", expand(NORMS[norm.kind])),
        ("ob:text", literal(emit.quote(norm.span))),
        ("ob:cue", literal(emit.quote(norm.cue)) if norm.cue else None),
        *bodies,
    )
    yield from emit.build_evidence(node, norm.span)
    if norm.cue:
        yield from emit.build_evidence(node, norm.cue, "ob:kindEvidence", "cue")


def _emit_target(emit: Emitter, target: Target, owner: str, node: str) -> Iterator[Statement]:
    yield from emit.describe(owner, ("ob:hasTarget", iri(node)))
    yield from emit.describe(
        node,
        ("rdf:type", expand("ob:Target")),
        ("ob:text", literal(emit.quote(target.span))),
        ("ob:due", date_literal(target.due)),
    )
    yield from emit.build_evidence(node, target.span)
    for index, printed in enumerate(_split_quantities(target.quantity), start=1):
        quantity = quantity_iri(node, index)
        yield from emit.describe(node, ("ob:quantity", iri(quantity)))
        yield from emit.describe(quantity, *_describe_quantity(printed))


def _emit_domains(emit: Emitter, measure: Measure, node: str) -> Iterator[Statement]:
    for rank, domain in enumerate(measure.domains, start=1):
        concept = iri(domain_iri(domain))
        statement = subject_iri(node, domain)
        yield from emit.describe(
            node,
            ("dcterms:subject", concept),
            ("ob:mainDomain", concept if rank == 1 else None),
            ("ob:hasDomain", iri(statement)),
        )
        yield from emit.describe(
            statement,
            ("rdf:type", expand("ob:DomainStatement")),
            ("ob:domain", concept),
            ("ob:rank", integer(rank)),
            ("ob:inferred", true_or_none(not domain.signals)),
        )
        for index, signal in enumerate(emit.select_distinct(domain.signals)[:SIGNALS], start=1):
            yield from emit.build_evidence(statement, signal, name=_format_evidence_name(index))


def _emit_audiences(emit: Emitter, measure: Measure, node: str) -> Iterator[Statement]:
    for index, audience in enumerate(measure.audiences, start=1):
        statement = audience_iri(node, index)
        group = group_iri(audience.name, emit.base)
        yield from emit.describe(node, ("dcterms:audience", iri(group)), ("ob:hasAudience", iri(statement)))
        yield from emit.describe(
            statement,
            ("rdf:type", expand("ob:AudienceStatement")),
            ("ob:audience", iri(group)),
            ("ob:asWritten", literal(emit.quote(audience.span))),
        )
        yield from emit.build_evidence(statement, audience.span)
        yield from emit.describe(
            group,
            ("rdf:type", expand("ob:TargetGroup")),
            ("rdfs:label", zh_literal(audience.name)),
        )


def _emit_assignment(emit: Emitter, measure: Measure, owner: str) -> Iterator[Statement]:
    """Yield a measure's assignment: its own bearers, then those of a rule stated elsewhere."""
    assignment = measure.assignment or _build_default_assignment(measure)
    node = assignment_iri(owner)
    yield from emit.describe(
        owner,
        ("ob:hasAssignment", iri(node)),
        ("ob:allocation", expand(ALLOCATIONS[assignment.allocation])),
        ("ob:openList", boolean(assignment.open)),
    )
    yield from emit.describe(
        node,
        ("rdf:type", expand("ob:ResponsibilityAssignment")),
        ("ob:asWritten", literal(emit.quote(assignment.span))),
        ("ob:inferred", true_or_none(not measure.assignment)),
    )
    yield from emit.build_evidence(node, assignment.span)
    stated = len(assignment.bearers)
    for rank, bearer in enumerate((*assignment.bearers, *measure.defaults), start=1):
        statement = bearer_iri(owner, rank)
        yield from emit.describe(node, ("ob:hasBearer", iri(statement)))
        yield from emit.describe(statement, *_describe_bearer(emit, bearer, rank, inferred=rank > stated))
        yield from emit.build_evidence(statement, bearer.span)
    for index, rider in enumerate(assignment.riders, start=1):
        yield from _emit_qualifier(emit, rider, node, qualifier_iri(owner, index))


def _describe_bearer(emit: Emitter, bearer: Bearer, rank: int, *, inferred: bool) -> Iterator[PredicateValue]:
    yield "rdf:type", expand("ob:BearerStatement")
    yield "ob:assignedTo", iri(emit.body_iri(find_body(bearer)))
    yield "ob:role", expand(ROLES[bearer.role])
    yield "ob:rank", integer(rank)
    yield "ob:asWritten", literal(bearer.name)
    yield "ob:inferred", true_or_none(inferred)


def _build_default_assignment(measure: Measure) -> Assignment:
    """Return the assignment of a measure whose bearers come only from a rule stated elsewhere."""
    words = Span(measure.defaults[0].span.start, measure.defaults[-1].span.end)
    return Assignment(words, Allocation.UNSTATED, False, ())


def _emit_qualifier(emit: Emitter, rider: Qualifier, owner: str, node: str) -> Iterator[Statement]:
    yield from emit.describe(owner, ("ob:hasRider", iri(node)))
    yield from emit.describe(
        node,
        ("rdf:type", expand("ob:Rider")),
        ("ob:riderKind", expand(RIDERS[rider.kind])),
        ("ob:asWritten", literal(emit.quote(rider.span))),
        ("ob:due", date_literal(rider.due)),
    )
    yield from emit.build_evidence(node, rider.span)


# ------------------------------------------------------------------------------------- small parts


def _format_evidence_name(index: int) -> str:
    return "evidence" if index == 1 else f"evidence/{index}"


def _split_quantities(quantity: str | None) -> list[str]:
    """Return the quantities of a target; 90%、75% are two."""
    return [piece for piece in (quantity or "").split("、") if piece]


def _describe_quantity(printed: str) -> Iterator[PredicateValue]:
    """Yield a quantity as printed, and its value and unit if they can be separated."""
    yield "rdf:type", expand("schema:QuantitativeValue")
    yield "ob:asWritten", literal(printed)
    if found := _QUANTITY.search(unicodedata.normalize("NFKC", printed)):
        value = found["value"].replace(",", "")
        digits = value if value[0].isdecimal() else str(parse_numeral(value))
        unit = "%" if found["percent"] else found["unit"]
        yield "schema:value", decimal(digits)
        yield "schema:unitText", literal(unit) if unit else None
