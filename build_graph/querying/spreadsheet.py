"""Tables for a spreadsheet: what it is told of the encoding, and what it must not take for a formula.

For programs there is the CSV of `answers`, of the endpoint and of exports, which holds the words unchanged.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from build_graph.querying.answers import Format, Term
from build_graph.querying.engines import Answer, Triples

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # spreadsheets in Chinese take the wide ones too
_NUMBER = re.compile(r"-?\d+(\.\d+)?([Ee][+-]?\d+)?")
ENCODING = "utf-8-sig"  # with the mark without which spreadsheets take UTF-8 for the encoding of the system
DELIMITERS = {Format.CSV: ",", Format.TSV: "\t"}  # of what spreadsheets open


def spreadsheet(answer: Answer, form: Format = Format.CSV) -> bytes:
    """The answer as CSV or TSV in UTF-8 with a byte order mark; a cell that would be a formula begins with '.

    Raises OSError, RuntimeError or ValueError where the answer, which is worked out while it is read, is not
    to be had.
    """
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=DELIMITERS[form])
    for row in _rows(answer):
        writer.writerow(map(safe, row))
    return out.getvalue().encode(ENCODING, errors="replace")


def safe(words: str) -> str:
    """Words as a cell that no spreadsheet reckons with; a number stays one.

    >>> safe("=1+1"), safe("-5"), safe("-1.5E-7"), safe("商务部")
    ("'=1+1", '-5', '-1.5E-7', '商务部')
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
