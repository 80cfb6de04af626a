"""The shapes of body names: words that name a body, and names of one body or of a class of bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# 县（市、区）, 乡镇（街道）, 县〔市〕政府
_CLASS_IN_BRACKETS = r"[{0}]?[{0}][（(〔﹝＜<][^（）()〔〕]*[{0}道委][^（）()〔〕]*[）)〕﹞＞>]"
# 开封等省辖市政府, 有农业的区人民政府
_EXAMPLES = r"等[^，、]{{0,6}}[{0}](?:人民)?政府$|的[{0}](?:人民)?政府$"
_CLASS_IN_A_ROW = r"(?:^|[{0}])[{0}]、[{0}](?:人民政府|政府|[）)]|$)"  # 市、县人民政府
_COUNTED = r"^(?:[0-9０-９]+|[一二两三四五六七八九十]+)(?:个|家|所)"  # 五个地级市人民政府
_GOVERNMENT = r"^(?:{0})(?:党委|党（工）委)?[和、]?(?:人民)?政府$"  # 试点城市政府
_BELOW = r"^(?:全)?[{0}](?:直|属|级|本级|内)[^局厅委办院]*$"  # 市直部门, 省属国企


@dataclass(frozen=True, slots=True)
class NameShapes:
    """The lists of `data/agencies.toml` that tell names of bodies by their shape."""

    group: re.Pattern[str]
    group_words: frozenset[str]
    group_ends: tuple[str, ...]
    agency_ends: tuple[str, ...]
    agency_contains: tuple[str, ...]
    ends: dict[str, int]
    no_ends: tuple[str, ...]
    no_starts: tuple[str, ...]
    starts_after_all: tuple[str, ...]
    sure_ends: tuple[str, ...]
    sure: re.Pattern[str]
    no_inside: re.Pattern[str]
    longest: int
    shared_end: re.Pattern[str]  # the end that names in a row may share: 钦州|市人民政府

    @classmethod
    def parse(cls, lists: dict[str, Any]) -> NameShapes:
        """Return the words in the tables `group` and `shape`."""
        group, shape = lists["group"], lists["shape"]
        never = shape["never"]
        return cls(
            group=_build_group_pattern(group),
            group_words=frozenset(group["words"]),
            group_ends=tuple(group["ends"]),
            agency_ends=tuple(group["ends_never"]),
            agency_contains=tuple(group["contains_never"]),
            ends=shape["ends"],
            no_ends=tuple(never["ends"]),
            no_starts=tuple(never["starts"]),
            starts_after_all=tuple(never["starts_never"]),
            sure_ends=tuple(shape["sure"]),
            sure=re.compile(f"{shape['class']}|{shape['centre']}"),
            no_inside=re.compile("|".join(map(re.escape, never["inside_never"])) + r"|\d{3}|\d+年"),
            longest=never["longest"],
            shared_end=re.compile(rf".(?P<tail>(?:{'|'.join(shape['shared'])}))$"),
        )

    def is_group(self, name: str) -> bool:
        """Return whether the name means a class of bodies: 有关部门, 各市人民政府, 省级人民政府."""
        if name.endswith(self.agency_ends):
            return False
        plain = name
        for words in self.agency_contains:  # 隆林各族自治县
            plain = plain.replace(words, "")
        return (
            name in self.group_words or name.endswith(self.group_ends) or self.group.search(plain) is not None
        )

    def is_shaped(self, words: str) -> bool:
        """Return whether the words end as names of bodies do and are none of the false friends."""
        if not 1 < len(words) <= self.longest or self.no_inside.search(words):
            return False
        opens_otherwise = words.startswith(self.no_starts) and not words.startswith(self.starts_after_all)
        if opens_otherwise and not words.endswith(self.sure_ends):
            return False
        return self.sure.search(words) is not None or self.has_ending(words)

    def has_ending(self, words: str) -> bool:
        """Return whether the words end as names of bodies do, and not as a false friend: 部署, 网站."""
        if not words.endswith(self.no_ends):
            return self._find_end_length(words) > 0
        return self._find_end_length(words) > max(len(end) for end in self.no_ends if words.endswith(end))

    def is_false_friend(self, words: str) -> bool:
        """Return whether the words end as some do that are no names of bodies: 学科, 部署."""
        return words.endswith(self.no_ends) and not self.has_ending(words)

    def _find_end_length(self, words: str) -> int:
        """Return the length of the longest ending of a body's name that leaves enough before it, else 0."""
        for length in range(min(len(words), 8), 0, -1):
            if len(words) - length >= self.ends.get(words[-length:], self.longest):
                return length
        return 0


def _build_group_pattern(group: dict[str, Any]) -> re.Pattern[str]:
    """Return one pattern for all that makes a name a class of bodies, but for its ending."""
    levels = group["levels"]
    parts = [
        *map(re.escape, group["contains"]),
        f"^(?:{'|'.join(group['starts'])})",
        *(shape.format(levels) for shape in (_CLASS_IN_BRACKETS, _CLASS_IN_A_ROW, _EXAMPLES, _BELOW)),
        _COUNTED,
        _GOVERNMENT.format("|".join(group["government"])),
    ]
    return re.compile("|".join(parts))
