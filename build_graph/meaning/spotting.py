"""Spots the words of a list in a text: of two that overlap the longer one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

import ahocorasick  # type: ignore[import-not-found]  # a C extension without type stubs

Value = TypeVar("Value")


class Spotted(NamedTuple, Generic[Value]):
    """A word of the list, where it stands in the text, and what the list has for it."""

    start: int
    end: int
    word: str
    value: Value


class Spotter(Generic[Value]):
    """A list of words, made ready to be found in one pass over a text."""

    __slots__ = ("_automaton",)

    def __init__(self, words: Mapping[str, Value]) -> None:
        """Make `words` ready; each comes with what is to be handed back for it."""
        self._automaton = ahocorasick.Automaton()
        for word, value in words.items():
            self._automaton.add_word(word, (word, value))
        self._automaton.make_automaton()

    def spot(self, text: str) -> list[Spotted[Value]]:
        """The words in `text` in their order; none overlaps another.

        The longest anywhere, not from the left: in 利用电子商务 that is 电子商务 and not 用电.

        >>> [found.word for found in Spotter({"用电": 1, "电子商务": 2, "商务": 3}).spot("利用电子商务")]
        ['电子商务']
        """
        if not self._automaton:
            return []
        found = [
            Spotted(end + 1 - len(word), end + 1, word, value)
            for end, (word, value) in self._automaton.iter(text)
        ]
        found.sort(key=itemgetter(0))
        return [spotted for run in _runs(found) for spotted in _longest(run)]


def _runs(found: Iterable[Spotted[Value]]) -> Iterator[list[Spotted[Value]]]:
    """Words, in order of their starts, in runs that do not overlap with each other."""
    run: list[Spotted[Value]] = []
    end = 0
    for item in found:
        if run and item.start >= end:
            yield run
            run = []
        run.append(item)
        end = max(end, item.end)
    if run:
        yield run


def _longest(run: list[Spotted[Value]]) -> list[Spotted[Value]]:
    """Of a run the words that stay: the longest, then the longest that does not overlap with it, ..."""
    if len(run) == 1:
        return run
    taken: set[int] = set()
    kept = []
    for item in sorted(run, key=lambda item: (item.start - item.end, item.start)):
        if taken.isdisjoint(range(item.start, item.end)):
            taken.update(range(item.start, item.end))
            kept.append(item)
    return sorted(kept, key=itemgetter(0))
