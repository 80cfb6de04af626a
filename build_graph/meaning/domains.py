"""The policy domains of a measure: one to three concepts of `ontology/domains.ttl`, the main one first.

Each domain has words that signal it. The words of a measure, of its heading and of the section's
heading are weighed by where they stand; what the measure's bearers are for is a hint beside them.
The domain that a whole document is about (its theme) has words everywhere, so the particular topic
of a measure goes before it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from build_graph.errors import ObligationError
from build_graph.meaning.spotting import Spotter
from build_graph.model import Domain, Measure, Span
from build_graph.ontology import statements
from build_graph.resources import folder
from build_graph.vocabulary import BASE, OB

# What a word counts, by its class in the ontology. Weak words together count no more than half a
# signal, else a page of 产品, 设备 and 生产 would outweigh the one word that names the topic.
_WEIGHTS = {"signal": 1.0, "weakSignal": 0.25}
_WEAK_AT_MOST = 0.5

# What a word counts by its place. A heading names the topic of its clause, most of all for the
# measure that follows at once; a section's heading spans many topics.
_HEADING, _HEADING_LATER, _SECTION = 1.2, 0.6, 0.3
_LISTED = 0.5  # one of three or more: 能源、化工、钢铁、林业等行业 are examples
_OFFICE = 0.3  # 市场监管部门: who acts, not what about
_CITED = 0.3  # in 《…》: the name of another text
_ADVERBIAL = 0.5  # 按照…, 借鉴…经验: not what is to be done
_AGAIN = 0.55  # the second time the same word comes, and once more from the third time on

# What all bearers of a measure together can add, and each against the one before: lists go by rank.
_BEARERS, _NEXT_BEARER = 0.8, 0.6

# For the main place also counts: that the first phrase and sentence say what a measure is about,
# that the topic named first comes first, and how much a word tells: talk of data is everywhere.
_FIRST_PHRASE, _FIRST_SENTENCE, _FIRST_NAMED = 2.0, 1.25, 1.15
_USUAL_RARITY, _RARITY_FOR_MAIN, _RARITY_FOR_LIST = 3.0, 0.5, 0.15

# What the theme keeps when it competes for the main place: in general, and where a heading names it.
# Sections on how the document is carried out (保障措施) are about the theme if about anything.
_THEME, _THEME_IN_HEADING, _THEME_IN_SECTION = 0.8, 1.0, 1.2
_THEME_BY_DEFAULT = 0.7
_ORGANISATION = "government"

# A theme holds this share of a document's words; a word in the title makes up for some of it.
_THEME_SHARE, _THEME_IN_TITLE = 0.2, 0.15

# What a further domain must have: a share of what the main one has, a higher one for the third.
# Being in the list is a matter of distinct words, so that each further one adds less.
_SECOND, _THIRD, _LEAST, _THEME_LEAST, _THEME_SECOND = 0.5, 0.75, 0.9, 0.75, 0.3
_NEXT_WORD = 0.85
_MOST = 3

# A heading beyond this is running text; a list of bearers beyond this names everybody.
_HEADING_LENGTH, _BEARERS_READ = 80, 20


# For each domain that a word signals what it counts; none if it is neutral.
_Weights = tuple[tuple[str, float], ...]


class _Sign(NamedTuple):
    """A word in its place: what the place makes of it, and what more for the main domain."""

    word: str
    weights: _Weights
    span: Span
    factor: float = 1.0
    emphasis: float = 1.0


class _Evidence(NamedTuple):
    """One sign as evidence for one domain."""

    weight: float
    weak: bool
    emphasis: float
    span: Span


class _Phrase(NamedTuple):
    """A stretch between commas of a measure, and what its place makes of the words in it."""

    span: Span
    factor: float
    emphasis: float


@dataclass(frozen=True, slots=True)
class _Case:
    """All that speaks for the domains of one measure, and the document's theme."""

    evidence: Mapping[str, list[_Evidence]]
    bearers: Mapping[str, float]
    first: frozenset[str]  # the domains named first
    theme: str | None
    theme_factor: float
    theme_base: float  # what the theme has before any word of it is read


@dataclass(frozen=True, slots=True)
class DomainFinder:
    """Finds the domains of measures by the words of the scheme."""

    _words: Spotter[_Weights]
    _agencies: Spotter[_Weights]
    _rarity: Mapping[str, float]

    @classmethod
    def load(cls, path: Path | None = None) -> DomainFinder:
        """The finder for the scheme in `path`, by default the project's own.

        Raises `ObligationError` if the file cannot be read or a word signals one domain twice.
        """
        source = path or folder("ontology") / "domains.ttl"
        words: dict[str, dict[str, float]] = defaultdict(dict)
        agencies: dict[str, dict[str, float]] = defaultdict(dict)
        rarity: dict[str, float] = {}
        for name, domain, value in _statements(source):
            if name == "rarity":
                rarity[domain] = float(value)
            elif name == "neutralWord":
                words.setdefault(value, {})
            elif name in _WEIGHTS or name == "agencySignal":
                table = agencies if name == "agencySignal" else words
                if domain in table[value]:
                    raise ObligationError(f"{source.name}: {value} signals {domain} twice; keep one of them")
                table[value][domain] = _WEIGHTS.get(name, 1.0)
        return cls(_spotter(words), _spotter(agencies), rarity)

    def theme(self, content: str, title: str | None) -> str | None:
        """The domain that a document as a whole is about, if one stands out.

        >>> DomainFinder.load().theme("发展电子商务。规范网络购物。", "关于发展电子商务的意见")
        'e-commerce'
        """
        counts: Counter[str] = Counter()
        for found in self._words.spot(content):
            counts.update(dict(found.value))
        titled = {domain for domain, weight in self._domains_in(title or "") if weight == 1.0}
        total = sum(counts.values())
        rated = {d: n / total + (_THEME_IN_TITLE if d in titled else 0.0) for d, n in counts.items()}
        best = max(rated, key=lambda domain: (rated[domain], domain), default=None)
        return best if best is not None and rated[best] >= _THEME_SHARE else None

    def find(  # noqa: PLR0913  # a measure is understood from all that stands around it
        self,
        content: str,
        measure: Measure,
        *,
        heading: Span | None = None,
        section_heading: Span | None = None,
        title: str | None = None,
        theme: str | None = None,
    ) -> tuple[Domain, ...]:
        """The domains of `measure`, the main one first, each with the words that signal it.

        `theme` is what `theme()` found for the document; where no word of the measure and of the
        headings signals anything, it is the domain, or what `title` names. Else there is none.
        """
        near = self._headline(content, heading, _HEADING if measure.index == 1 else _HEADING_LATER)
        above = self._headline(content, section_heading, _SECTION)
        body = self._body(content, measure.span)
        case = _Case(
            evidence=_gather([*near, *body, *above]),
            bearers=self._bearers(measure),
            first=_named_first(body, theme),
            theme=theme,
            theme_factor=_theme_factor(measure, theme, near, above),
            theme_base=_THEME_BY_DEFAULT if _carries_out(measure, [*near, *above]) else 0.0,
        )
        chosen = self._choose(case) or self._fallback(theme, title)
        return tuple(Domain(domain, _spans(case.evidence.get(domain, []))) for domain in chosen)

    # ------------------------------------------------------------------------------ reading

    def _headline(self, content: str, span: Span | None, factor: float) -> list[_Sign]:
        """The signs in a heading."""
        if span is None:
            return []
        cut = Span(span.start, min(span.end, span.start + _HEADING_LENGTH))
        return [sign._replace(factor=factor) for sign in self._signs(content, cut)]

    def _signs(self, content: str, span: Span) -> list[_Sign]:
        """The words of the scheme within `span`."""
        return [
            _Sign(found.word, found.value, Span(span.start + found.start, span.start + found.end))
            for found in self._words.spot(span.of(content))
        ]

    def _body(self, content: str, span: Span) -> list[_Sign]:
        """The signs in a measure's own text."""
        phrases = list(_phrases(content, span))
        starts = [phrase.span.start for phrase in phrases]
        cited, listed = _Stretches(_cited(), content, span), _Stretches(_listed(), content, span)
        signs = []
        for sign in self._signs(content, span):
            phrase = phrases[bisect_right(starts, sign.span.start) - 1]
            named = (_CITED if sign.span in cited else 1.0) * (_LISTED if sign.span in listed else 1.0)
            named *= _OFFICE if _office().match(content, sign.span.end) else 1.0
            signs.append(sign._replace(factor=phrase.factor * named, emphasis=phrase.emphasis))
        return signs

    def _domains_in(self, text: str) -> Iterator[tuple[str, float]]:
        """The domains that the words of a text signal, each with the word's weight."""
        for found in self._words.spot(text):
            yield from found.value

    def _bearers(self, measure: Measure) -> dict[str, float]:
        """What the bearers' names say of the domains."""
        bearers = measure.bearers[:_BEARERS_READ]
        ranks = [_NEXT_BEARER**place for place in range(len(bearers))]
        scores: dict[str, float] = defaultdict(float)
        for bearer, rank in zip(bearers, ranks, strict=True):
            named = [domain for found in self._agencies.spot(bearer.name) for domain, _ in found.value]
            for domain in named:
                scores[domain] += _BEARERS * rank / sum(ranks) / len(named)
        return scores

    # ----------------------------------------------------------------------------- choosing

    def _choose(self, case: _Case) -> list[str]:
        """The domains that the evidence speaks for, the main one first."""
        present = _with_bearers(
            case,
            {d: _presence(found) * self._telling(d, _RARITY_FOR_LIST) for d, found in case.evidence.items()},
        )
        ranked = self._ranked(case)
        if not ranked:
            return []
        main = max(ranked, key=lambda domain: (ranked[domain], domain))
        others = sorted(present.keys() - {main, case.theme}, key=lambda domain: (-present[domain], domain))
        chosen = [main]
        for domain in others[: _MOST - 1]:
            share = _SECOND if len(chosen) == 1 else _THIRD
            if present[domain] >= max(_LEAST, share * present[main]):
                chosen.append(domain)
        if case.theme is not None and case.theme != main and _theme_shows(case, case.theme, present[main]):
            chosen = [*chosen[: _MOST - 1], case.theme]
        return chosen

    def _ranked(self, case: _Case) -> dict[str, float]:
        """What each domain has for the main place."""
        scores = {
            # How rare the theme's words are elsewhere says nothing here.
            domain: _sum(found) * (1.0 if domain == case.theme else self._telling(domain, _RARITY_FOR_MAIN))
            for domain, found in case.evidence.items()
        }
        scores = _with_bearers(case, scores)
        for domain in case.first:
            scores[domain] *= _FIRST_NAMED
        if case.theme in scores:
            scores[case.theme] *= case.theme_factor
            # How a document is carried out is never more its topic than what it is about.
            if scores.get(_ORGANISATION, 0.0) >= scores[case.theme]:
                scores[_ORGANISATION] = 0.99 * scores[case.theme]
        return scores

    def _telling(self, domain: str, power: float) -> float:
        """How much the words of a domain tell: the rarer they are in policy prose the more."""
        rarity = max(1.0, self._rarity.get(domain, _USUAL_RARITY))
        return float((rarity / _USUAL_RARITY) ** power)

    def _fallback(self, theme: str | None, title: str | None) -> list[str]:
        """The theme, or the first domain that the title signals."""
        return [theme] if theme else [domain for domain, _ in self._domains_in(title or "")][:1]


# --------------------------------------------------------------------------------------- scores


def _gather(signs: Iterable[_Sign]) -> dict[str, list[_Evidence]]:
    """The evidence for each domain; a word that comes again counts less."""
    seen: Counter[str] = Counter()
    evidence: dict[str, list[_Evidence]] = defaultdict(list)
    for word, weights, span, factor, emphasis in signs:
        again = _AGAIN ** min(seen[word], 2)
        seen[word] += 1
        for domain, weight in weights:
            evidence[domain].append(_Evidence(weight * factor * again, weight < 1.0, emphasis, span))
    return evidence


def _sum(found: list[_Evidence]) -> float:
    """All evidence for a domain, with emphasis."""
    strong = sum(e.weight * e.emphasis for e in found if not e.weak)
    return strong + min(_WEAK_AT_MOST, sum(e.weight * e.emphasis for e in found if e.weak))


def _presence(found: list[_Evidence]) -> float:
    """All evidence for a domain without emphasis, each further word adding less."""
    weights = [e.weight for e in found if not e.weak]
    weights.append(min(_WEAK_AT_MOST, sum(e.weight for e in found if e.weak)))
    # A long measure repeats itself; beyond this many words nothing is added that could be seen.
    return sum(w * _NEXT_WORD**place for place, w in enumerate(sorted(weights, reverse=True)[:50]))


def _with_bearers(case: _Case, scores: dict[str, float]) -> dict[str, float]:
    """The scores with what the bearers add, and the theme with what it has beforehand."""
    for domain, score in case.bearers.items():
        scores[domain] = scores.get(domain, 0.0) + score
    if case.theme is not None and case.theme_base:
        scores[case.theme] = scores.get(case.theme, 0.0) + case.theme_base
    return scores


def _named_first(body: list[_Sign], theme: str | None) -> frozenset[str]:
    """The domains that the first signal in a measure's text speaks for; the theme stands aside."""
    for sign in body:
        named = frozenset(domain for domain, weight in sign.weights if weight == 1.0) - {theme}
        if named:
            return named
    return frozenset()


def _theme_shows(case: _Case, theme: str, main: float) -> bool:
    """Whether a measure has words enough of the theme for it to be one of its domains."""
    found = case.evidence.get(theme, [])
    added = case.bearers.get(theme, 0.0) + case.theme_base
    return _sum(found) + added >= _THEME_LEAST and _presence(found) + added >= _THEME_SECOND * main


def _theme_factor(measure: Measure, theme: str | None, near: list[_Sign], above: list[_Sign]) -> float:
    """What is left of the theme's score when it competes for the main place."""
    if measure.goal:
        return 9.0  # the goals of a document are goals for what it is about
    if any(domain == theme for sign in above for domain, _ in sign.weights):
        return _THEME_IN_SECTION
    named = {domain for sign in near for domain, weight in sign.weights if weight == 1.0}
    if _carries_out(measure, [*near, *above]) or (named == {theme} and measure.index == 1):
        return _THEME_IN_HEADING
    return _THEME


def _carries_out(measure: Measure, headings: list[_Sign]) -> bool:
    """Whether a measure is on how the document is to be carried out: 组织实施, 保障措施, the closing."""
    if measure.section is None and measure.clause is None:
        return True
    return any(domain == _ORGANISATION for sign in headings for domain, _ in sign.weights)


def _spans(found: list[_Evidence]) -> tuple[Span, ...]:
    """Where the words stand that are the evidence, each place once, in the order of the text."""
    return tuple(sorted({evidence.span for evidence in found}))


# -------------------------------------------------------------------------------------- reading


def _phrases(content: str, span: Span) -> Iterator[_Phrase]:
    """The phrases of `content` within `span` and what their place makes of the words in them."""
    first, sentence, stop = True, True, _stop().search(content, span.start, span.end)
    end_of_first = stop.start() if stop else span.end
    for match in _between_commas().finditer(content, span.start, span.end):
        sentence = match.start() < end_of_first
        if _adverb().match(content, *match.span()):
            yield _Phrase(Span(*match.span()), _ADVERBIAL, 1.0)
            continue
        emphasis = _FIRST_PHRASE if first else _FIRST_SENTENCE if sentence else 1.0
        yield _Phrase(Span(*match.span()), 1.0, emphasis)
        first = False


class _Stretches:
    """The stretches of a text that a pattern matches, to ask whether a word stands in one."""

    def __init__(self, pattern: re.Pattern[str], content: str, span: Span) -> None:
        found = [match.span() for match in pattern.finditer(content, span.start, span.end)]
        self._starts = [start for start, _ in found]
        self._ends = [end for _, end in found]

    def __contains__(self, span: Span) -> bool:
        place = bisect_right(self._starts, span.start) - 1
        return place >= 0 and span.start < self._ends[place]


@cache
def _between_commas() -> re.Pattern[str]:
    return re.compile(r"[^，,：:。；;！!？?\n\r]+")


@cache
def _office() -> re.Pattern[str]:
    return re.compile(r"(?:行政|主管|管理|监管|执法)*(?:部门|机关|总局|总署|[厅局委](?![员托派]))")


@cache
def _stop() -> re.Pattern[str]:
    return re.compile(r"[。；;！!？?\n\r]")


@cache
def _cited() -> re.Pattern[str]:
    return re.compile(r"《[^《》]{1,80}》")


@cache
def _listed() -> re.Pattern[str]:
    return re.compile(
        r"""
        (?: [^、，,。；;\n在]{1,9} 、 ){2,60}   # 在能源、铁路、
        [^、，,。；;\n]{0,10}                 # 公共事业等行业
        """,
        re.VERBOSE,
    )


@cache
def _adverb() -> re.Pattern[str]:
    """The opening of a phrase that says how, by what or on what ground something is to be done."""
    return re.compile(
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


# -------------------------------------------------------------------------------------- loading


def _statements(source: Path) -> Iterator[tuple[str, str, str]]:
    """(property, domain, value) for each statement of our own vocabulary in the scheme."""
    prefix = f"{BASE}domain/"
    for subject, said in statements(source).items():
        for triple in said:
            if triple.predicate.value.startswith(OB):
                value = getattr(triple.object, "value", "")
                yield triple.predicate.value.removeprefix(OB), subject.value.removeprefix(prefix), value


def _spotter(words: Mapping[str, Mapping[str, float]]) -> Spotter[_Weights]:
    return Spotter({word: tuple(sorted(weights.items())) for word, weights in words.items()})
