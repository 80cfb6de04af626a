"""Answers as text: a table for people, CSV for spreadsheets, and the formats of SPARQL and RDF for programs.

A spreadsheet needs a byte order mark, and must not take a cell for a formula. The CSV of `AnswerFormat.CSV`,
of the endpoint and of exports is for programs, and holds the words unchanged.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    serialize,
)

from build_graph.errors import ObligationError
from build_graph.query.engines import Answer, Triples
from build_graph.query.text_tables import ENCODING, format_table, guard_cell, serialise_rows
from build_graph.vocabulary import BASE, PREFIXES, XSD

if TYPE_CHECKING:
    import rdflib

_NUMBERS = frozenset(f"{XSD}{name}" for name in ("integer", "decimal", "double", "float"))
Term = NamedNode | BlankNode | Literal | Triple | None


class AnswerError(ObligationError):
    """An answer that is not to be had, or not in the requested format."""


class AnswerFormat(StrEnum):
    """The formats of an answer."""

    TABLE = "table"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    XML = "xml"
    TTL = "ttl"
    NT = "nt"

    @classmethod
    def detect(cls, path: Path) -> AnswerFormat | None:
        """Return the format of a file by the ending of its name, or None for an unknown ending.

        >>> AnswerFormat.detect(Path("pairs.CSV")), AnswerFormat.detect(Path("pairs.txt"))
        (<AnswerFormat.CSV: 'csv'>, None)
        """
        ending = path.suffix.lower().removeprefix(".")
        return cls(ending) if ending in set(cls) - {cls.TABLE} else None


_TRIPLES = {AnswerFormat.TTL: RdfFormat.TURTLE, AnswerFormat.NT: RdfFormat.N_TRIPLES}
DELIMITERS = {AnswerFormat.CSV: ",", AnswerFormat.TSV: "\t"}  # of the formats for spreadsheets
_RESULTS = {
    AnswerFormat.CSV: QueryResultsFormat.CSV,
    AnswerFormat.TSV: QueryResultsFormat.TSV,
    AnswerFormat.JSON: QueryResultsFormat.JSON,
    AnswerFormat.XML: QueryResultsFormat.XML,
}


def format_result(answer: Answer, form: AnswerFormat | None, *, width: int | None = None) -> str:
    """Return the answer in a format; by default a table of `width` columns, or else CSV or Turtle.

    Raises AnswerError if rows are to be Turtle, if triples are to be rows, and if reading the answer fails.
    """
    with convert_errors():
        return _format_answer(answer, form, width)


@contextmanager
def convert_errors() -> Iterator[None]:
    """Raise AnswerError if reading an answer inside the block fails."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise AnswerError(f"the query cannot be answered ({reason}); put it right") from error


def _format_answer(answer: Answer, form: AnswerFormat | None, width: int | None) -> str:
    if isinstance(answer, Triples):
        if form not in (None, AnswerFormat.TABLE, *_TRIPLES):
            raise AnswerError(f"{form}: the query answers with triples; choose --format ttl")
        known = _TRIPLES.get(form or AnswerFormat.TTL, RdfFormat.TURTLE)
        return (serialize(answer.triples, format=known, prefixes=PREFIXES) or b"").decode()
    if form in _TRIPLES:
        raise AnswerError(f"{form}: the query answers with rows; choose table, csv, tsv, json or xml")
    if form is AnswerFormat.TABLE or (form is None and width):
        return _format_table(answer, width)
    out = BytesIO()
    write_answer(answer, out, _RESULTS[form or AnswerFormat.CSV])
    text = out.getvalue().decode()
    return text if text.endswith("\n") else f"{text}\n"


def write_answer(answer: QuerySolutions | QueryBoolean, out: IO[bytes], form: QueryResultsFormat) -> None:
    """Write rows, or yes or no, in a format of SPARQL; raises as reading the answer does.

    CSV is written here: pyoxigraph does not quote IRIs, and that of a passage has a comma.
    """
    if isinstance(answer, QuerySolutions) and form == QueryResultsFormat.CSV:
        writer = csv.writer(codecs.getwriter("utf-8")(out), lineterminator="\r\n")
        writer.writerows(_iterate_rows(answer))
    else:
        answer.serialize(out, form)


def _format_table(answer: QuerySolutions | QueryBoolean, width: int | None) -> str:
    """Return rows as a table, with Chinese characters two columns wide, or yes or no."""
    if isinstance(answer, QueryBoolean):
        return "yes\n" if answer else "no\n"
    names = [variable.value for variable in answer.variables]
    rows = [[row[name] for name in names] for row in answer]
    numbers = [i for i in range(len(names)) if rows and all(is_number(row[i]) for row in rows)]
    table = format_table(names, [list(map(format_term, row)) for row in rows], width, numbers)
    return f"{table}{len(rows):,} row{'' if len(rows) == 1 else 's'}\n"


def format_term(value: Term) -> str:
    """Return a term as people read it: an IRI without the base or with a prefix, or a literal's words.

    >>> format_term(NamedNode("https://w3id.org/obligation-graph/id/agency/mofcom"))
    'agency/mofcom'
    >>> format_term(NamedNode("https://w3id.org/obligation-graph/ontology#Lead"))
    'ob:Lead'
    """
    if value is None:
        return ""
    if not isinstance(value, NamedNode):
        return value.value if isinstance(value, (Literal, BlankNode)) else str(value)
    if value.value.startswith(BASE):
        return value.value.removeprefix(BASE)
    for prefix, namespace in PREFIXES.items():
        if value.value.startswith(namespace):
            return f"{prefix}:{value.value.removeprefix(namespace)}"
    return value.value


def convert_to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    """Return triples as a graph of rdflib, with the prefixes of our vocabularies."""
    import rdflib

    written = serialize(triples, format=RdfFormat.N_TRIPLES)
    graph = rdflib.Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph.parse(data=written or b"", format="nt")


def is_number(value: Term) -> bool:
    """Return whether a term is a number, or None."""
    return value is None or (isinstance(value, Literal) and value.datatype.value in _NUMBERS)


def format_spreadsheet(answer: Answer, form: AnswerFormat = AnswerFormat.CSV) -> bytes:
    """Return the answer as CSV or TSV in UTF-8 with a byte order mark, safe for spreadsheets.

    A cell that would be a formula begins with an apostrophe. Raises OSError, RuntimeError or ValueError if
    reading the answer, which is computed on the way, fails.
    """
    rows = (map(guard_cell, row) for row in _iterate_rows(answer))
    return serialise_rows(rows, DELIMITERS[form], "\r\n").encode(ENCODING, errors="replace")


def _iterate_rows(answer: Answer) -> Iterator[list[str]]:
    if isinstance(answer, QueryBoolean):
        yield from (["answer"], ["yes" if answer else "no"])
    elif isinstance(answer, Triples):
        yield ["subject", "property", "value"]
        for triple in answer.triples:
            yield [extract_text(triple.subject), triple.predicate.value, extract_text(triple.object)]
    else:
        assert isinstance(answer, QuerySolutions)
        names = [variable.value for variable in answer.variables]
        yield names
        for row in answer:
            yield [extract_text(row[name]) for name in names]


def extract_text(value: Term) -> str:
    """Return the words of a literal, the IRI of a node, or an empty string for None."""
    if isinstance(value, (Literal, NamedNode)):
        return value.value
    return "" if value is None else str(value)
