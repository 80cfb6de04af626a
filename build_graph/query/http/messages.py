"""What errors and servers say, on one line of ours: without the query that they repeat, cut between words."""

from __future__ import annotations

from typing import Any

SHOWN = 240  # characters
_LINE = 300  # characters of a line of ours
_SHORT = 8  # characters: so short a line of a query may stand in a sentence, too


def server_message(error: Any, query: str) -> str:
    """What a server says of a failure, without the query; a page says no more than its status does."""
    plain = "html" not in error.headers.get_content_type()
    said = error.read().decode("utf-8", "replace") if plain else ""
    return truncate(strip_query(said, query)) or str(error.reason)


def short_message(error: Exception) -> str:
    """What an error says, or else what it is."""
    said = getattr(error, "reason", None) or getattr(error, "msg", None) or error
    return truncate(str(said)) or type(error).__name__


def strip_query(said: str, query: str) -> str:
    r"""What is said without the lines that repeat the query: Virtuoso does behind its words, Fuseki before.

    >>> strip_query("SP030: syntax error at 'x'\n\nSPARQL query:\nSELECT * { x }", "SELECT * { x }")
    "SP030: syntax error at 'x'\n\nSPARQL query:"
    """
    asked = {line.strip() for line in query.splitlines() if len(line.strip()) >= _SHORT}
    lines = said.replace(query.strip(), "").splitlines()
    return "\n".join(line for line in lines if line.strip() not in asked)


def shorten_lines(message: str) -> str:
    """Return a message of ours, without the middle of lines that are too long: what is asked may stand in it.

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
