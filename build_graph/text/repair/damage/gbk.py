"""A simulation of the damage to scraped pages: the proof that a repair of a hole must pass.

A page was made in three steps from clean text in GBK: glosses were put behind the codes of a table of
characters, the bytes were read again, and the result was split at the codes of four marks. Each step looked
for two-byte codes at any byte offset, so a code may match across two characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_MARKS = tuple(mark.encode("gbk") for mark in "；？，。")  # in the order of the page's own splitting
_STRANGE = b"\x1a"  # stands for a character that GBK does not have: like ASCII, it ends a shift

_PAIR = re.compile(
    rb"""
    [\x00-\x80\xff]                               # a single byte
    | [\x81-\xfe] (?: [\x40-\x7e\x80-\xfe] | (?P<hole>.?) )  # lead and trail, or lead and what cannot follow
    """,
    re.VERBOSE | re.DOTALL,
)
_UNPRINTED = re.compile("[\ue000-\uf8ff]")
_FULL, _HALF = "，；：（）？！", ",;:()?!"
_HALF_WIDTH = str.maketrans(_FULL, _HALF)
_FULL_WIDTH = str.maketrans(_HALF, _FULL)


def encode_gbk(text: str) -> bytes:
    """Return the GBK bytes of `text`, user-defined characters included; others become one byte 1A.

    >>> encode_gbk("潛力").hex()
    '9d93c1a6'
    """
    try:
        return text.encode("gbk")
    except UnicodeEncodeError:
        codes = (char.encode("gb18030", "replace") for char in text)
        return b"".join(code if len(code) < 3 else _STRANGE for code in codes)


def replace_broken_pairs(data: bytes) -> bytes:
    """Return `data` as a reader of GBK takes it: a lead byte without a trail byte becomes `?`.

    The `?` replaces both bytes.

    >>> replace_broken_pairs(b"\\x9d(ji")
    b'?ji'
    """
    return _PAIR.sub(lambda pair: pair[0] if pair["hole"] is None else b"?", data)


def decode_gbk(data: bytes) -> str:
    """Return the text of broken `data`, without user-defined characters, which are not printed.

    >>> decode_gbk(bytes.fromhex("af91 aad3 c3"))
    '瘧?'
    """
    return _UNPRINTED.sub("", replace_broken_pairs(data).decode("gb18030", "replace"))


def insert_glosses(data: bytes, table: Mapping[bytes, bytes]) -> bytes:
    """Return `data` with its gloss behind each code of `table`, even across two characters.

    >>> insert_glosses("展潛".encode("gbk"), {b"\\xb9\\x9d": b"(x)"})
    b'\\xd5\\xb9\\x9d(x)\\x93'
    """
    if not table:
        return data
    codes = re.compile(b"|".join(map(re.escape, table)), re.DOTALL)
    return codes.sub(lambda code: code[0] + table[code[0]], data)


def split_at_marks(data: bytes) -> str:
    """Return the text of `data`, split at the codes of the four marks in turn, each part decoded alone.

    >>> split_at_marks("模化，".encode("gbk"))
    '?；?，'
    """
    parts = [data]
    for mark in _MARKS:
        parts = [piece for part in parts for piece in re.split(b"(%s)" % mark, part)]
    return "".join(map(decode_gbk, parts))


def narrow_marks(text: str) -> str:
    """Return `text` with the seven marks that the page printed half-width.

    >>> narrow_marks("（一）发展、改革。")
    '(一)发展、改革。'
    """
    return text.translate(_HALF_WIDTH)


def widen_marks(text: str) -> str:
    """Return the inverse of `narrow_marks`.

    >>> widen_marks("(一)发展,改革。")
    '（一）发展，改革。'
    """
    return text.translate(_FULL_WIDTH)


def simulate_print(text: str) -> str:
    """Return `text` as the page can print it: all characters that GBK lacks become one sign.

    >>> simulate_print("（一）🗎") == "(一)\\x1a"
    True
    """
    return narrow_marks(decode_gbk(encode_gbk(text)))


def simulate_damage(text: str, readings: Mapping[str, str]) -> str:
    """Return clean `text` as the page prints it, given the characters it glosses and their readings.

    >>> simulate_damage("發展潛力，提升電子商務創新", {"節": "jié", "創": "chuàng"})
    '發展?jié)摿?,提升電子商務?chuàng)新'
    >>> simulate_damage("規模化應用；", {"規": "guī"})
    '規(guī)?;瘧?;'
    """
    table = {encode_gbk(char): encode_gbk(f"({reading})") for char, reading in readings.items()}
    return narrow_marks(split_at_marks(replace_broken_pairs(insert_glosses(encode_gbk(text), table))))
