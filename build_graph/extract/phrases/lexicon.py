"""The word lists by which phrases are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from build_graph.model import NormKind
from build_graph.resources import load_word_lists

# The lists of verbs that can stand behind an adverbial, besides all that are acts.
_WITHIN = ("inner", "late", "dual", "trials", "services")


class WordSet(frozenset[str]):
    """A set of words, looked for at a position of a text or anywhere in it.

    Most positions are ruled out by one character: words are kept by their first and last characters.
    """

    def __new__(cls, words: str) -> WordSet:
        """Return the words of a string, split at white space."""
        return super().__new__(cls, words.split())

    def __init__(self, words: str) -> None:
        """Keep the lengths of the words by their first characters."""
        self._lengths = _collect_lengths(self, 0)

    def match_at(self, text: str, start: int = 0) -> str:
        """Return the longest word that begins at `start`, or "".

        >>> WordSet("支持 支持和引导").match_at("大力支持和引导企业", 2)
        '支持和引导'
        """
        for length in self._lengths.get(text[start : start + 1], ()):
            word = text[start : start + length]
            if word in self:
                return word
        return ""

    def match_before(self, text: str, end: int | None = None) -> str:
        """Return the longest word that ends at `end`, by default the end of the text, or ""."""
        end = len(text) if end is None else end
        for length in self._lengths_back.get(text[end - 1 : end], ()):
            if length <= end and text[end - length : end] in self:
                return text[end - length : end]
        return ""

    def contains_any(self, text: str, start: int = 0) -> bool:
        """Return whether any of the words begins at `start` or later.

        >>> [WordSet("支持 引导").contains_any("大力支持企业", at) for at in (2, 3)]
        [True, False]
        """
        return self._anywhere.search(text, start) is not None

    def iterate_starts(self, text: str, start: int = 0) -> Iterator[int]:
        """Yield the starts of the words from `start` on; words may overlap."""
        while found := self._anywhere.search(text, start):
            yield found.start()
            start = found.start() + 1

    def iterate_ends(self, text: str, start: int = 0) -> Iterator[int]:
        """Yield the ends of the words behind `start` and before the end of the text.

        >>> list(WordSet("企业 小微企业 机构").iterate_ends("小微企业、机构和个人"))
        [4, 7]
        """
        for last in self._lasts.finditer(text, start, len(text) - 1):
            if self.match_before(text, last.end()):
                yield last.end()

    @cached_property
    def _lengths_back(self) -> dict[str, list[int]]:
        return _collect_lengths(self, -1)  # most lists are looked for at their beginning alone

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self))) or r"(?!)")

    @cached_property
    def _lasts(self) -> re.Pattern[str]:
        return re.compile(f"[{re.escape(''.join(sorted(self._lengths_back)))}]" if self else r"(?!)")


def _collect_lengths(words: frozenset[str], at: int) -> dict[str, list[int]]:
    """Return the lengths of words, longest first, by their first (0) or last (-1) character."""
    lengths: dict[str, list[int]] = {}
    for char, length in sorted({(word[at], len(word)) for word in words}, reverse=True):
        lengths.setdefault(char, []).append(length)
    return lengths


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lists of `data/norms.toml`, under the names that they have there."""

    cues: dict[str, NormKind]  # the kind that each cue word gives
    studied: WordSet
    awaiting: WordSet
    modals: WordSet
    free: WordSet
    bridges: WordSet
    other_words: WordSet
    conjunctions: WordSet
    joins: WordSet
    adverbs: WordSet
    eager: WordSet
    prepositions: WordSet
    manners: WordSet
    standards: WordSet
    reasons: WordSet
    locals: WordSet
    usages: WordSet
    carriers: WordSet
    future: WordSet
    means: WordSet
    circumstances: WordSet
    periods: WordSet
    since: WordSet
    no_circumstances: WordSet
    closers: WordSet
    soft_closers: WordSet
    actors: WordSet
    determiners: WordSet
    duties: WordSet
    verdicts: WordSet
    measures: WordSet
    impersonal: WordSet
    stressing: WordSet
    universal: WordSet
    government: WordSet
    acts: WordSet  # all verbs
    dual: WordSet
    singles: WordSet
    complements: WordSet
    no_compounds: WordSet
    tempers: WordSet
    publics: WordSet
    no_publics: WordSet
    oversight: WordSet
    stresses: WordSet
    favours: WordSet
    gifts: WordSet
    links: WordSet
    bases: WordSet
    lights: WordSet
    things: WordSet
    carried: WordSet
    sums: WordSet
    names: WordSet
    nominal: WordSet
    rates: WordSet
    no_nominal: WordSet
    inner: WordSet
    late: WordSet
    agents: WordSet
    purposes: WordSet
    results: WordSet
    services: WordSet
    stages: WordSet
    drives: WordSet
    drifts: WordSet
    makes: WordSet
    standings: WordSet
    no_purposes: WordSet
    helped: WordSet
    them: WordSet
    spanning: WordSet
    spanned: WordSet
    gives: WordSet
    deferring: WordSet
    adjusts: WordSet
    settings: WordSet
    trials: WordSet
    traits: WordSet
    outcomes: WordSet
    products: WordSet
    no_products: WordSet
    hopes: WordSet
    institutions: WordSet
    shifting: WordSet
    efforts: WordSet
    marks: WordSet
    cases: WordSet
    motives: WordSet
    turns: WordSet
    predicates: WordSet
    no_predicates: WordSet
    degrees: WordSet
    changes: WordSet
    statives: WordSet
    instruments: WordSet
    heads: WordSet  # whatever can head a phrase: cues, verbs, purposes, prepositions, carriers
    within: WordSet  # whatever can be the verb behind an adverbial

    @classmethod
    def load(cls) -> Lexicon:
        """Return the package's own lists."""
        data = load_word_lists("norms")
        lists = {
            name: WordSet(words) for part in ("words", "statements") for name, words in data[part].items()
        }
        lists |= {name: WordSet(words) for name, words in data["verbs"].items() if name != "common"}
        lists |= {name: WordSet(data["modals"][name]) for name in ("free", "bridges", "other_words")}
        lists |= {
            "modals": WordSet(data["modals"]["words"]),
            **{name: WordSet(data["cues"][name]) for name in ("studied", "awaiting")},
        }
        acts = _join_acts(data["verbs"])
        within = WordSet(" ".join((*acts, *(word for name in _WITHIN for word in lists[name]))))
        return cls(cues=_read_cues(data["cues"]), acts=acts, heads=_join_heads(data), within=within, **lists)

    def match_compound(self, text: str, start: int) -> str:
        """Return a verb of one character with its complement, or "": 守牢, 选准; they are coined anew."""
        word = text[start : start + 2]
        if word[:1] not in self.singles or word[1:] not in self.complements or word in self.no_compounds:
            return ""
        return word

    def find_kind(self, word: str) -> NormKind | None:
        """Return the kind that a cue word gives."""
        return self.cues.get(word)


def _read_cues(data: dict[str, str]) -> dict[str, NormKind]:
    return {word: kind for kind in reversed(NormKind) for word in data[kind.value].split()}


def _join_acts(verbs: dict[str, str]) -> WordSet:
    return WordSet(" ".join(verbs[name] for name in ("government", "common", "dual", "no_purposes")))


def _join_heads(data: dict[str, dict[str, str]]) -> WordSet:
    verbs = [data["verbs"][name] for name in ("purposes", "results")]
    words = [data["words"][name] for name in ("prepositions", "reasons", "means", "usages", "carriers")]
    return WordSet(" ".join((*_join_acts(data["verbs"]), *data["cues"].values(), *verbs, *words)))
