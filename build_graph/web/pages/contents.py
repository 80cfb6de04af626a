"""The contents of a graph for the first page and the lists: documents, bodies, domains, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from build_graph.errors import ObligationError
from build_graph.graph.iris import DOCUMENT_PATH
from build_graph.query.catalogue import ParameterKind, fetch_rows, find_question
from build_graph.query.engines import Engine
from build_graph.query.names import EntityFinder
from build_graph.query.results import extract_text
from build_graph.vocabulary import BASE, UNNUMBERED, term
from build_graph.web import urls

# The classes that are counted on the first page, with the keys of their words.
COUNTED = {
    "measures": "ob:Measure",
    "obligations": "ob:Obligation",
    "prohibitions": "ob:Prohibition",
    "permissions": "ob:Permission",
    "encouragements": "ob:Encouragement",
    "targets": "ob:Target",
}


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document in a list."""

    iri: str
    title: str
    number: str
    date: str
    issuer: str
    measures: int
    attributed: int

    @property
    def href(self) -> str:
        """The address of its page."""
        return urls.entity_url(self.iri)

    @property
    def reader(self) -> str:
        """The address of its text with marks."""
        return urls.reader_url(self.iri)


@dataclass(frozen=True, slots=True)
class RankedEntity:
    """A body or a domain with its number of measures."""

    href: str
    name: str
    english: str
    measures: int


def list_documents(engine: Engine) -> tuple[ListedDocument, ...]:
    """Return the documents that were read, each once, by date.

    Raises ObligationError if the graph cannot be queried; so do the other functions.
    """
    found = {row("document"): row for row in _iterate_rows(engine, "documents")}
    return tuple(
        ListedDocument(
            iri,
            row("title"),
            row("number"),
            row("date"),
            row("issuer"),
            int(row("measures")),
            int(row("attributed")),
        )
        for iri, row in found.items()
    )


def find_titles(names: EntityFinder) -> Mapping[str, str]:
    """Return the titles of documents by id; empty if they cannot be queried."""
    try:
        known = names.list_names(ParameterKind.DOCUMENT)
    except ObligationError:
        return {}
    start = f"{BASE}{DOCUMENT_PATH}"
    return {node.value.removeprefix(start): called[0] for node, called in known.items() if called}


def format_local_name(end: str, documents: Mapping[str, str]) -> str:
    """Return the end of an IRI for readers: an unnumbered document by its name, all else unchanged.

    >>> format_local_name("d/text-01/s1/c4", {"text-01": "trade.txt"})
    'd/trade.txt/s1/c4'
    >>> format_local_name("d/国发-2015-24", {})
    'd/国发-2015-24'
    """
    id_, slash, part = end.removeprefix(DOCUMENT_PATH).partition("/")
    if not end.startswith(DOCUMENT_PATH) or not id_.startswith(UNNUMBERED):
        return end
    return f"{DOCUMENT_PATH}{documents.get(id_, id_)}{slash}{part}"


def rank_agencies(engine: Engine) -> tuple[RankedEntity, ...]:
    """Return the bodies that bear measures, those with most first."""
    return _rank_entities(engine, "agencies-by-measures", "agency")


def rank_domains(engine: Engine) -> tuple[RankedEntity, ...]:
    """Return the policy domains of measures, those with most first."""
    return _rank_entities(engine, "domains", "domain")


def count_entities(engine: Engine) -> dict[str, int]:
    """Return the number of entities of each class in `COUNTED`, by its key."""
    found = {row("class"): int(row("things")) for row in _iterate_rows(engine, "counts")}
    return {key: found.get(term(name).value, 0) for key, name in COUNTED.items()}


def _rank_entities(engine: Engine, name: str, thing: str) -> tuple[RankedEntity, ...]:
    return tuple(
        RankedEntity(
            urls.entity_url(row(thing)),
            row("name") or row(thing).rpartition("/")[2],
            row("english"),
            int(row("measures")),
        )
        for row in _iterate_rows(engine, name)
    )


def _iterate_rows(engine: Engine, name: str) -> Iterator[Callable[[str], str]]:
    """Yield a function for each row of a question's answer, which gives the text of a column, "" for none."""
    for row in fetch_rows(engine, find_question(name).query, name):
        yield lambda column, row=row: extract_text(row[column])  # type: ignore[misc]
