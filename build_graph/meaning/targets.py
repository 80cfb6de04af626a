"""Finds the targets of a measure: what is aimed at by a date or in a quantity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from build_graph.meaning.acts import Nature, Reader
from build_graph.meaning.dates import Due, dues, without_dates
from build_graph.meaning.lexicon import Words
from build_graph.meaning.phrases import outside, sentences
from build_graph.model import Measure, Span, Target
from build_graph.resources import word_lists

_NEAR = 12  # what tells an aim from another date stands no farther from it
_LONG = 400  # no phrase is longer; a text without commas is not searched for quantities


@cache
def _number() -> re.Pattern[str]:
    """A number that is not part of a name (12315, 5G, IPv6), a date or a list mark."""
    return re.compile(
        r"(?<![A-Za-z\d.．第+\-—–~～])\d+(?:,\d{3})*(?:[.．]\d+)?(?![\d.．GDgdKk×-]|[年月]度?(?:[底末前内]|$))"
    )


@cache
def _rest() -> re.Pattern[str]:
    """The words behind a date up to the next mark or conjunction: 取得明显成效."""
    return re.compile(r"[^，,；;、。：:（()）并且\s]*")


@cache
def _series() -> re.Pattern[str]:
    """The next number of 150亿元以上、500亿元以上、100亿元."""
    return re.compile(r"(?:以上|以下|左右|以内)?[、和及](?=\d)\d+(?:,\d{3})*(?:[.．]\d+)?")


@dataclass(frozen=True, slots=True)
class _Words:
    no_aim_before: Words
    no_aim_after: Words
    openers: Words
    changes: Words
    softeners: Words
    grants: Words
    units: Words
    multiples: Words

    @classmethod
    def load(cls) -> _Words:
        data = word_lists("targets")
        return cls(**{name: Words(words) for part in data.values() for name, words in part.items()})


@dataclass(frozen=True, slots=True)
class _Segment:
    """Phrases in a row that one date governs, or none."""

    phrases: tuple[Span, ...]
    aim: Due | None

    @property
    def whole(self) -> Span:
        return Span(self.phrases[0].start, self.phrases[-1].end)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch that is one target if any, and the quantity in it."""

    span: Span
    quantity: str | None


@dataclass(frozen=True)
class TargetFinder:
    """Finds targets with the package's lists."""

    words: _Words
    reader: Reader

    @classmethod
    def load(cls) -> TargetFinder:
        """A finder with the lists that come with the package."""
        return cls(_Words.load(), Reader.load())

    def find(self, content: str, measure: Measure, issued: date | None) -> tuple[Target, ...]:
        """The targets within the measure and its attribution, in text order.

        `issued` gives the year of 6月底前; without it a date that has no year is left out.
        """
        found = self._in_goals if measure.goal else self._in_measure
        targets = list(found(content, measure.span, issued))
        if measure.assignment:
            targets += self._in_attribution(content, measure.assignment.span, issued)
        return tuple(targets)

    # --------------------------------------------------------------------------- where they stand

    def _in_goals(self, content: str, span: Span, issued: date | None) -> Iterator[Target]:
        """Of a goals clause what has a date or a quantity; where nothing has a quantity, every sentence."""
        segments = list(self._segments(content, span, issued))
        pieces = [list(self._pieces(content, segment, loose=True)) for segment in segments]
        quantified = any(piece.quantity for row in pieces for piece in row)
        due: date | None = None
        for segment, row in zip(segments, pieces, strict=True):
            due = segment.aim.day if segment.aim else due
            if segment.aim is None and not quantified and due:
                yield Target(segment.whole, due, None)
                continue
            yield from (Target(p.span, due, p.quantity) for p in row if p.quantity or segment.aim)

    def _in_measure(self, content: str, span: Span, issued: date | None) -> Iterator[Target]:
        for segment in self._segments(content, span, issued):
            pieces = list(self._pieces(content, segment, loose=segment.aim is not None))
            if segment.aim is None or any(piece.quantity for piece in pieces):
                due = segment.aim.day if segment.aim else None
                goal = segment.aim is not None and segment.aim.goal
                yield from (Target(p.span, due, p.quantity) for p in pieces if p.quantity or goal)
            else:
                yield self._unquantified(content, segment, segment.aim)

    def _in_attribution(self, content: str, span: Span, issued: date | None) -> Iterator[Target]:
        """5月底取得明显成效并持续推进, 完成时限：2024年底: the date and what it says of itself."""
        for due in dues(content, span, issued):
            words = _rest().match(content, due.span.end, span.end)
            yield Target(Span(due.span.start, words.end() if words else due.span.end), due.day, None)

    def _unquantified(self, content: str, segment: _Segment, aim: Due) -> Target:
        """A goal is quoted whole; of an act with a deadline the date alone."""
        if not aim.goal and self._is_act(content, segment, aim):
            return Target(aim.span, aim.day, None)
        return Target(segment.whole, aim.day, None)

    def _is_act(self, content: str, segment: _Segment, aim: Due) -> bool:
        first = segment.phrases[0]
        phrases = [first] if aim.span.end < first.end else segment.phrases[1:]
        return any(self.reader.read(content, phrase).nature is Nature.ACT for phrase in phrases)

    # ------------------------------------------------------------------------------- their parts

    def _segments(self, content: str, span: Span, issued: date | None) -> Iterator[_Segment]:
        """The sentences, cut again before each phrase with a date."""
        for sentence in sentences(content, span):
            run: list[Span] = []
            aim: Due | None = None
            for phrase in sentence.phrases:
                found = self._aim(content, phrase, issued)
                if found and run:
                    yield _Segment(tuple(run), aim)
                    run = []
                run.append(phrase)
                aim = found or aim
            yield _Segment(tuple(run), aim)

    def _aim(self, content: str, phrase: Span, issued: date | None) -> Due | None:
        """The date in the phrase by which something is to be, if there is one."""
        for due in dues(content, phrase, issued):
            past = issued is not None and due.day < issued
            if not past and self._is_aim(content, phrase, due):
                return due
        return None

    def _is_aim(self, content: str, phrase: Span, due: Due) -> bool:
        first = max(phrase.start, due.span.start - _NEAR)
        before = content[first : due.span.start]
        after = content[due.span.end : min(phrase.end, due.span.end + _NEAR)]
        if self.words.no_aim_before.before(before, len(before)) or self.words.no_aim_after.at(after, 0):
            return False
        leads = first == phrase.start and self.words.openers.before(before, len(before)) == before
        return due.goal or due.strict or (leads and not due.exact)  # 3月16日 alone tells what happened

    def _pieces(self, content: str, segment: _Segment, *, loose: bool) -> Iterator[_Piece]:
        """Each phrase with a quantity, and the runs of phrases between them.

        What stands between the date and the first quantity goes with it.
        """
        run: Span | None = None
        first = segment.aim is not None
        for piece in self._split_all(content, segment, loose=loose):
            whole = Span(run.start if run else piece.span.start, piece.span.end)
            if piece.quantity is None:
                run = whole
                continue
            if run and not first:
                yield _Piece(run, None)
            yield _Piece(whole if first else piece.span, piece.quantity)
            run, first = None, False
        if run and not (segment.aim and segment.aim.span.end == run.end):
            yield _Piece(run, None)

    def _split_all(self, content: str, segment: _Segment, *, loose: bool) -> Iterator[_Piece]:
        for phrase in segment.phrases:
            yield from self._split(content, phrase, loose=loose)

    def _split(self, content: str, phrase: Span, *, loose: bool) -> Iterator[_Piece]:
        """The phrase, cut at a 、 between two predicates with a quantity each: A达到1%、B达到2%."""
        start = phrase.start
        if len(phrase) > _LONG:
            yield _Piece(phrase, None)
            return
        for comma in re.finditer("、", outside(phrase.of(content))):
            at = phrase.start + comma.start()
            left, right = Span(start, at), Span(at + 1, phrase.end)
            if (quantity := self._quantity(content, left, loose=False)) and self._predicate(content, right):
                yield _Piece(left, quantity)
                start = at + 1
        rest = Span(start, phrase.end)
        yield _Piece(rest, self._quantity(content, rest, loose=loose))

    def _predicate(self, content: str, span: Span) -> bool:
        """Whether the next item of a list has a subject, a change and a number of its own."""
        item = outside(span.of(content)).split("、")[0]
        return not item[:1].isdigit() and self._quantity(item, Span(0, len(item)), loose=False) is not None

    def _quantity(self, content: str, span: Span, *, loose: bool) -> str | None:
        """The number aimed at, with its unit; `loose` takes any number that has a unit."""
        text = without_dates(outside(span.of(content)))
        if not loose and any(self.words.grants.at(text, at) for at in range(len(text))):
            return None
        for number in _number().finditer(text):
            end = self._unit_end(text, number.end())
            if self._is_changed(text, number.start()) or (loose and end > number.end()):
                return text[number.start() : self._series_end(text, end)]
        return None

    def _is_changed(self, text: str, at: int) -> bool:
        """Whether a word of change stands before the number: 达到, 降低约."""
        while softener := self.words.softeners.before(text, at):
            if self.words.changes.before(text, at):
                return True
            at -= len(softener)
        return bool(self.words.changes.before(text, at))

    def _unit_end(self, text: str, at: int) -> int:
        at += len(self.words.multiples.at(text, at))
        return at + len(self.words.units.at(text, at))

    def _series_end(self, text: str, end: int) -> int:
        """The end of 150亿元以上、500亿元以上、100亿元."""
        while more := _series().match(text, end):
            end = self._unit_end(text, more.end())
        return end
