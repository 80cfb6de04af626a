"""The page of a thing: what the graph says of it, and what the catalogue can be asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from build_graph.errors import ObligationError
from build_graph.pages import addresses, holdings, terms
from build_graph.pages.page import workbench
from build_graph.pages.rows import Cell, Table, cell, named, table
from build_graph.querying.answers import Term, shown
from build_graph.querying.catalogue import Question, catalogue, construct, lookup, select
from build_graph.querying.engines import Engine
from build_graph.querying.headers import Kind
from build_graph.querying.values import Binder
from build_graph.vocabulary import BASE, ELI, OB, ORG, SKOS, term

_WITHIN = (Kind.DOCUMENT, Kind.CLAUSE)  # things whose page says already which document it is
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
_TITLES = ("skos:prefLabel", "skos:altLabel", "rdfs:label", "dcterms:title")
_CARDS = {
    "column_number": "eli:id_local",
    "column_issuer": "eli:passed_by",
    "column_date": "eli:date_document",
    "column_place": "eli:jurisdiction",
}
# The order of sections; others stand behind them by name.
_ORDER = (
    "agency-obligations",
    "agency-deadlines",
    "partners",
    "agency-reforms",
    "heirs",
    "agencies-by-measures",
    "responsibilities",
    "targets",
)
_OF_DOCUMENTS = ("agencies-by-measures", "responsibilities", "targets")
NAMING = 1000  # statements that name a thing, which its description holds at most
_NAMES = ("skos:prefLabel", "dcterms:title", "rdfs:label", "ob:heading", "ob:text", "eli:id_local")


class UnknownThingError(ObligationError):
    """A thing of which the graph says nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about a thing; `name` is what its value is called, if that is a thing with a name."""

    predicate: Term
    value: Term
    name: Term

    @property
    def cell(self) -> Cell:
        """The value as it is shown."""
        return named(self.value, self.name)


@dataclass(frozen=True, slots=True)
class Whole:
    """The document of a thing: what it is called, its page unless it is the thing, and where it is read."""

    title: str
    href: str
    reader: str


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of a thing and with it, and whether more statements name it than these."""

    triples: tuple[Triple, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A question of the catalogue about the thing with the first rows of its answer, or why there is none."""

    name: str
    title: str  # the key of its words
    href: str
    answer: Table | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Encyclopedia:
    """Writes the pages of things from the graph that a binder of values asks."""

    binder: Binder

    def page(self, iri: str) -> bytes:
        """The page of the thing with an IRI; raises UnknownThingError where the graph says nothing of it.

        Raises ObligationError where the graph cannot be asked.
        """
        facts = [Fact(*row) for row in self._rows("facts", iri)]
        mentions = self._rows("mentions", iri)
        if not facts and not mentions:
            raise _unknown(iri)
        kind = _kind(facts)
        questions = sorted((q for q in catalogue() if kind and _asks_for(q, kind)), key=_place)
        sections = [self._section(question, kind, iri) for question in questions if kind]
        keys = {key for section in sections if section.answer for key in section.answer.keys}
        keys |= {key for fact in facts for key in (fact.cell.key, shown(fact.predicate))}
        end, documents = iri.removeprefix(BASE), holdings.titles(self.binder.names)
        return workbench(
            "entity.html.j2",
            more_words={
                **terms.words(keys),
                **{f"{question.name}-title": _titles(question) for question in questions},
            },
            title=_name(facts) or holdings.told(end, documents),
            here="",
            iri=iri,
            kind=kind.value if kind else "",
            names=_values(facts, _TITLES),
            cards=_cards(facts) if kind is Kind.DOCUMENT else (),
            facts=_grouped(facts),
            mentions=[(cell(one, documents), shown(property_)) for one, property_ in mentions[:_MENTIONS]],
            more=len(mentions) > _MENTIONS,
            sections=sections,
            whole=self._whole(iri),
            network=_network(kind, end),
            editor=addresses.editor(lookup("mentions", node=NamedNode(iri))),
        )

    def triples(self, iri: str) -> Description:
        """What the graph says of a thing, and what names it; raises as `page` does."""
        node = _node(iri)
        found = construct(self._engine, "description", node=node)
        if not found:
            raise _unknown(iri)
        naming = sum(1 for triple in found if triple.subject != node)
        return Description(found, naming >= NAMING)

    def _rows(self, name: str, iri: str) -> list[list[Term]]:
        found = select(self._engine, name, node=_node(iri))
        return [[row[variable.value] for variable in found.variables] for row in found]

    @property
    def _engine(self) -> Engine:
        return self.binder.names.engine

    def _section(self, question: Question, kind: Kind, iri: str) -> Section:
        parameter = next(p for p in question.header.parameters if p.kind is kind)
        href = addresses.question(question.name, {parameter.name: iri.removeprefix(BASE)})
        title = f"{question.name}-title"
        try:
            query = self.binder.bound(question, {parameter.name: NamedNode(iri)})
            found, documents = self._engine.answer(query, question.name), holdings.titles(self.binder.names)
            answer = table(found, _ROWS, documents, apart=kind not in _WITHIN)
        except ObligationError as error:
            return Section(question.name, title, href, None, str(error))
        return Section(question.name, title, href, answer)

    def _whole(self, iri: str) -> Whole | None:
        """The document that was read and is the thing, or has it as a part; None where there is none."""
        kind, _, rest = iri.removeprefix(BASE).partition("/")
        document, _, part = rest.partition("/")
        node = NamedNode(f"{BASE}{kind}/{document}")
        names = self._rows(Kind.DOCUMENT, node.value) if kind == "document" and document else []
        if not names:
            return None
        href = addresses.page_of(node.value) if part else ""
        return Whole(shown(names[0][1]) or document, href, addresses.reader_of(iri))


def _node(iri: str) -> NamedNode:
    """Return the node of an IRI; raise UnknownThingError if it is none."""
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise UnknownThingError(f"{iri}: is no IRI; see the questions for what there is") from error


def _unknown(iri: str) -> UnknownThingError:
    return UnknownThingError(f"{iri}: the graph says nothing of it; see the questions for what there is")


def _titles(question: Question) -> dict[str, str]:
    return {tongue: question.header.text(f"title@{tongue}") for tongue in ("en", "zh")}


def _place(question: Question) -> tuple[int, str]:
    """Where the section of a question stands: what a thing has to do first."""
    known = question.name in _ORDER
    return (_ORDER.index(question.name) if known else len(_ORDER), question.name)


def _network(kind: Kind | None, end: str) -> str:
    """Where the thing stands in the network page; empty for what does not."""
    if kind in (Kind.DOMAIN, Kind.DOCUMENT):
        return addresses.network({kind.value: end})
    return f"{addresses.NETWORK}#{kind}={end}" if kind in (Kind.AGENCY, Kind.CLAUSE) else ""


def _cards(facts: Sequence[Fact]) -> list[tuple[str, list[Cell]]]:
    """What is known best of a document, with the key of its word."""
    found = {
        key: [fact.cell for fact in facts if fact.predicate == term(name)] for key, name in _CARDS.items()
    }
    return [(key, cells) for key, cells in found.items() if cells]


def _asks_for(question: Question, kind: Kind) -> bool:
    """Whether a question is about one thing of a kind: it, and nothing else, must be given."""
    needed = [p.kind for p in question.header.parameters if p.default is None]
    optional = kind is Kind.DOCUMENT and not needed and question.name in _OF_DOCUMENTS
    return needed == [kind] or optional


def _kind(facts: Sequence[Fact]) -> Kind | None:
    classes = {
        fact.value.value
        for fact in facts
        if fact.predicate == term("rdf:type") and isinstance(fact.value, NamedNode)
    }
    return next((kind for class_, kind in _KINDS if class_ in classes), None)


def _literals(facts: Sequence[Fact], name: str) -> list[Literal]:
    return [fact.value for fact in facts if fact.predicate == term(name) and isinstance(fact.value, Literal)]


def _values(facts: Sequence[Fact], names: Sequence[str]) -> list[str]:
    """The words of properties, each once."""
    return list(dict.fromkeys(value.value for name in names for value in _literals(facts, name)))


def _name(facts: Sequence[Fact]) -> str:
    """The words of the first property that there is, in Chinese if it has them."""
    values = next((found for name in _NAMES if (found := _literals(facts, name))), [])
    chinese = [value for value in values if value.language == "zh"]
    return (chinese or values)[0].value if values else ""


def _grouped(facts: Sequence[Fact]) -> list[tuple[str, list[Cell]]]:
    """The values of each property, in the order of the properties."""
    found: dict[str, list[Cell]] = {}
    for fact in facts:
        found.setdefault(shown(fact.predicate), []).append(fact.cell)
    return list(found.items())
