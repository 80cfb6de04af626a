"""The repair of holes that a scraper tore into a text, where a simulation of the damage proves it.

A hole is a `?` for a lead byte cut off from its trail byte: 發展?jié)摿?,提升 is 發展潛力，提升. Of the
readings that `candidates` finds, only those count that the simulated damage turns into the printed text. The
likeliest is taken if no other comes near it; else the words stay as they are and the stretch is marked as
damaged.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from build_graph.model import Damage, Span
from build_graph.resources import find_folder, load_word_lists
from build_graph.text.repair.damage.candidates import CONTEXT, ByteShiftDecoder, Decoding
from build_graph.text.repair.damage.gbk import encode_gbk, simulate_damage, simulate_print, widen_marks
from build_graph.text.repair.damage.glosses import PINYIN, collect_glosses, find_homophones
from build_graph.text.repair.damage.language_model import Likelihood, normalise_prose
from build_graph.text.repair.edits import Change
from build_graph.text.repair.simplified import simplify

_MARGIN = 3.0  # nats by which the reading taken must be likelier than any other, ...
_LENGTHS = (0.0, 3.0)  # ... whether a longer reading is given nothing for a character, or this much
_DOUBTFUL = -7.0  # nats for each character, below which the right reading may be missing
_REACH = 400  # characters before a hole that the proof looks back
_NEAR = 20  # ... and at least
_AHEAD = 60  # characters behind it
_RECENT = 10  # closed holes before a hole that the proof may have to see through
_SENTENCE = 15  # characters before a question mark in which a word should ask
_FAILURES, _SUCCESSES = 100, 1000  # holes left open, and closed, after which the others are not tried
_TRIED = 2000  # ... and question marks looked into

_HAN = r"\u3400-\u9fff"
_HOLE = re.compile(
    rf"""
    \? (?P<swallowed>{PINYIN}) \s? \)                        # a gloss without its bracket
    | (?<! [?A-Za-z0-9=/&] ) \? (?= [;?,；？，。] )   # a byte cut off at a mark; not in an address
    """,
    re.VERBOSE,
)
_BARE = re.compile(rf"(?<= [{_HAN}] ) \? (?= [{_HAN}0-9] )", re.VERBOSE)
_GLOSSED = re.compile(rf"(?P<char>[{_HAN}])\((?P<reading>{PINYIN})\s?\)")
_GLOSS_SPACE = re.compile(r"\s(?=\))")
_IN_STEP = re.compile(rf"\n|\({PINYIN}\s?\)")
_OUT_OF_STEP = re.compile(
    rf"(?: [^\x00-\x3f，；。？] | \? (?! [;?,；？，。] | {PINYIN}\s?\) ) )* (?: \({PINYIN}\s?\) )?",
    re.VERBOSE,
)
_LETTER = re.compile(
    rf"(?P<before>[^\x00-\x7f]|[,;:()?!])(?P<letter>[@-~])(?P<gloss>\((?P<reading>{PINYIN})\))"
)
_INDENT = "\u3000"
_NUMBER = re.compile("[一二三四五六七八九十]+")
_UNCERTAIN = re.compile(r"\?.{0,15}")  # what a text should not be judged by


def close_holes(text: str) -> Iterator[Change | Damage]:
    """Restore the text of the holes that are proved; mark the others as damaged.

    >>> text = "釋放電子商務發(fā)展?jié)摿?,挖掘業(yè)務潛力,調(diào)節(jié)"
    >>> [change.after for change in close_holes(text)]
    ['潛力']
    """
    table = collect_glosses(text)
    if _HOLE.search(text) or (table and (_BARE.search(text) or _LETTER.search(text))):
        yield from _HoledPage.build(text, table).close_all()


@dataclass(slots=True)
class _HoledPage:
    """A text with holes, and the results of their repair so far."""

    text: str
    table: Mapping[str, str]
    reader: ByteShiftDecoder
    questions: Collection[str]
    closed: list[tuple[Span, str]] = field(default_factory=list)
    open: list[Damage] = field(default_factory=list)
    tried: int = 0

    @classmethod
    def build(cls, text: str, table: Mapping[str, str]) -> _HoledPage:
        chars = [chr(point) for point in range(0x4E00, 0x9FA6)]
        simple = dict(zip(chars, simplify("\n".join(chars))[::2], strict=True))
        sound = _UNCERTAIN.sub("\n", _strip_known_glosses(text, table))
        likelihood = Likelihood(find_folder("data") / "neighbours.txt", normalise_prose(simplify(sound)))
        table = {
            **table,
            **_infer_swallowed(text, table, lambda char: likelihood.find_rank(simple.get(char, char))),
        }
        reader = ByteShiftDecoder(table, likelihood, simple, _find_foreign(sound, simple))
        questions = load_word_lists("holes")["questions"]
        return cls(text, table, reader, questions)

    def close_all(self) -> Iterator[Change | Damage]:
        end = 0
        for hole in _HOLE.finditer(self.text):
            if hole.start() < end:
                continue
            if len(self.open) < _FAILURES and len(self.closed) < _SUCCESSES and self.tried < _TRIED:
                end = self._close_hole(hole.start())
            elif self._is_question(hole.start()):
                end = hole.start() + 1
            else:
                end = self._mark_damage(
                    hole.start(), hole.end(), "bytes were lost here, as in many places before"
                )
        yield from (
            change for span, after in self.closed for change in _iterate_changes(self.text, span, after)
        )
        yield from self._strip_letter_glosses()
        yield from self.open
        yield from self._mark_bare()

    def _close_hole(self, start: int) -> int:
        """Close the hole at `start`, or mark it unless it is a question mark; return the next position."""
        self.tried += 1
        begin, before = self._find_sync_point(start)
        end, readings = self.reader.read(before[-CONTEXT:] or "\n", self.text, start)
        proved = list(self._prove_readings(begin, before, end, readings))
        doubt = self._explain_doubt(proved, self.text[start:end])
        if not doubt:
            self.closed.append((Span(start, end), proved[0].text))
            return end
        return start + 1 if self._is_question(start) else self._mark_damage(start, end, doubt)

    def _explain_doubt(self, proved: Sequence[Decoding], as_printed: str) -> str:
        """Return the reason why no reading of `proved`, likeliest first, is taken; empty if the first is."""
        if not proved or proved[0].score < _DOUBTFUL * (len(proved[0].text) + 1):
            return "bytes were lost here, and no reading of what is left is sure"
        best, *others = proved
        if not (self.table or best.text.startswith(_INDENT)):  # glosses show where the page is in step
            return "bytes were lost here, and the page has no glosses that would show how many"
        if rivals := [other.text for other in others if _is_rival(other, best)]:
            words = " / ".join([best.text, *rivals[:2]])
            return f"bytes were lost here, and more than one reading fits: {words}"
        if simulate_print(best.text) == simulate_print(as_printed):
            return "a character seems to have been lost here"
        return ""

    def _mark_damage(self, start: int, end: int, reason: str) -> int:
        """Mark a damaged stretch, up to where the page surely has whole characters; return its end."""
        rest = _OUT_OF_STEP.match(self.text, end)
        end = rest.end() if rest else end
        self.open.append(Damage(Span(start, end), reason))
        return end

    def _find_sync_point(self, start: int) -> tuple[int, str]:
        """Return the last position in step before a hole, and the clean text from there to the hole."""
        shut = [span for span, _ in self.closed[-_RECENT:]]
        ends = (sync.end() for sync in _IN_STEP.finditer(self.text, max(0, start - _REACH), start))
        in_step = [end for end in ends if not any(span.start < end <= span.end for span in shut)]
        far = [end for end in in_step if end < start - _NEAR]
        begin = max([0, start - _REACH, *far[-1:], *(damage.span.end for damage in self.open[-1:])])
        pieces, at = [], begin
        for span, after in self.closed[-_RECENT:]:
            if span.start >= begin:
                pieces += [_strip_known_glosses(self.text[at : span.start], self.table), after]
                at = span.end
        return begin, "".join([*pieces, _strip_known_glosses(self.text[at:start], self.table)])

    def _prove_readings(
        self, begin: int, before: str, end: int, readings: Iterable[Decoding]
    ) -> Iterator[Decoding]:
        """Yield the likeliest reading that the damage turns into the printed text, and its proved rivals."""
        until = end if self.text.startswith("?", end) else end + 1  # what follows may be a hole itself
        observed = simulate_print(_GLOSS_SPACE.sub(")", self.text[begin:until]))
        ahead = _strip_known_glosses(self.text[end : end + _AHEAD], self.table)
        best, texts = None, set[str]()
        for reading in readings:
            text = simplify(reading.text)
            clean = widen_marks(before + reading.text + ahead)
            if text in texts or (best and not _is_rival(reading, best)):
                continue
            if simulate_damage(clean, self.table).startswith(observed):
                best = best or reading
                texts.add(text)
                yield reading

    def _is_question(self, position: int) -> bool:
        """Return whether the words before `position`, back to the last mark, ask a question."""
        before = simplify(self.text[max(0, position - _SENTENCE) : position])
        clause = re.split("[，。；：,;:\n]", before)[-1]
        return any(word in clause for word in self.questions)

    def _strip_letter_glosses(self) -> Iterator[Change]:
        """Remove glosses behind a letter that is a code's second byte: ，F is A3 AC 46, 現 AC 46."""
        glosses = {(encode_gbk(char), reading) for char, reading in self.table.items()}
        for found in self._find_outside(_LETTER):
            code = encode_gbk(widen_marks(found["before"]))[-1:] + encode_gbk(found["letter"])
            if (code, found["reading"]) in glosses:
                yield Change(found.start("gloss"), found.end("gloss"), "")

    def _mark_bare(self) -> Iterator[Damage]:
        """Yield the question marks within sentences as damages, on a page that lost characters."""
        for bare in self._find_outside(_BARE):
            if not self._is_question(bare.start()):
                yield Damage(Span(bare.start(), bare.end()), "a character seems to have been lost here")

    def _find_outside(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield the matches of `pattern` outside of closed or marked holes."""
        done = sorted([span for span, _ in self.closed] + [damage.span for damage in self.open])
        for found in pattern.finditer(self.text):
            at = bisect_right(done, found.start(), key=lambda span: span.start)
            behind = at == 0 or done[at - 1].end <= found.start()
            if behind and (at == len(done) or found.end() <= done[at].start):
                yield found


def _is_rival(other: Decoding, best: Decoding) -> bool:
    """Return whether the score of `other` comes near that of `best`, whether or not length is rewarded.

    A number is not likelier for being longer.
    """
    longer = len(_NUMBER.sub("", other.text)) - len(_NUMBER.sub("", best.text))
    return any(other.score + bonus * longer > best.score - _MARGIN for bonus in _LENGTHS)


def _strip_known_glosses(text: str, table: Mapping[str, str]) -> str:
    """Return `text` without the glosses that the page put behind the characters of `table`."""

    def drop_gloss(gloss: re.Match[str]) -> str:
        return gloss["char"] if table.get(gloss["char"]) == gloss["reading"] else gloss[0]

    return _GLOSSED.sub(drop_gloss, text)


def _infer_swallowed(text: str, table: Mapping[str, str], rank: Callable[[str], int]) -> dict[str, str]:
    """Return characters that the page glosses too, though each time a hole has swallowed them.

    For ?shù) behind 當 it is the most frequent character that is read so, begins with the second byte of 當,
    and is nowhere in the text without a gloss.
    """
    holes = ((hole["swallowed"], text[hole.start() - 1 : hole.start()]) for hole in _HOLE.finditer(text))
    known, here, found = {None, *table.values()}, frozenset(text), dict[str, str]()
    for reading, before in dict.fromkeys(holes):
        if reading not in known:
            second = encode_gbk(before)[-1:]
            chars = [c for c in find_homophones(reading) if encode_gbk(c)[:1] == second and c not in here]
            if chars:
                found[min(chars, key=rank)] = reading
    return found


def _find_foreign(text: str, simple: Mapping[str, str]) -> frozenset[str]:
    """Return the characters of the script that `text` is not in, without those that it has."""
    traditional = frozenset(char for char, other in simple.items() if char != other)
    forms = frozenset(simple[char] for char in traditional) - traditional
    is_traditional = sum(char in traditional for char in text) > sum(char in forms for char in text) / 2
    return (forms if is_traditional else traditional) - frozenset(text)


def _iterate_changes(text: str, span: Span, after: str) -> Iterator[Change]:
    """Yield the least changes that put `after` in place of `text` at `span`."""
    before = span.extract(text)
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Change(span.start + start, span.start + end, after[first:last])
