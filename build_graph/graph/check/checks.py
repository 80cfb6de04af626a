"""Fast checks of a graph before it is written: queries that find what a graph must not contain.

Each query is a file in `ontology/checks`, whose first line is the message for the things that it finds. The
graph is loaded and the queries are run only if a prefilter finds a possible fault.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import filterfalse, islice
from pathlib import Path

from pyoxigraph import QuerySolutions, RdfFormat, Store

from build_graph.errors import ObligationError
from build_graph.graph.check.prefilters import PREFILTERS, StatementIndex
from build_graph.graph.statements import Statement, Term, iri, is_long, parse_statements, serialise_statements
from build_graph.resources import find_folder

_SHOWN = 5  # faults named in one message
_PREFIX = re.compile(r"^PREFIX (\w+): <([^>]+)>", re.MULTILINE)
_WORD = re.compile(r"\b(\w+):(\w+)")


class FailedCheckError(ObligationError):
    """A graph that must not be written, with its faults."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A thing that breaks a check, with the check's message and the wrong value."""

    check: str
    message: str
    focus: str
    value: str  # empty if the check names none

    def format_line(self) -> str:
        """Return the fault on one line: check, thing, message, and value."""
        found = f" ({self.value})" if self.value else ""
        return f"{self.check}: {self.focus}: {self.message}{found}"


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """The numbers of checks that passed and of distinct statements that were checked."""

    checks: int
    statements: int


@dataclass(frozen=True, slots=True)
class Check:
    """A query that finds faults, and the IRIs that it names: predicates and classes."""

    name: str
    message: str
    query: str
    words: frozenset[Term]

    @classmethod
    def read(cls, file: Path) -> Check:
        """Return the check in a file."""
        query = file.read_text(encoding="utf-8")
        message = query.partition("\n")[0].lstrip("# ")
        prefixes = dict(_PREFIX.findall(query))
        names = (prefixes[prefix] + local for prefix, local in _WORD.findall(query) if prefix in prefixes)
        return cls(file.stem, message, query, frozenset(map(iri, names)))

    def find_faults(self, store: Store) -> Iterator[Fault]:
        """Yield the faults in a store, in the union of its graphs."""
        rows = store.query(self.query, use_default_graph_as_union=True)
        assert isinstance(rows, QuerySolutions), f"{self.name} is not a SELECT query"
        for row in rows:
            value = row["value"]
            yield Fault(self.name, self.message, str(row["focus"]), "" if value is None else str(value))


@cache
def load_checks() -> tuple[Check, ...]:
    """Return the checks, sorted by name."""
    return tuple(map(Check.read, sorted((find_folder("ontology") / "checks").glob("*.rq"))))


def check_statements(statements: Iterable[Statement], known: Container[str] = ()) -> CheckCounts:
    """Return the counts of a graph that passes all checks; raises FailedCheckError for a fault.

    Things whose IRIs, in angle brackets, are in `known` were checked before with all their statements.
    """
    once = statements if isinstance(statements, dict) else dict.fromkeys(statements)
    index = StatementIndex.build(once)
    if any(PREFILTERS[one.name](index, one.words) for one in load_checks()):
        store = _load_store(once)
        found = (
            fault
            for one in load_checks()
            for fault in sorted(one.find_faults(store))
            if fault.focus not in known
        )
        raise_faults(list(islice(found, _SHOWN)))
    return CheckCounts(len(load_checks()), len(once))


def _load_store(statements: Iterable[Statement]) -> Store:
    given, store = list(statements), Store()
    store.load(serialise_statements(filterfalse(is_long, given)), format=RdfFormat.N_TRIPLES)
    store.extend(parse_statements(filter(is_long, given)))
    return store


def raise_faults(found: Sequence[Fault]) -> None:
    """Raise FailedCheckError if there are faults."""
    if found:
        raise FailedCheckError(
            "\n".join(fault.format_line() for fault in found)
            + "\nit is not written; this is a fault of the program, not of the "
            "document: please report it with the document that shows it"
        )
