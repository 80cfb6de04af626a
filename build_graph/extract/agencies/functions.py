"""The functions of local bodies, told by the words of their names: 发改委 → 发展改革."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BRACKETS = re.compile(r"(?<=.)[（(][^（）()]*[）)](?=.)")  # 物流（口岸）办
_JOINTS = re.compile(r"(?<=.)[和与及、](?=.)")  # 人力资源和社会保障局 = 人力资源社会保障局
_OFFICIAL = re.compile(r"[局厅委办署会部室]$")
_LONGEST = 40  # characters of a name that are read
_LONGEST_STEM = 16
_LONGEST_ENDING = 6
_LONGEST_FORM = 7
_FEWEST_INITIALS = 3  # two characters are a word of their own too often: 水文
_HEADS = "局厅委办部院会大协"  # the last character of a body's own name, before its parts
_OFFICES = "局厅委会办室"  # endings that only offices have; 中心, 站 and 台 are those of other things too
_NAMED = "联会院社协关府委室办部校局"  # the last character of whole names; 人才 and 数据 are no names


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A kind of local body (商务: 商务厅, 商务局, 商务委) and the central bodies it answers to."""

    id: str  # the part of the IRI after function/
    label: str
    counterparts: tuple[str, ...] = ()  # ids of central bodies, at most one of which exists at a time
    predates: tuple[str, ...] = ()  # those of them before which bodies of the function existed already


@dataclass(frozen=True, slots=True)
class Stem:
    """A wording of functions, and the form that all bodies with such a wording get."""

    functions: tuple[LocalFunction, ...]  # several of a wording that joins them: 农林水
    form: str

    @property
    def is_usual(self) -> bool:
        """True for a wording of the function itself, false for one of a part or of several functions."""
        return self.form == self.functions[0].label


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of local bodies by their wordings, and the endings of names."""

    stems: dict[str, Stem]  # 发改, 发展和改革
    whole: dict[str, LocalFunction]  # 教委, 妇联
    endings: dict[str, str]
    forms: dict[str, LocalFunction]  # endings that show the form of a body, but no function: 集团, 大学
    units: tuple[str, ...]  # the ends of a body's own parts: 公安局|交警支队
    initials: dict[str, Stem]  # functions by one character, of which several make a wording: 文体新广

    @staticmethod
    def normalise(words: str) -> str:
        """Return the words without 和 and 与 between them, as the tables have them.

        >>> Functions.normalise("人力资源和社会保障")
        '人力资源社会保障'
        """
        return _JOINTS.sub("", words)

    def read(self, words: str) -> tuple[str, tuple[LocalFunction, ...]]:
        """Return the words in their one form, and their functions: 发改委 → 发展改革委.

        Words of no known function keep their form, but for 委员会, 办公室 and 和.
        """
        short = self.normalise(_BRACKETS.sub("", words))[:_LONGEST]
        if found := self._read_plain(short) or self._read_joined(short):
            return found
        formed = self._find_form(words)
        if (part := self._find_part(short)) or not _OFFICIAL.search(words):
            return words, part or formed
        ending = next((ending for ending, stem in self._split_endings(short) if len(stem) > 1), "")
        form = self.endings.get(ending, "")
        if ending.endswith(form):  # 前海管理局: who knows whether 管理 is a part of the name
            return short, formed
        return short.removesuffix(ending) + form, formed

    def _read_plain(self, short: str) -> tuple[str, tuple[LocalFunction, ...]] | None:
        """Return form and functions of a whole name, or of a stem with an ending: 教委; 发改|委."""
        if function := self.whole.get(short):
            return self._complete_label(short, function), (function,)
        for ending, stem in self._split_endings(short):
            if found := self.stems.get(stem):
                return found.form + self.endings[ending], found.functions
        clipped = self.stems.get(short)  # 人社, 经信: the end is left out
        return (clipped.form, clipped.functions) if clipped and clipped.is_usual else None

    def _read_joined(self, short: str) -> tuple[str, tuple[LocalFunction, ...]] | None:
        """Return form and functions of a bureau that joins several: 工业信息化|商务|局, 投促|外侨|局."""
        for ending, stem in self._split_endings(short):
            if parts := self._split_parts(stem) or self._split_initials(stem):
                words = "".join(self.normalise(part.form) for part in parts)
                functions = dict.fromkeys(function for part in parts for function in part.functions)
                return words + self.endings[ending], tuple(functions)
        return None

    def _split_parts(self, stem: str) -> list[Stem]:
        """Return the fewest wordings that make up the stem; none where a character is left over."""
        best: list[list[Stem] | None] = [[]] + [None] * len(stem)
        for end in range(2, len(stem) + 1):
            for start in range(max(0, end - _LONGEST_STEM), end - 1):
                before, found = best[start], self.stems.get(stem[start:end])
                if found and before is not None and len(before) < len(best[end] or range(_LONGEST)):
                    best[end] = [*before, found]
        return best[-1] or []

    def _split_initials(self, stem: str) -> list[Stem]:
        """Return the functions of single characters: 文体新广; none where a character is left over."""
        parts = [self.initials[letter] for letter in stem if letter in self.initials]
        return parts if _FEWEST_INITIALS <= len(parts) == len(stem) else []

    def _find_part(self, short: str) -> tuple[LocalFunction, ...]:
        """Return the functions of the body to which a part belongs: 公安局|交警支队, 生态环境局|南丹分局."""
        if not short.endswith(self.units):
            return ()
        for length in range(len(short) - 1, 1, -1):
            if short[length - 1] in _HEADS and (found := self._read_plain(short[:length])):
                return found[1]
        return ()

    def _find_form(self, words: str) -> tuple[LocalFunction, ...]:
        """Return the function that the last characters show: 某某集团有限公司 is an enterprise."""
        lengths = range(min(_LONGEST_FORM, len(words)), 0, -1)
        return next(((self.forms[words[-n:]],) for n in lengths if words[-n:] in self.forms), ())

    def is_name(self, words: str) -> bool:
        """Return whether the words, without level or place, are surely the name of a body: 城市更新局."""
        short = self.normalise(words)[:_LONGEST]
        if short[-1:] in _NAMED and short in self.whole:
            return True
        return any(
            ending[-1] in _OFFICES and stem in self.stems for ending, stem in self._split_endings(short)
        )

    def are_forms(self, functions: tuple[LocalFunction, ...]) -> bool:
        """Return whether the functions tell only the form of a body: nothing, 企业, 学校."""
        return all(function in self.forms.values() for function in functions)

    def _split_endings(self, words: str) -> list[tuple[str, str]]:
        """Return every way to split the words into a stem and an ending, the longest ending first."""
        lengths = range(min(_LONGEST_ENDING, len(words) - 1), 0, -1)
        return [(words[-n:], words[:-n]) for n in lengths if words[-n:] in self.endings]

    def _complete_label(self, words: str, function: LocalFunction) -> str:
        """Return a function's label with the ending of the name: 教委 is 教育委, 妇联 is whole already."""
        if self._split_endings(function.label) or not self._split_endings(words):
            return function.label
        if words[0] != function.label[0]:  # 行政公署 is no 人民政府署
            return words
        return function.label + self.endings[self._split_endings(words)[-1][0]]
