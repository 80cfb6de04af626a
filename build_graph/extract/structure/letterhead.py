"""The head of a document: the labels above it, its title, and those to whom it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from build_graph.extract.structure.attribution_grammar import build_label_words
from build_graph.extract.structure.document_number import NUMBER
from build_graph.extract.structure.issuers import IssuerNames
from build_graph.extract.structure.marks import DATE, HAN, build_alternation
from build_graph.resources import load_word_lists

_LINE_LIMIT = 100  # characters of a title's longest line
_SHORT = 40  # characters of a line that is a title though it says not what it is about
_BRACKETED = re.compile(r"[（(〔\[][^（）()]*[）)〕\]]$")
_TITLE_END = 10  # characters by which the title is known again
_TIME = re.compile(r"\d{1,2}[:：]\d{2}")
_TITLE_LINES = 8  # lines of a title and the issuers above it
_GAP = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class LabelReader:
    """A reader of the labels above a document: 发文机关：国务院, 【发文日期】 2020-01-30."""

    fields: dict[str, str]  # the field of each label
    label: re.Pattern[str]
    unknown: re.Pattern[str]  # any label
    page: re.Pattern[str]  # what a site adds to its own date

    @classmethod
    def load(cls) -> LabelReader:
        """Return a reader with the package's own words."""
        words = load_word_lists("outline")
        fields = {label: field for field, labels in words["header"].items() for label in labels}
        ordered = sorted(fields, key=len, reverse=True)
        label = "|".join(r"[ 　]*".join(map(re.escape, label)) for label in ordered)  # 标　　题
        return cls(
            fields=fields,
            label=re.compile(
                rf"(?:^|(?<=[\s【\[（(：:\d]))[ 　]*[【\[]?[ 　]*(?P<label>{label})"
                r"[ 　]*(?:[】\]][：:]?|[：:])",
                re.MULTILINE,
            ),
            unknown=re.compile(rf"[{HAN}][{HAN} 　]{{1,8}}[：:]"),
            page=re.compile(build_alternation(words["page"]["words"])),
        )

    def read(self, head: str) -> dict[str, str]:
        """Return the first value of each field that has a label with a value."""
        found = list(self.label.finditer(head))
        values: dict[str, str] = {}
        for label, following in pairwise([*found, None]):
            assert label is not None
            end = following.start() if following else len(head)
            value = self._read_value(head[label.end() : end])
            field = self.fields["".join(label["label"].split())]
            if value and not (field == "posted" and self._is_of_page(head, label.end(), value)):
                values.setdefault(field, value)
        return values

    def _read_value(self, words: str) -> str:
        """Return the words up to the end of their line, or of the next line where the first is empty."""
        line = words.lstrip(" \u3000\t\xa0").removeprefix("\n").partition("\n")[0]
        value = re.split(r"[【\[](?=[^】\]]{2,8}[】\]])", line)[0].strip(" \u3000\t\xa0[【")
        return "" if self.unknown.fullmatch(value) or value.startswith("--") else value

    def _is_of_page(self, head: str, at: int, value: str) -> bool:
        """Return whether a date is the page's: with the time of day, or beside the count of readers."""
        around = head[max(0, at - 40) : at + 60]
        return bool(_TIME.search(value) or self.page.search(around))


@dataclass(frozen=True, slots=True)
class TitleFinder:
    """A finder of the title, with the words of `data/outline.toml`."""

    kinds: tuple[str, ...]
    verbs: re.Pattern[str]  # 关于, 转发: what begins a title's second line
    verb_end: re.Pattern[str]
    forwards: re.Pattern[str]
    names: IssuerNames

    @classmethod
    def load(cls, names: IssuerNames) -> TitleFinder:
        """Return a finder with the package's own words."""
        words = load_word_lists("outline")["title"]
        verbs = build_alternation(words["verbs"])
        return cls(
            tuple(words["kinds"]),
            re.compile(verbs),
            re.compile(rf"{verbs}$"),
            re.compile(build_alternation(words["forwards"])),
            names,
        )

    def find(self, head: str) -> str | None:
        """Return the first line, or lines, that end as titles do: 关于…的通知."""
        lines = [line.strip() for line in head.split("\n")]
        found = self._find_line(lines) or self._find_piece(lines)
        return self._complete(found, lines) if found else None

    def _complete(self, title: str, lines: Sequence[str]) -> str:
        """Return a title that begins with 关于 as the head repeats it with its issuers; else the title."""
        begins = self.verbs.match(title)
        rest = title[begins.end() :] if begins else ""
        for index, line in enumerate(lines) if rest else ():
            whole = "".join([*self._find_start(lines, index), line])
            before = whole.removesuffix(rest).removesuffix(begins[0]) if begins else whole
            if (
                whole.endswith(rest)
                and before != whole
                and self.names.split(self.names.strip_joint(before)[0])
            ):
                return whole
        return title

    def _find_line(self, lines: Sequence[str]) -> str | None:
        for index, line in enumerate(lines):
            if not self._ends_title(line):
                continue
            if start := self._find_start(lines, index):
                return "".join([*start, line])
            if self.verbs.search(line) or len(line) < _SHORT:
                return line
        return None

    def _find_start(self, lines: Sequence[str], index: int) -> tuple[str, ...]:
        """Return the lines above that belong to a title's last line; () for none."""
        start: tuple[str, ...] = ()
        words = lines[index]
        for above in reversed([line for line in lines[:index] if line]):
            if not self._can_begin(above) or len(start) == _TITLE_LINES:
                break
            if self.verbs.match(words):  # 关于…, 印发…: what stands above names the issuers
                if not self._names_issuer(above):
                    break
            elif self.verbs.search(words):
                break
            start, words = (above, *start), above if self._names_issuer(above) else above + words
            if self._names_issuer(above):
                words = f"关于{words}"  # more names may stand above
        return start if self.verbs.search("".join([*start, lines[index]])) else ()

    def _can_begin(self, line: str) -> bool:
        numbered = NUMBER.search(line) or DATE.search(line) or line.endswith("号")
        clear = not re.search(r"[。：:；;，,]", line) and not numbered
        return 2 < len(line) < _LINE_LIMIT and clear and not self._ends_title(line)

    def _names_issuer(self, line: str) -> bool:
        """Return whether a line is the names before 关于, perhaps with it, or with 转发."""
        words = self.verb_end.sub("", line)
        forwards = self.forwards.search(line) is not None
        return forwards or self.names.strip_joint(words)[1] or bool(self.names.split(words))

    def _ends_title(self, line: str) -> bool:
        bare = _BRACKETED.sub("", line)
        return (
            6 < len(line) < _LINE_LIMIT
            and bare.endswith(self.kinds)
            and not re.search(r"[。；;]|^[《（(]", line)
        )

    def _find_piece(self, lines: Sequence[str]) -> str | None:
        """Return the title at the beginning of a document on one line."""
        line = next((line for line in lines if line), "")
        pieces = list(self._iterate_pieces(line))
        for index, piece in enumerate(pieces):
            if found := self._match_piece(piece):
                return " ".join([*self._find_issuers(pieces[:index]), found])
        return None

    def _iterate_pieces(self, line: str) -> Iterator[str]:
        """Yield the pieces between blanks before the first sentence, without a number in front."""
        for piece in _GAP.split(re.split("[。；;]", line, maxsplit=1)[0]):
            yield NUMBER.sub("", piece) if NUMBER.match(piece) else piece

    def _find_issuers(self, pieces: Sequence[str]) -> list[str]:
        """Return the pieces at the end that are names of issuers: 国务院扶贫办 | 财政部关于…."""
        found: list[str] = []
        for piece in reversed(pieces):
            if piece in found or not (self.names.stands_alone(piece) and self.names.split(piece)):
                break
            found.insert(0, piece)
        return found

    def _match_piece(self, piece: str) -> str | None:
        kinds = "|".join(self.kinds)
        found = re.match(
            rf"[^\s：:；;，]{{0,60}}?(?:关于|印发)[^\s：:；;]{{2,90}}的?(?:{kinds})(?=$|各|{NUMBER.pattern})",
            piece,
            re.VERBOSE,
        )
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class AddresseeFinder:
    """A finder of those to whom a document is sent, with the words of `data/outline.toml`."""

    bodies: re.Pattern[str]
    whole: re.Pattern[str]  # 各有关单位: an addressee by itself, unlike the 自治区 of 各省、自治区
    never: re.Pattern[str]

    @classmethod
    def load(cls) -> AddresseeFinder:
        """Return a finder with the package's own words."""
        words: dict[str, Any] = load_word_lists("outline")["addressees"]
        label = build_label_words(load_word_lists("attribution"))
        return cls(
            re.compile(build_alternation(words["bodies"])),
            re.compile(rf"{build_alternation(words['starts'])}.*{build_alternation(words['ends'])}"),
            # 责任单位：市商务局 says who answers.
            re.compile(rf"{build_alternation(words['never'])}|^\s*[（(]?(?:[一二三]|{label}\s*$)|\d月\d"),
        )

    def find(self, head: str, title: str | None) -> tuple[str, ...]:
        """Return the addressees: the words before the first colon, split at commas."""
        for line in head.split("\n"):
            names = _strip_head(line, title)
            found = re.match(rf"\s*(?P<names>[^。：:；;《》]{{2,400}})[：:]\s*(?:$|[{HAN}《])", names)
            if found and self.bodies.search(found["names"]) and not self.never.search(found["names"]):
                return self._split(found["names"])
        return ()

    def _split(self, names: str) -> tuple[str, ...]:
        """Return addressees parted by commas, or by 、 where each part is one by itself."""
        parts = re.split(r"[，,；;](?![^（(]*[）)])", names)  # at commas outside brackets
        if len(parts) == 1 and all(self.whole.fullmatch(part) for part in names.strip().split("、")):
            parts = names.split("、")
        return tuple(part.strip() for part in parts if part.strip())


def _strip_head(line: str, title: str | None) -> str:
    """Return a line without the title and the number at its beginning, as far as its first colon."""
    colon = re.search("[：:]", line)
    before = line[: colon.start()] if colon else ""
    ends = [number.end() for number in NUMBER.finditer(before)]
    if title and title[-_TITLE_END:] in before:
        ends.append(before.rindex(title[-_TITLE_END:]) + len(title[-_TITLE_END:]))
    return line[max(ends, default=0) :]
