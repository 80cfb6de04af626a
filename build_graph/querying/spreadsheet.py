"""Answers as CSV for a spreadsheet: what it is told of the encoding, and what it must not take for a formula.

For programs there is the CSV of `answers`, and of the endpoint, which holds the same words unchanged.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from build_graph.querying.answers import Term
from build_graph.querying.engines import Answer, Triples

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # spreadsheets in Chinese take the wide ones too
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def spreadsheet(answer: Answer) -> bytes:
    """The answer as CSV in UTF-8 with a byte order mark; a cell that would be a formula begins with '.

    Raises OSError, RuntimeError or ValueError where the answer, which is worked out while it is read, is not
    to be had.
    """
    out = StringIO(newline="")
    writer = csv.writer(out)
    for row in _rows(answer):
        writer.writerow(map(safe, row))
    return out.getvalue().encode("utf-8-sig", errors="replace")


def safe(words: str) -> str:
    """Words as a cell that no spreadsheet reckons with; a number stays one.

    >>> safe("=1+1"), safe("-5"), safe("商务部")
    ("'=1+1", '-5', '商务部')
    """
    return words if _NUMBER.fullmatch(words) else guarded(words)


def guarded(words: str) -> str:
    """Text, be it a number or not, as a cell that no spreadsheet reckons with.

    >>> guarded("-5"), guarded("商务部")
    ("'-5", '商务部')
    """
    return f"'{words}" if words.startswith(_FORMULA) else words


def _rows(answer: Answer) -> Iterator[list[str]]:
    if isinstance(answer, QueryBoolean):
        yield from (["answer"], ["yes" if answer else "no"])
    elif isinstance(answer, Triples):
        yield ["subject", "property", "value"]
        for triple in answer.triples:
            yield [_words(triple.subject), triple.predicate.value, _words(triple.object)]
    else:
        assert isinstance(answer, QuerySolutions)
        names = [variable.value for variable in answer.variables]
        yield names
        for row in answer:
            yield [_words(row[name]) for name in names]


def _words(value: Term) -> str:
    if isinstance(value, (Literal, NamedNode)):
        return value.value
    return "" if value is None else str(value)
