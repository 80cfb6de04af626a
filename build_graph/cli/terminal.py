"""What a command reads from and shows in a terminal: whatever is printed is printed here."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import click

from build_graph.errors import ObligationError
from build_graph.query.text_tables import escape_controls, open_console

_SHOWN_FROM = 4  # documents from which on a terminal shows how far the work is
_MARKED = re.compile("⟦[^⟦⟧]*⟧")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class OutputError(ObligationError):
    """Standard output that does not take what is written to it."""


class PlainGroup(click.Group):
    """Commands whose wrong use is told without what could steer a terminal, as their help is."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Return the context of a run."""
        with _clean_errors():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _clean_errors():
            return super().invoke(ctx)


def print_lines(text: str, *, error: bool = False) -> None:
    """Print lines for people, those of an error on stderr; what could steer a terminal is escaped."""
    if error:
        _print_error(escape_controls(text))
        return
    with guard_output():
        click.echo(escape_controls(text))


def print_highlighted(text: str) -> None:
    """Print lines in which words in ⟦…⟧ stand out."""
    with guard_output():
        click.echo(_MARKED.sub(lambda found: click.style(found[0], bold=True), escape_controls(text)))


def page_out(text: str, *, paged: bool = False) -> None:
    """Print a text that programs may read: as it is, but in a terminal as that may get it.

    Where it is `paged`, what is longer than the terminal goes through the pager.
    """
    from shutil import get_terminal_size

    if sys.stdout is None:
        raise OutputError("standard output: is closed; open it, or send it to a file")
    with guard_output():
        if not sys.stdout.isatty():
            click.echo(text, nl=False, color=True)  # color: or click takes out what looks like one
        elif paged and text.count("\n") >= get_terminal_size().lines:
            click.echo_via_pager(escape_controls(text))
        else:
            click.echo(escape_controls(text), nl=False)


@contextmanager
def guard_output() -> Iterator[None]:
    """Raise OutputError where what is printed meanwhile cannot be; leaves where nobody reads it."""
    try:
        yield
    except BrokenPipeError:  # the reader of our output went away: obligations extract | head
        _discard_output(sys.stdout)
        sys.exit(1)
    except OSError as error:
        raise _create_output_error(error) from error


def _create_output_error(error: OSError) -> OutputError:
    _discard_output(sys.stdout)
    return OutputError(
        f"standard output: cannot be written ({error.strerror}); choose a place that can, or make room there"
    )


def _print_error(text: str) -> None:
    """Print on stderr; where that cannot be written the work goes on."""
    try:
        click.echo(text, err=True)
    except OSError:
        _discard_output(sys.stderr)


def _discard_output(stream: Any) -> None:
    """Send the rest to nowhere, or Python complains at its end that it could not be written."""
    with suppress(OSError, ValueError, AttributeError):  # a stream of a test has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _clean_errors() -> Iterator[None]:
    """Clean what click says of a wrong use; help that cannot be written is a line and exit code 1."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = escape_controls(error.message)
        raise
    except OSError as error:
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        print_lines(f"obligations: {_create_output_error(error)}", error=True)
        sys.exit(1)


def read_standard_input() -> str:
    """What comes in; raises ObligationError where it is closed, or not UTF-8."""
    if sys.stdin is None:
        raise ObligationError("-: standard input is closed; give the query there, or name a file")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ObligationError("-: is not UTF-8 text; give the query as UTF-8") from error


def find_width() -> int | None:
    """Return the columns of the terminal that reads the output; None where it goes to a file or a pipe."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if is_terminal(sys.stdout) else None


def is_terminal(stream: Any) -> bool:
    """Return whether somebody sits at a stream; at one that is closed there is nobody."""
    return stream is not None and bool(stream.isatty())


def ask_secret(what: str) -> str:
    """What somebody types and nobody sees."""
    return str(click.prompt(escape_controls(what), hide_input=True, err=True))


def highlight(words: str) -> str:
    """Return words that stand out, on paper as well as in a terminal."""
    return f"⟦{words}⟧"


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """What to tell which document is begun: shown in a terminal, from the fourth on."""
    if not is_terminal(sys.stderr):
        yield lambda name: None
        return
    from rich.markup import escape

    console, begun = open_console(sys.stderr), count(1)
    with console.status("") as status:
        status.stop()

        def show(name: str) -> None:
            number = next(begun)
            if number == _SHOWN_FROM:
                status.start()
            status.update(f"{number:,} documents  {escape(escape_controls(name))}")

        yield show


@contextmanager
def show_bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """What to tell how far the work is: a bar in a terminal, once it takes a while."""
    if not is_terminal(sys.stderr):
        yield lambda done: None
        return
    from rich.progress import Progress

    with Progress(console=open_console(sys.stderr), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
