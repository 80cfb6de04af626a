"""The measures of a document from the graph, with everything that was found in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from build_graph.graph.iris import assignment_iri
from build_graph.graph.measures import ALLOCATIONS, NORMS, RIDERS, ROLES
from build_graph.model import (
    Assignment,
    Audience,
    Bearer,
    Division,
    Domain,
    Level,
    Measure,
    Norm,
    Rider,
    Target,
)
from build_graph.restoring.bodies import Bodies
from build_graph.restoring.facts import Facts
from build_graph.vocabulary import BASE, plain

Path = tuple[str, ...]
Place = tuple[int | None, str | None]  # ordinal of the section, mark of the clause


def restored_measures(facts: Facts, bodies: Bodies, divisions: Sequence[Division]) -> tuple[Measure, ...]:
    """The measures in the order of the text; raises RestoringError where the graph says too little of one."""
    restorer = _Restorer(facts, bodies, dict(_places(divisions, (), None)))
    return tuple(sorted(map(restorer.measure, facts.all("ob:Measure")), key=lambda measure: measure.span))


def _places(divisions: Sequence[Division], above: Path, section: int | None) -> Iterator[tuple[Path, Place]]:
    """Section and clause of what each division holds, by its path."""
    for division in divisions:
        path = (*above, division.key)
        own = (division.ordinal or None) if division.level is Level.SECTION else section
        yield path, (own, division.mark if division.level is Level.CLAUSE else None)
        yield from _places(division.parts, path, own)


@dataclass(frozen=True, slots=True)
class _Restorer:
    """Puts measures together."""

    facts: Facts
    bodies: Bodies
    places: Mapping[Path, Place]

    def measure(self, iri: str) -> Measure:
        facts = self.facts
        above = iri.rpartition("/")[0].removeprefix(facts.document).strip("/")
        path = tuple(map(plain, above.split("/")))
        section, clause = self.places.get(path, (None, None))
        stated = not facts.flag(assignment_iri(iri), "ob:inferred")
        bearers = tuple(self._bearers(iri, inferred=False))
        return Measure(
            path=path,
            index=int(facts.needed(iri, "ob:index")),
            section=section,
            clause=clause,
            span=facts.span(iri),
            assignment=self._assignment(iri, bearers) if stated and self._assigned(iri) else None,
            defaults=tuple(self._bearers(iri, inferred=True)),
            goal=facts.flag(iri, "ob:statesGoals"),
            norms=tuple(self._norms(iri)),
            targets=tuple(self._targets(iri)),
            audiences=tuple(self._audiences(iri)),
            domains=tuple(self._domains(iri)),
        )

    def _assigned(self, measure: str) -> bool:
        return assignment_iri(measure) in self.facts.said

    def _assignment(self, measure: str, bearers: tuple[Bearer, ...]) -> Assignment:
        return Assignment(
            span=self.facts.span(assignment_iri(measure)),
            allocation=self.facts.one_of(measure, "ob:allocation", ALLOCATIONS),
            open=self.facts.flag(measure, "ob:openList"),
            bearers=bearers,
            riders=tuple(self._riders(measure)),
        )

    def _bearers(self, measure: str, *, inferred: bool) -> Iterator[Bearer]:
        facts = self.facts
        for iri in facts.parts(assignment_iri(measure), "ob:BearerStatement"):
            if facts.flag(iri, "ob:inferred") is inferred:
                body = self.bodies.body(facts.needed_node(iri, "ob:assignedTo"))
                role = facts.one_of(iri, "ob:role", ROLES)
                yield Bearer(facts.needed(iri, "ob:asWritten"), facts.span(iri), role, body.kind, body)

    def _riders(self, measure: str) -> Iterator[Rider]:
        for iri in self.facts.parts(assignment_iri(measure), "ob:Rider"):
            kind = self.facts.one_of(iri, "ob:riderKind", RIDERS)
            yield Rider(kind, self.facts.span(iri), self.facts.day(iri, "ob:due"))

    def _norms(self, measure: str) -> Iterator[Norm]:
        for iri in self.facts.parts(measure, "ob:Norm"):
            yield Norm(self.facts.span(iri), self.facts.one_of(iri, "rdf:type", NORMS), self.facts.cue(iri))

    def _targets(self, measure: str) -> Iterator[Target]:
        facts = self.facts
        for iri in facts.parts(measure, "ob:Target"):
            quantities = facts.parts(iri, "schema:QuantitativeValue")
            printed = "、".join(facts.needed(quantity, "ob:asWritten") for quantity in quantities)
            yield Target(facts.span(iri), facts.day(iri, "ob:due"), printed or None)

    def _audiences(self, measure: str) -> Iterator[Audience]:
        for iri in self.facts.parts(f"{measure}/audience", "ob:AudienceStatement"):
            group = self.facts.needed_node(iri, "ob:audience")
            yield Audience(self.facts.needed(group, "rdfs:label", "zh"), self.facts.span(iri))

    def _domains(self, measure: str) -> Iterator[Domain]:
        """The domains, the main one first, each with as many of its signals as the graph shows."""
        facts = self.facts
        found = facts.parts(f"{measure}/domain", "ob:DomainStatement")
        for iri in sorted(found, key=lambda iri: int(facts.needed(iri, "ob:rank"))):
            concept = facts.needed_node(iri, "ob:domain")
            yield Domain(plain(concept.removeprefix(f"{BASE}domain/")), tuple(facts.spans(iri)))
