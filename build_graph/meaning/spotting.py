"""Spots the words of a list in a text: of two that overlap the longer one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick

Value = TypeVar("Value")

_SURROGATES = re.compile("[\ud800-\udfff]")
_KNOWN = 512  # texts whose words are kept: headings, titles and names come again and again


class Spotted(NamedTuple, Generic[Value]):
    """A word of the list, where it stands in the text, and what the list has for it."""

    start: int
    end: int
    word: str
    value: Value


class Spotter(Generic[Value]):
    """A list of words, made ready to be found in one pass over a text."""

    __slots__ = ("_automaton", "_known", "_words")

    def __init__(self, words: Mapping[str, Value]) -> None:
        """Make `words` ready; each comes with what is to be handed back for it."""
        self._words = tuple(words.items())
        self._automaton = AhoCorasick(words)
        self._known = lru_cache(_KNOWN)(self._spotted)

    def spot(self, text: str) -> tuple[Spotted[Value], ...]:
        """The words in `text` in their order; none overlaps another.

        The longest anywhere, not from the left: in 利用电子商务 that is 电子商务 and not 用电.

        >>> [found.word for found in Spotter({"用电": 1, "电子商务": 2, "商务": 3}).spot("利用电子商务")]
        ['电子商务']
        """
        return self._known(text)

    def _spotted(self, text: str) -> tuple[Spotted[Value], ...]:
        """The same, not known yet."""
        try:
            found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # halves of characters: none of a word
            return self._spotted(_SURROGATES.sub("\ufffd", text))
        found.sort(key=itemgetter(1))
        return tuple(
            Spotted(start, end, *self._words[number])
            for run in _runs(found)
            for number, start, end in _longest(run)
        )


_Found = tuple[int, int, int]  # the number of a word, its start and its end


def _runs(found: Iterable[_Found]) -> Iterator[list[_Found]]:
    """Words, in order of their starts, in runs that do not overlap with each other."""
    run: list[_Found] = []
    reach = 0
    for item in found:
        _, start, end = item
        if run and start >= reach:
            yield run
            run = []
        run.append(item)
        if end > reach:
            reach = end
    if run:
        yield run


def _longest(run: list[_Found]) -> list[_Found]:
    """Of a run the words that stay: the longest, then the longest that does not overlap with it, ..."""
    if len(run) == 1:
        return run
    taken: set[int] = set()
    kept = []
    for item in sorted(run, key=lambda item: (item[1] - item[2], item[1])):
        place = range(item[1], item[2])
        if taken.isdisjoint(place):
            taken.update(place)
            kept.append(item)
    return sorted(kept, key=itemgetter(1))
