"""The small part of SPARQL's grammar that is needed to put values into a query.

A parameter is a block of data with one variable, `VALUES ?agency { … }`. A value replaces the content of the
braces, as a term that an RDF library has written. Tokens find the block, so that no string, comment or IRI
with the same words is mistaken for one. The query runs unchanged on any engine, and is the same text on all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from build_graph.errors import ObligationError

Value = NamedNode | Literal | None  # None matches any value

_TOKEN = re.compile(
    r"""
    (?P<space>    \s+ | \#[^\n\r]* )
  | (?P<iri>      <[^<>"{}|^`\\\x00-\x20]*> )
  | (?P<string>   \"{3} (?: \"{0,2} (?: [^"\\] | \\. ) )* \"{3}
                | '{3}  (?: '{0,2}  (?: [^'\\] | \\. ) )* '{3}
                | \"    (?: [^"\\\n\r] | \\. )* \"
                | '     (?: [^'\\\n\r] | \\. )* ' )
  | (?P<variable> [?$]\w+ )
  | (?P<name>     [\w.-]* : (?: [\w.:%-] | \\. )* )      # ob:Measure, which is no keyword
  | (?P<word>     \w+ )
  | (?P<mark>     \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RELATIVE = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)[^<>\"{}|^`\x00-\x20]*>")
_UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])


class QueryError(ObligationError):
    """A query that cannot be run as it is."""


class QueryForm(StrEnum):
    """The form of a query, which decides the kind of its answer."""

    SELECT = "SELECT"  # rows
    ASK = "ASK"  # yes or no
    CONSTRUCT = "CONSTRUCT"  # triples
    DESCRIBE = "DESCRIBE"  # triples


def detect_form(query: str, name: str = "query") -> QueryForm:
    """Return a query's form; raises QueryError for an update, and for a text without a query.

    >>> detect_form("PREFIX a: <http://select/> # SELECT\\nASK { ?s ?p 'SELECT' }")
    <QueryForm.ASK: 'ASK'>
    """
    for token in tokenize(query):
        if token.lastgroup != "word":
            continue
        word = token[0].upper()
        if word in _UPDATES:
            raise QueryError(
                f"{name}: {word} changes data; only queries are run: SELECT, ASK, CONSTRUCT, DESCRIBE"
            )
        if word in QueryForm.__members__:
            return QueryForm(word)
    raise QueryError(f"{name}: holds no query; write SELECT, ASK, CONSTRUCT or DESCRIBE")


def find_keywords(query: str, wanted: Iterable[str]) -> set[str]:
    """Return those words, given in capitals, that a query has as keywords or function names.

    >>> find_keywords("ASK from <http://x/select> { ?service ?p 'UNION'@ask }", ["FROM", "SERVICE", "UNION"])
    {'FROM'}
    """
    capitals = query.upper()
    sought = {word for word in wanted if word in capitals}
    if not sought:
        return sought  # the usual case; looking at all tokens takes 0.1 ms or more
    found, before = set(), ""
    for token in tokenize(query):
        if token.lastgroup == "word" and before != "@":
            found.add(token[0].upper())
        before = token[0]
    return found & sought


def has_relative_iri(query: str) -> bool:
    """Return whether a query has a relative IRI, or at worst a text that looks like one.

    >>> has_relative_iri("ASK { <s> ?p <a:b> }"), has_relative_iri("ASK { <t:s> ?p ?o FILTER(?o < 1) }")
    (True, False)
    """
    return _RELATIVE.search(query) is not None


def find_columns(query: str) -> set[str] | None:
    """Return the variables that a SELECT query names; None if it names none, or is not valid.

    >>> sorted(find_columns("SELECT ?a (COUNT(?b) AS ?n) { ?a ?p ?b } GROUP BY ?a"))
    ['a', 'n']
    """
    words = [token[0].upper() for token in tokenize(query) if token.lastgroup in ("word", "mark")]
    if "SELECT" not in words or "*" in words[words.index("SELECT") + 1 :][:2]:
        return None
    try:
        found = Store().query(query)
    except (SyntaxError, ValueError, RuntimeError, OSError):
        return None
    return {variable.value for variable in found.variables} if isinstance(found, QuerySolutions) else None


def find_value_blocks(query: str) -> dict[str, list[tuple[int, int]]]:
    """Return the start and end of the braces of each `VALUES ?name { … }`, by the variable's name.

    >>> find_value_blocks("SELECT * { VALUES ?n { 5 } FILTER (?x > ?n) }")
    {'n': [(21, 26)]}
    """
    found: dict[str, list[tuple[int, int]]] = {}
    known = [token for token in tokenize(query) if token.lastgroup != "space"]
    for index, token in enumerate(known[:-2]):
        variable, brace = known[index + 1], known[index + 2]
        if token[0].upper() == "VALUES" and variable.lastgroup == "variable" and brace[0] == "{":
            end = next((t.end() for t in known[index + 3 :] if t[0] == "}"), len(query))
            found.setdefault(variable[0][1:], []).append((brace.start(), end))
    return found


def insert_values(query: str, values: Mapping[str, Value]) -> str:
    """Return the query with each value in its blocks; raises KeyError for a name without a block.

    >>> insert_values("SELECT * { VALUES ?n { 5 } ?s ?p ?n }", {"n": Literal('"} 6')})
    'SELECT * { VALUES ?n { "\\\\"} 6" } ?s ?p ?n }'
    """
    blocks = find_value_blocks(query)
    spans = [(span, value) for name, value in values.items() for span in blocks[name]]
    for (start, end), value in sorted(spans, key=lambda pair: pair[0], reverse=True):
        query = f"{query[:start]}{{ {'UNDEF' if value is None else value} }}{query[end:]}"
    return query


def tokenize(query: str) -> Iterator[re.Match[str]]:
    """Return the tokens of a query, with blanks and comments, each in the group of its kind."""
    return _TOKEN.finditer(query)
