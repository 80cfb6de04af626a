"""The page of a thing: what the graph says of it, and what the catalogue can be asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode, QuerySolutions

from build_graph.errors import ObligationError
from build_graph.pages.page import html
from build_graph.pages.rows import Cell, Table, cell, table
from build_graph.querying.answers import Term, shown
from build_graph.querying.catalogue import Question, catalogue, lookup
from build_graph.querying.engines import Engine
from build_graph.querying.headers import Kind
from build_graph.querying.names import NameFinder
from build_graph.querying.sparql import with_values
from build_graph.querying.values import Binder
from build_graph.vocabulary import BASE, ELI, OB, ORG, SKOS, term

_ROWS = 25  # of each section; the question's own page shows more
_MENTIONS = 100
# What kind of thing a class makes; the first that fits counts.
_KINDS = (
    (f"{ORG}FormalOrganization", Kind.AGENCY),
    (f"{OB}AgencyGroup", Kind.AGENCY),
    (f"{SKOS}Concept", Kind.DOMAIN),
    (f"{ELI}LegalResource", Kind.DOCUMENT),
    (f"{OB}Clause", Kind.CLAUSE),
    (f"{OB}Section", Kind.CLAUSE),
)
_NAMES = ("skos:prefLabel", "dcterms:title", "rdfs:label", "ob:heading", "ob:text", "eli:id_local")


class UnknownThingError(ObligationError):
    """A thing of which the graph says nothing."""


@dataclass(frozen=True, slots=True)
class Section:
    """A question of the catalogue about the thing, with the first rows of its answer."""

    name: str
    title: str  # the key of its words
    href: str
    answer: Table


@dataclass(frozen=True, slots=True)
class Encyclopedia:
    """Writes the pages of things from the graph that an engine answers for; `today` is the day."""

    engine: Engine
    today: date
    _binders: list[Binder] = field(default_factory=list)

    def page(self, iri: str) -> bytes:
        """The page of the thing with an IRI; raises UnknownThingError where the graph says nothing of it."""
        facts = self._rows("facts", iri)
        mentions = self._rows("mentions", iri)
        if not facts and not mentions:
            raise UnknownThingError(
                f"{iri}: the graph says nothing of it; see the questions for what there is"
            )
        kind = _kind(facts)
        questions = [question for question in catalogue() if _asks_for(question, kind)] if kind else []
        sections = [self._section(question, kind, iri) for question in questions if kind]
        words = {
            f"{question.name}-title": {
                tongue: question.header.text(f"title@{tongue}") for tongue in ("en", "zh")
            }
            for question in questions
        }
        end = iri.removeprefix(BASE)
        return html(
            "entity.html.j2",
            styles=("base.css", "workbench.css"),
            scripts=("base.js",),
            words=["workbench"],
            more_words=words,
            data={},
            title=_name(facts) or end,
            here="",
            iri=iri,
            names=_values(facts, ("skos:prefLabel", "skos:altLabel", "rdfs:label", "dcterms:title")),
            facts=_grouped(facts),
            mentions=[(cell(subject), shown(property_)) for subject, property_ in mentions[:_MENTIONS]],
            more=len(mentions) > _MENTIONS,
            sections=sections,
            network=f"/network#{kind}={end}" if kind in (Kind.AGENCY, Kind.DOMAIN, Kind.CLAUSE) else "",
        )

    def _rows(self, name: str, iri: str) -> list[tuple[Term, Term]]:
        try:
            node = NamedNode(iri)
        except ValueError as error:
            raise UnknownThingError(f"{iri}: is no IRI; see the questions for what there is") from error
        found = self.engine.answer(with_values(lookup(name), {"node": node}))
        assert isinstance(found, QuerySolutions), f"lookups/{name}.rq is no SELECT query"
        first, second = (variable.value for variable in found.variables)
        return [(row[first], row[second]) for row in found]

    def _section(self, question: Question, kind: Kind, iri: str) -> Section:
        parameter = next(p for p in question.header.parameters if p.kind is kind)
        if not self._binders:
            self._binders.append(Binder(NameFinder(self.engine), self.today))
        query = self._binders[0].bound(question, {parameter.name: iri})
        href = f"/query/{question.name}?{urlencode({parameter.name: iri.removeprefix(BASE)})}"
        answer = table(self.engine.answer(query, question.name), _ROWS)
        return Section(question.name, f"{question.name}-title", href, answer)


def _asks_for(question: Question, kind: Kind) -> bool:
    """Whether a question is about one thing of a kind: it, and nothing else, must be given."""
    needed = [p.kind for p in question.header.parameters if p.default is None]
    optional = kind is Kind.DOCUMENT and not needed and question.name in _OF_DOCUMENTS
    return needed == [kind] or optional


_OF_DOCUMENTS = ("agencies-by-measures", "responsibilities", "targets")


def _kind(facts: Sequence[tuple[Term, Term]]) -> Kind | None:
    classes = {
        value.value
        for property_, value in facts
        if property_ == term("rdf:type")
        if isinstance(value, NamedNode)
    }
    return next((kind for class_, kind in _KINDS if class_ in classes), None)


def _values(facts: Sequence[tuple[Term, Term]], names: Sequence[str]) -> list[str]:
    """The words of the first properties that there are, each once."""
    found = [
        value.value for name in names for p, value in facts if p == term(name) and isinstance(value, Literal)
    ]
    return list(dict.fromkeys(found))


def _name(facts: Sequence[tuple[Term, Term]]) -> str:
    for name in _NAMES:
        values = [value for p, value in facts if p == term(name) and isinstance(value, Literal)]
        if values:
            chinese = [value for value in values if value.language == "zh"]
            return (chinese or values)[0].value
    return ""


def _grouped(facts: Sequence[tuple[Term, Term]]) -> list[tuple[str, list[Cell]]]:
    """The values of each property, in the order of the properties."""
    found: dict[str, list[Cell]] = {}
    for property_, value in facts:
        found.setdefault(shown(property_), []).append(cell(value))
    return list(found.items())
