"""The targets of a measure: aims with a date or a quantity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from build_graph.extract.phrases.dates import (
    DueDate,
    find_dates,
    find_periods,
    is_recurring,
    may_have_date,
    may_have_period,
)
from build_graph.extract.phrases.lexicon import WordSet
from build_graph.extract.phrases.phrase_parser import Nature, PhraseParser
from build_graph.extract.phrases.quantities import (
    Licence,
    QuantityFinder,
    blank_dates_and_brackets,
    has_number,
    may_have_number,
)
from build_graph.extract.phrases.sentences import Sentence, split_sentences
from build_graph.model import Measure, NormKind, Span, Target
from build_graph.resources import load_word_lists

_NEAR = 12  # characters around a date that show whether it is an aim
_LONG = 400  # no phrase is longer; a text without commas is not searched for quantities
_WORD = 3  # 其中: no more than a word between two figures
# The words behind a date up to the next mark or conjunction: 取得明显成效.
_REST = re.compile(r"[^，,；;、。：:（()）并且\s]*")


@dataclass(frozen=True, slots=True)
class _TargetWords:
    no_aim_before: WordSet
    no_aim_after: WordSet
    openers: WordSet
    done: WordSet
    no_deadlines: WordSet
    leads: WordSet
    ifs: WordSet
    cases: WordSet

    @classmethod
    def load(cls) -> _TargetWords:
        data = load_word_lists("targets")
        lists = {**data["dates"], "cases": data["quantities"]["cases"]}
        return cls(**{name: WordSet(lists[name]) for name in cls.__slots__})


class _Piece(NamedTuple):
    """A stretch that may be one target, and the quantity in it."""

    span: Span
    quantity: str | None


class _Segment(NamedTuple):
    """Phrases in a row that one date, or none, governs."""

    phrases: tuple[Span, ...]
    aim: DueDate | None
    held: DueDate | None  # the date before the semicolon, where it has none of its own
    cases: frozenset[int]  # where those phrases start whose numbers are conditions

    @property
    def whole(self) -> Span:
        return Span(self.phrases[0].start, self.phrases[-1].end)

    @property
    def goal(self) -> DueDate | None:
        """The date of a goal (到2020年), here or before the semicolon."""
        return next((due for due in (self.aim, self.held) if due and due.goal), None)

    def ends_with_date(self, span: Span) -> bool:
        """Return whether the segment's date is the last thing in the span."""
        return self.aim is not None and self.aim.span.end == span.end

    def build_targets(self, pieces: Iterable[_Piece], due: date | None, *, dated: bool) -> Iterator[Target]:
        """Yield the pieces that are targets: all if `dated`, or those with a quantity or the goal's date."""
        for piece in pieces:
            own = self.aim is not None and self.aim.goal and piece.span.holds(self.aim.span)
            if piece.quantity or dated or own:
                yield Target(piece.span, due, piece.quantity)


@dataclass(frozen=True)
class TargetFinder:
    """A finder of targets, with the package's lists."""

    words: _TargetWords
    quantities: QuantityFinder
    parser: PhraseParser

    @classmethod
    def load(cls, parser: PhraseParser | None = None) -> TargetFinder:
        """Return a finder with the package's own lists."""
        return cls(_TargetWords.load(), QuantityFinder.load(), parser or PhraseParser.load())

    def find(self, content: str, measure: Measure, issued: date | None) -> tuple[Target, ...]:
        """Return the targets within the measure and its attribution, in text order.

        `issued` gives the year of 6月底前; without it, or where the measure speaks of every year, that target
        has no date.
        """
        targets: list[Target] = []
        if _may_have_target(content, measure.span):
            year = None if is_recurring(content, measure.span) else issued
            found = self._find_in_goals if measure.goal else self._find_in_measure
            targets += found(content, measure.span, year)
        if measure.assignment:
            targets += self._find_in_attribution(content, measure.assignment.span, issued)
        return tuple(targets)

    # ------------------------------------------------------------------------- parts of a measure

    def _find_in_goals(self, content: str, span: Span, issued: date | None) -> Iterator[Target]:
        """Yield the parts of a goals clause with a date or a quantity.

        Where nothing has a quantity, every sentence is a target.
        """
        segments = list(self._iterate_segments(content, span, issued))
        pieces = [list(self._iterate_pieces(content, segment, among_goals=True)) for segment in segments]
        quantified = any(piece.quantity for row in pieces for piece in row)
        due: date | None = None
        for segment, row in zip(segments, pieces, strict=True):
            due = segment.aim.day if segment.aim else due
            if not quantified and due:
                yield Target(segment.whole, due, None)
                continue
            dated = due is not None and bool(segment.aim or segment.held)
            yield from segment.build_targets(row, due, dated=dated)

    def _find_in_measure(self, content: str, span: Span, issued: date | None) -> Iterator[Target]:
        for segment in self._iterate_segments(content, span, issued):
            aim, goal = segment.aim or segment.goal, segment.goal
            if aim is None and not may_have_number(content, segment.whole.start, segment.whole.end):
                yield from self._find_in_periods(content, segment)
                continue
            pieces = list(self._iterate_pieces(content, segment))
            if any(piece.quantity for piece in pieces) or aim is None or segment.aim is None:
                due = aim.day if aim else None
                dated = due is not None and goal is not None
                yield from segment.build_targets(pieces, due, dated=dated)
            elif not segment.aim.during or self._is_act(content, segment, segment.aim):
                yield self._build_unquantified(content, segment, segment.aim)
            if aim is None and not any(piece.quantity for piece in pieces):
                yield from self._find_in_periods(content, segment)

    def _find_in_attribution(self, content: str, span: Span, issued: date | None) -> Iterator[Target]:
        """Yield the dates of an attribution with the words behind them: 5月底取得明显成效, 2024年底."""
        for due in find_dates(content, span, issued):
            words = _REST.match(content, due.span.end, span.end)
            yield Target(Span(due.span.start, words.end() if words else due.span.end), due.day, None)

    def _find_in_periods(self, content: str, segment: _Segment) -> Iterator[Target]:
        """Yield the deadlines that count from a case: 资金拨付后1年内, 要督促…."""
        for index, phrase in enumerate(segment.phrases):
            for span, time in find_periods(content, phrase) if len(phrase) <= _LONG else ():
                rest = segment.phrases[index : index + 1 + (span.end == phrase.end)]
                if self._is_deadline(content, phrase, span) and self._is_duty(content, rest[-1]):
                    yield Target(Span(phrase.start, span.end), None, time)

    def _is_deadline(self, content: str, phrase: Span, span: Span) -> bool:
        before, after = content[phrase.start : span.start], content[span.end : phrase.end]
        none = self.words.no_deadlines
        if none.match_before(before) or none.contains_any(after):
            return False
        return not before or bool(self.words.leads.match_before(before))

    def _is_duty(self, content: str, phrase: Span) -> bool:
        reading = self.parser.read(content, phrase)
        acts = reading.nature is Nature.ACT or (reading.nature is Nature.CALL and reading.kind is not None)
        return acts and reading.kind in (None, NormKind.OBLIGATION)

    def _build_unquantified(self, content: str, segment: _Segment, aim: DueDate) -> Target:
        """Return the target of a goal, quoted whole, or of an act with a deadline: its date alone."""
        if not aim.goal and self._is_act(content, segment, aim):
            return Target(aim.span, aim.day, None)
        return Target(segment.whole, aim.day, None)

    def _is_act(self, content: str, segment: _Segment, aim: DueDate) -> bool:
        first = segment.phrases[0]
        phrases = [first] if aim.span.end < first.end else segment.phrases[1:]
        return any(self.parser.read(content, phrase).nature is Nature.ACT for phrase in phrases)

    # ------------------------------------------------------------------------------- their parts

    def _iterate_segments(self, content: str, span: Span, issued: date | None) -> Iterator[_Segment]:
        """Yield the sentences, cut again before each phrase with a date."""
        held: DueDate | None = None
        for sentence in split_sentences(content, span):
            cases = self._find_cases(content, sentence)
            run: list[Span] = []
            aim: DueDate | None = None
            dated = may_have_date(content, sentence.span)
            for phrase in sentence.phrases:
                found = self._find_aim(content, phrase, issued) if dated else None
                if found and run:
                    yield _Segment(tuple(run), aim, held, cases)
                    run = []
                run.append(phrase)
                aim = found or aim
                held = None if aim else held
            yield _Segment(tuple(run), aim, held, cases)
            held = (aim or held) if sentence.continues else None

    def _find_cases(self, content: str, sentence: Sentence) -> frozenset[int]:
        """Return the starts of the phrases that state a condition, or what exists already.

        对营业收入超过5000万元的，给予…; 截至2019年底，已建成3家.
        """
        phrases = sentence.phrases
        if not has_number(sentence.span.extract(content)):
            return frozenset()
        texts = [_blank(content, phrase) for phrase in phrases]
        facts = (index for index, text in enumerate(texts) if self.quantities.is_known(text))
        known = next(facts, len(texts))
        opens = (index for index, text in enumerate(texts) if self._opens_case(text))
        first = next(opens, len(texts))
        named = first < len(texts) and self.parser.grammar.opens_case(texts[first])
        ends = (index for index, text in enumerate(texts) if self._ends_case(text, named=named))
        last = max(ends, default=-1)
        return frozenset(
            phrase.start
            for index, phrase in enumerate(phrases)
            if first <= index <= last or index >= known or self._is_circumstance(texts[index])
        )

    def _is_circumstance(self, text: str) -> bool:
        return bool(text) and self.parser.grammar.is_circumstance(text)

    def _opens_case(self, text: str) -> bool:
        word, lexicon = self.words.cases.match_at(text), self.parser.words
        longer = max(len(lexicon.other_words.match_at(text)), len(lexicon.acts.match_at(text)))
        return len(word) >= max(longer, 1)  # 对 and 申报, but not 对接 or 经济

    def _ends_case(self, text: str, *, named: bool) -> bool:
        """Return whether a case ends with the phrase: …的, 给予…, and behind 对 …的企业."""
        if text.endswith("的") or self.quantities.is_given(text):
            return True
        return named and bool(text) and self.parser.grammar.is_subject(text)

    def _find_aim(self, content: str, phrase: Span, issued: date | None) -> DueDate | None:
        """Return the date in the phrase by which something is to be reached, if there is one."""
        for due in find_dates(content, phrase, issued):
            loose = issued is None and not due.strict and not due.goal
            past = loose or (issued is not None and due.day is not None and due.day < issued)
            if not past and self._is_aim(content, phrase, due):
                return due
        return None

    def _is_aim(self, content: str, phrase: Span, due: DueDate) -> bool:
        first = max(phrase.start, due.span.start - _NEAR)
        before = content[first : due.span.start].rstrip()
        after = content[due.span.end : min(phrase.end, due.span.end + _NEAR)]
        words = self.words
        if words.no_aim_before.match_before(before) or words.no_aim_after.match_at(after):
            return False
        if content[phrase.end - 1] == "的" or words.ifs.match_at(content, phrase.start):
            return False  # 12月31日前未签订合同的
        loose = not due.strict and not due.goal
        if loose and self.parser.read(content, phrase).kind is NormKind.PERMISSION:
            return False  # 2020年2月免收房租: for how long
        text = blank_dates_and_brackets(phrase.extract(content))
        if loose and not due.during and self._is_circumstance(text):
            return False  # 2月份的期限延长后
        leads = first == phrase.start and words.openers.match_before(before) == before
        past = due.exact or due.day is None  # 3月16日 alone is about the past
        return due.goal or due.strict or (leads and not past and self._goes_on(content, phrase, due))

    def _goes_on(self, content: str, phrase: Span, due: DueDate) -> bool:
        """Return whether an act or a figure follows 2020年: not 2020年春风行动."""
        rest = blank_dates_and_brackets(content[due.span.end : min(phrase.end, due.span.end + _LONG)])
        lexicon = self.parser.words
        acts = (words.match_at(rest) for words in (lexicon.adverbs, lexicon.heads, lexicon.modals))
        return not rest or any(acts) or has_number(rest)

    def _iterate_pieces(
        self, content: str, segment: _Segment, *, among_goals: bool = False
    ) -> Iterator[_Piece]:
        """Yield each phrase with a quantity, and the runs of phrases between them.

        The words between the date and the first quantity go with it, except 基本建成….
        """
        run: Span | None = None
        first, apart = segment.aim is not None, False
        for piece in self._split_all(content, segment, among_goals=among_goals):
            done = piece.quantity is None and self._is_done(content, piece.span)
            if done and run and not segment.ends_with_date(run):
                yield _Piece(run, None)
                run = None
            whole = Span(run.start if run else piece.span.start, piece.span.end)
            if piece.quantity is None:
                run, apart = whole, apart or done
                continue
            if run and (apart or not first) and len(run) > _WORD:
                yield _Piece(run, None)
            yield _Piece(whole if first and not apart else piece.span, piece.quantity)
            run, first, apart = None, False, False
        if run and not segment.ends_with_date(run):
            yield _Piece(run, None)

    def _is_done(self, content: str, span: Span) -> bool:
        """Return whether 基本建成 opens the words: an aim of its own beside those with figures."""
        text = span.extract(content)
        return bool(self.parser.words.acts.match_at(text, len(self.words.done.match_at(text) or text)))

    def _split_all(self, content: str, segment: _Segment, *, among_goals: bool) -> Iterator[_Piece]:
        counted = False
        for phrase in segment.phrases:
            text = _blank(content, phrase)
            if not has_number(text):
                yield _Piece(phrase, None)
                continue
            licence = Licence.UNIT if among_goals or segment.aim or segment.goal else None
            licence = licence or self._choose_licence(content, phrase, text, counted=counted)
            licence = None if phrase.start in segment.cases else licence
            openings = self._find_openings(content, phrase, text)
            pieces = list(self._split_items(phrase, text, licence, openings))
            counted = licence is not Licence.CHANGE and any(piece.quantity for piece in pieces)
            yield from pieces

    def _choose_licence(self, content: str, phrase: Span, text: str, *, counted: bool) -> Licence | None:
        """Return the licence that a number in a phrase without a date needs."""
        if self.quantities.is_given(text):
            return None
        if self.parser.read(content, phrase).kind in (NormKind.PERMISSION, NormKind.PROHIBITION):
            return Licence.CHANGE
        return Licence.LISTED if counted else Licence.COUNT

    def _find_openings(self, content: str, phrase: Span, text: str) -> list[int]:
        """Return the places where the verb may stand: behind subject and adverbs."""
        start = self.parser.read(content, phrase).start
        return [at for first in {0, start} for at in self.parser.grammar.find_openings(text, first)]

    def _split_items(
        self, phrase: Span, text: str, licence: Licence | None, openings: Sequence[int]
    ) -> Iterator[_Piece]:
        """Yield the phrase, cut where items of a list have a quantity each: A达到1%、B达到2%."""
        for start, end in self.quantities.split_items(text) if licence else [(0, len(text))]:
            quantity = self.quantities.find(text[start:end], licence, openings) if licence else None
            yield _Piece(Span(phrase.start + start, phrase.start + end), quantity)
            if quantity and licence is Licence.COUNT:
                licence = Licence.LISTED


def _may_have_target(content: str, span: Span) -> bool:
    """Return whether the span has a character without which there is no date, quantity or period."""
    numbered = may_have_number(content, span.start, span.end)
    return numbered or may_have_date(content, span) or may_have_period(content, span)


def _blank(content: str, phrase: Span) -> str:
    """Return the phrase with brackets and dates blanked; "" for one too long to be searched."""
    return blank_dates_and_brackets(phrase.extract(content)) if len(phrase) <= _LONG else ""
