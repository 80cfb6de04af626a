"""The choices that change what an analysis counts, and their descriptions for its output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pyoxigraph import NamedNode

from build_graph.graph.store.shards import ShardFolder
from build_graph.query.engines import Engine
from build_graph.query.open import format_document_name, resolve_selection
from build_graph.query.parameters import parse_day, parse_member
from build_graph.resources import load_word_lists
from build_graph.vocabulary import BASE

DRAWS = 1_000  # of the null model


class Unit(StrEnum):
    """The unit that an analysis counts."""

    MEASURES = "measures"
    NORMS = "norms"  # a measure counts once for each norm in it


class Roles(StrEnum):
    """The roles that tie two bodies in a measure, which also decide whether a tie has a direction."""

    ANY = "any"  # every bearer: pairs without direction
    LEAD_SUPPORT = "lead-support"  # from the leader (牵头) to the supporter (配合)


class Language(StrEnum):
    """The language of a report."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of an analysis; the defaults count every measure, and every agency that it names."""

    document: NamedNode | None = None  # None: all
    domain: NamedNode | None = None
    groups: bool = False  # whether 有关部门 and the like are counted as bodies
    divided: bool = True  # whether measures count that the text divides among their bearers
    roles: Roles = Roles.ANY
    as_of: date | None = None  # predecessors are merged into the bodies of that day
    unit: Unit = Unit.MEASURES
    seed: int = 0
    draws: int = DRAWS  # 0: no null model
    called: str = ""  # the document as people read it, if that is not the end of its IRI

    @property
    def directed(self) -> bool:
        """True if pairs have a direction."""
        return self.roles is Roles.LEAD_SUPPORT

    def describe(self, language: Language = Language.EN) -> Iterator[tuple[str, str]]:
        """Yield the name and the description of each choice, in words of the language.

        >>> dict(Choices().describe())["unit"]
        'measures'
        """
        words = load_word_lists("analysis")["choices"]
        for choice, chosen, value in self._iterate_chosen():
            yield words[choice]["name"][language], words[choice][chosen][language].format(value)

    def _iterate_chosen(self) -> Iterator[tuple[str, str, object]]:
        """Yield the key of each choice, the key of the option chosen, and the value to put into its words."""
        yield "documents", "one" if self.document else "all", self.called or _format_end(self.document)
        yield "domain", "one" if self.domain else "all", _format_end(self.domain)
        yield "bodies", "groups" if self.groups else "agencies", ""
        yield "divided", "in" if self.divided else "out", ""
        yield "roles", self.roles, ""
        yield "as_of", "day" if self.as_of else "none", self.as_of
        yield "unit", self.unit, ""
        yield "chance", "curveball" if self.draws else "none", f"{self.draws:,}, {self.seed}"


def resolve_choices(
    graph: Engine | ShardFolder,
    *,
    document: str | None = None,
    domain: str | None = None,
    as_of: str | None = None,
    **others: Any,
) -> Choices:
    """Return the choices that words give, names looked up in the graph; `others` are fields.

    Raise ObligationError for a name that the graph does not have, and for words that name no choice.
    """
    node, subject = resolve_selection(graph, document, domain)
    for name, kind in (("roles", Roles), ("unit", Unit)):
        if name in others:
            others[name] = parse_member(name, others[name], kind)
    return Choices(
        document=node,
        domain=subject,
        called=format_document_name(graph, node) if node else "",
        as_of=parse_day("--as-of", as_of, date.today()) if as_of else None,
        **others,
    )


def _format_end(node: NamedNode | None) -> str:
    return node.value.removeprefix(BASE) if node else ""
