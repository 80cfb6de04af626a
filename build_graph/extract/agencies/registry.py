"""The registry of agencies, and the bodies that names mean in a document.

A name of the registry means the central body, where the document is of the centre or the words are
plainly central. Any other name keeps its words and stands under a place: 杭州市/商务局. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from build_graph.extract.agencies.functions import LocalFunction
from build_graph.extract.agencies.jurisdictions import CENTRE, Gazetteer, Jurisdiction, Places, Scope
from build_graph.extract.agencies.local_bodies import Branch, LocalName, LocalNames, Wordings
from build_graph.extract.agencies.name_lists import NameLists, SharedWords, strip_blanks
from build_graph.extract.agencies.name_shapes import NameShapes
from build_graph.extract.agencies.parts import PartNames
from build_graph.extract.agencies.periods import ALWAYS, Period
from build_graph.extract.agencies.registry_file import AddedRegistry, load_registry_statements
from build_graph.extract.agencies.registry_reader import Agency, RegistryFacts
from build_graph.model import Bearer, Body, BodyKind, Measure, RejectedBracket, Span
from build_graph.resources import find_folder, load_word_lists

_ASIDE = re.compile(r"(?<=..)[（(][\u4e00-\u9fff、]{2,20}[）)]$")  # 农业农村局（乡村振兴局）
_ENOUGH = 2  # plainly central names, and no local one, that show a document of the centre
_DIVISION = "division"
_NAMELESS = "it names no body that is known, and does not end like the name of one"


@dataclass(frozen=True, slots=True)
class Setting:
    """The circumstances that decide the meaning of a name in a document."""

    place: Jurisdiction = CENTRE
    written: Period = ALWAYS  # when the document was, as far as it is known
    scope: str = ""  # its id, which separates local bodies of no known place from those of others
    issuer: Body | None = None  # if a bureau, 办公室 and 各处室 are its own
    inner: bool = False  # whether it speaks of parts, so that 事务保障中心 is one too


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
    shared: SharedWords
    parts: PartNames
    added: str | None = None  # SHA-256 of the analyst's registry that is laid over ours

    @classmethod
    def load(cls, path: Path | None = None, *, added: AddedRegistry | None = None) -> Registry:
        """Return our registry, or the one in the Turtle file at `path`, with an analyst's laid over it.

        Raises ObligationError if a file is no Turtle, if a body has no name, or if two bodies that existed at
        the same time share one.
        """
        source = added.name if added else str(path or find_folder("ontology") / "agencies.ttl")
        lists = load_word_lists("agencies")
        facts = RegistryFacts.read(load_registry_statements(added, path), lists, source)
        local = LocalNames(
            Gazetteer.load(),
            facts.functions,
            Wordings.parse(lists, facts.functions.forms.get("镇")),
            lambda words: _find_branch(facts.agencies, facts.names, words),
        )
        return cls(
            agencies=facts.agencies,
            names=facts.names,
            plain=frozenset(
                name
                for name, agencies in facts.names.items()
                if _is_plain(name, lists["central"]) and not all(agency.places for agency in agencies)
            ),
            centre_starts=tuple(lists["central"]["starts"]),
            successors=facts.successors,
            local=local,
            words=NameShapes.parse(lists),
            shared=SharedWords.parse(lists),
            parts=PartNames.parse(lists, local),
            added=added.sha256 if added else None,
        )

    @property
    def gazetteer(self) -> Gazetteer:
        """The administrative divisions."""
        return self.local.gazetteer

    @property
    def lists(self) -> NameLists:
        """The completer of names in lists."""
        return NameLists(self.local, self.words, self.shared, self.names.__contains__, self.looks_like_body)

    # -------------------------------------------------------------------------- kinds of words

    def classify(self, name: str) -> BodyKind:
        """Return whether a name means a particular body, or a class of bodies."""
        plain = strip_blanks(name)
        if plain in self.names or plain in self.gazetteer.names or not self.words.is_group(plain):
            return BodyKind.AGENCY
        return BodyKind.AGENCY if self.local.is_zone_with_aside(plain) else BodyKind.GROUP

    def looks_like_body(self, words: str) -> bool:
        """Return whether the words are in the registry, or have the shape of a body's or group's name."""
        plain = strip_blanks(words).removesuffix("等")
        if plain in self.names or self.words.is_shaped(plain):
            return True
        bare = _ASIDE.sub("", plain)  # 市委统战部（市侨办）
        if bare != plain and self.words.is_shaped(bare):
            return self.classify(bare) is BodyKind.AGENCY
        return self.local.is_body(plain) or self.local.is_enterprise(plain) or self.lists.is_open_class(plain)

    # ------------------------------------------------------------------------ names to bodies

    def resolve(self, name: str, setting: Setting) -> Body:
        """Return the body that a name means in a document of the setting.

        A name that several bodies had one after the other means the one of the time. A name that is unknown
        to the registry, or ambiguous, keeps its words.
        """
        plain = strip_blanks(name)
        kind = self.classify(plain)
        if part := self._find_part(plain, kind, setting):
            return part
        if kind is BodyKind.GROUP:
            return Body(_build_id(plain, setting.place.places, setting), kind, plain, known=False)
        if agency := self._find_agency(plain, setting):
            return Body(agency.id, kind, agency.label, known=True)
        if part := self._find_named_part(plain, setting):
            return part
        return self._build_local(self.local.read(plain, setting.place.places), plain, setting)

    def _find_part(self, name: str, kind: BodyKind, setting: Setting) -> Body | None:
        """Return the part of a bureau that the name means in its documents, if any."""
        issuer = setting.issuer
        if issuer is None or name in self.names or not self.parts.is_bureau(issuer):
            return None
        if kind is BodyKind.GROUP:
            own = self.parts.strip_itself(name)
            return self.parts.build_part(own, kind, issuer) if self.parts.is_group_of_parts(name) else None
        part = self.parts.find_part(name, inner=setting.inner)
        return self.parts.build_part(part, kind, issuer) if part else None

    def _find_named_part(self, name: str, setting: Setting) -> Body | None:
        """Return the part of a bureau that the name means by naming the bureau too: 省教育厅职成处."""
        for head, part in self.parts.split_bureaus(name):
            bureau = self.resolve(head, setting)
            if bureau.known or self.local.is_body(head) or self.local.find_head(head):
                found = self.parts.is_bureau(bureau)
                return self.parts.build_part(part, BodyKind.AGENCY, bureau) if found else None
        return None

    def _build_local(self, local: LocalName, name: str, setting: Setting) -> Body:
        """Return the body of a name that is not in the registry, with its functions and superiors."""
        id_ = local.words if local.alone else _build_id(local.words, local.places, setting)
        if known := self.agencies.get(id_):  # an analyst's registry describes it
            return Body(known.id, BodyKind.AGENCY, known.label, known=True)
        body = Body(id_, BodyKind.AGENCY, local.label, known=False)
        centre = setting.place.reach is Scope.CENTRE and not self.local.find_head(name)
        if not local.places and not local.alone and (centre or name.startswith(self.centre_starts)):
            return body  # a body of the centre that the registry does not have
        functions = tuple(function.id for function in local.functions)
        return replace(body, functions=functions, answers_to=self._find_superiors(local, setting.written))

    def resolve_all(self, measures: Sequence[Measure], setting: Setting) -> tuple[Measure, ...]:
        """Return a document's measures with all bearers resolved.

        Besides what the setting says of its time, the bodies that it names tell something (`infer_period`).
        """
        completer = self.lists
        lists = [completer.complete([b.name for b in m.bearers], setting.place) for m in measures]
        distinct = list(dict.fromkeys(name for names in lists for name in names))
        named, written = self.infer_period(distinct), setting.written
        inferred = replace(
            setting,
            written=written.intersect(named) if written.overlaps(named) else written,
            inner=any(self.parts.find_part(strip_blanks(name)) for name in distinct),
        )
        # A document names the same few bodies again and again.
        bodies = {name: self.resolve(name, inferred) for name in distinct}
        return tuple(
            _assign_bodies(measure, [bodies[name] for name in names])
            for measure, names in zip(measures, lists, strict=True)
        )

    def part_nameless(
        self, measures: Sequence[Measure]
    ) -> tuple[tuple[Measure, ...], tuple[RejectedBracket, ...]]:
        """Return the resolved measures without bearers that name no body, and those bearers as rejected.

        A form has blanks where bodies are to stand (支持单位：____), and a label may precede other words.
        """
        rejected = dict.fromkeys(
            bearer.span for measure in measures for bearer in measure.bearers if self._is_nameless(bearer)
        )
        if not rejected:
            return tuple(measures), ()
        kept = tuple(_drop_bearers(measure, rejected.keys()) for measure in measures)
        return kept, tuple(RejectedBracket(span, _NAMELESS) for span in rejected)

    def _is_nameless(self, bearer: Bearer) -> bool:
        """Return whether neither the registry nor the end of a name shows that it is a body's."""
        name, body = strip_blanks(bearer.name), bearer.body
        if bearer.kind is BodyKind.GROUP or self.words.has_ending(name):
            return False
        if body and body.functions == (_DIVISION,) and not body.part_of:  # a form that words have too: 学科
            return self.words.is_false_friend(name)
        return not (body and body.resolved)

    def _find_agency(self, name: str, setting: Setting) -> Agency | None:
        """Return the one body of the registry that the name means in a document, if any."""
        place, when = setting.place, setting.written
        plain = place.reach is Scope.CENTRE or name in self.plain
        candidates = [
            agency
            for agency in self.names.get(name, ())
            if (place.places[: len(agency.places)] == agency.places if agency.places else plain)
        ]
        candidates = [agency for agency in candidates if agency.places] or candidates
        if len(candidates) > 1 and when != Period():
            candidates = [agency for agency in candidates if agency.period.overlaps(when)]
        return candidates[0] if len(candidates) == 1 else None

    # ------------------------------------------------------ the central bodies of local ones

    def _find_superiors(self, local: LocalName, when: Period) -> tuple[str, ...]:
        """Return the central bodies to which a local body answered at a time, one for each function."""
        found = [self._find_in_office(function, when) for function in local.functions]
        if local.central:
            found.append(self._find_in_office(LocalFunction("", "", (local.central,)), when))
        return tuple(dict.fromkeys(id_ for id_ in found if id_))

    def _find_in_office(self, function: LocalFunction, when: Period) -> str | None:
        """Return the central body, or the successor, to which bodies of a function answered all the time.

        None where there was none, where several took over, or where it changed within the time. At a time
        that nobody knows it is the one body that is still there, unless bodies of the function are older.
        """
        line = [self.agencies[id_] for id_ in function.counterparts]
        holding = [agency for agency in line if agency.period.overlaps(when)]
        if not holding:
            return self._find_successor(line, when)
        if not all(_lasts(agency, function, when) for agency in holding):
            return None
        return max(holding, key=lambda agency: agency.period.begin or date.min).id

    def _find_successor(self, line: Sequence[Agency], when: Period) -> str | None:
        """Return the one body that came after those that had ended by then."""
        ended = [agency for agency in line if agency.period.ends_before(when)]
        later = {id_ for agency in line for id_ in self.successors.get(agency.id, ())}
        later -= {agency.id for agency in line}
        if not ended or len(later) != 1:
            return None
        return self._find_in_office(LocalFunction("", "", tuple(later)), when)

    # ------------------------------------------------------------- evidence from a document's names

    def infer_jurisdiction(self, jurisdiction: Jurisdiction, names: Iterable[str]) -> Jurisdiction:
        """Return the jurisdiction; if it is unknown, infer it from all names in the document.

        Several plainly central names and no name of a local body are evidence of a document of the centre.
        """
        if jurisdiction.reach is not Scope.UNKNOWN:
            return jurisdiction
        plain = {strip_blanks(name) for name in names}
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
        for name in {strip_blanks(name) for name in names} & self.plain:
            agencies = self.names[name]
            if len(agencies) == 1 and agencies[0].period.overlaps(period):
                period = period.intersect(agencies[0].period)
        return period


def load_added_registry(path: Path | None) -> AddedRegistry | None:
    """Return an analyst's registry in a file, tried together with ours; None without a path.

    Raises ObligationError where it cannot be read, or does not fit together with ours.
    """
    if path is None:
        return None
    added = AddedRegistry.load(path)
    Registry.load(added=added)
    return added


# --------------------------------------------------------------------------------------- naming


def _assign_bodies(measure: Measure, bodies: Sequence[Body]) -> Measure:
    """Return the measure with its bearers resolved, one body for each."""
    if measure.assignment is None:
        return measure
    pairs = zip(measure.bearers, bodies, strict=True)
    named = tuple(replace(bearer, kind=body.kind, body=body) for bearer, body in pairs)
    return replace(measure, assignment=replace(measure.assignment, bearers=named))


def _drop_bearers(measure: Measure, spans: Collection[Span]) -> Measure:
    """Return the measure without the bearers at some spans, and without an attribution that has no others."""
    defaults = tuple(bearer for bearer in measure.defaults if bearer.span not in spans)
    if measure.assignment is None:
        return replace(measure, defaults=defaults)
    bearers = tuple(bearer for bearer in measure.bearers if bearer.span not in spans)
    keeps = bearers or measure.assignment.riders or not measure.bearers
    assignment = replace(measure.assignment, bearers=bearers) if keeps else None
    return replace(measure, assignment=assignment, defaults=defaults)


def _lasts(agency: Agency, function: LocalFunction, when: Period) -> bool:
    """Return whether a central body was there all the time that bodies of the function were, in a period."""
    begin = when.begin
    if agency.id not in function.predates:
        begin = max(filter(None, (begin, agency.period.begin)), default=None)
    return agency.period.covers(Period(begin, when.end))


def _build_id(words: str, places: Places, setting: Setting) -> str:
    """Return the id of a body below its place; without a place the document's id makes it unique.

    A slash in the words is no step of the path.
    """
    unknown = not places and setting.place.reach is Scope.UNKNOWN
    apart = f"＠{setting.scope or '未知'}" if unknown else ""
    return "/".join((*places, words.replace("/", "／") + apart))


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
    found = names.get(words) or ((agencies[words],) if words in agencies else ())
    candidates = [agency for agency in found if not agency.places]
    return Branch(candidates[0].id, candidates[0].label) if len(candidates) == 1 else None
