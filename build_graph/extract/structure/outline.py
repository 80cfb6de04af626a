"""The outline of a document: its sections and clauses, with their headings and their own text.

Numbering marks give the divisions (`numbering.py`). A signature, a date or a list of attachments ends a run
of them; what stands behind it, as an attached plan does, is outlined anew. Text without marks is parted at
its lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from build_graph.extract.structure.attribution_grammar import build_label_words
from build_graph.extract.structure.flattened_tables import TableParser
from build_graph.extract.structure.headings import HeadingParser, find_first_sentence
from build_graph.extract.structure.marks import build_alternation, iterate_lines
from build_graph.extract.structure.numbering import DEPTH, LEVELS_DOWN, Mark, find_marks, select_marks
from build_graph.model import Division, Level, Metadata, Outline, Span, Text
from build_graph.resources import load_word_lists

_LETTER = {kind: kind[0] for kind in LEVELS_DOWN} | {"chapter": "h", "table": "t"}
_SECTIONS = frozenset({"chapter", "part", "section", "table"})
_PARAGRAPH_HEADING = 12  # characters of a heading that opens an unnumbered paragraph
_PARAGRAPH = re.compile(r"[^\n]+?(?:。(?=[ 　\xa0])|$)", re.MULTILINE)
_SENTENCE = re.compile(r"[。；;！!？?]|[，,].*[，,]")  # never part of a title, a signature or a heading

# A sentence, then a bracket with at least two characters, perhaps nested once: the layout of an attribution.
_ATTRIBUTED = re.compile(
    r"[。；;！”\"][\s　]*(?:"
    r"[（(](?:[^（()）\n]|[（(][^（()）\n]{0,40}[）)]){2,400}[）)]"
    r"|[〔﹝［\[【][^〔﹝［\[【〕﹞］\]】\n]{2,400}[〕﹞］\]】])[。；;]?"
)


@dataclass(frozen=True, slots=True)
class OutlineParser:
    """A parser of outlines, with the words of `data/outline.toml`."""

    stop: re.Pattern[str]
    note: re.Pattern[str]  # a line behind the text that is none: 附件：…, 联系人：…
    preamble: re.Pattern[str]
    contact: re.Pattern[str]  # 实施中遇到的问题，请径向…反映
    form: re.Pattern[str]
    attribution: re.Pattern[str]  # a line that only says who answers: 责任单位：…, or a bracket
    headings: HeadingParser
    tables: TableParser

    @classmethod
    def load(cls) -> OutlineParser:
        """Return a parser with the package's own words."""
        data = load_word_lists("outline")
        lines = "|".join(map(re.escape, data["stop"]["lines"]))
        return cls(
            stop=re.compile(
                rf"^[^\S\n]*(?:{lines}|[（(]?(?:19|20)\d{{2}}年\d{{1,2}}月\d{{1,2}}日[)）]?[^\S\n]*$"
                r"|二[〇○零][〇○零一二]\S年\S{1,2}月\S{1,3}日[^\S\n]*$)"
                r"|(?<=[。）)])[^\S\n]*附件[：:]"
                # In a document on one line: a signature with its date, and all behind it.
                rf"|(?<=[。）)])[^\S\n]+(?:{lines}|[\u4e00-\u9fff]{{4,30}}[^\S\n]*20\d\d年\d{{1,2}}月\d{{1,2}}日(?=[\s（(]|$))",
                re.MULTILINE,
            ),
            note=load_note_pattern(),
            preamble=load_preamble_pattern(),
            contact=re.compile(data["preamble"]["contact"]),
            form=re.compile(data["form"]["pattern"]),
            attribution=re.compile(
                rf"(?:{build_label_words(load_word_lists('attribution'))})[：:为 　]"
                # A bracket around one name may be the byline of a report.
                r"|[（(〔﹝［\[【〈].*(?:单位|部门|负责|牵头|配合|、).*[）)〕﹞］\]】〉]$"
            ),
            headings=HeadingParser.load(),
            tables=TableParser.load(),
        )

    def read(self, text: Text, metadata: Metadata) -> Outline:
        """Return the divisions of `text`: those that marks give, and the paragraphs of text without marks."""
        content = text.content
        marks = tuple(select_marks(content, self._find_marks(content, metadata.issuers)))
        start = _find_text_start(content, metadata)
        drafts = tuple(self._nest(content, marks, start))
        split = (self._split_paragraphs(content, one) for one in self.headings.split(content, drafts))
        top = tuple(_split_closings(content, self.headings.classify(content, tuple(split))))
        return Outline(metadata, top, count_clauses(top))

    # ------------------------------------------------------------------------------- marks

    def _find_marks(self, content: str, issuers: Sequence[str]) -> list[Mark]:
        """Return everything that looks like a mark or ends the text, in order."""
        found = list(find_marks(content))
        stops = [self.stop]
        if issuers:  # the signature: 国务院 alone on a line, or before the date in a one-line document
            name = rf"(?:{build_alternation(issuers)}[^\S\n]*)+"
            signature = rf"^[^\S\n]*{name}[^\S\n]*$|(?<=[。）)])[^\S\n]*{name}(?=\s*\d{{4}}年)"
            stops.append(re.compile(signature, re.MULTILINE))
        for stop in stops:
            found += [Mark("stop", 0, Span(m.start(), m.start())) for m in stop.finditer(content)]
        for table in self.tables.read(content):
            found = [mark for mark in found if not mark.span.start < table.head.end <= mark.span.end]
            found.append(Mark("table", 0, Span(table.head.start, table.head.end)))
            if table.rows.end < len(content):  # another table, or what stands behind this one
                found.append(Mark("stop", 0, Span(table.rows.end, table.rows.end)))
            found += [
                Mark("row", row, span, span.extract(content)) for row, span in table.iterate_numbers(content)
            ]
        return sorted(found, key=lambda mark: mark.span)

    # -------------------------------------------------------------------------------- tree

    def _nest(self, content: str, marks: Sequence[Mark], start: int) -> Iterator[Division]:
        """Yield the divisions of runs of marks between stops, and the paragraphs without marks behind them.

        A deeper mark belongs to the nearest shallower one before it.
        """
        keys: dict[str, int] = {}
        begun = False  # what precedes the first mark of all is the preamble
        for stretch, found in _iterate_runs(content, marks):
            run = [] if begun and self._is_form(content, stretch, found) else found
            before = Span(max(stretch.start, start), run[0].span.start if run else stretch.end)
            if begun or not run:
                yield from self._iterate_paragraphs(content, before, keys, bool(run))
            ends = (*(mark.span.start for mark in run[1:]), stretch.end)
            spans = (Span(mark.span.start, end).strip(content) for mark, end in zip(run, ends, strict=False))
            yield from _build_tree(list(zip(run, spans, strict=True)), keys)
            begun = begun or bool(run)

    def _leads_over(self, words: str) -> bool:
        """Return whether a paragraph leads over by its last sentence, but for one that says whom to ask."""
        sentences = [one for one in re.split("(?<=。)", words) if one and not self.contact.search(one)]
        return not sentences or self.preamble.search(sentences[-1]) is not None

    def _is_form(self, content: str, stretch: Span, run: Sequence[Mark]) -> bool:
        """Return whether items behind a text say how to fill a form in."""
        only_items = all(mark.kind == "item" for mark in run)
        return only_items and self.form.search(content, stretch.start, stretch.end) is not None

    def _iterate_paragraphs(
        self, content: str, span: Span, keys: dict[str, int], followed: bool
    ) -> Iterator[Division]:
        """Yield the paragraphs of a stretch without marks that are sentences, as unnumbered clauses.

        What leads over to marks, or to the next paragraphs (现通知如下), orders nothing. A line that only
        says who answers belongs to the paragraph before it.
        """
        paragraph: Division | None = None
        for found in _PARAGRAPH.finditer(content, span.start, max(span.start, span.end)):
            line = Span(*found.span()).strip(content)
            words = line.extract(content)
            if paragraph and self.attribution.match(words):
                line = Span(paragraph.span.start, line.end)
                paragraph = replace(paragraph, span=line, body=line)
            elif is_sentence(words) and not self.note.match(words) and not self.form.search(words):
                if paragraph:
                    yield paragraph
                leads = followed or self._leads_over(words)
                key = _count_key("p", keys)
                paragraph = Division(Level.CLAUSE, None, key, 0, line, None, line, principle=leads)
        if paragraph:
            yield paragraph

    def _split_paragraphs(self, content: str, section: Division) -> Division:
        """Return a section; paragraphs that all open with a heading become unnumbered clauses."""
        if section.level is not Level.SECTION or section.parts or self.headings.is_goal(content, section):
            return section
        lines = list(iterate_lines(content, section.body))
        cuts = [find_first_sentence(content, line) for line in lines]
        if len(lines) < 2 or not all(cut is not None and _is_short(cut.extract(content)) for cut in cuts):
            return section
        parts = (
            Division(
                Level.CLAUSE, None, f"p{index}", 0, line, cut, Span(cut.end + 1, line.end).strip(content)
            )
            for index, (line, cut) in enumerate(zip(lines, cuts, strict=True), start=1)
            if cut is not None
        )
        return replace(section, body=Span(section.body.start, section.body.start), parts=tuple(parts))


def load_note_pattern() -> re.Pattern[str]:
    """Return the pattern of how a line behind the text begins that is none of it: 附件：…, 联系人：…."""
    lines = "|".join(map(re.escape, load_word_lists("outline")["stop"]["lines"]))
    return re.compile(rf"[^\S\n]*(?:{lines})")


def load_preamble_pattern() -> re.Pattern[str]:
    """Return the pattern of what leads over to the text that follows, or forwards it: 现印发给你们."""
    return re.compile(load_word_lists("outline")["preamble"]["pattern"])


def is_sentence(words: str) -> bool:
    """Return whether words are a sentence, and no title, signature or heading.

    >>> is_sentence("国务院办公厅"), is_sentence("现印发给你们。")
    (False, True)
    """
    return bool(_SENTENCE.search(words))


def _find_text_start(content: str, metadata: Metadata) -> int:
    """Return where the text behind the addressees begins, or behind the title where there are none."""
    last = metadata.addressees[-1] if metadata.addressees else ""
    colon = re.compile(rf"{re.escape(last)}[^。\n]{{0,20}}?[：:]").search(content) if last else None
    if colon:
        return colon.end()
    title = content.find(metadata.title) if metadata.title else -1
    return title + len(metadata.title or "") if title >= 0 else 0


def _is_short(heading: str) -> bool:
    return len(heading) <= _PARAGRAPH_HEADING and "，" not in heading


# ------------------------------------------------------------------------------------- tree


def _iterate_runs(content: str, marks: Sequence[Mark]) -> Iterator[tuple[Span, list[Mark]]]:
    """Yield the stretches between stops, each with its marks; a stop closes every open division."""
    start, run = 0, list[Mark]()
    for mark in (*marks, Mark("stop", 0, Span(len(content), len(content)))):
        if mark.kind == "stop":
            yield Span(start, mark.span.start), run
            start, run = mark.span.start, []
        else:
            run.append(mark)


def _build_tree(group: Sequence[tuple[Mark, Span]], keys: dict[str, int]) -> list[Division]:
    """Return nested divisions of marks without a stop between them; `keys` counts the top level's keys."""
    if not group:
        return []
    shallowest = min(DEPTH[mark.kind] for mark, _ in group)
    starts = [i for i, (mark, _) in enumerate(group) if DEPTH[mark.kind] == shallowest]
    divisions = _build_tree(group[: starts[0]], keys)  # deeper marks before the first shallow one stand alone
    for i, j in pairwise([*starts, len(group)]):
        mark, own = group[i]
        parts = _build_tree(group[i + 1 : j], {})
        divisions.append(
            Division(
                Level.SECTION if mark.kind in _SECTIONS else Level.CLAUSE,
                mark.printed or None,
                _count_key(f"{_LETTER[mark.kind]}{mark.ordinal or ''}", keys),
                mark.ordinal,
                Span(own.start, group[j - 1][1].end),
                None,
                Span(mark.span.end, own.end),
                layout_inferred=mark.glued,
                parts=tuple(parts),
            )
        )
    return divisions


def _count_key(key: str, keys: dict[str, int]) -> str:
    """Return the key, with a number behind it where it was taken before; paragraphs have one always."""
    keys[key] = keys.get(key, 0) + 1
    if key == "p":
        return f"p{keys[key]}"
    return key if keys[key] == 1 else f"{key}-{keys[key]}"


# ---------------------------------------------------------------------------------- the end


def _split_closings(content: str, top: Sequence[Division]) -> Iterator[Division]:
    """Yield the divisions, and behind each run of them the closing text that follows its last attribution."""
    closings: dict[str, int] = {}
    for division, following in pairwise([*top, None]):
        assert division is not None
        kept, closing = division, None
        if following is None or following.ordinal <= division.ordinal:  # the last of its run
            kept, closing = _split_closing(content, division)
        yield kept
        if closing:
            yield Division(Level.CLOSING, None, _count_key("closing", closings), 0, closing, None, closing)


def _split_closing(content: str, last: Division) -> tuple[Division, Span | None]:
    """Return the last division of a run, and the closing text that follows its last attribution."""
    leaf = last
    while leaf.parts:
        leaf = leaf.parts[-1]
    brackets = [found.end() for found in _ATTRIBUTED.finditer(content, leaf.body.start, leaf.body.end)]
    closing = Span(brackets[-1], leaf.body.end).strip(content) if brackets else Span(0, 0)
    if len(closing) == 0 or find_first_sentence(content, closing) is None:
        return last, None
    return _cut_division(content, last, brackets[-1]), closing


def _cut_division(content: str, division: Division, end: int) -> Division:
    """Return the division, and the last of its parts at each level, cut off at `end`."""
    parts = division.parts
    if parts:
        parts = (*parts[:-1], _cut_division(content, parts[-1], end))
    span = Span(division.span.start, end)
    body = division.body if division.parts else Span(division.body.start, end).strip(content)
    return replace(division, span=span, body=body, parts=parts)


def count_clauses(top: Iterable[Division]) -> int:
    """Return the number of divisions of the lowest level that carries measures: clauses, else sections.

    A clause counts if it has text of its own or nothing below it.
    """
    marked = [part for root in top for part in root.walk() if part.mark is not None]
    carrying = [part for part in marked if len(part.body) or not part.parts]
    clauses = sum(part.level is Level.CLAUSE for part in carrying)
    return clauses or sum(part.level is Level.SECTION for part in carrying)
