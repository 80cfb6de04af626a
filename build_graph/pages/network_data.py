"""What the network page tells of, from the tables of a graph or of shards: small values that become JSON.

Measures stand in the order of their documents and of the text; bodies, domains and clauses are numbers into
lists. Positions are code points within the measure's own words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pyoxigraph import NamedNode

from build_graph.errors import ObligationError
from build_graph.model import NormKind
from build_graph.querying.engines import Engine
from build_graph.querying.headers import Kind
from build_graph.querying.responsibilities import Row, Tables, tables_of
from build_graph.querying.short_names import mostly_written, short_names
from build_graph.shards import Shards
from build_graph.vocabulary import BASE, OB

NORMS = tuple(NormKind)  # the order in which the page numbers them
GROUP = "Group"  # the kind of 有关部门 and the like
ROLES = ("Lead", "Support", "Responsible")
ALLOCATIONS = ("Divided", "Joint", "Unstated")


class NothingToShowError(ObligationError):
    """A graph, or a choice, without a measure."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that bears a measure."""

    id: str  # the end of its IRI: agency/mofcom
    label: str  # short, and no other's
    name: str
    english: str
    others: tuple[str, ...]  # its other names
    kind: str  # of the ontology's agency kinds, or Group, Local, Other


@dataclass(frozen=True, slots=True)
class Bearing:
    """That a body bears a measure: numbers of body and role, and whether a rule stated elsewhere says so."""

    body: int
    role: int
    inferred: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A norm or target within a measure's words; `kind` is that of a norm, or the number behind the last."""

    kind: int
    start: int
    end: int
    due: str  # a date, or empty


TARGET = len(NORMS)  # the kind of a finding that is a target


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure; numbers lead into the lists of `NetworkData`."""

    id: str
    clause: int
    allocation: int  # -1 where nobody bears it
    open: bool
    text: str
    words: str  # of its attribution
    bearings: tuple[Bearing, ...]
    domains: tuple[int, ...]  # the main one first
    findings: tuple[Finding, ...]
    audiences: tuple[str, ...]
    due: str  # the first date that it is due by, or empty


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """A document: what it is called, and its measures."""

    id: str
    number: str
    title: str
    date: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class NetworkData:
    """All that the page shows."""

    documents: tuple[DocumentCard, ...]
    bodies: tuple[Body, ...]
    domains: tuple[tuple[str, str, str], ...]  # id, name, English name
    clauses: tuple[tuple[str, str, int], ...]  # id, label, number of the document
    brief: bool = False  # whether measures come without their words
    only: Mapping[str, str] = field(
        default_factory=dict
    )  # document and domain that it was narrowed to: their ids

    @property
    def domain(self) -> str:
        """The names of the domain that all measures have; empty where it was narrowed to none."""
        return next(
            (f"{name} {english}" for id_, name, english in self.domains if id_ == self.only.get("domain")), ""
        )

    @property
    def measures(self) -> Iterator[Measure]:
        """The measures of all documents."""
        for document in self.documents:
            yield from document.measures


def network_data(
    graph: Engine | Shards, document: NamedNode | None = None, domain: NamedNode | None = None
) -> NetworkData:
    """What an engine's graph says, or the tables of shards, of one document or domain if given.

    Raises ObligationError where the graph cannot be asked, or has no measure of that kind.
    """
    tables = tables_of(graph, document, domain)
    measures = tables.rows("measures")
    subjects = tables.rows("subjects")
    if domain:
        within = {row["measure"] for row in subjects if row["domain"] == domain.value}
        measures = [row for row in measures if row["measure"] in within]
    if not measures:
        raise NothingToShowError(
            "no measure is left to show; choose less narrowly, or build a graph that has some"
        )
    made = _Made.of(tables, measures, subjects).data()
    return replace(made, brief=isinstance(graph, Shards), only=narrowed_to(document, domain))


def narrowed_to(document: NamedNode | None, domain: NamedNode | None) -> dict[str, str]:
    """The ids of what a page is narrowed to, by kind.

    >>> narrowed_to(None, NamedNode(f"{BASE}domain/taxation"))
    {'domain': 'domain/taxation'}
    """
    chosen = {Kind.DOCUMENT: document, Kind.DOMAIN: domain}
    return {kind.value: _id(node.value) for kind, node in chosen.items() if node}


@dataclass(frozen=True, slots=True)
class _Made:
    """The rows, by what they belong to."""

    measures: list[Row]
    bearings: dict[str, list[Row]]
    findings: dict[str, list[Row]]
    subjects: dict[str, list[Row]]
    audiences: dict[str, list[Row]]
    bodies: dict[str, Row]
    names: dict[str, list[str]]
    documents: dict[str, Row]

    @classmethod
    def of(cls, tables: Tables, measures: list[Row], subjects: list[Row]) -> _Made:
        """Ask for what the measures hold."""
        names: dict[str, list[str]] = defaultdict(list)
        for row in tables.rows("agency"):
            names[row["node"]].append(row["name"])
        return cls(
            sorted(measures, key=lambda row: (row["document"], int(row["start"]), row["measure"])),
            _grouped(tables.rows("bearings")),
            _grouped(tables.rows("findings")),
            _grouped(subjects),
            _grouped(tables.rows("audiences")),
            {row["body"]: row for row in tables.rows("bodies")},
            names,
            {row["document"]: row for row in tables.rows("documents")},
        )

    def data(self) -> NetworkData:
        """The values that the page shows."""
        kept = [row["measure"] for row in self.measures]
        bodies = sorted({bearing["body"] for measure in kept for bearing in self.bearings.get(measure, ())})
        domains = sorted({row["domain"] for measure in kept for row in self.subjects.get(measure, ())})
        named = {row["domain"]: row for rows in self.subjects.values() for row in rows}
        clauses = list(dict.fromkeys((row["part"], row["clause"], row["document"]) for row in self.measures))
        documents = list(dict.fromkeys(row["document"] for row in self.measures))
        numbers = {
            **{body: at for at, body in enumerate(bodies)},
            **{domain: at for at, domain in enumerate(domains)},
            **{part: at for at, (part, _, _) in enumerate(clauses)},
        }
        measures: dict[str, list[Measure]] = defaultdict(list)
        for row in self.measures:
            measures[row["document"]].append(self._measure(row, numbers))
        return NetworkData(
            documents=tuple(self._document(document, measures[document]) for document in documents),
            bodies=self._bodies(bodies),
            domains=tuple((_id(d), named[d]["name"], named[d]["english"]) for d in domains),
            clauses=tuple((_id(part), label, documents.index(document)) for part, label, document in clauses),
        )

    def _document(self, document: str, measures: list[Measure]) -> DocumentCard:
        row = self.documents.get(document, {})
        number, title, day = (row.get(name, "") for name in ("number", "title", "date"))
        return DocumentCard(_id(document), number, title, day, tuple(measures))

    def _bodies(self, bodies: list[str]) -> tuple[Body, ...]:
        written = ((row["body"], row["written"]) for rows in self.bearings.values() for row in rows)
        known = {body: self.bodies.get(body, {}) for body in bodies}
        full = {body: row.get("name", "") for body, row in known.items()}
        places = {body: row.get("place", "") for body, row in known.items()}
        labels = short_names(bodies, mostly_written(written), full, places)
        return tuple(
            Body(
                id=_id(body),
                label=label,
                name=full[body],
                english=known[body].get("english", ""),
                others=tuple(
                    name
                    for name in self.names.get(body, ())
                    if name not in (full[body], known[body].get("english"))
                ),
                kind=_kind(known[body]),
            )
            for body, label in zip(bodies, labels, strict=True)
        )

    def _measure(self, row: Row, numbers: Mapping[str, int]) -> Measure:
        measure, start = row["measure"], int(row["start"])
        found = self.findings.get(measure, ())
        bearings = sorted(self.bearings.get(measure, ()), key=lambda bearing: int(bearing["rank"]))
        days = sorted(f["due"] for f in found if f["due"])
        return Measure(
            id=_id(measure),
            clause=numbers[row["part"]],
            allocation=_number(ALLOCATIONS, row["allocation"]),
            open=row["open"] == "true",
            text=row["text"],
            words=row["words"],
            bearings=tuple(
                Bearing(numbers[b["body"]], _number(ROLES, b["role"]), b["inferred"] == "true")
                for b in bearings
            ),
            domains=tuple(
                numbers[subject["domain"]]
                for subject in sorted(
                    self.subjects.get(measure, ()), key=lambda subject: int(subject["rank"])
                )
            ),
            findings=tuple(
                sorted(_within(found, start, len(row["text"])), key=lambda f: (f.start, f.end, f.kind))
            ),
            audiences=tuple(audience["name"] for audience in self.audiences.get(measure, ())),
            due=days[0] if days else "",
        )


def _within(found: list[Row] | tuple[()], start: int, length: int) -> Iterator[Finding]:
    """The norms and targets that stand within a measure's words; riders stand behind them.

    Of a measure without its words, the norms stand at its start and have no length.
    """
    kinds = {**{kind.value.capitalize(): at for at, kind in enumerate(NORMS)}, "Target": TARGET}
    for row in found:
        kind, begin, end = (
            kinds.get(row["type"].removeprefix(OB)),
            int(row["start"]) - start,
            int(row["end"]) - start,
        )
        if kind is not None and 0 <= begin <= end <= length:
            yield Finding(kind, begin, end, row["due"])


def _grouped(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows of each measure."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["measure"]].append(row)
    return found


def _number(names: tuple[str, ...], iri: str) -> int:
    """The place of a term among names; -1 where there is none."""
    name = iri.removeprefix(OB)
    return names.index(name) if name in names else -1


def _kind(row: Row) -> str:
    """The kind of a body: of the ontology's, or whether it is a group, or local."""
    if row.get("group") == "true":
        return GROUP
    return row.get("kind", "").removeprefix(OB) or ("Local" if row.get("place") else "Other")


def _id(iri: str) -> str:
    """An IRI without the base that is the same for all."""
    return iri.removeprefix(BASE)
