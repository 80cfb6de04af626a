"""Which of the documents that a text names it says to be made under: 为贯彻落实《…》, 根据《…》."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from build_graph.model import Outline, Span
from build_graph.resources import load_word_lists
from build_graph.structure.mentions import Mention, build_alternation, is_within

_NEAR = 240  # characters in front of a title that can say what it is for
_CHAINED = 120  # characters between two titles of one list
_STOP = re.compile(r"[。；！？\n]")
_COMMA = re.compile("[，,：:]")
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")


@dataclass(frozen=True, slots=True)
class LegalBases:
    """Finds them with the words of `data/citations.toml`."""

    cue: re.Pattern[str]
    stop: re.Pattern[str]
    link: re.Pattern[str]  # what stands between the titles of one list
    amended: re.Pattern[str]  # 《…》第一次修正
    articles: frozenset[str]
    headings: frozenset[str]

    @classmethod
    def load(cls) -> LegalBases:
        """With the package's own words."""
        words = load_word_lists("citations")
        basis, bodies = words["basis"], words["issuer"]["ends"]
        return cls(
            cue=re.compile(build_alternation(basis["cues"])),
            stop=re.compile(build_alternation(basis["stops"])),
            link=re.compile(
                rf"(?:{build_alternation(basis['links'])}|[、\s）)”])*+(?:[\u4e00-\u9fff、]{{1,16}}{build_alternation(bodies)})?\s?"
            ),
            amended=re.compile(rf"\s?(?:第.次)?{build_alternation(basis['amended'])}"),
            articles=frozenset(basis["articles"]),
            headings=frozenset(basis["headings"]),
        )

    def find_bases(self, content: str, outline: Outline, mentions: Sequence[Mention]) -> list[bool]:
        """For each mention, in the order of the text, whether the document is made under it.

        Only what stands before the first division, in an opening article, or in a division that lists
        what the document rests on speaks for the whole document.
        """
        opening, listed = self._find_zones(content, outline)
        bases: list[bool] = []
        end, before = 0, False
        for mention in mentions:
            at = mention.span.start
            chained = before and at - end < _CHAINED
            before = self._is_cued(content[max(end, at - _NEAR) : max(end, at)], chained)
            under = before and is_within(opening, at) and not self.amended.match(content, mention.tail)
            bases.append(under or is_within(listed, at))
            end = max(end, mention.tail)
        return bases

    def _is_cued(self, gap: str, before: bool) -> bool:
        """Whether the words between two mentions say 根据, or go on with a list that began so."""
        pieces = _STOP.split(gap)
        clauses = _COMMA.split(_BRACKETED.sub("", pieces[-1]))
        cues = [found.end() for found in self.cue.finditer(clauses[-1])]
        if cues:
            return not self.stop.search(clauses[-1], cues[-1])
        goes_on = before and len(pieces) == 1 and len(clauses) < 3
        return goes_on and all(self.link.fullmatch(clause.strip()) for clause in clauses)

    def _find_zones(self, content: str, outline: Outline) -> tuple[list[Span], list[Span]]:
        """Where a document says what it is made under, and divisions that do nothing else."""
        start = min((d.span.start for d in outline.divisions), default=len(content))
        opening, listed = [Span(0, start)], []
        for division in (part for top in outline.divisions for part in top.walk()):
            heading = division.heading.extract(content).strip() if division.heading else ""
            if heading in self.headings:
                listed.append(division.span)
            elif division.mark in self.articles:
                opening.append(division.span)
        return opening, listed
