"""The names of bodies, persons and places in a text: 从事电子商务活动的企业, 就业困难人员, 自贸试验区.

A name ends with a head (企业, 人员, 试验区). It begins behind the nearest word that is no part of it, and
without words that only point (各类, 符合条件的).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from build_graph.errors import ObligationError
from build_graph.extract.meaning.matcher import WordMatch, WordMatcher
from build_graph.extract.phrases.lexicon import WordSet
from build_graph.extract.structure.marks import build_alternation

HEADS = ("bodies", "persons", "facilities", "places", "governments")
_ACTORS = ("bodies", "persons")
_NO_HEADS = _STOP, _NEUTRAL = "stop", "neutral"

# Longer than any phrase between commas and than any name, so that the work on one has a bound.
_SEGMENT_LENGTH, _NAME_LENGTH = 200, 40
_CLAUSE_LENGTH, _SHORT_CLAUSE = 30, 7  # 从事…的企业; 创新能力强的企业
_BRACKET_LENGTH = 14  # 外商投资工程设计(工程勘察除外)企业

Token = WordMatch[str]
_SEGMENT = re.compile(rf"[^，,。；;：:！!？?\n\r]{{1,{_SEGMENT_LENGTH}}}")
_ASIDE = re.compile(r"[(（][^()（）]{1,80}[)）]")
_SHORT_BRACKET = re.compile(r"[(（][^()（）]{1,3}[)）]")


class Segment(NamedTuple):
    """A stretch of text between commas, and the listed words in it."""

    text: str
    start: int
    end: int
    opens: bool  # a sentence begins here
    heads: tuple[Token, ...]
    stops: Mapping[int, Token]  # by their end, in order
    head_ends: frozenset[int]
    actor_ends: frozenset[int]  # a name ends at 企业 where it may go on behind 地区


class Name(NamedTuple):
    """A name: its place, the start of its noun phrase with all clauses, and its kind."""

    start: int
    end: int
    phrase: int
    kind: str
    generic: bool  # too general alone: 企业, 机构
    companion: bool = False  # behind 与: a partner, not an audience
    conditional: bool = False  # 符合条件的…
    within: bool = False  # 综合保税区内…


class _Edge(NamedTuple):
    """The left end of a noun phrase, and the mark before it: 的, 等, 内, 、, or another."""

    at: int
    mark: str


@dataclass(frozen=True, slots=True)
class NameParser:
    """A parser of names, with the lists of `data/audiences.toml`."""

    adverbs: frozenset[str]
    openings: WordSet
    joiners: frozenset[str]
    _words: WordMatcher[str]
    _long_joiners: tuple[str, ...]
    _generic: frozenset[str]
    _joined_generic: re.Pattern[str]
    _governing: frozenset[str]
    _urging: frozenset[str]
    _recipients: frozenset[str]
    _trims: WordSet
    _trims_of_lists: WordSet
    _kept: frozenset[str]
    _conditions: re.Pattern[str]
    _clause_verbs: tuple[str, ...]
    _counted: re.Pattern[str]

    @classmethod
    def load(cls, data: Mapping[str, Mapping[str, str]]) -> NameParser:
        """Return the parser for the tables of `data/audiences.toml`.

        Raises ObligationError for a word with two roles.
        """
        stops, frames, trims = data["stops"], data["frames"], data["trims"]
        generic = data["generic"]["words"].split()
        long_joiners = tuple(stops["long_joiners"].split())
        return cls(
            adverbs=frozenset(stops["adverbs"].split()),
            openings=WordSet(stops["opening"]),
            joiners=frozenset((*stops["joiners"].split(), *long_joiners)),
            _words=WordMatcher(_read_roles(data)),
            _long_joiners=long_joiners,
            _generic=frozenset(generic),
            _joined_generic=re.compile(f"[和及与]{build_alternation(generic)}"),
            _governing=frozenset(f"{frames['directives']} {frames['loose']} {stops['adverbs']}".split()),
            _urging=frozenset(word for word in frames["places"].split() if len(word) > 1),
            _recipients=frozenset(frames["recipients"].split()),
            _trims=WordSet(trims["words"]),
            _trims_of_lists=WordSet(f"{trims['words']} {trims['listed']}"),
            _kept=frozenset(f"{trims['keep']} {stops['opening']}".split()),
            _conditions=re.compile(data["clauses"]["conditions"]),
            _clause_verbs=tuple(data["clauses"]["verbs"].split()),
            _counted=re.compile(trims["counted"]),
        )

    # ----------------------------------------------------------------------------- segments

    def iterate_segments(self, text: str) -> Iterator[Segment]:
        """Yield the stretches of `text` between commas that hold a listed word outside brackets."""
        plain = _ASIDE.sub(lambda match: " " * len(match.group()), text)
        tokens = iter(self._words.find_words(plain))
        token = next(tokens, None)
        for match in _SEGMENT.finditer(text):
            inside = []
            while token is not None and token.start < match.end():
                inside.append(token)
                token = next(tokens, None)
            if inside:
                yield _build_segment(text, match.start(), match.end(), inside)

    # -------------------------------------------------------------------------------- names

    def find_names(self, segment: Segment) -> list[Name]:
        """Return the names in a segment, in order; a name within another is left out."""
        kept: list[Name] = []
        for head, following in zip_longest(segment.heads, segment.heads[1:]):
            if following is not None and self._modifies(segment, head, following):
                continue
            name = self._read_name(segment, head)
            # Words in the relative clause of a name are no names of their own.
            begin = name.phrase if name.conditional or name.start == name.phrase else name.start
            while kept and kept[-1].start >= begin:
                kept.pop()
            if not kept or name.end > kept[-1].end:
                kept.append(name)
        return kept

    def _modifies(self, segment: Segment, head: Token, following: Token) -> bool:
        """Return whether a head is only part of the next name: 网络商户从业人员, 自贸试验区内的企业."""
        gap = segment.text[head.end : following.start]
        if any(mark in gap for mark in (*self.joiners, "等")):
            return False
        return not gap or (
            gap.startswith("内") and not any(head.end < end <= following.start for end in segment.stops)
        )

    def _read_name(self, segment: Segment, head: Token) -> Name:
        """Return the name that ends with `head`."""
        edge = self._find_left_edge(segment, head.start)
        joined = segment.text[edge.at] in self.joiners and edge.at < head.start
        start = self._trim_start(segment.text, edge.at + joined, head, edge.mark)
        name = Name(
            start=start,
            end=_extend_over_bracket(segment, head.end),
            phrase=edge.at,
            kind=head.value,
            generic=self._is_generic(segment.text[start : head.end]),
            companion=joined and segment.text[edge.at] == "与",
        )
        if edge.mark == "的":
            return self._add_clause(segment, name, edge.at - 1)
        if edge.mark == "内":
            return self._add_place(segment, name)
        if edge.mark == "等" and name.generic:
            return self._add_list(segment, name)
        return name

    def _is_generic(self, words: str) -> bool:
        """Return whether a name is too general alone, even behind an opening verb: 建设企业…中心."""
        return words.removeprefix(self.openings.match_at(words)) in self._generic

    def _add_clause(self, segment: Segment, name: Name, end: int) -> Name:
        """Return the name with its relative clause, which ends at `end`, if the clause adds to it."""
        phrase = self._find_clause(segment, end)
        clause = segment.text[phrase:end]
        condition = self._conditions.search(clause)
        if condition:
            phrase += 0 if "内" in clause else condition.start()
            start = phrase if name.kind == "places" else name.start
            return name._replace(start=start, phrase=phrase, conditional=True)
        if name.kind in _ACTORS:
            phrase = self._skip_recipient(segment, phrase)
            clause = segment.text[phrase:end]
        telling = len(clause) <= _CLAUSE_LENGTH and clause.startswith(self._clause_verbs)
        if name.generic and clause and (telling or len(clause) <= _SHORT_CLAUSE):
            return name._replace(start=phrase, phrase=phrase, generic=False)
        return name._replace(phrase=phrase)

    def _skip_recipient(self, segment: Segment, phrase: int) -> int:
        """Return the start of a clause behind the word that governs the whole name: 对新办的企业."""
        tokens = (token for token in segment.stops.values() if token.start == phrase)
        return next((token.end for token in tokens if token.word in self._recipients), phrase)

    def _add_place(self, segment: Segment, name: Name) -> Name:
        """Return the name with the place that it is in, if it is too general without: 综合保税区内企业."""
        inner = segment.text.rindex("内", segment.start, name.phrase)
        phrase = self._find_left_edge(segment, inner).at
        start = phrase if name.generic else name.start
        return name._replace(start=start, phrase=phrase, generic=False, within=True)

    def _add_list(self, segment: Segment, name: Name) -> Name:
        """Return the name with the list before it, if it is too general without: 证券、保险等企业和机构."""
        start = max((end for end in segment.stops if end < name.start), default=segment.start)
        joined = self._joined_generic.match(segment.text, name.end, segment.end)
        end = joined.end() if joined else name.end
        return name._replace(start=start, end=end, phrase=start, generic=False)

    # ------------------------------------------------------------------------- their begin

    def _find_left_edge(self, segment: Segment, head: int) -> _Edge:
        """Return where the noun phrase of `head` begins."""
        at, floor = head, max(segment.start, head - _NAME_LENGTH)
        while at > floor:
            mark = self._find_mark(segment, at, head)
            if mark is not None:
                return _Edge(at, mark)
            at = _find_bracket_start(segment, at) if segment.text[at - 1] in ")）" else at - 1
        return _Edge(at, "")

    def _find_mark(self, segment: Segment, at: int, head: int) -> str | None:
        """Return the mark that ends a noun phrase at `at`; None if the phrase goes on."""
        text, char = segment.text, segment.text[at - 1]
        long = text.endswith(self._long_joiners, segment.start, at)
        if long and self._ends_name(segment, at - 2):
            return "、"
        if at in segment.stops or (at in segment.actor_ends and at < head):
            return ""
        if char in self.joiners and (char == "、" or self._ends_name(segment, at - 1)):
            return "、"
        if char in "内的等":
            return self._read_particle(segment, at)
        goes_on = char.isalnum() or char in "·-—"
        return None if goes_on or _find_bracket_start(segment, at) > segment.start else ""

    def _read_particle(self, segment: Segment, at: int) -> str | None:
        """Return the mark for 内, 的 or 等 before `at`: 区内, 区内的, 符合条件的, 能源等."""
        text, char = segment.text, segment.text[at - 1]
        if char == "内":
            return "内" if at - 1 in segment.head_ends else None
        return "内" if char == "的" and text[at - 2 : at - 1] == "内" else char

    def _ends_name(self, segment: Segment, at: int) -> bool:
        """Return whether a name ends at `at`, perhaps with a bracket behind it."""
        return at in segment.head_ends or segment.text[at - 1] in ")）"

    def _trim_start(self, text: str, start: int, head: Token, mark: str) -> int:
        """Return the start of a name without pointing words; 各类 stays if nothing else is left."""
        while start < head.start and (cut := self._match_trim(text, start, head, mark)):
            after = start + len(cut)
            if after > head.start or (cut in self._kept and after == head.start):
                break
            start = after
        counted = self._counted.match(text, start, head.start)
        return counted.end() if counted else start

    def _match_trim(self, text: str, start: int, head: Token, mark: str) -> str:
        """Return what points at `start`, or "": 各类, 各 of a place, a verb where no mark is before it."""
        trims = self._trims_of_lists if mark == "等" else self._trims
        return (
            trims.match_at(text, start)
            or ("各" if head.value == "places" and text.startswith("各", start) else "")
            or ("" if mark else self.openings.match_at(text, start))
        )

    def _find_clause(self, segment: Segment, end: int) -> int:
        """Return the start of the relative clause that ends at `end`: behind the governing verbs."""
        start = segment.start
        for at, token in segment.stops.items():
            if at > end:
                break
            leads = token.start == start and self._governs(token.word, segment.text[at:end])
            if leads or (token.word in self._urging and at < end):
                start = at
        for joiner in ("、", *self._long_joiners):
            place = segment.text.rfind(joiner, start, end)
            start = place + len(joiner) if place >= 0 else start
        return start

    def _governs(self, word: str, clause: str) -> bool:
        """Return whether `word` governs the name behind a clause; 对 does not in 对车辆采取管理的城市."""
        within = any(len(verb) > 1 and verb in clause for verb in self._clause_verbs)
        return word in self._governing or (word in self._recipients and not within)


# --------------------------------------------------------------------------------------- pieces


def _read_roles(data: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return each word of the lists with its role: a kind of head, stop or neutral."""
    lists = [(kind, data["heads"][kind]) for kind in HEADS]
    lists += [(_STOP, data["stops"]["words"]), (_STOP, data["stops"]["adverbs"])]
    lists += [(_NEUTRAL, data["neutral"]["words"])]
    roles: dict[str, str] = {}
    for role, words in lists:
        for word in words.split():
            if word in roles:
                raise ObligationError(f"audiences.toml: {word} is {roles[word]} and {role}; keep one of them")
            roles[word] = role
    return roles


def _build_segment(text: str, start: int, end: int, tokens: list[Token]) -> Segment:
    heads = tuple([token for token in tokens if token.value not in _NO_HEADS])
    return Segment(
        text=text,
        start=start,
        end=end,
        opens=start == 0 or text[start - 1] in "。；;！!？?\n",
        heads=heads,
        stops={token.end: token for token in tokens if token.value == _STOP},
        head_ends=frozenset([token.end for token in heads]),
        actor_ends=frozenset([token.end for token in heads if token.value in _ACTORS]),
    )


def _extend_over_bracket(segment: Segment, end: int) -> int:
    """Return the end of a name with the short bracket behind it: 村级信息服务站(点)."""
    bracket = _SHORT_BRACKET.match(segment.text, end, segment.end)
    return bracket.end() if bracket else end


def _find_bracket_start(segment: Segment, at: int) -> int:
    """Return the opening of the bracket that closes right before `at`; without one the segment's start."""
    if segment.text[at - 1] not in ")）":
        return segment.start
    floor = max(segment.start, at - _BRACKET_LENGTH)
    opening = max(segment.text.rfind("(", floor, at), segment.text.rfind("（", floor, at))
    return max(opening, segment.start)
