"""Messages of errors and servers, cut to one line, without the query that they repeat."""

from __future__ import annotations

SHOWN = 240  # characters of a message from elsewhere
_LINE = 300  # characters of a line of our own
_SHORT = 8  # characters: a shorter line of a query may also stand in a sentence


def short_message(error: Exception) -> str:
    """Return the words of an error on one line, or the name of its class."""
    words = getattr(error, "reason", None) or getattr(error, "msg", None) or error
    return truncate(str(words)) or type(error).__name__


def strip_query(message: str, query: str) -> str:
    r"""Return a message without the query: Virtuoso repeats it after its words, Fuseki before.

    >>> strip_query("SP030: syntax error at 'x'\n\nSPARQL query:\nSELECT * { x }", "SELECT * { x }")
    "SP030: syntax error at 'x'\n\nSPARQL query:"
    """
    asked = {line.strip() for line in query.splitlines() if len(line.strip()) >= _SHORT}
    lines = message.replace(query.strip(), "").splitlines()
    return "\n".join(line for line in lines if line.strip() not in asked)


def shorten_lines(message: str) -> str:
    """Return a message with the middle of long lines left out: they may quote a whole query.

    >>> len(shorten_lines("x" * 1000))
    241
    """
    half = SHOWN // 2
    lines = message.split("\n")
    return "\n".join(line if len(line) <= _LINE else f"{line[:half]}…{line[-half:]}" for line in lines)


def truncate(text: str, most: int = SHOWN) -> str:
    """Return a text on one line, cut between words where it is longer.

    >>> truncate("line 1:  unexpected end of the query", 20)
    'line 1: unexpected…'
    """
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    kept = line[:most]
    return f"{kept[: kept.rfind(' ')] if ' ' in kept else kept[:-1]}…"
