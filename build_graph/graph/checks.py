"""Fast checks of a graph before it is written: queries that find what must not be there.

Each is a file in `ontology/checks`; its first line says what is wrong with the things that it finds.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pyoxigraph import Quad, QuerySolutions, Store

from build_graph.errors import ObligationError
from build_graph.resources import folder

_SHOWN = 5  # faults named in one message


class FailedCheckError(ObligationError):
    """A graph that must not be written, and what is wrong with it."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A thing of which a check says `message`; `value` is what the check points at, if anything."""

    check: str
    message: str
    focus: str
    value: str  # empty where the check points at nothing

    def line(self) -> str:
        """The fault on one line: check, thing, message, and what the check points at."""
        found = f" ({self.value})" if self.value else ""
        return f"{self.check}: {self.focus}: {self.message}{found}"


@dataclass(frozen=True, slots=True)
class Passed:
    """How many checks were passed, by how many different statements."""

    checks: int
    statements: int


def check(quads: Iterable[Quad]) -> Passed:
    """What passed all checks; raises FailedCheckError where one finds a fault."""
    store = Store()
    store.extend(quads)
    return Passed(check_store(store), len(store))


def check_store(store: Store, known: Container[str] = ()) -> int:
    """How many checks a store passed; raises FailedCheckError where one finds a fault.

    Things whose IRIs, in angle brackets, are `known` have been checked before, with all that is said
    of them.
    """
    files = check_files()
    found = (fault for file in files for fault in sorted(faults(store, file)) if fault.focus not in known)
    refuse(list(islice(found, _SHOWN)))
    return len(files)


def refuse(found: Sequence[Fault]) -> None:
    """Raise FailedCheckError where faults were found."""
    if found:
        raise FailedCheckError(
            "\n".join(fault.line() for fault in found)
            + "\nit is not written; this is a fault of the program, not of the "
            "document: please report it with the document that shows it"
        )


def check_files() -> list[Path]:
    """The checks, in order of their names."""
    return sorted((folder("ontology") / "checks").glob("*.rq"))


def faults(store: Store, file: Path) -> Iterator[Fault]:
    """What a check finds in a store, all its graphs taken together."""
    query = file.read_text(encoding="utf-8")
    message = query.partition("\n")[0].lstrip("# ")
    rows = store.query(query, use_default_graph_as_union=True)
    assert isinstance(rows, QuerySolutions), f"{file} is not a SELECT query"
    for row in rows:
        value = row["value"]
        yield Fault(file.stem, message, str(row["focus"]), "" if value is None else str(value))
