"""The table that an analysis counts: which body bears which measure, and which body took another's place.

A graph answers by the lookups in `queries/lookups`; shards hold the same columns in their tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import pandas as pd
from pyoxigraph import QueryResultsFormat

from build_graph.analysis.choices import Choices, Unit
from build_graph.graph.store.shards import ShardFolder
from build_graph.query.catalogue import select
from build_graph.query.engines import Engine
from build_graph.query.open import open_registries
from build_graph.query.sparql import Value
from build_graph.vocabulary import OB


@dataclass(frozen=True, slots=True, order=True)
class Succession:
    """The change by which one body took another's place, with its last possible day."""

    old: str  # IRI
    new: str
    day: date


@dataclass(frozen=True, slots=True)
class Successors:
    """The bodies that have taken the place of others by a day."""

    of: dict[str, str]  # old: new, for those whose place one other has taken
    split: dict[str, tuple[str, ...]]  # old: the several that have taken its place


def find_successors(bodies: Iterable[str], successions: Iterable[Succession], day: date) -> Successors:
    """Return the successors of bodies on a day, through any number of reforms.

    >>> reforms = [Succession("银监会", "银保监会", date(2018, 3, 17)),
    ...            Succession("银保监会", "金融监管总局", date(2023, 5, 18))]
    >>> find_successors(["银监会", "商务部"], reforms, date(2020, 1, 1)).of
    {'银监会': '银保监会'}
    >>> find_successors(["银监会"], reforms, date(2024, 1, 1)).of
    {'银监会': '金融监管总局'}
    """
    took: dict[str, set[str]] = defaultdict(set)
    for change in successions:
        if change.day <= day:
            took[change.old].add(change.new)
    one, several = {}, {}
    for body in bodies:
        last = sorted(_find_last(body, took))
        if len(last) > 1:
            several[body] = tuple(last)
        elif last != [body]:
            one[body] = last[0]
    return Successors(one, several)


def _find_last(body: str, took: dict[str, set[str]]) -> set[str]:
    """Return the last bodies on all paths of succession; the body itself if it has none, or a cycle."""
    seen, ends, waiting = {body}, set[str](), [body]
    while waiting:
        here = waiting.pop()
        ends |= {here} - took.keys()
        fresh = took.get(here, set()) - seen
        seen |= fresh
        waiting += fresh
    return ends or {body}


_BODY = ["body", "name", "english", "kind", "place", "group"]
_ROW = ["measure", "body", "role", "rank", "written", "inferred", "allocation", "domain", "norms"]


@dataclass(frozen=True, slots=True)
class Responsibilities:
    """The rows of a graph that say which body bears which measure, with the bodies and their successions.

    `rows`, one a bearer of a measure: measure, body, role, written, inferred, allocation, domain (the main
    one), norms (how many the measure holds, where norms are the unit; else 1). `bodies`, by IRI: name,
    english, kind, place (IRI), group.
    """

    rows: pd.DataFrame
    bodies: pd.DataFrame
    successions: tuple[Succession, ...]

    @classmethod
    def load(cls, graph: Engine | ShardFolder, choices: Choices) -> Responsibilities:
        """Return the responsibilities in a graph or shards; raise ObligationError if they cannot be read."""
        return (
            cls._load_from_shards(graph, choices)
            if isinstance(graph, ShardFolder)
            else cls._load_from_engine(graph, choices)
        )

    @classmethod
    def _load_from_engine(cls, engine: Engine, choices: Choices) -> Responsibilities:
        rows = _run_lookup(engine, "bearings", document=choices.document, subject=choices.domain)
        if choices.unit is Unit.NORMS:
            norms = _run_lookup(engine, "norms", document=choices.document)
            rows = rows.merge(norms, on="measure", how="inner")
            rows["norms"] = rows["norms"].astype(int)
        else:
            rows["norms"] = 1
        for column in ("role", "allocation"):
            rows[column] = rows[column].str.removeprefix(OB)
        return cls._assemble(rows, _run_lookup(engine, "bodies"), engine)

    @classmethod
    def _load_from_shards(cls, shards: ShardFolder, choices: Choices) -> Responsibilities:
        table = pd.concat(_iterate_shard_tables(shards, choices), ignore_index=True)
        # A graph marks only what is inferred, so the rows of shards do the same.
        rows = table[_ROW].assign(
            inferred=table["inferred"].where(table["inferred"] == "true", ""),
            norms=table["norms"].astype(int),
        )
        rows = rows[rows["norms"] > 0] if choices.unit is Unit.NORMS else rows.assign(norms=1)
        bodies = table[_BODY].drop_duplicates("body")
        registry = open_registries()
        return cls._assemble(rows, pd.concat([bodies, _run_lookup(registry, "bodies")]), registry)

    @classmethod
    def _assemble(cls, rows: pd.DataFrame, bodies: pd.DataFrame, engine: Engine) -> Responsibilities:
        """Return the sorted tables; `engine` answers for the successions."""
        bodies = bodies.drop_duplicates("body").set_index("body").sort_index()
        bodies["group"] = bodies["group"] == "true"
        bodies["kind"] = bodies["kind"].str.removeprefix(OB)
        successions = _run_lookup(engine, "successions").itertuples(index=False)
        return cls(
            rows.sort_values(["measure", "body", "role", "written"], ignore_index=True),
            bodies,
            tuple(sorted(Succession(old, new, _parse_last_day(day)) for old, new, day in successions)),
        )


def _iterate_shard_tables(shards: ShardFolder, choices: Choices) -> Iterator[pd.DataFrame]:
    """Yield the needed columns of each table of the shards; raise ShardsError if one is damaged.

    pandas reads them itself: 3 s and 0.6 GB for 300,000 rows, of dictionaries 10 s and 1.4 GB.
    """
    for table in shards.iterate_tables():
        read = pd.read_csv(BytesIO(table), dtype=str, keep_default_na=False, encoding="utf-8")
        if choices.document:
            read = read[read["document"] == choices.document.value]
        if choices.domain:
            within = (" " + read["domains"] + " ").str.contains(f" {choices.domain.value} ", regex=False)
            read = read[within]
        yield read[list(dict.fromkeys(_ROW + _BODY))]


def _run_lookup(engine: Engine, name: str, **values: Value) -> pd.DataFrame:
    """Return the rows of a lookup as strings, empty where there is no value."""
    data = select(engine, name, **values).serialize(format=QueryResultsFormat.CSV) or b""
    return pd.read_csv(BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8")


def _parse_last_day(written: str) -> date:
    """Return the last day of a date, which may be a year, a month or a day.

    >>> _parse_last_day("2018"), _parse_last_day("2018-03-17")
    (datetime.date(2018, 12, 31), datetime.date(2018, 3, 17))
    """
    return date.fromisoformat(f"{written}-12-31" if len(written) == 4 else written)
