"""The data of the network page, from the tables of a graph or of shards, as small values for JSON.

Measures are in the order of their documents and of the text; bodies, domains and clauses are numbers into
lists. Offsets are code points within the measure's own words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pyoxigraph import NamedNode

from build_graph.errors import ObligationError
from build_graph.graph.store.shards import ShardFolder
from build_graph.model import NormKind
from build_graph.query.catalogue import ParameterKind
from build_graph.query.engines import Engine
from build_graph.query.labels import most_frequent_labels, unique_labels
from build_graph.query.responsibility_tables import Row, Tables, open_tables
from build_graph.vocabulary import BASE, OB

NORMS = tuple(NormKind)  # the order in which the page numbers them
GROUP = "Group"  # the kind of 有关部门 and the like
ROLES = ("Lead", "Support", "Responsible")
ALLOCATIONS = ("Divided", "Joint", "Unstated")


class NothingToShowError(ObligationError):
    """A graph, or a selection, without a measure."""


@dataclass(frozen=True, slots=True)
class NetworkBody:
    """A body that bears a measure."""

    id: str  # the end of its IRI: agency/mofcom
    label: str  # short, and no other's
    name: str
    english: str
    others: tuple[str, ...]  # its other names
    kind: str  # of the ontology's agency kinds, or Group, Local, Other


@dataclass(frozen=True, slots=True)
class NetworkResponsibility:
    """A bearer of a measure: the numbers of body and role; `inferred` if a rule stated elsewhere gives it."""

    body: int
    role: int
    inferred: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A norm or target within a measure's words; `kind` is the number of a norm's kind, or `TARGET`."""

    kind: int
    start: int
    end: int
    due: str  # a date, or empty


TARGET = len(NORMS)  # the kind of a finding that is a target


@dataclass(frozen=True, slots=True)
class NetworkMeasure:
    """A measure; its numbers are places in the lists of `NetworkData`."""

    id: str
    clause: int
    allocation: int  # -1 if it has no bearer
    open: bool
    text: str
    words: str  # of its attribution
    bearings: tuple[NetworkResponsibility, ...]
    domains: tuple[int, ...]  # the main one first
    findings: tuple[Finding, ...]
    audiences: tuple[str, ...]
    due: str  # the first date that it is due by, or empty


@dataclass(frozen=True, slots=True)
class NetworkDocument:
    """A document with its names and its measures."""

    id: str
    number: str
    title: str
    date: str
    measures: tuple[NetworkMeasure, ...]


@dataclass(frozen=True, slots=True)
class NetworkData:
    """All data of the page."""

    documents: tuple[NetworkDocument, ...]
    bodies: tuple[NetworkBody, ...]
    domains: tuple[tuple[str, str, str], ...]  # id, name, English name
    clauses: tuple[tuple[str, str, int], ...]  # id, label, number of the document
    brief: bool = False  # whether measures come without their words
    only: Mapping[str, str] = field(default_factory=dict)  # ids of the document and domain selected

    @property
    def domain(self) -> str:
        """The names of the domain that the page is narrowed to; "" if it is not."""
        only = self.only.get("domain")
        return next((f"{name} {english}" for id_, name, english in self.domains if id_ == only), "")

    @property
    def measures(self) -> Iterator[NetworkMeasure]:
        """The measures of all documents."""
        for document in self.documents:
            yield from document.measures


def collect_network_data(
    graph: Engine | ShardFolder, document: NamedNode | None = None, domain: NamedNode | None = None
) -> NetworkData:
    """Return the data of a graph or of shards, of one document or domain if given.

    Raises ObligationError if the graph cannot be queried, or has no such measure.
    """
    tables = open_tables(graph, document, domain)
    measures = tables.select_rows("measures")
    subjects = tables.select_rows("subjects")
    if domain:
        within = {row["measure"] for row in subjects if row["domain"] == domain.value}
        measures = [row for row in measures if row["measure"] in within]
    if not measures:
        raise NothingToShowError(
            "no measure is left to show; choose less narrowly, or build a graph that has some"
        )
    made = _DataBuilder.collect(tables, measures, subjects).build_data()
    return replace(made, brief=isinstance(graph, ShardFolder), only=describe_selection(document, domain))


def describe_selection(document: NamedNode | None, domain: NamedNode | None) -> dict[str, str]:
    """Return the ids of what a page is narrowed to, by kind.

    >>> describe_selection(None, NamedNode(f"{BASE}domain/taxation"))
    {'domain': 'domain/taxation'}
    """
    chosen = {ParameterKind.DOCUMENT: document, ParameterKind.DOMAIN: domain}
    return {kind.value: _shorten_iri(node.value) for kind, node in chosen.items() if node}


@dataclass(frozen=True, slots=True)
class _DataBuilder:
    """The rows of the tables, grouped by measure, body or document."""

    measures: list[Row]
    bearings: dict[str, list[Row]]
    findings: dict[str, list[Row]]
    subjects: dict[str, list[Row]]
    audiences: dict[str, list[Row]]
    bodies: dict[str, Row]
    names: dict[str, list[str]]
    documents: dict[str, Row]

    @classmethod
    def collect(cls, tables: Tables, measures: list[Row], subjects: list[Row]) -> _DataBuilder:
        """Return a builder with the rows that belong to the measures."""
        names: dict[str, list[str]] = defaultdict(list)
        for row in tables.select_rows("agency"):
            names[row["node"]].append(row["name"])
        return cls(
            sorted(measures, key=lambda row: (row["document"], int(row["start"]), row["measure"])),
            _group_by_measure(tables.select_rows("bearings")),
            _group_by_measure(tables.select_rows("findings")),
            _group_by_measure(subjects),
            _group_by_measure(tables.select_rows("audiences")),
            {row["body"]: row for row in tables.select_rows("bodies")},
            names,
            {row["document"]: row for row in tables.select_rows("documents")},
        )

    def build_data(self) -> NetworkData:
        """Return the data of the page."""
        kept = [row["measure"] for row in self.measures]
        bodies = sorted({bearing["body"] for measure in kept for bearing in self.bearings.get(measure, ())})
        domains = sorted({row["domain"] for measure in kept for row in self.subjects.get(measure, ())})
        named = {row["domain"]: row for rows in self.subjects.values() for row in rows}
        clauses = list(dict.fromkeys((row["part"], row["clause"], row["document"]) for row in self.measures))
        documents = list(dict.fromkeys(row["document"] for row in self.measures))
        parts = [part for part, _, _ in clauses]
        numbers = {iri: at for iris in (bodies, domains, parts) for at, iri in enumerate(iris)}
        measures: dict[str, list[NetworkMeasure]] = defaultdict(list)
        for row in self.measures:
            measures[row["document"]].append(self._build_measure(row, numbers))
        return NetworkData(
            documents=tuple(self._build_document(document, measures[document]) for document in documents),
            bodies=self._build_bodies(bodies),
            domains=tuple((_shorten_iri(d), named[d]["name"], named[d]["english"]) for d in domains),
            clauses=tuple(
                (_shorten_iri(part), label, documents.index(document)) for part, label, document in clauses
            ),
        )

    def _build_document(self, document: str, measures: list[NetworkMeasure]) -> NetworkDocument:
        row = self.documents.get(document, {})
        number, title, day = (row.get(name, "") for name in ("number", "title", "date"))
        return NetworkDocument(_shorten_iri(document), number, title, day, tuple(measures))

    def _build_bodies(self, bodies: list[str]) -> tuple[NetworkBody, ...]:
        written = ((row["body"], row["written"]) for rows in self.bearings.values() for row in rows)
        known = {body: self.bodies.get(body, {}) for body in bodies}
        full = {body: row.get("name", "") for body, row in known.items()}
        places = {body: row.get("place", "") for body, row in known.items()}
        labels = unique_labels(bodies, most_frequent_labels(written), full, places)
        return tuple(
            NetworkBody(
                id=_shorten_iri(body),
                label=label,
                name=full[body],
                english=known[body].get("english", ""),
                others=self._list_others(body),
                kind=_classify_body(known[body]),
            )
            for body, label in zip(bodies, labels, strict=True)
        )

    def _list_others(self, body: str) -> tuple[str, ...]:
        """Return the names of a body beside its Chinese and its English one."""
        row = self.bodies.get(body, {})
        main = (row.get("name", ""), row.get("english"))
        return tuple(name for name in self.names.get(body, ()) if name not in main)

    def _build_measure(self, row: Row, numbers: Mapping[str, int]) -> NetworkMeasure:
        measure, start = row["measure"], int(row["start"])
        found = self.findings.get(measure, ())
        days = sorted(f["due"] for f in found if f["due"])
        return NetworkMeasure(
            id=_shorten_iri(measure),
            clause=numbers[row["part"]],
            allocation=_find_index(ALLOCATIONS, row["allocation"]),
            open=row["open"] == "true",
            text=row["text"],
            words=row["words"],
            bearings=tuple(
                NetworkResponsibility(
                    numbers[one["body"]], _find_index(ROLES, one["role"]), one["inferred"] == "true"
                )
                for one in _sort_by_rank(self.bearings.get(measure, ()))
            ),
            domains=tuple(numbers[one["domain"]] for one in _sort_by_rank(self.subjects.get(measure, ()))),
            findings=_select_findings(found, start, len(row["text"])),
            audiences=tuple(audience["name"] for audience in self.audiences.get(measure, ())),
            due=days[0] if days else "",
        )


def _sort_by_rank(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: int(row["rank"]))


def _select_findings(rows: Iterable[Row], start: int, length: int) -> tuple[Finding, ...]:
    """Return the norms and targets that lie within a measure's words, in order; qualifiers lie behind them.

    In a measure without its words, the norms are at its start and have no length.
    """
    kinds = {**{kind.value.capitalize(): at for at, kind in enumerate(NORMS)}, "Target": TARGET}
    found = []
    for row in rows:
        kind = kinds.get(row["type"].removeprefix(OB))
        begin, end = int(row["start"]) - start, int(row["end"]) - start
        if kind is not None and 0 <= begin <= end <= length:
            found.append(Finding(kind, begin, end, row["due"]))
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.end, finding.kind)))


def _group_by_measure(rows: list[Row]) -> dict[str, list[Row]]:
    """Return the rows of each measure."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["measure"]].append(row)
    return found


def _find_index(names: tuple[str, ...], iri: str) -> int:
    """Return the index of a term in names; -1 if it is not there."""
    name = iri.removeprefix(OB)
    return names.index(name) if name in names else -1


def _classify_body(row: Row) -> str:
    """Return the kind of a body: that of the ontology, or Group, Local, Other."""
    if row.get("group") == "true":
        return GROUP
    return row.get("kind", "").removeprefix(OB) or ("Local" if row.get("place") else "Other")


def _shorten_iri(iri: str) -> str:
    """Return the end of an IRI, without the base that all share."""
    return iri.removeprefix(BASE)
