"""The names of local bodies taken apart: the place, the words behind it, and the function they stand for.

市发改委 in a document of 江西省/九江市: 江西省/九江市 and 发展改革委, function 发展改革, answers to the NDRC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from build_graph.bodies.jurisdictions import Gazetteer, Places

_ASIDE = re.compile(r"[（(【\[〔][^（）()【】\[\]〔〕]*[）)】\]〕]$")  # 市文化局（市文物局）
_PARTY = re.compile(r"^(?P<before>党|工)?委(?!员)(?=..)")  # what is left of 市委|宣传部, 自治区党委|网信办
_GOVERNMENT = re.compile(r"^(?:人民政府|政府|府)(?=..)")  # 市政府|金融办
_LEAGUE = re.compile(r"^团(?P<level>自治区|[省市县区州旗盟])(?:党)?委$")  # 团省委
_JOINTS = re.compile(r"(?<=.)[和与及、](?=.)")  # 人力资源和社会保障局 = 人力资源社会保障局
_OFFICIAL = re.compile(r"[局厅委办署会部室]$")
_COMPANY = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$")


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A kind of local body (商务: 商务厅, 商务局, 商务委) and the central body it answers to."""

    id: str  # the part of the IRI after function/
    label: str
    counterpart: str | None  # id of a central body


@dataclass(frozen=True, slots=True)
class LocalName:
    """A local body: its place, its words in one form, how it is called, and what it answers to."""

    places: Places  # () where the name and the document give none
    words: str
    label: str
    function: LocalFunction | None = None
    answers_to: str | None = None


@dataclass(frozen=True, slots=True)
class Functions:
    """Local functions by their wordings, and the endings that stand behind them."""

    stems: dict[str, LocalFunction]  # 发改, 发展和改革
    whole: dict[str, LocalFunction]  # 教委, 妇联
    endings: dict[str, str]

    @staticmethod
    def key(words: str) -> str:
        """The words without 和 and 与 between them, as they are looked up.

        >>> Functions.key("人力资源和社会保障")
        '人力资源社会保障'
        """
        return _JOINTS.sub("", words)

    def read(self, words: str) -> tuple[str, LocalFunction | None]:
        """The words in their one form, and their function: 发改委 → 发展改革委.

        Words of no known function keep their form, but for 委员会, 办公室 and 和.
        """
        short = self.key(words)
        if function := self.whole.get(short):
            return self._whole(short, function), function
        for ending, stem in self._split(short):
            if function := self.stems.get(stem):
                return function.label + self.endings[ending], function
        if not _OFFICIAL.search(words):
            return words, None
        ending = next((ending for ending, stem in self._split(short) if len(stem) > 1), "")
        return short.removesuffix(ending) + self.endings.get(ending, ""), None

    def _split(self, words: str) -> list[tuple[str, str]]:
        """Every way to part the words into a stem and an ending, the longest ending first."""
        lengths = range(min(6, len(words) - 1), 0, -1)
        return [(words[-n:], words[:-n]) for n in lengths if words[-n:] in self.endings]

    def _whole(self, words: str, function: LocalFunction) -> str:
        """教委 is 教育 with the ending 委; 妇联 is a whole name already."""
        if self._split(function.label) or not self._split(words):
            return function.label
        return function.label + self.endings[self._split(words)[-1][0]]


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

    @classmethod
    def of(cls, lists: dict[str, Any]) -> Wordings:
        """The wordings in the tables `levels`, `party`, `same` and `branches`."""
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
        )


@dataclass(frozen=True, slots=True)
class LocalNames:
    """Takes the names of local bodies apart."""

    gazetteer: Gazetteer
    functions: Functions
    wordings: Wordings
    branch_of: Callable[[str], Branch | None]  # a central name at hand → who has branches under it

    def read(self, name: str, within: Places) -> LocalName:
        """The local body that a name means in a document of the place `within`."""
        plain = _ASIDE.sub("", name) or name
        return (
            self._branch(plain, within)
            or self._placed(plain, within)
            or self._levelled(plain, within)
            or self._shortly_placed(plain, within)
            or self._named(within, plain, plain)
        )

    # ----------------------------------------------------------------- ways to name a place

    def _placed(self, name: str, within: Places) -> LocalName | None:
        """江西省商务厅, 南昌市人民政府, 东坡区."""
        places, rest = self.gazetteer.leading(name, within)
        if not places:
            return None
        if rest:
            return self._named(places, rest, name)
        return LocalName(places[:-1], places[-1], self.gazetteer.clear_name(places))

    def _levelled(self, name: str, within: Places) -> LocalName | None:
        """市商务局, 自治区党委网信办, 团省委."""
        if league := _LEAGUE.match(name):
            return self._named(self._at(league["level"], within), "团委", name)
        if name.startswith(self.wordings.no_levels):
            return None
        for level in self.wordings.levels:
            if name.startswith(level) and len(name) > len(level):
                places = self._at(level, within)
                return self._named(places, name.removeprefix(level), name) if places else None
        if name.endswith("厅") and within:  # a 厅 is always the province's
            return self._named(within[:1], name, name)
        return None

    def _at(self, level: str, within: Places) -> Places:
        """The document's place, or the innermost around it, that is of the level; () where there is none."""
        for depth in range(len(within), 0, -1):
            if within[depth - 1].endswith(self.wordings.levels[level]) and self._fits(
                level, within[depth - 1]
            ):
                return within[:depth]
        return ()

    def _fits(self, level: str, place: str) -> bool:
        """区 is not the 区 of 自治区."""
        return level != "区" or not place.endswith(("自治区", "地区"))

    def _shortly_placed(self, name: str, within: Places) -> LocalName | None:
        """合肥海关, 宁夏通信管理局; 广西大学 keeps its words but stands in its place."""
        places, rest = self.gazetteer.leading_short(name, within)
        if not places or len(rest) < 2:
            return None
        if self.functions.read(rest)[1]:
            return self._named(places, rest, name)
        if branch := self._enterprise(rest):
            return self._branched(branch, places, "分公司")
        near = not within or places[:1] == within[:1]
        return LocalName(places, name, name) if near else None

    # --------------------------------------------------------------- branches of the centre

    def _branch(self, name: str, within: Places) -> LocalName | None:
        """国家税务总局江西省税务局, 人民银行南昌中心支行, 移动九江分公司."""
        for length in range(min(len(name) - 2, 16), 1, -1):
            if branch := self._head(name[:length]):
                rest = name[length:].removeprefix("驻")
                places, tail = self._place_of(rest, within)
                if places and tail:
                    return self._branched(branch, places, tail)
        return None

    def is_enterprise(self, name: str) -> bool:
        """Whether the name is a place and the short name of an enterprise: 合肥移动."""
        head = next((head for head in self.wordings.heads if name.endswith(head)), None)
        return head is not None and self.gazetteer.leading_short(name)[1] == head

    def _enterprise(self, words: str) -> Branch | None:
        """The enterprise of 合肥|移动, 九江|邮政公司."""
        head = words.removesuffix("公司").removesuffix("分")
        return self._head(head) if head in self.wordings.heads else None

    def _head(self, words: str) -> Branch | None:
        central = self.wordings.heads.get(words)
        branch = self.branch_of(central or words)
        if branch is None:
            return None
        known = self.wordings.branch_names.get(branch.id)
        return Branch(branch.id, known or _COMPANY.sub("", branch.name))

    def _place_of(self, words: str, within: Places) -> tuple[Places, str]:
        for read in (self.gazetteer.leading, self.gazetteer.leading_short):
            places, rest = read(words, within)
            if places and rest:
                return places, rest
        level = next((level for level in self.wordings.levels if words.startswith(level)), None)
        if level and not words.startswith(self.wordings.no_levels):
            return self._at(level, within), words.removeprefix(level)
        return (within, words) if words in self.wordings.tails else ((), words)

    def _branched(self, branch: Branch, places: Places, tail: str) -> LocalName:
        words, function = self.functions.read(tail)
        if function and function.counterpart == branch.id:
            return self._named(places, tail, tail)
        tail = self.wordings.tails.get(tail, tail)
        if same := self.wordings.branch_same.get(branch.id + tail):
            return self._named(places, same, same)
        words = f"{branch.name}{self.gazetteer.short_name(places)}{tail}"
        return LocalName(places, words, words, answers_to=branch.id)

    # ------------------------------------------------------------------------ words and label

    def _named(self, places: Places, rest: str, name: str) -> LocalName:
        """The body with the words `rest` in a place; without a place it keeps its whole name."""
        party = _PARTY.match(rest)
        rest = rest[party.end() :] if party else _GOVERNMENT.sub("", rest)
        if not places:
            return LocalName((), name, name, *self._function(rest))
        if party is None and (same := self.wordings.same.get(self._whole(rest, name))):
            rest = same
        words, function = self.functions.read(rest)
        if (party and not function) or (function and function.id in self.wordings.party):
            words = f"党委{words}"
        answers_to = function.counterpart if function else self._namesake(words)
        return LocalName(places, words, self._label(places, words), function, answers_to)

    def _namesake(self, words: str) -> str | None:
        """The central body that a local body bears the very name of: 人民银行 in the document of a city."""
        central = self.branch_of(words)
        return central.id if central else None

    def _whole(self, rest: str, name: str) -> str:
        """办公室 alone behind a government is the government's: 市政府办公室."""
        governed = re.search(r"(?:政府|府)(?=办公[室厅]$|办$)", name)
        return f"政府{rest}" if governed and rest in ("办公室", "办公厅", "办") else rest

    def _function(self, words: str) -> tuple[LocalFunction | None, str | None]:
        function = self.functions.read(words)[1]
        return function, function.counterpart if function else None

    def _label(self, places: Places, words: str) -> str:
        """杭州市商务局, 杭州市委宣传部, 广西壮族自治区党委网信办, 合肥海关."""
        place = self.gazetteer.clear_name(places)
        short = self.gazetteer.short_name(places)
        if words in self.wordings.short:
            return short + words
        if words.endswith(self.wordings.standalone) or short in words:
            return words
        if words.startswith("党委") and not place.endswith("自治区"):
            return place + words.removeprefix("党")
        return place + words
