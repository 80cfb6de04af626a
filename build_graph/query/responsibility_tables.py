"""The table of responsibilities and others, as rows of strings: queried from a graph, or read from shards.

Both kinds of tables have the same names and columns, so that their users need not know the difference.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from build_graph.graph.store.shards import ShardFolder
from build_graph.query.catalogue import select
from build_graph.query.engines import Engine
from build_graph.query.open import open_registries
from build_graph.query.results import extract_text
from build_graph.query.sparql import Value

Row = dict[str, str]

_OF_ALL = ("agency", "bodies", "documents", "domain")  # lookups without a document as parameter


@dataclass(frozen=True, slots=True)
class GraphTables:
    """The tables of an engine's graph, of one document if given."""

    engine: Engine
    document: NamedNode | None = None

    def select_rows(self, name: str) -> list[Row]:
        """Return the rows of a lookup in a fixed order, with empty strings for missing values.

        Raises ObligationError if the graph cannot be asked.
        """
        values: dict[str, Value] = (
            {"document": self.document} if self.document and name not in _OF_ALL else {}
        )
        found = select(self.engine, name, **values)
        names = [variable.value for variable in found.variables]
        rows = sorted(tuple(extract_text(row[name]) for name in names) for row in found)
        return [dict(zip(names, row, strict=True)) for row in rows]


@dataclass(frozen=True, slots=True)
class ShardTables:
    """The tables of shards, of one document or domain if given; raises ShardsError for damage.

    They contain only measures that have a bearer, without their words.
    """

    shards: ShardFolder
    document: NamedNode | None = None
    domain: NamedNode | None = None
    _registry: GraphTables = field(init=False, default_factory=lambda: GraphTables(open_registries()))
    _bearings: list[Row] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        for table in self.shards.iterate_tables():
            rows = csv.DictReader(io.StringIO(table.decode(), newline=""))
            self._bearings.extend(filter(self._is_wanted, rows))

    def select_rows(self, name: str) -> list[Row]:
        """Return the rows of the lookup with that name, as far as the shards' tables have them."""
        made: dict[str, Callable[[], Iterator[Row]]] = {
            "measures": self._iterate_measures,
            "findings": self._iterate_findings,
            "subjects": self._iterate_subjects,
            "documents": self._iterate_documents,
            "bearings": lambda: iter(self._bearings),
            "bodies": lambda: iter(sorted(self._bearings, key=lambda row: row["body"])),
            "agency": lambda: iter(self._registry.select_rows("agency")),
            "audiences": lambda: iter(()),
        }
        return list(made[name]())

    def _is_wanted(self, row: Mapping[str, str]) -> bool:
        return (self.document is None or row["document"] == self.document.value) and (
            self.domain is None or self.domain.value in row["domains"].split()
        )

    def _iterate_firsts(self) -> Iterator[tuple[str, Row]]:
        """Yield the first row of each measure, with the measure's position among all shards."""
        firsts: dict[str, Row] = {}
        for row in self._bearings:
            firsts.setdefault(row["measure"], row)
        return ((str(at), row) for at, row in enumerate(firsts.values()))

    def _iterate_measures(self) -> Iterator[Row]:
        for at, row in self._iterate_firsts():
            part = row["measure"].rpartition("/")[0]
            yield {**row, "part": part, "clause": "", "text": "", "words": "", "start": at}

    def _iterate_findings(self) -> Iterator[Row]:
        """Yield the kinds of a measure's norms, and the first day by which a part of it is due."""
        for at, row in self._iterate_firsts():
            place = {"measure": row["measure"], "start": at, "end": at}
            yield from ({**place, "type": kind.capitalize(), "due": ""} for kind in row["kinds"].split())
            yield {**place, "type": "Due", "due": row["due"]}

    def _iterate_subjects(self) -> Iterator[Row]:
        names = self._load_domain_names()
        for _, row in self._iterate_firsts():
            for rank, domain in enumerate(row["domains"].split(), start=1):
                name, english = names.get(domain, ("", ""))
                found = {"measure": row["measure"], "domain": domain, "rank": str(rank)}
                yield {**found, "name": name, "english": english}

    def _load_domain_names(self) -> dict[str, tuple[str, str]]:
        """Return the Chinese and the English name of each domain."""
        names: dict[str, list[str]] = defaultdict(list)
        for row in self._registry.select_rows("domain"):
            names[row["node"]].append(row["name"])
        pairs = {node: sorted(found, key=str.isascii) for node, found in names.items()}
        return {node: (found[0], found[-1]) for node, found in pairs.items()}

    def _iterate_documents(self) -> Iterator[Row]:
        for one in self.shards.iterate_records():
            if one.is_stored:
                title = one.title or one.label
                yield {"document": one.iri, "number": one.number, "title": title, "date": one.issued}


Tables = GraphTables | ShardTables


def open_tables(graph: Engine | ShardFolder, document: NamedNode | None, domain: NamedNode | None) -> Tables:
    """Return the tables of a graph or of shards; only those of shards are limited to the domain."""
    return (
        ShardTables(graph, document, domain)
        if isinstance(graph, ShardFolder)
        else GraphTables(graph, document)
    )
