"""Reads the dates by which something is to be done or reached."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from build_graph.model import Span

_PLAN = 5  # years: the twelfth plan ended in 2015
_FIRST_PLAN = 1955  # the end of plan n is 1955 + 5 n
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}

_DATE = r"""
    (?<![\d—–~～\-])
    (?:(?<![年月日截止])(?P<goal>到|至))?      # not 1月至5月, not 截至
    (?:
        (?P<year>20\d\d|今|明|当|本|后)年
        (?: (?P<month>\d{1,2})月(?:份)?(?:(?P<day>\d{1,2})日)?
          | (?P<half>[上下])半年
          | 第?(?P<quarter>[一二三四])季度
        )?
      | (?P<bare_month>\d{1,2})月(?:份)?(?:(?P<bare_day>\d{1,2})日)?
      | (?<![一二两三四五六七八九十几半每多近全])年(?=[底末内])
      | ["“”]?十(?P<plan>[一二三四五六七八九])五["”]?(?:规划)?(?=末|期末)
    )
    (?P<part>年?[底末内初中]|期末|[上中下]旬)?
    (?P<before>之?以?前)?
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A date in the text: the last day of the period that it names."""

    span: Span
    day: date
    goal: bool  # 到2020年: what follows is what will be
    strict: bool  # it says 前, 底, 末 or 内
    exact: bool  # it names a day


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(_DATE, re.VERBOSE)


def dues(content: str, span: Span, issued: date | None) -> Iterator[Due]:
    """The dates within `span`; one without a year takes it from `issued`, and is left out without it.

    >>> [due.day.isoformat() for due in dues("6月底前完成，到2020年建成", Span(0, 15), date(2019, 1, 3))]
    ['2019-06-30', '2020-12-31']
    """
    for found in _pattern().finditer(content, span.start, span.end):
        day = _last_day(found, issued)
        if day is not None:
            strict = bool(found["part"] or found["before"])
            exact = bool(found["day"] or found["bare_day"])
            yield Due(Span(found.start(), found.end()), day, bool(found["goal"]), strict, exact)


def is_dated(content: str, span: Span) -> bool:
    """Whether any date stands within the span."""
    return bool(_pattern().search(content, span.start, span.end))


def goal_at(content: str, span: Span) -> bool:
    """Whether the span opens with a date by which something will have been reached: 到2020年.

    >>> goal_at("力争到2020年底", Span(0, 9)), goal_at("2020年底前", Span(0, 7))
    (True, False)
    """
    return bool(_goal().match(content, span.start, span.end))


def without_dates(text: str) -> str:
    """`text` with its dates blanked: their numbers are no quantities.

    >>> without_dates("12月14日前完成20个")
    '       完成20个'
    """
    return _calendar().sub(lambda found: " " * len(found.group()), text)


@cache
def _calendar() -> re.Pattern[str]:
    return re.compile(r"(?:20\d\d年)?\d{1,2}月(?:\d{1,2}日)?(?:之?以?前)?|20\d\d年")


@cache
def _goal() -> re.Pattern[str]:
    return re.compile(
        r"[并且]?(?:力争|争取|确保|计划|预计|努力)?[在]?(?:到|至)(?=20\d\d年|[\"“”]?十[一二三四五六七八九]五)"
    )


def _last_day(found: re.Match[str], issued: date | None) -> date | None:
    """The last day of the period; None for a date that does not exist or has no year."""
    if found["plan"]:
        return date(_FIRST_PLAN + _PLAN * (10 + _DIGITS[found["plan"]]), 12, 31)
    year = _year(found, issued)
    if year is None:
        return None
    month, day = found["month"] or found["bare_month"], found["day"] or found["bare_day"]
    if day is None and (found["part"] or "").endswith("旬"):
        day = {"上旬": "10", "中旬": "20", "下旬": None}[found["part"]]
    try:
        return _end(year, _month(found, month), day)
    except ValueError:
        return None


def _year(found: re.Match[str], issued: date | None) -> int | None:
    written = found["year"] or ""
    if written.isdigit():
        return int(written)
    if issued is None:
        return None
    return issued.year + {"明": 1, "后": 2}.get(written, 0)


def _month(found: re.Match[str], month: str | None) -> int:
    if month:
        return int(month)
    if found["quarter"]:
        return 3 * _DIGITS[found["quarter"]]
    part = found["part"] or ""
    if found["half"] == "上" or part.endswith("中"):
        return 6
    return 1 if part.endswith("初") else 12


def _end(year: int, month: int, day: str | None) -> date:
    if not 1 <= month <= 12:
        raise ValueError(month)
    return date(year, month, int(day) if day else monthrange(year, month)[1])
