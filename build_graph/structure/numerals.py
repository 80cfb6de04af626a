"""Chinese numerals and dates as documents print them."""

from __future__ import annotations

import calendar
import re
from datetime import date

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0, "Ｏ": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}

# 2015年5月4日, 二〇一五年五月四日, 2015-05-04, 2015.5.4
DATE = re.compile(
    r"(?P<year>(?:19|20)\d{2}|[一二][〇○零O九][〇○零O一二三四五六七八九]{2})\s*[年./-]\s*"
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})\s*[月./-]\s*"
    r"(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})(?:\s*日|(?!\d))"
)


def parse_numeral(text: str) -> int:
    """The value of a Chinese or Arabic numeral up to 9999.

    >>> [parse_numeral(n) for n in ("十", "二十九", "一百零三", "12", "二〇一五")]
    [10, 29, 103, 12, 2015]
    """
    if text.isdecimal():
        return int(text)
    if not any(c in _UNITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for character in text:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def parse_date(text: str) -> date | None:
    """The first date in `text`, or None if there is none or it is not in the calendar.

    >>> parse_date("二〇一五年五月四日")
    datetime.date(2015, 5, 4)
    >>> parse_date("2015年2月30日") is None
    True
    """
    found = DATE.search(text)
    if not found:
        return None
    year, month, day = (parse_numeral(found[part]) for part in ("year", "month", "day"))
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)
