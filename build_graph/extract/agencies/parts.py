"""The parts of a bureau in its own documents: 政策法规处 of 杭州市农业农村局, 人事司 of 民政部.

Two bureaus of one city both have an 办公室. In a document that a bureau issued the bare name means its
own part, which stands under the bureau: 浙江省/杭州市/农业农村局/政策法规处.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from build_graph.extract.agencies.local_bodies import LocalNames
from build_graph.model import Body, BodyKind

_HEADS = "局厅委办部署"  # the last characters of bureaus


@dataclass(frozen=True, slots=True)
class PartNames:
    """A finder of the names of a bureau's parts, with the words of the table `parts`."""

    local: LocalNames
    ends: tuple[str, ...]
    doubtful: tuple[str, ...]  # ends that other bodies have too
    words: frozenset[str]
    functions: frozenset[str]  # that a bureau has inside itself too: 研究室
    itself: tuple[str, ...]  # 局 in 局办公室
    behind: tuple[str, ...]  # ends of parts behind the names of their bureaus: 省教育厅|职成处
    groups: re.Pattern[str]  # 各处室
    none: frozenset[str]  # functions of bodies that are no bureaus
    none_central: frozenset[str]  # ids of central bodies that are none

    @classmethod
    def parse(cls, lists: dict[str, Any], local: LocalNames) -> PartNames:
        """Return the finder with the lists in the table `parts`."""
        parts = lists["parts"]
        return cls(
            local=local,
            ends=tuple(parts["ends"]),
            doubtful=tuple(parts["doubtful"]),
            words=frozenset(parts["words"]),
            functions=frozenset(parts["functions"]),
            itself=tuple(parts["itself"]),
            behind=tuple(parts["behind"]),
            groups=re.compile(parts["groups"]),
            none=frozenset(parts["none"]),
            none_central=frozenset(parts["none_central"]),
        )

    def is_bureau(self, body: Body) -> bool:
        """Return whether a body is a ministry or a bureau, whose documents speak of their own parts."""
        if body.kind is BodyKind.GROUP or not body.resolved or body.id in self.none_central:
            return False
        return not self.none & set(body.functions)

    def find_part(self, name: str, *, inner: bool = False) -> str:
        """Return the name of a bureau's part, without the word for the bureau, or "": 局办公室 → 办公室.

        In an `inner` document, which speaks of parts, 事务保障中心 is one too.
        """
        ends = self.ends + self.doubtful if inner else self.ends
        own = self.strip_itself(name)
        return own if self._is_part(own, ends) else name if self._is_part(name, ends) else ""

    def strip_itself(self, name: str) -> str:
        """Return the name without the word for the bureau itself: 局办公室 → 办公室."""
        itself = next((words for words in self.itself if name.startswith(words)), "")
        return name.removeprefix(itself)

    def split_bureaus(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the ways to split a name into a bureau and its part: 省教育厅|职成处."""
        if name.endswith(self.behind):
            for end in range(len(name) - 2, 2, -1):
                if name[end - 1] in _HEADS and self._is_part(name[end:], self.behind):
                    yield name[:end], name[end:]

    def _is_part(self, name: str, ends: tuple[str, ...]) -> bool:
        if name in self.words:
            return True
        if not name.endswith(ends) or self._has_place(name):
            return False
        _, functions = self.local.functions.read(name)
        return all(function.id in self.functions for function in functions)

    def is_group_of_parts(self, name: str) -> bool:
        """Return whether the name of a class of bodies means a bureau's own parts: 各处室, 局属各单位."""
        return self.groups.search(name) is not None and not self._has_place(name)

    def _has_place(self, name: str) -> bool:
        gazetteer = self.local.gazetteer
        return bool(
            self.local.match_level(name)
            or gazetteer.split_leading(name)[0]
            or gazetteer.split_leading_short(name)[0]
        )

    def build_part(self, name: str, kind: BodyKind, bureau: Body) -> Body:
        """Return the part or the class of parts with a name, under its bureau."""
        functions = () if kind is BodyKind.GROUP else self.local.functions.read(name)[1]
        said = name[1:] if name[0] == bureau.label[-1] else name  # 教育厅|厅属各单位
        return Body(
            f"{bureau.id}/{name.replace('/', '／')}",
            kind,
            bureau.label + said,
            known=False,
            functions=tuple(function.id for function in functions) or self._get_form(kind),
            part_of=bureau.id,
        )

    def _get_form(self, kind: BodyKind) -> tuple[str, ...]:
        """Return the function of parts of which nothing else is known."""
        return () if kind is BodyKind.GROUP else ("division",)
