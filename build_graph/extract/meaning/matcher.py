"""A matcher of the words of a list in a text: of two that overlap it takes the longer."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
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

    __slots__ = ("_automaton", "_known", "_numbered", "_words")

    def __init__(self, words: Mapping[str, Value]) -> None:
        """Prepare `words`; a match comes with the value of its word."""
        self._words = dict(words)
        self._numbered = tuple(words.items())
        self._automaton = AhoCorasick(words)
        self._known = lru_cache(_KNOWN)(self._match_text)

    def __getitem__(self, word: str) -> Value:
        """Return the value of a word of the list."""
        return self._words[word]

    def find_words(self, text: str, start: int = 0, end: int | None = None) -> list[WordMatch[Value]]:
        """Return the words in `text`, or from `start` to `end` of it, in order; none overlaps another.

        The longest word anywhere wins, not the leftmost: 利用电子商务 holds 电子商务 and not 用电.

        >>> matcher = WordMatcher({"用电": 1, "电子商务": 2, "商务": 3})
        >>> [found.word for found in matcher.find_words("利用电子商务")]
        ['电子商务']
        """
        return self._known(text).find_within(start, len(text) if end is None else end)

    def _match_text(self, text: str) -> _TextMatches[Value]:
        """Return all words in a text; the last texts are cached for other stretches of them."""
        try:
            found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # halves of characters: none of a word
            return self._match_text(_SURROGATES.sub("\ufffd", text))
        return _TextMatches(self._numbered, sorted(found, key=itemgetter(1)))


class _TextMatches(Generic[Value]):
    """The words of a list in one text: all that were found, and those that are chosen among them."""

    __slots__ = ("_chosen", "_found", "_places", "_reached", "_starts", "_words")

    def __init__(self, words: Sequence[tuple[str, Value]], found: Sequence[_Found]) -> None:
        """Choose among the words `found`, in order of their starts; `words` is the list."""
        self._words, self._found = words, found
        self._starts = [start for _, start, _ in found]
        self._reached = list(accumulate([end for _, _, end in found], max))
        self._chosen = self._choose_words(found)
        self._places = [word.start for word in self._chosen]

    def find_within(self, start: int, end: int) -> list[WordMatch[Value]]:
        """Return the words from `start` to `end`; where one of these cuts a word, they are chosen anew."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        if (first and self._reached[first - 1] > start) or (last and self._reached[last - 1] > end):
            return self._choose_words([item for item in self._found[first:last] if item[2] <= end])
        return self._chosen[bisect_left(self._places, start) : bisect_left(self._places, end)]

    def _choose_words(self, found: Sequence[_Found]) -> list[WordMatch[Value]]:
        """Return the words that stay of those found, in order of their starts."""
        return [
            WordMatch(start, end, *self._words[number])
            for run in _iterate_runs(found)
            for number, start, end in (run if len(run) == 1 else _select_longest(run))
        ]


def _iterate_runs(found: Sequence[_Found]) -> Iterator[Sequence[_Found]]:
    """Yield words, in order of their starts, in runs that do not overlap with each other."""
    run: list[_Found] = []
    reach = 0
    for item in found:
        _, start, end = item
        if start >= reach and run:
            yield run
            run = []
        run.append(item)
        reach = max(reach, end)
    if run:
        yield run


def _select_longest(run: Sequence[_Found]) -> list[_Found]:
    """Return the words of a run that stay: the longest, the longest that does not overlap with it, ..."""
    ordered = sorted(run, key=lambda item: (item[1] - item[2], item[1]))
    _, start, end = ordered[0]
    if start == run[0][1] and end == max([last for _, _, last in run]):
        return ordered[:1]  # all others are parts of it
    taken: set[int] = set()
    kept = []
    for item in ordered:
        place = range(item[1], item[2])
        if taken.isdisjoint(place):
            taken.update(place)
            kept.append(item)
    return sorted(kept, key=itemgetter(1))
