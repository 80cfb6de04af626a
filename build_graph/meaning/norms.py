"""Finds the norms of a measure: what someone is to do, may do, is encouraged to do or must not do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from build_graph.meaning.acts import Nature, Reader, Reading
from build_graph.meaning.dates import goal_at, is_dated
from build_graph.meaning.phrases import outside, sentences
from build_graph.model import Measure, Norm, NormKind, Span

_SLOGAN = 4  # 解放思想: four characters
_SLOGANS = 3  # so many in a row are one norm
_SEMICOLONS = ("；", ";")


@dataclass(frozen=True)
class NormFinder:
    """Finds norms with the package's lexicon."""

    reader: Reader

    @classmethod
    def load(cls) -> NormFinder:
        """A finder with the lists that come with the package."""
        return cls(Reader.load())

    def find(self, content: str, measure: Measure) -> tuple[Norm, ...]:
        """The norms within `measure.span`, in text order and not overlapping.

        A goals clause that sets a date has targets and no norms.
        """
        if measure.goal and is_dated(content, measure.span):
            return ()
        found: list[Norm] = []
        held: NormKind | None = None
        for sentence in sentences(content, measure.span):
            for act in self._acts(content, sentence.phrases):
                kind, held = _kind(act, held)
                found += [Norm(span, kind, _cue(act, span)) for span in _parts(content, act)]
            if sentence.stop not in _SEMICOLONS or held is NormKind.PERMISSION:
                held = None
        return tuple(found)

    def _acts(self, content: str, phrases: Sequence[Span]) -> list[Reading]:
        """The acts of one sentence."""
        readings = [self.reader.read(content, phrase) for phrase in _before_goal(content, phrases)]
        readings = self._without_subjects(content, readings)
        readings = _answered_calls(readings)
        readings = _means_with_ends(readings)
        return _slogans(self._without_purposes(readings))

    def _without_subjects(self, content: str, readings: Sequence[Reading]) -> list[Reading]:
        """参加培训的人员, before 可享受补贴, is a subject though it opens with a verb."""
        kept: list[Reading] = []
        awaited = False
        for reading in reversed(readings):
            phrase = reading.phrase.of(content)
            if awaited and reading.cue is None and self.reader.grammar.is_subject(phrase):
                kept.append(replace(reading, nature=Nature.OTHER))
                continue
            kept.append(reading)
            if reading.nature is not Nature.OTHER:
                awaited = reading.awaits_subject
        return kept[::-1]

    def _without_purposes(self, readings: Sequence[Reading]) -> list[Reading]:
        """The acts, and the purposes that stand before an act or alone; of those between acts not all."""
        kept = [reading for reading in readings if reading.nature in (Nature.ACT, Nature.PURPOSE)]
        acts = [index for index, reading in enumerate(kept) if reading.nature is Nature.ACT]
        if not acts:
            return kept
        outcomes = self.reader.words.outcomes
        return [
            reading
            for index, reading in enumerate(kept[: acts[-1] + 1])
            if index <= acts[0] or reading.nature is Nature.ACT or reading.head not in outcomes
        ]


def _before_goal(content: str, phrases: Sequence[Span]) -> Iterator[Span]:
    """The phrases up to 到2020年: what comes then is a target."""
    for phrase in phrases:
        if goal_at(content, phrase):
            return
        yield phrase


def _answered_calls(readings: Sequence[Reading]) -> list[Reading]:
    """引导和推动创业投资基金,加大…: one norm; 要按照规定,推动…: the second alone."""
    out: list[Reading] = []
    call: Reading | None = None
    for reading in readings:
        answers = reading.nature in (Nature.ACT, Nature.PURPOSE) and reading.kind is None
        if call and answers:
            out.append(_answer(call, reading))
            call = None
            continue
        if call and reading.nature is not Nature.OTHER:
            out.append(replace(call, nature=Nature.ACT))
            call = None
        if reading.nature is Nature.CALL:
            call = reading
        else:
            out.append(reading)
    return [*out, replace(call, nature=Nature.ACT)] if call else out


def _answer(call: Reading, act: Reading) -> Reading:
    if call.kind is NormKind.OBLIGATION:
        return replace(act, nature=Nature.ACT)
    return replace(call, nature=Nature.ACT, phrase=Span(call.phrase.start, act.phrase.end), carries=True)


def _means_with_ends(readings: Sequence[Reading]) -> list[Reading]:
    """运用大数据等技术，实现…: the means is what is to be done, and its purpose goes with it."""
    out: list[Reading] = []
    for reading in readings:
        if out and out[-1].nature is Nature.MEANS and reading.nature is Nature.PURPOSE:
            phrase = Span(out[-1].phrase.start, reading.phrase.end)
            out[-1] = replace(out[-1], nature=Nature.ACT, phrase=phrase)
        else:
            out.append(reading)
    return out


def _slogans(acts: Sequence[Reading]) -> list[Reading]:
    """要解放思想,转变观念,密切协作: slogans in a row behind one modal are one norm."""
    out: list[Reading] = []
    for short, run in groupby(acts, _is_slogan):
        row = list(run)
        if short and len(row) >= _SLOGANS and row[0].kind is NormKind.OBLIGATION:
            row = [replace(row[0], phrase=Span(row[0].phrase.start, row[-1].phrase.end))]
        out += row
    return out


def _is_slogan(act: Reading) -> bool:
    modal = len(act.cue) if act.cue and act.kind is NormKind.OBLIGATION else 0
    return len(act.span) - modal == _SLOGAN


def _kind(act: Reading, held: NormKind | None) -> tuple[NormKind, NormKind | None]:
    """The act's kind, and the kind that goes on: 鼓励 and 可 reach as far as their subject."""
    if act.kind is not None:
        return act.kind, act.kind if act.carries else None
    if held and not act.government:
        return held, held
    return NormKind.OBLIGATION, None


def _parts(content: str, act: Reading) -> list[Span]:
    """The quote, cut where the same verb begins anew behind 、: 放宽甲限制、放宽乙限制."""
    span = act.span
    text = outside(span.of(content))
    parts, start, at = [], 0, -1
    while act.head and (at := text.find("、" + act.head, at + 1)) >= 0:
        parts.append(Span(span.start + start, span.start + at))
        start = at + 1
    return [*parts, Span(span.start + start, span.end)]


def _cue(act: Reading, span: Span) -> Span | None:
    cue = act.cue_span
    return cue if cue and cue in span else None
