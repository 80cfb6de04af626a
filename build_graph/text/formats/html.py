"""The text of an HTML page: surroundings of the document left out, tables kept, a line for each block.

Scripts and hidden elements are left out, and so are elements that are named or linked like navigation, unless
they hold a sign of a document (一、, （一）, 第一条, an attribution, 发文字号：): a line of navigation too
many is better than a clause too few. A page that shows no such sign, title or label is kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from build_graph.errors import load_extra
from build_graph.model import Source
from build_graph.resources import load_word_lists
from build_graph.text.formats.encoding import decode_leniently, decode_text
from build_graph.text.formats.kinds import Kind, UnreadableError
from build_graph.text.formats.limits import LimitError, ReadingLimits
from build_graph.text.formats.task_tables import Cell, TableWriter

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    _Choice = Callable[[HtmlElement], bool]

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*(?P<name>[\w-]{1,40})""", re.IGNORECASE)
_CHARSET_LIMIT = 8192  # bytes in which a page declares its encoding
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_BREAK = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t\r\f]*\n[ \t\r\n\f]*(?=[\u3000-\u9fff\uff00-\uffef])"
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_KEPT = "\v"  # stands for a line break that is kept, in <pre>
_TITLE_LEAST = 6  # characters
_SLIGHT = 20  # characters below which a line above the title is left out
_WIDEST = 60  # rows or columns that a cell may span
_ATTRIBUTES = 1000  # of one element; more take the parser time that grows with their square
_TAG = re.compile(
    rb"""
    <!--.*?(?:-->|\Z)
  | <(?P<raw>script|style)\b.*?(?:</(?P=raw)|\Z)
  | <[a-zA-Z] (?P<inside> (?: =\s*"[^"]*(?:"|\Z) | =\s*'[^']*(?:'|\Z) | [^>] )*+ )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_QUOTED = re.compile(rb"""=\s*(?:"[^"]*"?|'[^']*'?)""")
_FOOTNOTE = re.compile(r"\s*[\[［〔]?\d{1,3}[\]］〕]?\s*")
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*none", re.IGNORECASE)
_MARKED = re.compile(r"\s*(?:[（(]?[\d一二三四五六七八九十]{1,3}[、.．)）]|第)")


def read_html(data: bytes, name: str, limits: ReadingLimits, *, encoding: str | None = None) -> Source:
    """Return the document on an HTML page.

    Raises UnreadableError where the page holds no text, LimitError where it is nested too deep.
    """
    page = _decode_page(data, name, encoding)
    root = _parse_page(page.content, name, limits)
    lines = _Page.build(root).extract_lines()
    if not lines:
        raise UnreadableError(
            f"{name}: the page holds no text; its text may be loaded by a script: "
            "open it in a browser and save it from there"
        )
    return Source(name, "\n".join(lines) + "\n", page.encoding, Kind.HTML.media)


# ---------------------------------------------------------------------------------- parsing


def _decode_page(data: bytes, name: str, encoding: str | None) -> Source:
    """Return the page as text: by a byte order mark, as UTF-8, by its declared encoding, or by its words."""
    declared = _CHARSET.search(data[:_CHARSET_LIMIT])
    try:
        return decode_text(data, name, encoding=encoding)
    except UnreadableError:
        if encoding or not declared:
            raise
    return decode_leniently(data, name, declared["name"].decode("ascii"))


def _parse_page(text: str, name: str, limits: ReadingLimits) -> HtmlElement:
    """Return the page's elements; raises LimitError where the parser would give up or take too long."""
    etree = load_extra("lxml.etree", "html", f"{name}: reading HTML")
    data = text.replace("\0", "").encode("utf-8", "replace")
    if any(_count_attributes(tag["inside"]) > _ATTRIBUTES for tag in _TAG.finditer(data)):
        raise LimitError(
            f"{name}: an element has more than {_ATTRIBUTES:,} attributes; it is no page to read"
        )
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    root: HtmlElement | None = etree.fromstring(data, parser)
    if root is None:
        raise UnreadableError(f"{name}: the page is empty; there is nothing to read")
    _check_depth(root, name, limits)
    if fatal := [
        error
        for error in parser.error_log.filter_from_fatals()
        if "Excessive" in error.message or "limit" in error.message
    ]:
        raise LimitError(f"{name}: the page cannot be read to its end ({fatal[0].message}); save it as text")
    return root


def _count_attributes(inside: bytes | None) -> int:
    """Return the greatest possible number of attributes of an element, by the inside of its tag."""
    if inside is None or len(inside) < _ATTRIBUTES:
        return 0
    return len(_QUOTED.sub(b" ", inside).split())


def _check_depth(root: HtmlElement, name: str, limits: ReadingLimits) -> None:
    """Raise LimitError where elements are nested too deep."""
    etree = load_extra("lxml.etree", "html", f"{name}: reading HTML")
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limits.max_depth:
            raise LimitError(
                f"{name}: elements are nested more than {limits.max_depth:,} deep, as no editor writes them; "
                "if it is to be read, give a higher --max-depth"
            )


# ------------------------------------------------------------------------------------ lines


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the page, whether it is links for the most part, and its block."""

    text: str
    is_linked: bool
    block: HtmlElement


@dataclass(slots=True)
class _ElementFacts:
    """The content of an element: characters, those in links, links, and whether a sign of a document."""

    characters: int = 0
    linked: int = 0
    links: int = 0
    signed: bool = False


@dataclass(slots=True)
class _HtmlRules:
    """The rules of `data/html.toml`."""

    never: frozenset[str]
    rarely: frozenset[str]
    blocks: frozenset[str]
    around: frozenset[str]
    links: int
    share: float
    sign: re.Pattern[str]
    label: re.Pattern[str]
    number: re.Pattern[str]
    noise: re.Pattern[str]
    after: re.Pattern[str]
    limit: int

    @classmethod
    def load(cls) -> _HtmlRules:
        data = load_word_lists("html")
        tags, around, sign, noise = data["tags"], data["around"], data["sign"], data["noise"]
        labels = "|".join(r"\s*".join(label) for label in sign["labels"])
        return cls(
            never=frozenset(tags["never"]),
            rarely=frozenset(tags["rarely"]),
            blocks=frozenset(tags["blocks"]),
            around=frozenset(around["words"]),
            links=around["links"],
            share=around["share"],
            sign=re.compile(rf"\s*(?:{'|'.join(sign['lines'])})"),
            label=re.compile(rf"\s*(?:{labels})\s*[：:]"),
            number=re.compile(sign["number"]),
            noise=re.compile(rf"\s*(?:{noise['lines']})\s*"),
            after=re.compile(rf"\s*(?:{noise['after']})"),
            limit=noise["limit"],
        )


@dataclass(slots=True)
class _Page:
    """A page, the facts of its elements, and the tables that only lay out others."""

    root: HtmlElement
    words: _HtmlRules
    titles: frozenset[str]
    hidden: bool = False  # whether hidden elements are read
    tables: TableWriter = field(default_factory=TableWriter.load)
    facts: dict[HtmlElement, _ElementFacts] = field(default_factory=dict)
    layout: set[HtmlElement] = field(default_factory=set)

    @classmethod
    def build(cls, root: HtmlElement) -> _Page:
        """Return the page with all facts; where nothing on it is visible, hidden elements are read too."""
        for hidden in (False, True):
            page = cls(root, _HtmlRules.load(), _find_titles(root), hidden)
            page._collect_facts()
            if page.facts[root].characters:
                break
        return page

    def extract_lines(self) -> list[str]:
        """Return the lines of the document, from its title or the table above it to its last line."""
        lines = list(self._iterate_lines(self.root, self._is_kept))
        signs = [index for index, line in enumerate(lines) if self._is_sign(line)]
        first = self._find_first(lines)
        last = self._find_last(lines, signs[-1] if signs else 0)
        return [
            line.text
            for index, line in enumerate(lines[:last])
            if self._is_sign(line)
            or not (self.words.noise.fullmatch(line.text) or (index < first and _is_slight(line)))
        ]

    # ------------------------------------------------------------------------------- trimming

    def _find_first(self, lines: list[_Line]) -> int:
        """Return the index of the document's first line: title, label or number; 0 where none is found."""
        for index, line in enumerate(lines):
            if self._is_head(line):
                return index
            if self.words.sign.match(line.text) and not line.is_linked:
                return 0
        return 0

    def _find_last(self, lines: list[_Line], sign: int) -> int:
        """Return the end of the document: the first line behind the last sign that follows documents."""
        for index in range(sign + 1, len(lines)):
            if self.words.after.match(lines[index].text):
                short = all(len(line.text) <= self.words.limit for line in lines[index:])
                return index if short else len(lines)
        return len(lines)

    def _is_sign(self, line: _Line) -> bool:
        """Return whether only a document holds such a line."""
        return not line.is_linked and (bool(self.words.sign.match(line.text)) or self._is_head(line))

    def _is_head(self, line: _Line) -> bool:
        """Return whether a line is the page's title, a label of the table above a document, or a number."""
        bare = "".join(line.text.split())
        numbered = len(bare) < 30 and bool(self.words.number.search(bare))
        return not line.is_linked and (
            bare in self.titles or bool(self.words.label.match(line.text)) or numbered
        )

    # -------------------------------------------------------------------------------- walking

    def _collect_facts(self) -> None:
        """Collect the facts of each element, from the innermost outwards."""
        open_tables: list[HtmlElement] = []
        for event, element in _iterate_events(self.root, self._is_shown):
            if event == "start":
                self.facts[element] = _ElementFacts()
                if element.tag == "table":
                    self.layout.update(open_tables[-1:])
                    open_tables.append(element)
            elif element in self.facts:
                self._sum_up(element)
                if element.tag == "table":
                    open_tables.pop()
        for line in self._iterate_lines(self.root, self._is_shown, whole=True):
            block: HtmlElement | None = line.block if self._is_sign(line) else None
            while block is not None and not self.facts[block].signed:
                self.facts[block].signed = True
                block = block.getparent()

    def _sum_up(self, element: HtmlElement) -> None:
        """Add the facts of an element's text and parts; a link's words are all linked."""
        facts = self.facts[element]
        facts.characters += len("".join((element.text or "").split()))
        for part in element:
            facts.characters += len("".join((part.tail or "").split()))
            if inner := self.facts.get(part):
                facts.characters += inner.characters
                facts.linked += inner.linked
                facts.links += inner.links
        if element.tag == "a":
            facts.linked, facts.links = facts.characters, facts.links + 1

    def _is_shown(self, element: HtmlElement) -> bool:
        """Return whether an element can hold visible text."""
        if element.tag in self.words.never:
            return False
        style = element.get("style") or ""
        if not self.hidden and (element.get("hidden") is not None or _HIDDEN.search(style)):
            return False
        return not (element.tag == "sup" and _is_footnote(element))

    def _is_kept(self, element: HtmlElement) -> bool:
        """Return whether an element can hold text of the document."""
        if not self._is_shown(element):
            return False
        facts, words = self.facts[element], self.words
        if facts.signed or element.tag in ("html", "body"):
            return True
        if element.tag in words.rarely or self._is_linklist(element):
            return False
        whole = self.facts[self.root]
        much = 2 * (facts.characters - facts.linked) > whole.characters - whole.linked
        named = " ".join(element.get(name) or "" for name in ("class", "id", "role"))
        return much or words.around.isdisjoint(word.lower() for word in _WORDS.findall(named))

    def _is_linklist(self, element: HtmlElement) -> bool:
        facts, words = self.facts[element], self.words
        linked = facts.linked >= words.share * facts.characters
        return element.tag in words.blocks and facts.links >= words.links and linked

    def _iterate_lines(self, root: HtmlElement, is_kept: _Choice, *, whole: bool = False) -> Iterator[_Line]:
        """Yield the lines of an element; task tables in the format of `TableWriter`, unless `whole`."""
        draft = _LineDraft(self.words.blocks, [root])
        for event, element in _iterate_events(root, is_kept):
            if event == "start" and element.tag == "table" and not whole:
                table = self._format_table(element, is_kept)
                if table:
                    yield from draft.flush_lines()
                    yield from (_Line(line, False, element) for line in table)
                    draft.silent = element
            if draft.silent is None:
                if draft.is_break(element):
                    yield from draft.flush_lines()
                draft.read_event(event, element, root)
            elif event == "end" and draft.silent is element:
                draft.silent = None
                draft.read_event("skipped", element, root)
        yield from draft.flush_lines()

    def _format_table(self, table: HtmlElement, is_kept: _Choice) -> list[str]:
        """Return the lines of a task table; none for other tables, and for tables that hold tables."""
        if table in self.layout:
            return []
        rows = list(self._read_rows(table, is_kept))
        return self.tables.format_lines(rows) if self.tables.is_task_table(rows) else []

    def _read_rows(self, table: HtmlElement, is_kept: _Choice) -> Iterator[list[Cell]]:
        """Yield the cells of a table, row by row."""
        for row in table.iter("tr"):
            yield [
                Cell(
                    tuple(line.text for line in self._iterate_lines(cell, is_kept, whole=True)),
                    _parse_span(cell.get("rowspan")),
                    _parse_span(cell.get("colspan")),
                )
                for cell in row
                if cell.tag in ("td", "th") and is_kept(cell)
            ]


@dataclass(slots=True)
class _LineDraft:
    """The line that is being read, and the elements around it."""

    names: frozenset[str]  # of elements that begin and end lines
    blocks: list[HtmlElement]  # those that are open
    parts: list[str] = field(default_factory=list)
    linked: int = 0  # characters of the line that are in links
    opened: bool = False  # whether the line holds a character
    opens_linked: bool = False  # whether its first one does: lists of links, not sentences with links
    links: int = 0  # links that are open
    pre: int = 0
    silent: HtmlElement | None = None  # a table that was written already
    counts: dict[HtmlElement, int] = field(default_factory=dict)  # items of numbered lists so far

    def is_break(self, element: HtmlElement) -> bool:
        """Return whether the element begins or ends a line."""
        return element.tag in self.names or element.tag == "br"

    def read_event(self, event: str, element: HtmlElement, root: HtmlElement) -> None:
        """Read the text before an element's first part, or behind the element."""
        if event == "start":
            self.links += element.tag == "a"
            self.pre += element.tag == "pre"
            if element.tag in self.names:
                self.blocks.append(element)
            if element.tag == "li":
                self.parts.append(self._number_item(element))
            self._add_text(element.text)
            return
        if event == "end":
            self.links -= element.tag == "a"
            self.pre -= element.tag == "pre"
            if element.tag in self.names:
                self.blocks.pop()
        if element is not root:
            self._add_text(element.tail)

    def flush_lines(self) -> Iterator[_Line]:
        """Yield the line, or lines, read so far, and begin the next."""
        text = "".join(self.parts)
        is_linked = self.opens_linked and 2 * self.linked > len(text)
        self.parts.clear()
        self.linked, self.opened, self.opens_linked = 0, False, False
        for line in text.split(_KEPT):
            tidy = _BLANKS.sub(" ", _BREAK.sub("", line)).strip(" ")
            if tidy.strip():
                yield _Line(tidy, is_linked, self.blocks[-1])

    def _number_item(self, item: HtmlElement) -> str:
        """Return the number that a browser shows before an item of a numbered list."""
        around = item.getparent()
        if around is None or around.tag != "ol" or around.get("type") not in (None, "1"):
            return ""
        number = self.counts.get(around, _parse_number(around.get("start"), 1))
        self.counts[around] = number + 1
        silent = _LIST_STYLE.search(around.get("style") or "")
        marked = _MARKED.match("".join(islice(item.itertext(), 3)))
        return "" if silent or marked else f"{number}．"

    def _add_text(self, text: str | None) -> None:
        if text:
            if not self.opened and text.strip():
                self.opened, self.opens_linked = True, self.links > 0
            self.parts.append(text.replace("\n", _KEPT) if self.pre else text)
            self.linked += len("".join(text.split())) if self.links else 0


def _iterate_events(root: HtmlElement, is_kept: _Choice) -> Iterator[tuple[str, HtmlElement]]:
    """Yield start and end of the elements that are kept, in order; of others, that they were skipped."""
    etree = load_extra("lxml.etree", "html", "reading HTML")
    walker = etree.iterwalk(root, events=("start", "end"))
    skipped: HtmlElement | None = None
    for event, element in walker:
        if event == "start" and not is_kept(element):
            skipped = element
            walker.skip_subtree()
        elif skipped is not None and element is skipped:
            skipped = None
            yield "skipped", element
        else:
            yield event, element


def _find_titles(root: HtmlElement) -> frozenset[str]:
    """Return the page's titles, without blanks; also without the name of the site: 标题_中国政府网."""
    titles = [element.text or "" for element in root.iter("title")]
    titles += [
        meta.get("content") or ""
        for meta in root.iter("meta")
        if (meta.get("name") or meta.get("property") or "").lower() in ("articletitle", "og:title", "title")
    ]
    bare = {"".join(words.split()) for words in titles}
    beginnings = {words[: found.start()] for words in bare for found in re.finditer(r"[-_|—–]", words)}
    return frozenset(title for title in bare | beginnings if len(title) >= _TITLE_LEAST)


def _parse_span(value: str | None) -> int:
    """Return the number of rows or columns that a cell spans."""
    return min(max(_parse_number(value, 1), 1), _WIDEST)


def _parse_number(value: str | None, default: int) -> int:
    found = re.match(r"\s*(\d{1,4})", value or "")
    return int(found[1]) if found else default


def _is_footnote(element: HtmlElement) -> bool:
    """Return whether a superscript is only a link to a note."""
    leads = any((link.get("href") or "").startswith("#") for link in element.iter("a"))
    return leads and bool(_FOOTNOTE.fullmatch("".join(element.itertext())))


def _is_slight(line: _Line) -> bool:
    """Return whether a line above the title can be left out: a link, or a few words without a stop."""
    slight = len(line.text) < _SLIGHT and "。" not in line.text
    return line.is_linked or (slight and not line.text.endswith(("文件", "令", "公告")))
