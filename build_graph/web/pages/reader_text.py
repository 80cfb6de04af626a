"""A document's text in the structure of the reader page: parts with headings, measures, marks within.

Together the blocks hold every character of the text, once and in order.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from build_graph.graph.emit.emitter import Emitter
from build_graph.graph.iris import measure_iri
from build_graph.model import CoverageKind, Division, Measure, Span
from build_graph.vocabulary import encode_segment
from build_graph.web.pages.reader_marks import MarkSweep, Parts, collect_marks, strip_document_iri

_LINE_END = re.compile(r"\n")
# What closes a heading or a bracket goes with it, and so does the end of its line.
_CLOSING = re.compile(r"[^\S\n]*[）)〕﹞］\]】。；;，,、：:]*[^\S\n]*\n?")
_LOWEST_HEADING = 6
_LONGEST_MARK = 8  # characters: 第二十三条, （二十三）


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading of a `level` from 2 on, or white space between them."""

    parts: Parts
    level: int = 0
    blank: bool = False
    shape: str = "block"


@dataclass(frozen=True, slots=True)
class MeasureUnit:
    """The paragraphs of a measure with its attribution; `key` is "" if they continue an earlier unit."""

    key: str
    measure: int  # its number among the document's measures, from 0
    number: int  # that it has within its clause
    blocks: tuple[Block, ...]
    shape: str = "unit"


@dataclass(frozen=True, slots=True)
class Part:
    """A division: its heading, paragraphs, measures, and the parts below it."""

    key: str
    items: tuple[Block | MeasureUnit | Part, ...]
    shape: str = "part"


Items = Iterator[Block | MeasureUnit | Part]


def build_text(emit: Emitter) -> tuple[Block | MeasureUnit | Part, ...]:
    """Return the whole text of a document as blocks, measures and parts."""
    document = emit.document
    content = document.text.content
    setter = _TextBuilder(emit, content, MarkSweep(content, collect_marks(emit)), *_find_units(emit), set())
    return tuple(setter.build_items(Span(0, len(content)), document.outline.divisions, "", 1))


@dataclass(frozen=True, slots=True)
class _TextBuilder:
    """The builder of the blocks, from the beginning of the text to its end."""

    emit: Emitter
    content: str
    sweep: MarkSweep
    units: Sequence[Span]  # of the measures, in order and apart
    measures: Sequence[tuple[int, Measure]]  # each with its number in the document
    begun: set[int]  # units of which a part is set

    def build_items(self, span: Span, divisions: Iterable[Division], path: str, depth: int) -> Items:
        """Yield the divisions of a stretch, and the text around them."""
        at = span.start
        for division in divisions:
            yield from self.build_paragraphs(Span(at, division.span.start))
            yield self.build_part(division, path, depth)
            at = division.span.end
        yield from self.build_paragraphs(Span(at, span.end))

    def build_part(self, division: Division, path: str, depth: int) -> Part:
        """Return a division with everything below it."""
        name = f"{path}{encode_segment(division.key)}"
        start, end = division.span.start, division.span.end
        at = _skip_closing(self.content, division.body.start, end) if division.heading else start
        level = min(depth + 1, _LOWEST_HEADING)
        heading = [Block(self.sweep.take_marks(Span(start, at)), level)] if at > start else []
        below = self.build_items(Span(at, end), division.parts, f"{name}/", depth + 1)
        return Part(name, (*heading, *below))

    def build_paragraphs(self, span: Span) -> Items:
        """Yield the paragraphs of a stretch without divisions, those of one measure together."""
        pieces = deque(self._split_pieces(span))
        while pieces and self._is_blank(pieces[0]):  # the end of the line of the measure before
            yield self._build_block(pieces.popleft())
        for unit, group in groupby(pieces, self._find_unit):
            blocks = tuple(map(self._build_block, group))
            if unit < 0:
                yield from blocks
                continue
            number, measure = self.measures[unit]
            again = unit in self.begun
            self.begun.add(unit)
            name = (
                "" if again else strip_document_iri(self.emit, measure_iri(self.emit.document_iri, measure))
            )
            yield MeasureUnit(name, number, measure.index, blocks)

    def _split_pieces(self, span: Span) -> Iterator[Span]:
        """Yield the lines of a stretch, cut at the beginnings and ends of measures."""
        cuts = {end.end() for end in _LINE_END.finditer(self.content, span.start, span.end)}
        first = bisect_right(self.units, span.start, key=lambda unit: unit.end)
        for unit in self.units[first:]:
            if unit.start >= span.end:
                break
            cuts |= {unit.start, unit.end}
        at = span.start
        for cut in sorted(cut for cut in cuts | {span.end} if span.start < cut <= span.end):
            yield Span(at, cut)
            at = cut

    def _find_unit(self, piece: Span) -> int:
        """Return the number of the measure that a piece belongs to; -1 for none."""
        found = bisect_right(self.units, piece.start, key=lambda unit: unit.start) - 1
        return found if found >= 0 and piece.start < self.units[found].end else -1

    def _build_block(self, piece: Span) -> Block:
        return Block(self.sweep.take_marks(piece), blank=self._is_blank(piece))

    def _is_blank(self, piece: Span) -> bool:
        return not piece.extract(self.content).strip()


def _skip_closing(content: str, at: int, limit: int) -> int:
    """Return the position behind the closing punctuation of a stretch that ends at `at`."""
    closing = _CLOSING.match(content, at, limit)
    return closing.end() if closing else at


def _find_units(emit: Emitter) -> tuple[list[Span], list[tuple[int, Measure]]]:
    """Return the stretches of the measures with their attributions, and the measures in that order."""
    document = emit.document
    measures = sorted(enumerate(document.measures), key=lambda numbered: numbered[1].span)
    content, walk = document.text.content, document.outline.walk()
    marks = {d.body.strip(content).start: d.span.start for d in walk if d.heading is None}
    brackets = [s.span for s in document.coverage.stretches if s.kind is CoverageKind.ATTRIBUTION]
    units: list[Span] = []
    for place, (_, measure) in enumerate(measures, start=1):
        last = units[-1].end if units else 0
        limit = measures[place][1].span.start if place < len(measures) else len(content)
        start = max(_find_start(emit, measure, marks), last)
        units.append(Span(start, max(start, _find_end(content, measure, brackets, limit))))
    return units, measures


def _find_start(emit: Emitter, measure: Measure, marks: dict[int, int]) -> int:
    """Return the beginning of a measure's stretch: the mark before it, if that has no heading."""
    begin = marks.get(measure.span.start, measure.span.start)
    held = emit.quote(Span(begin, measure.span.start))
    return begin if len(held) <= _LONGEST_MARK and "\n" not in held else measure.span.start


def _find_end(content: str, measure: Measure, brackets: Sequence[Span], limit: int) -> int:
    """Return the end of a measure's stretch: that of its attribution, if it lies before the next measure."""
    end = measure.span.end
    at = bisect_right(brackets, end, key=lambda bracket: bracket.end)
    if measure.assignment and at < len(brackets) and brackets[at].holds(measure.assignment.span):
        end = brackets[at].end
    return _skip_closing(content, min(end, limit), limit)
