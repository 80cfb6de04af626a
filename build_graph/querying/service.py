"""Whether a query asks another endpoint (SERVICE), as the engine's own parser reads it.

Oxigraph reads a keyword wherever its grammar has one, with or without blanks around it: `1SERVICE`,
`'x'SERVICE`, `SERVICEa:b`, `a:b.c.SERVICE`. Whether a `<` opens an IRI or compares, and so where strings and
comments begin, depends on the grammar, too. Tokens of our own would have to be right about all of it. Instead
the word is put out of the query, wherever it stands, and another is put in its place that is of the same kind
of letters and no keyword. A string, a comment, an IRI, a name or a variable that held it goes on to be one.
The query is then parsed: where it has lost a keyword, it is no query any more.
"""

from __future__ import annotations

import re
import secrets

from pyoxigraph import Store

from build_graph.querying import faults
from build_graph.querying.sparql import QueryError, find_keywords

_SERVICE = re.compile("service", re.IGNORECASE | re.ASCII)
_MIDDLE = "bcdfghjklmnpqrstvwxz"
# By the standard, characters written so are read before all else; this engine reads them in strings and IRIs.
_ESCAPE = re.compile(r"\\(?:u([+\da-fA-F][\da-fA-F]{3})|U([+\da-fA-F][\da-fA-F]{7})|.)", re.DOTALL | re.ASCII)
_SAID = "SERVICE asks other endpoints, which this one does not; take it out"


def refuse_service(query: str, name: str = "query", base: str | None = None) -> None:
    """Raise QueryError for a query that asks another endpoint, or that holds the word and cannot be parsed.

    `base` is the IRI that relative ones start from, the same as when it is answered.

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
        fault = faults.find_fault(changed, base)
        is_meant = word in fault.word and "Prefix not found" not in fault.expected
        if is_meant or find_keywords(query, ["SERVICE"]):  # which say it better, where they are right
            raise QueryError(f"{name}: {_SAID}") from error
        raise QueryError(faults.describe(fault, query, name)) from error
    except (OSError, RuntimeError, ValueError):
        return  # it has been parsed; what else is wrong with it, its answer will say


def _choose_word(query: str) -> str:
    """As many letters as SERVICE has, of which no keyword is made, and that nobody who asks can foresee.

    No keyword of SPARQL has a Q, so that none reaches into it from either side.
    """
    while True:
        word = f"q{''.join(secrets.choice(_MIDDLE) for _ in range(5))}q"
        if word not in query:
            return word


def _unescape(query: str) -> str:
    r"""The query with characters for their escapes.

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
