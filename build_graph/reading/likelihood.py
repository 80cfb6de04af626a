"""How likely a character is behind others in government prose: what decides between readings.

The table counts what follows one or two characters in public policy documents; the document at hand
counts for more, because a text repeats its own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from math import log, log2
from pathlib import Path
from string import ascii_letters

LONGEST = 2  # characters of context
_PACE = 2.0  # steps of a count's level to a doubling: level a is 1, c is 2, e is 4, ...
_OWN = 3.0  # how much more a sighting in the document itself counts
_UNSEEN = 0.5  # sightings of a character that nothing has
_KINDS = 8000  # characters in use, among which the unseen share what is left

_WIDTH = str.maketrans(",;:()?!", "，；：（）？！")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def plain(text: str) -> str:
    """`text` as the table counts it: no spaces, one kind of digit and letter, full-width marks.

    The end of a line is one character too.

    >>> plain("到2020年, GDP 增长\\n")
    '到0年，a增长¶'
    """
    text = _SPACE.sub("", _LINES.sub("¶", text.translate(_WIDTH)))
    return re.sub(r"[0-9０-９]+", "0", re.sub(r"[A-Za-zＡ-Ｚａ-ｚ]+", "a", text))


def level(count: int) -> str:
    """A count as one letter, on a scale that doubles every second letter.

    >>> level(1), level(4), level(67525)
    ('a', 'e', 'G')
    """
    step = round(_PACE * log2(count))
    return chr(ord("a") + step) if step < 26 else chr(ord("A") + step - 26)


def _count(letter: str) -> float:
    """The count that a level stands for.

    >>> _count("e")
    4.0
    """
    step = ord(letter) - ord("a") if letter >= "a" else ord(letter) - ord("A") + 26
    return float(2 ** (step / _PACE))


_COUNTS = {letter: _count(letter) for letter in ascii_letters}


@dataclass(frozen=True, slots=True)
class Entry:
    """How often a context was seen, how many kinds of character follow it, and the frequent ones."""

    count: float
    kinds: float
    followers: dict[str, float]

    @classmethod
    def parse(cls, line: str) -> Entry:
        """The entry of a line of the table without its context.

        >>> Entry.parse("gc划e范c")
        Entry(count=8.0, kinds=2.0, followers={'划': 4.0, '范': 2.0})
        """
        followers = dict(zip(line[2::2], map(_COUNTS.__getitem__, line[3::2]), strict=True))
        return cls(_COUNTS[line[0]], _COUNTS[line[1]], followers)


class Likelihood:
    """Log probabilities of a character behind others, from the table and from one document."""

    def __init__(self, table: Path, document: str) -> None:
        """Count `document` (already in simplified characters, see `plain`) beside `table`."""
        rows = (row.partition("\t") for row in table.read_text(encoding="utf-8").split("\n"))
        self._lines = {context: entry for context, _, entry in rows if entry}
        self._own = Counter(gram for size in range(1, LONGEST + 2) for gram in _grams(document, size))
        self._own_kinds = Counter(gram[:-1] for gram in self._own)
        self._length = len(document)
        self._entries: dict[str, Entry] = {}
        self._singles: dict[str, float] = {}
        self._ranks = {context: rank for rank, context in enumerate(self._lines) if len(context) == 1}

    def knows(self, char: str) -> bool:
        """Whether the table or the document has `char`."""
        return char in self._lines or char in self._own

    def rank(self, char: str) -> int:
        """The place of `char` among the characters of the table, the most frequent first."""
        return self._ranks.get(char, len(self._ranks))

    def frequency(self, char: str) -> float:
        """How often `char` was seen."""
        return self._entry(char).count if self.knows(char) else _UNSEEN

    def followers(self, context: str) -> Set[str]:
        """The characters that the table has behind `context`."""
        return self._entry(context).followers.keys()

    def after(self, context: str, chars: Iterable[str]) -> list[float]:
        """The log probability of each of `chars` behind the last two characters of `context`.

        What the longer context has not seen, the shorter one tells, as far as new characters follow
        the longer one anyway (Witten and Bell).
        """
        longer, shorter = self._entry(context[-LONGEST:]), self._entry(context[-1:])
        pair, char = context[-LONGEST:], context[-1:]
        own, single = self._own, self._single
        probabilities = []
        for follower in chars:
            seen = shorter.followers.get(follower, 0.0) + _OWN * own[char + follower]
            less = (seen + shorter.kinds * single(follower)) / (shorter.count + shorter.kinds)
            seen = longer.followers.get(follower, 0.0) + _OWN * own[pair + follower]
            probabilities.append(log((seen + longer.kinds * less) / (longer.count + longer.kinds)))
        return probabilities

    def _single(self, char: str) -> float:
        """How probable `char` is anywhere."""
        if char not in self._singles:
            self._singles[char] = self.frequency(char) / self._total
        return self._singles[char]

    @cached_property
    def _total(self) -> float:
        table = sum(_COUNTS[line[0]] for context, line in self._lines.items() if len(context) == 1)
        return table + _OWN * self._length + _UNSEEN * _KINDS

    def _entry(self, context: str) -> Entry:
        """What the table and the document have on `context`, read the first time it is asked for."""
        if context not in self._entries:
            self._entries[context] = self._read(context)
        return self._entries[context]

    def _read(self, context: str) -> Entry:
        own, kinds = _OWN * self._own[context], self._own_kinds[context] + 1.0
        if line := self._lines.get(context):
            entry = Entry.parse(line)
            return Entry(entry.count + own, entry.kinds + kinds, entry.followers)
        seen = self._entry(context[:-1]).followers.get(context[-1], 0.0) if len(context) > 1 else 0.0
        return Entry(seen + own, seen / 2 + kinds, {})  # what follows a rare pair is mostly new


def _grams(text: str, size: int) -> Iterator[str]:
    """All stretches of `size` characters."""
    return map("".join, zip(*(text[i:] for i in range(size)), strict=False))
