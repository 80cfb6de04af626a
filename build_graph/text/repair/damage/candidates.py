"""Candidates for text that a page printed one byte off: every text that would be printed like this.

From a hole on, the bytes of the printed characters are joined again at the right offset. Where bytes were
lost, all that could have been there are followed at once, the likeliest first: the search is a beam over
readings. Another module decides whether a reading is right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from build_graph.text.repair.damage.gbk import decode_gbk, encode_gbk, widen_marks
from build_graph.text.repair.damage.glosses import PINYIN
from build_graph.text.repair.damage.language_model import LONGEST, Likelihood, normalise_prose

_NO_LEAD = bytes([*range(0x81), 0xFF])
_ANY_LEAD = bytes(range(0x81, 0xFF))
_ANY_TRAIL = bytes([*range(0x40, 0x7F), *range(0x80, 0xFF)])
_PRIVATE = re.compile("[\ue000-\uf8ff]")  # for codes to which GBK gives no character
_LEAST_TRAIL = 0x40
_UNPRINTED_PAIRS = (60, 20, 8)  # readings followed for one, two, three pairs that do not print
CONTEXT = 4  # characters before one that may bear on it; spaces among them do not
_SPACE = "\u3000"  # an indent is two of them
_BEAM = 100  # readings followed at a time
_HOPELESS = 15.0  # nats behind the likeliest at which a reading is given up
_UNLIKELY = 10.0  # ... behind the likeliest at which a character is not thought of
_DISTANT = 8.0  # ... and at which one that is within a character is not waited for
_FEW = 256  # pairs of bytes up to which even unknown characters are thought of
_SOME, _FEWER = 40, 20  # of a few or many characters, those followed as frequent; the others where known
_FOREIGN = 6.0  # nats against a character of the script that the text is not in
_LONGEST = 120  # tokens after which a hole is given up
_CUTS = 8  # ... and cut-off bytes, each of which could be any

_TOKEN = re.compile(
    rf"""
    \? (?P<swallowed>{PINYIN}) \s? \)   # a gloss whose bracket went with the lead byte:  ?jié)
    | \( (?P<gloss>{PINYIN}) \s? \)     # a gloss:  (fā)
    | (?P<cut>\?) (?=[;?,；？，。])       # a lead byte cut off at a mark:  ?；
    | .
    """,
    re.VERBOSE | re.DOTALL,
)

_GLOSS = re.compile(rf"\({PINYIN}\s?\)")


class Decoding(NamedTuple):
    """A way to read what is printed: its characters, and the lead byte of an incomplete one."""

    score: float  # log probability, in nats
    text: str
    pending: bytes = b""  # the values that the lead byte may have; empty between characters


class ByteShiftDecoder:
    """A reader of the text behind a hole, in every way that gives whole characters."""

    def __init__(
        self,
        table: Mapping[str, str],
        likelihood: Likelihood,
        simplified: Mapping[str, str],
        foreign: frozenset[str],
    ) -> None:
        """Keep the gloss `table`, and the text's likelihood, script, and characters foreign to it."""
        self._likelihood = likelihood
        self._foreign = foreign
        self._codes: dict[str, list[bytes]] = {}  # of the characters that a reading glosses
        for char, reading in table.items():
            self._codes.setdefault(reading, []).append(encode_gbk(char))
        self._unprinted_trails = _find_unprinted_trails()
        self._plain = _PlainChars(simplified)  # these four are memos
        self._by_plain: dict[tuple[bytes, bytes], dict[str, list[str]]] = {}
        self._nexts: dict[tuple[str, bytes, bytes], list[tuple[float, str]]] = {}
        self._chars: dict[tuple[bytes, bytes], list[str]] = {}
        known = sorted((c for c, plain in simplified.items() if likelihood.knows(plain)), key=self._rank_char)
        codes = encode_gbk("".join(known))
        self._common = list(zip(known, codes[::2], codes[1::2], strict=True))

    def read(self, before: str, text: str, start: int) -> tuple[int, list[Decoding]]:
        """Return the end of the hole at `start`, where whole characters begin again, and the readings of it.

        `before` is the text in front of the hole. The likeliest reading comes first; there are no readings
        where nothing gives whole characters.
        """
        beam, end, cut, cuts = [Decoding(0.0, before)], start, False, 0
        for token in _TOKEN.finditer(text, start, start + _LONGEST):
            if not cut:  # a cut-off byte is the last before its mark
                beam = _select_likeliest([*beam, *self._add_unprinted(beam)])
            beam = _select_likeliest(after for reading in beam for after in self._read_token(reading, token))
            end, cut = token.end(), bool(token["cut"])
            cuts += cut
            if cuts > _CUTS:
                return end, []
            if _GLOSS.match(text, end):
                continue  # it shows the last character
            if not any(reading.pending and reading.score > beam[0].score - _DISTANT for reading in beam):
                break
        whole = (reading for reading in beam if not reading.pending)
        found = _select_likeliest(
            self._append_char(reading, text[end : end + 1] or "\n") for reading in whole
        )
        return end, [reading._replace(text=reading.text[len(before) : -1]) for reading in found]

    def _read_token(self, reading: Decoding, token: re.Match[str]) -> Iterator[Decoding]:
        """Yield the readings that follow from `reading` and the printed `token`."""
        if token["swallowed"]:
            yield from self._read_swallowed(reading, token["swallowed"])
        elif token["gloss"]:
            yield from self._read_gloss(reading, token["gloss"])
        else:
            if token["cut"]:
                yield from self._feed(reading, _ANY_LEAD)
            yield from self._read_char(reading, token[0])

    def _read_char(self, reading: Decoding, char: str) -> Iterator[Decoding]:
        """Yield `reading` with `char` itself, or with its bytes if a character is incomplete."""
        if not reading.pending:
            yield self._append_char(reading, char)
            return
        code = encode_gbk(widen_marks(char))
        if code[0] >= _LEAST_TRAIL:
            yield from self._feed_all(reading, *_split_bytes(code))

    def _read_gloss(self, reading: Decoding, pinyin: str) -> Iterator[Decoding]:
        """Yield `reading` if its last two bytes can be a code that carries the gloss."""
        last = encode_gbk(reading.text[-1])
        if pinyin not in self._codes:
            yield reading
        for code in self._codes.get(pinyin, ()):
            if not reading.pending and last == code:
                yield reading
            elif last[-1:] == code[:1] and code[1:] in reading.pending:
                yield reading._replace(pending=code[1:])

    def _read_swallowed(self, reading: Decoding, pinyin: str) -> Iterator[Decoding]:
        """Yield `reading` with the second byte of a code that carries the gloss, or with both bytes."""
        for code in self._codes.get(pinyin, ()):
            first, second = _split_bytes(code)
            if not reading.pending and encode_gbk(reading.text[-1])[-1:] == first:
                yield from self._feed(reading, second)
            elif first in reading.pending:
                yield from self._feed(reading._replace(pending=first), second)
            yield from self._feed_all(reading, first, second)

    def _add_unprinted(self, readings: Iterable[Decoding]) -> Iterator[Decoding]:
        """Yield the incomplete readings, with pairs of bytes added that are not printed."""
        leads = bytes(self._unprinted_trails)
        for followed in _UNPRINTED_PAIRS:
            odd = [reading for reading in readings if reading.pending][:followed]
            readings = _select_likeliest(
                Decoding(whole.score, whole.text, self._unprinted_trails[encode_gbk(whole.text[-1])[1]])
                for reading in odd
                for whole in self._feed(reading, leads)
            )
            yield from readings

    def _feed_all(self, reading: Decoding, *data: bytes) -> Iterable[Decoding]:
        readings: Iterable[Decoding] = (reading,)
        for byte in data:
            readings = [after for before in readings for after in self._feed(before, byte)]
        return readings

    def _feed(self, reading: Decoding, byte: bytes) -> Iterator[Decoding]:
        """Yield `reading` with one more byte, which may have any of the values of `byte`."""
        if reading.pending:
            for score, char in self._find_likely(reading.text[-CONTEXT:], reading.pending, byte):
                yield Decoding(reading.score + score, reading.text + char)
        elif leads := byte.translate(None, _NO_LEAD):
            yield Decoding(reading.score, reading.text, leads)

    def _find_likely(self, before: str, leads: bytes, trails: bytes) -> list[tuple[float, str]]:
        """Return the likely characters behind `before`, of one of `leads` and one of `trails`, scored."""
        key = before, leads, trails
        if key not in self._nexts:
            options = self._find_options(leads, trails)
            likely = options[: _SOME if len(options) <= _FEW else _FEWER]
            if len(likely) < len(options):
                likely = list(dict.fromkeys([*likely, *self._find_near(before, key[1:])]))
            scores = self._score_chars(before, likely)
            least = max(scores, default=0.0) - _UNLIKELY
            self._nexts[key] = [pair for pair in zip(scores, likely, strict=True) if pair[0] > least]
        return self._nexts[key]

    def _find_near(self, before: str, key: tuple[bytes, bytes]) -> Iterator[str]:
        """Yield the options that are known to follow `before`."""
        if key not in self._by_plain:
            self._by_plain[key] = defaultdict(list)
            for char in self._find_options(*key):
                self._by_plain[key][self._plain[char]].append(char)
        context, options = self._normalise_text(before), self._by_plain[key]
        near = self._likelihood.find_followers(context[-LONGEST:]) | self._likelihood.find_followers(
            context[-1:]
        )
        for plain_char in sorted(near & options.keys()):
            yield from options[plain_char]

    def _find_options(self, leads: bytes, trails: bytes) -> list[str]:
        """Return the characters of `leads` and `trails`, the frequent first; of many, the known ones."""
        key = leads, trails
        if key not in self._chars:
            if len(leads) * len(trails) <= _FEW:
                chars = decode_gbk(bytes(b for lead in leads for trail in trails for b in (lead, trail)))
                self._chars[key] = sorted(chars, key=self._rank_char)
            else:
                self._chars[key] = [c for c, lead, trail in self._common if lead in leads and trail in trails]
        return self._chars[key]

    def _append_char(self, reading: Decoding, char: str) -> Decoding:
        """Return `reading` with one more character."""
        score = self._score_chars(reading.text[-CONTEXT:], char)[0]
        return Decoding(reading.score + score, reading.text + char)

    def _score_chars(self, before: str, chars: Sequence[str]) -> list[float]:
        """Return the log probabilities of `chars` behind `before`."""
        context = self._normalise_text(before) or self._normalise_text("\n")
        scores = self._likelihood.estimate_after(context, map(self._plain.__getitem__, chars))
        return [
            score - _FOREIGN if char in self._foreign else _score_indent(before) if char == _SPACE else score
            for score, char in zip(scores, chars, strict=True)
        ]

    def _rank_char(self, char: str) -> int:
        return self._likelihood.find_rank(self._plain[char]) if char != _SPACE else -1

    def _normalise_text(self, text: str) -> str:
        """Return `text` as the table counts it."""
        return "".join([self._plain[char] for char in text])


class _PlainChars(dict[str, str]):
    """A cache of characters as the table counts them."""

    def __missing__(self, char: str) -> str:
        self[char] = normalise_prose(char)
        return self[char]


def _split_bytes(code: bytes) -> list[bytes]:
    return [code[i : i + 1] for i in range(len(code))]


def _score_indent(before: str) -> float:
    """Return the log probability of an ideographic space: likely only at the beginning of a line."""
    return 0.0 if before.endswith(("\n", _SPACE)) else -_HOPELESS


def _find_unprinted_trails() -> dict[int, bytes]:
    """Return the codes that are not printed: by lead byte, the trail bytes that can be lead bytes too."""
    trails = {}
    for lead in _ANY_LEAD:
        chars = b"".join(bytes((lead, trail)) for trail in _ANY_TRAIL).decode("gb18030")
        found = bytes(_ANY_TRAIL[private.start()] for private in _PRIVATE.finditer(chars))
        trails[lead] = found.translate(None, _NO_LEAD)
    return {lead: leads for lead, leads in trails.items() if leads}


def _select_likeliest(readings: Iterable[Decoding]) -> list[Decoding]:
    """Return the likeliest of `readings` in order, without those that are hopelessly behind."""
    best = sorted(readings, key=lambda reading: -reading.score)[:_BEAM]
    return [reading for reading in best if reading.score > best[0].score - _HOPELESS]
