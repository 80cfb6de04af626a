"""The conversion from Traditional to Simplified, character by character, so that no position moves."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from build_graph.resources import load_word_lists
from build_graph.text.repair.edits import Change

_NEAR = 20  # characters within which a Traditional character shows that a shared one is Traditional


@dataclass(frozen=True, slots=True)
class _Script:
    """The characters and words of `data/script.toml`, which explains them."""

    shared: frozenset[str]
    in_gb2312: frozenset[str]
    variants: dict[int, str]
    zhu: tuple[str, ...]
    zhe: tuple[str, ...]

    @classmethod
    def load(cls) -> _Script:
        data = load_word_lists("script")
        shared, held = frozenset(data["shared"]), frozenset(data["in_gb2312"])
        return cls(shared, held, _parse_pairs(data["variants"]), tuple(data["zhu"]), tuple(data["zhe"]))

    def keeps_zhu(self, text: str, position: int) -> bool:
        """Return whether the 著 at `position` stands in a word that keeps it: 著作, 显著; not 着力."""
        if text.startswith(self.zhe, position):
            return False
        return any(text.startswith(word, position - word.index("著")) for word in self.zhu)


def to_simplified(text: str) -> Iterator[Change]:
    """Replace each Traditional character.

    >>> [change.after for change in to_simplified("促進電子商務，著力創新")]
    ['进', '电', '务', '着', '创']
    """
    script = _Script.load()
    if _may_be_traditional(text, script):
        simplified = _simplify_text(text, script)
        for at, (before, after) in enumerate(zip(text, simplified, strict=True)):
            if before != after:
                yield Change(at, at + 1, after)


def simplify(text: str) -> str:
    """Return `text` in Simplified characters by OpenCC's tables alone, of the same length.

    >>> simplify("電子商務")
    '电子商务'
    """
    convert = _load_converter()
    converted = convert(text)
    return converted if len(converted) == len(text) else "".join(map(_wrap_converter(convert), text))


def _may_be_traditional(text: str, script: _Script) -> bool:
    """Return whether `text` has a Chinese character that is not in GB 2312, a code for Simplified texts."""
    chars = {char for char in set(text) if "\u3400" <= char <= "\u9fff"}
    try:
        "".join(chars).encode("gb2312")
    except UnicodeEncodeError:
        return True
    return not chars.isdisjoint(script.in_gb2312)


def _simplify_text(text: str, script: _Script) -> str:
    """Return `text` in Simplified characters; those that both scripts share stay, unless others are near."""
    chars = list(simplify(text).translate(script.variants))
    changed = [i for i, char in enumerate(text) if char != chars[i]]
    sure = [i for i in changed if text[i] not in script.shared]
    for position in changed:
        if text[position] in script.shared and not _is_near(sure, position):
            chars[position] = text[position]
    done = "".join(chars)
    for zhu in re.finditer("著", done):
        if _is_near(sure, zhu.start()) and not script.keeps_zhu(done, zhu.start()):
            chars[zhu.start()] = "着"
    return "".join(chars)


def _parse_pairs(words: str) -> dict[int, str]:
    """Return a table for `str.translate` from pairs of characters: "淸清 吿告"."""
    return {ord(pair[0]): pair[1] for pair in words.split()}


def _is_near(positions: Sequence[int], position: int) -> bool:
    at = bisect_left(positions, position - _NEAR)
    return at < len(positions) and positions[at] <= position + _NEAR


@cache
def _load_converter() -> Callable[[str], str]:
    """Return OpenCC's converter; its tables take some milliseconds to read."""
    import opencc  # slow to load, and most texts are in Simplified characters already

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


def _wrap_converter(convert: Callable[[str], str]) -> Callable[[str], str]:
    """Return `convert` for one character, which stays as it is where it would become several."""

    def convert_single(char: str) -> str:
        converted = convert(char)
        return converted if len(converted) == 1 else char

    return cache(convert_single)
