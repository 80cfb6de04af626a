"""The measures of a document from its graph, with all their findings, and the bodies and places they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from build_graph.graph.emit.measures import ALLOCATIONS, NORMS, RIDERS, ROLES
from build_graph.graph.iris import assignment_iri
from build_graph.model import (
    Assignment,
    Audience,
    Bearer,
    Body,
    BodyKind,
    Division,
    Domain,
    Level,
    Measure,
    Norm,
    Qualifier,
    Target,
    sort_bodies,
)
from build_graph.query.restore.facts import Facts, RestoringError
from build_graph.vocabulary import BASE, decode_part

Path = tuple[str, ...]
Place = tuple[int | None, str | None]  # ordinal of the section, mark of the clause


@dataclass(frozen=True, slots=True)
class BodyRestorer:
    """The bodies that a document names, each restored once."""

    facts: Facts
    base: str
    _found: dict[str, Body] = field(default_factory=dict)

    def restore(self, iri: str) -> Body:
        """Return the body with an IRI; raises RestoringError if its kind or name is missing."""
        if iri not in self._found:
            self._found[iri] = self._restore(iri)
        return self._found[iri]

    def _restore(self, iri: str) -> Body:
        facts = self.facts
        known = not iri.startswith(self.base) or bool(facts.list_values(iri, "ob:agencyKind"))
        kind, _, end = iri.removeprefix(BASE if known else self.base).partition("/")
        if kind not in list(BodyKind):
            raise RestoringError(f"{iri}: bears a measure, but is no agency and no group by its IRI")
        return Body(
            id=decode_part(end),
            kind=BodyKind(kind),
            label=facts.require(iri, "skos:prefLabel"),
            known=known,
            functions=tuple(_list_ends(facts.list_values(iri, "ob:localFunction"))),
            answers_to=tuple(_list_ends(facts.list_values(iri, "ob:answersTo"))),
            part_of=None if known else self._restore_bureau(iri),
        )

    def _restore_bureau(self, iri: str) -> str | None:
        """Return the id of the body of which one is a part, or None."""
        found = self.facts.list_values(iri, "org:subOrganizationOf")
        return decode_part(found[0].partition("agency/")[2]) if found else None


def restore_issuers(facts: Facts, bodies: BodyRestorer) -> tuple[Body, ...]:
    """Return the bodies that issued the document, by id."""
    return sort_bodies(map(bodies.restore, facts.list_values(facts.document, "eli:passed_by")))


def restore_place(facts: Facts, base: str) -> str | None:
    """Return the jurisdiction of a document; None for the central level."""
    places = facts.list_values(facts.document, "eli:jurisdiction")
    return decode_part(places[0].removeprefix(f"{base}place/")) if places else None


def _list_ends(iris: list[str]) -> list[str]:
    return [decode_part(iri.rpartition("/")[2]) for iri in iris]


def restore_measures(
    facts: Facts, bodies: BodyRestorer, divisions: Sequence[Division]
) -> tuple[Measure, ...]:
    """Return the measures in the order of the text; raises RestoringError if statements are missing."""
    restorer = _MeasureRestorer(facts, bodies, dict(_iterate_places(divisions, (), None)))
    return tuple(
        sorted(map(restorer.restore, facts.list_all("ob:Measure")), key=lambda measure: measure.span)
    )


def _iterate_places(
    divisions: Sequence[Division], above: Path, section: int | None
) -> Iterator[tuple[Path, Place]]:
    """Yield the section and clause of each division's content, by the division's path."""
    for division in divisions:
        path = (*above, division.key)
        own = (division.ordinal or None) if division.level is Level.SECTION else section
        yield path, (own, division.mark if division.level is Level.CLAUSE else None)
        yield from _iterate_places(division.parts, path, own)


@dataclass(frozen=True, slots=True)
class _MeasureRestorer:
    """The data that restoring a measure needs."""

    facts: Facts
    bodies: BodyRestorer
    places: Mapping[Path, Place]

    def restore(self, iri: str) -> Measure:
        facts = self.facts
        above = iri.rpartition("/")[0].removeprefix(facts.document).strip("/")
        path = tuple(map(decode_part, above.split("/")))
        section, clause = self.places.get(path, (None, None))
        node = assignment_iri(iri)
        stated = node in facts.values and not facts.read(node, "ob:inferred")
        bearers = tuple(self._iterate_bearers(iri, inferred=False))
        return Measure(
            path=path,
            index=facts.require(iri, "ob:index"),
            section=section,
            clause=clause,
            span=facts.require_span(iri),
            assignment=self._restore_assignment(iri, bearers) if stated else None,
            defaults=tuple(self._iterate_bearers(iri, inferred=True)),
            goal=facts.read(iri, "ob:statesGoals"),
            norms=tuple(self._iterate_norms(iri)),
            targets=tuple(self._iterate_targets(iri)),
            audiences=tuple(self._iterate_audiences(iri)),
            domains=tuple(self._iterate_domains(iri)),
        )

    def _restore_assignment(self, measure: str, bearers: tuple[Bearer, ...]) -> Assignment:
        return Assignment(
            span=self.facts.require_span(assignment_iri(measure)),
            allocation=self.facts.match_term(measure, "ob:allocation", ALLOCATIONS),
            open=self.facts.read(measure, "ob:openList"),
            bearers=bearers,
            riders=tuple(self._iterate_riders(measure)),
            layout_inferred=self.facts.read(measure, "ob:layoutInferred"),
        )

    def _iterate_bearers(self, measure: str, *, inferred: bool) -> Iterator[Bearer]:
        facts = self.facts
        for iri in facts.list_parts(measure, "ob:BearerStatement"):
            if facts.read(iri, "ob:inferred") is inferred:
                body = self.bodies.restore(facts.require(iri, "ob:assignedTo"))
                role = facts.match_term(iri, "ob:role", ROLES)
                yield Bearer(
                    facts.require(iri, "ob:asWritten"), facts.require_span(iri), role, body.kind, body
                )

    def _iterate_riders(self, measure: str) -> Iterator[Qualifier]:
        for iri in self.facts.list_parts(measure, "ob:Rider"):
            kind = self.facts.match_term(iri, "ob:riderKind", RIDERS)
            yield Qualifier(kind, self.facts.require_span(iri), self.facts.read(iri, "ob:due"))

    def _iterate_norms(self, measure: str) -> Iterator[Norm]:
        for iri in self.facts.list_parts(measure, *NORMS.values()):
            yield Norm(
                self.facts.require_span(iri),
                self.facts.match_term(iri, "rdf:type", NORMS),
                self.facts.find_cue(iri),
            )

    def _iterate_targets(self, measure: str) -> Iterator[Target]:
        facts = self.facts
        for iri in facts.list_parts(measure, "ob:Target"):
            quantities = facts.list_parts(iri, "schema:QuantitativeValue")
            printed = "、".join(facts.require(quantity, "ob:asWritten") for quantity in quantities)
            yield Target(facts.require_span(iri), facts.read(iri, "ob:due"), printed or None)

    def _iterate_audiences(self, measure: str) -> Iterator[Audience]:
        for iri in self.facts.list_parts(measure, "ob:AudienceStatement"):
            group = self.facts.require(iri, "ob:audience")
            yield Audience(self.facts.require(group, "rdfs:label"), self.facts.require_span(iri))

    def _iterate_domains(self, measure: str) -> Iterator[Domain]:
        """Yield the domains, the main one first, each with the signal that the graph has."""
        facts = self.facts
        found = facts.list_parts(measure, "ob:DomainStatement")
        for iri in sorted(found, key=lambda iri: facts.require(iri, "ob:rank")):
            concept = facts.require(iri, "ob:domain")
            yield Domain(decode_part(concept.removeprefix(f"{BASE}domain/")), tuple(facts.find_spans(iri)))
