"""The numbers that a phrase aims at: 达到74%, 新建5万个, 企业技术中心20家以上."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from build_graph.extract.phrases.dates import blank_dates
from build_graph.extract.phrases.lexicon import WordSet
from build_graph.extract.phrases.sentences import blank_brackets
from build_graph.resources import load_word_lists

_KNOWN = 256  # phrases, more than a sentence has
_LIMITS = ("以下", "以内", "之内")  # 距离干线5公里以内 binds
_LIST_MARKS = "、和及与"
_WHOLE = ("100%", "100％")  # needs no word of change ...
_SHARES = ("的", "按", "以")  # ... but 按面积的100%
_PERCENT = ("%", "％")
_PAST = "了"  # 建设了60个: there they are
_SUM = "等"  # 甲、乙等35个灌区: the list is counted
_NOUN = 2  # characters of a counted noun at least
# A number or a range, but no part of a name (12315, 5G, IPv6), of a date or of a list mark.
_NUMBER = re.compile(
    r"""
      (?P<fold>翻(?:[一两二三四]|\d)番)
    | (?<![A-Za-z\d.．第+\-—–~～×*=/])
      \d+(?:,\d{3})*(?:[.．]\d+)?
      (?:[\-—–~～至]\d+(?:[.．]\d+)?)?                        # 2-3家
      (?![\d.．GDgdKk×\-]|[年月]度?(?:[底末前内]|$))
    """,
    re.VERBOSE,
)
# A character that every number has: most phrases have none and are skipped.
_FIGURE = re.compile(r"[\d翻]")
# The next number of 150亿元以上、500亿元以上、100亿元.
_SERIES = re.compile(r"(?:以上|以下|左右|以内)?[、和及](?=\d)\d+(?:,\d{3})*(?:[.．]\d+)?")
# 以上, 左右 and blanks behind a number and its unit; brackets are blanks.
_BOUND = re.compile(r"\s*(?:以上|以下|左右|以内|之内|上下)?\s*")
_JOINTS = re.compile("、|以及|[和及]")


class Licence(Enum):
    """The words that a number needs beside it to be an aim."""

    CHANGE = auto()  # a word of change: 达到30%
    COUNT = auto()  # or a verb that brings so many about: 遴选30个
    LISTED = auto()  # the same, where an item before may have the verb
    UNIT = auto()  # or a unit: behind a date, or among goals


@dataclass(frozen=True, slots=True)
class _QuantityWords:
    changes: WordSet
    softeners: WordSet
    grants: WordSet
    units: WordSet
    counts: WordSet
    multiples: WordSet
    aims: WordSet
    briefs: WordSet
    moves: WordSet
    existing: WordSet
    facts: WordSet
    limits: WordSet
    times: WordSet
    ages: WordSet
    funds: WordSet
    provides: WordSet
    moved: WordSet

    @classmethod
    def load(cls) -> _QuantityWords:
        data = load_word_lists("targets")["quantities"]
        return cls(**{name: WordSet(data[name]) for name in cls.__slots__})


@lru_cache(_KNOWN)
def blank_dates_and_brackets(text: str) -> str:
    """Return `text` with brackets, quotes and dates blanked: their numbers are no quantities."""
    return blank_dates(blank_brackets(text))


def has_number(text: str) -> bool:
    """Return whether any number in the text can be a quantity.

    >>> has_number("发展5G"), has_number("翻一番")
    (False, True)
    """
    return may_have_number(text) and bool(_NUMBER.search(text))


def may_have_number(text: str, start: int = 0, end: int = sys.maxsize) -> bool:
    """Return whether a stretch of the text has a figure, without which there is no quantity."""
    return bool(_FIGURE.search(text, start, end))


@dataclass(frozen=True, slots=True)
class QuantityFinder:
    """A finder of quantities, in phrases prepared by `blank_dates_and_brackets`."""

    words: _QuantityWords

    @classmethod
    def load(cls) -> QuantityFinder:
        """Return a finder with the package's own lists."""
        return cls(_QuantityWords.load())

    def find(self, text: str, licence: Licence, openings: Sequence[int] = (0,)) -> str | None:
        """Return the first number that is aimed at, with its unit; several of one predicate together.

        `openings` are the places where the verb may stand whose object is counted at the end of the phrase.
        """
        opened = licence is Licence.LISTED or any(self.words.aims.match_at(text, at) for at in openings)
        for number in _NUMBER.finditer(text):
            end = self._find_unit_end(text, number.end())
            if self._is_aimed(text, number, end, licence, opened=opened):
                return text[number.start() : self._find_series_end(text, end)]
        return None

    def split_items(self, text: str) -> list[tuple[int, int]]:
        """Return the items of a list in which each has a number and a noun; else the whole.

        新建5万个基站、3个中心 are two; 甲、乙两城产值分别达到150亿元、500亿元 is one.
        """
        joints = [joint.span() for joint in _JOINTS.finditer(text)]
        stops = [*(first for first, _ in joints[1:]), len(text)]
        starts, ends = [0], []
        for (first, last), stop in zip(joints, stops, strict=False):
            if self._is_item(text[starts[-1] : first]) and self._is_item(text[last:stop]):
                starts.append(last)
                ends.append(first)
        return list(zip(starts, [*ends, len(text)], strict=True))

    def is_given(self, text: str) -> bool:
        """Return whether the phrase grants something to somebody, or sets a limit in a single case."""
        number = _NUMBER.match(text)
        if number and self._is_share(text, number, self._find_unit_end(text, number.end())):
            return False
        return self.words.grants.contains_any(text)

    def is_known(self, text: str) -> bool:
        """Return whether the phrase states what exists already: 已建成3家."""
        return self.words.facts.contains_any(text)

    # --------------------------------------------------------------------------- single numbers

    def _is_aimed(
        self, text: str, number: re.Match[str], end: int, licence: Licence, *, opened: bool
    ) -> bool:
        if number["fold"]:
            return True
        whole = text[number.start() : end] in _WHOLE and text[: number.start()][-1:] not in _SHARES
        whole = whole or self._is_share(text, number, end)
        changed = whole or self._is_changed(text, number.start())
        if self._is_binding(text, number, end, changed=changed) or text.endswith(_PAST, 0, number.start()):
            return False
        if changed or licence is Licence.CHANGE:
            return changed
        if licence is Licence.UNIT:
            return end > number.end() and text[number.end() : end] not in self.words.ages
        if licence is Licence.LISTED and number.start() == 0:
            return self._is_count(text[number.end() : end])
        return self._is_counted(text, number, end, opened=opened)

    def _is_share(self, text: str, number: re.Match[str], end: int) -> bool:
        """Return whether the number is a share of all, with its outcome: 90%以上政务服务事项实现网上办."""
        rest = _skip_bound(text, end)
        if number.start() or rest == end or text[number.end() : end] not in _PERCENT:
            return False
        words = self.words
        return words.aims.contains_any(text, rest) or words.changes.contains_any(text, rest)

    def _is_binding(self, text: str, number: re.Match[str], end: int, *, changed: bool) -> bool:
        """Return whether the number is a size or a condition.

        1000mg, 产值超过1亿元的企业, 公示不少于3个工作日.
        """
        rest = text[_skip_bound(text, end) :]
        if end == number.end() and rest and rest[0] not in _LIST_MARKS:
            return True  # 1000mg, 96156热线
        if self.words.limits.match_before(text, number.start()) and self.words.times.match_before(text, end):
            return True
        share = number.start() == 0 and text[end - 1] in _PERCENT  # 90%以上的事项实现…
        return (
            (changed or text[end - 1] == "元") and not share and text.startswith("的", _skip_bound(text, end))
        )

    def _is_counted(self, text: str, number: re.Match[str], end: int, *, opened: bool) -> bool:
        """Return whether the number counts new things, behind its verb or behind its noun."""
        unit = text[number.end() : end]
        if unit.endswith("元") and self.words.funds.match_before(text):
            return bool(self.words.provides.match_before(text, number.start()))
        if not self._is_count(unit):
            return False
        at = self._skip_softeners(text, number.start())
        verb = self.words.aims.match_before(text, at) or self.words.briefs.match_before(text, at)
        if verb:
            # 推动8个试点城市建设: they exist already.
            return not (verb in self.words.moves and self.words.existing.contains_any(text, end))
        after = _skip_bound(text, end)
        last = after == len(text) and text[end:after].strip() not in _LIMITS
        moved = self.words.moved.contains_any(text, end + 1)  # 推动15件事项接入平台
        return opened and (last or text.startswith(_SUM, at - len(_SUM)) or moved)

    def _is_count(self, unit: str) -> bool:
        return unit[len(self.words.multiples.match_at(unit)) :] in self.words.counts

    def _is_changed(self, text: str, at: int) -> bool:
        """Return whether a word of change precedes the number: 达到, 降低约."""
        while softener := self.words.softeners.match_before(text, at):
            if self.words.changes.match_before(text, at):
                return True
            at -= len(softener)
        return bool(self.words.changes.match_before(text, at))

    def _skip_softeners(self, text: str, at: int) -> int:
        while softener := self.words.softeners.match_before(text, at):
            at -= len(softener)
        return at

    def _find_unit_end(self, text: str, at: int) -> int:
        at += len(self.words.multiples.match_at(text, at))
        return at + len(self.words.units.match_at(text, at))

    def _find_series_end(self, text: str, end: int) -> int:
        """Return the end of 150亿元以上、500亿元以上、100亿元."""
        while more := _SERIES.match(text, end):
            end = self._find_unit_end(text, more.end())
        return end

    def _is_item(self, text: str) -> bool:
        """Return whether the text has a number with a unit, and a noun that is counted or measured."""
        number = _NUMBER.search(text)
        if number is None:
            return False
        end = self._find_unit_end(text, number.end())
        if end == number.end() and not self._is_changed(text, number.start()):
            return bool(number["fold"])
        before = text[: self._skip_changes(text, number.start())]
        return len((before + text[_skip_bound(text, end) :]).strip()) >= _NOUN

    def _skip_changes(self, text: str, at: int) -> int:
        """Return the start of the words of change before a number."""
        while word := self.words.changes.match_before(text, at) or self.words.softeners.match_before(
            text, at
        ):
            at -= len(word)
        return at


def _skip_bound(text: str, end: int) -> int:
    """Return the end of 以上, 左右 and blanks."""
    bound = _BOUND.match(text, end)
    return bound.end() if bound else end
