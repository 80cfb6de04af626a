"""The policy domains of a measure: one to three concepts of `ontology/domains.ttl`, the main one first.

Each domain has words that signal it. Where they stand (heading, first phrase, body), what the bearers
are for, and what the whole document is about (its theme) are features of a domain for a measure. What
each feature counts was fitted on annotated documents (`benchmarks/fit_domains.py`) and is data.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from math import log, log1p
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from build_graph.errors import ObligationError
from build_graph.extract.meaning.matcher import WordMatcher
from build_graph.model import Domain, Measure, Span
from build_graph.resources import find_folder, load_statements, load_word_lists
from build_graph.vocabulary import BASE, OB

# The weight of a word, by its class in the ontology.
_WEIGHTS = {"signal": 1.0, "weakSignal": 0.25}

# A word that occurs everywhere says little: its weight is its rarity against that of a usual word. Short
# words count less, since they are part of many others.
_USUAL_WORD, _LEAST_TELLING = 6.5, 0.3
_SHORT = {1: 0.8, 2: 0.9}

# The weight of a word by its part in the phrase.
_LISTED = 0.5  # one of three or more: 能源、化工、钢铁、林业等行业 are examples
_OFFICE = 0.3  # 市场监管部门: an actor, not a subject
_CITED = 0.3  # in 《…》: the name of another text
_ADVERBIAL = 0.5  # 按照…, 借鉴…经验: no act
_IN_PASSING = 0.4  # a word that counts no more than this opens no sentence's topic
_AGAIN = (1.0, 0.55, 0.55**2)  # the first time a word comes, the second, and from the third time on

# The rarity of the words of a usual domain; words on data are everywhere, but still say something.
_USUAL_DOMAIN, _COMMON_DOMAIN = 3.0, 2.5
_ORGANISATION = "government"

# A theme holds this share of a document's words; a word in the title makes up for some of it.
_THEME_SHARE, _THEME_IN_TITLE = 0.2, 0.15

_MOST = 3

# A heading beyond this is running text; a list of bearers beyond this names everybody.
_HEADING_LENGTH, _BEARERS_READ = 80, 20


# The features of each domain for one measure, by name.
Features = dict[str, dict[str, float]]
_PHRASE = re.compile(r"[^，,：:。；;！!？?\n\r]+")
_OFFICE_END = re.compile(r"(?:行政|主管|管理|监管|执法)*(?:部门|机关|总局|总署|[厅局委](?![员托派]))")
_SENTENCE = re.compile(r"[^。；;！!？?\n\r]+")
_CITATION = re.compile(r"《[^《》]{1,80}》")
_LIST = re.compile(
    r"""
    (?: [^、，,。；;\n在]{1,9} 、 ){2,60}   # 在能源、铁路、
    [^、，,。；;\n]{0,10}                 # 公共事业等行业
    """,
    re.VERBOSE,
)
# The start of a phrase that says how or on what ground something is done.
_ADVERB = re.compile(
    r"""
    \s* (?:
        借鉴 | 按照 | 按(?=\w) | 根据 | 依据 | 依托 | 依照 | 围绕 | 通过 | 结合 | 参照 | 立足
      | 针对 | 坚持
      | 以 .{1,20} 为
      | 在 .{0,40} (?: 前提 | 基础 | 框架 | 条件 )
    )
    """,
    re.VERBOSE,
)


class Theme(NamedTuple):
    """The domain of a whole document, and its share of the strong signals."""

    domain: str
    share: float


class _Signal(NamedTuple):
    """The domains that a word of the scheme signals; none if the word is neutral."""

    weights: tuple[tuple[str, float], ...]  # its weight for each domain that it signals
    domains: frozenset[str]  # those domains
    named: tuple[str, ...]  # the domains whose own matter it names
    worth: float  # its weight by rarity and length

    @classmethod
    def build(cls, weights: Mapping[str, float], worth: float) -> _Signal:
        """Return the signal of a word with a weight for each domain."""
        ordered = tuple(sorted(weights.items()))
        named = tuple([domain for domain, weight in ordered if weight == 1.0])
        return cls(ordered, frozenset(weights), named, worth)


class _Place(StrEnum):
    """The place of a word in a measure; also the name of the feature that it adds to."""

    HEADING = "heading"
    LATER_HEADING = "later heading"  # for a measure that is not the first of its clause
    SECTION = "section"
    PHRASE = "phrase"  # the first that is no adverbial
    SENTENCE = "sentence"  # the rest of the first sentence
    BODY = "body"


_BODY = (_Place.PHRASE, _Place.SENTENCE, _Place.BODY)
_NAMING = frozenset((_Place.HEADING, *_BODY))
_PLACES = tuple(_Place)
_OF_THEME = tuple((name, f"theme {name}") for name in (*_PLACES, "coverage", "total", "title"))


class _Sign(NamedTuple):
    """A word in its place, and the factor of the place; `sentence` counts the measure's sentences."""

    word: str
    signal: _Signal
    start: int
    end: int
    place: _Place
    factor: float = 1.0
    sentence: int = 0


class Surroundings(NamedTuple):
    """The context of a measure: the headings above it, the title and the theme of its document."""

    heading: Span | None = None
    section_heading: Span | None = None
    title: str | None = None
    theme: Theme | None = None


ALONE = Surroundings()


class _Phrase(NamedTuple):
    """A stretch between commas of a measure, its place, and the factor of the words in it."""

    start: int
    place: _Place
    factor: float
    sentence: int


@dataclass(frozen=True, slots=True)
class DomainFinder:
    """A finder of the domains of measures by the words of the scheme."""

    _words: WordMatcher[_Signal]
    _agencies: WordMatcher[_Signal]
    _rarity: Mapping[str, float]  # the rarity of each domain's words
    main: Mapping[str, float]  # the weight of each feature for the main domain
    further: Mapping[str, float]  # and for a further one, whose sum exceeds 0

    @classmethod
    def load(cls, path: Path | None = None) -> DomainFinder:
        """Return the finder for the scheme in `path`, by default the package's own.

        Raises ObligationError if the file cannot be read or a word signals one domain twice.
        """
        words, agencies, rarity = _read_scheme(path or find_folder("ontology") / "domains.ttl")
        data = load_word_lists("domains")
        worth = _build_worths(data["common"])
        return cls(
            WordMatcher(
                {
                    word: _Signal.build(weights, worth.get(word, 1.0) * _SHORT.get(len(word), 1.0))
                    for word, weights in words.items()
                }
            ),
            WordMatcher({word: _Signal.build(weights, 1.0) for word, weights in agencies.items()}),
            {domain: log(max(_COMMON_DOMAIN, rare) / _USUAL_DOMAIN) for domain, rare in rarity.items()},
            data["main"],
            data["further"],
        )

    def find_theme(self, content: str, title: str | None) -> Theme | None:
        """Return the domain that a document as a whole is about, if one stands out.

        >>> DomainFinder.load().find_theme("发展电子商务。规范网络购物。", "关于发展电子商务的意见").domain
        'e-commerce'
        """
        counts: dict[str, float] = defaultdict(float)
        strong: Counter[str] = Counter()
        for word, times in Counter(map(itemgetter(2), self._words.find_words(content))).items():
            signal = self._words[word]
            for domain, weight in signal.weights:
                counts[domain] += weight * times
            for domain in signal.named:
                strong[domain] += times
        titled = set(self._find_title_domains(title))
        total = sum(counts.values())
        rated = {d: n / total + (_THEME_IN_TITLE if d in titled else 0.0) for d, n in counts.items()}
        best = max(rated, key=lambda domain: (rated[domain], domain), default=None)
        if best is None or rated[best] < _THEME_SHARE:
            return None
        return Theme(best, strong[best] / max(1, strong.total()))

    def find(self, content: str, measure: Measure, surroundings: Surroundings = ALONE) -> tuple[Domain, ...]:
        """Return the domains of `measure`, the main one first, each with the words that signal it.

        Where no word of the measure and its headings signals anything, the domain is the theme, or one that
        the title names. Else there is none.
        """
        signs, features = self._read_measure(content, measure, surroundings)
        return tuple(
            Domain(domain, _find_signal_spans(signs, domain)) for domain in self.choose_domains(features)
        )

    def collect_features(
        self, content: str, measure: Measure, surroundings: Surroundings = ALONE
    ) -> Features:
        """Return the features of each domain of `measure`, by the names that `data/domains.toml` weighs."""
        return self._read_measure(content, measure, surroundings)[1]

    # ------------------------------------------------------------------------------ reading

    def _read_measure(
        self, content: str, measure: Measure, surroundings: Surroundings
    ) -> tuple[list[_Sign], Features]:
        """Return the words of the scheme in a measure and the headings above it, and the features."""
        near = _Place.HEADING if measure.index == 1 else _Place.LATER_HEADING
        sentences = [match.start() for match in _SENTENCE.finditer(content, *measure.span)]
        signs = [
            *self._find_in_heading(content, surroundings.heading, near),
            *self._find_in_body(content, measure.span, sentences),
            *self._find_in_heading(content, surroundings.section_heading, _Place.SECTION),
        ]
        return signs, self._build_features(measure, signs, len(sentences), surroundings)

    def _find_in_heading(self, content: str, span: Span | None, place: _Place) -> Iterator[_Sign]:
        """Yield the signs in a heading."""
        if span is not None:
            cut = Span(span.start, min(span.end, span.start + _HEADING_LENGTH))
            for start, end, word, signal in self._words.find_words(content, cut.start, cut.end):
                if signal.weights:
                    yield _Sign(word, signal, start, end, place)

    def _find_in_body(self, content: str, span: Span, sentences: Sequence[int]) -> Iterator[_Sign]:
        """Yield the signs in a measure's own text, whose sentences begin at `sentences`."""
        phrases = list(_iterate_phrases(content, span, sentences))
        starts = [phrase.start for phrase in phrases]
        cited, listed = (_find_positions(pattern, content, span) for pattern in (_CITATION, _LIST))
        for start, end, word, signal in self._words.find_words(content, span.start, span.end):
            if signal.weights:
                phrase = phrases[bisect_right(starts, start) - 1]
                named = _CITED if start in cited else 1.0
                named *= _LISTED if start in listed else 1.0
                named *= _OFFICE if _OFFICE_END.match(content, end) else 1.0
                yield _Sign(word, signal, start, end, phrase.place, phrase.factor * named, phrase.sentence)

    def _find_title_domains(self, title: str | None) -> list[str]:
        """Return the domains that a title names."""
        return [domain for found in self._words.find_words(title or "") for domain in found.value.named]

    def find_words(self, text: str) -> set[str]:
        """Return the words of the scheme in a text."""
        return {found.word for found in self._words.find_words(text)}

    # ----------------------------------------------------------------------------- features

    def _build_features(
        self, measure: Measure, signs: list[_Sign], sentences: int, surroundings: Surroundings
    ) -> Features:
        """Return the features of each domain by name; those that are 0 may be left out."""
        found: Features = defaultdict(lambda: defaultdict(float))
        self._count_words(found, signs)
        _add_coverage(found, signs, sentences)
        theme = surroundings.theme.domain if surroundings.theme else ""
        for domain in _find_first_named(signs, theme):
            found[domain]["first"] = 1.0
        self._add_remits(found, measure)
        for domain in self._find_title_domains(surroundings.title):
            found[domain]["title"] = 1.0
        if surroundings.theme:
            _add_theme_features(found[theme], measure, signs, surroundings)
        for domain, values in found.items():
            values["always"] = 1.0
            values["named"] = float(not _NAMING.isdisjoint(values))
            # The rarity of the theme's words elsewhere says nothing here.
            values["rarity"] = 0.0 if domain == theme else self._rarity.get(domain, 0.0)
        return found

    def _count_words(self, found: Features, signs: Iterable[_Sign]) -> None:
        """Add up the words by their places; a word counts less the second time."""
        seen: dict[str, int] = defaultdict(int)
        for sign in signs:
            worth = sign.factor * sign.signal.worth * _AGAIN[min(seen[sign.word], 2)]
            seen[sign.word] += 1
            for domain, weight in sign.signal.weights:
                if weight == 1.0:
                    found[domain][sign.place] += worth
                elif sign.place in _BODY:
                    found[domain]["weak"] += worth
        bodies = [[values[place] for place in _BODY if place in values] for values in found.values()]
        whole = sum(chain.from_iterable(bodies))
        for values, body in zip(found.values(), bodies, strict=True):
            values["total"] = total = sum(body)
            for name in values:
                values[name] = log1p(values[name])
            values["share"] = total / whole if whole else 0.0

    def _add_remits(self, found: Features, measure: Measure) -> None:
        """Add the domains that the bearers' names signal; the first bearer counts more than the rest."""
        bearers = measure.bearers[:_BEARERS_READ]
        for place, bearer in enumerate(bearers):
            spotted = self._agencies.find_words(bearer.name)
            named = [domain for found_ in spotted for domain, _ in found_.value.weights]
            for domain in named:
                if place == 0:
                    found[domain]["lead"] += 1 / len(named)
                else:
                    found[domain]["support"] += 1 / len(named) / (len(bearers) - 1)
                found[domain]["remit"] = 1.0

    # ----------------------------------------------------------------------------- choosing

    def choose_domains(self, features: Features) -> list[str]:
        """Return the domains that the features favour: the main one, then others, the theme last."""
        if not features:
            return []
        main = max(features, key=lambda domain: (_weigh_features(self.main, features[domain]), domain))
        likely = {d: _weigh_features(self.further, values) for d, values in features.items() if d != main}
        ranked = sorted(likely, key=lambda domain: (-likely[domain], domain))
        further = [domain for domain in ranked[: _MOST - 1] if likely[domain] > 0.0]
        return [main, *sorted(further, key=lambda domain: "theme" in features[domain])]


# -------------------------------------------------------------------------------------- features


def _find_signal_spans(signs: Iterable[_Sign], domain: str) -> tuple[Span, ...]:
    """Return the places of the words that signal a domain, each once, in order."""
    places = {(sign.start, sign.end) for sign in signs if domain in sign.signal.domains}
    return tuple(Span(start, end) for start, end in sorted(places))


def _weigh_features(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    """Return the weighted sum of the features of a domain."""
    return sum([weight * values[name] for name, weight in weights.items() if name in values])


def _add_coverage(found: Features, signs: Iterable[_Sign], sentences: int) -> None:
    """Add the share of a measure's sentences in which each domain is named."""
    covered: dict[str, set[int]] = defaultdict(set)
    for sign in signs:
        if sign.place in _BODY and sign.factor > _IN_PASSING:
            for domain in sign.signal.named:
                covered[domain].add(sign.sentence)
    for domain, numbers in covered.items():
        found[domain]["coverage"] = len(numbers) / max(1, sentences)


def _find_first_named(signs: Iterable[_Sign], theme: str) -> set[str]:
    """Return the domains of the first signal in a measure's text that is not for the theme alone."""
    for sign in signs:
        if sign.place in _BODY and sign.factor > _IN_PASSING:
            named = set(sign.signal.named) - {theme}
            if named:
                return named
    return set()


def _add_theme_features(
    values: dict[str, float], measure: Measure, signs: list[_Sign], surroundings: Surroundings
) -> None:
    """Add the features that only the theme has: whether headings name it or others."""
    assert surroundings.theme is not None
    theme, share = surroundings.theme
    above = [sign for sign in signs if sign.place not in _BODY]
    named = {domain for sign in above if sign.place is not _Place.SECTION for domain in sign.signal.named}
    for name, of_theme in _OF_THEME:
        values[of_theme] = values.get(name, 0.0)
    values["theme"] = 1.0
    values["theme share"] = share
    values["theme goal"] = float(measure.goal)  # the goals of a document are on its theme
    values["theme carried out"] = float(_is_on_implementation(measure, above))
    values["theme in heading"] = float(theme in named)
    values["theme beside another"] = float(bool(named - {theme}))
    values["theme not in heading"] = float(surroundings.heading is not None and not named)


def _is_on_implementation(measure: Measure, headings: Iterable[_Sign]) -> bool:
    """Return whether a measure is on carrying out the document: 组织实施, 保障措施, the closing."""
    if measure.section is None and measure.clause is None:
        return True
    return any(_ORGANISATION in sign.signal.domains for sign in headings)


# -------------------------------------------------------------------------------------- reading


def _find_positions(pattern: re.Pattern[str], content: str, span: Span) -> set[int]:
    """Return the positions within `span` that a pattern covers."""
    return {at for match in pattern.finditer(content, *span) for at in range(*match.span())}


def _iterate_phrases(content: str, span: Span, sentences: Sequence[int]) -> Iterator[_Phrase]:
    """Yield the phrases of `content` within `span`, with place and factor of the words in them."""
    first = True
    for match in _PHRASE.finditer(content, span.start, span.end):
        start, end = match.span()
        number = bisect_right(sentences, start) - 1
        if _ADVERB.match(content, start, end):
            yield _Phrase(start, _Place.BODY, _ADVERBIAL, number)
            continue
        place = _Place.PHRASE if first else _Place.SENTENCE if number <= 0 else _Place.BODY
        yield _Phrase(start, place, 1.0, number)
        first = False


# -------------------------------------------------------------------------------------- loading


_Weights = dict[str, dict[str, float]]  # by word and domain


def _read_scheme(source: Path) -> tuple[_Weights, _Weights, dict[str, float]]:
    """Return the weights of words, those of words in agencies' names, and the rarity of each domain."""
    words: _Weights = defaultdict(dict)
    agencies: _Weights = defaultdict(dict)
    rarity: dict[str, float] = {}
    for name, domain, value in _read_statements(source):
        if name == "rarity":
            rarity[domain] = float(value)
        elif name == "neutralWord":
            words.setdefault(value, {})
        elif name in _WEIGHTS or name == "agencySignal":
            table = agencies if name == "agencySignal" else words
            if domain in table[value]:
                raise ObligationError(f"{source.name}: {value} signals {domain} twice; keep one of them")
            table[value][domain] = _WEIGHTS.get(name, 1.0)
    return words, agencies, rarity


def _read_statements(source: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (property, domain, value) for each statement of our own vocabulary in the scheme."""
    prefix = f"{BASE}domain/"
    for subject, triples in load_statements(source).items():
        for triple in triples:
            if triple.predicate.value.startswith(OB):
                value = getattr(triple.object, "value", "")
                yield triple.predicate.value.removeprefix(OB), subject.value.removeprefix(prefix), value


def _build_worths(common: Mapping[str, str]) -> dict[str, float]:
    """Return how much each common word counts, from lists of words by rarity."""
    return {
        word: max(_LEAST_TELLING, float(rarity) / _USUAL_WORD)
        for rarity, words in common.items()
        for word in words.split()
    }
