"""The words around a title in 《》 that show why it is no other document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_graph.extract.citations.document_names import DocumentNames, identify_number
from build_graph.extract.citations.mentions import Mention
from build_graph.extract.structure.marks import build_alternation, is_within
from build_graph.model import Metadata, Span
from build_graph.resources import load_word_lists

_NEAR = 120  # characters on either side of a title that show its part in the text
STOP = re.compile(r"[。；！？\n]")
COMMA = re.compile("[，,：:]")
_AFTER_OWN = re.compile(r"$|[和及、与的等(]")
_LABEL_END = ":： 】]］\u3000"
# 附件：1.《…》
_ATTACHMENTS = re.compile(
    r"(?:^|\n)[^\S\n]*附[^\S\n]{0,4}件[^\S\n]{0,4}\d?[：:][^\n]{0,300}"
    r"(?:\n[^\S\n]*\d{1,2}[.．、][^\n]{0,200}(?=\n|$))*+"
)
_NO_FRAME = " \u3000\xa0\t\r(（)）"


@dataclass(frozen=True, slots=True)
class OwnNames:
    """A document's own names: its number, its title, and the titles that it issues."""

    number: str | None
    title: str
    issued: str  # of 关于印发X实施方案的通知: X实施方案的通知

    def is_own(self, key: str, number: str | None) -> bool:
        """Return whether a title's key or a number's identity is the document's own.

        What the title issues may only be named in full: 印发X实施细则的通知 issues the rules, not X.
        """
        if self.number is not None and number is not None:
            return number == self.number
        at = self.issued.find(key) if len(key) > 3 else -1
        ends = at >= 0 and _AFTER_OWN.match(self.issued, at + len(key)) is not None
        return key == self.title or (ends and (at == 0 or self.issued[at - 1] in "和及、与的"))

    def ends_in(self, key: str) -> bool:
        """Return whether a short name can mean the document itself."""
        return self.title.endswith(key) or key in self.issued


@dataclass(frozen=True, slots=True)
class TitleContext:
    """A judge of titles by the words around them, with the words of `data/citations.toml`."""

    names: DocumentNames
    attached: re.Pattern[str]  # （见附件2）
    periodical: tuple[str, ...]
    press: re.Pattern[str]
    planned: re.Pattern[str]  # 制定《…》
    pushed: re.Pattern[str]  # 推动《…》出台
    made: tuple[str, ...]
    past: re.Pattern[str]
    presented: re.Pattern[str]  # 现将《…》
    issued: re.Pattern[str]
    forwarded: re.Pattern[str]
    passed: re.Pattern[str]  # 《…》已经…同意，现印发
    titled: re.Pattern[str]
    labels: tuple[str, ...]  # 发文字号：国发〔2015〕24号

    @classmethod
    def load(cls) -> TitleContext:
        """Return a judge with the package's own words."""
        words = load_word_lists("citations")
        own, planned, attached = words["own"], words["planned"], build_alternation(words["attached"]["words"])
        issue, leads = build_alternation(own["issue"]), build_alternation(planned["leads"])
        return cls(
            names=DocumentNames.load(),
            attached=re.compile(rf"\s?[（(][^（）()\n]{{0,12}}?{attached}"),
            periodical=tuple(words["periodical"]["words"]),
            press=re.compile(rf"[，,][^，。《》\n]{{0,12}}{words['periodical']['press']}"),
            planned=re.compile(
                rf"(?:{build_alternation(planned['verbs'])}|(?:^|[\d.．、]|{leads})\s?{build_alternation(planned['issued'])})$"
            ),
            pushed=re.compile(rf"{leads}$"),
            made=(*planned["verbs"], *planned["issued"]),
            past=re.compile(build_alternation(planned["past"])),
            presented=re.compile(build_alternation(own["present"])),
            issued=re.compile(issue),
            forwarded=re.compile(build_alternation(own["forward"])),
            passed=re.compile(
                rf"\s?[，,。]?\s?(?:{build_alternation(own['done'])}[^《。]{{0,60}}?[，,。]\s?)?"
                rf"{build_alternation(own['now'])}(?:予以?|将其|就)?{issue}"
            ),
            titled=re.compile(build_alternation(own["titled"])),
            labels=tuple(words["number"]["labels"]),
        )

    def find_own_names(self, metadata: Metadata) -> OwnNames:
        """Return the document's own names, as its metadata give them."""
        title = self.names.build_key(metadata.title or "")
        issued = self.titled.search(title)
        number = identify_number(metadata.number) if metadata.number else None
        return OwnNames(number, title, title[issued.end() :] if issued else "")

    def find_attachment_lists(self, content: str) -> list[Span]:
        """Return the stretches that list the attachments of a document."""
        return [Span(*found.span()) for found in _ATTACHMENTS.finditer(content)]

    def iterate_reasons(
        self, content: str, mention: Mention, own: OwnNames, start: int, lists: Sequence[Span]
    ) -> Iterator[str]:
        """Yield the names of the reasons why a title is no citation, the strongest first.

        `start` is the start of the first division, `lists` the result of `find_attachment_lists`.
        """
        span, key = mention.span, self.names.build_key(mention.title or "")
        before = STOP.split(content[max(0, span.start - _NEAR) : span.start])[-1].rstrip()
        after = content[span.end : span.end + _NEAR]
        number = identify_number(mention.number) if mention.number else None
        if own.is_own(key, number):
            yield "own"
        if not number and (self.attached.match(after) or is_within(lists, span.start)):
            yield "attached"
        if self._is_in_press(before, after):
            yield "periodical"
        if not number and not self.names.is_document(key):
            yield "kind"
        if self._is_issuing(before, content[mention.tail : mention.tail + _NEAR]):
            yield "own"
        if not mention.number and span.start >= start and self._is_planned(before, after):
            yield "planned"

    def is_own_number(self, content: str, span: Span, start: int) -> bool:
        """Return whether a number without a title is the document's own or an attachment's.

        It is alone on its line, behind a label or a title, or above 附件1.
        """
        line = content[max(0, span.start - 30) : span.start].rpartition("\n")
        label, after = line[2].strip(_NO_FRAME), content[span.end : span.end + 30]
        first = not label and (line[1] or span.start <= 30)
        alone = span.start < start or not after.partition("\n")[0].strip(_NO_FRAME)
        if (first and alone) or label.rstrip(_LABEL_END).endswith(self.labels):
            return True
        titled = span.start < start and self.names.is_document(self.names.build_key(label))
        return titled or self.attached.match(f"（{after.lstrip(_NO_FRAME)}") is not None

    def _is_in_press(self, before: str, after: str) -> bool:
        return (
            before.endswith(self.periodical)
            or after.lstrip("，, ").startswith(self.periodical)
            or self.press.match(after) is not None
        )

    def _is_issuing(self, before: str, after: str) -> bool:
        """Return whether the document puts the title into force: 现将《…》印发给你们."""
        rest = STOP.split(after, maxsplit=1)[0]
        if self.presented.search(before) and self.issued.search(rest):
            return not self.forwarded.search(rest)
        return self.passed.match(after) is not None

    def _is_planned(self, before: str, after: str) -> bool:
        clause = COMMA.split(before)[-1]
        pushed = self.pushed.search(clause) and after.lstrip().startswith(self.made)
        return bool(pushed or self.planned.search(clause)) and not self.past.search(clause)
