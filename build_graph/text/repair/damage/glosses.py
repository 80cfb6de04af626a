"""The glosses of scraped pages, readings in brackets behind characters: 業(yè)務 is 業務.

Only lower-case pinyin that is a reading of the character before it is a gloss: the brackets in 维(3D), 站(点)
and 公式(e) stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from build_graph.resources import find_folder
from build_graph.text.repair.edits import Change

PINYIN = "[a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹɑɡ]{1,6}"  # one syllable, with or without its tone

# It begins with a bracket, so that it passes over all other characters at once.
_GLOSS = re.compile(
    rf"""
    [(（] (?<= [\u3400-\u9fff] . )                                       # 業(
    \s? {PINYIN} \s? [)）] (?: [(（] \s? {PINYIN} \s? [)）] )*    # (yè), (chuàng ), (xing)(xing)(xing)
    """,
    re.VERBOSE,
)
_SYLLABLE = re.compile(PINYIN)


def strip_glosses(text: str) -> Iterator[Change]:
    """Remove the glosses.

    >>> [change.start for change in strip_glosses("業(yè)務、三維(3D)、站(dian)")]
    [1]
    """
    return (Change(gloss.start(), gloss.end(), "") for gloss in _find_glosses(text))


def collect_glosses(text: str) -> dict[str, str]:
    """Return the characters that carry a gloss in `text`, with their most frequent reading there.

    >>> collect_glosses("業(yè)務發(fā)展")
    {'業': 'yè', '發': 'fā'}
    """
    found = Counter(
        (text[gloss.start() - 1], _SYLLABLE.findall(gloss[0])[0]) for gloss in _find_glosses(text)
    )
    table: dict[str, str] = {}
    for (char, reading), _ in found.most_common():
        table.setdefault(char, reading)
    return table


def find_homophones(reading: str) -> str:
    """Return all characters that may be read like `reading`, whatever the tone."""
    return _load_readings().get(_strip_tone(reading), "")


def _find_glosses(text: str) -> Iterator[re.Match[str]]:
    brackets = list(_GLOSS.finditer(text))
    readings = _load_readings() if brackets else {}
    for bracket in brackets:
        char = text[bracket.start() - 1]
        if all(char in readings.get(_strip_tone(reading), "") for reading in _SYLLABLE.findall(bracket[0])):
            yield bracket


@cache
def _load_readings() -> Mapping[str, str]:
    """Return the characters that are read so, for each syllable without tone."""
    lines = (find_folder("data") / "readings.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def _strip_tone(reading: str) -> str:
    """Return `reading` without its tone, ü as v.

    >>> _strip_tone("lǜ"), _strip_tone("chuàng")
    ('lv', 'chuang')
    """
    letters = unicodedata.normalize("NFD", reading.translate({0x251: "a", 0x261: "g"}))
    return "".join(char for char in letters.replace("u\u0308", "v") if char.isascii())
