"""The audiences of a measure, whom its norms act upon or are for, where the text names them.

The words before a name (鼓励, 对, 面向) and behind it (要, 可, 享受) show whether the measure is for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from build_graph.extract.meaning.audience_names import HEADS, Name, NameParser, Segment
from build_graph.extract.structure.marks import build_alternation
from build_graph.model import Audience, Measure, Norm, Span
from build_graph.resources import load_word_lists

_MOST = 4
_GRANTED = 4  # segments that a phrase opened by 对 may run over

# How plainly a measure is for somebody; below _LOOSE it is not.
_PLAIN, _LOOSE, _UNFRAMED, _NOT = 3.0, 1.0, 0.0, -9.0
# Where there are more than four: specific names before generic ones, bodies before places, and those
# that come again before others.
_SPECIFIC, _PLACE, _REPEATED = 0.5, -0.5, 0.1

# A number and its measure word: 100户企业, 不超过五分之一.
_NUMBER = (
    r"(?:不超过|不少于|超过|至少|约|近)?[0-9０-９一二三四五六七八九十百千万]+多?(?:个|家|户|名|所|批|人|分之)"
)

_LISTS = ("loose", "places", "handed", "urged", "made")

_SUBJECT = "主语"  # in place of the word that governs a name, where the name itself is the subject


class _Frame(NamedTuple):
    """The word that governs a name, or _SUBJECT, and how plainly it makes the name an audience."""

    word: str
    strength: float


class _Setting(NamedTuple):
    """The starts of a measure's norms, and whether it has bearers."""

    acts: frozenset[int]
    charged: bool


@dataclass(frozen=True, slots=True)
class AudienceFinder:
    """A finder of audiences, with the words of `data/audiences.toml`."""

    _reader: NameParser
    _bare: frozenset[str]  # names that are nothing but a head
    _frames: Mapping[str, frozenset[str]]
    _subject: re.Pattern[str]
    _forbidden: re.Pattern[str]
    _located: re.Pattern[str]
    _counted: re.Pattern[str]
    _each: re.Pattern[str]
    _built: re.Pattern[str]
    _partners: re.Pattern[str]
    _office: re.Pattern[str]
    _grants: frozenset[str]
    _grant: re.Pattern[str]
    _any: str
    _running: tuple[str, ...]
    _city: re.Pattern[str]

    @classmethod
    def load(cls) -> AudienceFinder:
        """Return the finder with the package's own words; raises ObligationError if one has two roles."""
        data = load_word_lists("audiences")
        words = data["frames"]
        forbidden, located, counted, adverbs, modals = (
            build_alternation(words[kind].split())
            for kind in ("forbidden", "located", "counted", "adverbs", "modals")
        )
        return cls(
            _reader=NameParser.load(data),
            _bare=frozenset(word for kind in HEADS for word in data["heads"][kind].split()),
            _frames={
                "plain": frozenset(f"{words['directives']} {words['recipients']}".split()),
                **{name: frozenset(words[name].split()) for name in _LISTS},
            },
            _subject=re.compile(f"等?[)）”]?[，,]?{adverbs}*{modals}"),
            _forbidden=re.compile(forbidden),
            _located=re.compile(located),
            _counted=re.compile(f"{counted}|[0-9０-９]"),
            _each=re.compile(f"{words['each']}|{_NUMBER}"),
            _built=re.compile(words["built"]),
            _partners=re.compile(words["partners"]),
            _office=re.compile(words["office"]),
            _grants=frozenset(words["grants"].split()),
            _grant=re.compile(words["grant"]),
            _any=words["any"],
            _running=tuple(words["running"].split()),
            _city=re.compile(words["city"]),
        )

    def find(self, content: str, measure: Measure, norms: tuple[Norm, ...] = ()) -> tuple[Audience, ...]:
        """Return the audiences of `measure`, at most four, in the order of the text, without its bearers.

        A name right before one of the `norms` is the subject who must act. Goals have no audience.

        >>> text = "鼓励电子商务企业与高校合作，小微企业可享受税收优惠。"
        >>> measure = Measure(("s1",), 1, 1, None, Span(0, len(text)))
        >>> [audience.name for audience in AudienceFinder.load().find(text, measure)]
        ['电子商务企业', '高校', '小微企业']
        """
        if measure.goal:
            return ()
        text, offset = measure.span.extract(content), measure.span.start
        taken = {bearer.name for bearer in measure.bearers}
        setting = _Setting(
            acts=frozenset(norm.span.start - offset for norm in norms),
            charged=bool(taken),
        )
        found = [
            (name, strength)
            for segment, granted in self._iterate_granted(text)
            for name, strength in self._weigh_names(segment, setting, granted)
            if strength >= _LOOSE and text[name.start : name.end] not in taken
        ]
        return tuple(
            Audience(text[name.start : name.end], Span(offset + name.start, offset + name.end))
            for name in _select_foremost(text, found)
        )

    # ----------------------------------------------------------------------------- weighing

    def _iterate_granted(self, text: str) -> Iterator[tuple[Segment, bool]]:
        """Yield the segments, and whether each belongs to a phrase that 对 opens.

        对通过…，形成…的企业，给予….
        """
        left = 0
        for segment in self._reader.iterate_segments(text):
            first = next(iter(segment.stops.values()), None)
            opened = first is not None and first.start == segment.start and first.word in self._grants
            left = _GRANTED if opened else 0 if segment.opens else left - 1
            yield segment, left > 0

    def _weigh_names(
        self, segment: Segment, setting: _Setting, granted: bool
    ) -> Iterator[tuple[Name, float]]:
        """Yield the names of a segment, and how plainly the measure is for each."""
        for names in _group_names(segment.text, self._reader.find_names(segment), self._reader.joiners):
            whole = segment.text.startswith(self._any, names[0].start)  # 任何单位和个人 are one
            group = [names[0]._replace(end=names[-1].end)] if whole else names
            frame = self._find_frame(segment, group[0])
            end = group[-1].end
            if granted and (end == segment.end or self._grant.match(segment.text, end)):
                frame = _Frame("对", _PLAIN)
            if end in setting.acts or self._subject.match(segment.text, end):
                frame = _Frame(_SUBJECT, _PLAIN)
            if group[0].companion and self._partners.match(segment.text, end):
                frame = _Frame("与", _PLAIN)
            for name in group:
                alone = name.companion and (name is group[0] or frame.strength < _PLAIN)
                with_whom = frame.word == "与"
                yield (
                    name,
                    _NOT if alone and not with_whom else self._rate_name(segment, name, frame, setting),
                )
        for city in self._find_cities(segment):
            yield city, _PLAIN
        office = None if setting.charged else self._office.match(segment.text, segment.start, segment.end)
        if office:  # 市民政局将…: the subject who must act where the measure has no bearer
            yield Name(*office.span(1), office.start(1), "governments", generic=False), _PLAIN

    def _rate_name(self, segment: Segment, name: Name, frame: _Frame, setting: _Setting) -> float:
        """Return how plainly a measure is for a name in `frame`."""
        text, plain = segment.text, frame.strength >= _PLAIN
        if self._each.match(text, name.start) or self._counted.match(text, name.end):
            return _NOT
        if name.kind == "governments":
            return self._rate_government(text, name, frame, setting)
        if name.kind == "places":
            return self._rate_place(segment, name, frame)
        if name.kind == "facilities":
            made = frame.word in self._frames["made"] and text.endswith(self._running, name.start, name.end)
            return _PLAIN if plain and not made and not self._built.match(text, name.end) else _NOT
        # 其从业人员 are those of somebody who was named before.
        theirs = text[name.start - 1 : name.start] == "其" and text[name.start : name.end] in self._bare
        return _NOT if theirs or (name.generic and not plain) else frame.strength

    def _rate_government(self, text: str, name: Name, frame: _Frame, setting: _Setting) -> float:
        """Return how plainly a measure is for a government.

        It is where something is handed down to it or forbidden, where it is urged (鼓励各地…), and where it
        is the subject of a measure without bearers.
        """
        handed = frame.word in self._frames["handed"] or frame.word in self._frames["urged"]
        if handed or self._forbidden.match(text, name.end):
            return _PLAIN
        return _PLAIN if frame.word == _SUBJECT and not setting.charged else _NOT

    def _rate_place(self, segment: Segment, name: Name, frame: _Frame) -> float:
        """Return how plainly a measure is for a place: 支持自贸试验区…, 在自贸试验区设立….

        Fewer frames count for it than for a body.
        """
        if frame.word in self._frames["places"] or frame.word == _SUBJECT:
            return _PLAIN
        first = name.phrase - 1 in (segment.start, *segment.stops)  # not 支持机构在自贸试验区设立…
        here = frame.word == "在" and first and self._located.match(segment.text, name.end)
        return _PLAIN if here else _NOT

    def _find_cities(self, segment: Segment) -> Iterator[Name]:
        """Yield cities and counties by name behind plain words: 支持柳州市…."""
        for at, token in segment.stops.items():
            if token.word not in self._frames["places"]:
                continue
            start = at
            while city := self._city.match(segment.text, start, segment.end):
                yield Name(*city.span(), city.start(), "places", generic=False)
                listed = segment.text[city.end() : city.end() + 1] in self._reader.joiners
                start = city.end() + 1 if listed else segment.end

    # ------------------------------------------------------------------------------- frames

    def _find_frame(self, segment: Segment, name: Name) -> _Frame:
        """Return the word that governs a name from before it, and how plainly."""
        text, at = segment.text, name.phrase
        opening = self._reader.openings.match_at(text, at) if at < name.start else ""
        while at > segment.start and text[at - 1] in '“‘"':
            at -= 1
        while at in segment.stops and segment.stops[at].word in self._reader.adverbs:
            at = segment.stops[at].start
        if at in segment.stops:
            return self._build_frame(segment.stops[at].word, name, opening)
        if at > segment.start:
            listed = text[at - 1] in "、等"
            return (
                self._find_list_frame(segment, name, at) if listed else _Frame("", _LOOSE * name.conditional)
            )
        return _Frame(opening, _LOOSE) if opening else self._find_opening_frame(segment, name)

    def _build_frame(self, word: str, name: Name, opening: str = "") -> _Frame:
        """Return the frame of a name behind `word`, perhaps with an opening verb: 鼓励发展小微企业."""
        if name.kind == "places" and word in self._frames["places"]:
            return _Frame(word, _PLAIN)
        if word in self._frames["plain"]:
            return _Frame(opening, _LOOSE) if opening else _Frame(word, _PLAIN)
        return _Frame(word, _LOOSE if word in self._frames["loose"] else _NOT)

    def _find_list_frame(self, segment: Segment, name: Name, at: int) -> _Frame:
        """Return the frame of a name behind other items of a list: the verb at the head of the segment."""
        summary = segment.text[at - 1] == "等"
        if name.generic or name.kind == "facilities" or (summary and at - 1 in segment.head_ends):
            return _Frame("", _UNFRAMED)  # 工程中心、新型研发机构等研发创新机构: the items say it all
        words = (token.word for token in segment.stops.values() if token.word not in self._reader.adverbs)
        frame = self._build_frame(next(words, ""), name)
        return frame if frame.strength >= _PLAIN or summary else _Frame("", _UNFRAMED)

    def _find_opening_frame(self, segment: Segment, name: Name) -> _Frame:
        """Return the frame of a name at the head of a segment: it may be the topic of a sentence."""
        buried = name.start > segment.start and not name.conditional
        if buried and any(end <= name.start for end in segment.stops):
            return _Frame("", _UNFRAMED)  # 提供公共服务的供应商
        if name.kind not in ("bodies", "persons") or name.generic:
            return _Frame("", _UNFRAMED)
        if segment.opens:
            return _Frame("", _PLAIN if name.end == segment.end else _LOOSE)
        return _Frame("", _LOOSE * name.within)


# -------------------------------------------------------------------------------------- choosing


def _group_names(text: str, names: list[Name], joiners: frozenset[str]) -> Iterator[list[Name]]:
    """Yield the names in groups with nothing but a joiner between their members."""
    group: list[Name] = []
    for name in names:
        if group and text[group[-1].end : name.phrase + name.companion] not in joiners:
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def _select_foremost(text: str, found: Sequence[tuple[Name, float]]) -> list[Name]:
    """Return the four names that the measure is for most plainly, each once, in the order of the text."""
    places: dict[str, Name] = {}
    ratings: dict[str, float] = {}
    counts = Counter(text[name.start : name.end] for name, _ in found)
    for name, strength in found:
        words = text[name.start : name.end]
        if words.startswith("各") and words[1:] in counts:
            continue  # 各自贸试验区 where there is 自贸试验区
        places.setdefault(words, name)
        specific = 0.0 if name.generic else _SPECIFIC
        place = _PLACE if name.kind in ("places", "facilities") else 0.0
        rating = strength + specific + place + _REPEATED * counts[words]
        ratings[words] = max(rating, ratings.get(words, _NOT))
    ranked = sorted(places, key=lambda words: (-ratings[words], places[words].start))
    return sorted((places[words] for words in ranked[:_MOST]), key=lambda name: name.start)
