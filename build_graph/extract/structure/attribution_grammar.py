"""The grammar of attributions: the words inside a bracket or behind a label.

财政部牵头，国务院相关部门及各地区按职责分工负责
牵头单位：自治区科技厅；配合单位：南宁市人民政府，自治区发展改革委、工业和信息化委等
税务总局、财政部、海关总署负责，排在第一位的部门为牵头部门，下同
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from build_graph.extract.structure.marks import build_alternation, pair_brackets
from build_graph.extract.structure.rank_rules import NO_RANK, Rank, RankRules
from build_graph.model import Allocation, Assignment, Bearer, BodyKind, Qualifier, QualifierKind, Role, Span
from build_graph.resources import load_word_lists

_BLANK = " 　\t\xa0"
_COMMAS = "，,"
_STOPS = "；;。\n"
_VERB_REACH = 40  # characters at the end of a piece that hold its verb
_DEADLINE_LIMIT = 16  # characters of a cell that is a deadline
_NAME_LIMIT = 60  # characters of the longest name
_ITEM_LIMIT = 2 * _NAME_LIMIT  # characters of a name with the words around it
_BRACKET = re.compile(r"[（(〔\[﹝〈][^（()）〔〕\[\]〈〉]*[）)〕\]﹞〉]")
_ALIAS = re.compile(r"[（(〔\[﹝〈][^（()）〔〕\[\]〈〉]{1,20}[）)〕\]﹞〉]$")  # 市委改革办（市跑改办）
_JOINT = re.compile(rf"以及|[和及与]|[{_BLANK}]+")
_NAME_END = re.compile(rf"以及|[和及与等]|[{_BLANK}]+")
_LONG_LABEL = r"(?=[^：:、，]{2,8}(?:单位|部门|处室|科室|时限|时间)[：:])"  # a label right behind a name
_INNER_VERB = re.compile(rf"会同|牵头(?:负责|落实|组织实施)?(?=[^{_COMMAS}{_STOPS}、单部负落组实)）])")


@dataclass(frozen=True, slots=True)
class ParsedAttribution:
    """The contents of one attribution."""

    inner: Span
    bearers: tuple[Bearer, ...] = ()
    before_comma: int = 0  # the number of bearers before the first comma
    marked: frozenset[int] = frozenset()  # positions in `bearers` of those with △ or the like
    allocation: Allocation = Allocation.UNSTATED
    open: bool = False
    labels: tuple[str, ...] = ()
    verbs: bool = False  # a verb such as 负责 or 牵头 follows the bodies
    plain: bool = False  # no label gives lead or support
    ranked: bool = False  # labels or verbs give lead or support
    rank: Rank = NO_RANK  # the rank rule that it states
    defaults: tuple[Bearer, ...] = ()  # the bearers of all later measures, too: 以下均需…
    riders: tuple[Qualifier, ...] = ()
    layout_inferred: bool = False  # parted from other cells by the names alone

    def build_assignment(self, rank: Rank) -> Assignment:
        """Return the assignment; the rank rule gives the lead where the words do not."""
        lead = {*self.marked} if rank.marks else set[int]()
        if not self.ranked and (len(self.bearers) > 1 or self.open):
            if rank.first and self.bearers and self.bearers[0].kind is BodyKind.AGENCY:
                lead.add(0)  # a class of bodies (各有关部门) cannot lead
            elif rank.comma and self.before_comma < len(self.bearers):
                lead.update(range(self.before_comma))
        others = Role.SUPPORT if lead and rank.others else None
        bearers = tuple(
            replace(bearer, role=Role.LEAD if i in lead else others or bearer.role)
            for i, bearer in enumerate(self.bearers)
        )
        return Assignment(
            self.find_quote(), self.allocation, self.open, bearers, self.riders, self.layout_inferred
        )

    def find_quote(self) -> Span:
        """Return the words of the attribution, without a single label that gives no role: 责任单位：."""
        if len(self.labels) == 1 and self.plain and self.bearers:
            return Span(min(self.bearers[0].span.start, self.inner.end), self.inner.end)
        return self.inner


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch between commas: its span, the mark before it, and whether 会同 precedes it."""

    span: Span
    before: str = ""
    joined: bool = False


@dataclass(slots=True)
class _ParseState:
    """The state of the parser while it reads one attribution from left to right."""

    names: list[tuple[Span, Role | None]]
    defaults: list[Span] = field(default_factory=list)
    riders: list[Qualifier] = field(default_factory=list)
    before_comma: int | None = None
    open: bool = False
    label: Role | None = None
    labels: list[str] = field(default_factory=list)
    settled: bool = False  # whether any of the names has a role
    rider: QualifierKind | None = None  # of the label whose words are being read
    joined: bool = False
    verbs: bool = False
    ranked: bool = False
    rank: Rank = NO_RANK


@dataclass(frozen=True, slots=True)
class AttributionGrammar:
    """A parser of attributions, with the words of `data/attribution.toml`.

    `is_body` returns whether words look like the name of a body or group; `kind_of` returns which.
    """

    is_body: Callable[[str], bool]
    kind_of: Callable[[str], BodyKind]
    label: re.Pattern[str]
    inner_label: re.Pattern[str]  # a label behind a blank or a name: 市商务局　配合单位：
    rider: re.Pattern[str]
    aside: re.Pattern[str]  # a deadline (group `deadline`), or a remark that something holds from here on
    verb: re.Pattern[str]
    before: re.Pattern[str]
    open_end: re.Pattern[str]
    whole: re.Pattern[str]
    remark: re.Pattern[str]  # （含平潭综合实验区管委会，下同） behind a name
    default: re.Pattern[str]
    ranks: RankRules
    lead_words: tuple[str, ...]
    support_words: tuple[str, ...]
    divided: tuple[str, ...]
    joint: tuple[str, ...]

    @classmethod
    def load(cls, is_body: Callable[[str], bool], kind_of: Callable[[str], BodyKind]) -> AttributionGrammar:
        """Return the grammar with the package's own words."""
        data = load_word_lists("attribution")
        label, verb, remark = data["label"], data["verb"], data["remark"]
        labels, riders = build_label_pattern(data), build_qualifier_pattern(data)
        return cls(
            is_body=is_body,
            kind_of=kind_of,
            label=re.compile(rf"[{_BLANK}]*{labels}[{_BLANK}]*"),
            inner_label=re.compile(
                rf"(?:(?<=[{_BLANK}])|(?<=[\u4e00-\u9fff）)]){_LONG_LABEL})(?:{labels}|{riders})"
            ),
            rider=re.compile(rf"[{_BLANK}]*{riders}"),
            aside=re.compile(f"(?P<deadline>{data['rider']['deadline']})|{data['rider']['onwards']}"),
            verb=_build_verb_pattern(verb),
            before=re.compile(rf"[{_BLANK}]*(?:{build_alternation(data['opening']['before'])})?[{_BLANK}]*"),
            open_end=re.compile(
                rf"等(?:\d+|[一二三四五六七八九十]+)?(?:{build_alternation(data['open']['after'])})*+$"
            ),
            whole=re.compile(data["whole"]["pattern"]),
            remark=re.compile(
                rf"(?:[（(〔\[](?:(?P<included>{build_alternation(remark['included'])})"
                rf"|(?={build_alternation(remark['other'])}))|〈(?P<within>{build_alternation(remark['included'])})?)"
                r"(?P<words>[^（()）〈〉]*)[）)〕\]〉]$"
            ),
            default=re.compile(data["default"]["pattern"]),
            ranks=RankRules.load(),
            lead_words=(*label["lead"], *verb["lead"]),
            support_words=(*label["support"], *verb["support"]),
            divided=tuple(data["allocation"]["divided"]),
            joint=tuple(data["allocation"]["joint"]),
        )

    def parse(self, content: str, inner: Span, label: str | None = None) -> ParsedAttribution:
        """Return the contents of `inner`, read as if `label` preceded it; bearers may be empty."""
        reading = _ParseState([])
        if label:
            self._read_label(label, reading)
        for piece in self._iterate_pieces(content, inner):
            self._read_piece(content, piece, reading)
        words = inner.extract(content)
        bearers, marked = self._build_bearers(content, reading)
        defaults = set(reading.defaults)
        return ParsedAttribution(
            inner=inner,
            bearers=bearers,
            before_comma=len(bearers) if reading.before_comma is None else reading.before_comma,
            marked=marked,
            allocation=self._classify_allocation(words),
            open=reading.open,
            labels=tuple(reading.labels),
            verbs=reading.verbs,
            plain=reading.label is Role.RESPONSIBLE,
            ranked=reading.ranked,
            rank=reading.rank,
            defaults=tuple(bearer for bearer in bearers if bearer.span in defaults),
            riders=tuple(rider for rider in reading.riders if len(rider.span)),
        )

    # ------------------------------------------------------------------------------- pieces

    def _iterate_pieces(self, content: str, inner: Span) -> Iterator[_Piece]:
        """Yield stretches between commas and stops outside nested brackets, also cut around 会同 and 牵头."""
        for span, comma in self._split_at_labels(content, inner):
            start, joined, before = span.start, False, comma
            label = self.label.match(content, span.start, span.end)
            for verb in _INNER_VERB.finditer(content, label.end() if label else span.start, span.end):
                together = verb[0] == "会同"
                yield _Piece(Span(start, verb.start() if together else verb.end()), before, joined)
                start, joined, before = verb.end(), together or joined, "会同" if together else before
            yield _Piece(Span(start, span.end), before, joined)

    def _split_at_labels(self, content: str, inner: Span) -> Iterator[tuple[Span, str]]:
        """Yield stretches between commas and stops, also cut before a label behind a blank."""
        for span, comma in split_stretches(content, inner, _COMMAS + _STOPS):
            start, before = span.start, comma
            first = self.label.match(content, start, span.end) or self.rider.match(content, start, span.end)
            for label in self.inner_label.finditer(content, first.end() if first else start, span.end):
                if content[start : label.start()].strip(_BLANK):
                    yield Span(start, label.start()), before
                    start, before = label.start(), "\n"
            yield Span(start, span.end), before

    def _read_piece(self, content: str, piece: _Piece, reading: _ParseState) -> None:
        """Add the contents of one piece to the state."""
        span = piece.span
        # A rule in a bracket is not the piece's; blanks keep all positions.
        words = _BRACKET.sub(lambda bracket: " " * len(bracket[0]), span.extract(content))
        if piece.before in tuple(_STOPS):
            reading.joined = False
        if label := self.label.match(content, span.start, span.end):
            self._read_label(label["label"], reading)
            span = Span(label.end(), span.end)
        elif rider := self.rider.match(content, span.start, span.end):
            reading.rider = QualifierKind(rider.lastgroup or "")
            reading.riders.append(Qualifier(reading.rider, Span(rider.end(), span.end).strip(content)))
            return
        elif default := self.default.search(words):
            bodies = Span(span.start + default.start("bodies"), span.start + default.end("bodies"))
            self._read_default(content, bodies, reading)
            reading.rider = None
            return
        elif rank := self._find_rank(words):
            reading.rank, reading.rider = reading.rank.join(rank), None
            return
        if reading.rider:
            before = reading.riders[-1]
            reading.riders[-1] = replace(before, span=Span(before.span.start, span.end).strip(content))
        elif (aside := self.aside.search(words)) and not self.names_body(span.extract(content)):
            if aside["deadline"]:
                reading.riders.append(Qualifier(QualifierKind.DEADLINE, span.strip(content)))
        else:
            self._read_bodies(content, span, piece, reading)

    def _read_label(self, label: str, reading: _ParseState) -> None:
        reading.label, reading.rider = self._classify_role(label), None
        reading.labels.append(label)
        reading.ranked |= reading.label is not Role.RESPONSIBLE

    def find_deadline(self, content: str, span: Span) -> int:
        """Return where the label of a deadline begins right behind a name, else the end."""
        found = (
            label for label in self.inner_label.finditer(content, span.start, span.end) if not label["label"]
        )
        glued = (label.start() for label in found if content[label.start() - 1] not in _BLANK)
        return next(glued, span.end)

    def is_deadline(self, words: str) -> bool:
        """Return whether the words are a deadline and nothing else: 2020年底前, 长期."""
        found = self.aside.search(words)
        return bool(found and found["deadline"]) and len(words) <= _DEADLINE_LIMIT

    def build_deadline(self, span: Span) -> ParsedAttribution:
        """Return an attribution of a deadline alone, which follows the bodies."""
        nobody = Span(span.start, span.start)
        return ParsedAttribution(nobody, riders=(Qualifier(QualifierKind.DEADLINE, span),))

    def _read_default(self, content: str, span: Span, reading: _ParseState) -> None:
        """Add the bodies of 以下均需…落实; they are bearers here only if they are not named before."""
        named = {before.extract(content): before for before, _ in reading.names}
        for item in self._iterate_items(content, span, reading):
            name = item.extract(content)
            reading.defaults.append(named.get(name, item))
            if name not in named:
                reading.names.append((item, Role.RESPONSIBLE))
                reading.settled = True

    def _find_rank(self, words: str) -> Rank | None:
        rank = self.ranks.find(words)
        return rank if rank.first or rank.comma or rank.others else None

    def _read_bodies(self, content: str, span: Span, piece: _Piece, reading: _ParseState) -> None:
        """Add the bodies of a piece, with the role that its verb, its label or 会同 gives them."""
        reach = max(span.start, span.end - _VERB_REACH)
        end = self.verb.search(content, reach, span.end)
        role = self._classify_role(end[0]) if end and end["verb"] else None
        if end:
            span = Span(span.start, end.start())
        reading.verbs |= role is not None
        reading.ranked |= role in (Role.LEAD, Role.SUPPORT)
        if piece.joined and not reading.joined:  # 会同: those before it lead
            reading.joined = reading.ranked = True
            _assign_role(reading.names, Role.LEAD)
            reading.settled |= bool(reading.names)
        items = list(self._iterate_items(content, span, reading))
        if reading.joined and role is not Role.LEAD:
            role = Role.SUPPORT
        elif reading.label is not None and role is None:
            role = reading.label
        if role is not None and (role is not Role.SUPPORT or reading.settled):
            _assign_role(reading.names, role)  # A，B牵头: both; but A，B配合: only B
            reading.settled |= bool(reading.names)
        reading.names += [(item, role) for item in items]
        reading.settled |= role is not None and bool(items)
        if reading.before_comma is None and reading.names:
            reading.before_comma = len(reading.names)

    # -------------------------------------------------------------------------------- names

    def _iterate_items(self, content: str, span: Span, reading: _ParseState) -> Iterator[Span]:
        """Yield the names of a list: split at 、 and blanks, and at 和, 及, 与 between two names."""
        opening = self.before.match(content, span.start, span.end)
        span = Span(opening.end() if opening else span.start, span.end)
        wholes = [Span(*found.span()) for found in self.whole.finditer(content, span.start, span.end)]
        for part, _ in split_stretches(content, span, "、", wholes):
            for item in self._split_conjoined(content, part):
                yield from self._read_item(content, item.strip(content), reading)

    def _read_item(self, content: str, item: Span, reading: _ParseState) -> Iterator[Span]:
        """Yield the name in an item without 等…, and the bodies that a remark behind it adds."""
        remark = self.remark.search(content, item.start, item.end)
        name = Span(item.start, remark.start() if remark else item.end).strip(content)
        if end := self.open_end.search(content, name.start, name.end):
            reading.open = True
            name = Span(name.start, end.start()).strip(content)
        if len(name) > 1:
            yield name
        if remark and (rank := self._find_rank(remark["words"])):
            reading.rank = rank
        elif remark and (remark["included"] or remark["within"]):
            for part, _ in split_stretches(content, Span(*remark.span("words")), "、，,"):
                if self.names_body(part.extract(content)):
                    yield part.strip(content)

    def _split_conjoined(self, content: str, span: Span) -> Iterator[Span]:
        """Yield names joined by 和, 及, 与, 以及 or a blank; 和 inside a name (工业和信息化部) stays."""
        start = span.start
        for joint in _JOINT.finditer(content, span.start, span.end):
            if not start < joint.start() < start + _ITEM_LIMIT:
                continue
            left = content[start : joint.start()]
            right = content[joint.end() : min(joint.end() + _ITEM_LIMIT, span.end)]
            closed = self.open_end.sub("", left)
            if self.names_body(closed or left) and self._begins_name(right):
                yield Span(start, joint.start())
                start = joint.end()
        yield Span(start, span.end)

    def names_body(self, words: str) -> bool:
        """Return whether the words look like the name of a body or group."""
        words = words.strip(_BLANK)
        if not 1 < len(words) < _NAME_LIMIT:
            return False
        bare = _ALIAS.sub("", words)
        return self.is_body(words) or (len(bare) > 1 and bare != words and self.is_body(bare))

    def _begins_name(self, words: str) -> bool:
        """Return whether the words, up to a joint or the end, are a name of at least three characters."""
        ends = [joint.start() for joint in _NAME_END.finditer(words)] + [len(words)]
        return any(end > 2 and self.names_body(words[:end]) for end in ends[:4] + ends[-1:])

    def _build_bearers(self, content: str, reading: _ParseState) -> tuple[tuple[Bearer, ...], frozenset[int]]:
        """Return the bearers in order, and the indices of those with a mark such as △."""
        bearers, marked = [], set[int]()
        for index, (printed, role) in enumerate(reading.names):
            span = _strip_marks(content, printed, self.ranks.marks)
            if span != printed:
                marked.add(index)
            name = span.extract(content)
            bearers.append(Bearer(name, span, role or Role.RESPONSIBLE, self.kind_of(name)))
        return tuple(bearers), frozenset(marked)

    # -------------------------------------------------------------------------------- words

    def _classify_role(self, words: str) -> Role:
        """Return the role that a label or verb gives."""
        if any(word in words for word in self.lead_words):
            return Role.LEAD
        if any(word in words for word in self.support_words):
            return Role.SUPPORT
        return Role.RESPONSIBLE

    def _classify_allocation(self, words: str) -> Allocation:
        if any(word in words for word in self.divided):
            return Allocation.DIVIDED
        if any(word in words for word in self.joint):
            return Allocation.JOINT
        return Allocation.UNSTATED


# ------------------------------------------------------------------------------------ parts


def build_label_pattern(data: dict[str, Any]) -> str:
    """Return the pattern of a label with its colon or 为, group `label`; `data` is attribution.toml."""
    bare = build_alternation(data["label"]["bare"])
    return (
        rf"(?P<label>(?=.{{0,16}}[：:为]){build_label_words(data)}|(?:{bare})(?=[ 　]*[：:]))"
        r"[ 　]*(?:[：:]|为(?!主))"
    )


def build_label_words(data: dict[str, Any]) -> str:
    """Return the pattern of a label that ends in a noun (责任单位), without its colon."""
    label = data["label"]
    words = build_alternation(label["lead"] + label["support"] + label["responsible"])
    any_word = rf"(?:{build_alternation(label['filler'])}|{words})"
    return rf"{any_word}{{0,6}}?{words}{any_word}{{0,3}}(?:{build_alternation(label['nouns'])})"


def build_qualifier_pattern(data: dict[str, Any]) -> str:
    """Return the pattern of a label for no bearers, with its colon; the group is its kind."""
    kinds = "|".join(
        f"(?P<{kind}>{build_alternation(words)})" for kind, words in data["rider"]["labels"].items()
    )
    return rf"(?:{kinds})[ 　]*(?:[：:]|为(?!准))"


def _build_verb_pattern(verb: dict[str, list[str]]) -> re.Pattern[str]:
    """Return a pattern for the verb at the end of a list of bodies, group `verb`, and for its manner."""
    verbs = build_alternation(verb["lead"] + verb["support"] + verb["responsible"])
    return re.compile(
        rf"(?:[按依根在][照据]?(?:各自|本|其)?的?[职任][责能务](?:权限|范围)?(?:分工|内)?|{build_alternation(verb['manner'])})*+"
        rf"(?:(?P<verb>{verbs})(?:{verbs}|{build_alternation(verb['tail'])})*+)?$"
    )


def split_stretches(
    content: str, span: Span, marks: str, wholes: Sequence[Span] = ()
) -> Iterator[tuple[Span, str]]:
    """Yield the stretches between `marks` outside brackets and `wholes`, each with the mark before it."""
    nested = [pair for pair, closed in pair_brackets(content, span.start, span.end) if closed]
    nested = sorted([*nested, *wholes])
    start, before, at = span.start, "", 0
    for mark in _compile_marks(marks).finditer(content, span.start, span.end):
        while at < len(nested) and nested[at].end <= mark.start():
            at += 1
        if at < len(nested) and nested[at].start < mark.start():
            continue
        yield Span(start, mark.start()), before
        start, before = mark.end(), mark[0]
    yield Span(start, span.end), before


@cache
def _compile_marks(marks: str) -> re.Pattern[str]:
    """Return a pattern for one of the marks."""
    return re.compile(f"[{re.escape(marks)}]")


def _assign_role(names: list[tuple[Span, Role | None]], role: Role) -> None:
    """Give `role` to the names behind the last one that has a role."""
    for index in range(len(names) - 1, -1, -1):
        if names[index][1] is not None:
            return
        names[index] = (names[index][0], role)


def _strip_marks(content: str, span: Span, marks: re.Pattern[str]) -> Span:
    """Return the span without marks at its ends."""
    start, end = span.start, span.end
    while start < end and marks.match(content[start]):
        start += 1
    while end > start and marks.match(content[end - 1]):
        end -= 1
    return Span(start, end)
