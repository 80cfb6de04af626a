"""Tables for a terminal and its pager: plain lines, Chinese characters counted at their width."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from io import StringIO

from build_graph.printing import open_console

WIDTH = 160  # columns where the output is no terminal


def format_table(
    names: Sequence[str],
    rows: Collection[Sequence[str]],
    width: int | None = None,
    numbers: Collection[int] = (),
) -> str:
    """The rows under the names, long cells on several lines; the columns `numbers` end flush right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, name in enumerate(names):
        right = index in numbers
        table.add_column(name, overflow="fold", justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*row)
    out = StringIO()
    open_console(out, width or WIDTH).print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
