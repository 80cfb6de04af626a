"""The metadata of a document: title, number, issuer, date, addressees.

Taken from the table above the text where a page has one, else from the title, the addressees' line and the
signature; values given from outside (options, a sidecar file) go first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from build_graph.errors import ObligationError
from build_graph.extract.structure.marks import DATE, parse_date
from build_graph.model import Metadata, Text
from build_graph.resources import load_word_lists
from build_graph.text.folders import display_path

_HAN = "\u4e00-\u9fff"
_NUMBER = re.compile(
    rf"(?P<word>[{_HAN}]{{1,14}}) [ 　]* [〔\[［（(【﹝] \s* (?P<year>(?:19|20)\d{{2}}) \s* [〕\]］）)】﹞]"
    r" [ 　]* (?:第\s*)? (?P<serial>\d{1,5}) [ 　]* 号",
    re.VERBOSE,
)
_FIRST_MARK = re.compile(r"(?:^|[\n 　：:。])[ 　]*(?:一、|第一[章条]|[（(]一[)）])")
_HEAD_LIMIT = 3000  # characters that can hold a title
_LINE_LIMIT = 100  # characters of a title's longest line
_TAIL = 400  # characters that can hold a signature
_SHORTEST = 2  # characters of a name that signs
# •, [2020-01-13], 石政发〔2020〕3号-
_BEFORE_TITLE = re.compile(rf"^(?:[^{_HAN}《]|{_NUMBER.pattern})+", re.VERBOSE)
_JOINT = re.compile(r"等[0-9一二三四五六七八九十]{0,3}(?:个)?(?:部门|单位|厅局|委办局|部委)$")  # 等七部门
# 财政部 税务总局 （代章）: the words before a date, behind a stop, a line's end or a wide gap.
_SIGNERS = re.compile(
    rf"(?:^|[\n\u3000]|[。；）)：] ?|  )"
    rf"(?P<names>[{_HAN}]{{2,40}}(?: [{_HAN}]{{2,40}}){{0,9}})(?:[（(]代?章[）)])?\s*$"
)
_ISSUER = re.compile(rf"[{_HAN}]{{1,30}}?(?:院|府|厅|室|部|委|局|会|办|署|行|党组|领导小组|指挥部|委员会)$")


class BadMetadataError(ObligationError):
    """A sidecar file or option that gives metadata in a way that cannot be read."""


@dataclass(frozen=True, slots=True)
class MetadataExtractor:
    """An extractor of metadata, with the words of `data/outline.toml`."""

    header: dict[str, re.Pattern[str]]
    any_label: re.Pattern[str]
    kinds: tuple[str, ...]

    @classmethod
    def load(cls) -> MetadataExtractor:
        """Return an extractor with the package's own words."""
        data = load_word_lists("outline")
        header = {field: _build_header_pattern(labels) for field, labels in data["header"].items()}
        return cls(header, re.compile(rf"[{_HAN}][{_HAN} 　]{{1,8}}[：:]"), tuple(data["title"]["kinds"]))

    def read(self, text: Text, given: Metadata = Metadata()) -> Metadata:  # noqa: B008  (immutable)
        """Return the metadata of `text`; every field of `given` that is set wins."""
        content = text.content
        first = _FIRST_MARK.search(content)
        head = content[: min(first.start() if first else _HEAD_LIMIT, _HEAD_LIMIT)]
        table = {field: self._read_table_value(field, head) for field in self.header}
        title = given.title or table["title"] or self._find_title(head)
        issuer = given.issuer or table["issuer"] or _find_issuer(title) or _find_signature(content)
        issued = (
            given.issued or parse_date(table["issued"] or "") or _find_signing_date(content, head, issuer)
        )
        return Metadata(
            title=title,
            number=given.number or _tidy_number(table["number"]) or _find_own_number(head, title),
            issuer=issuer,
            issued=issued,
            addressees=given.addressees or _find_addressees(head, title),
        )

    def _read_table_value(self, field: str, head: str) -> str | None:
        """Return the value behind a label of the table; None where the label has none."""
        found = self.header[field].search(head)
        value = found["value"].strip() if found else ""
        return value if value and not self.any_label.fullmatch(value) else None

    def _find_title(self, head: str) -> str | None:
        """Return the first line, or lines, that end as titles do: 关于…的通知."""
        lines = [line.strip() for line in head.split("\n")]
        for index, line in enumerate(lines):
            if not self._ends_title(line):
                continue
            before = lines[index - 1] if index else ""
            broken = 2 < len(before) < _LINE_LIMIT and not re.search(r"[。：:；;，,\d]", before)
            if broken and "关于" in before and not self._ends_title(before):
                return before + line  # the title takes two lines
            if "关于" in line or "印发" in line or len(line) < 40:
                return line
        return _find_one_line_title(head, self.kinds)

    def _ends_title(self, line: str) -> bool:
        bare = re.sub(r"[（(〔\[][^（）()]*[）)〕\]]$", "", line)
        return (
            6 < len(line) < _LINE_LIMIT
            and bare.endswith(self.kinds)
            and not re.search(r"[。；;]|^[《（(]", line)
        )


def read_sidecar(path: Path) -> Metadata:
    """Return metadata from a sidecar TOML file; raises BadMetadataError where it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadMetadataError(f"{display_path(path)}: {error.strerror}; check its permissions") from error
    return parse_sidecar(data, display_path(path))


def parse_sidecar(data: bytes, where: str) -> Metadata:
    """Return metadata from the bytes of a sidecar file; raises BadMetadataError for bad bytes or values."""
    try:
        values = tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMetadataError(f'{where}: {error}; write TOML such as: title = "…"') from error
    return build_metadata(values, where)


def build_metadata(data: dict[str, Any], where: str) -> Metadata:
    """Return metadata from names and values; raises BadMetadataError for an unknown name or a wrong value.

    >>> build_metadata({"number": "国发〔2015〕24号", "date": "2015-05-04"}, "options").issued
    datetime.date(2015, 5, 4)
    """
    known = {"issued" if f.name == "date" else f.name for f in fields(Metadata)} - {"issued"} | {"date"}
    for name in data:
        if name not in known:
            raise BadMetadataError(f"{where}: {name!r} is not known; use {', '.join(sorted(known))}")
    issued = data.get("date")
    if isinstance(issued, str):
        issued = parse_date(issued)
    if data.get("date") is not None and not isinstance(issued, date):
        raise BadMetadataError(f"{where}: date {data['date']!r} is no date; write it as 2015-05-04")
    addressees = data.get("addressees", ())
    texts = [data.get(name) for name in ("title", "number", "issuer")] + list(addressees)
    if isinstance(addressees, str) or not all(value is None or isinstance(value, str) for value in texts):
        raise BadMetadataError(f"{where}: title, number and issuer are texts, addressees a list of texts")
    for name in ("title", "number", "issuer"):
        if any(0xD800 <= ord(char) < 0xE000 for char in data.get(name) or ""):
            raise BadMetadataError(f"{where}: {name} is no Unicode; give it in UTF-8")
    return Metadata(data.get("title"), data.get("number"), data.get("issuer"), issued, tuple(addressees))


def merge_metadata(first: Metadata, second: Metadata) -> Metadata:
    """Return `first`; `second` fills its empty fields."""
    return replace(second, **{f.name: value for f in fields(first) if (value := getattr(first, f.name))})


def build_identifier(number: str) -> str | None:
    """Return the part of a document's IRI that its number gives; None for other words.

    >>> build_identifier("国发〔2015〕24号"), build_identifier("九府办字[2019]88号")
    ('国发-2015-24', '九府办字-2019-88')
    """
    found = _NUMBER.search(number)
    return f"{found['word']}-{found['year']}-{int(found['serial'])}" if found else None


# -------------------------------------------------------------------------------------- parts


def _build_header_pattern(labels: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for a label of the table and its value, on the same line or on the next."""
    label = "|".join(r"[ 　]*".join(map(re.escape, label)) for label in labels)  # 标　　题
    return re.compile(rf"(?:^|\n)[^\S\n]*(?:{label})[^\S\n]*[：:][^\S\n]*\n?[^\S\n]*(?P<value>[^\n]+)")


def _tidy_number(value: str | None) -> str | None:
    found = _NUMBER.search(value or "")
    return found[0] if found else None


def _find_own_number(head: str, title: str | None) -> str | None:
    """Return the document's own number, alone on its line or right behind the title; none that it cites."""
    for found in _NUMBER.finditer(head):
        line_start = head.rfind("\n", 0, found.start()) + 1
        line_end = head.find("\n", found.end())
        line = head[line_start : len(head) if line_end < 0 else line_end].strip(" 　（()）\t\xa0")
        if line == found[0].strip():
            return found[0]
        before = head[: found.start()].rstrip(" 　（(\n")
        if title and before.endswith(title[-12:]):
            return found[0]
    return None


def _find_issuer(title: str | None) -> str | None:
    """Return the body before 关于 in a title: 九江市人民政府办公室关于….

    >>> _find_issuer("九江市人民政府办公室关于印发方案的通知")
    '九江市人民政府办公室'
    >>> _find_issuer("•工业和信息化部等七部门关于推动未来产业创新发展的实施意见")
    '工业和信息化部'
    """
    words = _BEFORE_TITLE.sub("", title or "")
    before, about, _ = words.partition("关于")
    before = _JOINT.sub("", re.split("转发|印发|批转", before)[0].strip())
    return before if about and _ISSUER.match(re.split("[ 、\u3000]+", before)[-1]) else None


def _find_signature(content: str) -> str | None:
    """Return the body that signs: a name alone on the line before a date, or right before it at the end."""
    for found in re.finditer(
        rf"(?:^|\n|。)[^\S\n]*(?P<name>[{_HAN}]{{2,30}})[^\S\n]*\n[^\S\n]*(?={DATE.pattern})", content
    ):
        if _ISSUER.match(found["name"]):
            return found["name"]
    closing = content[-_TAIL:].replace("\xa0", " ")
    found_names = (_find_signers(closing[: day.start()]) for day in reversed(list(DATE.finditer(closing))))
    return next((names for names in found_names if names), None)


def _find_signers(closing: str) -> str | None:
    """Return the bodies at the end of the words: 财政部 税务总局; a space may break one name."""
    found = _SIGNERS.search(closing)
    names = found["names"].split(" ") if found else []
    if len(names) > 1 and all(map(_ISSUER.match, names)):
        return " ".join(names)
    whole = "".join(names)
    return whole if _ISSUER.match(whole) and len(whole) > _SHORTEST else None


def _find_signing_date(content: str, head: str, issuer: str | None) -> date | None:
    """Return the date behind the signature, else the first date alone on a line."""
    if issuer:
        found = re.search(rf"{re.escape(issuer)}\s*(?=(?:{DATE.pattern}))", content)
        if found and (signed := parse_date(content[found.end() : found.end() + 20])):
            return signed
    short = (line for line in content.split("\n") if 7 < len(line.strip()) < 20)
    alone = (line for line in short if DATE.fullmatch(line.strip(" 　\t\xa0（()）")))
    return parse_date(next(alone, ""))


def _find_addressees(head: str, title: str | None) -> tuple[str, ...]:
    """Return the addressees: the words before the first colon, split at commas."""
    for line in head.split("\n"):
        found = re.match(rf"\s*(?P<names>[^。：:；;《》]{{2,300}})[：:]\s*(?:$|[{_HAN}《])", line)
        if not found:
            continue
        names = found["names"]
        if title and title[-10:] in names:
            names = names.split(title[-10:], 1)[1]
        if re.search(r"各|人民政府|部门|单位|委员会|厅|局", names) and not re.search(
            r"如下|^\s*[（(]?[一二三]|发文|主题|记者|获悉|日电|\d月\d", names
        ):
            parts = re.split(r"[，,；;](?![^（(]*[）)])", names)  # at commas outside brackets
            return tuple(part.strip() for part in parts if part.strip())
    return ()


def _find_one_line_title(head: str, kinds: Iterable[str]) -> str | None:
    """Return the title at the beginning of a document on one line."""
    found = re.match(
        rf"\s*(?P<title>[^\s。：:；;]{{2,40}}关于[^\s。：:；;]{{2,70}}?的(?:{'|'.join(kinds)}))", head
    )
    return found["title"] if found else None
