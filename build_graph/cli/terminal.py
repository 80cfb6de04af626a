"""Standard input, output and error of a command: whatever a command prints is printed here."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from itertools import count
from typing import Any, TypeVar

import click

from build_graph.errors import UNEXPECTED, ObligationError
from build_graph.query.text_tables import escape_controls, open_console

Command = TypeVar("Command", bound=Callable[..., Any])

_SHOWN_FROM = 4  # number of the document from which on a terminal shows the progress
_MARKED = re.compile("⟦[^⟦⟧]*⟧")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class OutputError(ObligationError):
    """Standard output that cannot be written."""


def prints_errors(command: Command) -> Command:
    """Return a command that prints each ObligationError as a line on stderr, and exits with 1.

    It does the same for an answer of an endpoint that no graph of obligations gives.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ObligationError as error:
            for line in str(error).split("\n"):
                print_lines(f"obligations: {line}", error=True)
            sys.exit(1)
        except UNEXPECTED as error:
            if not (where := _find_endpoint(kwargs)):
                raise
            from build_graph.query.engines import create_strange_answer_error

            print_lines(f"obligations: {create_strange_answer_error(where, error)}", error=True)
            sys.exit(1)

    return run  # type: ignore[return-value]  # wraps keeps the signature


def _find_endpoint(options: dict[str, Any]) -> str | None:
    """Return the endpoint that a command asks; None for a file, or for nothing."""
    where = options.get("url") or options.get("graph")
    return where if isinstance(where, str) and where.startswith(("http://", "https://")) else None


class PlainGroup(click.Group):
    """A group of commands that escapes control characters in messages about a wrong command line."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Return the context of a run."""
        with _clean_errors():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _clean_errors():
            return super().invoke(ctx)


def print_lines(text: str, *, error: bool = False) -> None:
    """Print lines for people, on stderr if `error`; control characters are escaped."""
    if error:
        _print_error(escape_controls(text))
        return
    with guard_output():
        click.echo(escape_controls(text))


def print_warning(words: str) -> None:
    """Print words of our own on stderr: nothing in them has to be escaped."""
    _print_error(words)


def print_highlighted(text: str) -> None:
    """Print lines, with words in ⟦…⟧ in bold."""
    with guard_output():
        click.echo(_MARKED.sub(lambda found: click.style(found[0], bold=True), escape_controls(text)))


def page_out(text: str, *, paged: bool = False) -> None:
    """Print a text for programs: unchanged in a file or pipe, with escaped control characters in a terminal.

    If `paged`, a text that is longer than the terminal goes through the pager.
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
    """Raise OutputError if the block cannot print; exit with 1 if nobody reads the output any more."""
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
    """Print on stderr; if that cannot be written, the work goes on all the same."""
    try:
        click.echo(text, err=True)
    except OSError:
        _discard_output(sys.stderr)


def _discard_output(stream: Any) -> None:
    """Send the rest of a stream nowhere, or Python complains at its exit."""
    with suppress(OSError, ValueError, AttributeError):  # a stream of a test has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _clean_errors() -> Iterator[None]:
    """Escape control characters in errors of click; exit with 1 if help cannot be written."""
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
    """Return the text of standard input; raise ObligationError if it is closed, or not UTF-8."""
    if sys.stdin is None:
        raise ObligationError("-: standard input is closed; give the query there, or name a file")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ObligationError("-: is not UTF-8 text; give the query as UTF-8") from error


def find_width() -> int | None:
    """Return the columns of the terminal; None if the output goes to a file or a pipe."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if is_terminal(sys.stdout) else None


def is_terminal(stream: Any) -> bool:
    """Return whether a stream is a terminal; a closed one is none."""
    return stream is not None and bool(stream.isatty())


def ask_secret(what: str) -> str:
    """Return what the user types at a prompt, without showing it."""
    return str(click.prompt(escape_controls(what), hide_input=True, err=True))


def highlight(words: str) -> str:
    """Return words in ⟦…⟧, which `print_highlighted` prints in bold."""
    return f"⟦{words}⟧"


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Give a callback for the name of each document that is begun; a terminal shows it from the fourth on."""
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
    """Give a callback for the number of things done, which moves a bar in a terminal."""
    if not is_terminal(sys.stderr):
        yield lambda done: None
        return
    from rich.progress import Progress

    with Progress(console=open_console(sys.stderr), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
