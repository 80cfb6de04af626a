"""Answers as rows of a page: what stands in a cell, where it leads to, and which columns are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from build_graph.pages.addresses import page_of
from build_graph.querying.answers import Term, is_number, shown
from build_graph.querying.engines import Answer, Triples

ROWS = 500  # rows that a page shows; the others are to be had as CSV


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and the address that it leads to; empty where it is no thing of the graph."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of an answer."""

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[int]  # columns that hold numbers, and nothing else
    more: bool  # whether there are more rows than these
    bars: tuple[tuple[str, float], ...] = ()  # for a chart: what each row is of, and its figure


def table(answer: Answer, most: int = ROWS) -> Table:
    """The first rows of an answer; yes or no is a row of its own, triples are subject, property and value.

    Raises ValueError, OSError or RuntimeError where the answer, which is worked out while it is read, is not
    to be had.
    """
    names, found = _rows(answer)
    values = list(islice(found, most + 1))
    more, values = len(values) > most, values[:most]
    numbers = frozenset(
        at for at in range(len(names)) if values and all(is_number(row[at]) for row in values)
    )
    rows = tuple(tuple(map(cell, row)) for row in values)
    return Table(tuple(names), rows, numbers, more, tuple(_bars(names, rows, numbers)))


def cell(value: Term) -> Cell:
    """A term as a cell.

    >>> cell(NamedNode("https://w3id.org/obligation-graph/id/agency/mofcom"))
    Cell(text='agency/mofcom', href='/id/agency/mofcom')
    """
    if not isinstance(value, NamedNode):
        return Cell(shown(value))
    within = shown(value).split(
        "/", 2
    )  # document/国发-2015-24/s2/c4/m1: what it is within the document says enough
    return Cell(
        within[2] if within[0] == "document" and len(within) > 2 else shown(value), page_of(value.value)
    )


def _rows(answer: Answer) -> tuple[Sequence[str], Iterator[list[Term]]]:
    if isinstance(answer, QueryBoolean):
        return ["answer"], iter([[Literal("yes" if answer else "no")]])
    if isinstance(answer, Triples):
        rows: Iterator[list[Term]] = ([t.subject, t.predicate, t.object] for t in answer.triples)
        return ["subject", "property", "value"], rows
    assert isinstance(answer, QuerySolutions)
    names = [variable.value for variable in answer.variables]
    return names, ([row[name] for name in names] for row in answer)


def _bars(
    names: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: frozenset[int]
) -> Iterator[tuple[str, float]]:
    """The first column of numbers, each with the words of its row, where that makes a chart."""
    column = next((at for at in sorted(numbers) if names[at] not in _NO_FIGURES), None)
    if column is None:
        return
    words = [at for at, name in enumerate(names) if at not in numbers and name.lower().endswith("name")]
    words = words or [at for at in range(len(names)) if at not in numbers][:1]
    for row in rows:
        if row[column].text:
            yield " – ".join(row[at].text for at in words), float(row[column].text)


_NO_FIGURES = ("rank", "start", "end", "line", "column", "ordinal")  # places, of which a chart says nothing
