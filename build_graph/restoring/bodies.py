"""Bodies and places from the graph."""

from __future__ import annotations

from dataclasses import dataclass, field

from build_graph.model import Body, BodyKind
from build_graph.restoring.facts import Facts, RestoringError
from build_graph.vocabulary import BASE, decode_part


@dataclass(frozen=True, slots=True)
class BodyRestorer:
    """The bodies that a document names, each put together once."""

    facts: Facts
    base: str
    _found: dict[str, Body] = field(default_factory=dict)

    def restore(self, iri: str) -> Body:
        """The body with an IRI; raises RestoringError where the graph does not give its kind or name."""
        if iri not in self._found:
            self._found[iri] = self._restore(iri)
        return self._found[iri]

    def _restore(self, iri: str) -> Body:
        facts = self.facts
        known = not iri.startswith(self.base) or bool(facts.find_nodes(iri, "ob:agencyKind"))
        kind, _, end = iri.removeprefix(BASE if known else self.base).partition("/")
        if kind not in list(BodyKind):
            raise RestoringError(f"{iri}: bears a measure, but is no agency and no group by its IRI")
        return Body(
            id=decode_part(end),
            kind=BodyKind(kind),
            label=facts.require(iri, "skos:prefLabel", "zh"),
            known=known,
            functions=tuple(_list_ends(facts.find_nodes(iri, "ob:localFunction"))),
            answers_to=tuple(_list_ends(facts.find_nodes(iri, "ob:answersTo"))),
        )


def restore_issuer(facts: Facts, bodies: BodyRestorer) -> Body | None:
    """Return the body that issued the document; None where nobody is named."""
    issuers = facts.find_nodes(facts.document, "eli:passed_by")
    return bodies.restore(issuers[0]) if issuers else None


def restore_place(facts: Facts, base: str) -> str | None:
    """The jurisdiction of a document; None for the centre."""
    places = facts.find_nodes(facts.document, "eli:jurisdiction")
    return decode_part(places[0].removeprefix(f"{base}place/")) if places else None


def _list_ends(iris: list[str]) -> list[str]:
    return [decode_part(iri.rpartition("/")[2]) for iri in iris]
