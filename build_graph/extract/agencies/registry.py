"""The registry of agencies, and the bodies that names mean in a document.

A name of the registry means the central body, where the document is of the centre or the words are
plainly central. Any other name keeps its words and stands under a place: 杭州市/商务局. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pyoxigraph import Literal

from build_graph.errors import ObligationError
from build_graph.extract.agencies.jurisdictions import CENTRE, Gazetteer, Jurisdiction, Places, Scope
from build_graph.extract.agencies.local_bodies import (
    Branch,
    Functions,
    LocalFunction,
    LocalName,
    LocalNames,
    Stem,
    Wordings,
)
from build_graph.extract.agencies.name_shapes import NameShapes
from build_graph.model import Body, BodyKind, Measure
from build_graph.resources import find_folder, load_statements, load_word_lists
from build_graph.vocabulary import BASE, OB, ORG, SKOS

_AGENCY, _FUNCTION = f"{BASE}agency/", f"{BASE}function/"
_READ = frozenset(
    [f"{SKOS}{name}" for name in ("prefLabel", "altLabel", "hiddenLabel")]
    + [f"{OB}{name}" for name in ("validFrom", "validTo", "counterpart", "partLabel")]
    + [f"{ORG}{name}" for name in ("originalOrganization", "resultingOrganization")]
)
_BLANKS = str.maketrans("", "", " 　\t\r\n\xa0“”‘’\"'△▲★*")
_ASIDE = re.compile(r"(?<=..)[（(][\u4e00-\u9fff、]{2,20}[）)]$")  # 农业农村局（乡村振兴局）
_TOWN = re.compile(r"[\u4e00-\u9fff]{2,4}")  # the name of a town without 镇
_ENOUGH = 2  # plainly central names, and no local one, that show a document of the centre

_Statements = dict[str, dict[str, list[Any]]]  # subject → predicate → nodes and literals


class RegistryError(ObligationError):
    """A registry that cannot be read, or that gives one name to two bodies of the same time."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time from `begin` up to and without `end`; None is open."""

    begin: date | None = None
    end: date | None = None

    def overlaps(self, other: Period) -> bool:
        """Return whether the two have a day in common.

        >>> Period(date(2013, 3, 14), date(2018, 3, 17)).overlaps(Period(date(2018, 3, 17)))
        False
        """
        return not (_ends_before(self, other) or _ends_before(other, self))

    def intersect(self, other: Period) -> Period:
        """Return the days that both have."""
        begins = [day for day in (self.begin, other.begin) if day]
        ends = [day for day in (self.end, other.end) if day]
        return Period(max(begins, default=None), min(ends, default=None))

    def __str__(self) -> str:
        """Return both days, open where there is none."""
        return f"{self.begin or ''}–{self.end or ''}"


@dataclass(frozen=True, slots=True)
class Agency:
    """A central body of the registry."""

    id: str  # the part of the IRI after agency/
    label: str  # full name, in Chinese
    names: tuple[str, ...]  # full name first
    period: Period


@dataclass(frozen=True, slots=True)
class Registry:
    """Central bodies by name, the functions of local bodies, and the words that are names of bodies."""

    agencies: dict[str, Agency]
    names: dict[str, tuple[Agency, ...]]
    plain: frozenset[str]  # names that mean the central body in any document
    centre_starts: tuple[str, ...]  # beginnings that only names of central bodies have
    successors: dict[str, tuple[str, ...]]  # ids of the bodies that came after a body
    local: LocalNames
    words: NameShapes

    @classmethod
    def load(cls, path: Path | None = None) -> Registry:
        """Return the registry in the Turtle file at `path`, by default `ontology/agencies.ttl`.

        Raises RegistryError if the file is no Turtle, if a body has no name, or if two bodies that existed at
        the same time share one.
        """
        source = path or find_folder("ontology") / "agencies.ttl"
        statements = _read_statements(source)
        lists = load_word_lists("agencies")
        agencies = {agency.id: agency for agency in _iterate_agencies(statements, source)}
        names = _group_by_name(agencies.values(), source)
        functions = _build_functions(statements, lists)
        return cls(
            agencies=agencies,
            names=names,
            plain=frozenset(name for name in names if _is_plain(name, lists["central"])),
            centre_starts=tuple(lists["central"]["starts"]),
            successors=_find_successors(statements.values()),
            local=LocalNames(
                Gazetteer.load(),
                functions,
                Wordings.parse(lists, functions.forms.get("镇")),
                lambda words: _find_branch(agencies, names, words),
            ),
            words=NameShapes.parse(lists),
        )

    @property
    def gazetteer(self) -> Gazetteer:
        """The administrative divisions."""
        return self.local.gazetteer

    # -------------------------------------------------------------------------- kinds of words

    def classify(self, name: str) -> BodyKind:
        """Return whether a name means a particular body, or a class of bodies."""
        plain = name.translate(_BLANKS)
        if plain in self.names or plain in self.gazetteer.names or not self.words.is_group(plain):
            return BodyKind.AGENCY
        return BodyKind.GROUP

    def looks_like_body(self, words: str) -> bool:
        """Return whether the words are in the registry, or have the shape of a body's or group's name."""
        plain = words.translate(_BLANKS).removesuffix("等")
        if plain in self.names or self.words.is_shaped(plain):
            return True
        bare = _ASIDE.sub("", plain)  # 市委统战部（市侨办）
        if bare != plain and self.words.is_shaped(bare):
            return self.classify(bare) is BodyKind.AGENCY
        return self.local.is_body(plain) or self.local.is_enterprise(plain)

    # ------------------------------------------------------------------------ names to bodies

    def resolve(
        self,
        name: str,
        *,
        jurisdiction: Jurisdiction | None,
        issued: date | Period | None = None,
        scope: str = "",
    ) -> Body:
        """Return the body that a name means in a document; None as jurisdiction is the centre.

        A name that several bodies had one after the other means the one of the day or period `issued`. A name
        that is unknown to the registry, or ambiguous, keeps its words. `scope` (the document's id) separates
        the local bodies of a document of unknown jurisdiction from those of others.
        """
        place = jurisdiction or CENTRE
        when = _build_day(issued) if isinstance(issued, date) else issued
        plain = name.translate(_BLANKS) or name
        if self.classify(plain) is BodyKind.GROUP:
            return Body(_build_id(plain, place.places, place, scope), BodyKind.GROUP, plain, known=False)
        if agency := self._find_central(plain, place, when):
            return Body(agency.id, BodyKind.AGENCY, agency.label, known=True)
        local = self.local.read(plain, place.places)
        body = Body(
            _build_id(local.words, local.places, place, scope), BodyKind.AGENCY, local.label, known=False
        )
        centre = place.reach is Scope.CENTRE and not self.local.find_head(plain)
        if not local.places and (centre or plain.startswith(self.centre_starts)):
            return body  # a body of the centre that the registry does not have
        functions = tuple(function.id for function in local.functions)
        return replace(body, functions=functions, answers_to=self._find_superiors(local, when))

    def resolve_all(
        self, measures: Sequence[Measure], *, jurisdiction: Jurisdiction, issued: date | None, scope: str = ""
    ) -> tuple[Measure, ...]:
        """Return a document's measures with all bearers resolved.

        Where the document has no date, its time is inferred from the bodies that it names (`infer_period`).
        """
        when = issued or self.infer_period(bearer.name for measure in measures for bearer in measure.bearers)
        ended = (self.complete_ends([b.name for b in measure.bearers], jurisdiction) for measure in measures)
        lists = [self.complete_beginnings(names, jurisdiction) for names in ended]
        bodies = {  # a document names the same few bodies again and again
            name: self.resolve(name, jurisdiction=jurisdiction, issued=when, scope=scope)
            for name in dict.fromkeys(name for names in lists for name in names)
        }
        return tuple(
            _assign_bodies(measure, [bodies[name] for name in names])
            for measure, names in zip(measures, lists, strict=True)
        )

    def _find_central(self, name: str, jurisdiction: Jurisdiction, when: Period | None) -> Agency | None:
        """Return the one central body that the name means in a document of the jurisdiction, if any."""
        if jurisdiction.reach is not Scope.CENTRE and name not in self.plain:
            return None
        candidates = self.names.get(name, ())
        if len(candidates) > 1 and when:
            candidates = tuple(agency for agency in candidates if agency.period.overlaps(when))
        return candidates[0] if len(candidates) == 1 else None

    def complete_ends(
        self, names: Sequence[str], jurisdiction: Jurisdiction | None = None
    ) -> tuple[str, ...]:
        """Return the names of a list, each with the end that they share.

        岐岭、安流、华城镇人民政府 → 岐岭镇人民政府、安流镇人民政府、华城镇人民政府. Words that are no name of
        a body by themselves get the end of the next name, where it fits a place.
        """
        complete: list[str] = []
        tail = ""
        for name in reversed([name.translate(_BLANKS) for name in names]):
            if tail and self._is_short_of(name, tail, (jurisdiction or CENTRE).places):
                complete.append(name + tail[_count_overlap(name, tail) :])  # 银川市 + 人民政府
            else:
                match = None if self.words.is_group(name) else self.words.shared_end.search(name)
                tail = match["tail"] if match else ""
                complete.append(name)
        return tuple(reversed(complete))

    def complete_beginnings(
        self, names: Sequence[str], jurisdiction: Jurisdiction | None = None
    ) -> tuple[str, ...]:
        """Return the names of a list, each with the beginning that they share.

        北京市发展改革委、科技局 → 北京市科技局. Only where no place is known: in a document of 杭州市 the
        科技局 is the city's own.
        """
        if jurisdiction and jurisdiction.reach is Scope.LOCAL:
            return tuple(names)
        opened: list[str] = []
        head = ""
        for name in names:
            bare = not self.local.find_head(name) and name not in self.names and self.local.is_body(name)
            opened.append(f"{head}{name}" if bare else name)
            head = self.local.find_head(name) or (head if bare else "")
        return tuple(opened)

    def _is_short_of(self, name: str, tail: str, within: Places) -> bool:
        """Return whether a name lacks just this end: 钦州 lacks 市人民政府, 岐岭 lacks 镇人民政府."""
        if tail.startswith(("镇", "乡", "街道")):
            return _TOWN.fullmatch(name) is not None and not self.looks_like_body(name)
        if name in self.gazetteer.names:
            return True
        places, rest = self.gazetteer.split_leading_short(name, within)
        if places and not rest:
            return places[-1].endswith(tail[0])
        return _count_overlap(name, tail) > 1

    # ------------------------------------------------------ the central bodies of local ones

    def _find_superiors(self, local: LocalName, when: Period | None) -> tuple[str, ...]:
        """Return the central bodies to which a local body answered at a time, one for each function."""
        lines = [function.counterparts for function in local.functions]
        if local.central:
            lines.append((local.central,))
        found = (self._find_in_office(line, when) for line in lines if line)
        return tuple(dict.fromkeys(id_ for id_ in found if id_))

    def _find_in_office(self, line: Sequence[str], when: Period | None) -> str | None:
        """Return which of the bodies, or of their successors, existed at the time; the last without a time.

        None where there was none, or where several took over.
        """
        if when is None:
            return max(line, key=lambda id_: self.agencies[id_].period.begin or date.min)
        for id_ in sorted(line, key=lambda id_: self.agencies[id_].period.begin or date.min, reverse=True):
            if self.agencies[id_].period.overlaps(when):
                return id_
        later = {after for id_ in line for after in self.successors.get(id_, ())} - set(line)
        ended = any(_ends_before(self.agencies[id_].period, when) for id_ in line)
        return self._find_in_office(tuple(later), when) if ended and len(later) == 1 else None

    # ------------------------------------------------------------- evidence from a document's names

    def infer_jurisdiction(self, jurisdiction: Jurisdiction, names: Iterable[str]) -> Jurisdiction:
        """Return the jurisdiction; if it is unknown, infer it from all names in the document.

        Several plainly central names and no name of a local body are evidence of a document of the centre.
        """
        if jurisdiction.reach is not Scope.UNKNOWN:
            return jurisdiction
        plain = {name.translate(_BLANKS) for name in names}
        bodies = {name for name in plain if not self.words.is_group(name)}
        if len(bodies & self.plain) < _ENOUGH or any(map(self._is_local, bodies - self.names.keys())):
            return jurisdiction
        return CENTRE

    def _is_local(self, name: str) -> bool:
        levelled = self.local.match_level(name) or name.endswith("厅")
        return bool(levelled or self.gazetteer.split_leading(name)[0])

    def infer_period(self, names: Iterable[str]) -> Period:
        """Return the time in which all bodies existed that the names mean without doubt."""
        period = Period()
        for name in {name.translate(_BLANKS) for name in names} & self.plain:
            agencies = self.names[name]
            if len(agencies) == 1 and agencies[0].period.overlaps(period):
                period = period.intersect(agencies[0].period)
        return period


# ------------------------------------------------------------------------------- reading the file


def _read_statements(path: Path) -> _Statements:
    """Return the file's statements with the predicates that we use, by subject and predicate."""
    read: _Statements = {}
    for subject, triples in load_statements(path).items():
        for triple in triples:
            if (predicate := triple.predicate.value) in _READ:
                read.setdefault(subject.value, {}).setdefault(predicate, []).append(triple.object)
    return read


def _read_values(facts: dict[str, list[Any]], predicate: str) -> list[str]:
    """Return the values of a label in Chinese."""
    values = facts.get(predicate, ())
    return [value.value for value in values if isinstance(value, Literal) and value.language == "zh"]


def _iterate_agencies(statements: _Statements, source: Path) -> Iterator[Agency]:
    for subject, facts in statements.items():
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
        yield Agency(subject.removeprefix(_AGENCY), labels[0], names, period)


def _parse_day(value: str, *, end: bool = False) -> date:
    """Return a day as it is; of a year the first day, or as an `end` the day after it."""
    return date(int(value) + end, 1, 1) if len(value) == 4 else date.fromisoformat(value)


def _group_by_name(agencies: Iterable[Agency], source: Path) -> dict[str, tuple[Agency, ...]]:
    """Return the bodies that have each name; raises RegistryError if two of them existed at the same time."""
    names: dict[str, tuple[Agency, ...]] = {}
    for agency in agencies:
        for name in dict.fromkeys(agency.names):
            for other in names.get(name, ()):
                if agency.period.overlaps(other.period):
                    raise RegistryError(
                        f"{source}: {name} names both agency:{other.id} ({other.period}) and "
                        f"agency:{agency.id} ({agency.period}); take it from one, or part the periods"
                    )
            names[name] = (*names.get(name, ()), agency)
    return names


def _find_successors(subjects: Iterable[dict[str, list[Any]]]) -> dict[str, tuple[str, ...]]:
    """Return the bodies that resulted from the changes of each body."""
    found: dict[str, tuple[str, ...]] = {}
    for facts in subjects:
        results = _read_ids(facts, f"{ORG}resultingOrganization", _AGENCY)
        for original in _read_ids(facts, f"{ORG}originalOrganization", _AGENCY):
            found[original] = (*found.get(original, ()), *results)
    return found


def _read_ids(facts: dict[str, list[Any]], predicate: str, namespace: str) -> tuple[str, ...]:
    return tuple(node.value.removeprefix(namespace) for node in facts.get(predicate, ()))


def _build_functions(statements: _Statements, lists: dict[str, Any]) -> Functions:
    """Return the functions by their wordings; those of `forms.only` go by the ends of names alone."""
    known: dict[str, LocalFunction] = {}
    stems: dict[str, Stem] = {}
    whole: dict[str, LocalFunction] = {}
    key = Functions.normalise
    for subject, facts in statements.items():
        if not subject.startswith(_FUNCTION):
            continue
        id_, label = subject.removeprefix(_FUNCTION), _read_values(facts, f"{SKOS}prefLabel")[0]
        function = known[id_] = LocalFunction(id_, label, _read_ids(facts, f"{OB}counterpart", _AGENCY))
        if id_ in lists["forms"]["only"]:
            continue
        stems |= {key(stem): Stem((function,), key(stem)) for stem in _read_values(facts, f"{OB}partLabel")}
        others = _read_values(facts, f"{SKOS}altLabel")
        stems |= {key(stem): Stem((function,), label) for stem in (label, *others)}
        whole |= {key(name): function for name in (label, *_read_values(facts, f"{SKOS}hiddenLabel"))}
    joined = {stem: ids for stem, ids in lists["joined"].items() if known.keys() >= set(ids)}
    stems = {stem: Stem(tuple(known[id_] for id_ in ids), stem) for stem, ids in joined.items()} | stems
    forms = {end: known[id_] for id_, ends in lists["forms"]["ends"].items() for end in ends if id_ in known}
    return Functions(stems, whole, lists["endings"], forms, tuple(lists["units"]["ends"]))


def _is_plain(name: str, central: dict[str, Any]) -> bool:
    return (
        name.startswith(tuple(central["starts"]))
        or name.endswith(tuple(central["ends"]))
        or name in central["words"]
    )


def _find_branch(
    agencies: dict[str, Agency], names: dict[str, tuple[Agency, ...]], words: str
) -> Branch | None:
    """Return the body with branches that has a name or id; None for none or several."""
    candidates = names.get(words) or ((agencies[words],) if words in agencies else ())
    return Branch(candidates[0].id, candidates[0].label) if len(candidates) == 1 else None


# --------------------------------------------------------------------------------------- naming


def _assign_bodies(measure: Measure, bodies: Sequence[Body]) -> Measure:
    """Return the measure with its bearers resolved, one body for each."""
    if measure.assignment is None:
        return measure
    named = tuple(replace(b, body=body) for b, body in zip(measure.bearers, bodies, strict=True))
    return replace(measure, assignment=replace(measure.assignment, bearers=named))


def _ends_before(first: Period, second: Period) -> bool:
    return first.end is not None and second.begin is not None and first.end <= second.begin


def _build_day(day: date) -> Period:
    return Period(day, date.fromordinal(day.toordinal() + 1))


def _build_id(words: str, places: Places, jurisdiction: Jurisdiction, scope: str) -> str:
    """Return the id of a body below its place; without a place the document's id makes it unique.

    A slash in the words is no step of the path.
    """
    apart = f"＠{scope or '未知'}" if not places and jurisdiction.reach is Scope.UNKNOWN else ""
    return "/".join((*places, words.replace("/", "／") + apart))


def _count_overlap(name: str, tail: str) -> int:
    """Return how many characters of the tail end the name already: 1 for 银川市 and 市人民政府."""
    return next((n for n in range(len(tail) - 1, 0, -1) if name.endswith(tail[:n])), 0)
