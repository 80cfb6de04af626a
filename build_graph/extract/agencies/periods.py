"""Stretches of time, and when a document was written by the years in its number and title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from build_graph.model import Metadata

_YEAR_OF_NUMBER = re.compile(
    r"[〔\[［（(【](?P<year>(?:19|20)\d\d)[〕\]］）)】](?=\s*第?\s*\d)"
)  # 国发〔2015〕24号
_YEAR_OF_TITLE = re.compile(r"(?<!\d)(?:19|20)\d\d(?=\s*(?:年|[-－—–―~～至到]\s*(?:19|20)\d\d\s*年?))")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time from `begin` up to and without `end`; None is open."""

    begin: date | None = None
    end: date | None = None

    @classmethod
    def build_day(cls, day: date) -> Period:
        """Return the period of one day."""
        return cls(day, date.fromordinal(day.toordinal() + 1))

    @classmethod
    def build_years(cls, first: int, last: int) -> Period:
        """Return the period from the first day of a year to the last day of another."""
        return cls(date(first, 1, 1), date(last + 1, 1, 1))

    def overlaps(self, other: Period) -> bool:
        """Return whether the two have a day in common.

        >>> Period(date(2013, 3, 14), date(2018, 3, 17)).overlaps(Period(date(2018, 3, 17)))
        False
        """
        return not (self.ends_before(other) or other.ends_before(self))

    def ends_before(self, other: Period) -> bool:
        """Return whether the period is over when the other begins."""
        return self.end is not None and other.begin is not None and self.end <= other.begin

    def covers(self, other: Period) -> bool:
        """Return whether every day of the other is one of this period.

        >>> Period(date(2018, 3, 17)).covers(Period(date(2019, 1, 1), date(2022, 1, 1)))
        True
        >>> Period(date(2018, 3, 17)).covers(Period())
        False
        """
        begun = self.begin is None or (other.begin is not None and self.begin <= other.begin)
        return begun and (self.end is None or (other.end is not None and other.end <= self.end))

    def intersect(self, other: Period) -> Period:
        """Return the days that both have."""
        begins = [day for day in (self.begin, other.begin) if day]
        ends = [day for day in (self.end, other.end) if day]
        return Period(max(begins, default=None), min(ends, default=None))

    def __str__(self) -> str:
        """Return both days, open where there is none."""
        return f"{self.begin or ''}–{self.end or ''}"


ALWAYS = Period()  # of a document of which nobody knows when it was written


def find_period(metadata: Metadata, content: str = "") -> Period:
    """Return the time in which a document was written: its day, the year of its number, or of its title.

    A title gives years of which a document speaks: a plan comes out before or in them, a report after them.
    So one year before and one after count too. A document is no older than those whose numbers it names.

    >>> str(find_period(Metadata(number="皖政办〔2020〕5号")))
    '2020-01-01–2021-01-01'
    >>> str(find_period(Metadata(title="某市大数据发展三年行动计划（2021—2023年）")))
    '2020-01-01–2025-01-01'
    >>> str(find_period(Metadata(title="关于加强管理的通知"), "根据国办发〔2019〕3号和国发〔2018〕38号"))
    '2019-01-01–'
    >>> find_period(Metadata())
    Period(begin=None, end=None)
    """
    if metadata.issued:
        return Period.build_day(metadata.issued)
    if found := _YEAR_OF_NUMBER.search(metadata.number or ""):
        return Period.build_years(int(found["year"]), int(found["year"]))
    years = [int(year) for year in _list_title_years(metadata.title or "")]
    named = Period.build_years(min(years) - 1, max(years) + 1) if years else Period()
    cited = [int(found["year"]) for found in _YEAR_OF_NUMBER.finditer(content)]
    after = Period(date(max(cited), 1, 1)) if cited else Period()
    return named.intersect(after) if named.overlaps(after) else named


def _list_title_years(title: str) -> list[str]:
    """Return the years in a title, of a range its first and last."""
    found = [match[0] for match in _YEAR_OF_TITLE.finditer(title)]
    return found + re.findall(r"(?<=[-－—–―~～至到])(?:19|20)\d\d(?=\s*年)", title)
