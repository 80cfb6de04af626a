"""The repairs that undo the damage of scraping, copying and conversion: named, reported, replayable.

Each repair is a function from a text to the changes it wants. They run in the order of `REPAIRS`; a clean
text comes out as it is, without a single repair.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

from build_graph.model import Damage, Source, Span, Text
from build_graph.resources import load_word_lists
from build_graph.text.repair.damage.glosses import strip_glosses
from build_graph.text.repair.damage.holes import close_holes
from build_graph.text.repair.edits import Change, Draft
from build_graph.text.repair.line_breaks import join_lines, join_wrapped
from build_graph.text.repair.simplified import to_simplified

_NEWLINE = re.compile(r"\r\n | [\r\v\f\x85\u2028\u2029]", re.VERBOSE)
_ENTITY = re.compile(
    r"""
    & (?: amp; )*                       # &amp;quot; was escaped twice
    (?P<name> (?: \#[0-9]{1,7} | \#[xX][0-9a-fA-F]{1,6} | [A-Za-z][A-Za-z0-9]{1,31} ) ; )
    """,
    re.VERBOSE,
)
_INVISIBLE = re.compile(
    r"""
    (?: [\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]  # control characters, but for tab and the ends of lines
      | [\xad\u200b-\u200f\u2060-\u2064\ufeff]  # soft hyphen, marks of no width
      | [\u202a-\u202e\u2066-\u2069]            # marks of writing direction
      | [\ud800-\udfff]                         # halves of surrogate pairs
    )+
    """,
    re.VERBOSE,
)
_LOOKALIKE = re.compile(r"[\u2e80-\u2fd5\uf900-\ufaff\U0002f800-\U0002fa1f]")
_FULL_WIDTH = re.compile(
    r"""
    [０-９Ａ-Ｚａ-ｚ]+                           # １９８１, ＡＰＰ
    (?: [．－／：＋] [０-９Ａ-Ｚａ-ｚ]+ )* ％?   # ２．５％, １０：３０
    """,
    re.VERBOSE,
)
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LOST = re.compile("\ufffd+")


def normalise_newlines(text: str) -> Iterator[Change]:
    r"""End every line with \n alone.

    >>> list(normalise_newlines("一、\r\n二、"))
    [Change(start=2, end=4, after='\n')]
    """
    return (Change(found.start(), found.end(), "\n") for found in _NEWLINE.finditer(text))


def decode_entities(text: str) -> Iterator[Change]:
    """Replace HTML's names for characters by the characters.

    >>> [change.after for change in decode_entities("“互联网+&quot;行动&amp;nbsp;&unknown;")]
    ['"', '\\xa0']
    """
    for found in _ENTITY.finditer(text):
        after = _unescape(f"&{found['name']}")
        if after != found[0]:
            yield Change(found.start(), found.end(), after)


def strip_invisible(text: str) -> Iterator[Change]:
    r"""Take out control characters and marks that show nothing.

    >>> list(strip_invisible("冠状\u200b病毒"))
    [Change(start=2, end=3, after='')]
    """
    return (Change(found.start(), found.end(), "") for found in _INVISIBLE.finditer(text))


def unify_characters(text: str) -> Iterator[Change]:
    """Replace radicals and compatibility characters by the characters that they look like.

    >>> [change.after for change in unify_characters("绕城⻄复线⼯作")]
    ['西', '工']
    """
    found = list(_LOOKALIKE.finditer(text))
    radicals = _load_radicals() if found else {}
    for lookalike in found:
        after = radicals.get(lookalike[0]) or unicodedata.normalize("NFKC", lookalike[0])
        if after != lookalike[0]:
            yield Change(lookalike.start(), lookalike.end(), after)


def fold_width(text: str) -> Iterator[Change]:
    """Make full-width letters and digits half-width, and the signs of a number with them.

    Chinese punctuation keeps its width.

    >>> [change.after for change in fold_width("１．增长２．５％，ＡＰＰ")]
    ['1', '2.5%', 'APP']
    """
    for found in _FULL_WIDTH.finditer(text):
        yield Change(found.start(), found.end(), found[0].translate(_HALF_WIDTH))


REPAIRS: tuple[Callable[[str], Iterator[Change | Damage]], ...] = (
    normalise_newlines,  # first: the others count lines by \n
    decode_entities,  # before what entities may stand for: &#8203; is invisible
    strip_invisible,  # before anything that looks at neighbours
    join_lines,  # before what looks at words: a wrapped page breaks them
    unify_characters,  # before glosses and script, which look characters up
    close_holes,  # needs the glosses, which show the characters that the page glossed
    strip_glosses,  # before script: a reading is looked up by the character that was glossed
    to_simplified,
    fold_width,
    join_wrapped,  # last: it compares words, which should by now be written alike
)


def repair(source: Source) -> Text:
    """Return the text of `source` after all repairs, with what was changed and what could not be repaired.

    >>> text = repair(Source("-", "電子商務發(fā)展\\r\\n", "utf-8"))
    >>> text.content, count_repairs(text)
    ('电子商务发展\\n', {'normalise_newlines': 1, 'strip_glosses': 1, 'to_simplified': 3})
    """
    draft = Draft(source, source.content)
    for step in REPAIRS:
        found = list(step(draft.content))
        changes = sorted((f for f in found if isinstance(f, Change)), key=lambda change: change.start)
        damages = [f for f in found if isinstance(f, Damage)]
        draft = draft.apply_changes(step.__name__, changes, damages)
    return draft.apply_changes("", (), _mark_lost(draft.content)).finish()


def count_repairs(text: Text) -> dict[str, int]:
    """Return the number of repairs by name, in the order in which they run."""
    made = Counter(repair.name for repair in text.repairs)
    return {step.__name__: made[step.__name__] for step in REPAIRS if made[step.__name__]}


def _mark_lost(text: str) -> Iterator[Damage]:
    """Yield the characters that were lost before the text came here, as damages."""
    for found in _LOST.finditer(text):
        yield Damage(Span(found.start(), found.end()), "characters were lost before the text came here")


def _unescape(entity: str) -> str:
    """Return the character that `entity` stands for; `entity` itself if it stands for none."""
    from html import unescape  # its table is large, and few texts need it

    while (after := unescape(entity)) != entity and after.startswith("&"):
        entity = after
    return after


def _load_radicals() -> dict[str, str]:
    pairs = load_word_lists("radicals")["radicals"].split()
    return {pair[0]: pair[1] for pair in pairs}
