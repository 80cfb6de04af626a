"""The sentences of a measure, and the phrases between their commas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from build_graph.extract.structure.marks import keep_outermost
from build_graph.model import Span

# Each pattern begins with a class of characters, so that it passes over all others at once.
_CUT = re.compile(
    r"""
    [&。；;！!？?\n\r，,：:]
    (?: (?<=&)[A-Za-z]{2,8};                 # the ; of &nbsp; ends no sentence
      | (?<=[0-9][，,：:])(?=[0-9])(?P<within>)  # the comma of 10,000, the colon of 1:1
    )?
    """,
    re.VERBOSE,
)

_BRACKET = re.compile(
    r"""
    [&"＂(（\[［【〔《〈“‘「『)）\]］】〕》〉”’」』\n\r]
    (?:(?<=&)quot;)?                         # a straight quote opens and closes
    """,
    re.VERBOSE,
)

_LEAD = re.compile(
    r"""
    (?:
        [\s\u3000、&;] | &nbsp;
      | [-—–―─·•●◆▲■□○]+                                   # --数字经济…
      | [（(]\s?[0-9０-９一二三四五六七八九十]{1,3}\s?[）)]    # （1）
      | [0-9０-９]{1,3}\s?[．.、）)](?![0-9])                  # 1．
      | [一二三四五六七八九十]{1,3}(?:是(?:要)?|、|(?=要|为))     # 一是…二是…
      | 第[一二三四五六七八九十]{1,2}(?=[、，,])
      | [①-⑳❶-❿]
    )*
    """,
    re.VERBOSE,
)

_KNOWN = 256  # phrases, more than a sentence has

# What each mark closes, of both widths; a straight quote closes “ too, as in “三大行动&quot;.
_PAIRS: dict[str, tuple[str, ...]] = {
    mark: (opener,) for mark, opener in zip(")）]］】〕》〉’」』", "((［［【〔《〈‘「『", strict=True)
}
_PAIRS["”"] = ("“", '"')
_FOLD = {"（": "(", "[": "［"}
_QUOTES = ('"', "＂", "&quot;")
_CLOSERS = frozenset((*_PAIRS, *_QUOTES))
_STOPS = frozenset("。；;！!？?\n\r")
# The marks that close a bracket or a quote; & may begin &quot;.
_CLOSER = re.compile(f"[&{re.escape(''.join(sorted(word[0] for word in _CLOSERS)))}]")


class Sentence(NamedTuple):
    """The phrases between two full stops or semicolons, and the mark that ends them ("" at the end)."""

    phrases: tuple[Span, ...]
    stop: str

    @property
    def span(self) -> Span:
        """The stretch from the first phrase to the last."""
        return Span(self.phrases[0].start, self.phrases[-1].end)

    @property
    def continues(self) -> bool:
        """True if only a semicolon ends the sentence."""
        return self.stop in ("；", ";")


@lru_cache(maxsize=1)  # norms and targets are looked for in the same measure
def split_sentences(content: str, span: Span) -> tuple[Sentence, ...]:
    """Return the sentences of `content` within `span`; marks inside brackets and quotes do not cut.

    >>> text = "一是严禁（收费，摊派）；二是完善“放，管”机制,防止反弹。"
    >>> [[p.extract(text) for p in s.phrases] for s in split_sentences(text, Span(0, len(text)))]
    [['严禁（收费，摊派）'], ['完善“放，管”机制', '防止反弹']]
    """
    found: list[Sentence] = []
    phrases: list[Span] = []
    start = span.start
    for at in _iterate_cuts(content, span):
        phrases += _trim_phrase(content, start, at)
        start = at + 1
        if content[at] in _STOPS:
            found += [Sentence(tuple(phrases), content[at])] if phrases else []
            phrases = []
    phrases += _trim_phrase(content, start, span.end)
    found += [Sentence(tuple(phrases), "")] if phrases else []
    return tuple(found)


@lru_cache(_KNOWN)
def blank_brackets(text: str) -> str:
    """Return `text` with brackets and quotes blanked; it keeps its length.

    Brackets become blanks and quotes become 〇, since “一网通办” is a word of its phrase and （试行） is not.

    >>> blank_brackets("推进“一网通办”（试行）")
    '推进〇〇〇〇〇〇    '
    """
    if not _CLOSER.search(text):
        return text
    kept, at = [], 0
    for first, last in _find_closed(text, Span(0, len(text))):
        blank = " " if text[first] in "(（[［【〔" else "〇"
        kept += [text[at:first], blank * (last - first)]
        at = last
    return "".join(kept) + text[at:]


def _trim_phrase(content: str, start: int, end: int) -> list[Span]:
    """Return the phrase without list mark and blanks; nothing if only these are left."""
    lead = _LEAD.match(content, start, end)
    start = lead.end() if lead else start
    while end > start and content[end - 1].isspace():
        end -= 1
    return [Span(start, end)] if end > start else []


def _iterate_cuts(content: str, span: Span) -> Iterator[int]:
    """Yield the stops and commas outside of closed brackets and quotes."""
    shut = iter(_find_closed(content, span))
    first, last = next(shut, (span.end, span.end))
    for mark in _CUT.finditer(content, span.start, span.end):
        at = mark.start()
        while at >= last and last < span.end:
            first, last = next(shut, (span.end, span.end))
        if content[at] != "&" and mark["within"] is None and not first <= at < last:
            yield at


def _find_closed(content: str, span: Span) -> list[Span]:
    """Return the outermost stretches in brackets or quotes that close within their paragraph, in order."""
    pairs: list[Span] = []
    stack = _Openers()
    for mark in _BRACKET.finditer(content, span.start, span.end):
        word = mark.group()
        if word in "\n\r":
            stack.clear()
        elif word in _CLOSERS:
            start = stack.pop(*_PAIRS.get(word, ('"', "“")))
            if start is not None:
                keep_outermost(pairs, Span(start, mark.end()))
            elif word in _QUOTES:
                stack.push('"', mark.start())
        elif word != "&":
            stack.push(_FOLD.get(word, word), mark.start())
    return pairs


class _Openers:
    """The brackets and quotes that are open; counted, so that a stray closer costs nothing."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, int]] = []
        self._count: dict[str, int] = {}

    def clear(self) -> None:
        """Drop all that are open."""
        if self._stack:
            self._stack.clear()
            self._count.clear()

    def push(self, opener: str, start: int) -> None:
        self._stack.append((opener, start))
        self._count[opener] = self._count.get(opener, 0) + 1

    def pop(self, *openers: str) -> int | None:
        """Return the start of the nearest open mark, or None; those opened after it are dropped.

        The mark is the first of `openers` that is open.
        """
        if not self._stack:
            return None
        opener = next((mark for mark in openers if self._count.get(mark)), None)
        if opener is None:
            return None
        while True:
            last, start = self._stack.pop()
            self._count[last] -= 1
            if last == opener:
                return start
