"""The numbers of Word's numbered lists, as Word shows them: they stand in no paragraph's text.

numbering.xml describes lists level by level; a paragraph names its list and level, by itself or by its style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from build_graph.resources import word_lists

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ROMAN = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
_LARGEST = 9_999  # numbers above are written in plain digits
_STYLES_DEEP = 20  # styles that may be based on each other
_CLOSED = "、）)．，："  # marks that end so need no blank behind them


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: where it starts to count, how it writes numbers, and what stands around them."""

    start: int
    form: str  # chineseCountingThousand, decimal, …
    pattern: str  # %1、
    suffix: str  # tab, space or nothing
    legal: bool  # all numbers in plain digits
    restart: int | None  # the level (from 1) behind which it starts again; 0 for never
    style: str | None


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted."""

    lists: dict[str, str]  # a list's id → the id of its description
    levels: dict[str, dict[int, Level]]  # by description
    starts: dict[tuple[str, int], int]  # where a list starts anew: by its id and level
    styles: dict[str, tuple[str | None, str | None, int | None]]  # style → based on, list, level
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    started: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, numbering: Element | None, styles: Element | None) -> Numbering:
        """The lists that the parts numbering.xml and styles.xml describe; either may be missing."""
        abstract = list(_all(numbering, "abstractNum"))
        lists = list(_all(numbering, "num"))
        links = {
            _value(a, "styleLink"): _attribute(a, "abstractNumId") for a in abstract if _value(a, "styleLink")
        }
        levels = {
            _attribute(a, "abstractNumId"): {
                int(_attribute(level, "ilvl") or 0): _level(level) for level in _all(a, "lvl")
            }
            for a in abstract
        }
        for a in abstract:  # a description that only names the style that has it
            if (linked := links.get(_value(a, "numStyleLink"))) is not None:
                levels[_attribute(a, "abstractNumId")] = levels[linked]
        starts = {}
        for one in lists:
            for override in _all(one, "lvlOverride"):
                if (start := _value(override, "startOverride")) is not None:
                    starts[_attribute(one, "numId"), int(_attribute(override, "ilvl") or 0)] = _int(start, 1)
        described = {_attribute(one, "numId"): _value(one, "abstractNumId") or "" for one in lists}
        return cls(
            described, levels, starts, {_attribute(s, "styleId"): _style(s) for s in _all(styles, "style")}
        )

    def mark(self, properties: Element | None) -> str:
        """What Word shows before a paragraph with these properties; counts it."""
        list_, level = self._place(properties)
        description = self.lists.get(list_ or "")
        form = self.levels.get(description or "", {}).get(level)
        if form is None or list_ is None or description is None:
            return ""
        counts = self.counts.setdefault(description, {})
        if (list_, level) in self.starts and (list_, level) not in self.started:
            self.started.add((list_, level))
            counts[level] = self.starts[list_, level] - 1
        counts[level] = counts.get(level, form.start - 1) + 1
        for deeper in [at for at in counts if at > level and self._restarts(description, at, level)]:
            del counts[deeper]
        return self._written(description, form, counts)

    def _restarts(self, description: str, deeper: int, level: int) -> bool:
        """Whether a deeper level counts from its start again behind one of `level`."""
        form = self.levels[description].get(deeper)
        return form is None or form.restart is None or 0 <= level < form.restart

    def _place(self, properties: Element | None) -> tuple[str | None, int]:
        """List and level of a paragraph: its own, else those of its style."""
        own = next(_all(properties, "numPr"), None)
        list_ = _value(own, "numId")
        level = _value(own, "ilvl")
        style = _value(properties, "pStyle")
        for _ in range(_STYLES_DEEP):
            if list_ is not None or style is None:
                break
            based, list_, styled = self.styles.get(style, (None, None, None))
            if list_ is not None and level is None:
                return list_, styled if styled is not None else self._level_of(list_, style)
            style = based
        return list_, _int(level, 0)

    def _level_of(self, list_: str, style: str) -> int:
        """The level of a list that says it belongs to a style."""
        levels = self.levels.get(self.lists.get(list_, ""), {})
        return next((at for at, level in levels.items() if level.style == style), 0)

    def _written(self, description: str, form: Level, counts: Mapping[int, int]) -> str:
        """The mark with the numbers of its own and higher levels put in."""
        silent = word_lists("numbering")["other"]["silent"]
        if form.form in silent and "%" not in form.pattern:
            return "" if form.form == "bullet" else form.pattern
        levels = self.levels[description]

        def number(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            level = levels.get(at, form)
            return written(counts.get(at, level.start), "decimal" if form.legal else level.form)

        mark = re.sub(r"%([1-9])", number, form.pattern)
        apart = mark and form.suffix != "nothing" and mark[-1] not in _CLOSED
        return f"{mark} " if apart else mark


def written(number: int, form: str) -> str:
    """A number as Word writes it in a format.

    >>> [written(12, form) for form in ("chineseCountingThousand", "decimalEnclosedCircle", "upperRoman")]
    ['十二', '⑫', 'XII']
    """
    words = word_lists("numbering")
    if form in words["other"]["silent"]:
        return ""
    if not 0 < number <= _LARGEST:
        return str(number)
    if form in words["series"] and number <= len(words["series"][form]):
        return str(words["series"][form][number - 1])
    writers: tuple[tuple[str, Callable[..., str]], ...] = (
        ("counting", _counted),
        ("digits", _digits),
        ("roman", _roman),
    )
    for kind, writer in writers:
        if form in words[kind]:
            return writer(number, words[kind][form])
    return f"{number:02d}" if form in words["other"]["padded"] else str(number)


def _counted(number: int, words: tuple[str, str]) -> str:
    """十二, 二十, 一百零五."""
    digits, units = words
    text, printed = "", str(number)
    for at, digit in enumerate(printed):
        power = len(printed) - at - 1
        if digit != "0":
            text += digits[int(digit)] + (units[power - 1] if power else "")
        elif printed[at:].strip("0") and not text.endswith(digits[0]):
            text += digits[0]
    ten = digits[1] + units[0]
    return text.removeprefix(digits[1]) if text.startswith(ten) and units[0] == "十" else text


def _digits(number: int, digits: str) -> str:
    return "".join(digits[int(digit)] for digit in str(number))


def _roman(number: int, letters: list[str]) -> str:
    text = ""
    for value, letter in zip(_ROMAN, letters, strict=True):
        text += letter * (number // value)
        number %= value
    return text


# -------------------------------------------------------------------------------------- xml


def _level(element: Element) -> Level:
    restart = _value(element, "lvlRestart")
    legal = next(_all(element, "isLgl"), None)
    return Level(
        start=_int(_value(element, "start"), 1),
        form=_value(element, "numFmt") or _chosen_format(element) or "decimal",
        pattern=_value(element, "lvlText") or "",
        suffix=_value(element, "suff") or "tab",
        legal=legal is not None and _attribute(legal, "val") not in ("0", "false"),
        restart=None if restart is None else _int(restart, 0),
        style=_value(element, "pStyle"),
    )


def _chosen_format(element: Element) -> str | None:
    """The format that newer Words wrap in a choice, with another for older ones."""
    return next((_attribute(found, "val") for found in element.iter("{*}numFmt")), None)


def _style(element: Element) -> tuple[str | None, str | None, int | None]:
    properties = next(_all(element, "pPr"), None)
    own = next(_all(properties, "numPr"), None)
    level = _value(own, "ilvl")
    return _value(element, "basedOn"), _value(own, "numId"), None if level is None else _int(level, 0)


def _all(element: Element | None, name: str) -> Iterator[Element]:
    """The children of an element with a name, in any namespace."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{name}")


def _value(element: Element | None, name: str) -> str | None:
    """The value of the child with a name."""
    child = next(_all(element, name), None)
    return None if child is None else _attribute(child, "val")


def _attribute(element: Element, name: str) -> str:
    """An attribute, in any namespace; empty where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _int(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"\d{1,6}", value) else default
