"""The headings of divisions, and which divisions hold principles or goals.

Whether a short first sentence is a heading is decided among siblings: most of them have one, or none has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from build_graph.extract.structure.marks import build_alternation
from build_graph.model import Division, Level, Span
from build_graph.resources import load_word_lists

_SENTENCE_STOP = re.compile("[。；;！!？?]")
_BLANK_BREAK = re.compile(r"(?<=[\u4e00-\u9fff”）])[ 　\xa0\t]+(?=[\u4e00-\u9fff“《])")
_BLANKS = 20  # characters of blanks in place of a lost line break
_HEADING_LIMIT = 30  # characters; longer first sentences are text
_VOTED_LIMIT = 40  # where most of its siblings have a heading
_TITLE_LIMIT = 60  # characters of a heading that has a line of its own
_BESIDE = 4  # ... where little else may stand beside it
_BEYOND = 6  # characters that a heading may have beside the word for a principle or goal
_ARTICLE_HEADING = 24  # characters of the heading of an article, or of a chapter
_COMMA = re.compile("[，,]")
_LEAD_IN = 20  # characters of a heading that ends in a colon
_LABELLED = re.compile(r"[^\s，。；：:]{0,8}(?:单位|部门|处室|科室|时限)(?:[：:为]|[ 　]|\n)")  # 责任单位：
# A heading that ends in a bracket with bodies in it is a measure with its attribution.
_ENDS_IN_BODIES = re.compile(r"[（(〔﹝［\[【][^\n]*(?:单位|部门|负责|牵头|配合|、|，)[^\n]*[）)\]］〕】﹞]$")


@dataclass(frozen=True, slots=True)
class HeadingParser:
    """A parser of headings, with the words of `data/outline.toml`."""

    principle: re.Pattern[str]
    principle_alone: re.Pattern[str]
    principle_openings: tuple[str, ...]
    maxim: re.Pattern[str]
    goal: re.Pattern[str]
    duty: re.Pattern[str]

    @classmethod
    def load(cls) -> HeadingParser:
        """Return a parser with the package's own words."""
        heading = load_word_lists("outline")["heading"]
        return cls(
            principle=re.compile(build_alternation(heading["principle"])),
            principle_alone=re.compile(build_alternation(heading["principle_alone"])),
            principle_openings=tuple(heading["principle_openings"]),
            maxim=re.compile(heading["maxim"]),
            goal=re.compile(build_alternation(heading["goal"])),
            duty=re.compile(heading["duty"]),
        )

    # ---------------------------------------------------------------------------- headings

    def split(self, content: str, top: Sequence[Division]) -> tuple[Division, ...]:
        """Return divisions, and those below them, with their headings apart from their bodies."""
        headed = _find_headed(content, top)
        return tuple(self._split_one(content, draft, headed) for draft in top)

    def _split_one(self, content: str, draft: Division, headed: frozenset[Span]) -> Division:
        heading, body = self._find_heading(content, draft, draft.span in headed)
        parts = tuple(self._split_one(content, part, headed) for part in draft.parts)
        return replace(draft, heading=heading, body=body, parts=parts)

    def _find_heading(self, content: str, draft: Division, voted: bool) -> tuple[Span | None, Span]:
        """Return a division's heading and the text after it.

        If `voted`, a short first sentence is a heading. What says a duty (不得有下列行为：) is text.
        """
        body = draft.body.strip(content)
        line = _find_first_line(content, body)
        sentence = find_first_sentence(content, line)
        heading = line if sentence is None else sentence
        rest = Span(heading.end + (sentence is not None), body.end).strip(content)
        if self._says_duty(content, draft, line, heading) or _is_glued_row(content, draft):
            return None, body
        if draft.key[0] == "p" and _COMMA.search(content, heading.start, heading.end):
            return None, body  # a paragraph without a number has plain headings only
        if sentence is None:
            return (None, body) if _is_task(content, draft, line, rest) else (line, rest)
        if content[heading.end] in "；;" or content.startswith("其", rest.start):
            return None, body  # the first of several acts, or one that the next sentence speaks of
        above = voted or draft.level is Level.SECTION
        alone = len(rest) == 0 and draft.parts and len(heading) <= _TITLE_LIMIT and above
        opening = voted and len(heading) <= _VOTED_LIMIT and _opens_text(content, rest)
        return (heading, rest) if alone or opening else (None, body)

    def _says_duty(self, content: str, draft: Division, line: Span, heading: Span) -> bool:
        """Return whether what would be a heading leads a list in, or is an article's text with a duty."""
        if not draft.parts:
            return False
        words = heading.extract(content)
        leads = content.endswith(("：", ":"), line.start, line.end)
        if leads and ("，" in words or len(words) > _LEAD_IN):
            return True  # 有下列情形之一的，应及时办理：
        article = (draft.mark or "").startswith("第")
        return bool(self.duty.search(words)) and (leads or article or "，" in words)

    # --------------------------------------------------------------------- principles, goals

    def classify(
        self, content: str, divisions: Sequence[Division], above: Division | None = None
    ) -> tuple[Division, ...]:
        """Return divisions, and those below them, with what they hold: principles, goals, or tasks."""
        openings = [self._opens_principle(content, division) for division in divisions]
        creed = len(openings) > 1 and all(openings)
        return tuple(
            self._classify_one(
                content, division, above, creed or (opens and self._is_maxim(content, division))
            )
            for division, opens in zip(divisions, openings, strict=True)
        )

    def _classify_one(
        self, content: str, division: Division, above: Division | None, creed: bool
    ) -> Division:
        title = division.heading.extract(content) if division.heading else ""
        own_goal = self.is_goal(content, division)
        stated = _tells(self.principle, title) or _tells(self.principle_alone, title, alone=True)
        own_principle = creed or division.principle or stated
        goal = own_goal or bool(above and above.goal and not own_principle)
        principle = not goal and (own_principle or bool(above and above.principle))
        described = replace(division, principle=principle, goal=goal)
        parts = self.classify(content, division.parts, described)
        return replace(described, parts=parts, goal=goal and not parts)

    def _is_maxim(self, content: str, division: Division) -> bool:
        """Return whether a heading is a maxim that names nothing to be done: 坚持以人民为中心."""
        title = division.heading.extract(content) if division.heading else ""
        return self.maxim.search(title) is not None

    def is_goal(self, content: str, division: Division) -> bool:
        """Return whether a division's heading says that goals stand below it."""
        title = division.heading.extract(content) if division.heading else ""
        return title.endswith("目标") or bool(self.goal.search(title))

    def _opens_principle(self, content: str, division: Division) -> bool:
        """Return whether a division without parts opens with 坚持…."""
        if division.parts or division.level is not Level.CLAUSE or division.heading is None:
            return False
        title = division.heading.extract(content)
        return title.startswith(self.principle_openings)


def load_duty_cues() -> re.Pattern[str]:
    """Return the pattern of words that show a duty, beside the cues of norms: 不得, 应当, 暂不, 予以."""
    heading = load_word_lists("outline")["heading"]
    return re.compile(f"{heading['duty']}|{heading['soft']}")


def _tells(words: re.Pattern[str], title: str, *, alone: bool = False) -> bool:
    """Return whether a heading says by one of the words what stands below it; `alone` with little else.

    指导思想和基本原则, but 夯实数字经济发展基础条件 is a task.
    """
    found = list(words.finditer(title))
    beyond = len(title) - sum(len(word[0]) for word in found)
    if alone:
        return bool(found) and beyond <= _BESIDE
    return bool(found) and (beyond <= _BEYOND or found[-1].end() == len(title))


def _is_glued_row(content: str, draft: Division) -> bool:
    """Return whether a division is a row whose cells ran together: none of them is a heading."""
    return draft.key[0] in "rt" and "\n" not in draft.body.strip(content).extract(content)


def _is_task(content: str, draft: Division, line: Span, rest: Span) -> bool:
    """Return whether a line without a stop is no heading: too long, with its bodies, or a task by itself.

    The bodies responsible for it may follow it.
    """
    words = line.extract(content)
    if (draft.mark or "").startswith("第") and (len(line) > _ARTICLE_HEADING or _COMMA.search(words)):
        return True  # an article whose text a line break cut
    last = len(rest) == 0 or bool(_LABELLED.match(content, rest.start, rest.end))
    alone = last and not draft.parts and draft.level is Level.CLAUSE
    return alone or len(line) > _TITLE_LIMIT or bool(_ENDS_IN_BODIES.search(words))


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
    sentence = find_first_sentence(content, line)
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


def find_first_sentence(content: str, span: Span) -> Span | None:
    """Return the first sentence without its end mark; None where none ends within the span."""
    found = _SENTENCE_STOP.search(content, span.start, span.end)
    return Span(span.start, found.start()) if found else None
