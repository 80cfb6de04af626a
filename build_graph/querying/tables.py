"""Tables for a terminal and its pager: plain lines, Chinese characters counted at their width."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from io import StringIO

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what could steer a terminal
WIDTH = 160  # columns where the output is no terminal


def as_table(
    names: Sequence[str],
    rows: Collection[Sequence[str]],
    width: int | None = None,
    numbers: Collection[int] = (),
) -> str:
    """The rows under the names, long cells on several lines; the columns `numbers` end flush right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, name in enumerate(names):
        right = index in numbers
        table.add_column(name, overflow="fold", justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*(_CONTROL.sub("\ufffd", cell) for cell in row))
    out = StringIO()
    Console(file=out, width=width or WIDTH, markup=False, highlight=False, emoji=False).print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
