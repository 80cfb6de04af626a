"""Texts without numbering marks that order something: notices and parts of plans, but no reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from build_graph.extract.structure.marks import build_alternation
from build_graph.model import Measure, Outline
from build_graph.resources import load_word_lists

_OPENING = 300  # characters in which a report shows itself: 新华社北京2月13日电（记者…）
_SHARE = 0.5  # of a fragment's characters that acts take at least


@dataclass(frozen=True, slots=True)
class OrderFinder:
    """Tells texts that order something from others, with the words of `data/outline.toml`."""

    kinds: tuple[str, ...]
    report: re.Pattern[str]

    @classmethod
    def load(cls) -> OrderFinder:
        """Return a finder with the package's own words."""
        data = load_word_lists("outline")
        return cls(tuple(data["title"]["kinds"]), re.compile(build_alternation(data["report"]["words"])))

    def is_order(self, content: str, outline: Outline, measures: Sequence[Measure]) -> bool:
        """Return whether a text is to be read: it has marks, or something in it is plainly ordered.

        Without marks it must be addressed to somebody, have the title of a document, or consist of acts.
        """
        if any(part.mark for part in outline.walk()):
            return True
        titled = self._has_title(outline.metadata.title)
        if titled and outline.metadata.addressees:
            return True  # it may only forward another
        acts = sum(len(norm.span) for measure in measures for norm in measure.norms)
        if not acts and not any(measure.assignment for measure in measures):
            return False
        if outline.metadata.addressees or titled:
            return True
        length = sum(len(division.body) for division in outline.divisions)
        return not self.report.search(content[:_OPENING]) and acts >= _SHARE * length

    def _has_title(self, title: str | None) -> bool:
        """Return whether a title ends in the kind of document: …的通告, but not …印发《…规划》."""
        words = re.sub(r"[（(〔\[][^（()）]*[）)〕\]]$", "", (title or "").strip(" .…"))
        return words.endswith(self.kinds) and not self.report.search(words)
