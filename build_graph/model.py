"""The values that pass from one stage to the next: frozen, small, each with its place in the text.

All positions are code points, 0-based, end exclusive. Unless a docstring says otherwise they count in the
*repaired* text (`Text.content`); `Text.find_origin` leads from there back to the source file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

LIST_MARK = "、"  # between the names of issuers where they stand in one string


class Span(NamedTuple):
    """A stretch of text, from `start` up to and without `end`; a tuple, for speed."""

    start: int
    end: int

    def extract(self, text: str) -> str:
        """Return the characters that the span covers in `text`.

        >>> Span(1, 3).extract("国务院办公厅")
        '务院'
        """
        return text[self.start : self.end]

    def strip(self, text: str) -> Span:
        """Return the span without the white space at its ends.

        >>> Span(0, 5).strip(" 国务院 ")
        Span(start=1, end=4)
        """
        words = text[self.start : self.end]
        kept = words.strip()
        if len(kept) == len(words):
            return self
        start = self.start + len(words) - len(words.lstrip())
        return Span(start, start + len(kept))

    def __len__(self) -> int:
        return self.end - self.start

    def holds(self, other: Span) -> bool:
        """Return whether all of `other` lies within the span.

        >>> Span(1, 4).holds(Span(2, 4)), Span(1, 4).holds(Span(0, 2))
        (True, False)
        """
        return self.start <= other.start and other.end <= self.end

    def __contains__(self, other: object) -> bool:  # a tuple's own would look among the two ends
        return isinstance(other, Span) and self.holds(other)


# ------------------------------------------------------------------------------------- text


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it came: taken out of its container and decoded, otherwise unchanged."""

    name: str  # file name, pack.zip/member.html, corpus.jsonl:id, or "-" for standard input
    content: str  # the text; all positions in a source count in it
    encoding: str  # empty where the container keeps characters, as PDF and DOCX do
    media: str = "text/plain"  # IANA media type of what the text was taken from

    def find_line_starts(self) -> tuple[int, ...]:
        r"""Return the position of each line's first character; \n, \r\n and a lone \r end a line."""
        return (0, *(end.end() for end in re.finditer(r"\r\n?|\n", self.content)))


@dataclass(frozen=True, slots=True)
class Repair:
    """A change made to the text: `before` was at `source`, `after` is at `span`."""

    name: str  # the repair's name, as in `repairs.REPAIRS`
    source: Span  # in Source.content
    span: Span
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch that is damaged and could not be repaired with proof; its words stay as they are."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Text:
    """The repaired text, what was changed to get it, and the way back to the source.

    `starts` and `shifts` are parallel: from repaired position `starts[i]` on, up to the next entry,
    source position = repaired position + `shifts[i]`.
    """

    content: str
    source: Source
    repairs: tuple[Repair, ...] = ()
    damages: tuple[Damage, ...] = ()
    starts: tuple[int, ...] = (0,)
    shifts: tuple[int, ...] = (0,)

    def find_origin(self, position: int) -> int:
        """Return the position in `source.content` that a repaired position comes from."""
        return position + self.shifts[bisect_right(self.starts, position) - 1]

    def find_line_column(self, position: int) -> tuple[int, int]:
        """Return line and column (both from 1) in the source file of a repaired position."""
        return compute_line_column(self.source.find_line_starts(), self.find_origin(position))


def compute_line_column(line_starts: tuple[int, ...], position: int) -> tuple[int, int]:
    """Return line and column (both from 1) of a position in a source.

    >>> compute_line_column(Source("-", "一、\\n二、", "utf-8").find_line_starts(), 4)
    (2, 2)
    """
    line = bisect_right(line_starts, position)
    return line, position - line_starts[line - 1] + 1


# ---------------------------------------------------------------------------------- outline


class Level(StrEnum):
    """The level of a division of a document."""

    SECTION = "section"  # 一、
    CLAUSE = "clause"  # （一）, 1., 第一条, or an unnumbered paragraph with a heading of its own
    CLOSING = "closing"  # the text after the last clause


@dataclass(frozen=True, slots=True)
class Division:
    """A section or clause: its mark, its heading, its own text, and the divisions below it."""

    level: Level
    mark: str | None  # as printed: "二、", "（四）", "4.", "第四条"
    key: str  # the division's part of the IRI, unique among its siblings: "s2", "c4"
    ordinal: int  # the number that the mark prints; 0 without a mark
    span: Span  # mark to end, with everything below
    heading: Span | None  # without mark and end mark; None where there is none
    body: Span  # the text after mark and heading, before the first division below; may be empty
    principle: bool = False  # 指导思想, 基本原则 and the like: not measures
    goal: bool = False  # 主要目标, 发展目标 and the like: holds targets
    layout_inferred: bool = False  # its mark stands right behind a word, where the page lost a line break
    parts: tuple[Division, ...] = ()

    def walk(self) -> Iterator[Division]:
        """Yield the division and all below it, in document order."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Metadata:
    """The data of a document about itself; a field that it does not hold is None or empty."""

    title: str | None = None
    number: str | None = None  # 文号: 国发〔2015〕24号
    issuers: tuple[str, ...] = ()  # as printed, in order: 财政部, 税务总局
    issued: date | None = None  # 成文日期
    addressees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A document as it was found, and the metadata that its container gives."""

    source: Source
    given: Metadata
    sidecar: Path | None = None  # NAME.toml beside NAME.txt, where there is one


@dataclass(frozen=True, slots=True)
class Outline:
    """Metadata and the divisions of the top level, in document order."""

    metadata: Metadata
    divisions: tuple[Division, ...]
    clauses: int  # divisions of the lowest level that carries measures

    def walk(self) -> Iterator[Division]:
        """Yield all divisions, each before those below it."""
        for division in self.divisions:
            yield from division.walk()


# ------------------------------------------------------------------------------ attribution


class Role(StrEnum):
    """The part of a bearer in a measure."""

    LEAD = "lead"  # 牵头
    SUPPORT = "support"  # 配合
    RESPONSIBLE = "responsible"  # 负责, or no word


class Allocation(StrEnum):
    """The way in which a measure is shared out among its bearers."""

    DIVIDED = "divided"  # 按职责分工分别负责
    JOINT = "joint"  # 共同负责
    UNSTATED = "unstated"


class BodyKind(StrEnum):
    """A particular body, or a class of bodies."""

    AGENCY = "agency"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Body:
    """A body that bearers were resolved to. `known` says whether the registry has it.

    Of a local body `functions` and `answers_to` hold the ids of its kind and of the central bodies above;
    `part_of` is the id of the bureau whose part it is.
    """

    id: str  # the part of the IRI after agency/ or group/: "mofcom", "杭州市/商务局", "有关部门"
    kind: BodyKind
    label: str  # the registry's name, or the words
    known: bool
    functions: tuple[str, ...] = ()  # "commerce"; several where a bureau joins them
    answers_to: tuple[str, ...] = ()  # "mofcom", at the document's time
    part_of: str | None = None  # "浙江省/杭州市/农业农村局" of its 政策法规处

    @property
    def place(self) -> str | None:
        """The path of the place under which it stands, of a part that of its bureau; None for none.

        >>> Body("浙江省/杭州市/商务局", BodyKind.AGENCY, "杭州市商务局", known=False).place
        '浙江省/杭州市'
        """
        return (self.part_of or self.id).rpartition("/")[0] or None

    @property
    def resolved(self) -> bool:
        """True if the registry has the body, or its kind or superior is known: more than its words."""
        return self.known or bool(self.functions or self.answers_to)


def sort_bodies(bodies: Iterable[Body]) -> tuple[Body, ...]:
    """Return bodies in the order of kind and id, which does not depend on the text."""
    return tuple(sorted(bodies, key=lambda body: (body.kind, body.id)))


@dataclass(frozen=True, slots=True)
class Bearer:
    """A body named in an attribution, in the words of the text."""

    name: str
    span: Span
    role: Role
    kind: BodyKind
    body: Body | None = None  # None until agencies are resolved


class QualifierKind(StrEnum):
    """The kind of a qualifier of an attribution."""

    SCOPE = "scope"  # 适用范围：福建自贸试验区
    DEADLINE = "deadline"  # 完成时限：2024年底, 持续推进
    PERSON = "person"  # 责任人：…
    NOTE = "note"  # 备注：…


@dataclass(frozen=True, slots=True)
class Qualifier:
    """Words of an attribution that limit it: where it holds, until when, who sees to it."""

    kind: QualifierKind
    span: Span
    due: date | None = None  # of a deadline: the last day of the period named


@dataclass(frozen=True, slots=True)
class Assignment:
    """The content of one attribution: its words, the bearers, and how the measure is shared out."""

    span: Span  # the words inside the bracket
    allocation: Allocation
    open: bool  # the list ends in 等, 等部门, ...
    bearers: tuple[Bearer, ...]
    riders: tuple[Qualifier, ...] = ()
    layout_inferred: bool = False  # its cells ran together, and were parted by the names in them


# ------------------------------------------------------------------- what a measure contains


class NormKind(StrEnum):
    """The deontic kind of a norm."""

    OBLIGATION = "obligation"
    PROHIBITION = "prohibition"
    PERMISSION = "permission"
    ENCOURAGEMENT = "encouragement"


@dataclass(frozen=True, slots=True)
class Norm:
    """An act that somebody is obliged, permitted, encouraged or forbidden to do."""

    span: Span
    kind: NormKind
    cue: Span | None = None  # the word that gives the kind: 严禁, 可, 鼓励; None for bare verbs


@dataclass(frozen=True, slots=True)
class Target:
    """An aim with a date or a quantity."""

    span: Span
    due: date | None  # the last day of the period named
    quantity: str | None  # number and unit as printed


@dataclass(frozen=True, slots=True)
class Audience:
    """Those whom a norm acts upon or is for, where the text names them."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Domain:
    """A policy domain of a measure, and the words that signalled it."""

    id: str  # of ontology/domains.ttl
    signals: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """The stretch of a clause that one attribution covers."""

    path: tuple[str, ...]  # keys of the divisions around it, outermost first
    index: int  # from 1 within its clause
    section: int | None  # ordinal of the section
    clause: str | None  # the clause's mark as printed
    span: Span
    assignment: Assignment | None = None
    defaults: tuple[Bearer, ...] = ()  # bearers by a rule elsewhere in the text, at `Bearer.span`
    goal: bool = False
    norms: tuple[Norm, ...] = ()
    targets: tuple[Target, ...] = ()
    audiences: tuple[Audience, ...] = ()
    domains: tuple[Domain, ...] = ()

    @property
    def bearers(self) -> tuple[Bearer, ...]:
        """The bearers of the measure, in the order of the text; none where it has no attribution."""
        return self.assignment.bearers if self.assignment else ()


# --------------------------------------------------------------------------------- a document


@dataclass(frozen=True, slots=True)
class Citation:
    """Another document that is named: 《…》, 国发〔2015〕24号, or both."""

    span: Span  # the title with its marks, and the number behind it
    title: str | None  # without 《》
    number: str | None  # as printed
    basis: bool = False  # the document is made under it: 为贯彻落实《…》, 根据《…》


@dataclass(frozen=True, slots=True)
class RejectedBracket:
    """A bracket that names bodies but was not taken for an attribution, and the reason."""

    span: Span
    reason: str


class CoverageKind(StrEnum):
    """The kind of text that a stretch of a document was understood as."""

    STRUCTURE = "structure"  # title, number, addressees, marks, headings, signature
    MEASURE = "measure"
    ATTRIBUTION = "attribution"
    PRINCIPLE = "principle"  # 指导思想, and the text before the first division
    UNREAD = "unread"


class Stretch(NamedTuple):
    """A stretch of a document, what it was understood as, and why it is unread; a tuple, for speed."""

    kind: CoverageKind
    span: Span
    reason: str = ""  # empty where it was understood


@dataclass(frozen=True, slots=True)
class Coverage:
    """The stretches of a document by kind; together they cover all of it but white space."""

    stretches: tuple[Stretch, ...]

    @property
    def unread(self) -> tuple[Stretch, ...]:
        """The stretches that were not understood."""
        return tuple(one for one in self.stretches if one.kind is CoverageKind.UNREAD)

    def count_characters(self, text: str) -> dict[CoverageKind, int]:
        """Return the number of characters of each kind, white space not counted."""
        counts = dict.fromkeys(CoverageKind, 0)
        for stretch in self.stretches:
            counts[stretch.kind] += len("".join(stretch.span.extract(text).split()))
        return counts


@dataclass(frozen=True, slots=True)
class Document:
    """A document with all that was understood of it."""

    id: str  # the part of the IRI after d/: "国发-2015-24"
    text: Text
    outline: Outline
    jurisdiction: str | None  # 江西省, 杭州市; None for the centre
    issuers: tuple[Body, ...]  # each once, by id; `Metadata.issuers` has the names in the order printed
    measures: tuple[Measure, ...]
    refused: tuple[RejectedBracket, ...] = ()
    citations: tuple[Citation, ...] = ()
    coverage: Coverage = Coverage(())
    registry: str | None = None  # SHA-256 of the analyst's registry with which it was read
