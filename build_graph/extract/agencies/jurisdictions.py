"""The place where a document is in force: the centre, a province, a city or a county.

江西省人民政府办公厅 → 江西省; 九江市人民政府 → 江西省/九江市; 合肥海关 → 安徽省/合肥市; 商务部 → the centre.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, takewhile
from typing import Any, TypeAlias

from build_graph.model import Metadata
from build_graph.resources import find_folder, load_word_lists

Places: TypeAlias = tuple[str, ...]  # ("江西省", "九江市"): outermost first

_LONGEST = 200  # characters of an issuer or title that are read
_COUNTY = 2  # the rank of counties, districts, banners and new areas
_LEVEL = re.compile(r"(?:自治州|自治县|自治旗|特别行政区|省|市|县|区|州|盟|旗|地区)$")
# A county or district missing in the list of divisions, known by the words behind it: 杭州市|新名区|人民政府.
_NEW_COUNTY = re.compile(r"(?!委)[\u4e00-\u9fff]{1,5}?[县区市旗](?=人民政府|政府|委办|人大|政协)")
_FIRST = re.compile(r"[^、，,;；\s　]+")
_NOISE = re.compile(r"[\s　“”\"]+")
_DATED = re.compile(r"^[^\u4e00-\u9fff]{0,20}(?:年度?)?(?=[\u4e00-\u9fff]{2})")  # 2011年北京市…, •五华县…
_TITLE_ISSUER = re.compile(r"^(?P<issuer>[^《》]{2,80}?)(?:办公[厅室])?(?:关于|印发|转发|公布|发布|批转)")
# The first of 工业和信息化部等七部门, 工业和信息化部中小企业局, 国家工商行政管理总局令第91号.
_MINISTRY = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{1,12}?(?:部|总局|总署|署))(?:等|令|办公厅|党组|国家|[\u4e00-\u9fff]{2,12}[司局]$|"
    r"[\u4e00-\u9fff]{2,30}(?:领导小组|委员会|指挥部|工作组)(?:办公室)?$|$)"
)
# 省人民政府, 市人社局: a level without its place.
_LEVEL_ONLY = re.compile(
    r"(?:中共)?(?P<level>省|市|县|自治区|自治州|州|区|旗)[\u4e00-\u9fff]{0,12}?(?:委|政府|局|厅|办公室)(?=关于|印发|转发)"
)
_NAMES = re.compile(r"[\u4e00-\u9fff、 \u3000]{2,80}(?<=[府厅局委会室部院署办])")
_NUMBERED = re.compile(r"[\u4e00-\u9fff]{2,12}[〔\[［（(【]\d{4}")  # 筑府办发电〔2020〕5号…
_OFFICE = re.compile(r"办公[厅室]$")
_OPENING = 200  # characters at the beginning of a text that may name its issuer
_CLOSING = 400  # characters at its end in which it is signed
_YEAR = re.compile(r"(?:(?:19|20)\s?\d\s?\d|[一二][〇○ＯO0零九][〇○ＯO0零一二三四五六七八九]{2})\s*年")
_SIGNER = re.compile(r"(?P<name>[\u4e00-\u9fff]{4,40})(?:[（(]代?章[）)])?[\s\u3000]*$")
_SIGNS = ("府", "厅", "局", "委", "会", "室", "部", "院", "署", "办", "处", "行", "关", "组", "校", "心")


class Scope(StrEnum):
    """The kind of place where a document is in force."""

    CENTRE = "centre"
    LOCAL = "local"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The centre, a place, or unknown; `path` is the place with the places around it, outermost first."""

    reach: Scope
    path: str | None = None  # "江西省/九江市"; None for the centre and where nothing is known

    @property
    def places(self) -> Places:
        """The path's parts, outermost first.

        >>> Jurisdiction(Scope.LOCAL, "江西省/九江市").places
        ('江西省', '九江市')
        """
        return tuple(self.path.split("/")) if self.path else ()


CENTRE = Jurisdiction(Scope.CENTRE)
UNKNOWN = Jurisdiction(Scope.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Cues:
    """The lists of `data/jurisdictions.toml`."""

    centre_starts: tuple[str, ...]
    centre_ends: tuple[str, ...]
    centre_never: tuple[str, ...]
    centre_addressees: tuple[str, ...]
    branch_ends: tuple[str, ...]
    zone: re.Pattern[str]
    zone_same: dict[str, str]  # 高新技术产业开发区 = 高新区
    bare_zones: frozenset[str]  # which go by the name of their place: 宁波|保税区
    title_openings: tuple[str, ...]
    centre_numbers: tuple[str, ...]
    place_numbers: dict[str, str]

    @classmethod
    def load(cls) -> Cues:
        """Return the package's own cues."""
        lists = load_word_lists("jurisdictions")
        centre, numbers = lists["centre"], lists["numbers"]
        return cls(
            centre_starts=tuple(centre["starts"]),
            centre_ends=tuple(centre["ends"]),
            centre_never=tuple(centre["never"]),
            centre_addressees=tuple(centre["addressees"]),
            branch_ends=tuple(lists["branches"]["ends"]),
            zone=_build_zone_pattern(lists),
            zone_same=lists["zones"]["same"],
            bare_zones=frozenset(lists["zones"]["bare"]),
            title_openings=tuple(lists["titles"]["openings"]),
            centre_numbers=tuple(numbers["centre"]),
            place_numbers=numbers["letters"] | numbers["places"],
        )


def _build_zone_pattern(lists: dict[str, Any]) -> re.Pattern[str]:
    """Return a pattern for a zone or a town before those who run it: 苏州工业园区|管委会, 水寨镇|人民政府."""
    ends = "|".join(lists["zones"]["ends"] + lists["towns"]["ends"])
    managers = "|".join(lists["zones"]["managers"])
    return re.compile(rf"(?P<zone>[\u4e00-\u9fff]{{0,20}}?(?:{ends}))(?:{managers})")


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The administrative divisions by name, and the cues that tell where a document is in force."""

    names: dict[str, tuple[Places, ...]]  # full names and the short forms of autonomous divisions
    shorts: dict[str, tuple[Places, ...]]  # provinces and prefectures without 省, 市, ...: 合肥, 宁夏
    aliases: dict[Places, str]  # the short forms of autonomous divisions: 大化县
    children: dict[Places, tuple[str, ...]]
    longest: int  # characters of the longest name
    cues: Cues

    @classmethod
    def load(cls) -> Gazetteer:
        """Return the gazetteer of the package's own list of divisions."""
        text = (find_folder("data") / "divisions.txt").read_text(encoding="utf-8")
        names: dict[str, tuple[Places, ...]] = {}
        shorts: dict[str, tuple[Places, ...]] = {}
        aliases: dict[Places, str] = {}
        children: dict[Places, tuple[str, ...]] = {}
        for above, below in _iterate_divisions(text):
            for name, alias in below:
                path = (*above, name)
                names[name] = (*names.get(name, ()), path)
                if alias:
                    aliases[path] = alias
                    names[alias] = (*names.get(alias, ()), path)
                if len(above) < 2 and _rank_place(path) < _COUNTY and (short := _shorten(alias or name)):
                    shorts[short] = (*shorts.get(short, ()), path)
            children[above] = children.get(above, ()) + tuple(name for name, _ in below)
        return cls(names, shorts, aliases, children, max(map(len, names)), Cues.load())

    def split_leading(self, words: str, within: Places = ()) -> tuple[Places, str]:
        """Return the place in full that the words begin with, and the rest; () for none or several.

        A name that several places have means the one that lies in `within` or next to it.
        """
        for length in range(min(self.longest, len(words)), 1, -1):
            paths = self.names.get(words[:length])
            if paths and (path := _select_nearest(paths, within)):
                return self._find_innermost(path, words[length:])
        return (), words

    def _find_innermost(self, path: Places, rest: str) -> tuple[Places, str]:
        """Return the innermost place, and the rest: 江西省|九江市濂溪区政府 → 江西省/九江市/濂溪区|政府."""
        while step := self._find_child(path, rest):
            path, rest = step
        if path[-1].endswith(("省", "市", "州", "自治区", "盟")) and (new := _NEW_COUNTY.match(rest)):
            return (*path, new.group()), rest[new.end() :]
        return path, rest

    def _find_child(self, path: Places, rest: str) -> tuple[Places, str] | None:
        for length in range(min(self.longest, len(rest)), 1, -1):
            for place in self.names.get(rest[:length], ()):
                if place[: len(path)] == path and len(place) > len(path):
                    return place, rest[length:]
        return None

    def split_leading_short(self, words: str, within: Places = ()) -> tuple[Places, str]:
        """Return the place without 省 or 市 that the words begin with, and the rest: 合肥|海关.

        Counties count only where they lie in `within` or next to it.
        """
        near = self._find_short_counties(within)
        for length in range(min(8, len(words)), 1, -1):
            paths = near.get(words[:length], ()) + self.shorts.get(words[:length], ())
            if paths and (path := _select_nearest(paths, within)):
                return path, words[length:].removeprefix(path[-1][length:])
        return (), words

    def _find_short_counties(self, within: Places) -> dict[str, tuple[Places, ...]]:
        """Return the counties around a place by their short names; a municipality has them right below it."""
        around = within[:2] if self.children.get(within[:2]) else within[:1]
        counties = [name for name in self.children.get(around, ()) if _rank_place((*around, name)) == _COUNTY]
        return {
            short: ((*around, name),)
            for name in counties
            if (short := _shorten(self.aliases.get((*around, name), name)))
        }

    def find(self, words: str) -> Places:
        """Return the first place in full anywhere in the words; () for none."""
        return next((path for at in range(len(words) - 1) if (path := self.split_leading(words[at:])[0])), ())

    def shorten_name(self, path: Places) -> str:
        """Return the place's name without 省, 市 and the like: 南昌, 广西.

        >>> Gazetteer.load().shorten_name(("广西壮族自治区",))
        '广西'
        """
        name = path[-1]
        known = (short for short, paths in self.shorts.items() if path in paths)
        short = next(known, None) if _rank_place(path) < _COUNTY else None
        return short or _shorten(self.aliases.get(path, name)) or name

    def qualify_name(self, path: Places) -> str:
        """Return a place's name, with the place above it where others have the same: 杭州市西湖区."""
        alone = len(self.names.get(path[-1], ())) == 1 or len(path) == 1
        alone = alone or path[-1].startswith(self.shorten_name(path[:-1]))  # 宁波保税区
        return path[-1] if alone else path[-2] + path[-1]

    def add_zone(self, path: Places, zone: str) -> Places:
        """Return the path of a zone or town in a place; a zone that says only its kind has its place's name.

        >>> Gazetteer.load().add_zone(("浙江省", "宁波市"), "保税区")[-1]
        '宁波保税区'
        """
        for long, short in self.cues.zone_same.items():
            zone = zone.replace(long, short)
        if zone not in self.cues.bare_zones:
            return (*path, zone)
        if path[-1].endswith(zone):  # in a document of the zone itself
            return path
        place = path[:-1] if path[-1].endswith(tuple(self.cues.bare_zones)) else path
        return (*place, self.shorten_name(place) + zone)

    # -------------------------------------------------------------------- documents

    def locate_issuer(self, issuer: str, within: Places = ()) -> Jurisdiction:
        """Return where the documents of an issuer are in force."""
        words = _NOISE.sub(" ", issuer).strip()
        return _select_known(self._locate_name(name.group(), within) for name in _FIRST.finditer(words))

    def _locate_name(self, name: str, within: Places) -> Jurisdiction:
        words = self._strip_openings(name)
        path, rest = self.split_leading(words, within)
        if not path and _OFFICE.sub("", words).endswith(self.cues.branch_ends):
            path, rest = self._split_branch(words, within)
        if not path:
            path, rest = self.find(words), ""
        if path:
            return self._build_zoned(path, rest)
        return CENTRE if self._is_central(words) else UNKNOWN

    def _build_zoned(self, path: Places, rest: str) -> Jurisdiction:
        """Return the jurisdiction of a place, or of the zone or town in it that the rest names."""
        zone = self.cues.zone.match(rest)
        inner = self.add_zone(path, zone["zone"]) if zone else path
        return Jurisdiction(Scope.LOCAL, "/".join(inner))

    def _split_branch(self, words: str, within: Places) -> tuple[Places, str]:
        """Return the first short place in the name of a branch, and the rest: 人民银行南昌中心支行."""
        found = (self.split_leading_short(words[at:], within) for at in range(len(words) - 2))
        return next(((path, rest) for path, rest in found if path), ((), words))

    def _is_central(self, words: str) -> bool:
        cues = self.cues
        if words.startswith(cues.centre_starts):
            return True
        ministry = _MINISTRY.match(words)
        name = ministry["name"] if ministry else words
        return name.endswith(cues.centre_ends) and not name.endswith(cues.centre_never)

    def _strip_openings(self, words: str) -> str:
        """Return the words without what may come before a place: 中共|杭州市委, 关于印发|江西省….

        The centre's own names stay whole.
        """
        for _ in self.cues.title_openings:
            opening = next((o for o in self.cues.title_openings if words.startswith(o) and words != o), None)
            if opening is None or words.startswith(("中共中央", "国家税务总局办公厅")):
                break
            words = words.removeprefix(opening)
        return words

    def locate_title(self, title: str) -> Jurisdiction:
        """Return where a document is in force by its title: by the issuer before 关于, or the first place."""
        if issued := _TITLE_ISSUER.match(_NOISE.sub(" ", title).strip()):
            answer = self.locate_issuer(issued["issuer"])
            if answer.reach is not Scope.UNKNOWN:
                return answer
        words = _DATED.sub("", _NOISE.sub("", title))
        path, rest = self.split_leading(self._strip_openings(words))
        if not path and (unnamed := _LEVEL_ONLY.match(words)):  # 省人民政府印发贵州省…的通知
            path, rest = self.find(words), ""
            path = path if path and path[-1].endswith(unnamed["level"]) else ()
        if path:
            return self._build_zoned(path, rest)
        return CENTRE if words.startswith("中华人民共和国") else UNKNOWN

    def locate_number(self, number: str) -> Jurisdiction:
        """Return where a document is in force by the first characters of its 文号: 桂政办发, 粤府, 国办发."""
        words = _NOISE.sub("", number)
        if words.startswith(self.cues.centre_numbers):
            return CENTRE
        for length in range(4, 0, -1):
            if path := self.cues.place_numbers.get(words[:length]):
                return Jurisdiction(Scope.LOCAL, path)
        return UNKNOWN

    def locate_text(self, content: str, addressees: Sequence[str] = ()) -> Jurisdiction:
        """Return where a document is in force by its addressees, its first words, or its signature."""
        if any(cue in name for name in addressees[:3] for cue in self.cues.centre_addressees):
            return CENTRE
        signed = map(self.locate_issuer, _iterate_signers(content[-_CLOSING:]))
        return _select_known(chain([self.locate_title(content[:_OPENING])], signed))


def locate_document(metadata: Metadata, content: str, *, gazetteer: Gazetteer | None = None) -> Jurisdiction:
    """Return where a document is in force: by its metadata, else by addressees, first words or signature."""
    places = gazetteer or Gazetteer.load()
    opening = None if metadata.title else _TITLE_ISSUER.match(content[:_OPENING].strip())
    named = opening and _NAMES.fullmatch(opening["issuer"])  # wins over the signature of a forwarded text
    answer = places.locate_issuer(named[0]) if named else UNKNOWN
    if answer.reach is Scope.UNKNOWN:
        answer = find_jurisdiction(
            "、".join(metadata.issuers), metadata.title, metadata.number, gazetteer=places
        )
    return places.locate_text(content, metadata.addressees) if answer.reach is Scope.UNKNOWN else answer


def find_jurisdiction(
    issuer: str | None, title: str | None, number: str | None, *, gazetteer: Gazetteer | None = None
) -> Jurisdiction:
    """Return where a document is in force: by its issuer, else the start of its title, else its 文号.

    Pass a gazetteer where there are many documents; otherwise it is read each time.

    >>> find_jurisdiction("九江市人民政府办公室", None, None).path
    '江西省/九江市'
    >>> find_jurisdiction("商务部", None, None).reach.value
    'centre'
    """
    places = gazetteer or Gazetteer.load()
    by_title = places.locate_title(title[:_LONGEST]) if title else UNKNOWN
    by_issuer = places.locate_issuer(issuer[:_LONGEST], by_title.places) if issuer else UNKNOWN
    numbered = number or (title if title and _NUMBERED.match(title) else None)
    by_number = places.locate_number(numbered[:_LONGEST]) if numbered else UNKNOWN
    return _select_known((by_issuer, by_title, by_number))


def _select_known(answers: Iterable[Jurisdiction]) -> Jurisdiction:
    """Return the first answer that is not unknown."""
    return next((answer for answer in answers if answer.reach is not Scope.UNKNOWN), UNKNOWN)


def _select_nearest(paths: Iterable[Places], within: Places) -> Places:
    """Return the path that shares most with `within`, or the only one; () where several share as much."""
    candidates = list(paths)
    if len(candidates) == 1:
        return candidates[0]
    shared = [_count_shared(path, within) for path in candidates]
    most = max(shared)
    best = [path for path, count in zip(candidates, shared, strict=True) if count == most]
    if len(best) > 1:  # the upper level wins: 吉林 is the province, unless the document is the city's
        top = min(map(_rank_place, best))
        best = [path for path in best if _rank_place(path) == top]
    return best[0] if len(best) == 1 else ()


def _iterate_signers(closing: str) -> Iterator[str]:
    """Yield the names before a year at the end of a text, the last first, and the last words."""
    ends = [year.start() for year in _YEAR.finditer(closing)]
    for end in (*reversed(ends), len(closing)):
        signer = _SIGNER.search(closing[max(0, end - 80) : end])
        if signer and signer["name"].endswith(_SIGNS):
            yield signer["name"]


def _rank_place(path: Places) -> int:
    """Return 0 for a province, 1 for a prefecture, 2 for a county; the districts of 北京市 are counties."""
    if len(path) == 1:
        return 0
    return 1 if len(path) == 2 and path[-1].endswith(("市", "州", "盟", "地区")) else _COUNTY


def _count_shared(path: Places, within: Places) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(path, within, strict=False))))


def _shorten(name: str) -> str | None:
    """Return the name without its last level word, if two characters stay."""
    for region in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区"):
        if name.endswith(region):
            return name.removesuffix(region)
    short = _LEVEL.sub("", name)
    return short if short != name and len(short) > 1 else None


def _iterate_divisions(text: str) -> Iterator[tuple[Places, list[tuple[str, str]]]]:
    """Yield each place with the divisions below it: their names, and short names or ""."""
    province = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, below = line.partition("：")
        if not head.startswith(" "):
            province = head
            yield (), [(province, "")]
            continue
        city, _, alias = head.strip().partition("=")
        if city:
            yield (province,), [(city, alias)]
        counties = [county.partition("=") for county in below.split()]
        yield ((province, city) if city else (province,)), [(name, short) for name, _, short in counties]
