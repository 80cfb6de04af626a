"""Faults of a query's grammar, with line, column and a caret, and the refusal of SERVICE.

Oxigraph's parser names the furthest place that it looked at. To test for a keyword it looks as far ahead as
the keyword is long, so that this place may be several words behind the fault. The query is therefore parsed
with its words so far apart that no keyword reaches from one into the next.

SERVICE asks another endpoint, and the engine's own parser decides whether a query uses it. Oxigraph reads a
keyword wherever its grammar has one, with or without blanks around it: `1SERVICE`, `'x'SERVICE`,
`SERVICEa:b`, `a:b.c.SERVICE`. The grammar also decides whether a `<` opens an IRI or compares, and so where
strings and comments begin; tokens of our own would have to be right about all of it. Instead each occurrence
of the word is replaced by a word of the same kind of letters that is no keyword. A string, a comment, an IRI,
a name or a variable with the word in it stays what it is, but a query that has lost a keyword no longer
parses.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Store

from build_graph.query.http.messages import short_message, truncate
from build_graph.query.sparql import QueryError, find_keywords, tokenize

_APART = " " * 32  # longer than the longest keyword
_ALONE = frozenset("{}()[];,")  # marks that may be apart from their neighbours
_PLACE = re.compile(r"error at 1:(?P<column>\d+): expected (?P<expected>.*)", re.DOTALL)
_CLOSE = frozenset(["CONCAT", "COALESCE", "BNODE"])  # functions that must not be apart from their bracket
# The parser lists faults of meaning among the tokens that it expected.
_MEANT = {
    "Prefix not found": "this prefix is not declared",
    "IRI parsing failed": "this is no absolute IRI",
    "The SELECT contains a": "SELECT names a variable that is neither grouped by nor bound here",
}
_WIDTH = 100  # characters of a long line that are shown
_LONGEST = 60  # characters of a word
_SERVICE = re.compile("service", re.IGNORECASE | re.ASCII)
_MIDDLE = "bcdfghjklmnpqrstvwxz"
# The standard decodes these before parsing; this engine decodes them in strings and IRIs only.
_ESCAPE = re.compile(r"\\(?:u([+\da-fA-F][\da-fA-F]{3})|U([+\da-fA-F][\da-fA-F]{7})|.)", re.DOTALL | re.ASCII)
_REFUSAL = "SERVICE asks other endpoints, which this one does not; take it out"


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """A place at which a query breaks the grammar."""

    start: int  # offset of the wrong word
    word: str  # empty at the end of the query
    expected: str  # what the parser expected, in its words


def check(query: str, name: str = "query", base: str | None = None) -> None:
    """Raise QueryError, with line, column and a caret, if the query breaks SPARQL's grammar.

    `base` is the IRI to which relative ones refer; without it they are faults.
    """
    try:
        Store().query(query, base_iri=base)
    except SyntaxError as error:
        raise QueryError(describe(find_fault(query, base), query, name)) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise QueryError(f"{name}: cannot be answered ({short_message(error)}); put it right") from error


def describe(fault: SyntaxFault, query: str, name: str) -> str:
    """Return three lines: the place and the fault, the line of the query, and a caret below the place."""
    start = fault.start
    word = truncate(query[start : start + len(fault.word)], _LONGEST)
    before = query[:start].splitlines() or [""]
    if query[:start].endswith("\n"):
        before.append("")
    number, column = len(before), len(before[-1]) + 1
    line = (query.splitlines() or [""])[number - 1]
    reason = next((text for meant, text in _MEANT.items() if meant in fault.expected), None)
    reason = reason or (f"SPARQL does not go on with {word!r} here" if word else "SPARQL does not end here")
    return f"{name}:{number}:{column}: {reason}\n{_mark_column(line, column)}"


def _mark_column(line: str, column: int) -> str:
    """Return the line, or the near part of a long one, and a caret below the column."""
    from rich.cells import cell_len

    start = max(0, column - 1 - _WIDTH // 2)
    shown = line[start : start + _WIDTH].replace("\t", " ")
    return f"  {shown}\n  {' ' * cell_len(shown[: column - 1 - start])}^"


def find_fault(query: str, base: str | None = None) -> SyntaxFault:
    """Return the fault of a query that breaks the grammar."""
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
    return SyntaxFault(len(query.rstrip()), "", "")  # apart, the words are valid: name the end


def _iterate_words(query: str) -> Iterator[tuple[int, str]]:
    """Yield the words between blanks, and marks that may be apart, each with its offset."""
    start, word = 0, ""
    for token in tokenize(query):
        text = token[0]
        if text == "(" and word.upper() in _CLOSE:
            yield start, f"{word}("
            word = ""
        elif text in _ALONE or token.lastgroup == "space":
            if word:
                yield start, word
                word = ""
            if text in _ALONE:
                yield token.start(), text
        else:
            start = start if word else token.start()
            word += text
    if word:
        yield start, word


def refuse_service(query: str, name: str = "query", base: str | None = None) -> None:
    """Raise QueryError if a query calls another endpoint, or names SERVICE and cannot be parsed.

    `base` is the IRI to which relative ones refer, the same as when the query is answered.

    >>> refuse_service("PREFIX service: <http://service/> SELECT ?service { service:a ?service 'SERVICE' }")
    """
    for read in dict.fromkeys((query, _unescape(query))):
        if _SERVICE.search(read):
            _parse_without(read, name, base)


def _parse_without(query: str, name: str, base: str | None) -> None:
    word = _choose_word(query)
    changed = _SERVICE.sub(word, query)
    try:
        Store().query(changed, base_iri=base)
    except SyntaxError as error:
        fault = find_fault(changed, base)
        is_meant = word in fault.word and "Prefix not found" not in fault.expected
        if is_meant or find_keywords(query, ["SERVICE"]):  # a better message, if it is right
            raise QueryError(f"{name}: {_REFUSAL}") from error
        raise QueryError(describe(fault, query, name)) from error
    except (OSError, RuntimeError, ValueError):
        return  # it has been parsed; answering it reports any other fault


def _choose_word(query: str) -> str:
    """Return a word as long as SERVICE that is no part of any keyword and cannot be foreseen.

    No keyword of SPARQL has a Q, so that none reaches into it from either side.
    """
    while True:
        word = f"q{''.join(secrets.choice(_MIDDLE) for _ in range(5))}q"
        if word not in query:
            return word


def _unescape(query: str) -> str:
    r"""Return the query with its escaped characters decoded.

    >>> _unescape(r"\u0053ERVICE \\u0053 \U00000053")
    'SERVICE \\\\u0053 S'
    """
    return _ESCAPE.sub(_decode_escape, query) if "\\" in query else query


def _decode_escape(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2]
    try:
        return chr(int(digits, 16)) if digits else escape[0]
    except (ValueError, OverflowError):
        return escape[0]
