"""The things of a graph by the names that people give them: 商务部, MOFCOM, mofcom, （四）, 国发〔2015〕24号.

The names come from the graph, by the queries in `queries/lookups`. `EntityFinder` takes the one thing with a
name; none or several are an error with names that would do. `NameIndex` completes a name that is being typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from pyoxigraph import NamedNode

from build_graph.errors import ObligationError
from build_graph.extract.citations.document_names import DocumentNames, standardise_number
from build_graph.extract.structure.marks import parse_numeral
from build_graph.query.catalogue import ParameterKind, ask, select
from build_graph.query.engines import Engine
from build_graph.vocabulary import BASE

_NEAR = 0.5  # least similarity of a name that is offered
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_CLAUSE_MARK = re.compile(r"[(\[【]?第?(?P<numeral>[\d〇一二三四五六七八九十百]{1,7})(?:[)\]】条.]{0,2})")
_SHOWN = 3  # things that an ambiguity error lists
_LISTS = {  # the queries that list the things of a kind
    ParameterKind.AGENCY: "agencies-by-measures",
    ParameterKind.DOMAIN: "domains",
    ParameterKind.DOCUMENT: "documents",
    ParameterKind.CLAUSE: "clauses",
    ParameterKind.STATEMENT: "responsibilities",
}

Names = Mapping[NamedNode, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """A thing of the graph with its names; `unique_name` finds it and nothing else of its kind."""

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
    """The things of one kind, each under every one of its names."""

    _written: tuple[tuple[str, NamedEntity], ...]

    @classmethod
    def build(cls, kind: ParameterKind, names: Names) -> NameIndex:
        """Return the index of the names of a kind."""
        owners: dict[str, set[NamedNode]] = defaultdict(set)
        for node, given in names.items():
            for name in given:
                owners[normalise(name)].add(node)
        return cls(tuple(_iterate_entries(kind, names, owners)))

    def find(self, words: str, most: int) -> list[NamedEntity]:
        """Return up to `most` things with a name that contains the words, the best match first.

        Empty words match every name.
        """
        wanted = normalise(words)
        places: dict[NamedEntity, tuple[int, int, str]] = {}
        for name, thing in self._written:
            if wanted in name:
                place = (_rank_match(wanted, name), len(name), thing.node.value)
                places[thing] = min(place, places.get(thing, place))
        return sorted(places, key=places.__getitem__)[:most]

    def find_near(self, words: str, most: int) -> list[NamedEntity]:
        """Return up to `most` things with a name similar to the words."""
        known = dict(self._written)
        return list(
            dict.fromkeys(known[name] for name in get_close_matches(normalise(words), known, most, _NEAR))
        )


def normalise(words: str) -> str:
    """Return words in the form that is compared: without spaces, marks, width and case.

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
    """Return 0 for the same name, 1 for a name that begins with the words, and 2 for others."""
    if name == wanted:
        return 0
    return 1 if name.startswith(wanted) else 2


class UnknownNameError(ObligationError):
    """A name that no thing in the graph has, or several; `instead` are names that would do."""

    def __init__(self, message: str, words: str, instead: Sequence[str]) -> None:
        """Store the words that were given as a name, and names to give instead."""
        super().__init__(message)
        self.words, self.instead = words, tuple(instead)


@dataclass(frozen=True, slots=True)
class EntityFinder:
    """The means to find things by name in an engine's graph; names are queried once."""

    engine: Engine
    _known: dict[ParameterKind, Names] = field(default_factory=dict)

    def find(self, kind: ParameterKind, words: str) -> NamedNode:
        """Return the one thing of a kind with that name; raises UnknownNameError with other names."""
        if kind is ParameterKind.STATEMENT:
            return self._find_statement(words)
        found = self._find_all(kind, words)
        if len(found) == 1:
            return found[0]
        raise (
            _create_ambiguity_error(kind, words, found)
            if found
            else _create_missing_error(kind, words, self.list_names(kind))
        )

    def find_any(self, kinds: Sequence[ParameterKind], words: str) -> NamedNode | None:
        """Return the one thing of these kinds with that name, or None; UnknownNameError for several."""
        found = list(dict.fromkeys(node for kind in kinds for node in self._find_all(kind, words)))
        if len(found) > 1:
            raise _create_ambiguity_error(None, words, found)
        return found[0] if found else None

    def find_near(self, kinds: Sequence[ParameterKind], words: str) -> list[str]:
        """Return the names of things of these kinds that are nearest to the words."""
        return _find_nearest(
            words, [name for kind in kinds for given in self.list_names(kind).values() for name in given]
        )

    def _find_all(self, kind: ParameterKind, words: str) -> list[NamedNode]:
        """Return the things of a kind with that name."""
        names = self.list_names(kind)
        return _match_iri(names, words) or _match_name(kind, names, words) or _match_ending(names, words)

    def list_names(self, kind: ParameterKind) -> Names:
        """Return the things of a kind with their names; raises ObligationError without an answer."""
        if kind not in self._known:
            found: dict[NamedNode, list[str]] = {}
            for row in select(self.engine, kind):
                node, name = row["node"], row["name"]
                if isinstance(node, NamedNode):
                    found.setdefault(node, []).extend([name.value] if name is not None else [])
            self._known[kind] = {node: tuple(found[node]) for node in sorted(found, key=str)}
        return self._known[kind]

    def _find_statement(self, words: str) -> NamedNode:
        """Return a thing by its IRI, or by the end of it behind the base."""
        for node in list_candidates(words):
            if ask(self.engine, "known", node=node):
                return node
        raise UnknownNameError(
            f"{words}: the graph says nothing of it; give an IRI, or the end of one "
            "such as d/国发-2015-24/s2/c4/m1/n3",
            words,
            (),
        )


def list_candidates(name: str) -> list[NamedNode]:
    """Return the IRIs that a name may mean: itself, or the end of one behind the base.

    >>> [node.value for node in list_candidates("agency/mofcom")]
    ['https://w3id.org/obligation-graph/id/agency/mofcom']
    """
    return [node for node in map(_parse_iri, (name, BASE + name.strip("/"))) if node]


def _parse_iri(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri) if _IRI.fullmatch(iri) else None
    except ValueError:
        return None


def _match_iri(names: Names, words: str) -> list[NamedNode]:
    node = _parse_iri(words)
    return [node] if node and node in names else []


def _match_name(kind: ParameterKind, names: Names, words: str) -> list[NamedNode]:
    """Return the things with the same name, in any spelling."""
    wanted = _list_spellings(kind, words)
    return [
        node for node, given in names.items() if any(wanted & _list_spellings(kind, name) for name in given)
    ]


def _match_ending(names: Names, words: str) -> list[NamedNode]:
    """Return the things whose IRIs end so: mofcom, agency/mofcom, 浙江省/杭州市/商务局."""
    end = f"/{words.strip('/')}".casefold()
    return [node for node in names if node.value.casefold().endswith(end)]


def _list_spellings(kind: ParameterKind, name: str) -> set[str]:
    """Return the standard forms of a name: width, case, brackets of a number, numerals."""
    plain = _fold_case(name)
    ways = {plain}
    if kind is ParameterKind.DOCUMENT:
        ways |= {standardise_number(name), DocumentNames.load().build_key(name)}
    if kind is ParameterKind.CLAUSE and (mark := _CLAUSE_MARK.fullmatch(plain)):
        ways.add(str(parse_numeral(mark["numeral"])))
    return ways


def _fold_case(name: str) -> str:
    """Return a name without spaces, width and case; unlike `normalise` it keeps marks such as brackets."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _create_ambiguity_error(
    kind: ParameterKind | None, words: str, found: list[NamedNode]
) -> UnknownNameError:
    """Return the error for a name that several things have, of one kind or of any."""
    ends = [node.value.removeprefix(BASE) for node in found]
    listed = ", ".join(ends[:_SHOWN]) + (", …" if len(ends) > _SHOWN else "")
    of_kind = f" of the kind {kind}" if kind else ""
    message = f"{words}: {len(found)} things{of_kind} are called so; name one by its IRI's end: {listed}"
    return UnknownNameError(message, words, ends)


def _create_missing_error(kind: ParameterKind, words: str, names: Names) -> UnknownNameError:
    """Return the error for an unknown name: with the nearest names, or with a query to run."""
    instead = _find_nearest(words, [name for given in names.values() for name in given])
    if instead:
        hint = f"did you mean {', '.join(instead)}?"
    else:
        hint = f"see what there is with: obligations query {_LISTS[kind]}"
    return UnknownNameError(f"{words}: the graph has no {kind} of that name; {hint}", words, instead)


def _find_nearest(words: str, names: Sequence[str]) -> list[str]:
    """Return the names nearest to the words, and then those that contain them."""
    known = {_fold_case(name): name for name in names}
    plain = _fold_case(words)
    near = get_close_matches(plain, known, n=_SHOWN, cutoff=_NEAR)
    near += [name for name in sorted(known, key=len) if plain and plain in name and name not in near]
    return [known[name] for name in near[:_SHOWN]]
