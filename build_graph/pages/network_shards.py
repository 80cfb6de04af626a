"""What the network page tells of shards: who bears what, from their aggregated tables, without the words."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode, QuerySolutions

from build_graph.pages.network_data import (
    ALLOCATIONS,
    GROUP,
    NORMS,
    ROLES,
    Bearing,
    Body,
    DocumentCard,
    Finding,
    Measure,
    NetworkData,
    NothingToShowError,
    narrowed_to,
)
from build_graph.querying.catalogue import lookup
from build_graph.querying.engines import OxigraphEngine
from build_graph.querying.short_names import mostly_written, short_names
from build_graph.shards import Shards
from build_graph.vocabulary import BASE

Row = Mapping[str, str]


def shard_data(
    shards: Shards, registry: OxigraphEngine, document: NamedNode | None, domain: NamedNode | None
) -> NetworkData:
    """The measures that somebody bears, without their words, of one document or domain if given.

    `registry` answers for the names of known bodies and domains. Raises NothingToShowError for none,
    ShardsError where a table is damaged.
    """
    rows = [row for row in _rows(shards) if _is_wanted(row, document, domain)]
    if not rows:
        raise NothingToShowError("no measure with a bearer is left to show; choose less narrowly")
    return replace(_Made.of(rows, shards, registry).data(), only=narrowed_to(document, domain))


def _rows(shards: Shards) -> Iterator[Row]:
    for table in shards.tables():
        yield from csv.DictReader(io.StringIO(table.decode(), newline=""))


def _is_wanted(row: Row, document: NamedNode | None, domain: NamedNode | None) -> bool:
    return (document is None or row["document"] == document.value) and (
        domain is None or domain.value in row["domains"].split()
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """The rows of each measure by document, and the places of things in the lists of the page."""

    documents: Mapping[str, Mapping[str, Sequence[Row]]]  # document, measure, rows
    cards: Mapping[str, tuple[str, str, str]]  # number, title, date
    bodies: Mapping[str, Row]
    labels: Mapping[str, str]
    names: Mapping[str, Sequence[str]]  # of bodies and domains
    domains: Sequence[str]

    @classmethod
    def of(cls, rows: Sequence[Row], shards: Shards, registry: OxigraphEngine) -> _Made:
        """Put the rows in order."""
        documents: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            documents[row["document"]][row["measure"]].append(row)
        bodies = {row["body"]: row for row in sorted(rows, key=lambda row: row["body"])}
        full = {body: row["name"] for body, row in bodies.items()}
        places = {body: row["place"] for body, row in bodies.items()}
        mostly = mostly_written((row["body"], row["written"]) for row in rows)
        return cls(
            {document: documents[document] for document in sorted(documents)},
            {
                one.iri: (one.number, one.title or one.label, one.issued)
                for one in shards.records()
                if one.is_there
            },
            bodies,
            dict(zip(bodies, short_names(list(bodies), mostly, full, places), strict=True)),
            _names(registry),
            sorted({domain for row in rows for domain in row["domains"].split()}),
        )

    def data(self) -> NetworkData:
        """The values that the page shows."""
        clauses = {
            part: (at, number)
            for at, (part, number) in enumerate(
                dict.fromkeys(
                    (_part(measure), number)
                    for number, measures in enumerate(self.documents.values())
                    for measure in measures
                )
            )
        }
        numbers = {name: at for names in (self.bodies, self.domains) for at, name in enumerate(names)}
        return NetworkData(
            documents=tuple(
                DocumentCard(
                    _id(document),
                    *self.cards[document],
                    tuple(
                        _measure(measure, rows, clauses[_part(measure)][0], numbers)
                        for measure, rows in measures.items()
                    ),
                )
                for document, measures in self.documents.items()
            ),
            bodies=tuple(self._body(body, row) for body, row in self.bodies.items()),
            domains=tuple((_id(domain), *self._called(domain)) for domain in self.domains),
            clauses=tuple((_id(part), "", number) for part, (_, number) in clauses.items()),
            brief=True,
        )

    def _body(self, body: str, row: Row) -> Body:
        kind = GROUP if row["group"] == "true" else row["kind"] or ("Local" if row["place"] else "Other")
        others = tuple(name for name in self.names.get(body, ()) if name not in (row["name"], row["english"]))
        return Body(_id(body), self.labels[body], row["name"], row["english"], others, kind)

    def _called(self, domain: str) -> tuple[str, str]:
        """The Chinese and the English name of a domain: it has one of each."""
        names = sorted(self.names.get(domain, ()), key=str.isascii)
        return (names[0], names[-1]) if names else ("", "")


def _measure(iri: str, rows: Sequence[Row], clause: int, numbers: Mapping[str, int]) -> Measure:
    first = rows[0]
    kinds = first["kinds"].split()
    return Measure(
        id=_id(iri),
        clause=clause,
        allocation=ALLOCATIONS.index(first["allocation"]),
        open=first["open"] == "true",
        text="",
        words="",
        bearings=tuple(
            Bearing(numbers[row["body"]], ROLES.index(row["role"]), row["inferred"] == "true") for row in rows
        ),
        domains=tuple(numbers[domain] for domain in first["domains"].split()),
        findings=tuple(Finding(at, 0, 0, "") for at, kind in enumerate(NORMS) if kind in kinds),
        audiences=(),
        due=first["due"],
    )


def _names(registry: OxigraphEngine) -> dict[str, list[str]]:
    """The names of bodies and domains, in order."""
    names: dict[str, list[str]] = defaultdict(list)
    for kind in ("agency", "domain"):
        found = registry.answer(lookup(kind))
        assert isinstance(found, QuerySolutions), f"lookups/{kind}.rq is no SELECT query"
        for node, name in sorted((row["node"].value, row["name"].value) for row in found):
            names[node].append(name)
    return names


def _part(measure: str) -> str:
    """What a measure stands in."""
    return measure.rpartition("/")[0]


def _id(iri: str) -> str:
    return iri.removeprefix(BASE)
