"""Text as a terminal may get it: nothing in it steers the terminal, or turns the direction of letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

# Control characters but for tab and the ends of lines, and the marks that turn text from right to left,
# with which a name can be made to look like another.
_STEERING = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def escape_controls(text: str) -> str:
    r"""The text with each character that could steer a terminal as what Python writes for it.

    >>> escape_controls("\x1b[2J商务部\u202e")
    '\\x1b[2J商务部\\u202e'
    """
    return _STEERING.sub(_escape_char, text)


def open_console(out: TextIO, width: int | None = None) -> Console:
    """Return what prints words as they are, but for what could steer a terminal; no markup, no emoji."""
    from rich.console import Console
    from rich.text import Text

    class PlainConsole(Console):
        def render_str(self, text: str, **options: Any) -> Text:
            """All that is a string in a table, a title or a line comes through here."""
            return super().render_str(escape_controls(text), **options)

    return PlainConsole(file=out, width=width, markup=False, highlight=False, emoji=False)


def _escape_char(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
