"""A matcher of the words of a list in a text: of two that overlap it takes the longer."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick

Value = TypeVar("Value")

_KNOWN = 256  # texts whose words are kept: headings, titles and names come again and again
_SURROGATES = re.compile("[\ud800-\udfff]")

_Found = tuple[int, int, int]  # the number of a word, its start and its end


class WordMatch(NamedTuple, Generic[Value]):
    """A word of the list, its place in the text, and its value in the list."""

    start: int
    end: int
    word: str
    value: Value


class WordMatcher(Generic[Value]):
    """A list of words that are found in one pass over a text."""

    __slots__ = ("_automaton", "_known", "_words")

    def __init__(self, words: Mapping[str, Value]) -> None:
        """Prepare `words`; a match comes with the value of its word."""
        self._words = tuple(words.items())
        self._automaton = AhoCorasick(words)
        self._known = lru_cache(_KNOWN)(self._match_text)

    def find_words(self, text: str, start: int = 0, end: int | None = None) -> list[WordMatch[Value]]:
        """Return the words in `text`, or from `start` to `end` of it, in order; none overlaps another.

        The longest word anywhere wins, not the leftmost: 利用电子商务 holds 电子商务 and not 用电.

        >>> matcher = WordMatcher({"用电": 1, "电子商务": 2, "商务": 3})
        >>> [found.word for found in matcher.find_words("利用电子商务")]
        ['电子商务']
        """
        spots = self._known(text)
        found = spots.all if end is None else spots.iterate_within(start, end)
        return [WordMatch(first, last, *self._words[number]) for number, first, last in found]

    def _match_text(self, text: str) -> _TextMatches:
        """Return all words in a text; the last texts are cached for other stretches of them."""
        try:
            found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # halves of characters: none of a word
            return self._match_text(_SURROGATES.sub("\ufffd", text))
        return _TextMatches(found)


class _TextMatches:
    """The words of a list in one text, in runs that do not overlap with each other."""

    def __init__(self, found: Sequence[_Found]) -> None:
        self._runs = list(_iterate_runs(sorted(found, key=itemgetter(1))))
        self._chosen = [run if len(run) == 1 else _select_longest(run) for run in self._runs]

    @cached_property
    def all(self) -> list[_Found]:
        """The words that are chosen in the whole text."""
        return list(chain.from_iterable(self._chosen))

    @cached_property
    def _starts(self) -> list[int]:
        return [run[0][1] for run in self._runs]

    @cached_property
    def _ends(self) -> list[int]:
        return [max(end for _, _, end in run) for run in self._runs]

    def iterate_within(self, start: int, end: int) -> Iterator[_Found]:
        """Yield the words from `start` to `end`; a run that crosses them is chosen from anew."""
        for index in range(bisect_right(self._ends, start), bisect_left(self._starts, end)):
            if start <= self._starts[index] and self._ends[index] <= end:
                yield from self._chosen[index]
            else:
                inside = [item for item in self._runs[index] if start <= item[1] and item[2] <= end]
                for run in _iterate_runs(inside):
                    yield from _select_longest(run)


def _iterate_runs(found: Sequence[_Found]) -> Iterator[list[_Found]]:
    """Yield words, in order of their starts, in runs that do not overlap with each other."""
    run: list[_Found] = []
    reach = 0
    for item in found:
        _, start, end = item
        if run and start >= reach:
            yield run
            run = []
        run.append(item)
        reach = max(reach, end)
    if run:
        yield run


def _select_longest(run: list[_Found]) -> list[_Found]:
    """Return the words of a run that stay: the longest, the longest that does not overlap with it, ..."""
    taken: set[int] = set()
    kept = []
    for item in sorted(run, key=lambda item: (item[1] - item[2], item[1])):
        place = range(item[1], item[2])
        if taken.isdisjoint(place):
            taken.update(place)
            kept.append(item)
    return sorted(kept, key=itemgetter(1))
