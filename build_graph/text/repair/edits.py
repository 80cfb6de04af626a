"""A text under repair: every change is named, and every character leads back to its source."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate
from operator import itemgetter

from build_graph.model import Damage, Repair, Source, Span, Text


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a repair wants: `after` in place of the characters from `start` to `end`."""

    start: int
    end: int
    after: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that was made, between the source and the current text."""

    name: str
    source: Span
    span: Span


Place = tuple[int, int, Edit | Change]  # start and end in the current text


@dataclass(frozen=True, slots=True)
class Draft:
    """A source, the text made from it so far, and the edits between them in order."""

    source: Source
    content: str
    edits: tuple[Edit, ...] = ()
    damages: tuple[Damage, ...] = ()

    def apply_changes(self, name: str, changes: Sequence[Change], damages: Iterable[Damage] = ()) -> Draft:
        """Return the draft after `changes`, which are in order and do not overlap, with `damages` added.

        >>> draft = Draft(Source("-", "業(yè)務", "utf-8"), "業(yè)務")
        >>> draft = draft.apply_changes("strip_glosses", [Change(1, 5, "")])
        >>> draft.apply_changes("to_simplified", [Change(0, 2, "业务")]).edits
        (Edit(name='strip_glosses', source=Span(start=0, end=6), span=Span(start=0, end=2)),)
        """
        damages = (*self.damages, *damages)
        if not changes:
            return Draft(self.source, self.content, self.edits, damages)
        edits = tuple(_compose_edits(name, self.edits, changes))
        moved = tuple(_move_damages(damages, changes))
        return Draft(self.source, _rewrite_content(self.content, changes), edits, moved)

    def finish(self) -> Text:
        """Return the text with its repairs and the way back to the source."""
        starts, shifts = map_offsets(self.edits)
        repairs = tuple(self._iterate_repairs())
        damages = tuple(sorted(self.damages, key=lambda damage: damage.span))
        return Text(self.content, self.source, repairs, damages, starts, shifts)

    def _iterate_repairs(self) -> Iterator[Repair]:
        for edit in self.edits:
            before, after = edit.source.extract(self.source.content), edit.span.extract(self.content)
            if before != after:
                yield Repair(edit.name, edit.source, edit.span, before, after)


def _rewrite_content(content: str, changes: Iterable[Change]) -> str:
    pieces: list[str] = []
    done = 0
    for change in changes:
        pieces += content[done : change.start], change.after
        done = change.end
    return "".join([*pieces, content[done:]])


def _compose_edits(name: str, edits: Iterable[Edit], changes: Iterable[Change]) -> Iterator[Edit]:
    """Yield the edits from the source to the changed text.

    Edits that overlap become one, under the name of the repair that came first; edits that touch do not
    overlap.
    """
    before = after = 0  # by how much the text has grown up to here, since the source and by the changes
    for group in _group_overlaps(edits, changes):
        start, end = group[0][0], max(place[1] for place in group)
        source_start, span_start, by = start - before, start + after, name
        for _, _, item in reversed(group):
            if isinstance(item, Edit):
                before += len(item.span) - len(item.source)
                by = item.name
            else:
                after += len(item.after) - (item.end - item.start)
        yield Edit(by, Span(source_start, end - before), Span(span_start, end + after))


def _group_overlaps(edits: Iterable[Edit], changes: Iterable[Change]) -> Iterator[list[Place]]:
    """Yield the groups of edits and changes that overlap in the current text, in order."""
    olds: Iterable[Place] = ((edit.span.start, edit.span.end, edit) for edit in edits)
    news: Iterable[Place] = ((change.start, change.end, change) for change in changes)
    group: list[Place] = []
    end = 0
    for place in merge(olds, news, key=itemgetter(0, 1)):
        if group and place[0] >= end:
            yield group
            group, end = [], 0
        group.append(place)
        end = max(end, place[1])
    if group:
        yield group


def _move_damages(damages: Iterable[Damage], changes: Sequence[Change]) -> Iterator[Damage]:
    """Yield the damages at their places after `changes`; one that begins or ends in a change is widened."""
    starts, ends = [change.start for change in changes], [change.end for change in changes]
    grown = [0, *accumulate(len(change.after) - (change.end - change.start) for change in changes)]
    for damage in damages:
        start, end = damage.span.start, damage.span.end
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        if first < last:  # changes overlap with it
            start, end = min(start, starts[first]), max(end, ends[last - 1])
        span = Span(start + grown[first], end + grown[max(first, last)])
        yield Damage(span, damage.reason)


def map_offsets(edits: Iterable[Edit | Repair]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return `Text.starts` and `Text.shifts`: an inserted character comes from the last that it replaces."""
    steps = {0: 0}
    for edit in edits:
        source, span = edit.source, edit.span
        if len(source) == len(span):
            continue
        last = max(source.end - 1, source.start)
        for position in range(span.start + len(source), span.end):
            steps[position] = last - position
        steps[span.end] = source.end - span.end
    return tuple(steps), tuple(steps.values())
