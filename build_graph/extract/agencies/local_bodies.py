"""The names of local bodies, split into the place, the words behind it, and the functions they stand for.

市发改委 in a document of 江西省/九江市: the place and 发展改革委, function 发展改革, superior NDRC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from build_graph.extract.agencies.jurisdictions import Gazetteer, Places

_ASIDE = re.compile(r"[（(【\[〔][^（）()【】\[\]〔〕]*[）)】\]〕]$")  # 市文化局（市文物局）
_PARTY = re.compile(r"^(?P<before>党|工)?委(?!员)(?=..)")  # in 市委|宣传部, 自治区党委|网信办
_GOVERNMENT = re.compile(r"^(?:人民政府|政府|府)(?=..)")  # 市政府|金融办
_LEAGUE = re.compile(r"^团(?P<level>自治区|[省市县区州旗盟])(?:党)?委$")  # 团省委
_YOUTH = re.compile(r"^(?:共青团|中国共产主义青年团)(?P<place>[^中].*?)(?:委|委员会)$")  # 共青团九江市委
_OPENING = re.compile(r"^(?:中共|中国共产党)(?!中央)(?=..)")  # 中共九江市委宣传部
_BRACKETS = re.compile(r"(?<=.)[（(][^（）()]*[）)](?=.)")  # 物流（口岸）办
_JOINTS = re.compile(r"(?<=.)[和与及、](?=.)")  # 人力资源和社会保障局 = 人力资源社会保障局
_OFFICIAL = re.compile(r"[局厅委办署会部室]$")
_LONGEST = 40  # characters of a name that are read
_LONGEST_STEM = 16
_LONGEST_ENDING = 6
_LONGEST_FORM = 7
_HEADS = "局厅委办部院会大协"  # the last character of a body's own name, before its parts
_OFFICES = "局厅委会办室"  # endings that only offices have; 中心, 站 and 台 are those of other things too
_NAMED = "联会院社协关府委室办部校局"  # the last character of whole names; 人才 and 数据 are no names
_COMPANY = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$")


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A kind of local body (商务: 商务厅, 商务局, 商务委) and the central bodies it answers to."""

    id: str  # the part of the IRI after function/
    label: str
    counterparts: tuple[str, ...] = ()  # ids of central bodies, at most one of which exists at a time


@dataclass(frozen=True, slots=True)
class LocalName:
    """A local body: its place, its words in one form, its label, and its functions."""

    places: Places  # () where the name and the document give none
    words: str
    label: str
    functions: tuple[LocalFunction, ...] = ()  # several of a bureau that joins them: 工业信息化和商务局
    central: str | None = None  # the id of the central body that it is a branch or a namesake of


@dataclass(frozen=True, slots=True)
class Stem:
    """A wording of functions, and the form that all bodies with such a wording get."""

    functions: tuple[LocalFunction, ...]  # several of a wording that joins them: 农林水
    form: str


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of local bodies by their wordings, and the endings of names."""

    stems: dict[str, Stem]  # 发改, 发展和改革
    whole: dict[str, LocalFunction]  # 教委, 妇联
    endings: dict[str, str]
    forms: dict[str, LocalFunction]  # endings that show the form of a body, but no function: 集团, 大学
    units: tuple[str, ...]  # the ends of a body's own parts: 公安局|交警支队

    @staticmethod
    def normalise(words: str) -> str:
        """Return the words without 和 and 与 between them, as the tables have them.

        >>> Functions.normalise("人力资源和社会保障")
        '人力资源社会保障'
        """
        return _JOINTS.sub("", words)

    def read(self, words: str) -> tuple[str, tuple[LocalFunction, ...]]:
        """Return the words in their one form, and their functions: 发改委 → 发展改革委.

        Words of no known function keep their form, but for 委员会, 办公室 and 和.
        """
        short = self.normalise(_BRACKETS.sub("", words))[:_LONGEST]
        if found := self._read_plain(short) or self._read_joined(short):
            return found
        formed = self._find_form(words)
        if (part := self._find_part(short)) or not _OFFICIAL.search(words):
            return words, part or formed
        ending = next((ending for ending, stem in self._split_endings(short) if len(stem) > 1), "")
        return short.removesuffix(ending) + self.endings.get(ending, ""), formed

    def _read_plain(self, short: str) -> tuple[str, tuple[LocalFunction, ...]] | None:
        """Return form and functions of a whole name, or of a stem with an ending: 教委; 发改|委."""
        if function := self.whole.get(short):
            return self._complete_label(short, function), (function,)
        for ending, stem in self._split_endings(short):
            if found := self.stems.get(stem):
                return found.form + self.endings[ending], found.functions
        return None

    def _read_joined(self, short: str) -> tuple[str, tuple[LocalFunction, ...]] | None:
        """Return form and functions of a bureau that joins several: 工业信息化|商务|局, 投促|外侨|局."""
        for ending, stem in self._split_endings(short):
            if parts := self._split_parts(stem):
                words = "".join(self.normalise(part.form) for part in parts)
                functions = dict.fromkeys(function for part in parts for function in part.functions)
                return words + self.endings[ending], tuple(functions)
        return None

    def _split_parts(self, stem: str) -> list[Stem]:
        """Return the fewest wordings that make up the stem; none where a character is left over."""
        best: list[list[Stem] | None] = [[]] + [None] * len(stem)
        for end in range(2, len(stem) + 1):
            for start in range(max(0, end - _LONGEST_STEM), end - 1):
                before, found = best[start], self.stems.get(stem[start:end])
                if found and before is not None and len(before) < len(best[end] or range(_LONGEST)):
                    best[end] = [*before, found]
        return best[-1] or []

    def _find_part(self, short: str) -> tuple[LocalFunction, ...]:
        """Return the functions of the body to which a part belongs: 公安局|交警支队, 生态环境局|南丹分局."""
        if not short.endswith(self.units):
            return ()
        for length in range(len(short) - 1, 1, -1):
            if short[length - 1] in _HEADS and (found := self._read_plain(short[:length])):
                return found[1]
        return ()

    def _find_form(self, words: str) -> tuple[LocalFunction, ...]:
        """Return the function that the last characters show: 某某集团有限公司 is an enterprise."""
        lengths = range(min(_LONGEST_FORM, len(words)), 0, -1)
        return next(((self.forms[words[-n:]],) for n in lengths if words[-n:] in self.forms), ())

    def is_name(self, words: str) -> bool:
        """Return whether the words, without level or place, are surely the name of a body: 城市更新局."""
        short = self.normalise(words)[:_LONGEST]
        if short[-1:] in _NAMED and short in self.whole:
            return True
        return any(
            ending[-1] in _OFFICES and stem in self.stems for ending, stem in self._split_endings(short)
        )

    def are_forms(self, functions: tuple[LocalFunction, ...]) -> bool:
        """Return whether the functions tell only the form of a body: nothing, 企业, 学校."""
        return all(function in self.forms.values() for function in functions)

    def _split_endings(self, words: str) -> list[tuple[str, str]]:
        """Return every way to split the words into a stem and an ending, the longest ending first."""
        lengths = range(min(_LONGEST_ENDING, len(words) - 1), 0, -1)
        return [(words[-n:], words[:-n]) for n in lengths if words[-n:] in self.endings]

    def _complete_label(self, words: str, function: LocalFunction) -> str:
        """Return a function's label with the ending of the name: 教委 is 教育委, 妇联 is whole already."""
        if self._split_endings(function.label) or not self._split_endings(words):
            return function.label
        return function.label + self.endings[self._split_endings(words)[-1][0]]


@dataclass(frozen=True, slots=True)
class Branch:
    """A central body that has branches: its id, and its name in theirs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Wordings:
    """The lists of `data/agencies.toml` that tell how local names are made."""

    levels: dict[str, tuple[str, ...]]
    no_levels: tuple[str, ...]
    party: frozenset[str]
    same: dict[str, str]
    heads: dict[str, str]
    branch_names: dict[str, str]
    tails: dict[str, str]
    branch_same: dict[str, str]
    short: frozenset[str]
    standalone: tuple[str, ...]
    zone: re.Pattern[str]  # 高新区|管委会, 水寨镇|人民政府
    zone_same: dict[str, str]  # 高新技术产业开发区 = 高新区
    locality: LocalFunction | None

    @classmethod
    def parse(cls, lists: dict[str, Any], locality: LocalFunction | None) -> Wordings:
        """Return the wordings in the tables `levels`, `party`, `same`, `branches`, `labels` and `zones`."""
        branches = lists["branches"]
        return cls(
            levels={level: tuple(ends) for level, ends in lists["levels"]["ends"].items()},
            no_levels=tuple(lists["levels"]["never"]["words"]),
            party=frozenset(lists["party"]["functions"]),
            same=lists["same"],
            heads=branches["heads"],
            branch_names=branches["names"],
            tails=branches["tails"],
            branch_same=branches["same"],
            short=frozenset(lists["labels"]["short_place"]),
            standalone=tuple(lists["labels"]["no_place"]),
            zone=re.compile(lists["zones"]["pattern"], re.VERBOSE),
            zone_same=lists["zones"]["same"],
            locality=locality,
        )


@dataclass(frozen=True, slots=True)
class LocalNames:
    """A finder of the names of local bodies."""

    gazetteer: Gazetteer
    functions: Functions
    wordings: Wordings
    branch_of: Callable[[str], Branch | None]  # a central name at hand → who has branches under it

    def read(self, name: str, within: Places) -> LocalName:
        """Return the local body that a name means in a document of the place `within`."""
        plain = _OPENING.sub("", _ASIDE.sub("", name) or name)
        if youth := _YOUTH.match(plain):
            plain = f"{youth['place']}团委"
        return (
            self._read_branch(plain, within)
            or self._read_placed(plain, within)
            or self._read_levelled(plain, within)
            or self._read_short_placed(plain, within)
            or self._build_named(within, plain, plain)
        )

    # ----------------------------------------------------------------- ways to name a place

    def _read_placed(self, name: str, within: Places) -> LocalName | None:
        """Return the body of a name that begins with a place: 江西省商务厅, 南昌市人民政府, 东坡区."""
        places, rest = self.gazetteer.split_leading(name, within)
        if not places:
            return None
        return self._build_named(places, rest, name) if rest else self._build_locality(places)

    def _build_locality(self, places: Places) -> LocalName:
        """Return a place whose name means those who run it: 东坡区, 华城镇, 岷东新区."""
        label = self.gazetteer.qualify_name(places)
        locality = self.wordings.locality
        functions = self.functions.read(places[-1])[1] or ((locality,) if locality else ())
        return LocalName(places[:-1], places[-1], label, functions)

    def _read_levelled(self, name: str, within: Places) -> LocalName | None:
        """Return the body of a name that begins with a level: 市商务局, 自治区党委网信办, 团省委."""
        if league := _LEAGUE.match(name):
            return self._read_at_level(league["level"], "团委", within)
        if name.startswith(self.wordings.no_levels):
            return None
        level = self.match_level(name)
        if level and name != level:
            return self._read_at_level(level, name.removeprefix(level), within)
        if name.endswith("厅") and within:  # a 厅 is always the province's
            return self._build_named(within[:1], name, name)
        return None

    def _read_at_level(self, level: str, rest: str, within: Places) -> LocalName:
        """Return the body with the words `rest` at a level: 商务局 of a 市.

        Where the document has no place of the level, the level stays in the words.
        """
        if places := self._find_level(level, within):
            return self._build_named(places, rest, level + rest)
        found = self._read_rest(rest)
        label = level + found.words.replace("党委", "委", 1)
        return LocalName(within, level + found.words, label, found.functions, found.central)

    def _find_level(self, level: str, within: Places) -> Places:
        """Return the document's place, or the innermost around it, that has the level; () for none."""
        for depth in range(len(within), 0, -1):
            place = within[depth - 1]
            other = level == "区" and place.endswith(("自治区", "地区"))
            if place.endswith(self.wordings.levels[level]) and not other:
                return within[:depth]
        return ()

    def match_level(self, name: str) -> str:
        """Return the level that a name begins with, or ""; 市场监管局 has none."""
        if name.startswith(self.wordings.no_levels):
            return ""
        return next((level for level in self.wordings.levels if name.startswith(level)), "")

    def _read_short_placed(self, name: str, within: Places) -> LocalName | None:
        """Return the body of a name that begins with a short place: 合肥海关, 宁夏通信管理局, 许昌.

        广西大学 keeps its words, and belongs to its place.
        """
        places, rest = self.gazetteer.split_leading_short(name, within)
        if not places or len(rest) == 1:
            return None
        if not rest:
            return self._build_locality(places)
        rest = rest.removeprefix("·")
        head = rest.removesuffix("公司").removesuffix("分")  # 合肥|移动, 九江|邮政公司
        if head in self.wordings.heads and (branch := self._find_branch_head(head)):
            return self._build_branch(branch, places, "分公司")
        if found := self._read_branch(rest, within):  # 广西铁塔|南丹分公司
            return found
        functions = self.functions.read(rest)[1]
        if self._split_zone(places, rest) or not self.functions.are_forms(functions):
            return self._build_named(places, rest, name)
        near = not within or places[:1] == within[:1]
        return LocalName(places, name, name, functions) if near else None

    # --------------------------------------------------------------- branches of the centre

    def _read_branch(self, name: str, within: Places) -> LocalName | None:
        """Return the branch of a central body: 国家税务总局江西省税务局, 移动九江分公司."""
        for length in range(min(len(name) - 2, 16), 1, -1):
            if branch := self._find_branch_head(name[:length]):
                rest = name[length:].removeprefix("驻")
                places, tail = self._split_place(rest, within)
                if (places and tail) or tail in self.wordings.tails:
                    return self._build_branch(branch, places, tail)
        return None

    def is_enterprise(self, name: str) -> bool:
        """Return whether the name is a place and the short name of an enterprise: 合肥移动."""
        head = next((head for head in self.wordings.heads if name.endswith(head)), None)
        return head is not None and self.gazetteer.split_leading_short(name)[1] == head

    def find_head(self, name: str) -> str:
        """Return the level or place that a body's name begins with: 市, 北京市; "" where it has none."""
        level = self.match_level(name)
        if level and self.is_body(name):
            return level
        rest = self.gazetteer.split_leading(name)[1]
        return name.removesuffix(rest) if rest != name and self.functions.is_name(rest) else ""

    def is_body(self, name: str) -> bool:
        """Return whether the name is a known function, perhaps behind a level: 市城市更新局, 军民融合办."""
        level = self.match_level(name)
        rest = _PARTY.sub("", name.removeprefix(level)) if level else name
        return self.functions.is_name(_GOVERNMENT.sub("", rest) if level else rest)

    def _find_branch_head(self, words: str) -> Branch | None:
        central = self.wordings.heads.get(words)
        branch = self.branch_of(central or words)
        if branch is None:
            return None
        known = self.wordings.branch_names.get(branch.id)
        return Branch(branch.id, known or _COMPANY.sub("", branch.name))

    def _split_place(self, words: str, within: Places) -> tuple[Places, str]:
        for read in (self.gazetteer.split_leading, self.gazetteer.split_leading_short):
            places, rest = read(words, within)
            if places and rest:
                return places, rest
        if level := self.match_level(words):
            return self._find_level(level, within), words.removeprefix(level)
        return (within, words) if words in self.wordings.tails else ((), words)

    def _build_branch(self, branch: Branch, places: Places, tail: str) -> LocalName:
        functions = self.functions.read(tail)[1]
        if any(branch.id in function.counterparts for function in functions):
            return self._build_named(places, tail, tail)
        tail = self.wordings.tails.get(tail, tail)
        if same := self.wordings.branch_same.get(branch.id + tail):
            return self._build_named(places, same, same)
        words = f"{branch.name}{self.gazetteer.shorten_name(places) if places else ''}{tail}"
        return LocalName(places, words, words, central=branch.id)

    # ------------------------------------------------------------------------ words and label

    def _build_named(self, places: Places, rest: str, name: str) -> LocalName:
        """Return the body with the words `rest` in a place; without a place it keeps its whole name."""
        if places and (zone := self._split_zone(places, rest)):
            inner, rest = zone
            return self._build_named(inner, rest, name) if rest else self._build_locality(inner)
        found = self._read_rest(rest)
        if not places:
            return LocalName((), name, name, found.functions, found.central)
        label = self._build_label(places, found.words)
        return LocalName(places, found.words, label, found.functions, found.central)

    def _split_zone(self, places: Places, words: str) -> tuple[Places, str] | None:
        """Return a zone, town or subdistrict as its own place, and the words behind it: 高新区|管委会."""
        match = self.wordings.zone.match(words)
        if not match:
            return None
        zone = match["zone"] or match["town"]
        for long, short in self.wordings.zone_same.items():
            zone = zone.replace(long, short)
        return (*places, zone), words[match.end() :]

    def _read_rest(self, rest: str) -> LocalName:
        """Return the words behind a place in one form, and the functions they stand for."""
        # An office alone behind a government is the government's: 政府办公室.
        office = rest.endswith(("办公室", "办公厅", "办"))
        words = self.wordings.same.get(_GOVERNMENT.sub("政府", rest) if office else rest, "")
        party = None if words else _PARTY.match(rest)
        words = words or (rest[party.end() :] if party else _GOVERNMENT.sub("", rest))
        words, functions = self.functions.read(words)
        if (party and not functions) or any(f.id in self.wordings.party for f in functions):
            words = f"党委{words}"
        central = self.branch_of(words) if self.functions.are_forms(functions) else None
        if central:  # 人民银行 in the document of a city
            return LocalName((), words, words, (), central.id)
        return LocalName((), words, words, functions)

    def _build_label(self, places: Places, words: str) -> str:
        """Return the label of a body: 杭州市商务局, 杭州市委宣传部, 广西壮族自治区党委网信办, 合肥海关."""
        place = self.gazetteer.qualify_name(places)
        short = self.gazetteer.shorten_name(places)
        if words in self.wordings.short:
            return short + words
        if words.endswith(self.wordings.standalone) or short in words:
            return words
        if words.startswith("党委") and not place.endswith("自治区"):
            return place + words.removeprefix("党")
        return place + words
