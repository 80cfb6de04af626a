"""All changes of the repairs in one row: with the repaired text, the source can be put together again."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from build_graph.model import Repair, Span

# What some format for graphs cannot hold as it is; JSON names it.
_UNWRITABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def build_row(repairs: Sequence[Repair]) -> dict[str, list[Any]]:
    """The names of the repairs, and four values for each change, in the order of the text.

    The four are: characters between the end of the change before and this one, its length, the number of its
    name, and what stood there.

    >>> build_row([Repair("to_simplified", Span(2, 3), Span(2, 3), "務", "务")])
    {'names': ['to_simplified'], 'row': [2, 1, 0, '務']}
    """
    names = {name: at for at, name in enumerate(dict.fromkeys(repair.name for repair in repairs))}
    values: list[int | str] = []
    end = 0
    for repair in repairs:
        values += (repair.span.start - end, len(repair.span), names[repair.name], repair.before)
        end = repair.span.end
    return {"names": list(names), "row": values}


def serialise_repairs(repairs: Sequence[Repair]) -> str | None:
    """The row as JSON that every format for graphs can hold; None where nothing was changed."""
    if not repairs:
        return None
    words = json.dumps(build_row(repairs), ensure_ascii=False, separators=(",", ":"))
    return _UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", words)


def undo_repairs(content: str, words: str) -> tuple[str, tuple[Repair, ...]]:
    r"""The source that `content` was made from by the changes in `words`, and these as repairs.

    Raises ValueError, TypeError or LookupError where `words` is no such row.

    >>> changes = [Repair("normalise_newlines", Span(1, 3), Span(1, 2), "\r\n", "\n")]
    >>> undo_repairs("一\n二", serialise_repairs(changes) or "") == ("一\r\n二", tuple(changes))
    True
    """
    read = json.loads(words)
    names, values = read["names"], iter(read["row"])
    pieces: list[str] = []
    repairs: list[Repair] = []
    end = came = 0  # in the text, and in the source
    for gap, length, name, before in zip(values, values, values, values, strict=True):
        pieces += content[end : end + gap], before
        span, came = Span(end + gap, end + gap + length), came + gap
        repairs.append(
            Repair(names[name], Span(came, came + len(before)), span, before, span.extract(content))
        )
        end, came = span.end, came + len(before)
    return "".join([*pieces, content[end:]]), tuple(repairs)
