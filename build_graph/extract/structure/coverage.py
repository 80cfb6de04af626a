"""The coverage of a document: each stretch with its kind; the rest is unread, never dropped silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from build_graph.extract.structure.marks import iterate_lines
from build_graph.extract.structure.outline import is_sentence, load_note_pattern
from build_graph.model import Coverage, CoverageKind, Level, Measure, Outline, Span, Stretch
from build_graph.resources import load_word_lists

_TRAIL = re.compile(r"[）)〕﹞］\]】。；;，,、\s]*")  # the end of an attribution
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_HEADING = re.compile(r"[^。；;，,！!？?：:]{1,20}[。：:]?")  # 具体措施：, 智慧物流。
_HEADING_LIMIT = 40  # characters of a line within a clause that only announces the next ones

# What a character can be painted as: a kind, and why it is unread.
_Paint = tuple[CoverageKind, str]
_STRUCTURE, _PRINCIPLE = (CoverageKind.STRUCTURE, ""), (CoverageKind.PRINCIPLE, "")
_IDLE = (CoverageKind.UNREAD, "nothing is ordered or aimed at in it")
_FORM = (CoverageKind.UNREAD, "a form to be filled in")
_OUTSIDE = (CoverageKind.UNREAD, "it belongs to no section, clause or paragraph")
_PAINTS: tuple[_Paint, ...] = (
    _OUTSIDE,
    _IDLE,
    _FORM,
    _STRUCTURE,
    _PRINCIPLE,
    (CoverageKind.MEASURE, ""),
    (CoverageKind.ATTRIBUTION, ""),
)


@dataclass(frozen=True, slots=True)
class CoverageMeter:
    """Tells what each stretch of a document was understood as, with the words of `data/outline.toml`."""

    note: re.Pattern[str]  # a line behind the text: 附件：…, 联系人：…
    form: re.Pattern[str]
    formula: re.Pattern[str]  # 自印发之日起施行

    @classmethod
    def load(cls) -> CoverageMeter:
        """Return a meter with the package's own words."""
        data = load_word_lists("outline")
        return cls(
            note=load_note_pattern(),
            form=re.compile(data["form"]["pattern"]),
            formula=re.compile(data["formula"]["pattern"]),
        )

    def measure(self, content: str, outline: Outline, measures: Sequence[Measure]) -> Coverage:
        """Return the kind of each stretch of a text, in order, without white space at its ends.

        `measures` are those that were kept: text of a clause that is no measure is unread.
        """
        first = _find_first_division(outline)
        painted = bytearray([_PAINTS.index(_OUTSIDE)]) * len(content)
        _paint(painted, self._iterate_layers(content, outline, measures, first))
        outside = [span for paint, span in _iterate_runs(content, painted) if paint == _OUTSIDE]
        lines = (line for span in outside for line in iterate_lines(content, span))
        _paint(painted, ((self._classify_line(content, line, first), line) for line in lines))
        return Coverage(tuple(_build_stretch(content, *run) for run in _iterate_runs(content, painted)))

    def _iterate_layers(
        self, content: str, outline: Outline, measures: Sequence[Measure], first: int
    ) -> Iterator[tuple[_Paint, Span]]:
        """Yield stretches with what they are; a later one covers an earlier one."""
        for division in outline.walk():
            yield _STRUCTURE, Span(division.span.start, division.body.start)
            idle = _PRINCIPLE if division.principle or division.span.end <= first else _IDLE
            for line in iterate_lines(content, division.body):
                yield (idle if division.principle else self._classify_text(content, line, idle)), line
        for measure in measures:
            yield (CoverageKind.MEASURE, ""), measure.span
            if measure.assignment:
                span = _find_attribution_span(content, measure, measure.assignment.span)
                yield (CoverageKind.ATTRIBUTION, ""), span

    def _classify_line(self, content: str, line: Span, first: int) -> _Paint:
        """Return what a line outside of all divisions is: a title, a signature, a note, a form, or text.

        Text before the first division is the preamble.
        """
        words, otherwise = line.extract(content), _PRINCIPLE if line.start < first else _OUTSIDE
        if self.note.match(words) or not is_sentence(words) or self.formula.search(words):
            return _STRUCTURE
        return _FORM if self.form.search(words) else otherwise

    def _classify_text(self, content: str, line: Span, otherwise: _Paint) -> _Paint:
        """Return what a line of a division is that is no measure: a lead-in, a formula, or text."""
        words = line.extract(content)
        short = len(line) <= _HEADING_LIMIT and not is_sentence(words)
        leads = words.endswith(("：", ":"))
        if short or leads or self.formula.search(words):
            return _STRUCTURE
        return _FORM if self.form.search(words) else otherwise


def _find_first_division(outline: Outline) -> int:
    """Return where the first division begins that has a mark, or else the first that says what to do."""
    roots = outline.divisions
    marked = (root.span.start for root in roots if root.level is Level.SECTION or root.mark is not None)
    telling = (root.span.start for root in roots if not root.principle)
    return min(marked, default=min(telling, default=0))


def _paint(painted: bytearray, layers: Iterable[tuple[_Paint, Span]]) -> None:
    """Paint stretches; a later one covers an earlier one."""
    for paint, span in layers:
        painted[span.start : span.end] = bytes([_PAINTS.index(paint)]) * len(span)


def _iterate_runs(content: str, painted: bytearray) -> Iterator[tuple[_Paint, Span]]:
    """Yield the stretches of one paint each, without white space at their ends."""
    for run in _RUN.finditer(painted):
        span = Span(*run.span()).strip(content)
        if len(span):
            yield _PAINTS[run[1][0]], span


def _build_stretch(content: str, paint: _Paint, span: Span) -> Stretch:
    """Return a stretch; unread words too few for a sentence are a heading."""
    reading, reason = paint
    if reading is CoverageKind.UNREAD and _HEADING.fullmatch(content, span.start, span.end):
        return Stretch(CoverageKind.STRUCTURE, span)
    return Stretch(reading, span, reason)


def _find_attribution_span(content: str, measure: Measure, words: Span) -> Span:
    """Return the bracket or line of an attribution, from the end of its measure."""
    trail = _TRAIL.match(content, words.end)
    return Span(measure.span.end, max(measure.span.end, trail.end() if trail else words.end))
