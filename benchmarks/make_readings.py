"""Writes `build_graph/data/readings.txt`: for each syllable, without tone, the characters read so.

    pip install pypinyin==0.55.0 && python benchmarks/make_readings.py > build_graph/data/readings.txt

The readings are those of Unihan and of the dictionaries that pypinyin (MIT) collects. Only the
characters of GBK are kept: pages with glosses were made in it.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict

from pypinyin.constants import PINYIN_DICT


def toneless(reading: str) -> str:
    """`reading` without tone marks, ü as v, as `build_graph.text.repair.damage.glosses.syllable` writes
    it.
    """
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v").replace("ɡ", "g")
    return "".join(letter for letter in letters if letter.isascii())


def in_gbk(char: str) -> bool:
    try:
        return len(char.encode("gbk")) == 2
    except UnicodeEncodeError:
        return False


def main() -> None:
    syllables: dict[str, list[str]] = defaultdict(list)
    for point, readings in sorted(PINYIN_DICT.items()):
        if in_gbk(chr(point)):
            for syllable in sorted({toneless(reading) for reading in readings.split(",")}):
                syllables[syllable].append(chr(point))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real stream, not a test's
    for syllable, chars in sorted(syllables.items()):
        print(syllable, "".join(chars))


if __name__ == "__main__":
    main()
