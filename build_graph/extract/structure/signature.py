"""The dates on which documents are signed, and who signs: 财政部 税务总局 / 2020年2月6日.

A date within a sentence is none of them. What stands before the date is a name, several, a person with his
office, the end of a sentence, or nothing on the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from build_graph.extract.structure.issuers import IssuerNames
from build_graph.extract.structure.marks import DATE, HAN, build_alternation, parse_date
from build_graph.resources import load_word_lists

_BEFORE = 400  # characters before a date that can hold its signers
_BROKEN = 40  # characters of the first line of a broken name
_AFTER = 40  # characters behind a date that show whether its sentence goes on
_PLACE = 3  # characters of a place's name
_TITLED = 6  # characters by which the title is known again behind the date
_MANY = 3  # dates with different signers: a table, no signatures
_HEAD = 1500  # characters at the beginning that can hold the date of enactment
_CUT = re.compile(r"\d{5,}|\d日|[^\s\u4e00-\u9fff“”、\d]")  # what no list of names holds
_DIGITS = re.compile(r"^[\d\s]+(?!\d*年)")  # 010-62010432|国家中医药管理局, but 2010年茶话会组委会
_SENTENCE_END = "。！!”"


@dataclass(frozen=True, slots=True)
class Signature:
    """A date with which a document, or what is attached to it, is signed."""

    day: date
    signers: tuple[str, ...]
    start: int  # of the date


@dataclass(frozen=True, slots=True)
class SignatureFinder:
    """A finder of signatures, with the words of `data/outline.toml`."""

    names: IssuerNames
    seal: re.Pattern[str]  # （代章）
    follows: re.Pattern[str]  # what may stand behind the date
    goes_on: re.Pattern[str]  # what shows that the sentence goes on
    printed: re.Pattern[str]  # 2020年2月15日印发
    person: re.Pattern[str]  # 局长：肖亚庆
    title_end: re.Pattern[str]  # 附：人力资源管理指南|江苏省医院协会
    label: re.Pattern[str]  # 实施日期：, the label of a table and not 附件：
    enacted: re.Pattern[str]
    amended: re.Pattern[str]

    @classmethod
    def load(cls, names: IssuerNames) -> SignatureFinder:
        """Return a finder with the package's own words."""
        lists = load_word_lists("outline")
        words = lists["signature"]
        titles = [kind for kind in (*lists["title"]["kinds"], *words["attachments"]) if kind != "公告"]
        enacted = build_alternation(words["enacted"])
        return cls(
            names=names,
            seal=re.compile(rf"[（(][^（）()\n]{{0,20}}{build_alternation(words['seals'])}[）)]\s*$"),
            follows=re.compile(rf"[）)]?(?:$|\s)|[（(【《“\"〔\[-]|{build_alternation(words['follows'])}"),
            goes_on=re.compile(rf"[^\S\n]*{build_alternation(words['goes_on'])}"),
            printed=re.compile(rf"[^\S\n]*{build_alternation(words['printed'])}"),
            person=re.compile(rf"{build_alternation(words['persons'])}[\s：:]*(?:[{HAN}]\s*){{2,4}}$"),
            title_end=re.compile(build_alternation(titles)),
            label=re.compile(r"(?<!附件)[：:]$"),
            enacted=re.compile(
                rf"^[^\S\n]*[（(]\s*(?={DATE.pattern})(?P<words>[^（）()]{{1,200}}?{enacted}[^（）()]*)[）)]",
                re.MULTILINE,
            ),
            amended=re.compile(build_alternation(words["amended"])),
        )

    def find(self, content: str, title: str | None = None) -> tuple[Signature, ...]:
        """Return the signatures in the order of the text, those without a signer too."""
        return tuple(self._iterate(content, title or ""))

    def _iterate(self, content: str, title: str) -> Iterator[Signature]:
        for found in DATE.finditer(content):
            after = content[found.end() : found.end() + _AFTER]
            day = parse_date(found[0])
            if day is None or self.goes_on.match(after):
                continue
            before = content[max(0, found.start() - _BEFORE) : found.start()]
            signers = self._find_signers(before.rstrip())
            if not self._is_last(after, title, signers):
                continue
            if signers or ("年" in found[0] and self._is_unsigned(before, after)):
                yield Signature(day, signers, found.start())

    def _is_last(self, after: str, title: str, signers: Sequence[str]) -> bool:
        """Return whether nothing of the sentence follows the date.

        Words of the title may follow without a blank, and so may the place of the signer: 义乌市….
        """
        titled = len(after) >= _TITLED and after[:_TITLED] in title
        placed = bool(signers) and after.startswith(signers[0][:_PLACE])
        return titled or placed or self.follows.match(after) is not None

    def _is_unsigned(self, before: str, after: str) -> bool:
        """Return whether a date without names is one: alone on its line, behind a person or a stop."""
        words = before.rstrip()
        line = before.rpartition("\n")[2].strip(" \u3000\xa0\t（(")
        if not line:
            rest = after.partition("\n")[0].strip(" \u3000\xa0\t\u2002）)")
            return not rest and not self.label.search(words)
        return words.endswith(tuple(_SENTENCE_END)) or self.person.search(words) is not None

    # ----------------------------------------------------------------------------- signers

    def _find_signers(self, before: str) -> tuple[str, ...]:
        """Return the bodies that the words before a date end with, over as many lines as are names."""
        lines = [line.strip() for line in self.seal.sub("", before).split("\n") if line.strip()]
        signers: tuple[str, ...] = ()
        while lines:
            line = lines.pop()
            words = self._cut_names(line)
            names = self._select_names(words, whole=not signers)
            if not names and not signers and lines and words == line:
                names = self._join_lines(lines, line)
            elif names and not self.names.stands_alone(names[0]) and words == line and lines:
                names = self._join_lines(lines, line) or names
            if not names or (signers and words != line):
                break
            signers = (*names, *signers)
            if words != line:
                break
        return signers

    def _cut_names(self, line: str) -> str:
        """Return the end of a line that can be names: behind all marks, and behind a title."""
        words = line[max((cut.end() for cut in _CUT.finditer(line)), default=0) :].strip()
        words = _DIGITS.sub("", words)
        titles = [
            cut.end() for cut in self.title_end.finditer(words) if self.names.stands_alone(words[cut.end() :])
        ]
        return words[max(titles, default=0) :]

    def _select_names(self, words: str, *, whole: bool) -> tuple[str, ...]:
        """Return the names that the words end with, the first of which can stand alone.

        Where none can, all the words are one name if `whole`.
        """
        pieces = words.split()
        for start in range(len(pieces)):
            if self.names.stands_alone(pieces[start]) and (
                names := self.names.split(" ".join(pieces[start:]))
            ):
                return names
        return self.names.split(words) if whole else ()

    def _join_lines(self, lines: list[str], line: str) -> tuple[str, ...]:
        """Return the name that takes a line and the one above, which is then taken off; () for none."""
        above = lines[-1]
        if len(above) > _BROKEN or _CUT.search(above) or not self.names.stands_alone(above):
            return ()
        if self.names.split(above):
            return ()
        names = self.names.split(above + line)
        if names:
            lines.pop()
        return names

    # ------------------------------------------------------------------------ other dates

    def find_printing_date(self, content: str) -> date | None:
        """Return the date of the line that says when a document was printed: …办公室2020年2月15日印发."""
        for found in DATE.finditer(content):
            if self.printed.match(content, found.end()):
                before = content[max(0, found.start() - _BEFORE) : found.start()]
                if self._find_signers(before.rstrip()):
                    return parse_date(found[0])
        return None

    def find_enactment(self, content: str) -> date | None:
        """Return the day on which a law was passed or a rule issued, as the bracket below its title says.

        None where the bracket also tells of amendments: the text is then of no single day.
        """
        found = self.enacted.search(content, 0, _HEAD)
        days = list(DATE.finditer(found["words"])) if found else []
        if not found or len(days) != 1 or self.amended.search(found["words"]):
            return None
        return parse_date(found["words"])


def select_signature(signatures: Sequence[Signature], issuers: Sequence[str]) -> Signature | None:
    """Return the first signature of one of the issuers, else the first with signers, else the first.

    None where bodies stand before many different dates, as in a table of tasks, and none of them issued it.
    """
    own = [one for one in signatures if any(name in issuers for name in one.signers)]
    signed = [one for one in signatures if one.signers]
    if not own and len({one.day for one in signed}) > _MANY:
        return None
    return next(iter(own or signed or signatures), None)
