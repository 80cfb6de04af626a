"""Who has taken a body's place by a day: its one heir, or itself where the reforms name several or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Succession:
    """A body that took another's place, and the day by which it had."""

    old: str  # IRI
    new: str
    day: date


@dataclass(frozen=True, slots=True)
class Successors:
    """Bodies by the body that has their place on a day, and those of which no single one can be named."""

    of: dict[str, str]  # old: new, for those whose place one other has taken
    split: dict[str, tuple[str, ...]]  # old: the several that have taken its place


def find_successors(bodies: Iterable[str], successions: Iterable[Succession], day: date) -> Successors:
    """The heirs of bodies on a day, through any number of reforms.

    >>> reforms = [Succession("银监会", "银保监会", date(2018, 3, 17)),
    ...            Succession("银保监会", "金融监管总局", date(2023, 5, 18))]
    >>> find_successors(["银监会", "商务部"], reforms, date(2020, 1, 1)).of
    {'银监会': '银保监会'}
    >>> find_successors(["银监会"], reforms, date(2024, 1, 1)).of
    {'银监会': '金融监管总局'}
    """
    took: dict[str, set[str]] = defaultdict(set)
    for change in successions:
        if change.day <= day:
            took[change.old].add(change.new)
    one, several = {}, {}
    for body in bodies:
        last = sorted(_find_last(body, took))
        if len(last) > 1:
            several[body] = tuple(last)
        elif last != [body]:
            one[body] = last[0]
    return Successors(one, several)


def _find_last(body: str, took: dict[str, set[str]]) -> set[str]:
    """The ends of all ways forward from a body; itself where there is none, or they go in a circle."""
    seen, ends, waiting = {body}, set[str](), [body]
    while waiting:
        here = waiting.pop()
        ends |= {here} - took.keys()
        fresh = took.get(here, set()) - seen
        seen |= fresh
        waiting += fresh
    return ends or {body}
