"""The number of a document (文号): 国发〔2015〕24号, 财政部令第12号, 公告2019年第12号; none that it cites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from build_graph.extract.structure.marks import DATE, HAN, build_alternation
from build_graph.model import Span
from build_graph.resources import load_word_lists

_BLANK = r"[^\S\n]*"
_YEAR = r"(?:[1１][9９]|[2２][0０])\d{2}"
NUMBER = re.compile(
    rf"(?P<word>[{HAN}]{{1,14}}) {_BLANK} [〔\[［（(【﹝] \s* (?P<year>{_YEAR}) \s* 年? \s* [〕\]］）)】﹞]"
    rf" {_BLANK} (?:第\s*)? (?P<serial>\d{{1,5}}) {_BLANK} 号(?!{_BLANK}令)",
    re.VERBOSE,
)
_FRAME = " \u3000（(()）)\t\xa0"
_TITLE_END = 12  # characters by which the end of the title is known again


def build_identifier(number: str) -> str | None:
    """Return the part of a document's IRI that its number gives; None for other words.

    >>> build_identifier("国发〔2015〕24号"), build_identifier("九府办字[２０１９] 88 号")
    ('国发-2015-24', '九府办字-2019-88')
    """
    found = NUMBER.search(unicodedata.normalize("NFKC", number))
    return f"{found['word']}-{found['year']}-{int(found['serial'])}" if found else None


@dataclass(frozen=True, slots=True)
class OwnNumberFinder:
    """A finder of a document's own number, with the words of `data/outline.toml`."""

    order: re.Pattern[str]
    title_end: re.Pattern[str]
    citing: re.Pattern[str]  # 根据…国发〔2015〕24号
    cited: re.Pattern[str]  # 国发〔2015〕24号文件精神

    @classmethod
    def load(cls) -> OwnNumberFinder:
        """Return a finder with the package's own words."""
        lists = load_word_lists("outline")
        words = lists["number"]
        orders, bodies = build_alternation(words["orders"]), rf"(?:[{HAN}、\ \u3000]{{2,40}})?"
        serial = rf"第{_BLANK}[\d一二三四五六七八九十百〇零○]{{1,6}}{_BLANK}号"
        return cls(
            re.compile(
                rf"""
                ^ {_BLANK} (?: [（(] {DATE.pattern.replace(" ", "")} )? (?P<order>
                    {bodies} {orders} \s* [（(]? \s* (?: {_YEAR} \s? 年 \s* )? {serial}  # 国务院令 ⏎ 第646号
                  | {bodies} {_YEAR} {_BLANK} 年 {_BLANK} {serial} {orders}?              # 2011年 第26号
                  | {serial} {_BLANK} {orders}                                           # 第91号令
                )
                [^\S\n]* [）)]? [^\S\n]* (?=$|\n|《|（|发布|公布)
                """,
                re.VERBOSE | re.MULTILINE,
            ),
            title_end=re.compile(f"的{build_alternation(lists['title']['kinds'])}"),
            citing=re.compile(f"[。；;：:]|{build_alternation(words['citing'])}"),
            cited=re.compile(rf"\s*[）)]?\s*(?:[《〈]|{build_alternation(words['cited'])})"),
        )

    def tidy(self, value: str | None) -> str | None:
        """Return the number in the value of a label; None where it holds none."""
        if not value:
            return None
        found = NUMBER.search(value) or self.order.match(value)
        return found[0].strip(_FRAME) if found else None

    def find(self, head: str, title: str | None) -> str | None:
        """Return the document's own number, of those in the head the first that stands as own ones do."""
        for number in self._iterate_numbers(head):
            if self._is_own(head, number, title):
                return number.extract(head)
        return self._find_order(head)

    def _iterate_numbers(self, head: str) -> Iterator[Span]:
        """Yield the numbers with a year, without the end of a title before them: …的通知|国发〔2011〕42号."""
        for found in NUMBER.finditer(head):
            cut = max((end.end() for end in self.title_end.finditer(found["word"])), default=0)
            yield Span(found.start() + (cut if cut < len(found["word"]) else 0), found.end())

    def _is_own(self, head: str, number: Span, title: str | None) -> bool:
        """Return whether a number is alone on its line, beside the title, or above the addressees."""
        line_start = head.rfind("\n", 0, number.start) + 1
        before = head[line_start : number.start].rstrip(_FRAME)
        line = head[number.end :].partition("\n")[0]
        if not before and not line.strip(_FRAME):
            return True
        if self.cited.match(line):
            return False
        ahead = head[: number.start].rstrip(_FRAME + "\n")
        if title and ahead.endswith(title[-_TITLE_END:]):
            return True
        begins = not before or head[number.start - 1 : number.start].isspace()
        return begins and not self.citing.search(before) and _leads_on(line)

    def _find_order(self, head: str) -> str | None:
        found = self.order.search(head)
        if not found:
            return None
        words = re.sub(r"\s+", " ", found["order"]).strip(_FRAME)
        return re.sub(r"(?<=令) (?=第)|[（(]", "", words)


def _leads_on(line: str) -> bool:
    """Return whether the words behind a number are addressees, a title, or set off by a blank."""
    return line[:1].isspace() or bool(re.match(r"[^。；;]{2,200}?[：:]|[^。；;：:]{2,60}关于", line))
