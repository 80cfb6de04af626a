"""The dates by which something is to be done or reached."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from build_graph.model import Span

_PLAN = 5  # years: the twelfth plan ended in 2015
_FIRST_PLAN = 1955  # the end of plan n is 1955 + 5 n
_LATE = 10  # from October on, plans for the next year are issued
_DATED = frozenset("在于年今明本当次每前0123456789")  # the first character of a deadline
_HEAD = 2000  # characters at the beginning of a text that give the year of a plan
_LEAP = 2020  # a leap year, in which every day of the calendar exists
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}

_DATE = re.compile(
    r"""
    (?<!\d)(?<![\d年月日][—–~～\-])(?<![\d年月日][—–~～\-]{2})   # ——到2020年, but not 3月—5月
    (?P<range>20\d\d\s?年?[—–~～\-至到]{1,2}(?=20\d\d))?
    (?:(?<![年月日旬底初末截止])(?P<goal>到|至))?      # not 1月至5月, not 截至
    (?:
        (?P<year>20\d\d|今|明|本|后)\s?年(?:度(?=\d|[上下]半年))?
        (?: (?P<month>\d{1,2})月(?:份)?(?:(?P<day>\d{1,2})日)?
          | (?P<half>[上下])半年
          | 第?(?P<quarter>[一二三四])季度
        )?
      | (?P<vague>(?:前|下|上)一年|[次翌每当该]年|第二年)度?
        (?:\d{1,2}月(?:份)?(?:\d{1,2}日)?|(?P<vague_part>[上下]半年|第?[一二三四]季度)|(?=年?[底末内初中]))
      | (?P<bare_month>\d{1,2})月(?:份)?(?:(?P<bare_day>\d{1,2})日)?
      | (?<![一二两三四五六七八九十几半每多近全后前满\s])年(?=[底末内])
      | ["“”]?十(?P<plan>[一二三四五六七八九])五["”]?(?:规划)?(?=末|期末|期间|时期)
    )
    (?P<part>年?[底末内初中]|期末|[上中下]旬)?
    (?:[（(][^（）()]{1,6}[)）](?=之?以?前))?          # 4月17日（星期五）前
    (?P<before>之?以?前)?
    (?P<during>期间|时期)?
    """,
    re.VERBOSE,
)
_SIGN = re.compile("[年月五]")
# The years that no number names.
_RECURRING = re.compile("[一次翌每当该二]年")
_WITHIN = re.compile(
    r"(?<![\d.])(?P<time>(?:\d{1,3}|[一二两三四五六七八九十半]+)(?:个工作日|个月|个?星期|年|天|日|周|小时))(?:之内|以内|内|(?:左右)?的?时间)"
)
# The ends of all periods.
_INSIDE = re.compile("内|时间")
# A year by which something is to be reached.
_PLANNED = re.compile(
    r"(?<![\d—–~～\-])(?:(?<=到)|(?=20\d\d年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:年?[底末]|之?以?前)))(?P<year>20\d\d)年"
)
_TITLED = re.compile(r"(?<![\d\-—–~～至])(?P<year>20\d\d)年")
_DEADLINE = re.compile(
    r"""
    (?:在|于)?
    (?:(?:20\d\d|今|明|本|当|次|每|[\u4e00-\u9fff]{2}当|前一)年度?)?
    (?:\d{1,2}月(?:份)?(?:\d{1,2}日)?|(?<=年)|年(?=[底末]))
    [底末初]?(?:之?以?前)
    """,
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_CALENDAR = re.compile(
    r"(?:20\d\d年)?\d{1,2}月(?:\d{1,2}日)?(?:之?以?前)?|20\d\d(?:[\-—–~～至]20\d\d)?年|20\d\d[\-—–~～]20\d\d"
)
_GOAL = re.compile(
    r"[并且]?(?:力争|争取|确保|计划|预计|努力)?[在]?(?:到|至)(?=20\d\d年|[\"“”]?十[一二三四五六七八九]五)"
)


@dataclass(frozen=True, slots=True)
class DueDate:
    """A date in the text: the last day of the period that it names."""

    span: Span
    day: date | None  # None where the text leaves the year open: 每年6月底前
    goal: bool  # 到2020年: the words behind it describe the aim
    strict: bool  # it contains 前, 底, 末 or 内
    exact: bool  # it names a day
    during: bool  # it is a stretch of years: 2018—2020年, “十四五”期间


def may_have_date(content: str, span: Span) -> bool:
    """Return whether the span has a character without which there is no date."""
    return bool(_SIGN.search(content, span.start, span.end))


def find_dates(content: str, span: Span, issued: date | None) -> Iterator[DueDate]:
    """Yield the dates within `span`; one without a year gets it from `issued`, or stays open without it.

    A date that does not exist is left out.

    >>> found = find_dates("6月底前完成，到2020年建成", Span(0, 15), date(2019, 1, 3))
    >>> [due.day.isoformat() for due in found]
    ['2019-06-30', '2020-12-31']
    """
    if not may_have_date(content, span):
        return
    for found in _DATE.finditer(content, span.start, span.end):
        try:
            day = _find_last_day(found, issued)
        except ValueError:
            continue
        strict = bool(found["part"] or found["before"] or found["vague_part"])
        exact = bool(found["day"] or found["bare_day"] or found["vague"])
        goal = bool(found["goal"]) and (strict or not exact)  # 12月19日至12月20日 is no goal
        during = bool(found["range"] or (found["plan"] and found["during"]))
        yield DueDate(Span(found.start(), found.end()), day, goal, strict, exact, during)


def may_have_period(content: str, span: Span) -> bool:
    """Return whether the span has the end of a period within which something is to be done."""
    return bool(_INSIDE.search(content, span.start, span.end))


def is_recurring(content: str, span: Span) -> bool:
    """Return whether a date within the span holds for more than one year: 每年6月底前, 次年3月."""
    if not _RECURRING.search(content, span.start, span.end):
        return False
    return any(found["vague"] for found in _DATE.finditer(content, span.start, span.end))


def find_periods(content: str, span: Span) -> Iterator[tuple[Span, str]]:
    """Yield the periods within which something is to be done, and how long each is.

    >>> [time for _, time in find_periods("收到后10个工作日内办结，三年内建成", Span(0, 17))]
    ['10个工作日', '三年']
    """
    if not may_have_period(content, span):
        return
    for found in _WITHIN.finditer(content, span.start, span.end):
        yield Span(found.start(), found.end()), found["time"]


def find_reference_date(issued: date | None, title: str | None, content: str = "") -> date | None:
    """Return the date from which dates without a year count.

    It is the day of issue, or the year that the title or else the text names first.

    >>> [find_reference_date(date(*day), "2021年工作要点") for day in ((2020, 12, 28), (2021, 3, 1))]
    [datetime.date(2021, 1, 1), datetime.date(2021, 3, 1)]
    >>> find_reference_date(None, "方案", "到2017年10月15日前完成，年底前总结")
    datetime.date(2017, 1, 1)
    """
    named = _TITLED.search(title or "")
    if issued is None and named is None:
        named = _PLANNED.search(content, 0, _HEAD)
    first = date(int(named["year"]), 1, 1) if named else None
    if issued is None or first is None:
        return issued or first
    eve = first.year == issued.year + 1 and issued.month >= _LATE
    return first if eve else issued


def find_first_date(content: str, span: Span) -> int | None:
    """Return the start of the first date within the span; None without one."""
    found = _DATE.search(content, span.start, span.end)
    return found.start() if found else None


def is_goal_at(content: str, span: Span) -> bool:
    """Return whether the span opens with a date by which something will have been reached: 到2020年.

    >>> is_goal_at("力争到2020年底", Span(0, 9)), is_goal_at("2020年底前", Span(0, 7))
    (True, False)
    """
    return bool(_GOAL.match(content, span.start, span.end))


def find_deadline(text: str, at: int) -> str:
    """Return the deadline that begins at `at`, such as 在资助当年4月底前, or ""; it acts as an adverb.

    >>> find_deadline("于10月15日前上报", 0)
    '于10月15日前'
    """
    found = _DEADLINE.match(text, at) if text[at : at + 1] in _DATED else None
    return found.group() if found else ""


def blank_dates(text: str) -> str:
    """Return `text` with its dates blanked: their numbers are no quantities.

    >>> blank_dates("12月14日前完成20个")
    '       完成20个'
    """
    if not _DIGIT.search(text):
        return text
    return _CALENDAR.sub(lambda found: " " * len(found.group()), text)


def _find_last_day(found: re.Match[str], issued: date | None) -> date | None:
    """Return the last day of the period; None without a year. Raises ValueError for no real date."""
    if found["plan"]:
        return date(_FIRST_PLAN + _PLAN * (10 + _DIGITS[found["plan"]]), 12, 31)
    if found["vague"]:
        return None
    month, day = found["month"] or found["bare_month"], found["day"] or found["bare_day"]
    if day is None and (found["part"] or "").endswith("旬"):
        day = {"上旬": "10", "中旬": "20", "下旬": None}[found["part"]]
    year = _read_year(found, issued)
    last = _compute_end(year or _LEAP, _read_month(found, month), day)
    return last if year else None


def _read_year(found: re.Match[str], issued: date | None) -> int | None:
    written = found["year"] or ""
    if written.isdigit():
        return int(written)
    if issued is None:
        return None
    return issued.year + {"明": 1, "后": 2}.get(written, 0)


def _read_month(found: re.Match[str], month: str | None) -> int:
    if month:
        return int(month)
    if found["quarter"]:
        return 3 * _DIGITS[found["quarter"]]
    part = found["part"] or ""
    if found["half"] == "上" or part.endswith("中"):
        return 6
    return 1 if part.endswith("初") else 12


def _compute_end(year: int, month: int, day: str | None) -> date:
    if not 1 <= month <= 12:
        raise ValueError(month)
    return date(year, month, int(day) if day else monthrange(year, month)[1])
