"""Finds the norms of a measure: what someone is to do, may do, is encouraged to do or must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from .acts import Nature, Reader, Reading
from .dates import goal_at
from .lexicon import Lexicon
from .model import Measure, Norm, NormKind, Span
from .phrases import sentences

_SLOGAN = 4  # 解放思想: four characters
_SLOGANS = 3  # so many in a row are one norm


@dataclass(frozen=True)
class NormFinder:
    """Finds norms with the package's lexicon."""

    reader: Reader
    lexicon: Lexicon

    @classmethod
    def load(cls) -> NormFinder:
        """A finder with the lists that come with the package."""
        lexicon = Lexicon.load()
        return cls(Reader(lexicon), lexicon)

    def find(self, content: str, measure: Measure) -> tuple[Norm, ...]:
        """The norms within `measure.span`, in text order, not overlapping; none in a goals clause."""
        if measure.goal:
            return ()
        found: list[Norm] = []
        held: NormKind | None = None
        for sentence in sentences(content, measure.span):
            for act in self._acts(content, sentence.phrases):
                kind, held = _kind(act, held)
                found += [Norm(span, kind, act.cue_span) for span in _parts(content, act)]
            if sentence.stop not in ("；", ";") or held is NormKind.PERMISSION:
                held = None
        return tuple(found)

    def _acts(self, content: str, phrases: Sequence[Span]) -> list[Reading]:
        """The acts of one sentence."""
        readings = [self.reader.read(content, phrase) for phrase in _before_goal(content, phrases)]
        readings = self._without_subjects(content, readings)
        readings = _join(readings, _answered_call)
        readings = _join(readings, _means_to_an_end)
        return _slogans(_without_purposes(readings))

    def _without_subjects(self, content: str, readings: Sequence[Reading]) -> list[Reading]:
        """参加培训的人员, before 可享受补贴, is a subject though it opens with a verb."""
        kept: list[Reading] = []
        awaited = False
        for reading in reversed(readings):
            if awaited and reading.cue is None and self.reader.is_subject(reading.phrase.of(content)):
                reading = replace(reading, nature=Nature.OTHER)
            kept.append(reading)
            if reading.nature is not Nature.OTHER:
                awaited = reading.awaits_subject
        return kept[::-1]


def _before_goal(content: str, phrases: Sequence[Span]) -> Iterator[Span]:
    for phrase in phrases:
        if goal_at(content, phrase):
            return
        yield phrase


def _join(readings, together):
    out = []
    for r in readings:
        if out and (j := together(out[-1], r)):
            out[-1] = j
        else:
            out.append(r)
    return out


def _answered_call(first: Reading, second: Reading) -> Reading | None:
    """引导和推动创业投资基金,加大…: one norm."""
    if first.nature is Nature.CALL and second.nature is Nature.ACT and second.kind is None:
        return replace(first, nature=Nature.ACT, phrase=Span(first.phrase.start, second.phrase.end), carries=True)
    return None


def _means_to_an_end(first: Reading, second: Reading) -> Reading | None:
    """运用大数据等技术，实现…: the means is what is to be done, and its purpose goes with it."""
    if first.nature is Nature.MEANS and second.nature is Nature.PURPOSE:
        return replace(first, nature=Nature.ACT, phrase=Span(first.phrase.start, second.phrase.end))
    return None


def _without_purposes(readings: Iterable[Reading]) -> list[Reading]:
    kept = [r for r in readings if r.nature in (Nature.ACT, Nature.PURPOSE, Nature.CALL)]
    if any(r.nature is not Nature.PURPOSE for r in kept):
        while kept[-1].nature is Nature.PURPOSE:
            kept.pop()
    return kept


def _slogans(acts: Sequence[Reading]) -> list[Reading]:
    """要解放思想,转变观念,密切协作: slogans in a row are one norm."""
    out: list[Reading] = []
    for short, run in groupby(acts, lambda act: _is_slogan(act)):
        row = list(run)
        if short and len(row) >= _SLOGANS:
            row = [replace(row[0], phrase=Span(row[0].phrase.start, row[-1].phrase.end))]
        out += row
    return out


def _is_slogan(act: Reading) -> bool:
    cue = len(act.cue) if act.cue and act.kind is NormKind.OBLIGATION else 0
    return len(act.span) - cue == _SLOGAN


def _kind(act: Reading, held: NormKind | None) -> tuple[NormKind, NormKind | None]:
    if act.kind is not None:
        return act.kind, act.kind if act.carries else None
    if held and not act.government:
        return held, held
    return NormKind.OBLIGATION, None


def _parts(content: str, act: Reading) -> list[Span]:
    return [act.span]
