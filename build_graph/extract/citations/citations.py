"""The documents that a text cites, and those under which it is made: 为贯彻落实《…》, 根据《…》.

Every title in 《》 and every document number becomes a citation, or is rejected for a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from build_graph.extract.citations.document_names import DocumentNames, identify_number, strip_fringe
from build_graph.extract.citations.mentions import Mention, MentionFinder, tidy
from build_graph.extract.citations.title_context import COMMA, STOP, OwnNames, TitleContext
from build_graph.extract.structure.marks import build_alternation, is_within
from build_graph.model import Citation, Outline, RejectedBracket, Span, Text
from build_graph.resources import load_word_lists

_LONGEST_ENDING = 12  # characters of a short name that nothing defined
_BEFORE = 40  # characters before a title that can name its issuer
_NEAR = 240  # characters before a title that can show that it is a basis
_SENTENCE = 600  # characters of a sentence on either side of a title
_CHAINED = 120  # characters between two titles of one list
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")


@dataclass(slots=True)
class _NamedDocuments:
    """The documents named so far in a text, to resolve the short names that follow."""

    short: dict[str, set[str | None]] = field(default_factory=dict)  # defined; None: it is no document
    endings: dict[str, set[str]] = field(default_factory=dict)
    citations: dict[str, Citation] = field(default_factory=dict)

    def add(self, key: str, citation: Citation) -> None:
        """Record a citation under its title's key and under the ends of the key."""
        self.citations.setdefault(key, citation)
        bare = strip_fringe(key)
        for length in range(2, min(_LONGEST_ENDING, len(bare) - 1) + 1):
            self.endings.setdefault(bare[-length:], set()).add(key)

    def find_one(self, candidates: Iterable[str | None]) -> Citation | None:
        """Return the one candidate's citation; None where there is none or several."""
        known = set(candidates)
        key = known.pop() if len(known) == 1 else None
        return self.citations[key] if key is not None else None


@dataclass(frozen=True, slots=True)
class CitationFinder:
    """A finder of citations, with the words of `data/citations.toml`."""

    names: DocumentNames
    mentions: MentionFinder
    context: TitleContext
    bases: LegalBases
    issuer: re.Pattern[str]  # 财政部办公厅《关于…》
    before_issuer: re.Pattern[str]
    list_mark: re.Pattern[str]  # between the titles of one list
    reasons: dict[str, str]

    @classmethod
    def load(cls) -> CitationFinder:
        """Return a finder with the package's own words."""
        words = load_word_lists("citations")
        issuer = words["issuer"]
        return cls(
            names=DocumentNames.load(),
            mentions=MentionFinder.load(),
            context=TitleContext.load(),
            bases=LegalBases.load(),
            issuer=re.compile(
                rf"(?P<words>[\u4e00-\u9fff、 \u3000]{{1,40}}?{build_alternation(issuer['ends'])})"
                rf"{build_alternation(issuer['verbs'])}*+\s?$"
            ),
            before_issuer=re.compile(build_alternation(issuer["before"])),
            list_mark=re.compile(rf"(?:{build_alternation(words['title']['joins'])}|\s)*+"),
            reasons=words["reasons"],
        )

    def read(self, text: Text, outline: Outline) -> tuple[Citation, ...]:
        """Return the other documents that the text names, one citation for each place, in order.

        A short name gets title and number of the document that it stands for; a number printed with a title
        in one place is given wherever that title occurs.
        """
        return tuple(found for found in self.judge_mentions(text, outline) if isinstance(found, Citation))

    def judge_mentions(self, text: Text, outline: Outline) -> tuple[Citation | RejectedBracket, ...]:
        """Return each title in 《》 and each document number as a citation, or as rejected for a reason."""
        content, own = text.content, self.context.find_own_names(outline.metadata)
        start = min((division.span.start for division in outline.divisions), default=len(content))
        lists = self.context.find_attachment_lists(content)
        mentions, named = tuple(self.mentions.find(content)), _NamedDocuments()
        judged: list[Citation | RejectedBracket] = []
        reason, end = None, 0
        for mention in mentions:
            gap = content[end : mention.span.start] if mention.span.start - end < 4 else None
            end = mention.tail
            if mention.title is None:
                judged.append(self._judge_number(content, mention, own, start))
                continue
            reasons = self.context.iterate_reasons(content, mention, own, start, lists)
            listed = reason == "planned" and gap is not None and self.list_mark.fullmatch(gap)
            reason = next(reasons, "planned" if listed and not mention.number else None)
            judged.append(self._judge_title(content, mention, own, named, reason))
            self._record_mention(mention, judged[-1], named)
        return self._complete(judged, self.bases.find_bases(content, outline, mentions))

    # ------------------------------------------------------------------------------ one mention

    def _judge_number(
        self, content: str, mention: Mention, own: OwnNames, start: int
    ) -> Citation | RejectedBracket:
        """Return the citation that a number without a title is, or its rejection."""
        number = identify_number(mention.number or "")
        if number == own.number or self.context.is_own_number(content, mention.span, start):
            return self._reject(mention, "own")
        return Citation(mention.span, None, mention.number)

    def _judge_title(
        self, content: str, mention: Mention, own: OwnNames, named: _NamedDocuments, reason: str | None
    ) -> Citation | RejectedBracket:
        """Return the citation that a title is, or its rejection for the `reason` given or another."""
        assert mention.title is not None
        key = self.names.build_key(mention.title)
        numbered = mention.number is not None and identify_number(mention.number) is not None
        if not numbered and key in named.short:
            return self._resolve_short(mention, named, named.short[key])
        if reason:
            return self._reject(mention, reason)
        if numbered or not self.names.is_general(key):
            title = mention.title if numbered else self._add_issuer(content, mention, mention.title)
            return Citation(mention.span, title, mention.number)
        if own.ends_in(key):
            return self._reject(mention, "own")
        return self._resolve_short(mention, named, named.endings.get(key, ()))

    def _resolve_short(
        self, mention: Mention, named: _NamedDocuments, keys: Iterable[str | None]
    ) -> Citation | RejectedBracket:
        """Return the document that a short name means; rejected for none or several."""
        meant = named.find_one(keys)
        return replace(meant, span=mention.span) if meant else self._reject(mention, "unnamed")

    def _reject(self, mention: Mention, reason: str) -> RejectedBracket:
        return RejectedBracket(mention.span, self.reasons[reason])

    def _add_issuer(self, content: str, mention: Mention, title: str) -> str:
        """Return the title, with the issuer before it if it names none itself: 国务院《关于…》."""
        found = self.issuer.search(content[max(0, mention.span.start - _BEFORE) : mention.span.start])
        if not found or not self.names.needs_issuer(title):
            return title
        words = found["words"]
        starts = [cut.end() for cut in self.before_issuer.finditer(words) if cut.end() < len(words) - 1]
        issuer = tidy(words[max(starts, default=0) :]).strip("、")
        return title if issuer.startswith(self.names.unplaced) else f"{issuer}{title}"

    def _record_mention(
        self, mention: Mention, found: Citation | RejectedBracket, named: _NamedDocuments
    ) -> None:
        """Record the document that a mention names, and the short name that it defines."""
        key = None
        if isinstance(found, Citation) and found.title is not None:
            key = self.names.build_key(found.title)
            named.add(key, found)
        if mention.short:
            named.short.setdefault(self.names.build_key(mention.short), set()).add(key)

    # ----------------------------------------------------------------------- the whole document

    def _complete(
        self, judged: Sequence[Citation | RejectedBracket], bases: Sequence[bool]
    ) -> tuple[Citation | RejectedBracket, ...]:
        """Return the judgements with numbers, titles and bases that other places of the text give."""
        numbers: dict[str, dict[str, str]] = {}
        titles: dict[str, str] = {}
        for found in judged:
            if isinstance(found, Citation) and found.title and found.number:
                number = identify_number(found.number)
                if not number:
                    continue
                titles.setdefault(number, found.title)
                for key in {self.names.build_key(found.title), *self.names.build_keys(found.title)}:
                    numbers.setdefault(key, {}).setdefault(number, found.number)
        return tuple(
            replace(self._fill_in(found, numbers, titles), basis=basis)
            if isinstance(found, Citation)
            else found
            for found, basis in zip(judged, bases, strict=True)
        )

    def _fill_in(
        self, citation: Citation, numbers: dict[str, dict[str, str]], titles: dict[str, str]
    ) -> Citation:
        """Return a citation with the one number of its title, or with the title of its number."""
        if citation.title is None:
            return replace(citation, title=titles.get(identify_number(citation.number or "") or ""))
        known = numbers.get(self.names.build_key(citation.title), {})
        if len(known) != 1 or (citation.number and identify_number(citation.number)):
            return citation
        return replace(citation, number=next(iter(known.values())))


@dataclass(frozen=True, slots=True)
class LegalBases:
    """A finder of the documents under which a text is made, with the words of `data/citations.toml`."""

    cue: re.Pattern[str]
    stop: re.Pattern[str]
    ordered: re.Pattern[str]  # 请各区按照《…》: what others are to keep to
    link: re.Pattern[str]  # the words between the titles of one list
    amended: re.Pattern[str]  # 《…》第一次修正
    making: re.Pattern[str]  # 制定本办法
    articles: frozenset[str]
    headings: frozenset[str]

    @classmethod
    def load(cls) -> LegalBases:
        """Return a finder with the package's own words."""
        words = load_word_lists("citations")
        basis, bodies = words["basis"], words["issuer"]["ends"]
        several = rf"(?:等[\d一二三四五六七八九十]{{0,3}}个?{build_alternation(basis['joint'])})?"
        return cls(
            cue=re.compile(build_alternation(basis["cues"])),
            stop=re.compile(build_alternation(basis["stops"])),
            ordered=re.compile(
                rf"^\s*{build_alternation(basis['requests'])}"
                rf"|{build_alternation(basis['duties'])}{build_alternation(basis['cues'])}"
            ),
            link=re.compile(
                rf"(?:{build_alternation(basis['links'])}|[、\s）)”])*+"
                rf"(?:[\u4e00-\u9fff、 \u3000]{{1,40}}?{build_alternation(bodies)}{several})?\s?"
            ),
            amended=re.compile(rf"\s?(?:第.次)?{build_alternation(basis['amended'])}"),
            making=re.compile(
                rf"{build_alternation(basis['makes'])}[本此](?!{build_alternation(basis['others'])})"
                rf"|^\s*本[\u4e00-\u9fff]{{0,6}}?{build_alternation(words['title']['kinds'])}"
                rf"{build_alternation(basis['copulas'])}?{build_alternation(basis['cues'])}"
            ),
            articles=frozenset(basis["articles"]),
            headings=frozenset(basis["headings"]),
        )

    def find_bases(self, content: str, outline: Outline, mentions: Sequence[Mention]) -> list[bool]:
        """Return for each mention, in the order of the text, whether the document is made under it.

        A mention counts only before the first division, in an opening article, in a sentence that says how
        the document was made, or in a division that lists the bases.
        """
        opening, listed = self._find_zones(content, outline)
        bases: list[bool] = []
        end, before = 0, False
        for mention in mentions:
            at = mention.span.start
            chained = before and at - end < _CHAINED
            before = self._is_cued(content[max(end, at - _NEAR) : max(end, at)], chained)
            made = before and not self.amended.match(content, mention.tail)
            under = made and (is_within(opening, at) or self._tells_making(content, mention))
            bases.append(under or is_within(listed, at))
            end = max(end, mention.tail)
        return bases

    def _tells_making(self, content: str, mention: Mention) -> bool:
        """Return whether the sentence around a mention says that the document was made: …，制定本办法."""
        before = STOP.split(content[max(0, mention.span.start - _SENTENCE) : mention.span.start])[-1]
        after = STOP.split(content[mention.tail : mention.tail + _SENTENCE], maxsplit=1)[0]
        return self.making.search(before + after) is not None

    def _is_cued(self, gap: str, before: bool) -> bool:
        """Return whether the words between two mentions have 根据, or continue a list that began with it."""
        pieces = STOP.split(gap)
        clauses = COMMA.split(_BRACKETED.sub("", pieces[-1]))
        cues = [found.end() for found in self.cue.finditer(clauses[-1])]
        if cues:
            return not (self.stop.search(clauses[-1], cues[-1]) or self.ordered.search(clauses[-1]))
        goes_on = before and len(pieces) == 1 and len(clauses) < 3
        return goes_on and all(self.link.fullmatch(clause.strip()) for clause in clauses)

    def _find_zones(self, content: str, outline: Outline) -> tuple[list[Span], list[Span]]:
        """Return the stretches that may name the bases of a document, and the divisions that list them."""
        opening, listed = [Span(0, _find_opening_end(content, outline))], []
        for division in (part for top in outline.divisions for part in top.walk()):
            heading = division.heading.extract(content).strip() if division.heading else ""
            if heading in self.headings:
                listed.append(division.span)
            elif division.mark in self.articles:
                opening.append(division.span)
        return opening, listed


def _find_opening_end(content: str, outline: Outline) -> int:
    """Return the end of the text before the first division.

    The first paragraph of a circular without marks belongs to it, unless the text is a fragment that begins
    so: without title and addressees.
    """
    first = min(outline.divisions, key=lambda division: division.span, default=None)
    if first is None:
        return len(content)
    headed = outline.metadata.title is not None or outline.metadata.addressees
    return first.body.end if headed and not first.mark else first.span.start
