"""Attributions in their places: the bracket or line that names the bearers, and the measure it covers.

A measure is the stretch of a clause from the attribution before it, or from the start of the clause's text,
to its own attribution.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, chain, takewhile
from typing import TypeVar

from build_graph.errors import ObligationError
from build_graph.extract.structure.adjoining_names import RowReader
from build_graph.extract.structure.attribution_grammar import (
    AttributionGrammar,
    ParsedAttribution,
    Rank,
    build_label_pattern,
    build_qualifier_pattern,
)
from build_graph.extract.structure.flattened_tables import FlatTable, TableParser, find_table_at
from build_graph.extract.structure.marks import CLOSERS, OPENERS, iterate_lines, pair_brackets
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
_LIMIT = 20_000  # characters; a longer bracket is not an attribution
_OPEN_LIMIT = 300  # characters up to the paragraph's end in which an attribution may lack its end
_SENTENCE_ENDS = '\n。；;！!？?”"…：:）)】］]'
_HEADED = re.compile(
    r"(?<![^\n \t　])[^，,；;。：:、（(\n]{2,10}[。：:][\s　]*(?=[^（(〔［\[【\s])"
)  # a heading within a clause
_MARKED = re.compile(
    r"(?:[一二三四五六七八九十]{1,2}是|[-—–─●•◆■□○]+)[ 　\t]*"
    r"[^，,；;。：:、（(\n]{2,24}[。：:][\s　]*(?=[^（(〔［\[【\s])"
)  # ... with a mark of its own: 一是夯实基础。 ——智慧物流。
_MOST = 0.7
_EXPLAINS = "it may explain the word before it"
_NUMBERED = re.compile(r"^[\s　]*(?:[（(]?[\d一二三四五六七八九十]{1,4}[)）.．、])?[\s　]*")
_OTHER = 12  # characters of a name of no known shape in a list of bodies: 大数据企业
_NOTE_REACH = 120  # characters before and behind a table that hold a note on it
_CELL_LIMIT = 300  # characters of a cell that holds bodies
_PERSON = re.compile(r"[\u4e00-\u9fff·]{2,4}(?:[、 　]+[\u4e00-\u9fff·]{2,4})*")  # 陈仲朝
_FOLLOWS = re.compile(r"[^\S\n]*(?:[。；;，,、\n]|$)")


_Item = TypeVar("_Item")


class UnclosedBracketError(ObligationError):
    """An attribution whose bracket never closes, so that its end cannot be known."""


@dataclass(frozen=True, slots=True)
class Attributions:
    """The measures of a document in order, and the brackets rejected."""

    measures: tuple[Measure, ...]
    refused: tuple[RejectedBracket, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An attribution in its place: `outer` has brackets or label and what trails it."""

    outer: Span
    parsed: ParsedAttribution


@dataclass(frozen=True, slots=True)
class AttributionFinder:
    """A finder of attributions: finds them by layout, and parses them by the grammar."""

    grammar: AttributionGrammar
    tables: TableParser
    line: re.Pattern[str]  # a label at the beginning of a line or sentence: 责任单位：
    event: re.Pattern[str]  # 主办单位：
    false_openings: tuple[str, ...]
    sentence: tuple[str, ...]
    nouns: tuple[str, ...]  # with which the name of a class of bodies may end: 工作专班牵头单位
    lead_in: re.Pattern[str]
    points: re.Pattern[str]  # （0.5分） behind a task of an assessment
    empty: re.Pattern[str]  # a cell that says nothing: /

    @classmethod
    def load(cls, grammar: AttributionGrammar) -> AttributionFinder:
        """Return a finder with the package's own words."""
        data = load_word_lists("attribution")
        lead_ins = load_word_lists("outline")["lead_in"]["words"]
        return cls(
            grammar=grammar,
            tables=TableParser.load(),
            line=re.compile(
                rf"(?:^|(?<=[。；;！）)］\]〕】]))[^\S\n]*(?:{build_label_pattern(data)}|(?P<rider>{build_qualifier_pattern(data)}))"
                rf"(?P<words>[^\n。]*)",
                re.MULTILINE,
            ),
            event=re.compile(rf"(?:{'|'.join(data['label']['event'])})[^：:]*$"),
            false_openings=tuple(data["opening"]["false"]),
            sentence=tuple(data["opening"]["sentence"]),
            nouns=tuple(data["label"]["nouns"] + data["open"]["after"]),
            lead_in=re.compile(rf"[\s　]*(?:{'|'.join(map(re.escape, lead_ins))})[：:][\s　]*"),
            points=re.compile(r"(?<![\s　])[\s　]*[（(]\d+(?:\.\d+)?分[）)]$"),
            empty=re.compile(load_word_lists("tables")["part"]["empty"]),
        )

    def read(self, text: Text, outline: Outline) -> Attributions:
        """Return the measures of every division, each with its attribution if it has one.

        Raises UnclosedBracketError where an attribution's bracket never closes.
        """
        content, refused = text.content, list[RejectedBracket]()
        rank, measures = self._find_preamble_rank(content, outline), list[Measure]()
        defaults: tuple[Bearer, ...] = ()
        tables = self.tables.read(content)
        for place in _iterate_places(outline.divisions):
            table = find_table_at(tables, place.body.start)
            if table:
                rank = _choose_later(rank, self._find_table_rank(content, table))
            if table and table.glued and table.has_rows(content) and place.path[-1][0] not in "rt":
                table = None  # the bodies of a row whose cells ran together stand in its own text
            candidates = self._find_candidates(text, place.body, table, refused)
            stretches = list(_iterate_stretches(content, place.body, candidates))
            for span, candidate in _strip_headings(content, stretches):
                assignment = None
                if candidate:
                    rank = _choose_later(rank, candidate.parsed.rank)
                    assignment = candidate.parsed.build_assignment(rank)
                if not len(span) and candidate and place.heading and candidate is candidates[0]:
                    span = place.heading  # a task that is alone before its bodies, as in a row of a table
                measure = self._build_measure(content, place, span, assignment) if len(span) else None
                if measure and defaults:
                    measure = replace(measure, defaults=_select_defaults(measure, defaults))
                if measure:
                    measures.append(measure)
                if candidate:
                    defaults = candidate.parsed.defaults or defaults
        return Attributions(tuple(_number_measures(measures)), tuple(refused))

    # -------------------------------------------------------------------------- candidates

    def _find_candidates(
        self, text: Text, body: Span, table: FlatTable | None, refused: list[RejectedBracket]
    ) -> list[_Candidate]:
        """Return the attributions within a division's own text; those side by side become one."""
        content = text.content
        found = list(self._find_in_brackets(text, body, refused))
        taken = [candidate.outer for candidate in found]
        found += self._find_in_lines(content, body, taken, refused)
        if table:
            taken = [candidate.outer for candidate in found]
            found += self._find_in_cells(content, body, table, taken)
        rows: list[list[_Candidate]] = []
        for candidate in sorted(found, key=lambda c: c.outer):
            between = content[rows[-1][-1].outer.end : candidate.outer.start] if rows else ""
            if rows and not between.strip(" 　\t\n。；;"):
                rows[-1].append(candidate)
            else:
                rows.append([candidate])
        return [together for row in rows if (together := _merge_row(row)).parsed.bearers]

    def _find_in_brackets(
        self, text: Text, body: Span, refused: list[RejectedBracket]
    ) -> Iterator[_Candidate]:
        content = text.content
        for outer, closed in pair_brackets(content, body.start, body.end):
            inner = Span(outer.start + 1, outer.end - closed).strip(content)
            if not 1 < len(inner) < (_LIMIT if closed else _OPEN_LIMIT) or content.startswith(
                self.false_openings, inner.start
            ):
                continue
            parsed = self.grammar.parse(content, inner)
            reason = self._explain_rejection(content, outer, parsed)
            if reason is None and not closed:
                raise _build_bracket_error(text, outer.start)
            if reason is None:
                yield _Candidate(outer, parsed)
            elif reason:
                refused.append(RejectedBracket(outer, reason))

    def _explain_rejection(self, content: str, outer: Span, parsed: ParsedAttribution) -> str | None:
        """Return None for an attribution, a reason for a false one, "" for any other bracket."""
        if parsed.labels:
            return None if parsed.bearers else ""
        if parsed.rank != Rank() and not parsed.bearers:  # a rule by itself, behind an attribution
            return (
                None if _find_last_character(content, outer.start) in (*_SENTENCE_ENDS, *CLOSERS, "") else ""
            )
        names = [bearer.name for bearer in parsed.bearers]
        bodies = [name for name in names if self.grammar.names_body(name)]
        if not bodies:
            return ""
        ruled = parsed.verbs or parsed.rank != Rank()  # a rule is a sentence: 列首的为牵头单位
        if not ruled and any(word in parsed.inner.extract(content) for word in self.sentence):
            return "it is a sentence, not a list of bodies"
        if any(map(self._is_sentence, names)):
            return "it is a sentence, not a list of bodies"
        others = len(names) - len(bodies)  # （省通信管理局、省工业和信息化厅，大数据企业）: one other may be
        if others > len(bodies) or (not parsed.verbs and others > max(len(names) // 5, len(bodies) > 1)):
            return "only some of its words are names of bodies"
        if self._explains_body(content, outer):
            return _EXPLAINS
        return _explain_misplaced(content, outer, alone=len(names) == 1 and not parsed.verbs)

    def _is_sentence(self, name: str) -> bool:
        """Return whether words are too long for a name of no known shape."""
        return len(name) > _OTHER and not name.endswith(self.nouns) and not self.grammar.names_body(name)

    def _explains_body(self, content: str, outer: Span) -> bool:
        """Return whether a bracket stands behind a body that is alone on its line: （三）区委办（区档案局）."""
        line = content[content.rfind("\n", 0, outer.start) + 1 : outer.start]
        return self.grammar.names_body(_NUMBERED.sub("", line))

    def _find_in_lines(
        self, content: str, body: Span, taken: Sequence[Span], refused: list[RejectedBracket]
    ) -> Iterator[_Candidate]:
        """Yield labels without brackets at the start of a line or behind a sentence: 责任单位：…"""
        inside = _SpanIndex(taken)
        for found in self.line.finditer(content, _find_indent(content, body.start), body.end):
            start = found.start("label") if found["label"] else found.start("rider")
            if inside.meets(Span(start, start + 1)) or self.event.match(found["label"] or ""):
                continue
            end = self.grammar.find_deadline(content, Span(start, found.end()))
            inner = Span(start, end).strip(content)
            if len(inner) >= _LIMIT:
                continue
            outer = Span(max(found.start(), body.start), end + (content[end : end + 1] == "。"))
            if end < found.end():
                deadline = Span(end, found.end()).strip(content)
                yield _Candidate(deadline, self.grammar.parse(content, deadline))
            parsed = self.grammar.parse(content, inner)
            if found["rider"] or (
                parsed.bearers and not any(self._is_sentence(b.name) for b in parsed.bearers)
            ):
                yield _Candidate(outer, parsed)
            elif parsed.bearers:
                refused.append(RejectedBracket(inner, "what follows the label is no list of bodies"))

    def _find_in_cells(
        self, content: str, body: Span, table: FlatTable, taken: Sequence[Span]
    ) -> Iterator[_Candidate]:
        """Yield cells of a flattened table that hold bodies alone; the columns' order gives their roles."""
        if table.glued:
            yield from self._find_in_glued_cells(content, body, table)
            return
        column, before, inside = 0, Span(body.start, body.start), _SpanIndex(taken)
        for line in _iterate_cells(content, body):
            words = line.extract(content)
            parsed = None if inside.meets(line) else self._read_cell(content, line, table.bodies[column])
            if parsed is None and column and self.empty.fullmatch(words):
                column = min(column + 1, len(table.bodies) - 1)
                continue
            if parsed is None:
                if column and self.grammar.is_deadline(words):  # behind the bodies: the last cell of its row
                    yield _Candidate(line, self.grammar.build_deadline(line))
                column, before = 0, line
                continue
            start = line.start
            if column == 0 and table.persons and _PERSON.fullmatch(before.extract(content)):
                start = before.start
            yield _Candidate(Span(start, line.end), parsed)
            column = min(column + 1, len(table.bodies) - 1)

    def _find_in_glued_cells(self, content: str, row: Span, table: FlatTable) -> Iterator[_Candidate]:
        """Yield the cells of bodies in a row whose cells ran together, and the deadline behind them.

        With more cells than columns the last column has the rest: its bodies stood on lines of their own.
        """
        reader = RowReader(content, row, table, self.grammar.names_body)
        if table.has_rows(content):
            one = reader.find()
            found = [one] if one else []
        else:
            found = list(reader.find_all())
        for at, cell in chain.from_iterable(enumerate(names.cells) for names in found):
            label = table.bodies[min(at, len(table.bodies) - 1)]
            yield _Candidate(cell, replace(self.grammar.parse(content, cell, label), layout_inferred=True))
        rest = Span(found[-1].span.end, row.end).strip(content) if found else Span(0, 0)
        if len(rest) and self.grammar.is_deadline(rest.extract(content)):
            yield _Candidate(rest, self.grammar.build_deadline(rest))

    def _read_cell(self, content: str, cell: Span, label: str) -> ParsedAttribution | None:
        """Return a cell that holds only names of bodies, parsed behind its column's label; else None."""
        if len(cell) > _CELL_LIMIT or content[cell.end - 1] in "。；;：:":
            return None
        parsed = self.grammar.parse(content, cell, label)
        named = all(self.grammar.names_body(bearer.name) for bearer in parsed.bearers)
        return parsed if parsed.bearers and named else None

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


def _iterate_cells(content: str, body: Span) -> Iterator[Span]:
    """Yield the lines of a stretch that are not blank; one that ends in 、 includes the next."""
    start = None
    for line in iterate_lines(content, body):
        start = line.start if start is None else start
        if not content.endswith("、", line.start, line.end):
            yield Span(start, line.end)
            start = None
    if start is not None:
        yield Span(start, body.end).strip(content)


def _select_defaults(measure: Measure, defaults: Sequence[Bearer]) -> tuple[Bearer, ...]:
    """Return the default bearers of a measure: those that its own attribution does not name."""
    if measure.goal or measure.path[0].startswith("closing") or len(defaults) > _DEFAULTS:
        return ()
    named = {bearer.name for bearer in measure.bearers}
    return tuple(bearer for bearer in defaults if bearer.name not in named)


def _iterate_stretches(
    content: str, body: Span, candidates: Sequence[_Candidate]
) -> Iterator[tuple[Span, _Candidate | None]]:
    """Yield the text that each attribution covers, and what follows the last one."""
    start = body.start
    for candidate in candidates:
        yield _trim(content, Span(start, candidate.outer.start)), candidate
        start = candidate.outer.end
    rest = _trim(content, Span(start, body.end))
    if len(rest):
        yield rest, None


def _explain_misplaced(content: str, outer: Span, *, alone: bool) -> str | None:
    """Return why a bracket is in no place for an attribution; None if it is in one.

    `alone` is true of a bracket that holds one bare name.
    """
    before = _find_last_character(content, outer.start)
    if not before or before in _SENTENCE_ENDS:
        return None
    if not _FOLLOWS.match(content, outer.end):
        return "it stands inside a sentence"
    return _EXPLAINS if alone else None


def _find_indent(content: str, position: int) -> int:
    """Return where the blanks before a position begin."""
    while position and content[position - 1] in " 　\t\xa0":
        position -= 1
    return position


def _find_last_character(content: str, position: int) -> str:
    """Return the last character before a position that is no blank; "" at the start of the text."""
    return content[max(position - 4, 0) : position].rstrip(" 　\t")[-1:]


def _strip_headings(
    content: str, stretches: Sequence[tuple[Span, _Candidate | None]]
) -> Iterator[tuple[Span, _Candidate | None]]:
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


def _merge_row(row: Sequence[_Candidate]) -> _Candidate:
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
    return _Candidate(Span(row[0].outer.start, row[-1].outer.end), together)


def _join_rows(rows: Iterable[tuple[_Item, ...]]) -> tuple[_Item, ...]:
    return tuple(chain.from_iterable(rows))


class _SpanIndex:
    """Spans, to ask whether another shares a character with one of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [span.start for span in ordered]
        self._ends = list(accumulate((span.end for span in ordered), max))

    def meets(self, span: Span) -> bool:
        """Return whether the span shares a character with one of them."""
        before = bisect_left(self._starts, span.end)
        return before > 0 and self._ends[before - 1] > span.start


def _choose_later(one: Rank, two: Rank) -> Rank:
    """Return the rule in force: the later one unless it is empty."""
    return two if two != Rank() else one


def _build_bracket_error(text: Text, position: int) -> UnclosedBracketError:
    line, column = text.find_line_column(position)
    missing = CLOSERS[OPENERS.index(text.content[position])]
    return UnclosedBracketError(
        f"{text.source.name}:{line}:{column}: bracket never closes; add the missing {missing}"
    )
