"""What a command reads from and shows in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import click

from build_graph.errors import ObligationError

_SHOWN_FROM = 4  # documents from which on a terminal shows how far the work is


def standard_input() -> str:
    """What comes in; raises ObligationError where it is not UTF-8."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ObligationError("-: is not UTF-8 text; give the query as UTF-8") from error


def width() -> int | None:
    """The columns of the terminal that reads the output; None where it goes to a file or a pipe."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if sys.stdout.isatty() else None


def show(text: str) -> None:
    """Print a text; what is longer than the terminal goes through the pager."""
    from shutil import get_terminal_size

    if sys.stdout.isatty() and text.count("\n") >= get_terminal_size().lines:
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)


def marked(words: str) -> str:
    """Words that stand out, on paper as well as in a terminal."""
    return click.style(f"⟦{words}⟧", bold=True)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What to tell which document is begun: shown in a terminal, from the fourth on."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.markup import escape

    console, begun = Console(stderr=True), count(1)
    with console.status("") as status:
        status.stop()

        def show(name: str) -> None:
            number = next(begun)
            if number == _SHOWN_FROM:
                status.start()
            status.update(f"{number:,} documents  {escape(name)}")

        yield show


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """What to tell how far the work is: a bar in a terminal, once it takes a while."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
