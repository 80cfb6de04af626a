"""Where a query breaks SPARQL's grammar: file, line, column, and a caret below the place.

Oxigraph's parser names the furthest place that it looked at. To see whether a keyword stands somewhere it
looks as far ahead as the keyword is long, so that this place may lie several words behind the fault. The
query is therefore parsed with its words so far apart that no keyword reaches from one into the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Store

from build_graph.querying.sayings import short_message, truncate
from build_graph.querying.sparql import QueryError, tokenize

_APART = " " * 32  # more than the longest keyword has letters
_ALONE = frozenset("{}()[];,")  # marks that may stand apart from what is next to them
_PLACE = re.compile(r"error at 1:(?P<column>\d+): expected (?P<expected>.*)", re.DOTALL)
_CLOSE = frozenset(["CONCAT", "COALESCE", "BNODE"])  # functions that the parser parts from no bracket
# What the parser says of meaning stands among the tokens that it would have taken.
_MEANT = {
    "Prefix not found": "this prefix is not declared",
    "IRI parsing failed": "this is no absolute IRI",
    "The SELECT contains a": "SELECT names a variable that is neither grouped by nor bound here",
}
_WIDTH = 100  # characters of a long line that are shown
_LONGEST = 60  # characters of a word


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Where a query breaks the grammar."""

    start: int  # where the word at fault begins
    word: str  # empty at the end of the query
    expected: str  # what the parser would have taken, in its words


def check(query: str, name: str = "query", base: str | None = None) -> None:
    """Raise QueryError, with line, column and a caret, where the query breaks SPARQL's grammar.

    `base` is the IRI that relative ones start from; without it there can be none.
    """
    try:
        Store().query(query, base_iri=base)
    except SyntaxError as error:
        raise QueryError(describe(find_fault(query, base), query, name)) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise QueryError(f"{name}: cannot be answered ({short_message(error)}); put it right") from error


def describe(fault: SyntaxFault, query: str, name: str) -> str:
    """Three lines: what and where, the line of the query, a caret below the place."""
    start = fault.start
    word = truncate(query[start : start + len(fault.word)], _LONGEST)
    before = query[:start].splitlines() or [""]
    if query[:start].endswith("\n"):
        before.append("")
    number, column = len(before), len(before[-1]) + 1
    line = (query.splitlines() or [""])[number - 1]
    reason = next((said for meant, said in _MEANT.items() if meant in fault.expected), None)
    reason = reason or (f"SPARQL does not go on with {word!r} here" if word else "SPARQL does not end here")
    return f"{name}:{number}:{column}: {reason}\n{_mark_column(line, column)}"


def _mark_column(line: str, column: int) -> str:
    """The line, or what of a long one is near, and a caret below the column."""
    from rich.cells import cell_len

    start = max(0, column - 1 - _WIDTH // 2)
    shown = line[start : start + _WIDTH].replace("\t", " ")
    return f"  {shown}\n  {' ' * cell_len(shown[: column - 1 - start])}^"


def find_fault(query: str, base: str | None = None) -> SyntaxFault:
    """The fault of a query that breaks the grammar."""
    words = list(_iterate_words(query))
    try:
        Store().query(_APART.join([*(word for _, word in words), ""]), base_iri=base)
    except SyntaxError as error:
        if found := _PLACE.match(str(error)):
            at, end = int(found["column"]) - 1, 0
            for start, word in words:
                end += len(word) + len(_APART)
                if at < end:
                    return SyntaxFault(start, word, found["expected"])
            return SyntaxFault(len(query.rstrip()), "", found["expected"])
    return SyntaxFault(
        len(query.rstrip()), "", ""
    )  # the same words a little apart are no fault: say where it ends


def _iterate_words(query: str) -> Iterator[tuple[int, str]]:
    """What stands between blanks, and marks that may stand alone, each with its place."""
    begun, word = 0, ""
    for token in tokenize(query):
        text = token[0]
        if text == "(" and word.upper() in _CLOSE:
            yield begun, f"{word}("
            word = ""
        elif text in _ALONE or token.lastgroup == "space":
            if word:
                yield begun, word
                word = ""
            if text in _ALONE:
                yield token.start(), text
        else:
            begun = begun if word else token.start()
            word += text
    if word:
        yield begun, word
