"""Fast checks of a graph before it is written: queries that find what must not be there.

Each is a file in `ontology/checks`; its first line says what is wrong with the things that it finds. A store
of the whole graph is made, and the queries asked, only where something may be at fault.
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
from build_graph.graph.check.prefilters import PREFILTERS, StatementIndex, iterate_visible
from build_graph.graph.statements import Statement, Term, iri, is_long, parse_statements, serialise_statements
from build_graph.resources import find_folder

_SHOWN = 5  # faults named in one message
_PREFIX = re.compile(r"^PREFIX (\w+): <([^>]+)>", re.MULTILINE)
_WORD = re.compile(r"\b(\w+):(\w+)")


class FailedCheckError(ObligationError):
    """A graph that must not be written, and what is wrong with it."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A thing of which a check says `message`; `value` is what the check points at, if anything."""

    check: str
    message: str
    focus: str
    value: str  # empty where the check points at nothing

    def format_line(self) -> str:
        """Return the fault on one line: check, thing, message, and what the check points at."""
        found = f" ({self.value})" if self.value else ""
        return f"{self.check}: {self.focus}: {self.message}{found}"


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How many checks were passed, by how many different statements."""

    checks: int
    statements: int


@dataclass(frozen=True, slots=True)
class Check:
    """A query that finds what must not be there, and the IRIs that it names: predicates and classes."""

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
        """What the check finds in a store, all its graphs taken together."""
        rows = store.query(self.query, use_default_graph_as_union=True)
        assert isinstance(rows, QuerySolutions), f"{self.name} is not a SELECT query"
        for row in rows:
            value = row["value"]
            yield Fault(self.name, self.message, str(row["focus"]), "" if value is None else str(value))


@cache
def load_checks() -> tuple[Check, ...]:
    """Return the checks, in order of their names."""
    return tuple(map(Check.read, sorted((find_folder("ontology") / "checks").glob("*.rq"))))


def check_statements(statements: Iterable[Statement], known: Container[str] = ()) -> CheckCounts:
    """What passed all checks; raises FailedCheckError where one finds a fault.

    Things whose IRIs, in angle brackets, are `known` have been checked before, with all that is said
    of them.
    """
    once = dict.fromkeys(statements)
    if _is_suspicious(StatementIndex.build(once), known):
        store = _load_store(once)
        found = (
            fault
            for one in load_checks()
            for fault in sorted(one.find_faults(store))
            if fault.focus not in known
        )
        raise_faults(list(islice(found, _SHOWN)))
    return CheckCounts(len(load_checks()), len(once))


def _is_suspicious(said: StatementIndex, known: Container[str]) -> bool:
    """Return whether a check may find a fault: a sieve does or, for checks without one, the query itself."""
    if any(PREFILTERS[one.name](said, one.words) for one in load_checks() if one.name in PREFILTERS):
        return True
    asked = [one for one in load_checks() if one.name not in PREFILTERS]
    store = _load_store(iterate_visible(said, frozenset().union(*(one.words for one in asked))))
    return any(fault.focus not in known for one in asked for fault in one.find_faults(store))


def _load_store(statements: Iterable[Statement]) -> Store:
    given, store = list(statements), Store()
    store.load(serialise_statements(filterfalse(is_long, given)), format=RdfFormat.N_TRIPLES)
    store.extend(parse_statements(filter(is_long, given)))
    return store


def raise_faults(found: Sequence[Fault]) -> None:
    """Raise FailedCheckError where faults were found."""
    if found:
        raise FailedCheckError(
            "\n".join(fault.format_line() for fault in found)
            + "\nit is not written; this is a fault of the program, not of the "
            "document: please report it with the document that shows it"
        )
