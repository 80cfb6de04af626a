"""The lists of an attribution, whose names share a head or an end: 各级人社、教育、财政部门.

The names stay as printed; what they mean is found by the completed ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from build_graph.extract.agencies.jurisdictions import CENTRE, Jurisdiction, Places, Scope
from build_graph.extract.agencies.local_bodies import LocalNames
from build_graph.extract.agencies.name_shapes import NameShapes

_BLANKS = str.maketrans("", "", " 　\t\r\n\xa0“”‘’\"'△▲★*")
_CLASS = "部门"
_LONGEST = 40  # characters of a name that are read
_TOWN = re.compile(r"[\u4e00-\u9fff]{2,4}")  # the name of a town without 镇


def strip_blanks(name: str) -> str:
    """Return a name without white space, quotation marks and marks of rank, or as it is if nothing is left.

    >>> strip_blanks(" △市 商务局")
    '市商务局'
    """
    return name.translate(_BLANKS) or name


@dataclass(frozen=True, slots=True)
class SharedWords:
    """The words that names in a list share, of the table `shares`."""

    tail: re.Pattern[str]  # 部门 in 各级人社、教育、财政部门
    head: re.Pattern[str]  # 各级 there
    sure: re.Pattern[str]  # 各级, but not 县
    no_stems: tuple[str, ...]  # ends of functions that are whole names: 各级人民政府

    @classmethod
    def parse(cls, lists: dict[str, Any]) -> SharedWords:
        """Return the words of the table."""
        shares = lists["shares"]
        return cls(
            re.compile(f"{shares['tail']}$"),
            re.compile(shares["head"]),
            re.compile(shares["class"]),
            tuple(shares["whole"]),
        )


@dataclass(frozen=True, slots=True)
class NameLists:
    """A completer of names in lists; `is_known` and `looks_like_body` ask the registry."""

    local: LocalNames
    words: NameShapes
    shared: SharedWords
    is_known: Callable[[str], bool]
    looks_like_body: Callable[[str], bool]

    def complete(self, names: Sequence[str], jurisdiction: Jurisdiction) -> tuple[str, ...]:
        """Return the names of a list in a document of a place, each whole."""
        ended = self.complete_ends(self.complete_classes(names), jurisdiction)
        return self.complete_beginnings(ended, jurisdiction)

    def complete_classes(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names of a list; those that share 各级 and 部门 mean classes of bodies, each by itself.

        各级人社、教育、财政部门 → 各级人社部门、各级教育部门、各级财政部门.
        """
        plain = [strip_blanks(name) for name in names]
        row: list[int] = []
        for at, name in enumerate([*plain, ""]):
            tail = self.shared.tail.search(name)
            split = self._split_class(name[: tail.start()] if tail else name)
            if not split or split[0]:
                self._complete_row(plain, row, "")
                row = []
            if split:
                row.append(at)
            if split and tail:
                self._complete_row(plain, row, tail[0])
                row = []
        return tuple(plain)

    def is_open_class(self, name: str) -> bool:
        """Return whether the words are 各级 and a function, so that 部门 behind a list closes them."""
        split = self._split_class(name)
        return split is not None and self.shared.sure.match(split[0]) is not None

    def _complete_row(self, names: list[str], row: Sequence[int], tail: str) -> None:
        """Complete a row of names with a tail; without one the head 各级 makes them classes: 税务等部门."""
        splits = [self._split_class(self.shared.tail.sub("", names[at])) or ("", "") for at in row]
        head = splits[0][0] if splits else ""
        if tail or self.shared.sure.match(head):
            for at, (_, stem) in zip(row, splits, strict=True):
                names[at] = head + stem + (tail or _CLASS)

    def _split_class(self, words: str) -> tuple[str, str] | None:
        """Return the head of a class and the function behind it: 各级|人社, |教育; None for other words."""
        if len(words) > _LONGEST:
            return None
        if self._is_function(words):
            return "", words
        head = self.shared.head.match(words)
        for end in range(head.end() if head else 0, 0, -1):
            if self._is_function(words[end:]):
                return words[:end], words[end:]
        return None

    def _is_function(self, words: str) -> bool:
        stem = self.local.functions.stems.get(self.local.functions.normalise(words))
        return stem is not None and stem.is_usual and not words.endswith(self.shared.no_stems)

    def complete_ends(
        self, names: Sequence[str], jurisdiction: Jurisdiction | None = None
    ) -> tuple[str, ...]:
        """Return the names of a list, each with the end that they share.

        岐岭、安流、华城镇人民政府 → 岐岭镇人民政府、安流镇人民政府、华城镇人民政府. Words that are no name of
        a body by themselves get the end of the next name, where it fits a place.
        """
        complete: list[str] = []
        tail = ""
        for name in reversed([strip_blanks(name) for name in names]):
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
            bare = not self.local.find_head(name) and not self.is_known(name) and self.local.is_body(name)
            opened.append(f"{head}{name}" if bare else name)
            head = self.local.find_head(name) or (head if bare else "")
        return tuple(opened)

    def _is_short_of(self, name: str, tail: str, within: Places) -> bool:
        """Return whether a name lacks just this end: 钦州 lacks 市人民政府, 岐岭 lacks 镇人民政府."""
        if tail.startswith(("镇", "乡", "街道")):
            return _TOWN.fullmatch(name) is not None and not self.looks_like_body(name)
        if name in self.local.gazetteer.names:
            return True
        places, rest = self.local.gazetteer.split_leading_short(name, within)
        if places and not rest:
            return places[-1].endswith(tail[0])
        return _count_overlap(name, tail) > 1


def _count_overlap(name: str, tail: str) -> int:
    """Return how many characters of the tail end the name already: 1 for 银川市 and 市人民政府."""
    return next((n for n in range(len(tail) - 1, 0, -1) if name.endswith(tail[:n])), 0)
