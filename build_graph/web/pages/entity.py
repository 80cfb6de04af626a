"""The page of an entity: its statements, and the answers of the catalogue about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from build_graph.errors import ObligationError
from build_graph.graph.iris import DOCUMENT_PATH
from build_graph.graph.properties import PROPERTIES
from build_graph.query.catalogue import (
    ParameterKind,
    Question,
    construct,
    load_catalogue,
    load_lookup,
    select,
)
from build_graph.query.engines import Engine
from build_graph.query.parameters import Binder
from build_graph.query.results import Term, format_term
from build_graph.vocabulary import BASE, ELI, OB, ORG, SKOS, term
from build_graph.web import urls
from build_graph.web.pages import contents, ontology_terms
from build_graph.web.pages.answer_tables import AnswerTable, Cell, build_cell, build_named_cell, build_table
from build_graph.web.pages.question_form import select_texts
from build_graph.web.render import render_workbench

_WITHIN = (ParameterKind.DOCUMENT, ParameterKind.CLAUSE)  # kinds whose page names the document already
_ROWS = 25  # of each section; the question's own page shows more
_MENTIONS = 100
# What kind of thing a class makes; the first that fits counts.
_KINDS = (
    (f"{ORG}FormalOrganization", ParameterKind.AGENCY),
    (f"{OB}AgencyGroup", ParameterKind.AGENCY),
    (f"{SKOS}Concept", ParameterKind.DOMAIN),
    (f"{ELI}LegalResource", ParameterKind.DOCUMENT),
    (f"{OB}Clause", ParameterKind.CLAUSE),
    (f"{OB}Section", ParameterKind.CLAUSE),
)
_TITLES = ("skos:prefLabel", "skos:altLabel", "rdfs:label", "dcterms:title")
_CARDS = {
    "column_number": "eli:id_local",
    "column_issuer": "eli:passed_by",
    "column_date": "eli:date_document",
    "column_place": "eli:jurisdiction",
}
# The order of sections; others follow by name.
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
_NAMES = (
    *("skos:prefLabel", "dcterms:title", "rdfs:label", "ob:heading", "ob:text", "eli:id_local"),
    *("ob:citedTitle", "ob:citedNumber", "ob:asWritten", "schema:name"),
)
_PLACES = {name: place for place, name in enumerate(PROPERTIES)}  # the order in which a page lists properties
_LONGEST_NAME = 60  # characters; a passage's name is its words


class UnknownEntityError(ObligationError):
    """An entity about which the graph has no statement."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about an entity; `name` is the name of its value, if that is an entity with a name."""

    predicate: Term
    value: Term
    name: Term

    @property
    def cell(self) -> Cell:
        """The value as a cell, with the first words of a long name."""
        words = format_term(self.name)
        short = Literal(f"{words[:_LONGEST_NAME]}…") if len(words) > _LONGEST_NAME else self.name
        return build_named_cell(self.value, short)


@dataclass(frozen=True, slots=True)
class ParentDocument:
    """The document that an entity is part of: its title, its page unless it is the entity, its text."""

    title: str
    href: str
    reader: str


@dataclass(frozen=True, slots=True)
class EntityDescription:
    """The statements about an entity; `more` says that further statements name it."""

    triples: tuple[Triple, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class QuestionSection:
    """A question of the catalogue about an entity, with the first rows of its answer, or the fault."""

    name: str
    title: str  # the key of its words
    href: str
    answer: AnswerTable | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class EntityPages:
    """The writer of the pages of entities; `binder` has the graph and the names."""

    binder: Binder

    def render_page(self, iri: str) -> bytes:
        """Return the page of the entity with an IRI.

        Raises UnknownEntityError if the graph has no statement about it, ObligationError if it cannot be
        queried.
        """
        facts = [Fact(*row) for row in self._select_rows("facts", iri)]
        mentions = self._select_rows("mentions", iri)
        if not facts and not mentions:
            raise _create_unknown_error(iri)
        kind = _find_kind(facts)
        questions = _select_questions(kind) if kind else []
        sections = [self._build_section(question, kind, iri) for question in questions if kind]
        end, documents = iri.removeprefix(BASE), contents.find_titles(self.binder.names)
        return render_workbench(
            "entity.html.j2",
            more_words={
                **_label_properties(facts),
                **ontology_terms.select_labels(_iterate_keys(facts, sections)),
                **select_texts(questions, "title"),
            },
            title=_choose_name(facts) or contents.format_local_name(end, documents),
            here="",
            iri=iri,
            kind=f"the_{kind}" if kind else _find_class_key(facts),
            names=_collect_values(facts, _TITLES),
            cards=_collect_cards(facts) if kind is ParameterKind.DOCUMENT else (),
            facts=_group_facts(facts),
            mentions=[(build_cell(one, documents), format_term(name)) for one, name in mentions[:_MENTIONS]],
            more=len(mentions) > _MENTIONS,
            sections=sections,
            whole=self._find_parent(iri),
            network=_locate_in_network(kind, end),
            editor=urls.editor_url(load_lookup("mentions", node=NamedNode(iri))),
        )

    def describe(self, iri: str) -> EntityDescription:
        """Return the statements about an entity, and those that name it; raise as `render_page`."""
        node = _parse_node(iri)
        found = construct(self._engine, "description", node=node)
        if not found:
            raise _create_unknown_error(iri)
        naming = sum(1 for triple in found if triple.subject != node)
        return EntityDescription(found, naming >= NAMING)

    def _select_rows(self, name: str, iri: str) -> list[list[Term]]:
        found = select(self._engine, name, node=_parse_node(iri))
        return [[row[variable.value] for variable in found.variables] for row in found]

    @property
    def _engine(self) -> Engine:
        return self.binder.names.engine

    def _build_section(self, question: Question, kind: ParameterKind, iri: str) -> QuestionSection:
        parameter = next(p for p in question.header.parameters if p.kind is kind)
        href = urls.question_url(question.name, {parameter.name: iri.removeprefix(BASE)})
        title = f"{question.name}-title"
        try:
            query = self.binder.bind(question, {parameter.name: NamedNode(iri)})
            found = self._engine.answer(query, question.name)
            documents = contents.find_titles(self.binder.names)
            answer = build_table(found, _ROWS, documents, apart=kind not in _WITHIN)
        except ObligationError as error:
            return QuestionSection(question.name, title, href, None, str(error))
        return QuestionSection(question.name, title, href, answer)

    def _find_parent(self, iri: str) -> ParentDocument | None:
        """Return the document that is the entity or contains it; None if it is not in the graph."""
        start = BASE + DOCUMENT_PATH
        document, _, part = iri.removeprefix(start).partition("/")
        if not iri.startswith(start) or not document:
            return None
        node = NamedNode(start + document)
        names = self._select_rows(ParameterKind.DOCUMENT, node.value)
        if not names:
            return None
        href = urls.entity_url(node.value) if part else ""
        return ParentDocument(format_term(names[0][1]) or document, href, urls.reader_url(iri))


def _parse_node(iri: str) -> NamedNode:
    """Return the node of an IRI; raise UnknownEntityError if it is none."""
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise UnknownEntityError(f"{iri}: is no IRI; see the questions for what there is") from error


def _create_unknown_error(iri: str) -> UnknownEntityError:
    return UnknownEntityError(f"{iri}: the graph says nothing of it; see the questions for what there is")


def _iterate_keys(facts: Sequence[Fact], sections: Sequence[QuestionSection]) -> Iterator[str]:
    """Yield the keys of the words that stand for values and properties."""
    for section in sections:
        yield from section.answer.keys if section.answer else ()
    for fact in facts:
        yield from (fact.cell.key, format_term(fact.predicate))


def _select_questions(kind: ParameterKind) -> list[Question]:
    """Return the questions about one entity of a kind, in the order of their sections."""
    return sorted((question for question in load_catalogue() if _is_about(question, kind)), key=_rank_section)


def _rank_section(question: Question) -> tuple[int, str]:
    """Return the sort key of the section of a question: its place in `_ORDER`, then its name."""
    known = question.name in _ORDER
    return (_ORDER.index(question.name) if known else len(_ORDER), question.name)


def _locate_in_network(kind: ParameterKind | None, end: str) -> str:
    """Return the address of an entity in the network page; "" for kinds that it does not show."""
    if kind in (ParameterKind.DOMAIN, ParameterKind.DOCUMENT):
        return urls.network_url({kind.value: end})
    return f"{urls.NETWORK}#{kind}={end}" if kind in (ParameterKind.AGENCY, ParameterKind.CLAUSE) else ""


def _collect_cards(facts: Sequence[Fact]) -> list[tuple[str, list[Cell]]]:
    """Return the main properties of a document, each with the key of its word."""
    found = {
        key: [fact.cell for fact in facts if fact.predicate == term(name)] for key, name in _CARDS.items()
    }
    return [(key, cells) for key, cells in found.items() if cells]


def _is_about(question: Question, kind: ParameterKind) -> bool:
    """Return True if a question is about one entity of a kind: it needs this one, and no other parameter."""
    needed = [p.kind for p in question.header.parameters if p.default is None]
    optional = kind is ParameterKind.DOCUMENT and not needed and question.name in _OF_DOCUMENTS
    return needed == [kind] or optional


def _find_kind(facts: Sequence[Fact]) -> ParameterKind | None:
    classes = {
        fact.value.value
        for fact in facts
        if fact.predicate == term("rdf:type") and isinstance(fact.value, NamedNode)
    }
    return next((kind for class_, kind in _KINDS if class_ in classes), None)


def _find_class_key(facts: Sequence[Fact]) -> str:
    """Return the key of the words for an entity's class; "" for classes that are not the ontology's own."""
    keys = (fact.cell.key for fact in facts if fact.predicate == term("rdf:type"))
    return next(filter(None, keys), "")


def _label_properties(facts: Sequence[Fact]) -> dict[str, dict[str, str]]:
    """Return the labels of the entity's properties, by their names."""
    found = (PROPERTIES.get(format_term(fact.predicate)) for fact in facts)
    return {one.name: {"en": one.english, "zh": one.chinese} for one in found if one}


def _select_literals(facts: Sequence[Fact], name: str) -> list[Literal]:
    return [fact.value for fact in facts if fact.predicate == term(name) and isinstance(fact.value, Literal)]


def _collect_values(facts: Sequence[Fact], names: Sequence[str]) -> list[str]:
    """Return the texts of properties, each once."""
    return list(dict.fromkeys(value.value for name in names for value in _select_literals(facts, name)))


def _choose_name(facts: Sequence[Fact]) -> str:
    """Return the text of the first property in `_NAMES` that is present, in Chinese if it has one.

    A statement without a text of its own bears the name of what it is about; "" where there is none.
    """
    values = next((found for name in _NAMES if (found := _select_literals(facts, name))), [])
    chinese = [value for value in values if value.language == "zh"]
    if values:
        return (chinese or values)[0].value
    return next((format_term(fact.name) for fact in facts if fact.predicate == term("ob:domain")), "")


def _group_facts(facts: Sequence[Fact]) -> list[tuple[str, list[Cell]]]:
    """Return the values of each property, in the order of the table of properties, others behind."""
    found: dict[str, list[Cell]] = {}
    for fact in facts:
        found.setdefault(format_term(fact.predicate), []).append(fact.cell)
    return sorted(found.items(), key=lambda one: _PLACES.get(one[0], len(_PLACES)))
