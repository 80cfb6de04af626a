"""A language model of government prose, which decides between readings by the likelihood of each character.

The table counts the characters that follow one or two others in public policy documents; the document at hand
counts for more, because a text repeats its own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
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


def normalise_prose(text: str) -> str:
    """Return `text` as the table counts it: no spaces, one kind of digit and letter, full-width marks.

    The end of a line is one character too.

    >>> normalise_prose("到2020年, GDP 增长\\n")
    '到0年，a增长¶'
    """
    text = _SPACE.sub("", _LINES.sub("¶", text.translate(_WIDTH)))
    return re.sub(r"[0-9０-９]+", "0", re.sub(r"[A-Za-zＡ-Ｚａ-ｚ]+", "a", text))


def encode_level(count: int) -> str:
    """Return a count as one letter, on a scale that doubles every second letter.

    >>> encode_level(1), encode_level(4), encode_level(67525)
    ('a', 'e', 'G')
    """
    step = round(_PACE * log2(count))
    return chr(ord("a") + step) if step < 26 else chr(ord("A") + step - 26)


def _decode_level(letter: str) -> float:
    """Return the count that a level stands for.

    >>> _decode_level("e")
    4.0
    """
    step = ord(letter) - ord("a") if letter >= "a" else ord(letter) - ord("A") + 26
    return float(2 ** (step / _PACE))


_COUNTS = {letter: _decode_level(letter) for letter in ascii_letters}


@dataclass(frozen=True, slots=True)
class Entry:
    """The count of a context, the number of different characters behind it, and the frequent ones."""

    count: float
    kinds: float
    followers: dict[str, float]

    @classmethod
    def parse(cls, line: str) -> Entry:
        """Return the entry of a line of the table without its context.

        >>> Entry.parse("gc划e范c")
        Entry(count=8.0, kinds=2.0, followers={'划': 4.0, '范': 2.0})
        """
        followers = dict(zip(line[2::2], map(_COUNTS.__getitem__, line[3::2]), strict=True))
        return cls(_COUNTS[line[0]], _COUNTS[line[1]], followers)


class Likelihood:
    """The log probabilities of a character behind others, by the table and one document."""

    def __init__(self, table: Path, document: str) -> None:
        """Count `document` (already in simplified characters, see `normalise_prose`) beside `table`."""
        rows = (row.partition("\t") for row in table.read_text(encoding="utf-8").split("\n"))
        self._lines = {context: entry for context, _, entry in rows if entry}
        single_lines = takewhile(lambda context: len(context) == 1, self._lines)  # they stand first
        self._ranks = {char: rank for rank, char in enumerate(single_lines)}
        self._own_singles = Counter(document)
        self._own = _count_followers(document)
        self._entries: dict[str, Entry] = {}
        self._singles: dict[str, float] = {}

    def knows(self, char: str) -> bool:
        """Return whether the table or the document has `char`."""
        return char in self._ranks or char in self._own_singles

    def find_rank(self, char: str) -> int:
        """Return the rank of `char` among the characters of the table, the most frequent first."""
        return self._ranks.get(char, len(self._ranks))

    def find_followers(self, context: str) -> Set[str]:
        """Return the characters that follow `context` in the table or the document."""
        return self._find_entry(context).followers.keys()

    def estimate_after(self, context: str, chars: Iterable[str]) -> list[float]:
        """Return the log probability of each of `chars` behind the last two characters of `context`.

        For a character that never followed the longer context the shorter one decides, in proportion to the
        new characters that follow the longer one (Witten and Bell).
        """
        longer, shorter = self._find_entry(context[-LONGEST:]), self._find_entry(context[-1:])
        scale, total = shorter.count + shorter.kinds, longer.count + longer.kinds
        probabilities = []
        for char in chars:
            less = shorter.followers.get(char, 0.0) + shorter.kinds * self._estimate_single(char)
            more = longer.followers.get(char, 0.0) + longer.kinds * less / scale
            probabilities.append(log(more / total))
        return probabilities

    def _estimate_single(self, char: str) -> float:
        """Return the probability of `char` without context."""
        if char not in self._singles:
            seen = _decode_level(self._lines[char][0]) if char in self._ranks else _UNSEEN
            self._singles[char] = (seen + _OWN * self._own_singles[char]) / self._total
        return self._singles[char]

    @cached_property
    def _total(self) -> float:
        table = sum(_decode_level(self._lines[char][0]) for char in self._ranks)
        return table + _OWN * self._own_singles.total() + _UNSEEN * _KINDS

    def _find_entry(self, context: str) -> Entry:
        """Return the entry of `context` in table and document together, kept in a cache."""
        if context not in self._entries:
            self._entries[context] = self._merge_entry(context)
        return self._entries[context]

    def _merge_entry(self, context: str) -> Entry:
        own = self._own.get(context, {})
        count, kinds = _OWN * sum(own.values()), len(own) + 1.0
        if line := self._lines.get(context):
            table = Entry.parse(line)
            followers, count, kinds = table.followers, table.count + count, table.kinds + kinds
        else:
            seen = self._count_pair(context)
            followers, count, kinds = {}, seen + count, seen / 2 + kinds  # most that follows is new
        for char, times in own.items():
            followers[char] = followers.get(char, 0.0) + _OWN * times
        return Entry(count, kinds, followers)

    def _count_pair(self, context: str) -> float:
        """Return the table's count of a pair that has no line of its own."""
        line = self._lines.get(context[:-1]) if len(context) > 1 else None
        return Entry.parse(line).followers.get(context[-1], 0.0) if line else 0.0


def _count_followers(text: str) -> dict[str, dict[str, int]]:
    """Return the counts of the characters behind each one and each two characters of `text`."""
    found: dict[str, dict[str, int]] = {}
    for size in range(1, LONGEST + 1):
        contexts = map("".join, zip(*(text[i:] for i in range(size)), strict=False))
        for context, char in zip(contexts, text[size:], strict=False):
            counts = found.setdefault(context, {})
            counts[char] = counts.get(char, 0) + 1
    return found
