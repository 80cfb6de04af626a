"""Attributions in their places: the bracket or line that names the bearers, and the measure it covers.

A measure is the stretch of a clause from the attribution before it, or from the start of the clause's text,
to its own attribution.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import accumulate, chain, takewhile
from typing import TypeVar

from build_graph.extract.structure.attribution_grammar import AttributionGrammar
from build_graph.extract.structure.attribution_layouts import (
    BracketFinder,
    Candidate,
    CellFinder,
    Findings,
    LineFinder,
    NameJudge,
)
from build_graph.extract.structure.flattened_tables import FlatTable, TableParser, find_table_at
from build_graph.extract.structure.marks import CLOSERS
from build_graph.extract.structure.rank_rules import Rank
from build_graph.model import (
    Allocation,
    Assignment,
    Bearer,
    Division,
    Level,
    Measure,
    Outline,
    RejectedBracket,
    Span,
    Text,
)
from build_graph.resources import load_word_lists

_DEFAULTS = 30  # bodies of a rule that holds for every later measure; no rule names more
_NOTE_REACH = 120  # characters before and behind a table that hold a note on it
_HEADED = re.compile(
    r"(?<![^\n \t　])[^，,；;。：:、（(\n]{2,10}[。：:][\s　]*(?=[^（(〔［\[【\s])"
)  # a heading within a clause
_MARKED = re.compile(
    r"(?:[一二三四五六七八九十]{1,2}是|[-—–─●•◆■□○]+)[ 　\t]*"
    r"[^，,；;。：:、（(\n]{2,24}[。：:][\s　]*(?=[^（(〔［\[【\s])"
)  # ... with a mark of its own: 一是夯实基础。 ——智慧物流。
_MOST = 0.7  # of the attributed paragraphs of a clause that have a heading
_NUMBERS = re.compile(r"[\d\s]{0,5}")
_BARE = "it stands on no text"


_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Attributions:
    """The measures of a document in order, and the brackets rejected."""

    measures: tuple[Measure, ...]
    refused: tuple[RejectedBracket, ...]


@dataclass(frozen=True, slots=True)
class AttributionFinder:
    """A finder of attributions: finds them by layout, and parses them by the grammar."""

    grammar: AttributionGrammar
    tables: TableParser
    brackets: BracketFinder
    lines: LineFinder
    cells: CellFinder
    lead_in: re.Pattern[str]
    points: re.Pattern[str]  # （0.5分） behind a task of an assessment

    @classmethod
    def load(
        cls, grammar: AttributionGrammar, complete: Callable[[Sequence[str]], Sequence[str]] = tuple
    ) -> AttributionFinder:
        """Return a finder with the package's own words; `complete` gives the names of a list, each whole."""
        data = load_word_lists("attribution")
        opening, nouns = data["opening"], data["label"]["nouns"] + data["open"]["after"]
        tables, cell_words = TableParser.load(), load_word_lists("tables")["part"]
        lead_ins = load_word_lists("outline")["lead_in"]["words"]
        judge = NameJudge(grammar, tuple(nouns), tuple(opening["sentence"]), complete)
        return cls(
            grammar=grammar,
            tables=tables,
            brackets=BracketFinder(grammar, judge, tuple(opening["false"])),
            lines=LineFinder.load(grammar, judge),
            cells=CellFinder(grammar, judge, re.compile(cell_words["empty"]), tables.column),
            lead_in=re.compile(rf"[\s　]*(?:{'|'.join(map(re.escape, lead_ins))})[：:][\s　]*"),
            points=re.compile(r"(?<![\s　])[\s　]*[（(]\d+(?:\.\d+)?分[）)]$"),
        )

    def read(self, text: Text, outline: Outline) -> Attributions:
        """Return the measures of every division, each with its attribution if it has one.

        Raises UnclosedBracketError where an attribution's bracket never closes.
        """
        reading = _Reading(self._find_preamble_rank(text.content, outline))
        tables = self.tables.read(text.content)
        for place in _iterate_places(outline.divisions):
            self._read_place(text, place, find_table_at(tables, place.body.start), reading)
        return Attributions(tuple(_number_measures(reading.measures)), tuple(reading.found.refused))

    def _read_place(self, text: Text, place: _Place, table: FlatTable | None, reading: _Reading) -> None:
        """Add the measures of a division's own text."""
        content = text.content
        if table:
            reading.rank = _choose_later(reading.rank, self._find_table_rank(content, table))
        candidates = self._find_candidates(text, place, table, reading.found)
        stretches = list(_iterate_stretches(content, place.body, candidates))
        for span, candidate in _strip_headings(content, stretches):
            assignment = reading.build_assignment(candidate) if candidate else None
            if not len(span) and candidate and place.heading and candidate is candidates[0]:
                task = place.heading  # alone before its bodies, as in a row of a table
            else:
                task = span
            if table and table.glued:  # the numbers of the row, and of the one before
                task = Span(_NUMBERS.match(content, task.start, task.end).end(), task.end)  # type: ignore[union-attr]
            measure = self._build_measure(content, place, task, assignment) if len(task) else None
            reading.add(measure, candidate)

    def _find_candidates(
        self, text: Text, place: _Place, table: FlatTable | None, found: Findings
    ) -> list[Candidate]:
        """Return the attributions within a division's own text; those side by side become one."""
        found.taken.clear()
        self.brackets.find(text, place.body, found)
        self.lines.find(text.content, place.body, found)
        # The bodies of a row whose cells ran together stand in its own text.
        if table and (not table.glued or place.path[-1][0] in "rt" or not table.has_rows(text.content)):
            self.cells.find(text.content, place.body, table, found)
        rows: list[list[Candidate]] = []
        for candidate in sorted(found.taken, key=lambda c: c.outer):
            between = text.content[rows[-1][-1].outer.end : candidate.outer.start] if rows else ""
            if rows and not between.strip(" 　\t\n。；;"):
                rows[-1].append(candidate)
            else:
                rows.append([candidate])
        return [together for row in rows if (together := _merge_row(row)).parsed.bearers]

    # ---------------------------------------------------------------------------- measures

    def _build_measure(
        self, content: str, place: _Place, span: Span, assignment: Assignment | None
    ) -> Measure | None:
        """Return the measure of a stretch; None for lead-ins and for principles without bearers."""
        lead_in = self.lead_in.match(content, span.start, span.end)
        span = Span(lead_in.end() if lead_in else span.start, span.end).strip(content)
        bracketed = content.endswith(tuple(CLOSERS), span.start, span.end)
        if bracketed and (points := self.points.search(content, span.start, span.end)):
            span = Span(span.start, points.start())
        if not len(span):
            return None
        words = span.extract(content)
        idle = place.principle or not re.search(r"[。；;！.]|\w{4}", words)
        if assignment is None and idle:
            return None
        return Measure(place.path, 0, place.section, place.clause, span, assignment, goal=place.goal)

    def _find_table_rank(self, content: str, table: FlatTable) -> Rank:
        """Return the rank rule in the head of a table, or in a note right above or below it."""
        above = content[max(table.head.start - _NOTE_REACH, 0) : table.head.end]
        below = content[max(table.rows.end - _NOTE_REACH, table.rows.start) : table.rows.end + _NOTE_REACH]
        return _choose_later(self.grammar.ranks.find(below), self.grammar.ranks.find(above))

    def _find_preamble_rank(self, content: str, outline: Outline) -> Rank:
        """Return the rank rule before the first division or, as a note, behind the last."""
        first = min((d.span.start for d in outline.divisions), default=0)
        last = max((d.span.end for d in outline.divisions), default=0)
        return _choose_later(
            self.grammar.ranks.find(content[:first]), self.grammar.ranks.find(content[last:])
        )


# ----------------------------------------------------------------------------------- reading


@dataclass(slots=True)
class _Reading:
    """The state of a reading: the measures, the refused stretches, and the rules that hold from there on."""

    rank: Rank
    measures: list[Measure] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)
    defaults: tuple[Bearer, ...] = ()

    def build_assignment(self, candidate: Candidate) -> Assignment:
        """Return the assignment of an attribution, by the rank rule in force."""
        self.rank = _choose_later(self.rank, candidate.parsed.rank)
        return candidate.parsed.build_assignment(self.rank)

    def add(self, measure: Measure | None, candidate: Candidate | None) -> None:
        """Add a measure; an attribution without one is refused. A rule for later measures is kept."""
        if measure:
            defaults = _select_defaults(measure, self.defaults) if self.defaults else ()
            self.measures.append(replace(measure, defaults=defaults) if defaults else measure)
        elif candidate and candidate.parsed.bearers:
            self.found.refuse(candidate.outer, _BARE)
        if candidate:
            self.defaults = candidate.parsed.defaults or self.defaults


# ------------------------------------------------------------------------------------ places


@dataclass(frozen=True, slots=True)
class _Place:
    """A division's own text, and its place in the outline."""

    path: tuple[str, ...]
    section: int | None
    clause: str | None
    heading: Span | None
    body: Span
    principle: bool
    goal: bool


def _iterate_places(divisions: Sequence[Division], above: _Place | None = None) -> Iterator[_Place]:
    """Yield the divisions with text of their own, in document order."""
    for division in divisions:
        section = above.section if above else None
        if division.level is Level.SECTION:
            section = division.ordinal or None
        clause = division.mark if division.level is Level.CLAUSE else None
        path = (*(above.path if above else ()), division.key)
        place = _Place(
            path, section, clause, division.heading, division.body, division.principle, division.goal
        )
        if len(division.body):
            yield place
        yield from _iterate_places(division.parts, place)


def is_announcement(words: str) -> bool:
    """Return whether the words are one sentence that only leads to a list: 符合下列条件："""
    return words.endswith(("：", ":")) and not re.search("[。；;]", words)


def _select_defaults(measure: Measure, defaults: Sequence[Bearer]) -> tuple[Bearer, ...]:
    """Return the default bearers of a measure: those that its own attribution does not name."""
    if measure.goal or measure.path[0].startswith("closing") or len(defaults) > _DEFAULTS:
        return ()
    named = {bearer.name for bearer in measure.bearers}
    return tuple(bearer for bearer in defaults if bearer.name not in named)


def _iterate_stretches(
    content: str, body: Span, candidates: Sequence[Candidate]
) -> Iterator[tuple[Span, Candidate | None]]:
    """Yield the text that each attribution covers, and what follows the last one."""
    start = body.start
    for candidate in candidates:
        yield _trim(content, Span(start, candidate.outer.start)), candidate
        start = candidate.outer.end
    rest = _trim(content, Span(start, body.end))
    if len(rest):
        yield rest, None


def _strip_headings(
    content: str, stretches: Sequence[tuple[Span, Candidate | None]]
) -> Iterator[tuple[Span, Candidate | None]]:
    """Yield the stretches of a clause without headings of their own: 智慧物流。以…为目标，…

    Only where two or more have one: most attributed paragraphs of the clause, or those with a mark (一是).
    """
    attributed = [span for span, candidate in stretches if candidate]
    headed = [_HEADED.match(content, span.start, span.end) for span in attributed]
    marked = [found for span in attributed if (found := _MARKED.match(content, span.start, span.end))]
    most = len(attributed) > 1 and sum(map(bool, headed)) >= _MOST * len(attributed)
    heading = _HEADED if most else _MARKED if len(marked) > 1 else None
    for span, candidate in stretches:
        found = heading.match(content, span.start, span.end) if heading and candidate else None
        yield Span(found.end() if found else span.start, span.end), candidate


def _trim(content: str, span: Span) -> Span:
    """Return the span without white space at its ends, and without a stop from the bracket before it."""
    span = span.strip(content)
    stops = sum(1 for _ in takewhile(lambda c: c in "。；;，,、", span.extract(content)))
    return Span(span.start + stops, span.end).strip(content)


def _number_measures(measures: Sequence[Measure]) -> Iterator[Measure]:
    """Yield the measures with their index within their clause."""
    counts: dict[tuple[str, ...], int] = {}
    for measure in measures:
        counts[measure.path] = counts.get(measure.path, 0) + 1
        yield replace(measure, index=counts[measure.path])


def _merge_row(row: Sequence[Candidate]) -> Candidate:
    """Return attributions side by side as one: 牵头部门：…, and on the next line 参与部门：…"""
    first, parsed = row[0].parsed, [candidate.parsed for candidate in row]
    if len(row) == 1:
        return row[0]
    before = [0, *accumulate(len(one.bearers) for one in parsed)]
    naming = [one.inner for one in parsed if one.bearers] or [first.inner]
    stated = [one.allocation for one in parsed if one.allocation is not Allocation.UNSTATED]
    together = replace(
        first,
        inner=Span(naming[0].start, naming[-1].end),
        bearers=_join_rows(one.bearers for one in parsed),
        marked=frozenset(n + i for n, one in zip(before, parsed, strict=False) for i in one.marked),
        allocation=stated[0] if stated else Allocation.UNSTATED,
        open=any(one.open for one in parsed),
        labels=_join_rows(one.labels for one in parsed),
        verbs=any(one.verbs for one in parsed),
        ranked=any(one.ranked for one in parsed),
        rank=reduce(_choose_later, (one.rank for one in parsed)),
        defaults=_join_rows(one.defaults for one in parsed),
        riders=_join_rows(one.riders for one in parsed),
        layout_inferred=any(one.layout_inferred for one in parsed),
    )
    return Candidate(Span(row[0].outer.start, row[-1].outer.end), together)


def _join_rows(rows: Iterable[tuple[_Item, ...]]) -> tuple[_Item, ...]:
    return tuple(chain.from_iterable(rows))


def _choose_later(one: Rank, two: Rank) -> Rank:
    """Return the rule in force: the later one, unless it does not say who leads."""
    return two if two.leads else one.join(two)
