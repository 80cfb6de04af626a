"""The grammar of a phrase: its verb, its modal, its subject and its adverbials."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from build_graph.extract.phrases.dates import blank_dates, find_deadline
from build_graph.extract.phrases.lexicon import Lexicon, WordSet
from build_graph.model import Span

_KNOWN = 256  # heads, more than are asked for in a phrase
_SUBJECT = 12  # a subject of any kind before 可 or 应 is no longer than this: 项目资金可…
_COMPOUND = 6  # nor a body's name that begins with a verb: 申报单位, 参保人员
_MANNER = range(2, 5)  # characters of a manner before its 地: 创造性地
_TAIL = 8  # nor the noun behind a relative clause: 进入国内销售的医疗器械


class Head(NamedTuple):
    """A verb, cue word or preposition, and where the adverbs before it begin."""

    begin: int
    at: int
    word: str

    @property
    def end(self) -> int:
        """The end of the word."""
        return self.at + len(self.word)


class PhraseGrammar:
    """A grammar of phrases, with a lexicon; brackets and quotes in the phrases are blanked."""

    def __init__(self, words: Lexicon) -> None:
        """Make a grammar of a lexicon; heads are cached, since one phrase asks for the same ones again."""
        self.words = words
        self.find_head = lru_cache(_KNOWN)(self._find_head)

    # ------------------------------------------------------------------------------ the front

    def skip_conjunctions(self, text: str) -> int:
        """Return the start of the phrase behind its conjunctions."""
        at = 0
        while word := self.words.conjunctions.match_at(text, at):
            if self._is_longer(text, at, word, self.words.adverbs, self.words.heads, self.words.other_words):
                break
            at += len(word)
        return at

    def _find_head(self, text: str, start: int) -> Head | None:
        """Return the verb at `start` behind adverbs; if none follows, the last adverb that is a verb too."""
        heads = self._iterate_heads(text, start)
        head = next(heads, None)
        if head and head.at > start and self.is_adverbial(text, head):
            verbs = (verb for verb in heads if verb.word in self.words.acts)
            return next(verbs, head)  # 深化与…合作: no verb follows, so the adverb is one
        return head

    def _iterate_heads(self, text: str, start: int) -> Iterator[Head]:
        """Return the verb behind the adverbs at `start`, then those adverbs that are verbs, last first."""
        stops = reversed(self._find_adverb_stops(text, start))
        return (Head(start, at, word) for at in stops if (word := self._match_head(text, at)))

    def _match_head(self, text: str, at: int) -> str:
        word = self.words.heads.match_at(text, at) or self.words.match_compound(text, at)
        return "" if len(self.words.other_words.match_at(text, at)) > len(word) else word

    def _find_adverb_stops(self, text: str, start: int) -> list[int]:
        """Return `start`, and the position behind each of the phrase's adverbs."""
        at, stops = start, [start]
        while (
            adverb := self.words.adverbs.match_at(text, at)
            or find_deadline(text, at)
            or self._match_manner(text, at)
        ):
            if self._is_longer(text, at, adverb, self.words.heads, self.words.other_words):
                break
            at += len(adverb)
            if text[at : at + 1] in ("、", "和", "地") and self.words.adverbs.match_at(text, at + 1):
                at += 1  # 及时、准确地
            stops.append(at)
        return stops

    @staticmethod
    def _is_longer(text: str, at: int, word: str, *lists: WordSet) -> bool:
        """Return whether one of the lists has a longer word at a position than `word`."""
        return any(len(words.match_at(text, at)) > len(word) for words in lists)

    def _match_manner(self, text: str, at: int) -> str:
        """Return a manner before a verb, or "": 充满感情地, 深入地, but not 注册地."""
        end = text.find("地", at + _MANNER.start, at + _MANNER.stop)
        words = self.words
        if end < 0 or not words.acts.match_at(text, end + 1):
            return ""
        return text[at : end + 1] if words.tempers.match_before(text, end) else ""

    def find_openings(self, text: str, start: int) -> list[int]:
        """Return the places for the verb behind conjunctions, adverbs and hopes: 力争, 争取."""
        stops = self._find_adverb_stops(text, self.skip_conjunctions(text[start:]) + start)
        while hope := self.words.hopes.match_at(text, stops[-1]):
            stops += self._find_adverb_stops(text, stops[-1] + len(hope))
        return stops

    def is_eager(self, text: str, start: int) -> bool:
        """Return whether an adverb opens the phrase behind which even an unknown verb is an act."""
        return bool(self.words.eager.match_at(text, start)) and not self.is_statement(text)

    # ------------------------------------------------------------------------------- adverbials

    def is_adverbial(self, text: str, head: Head) -> bool:
        """Return whether the phrase is nothing but the adverbial that `head` opens."""
        words, end = self.words, len(text)
        if head.word not in words.prepositions and head.word not in words.means:
            return head.word in words.reasons
        if words.closers.match_before(text) or head.word in words.reasons:
            return not self._is_usage(text, head)
        if self._is_usage(text, head):
            return False
        soft = words.soft_closers.match_before(text) if head.word in words.standards else ""
        if soft and words.links.match_before(text, end - len(soft)):
            return True
        return self.find_inner(text, head) is None

    def _is_usage(self, text: str, head: Head) -> bool:
        """Return whether the head makes use of a thing, an act: 采用安全的设备, but not 运用大数据等技术."""
        return head.word in self.words.usages and "等" not in text[-_TAIL:]

    def is_standard(self, text: str, head: Head) -> bool:
        """Return whether the phrase only names the rule to follow: 根据…要求."""
        words = self.words
        closed = words.closers.match_before(text) or words.soft_closers.match_before(text)
        return bool(closed) and head.word in words.bases

    def is_favour(self, text: str, receiver: Span) -> bool:
        """Return whether 为 opens a purpose: 为产业发展提供…, 为企业提供支撑, but not 为企业提供住房."""
        if self.words.favours.match_before(text):
            return True
        words, end = self.words, receiver.end
        named = self.ends_in_actor(text[:end])
        return bool(words.gifts.match_at(text, end)) and not named

    def is_means(self, text: str, head: Head) -> bool:
        """Return whether the phrase is an adverbial that needs an act behind it: 运用…等手段, 参照…规定."""
        closed = self.words.closers.match_before(text) or self.words.soft_closers.match_before(text)
        return self.is_adverbial(text, head) and bool(closed or head.word in self.words.means)

    def find_inner(self, text: str, opener: Head) -> Head | None:
        """Return the verb behind the adverbial that `opener` opens."""
        first = next(self._iterate_heads(text, opener.end), None)  # 围绕提升…: part of the adverbial
        at = first.end if first else opener.end + 1
        if opener.word == "以":
            manner = next(
                (end for end in range(at, len(text)) if self.words.manners.match_before(text, end)), 0
            )
            if first and not manner:
                return None  # 以激励各方加强管理: a purpose
            at = max(at, manner)  # 以甲为重点推进乙, 以抽查的方式进行验收
        elif opener.word in self.words.means:
            at = max(at, self._find_manner_end(text, at))  # 通过开展…的形式督促…
        while at < len(text) - 1:
            word = self.words.within.match_at(text, at) and self._match_inner(text, at, opener)
            if word and self._is_inner(text, Head(at, at, word), opener):
                verb = next(self._iterate_heads(text, at), Head(at, at, word))
                if not text.startswith("的", verb.end):  # 依托省里统一建设的系统
                    return verb
            at += len(word) or 1
        return None

    def _find_manner_end(self, text: str, start: int) -> int:
        """Return the end of a manner such as …的形式 before an act; `start` if there is none."""
        ends = (end for end in range(start, len(text) - 1) if text.startswith("的", end))
        found = (end + 1 + len(self.words.manners.match_at(text, end + 1)) for end in ends)
        return next((end for end in found if text[end - 1] != "的"), start)

    def _match_inner(self, text: str, at: int, opener: Head) -> str:
        words = self.words
        if opener.word == "为":
            return words.services.match_at(text, at)
        word = words.inner.match_at(text, at)
        if opener.word == "在" and (trial := words.trials.match_at(text, at)):
            after = at + len(trial)
            return trial if text[after : after + 1] in ("", "〇") else word  # 在部分企业试点
        if not word and opener.word in words.agents:
            word = words.late.match_at(text, at)
        if word:
            return word
        if words.stresses.match_before(text, at) and opener.word not in words.standards:
            return words.acts.match_at(text, at)  # 对…对象按规定实名登记
        if opener.word in words.locals:
            word = words.dual.match_at(text, at)
        if not word and self._ends_case(text, at):
            known = words.dual if opener.word in words.cases else words.acts  # 对企业招用…，给予…
            word = known.match_at(text, at)
            if words.institutions.match_at(text, at + len(word)):
                return ""  # 依托职工帮扶中心
        return word if at + len(word) < len(text) else ""  # 与…合作 is an adverbial

    def _ends_case(self, text: str, at: int) -> bool:
        """Return whether the adverbial can end here before any verb: 在…方面约定…, 向居民承诺…."""
        return self._ends_name(text, at) or bool(self.words.closers.match_before(text, at))

    def _ends_name(self, text: str, at: int) -> bool:
        """Return whether a body's name or a list ends here: 依托交易所建设…, 围绕甲、乙等部署…."""
        return text.startswith("等", at - 1) or bool(self.words.actors.match_before(text, at))

    def _is_inner(self, text: str, verb: Head, opener: Head) -> bool:
        """Return whether the verb is the phrase's own, not in a list or a relative clause."""
        if (
            text[verb.at - 1] in "、和与及或不"
            or text[opener.end : verb.at] == "并"  # 适应并促进…
            or (
                text.startswith(("、", "和", "与", "及", "并", "的"), verb.end)
                and not verb.word.startswith("不")
            )
            or self.is_noun(text, verb)
            or self._is_quality(text, verb)
        ):
            return False
        if verb.end == len(text) and (text[verb.at - 1] == "的" or verb.word in self.words.actors):
            return False  # 通过以上工作的开展, 依托共青团组织
        return not (opener.word in self.words.cases and self._is_relative(text, verb))

    def _is_relative(self, text: str, verb: Head) -> bool:
        """Return whether the verb is in a relative clause: 对提供…的企业; not in 对企业实行动态的管理."""
        words = self.words
        if "的" not in text[verb.end :]:
            return False
        thing = words.things.match_before(text) or self.ends_in_actor(text)
        return bool(thing) or not words.lights.match_at(text, verb.at)

    def _is_quality(self, text: str, verb: Head) -> bool:
        """Return whether only a class of bodies or a sum follows the verb: 牵头单位, 支持额度的20%."""
        words = self.words
        if words.sums.match_at(text, verb.end) and (verb.word in words.dual or words.find_kind(verb.word)):
            return True
        noun = max((nouns.match_before(text) for nouns in (words.actors, words.things)), key=len)
        return bool(noun) and len(noun) == len(text) - verb.end

    # ---------------------------------------------------------------------- modals and subjects

    def find_modal(self, text: str, start: int) -> Head | None:
        """Return the modal verb that governs the phrase: behind its subject, or first in it."""
        for at in self.words.modals.iterate_starts(text, start):
            modal = Head(start, at, self.words.modals.match_at(text, at))
            if not self._is_other_word(text, at, modal.end) and self._governs(text, modal):
                return modal
        return None

    def find_verge(self, text: str, start: int, modal: Head) -> int:
        """Return the start of the quote: the modal, or the adverbs, the case or the figure before it."""
        if self.is_front(text, start, modal) or self.words.measures.match_at(text, modal.end):
            return start
        cases = (
            at
            for at in self.iterate_subjects(text, start)
            if at < modal.at and self.words.cases.match_at(text, at)
        )
        return next(cases, modal.at)

    def is_front(self, text: str, start: int, modal: Head) -> bool:
        """Return whether only adverbs stand before the modal."""
        return modal.at in self._find_adverb_stops(text, start)

    def _governs(self, text: str, modal: Head) -> bool:
        words, before = self.words, text[modal.begin : modal.at]
        if not before or modal.word in words.free or words.bridges.match_before(before):
            return True
        first = self.find_head(text, modal.begin)
        if first is None and len(before) <= _SUBJECT:
            return True
        if first is not None and first.word == "为" and words.agents.match_at(text, modal.end):
            return True  # 为扩大产能新购置设备可向…申请
        if not self.ends_in_actor(before):
            return False
        verbal = first is not None and first.word not in words.prepositions and first.word not in words.dual
        compound = len(before) <= _COMPOUND and first is not None and first.word not in words.government
        return not verbal or compound or "的" in before  # 申报单位应…, but 明确企业应承担的责任

    def _is_other_word(self, text: str, start: int, end: int) -> bool:
        """Return whether a modal is part of another word: 要 of 要素 or 主要.

        应 of 应对 is a modal behind a body: 市局应对申请进行审核.
        """
        if self.words.shifting.match_at(text, start) and self.ends_in_actor(text[:start]):
            return False
        return self._is_part(self.words.other_words, text, start, end)

    @staticmethod
    def _is_part(words: WordSet, text: str, start: int, end: int) -> bool:
        """Return whether a longer one of the words begins or ends where the stretch does."""
        return (
            len(words.match_at(text, start)) > end - start or len(words.match_before(text, end)) > end - start
        )

    def iterate_subjects(self, text: str, start: int) -> Iterator[int]:
        """Yield the ends of classes of bodies, where a subject may end."""
        for at in self.words.actors.iterate_ends(text, start):
            end = at + len("等") if text.startswith("等", at) else at
            while text.startswith(" ", end):
                end += 1  # brackets are blanks
            yield end

    def find_first_case(self, text: str, start: int) -> int:
        """Return the first 按照 or 根据 behind a noun: no subject ends after it."""
        return next(self.words.standards.iterate_starts(text, start + 2), len(text))

    def find_asked(self, text: str, start: int) -> Head | None:
        """Return the verb of those who are asked to act: 鼓励企业开展…."""
        for at in self.iterate_subjects(text, start):
            head = self.find_head(text, at)
            if head and not (head.word in self.words.dual and head.end == len(text)):
                return head
            adverb = "" if head else self.words.eager.match_at(text, at)
            if adverb and at + len(adverb) < len(text):
                return Head(at, at + len(adverb), "")  # 引导养殖户及时出栏
        return None

    def is_placed(self, text: str, cue: Head, asked: Head | None) -> bool:
        """Return whether only a place to act follows the cue word: 鼓励数据商在交易所监管下."""
        place = text.rfind("在", cue.end)
        closed = self.words.closers.match_before(text)
        return bool(closed) and place >= 0 and (asked is None or asked.at >= place)

    def is_public(self, text: str, asked: Span) -> bool:
        """Return whether those who are asked are themselves government: 各市（州）, 地方政府."""
        name = text[asked.start : asked.end].rstrip()
        public = self.words.publics.match_before(name)
        return len(public) > len(self.words.no_publics.match_before(name))

    def is_name(self, text: str, cue: Head) -> bool:
        """Return whether nothing but a class of bodies follows the cue word."""
        head = self.find_head(text, cue.end)
        noun = head is None or head.word in self.words.names
        return noun and self.ends_in_actor(text) and self.find_inner(text, cue) is None

    def is_subject(self, text: str) -> bool:
        """Return whether the phrase is a noun behind a relative clause: 参加培训的人员."""
        tail = text.rpartition("的")[2]
        verb = self.find_head(tail, 0)
        noun = verb is None or verb.word in self.words.names
        return tail != text and noun and (len(tail) <= _TAIL or self.ends_in_actor(text))

    # -------------------------------------------------------------------------------- the end

    def ends_in_actor(self, text: str) -> bool:
        """Return whether a class of bodies, or 等 behind one, ends the phrase."""
        return bool(self.words.actors.match_before(text, len(text) - text.endswith("等")))

    def is_circumstance(self, text: str) -> bool:
        """Return whether the phrase is a time or a condition: 经认定为…的, …时, …后."""
        words = self.words
        if words.periods.match_before(text):
            return words.since.contains_any(text)
        return bool(words.circumstances.match_before(text)) and not words.no_circumstances.match_before(text)

    def opens_case(self, text: str) -> bool:
        """Return whether 对 or 凡 begins the phrase: not 对接 or 对外."""
        word = self.words.cases.match_at(text)
        return bool(word) and not self._is_longer(text, 0, word, self.words.heads, self.words.other_words)

    def is_noun_phrase(self, text: str, start: int) -> bool:
        """Return whether the phrase is a statement, a subject or the name of somebody."""
        named = self.ends_in_actor(text) or next(self.iterate_subjects(text, start), None) is not None
        stated = self.words.statives.match_at(text, start) or "不" in text
        return named or bool(stated) or self.is_statement(text) or self.is_subject(text)

    def is_treated(self, text: str) -> bool:
        """Return whether 对 leads to a noun and not to a verb: 对新增人员进行登记, but not 对投资建设…."""
        heads = self._iterate_heads(text, len(self.words.cases.match_at(text)))
        return all(text.startswith("的", head.end) for head in heads)

    def is_statement(self, text: str) -> bool:
        """Return whether a degree and a change end the phrase: 能力显著增强."""
        change = self.words.changes.match_before(text)
        return bool(change and self.words.degrees.match_before(text, len(text) - len(change)))

    def is_nominal(self, text: str, head: Head) -> bool:
        """Return whether the phrase is no act though a verb opens it: a noun, a statement, a future state."""
        words = self.words
        if text.startswith("的", head.end) or (
            head.word in words.carriers and words.future.match_at(text, head.at)
        ):
            return True
        if head.word in words.dual and (self.is_statement(text) or self.is_noun(text, head)):
            return True
        if head.word in words.acts and words.rates.match_at(text, head.end) and self.is_noun(text, head):
            return True
        bare = head.at == head.begin and head.word in words.acts and head.word not in words.government
        return bare and self._is_part_of_subject(text, head)

    def _is_part_of_subject(self, text: str, head: Head) -> bool:
        """Return whether the verb is part of a subject, since its predicate follows: 申报主体包括…."""
        words = self.words
        for at in words.predicates.iterate_starts(text, head.end + 1):
            if at >= head.end + _COMPOUND:
                break
            end = at + len(words.predicates.match_at(text, at))
            if not self._is_part(words.no_predicates, text, at, end):
                return True
        return False

    def is_noun(self, text: str, head: Head) -> bool:
        """Return whether the verb is part of a noun: 服务业, 创新能力."""
        words = self.words
        return bool(words.nominal.match_at(text, head.end)) and not words.no_nominal.match_at(text, head.end)

    def is_government(self, text: str, head: Head) -> bool:
        """Return whether only a government does this, by its verb or by what it sets up."""
        return head.word in self.words.government or bool(self.words.instruments.match_before(text))

    def is_hope(self, text: str, head: Head) -> bool:
        """Return whether the phrase sets a target and no act: 争取销售额突破400亿元, 确保新增1.3万家."""
        words = self.words
        if head.word not in words.hopes:
            return False
        counted = head.word not in words.efforts and any(map(str.isdigit, blank_dates(text[head.end :])))
        return counted or words.marks.contains_any(text, head.end + 1)

    def is_result(self, text: str, head: Head) -> bool:
        """Return whether the phrase ends a sentence with its outcome: 推动产业快速发展, 打造开放新高地."""
        words = self.words
        drifts = head.word in words.drives and words.drifts.match_before(text)
        stands = head.word in words.makes and words.standings.match_before(text)
        if head.word in words.adjusts and words.settings.match_before(text):
            return False
        if head.word in words.products:
            return bool(words.no_products.match_before(text) or not words.instruments.match_before(text))
        staged = words.stages.match_at(text, head.begin)
        helps = drifts and words.helped.contains_any(text, head.end)
        return bool((drifts and not helps) or stands or (head.word in words.purposes and not staged))
