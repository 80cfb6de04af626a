"""The numbers of Word's numbered lists, as Word shows them: no paragraph's text holds them.

numbering.xml describes lists level by level; a paragraph names its list and level, by itself or by its style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from build_graph.resources import load_word_lists

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ROMAN = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
_LARGEST = 9_999  # numbers above are written in plain digits
_STYLES_DEEP = 20  # styles that may be based on each other
_CLOSED = "、）)．，："  # marks that end so need no blank behind them


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a list: its first number, the format of its numbers, and the text around them."""

    start: int
    form: str  # chineseCountingThousand, decimal, …
    pattern: str  # %1、
    suffix: str  # tab, space or nothing
    legal: bool  # all numbers in plain digits
    restart: int | None  # the level (from 1) behind which it starts again; 0 for never
    style: str | None


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and their counts so far."""

    lists: dict[str, str]  # a list's id → the id of its description
    levels: dict[str, dict[int, Level]]  # by description
    starts: dict[tuple[str, int], int]  # where a list starts anew: by its id and level
    styles: dict[str, tuple[str | None, str | None, int | None]]  # style → based on, list, level
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    started: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def parse(cls, numbering: Element | None, styles: Element | None) -> Numbering:
        """Return the lists that the parts numbering.xml and styles.xml describe; either may be missing."""
        lists = list(iterate_children(numbering, "num"))
        return cls(
            {read_attribute(one, "numId"): read_value(one, "abstractNumId") or "" for one in lists},
            _parse_levels(list(iterate_children(numbering, "abstractNum"))),
            _parse_starts(lists),
            {read_attribute(s, "styleId"): _parse_style(s) for s in iterate_children(styles, "style")},
        )

    def number_paragraph(self, properties: Element | None) -> str:
        """Return the mark that Word shows before a paragraph with these properties, and count it."""
        list_, level = self._find_level(properties)
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
        return self._format_mark(description, form, counts)

    def _restarts(self, description: str, deeper: int, level: int) -> bool:
        """Return whether a deeper level counts from its start again after one of `level`."""
        form = self.levels[description].get(deeper)
        return form is None or form.restart is None or 0 <= level < form.restart

    def _find_level(self, properties: Element | None) -> tuple[str | None, int]:
        """Return list and level of a paragraph: its own, else those of its style."""
        own = find_child(properties, "numPr")
        list_ = read_value(own, "numId")
        level = read_value(own, "ilvl")
        style = read_value(properties, "pStyle")
        for _ in range(_STYLES_DEEP):
            if list_ is not None or style is None:
                break
            based, list_, styled = self.styles.get(style, (None, None, None))
            if list_ is not None and level is None:
                return list_, styled if styled is not None else self._find_style_level(list_, style)
            style = based
        return list_, parse_int(level, 0)

    def _find_style_level(self, list_: str, style: str) -> int:
        """Return the level of a list that belongs to a style."""
        levels = self.levels.get(self.lists.get(list_, ""), {})
        return next((at for at, level in levels.items() if level.style == style), 0)

    def _format_mark(self, description: str, form: Level, counts: Mapping[int, int]) -> str:
        """Return the mark with the numbers of its own and higher levels filled in."""
        silent = load_word_lists("numbering")["other"]["silent"]
        if form.form in silent and "%" not in form.pattern:
            return "" if form.form == "bullet" else form.pattern
        levels = self.levels[description]

        def format_level(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            level = levels.get(at, form)
            return format_number(counts.get(at, level.start), "decimal" if form.legal else level.form)

        mark = re.sub(r"%([1-9])", format_level, form.pattern)
        apart = mark and form.suffix != "nothing" and mark[-1] not in _CLOSED
        return f"{mark} " if apart else mark


def format_number(number: int, form: str) -> str:
    """Return a number as Word writes it in a format.

    >>> forms = ("chineseCountingThousand", "decimalEnclosedCircle", "upperRoman")
    >>> [format_number(12, form) for form in forms]
    ['十二', '⑫', 'XII']
    """
    words = load_word_lists("numbering")
    if form in words["other"]["silent"]:
        return ""
    if not 0 < number <= _LARGEST:
        return str(number)
    if form in words["series"] and number <= len(words["series"][form]):
        return str(words["series"][form][number - 1])
    writers: tuple[tuple[str, Callable[..., str]], ...] = (
        ("counting", _format_counting),
        ("digits", _format_digits),
        ("roman", _format_roman),
    )
    for kind, writer in writers:
        if form in words[kind]:
            return writer(number, words[kind][form])
    return f"{number:02d}" if form in words["other"]["padded"] else str(number)


def _format_counting(number: int, words: tuple[str, str]) -> str:
    """Return a number in Chinese characters: 十二, 二十, 一百零五."""
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


def _format_digits(number: int, digits: str) -> str:
    return "".join(digits[int(digit)] for digit in str(number))


def _format_roman(number: int, letters: list[str]) -> str:
    text = ""
    for value, letter in zip(_ROMAN, letters, strict=True):
        text += letter * (number // value)
        number %= value
    return text


# -------------------------------------------------------------------------------------- xml


def _parse_levels(descriptions: Sequence[Element]) -> dict[str, dict[int, Level]]:
    """Return the levels of each description; one that only names a style has those of the style."""
    levels = {
        read_attribute(one, "abstractNumId"): {
            int(read_attribute(level, "ilvl") or 0): _parse_level(level)
            for level in iterate_children(one, "lvl")
        }
        for one in descriptions
    }
    styled = {read_value(one, "styleLink"): read_attribute(one, "abstractNumId") for one in descriptions}
    for one in descriptions:
        if (style := read_value(one, "numStyleLink")) and style in styled:
            levels[read_attribute(one, "abstractNumId")] = levels[styled[style]]
    return levels


def _parse_starts(lists: Sequence[Element]) -> dict[tuple[str, int], int]:
    """Return the numbers at which lists begin anew, by list and level."""
    return {
        (read_attribute(one, "numId"), int(read_attribute(override, "ilvl") or 0)): parse_int(start, 1)
        for one in lists
        for override in iterate_children(one, "lvlOverride")
        if (start := read_value(override, "startOverride")) is not None
    }


def _parse_level(element: Element) -> Level:
    restart = read_value(element, "lvlRestart")
    legal = find_child(element, "isLgl")
    return Level(
        start=parse_int(read_value(element, "start"), 1),
        form=read_value(element, "numFmt") or _find_format(element) or "decimal",
        pattern=read_value(element, "lvlText") or "",
        suffix=read_value(element, "suff") or "tab",
        legal=legal is not None and read_attribute(legal, "val") not in ("0", "false"),
        restart=None if restart is None else parse_int(restart, 0),
        style=read_value(element, "pStyle"),
    )


def _find_format(element: Element) -> str | None:
    """Return the format that newer versions of Word wrap in a choice, beside another for older ones."""
    return next((read_attribute(found, "val") for found in element.iter("{*}numFmt")), None)


def _parse_style(element: Element) -> tuple[str | None, str | None, int | None]:
    properties = find_child(element, "pPr")
    own = find_child(properties, "numPr")
    level = read_value(own, "ilvl")
    return (
        read_value(element, "basedOn"),
        read_value(own, "numId"),
        None if level is None else parse_int(level, 0),
    )


def iterate_children(element: Element | None, name: str) -> Iterator[Element]:
    """Return the children of an element with a name, in any namespace."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{name}")


def find_child(element: Element | None, name: str) -> Element | None:
    """Return the first child of an element with a name; None where there is none."""
    return next(iterate_children(element, name), None)


def read_value(element: Element | None, name: str) -> str | None:
    """Return the value of the child with a name, "" for a child without one; None without the child."""
    child = find_child(element, name)
    return None if child is None else read_attribute(child, "val")


def read_attribute(element: Element, name: str) -> str:
    """Return an attribute, in any namespace; empty where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def parse_int(value: str | None, default: int) -> int:
    """Return a number of up to six digits; the default for any other value."""
    return int(value) if value and re.fullmatch(r"\d{1,6}", value) else default
