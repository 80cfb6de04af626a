"""Spaces that stand in a word because a page was wrapped there: 食品药品监 管总局.

Many texts part paragraphs, titles, names and bodies by a space (中共中央 国务院), so a space goes only
where the document itself shows that it stands within a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import add

from build_graph.reading.edits import Change

_GAP = re.compile(r"(?<= [\u4e00-\u9fff]{2} ) [ ] (?= [\u4e00-\u9fff]{2} )", re.VERBOSE)
_MANY = 6  # gaps between characters known as neighbours that show a page to be wrapped throughout, ...
_SPLIT_SHARE = 0.25  # ... if they are so large a part of all gaps
_OFTEN = 3  # times that a pair has to stand elsewhere to be a word, ...
_MOSTLY = 0.8  # ... and to be so large a part of what one of its characters is used for


def join_wrapped(text: str) -> Iterator[Change]:
    """Takes out single spaces between characters that the text has side by side elsewhere.

    On a page that is wrapped throughout that is enough. On others they must form a word: one of them
    hardly stands without the other.

    >>> [change.start for change in join_wrapped("市监管总局、药监管总局、监管局，食品药品监 管总局 各局")]
    [21]
    """
    gaps = {gap.start(): text[gap.start() - 1] + text[gap.end()] for gap in _GAP.finditer(text)}
    if not gaps:
        return
    seen = _count_pairs(text)
    known = [gap for gap, pair in gaps.items() if seen[pair] > 1]
    wrapped = len(known) >= _MANY and len(known) >= _SPLIT_SHARE * len(gaps)
    for gap in known:
        if wrapped or _is_word(gaps[gap], seen):
            yield Change(gap, gap + 1, "")


def _count_pairs(text: str) -> Counter[str]:
    """How often each pair of characters stands in `text`, and each character by itself."""
    seen = Counter(map(add, text, text[1:]))
    seen.update(text)
    return seen


def _is_word(pair: str, seen: Mapping[str, int]) -> bool:
    return seen[pair] >= _OFTEN and any(seen[pair] >= _MOSTLY * (seen[char] - 1) for char in pair)
