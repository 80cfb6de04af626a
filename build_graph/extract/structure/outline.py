"""The outline of a document: its sections and clauses, their marks, headings and own text.

Marks are found wherever they can stand (some pages put a whole document on one line) and accepted
where they carry the numbering on: 一、 sections, （一） clauses, 1. items, 第一条 articles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from build_graph.extract.structure.flattened_tables import TableParser
from build_graph.extract.structure.marks import build_alternation, iterate_lines, parse_numeral
from build_graph.model import Division, Level, Metadata, Outline, Span, Text
from build_graph.resources import load_word_lists

_CHINESE = "一二三四五六七八九十百"
_MARK = re.compile(
    rf"""
    (?=[第{_CHINESE}（(\d]) (?:                                               # first characters of a mark
    (?P<chapter> 第[{_CHINESE}零〇]{{1,5}}[章编] (?=[\s　]|[^的第]) )        # 第一章
  | (?P<part>    第[{_CHINESE}零〇]{{1,5}}节 (?=[\s　]) )                    # 第二节
  | (?P<section> [{_CHINESE}]{{1,4}}、 (?![{_CHINESE}]、) )                  # 一、   not 一、二、三产业
  | (?P<article> 第[{_CHINESE}千零〇]{{1,6}}条 (?![第例款约件]) )             # 第一条
  | (?P<clause>  (?<!第)[（(] [{_CHINESE}]{{1,4}} [)）] (?!项) )             # （一）  not 第（一）项
  | (?P<item>    (?<![\d.．]) \d{{1,3}} [.．、] )                            # 1．
    )
    """,
    re.VERBOSE,
)
_NO_NUMERAL = re.compile(rf"[^\d{_CHINESE}千零〇]")
_LEVELS_DOWN = ("chapter", "part", "section", "article", "clause", "row", "item")
_DEPTH = {kind: depth for depth, kind in enumerate(_LEVELS_DOWN)} | {"table": _LEVELS_DOWN.index("section")}
_LETTER = {kind: kind[0] for kind in _LEVELS_DOWN} | {"chapter": "h", "table": "t"}
_SECTIONS = frozenset({"chapter", "part", "section", "table"})
_BOUNDARY = frozenset('\n 　。；;！!？?：:）)］]〕】﹞》”"')  # characters before a mark within a line
_SENTENCE_END = "。；;！!？?"
_SENTENCE_STOP = re.compile(f"[{_SENTENCE_END}]")
_ENDS = tuple("。；;！!？?）)〕】]")
_GAP = 3  # numbers that a mark may be ahead of the last one
_BLANK_BREAK = re.compile(r"(?<=[\u4e00-\u9fff”）])[ 　\xa0\t]+(?=[\u4e00-\u9fff“《])")
_BLANKS = 20  # characters of blanks in place of a lost line break
_HEADING_LIMIT = 30  # characters; longer first sentences are text
_VOTED_LIMIT = 40  # where most of its siblings have a heading
_TITLE_LIMIT = 60  # characters of a heading that has a line of its own
_YEAR = re.compile(r"(?:19|20)\d{2}")
_LABELLED = re.compile(r"[^\s，。；：:]{0,8}(?:单位|部门|处室|科室|时限)[：:]")  # 责任单位：
_AMOUNT = re.compile(r"\d+(?:[%％‰亿万千百元倍个人家户项米吨亩小]|[.．]\d)")
# A heading that ends in a bracket with bodies in it is a measure with its attribution.
_ENDS_IN_BODIES = re.compile(r"[（(〔﹝［\[【][^\n]*(?:单位|部门|负责|牵头|配合|、|，)[^\n]*[）)\]］〕】﹞]$")

# A sentence, then a bracket with at least two characters, perhaps nested once: the layout of an attribution.
_ATTRIBUTED = re.compile(
    r"[。；;！”\"][\s　]*(?:"
    r"[（(](?:[^（()）\n]|[（(][^（()）\n]{0,40}[）)]){2,400}[）)]"
    r"|[〔﹝［\[【][^〔﹝［\[【〕﹞］\]】\n]{2,400}[〕﹞］\]】])[。；;]?"
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A numbering mark at a place; `kind` is a group name of `_MARK`, or "stop", "table" or "row"."""

    kind: str
    ordinal: int
    span: Span
    printed: str = ""


@dataclass(frozen=True, slots=True)
class OutlineParser:
    """A parser of outlines, with the words of `data/outline.toml`."""

    principle: tuple[str, ...]
    principle_openings: tuple[str, ...]
    goal: tuple[str, ...]
    stop: re.Pattern[str]
    tables: TableParser

    @classmethod
    def load(cls) -> OutlineParser:
        """Return a parser with the package's own words."""
        data = load_word_lists("outline")
        heading = data["heading"]
        lines = "|".join(map(re.escape, data["stop"]["lines"]))
        return cls(
            principle=tuple(heading["principle"]),
            principle_openings=tuple(heading["principle_openings"]),
            goal=tuple(heading["goal"]),
            stop=re.compile(
                rf"^[^\S\n]*(?:{lines}|[（(]?(?:19|20)\d{{2}}年\d{{1,2}}月\d{{1,2}}日[)）]?[^\S\n]*$"
                r"|二[〇○零][〇○零一二]\S年\S{1,2}月\S{1,3}日[^\S\n]*$)"
                r"|(?<=[。）)])[^\S\n]*附件[：:]"
                # In a document on one line: a signature with its date, and all behind it.
                rf"|(?<=[。）)])[^\S\n]+(?:{lines}|[\u4e00-\u9fff]{{4,30}}[^\S\n]*20\d\d年\d{{1,2}}月\d{{1,2}}日(?=[\s（(]|$))",
                re.MULTILINE,
            ),
            tables=TableParser.load(),
        )

    def read(self, text: Text, metadata: Metadata) -> Outline:
        """Return the divisions of `text`; none where it has no marks and no addressees.

        A short circular has no marks: its paragraphs are unnumbered clauses.
        """
        content = text.content
        marks = tuple(_filter_sequence(content, self._find_marks(content, metadata.issuers)))
        top = self._nest(content, marks)
        top = tuple(self._describe(content, top) if top else _iterate_paragraphs(content, metadata, marks))
        return Outline(metadata, top, count_clauses(top))

    # ------------------------------------------------------------------------------- marks

    def _find_marks(self, content: str, issuers: Sequence[str]) -> list[_Mark]:
        """Return everything that looks like a mark or ends the text, in order."""
        found = [
            _Mark(m.lastgroup or "", _parse_ordinal(m[0]), Span(*m.span()), m[0].strip())
            for m in _MARK.finditer(content)
        ]
        stops = [self.stop]
        if issuers:  # the signature: 国务院 alone on a line, or before the date in a one-line document
            name = rf"(?:{build_alternation(issuers)}[^\S\n]*)+"
            signature = rf"^[^\S\n]*{name}[^\S\n]*$|(?<=[。）)])[^\S\n]*{name}(?=\s*\d{{4}}年)"
            stops.append(re.compile(signature, re.MULTILINE))
        for stop in stops:
            found += [_Mark("stop", 0, Span(m.start(), m.start())) for m in stop.finditer(content)]
        for table in self.tables.read(content):
            found = [mark for mark in found if not mark.span.start < table.head.end <= mark.span.end]
            found.append(_Mark("table", 0, Span(table.head.start, table.head.end)))
            found += [
                _Mark("row", row, span, span.extract(content)) for row, span in table.iterate_numbers(content)
            ]
        return sorted(found, key=lambda mark: mark.span)

    # -------------------------------------------------------------------------------- tree

    def _nest(self, content: str, marks: Sequence[_Mark]) -> tuple[Division, ...]:
        """Return divisions of marks: a deeper mark belongs to the nearest shallower one before it."""
        starts = [*(mark.span.start for mark in marks), len(content)]
        groups: list[list[tuple[_Mark, Span]]] = [[]]  # a stop closes every open division
        for mark, (start, end) in zip(marks, pairwise(starts), strict=True):
            if mark.kind == "stop":
                groups.append([])
            else:
                groups[-1].append((mark, Span(start, end).strip(content)))
        keys: dict[str, int] = {}
        return tuple(division for group in groups for division in _build_tree(group, keys))

    # ---------------------------------------------------------------------------- headings

    def _describe(self, content: str, top: tuple[Division, ...]) -> Iterator[Division]:
        """Yield the divisions with headings, bodies and kinds, and the closing divisions."""
        headed = _find_headed(content, top)
        described = [self._describe_one(content, division, headed, False, False) for division in top]
        closings = 0
        for division, following in pairwise([*described, None]):
            assert division is not None
            kept, closing = division, None
            if following is None or following.ordinal <= division.ordinal:  # the last of its run
                kept, closing = _split_closing(content, division)
            yield kept
            if closing:
                closings += 1
                key = "closing" if closings == 1 else f"closing-{closings}"
                yield Division(Level.CLOSING, None, key, 0, closing, None, closing)

    def _describe_one(
        self, content: str, draft: Division, headed: frozenset[Span], principle: bool, goal: bool
    ) -> Division:
        heading, body = _split_heading(content, draft, draft.span in headed)
        title = heading.extract(content) if heading else ""
        own_goal = title.endswith("目标") or any(word in title for word in self.goal)
        own_principle = self._is_principle(title)
        goal = own_goal or (goal and not own_principle)
        principle = not goal and (own_principle or (principle and not own_goal))
        parts = tuple(self._describe_one(content, part, headed, principle, goal) for part in draft.parts)
        described = replace(
            draft, heading=heading, body=body, parts=parts, principle=principle, goal=goal and not parts
        )
        if draft.level is Level.SECTION and not parts and not goal:
            described = self._split_paragraphs(content, described)
        return described

    def _is_principle(self, heading: str) -> bool:
        """Return whether a heading is about how to think, not about what to do."""
        return heading.startswith(self.principle_openings) or any(word in heading for word in self.principle)

    def _split_paragraphs(self, content: str, section: Division) -> Division:
        """Return a section; paragraphs that all open with a heading become unnumbered clauses."""
        lines = list(iterate_lines(content, section.body))
        cuts = [_find_first_sentence(content, line) for line in lines]
        short = [cut is not None and len(cut) <= 12 and "，" not in cut.extract(content) for cut in cuts]
        if len(lines) < 2 or not all(short):
            return section
        parts = []
        for index, (line, cut) in enumerate(zip(lines, cuts, strict=True), start=1):
            assert cut is not None
            parts.append(
                Division(
                    Level.CLAUSE,
                    None,
                    f"p{index}",
                    0,
                    line,
                    cut,
                    Span(cut.end + 1, line.end).strip(content),
                    principle=section.principle or self._is_principle(cut.extract(content)),
                )
            )
        return replace(section, body=Span(section.body.start, section.body.start), parts=tuple(parts))


# ------------------------------------------------------------------------------------ marks


def _parse_ordinal(mark: str) -> int:
    """Return the number that a mark prints: 第十二条 → 12, 3． → 3."""
    return parse_numeral(_NO_NUMERAL.sub("", mark))


def _filter_sequence(content: str, marks: Iterable[_Mark]) -> Iterator[_Mark]:
    """Yield the marks that carry a numbering on: first, next after the last, or at the start of a line."""
    last: dict[str, int] = {}  # by kind, under the current parent
    running: dict[str, int] = {}  # by kind, through the document
    before: _Mark | None = None
    stopped = False
    for mark in marks:
        if mark.kind == "stop":
            stopped = True
            yield mark
            continue
        if stopped and mark.kind == "item":  # 附件：1.… 2.… lists attachments
            continue
        expected = {1, last.get(mark.kind, 0) + 1, running.get(mark.kind, 0) + 1}
        if not _continues_sequence(content, mark, expected, before) and not _is_after_gap(
            content, mark, last
        ):
            continue
        stopped = False
        last = {kind: n for kind, n in last.items() if _DEPTH[kind] <= _DEPTH[mark.kind]}
        last[mark.kind] = running[mark.kind] = mark.ordinal
        before = mark
        yield mark


def _continues_sequence(content: str, mark: _Mark, expected: set[int], before: _Mark | None) -> bool:
    """Return whether a mark is in a place for its kind, with a number that is `expected` there."""
    if _is_decimal(content, mark, expected):
        return False
    if mark.kind in ("table", "row") or _is_at_line_start(content, mark.span.start):
        return True
    if mark.ordinal not in expected:
        return False
    if mark.kind == "clause":  # （一）（一） within one division is a reference
        return mark.ordinal != 1 or before is None or (before.kind, before.ordinal) != ("clause", 1)
    return _is_at_boundary(content, mark) or _has_lost_break(content, mark, before)


def _is_after_gap(content: str, mark: _Mark, last: dict[str, int]) -> bool:
    """Return whether a mark at a boundary skips one or two numbers, as where a page lost a stretch."""
    gap = mark.ordinal - last.get(mark.kind, 0)
    if not 1 < gap <= _GAP or not _is_at_boundary(content, mark):
        return False
    if mark.kind == "item":  # only behind a sentence or bracket and a blank, and no number: 2. … 。 4.对…
        ends = content[max(mark.span.start - 4, 0) : mark.span.start]
        follows = content[mark.span.end : mark.span.end + 1]
        return (
            mark.kind in last
            and ends.rstrip(" 　")[-1:] in _ENDS
            and ends[-1:] in " 　"
            and follows.isalpha()
        )
    return mark.kind in ("section", "article")


def _is_at_boundary(content: str, mark: _Mark) -> bool:
    return mark.span.start == 0 or content[mark.span.start - 1] in _BOUNDARY


def _has_lost_break(content: str, mark: _Mark, before: _Mark | None) -> bool:
    """Return whether a mark needs no boundary before it, because nothing else looks like it.

    附则第一章 总则第一条为了…; 市社团办十五、在新增社会组织中…
    """
    if mark.kind in ("chapter", "part"):
        return True
    if mark.kind == "article":
        heading = content[before.span.end : mark.span.start] if before else ""
        opens = mark.ordinal == 1 and before is not None and before.kind in ("chapter", "part")
        return opens and len(heading) <= _HEADING_LIMIT and not re.search(rf"[{_SENTENCE_END}，]", heading)
    late = mark.kind == "section" and mark.ordinal > 10
    return late and content[mark.span.start - 1] not in _CHINESE + "第"


def _is_decimal(content: str, mark: _Mark, expected: set[int]) -> bool:
    """Return whether an item mark is the start of a number (1.5), not of an item (5.2021年…, 3．5G…)."""
    after = content[mark.span.end : mark.span.end + 8]
    if mark.kind != "item" or not after[:1].isdecimal() or _YEAR.match(after):
        return False
    return bool(_AMOUNT.match(after)) or not (
        mark.ordinal in expected and (mark.printed[-1] != "." or _is_at_line_start(content, mark.span.start))
    )


def _is_at_line_start(content: str, position: int) -> bool:
    """Return whether only blanks are between the line's start and `position`."""
    while position and content[position - 1] in " \t　":
        position -= 1
    return position == 0 or content[position - 1] == "\n"


def _build_tree(group: Sequence[tuple[_Mark, Span]], keys: dict[str, int]) -> list[Division]:
    """Return nested divisions of marks without a stop between them; `keys` counts the top level's keys."""
    if not group:
        return []
    shallowest = min(_DEPTH[mark.kind] for mark, _ in group)
    starts = [i for i, (mark, _) in enumerate(group) if _DEPTH[mark.kind] == shallowest]
    divisions = _build_tree(group[: starts[0]], keys)  # deeper marks before the first shallow one stand alone
    for i, j in pairwise([*starts, len(group)]):
        mark, own = group[i]
        parts = _build_tree(group[i + 1 : j], {})
        key = f"{_LETTER[mark.kind]}{mark.ordinal or ''}"
        keys[key] = keys.get(key, 0) + 1
        divisions.append(
            Division(
                Level.SECTION if mark.kind in _SECTIONS else Level.CLAUSE,
                mark.printed or None,
                key if keys[key] == 1 else f"{key}-{keys[key]}",
                mark.ordinal,
                Span(own.start, group[j - 1][1].end),
                None,
                Span(mark.span.end, own.end),
                parts=tuple(parts),
            )
        )
    return divisions


# -------------------------------------------------------------------------- headings, bodies


def _split_heading(content: str, draft: Division, voted: bool) -> tuple[Span | None, Span]:
    """Return a division's heading and the text after it.

    If `voted`, a short first sentence is a heading.
    """
    body = draft.body.strip(content)
    line = _find_first_line(content, body)
    sentence = _find_first_sentence(content, line)
    if sentence is None:  # no sentence ends on the first line
        rest = Span(line.end, body.end).strip(content)
        # A task may be alone on its line, without a stop; the bodies responsible for it may follow.
        last = len(rest) == 0 or bool(_LABELLED.match(content, rest.start, rest.end))
        alone = last and not draft.parts and draft.level is Level.CLAUSE
        if alone or len(line) > _TITLE_LIMIT or _ENDS_IN_BODIES.search(line.extract(content)):
            return None, body
        return line, rest
    rest = Span(sentence.end + 1, body.end).strip(content)
    if len(rest) == 0 and draft.parts and len(sentence) <= _TITLE_LIMIT:
        return sentence, rest
    if voted and len(sentence) <= _VOTED_LIMIT and _opens_text(content, rest):
        return sentence, rest
    return None, body


def _find_headed(content: str, top: Sequence[Division]) -> frozenset[Span]:
    """Return the spans of the divisions whose short first sentences are headings.

    That is decided among siblings: most of their texts open with a short sentence.
    """
    votes = [
        [(division, _check_opening_heading(content, division)) for division in siblings]
        for siblings in _iterate_siblings(top)
    ]
    headed: set[Span] = set()
    kinds: dict[str, list[bool]] = defaultdict(list)
    for division, yes in chain.from_iterable(votes):
        kinds[division.key[0]] += [] if yes is None else [yes]
    for siblings in votes:
        own = [yes for _, yes in siblings if yes is not None]
        for division, _ in siblings:
            # Few siblings say little; then the divisions of the same kind in the whole document decide.
            ballot = own if len(own) >= 3 else kinds[division.key[0]]
            if 5 * sum(ballot) >= 3 * len(ballot):
                headed.add(division.span)
    return frozenset(headed)


def _iterate_siblings(top: Sequence[Division]) -> Iterator[Sequence[Division]]:
    """Yield the divisions of the top level, then those below each division."""
    yield top
    for division in top:
        yield from _iterate_siblings(division.parts) if division.parts else ()


def _check_opening_heading(content: str, division: Division) -> bool | None:
    """Return whether the text opens with a short sentence, or a line of its own, and continues.

    None for one line.
    """
    body = division.body.strip(content)
    line = _find_first_line(content, body)
    sentence = _find_first_sentence(content, line)
    rest = Span(sentence.end + 1 if sentence else line.end, body.end).strip(content)
    if sentence is None:
        return True if len(rest) and len(line) <= _HEADING_LIMIT and _opens_text(content, rest) else None
    return len(sentence) <= _HEADING_LIMIT and (bool(division.parts) or _opens_text(content, rest))


def _opens_text(content: str, rest: Span) -> bool:
    """Return whether text follows, and not the bracket or label that ends a measure."""
    return (
        len(rest) > 0
        and content[rest.start] not in "（(〔﹝［[【"
        and not _LABELLED.match(content, rest.start, rest.end)
    )


def _find_first_line(content: str, span: Span) -> Span:
    """Return the first line; in a document on one line, up to the first blank between two words.

    A blank in a title (《中共中央办公厅 国务院办公厅关于…》) breaks no line.
    """
    end = content.find("\n", span.start, span.end)
    end = span.end if end < 0 else end
    for blank in _BLANK_BREAK.finditer(content, span.start, min(end, span.start + _HEADING_LIMIT + _BLANKS)):
        if content.count("《", span.start, blank.start()) == content.count("》", span.start, blank.start()):
            if blank.start() - span.start <= _HEADING_LIMIT:
                end = blank.start()
            break
    return Span(span.start, end).strip(content)


def _find_first_sentence(content: str, span: Span) -> Span | None:
    """Return the first sentence without its end mark; None where none ends within the span."""
    found = _SENTENCE_STOP.search(content, span.start, span.end)
    return Span(span.start, found.start()) if found else None


def _iterate_paragraphs(content: str, metadata: Metadata, stops: Sequence[_Mark]) -> Iterator[Division]:
    """Yield the paragraphs of a text without marks, from its addressees to the first stop behind them."""
    last = metadata.addressees[-1] if metadata.addressees else ""
    colon = re.compile(rf"{re.escape(last)}[^。\n]{{0,20}}?[：:]").search(content) if last else None
    if colon is None:
        return
    end = min((stop.span.start for stop in stops if stop.span.start > colon.end()), default=len(content))
    lines = [
        Span(*found.span()).strip(content)
        for found in re.compile(r"[^\n]+?(?:。(?=[ 　\xa0])|$)", re.MULTILINE).finditer(
            content, colon.end(), end
        )
    ]
    sentences = [line for line in lines if _find_first_sentence(content, line) is not None]
    for index, line in enumerate(sentences, start=1):
        preamble = index == 1 and len(sentences) > 1  # 为贯彻落实…，现通知如下
        yield Division(Level.CLAUSE, None, f"p{index}", 0, line, None, line, principle=preamble)


# ---------------------------------------------------------------------------------- the end


def _split_closing(content: str, last: Division) -> tuple[Division, Span | None]:
    """Return the last division of a run, and the closing text that follows its last attribution."""
    leaf = last
    while leaf.parts:
        leaf = leaf.parts[-1]
    brackets = [found.end() for found in _ATTRIBUTED.finditer(content, leaf.body.start, leaf.body.end)]
    closing = Span(brackets[-1], leaf.body.end).strip(content) if brackets else Span(0, 0)
    if len(closing) == 0 or _find_first_sentence(content, closing) is None:
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
