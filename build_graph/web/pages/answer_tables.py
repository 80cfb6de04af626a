"""Answers of queries as tables of a page: the text, the link and the label of each cell, and the charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from build_graph.graph.iris import DOCUMENT_PATH
from build_graph.query.engines import Answer, Triples
from build_graph.query.results import Term, format_term, is_number
from build_graph.vocabulary import BASE, UNNUMBERED
from build_graph.web.pages.ontology_terms import find_label_key
from build_graph.web.urls import entity_url

_DATES = ("due", "date", "day", "ended")
_LONG = ("text", "words", "title", "partners", "bearers", "document")
_NONE: Mapping[str, str] = MappingProxyType({})
ROWS = 500  # rows that a page shows; the others are to be had as CSV


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, and the address of its entity; "" for what is no entity of the graph.

    `whole` is the end of the entity's IRI, if the text is another; `key` is that of the words that stand for
    the value in both languages.
    """

    text: str
    href: str = ""
    whole: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """The first rows of an answer, with an entity and its name, two columns of the answer, in one column."""

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[int]  # columns that hold numbers, and nothing else
    more: bool  # whether there are more rows than these
    bars: tuple[tuple[str, float], ...] = ()  # for a chart: the label and the figure of each row

    def shape(self, at: int) -> str:
        """Return the CSS classes of a column: of numbers, short texts, or words.

        A document beside words of its text is cut to one line.
        """
        name = self.names[at]
        if at in self.numbers:
            return "number"
        if name in _DATES:
            return "short"
        if name == "document" and "text" in self.names:
            return "words cut"
        return "words long" if name in _LONG else "words"

    @property
    def keys(self) -> set[str]:
        """The keys of the words that stand for values."""
        return {cell.key for row in self.rows for cell in row if cell.key}


def build_table(
    answer: Answer, most: int = ROWS, documents: Mapping[str, str] = _NONE, *, apart: bool = False
) -> AnswerTable:
    """Return the first rows of an answer; a boolean is one row, triples are subject, property and value.

    `documents` are the names of documents by id; with `apart`, each row says which of several documents it is
    from. Raises ValueError, OSError or RuntimeError if the answer, which is computed while it is read, fails.
    """
    names, found = _read_rows(answer)
    values = list(islice(found, most + 1))
    more, values = len(values) > most, values[:most]
    called = _match_name_columns(names, values)
    kept = [at for at in range(len(names)) if at not in called.values()]
    rows = [
        [build_named_cell(row[at], row[called[at]] if at in called else None, documents) for at in kept]
        for row in values
    ]
    columns = [names[at] for at in kept]
    numbers = {at for at in range(len(kept)) if values and all(is_number(row[kept[at]]) for row in values)}
    things = [place for place, at in enumerate(kept) if at in called]
    bars = tuple(_build_bars(columns, rows, numbers, things))
    apart = apart and len(documents) > 1 and "document" not in names
    if apart and any(map(_find_document_id, chain.from_iterable(values))):
        columns.insert(0, "document")
        numbers = {at + 1 for at in numbers}
        rows = [
            [_build_document_cell(value, documents), *row] for value, row in zip(values, rows, strict=True)
        ]
    return AnswerTable(tuple(columns), tuple(map(tuple, rows)), frozenset(numbers), more, bars)


def build_cell(value: Term, documents: Mapping[str, str] = _NONE) -> Cell:
    """Return a term as a cell; a part of a document without the document, an unnumbered document by its name.

    >>> build_cell(NamedNode("https://w3id.org/obligation-graph/id/agency/mofcom"))
    Cell(text='agency/mofcom', href='/id/agency/mofcom', whole='', key='')
    """
    if not isinstance(value, NamedNode):
        return Cell(format_term(value), key=find_label_key(value))
    whole = format_term(value)
    if not whole.startswith(DOCUMENT_PATH):
        return Cell(whole, entity_url(value.value), key=find_label_key(value))
    rest = whole.removeprefix(DOCUMENT_PATH)
    name = documents.get(rest, rest) if rest.startswith(UNNUMBERED) else rest
    return Cell(rest.partition("/")[2] or name, entity_url(value.value), whole)


def build_named_cell(value: Term, name: Term, documents: Mapping[str, str] = _NONE) -> Cell:
    """Return an entity as a cell with its name as the text, if it has one."""
    plain = build_cell(value, documents)
    return Cell(format_term(name), plain.href, plain.whole or plain.text) if plain.href and name else plain


def _build_document_cell(row: Sequence[Term], documents: Mapping[str, str]) -> Cell:
    """Return the document of a row as a cell; an empty one if the row has none."""
    id_ = next(filter(None, map(_find_document_id, row)), "")
    whole = f"{DOCUMENT_PATH}{id_}"
    return Cell(documents.get(id_, id_), entity_url(BASE + whole), whole) if id_ else Cell("")


def _match_name_columns(names: Sequence[str], rows: Sequence[Sequence[Term]]) -> dict[int, int]:
    """Return the columns of entities, each with the column that holds their names.

    Only a thing that has a page can bear its name in a link; of anything else both columns are shown.

    >>> thing, name, one = NamedNode(f"{BASE}agency/mofcom"), Literal("商务部"), Literal(1)
    >>> _match_name_columns(["agency", "name", "partner", "partnerName"], [[thing, name, thing, name]])
    {0: 1, 2: 3}
    >>> _match_name_columns(["rank", "name"], [[one, name]])
    {}
    """
    found = _find_name_columns(names)
    return {
        at: name
        for at, name in found.items()
        if all(_has_page(row[at]) or (row[at] is None and row[name] is None) for row in rows)
    }


def _has_page(value: Term) -> bool:
    return isinstance(value, NamedNode) and bool(entity_url(value.value))


def _find_name_columns(names: Sequence[str]) -> dict[int, int]:
    """Return the columns that, by their own name, have another column with names; with that one."""
    found = {}
    for at, name in enumerate(names):
        follows = names[at + 1] if at + 1 < len(names) else ""
        own = [other for other in (f"{name}Name", f"{name}Title") if other in names]
        own += ["name"] if follows == "name" else []
        own += ["title"] if name == "document" and "title" in names else []
        if own:
            found[at] = names.index(own[0])
    return found


def _find_document_id(value: Term) -> str:
    """Return the id of the document that a term is part of; "" if it is part of none."""
    whole = format_term(value) if isinstance(value, NamedNode) else ""
    return whole.removeprefix(DOCUMENT_PATH).partition("/")[0] if whole.startswith(DOCUMENT_PATH) else ""


def _read_rows(answer: Answer) -> tuple[Sequence[str], Iterator[list[Term]]]:
    if isinstance(answer, QueryBoolean):
        return ["answer"], iter([[Literal("yes" if answer else "no")]])
    if isinstance(answer, Triples):
        rows: Iterator[list[Term]] = ([t.subject, t.predicate, t.object] for t in answer.triples)
        return ["subject", "property", "value"], rows
    assert isinstance(answer, QuerySolutions)
    names = [variable.value for variable in answer.variables]
    return names, ([row[name] for name in names] for row in answer)


def _build_bars(
    names: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: Set[int], things: Sequence[int]
) -> Iterator[tuple[str, float]]:
    """Yield the label and the figure of each bar of a chart: the first column of numbers, if there is one."""
    column = next((at for at in sorted(numbers) if names[at] not in _NO_FIGURES), None)
    if column is None:
        return
    words = things or [at for at in range(len(names)) if at not in numbers][:1]
    for row in rows:
        if row[column].text:
            yield " – ".join(row[at].text for at in words), float(row[column].text)


_NO_FIGURES = ("rank", "start", "end", "line", "column", "ordinal")  # places, which make no chart
