"""A font for Chinese labels that ships with the package, so that charts need none on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types

from build_graph.resources import find_folder

FONT = "noto-sans-sc-400.woff"
_MISSING = "〓"  # what printers set for a character that their case does not have


@contextmanager
def unpack_font() -> Iterator[str]:
    """Where the font lies, unpacked to a file for as long as it is used."""
    packed = find_folder("vendor") / "noto-sans-sc" / FONT
    with TemporaryDirectory() as aside, TTFont(packed) as found:
        path = Path(aside) / "noto-sans-sc.ttf"
        found.flavor = None  # WOFF is TrueType, packed
        found.save(path)
        yield str(path)


def replace_missing(text: str, known: frozenset[int]) -> str:
    """The text with 〓 for each character that a font does not have.

    >>> replace_missing("仫佬", frozenset(map(ord, "佬〓")))
    '〓佬'
    """
    return "".join(char if ord(char) in known else _MISSING for char in text)
