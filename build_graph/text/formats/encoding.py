"""The decoding of text in any encoding of Chinese texts: UTF-8, UTF-16, GB18030, Big5."""

from __future__ import annotations

import codecs
from typing import Any

from build_graph.model import Source
from build_graph.resources import load_word_lists
from build_graph.text.formats.kinds import UnreadableError

_SAMPLE = 20_000  # characters by which an encoding is judged
_PLAUSIBLE = 0.08  # share of common characters in a right decoding; 0.3 in most texts, 0.02 in wrong ones
_CLEARLY = 1.5  # times by which the best decoding must be better than the next
_CONTROL = frozenset(range(32)) - {9, 10, 12, 13}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decode_text(data: bytes, name: str, *, encoding: str | None = None) -> Source:
    """Return the document in `data`, decoded and otherwise unchanged.

    Without `encoding`, a byte order mark decides, then UTF-8, then the encoding that gives plausible Chinese.
    Raises UnreadableError, with advice, for binary or empty data and where no encoding fits.

    >>> decode_text("关于电子商务发展的通知".encode("gb18030"), "notice.txt").encoding
    'gb18030'
    """
    if not data.strip():
        raise UnreadableError(f"{name}: is empty; there is nothing to read")
    words = load_word_lists("encodings")
    if encoding is None:
        _reject_binary(data, name)
    else:
        encoding = words["wider"].get(encoding.lower(), encoding)
    chosen = (
        encoding
        or _detect_mark(data)
        or ("utf-8" if _can_decode(data, "utf-8") else _guess_encoding(data, name, words))
    )
    content = _decode_strictly(data, name, chosen)
    if not content.strip():
        raise UnreadableError(f"{name}: is blank; there is nothing to read")
    return Source(name, content, chosen)


def decode_leniently(data: bytes, name: str, encoding: str) -> Source:
    """Return the text in the encoding that a page declares; bytes that do not fit become U+FFFD.

    Raises UnreadableError where there is no such encoding, or more than one byte in a hundred does not fit.
    """
    words = load_word_lists("encodings")
    encoding = words["wider"].get(encoding.lower(), encoding)
    try:
        content = data.decode(encoding, "replace")
    except LookupError as error:
        raise UnreadableError(
            f"{name}: {encoding} is no encoding; name the right one with --encoding"
        ) from error
    if 100 * content.count("\ufffd") > len(content):
        raise UnreadableError(f"{name}: is not {encoding}, as it says; name the right one with --encoding")
    return Source(name, content, encoding)


def _reject_binary(data: bytes, name: str) -> None:
    """Raise UnreadableError where the bytes are text in no encoding that is detected."""
    if _detect_mark(data) is None:
        controls = sum(byte in _CONTROL for byte in data[:_SAMPLE])
        if 50 * controls > len(data[:_SAMPLE]):
            raise UnreadableError(
                f"{name}: is binary, not text; give a text file (--encoding utf-16-le if it is one)"
            )


def _detect_mark(data: bytes) -> str | None:
    """Return the encoding of a byte order mark; None without one."""
    return next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), None)


def _can_decode(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _guess_encoding(data: bytes, name: str, words: dict[str, Any]) -> str:
    """Return the one encoding that gives plausible Chinese; raises UnreadableError for none or two."""
    common = frozenset(words["common"])
    scores: list[tuple[float, str]] = sorted(
        (_score_plausibility(data, candidate, common), candidate) for candidate in words["candidates"]
    )
    (second, other), (best, encoding) = scores[-2:]
    if best < _PLAUSIBLE:
        raise UnreadableError(f"{name}: {_explain_utf8(data)}; name its encoding, e.g. --encoding gb18030")
    if best < _CLEARLY * second:
        raise UnreadableError(f"{name}: may be {encoding} or {other}; say which with --encoding")
    return encoding


def _explain_utf8(data: bytes) -> str:
    """Return the reason why `data` is not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return f"byte {error.start} (line {line}) is not UTF-8, and nothing else gives Chinese text"
    return "its encoding is not known"


def _score_plausibility(data: bytes, encoding: str, common: frozenset[str]) -> float:
    """Return the share of common characters among the Chinese ones, 0 where the bytes do not decode."""
    try:
        sample = data.decode(encoding)[:_SAMPLE]
    except UnicodeDecodeError:
        return 0.0
    chinese = [character for character in sample if ord(character) > 0x2FF and character.isalpha()]
    return sum(character in common for character in chinese) / max(len(chinese), 1)


def _decode_strictly(data: bytes, name: str, encoding: str) -> str:
    """Return the text; raises UnreadableError with the place of the first byte that does not fit."""
    try:
        content = data.decode(encoding)
    except LookupError as error:
        raise UnreadableError(f"{name}: {encoding} is no encoding; try utf-8, gb18030 or big5") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableError(
            f"{name}:{line}: byte {error.start} is not {encoding}; try another --encoding, e.g. gb18030"
        ) from error
    return content.removeprefix("\ufeff")
