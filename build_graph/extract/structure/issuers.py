"""The names of the bodies that issue documents: what is one, and where one of several ends.

Bodies sign together in one line, over several lines and in columns; a long name is broken over two lines. A
blank therefore parts two names only where both sides can stand by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from build_graph.extract.agencies.jurisdictions import Gazetteer, Scope
from build_graph.extract.structure.marks import HAN, build_alternation, split_list
from build_graph.resources import load_word_lists

_SHORTEST = 3  # characters of a name that is found without a separator before it
_LONGEST = 50  # characters of a name


@dataclass(frozen=True, slots=True)
class IssuerNames:
    """A reader of the names of issuers, with the words of `data/outline.toml`."""

    gazetteer: Gazetteer
    body: re.Pattern[str]
    office: re.Pattern[str]  # 办公厅: no name by itself
    openings: re.Pattern[str]  # 中共|杭州市委
    closings: tuple[str, ...]
    levels: tuple[str, ...]  # 市民政局: a name without its place
    joint: re.Pattern[str]  # 等七部门

    @classmethod
    def load(cls, gazetteer: Gazetteer | None = None) -> IssuerNames:
        """Return a reader with the package's own words."""
        words = load_word_lists("outline")["issuer"]
        joint = build_alternation(words["joint"])
        return cls(
            gazetteer=gazetteer or Gazetteer.load(),
            body=re.compile(rf"[{HAN}“”\d]{{1,{_LONGEST}}}?{build_alternation(words['ends'])}"),
            office=re.compile(build_alternation(words["offices"])),
            openings=re.compile(build_alternation(words["openings"])),
            closings=tuple(words["closings"]),
            levels=tuple(words["levels"]),
            joint=re.compile(rf"等[0-9一二三四五六七八九十]{{0,3}}个?{joint}$"),
        )

    def split(self, words: str) -> tuple[str, ...]:
        """Return the bodies that the words name, in order; () where anything else stands among them.

        >>> names = IssuerNames.load()
        >>> names.split("财政部 税务总局、海关总署"), names.split("上海市财政局上海市民政局")
        (('财政部', '税务总局', '海关总署'), ('上海市财政局', '上海市民政局'))
        >>> names.split("四川省应对新型冠状病毒 肺炎疫情应急指挥部"), names.split("现就有关事项")
        (('四川省应对新型冠状病毒肺炎疫情应急指挥部',), ())
        """
        names: list[str] = []
        for part in split_list(words):
            names += self._join_pieces(part.split())
        return tuple(dict.fromkeys(names)) if names and all(map(self.body.fullmatch, names)) else ()

    def _join_pieces(self, pieces: list[str]) -> Iterator[str]:
        """Yield the names that pieces between blanks make up."""
        name = pieces[0]
        for piece in pieces[1:]:
            if self.body.fullmatch(name) and self._begins_name(piece):
                yield from self._split_joined(name)
                name = piece
            else:
                name += piece
        yield from self._split_joined(name)

    def _begins_name(self, piece: str) -> bool:
        if self.office.fullmatch(piece):
            return False
        whole = len(piece) >= _SHORTEST and self.body.fullmatch(piece) is not None
        return whole or self.stands_alone(piece)

    def stands_alone(self, words: str) -> bool:
        """Return whether the words begin as a name does: with a place, a level, or as those of the centre.

        >>> names = IssuerNames.load()
        >>> names.stands_alone("市民政局"), names.stands_alone("肺炎疫情应急指挥部")
        (True, False)
        """
        if words.startswith(self.levels):
            return True
        return self.gazetteer.locate_issuer(words[:_LONGEST]).reach is not Scope.UNKNOWN

    def _split_joined(self, name: str) -> Iterator[str]:
        """Yield the names of a string without separators: 上海市财政局|上海市民政局."""
        for at in range(_SHORTEST, len(name) - 1):
            rest = name[at:]
            if self.body.fullmatch(name[:at]) and self.body.fullmatch(rest) and self._meet(name[:at], rest):
                yield name[:at]
                yield from self._split_joined(rest)
                return
        yield name

    def _meet(self, name: str, rest: str) -> bool:
        """Return whether two names meet here: both of places, or begun alike, or the second one central."""
        starts = (name[:2], *self.gazetteer.cues.centre_starts)
        if name.endswith(self.closings) or rest.startswith(starts):
            return True
        return self._begins_with_place(rest) and self._begins_with_place(name)

    def _begins_with_place(self, name: str) -> bool:
        opening = self.openings.match(name)
        return bool(self.gazetteer.split_leading(name[opening.end() :] if opening else name)[0])

    def strip_joint(self, words: str) -> tuple[str, bool]:
        """Return words without 等七部门 at their end, and whether it stood there.

        >>> IssuerNames.load().strip_joint("工业和信息化部等七部门")
        ('工业和信息化部', True)
        """
        bare = self.joint.sub("", words)
        return bare, bare != words
