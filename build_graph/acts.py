"""Reads one phrase of a measure: is it an act, a purpose, a means or a circumstance, and of what kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache

from .lexicon import Lexicon
from .model import NormKind, Span
from .phrases import outside


class Nature(Enum):
    """What a phrase does in its sentence."""

    ACT = auto()
    PURPOSE = auto()  # an act at the start of a sentence, a result at its end
    MEANS = auto()  # 通过…, 运用…等技术
    CALL = auto()  # 引导和推动创业投资基金: the act stands behind the comma
    OTHER = auto()  # a circumstance, a subject, a statement, a name


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phrase was understood to be; `start` and `cue` count from the start of the phrase."""

    nature: Nature
    phrase: Span
    start: int = 0  # where the quote begins, behind conjunction and subject
    head: str = ""  # the verb or cue word found
    kind: NormKind | None = None  # None for a bare verb
    cue: Span | None = None
    carries: bool = False  # its kind goes on to the phrases behind it
    government: bool = False  # only governments do this

    awaits_subject: bool = False  # it opens with a modal: its subject may stand before the comma

    @property
    def span(self) -> Span:
        """The quote, in the content."""
        return Span(self.phrase.start + self.start, self.phrase.end)

    @property
    def cue_span(self) -> Span | None:
        """The cue word, in the content."""
        base = self.phrase.start
        return self.cue and Span(base + self.cue.start, base + self.cue.end)


_SUBJECT = 12  # so long a subject of any kind may be before 可, 应: 项目资金可…
_SHORT = 4  # 积极作用: too short for an adverb, a verb and its object

_DATE = r"""
    (?:自|从|于|在|到|至|截至|争取|力争)?
    (?:
        (?:20\d\d|今|明|当|每|本)年(?:\d{1,2}月(?:\d{1,2}日)?|[上下]半年|第?[一二三四]季度)?
      | \d{1,2}月(?:\d{1,2}日)?
      | 年(?=[底末初中内])
    )
    (?:年?[底末初中内])?(?:之?以?[前后]|起|期间)?
"""


@cache
def _date() -> re.Pattern[str]:
    return re.compile(_DATE, re.VERBOSE)


@dataclass(frozen=True, slots=True)
class _Head:
    """A verb, cue word or preposition, and where the adverbs before it begin."""

    begin: int
    at: int
    word: str

    @property
    def end(self) -> int:
        return self.at + len(self.word)


class Reader:
    """Reads phrases with a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._words = lexicon

    def read(self, content: str, phrase: Span) -> Reading:
        """What the phrase is."""
        text = outside(phrase.of(content)).rstrip()
        other = Reading(Nature.OTHER, phrase)
        if self._is_circumstance(text):
            return other
        start = self._front(text)
        after_date = self._after_date(text, start)
        for step in (self._modal, self._headed, self._subject, self._verdict):
            if found := step(replace(other, start=start), text, after_date):
                return found
        return other

    # ------------------------------------------------------------------- the ways to read a phrase

    def _modal(self, reading: Reading, text: str, start: int) -> Reading | None:
        """各地区要…, 符合条件的可…, 不得…: the act begins at the modal, behind its subject."""
        first = self._head(text, start)
        at = self._find_modal(text, start, first)
        if at is None:
            return None
        modal = self._words.modals.at(text, at)
        head = self._head(text, at + len(modal))
        if head and self._is_adverbial(text, head):
            return replace(reading, nature=Nature.OTHER)
        case = first is not None and first.at < at and first.word in self._words.prepositions
        begin = reading.start if case or at == start else at
        cue = _Head(at, at, modal)
        if head and self._kind(modal) is NormKind.OBLIGATION and self._kind(head.word):
            cue = head
        found = self._with_cue(replace(reading, start=begin), text, cue)
        government = head is not None and self._is_government(text, head)
        return replace(found, government=government, awaits_subject=True)

    def _headed(self, reading: Reading, text: str, start: int) -> Reading | None:
        """The phrase opens with a verb, a cue word or a preposition, behind adverbs."""
        head, words = self._head(text, start), self._words
        if head is None:
            eager = words.eager.at(text, start) and len(text) - start > _SHORT and not self._is_statement(text)
            return replace(reading, nature=Nature.ACT) if eager else None
        if text.startswith("的", head.end):
            return None
        reading = replace(reading, head=head.word)
        if kind := self._kind(head.word):
            return replace(self._with_cue(reading, text, head), awaits_subject=kind is NormKind.PERMISSION)
        if head.word in words.carriers:
            return None if words.future.at(text, head.at) else replace(reading, nature=Nature.ACT)
        if head.word in words.prepositions or head.word in words.means:
            return self._adverbial(reading, text, head)
        if head.word in words.dual and (self._is_statement(text) or self._is_noun(text, head)):
            return None
        nature = Nature.PURPOSE if head.word in words.purposes else Nature.ACT
        return replace(reading, nature=nature, government=self._is_government(text, head))

    def _adverbial(self, reading: Reading, text: str, head: _Head) -> Reading:
        """按照职责分工抓好…, 对…给予…: an act if a verb follows the adverbial, else no act."""
        if self._is_adverbial(text, head):
            return replace(reading, nature=Nature.MEANS if head.word in self._words.means else Nature.OTHER)
        verb = self._inner(text, head) or head
        if head.word == "为":
            linked = text[: reading.start].endswith("并")
            return replace(reading, nature=Nature.ACT if linked else Nature.PURPOSE)
        found = replace(reading, nature=Nature.ACT, head=verb.word, government=self._is_government(text, verb))
        return self._with_cue(found, text, verb) if self._kind(verb.word) else found

    def _is_adverbial(self, text: str, head: _Head) -> bool:
        """Whether the phrase is nothing but the adverbial that `head` opens."""
        if head.word not in self._words.prepositions and head.word not in self._words.means:
            return False
        if self._words.closers.before(text, len(text)) or head.word in self._words.reasons:
            return True
        return head.word not in self._words.acts and self._inner(text, head) is None

    def _is_means(self, text: str, head: _Head) -> bool:
        """运用…等手段, 参照…规定: an adverbial that wants an act behind the comma."""
        closed = self._words.closers.before(text, len(text))
        return self._is_adverbial(text, head) and bool(closed or head.word in self._words.means)

    def _subject(self, reading: Reading, text: str, start: int) -> Reading | None:
        """小微企业依法享受…, 各部门加强…: a subject, and the verb right behind it."""
        if self._is_statement(text):
            return None
        for at in self._subjects(text, start):
            head = self._head(text, at)
            if head is None or head.word in self._words.purposes:
                continue
            if head.at == at and head.word in self._words.dual:
                continue  # 中小企业发展专项资金
            determined = bool(self._words.determiners.at(text, start))
            if head.word in self._words.prepositions and not determined:
                continue
            if head.at > at or determined or "的" in text[start:at]:
                found = self._headed(replace(reading, start=head.begin), text, at)
                if found and found.nature is Nature.ACT:
                    return found
        return None

    def _verdict(self, reading: Reading, text: str, start: int) -> Reading | None:
        """无法律法规依据的一律取消: the case belongs to the quote."""
        for at in range(start, len(text)):
            if word := self._words.verdicts.at(text, at):
                return replace(reading, nature=Nature.ACT, head=word, kind=self._kind(word), government=True)
        return None

    # -------------------------------------------------------------------------------- its parts

    def _with_cue(self, reading: Reading, text: str, head: _Head) -> Reading:
        """The reading with the kind that the cue word gives it."""
        kind = self._kind(head.word)
        nature, carries = Nature.ACT, kind is NormKind.PERMISSION
        if kind is NormKind.ENCOURAGEMENT:
            asked = self._asked(text, head.end)
            carries = asked is not None
            if self._is_means(text, asked) if asked else self._is_name(text, head):
                nature = Nature.CALL
        cue = Span(head.at, head.end)
        return replace(reading, nature=nature, head=head.word, kind=kind, cue=cue, carries=carries)

    def _is_name(self, text: str, cue: _Head) -> bool:
        """Whether nothing but a class of bodies follows the cue word."""
        head = self._head(text, cue.end)
        noun = head is None or head.word in self._words.names
        return noun and self._ends_in_actor(text) and self._inner(text, cue) is None

    def _is_noun(self, text: str, head: _Head) -> bool:
        """Whether the verb is part of a noun: 服务业, 创新能力."""
        words = self._words
        return bool(words.nominal.at(text, head.end)) and not words.no_nominal.at(text, head.end)

    def _front(self, text: str) -> int:
        """Where the phrase begins behind its conjunctions."""
        at = 0
        while word := self._words.conjunctions.at(text, at):
            longer = max(self._words.adverbs.at(text, at), self._words.heads.at(text, at), key=len)
            if len(longer) > len(word):
                break
            at += len(word)
        return at

    def _after_date(self, text: str, start: int) -> int:
        date = _date().match(text, start)
        return date.end() if date else start

    def _head(self, text: str, start: int) -> _Head | None:
        """The verb at `start`, behind adverbs; the last adverb that is a verb too if none follows."""
        stops = self._adverbs(text, start)
        heads = [_Head(start, at, word) for at in reversed(stops) if (word := self._head_word(text, at))]
        verbs = (head for head in heads[1:] if head.word in self._words.acts)
        if heads and heads[0].at > start and self._is_adverbial(text, heads[0]):
            return next(verbs, heads[0])  # 深化与…合作: no verb follows, so the adverb is one
        return heads[0] if heads else None

    def _head_word(self, text: str, at: int) -> str:
        """The word at `at` that can head a phrase, unless it is part of another: 要 of 要素."""
        word = self._words.heads.at(text, at)
        return "" if len(self._words.other_words.at(text, at)) > len(word) else word

    def _adverbs(self, text: str, start: int) -> list[int]:
        """Where the phrase could go on behind each of its adverbs, `start` first."""
        at, stops = start, [start]
        while adverb := self._words.adverbs.at(text, at):
            if len(self._words.heads.at(text, at)) > len(adverb):
                break
            at += len(adverb)
            if at < len(text) and text[at] in "、和地" and self._words.adverbs.at(text, at + 1):
                at += 1  # 及时、准确地
            stops.append(at)
        return stops

    def _inner(self, text: str, opener: _Head) -> _Head | None:
        """The verb behind the adverbial that `opener` opens."""
        first = self._head(text, opener.end)
        at = first.end if first else opener.end + 1
        local = opener.word in self._words.locals
        while at < len(text) - 1:
            word = self._words.inner.at(text, at) or (local and self._words.dual.at(text, at)) or ""
            if word and self._is_inner(text, at, at + len(word), opener):
                head = self._head(text, at)
                return head if head and head.word not in self._words.prepositions else _Head(at, at, word)
            at += len(word) or 1
        return None

    def _is_inner(self, text: str, start: int, end: int, opener: _Head) -> bool:
        """Whether the verb is the phrase's own, not in a list or a relative clause."""
        if text[start - 1] in "、和与及或" or text.startswith("的", end):
            return False
        if self._is_noun(text, _Head(start, start, text[start:end])):
            return False
        case = opener.word in ("对", "对于") and "的" in text[end:]
        return not (case and self._ends_in_actor(text))  # 对提供…的企业

    def _find_modal(self, text: str, start: int, first: _Head | None) -> int | None:
        """Where a modal verb stands that governs the phrase."""
        words = self._words
        verb_first = first is not None and first.word not in words.prepositions and first.word not in words.dual
        for at in range(start, len(text)):
            modal = self._words.modals.at(text, at)
            if not modal or self._is_other_word(text, at, at + len(modal)):
                continue
            if at == start or modal in self._words.free or self._words.bridges.before(text, at):
                return at
            if self._ends_in_actor(text[start:at]) and (not verb_first or "的" in text[start:at]):
                return at
            if first is None and at - start <= _SUBJECT:
                return at
        return None

    def _is_other_word(self, text: str, start: int, end: int) -> bool:
        """要 of 要素 and of 主要 are no modals."""
        words = self._words.other_words
        return len(words.at(text, start)) > end - start or len(words.before(text, end)) > end - start

    def _subjects(self, text: str, start: int) -> Iterator[int]:
        """Where a class of bodies ends, and with it perhaps a subject."""
        for at in range(start + 1, len(text)):
            if self._words.actors.before(text, at):
                yield at + len("等") if text.startswith("等", at) else at

    def is_subject(self, text: str) -> bool:
        """参加培训的人员: a class of bodies with a relative clause before it."""
        return "的" in text and self._ends_in_actor(text)

    def _asked(self, text: str, start: int) -> _Head | None:
        """鼓励企业开展…: what those who are named are to do."""
        for at in self._subjects(text, start):
            head = self._head(text, at)
            if head and not (head.word in self._words.dual and head.end == len(text)):
                return head
        return None

    def _ends_in_actor(self, text: str) -> bool:
        return bool(self._words.actors.before(text, len(text) - text.endswith("等")))

    def _is_circumstance(self, text: str) -> bool:
        words, end = self._words, len(text)
        return bool(words.circumstances.before(text, end)) and not words.no_circumstances.before(text, end)

    def _is_statement(self, text: str) -> bool:
        """能力显著增强: a degree and a change end the phrase."""
        change = self._words.changes.before(text, len(text))
        return bool(change and self._words.degrees.before(text, len(text) - len(change)))

    def _is_government(self, text: str, head: _Head) -> bool:
        """Whether only a government does this."""
        return head.word in self._words.government or bool(self._words.instruments.before(text, len(text)))

    def _kind(self, word: str) -> NormKind | None:
        return next((kind for kind, words in self._words.cues.items() if word in words), None)
