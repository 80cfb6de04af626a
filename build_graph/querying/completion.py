"""Names that begin with, or hold, what somebody has written so far."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from pyoxigraph import NamedNode

from build_graph.querying.headers import ParameterKind
from build_graph.querying.names import Names
from build_graph.vocabulary import BASE

_NEAR = 0.5  # how alike a name must be that is offered where none holds the words


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """A thing of the graph with its names; `sure` is what finds it and nothing else of its kind."""

    kind: ParameterKind
    node: NamedNode
    names: tuple[str, ...]
    unique_name: str

    @property
    def label(self) -> str:
        """Its first name, or the end of its IRI."""
        return self.names[0] if self.names else self.node.value.removeprefix(BASE)

    @property
    def notes(self) -> tuple[str, ...]:
        """Its other names."""
        return self.names[1:]


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The names of one kind of thing; each thing stands under every name that it has."""

    _written: tuple[tuple[str, NamedEntity], ...]

    @classmethod
    def build(cls, kind: ParameterKind, names: Names) -> NameIndex:
        """The names that a graph has of a kind."""
        owners: dict[str, set[NamedNode]] = defaultdict(set)
        for node, given in names.items():
            for name in given:
                owners[normalise(name)].add(node)
        return cls(tuple(_iterate_entries(kind, names, owners)))

    def find(self, words: str, most: int) -> list[NamedEntity]:
        """Up to so many things whose names hold the words: what is called so first, then what begins so.

        No words find the first things that there are.
        """
        wanted = normalise(words)
        places: dict[NamedEntity, tuple[int, int, str]] = {}
        for name, thing in self._written:
            if wanted in name:
                place = (_rank_match(wanted, name), len(name), thing.node.value)
                places[thing] = min(place, places.get(thing, place))
        return sorted(places, key=places.__getitem__)[:most]

    def find_near(self, words: str, most: int) -> list[NamedEntity]:
        """Up to so many things whose names are like the words."""
        known = dict(self._written)
        return list(
            dict.fromkeys(known[name] for name in get_close_matches(normalise(words), known, most, _NEAR))
        )


def normalise(words: str) -> str:
    """Words as they are compared: without spaces and marks, whatever their width and case.

    >>> normalise("国发〔2015〕 24号"), normalise("ＭＯＦＣＯＭ")
    ('国发201524号', 'mofcom')
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", words).casefold()))


def _iterate_entries(
    kind: ParameterKind, names: Names, owners: dict[str, set[NamedNode]]
) -> Iterator[tuple[str, NamedEntity]]:
    for node, given in names.items():
        distinct = tuple(dict.fromkeys(given))
        end = node.value.removeprefix(BASE)
        own = distinct and len(owners[normalise(distinct[0])]) == 1
        thing = NamedEntity(kind, node, distinct, distinct[0] if own else end)
        for name in {normalise(name) for name in (*distinct, end.rpartition("/")[2])}:
            yield name, thing


def _rank_match(wanted: str, name: str) -> int:
    """How well a name that holds the words fits them; the less, the better."""
    if name == wanted:
        return 0
    return 1 if name.startswith(wanted) else 2
