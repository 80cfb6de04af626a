"""The names of documents, and which of them mean the same document."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from build_graph.extract.structure.document_number import build_identifier
from build_graph.extract.structure.marks import build_alternation
from build_graph.model import Citation
from build_graph.resources import load_word_lists

_INNER_MARKS = re.compile(r"""[\s《》〈〉<>“”"'‘’「」『』]+""")
_DASHES = re.compile("[—–―－~-]+")
_YEARED = re.compile(
    r"(?P<word>[^\s〔\[［（(【﹝]+)\s*[〔\[［（(【﹝]\s*(?P<year>\d{4})\s*年?\s*[〕\]］）)】﹞]\s*第?\s*(?P<serial>\d+)\s*号(?!令)"
)
_FRINGE = re.compile(r"(?:\([^()]*\)|[\d年-]+)$")  # brackets and years behind a title's kind


@dataclass(frozen=True, slots=True)
class DocumentNames:
    """The names of documents, read with the words of `data/citations.toml`."""

    state: str
    edition: re.Pattern[str]
    unplaced: tuple[str, ...]
    kinds: tuple[str, ...]  # the longest first
    other: tuple[str, ...]
    modifiers: re.Pattern[str]
    issuing: re.Pattern[str]  # 关于印发X实施方案的通知

    @classmethod
    def load(cls) -> DocumentNames:
        """Return the names with the package's own words."""
        words = load_word_lists("citations")["title"]
        editions = "|".join(words["editions"])
        edition = re.compile(rf"\((?:\d{{4}}年)?(?:\d{{1,2}}月)?(?:{editions})\)$")
        issues = "|".join(load_word_lists("citations")["own"]["titled"])
        return cls(
            state=words["state"],
            edition=edition,
            unplaced=tuple(words["unplaced"]),
            kinds=tuple(sorted(words["kinds"], key=len, reverse=True)),
            other=tuple(words["other"]),
            modifiers=re.compile(
                rf"(?:{build_alternation(words['modifiers'])}|[\d一二三四五六七八九十年第、和])*+"
            ),
            issuing=re.compile(rf"(?:{issues})(?P<inner>.+)的[^的]{{1,4}}$"),
        )

    def build_key(self, title: str) -> str:
        """Return the part that all ways to print one title share.

        >>> DocumentNames.load().build_key("关于印发〈数据 方案〉的通知（试行）")
        '关于印发数据方案的通知(试行)'
        >>> DocumentNames.load().build_key("中华人民共和国公司法（2018年修正）")
        '公司法'
        """
        bare = _DASHES.sub("-", _INNER_MARKS.sub("", unicodedata.normalize("NFKC", title)))
        return self.edition.sub("", bare).removeprefix(self.state) or bare

    def build_keys(self, title: str) -> tuple[str, ...]:
        """Return the keys of a title elsewhere: its own, and that of the document which it issues.

        >>> DocumentNames.load().build_keys("某省政府关于印发〈某省数字规划〉的通知")
        ('某省政府关于印发某省数字规划的通知', '某省数字规划')
        >>> DocumentNames.load().build_keys("关于印发实施方案的通知")
        ()
        """
        key = self.build_key(title)
        found = self.issuing.search(key)
        all_keys = (key, found["inner"]) if found else (key,)
        return tuple(k for k in all_keys if not k.startswith(self.unplaced) and not self.is_general(k))

    def is_document(self, key: str) -> bool:
        """Return whether a title's key ends as documents of policy and law end.

        >>> names = DocumentNames.load()
        >>> [names.is_document(key) for key in ("公司法", "数据管理办法(试行)", "人民日报", "评价方法")]
        [True, True, False, False]
        """
        bare = strip_fringe(key)
        return bare.endswith(self.kinds) and not bare.endswith(self.other)

    def is_general(self, key: str) -> bool:
        """Return whether a title's key names a kind of document, but no subject.

        >>> names = DocumentNames.load()
        >>> [names.is_general(key) for key in ("实施意见", "三年行动计划", "公司法")]
        [True, True, False]
        """
        bare = strip_fringe(key)
        kind = next((kind for kind in self.kinds if bare.endswith(kind)), "")
        return self.modifiers.fullmatch(bare.removesuffix(kind)) is not None

    def identify(self, citation: Citation) -> str | None:
        """Return the cited document's part of its IRI: made of its number, else of its title.

        None where the words could mean several documents: 《关于…的意见》 without issuer and number.

        >>> from build_graph.model import Span
        >>> names = DocumentNames.load()
        >>> names.identify(Citation(Span(0, 1), "关于…的意见", "国发[2015] 24号"))
        '国发-2015-24'
        >>> names.identify(Citation(Span(0, 1), "中华人民共和国预算法", None))
        '《预算法》'
        """
        if citation.number and (number := identify_number(citation.number)):
            return number
        if citation.title is None:
            return re.sub(r"\s", "", unicodedata.normalize("NFKC", citation.number or ""))
        return None if self.needs_issuer(citation.title) else f"《{self.build_key(citation.title)}》"

    def needs_issuer(self, title: str) -> bool:
        """Return whether other places and bodies may have documents of the same title.

        >>> names = DocumentNames.load()
        >>> [names.needs_issuer(title) for title in ("关于…的意见", "市城市总体规划", "北京市城市总体规划")]
        [True, True, False]
        """
        return self.build_key(title).startswith(self.unplaced)


def identify_number(number: str) -> str | None:
    """Return the part of an IRI that a number with a year in brackets gives; None for 国务院令第412号.

    >>> identify_number("国发［２０１５］ 24 号"), identify_number("国务院令第412号")
    ('国发-2015-24', None)
    """
    found = _YEARED.search(unicodedata.normalize("NFKC", number))
    return build_identifier(standardise_number(number)) if found else None


def standardise_number(number: str) -> str:
    """Return a number (文号) in its standard form; other words are returned without blanks.

    >>> standardise_number("国发[2015] 24 号"), standardise_number("国务院令第 ４１２ 号")
    ('国发〔2015〕24号', '国务院令第412号')
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", number))
    found = _YEARED.fullmatch(plain)
    return f"{found['word']}〔{found['year']}〕{int(found['serial'])}号" if found else plain


def strip_fringe(key: str) -> str:
    """Return a title's key without the brackets and years behind its kind.

    >>> strip_fringe("数据管理办法(试行)"), strip_fringe("规划(2021-2025年)")
    ('数据管理办法', '规划')
    """
    while (found := _FRINGE.search(key)) and found.start():
        key = key[: found.start()]
    return key
