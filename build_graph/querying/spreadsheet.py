"""Tables for a spreadsheet: what it is told of the encoding, and what it must not take for a formula.

For programs there is the CSV of `answers`, of the endpoint and of exports, which holds the words unchanged.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from build_graph.querying.answers import AnswerFormat, Term
from build_graph.querying.engines import Answer, Triples

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # spreadsheets in Chinese take the wide ones too
_NUMBER = re.compile(r"-?\d+(\.\d+)?([Ee][+-]?\d+)?")
ENCODING = "utf-8-sig"  # with the mark without which spreadsheets take UTF-8 for the encoding of the system
DELIMITERS = {AnswerFormat.CSV: ",", AnswerFormat.TSV: "\t"}  # of what spreadsheets open


def format_spreadsheet(answer: Answer, form: AnswerFormat = AnswerFormat.CSV) -> bytes:
    """The answer as CSV or TSV in UTF-8 with a byte order mark; a cell that would be a formula begins with '.

    Raises OSError, RuntimeError or ValueError where the answer, which is worked out while it is read, is not
    to be had.
    """
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=DELIMITERS[form])
    for row in _iterate_rows(answer):
        writer.writerow(map(guard_cell, row))
    return out.getvalue().encode(ENCODING, errors="replace")


def guard_cell(words: str) -> str:
    """Words as a cell that no spreadsheet reckons with; a number stays one.

    >>> guard_cell("=1+1"), guard_cell("-5"), guard_cell("-1.5E-7"), guard_cell("商务部")
    ("'=1+1", '-5', '-1.5E-7', '商务部')
    """
    return words if _NUMBER.fullmatch(words) else guard_text(words)


def guard_text(words: str) -> str:
    """Text, be it a number or not, as a cell that no spreadsheet reckons with.

    >>> guard_text("-5"), guard_text("商务部")
    ("'-5", '商务部')
    """
    return f"'{words}" if words.startswith(_FORMULA) else words


def _iterate_rows(answer: Answer) -> Iterator[list[str]]:
    if isinstance(answer, QueryBoolean):
        yield from (["answer"], ["yes" if answer else "no"])
    elif isinstance(answer, Triples):
        yield ["subject", "property", "value"]
        for triple in answer.triples:
            yield [_extract_text(triple.subject), triple.predicate.value, _extract_text(triple.object)]
    else:
        assert isinstance(answer, QuerySolutions)
        names = [variable.value for variable in answer.variables]
        yield names
        for row in answer:
            yield [_extract_text(row[name]) for name in names]


def _extract_text(value: Term) -> str:
    if isinstance(value, (Literal, NamedNode)):
        return value.value
    return "" if value is None else str(value)
