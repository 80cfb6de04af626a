"""The names of local bodies, split into the place, the words behind it, and the functions they stand for.

市发改委 in a document of 江西省/九江市: the place and 发展改革委, function 发展改革, superior NDRC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from build_graph.extract.agencies.functions import Functions, LocalFunction
from build_graph.extract.agencies.jurisdictions import Gazetteer, Places

_ASIDE = re.compile(r"[（(【\[〔][^（）()【】\[\]〔〕]*[）)】\]〕]$")  # 市文化局（市文物局）
_PARTY = re.compile(r"^(?P<before>党|工)?委(?!员)(?=..)")  # in 市委|宣传部, 自治区党委|网信办
_GOVERNMENT = re.compile(r"^(?:人民政府|政府|府)(?=..)")  # 市政府|金融办
_LEAGUE = re.compile(r"^团(?P<level>自治区|[省市县区州旗盟])(?:党)?委$")  # 团省委
_YOUTH = re.compile(r"^(?:共青团|中国共产主义青年团)(?P<place>[^中].*?)(?:委|委员会)$")  # 共青团九江市委
_OPENING = re.compile(r"^(?:中共|中国共产党)(?!中央)(?=..)")  # 中共九江市委宣传部
_BRACKETS = re.compile(r"(?<=.)[（(][^（）()]*[）)](?=.)")  # 物流（口岸）办
_COMPANY = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$")


@dataclass(frozen=True, slots=True)
class LocalName:
    """A local body: its place, its words in one form, its label, and its functions."""

    places: Places  # () where the name and the document give none
    words: str
    label: str
    functions: tuple[LocalFunction, ...] = ()  # several of a bureau that joins them: 工业信息化和商务局
    central: str | None = None  # the id of the central body that it is a branch or a namesake of
    alone: bool = False  # a name that only one body has, wherever it is: 同济大学


@dataclass(frozen=True, slots=True)
class Branch:
    """A central body that has branches: its id, and its name in theirs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Alone:
    """The names that only one body has, wherever it is: 同济大学, 招商银行, 中国电子学会."""

    ends: tuple[str, ...]
    shared: frozenset[str]  # names of a kind that every place may have: 职业技术学院, 农商银行
    national: tuple[str, ...]  # beginnings of names of which there is one in the country
    functions: frozenset[str]  # ids of the forms of bodies that may begin so

    @classmethod
    def parse(cls, lists: dict[str, Any]) -> Alone:
        """Return the lists in the table `alone`."""
        alone = lists["alone"]
        starts, functions = lists["central"]["starts"], frozenset(alone["functions"])
        return cls(tuple(alone["ends"]), frozenset(alone["shared"]), tuple(starts), functions)

    def has_own_name(self, name: str) -> bool:
        """Return whether a name ends as those do that only one body has."""
        return name.endswith(self.ends) and name not in self.shared

    @staticmethod
    def is_university(functions: tuple[LocalFunction, ...]) -> bool:
        """Return whether the functions are those of a university."""
        return any(function.id == "higher-education" for function in functions)

    def is_national(self, name: str, functions: tuple[LocalFunction, ...]) -> bool:
        """Return whether a name begins with 中国 and the like, and is that of no government's body."""
        return name.startswith(self.national) and any(f.id in self.functions for f in functions)


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
    alone: Alone
    zone: re.Pattern[str]  # 高新区|管委会, 水寨镇|人民政府
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
            alone=Alone.parse(lists),
            zone=re.compile(lists["zones"]["pattern"], re.VERBOSE),
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
        if self.is_zone_with_aside(plain):
            plain = _BRACKETS.sub("", plain)
        if youth := _YOUTH.match(plain):
            plain = f"{youth['place']}团委"
        return (
            self._read_branch(plain, within)
            or self._read_placed(plain, within)
            or self._read_enterprise(plain, within)
            or self._read_levelled(plain, within)
            or self._read_alone(plain, within)
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
        near = not within or places[:1] == within[:1]
        if not near and (zone := self.wordings.zone.match(rest)) and zone["town"]:
            return None  # 四平路街道 of 上海市
        return self._build_short_placed(places, rest.removeprefix("·"), name, within)

    def _build_short_placed(self, places: Places, rest: str, name: str, within: Places) -> LocalName | None:
        """Return the body with the words `rest` behind a short place; None where no function is known."""
        head = rest.removesuffix("公司").removesuffix("分")  # 合肥|移动, 九江|邮政公司
        if head in self.wordings.heads and (branch := self._find_branch_head(head)):
            return self._build_branch(branch, places, "分公司")
        if found := self._read_branch(rest, within):  # 广西铁塔|南丹分公司
            return found
        functions = self.functions.read(rest)[1]
        if self._split_zone(places, rest) or not self.functions.are_forms(functions):
            return self._build_named(places, rest, name)
        if not within or places[:1] == within[:1]:
            return LocalName(places, name, name, functions)
        return LocalName((), name, name, functions, alone=True) if functions else None

    # ------------------------------------------------------------------- bodies of no place

    def _read_alone(self, name: str, within: Places) -> LocalName | None:
        """Return a body of which the country has one: 同济大学; 上海大学 stands under its province."""
        functions = self.functions.read(name)[1]
        alone = self.wordings.alone
        if not functions or not self.functions.are_forms(functions) or self.branch_of(name):
            return None
        if alone.is_national(name, functions) and not self._names_place(name, within):
            return LocalName((), name, name, functions, alone=True)
        if alone.has_own_name(name):
            places, _ = self.gazetteer.split_leading_short(name)
            if self.wordings.alone.is_university(functions):  # that of no city or district
                places = places[:1]
            return LocalName(places, name, name, functions, alone=not places)
        return None

    def _names_place(self, name: str, within: Places) -> bool:
        """Return whether there is a place anywhere in a name: 中国国际商会南通商会."""
        short = (self.gazetteer.split_leading_short(name[at:], within)[0] for at in range(len(name) - 1))
        return bool(self.gazetteer.find(name)) or any(short)

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

    def _read_enterprise(self, name: str, within: Places) -> LocalName | None:
        """Return the branch of a central enterprise that goes by its short name: 市移动, 铁塔公司."""
        level = self.match_level(name)
        head = name.removeprefix(level).removesuffix("公司").removesuffix("分")
        places = self._find_level(level, within) if level else within
        branch = self._find_branch_head(head) if head in self.wordings.heads and places else None
        return self._build_branch(branch, places, "分公司") if branch else None

    def is_enterprise(self, name: str) -> bool:
        """Return whether a name is an enterprise's short one behind a place or level: 合肥移动, 市移动."""
        head = next((head for head in self.wordings.heads if name.endswith(head)), None)
        if head is None:
            return False
        return head in (
            self.gazetteer.split_leading_short(name)[1],
            name.removeprefix(self.match_level(name)),
        )

    def is_zone_with_aside(self, name: str) -> bool:
        """Return whether the name is a zone's behind its place, with a second name in brackets.

        龙岩经开区（高新区）管委会; 龙岩市县（区）政府 is none.
        """
        bare = _BRACKETS.sub("", name)
        if bare == name:
            return False
        for split in (self.gazetteer.split_leading, self.gazetteer.split_leading_short):
            places, rest = split(bare)
            if places and (zone := self.wordings.zone.match(rest)) and zone["zone"]:
                return True
        return False

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
        return self.gazetteer.add_zone(places, match["zone"] or match["town"]), words[match.end() :]

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
