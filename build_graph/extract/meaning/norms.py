"""The norms of a measure: acts that someone is to do, may do, is encouraged to do or must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, takewhile

from build_graph.extract.phrases.dates import find_first_date, is_goal_at, may_have_date
from build_graph.extract.phrases.phrase_parser import Nature, PhraseAnalysis, PhraseParser
from build_graph.extract.phrases.quantities import (
    Licence,
    QuantityFinder,
    blank_dates_and_brackets,
    has_number,
)
from build_graph.extract.phrases.sentences import Sentence, blank_brackets, split_sentences
from build_graph.model import Measure, Norm, NormKind, Span

_SLOGAN = 4  # 解放思想: four characters
_SLOGANS = 3  # so many in a row are one norm
_REMARK = 8  # a bracket of no more, such as （试行）, belongs to the name before it
_FOR = "为"  # behind a means an act of its own: 通过热线，为职工提供服务
_CLOSED = ("）", ")", "］", "]")


@dataclass(frozen=True)
class NormFinder:
    """A finder of norms, with the package's lexicon."""

    parser: PhraseParser
    quantities: QuantityFinder

    @classmethod
    def load(cls, parser: PhraseParser | None = None) -> NormFinder:
        """Return a finder with the package's own lists."""
        return cls(parser or PhraseParser.load(), QuantityFinder.load())

    def find(self, content: str, measure: Measure) -> tuple[Norm, ...]:
        """Return the norms within `measure.span`, in text order and not overlapping.

        A goals clause that sets a date has targets and no norms, except before the paragraph with the date.
        """
        found: list[Norm] = []
        held: PhraseAnalysis | None = None
        goal = False  # 到2020年 precedes the semicolon
        for sentence in self._iterate_relevant(content, measure):
            aims = (goal or measure.goal) and has_number(
                blank_dates_and_brackets(sentence.span.extract(content))
            )
            before = _take_before_goal(content, sentence)
            for act in self._find_acts(content, () if aims else before):
                kind, held = self._choose_kind(self._mark_owned(content, act, held), held)
                found += [Norm(span, kind, _find_cue(act, span)) for span in _split_parts(content, act)]
            goal = goal or len(before) < len(sentence.phrases)
            goal = goal and sentence.continues
            if not sentence.continues or (held and held.kind is NormKind.PERMISSION):
                held = None
        return tuple(found)

    def _iterate_relevant(self, content: str, measure: Measure) -> Iterator[Sentence]:
        """Yield the sentences that may hold norms; behind a goal's date only those that open with a case."""
        dated = find_first_date(content, measure.span) if measure.goal else None
        goals = measure.span.end if dated is None else content.rfind("\n", measure.span.start, dated)
        for sentence in split_sentences(content, measure.span):
            first = sentence.phrases[0]
            if first.end <= goals or self.parser.grammar.opens_case(first.extract(content)):
                yield sentence

    def _find_acts(self, content: str, phrases: Sequence[Span]) -> list[PhraseAnalysis]:
        """Return the acts of one sentence."""
        readings = [self.parser.read(content, phrase) for phrase in phrases]
        readings = self._drop_cases(content, self._drop_motives(content, readings))
        readings = self._join_beneficiaries(content, self._drop_subjects(content, readings))
        for joins in (self._is_spanned, self._is_continued, self._is_carried):
            readings = _join_where(readings, partial(joins, content))
        readings = _join_means(_answer_calls(readings))
        return _join_slogans(self._drop_purposes(readings))

    def _mark_owned(self, content: str, act: PhraseAnalysis, held: PhraseAnalysis | None) -> PhraseAnalysis:
        """Return the act; a count of new things is the government's own aim, even behind 支持."""
        if held and held.kind is NormKind.ENCOURAGEMENT and act.kind is None:
            text = blank_dates_and_brackets(act.span.extract(content))
            if has_number(text) and self.quantities.find(text, Licence.COUNT):
                return act._replace(government=True)
        return act

    def _choose_kind(
        self, act: PhraseAnalysis, held: PhraseAnalysis | None
    ) -> tuple[NormKind, PhraseAnalysis | None]:
        """Return the act's kind, and the act whose kind goes on: 鼓励 and 可 reach to the next subject."""
        if act.kind is not None:
            return act.kind, act if act.carries else None
        if held and held.kind and not (act.government and not self._is_asked(act, held)):
            return held.kind, held
        return NormKind.OBLIGATION, None

    def _is_asked(self, act: PhraseAnalysis, held: PhraseAnalysis) -> bool:
        """Return whether a government is encouraged, so that its own acts are, too: 鼓励各市…，建立…机制."""
        asked = held.public and held.kind is NormKind.ENCOURAGEMENT
        return asked and act.head not in self.parser.words.oversight

    def _drop_motives(self, content: str, readings: list[PhraseAnalysis]) -> list[PhraseAnalysis]:
        """Drop the motives before a decision: of 为鼓励建设，改善环境，根据…，制定本办法 the first two."""
        words = self.parser.words
        if not readings or readings[0].nature is not Nature.OTHER:
            return readings
        if not words.motives.match_at(readings[0].phrase.extract(content), 0):
            return readings
        texts = (reading.phrase.extract(content) for reading in readings)
        turn = next((index for index, text in enumerate(texts) if words.turns.match_at(text)), 0)
        return [
            reading._replace(nature=Nature.OTHER) if index < turn and reading.kind is None else reading
            for index, reading in enumerate(readings)
        ]

    def _drop_cases(self, content: str, readings: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
        """Drop a case up to its 的: 对投资建设…的企业，接入…的，给予…."""
        words, grammar, out = self.parser.words, self.parser.grammar, list(readings)
        first: int | None = None
        treated = False
        end = readings[-1].phrase.extract(content) if len(readings) > 1 else ""
        if words.deferring.match_before(end):  # 上级出台政策，我市遵照执行
            out[0] = readings[0]._replace(nature=Nature.OTHER)
        for index, reading in enumerate(readings):
            text = reading.phrase.extract(content)
            if grammar.opens_case(text):
                light = reading.head in words.lights
                treated = reading.nature is Nature.ACT and (light or grammar.is_treated(text))
                first = index
            if first is not None and words.verdicts.contains_any(text):
                first = None
            if first is not None and self._ends_case(text, reading, treated=treated):
                held = out[first : index + 1]
                out[first : index + 1] = [case._replace(nature=Nature.OTHER) for case in held]
                first = None
        return out

    def _ends_case(self, text: str, reading: PhraseAnalysis, *, treated: bool) -> bool:
        """Return whether a case ends with the phrase: …的, or the noun that is treated."""
        if text.endswith("的"):
            return True
        return self._names_case(text, reading) and (not treated or self.parser.grammar.ends_in_actor(text))

    def _names_case(self, text: str, reading: PhraseAnalysis) -> bool:
        """Return whether the phrase ends in the noun that 的 leads to: 形成产业链的企业."""
        words = self.parser.words
        opener = words.prepositions.match_at(text)
        own = reading.head in words.government or (opener and opener not in words.cases)
        return not own and self.parser.grammar.is_subject(text)

    def _is_continued(self, content: str, act: PhraseAnalysis, reading: PhraseAnalysis) -> bool:
        """Return whether the act's object continues behind the comma: 建设甲平台，以及乙平台."""
        goes_on = act.nature is Nature.ACT and reading.nature is Nature.OTHER
        return goes_on and bool(self.parser.words.joins.match_at(reading.phrase.extract(content)))

    def _is_spanned(self, content: str, opening: PhraseAnalysis, reading: PhraseAnalysis) -> bool:
        """Return whether the opening's object reaches up to its noun: 落实降低成本，确保利率下降的政策."""
        words = self.parser.words
        if opening.head not in words.spanning or reading.head in words.spanning or reading.kind is not None:
            return False
        text = reading.phrase.extract(content)
        ends = "的" in text and words.spanned.match_before(text)
        return bool(ends) and "的" not in opening.phrase.extract(content)

    def _join_beneficiaries(self, content: str, readings: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
        """Join those whom a measure is for into one act: 重点支持形成产能，取得证书的企业，对其给予…."""
        first, them = readings[0] if readings else None, self.parser.words.them
        if first is None or first.kind is not NormKind.ENCOURAGEMENT:
            return list(readings)
        turn = next((at for at, one in enumerate(readings) if them.match_at(one.phrase.extract(content))), 0)
        if turn < 2:
            return list(readings)
        last = readings[turn - 1].phrase
        if not self.parser.grammar.is_subject(last.extract(content)):
            return list(readings)
        return [first._replace(phrase=Span(first.phrase.start, last.end)), *readings[turn:]]

    def _is_carried(self, content: str, opening: PhraseAnalysis, reading: PhraseAnalysis) -> bool:
        """Return whether the reading has the verb for the object of 将: 将共性问题，纳入清单."""
        words = self.parser.words
        if not words.carried.match_at(reading.phrase.extract(content)):
            return False
        text = opening.phrase.extract(content)
        cue = opening.cue.end if opening.cue else 0
        opened = opening.head in words.carriers or words.carriers.match_at(text, cue)
        return bool(opened) and not words.carried.contains_any(text)

    def _drop_subjects(self, content: str, readings: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
        """Drop subjects that open with a verb: 参加培训的人员 before 可享受补贴."""
        kept: list[PhraseAnalysis] = []
        awaited = False
        if len(readings) > 1 and self._is_topic(readings[0].phrase.extract(content), readings[0]):
            readings = [readings[0]._replace(nature=Nature.OTHER), *readings[1:]]
        for reading in reversed(readings):
            waiting = awaited and reading.cue is None
            if waiting and self.parser.grammar.is_subject(reading.phrase.extract(content)):
                kept.append(reading._replace(nature=Nature.OTHER))
                continue
            kept.append(reading)
            if reading.nature is not Nature.OTHER:
                awaited = reading.awaits_subject
        return kept[::-1]

    def _is_topic(self, text: str, reading: PhraseAnalysis) -> bool:
        """Return whether the phrase is the topic of its sentence: 列入名单的企业，按月…."""
        grammar = self.parser.grammar
        trait = reading.head in self.parser.words.traits and reading.start == 0
        return trait and grammar.is_subject(text) and grammar.ends_in_actor(text)

    def _drop_purposes(self, readings: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
        """Return the acts with the purposes before them or alone; outcomes between acts are dropped."""
        kept = [reading for reading in readings if reading.nature in (Nature.ACT, Nature.PURPOSE)]
        acts = [index for index, reading in enumerate(kept) if reading.nature is Nature.ACT]
        if not acts:
            return kept
        outcomes = self.parser.words.outcomes
        return [
            reading
            for index, reading in enumerate(kept[: acts[-1] + 1])
            if index <= acts[0] or reading.nature is Nature.ACT or reading.head not in outcomes
        ]


def _join_where(
    readings: Iterable[PhraseAnalysis], joins: Callable[[PhraseAnalysis, PhraseAnalysis], bool]
) -> list[PhraseAnalysis]:
    """Return the analyses; one for which `joins` holds is made part of the one before it."""
    out: list[PhraseAnalysis] = []
    for reading in readings:
        if out and joins(out[-1], reading):
            out[-1] = out[-1]._replace(phrase=Span(out[-1].phrase.start, reading.phrase.end))
        else:
            out.append(reading)
    return out


def _take_before_goal(content: str, sentence: Sentence) -> tuple[Span, ...]:
    """Return the phrases before 到2020年: what follows is a target."""
    if not may_have_date(content, sentence.span):
        return sentence.phrases
    return tuple(takewhile(lambda phrase: not is_goal_at(content, phrase), sentence.phrases))


def _answer_calls(readings: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
    """Join calls and their acts: 引导和推动创业投资基金,加大…; of 要按照规定,推动… the second alone stays."""
    out: list[PhraseAnalysis] = []
    call: PhraseAnalysis | None = None
    for reading in readings:
        if call and not reading.linked and (answer := _answer_call(call, reading)):
            out.append(answer)
            call = None
            continue
        if call and (call.adverbial or reading.linked or reading.nature is not Nature.OTHER):
            out += [] if call.closed else [call._replace(nature=Nature.ACT)]  # 要根据…方案 is no act
            call = None
        if reading.nature is Nature.CALL:
            call = reading
        else:
            out.append(reading)
    return [*out, call._replace(nature=Nature.ACT)] if call else out


def _answer_call(call: PhraseAnalysis, reading: PhraseAnalysis) -> PhraseAnalysis | None:
    """Return the norm that the call and the phrase behind it make; None where that is no answer.

    Behind 要根据… even an unknown verb is an answer: the modal needs one.
    """
    acts = reading.nature in (Nature.ACT, Nature.PURPOSE) and reading.kind is None
    if call.kind is NormKind.OBLIGATION:
        return reading._replace(nature=Nature.ACT) if acts or (call.adverbial and reading.open) else None
    whole = Span(call.phrase.start, reading.phrase.end)
    return call._replace(nature=Nature.ACT, phrase=whole, carries=True) if acts else None


def _join_means(readings: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
    """Turn a means into an act, together with its purpose: 运用大数据等技术，实现…."""
    out: list[PhraseAnalysis] = []
    for reading in readings:
        if out and out[-1].nature is Nature.MEANS and reading.head == _FOR:
            out[-1] = reading._replace(nature=Nature.ACT)
        elif out and out[-1].nature is Nature.MEANS and reading.nature is Nature.PURPOSE:
            phrase = Span(out[-1].phrase.start, reading.phrase.end)
            out[-1] = out[-1]._replace(nature=Nature.ACT, phrase=phrase)
        else:
            out.append(reading)
    return out


def _join_slogans(acts: Sequence[PhraseAnalysis]) -> list[PhraseAnalysis]:
    """Join slogans in a row behind one modal: 要解放思想,转变观念,密切协作."""
    if len(acts) < _SLOGANS:
        return list(acts)
    out: list[PhraseAnalysis] = []
    for short, run in groupby(acts, _is_slogan):
        row = list(run)
        if short and len(row) >= _SLOGANS and row[0].kind is NormKind.OBLIGATION:
            row = [row[0]._replace(phrase=Span(row[0].phrase.start, row[-1].phrase.end))]
        out += row
    return out


def _is_slogan(act: PhraseAnalysis) -> bool:
    modal = len(act.cue) if act.cue and act.kind is NormKind.OBLIGATION else 0
    return len(act.span) - modal == _SLOGAN


def _split_parts(content: str, act: PhraseAnalysis) -> list[Span]:
    """Return the quote, cut where the same verb begins anew behind 、: 放宽甲限制、放宽乙限制."""
    span = _strip_remark(content, act.span)
    if "、" not in (text := span.extract(content)):
        return [span]
    text = blank_brackets(text)
    parts, start, at = [], 0, -1
    while act.head and "等" not in text and (at := text.find("、" + act.head, at + 1)) >= 0:
        parts.append(Span(span.start + start, span.start + at))
        start = at + 1
    return [*parts, Span(span.start + start, span.end)]


def _strip_remark(content: str, span: Span) -> Span:
    """Return the span without a longer bracket at its end: 方可销号（报告格式见附件3）."""
    text = span.extract(content)
    if not text.endswith(_CLOSED):
        return span
    blanked = len(blank_brackets(text).rstrip())
    remark = len(text) - blanked > _REMARK
    return Span(span.start, span.start + blanked) if remark and blanked else span


def _find_cue(act: PhraseAnalysis, span: Span) -> Span | None:
    cue = act.cue_span
    return cue if cue and span.holds(cue) else None
