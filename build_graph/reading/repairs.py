"""Repairs of what scraping, old encodings and careless pages do to a text: named, counted, undoable.

A clean text passes through unchanged. Lost words are put back only with proof; see `holes`.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from build_graph.edits import Change, Draft
from build_graph.glosses import strip_glosses
from build_graph.holes import close_holes
from build_graph.model import Damage, Source, Text
from build_graph.script import to_simplified

_NEWLINE = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});")
_INVISIBLE = re.compile(
    r"""
    [\x00-\x08\x0e-\x1f\x7f]          # control characters
  | [\u200b-\u200f\u2060\ufeff\u00ad] # zero width, byte order marks, soft hyphens
  | [\u202a-\u202e\u2066-\u2069]      # marks that turn the direction of text
  | [\ud800-\udfff]                   # halves of characters
    """,
    re.VERBOSE,
)
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]+")
_TO_NARROW = 0xFF10 - 0x30  # from ０ to 0, and from Ａ to A alike


def normalise_newlines(text: str) -> Iterator[Change]:
    """Every line break is one \\n."""
    return (Change(found.start(), found.end(), "\n") for found in _NEWLINE.finditer(text))


def decode_entities(text: str) -> Iterator[Change]:
    """HTML's names for characters become the characters: &quot; is a quotation mark."""
    for found in _ENTITY.finditer(text):
        character = html.unescape(found[0])
        if len(character) == 1 and character.isprintable() or character == "\xa0":
            yield Change(found.start(), found.end(), character)


def strip_invisible(text: str) -> Iterator[Change]:
    """Characters that nobody sees go."""
    return (Change(found.start(), found.end(), "") for found in _INVISIBLE.finditer(text))


def fold_width(text: str) -> Iterator[Change]:
    """Full-width letters and digits become narrow; Chinese punctuation stays as wide as it is."""
    for found in _WIDE.finditer(text):
        yield Change(found.start(), found.end(), "".join(chr(ord(c) - _TO_NARROW) for c in found[0]))


Step = Callable[[str], Iterable[Change | Damage]]

REPAIRS: tuple[Step, ...] = (
    normalise_newlines,  # before all that looks at lines
    decode_entities,  # before what looks at brackets and marks
    strip_invisible,  # before what looks at neighbours
    close_holes,  # needs the glosses: they say which characters were swallowed
    strip_glosses,  # before conversion: readings belong to the characters as they came
    to_simplified,
    fold_width,
)


def repair(source: Source) -> Text:
    """The text of a document with all repairs made, and the way back to the source.

    >>> repair(Source("-", "電子商務(wù)", "utf-8")).content
    '电子商务'
    """
    draft = Draft(source, source.content)
    for step in REPAIRS:
        found = list(step(draft.content))
        changes = [change for change in found if isinstance(change, Change)]
        damages = [damage for damage in found if isinstance(damage, Damage)]
        if found:
            draft = draft.changed(step.__name__, changes, damages)
    return draft.finished()


def counts(text: Text) -> dict[str, int]:
    """How often each repair was made, in the order in which they are made."""
    made = Counter(repair.name for repair in text.repairs)
    return {step.__name__: made[step.__name__] for step in REPAIRS if made[step.__name__]}
