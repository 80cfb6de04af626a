"""The analysis of one phrase of a measure: an act, a purpose, a means or a circumstance, and its kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from build_graph.extract.phrases.lexicon import Lexicon
from build_graph.extract.phrases.phrase_grammar import Head, PhraseGrammar
from build_graph.extract.phrases.sentences import blank_brackets
from build_graph.model import NormKind, Span

_SHORT = 4  # 积极作用: too short for an adverb, a verb and its object
_LINK = "并"
_DUE = "前"
_SOMEBODY = "者"  # 可在门诊治疗者 names persons
_KNOWN = 4096  # phrases: norms and targets read the same ones, and a document repeats its own
_LONG = 400  # no phrase is longer; a text without commas is not searched for verbs
_DATE = re.compile(
    r"""
    (?P<keep>自|从|于|在|到|至|截至|力争|争取)?   # 于2015年底前研究: part of the quote
    (?:
        (?:20\d\d|今|明|当|每|本)年(?:\d{1,2}月(?:\d{1,2}日)?|[上下]半年|第?[一二三四]季度)?
      | \d{1,2}月(?:\d{1,2}日)?
      | 年(?=[底末初中内])
    )
    (?:年?[底末初中内])?(?:之?以?[前后]|起|期间)?
    """,
    re.VERBOSE,
)


class Nature(Enum):
    """The part that a phrase plays in its sentence."""

    ACT = auto()
    PURPOSE = auto()  # an act at the start of a sentence, a result at its end
    RESULT = auto()  # 使…更加便利: never an act
    MEANS = auto()  # 通过…, 运用…等技术
    CALL = auto()  # 引导和推动创业投资基金: the act follows the comma
    OTHER = auto()  # a circumstance, a subject, a statement, a name


class PhraseAnalysis(NamedTuple):
    """The analysis of a phrase; `start` and `cue` count from the start of the phrase."""

    nature: Nature
    phrase: Span
    start: int = 0  # where the quote begins, behind conjunction and subject
    head: str = ""  # the verb or cue word found
    kind: NormKind | None = None  # None for a bare verb
    cue: Span | None = None
    carries: bool = False  # its kind holds for the phrases behind it, too
    government: bool = False  # only governments do this
    public: bool = False  # 鼓励各市政府…: acts of governments are encouraged, too
    adverbial: bool = False  # a call whose verb follows the comma: 要根据…
    closed: bool = False  # ... and nothing but that can be meant: 要根据方案要求
    linked: bool = False  # 并 precedes it
    open: bool = False  # no word of the lexicon opens it
    awaits_subject: bool = False  # it opens with a modal: its subject may precede the comma

    def move_to(self, phrase: Span) -> PhraseAnalysis:
        """Return the analysis for another place with the same words."""
        return PhraseAnalysis(self.nature, phrase, *self[2:])

    @property
    def span(self) -> Span:
        """The quote, in the content."""
        return Span(self.phrase.start + self.start, self.phrase.end)

    @property
    def cue_span(self) -> Span | None:
        """The cue word, in the content."""
        base = self.phrase.start
        return self.cue and Span(base + self.cue.start, base + self.cue.end)


class PhraseParser:
    """A parser of phrases, with a lexicon; the last analyses are cached."""

    def __init__(self, words: Lexicon, grammar: PhraseGrammar) -> None:
        """Make a parser of a lexicon and the grammar that uses it."""
        self.words, self.grammar = words, grammar
        self._known = lru_cache(_KNOWN)(self._analyse)
        # The ways to read a phrase; a modal is the surest sign, a subject without one the least.
        self._steps: tuple[Callable[[PhraseAnalysis, str, int], PhraseAnalysis | None], ...] = (
            self._read_modal,
            self._read_headed,
            self._read_subject,
            self._read_verdict,
            self._read_impersonal,
        )

    @classmethod
    def load(cls) -> PhraseParser:
        """Return a parser with the package's own lists."""
        lexicon = Lexicon.load()
        return cls(lexicon, PhraseGrammar(lexicon))

    def read(self, content: str, phrase: Span) -> PhraseAnalysis:
        """Return the analysis of a phrase."""
        reading = self._known(phrase.extract(content) if len(phrase) <= _LONG else "")
        return reading.move_to(phrase)

    def _analyse(self, phrase: str) -> PhraseAnalysis:
        """Return the analysis of a phrase without its place in the content."""
        text = blank_brackets(phrase).rstrip()
        linked, whole = text.startswith(_LINK), Span(0, len(phrase))
        start = self.grammar.skip_conjunctions(text)
        if self.grammar.is_circumstance(text):
            return self._read_placed(PhraseAnalysis(Nature.OTHER, whole, linked=linked), text, start)
        date = _DATE.match(text, start)
        begin = start if date is None or date["keep"] else date.end()
        begun = PhraseAnalysis(Nature.OTHER, whole, begin, linked=linked)
        for step in self._steps:
            if found := step(begun, text, date.end() if date else start):
                dated = date and found.start == date.end() and found.head in self.words.verdicts
                return found._replace(start=start) if dated else found  # 2月免收房租
        due = date is not None and date.group().endswith(_DUE)  # 于5月底前行文报送
        opens = self._is_open(text, date.end() if date and due else start)
        return begun._replace(open=opens, nature=Nature.ACT if due and opens else Nature.OTHER)

    def _is_open(self, text: str, start: int) -> bool:
        """Return whether the phrase can begin with an unknown verb."""
        if len(text) - start < _SHORT or self.grammar.find_head(text, start):
            return False
        return not self.grammar.is_noun_phrase(text, start)

    def _read_placed(self, reading: PhraseAnalysis, text: str, start: int) -> PhraseAnalysis:
        """Return a call whose act follows the comma: 鼓励数据商在…前提下, 推动各地在…基础上.

        Any other phrase is a circumstance.
        """
        cue = self.grammar.find_head(text, start)
        if cue is None or text.find("在", cue.end) < 0:
            return reading
        kind = self.words.find_kind(cue.word)
        if kind is not NormKind.ENCOURAGEMENT and cue.word not in self.words.drives:
            return reading
        return self._apply_cue(reading._replace(start=start), text, cue)._replace(nature=Nature.CALL)

    def _read_modal(self, reading: PhraseAnalysis, text: str, start: int) -> PhraseAnalysis | None:
        """Return the act of a modal, from the modal on, behind its subject.

        各地区要…, 符合条件的可…, 不得….
        """
        modal = self.grammar.find_modal(text, start)
        if modal is None or text.endswith(_SOMEBODY):
            return None
        first, head = self.grammar.find_head(text, start), self.grammar.find_head(text, modal.end)
        case = first is not None and first.at < modal.at and first.word in self.words.prepositions
        case = case and not (first and first.word == "为")  # a motive is left out
        cue = modal
        if head and self.words.find_kind(head.word) is NormKind.PROHIBITION:
            cue = head  # 应严禁…
        begin = reading.start if case else self.grammar.find_verge(text, start, modal)
        found = self._apply_cue(reading._replace(start=begin), text, cue)
        if not self.grammar.is_front(text, start, modal):
            found = found._replace(awaits_subject=False)
        if head is None:
            return found
        if self.grammar.is_adverbial(text, head):
            closed = self.grammar.is_standard(text, head)
            return found._replace(nature=Nature.CALL, adverbial=True, closed=closed)  # 可根据…，按照…开展…
        return found._replace(government=self.grammar.is_government(text, head))

    def _read_headed(self, reading: PhraseAnalysis, text: str, start: int) -> PhraseAnalysis | None:
        """Return the analysis of a phrase that a verb, a cue word or a preposition opens, behind adverbs."""
        words, head = self.words, self.grammar.find_head(text, start)
        if head is None:  # 积极接轨…: the adverb shows that an unknown verb follows
            eager = len(text) - start > _SHORT and self.grammar.is_eager(text, start)
            return reading._replace(nature=Nature.ACT) if eager else None
        if self.grammar.is_nominal(text, head):
            return None
        if words.find_kind(head.word) or head.word in words.studied:
            return self._apply_cue(reading, text, head)
        if head.word in words.prepositions or head.word in words.means or head.word in words.reasons:
            return self._read_adverbial(reading, text, head)
        return self._read_verb(reading, text, head)

    def _read_verb(self, reading: PhraseAnalysis, text: str, head: Head) -> PhraseAnalysis:
        if head.word in self.words.results or self.grammar.is_hope(text, head):
            return reading._replace(nature=Nature.RESULT, head=head.word)
        nature = Nature.PURPOSE if self.grammar.is_result(text, head) else Nature.ACT
        government = head.word in self.words.carriers or self.grammar.is_government(text, head)
        return reading._replace(nature=nature, head=head.word, government=government)

    def _read_adverbial(self, reading: PhraseAnalysis, text: str, head: Head) -> PhraseAnalysis:
        """Return an act if a verb follows the adverbial, else a means or nothing: 按照职责分工抓好…."""
        reading = reading._replace(head=head.word)
        if self.grammar.is_adverbial(text, head):
            if self.grammar.is_eager(text, head.begin) and not self.words.closers.match_before(
                text, len(text)
            ):
                return reading._replace(nature=Nature.ACT)  # 积极与…合作
            return reading._replace(nature=Nature.MEANS if head.word in self.words.means else Nature.OTHER)
        verb = self.grammar.find_inner(text, head) or head
        if head.word == "为":
            linked = text[: reading.start].endswith("并")
            acts = linked or not self.grammar.is_favour(text, Span(head.end, verb.begin))
            return reading._replace(nature=Nature.ACT if acts else Nature.PURPOSE)
        if self.words.find_kind(verb.word):
            return self._apply_cue(reading, text, verb)
        government = self.grammar.is_government(text, verb)
        return reading._replace(nature=Nature.ACT, head=verb.word, government=government)

    def _read_subject(self, reading: PhraseAnalysis, text: str, start: int) -> PhraseAnalysis | None:
        """Return the act of a subject with the verb right behind it: 小微企业依法享受…, 各部门加强…."""
        if self.grammar.is_statement(text):
            return None
        determined = bool(self.words.determiners.match_at(text, start))
        last = self.grammar.find_first_case(text, start)
        for at in self.grammar.iterate_subjects(text, start):
            if at > last:
                return None  # 奖励金额按照企业资本进行核定
            head = self.grammar.find_head(text, at)
            if head and self._is_predicate(text, start, head, determined=determined):
                found = self._read_headed(reading._replace(start=head.begin), text, at)
                if found and found.nature is Nature.ACT:
                    return found._replace(government=True)  # no kind of a subject before it
        return None

    def _is_predicate(self, text: str, start: int, head: Head, *, determined: bool) -> bool:
        """Return whether the verb behind a class of bodies is their act, and no part of their name."""
        words, bare = self.words, head.at == head.begin
        if head.word in words.duties:
            return True
        if head.word in words.purposes or head.word in words.results or (bare and head.word in words.dual):
            return False
        if head.word in words.prepositions:
            return determined or head.word in words.cases  # 担保机构对小微企业减免费用
        return determined or not bare or "的" in text[start : head.begin]

    def _read_verdict(self, reading: PhraseAnalysis, text: str, start: int) -> PhraseAnalysis | None:
        """Return the act of a verdict, quoted with its case: 无法律法规依据的一律取消."""
        at = next(self.words.verdicts.iterate_starts(text, start), None)
        if at is None:
            return None
        word = self.words.verdicts.match_at(text, at)
        if word in self.words.gives and not self._opens_with_case(text[start:at]):
            reading = reading._replace(start=at)  # 省级财政给予…
        return reading._replace(
            nature=Nature.ACT, head=word, kind=self.words.find_kind(word), government=True
        )

    def _opens_with_case(self, text: str) -> bool:
        """Return whether the text before a verdict names the case for it."""
        opened = any(self.words.prepositions.match_at(text, at) for at in (0, 1))  # 仍按照…
        return "的" in text or opened

    def _read_impersonal(self, reading: PhraseAnalysis, text: str, start: int) -> PhraseAnalysis | None:
        """Return the act of any noun, whose adverb shows that a verb follows: 重大事项及时报告."""
        if self.grammar.is_statement(text):
            return None
        words = self.words
        universal = set(words.universal.iterate_starts(text, start + 2))
        for at in sorted(universal.union(words.impersonal.iterate_starts(text, start + 2))):
            stress = words.stressing.match_at(text, at)
            if at >= len(text) - 2 or (stress and not words.inner.match_at(text, at + len(stress))):
                continue
            found = self._read_headed(reading._replace(start=start if at in universal else at), text, at)
            if found and found.nature is Nature.ACT:
                return found._replace(government=True)  # no kind of a subject before it
        return None

    def _apply_cue(self, reading: PhraseAnalysis, text: str, cue: Head) -> PhraseAnalysis:
        """Return the analysis with the kind that the cue word gives it."""
        kind = self.words.find_kind(cue.word)
        if cue.word in self.words.studied and not self.words.instruments.match_before(text):
            kind = NormKind.ENCOURAGEMENT  # but 研究鼓励…的政策
        if cue.end == len(text) and kind is NormKind.ENCOURAGEMENT:
            kind = None  # 全力支持
        reading = reading._replace(nature=Nature.ACT, head=cue.word, kind=kind)
        if kind is None:
            return reading
        awaits = cue.word in self.words.awaiting
        carries = kind is NormKind.PERMISSION
        reading = reading._replace(cue=Span(cue.at, cue.end), carries=carries, awaits_subject=awaits)
        if kind in (NormKind.ENCOURAGEMENT, NormKind.PERMISSION) and not awaits:
            return self._apply_call(reading, text, cue)
        return reading

    def _apply_call(self, reading: PhraseAnalysis, text: str, cue: Head) -> PhraseAnalysis:
        """Return the analysis of a phrase that calls on somebody.

        鼓励企业开展… holds for the next phrase, too; 引导投资基金 needs it.
        """
        asked = self.grammar.find_asked(text, cue.end)
        waits = self.grammar.is_means(text, asked) if asked else self.grammar.is_name(text, cue)
        waits = waits or self.grammar.is_placed(text, cue, asked)
        carries = asked is not None or reading.carries
        public = asked is not None and self.grammar.is_public(text, Span(cue.end, asked.begin))
        nature = Nature.CALL if waits else Nature.ACT
        return reading._replace(nature=nature, carries=carries, public=public)
