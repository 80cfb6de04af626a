"""Rules that say which bodies lead where nothing else does: 排在第一位的部门为牵头部门，下同."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass

from build_graph.extract.structure.marks import build_alternation
from build_graph.resources import load_word_lists


@dataclass(frozen=True, slots=True)
class Rank:
    """A rule for the bodies that lead where nothing else says so, from here on."""

    first: bool = False  # the first of each list
    comma: bool = False  # those before the first comma
    marks: bool = False  # those with △ or the like
    others: bool = False  # all others support: 其余为配合单位

    @property
    def leads(self) -> bool:
        """True if the rule says who leads."""
        return self.first or self.comma or self.marks

    def join(self, other: Rank) -> Rank:
        """Return the rule that holds where both are stated: 首位为牵头单位，其余为配合单位."""
        return Rank(*(one or two for one, two in zip(astuple(self), astuple(other), strict=True)))


NO_RANK = Rank()


@dataclass(frozen=True, slots=True)
class RankRules:
    """The wordings of rank rules: 排在第一位的部门为牵头部门, 标有△的为牵头单位."""

    first: re.Pattern[str]
    comma: re.Pattern[str]
    marks: re.Pattern[str]
    others: re.Pattern[str]

    @classmethod
    def load(cls) -> RankRules:
        """Return the rules with the package's own words."""
        rank = load_word_lists("attribution")["rank"]
        leads = rf"[^，,。；;]{{0,8}}为(?:主要|第一)?{build_alternation(rank['lead'])}"
        return cls(
            first=re.compile(build_alternation(rank["first"]) + leads),
            comma=re.compile(build_alternation(rank["comma"]) + leads),
            marks=re.compile(f"[{re.escape(rank['marks'])}]"),
            others=re.compile(
                rf"{build_alternation(rank['others'])}[^，,。；;]{{0,8}}为{build_alternation(rank['support'])}"
            ),
        )

    def find(self, words: str) -> Rank:
        """Return the rank rule that `words` state, if any."""
        marked = self.marks.search(words) and any(w in words for w in ("标注", "标有", "带", "为牵头"))
        return Rank(
            bool(self.first.search(words)),
            bool(self.comma.search(words)),
            bool(marked),
            bool(self.others.search(words)),
        )
