"""The table of responsibilities: one row for each body that bears a measure, with all that analyses count by.

Shards hold it beside their statements, in a thousandth of the bytes; `query.responsibility_tables` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pyoxigraph import NamedNode

from build_graph.graph.emit.emitter import Emitter, find_body
from build_graph.graph.iris import domain_iri, measure_iri
from build_graph.model import Allocation, Body, BodyKind, Measure
from build_graph.vocabulary import OB


class Responsibility(NamedTuple):
    """A body that bears a measure; IRIs are in full, and missing values are empty strings."""

    measure: str
    body: str
    role: str  # Lead, Support, Responsible
    rank: int  # among the measure's bearers, from 1
    written: str
    inferred: bool  # by a rule stated elsewhere
    allocation: str  # Divided, Joint, Unstated
    open: bool  # 等部门
    domain: str  # the measure's main one
    domains: str  # all of them, with spaces between
    norms: int  # number of the measure's norms
    kinds: str  # of these norms, with spaces between
    due: str  # the first day by which something in the measure is due
    name: str  # of the body, in Chinese
    english: str
    kind: str  # of agency, as the registry has it
    place: str  # that a local body belongs to
    group: bool  # 有关部门 and the like


def list_responsibilities(emit: Emitter) -> Iterator[Responsibility]:
    """Yield the rows of a document, in the order of its text."""
    for measure in emit.document.measures:
        yield from _iterate_measure(emit, measure)


def _iterate_measure(emit: Emitter, measure: Measure) -> Iterator[Responsibility]:
    iri, stated = measure_iri(emit.document_iri, measure), len(measure.bearers)
    domains = [domain_iri(domain.id) for domain in measure.domains]
    shared = measure.assignment.allocation if measure.assignment else Allocation.UNSTATED
    days = [target.due for target in measure.targets]
    days += [rider.due for rider in (measure.assignment.riders if measure.assignment else ())]
    due = min((day.isoformat() for day in days if day), default="")
    for rank, bearer in enumerate((*measure.bearers, *measure.defaults), start=1):
        body = find_body(bearer)
        node, find_value = emit.body_iri(body), emit.descriptions.find_value
        yield Responsibility(
            measure=iri,
            body=node,
            role=bearer.role.capitalize(),
            rank=rank,
            written=bearer.name,
            inferred=rank > stated,
            allocation=shared.capitalize(),
            open=bool(measure.assignment and measure.assignment.open),
            domain=domains[0] if domains else "",
            domains=" ".join(domains),
            norms=len(measure.norms),
            kinds=" ".join(sorted({norm.kind for norm in measure.norms})),
            due=due,
            name=find_value(node, "skos:prefLabel", "zh") or body.label,
            english=find_value(node, "skos:prefLabel", "en"),
            kind=find_value(node, "ob:agencyKind").removeprefix(OB),
            place=_find_place(emit, body),
            group=body.kind is BodyKind.GROUP,
        )


def _find_place(emit: Emitter, body: Body) -> str:
    """Return the IRI of a local body's place, or an empty string."""
    if body.kind is BodyKind.GROUP:
        return ""
    node = emit.body_iri(body)
    if NamedNode(node) in emit.descriptions.statements:
        return emit.descriptions.find_value(node, "ob:jurisdiction")
    return emit.place_iri(body.place) or ""
