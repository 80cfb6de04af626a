"""Tables as text: for a terminal, with Chinese characters at their width and no controls, and as CSV.

A spreadsheet needs a byte order mark before UTF-8, and takes some cells for formulas: `guard_*` prevent that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from build_graph.model import Bearer, Document, Measure

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
WIDTH = 160  # columns if the output is no terminal
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # spreadsheets in Chinese accept the wide ones too
_NUMBER = re.compile(r"-?\d+(\.\d+)?([Ee][+-]?\d+)?")
ENCODING = "utf-8-sig"  # without its mark spreadsheets read UTF-8 in the encoding of the system
# Control characters but for tab and line ends, and the marks for text from right to left, which can make one
# name look like another.
_STEERING = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def escape_controls(text: str) -> str:
    r"""Return the text with Python's escape for each character that could steer a terminal.

    >>> escape_controls("\x1b[2J商务部\u202e")
    '\\x1b[2J商务部\\u202e'
    """
    return _STEERING.sub(_escape_char, text)


def open_console(out: TextIO, width: int | None = None) -> Console:
    """Return a console that prints text as it is, but escapes controls; no markup, no emoji."""
    from rich.console import Console
    from rich.text import Text

    class PlainConsole(Console):
        def render_str(self, text: str, **options: Any) -> Text:
            """Return a string of a table, a title or a line as text without controls."""
            return super().render_str(escape_controls(text), **options)

    return PlainConsole(file=out, width=width, markup=False, highlight=False, emoji=False)


def _escape_char(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def format_table(
    names: Sequence[str],
    rows: Collection[Sequence[str]],
    width: int | None = None,
    numbers: Collection[int] = (),
) -> str:
    """Return the rows under the names, long cells on several lines; `numbers` are right-aligned."""
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


def print_measures(document: Document, out: TextIO) -> None:
    """Print the measures of a document: clause, words, bearers with their role, norms, targets, domains."""
    from rich.table import Table

    title = document.outline.metadata.title or document.text.source.name
    table = Table(title=title, title_justify="left", show_lines=True)
    for name, ratio in [
        ("clause", None),
        ("measure", 5),
        ("bearers", 3),
        ("norms", 5),
        ("targets", 2),
        ("domains", 2),
    ]:
        table.add_column(name, ratio=ratio, overflow="fold", no_wrap=ratio is None)
    for measure in document.measures:
        table.add_row(*_format_row(document.text.content, measure))
    open_console(out, None if out.isatty() else WIDTH).print(table)


def _format_row(content: str, measure: Measure) -> tuple[str, ...]:
    bearers = (*measure.bearers, *measure.defaults)
    return (
        f"{measure.clause or '-'} {measure.index}",
        measure.span.extract(content),
        "\n".join(_format_bearer(b, measure) for b in bearers) or "-",
        "\n".join(f"{norm.kind}: {norm.span.extract(content)}" for norm in measure.norms) or "-",
        "\n".join(f"{t.due or t.quantity or ''} {t.span.extract(content)}".strip() for t in measure.targets)
        or "-",
        "\n".join(domain.id for domain in measure.domains) or "-",
    )


def _format_bearer(bearer: Bearer, measure: Measure) -> str:
    """Return a bearer's name, with a special role or "by default" in brackets."""
    notes = [bearer.role.value] if bearer.role != "responsible" else []
    notes += ["by default"] if bearer in measure.defaults else []
    return f"{bearer.name} ({', '.join(notes)})" if notes else bearer.name


# ---------------------------------------------------------------------------------------- CSV


def serialise_rows(rows: Iterable[Iterable[object]], delimiter: str = ",", line_end: str = "\n") -> str:
    r"""Return rows as CSV; None is an empty cell, and truth values are in small letters as in SPARQL.

    >>> serialise_rows([["a", "b"], [True, None], ["x, y", 5]])
    'a,b\ntrue,\n"x, y",5\n'
    """
    out = StringIO(newline="")
    plain = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    quoting = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    for row in rows:
        cells = [str(value).lower() if isinstance(value, bool) else value for value in row]
        # Before Python 3.13 a carriage return is not quoted unless it is part of the line end.
        is_bare = line_end == "\n" and any("\r" in str(cell) for cell in cells)
        (quoting if is_bare else plain).writerow(cells)
    return out.getvalue()


def guard_cell(words: str) -> str:
    """Return words as a cell that no spreadsheet takes for a formula; a number stays one.

    >>> guard_cell("=1+1"), guard_cell("-5"), guard_cell("-1.5E-7"), guard_cell("商务部")
    ("'=1+1", '-5', '-1.5E-7', '商务部')
    """
    return words if _NUMBER.fullmatch(words) else guard_text(words)


def guard_text(words: str) -> str:
    """Return text, be it a number or not, as a cell that no spreadsheet takes for a formula.

    >>> guard_text("-5"), guard_text("商务部")
    ("'-5", '商务部')
    """
    return f"'{words}" if words.startswith(_FORMULA) else words


def guard_value(value: T) -> T | str:
    """Return a value of a cell, with text as `guard_text` makes it."""
    return guard_text(value) if isinstance(value, str) else value
