"""The layouts in which documents name who answers: brackets, labels and lines, cells of tables.

Each finder returns what it takes for an attribution, and what looks like one and is none, with the reason.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain

from build_graph.errors import ObligationError
from build_graph.extract.structure.adjoining_names import RowReader
from build_graph.extract.structure.attribution_grammar import (
    AttributionGrammar,
    ParsedAttribution,
    build_label_pattern,
    build_label_words,
    build_qualifier_pattern,
)
from build_graph.extract.structure.flattened_tables import FlatTable
from build_graph.extract.structure.marks import CLOSERS, OPENERS, find_indent, iterate_lines, pair_brackets
from build_graph.extract.structure.rank_rules import NO_RANK
from build_graph.model import RejectedBracket, Span, Text
from build_graph.resources import load_word_lists

_LIMIT = 20_000  # characters; a longer bracket is not an attribution
_OPEN_LIMIT = 300  # characters up to the paragraph's end in which an attribution may lack its end
_BARE = ("政府", "人民政府", "管委会", "管理委员会")
_CELL_LIMIT = 300  # characters of a cell that holds bodies
_OTHER = 12  # characters of a name of no known shape in a list of bodies: 大数据企业
_SENTENCE_ENDS = '\n。；;！!？?”"…：:）)】］]'
_STOPS = "\n。；;！!？?"
_FOLLOWS = re.compile(r"[^\S\n]*(?:[。；;，,、\n]|$)")
_NUMBERED = re.compile(r"^[\s　]*(?:[（(]?[\d一二三四五六七八九十]{1,4}[)）.．、])?[\s　]*")
_GAP = re.compile(r"(?<=[\u4e00-\u9fff）)])[ 　]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PERSON = re.compile(r"[\u4e00-\u9fff·]{2,4}(?:[、 　]+[\u4e00-\u9fff·]{2,4})*")  # 陈仲朝

_SENTENCE = "it is a sentence, not a list of bodies"
_SOME = "only some of its words are names of bodies"
_EXPLAINS = "it may explain the word before it"
_INSIDE = "it stands inside a sentence"
_NO_LIST = "what follows the label is no list of bodies"


class UnclosedBracketError(ObligationError):
    """An attribution whose bracket never closes, so that its end cannot be known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An attribution in its place: `outer` has brackets or label and what trails it."""

    outer: Span
    parsed: ParsedAttribution


@dataclass(slots=True)
class Findings:
    """The attributions found in a division's text, and what was refused."""

    taken: list[Candidate] = field(default_factory=list)
    refused: list[RejectedBracket] = field(default_factory=list)

    def refuse(self, span: Span, reason: str) -> None:
        """Add a stretch that looks like an attribution; without a reason it does not."""
        if reason:
            self.refused.append(RejectedBracket(span, reason))


@dataclass(frozen=True, slots=True)
class NameJudge:
    """Judges whether the names of an attribution are those of bodies."""

    grammar: AttributionGrammar
    nouns: tuple[str, ...]  # with which the name of a class of bodies may end: 工作专班牵头单位
    sentence: tuple[str, ...]  # words that make a sentence of a list: 应由
    complete: Callable[[Sequence[str]], Sequence[str]]  # 各级人社、教育部门 → 各级人社部门、各级教育部门

    def is_sentence(self, name: str) -> bool:
        """Return whether words are too long for a name of no known shape, or say who does something."""
        if "由" in name[1:]:
            return True
        return len(name) > _OTHER and not name.endswith(self.nouns) and not self.grammar.names_body(name)

    def explain_label(self, parsed: ParsedAttribution) -> str | None:
        """Return None where bodies follow a label, a reason where something else does, "" for nothing."""
        names = [bearer.name for bearer in parsed.bearers]
        if any(map(self.is_sentence, names)) or not all(map(_HAN.search, names)):
            return _NO_LIST
        return None if names else ""

    def explain_list(self, content: str, parsed: ParsedAttribution) -> str | None:
        """Return None for a list of bodies, a reason for one that is none, "" for other words."""
        names = self.complete([bearer.name for bearer in parsed.bearers])
        bodies = sum(map(self.grammar.names_body, names))
        if not bodies:
            return ""
        ruled = parsed.verbs or parsed.rank != NO_RANK  # a rule is a sentence: 列首的为牵头单位
        words = "" if ruled else parsed.inner.extract(content)
        if any(word in words for word in self.sentence) or any(map(self.is_sentence, names)):
            return _SENTENCE
        others = len(names) - bodies  # （省通信管理局、省工业和信息化厅，大数据企业）: one other may be
        allowed = bodies if parsed.verbs else max(len(names) // 5, bodies > 1)
        return _SOME if others > min(bodies, allowed) else None

    def are_all_bodies(self, parsed: ParsedAttribution) -> bool:
        """Return whether there are bearers and each has the name of a body."""
        names = self.complete([bearer.name for bearer in parsed.bearers])
        return bool(names) and all(map(self.grammar.names_body, names))


@dataclass(frozen=True, slots=True)
class BracketFinder:
    """A finder of attributions in brackets: （商务部、财政部负责）."""

    grammar: AttributionGrammar
    judge: NameJudge
    false_openings: tuple[str, ...]

    def find(self, text: Text, body: Span, found: Findings) -> None:
        """Add the brackets of a division; raise UnclosedBracketError where an attribution never closes."""
        content = text.content
        for outer, closed in pair_brackets(content, body.start, body.end):
            inner = Span(outer.start + 1, outer.end - closed).strip(content)
            if not 1 < len(inner) < (_LIMIT if closed else _OPEN_LIMIT) or content.startswith(
                self.false_openings, inner.start
            ):
                continue
            parsed = self.grammar.parse(content, inner)
            reason = self._explain_rejection(content, outer, parsed)
            if reason is not None:
                found.refuse(outer, reason)
            elif closed:
                found.taken.append(Candidate(outer, parsed))
            else:
                raise _build_bracket_error(text, outer.start)

    def _explain_rejection(self, content: str, outer: Span, parsed: ParsedAttribution) -> str | None:
        """Return None for an attribution, a reason for a false one, "" for any other bracket."""
        if parsed.labels:
            return self.judge.explain_label(parsed)
        if parsed.rank != NO_RANK and not parsed.bearers:  # a rule by itself, behind an attribution
            before = _find_last_character(content, outer.start)
            return None if before in (*_SENTENCE_ENDS, *CLOSERS, "") else ""
        reason = self.judge.explain_list(content, parsed)
        return self._explain_misplaced(content, outer, parsed) if reason is None else reason

    def _explain_misplaced(self, content: str, outer: Span, parsed: ParsedAttribution) -> str | None:
        """Return why a bracket with bodies is in no place for an attribution; None if it is in one."""
        before = _find_last_character(content, outer.start)
        if self._explains_body(content, outer):
            return _EXPLAINS
        if not before or before in _STOPS:
            return None
        alone = len(parsed.bearers) == 1 and not parsed.verbs
        if before in _SENTENCE_ENDS and not alone:
            return None
        if not _FOLLOWS.match(content, outer.end):
            return _INSIDE
        return _EXPLAINS if alone and before not in _SENTENCE_ENDS else None

    def _explains_body(self, content: str, outer: Span) -> bool:
        """Return whether a bracket stands behind a body alone on its line: （三）区委办（区档案局）."""
        line = content[content.rfind("\n", 0, outer.start) + 1 : outer.start]
        ends = content[outer.end : outer.end + 1] in "\n"
        return ends and self.grammar.names_body(_NUMBERED.sub("", line))


@dataclass(frozen=True, slots=True)
class LineFinder:
    """A finder of labels without brackets (责任单位：市商务局), and of lines such as 市商务局负责."""

    grammar: AttributionGrammar
    judge: NameJudge
    line: re.Pattern[str]  # a label at the beginning of a line or sentence
    spaced: re.Pattern[str]  # a label with a blank or line break in place of the colon
    plain: re.Pattern[str]  # a line that ends in a verb
    event: re.Pattern[str]  # 主办单位：

    @classmethod
    def load(cls, grammar: AttributionGrammar, judge: NameJudge) -> LineFinder:
        """Return a finder with the package's own words."""
        data = load_word_lists("attribution")
        labels, riders = build_label_pattern(data), build_qualifier_pattern(data)
        return cls(
            grammar,
            judge,
            line=re.compile(
                rf"(?:^|(?<=[。；;！）)］\]〕】]))[^\S\n]*(?:{labels}|(?P<rider>{riders}))(?P<words>[^\n。]*)",
                re.MULTILINE,
            ),
            spaced=re.compile(
                rf"(?:^|(?<=[。；;！]))[^\S\n]*(?P<label>{build_label_words(data)})(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
                r"(?P<words>[^\s。；;：:（(][^\n。；;：:]*)[。；;]?[^\S\n]*$",
                re.MULTILINE,
            ),
            plain=re.compile(
                r"^[^\S\n]*(?:注[：:])?(?P<words>[^\n。；;：:（(]{2,120}(?:负责|牵头|配合|落实|参与))[。；]?[^\S\n]*$",
                re.MULTILINE,
            ),
            event=re.compile(rf"(?:{'|'.join(data['label']['event'])})[^：:]*$"),
        )

    def find(self, content: str, body: Span, found: Findings) -> None:
        """Add the labels and lines of a division that are not within what was found before."""
        inside = SpanIndex(candidate.outer for candidate in found.taken)
        found.taken += [line for line in self._iterate_lines(content, body) if not inside.meets(line.outer)]
        inside = SpanIndex(candidate.outer for candidate in found.taken)
        for label in self.line.finditer(content, find_indent(content, body.start), body.end):
            start = label.start("label") if label["label"] else label.start("rider")
            if not inside.meets(Span(start, start + 1)) and not self.event.match(label["label"] or ""):
                self._read_label(content, body, label, Span(start, label.end()), found)

    def _read_label(
        self, content: str, body: Span, label: re.Match[str], words: Span, found: Findings
    ) -> None:
        """Add what stands behind a label, and the deadline that may stand right behind its last name."""
        end = self.grammar.find_deadline(content, words)
        inner = Span(words.start, end).strip(content)
        if len(inner) >= _LIMIT:
            return
        if end < words.end:
            deadline = Span(end, words.end).strip(content)
            found.taken.append(Candidate(deadline, self.grammar.parse(content, deadline)))
        parsed = self.grammar.parse(content, inner)
        reason = None if label["rider"] else self.judge.explain_label(parsed)
        if reason and (shorter := self._cut_at_blank(content, label, inner)):
            parsed, reason, end = shorter, None, shorter.inner.end
        if reason is None:
            outer = Span(max(label.start(), body.start), end + (content[end : end + 1] == "。"))
            found.taken.append(Candidate(outer, parsed))
        else:
            found.refuse(inner, reason)

    def _cut_at_blank(self, content: str, label: re.Match[str], inner: Span) -> ParsedAttribution | None:
        """Return the bodies up to a blank, behind which a page on one line goes on with other text."""
        blank = _GAP.search(content, label.start("words"), inner.end)
        if blank is None:
            return None
        parsed = self.grammar.parse(content, Span(inner.start, blank.start()))
        return parsed if self.judge.are_all_bodies(parsed) else None

    def _iterate_lines(self, content: str, body: Span) -> Iterator[Candidate]:
        """Yield labels without a colon and lines without a label, where all words are names of bodies."""
        start = find_indent(content, body.start)
        for label in self.spaced.finditer(content, start, body.end):
            parsed = self.grammar.parse(content, Span(*label.span("words")).strip(content), label["label"])
            if self.judge.are_all_bodies(parsed) and not self.event.match(label["label"]):
                yield Candidate(Span(*label.span()).strip(content), parsed)
        for line in self.plain.finditer(content, start, body.end):
            parsed = self.grammar.parse(content, Span(*line.span("words")).strip(content))
            if parsed.verbs and self.judge.are_all_bodies(parsed):
                yield Candidate(Span(*line.span()).strip(content), parsed)


@dataclass(frozen=True, slots=True)
class CellFinder:
    """A finder of cells of flattened tables that hold bodies alone."""

    grammar: AttributionGrammar
    judge: NameJudge
    empty: re.Pattern[str]  # a cell that says nothing: /
    column: re.Pattern[str]  # the name of a column, repeated on each page

    def find(self, content: str, body: Span, table: FlatTable, found: Findings) -> None:
        """Add the cells of a row; the columns' order gives their roles."""
        if table.glued:
            found.taken += self._iterate_glued(content, body, table)
            return
        inside = SpanIndex(candidate.outer for candidate in found.taken)
        column, before = 0, Span(body.start, body.start)
        for line in _iterate_cells(content, body):
            words = line.extract(content)
            full = table.trailing and column == len(table.bodies)
            label = table.bodies[min(column, len(table.bodies) - 1)]
            parsed = None if full or inside.meets(line) else self._read_cell(content, line, label)
            if parsed is not None:
                person = column == 0 and table.persons and _PERSON.fullmatch(before.extract(content))
                start = before.start if person else line.start
                found.taken.append(Candidate(Span(start, line.end), parsed))
                column += 1
            elif column and self.empty.fullmatch(words):
                column += 1
            else:
                if column and self.grammar.is_deadline(words):  # behind the bodies: the last cell of its row
                    found.taken.append(Candidate(line, self.grammar.build_deadline(line)))
                column, before = 0, line

    def _iterate_glued(self, content: str, row: Span, table: FlatTable) -> Iterator[Candidate]:
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
            yield Candidate(cell, replace(self.grammar.parse(content, cell, label), layout_inferred=True))
        rest = Span(found[-1].span.end, row.end).strip(content) if found else Span(0, 0)
        if len(rest) and self.grammar.is_deadline(rest.extract(content)):
            yield Candidate(rest, self.grammar.build_deadline(rest))

    def _read_cell(self, content: str, cell: Span, label: str) -> ParsedAttribution | None:
        """Return a cell that holds only names of bodies, parsed behind its column's label; else None."""
        words = cell.extract(content)
        no_body = words in _BARE or self.column.fullmatch(words)  # a name that a line break cut, or a head
        if len(cell) > _CELL_LIMIT or words[-1] in "。；;：:" or no_body:
            return None
        parsed = self.grammar.parse(content, cell, label)
        return parsed if self.judge.are_all_bodies(parsed) else None


class SpanIndex:
    """Spans, to ask whether another shares a character with one of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        """Take the spans, in any order."""
        ordered = sorted(spans)
        self._starts = [span.start for span in ordered]
        self._ends = list(accumulate((span.end for span in ordered), max))

    def meets(self, span: Span) -> bool:
        """Return whether the span shares a character with one of them."""
        before = bisect_left(self._starts, span.end)
        return before > 0 and self._ends[before - 1] > span.start


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


def _find_last_character(content: str, position: int) -> str:
    """Return the last character before a position that is no blank; "" at the start of the text."""
    return content[max(position - 4, 0) : position].rstrip(" 　\t")[-1:]


def _build_bracket_error(text: Text, position: int) -> UnclosedBracketError:
    line, column = text.find_line_column(position)
    missing = CLOSERS[OPENERS.index(text.content[position])]
    return UnclosedBracketError(
        f"{text.source.name}:{line}:{column}: bracket never closes; add the missing {missing}"
    )
