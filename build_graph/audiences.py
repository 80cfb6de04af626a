"""Whom the norms of a measure act upon or are for, where the text names them: at most four.

A name ends with a head (企业, 人员, 试验区) and begins behind the nearest word that is no part of it.
What stands before it (鼓励, 对, 面向) or behind it (要, 可, 享受) tells whether the measure is for it.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import NamedTuple

import ahocorasick  # type: ignore[import-not-found]  # a C extension without type stubs

from .errors import ObligationError
from .model import Audience, Measure, Norm, Span

_MOST = 4

# How plainly a measure is for somebody; below _LOOSE it is not.
_PLAIN, _LOOSE, _UNFRAMED, _NOT = 3.0, 1.0, 0.0, -9.0
# Where there are more than four: specific names first, bodies before places, those named often.
_SPECIFIC, _PLACE, _REPEATED = 0.5, -0.5, 0.1

_CLAUSE_LENGTH = 30  # the longest relative clause that is part of a name
_SHORT_CLAUSE = 7  # 创新能力强的企业
_BRACKET_LENGTH = 14  # the longest bracket within a name: 外商投资工程设计(工程勘察除外)企业

_SUBJECT = "主语"  # stands for the word that governs a name where the name itself governs
_HEADS = ("bodies", "persons", "facilities", "places", "governments")


class _Token(NamedTuple):
    """A word of the lexicon in the text and its role: a kind of head, stop, or neutral."""

    start: int
    end: int
    word: str
    role: str


class _Name(NamedTuple):
    """A name: where it stands, where the whole noun phrase with its clauses begins, its kind."""

    start: int
    end: int
    phrase: int
    kind: str
    generic: bool
    companion: bool = False  # behind 与: with whom, not for whom
    conditional: bool = False  # 符合条件的…
    within: bool = False  # 保税区内…


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The lists of `data/audiences.toml`."""

    generic: frozenset[str]
    adverbs: frozenset[str]
    openings: tuple[str, ...]
    joiners: frozenset[str]
    long_joiners: tuple[str, ...]
    trims: tuple[str, ...]
    listed: tuple[str, ...]
    keep: frozenset[str]
    clause_verbs: tuple[str, ...]
    frames: Mapping[str, frozenset[str]]
    conditions: re.Pattern[str]
    subject: re.Pattern[str]
    forbidden: re.Pattern[str]
    located: re.Pattern[str]
    counted: re.Pattern[str]
    built: re.Pattern[str]
    city: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of a measure between commas, with the words of the lexicon in it."""

    text: str
    start: int
    end: int
    opens: bool  # a sentence begins here
    heads: tuple[_Token, ...]
    stops: Mapping[int, _Token]  # by their end
    head_ends: frozenset[int]
    actor_ends: frozenset[int]  # of bodies and persons: 企业 ends a name where 地区 may go on


class _Frame(NamedTuple):
    """The word that governs a name, or _SUBJECT, and how plainly it says that the measure is for it."""

    word: str
    strength: float


class _Setting(NamedTuple):
    """Whether anybody bears the measure, and whether it stands outside of clauses."""

    charged: bool
    closing: bool


class _Edge(NamedTuple):
    """Where the scan from a head to the left ends, and at what: 的, 等, 内, a list mark, or other."""

    at: int
    kind: str


@dataclass(frozen=True, slots=True)
class AudienceFinder:
    """Finds the audiences of measures by the words of `data/audiences.toml`."""

    _words: ahocorasick.Automaton
    _lexicon: _Lexicon
    _bare: frozenset[str]

    @classmethod
    def load(cls) -> AudienceFinder:
        """The finder with the project's own words; raises `ObligationError` if one has two roles."""
        source = files("build_graph.data").joinpath("audiences.toml")
        data = tomllib.loads(source.read_text(encoding="utf-8"))
        roles: dict[str, str] = {}
        lists = [(kind, data["heads"][kind]) for kind in _HEADS]
        for role, words in [
            *lists,
            ("stop", data["stops"]["words"]),
            ("stop", data["stops"]["adverbs"]),
            ("neutral", data["neutral"]["words"]),
        ]:
            for word in words.split():
                if word in roles:
                    raise ObligationError(
                        f"audiences.toml: {word} is {roles[word]} and {role}; keep one of them"
                    )
                roles[word] = role
        automaton = ahocorasick.Automaton()
        for word, role in roles.items():
            automaton.add_word(word, (word, role))
        automaton.make_automaton()
        return cls(automaton, _lexicon(data), frozenset(w for w, r in roles.items() if r in _HEADS))

    def find(self, content: str, measure: Measure, norms: tuple[Norm, ...] = ()) -> tuple[Audience, ...]:
        """Whom `measure` acts upon or is for, at most four, in the order of the text; no bearers.

        A name right before one of the `norms` is the subject who must act.
        """
        if measure.goal:
            return ()
        text = measure.span.of(content)
        acts = frozenset(norm.span.start - measure.span.start for norm in norms)
        bearers = measure.assignment.bearers if measure.assignment else ()
        setting = _Setting(charged=bool(bearers), closing=measure.clause is None)
        taken = {bearer.name for bearer in bearers}
        found = [
            (name, strength)
            for segment in self._segments(text)
            for name, strength in self._weighed(segment, acts, setting)
            if strength >= _LOOSE and text[name.start : name.end] not in taken
        ]
        return tuple(
            Audience(
                text[name.start : name.end],
                Span(name.start + measure.span.start, name.end + measure.span.start),
            )
            for name in _foremost(text, found)
        )

    # ------------------------------------------------------------------------------ reading

    def _segments(self, text: str) -> Iterator[_Segment]:
        """The stretches between commas, each with its tokens."""
        aside = [match.span() for match in _aside().finditer(text)]
        tokens = [t for t in _longest(self._words, text) if not any(s < t.start < e for s, e in aside)]
        place = 0
        opens = True
        for match in _between_commas().finditer(text):
            inside = []
            while place < len(tokens) and tokens[place].start < match.end():
                inside.append(tokens[place])
                place += 1
            heads = tuple(token for token in inside if token.role in _HEADS)
            if heads or any(token.role == "stop" for token in inside):
                yield _Segment(
                    text,
                    match.start(),
                    match.end(),
                    match.start() == 0 or text[match.start() - 1] in "。；;\n",
                    heads,
                    {token.end: token for token in inside if token.role == "stop"},
                    frozenset(token.end for token in heads),
                    frozenset(token.end for token in heads if token.role in ("bodies", "persons")),
                )

    def _names(self, segment: _Segment) -> Iterator[_Name]:
        """The names that end with the heads of a segment."""
        for head, following in zip_longest(segment.heads, segment.heads[1:]):
            if following is None or not self._belongs(segment, head, following):
                yield self._name(segment, head)

    def _belongs(self, segment: _Segment, head: _Token, following: _Token) -> bool:
        """Whether a head only modifies the next one: 网络商户从业人员, 自贸试验区内企业."""
        gap = segment.text[head.end : following.start]
        if any(char in self._lexicon.joiners or char == "等" for char in gap) or any(
            head.end < end <= following.start for end in segment.stops
        ):
            return False
        return not gap or gap.startswith("内")

    def _name(self, segment: _Segment, head: _Token) -> _Name:
        """The name that ends with `head`."""
        text, words = segment.text, self._lexicon
        edge = self._left(segment, head)
        start = phrase = edge.at
        companion = text[start] == "与" and start < head.start
        if text[start] in words.joiners and start < head.start:
            start += 1
        start = self._trimmed(text, start, head, edge.kind)
        generic = text[start : head.end] in words.generic
        conditional = False
        if edge.kind == "的":
            phrase = self._clause(segment, edge.at - 1)
            clause = text[phrase : edge.at - 1]
            if words.conditions.fullmatch(clause.rpartition("内")[2]):
                conditional = True
                start = phrase if head.role == "places" else start
            elif generic and (
                len(clause) <= _SHORT_CLAUSE
                or (len(clause) <= _CLAUSE_LENGTH and clause.startswith(words.clause_verbs))
            ):
                start, generic = phrase, False
        elif edge.kind == "内":
            inner = text.rindex("内", segment.start, edge.at)
            phrase = self._left(segment, _Token(inner, inner, "", "")).at
            start, generic = (phrase, False) if generic else (start, generic)
        elif edge.kind == "等" and generic:
            start, generic = self._enumeration(segment, start), False
            joined = _joined_generic(words).match(text, head.end, segment.end)
            if joined:
                return _Name(start, joined.end(), start, head.role, False, False)
        bracket = _short_bracket().match(text, head.end, segment.end)
        end = bracket.end() if bracket else head.end
        return _Name(start, end, phrase, head.role, generic, companion, conditional, edge.kind == "内")

    def _left(self, segment: _Segment, head: _Token) -> _Edge:
        """How far the noun phrase before `head` reaches to the left."""
        text, at = segment.text, head.start
        while at > segment.start:
            char = text[at - 1]
            if text.endswith(self._lexicon.long_joiners, segment.start, at) and self._ends_name(
                segment, at - 2
            ):
                return _Edge(at, "、")
            if at in segment.stops or (at in segment.actor_ends and at < head.start):
                return _Edge(at, "")
            if char in ")）":
                opening = max(text.rfind("(", segment.start, at), text.rfind("（", segment.start, at))
                if not segment.start <= opening or at - opening > _BRACKET_LENGTH:
                    return _Edge(at, "")
                at = opening
            elif char in self._lexicon.joiners and (char == "、" or self._ends_name(segment, at - 1)):
                return _Edge(at, "、")
            elif char in "的等":
                inner = char == "的" and text[at - 2 : at - 1] == "内"
                return _Edge(at, "内" if inner else char)
            elif char == "内" and at - 1 in segment.head_ends:
                return _Edge(at, "内")
            elif not (char.isalnum() or char in "·-—"):
                return _Edge(at, "")
            else:
                at -= 1
        return _Edge(at, "")

    def _ends_name(self, segment: _Segment, at: int) -> bool:
        """Whether a name ends at `at`, perhaps with a bracket behind it."""
        return at in segment.head_ends or segment.text[at - 1] in ")）"

    def _trimmed(self, text: str, start: int, head: _Token, edge: str) -> int:
        """The start of a name without determiners: 各类培训机构 is 培训机构; never cut down to the bare head."""
        words = self._lexicon
        trims = (*words.trims, *words.listed) if edge == "等" else words.trims
        if head.role == "places":
            trims = (*trims, "各")
        if edge == "":
            trims = (*trims, *words.openings)
        while start < head.start:
            cut = next((w for w in trims if text.startswith(w, start)), None)
            if cut is None or start + len(cut) > head.start:
                return start
            if (cut in words.keep or cut in words.openings) and start + len(cut) == head.start:
                return start
            start += len(cut)
        return start

    def _clause(self, segment: _Segment, end: int) -> int:
        """Where the relative clause begins that ends at `end`: behind the verbs that govern the name."""
        words, start = self._lexicon, segment.start
        governing = words.frames["directives"] | words.frames["loose"] | words.adverbs
        for at in sorted(segment.stops):
            token = segment.stops[at]
            if at > end:
                break
            if token.start == start and (
                token.word in governing
                or (token.word in words.frames["recipients"] and not self._has_verb(segment.text[at:end]))
            ):
                start = at
            elif token.word in words.frames["directives"] and len(token.word) > 1:
                start = at
        joined = [
            segment.text.rfind(j, start, end) + len(j) for j in ("、", "以及") if j in segment.text[start:end]
        ]
        return max([start, *joined])

    def _has_verb(self, clause: str) -> bool:
        return any(len(verb) > 1 and verb in clause for verb in self._lexicon.clause_verbs)

    def _enumeration(self, segment: _Segment, end: int) -> int:
        """Where the list begins that ends before `end`: 证券、保险等企业."""
        starts = [at for at in segment.stops if at < end]
        return max([segment.start, *starts])

    # ----------------------------------------------------------------------------- weighing

    def _weighed(
        self, segment: _Segment, acts: frozenset[int], place: _Setting
    ) -> Iterator[tuple[_Name, float]]:
        """The names of a segment and how plainly the measure is for each."""
        joiners = self._lexicon.joiners.union(self._lexicon.long_joiners)
        for group in _lists(segment.text, _outermost(list(self._names(segment))), joiners):
            frame = self._frame(segment, group[0])
            if group[-1].end in acts or self._lexicon.subject.match(segment.text, group[-1].end):
                frame = _Frame(_SUBJECT, _PLAIN)
            for name in group:
                yield name, self._strength(segment, name, frame, name is group[0], place)
        for city in self._cities(segment):
            yield city, _PLAIN

    def _strength(self, segment: _Segment, name: _Name, frame: _Frame, first: bool, place: _Setting) -> float:
        """How plainly a measure is for a name that stands in `frame`."""
        words, text, plain = self._lexicon, segment.text, frame.strength >= _PLAIN
        if (
            _number().match(text, name.start)
            or words.counted.match(text, name.end)
            or (name.companion and (first or not plain))
        ):
            return _NOT
        if name.kind == "governments":
            return self._government(segment, name, frame, place)
        if name.kind == "places":
            here = frame.word == "在" and name.phrase - 1 in (segment.start, *segment.stops)
            located = here and words.located.match(text, name.end)
            fits = frame.word in words.frames["places"] or frame.word == _SUBJECT or located
            return _PLAIN if fits else _NOT
        if name.kind == "facilities":
            return _NOT if words.built.match(text, name.end) or not plain else _PLAIN
        if name.generic and not plain:
            return _NOT
        if text[name.start - 1 : name.start] == "其" and text[name.start : name.end] in self._bare:
            return _NOT  # 其从业人员: theirs, not whom the measure is for
        return frame.strength

    def _government(self, segment: _Segment, name: _Name, frame: _Frame, place: _Setting) -> float:
        """Bodies of government are audiences where something is handed down to them or forbidden them,
        where they are urged, and where nobody bears a closing paragraph."""
        words = self._lexicon
        if frame.word in words.frames["handed"] or words.forbidden.match(segment.text, name.end):
            return _PLAIN
        return _PLAIN if frame.word == _SUBJECT and place.closing and not place.charged else _NOT

    def _cities(self, segment):
        for at, token in segment.stops.items():
            if token.word in self._lexicon.frames["places"]:
                while city := self._lexicon.city.match(segment.text, at, segment.end):
                    yield _Name(*city.span(), city.start(), "places", generic=False)
                    at = city.end() + 1
                    if segment.text[city.end() : at] not in ("、", "和"):
                        break

    def _located(self, segment: _Segment, name: _Name, word: str) -> bool:
        return word == "在" and self._lexicon.located.match(segment.text, name.end) is not None

    def _frame(self, segment: _Segment, name: _Name) -> _Frame:
        """What governs a name from before it."""
        words, text, at = self._lexicon, segment.text, name.phrase
        opening = next((w for w in words.openings if text.startswith(w, at) and at < name.start), "")
        while at > segment.start and text[at - 1] in '“‘"':
            at -= 1
        while at in segment.stops and segment.stops[at].word in words.adverbs:
            at = segment.stops[at].start
        if at in segment.stops:
            return self._governed(segment.stops[at].word, name, opening)
        if (
            name.phrase == segment.start < name.start
            and any(e <= name.start for e in segment.stops)
            and not name.conditional
        ):
            return _Frame("", _UNFRAMED)
        if at > segment.start and text[at - 1] in "、等":
            return self._listed(segment, name, at)
        if at > segment.start:
            return _Frame("", _LOOSE if name.conditional else _UNFRAMED)
        if opening:
            return _Frame(opening, _LOOSE)
        if name.kind in ("bodies", "persons") and not name.generic:
            if segment.opens:
                return _Frame("", _PLAIN if name.end == segment.end else _LOOSE)
            return _Frame("", _LOOSE if name.within else _UNFRAMED)
        return _Frame("", _UNFRAMED)

    def _governed(self, word: str, name: _Name, opening: str) -> _Frame:
        """The frame of a name right behind `word`, or behind it and an opening verb: 鼓励发展小微企业."""
        frames = self._lexicon.frames
        if name.kind == "places" and word in frames["places"]:
            return _Frame(word, _PLAIN)
        if word in frames["plain"]:
            return _Frame(opening or word, _LOOSE if opening else _PLAIN)
        return _Frame(word, _LOOSE if word in frames["loose"] else _NOT)

    def _listed(self, segment: _Segment, name: _Name, at: int) -> _Frame:
        """The frame of a name behind other items of a list: the verb at the head of the segment."""
        if segment.text[at - 1] == "等" and at - 1 in segment.head_ends:
            return _Frame("", _NOT)  # 工程中心、新型研发机构等研发创新机构: the items say it all
        for end in sorted(segment.stops):
            word = segment.stops[end].word
            if word not in self._lexicon.adverbs:
                if name.generic:
                    break
                frame = self._governed(word, name, "")
                return (
                    frame
                    if frame.strength >= _PLAIN or segment.text[at - 1] == "等"
                    else _Frame("", _UNFRAMED)
                )
        return _Frame("", _UNFRAMED)


# -------------------------------------------------------------------------------------- choosing


def _lists(text: str, names: list[_Name], joiners: frozenset[str]) -> Iterator[list[_Name]]:
    """The names in groups: those that follow each other with nothing but a joiner between."""
    group: list[_Name] = []
    for name in names:
        gap = text[group[-1].end : name.phrase + name.companion] if group else ""
        if group and gap in joiners:
            group.append(name)
        else:
            if group:
                yield group
            group = [name]
    if group:
        yield group


def _outermost(names: list[_Name]) -> list[_Name]:
    """The names that are no part of a later name."""
    kept: list[_Name] = []
    for name in names:
        while kept and kept[-1].start >= (
            name.phrase if name.conditional or name.start == name.phrase else name.start
        ):
            kept.pop()
        if not kept or name.end > kept[-1].end:
            kept.append(name)
    return kept


def _foremost(text: str, found: Sequence[tuple[_Name, float]]) -> list[_Name]:
    """The four names that the measure is for most plainly, each once, in the order of the text."""
    best: dict[str, tuple[_Name, float]] = {}
    counts: Counter[str] = Counter()
    spans = [(n.start, n.end) for n, _ in found]
    for name, strength in found:
        if any(s <= name.start and name.end <= e and (s, e) != (name.start, name.end) for s, e in spans):
            continue
        words = text[name.start : name.end]
        counts[words] += 1
        if words not in best:
            best[words] = (name, strength)
        elif strength > best[words][1]:
            best[words] = (best[words][0], strength)
    for words in list(best):
        if words.startswith("各") and words[1:] in best:
            del best[words]

    def rate(words):
        name, strength = best[words]
        return (
            strength
            + (0 if name.generic else _SPECIFIC)
            + (_PLACE if name.kind in ("places", "facilities") else 0)
            + _REPEATED * counts[words]
        )

    ranked = sorted(best, key=lambda words: (-rate(words), best[words][0].start))
    return sorted((best[words][0] for words in ranked[:_MOST]), key=lambda name: name.start)


def _lexicon(data) -> _Lexicon:
    frames = data["frames"]

    def alternatives(words):
        return "|".join(map(re.escape, sorted(words.split(), key=len, reverse=True)))

    return _Lexicon(
        generic=frozenset(data["generic"]["words"].split()),
        adverbs=frozenset(data["stops"]["adverbs"].split()),
        openings=tuple(sorted(data["stops"]["opening"].split(), key=len, reverse=True)),
        joiners=frozenset(data["stops"]["joiners"].split()),
        long_joiners=tuple(data["stops"]["long_joiners"].split()),
        trims=tuple(sorted(data["trims"]["words"].split(), key=len, reverse=True)),
        listed=tuple(data["trims"]["listed"].split()),
        built=re.compile(frames["built"]),
        keep=frozenset(data["trims"]["keep"].split()),
        clause_verbs=tuple(data["clauses"]["verbs"].split()),
        frames={
            k: frozenset(frames[k].split()) for k in ("directives", "recipients", "loose", "places", "handed")
        }
        | {"plain": frozenset(frames["directives"].split()) | frozenset(frames["recipients"].split())},
        conditions=re.compile(data["clauses"]["conditions"]),
        subject=re.compile(
            rf"(?:等)?[)）”]?[，,]?(?:{alternatives(frames['adverbs'])})*(?:{alternatives(frames['modals'])})"
        ),
        forbidden=re.compile(alternatives(frames["forbidden"])),
        located=re.compile(alternatives(frames["located"])),
        counted=re.compile(rf"{alternatives(frames['counted'])}|[0-9０-９]"),
        city=re.compile(frames["city"]),
    )


def _longest(automaton, text: str) -> list[_Token]:
    """The words of `automaton` in `text`, of two that overlap the longer one, in order."""
    found = [_Token(e + 1 - len(w), e + 1, w, r) for e, (w, r) in automaton.iter(text)]
    found.sort(key=lambda token: (token.start - token.end, token.start))
    taken: set[int] = set()
    kept = []
    for token in found:
        if taken.isdisjoint(range(token.start, token.end)):
            taken.update(range(token.start, token.end))
            kept.append(token)
    return sorted(kept)


def _joined_generic(words):
    return re.compile(
        "[和及与](?:" + "|".join(map(re.escape, sorted(words.generic, key=len, reverse=True))) + ")"
    )


@cache
def _between_commas() -> re.Pattern[str]:
    return re.compile(r"[^，,。；;：:！!？?\n\r]+")


@cache
def _number() -> re.Pattern[str]:
    return re.compile(
        r"(?:不超过|不少于|超过|至少|约|近)?[0-9０-９一二三四五六七八九十百千万]+多?(?:个|家|户|名|所|批|人|分之)"
    )


@cache
def _aside() -> re.Pattern[str]:
    return re.compile(r"[(（][^()（）]{1,80}[)）]")


@cache
def _short_bracket() -> re.Pattern[str]:
    return re.compile(r"[(（][^()（）]{1,3}[)）]")
