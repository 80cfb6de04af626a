"""What commands share: how they fail, the options of several, and what the options mean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from build_graph.cli.terminal import ask_secret, is_terminal, print_lines
from build_graph.errors import ObligationError

if TYPE_CHECKING:
    from build_graph.graph.store.shards import ShardFolder
    from build_graph.model import Metadata
    from build_graph.query.engines import Engine
    from build_graph.query.http.credentials import Credentials, Origin
    from build_graph.text.inputs import InputReader

Command = TypeVar("Command", bound=Callable[..., Any])

GRAPH = Path("output") / "graph.ttl"


# What is raised where a server answers a question of ours with things of other kinds, or without values.
_STRANGE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError, SyntaxError)


def prints_errors(command: Command) -> Command:
    """Return a command whose ObligationErrors are a line each on stderr and exit code 1.

    So is what it cannot do with the answers of an endpoint, which may be anything.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ObligationError as error:
            for line in str(error).split("\n"):
                print_lines(f"obligations: {line}", error=True)
            sys.exit(1)
        except _STRANGE as error:
            if not (where := _find_endpoint(kwargs)):
                raise
            print_lines(
                f"obligations: {where}: what it answers is not what a graph of obligations holds "
                f"({type(error).__name__}); give the address of one",
                error=True,
            )
            sys.exit(1)

    return run  # type: ignore[return-value]  # wraps keeps the signature


def _find_endpoint(options: dict[str, Any]) -> str | None:
    """Return the endpoint that a command asks, as messages show it; None where it asks a file, or nothing."""
    from build_graph.query.http.credentials import redact_url

    where = options.get("url") or options.get("graph")
    return redact_url(where) if isinstance(where, str) and where.startswith(("http://", "https://")) else None


def add_metadata_options(command: Command) -> Command:
    """Add the options that give what a text does not hold."""
    for name, example in [
        ("issuer", "国务院"),
        ("date", "2015-05-04"),
        ("number", "国发〔2015〕24号"),
        ("title", "国务院关于…的意见"),
    ]:
        command = click.option(
            f"--{name}",
            metavar="TEXT",
            help=f"The document's {name}, if the text does not hold it: {example}",
        )(command)
    return command


def parse_size_option(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return the bytes that an option such as 64MB gives; a usage error for what is no size."""
    from build_graph.text.formats.limits import parse_size

    if value is None:
        return None
    try:
        return parse_size(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no size; write it as 64MB", ctx, param) from error


# Name, default, and what it limits; the defaults are those of `Limits`.
LIMITS = (
    ("max_size", "64MB", "Bytes of one document, unpacked."),
    ("max_total", "4GB", "Bytes of all documents of one archive, unpacked."),
    ("max_members", 20_000, "Files in one archive."),
    ("max_nesting", 3, "Archives within archives."),
    ("max_ratio", 200, "Times that a file may be larger unpacked."),
    ("max_depth", 1_000, "Elements within elements on an HTML page."),
    ("max_reading", 60, "Seconds of processor from a document's bytes to its text."),
    ("max_reading_memory", "1GB", "Bytes that it may take meanwhile."),
    ("max_understanding", 60, "Seconds to understand a text, and one more for each 1,000 characters."),
    ("max_understanding_memory", "4GB", "Bytes that it may take meanwhile."),
)


def add_input_options(command: Command) -> Command:
    """Add the options that say how inputs are read: their encoding, and limits on them."""
    for name, default, what in reversed(LIMITS):
        command = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=str if isinstance(default, str) else click.IntRange(min=1),
            callback=parse_size_option if isinstance(default, str) else None,
            default=default,
            show_default=True,
            metavar="SIZE" if isinstance(default, str) else "N",
            help=what,
        )(command)
    return click.option(
        "--encoding", metavar="NAME", help="The encoding of text, e.g. gb18030; found by itself."
    )(command)


def read_options(options: dict[str, Any]) -> tuple[Metadata, InputReader]:
    """Return metadata from the options that were given, and a reader within the limits that they set."""
    from build_graph.extract.structure.metadata import build_metadata
    from build_graph.text.formats.limits import ReadingLimits
    from build_graph.text.inputs import InputReader

    limits = ReadingLimits(**{name: options.pop(name) for name, _, _ in LIMITS})
    reader = InputReader(limits, options.pop("encoding"))
    return build_metadata({name: value for name, value in options.items() if value}, "options"), reader


def add_graph_argument(command: Command) -> Command:
    """Add the graph to be asked: a file, a store, shards, or an endpoint."""
    return click.argument("graph", default=str(GRAPH), metavar="[FILE|STORE|SHARDS|URL]")(command)


def add_graph_option(command: Command) -> Command:
    """Add the graph to be asked as an option, for commands whose argument is something else."""
    return click.option(
        "--graph",
        default=str(GRAPH),
        show_default=True,
        metavar="FILE|STORE|SHARDS|URL",
        help="A file (.ttl, .trig, .nq, .nt), a folder (Oxigraph store, shards), or a SPARQL endpoint.",
    )(command)


def add_output_option(name: str, metavar: str, what: str) -> Callable[[Command], Command]:
    """Add the place to write to, in output/ by default."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        default=Path("output") / name,
        show_default=True,
        metavar=metavar,
        help=what,
    )


def add_narrowing_options(command: Command) -> Command:
    """Add the options that narrow a graph to one document or domain."""
    for name, what, example in (
        ("domain", "measures of this policy domain", "电子商务"),
        ("document", "this document", "国发〔2015〕24号"),
    ):
        command = click.option(f"--{name}", metavar="NAME", help=f"Only {what}: {example}.")(command)
    return command


def add_answer_options(command: Command) -> Command:
    """Add the options that limit how long an endpoint is waited for, and what it may answer."""
    command = click.option(
        "--max-answer",
        "most",
        callback=parse_size_option,
        default="256MB",
        show_default=True,
        metavar="SIZE",
        help="Bytes of one answer of an endpoint, unpacked.",
    )(command)
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True, max=1_000_000),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How long an endpoint may take for an answer.",
    )(command)


def add_user_option(command: Command) -> Command:
    """Add the option that says who asks an endpoint."""
    return click.option(
        "--user",
        metavar="NAME",
        help="Who asks the endpoint; the password comes from OBLIGATIONS_PASSWORD, netrc, or a prompt. "
        "Without it: the token in OBLIGATIONS_TOKEN, or the user whom netrc names for the host.",
    )(command)


def open_engine(graph: str, options: dict[str, Any]) -> Engine:
    """What answers for a graph, with the time and the credentials that the options give."""
    from build_graph.query.open import open_graph

    print_size(graph)
    credentials = ask_credentials(graph, options.pop("user"))
    return open_graph(graph, options.pop("timeout"), credentials, options.pop("most"))


def open_shards_or_engine(graph: str, options: dict[str, Any]) -> Engine | ShardFolder:
    """Shards as they are, for work to which their tables are enough; else what answers for a graph."""
    from build_graph.graph.store.shards import ShardFolder, is_shards

    if not is_shards(Path(graph)):
        return open_engine(graph, options)
    del options["timeout"], options["most"], options["user"]
    return ShardFolder.open(Path(graph))


def resolve_narrowing(graph: Engine | ShardFolder, options: dict[str, Any]) -> dict[str, Any]:
    """Return the document and the domain that options name; raises UnknownNameError for what the graph
    lacks.
    """
    from build_graph.query.catalogue import ParameterKind
    from build_graph.query.open import create_entity_finder

    given = {kind: options.pop(kind) for kind in (ParameterKind.DOCUMENT, ParameterKind.DOMAIN)}
    if not any(given.values()):
        return dict.fromkeys(map(str, given))
    names = create_entity_finder(graph)
    return {str(kind): names.find(kind, words) if words else None for kind, words in given.items()}


def print_size(graph: str) -> None:
    """Say how much is loaded where it takes its time; raises ShardsError for shards that are incomplete."""
    from build_graph.graph.store.shards import ShardFolder, is_shards

    if is_shards(Path(graph)):
        totals = ShardFolder.open(Path(graph)).totals
        print_lines(f"{graph}: {totals.documents:,} documents, {totals.statements:,} statements", error=True)


def ask_credentials(where: str, user: str | None) -> Credentials:
    """Who asks, where an endpoint is asked; raises CredentialsError where the password is missing."""
    from build_graph.query.http.credentials import ANONYMOUS

    if not where.startswith(("http://", "https://")):
        return ANONYMOUS
    (found,) = ask_credentials_for_each([where], user).values()
    return found


def ask_credentials_for_each(urls: Iterable[str], user: str | None) -> dict[Origin, Credentials]:
    """Who asks each of several servers; raises CredentialsError where a password is missing."""
    import os

    from build_graph.query.http.credentials import find_credentials_for_each

    ask = ask_secret if is_terminal(sys.stdin) and is_terminal(sys.stderr) else None
    return find_credentials_for_each(urls, user, os.environ, ask)
