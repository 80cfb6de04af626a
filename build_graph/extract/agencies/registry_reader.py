"""The bodies, names, successions and functions in the statements of a registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

from pyoxigraph import Literal

from build_graph.extract.agencies.functions import Functions, LocalFunction, Stem
from build_graph.extract.agencies.jurisdictions import Places
from build_graph.extract.agencies.periods import Period
from build_graph.extract.agencies.registry_file import RegistryError
from build_graph.resources import Statements
from build_graph.vocabulary import BASE, OB, ORG, SKOS

_AGENCY, _FUNCTION, _PLACE = f"{BASE}agency/", f"{BASE}function/", f"{BASE}place/"
_READ = frozenset(
    [f"{SKOS}{name}" for name in ("prefLabel", "altLabel", "hiddenLabel")]
    + [
        f"{OB}{name}"
        for name in ("validFrom", "validTo", "counterpart", "partLabel", "predates", "jurisdiction")
    ]
    + [f"{ORG}{name}" for name in ("originalOrganization", "resultingOrganization")]
)
_YEAR = 4  # characters

Facts = dict[str, list[Any]]  # predicate → nodes and literals


@dataclass(frozen=True, slots=True)
class Agency:
    """A body of the registry: of the centre, or of the place that the registry gives."""

    id: str  # the part of the IRI after agency/
    label: str  # full name, in Chinese
    names: tuple[str, ...]  # full name first
    period: Period
    places: Places = ()  # () for the centre


@dataclass(frozen=True, slots=True)
class RegistryFacts:
    """The statements of a registry, in the order of its file."""

    agencies: dict[str, Agency]
    names: dict[str, tuple[Agency, ...]]
    successors: dict[str, tuple[str, ...]]  # ids of the bodies that came after a body
    functions: Functions

    @classmethod
    def read(cls, statements: Statements, lists: dict[str, Any], source: str) -> RegistryFacts:
        """Return the facts of a registry; `source` names its file.

        Raises RegistryError if a body has no name, or if two bodies that existed at the same time share one.
        """
        facts = _group_by_predicate(statements)
        agencies = {agency.id: agency for agency in _iterate_agencies(facts, source)}
        return cls(
            agencies=agencies,
            names=_group_by_name(agencies.values(), source),
            successors=_find_successors(facts.values()),
            functions=_build_functions(facts, lists, source),
        )


def _group_by_predicate(statements: Statements) -> dict[str, Facts]:
    """Return the statements with the predicates that we use, by subject and predicate."""
    read: dict[str, Facts] = {}
    for subject, triples in statements.items():
        for triple in triples:
            if (predicate := triple.predicate.value) in _READ:
                read.setdefault(unquote(subject.value), {}).setdefault(predicate, []).append(triple.object)
    return read


def _read_values(facts: Facts, predicate: str) -> list[str]:
    """Return the values of a label in Chinese."""
    values = facts.get(predicate, ())
    return [value.value for value in values if isinstance(value, Literal) and value.language == "zh"]


def _iterate_agencies(subjects: dict[str, Facts], source: str) -> Iterator[Agency]:
    for subject, facts in subjects.items():
        if not subject.startswith(_AGENCY):
            continue
        labels = _read_values(facts, f"{SKOS}prefLabel")
        if len(labels) != 1:
            raise RegistryError(f"{source}: <{subject}> needs one skos:prefLabel @zh, it has {len(labels)}")
        begins, ends = facts.get(f"{OB}validFrom", ()), facts.get(f"{OB}validTo", ())
        period = Period(
            min((_parse_day(value.value) for value in begins), default=None),
            max((_parse_day(value.value, end=True) for value in ends), default=None),
        )
        names = (*labels, *_read_values(facts, f"{SKOS}altLabel"))
        places = _read_ids(facts, f"{OB}jurisdiction", _PLACE)
        path = tuple(places[0].split("/")) if places else ()
        yield Agency(subject.removeprefix(_AGENCY), labels[0], names, period, path)


def _parse_day(value: str, *, end: bool = False) -> date:
    """Return a day as it is; of a year the first day, or as an `end` the day after it."""
    return date(int(value) + end, 1, 1) if len(value) == _YEAR else date.fromisoformat(value)


def _group_by_name(agencies: Iterable[Agency], source: str) -> dict[str, tuple[Agency, ...]]:
    """Return the bodies that have each name.

    Raises RegistryError if two of them, of the centre or of one place, existed at the same time.
    """
    names: dict[str, tuple[Agency, ...]] = {}
    for agency in agencies:
        for name in dict.fromkeys(agency.names):
            for other in names.get(name, ()):
                if agency.period.overlaps(other.period) and agency.places == other.places:
                    raise RegistryError(
                        f"{source}: {name} names both agency:{other.id} ({other.period}) and "
                        f"agency:{agency.id} ({agency.period}); take it from one, or part the periods"
                    )
            names[name] = (*names.get(name, ()), agency)
    return names


def _find_successors(subjects: Iterable[Facts]) -> dict[str, tuple[str, ...]]:
    """Return the bodies that resulted from the changes of each body."""
    found: dict[str, tuple[str, ...]] = {}
    for facts in subjects:
        results = _read_ids(facts, f"{ORG}resultingOrganization", _AGENCY)
        for original in _read_ids(facts, f"{ORG}originalOrganization", _AGENCY):
            found[original] = (*found.get(original, ()), *results)
    return found


def _read_ids(facts: Facts, predicate: str, namespace: str) -> tuple[str, ...]:
    return tuple(unquote(node.value).removeprefix(namespace) for node in facts.get(predicate, ()))


def _build_functions(subjects: dict[str, Facts], lists: dict[str, Any], source: str) -> Functions:
    """Return the functions by their wordings; those of `forms.only` go by the ends of names alone.

    Raises RegistryError if two functions share a wording.
    """
    _check_wordings(subjects, source)
    known: dict[str, LocalFunction] = {}
    stems: dict[str, Stem] = {}
    whole: dict[str, LocalFunction] = {}
    key = Functions.normalise
    for subject, facts in subjects.items():
        if not subject.startswith(_FUNCTION):
            continue
        id_, label = subject.removeprefix(_FUNCTION), _read_values(facts, f"{SKOS}prefLabel")[0]
        above, later = (_read_ids(facts, f"{OB}{name}", _AGENCY) for name in ("counterpart", "predates"))
        function = known[id_] = LocalFunction(id_, label, above, later)
        if id_ in lists["forms"]["only"]:
            continue
        stems |= {key(stem): Stem((function,), key(stem)) for stem in _read_values(facts, f"{OB}partLabel")}
        others = _read_values(facts, f"{SKOS}altLabel")
        stems |= {key(stem): Stem((function,), label) for stem in (label, *others)}
        whole |= {key(name): function for name in (label, *_read_values(facts, f"{SKOS}hiddenLabel"))}
    joined = {stem: ids for stem, ids in lists["joined"].items() if known.keys() >= set(ids)}
    stems = {stem: Stem(tuple(known[id_] for id_ in ids), stem) for stem, ids in joined.items()} | stems
    return Functions(
        stems,
        whole,
        lists["endings"],
        {end: known[id_] for id_, ends in lists["forms"]["ends"].items() for end in ends if id_ in known},
        tuple(lists["units"]["ends"]),
        {letter: Stem((known[id_],), letter) for letter, id_ in lists["initials"].items() if id_ in known},
    )


def _check_wordings(subjects: dict[str, Facts], source: str) -> None:
    """Raise RegistryError if two functions share a wording."""
    labels = [f"{SKOS}{name}" for name in ("prefLabel", "altLabel", "hiddenLabel")] + [f"{OB}partLabel"]
    seen: dict[str, str] = {}
    for subject, facts in subjects.items():
        if subject.startswith(_FUNCTION):
            for words in (words for label in labels for words in _read_values(facts, label)):
                if (other := seen.setdefault(words, subject)) != subject:
                    raise RegistryError(
                        f"{source}: {words} names both function:{other.removeprefix(_FUNCTION)} and "
                        f"function:{subject.removeprefix(_FUNCTION)}; take it from one"
                    )
