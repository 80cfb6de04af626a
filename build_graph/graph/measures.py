"""Sections, clauses and measures as triples, and what was found in each measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from build_graph.graph.emitter import Emitter, Said, body_of
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
    quantity_iri,
    rider_iri,
    subject_iri,
    target_iri,
)
from build_graph.graph.terms import Statement, day, decimal, flag, iri, named, number, truth, words, zh
from build_graph.model import (
    Allocation,
    Assignment,
    BodyKind,
    Division,
    Level,
    Measure,
    Norm,
    NormKind,
    Rider,
    RiderKind,
    Role,
    Span,
    Target,
)
from build_graph.structure.numerals import number as value_of

# The terms for what the model names; whoever reads a graph back needs them too.
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
    RiderKind.SCOPE: "ob:Scope",
    RiderKind.DEADLINE: "ob:Deadline",
    RiderKind.PERSON: "ob:ContactPerson",
    RiderKind.NOTE: "ob:Note",
}
_SHORTCUTS = 100  # bodies of a measure that its norms name too; else many norms times many bodies
SIGNALS = 3  # words shown for a domain; where there are more, the text has them

_QUANTITY = re.compile(
    r"""
    (?P<percent> 百分之 )?                                  # 百分之二十
    (?P<value> \d[\d,]* (?:\.\d+)? | [一二两三四五六七八九十百千]+ )  # 5000, 1,200.5, 十
    (?P<unit> [^\s\d]* )                                    # 亿元, %, 家以上
    """,
    re.VERBOSE,
)


def of_division(emit: Emitter, division: Division, parent: str) -> Iterator[Statement]:
    """A section or clause with everything below it; `parent` is the IRI of what it is part of."""
    content = emit.document.text.content
    node = division_iri(parent, division)
    heading = division.heading.of(content) if division.heading else None
    yield from emit.part_of(node, parent)
    yield from emit.about(
        node,
        ("rdf:type", named("eli:LegalResourceSubdivision")),
        ("rdf:type", named(LEVELS[division.level])),
        ("eli:number", words(division.mark) if division.mark is not None else None),
        ("ob:ordinal", number(division.ordinal) if division.ordinal else None),
        ("ob:heading", words(heading) if heading is not None else None),
        ("rdfs:label", zh(f"{division.mark or ''}{heading or ''}" or None)),
        ("ob:statesPrinciples", flag(division.principle)),
        ("ob:statesGoals", flag(division.goal)),
        ("ob:bodyStart", number(division.body.start)),
    )
    yield from emit.evidence(node, division.span)
    for part in division.parts:
        yield from of_division(emit, part, node)


def of_measure(emit: Emitter, measure: Measure) -> Iterator[Statement]:
    """A measure with its norms, targets, assignment, domains and audiences."""
    parent, node = holder_iri(emit.document_iri, measure), measure_iri(emit.document_iri, measure)
    bodies = tuple(_responsible(emit, measure))
    yield from emit.part_of(node, parent)
    yield from emit.about(
        node,
        ("rdf:type", named("eli:LegalResourceSubdivision")),
        ("rdf:type", named("ob:Measure")),
        ("ob:statedIn", iri(emit.document_iri)),
        ("ob:index", number(measure.index)),
        ("ob:text", words(emit.words(measure.span))),
        ("ob:statesGoals", flag(measure.goal)),
        *bodies,
    )
    yield from emit.evidence(node, measure.span)
    shortcuts = bodies if len(measure.bearers) <= _SHORTCUTS else ()
    for index, norm in enumerate(measure.norms, start=1):
        yield from _norm(emit, norm, shortcuts, node, norm_iri(node, index))
    for index, target in enumerate(measure.targets, start=1):
        yield from _target(emit, target, node, target_iri(node, index))
    if measure.assignment or measure.defaults:
        yield from _assignment(emit, measure, node)
    yield from _subjects(emit, measure, node)
    yield from _audiences(emit, measure, node)


def _responsible(emit: Emitter, measure: Measure) -> Iterator[Said]:
    """The shortcuts from a measure, and its norms, to the bodies that bear it."""
    for bearer in (*measure.bearers, *measure.defaults):
        group = body_of(bearer).kind is BodyKind.GROUP
        yield (
            "ob:responsibleGroup" if group else "ob:responsibleAgency",
            iri(emit.body_iri(body_of(bearer))),
        )


def _norm(emit: Emitter, norm: Norm, bodies: Iterable[Said], owner: str, node: str) -> Iterator[Statement]:
    yield from emit.about(owner, ("ob:hasNorm", iri(node)))
    yield from emit.about(
        node,
        ("rdf:type", named("ob:Norm")),
        ("rdf:type", named(NORMS[norm.kind])),
        ("ob:text", words(emit.words(norm.span))),
        ("ob:cue", words(emit.words(norm.cue)) if norm.cue else None),
        *bodies,
    )
    yield from emit.evidence(node, norm.span)
    if norm.cue:
        yield from emit.evidence(node, norm.cue, "ob:kindEvidence", "cue")


def _target(emit: Emitter, target: Target, owner: str, node: str) -> Iterator[Statement]:
    yield from emit.about(owner, ("ob:hasTarget", iri(node)))
    yield from emit.about(
        node,
        ("rdf:type", named("ob:Target")),
        ("ob:text", words(emit.words(target.span))),
        ("ob:due", day(target.due)),
    )
    yield from emit.evidence(node, target.span)
    for index, printed in enumerate(_pieces(target.quantity), start=1):
        quantity = quantity_iri(node, index)
        yield from emit.about(node, ("ob:quantity", iri(quantity)))
        yield from emit.about(quantity, *_quantity(printed))


def _subjects(emit: Emitter, measure: Measure, node: str) -> Iterator[Statement]:
    for rank, domain in enumerate(measure.domains, start=1):
        concept = iri(domain_iri(domain))
        statement = subject_iri(node, domain)
        yield from emit.about(
            node,
            ("dcterms:subject", concept),
            ("ob:mainDomain", concept if rank == 1 else None),
            ("ob:hasDomain", iri(statement)),
        )
        yield from emit.about(
            statement,
            ("rdf:type", named("ob:DomainStatement")),
            ("ob:domain", concept),
            ("ob:rank", number(rank)),
            ("ob:inferred", flag(not domain.signals)),
        )
        for index, signal in enumerate(emit.words_once(domain.signals)[:SIGNALS], start=1):
            yield from emit.evidence(statement, signal, name=_evidence_name(index))


def _audiences(emit: Emitter, measure: Measure, node: str) -> Iterator[Statement]:
    for index, audience in enumerate(measure.audiences, start=1):
        statement = audience_iri(node, index)
        group = group_iri(audience.name, emit.base)
        yield from emit.about(node, ("dcterms:audience", iri(group)), ("ob:hasAudience", iri(statement)))
        yield from emit.about(
            statement,
            ("rdf:type", named("ob:AudienceStatement")),
            ("ob:audience", iri(group)),
            ("ob:asWritten", words(emit.words(audience.span))),
        )
        yield from emit.evidence(statement, audience.span)
        yield from emit.about(
            group,
            ("rdf:type", named("ob:TargetGroup")),
            ("rdfs:label", zh(audience.name)),
        )


def _assignment(emit: Emitter, measure: Measure, owner: str) -> Iterator[Statement]:
    """Who bears a measure: by its own attribution, then by a rule stated elsewhere."""
    assignment = measure.assignment or _by_default(measure)
    node = assignment_iri(owner)
    yield from emit.about(
        owner,
        ("ob:hasAssignment", iri(node)),
        ("ob:allocation", named(ALLOCATIONS[assignment.allocation])),
        ("ob:openList", truth(assignment.open)),
    )
    yield from emit.about(
        node,
        ("rdf:type", named("ob:ResponsibilityAssignment")),
        ("ob:asWritten", words(emit.words(assignment.span))),
        ("ob:inferred", flag(not measure.assignment)),
    )
    yield from emit.evidence(node, assignment.span)
    stated = len(assignment.bearers)
    for rank, bearer in enumerate((*assignment.bearers, *measure.defaults), start=1):
        statement = bearer_iri(owner, rank)
        yield from emit.about(node, ("ob:hasBearer", iri(statement)))
        yield from emit.about(
            statement,
            ("rdf:type", named("ob:BearerStatement")),
            ("ob:assignedTo", iri(emit.body_iri(body_of(bearer)))),
            ("ob:role", named(ROLES[bearer.role])),
            ("ob:rank", number(rank)),
            ("ob:asWritten", words(bearer.name)),
            ("ob:inferred", flag(rank > stated)),
        )
        yield from emit.evidence(statement, bearer.span)
    for index, rider in enumerate(assignment.riders, start=1):
        yield from _rider(emit, rider, node, rider_iri(owner, index))


def _by_default(measure: Measure) -> Assignment:
    """The assignment of a measure without an attribution: the words of the rule that gives its bearers."""
    words = Span(measure.defaults[0].span.start, measure.defaults[-1].span.end)
    return Assignment(words, Allocation.UNSTATED, False, ())


def _rider(emit: Emitter, rider: Rider, owner: str, node: str) -> Iterator[Statement]:
    yield from emit.about(owner, ("ob:hasRider", iri(node)))
    yield from emit.about(
        node,
        ("rdf:type", named("ob:Rider")),
        ("ob:riderKind", named(RIDERS[rider.kind])),
        ("ob:asWritten", words(emit.words(rider.span))),
        ("ob:due", day(rider.due)),
    )
    yield from emit.evidence(node, rider.span)


# ------------------------------------------------------------------------------------- small parts


def _evidence_name(index: int) -> str:
    return "evidence" if index == 1 else f"evidence/{index}"


def _pieces(quantity: str | None) -> list[str]:
    """The quantities of a target: 90%、75% are two."""
    return [piece for piece in (quantity or "").split("、") if piece]


def _quantity(printed: str) -> Iterator[Said]:
    """What is said of a quantity: as printed, and value and unit where they can be told apart."""
    yield "rdf:type", named("schema:QuantitativeValue")
    yield "ob:asWritten", words(printed)
    if found := _QUANTITY.search(unicodedata.normalize("NFKC", printed)):
        value = found["value"].replace(",", "")
        digits = value if value[0].isdecimal() else str(value_of(value))
        unit = "%" if found["percent"] else found["unit"]
        yield "schema:value", decimal(digits)
        yield "schema:unitText", words(unit) if unit else None
