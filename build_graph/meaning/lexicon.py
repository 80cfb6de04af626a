"""The word lists by which phrases are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from build_graph.model import NormKind
from build_graph.resources import word_lists


class Words:
    """A set of words, looked for at a position of a text or anywhere in it.

    Most positions are told apart by one character: how long a word can be goes by its first, or last.
    """

    def __init__(self, words: str) -> None:
        """Of the words in a string, separated by white space."""
        self._words = frozenset(words.split())
        self._lengths = _lengths(self._words, 0)

    def __contains__(self, word: object) -> bool:
        """Whether the word is one of them."""
        return word in self._words

    def __or__(self, other: Words) -> Words:
        """The words of both."""
        return Words(" ".join(self._words | other._words))

    def at(self, text: str, start: int) -> str:
        """The longest word that begins at `start`, or "".

        >>> Words("支持 支持和引导").at("大力支持和引导企业", 2)
        '支持和引导'
        """
        for length in self._lengths.get(text[start : start + 1], ()):
            word = text[start : start + length]
            if word in self._words:
                return word
        return ""

    def before(self, text: str, end: int) -> str:
        """The longest word that ends at `end`, or ""."""
        for length in self._lengths_back.get(text[end - 1 : end], ()):
            if length <= end and text[end - length : end] in self._words:
                return text[end - length : end]
        return ""

    def within(self, text: str, start: int = 0) -> bool:
        """Whether any of the words begins at `start` or later.

        >>> Words("支持 引导").within("大力支持企业", 2), Words("支持 引导").within("大力支持企业", 3)
        (True, False)
        """
        return self._anywhere.search(text, start) is not None

    def starts(self, text: str, start: int = 0) -> Iterator[int]:
        """Where words begin, from `start` on; words may overlap."""
        while found := self._anywhere.search(text, start):
            yield found.start()
            start = found.start() + 1

    def ends(self, text: str, start: int = 0) -> Iterator[int]:
        """Where words end, before the end of the text and behind `start`.

        >>> list(Words("企业 小微企业 机构").ends("小微企业、机构和个人"))
        [4, 7]
        """
        for last in self._lasts.finditer(text, start, len(text) - 1):
            if self.before(text, last.end()):
                yield last.end()

    @cached_property
    def _lengths_back(self) -> dict[str, list[int]]:
        return _lengths(self._words, -1)  # most lists are looked for at their beginning alone

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self._words))) or r"(?!)")

    @cached_property
    def _lasts(self) -> re.Pattern[str]:
        return re.compile(f"[{re.escape(''.join(sorted(self._lengths_back)))}]" if self._words else r"(?!)")


def _lengths(words: frozenset[str], at: int) -> dict[str, list[int]]:
    """How long the words are that have a character at their begin (0) or end (-1), longest first."""
    lengths: dict[str, list[int]] = {}
    for char, length in sorted({(word[at], len(word)) for word in words}, reverse=True):
        lengths.setdefault(char, []).append(length)
    return lengths


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every list of `data/norms.toml`, under the name that it has there."""

    cues: dict[str, NormKind]  # the kind that each cue word gives
    studied: Words
    awaiting: Words
    modals: Words
    free: Words
    bridges: Words
    other_words: Words
    conjunctions: Words
    joins: Words
    adverbs: Words
    eager: Words
    prepositions: Words
    manners: Words
    standards: Words
    reasons: Words
    locals: Words
    usages: Words
    carriers: Words
    future: Words
    means: Words
    circumstances: Words
    periods: Words
    since: Words
    no_circumstances: Words
    closers: Words
    soft_closers: Words
    actors: Words
    determiners: Words
    duties: Words
    verdicts: Words
    measures: Words
    impersonal: Words
    stressing: Words
    universal: Words
    government: Words
    acts: Words  # all verbs
    dual: Words
    singles: Words
    complements: Words
    no_compounds: Words
    tempers: Words
    publics: Words
    no_publics: Words
    oversight: Words
    stresses: Words
    favours: Words
    gifts: Words
    links: Words
    bases: Words
    lights: Words
    things: Words
    carried: Words
    sums: Words
    names: Words
    nominal: Words
    rates: Words
    no_nominal: Words
    inner: Words
    late: Words
    agents: Words
    purposes: Words
    results: Words
    services: Words
    stages: Words
    drives: Words
    drifts: Words
    makes: Words
    standings: Words
    no_purposes: Words
    helped: Words
    them: Words
    spanning: Words
    spanned: Words
    gives: Words
    deferring: Words
    adjusts: Words
    settings: Words
    trials: Words
    traits: Words
    outcomes: Words
    products: Words
    no_products: Words
    hopes: Words
    institutions: Words
    shifting: Words
    efforts: Words
    marks: Words
    cases: Words
    motives: Words
    turns: Words
    predicates: Words
    no_predicates: Words
    degrees: Words
    changes: Words
    statives: Words
    instruments: Words
    heads: Words  # whatever can head a phrase: cues, verbs, purposes, prepositions, carriers

    @classmethod
    def load(cls) -> Lexicon:
        """The lists that come with the package."""
        data = word_lists("norms")
        lists = {name: Words(words) for part in ("words", "statements") for name, words in data[part].items()}
        lists |= {name: Words(words) for name, words in data["verbs"].items() if name != "common"}
        lists |= {name: Words(data["modals"][name]) for name in ("free", "bridges", "other_words")}
        lists |= {
            "modals": Words(data["modals"]["words"]),
            **{name: Words(data["cues"][name]) for name in ("studied", "awaiting")},
        }
        return cls(cues=_cues(data["cues"]), acts=_acts(data["verbs"]), heads=_heads(data), **lists)

    def compound(self, text: str, start: int) -> str:
        """A verb of one character with what comes of it, or "": 守牢, 选准; such are coined anew."""
        word = text[start : start + 2]
        if word[:1] not in self.singles or word[1:] not in self.complements or word in self.no_compounds:
            return ""
        return word

    def kind(self, word: str) -> NormKind | None:
        """The kind that a cue word gives."""
        return self.cues.get(word)


def _cues(data: dict[str, str]) -> dict[str, NormKind]:
    return {word: kind for kind in reversed(NormKind) for word in data[kind.value].split()}


def _acts(verbs: dict[str, str]) -> Words:
    return Words(" ".join(verbs[name] for name in ("government", "common", "dual", "no_purposes")))


def _heads(data: dict[str, dict[str, str]]) -> Words:
    verbs = [data["verbs"][name] for name in ("purposes", "results")]
    words = [data["words"][name] for name in ("prepositions", "reasons", "means", "usages", "carriers")]
    return _acts(data["verbs"]) | Words(" ".join((*data["cues"].values(), *verbs, *words)))
