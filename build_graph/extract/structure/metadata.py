"""The metadata of a document: title, number, issuers, date, addressees.

What the document says of itself (title, number, signature) goes before the table above it, and both before
what names the page: the office that posts a document has often not issued it. Values given from outside go
first of all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from build_graph.extract.agencies.jurisdictions import Gazetteer, Scope, find_jurisdiction
from build_graph.extract.structure.document_number import NUMBER, OwnNumberFinder
from build_graph.extract.structure.issuers import IssuerNames
from build_graph.extract.structure.letterhead import AddresseeFinder, LabelReader, TitleFinder
from build_graph.extract.structure.marks import HAN, build_alternation, parse_date
from build_graph.extract.structure.signature import Signature, SignatureFinder, select_signature
from build_graph.model import Metadata, Text
from build_graph.resources import load_word_lists

_FIRST_MARK = re.compile(r"(?:^|[\n 　：:。])[ 　]*(?:一、|第一[章条]|[（(]一[)）])")
_HEAD_LIMIT = 3000  # characters that can hold a title
_ALIKE = 4  # characters by which the first of several issuers is known: 卫生健康委, 卫生健康委员会
_LETTERHEAD = 200  # characters in which the letterhead stands
# •, [2020-01-13], 石政发〔2020〕3号-
_BEFORE_TITLE = re.compile(rf"^(?:[^{HAN}《]|{NUMBER.pattern})+", re.VERBOSE)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The words of a document that can name its issuers and its date, by their places."""

    head: str
    table: dict[str, str]  # the values of the labels above the text
    titles: tuple[str, ...]  # as given, as printed
    number: str | None
    signatures: tuple[Signature, ...]


def _names_more(names: Sequence[str], titled: Sequence[str], gazetteer: Gazetteer, *, joint: bool) -> bool:
    """Return whether names say more than those of the title: all that stand behind 等, or the place as well.

    >>> _names_more(["贵阳市民政局"], ["市民政局"], Gazetteer.load(), joint=False)
    True
    """
    if len(names) < len(titled) or (len(names) > len(titled) and not joint):
        return False
    pairs = list(zip(names, titled, strict=False))
    if joint and len(names) > len(titled):
        return all(long[:_ALIKE] == short[:_ALIKE] or long.endswith(short) for long, short in pairs)
    return all(_adds_place(long, short, gazetteer) for long, short in pairs)


def _adds_place(long: str, short: str, gazetteer: Gazetteer) -> bool:
    """Return whether a name is the other with its place, or the same."""
    path, rest = gazetteer.split_leading(long)
    return long == short or (bool(path) and long.endswith(short) and short.endswith(rest))


@dataclass(frozen=True, slots=True)
class MetadataExtractor:
    """An extractor of metadata, with the words of `data/outline.toml`."""

    labels: LabelReader
    titles: TitleFinder
    numbers: OwnNumberFinder
    names: IssuerNames
    signatures: SignatureFinder
    addressees: AddresseeFinder
    verbs: re.Pattern[str]
    reposted: re.Pattern[str]
    letterhead: re.Pattern[str]
    order_end: re.Pattern[str]  # 财政部|令第12号

    @classmethod
    def load(cls, gazetteer: Gazetteer | None = None) -> MetadataExtractor:
        """Return an extractor with the package's own words; pass a gazetteer that is loaded already."""
        names, words = IssuerNames.load(gazetteer), load_word_lists("outline")
        return cls(
            labels=LabelReader.load(),
            titles=TitleFinder.load(names),
            numbers=OwnNumberFinder.load(),
            names=names,
            signatures=SignatureFinder.load(names),
            addressees=AddresseeFinder.load(),
            verbs=re.compile(build_alternation(words["title"]["verbs"])),
            reposted=re.compile(rf"^[（(【\[]{build_alternation(words['issuer']['reposted'])}[）)】\]]"),
            letterhead=re.compile(
                rf"(?:^|\s)(?P<names>[{HAN}]{{2,40}}?){build_alternation(words['issuer']['letterhead'])}(?=\s)"
            ),
            order_end=re.compile(
                rf"{build_alternation(words['number']['orders'])}[\s（(\d年]*第?.{{0,12}}号$"
            ),
        )

    def read(self, text: Text, given: Metadata = Metadata()) -> Metadata:  # noqa: B008  (immutable)
        """Return the metadata of `text`; every field of `given` that is set wins."""
        content = text.content
        first = _FIRST_MARK.search(content)
        head = content[: min(first.start() if first else _HEAD_LIMIT, _HEAD_LIMIT)]
        table = self.labels.read(head)
        printed = table.get("title") or self.titles.find(head)
        title = given.title or printed
        number = given.number or self.numbers.find(head, title) or self.numbers.tidy(table.get("number"))
        titles = tuple(filter(None, (title, printed)))
        signatures = self.signatures.find(content, printed or title)
        reading = _Reading(head, table, titles, number, signatures)
        issuers = given.issuers or self._find_issuers(reading)
        return Metadata(
            title=title,
            number=number,
            issuers=issuers,
            issued=given.issued or self._find_date(content, reading, issuers),
            addressees=given.addressees or self.addressees.find(head, title),
        )

    # ------------------------------------------------------------------------------ issuers

    def _find_issuers(self, reading: _Reading) -> tuple[str, ...]:
        """Return the bodies that issued the document, in the order printed; () where none is named.

        Those of the title go first, unless another place names the same and more.
        """
        split = map(self._split_title, reading.titles)
        titled, joint = next((found for found in split if found[0]), ((), False))
        signed = select_signature(reading.signatures, titled)
        places = [
            signed.signers if signed else (),
            self._read_letterhead(reading),
            self.names.split(reading.table.get("issuer", "")),
        ]
        if titled:
            gazetteer = self.names.gazetteer
            fuller = (names for names in places if _names_more(names, titled, gazetteer, joint=joint))
            return next(fuller, titled)
        return next(filter(None, places), ()) or self._read_publisher(reading)

    def _split_title(self, title: str) -> tuple[tuple[str, ...], bool]:
        """Return the bodies before 关于 in a title, and whether 等七部门 stands behind them."""
        words = _BEFORE_TITLE.sub("", self.reposted.sub("", title))
        verb = self.verbs.search(words)
        bare, joint = self.names.strip_joint(words[: verb.start()].strip()) if verb else ("", False)
        return self.names.split(bare), joint

    def _read_letterhead(self, reading: _Reading) -> tuple[str, ...]:
        """Return the bodies of the letterhead, or of an order: 贵阳市人民政府办公厅文件, 财政部令第12号."""
        found = self.letterhead.search(reading.head, 0, _LETTERHEAD)
        words = found["names"] if found else self.order_end.sub("", reading.number or "")
        return self.names.split(words)

    def _read_publisher(self, reading: _Reading) -> tuple[str, ...]:
        """Return the office that posts the document, unless title and number show another place."""
        names = self.names.split(reading.table.get("publisher", ""))
        title, gazetteer = next(iter(reading.titles), None), self.names.gazetteer
        own = find_jurisdiction(None, title, reading.number, gazetteer=gazetteer)
        if own.reach is Scope.UNKNOWN or not names:
            return names
        return names if find_jurisdiction(names[0], title, None, gazetteer=gazetteer) == own else ()

    # --------------------------------------------------------------------------------- date

    def _find_date(self, content: str, reading: _Reading, issuers: Sequence[str]) -> date | None:
        """Return the day of issue by the strongest place that has one."""
        table, signed = reading.table, select_signature(reading.signatures, issuers)
        own = signed is not None and any(name in issuers for name in signed.signers)
        stated = parse_date(table.get("issued", ""))
        if signed and (own or not stated):
            return signed.day
        if stated:
            return stated
        return (
            self.signatures.find_enactment(content)
            or self.signatures.find_printing_date(content)
            or (parse_date(table.get("posted", "")) if _has_table(table) else None)
        )


def _has_table(table: dict[str, str]) -> bool:
    """Return whether the labels are those of a document, not of a page."""
    return bool(table.keys() & {"number", "issuer", "title", "publisher"})
