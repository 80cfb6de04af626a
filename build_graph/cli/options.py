"""The options that several commands share: each has one name, one type and one meaning in all of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from build_graph.cli.terminal import ask_secret, is_terminal, print_lines, print_warning

if TYPE_CHECKING:
    from build_graph.extract.agencies.registry_file import AddedRegistry
    from build_graph.graph.store.shards import ShardFolder
    from build_graph.model import Metadata
    from build_graph.query.engines import Engine
    from build_graph.query.http.credentials import Credentials, Origin
    from build_graph.text.inputs import InputReader

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

GRAPH = Path("output") / "graph.ttl"


def combine_options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return a decorator that adds several options, in the order in which help lists them."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


# ------------------------------------------------------------------------------ graphs and outputs


def create_graph_option(default: str | None = str(GRAPH)) -> Callable[[Command], Command]:
    """Return the option that names the graph; without a default a command can do without one."""
    return click.option(
        "--graph",
        default=default,
        show_default=True,
        metavar="GRAPH",
        help="A file (.ttl, .trig, .nq, .nt), a folder (Oxigraph store, shards), or the address of a SPARQL "
        "endpoint.",
    )


add_graph_option = create_graph_option()


def add_graph_argument(command: Command) -> Command:
    """Add the graph as an argument and as `--graph`, and give the command whichever was used."""

    @wraps(command)
    def run(*args: Any, place: str | None, **options: Any) -> Any:
        if place is not None:
            reject_both("graph", "GRAPH and --graph")
            options["graph"] = place
        return command(*args, **options)

    return add_graph_option(click.argument("place", required=False, metavar="[GRAPH]")(run))  # type: ignore[return-value]


def reject_both(name: str, both: str) -> None:
    """Raise a usage error if an option was given on the command line; `both` names it and its rival."""
    if click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE:
        raise click.UsageError(f"{both}: give one of them")


def create_output_option(
    metavar: str, what: str, default: str | None = None, **settings: Any
) -> Callable[[Command], Command]:
    """Return the option that says where to write; a default lies in output/."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        default=Path("output") / default if default else None,
        show_default=True,
        metavar=metavar,
        help=f"Where to write {what}",
        **settings,
    )


def create_format_option(
    formats: Sequence[str], note: str, default: str | None = None, **settings: Any
) -> Callable[[Command], Command]:
    """Return the option that chooses the format of what a command writes or prints."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=default,
        show_default=True,
        help=f"The format of the output: {note}",
        **settings,
    )


add_language_option = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="The language of what is written.",
)

_SELECTIONS = {
    "body": ("NAME", "The body, by a name or the end of its IRI: 商务部."),
    "document": ("NAME", "The document, by its number, its title or the end of its IRI: 国发〔2015〕24号."),
    "domain": ("NAME", "The policy domain, by a name or the end of its IRI: 电子商务."),
    "as-of": ("DAY", "The day that counts: 2024-01-01, or today."),
}


def create_selection_options(*names: str) -> Callable[[Command], Command]:
    """Return the options that select a part of a graph: body, document, domain, as-of."""
    return combine_options(
        *(
            click.option(f"--{name}", metavar=metavar, help=what)
            for name, (metavar, what) in _SELECTIONS.items()
            if name in names
        )
    )


def create_size_option(
    name: str, parameter: str, default: str | None, what: str
) -> Callable[[Command], Command]:
    """Return an option whose value is a number of bytes, written as 64MB."""
    return click.option(
        name,
        parameter,
        callback=parse_size_option,
        default=default,
        show_default=True,
        metavar="SIZE",
        help=what,
    )


def parse_size_option(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return the bytes that an option such as 64MB gives; raise a usage error for what is no size."""
    from build_graph.text.formats.limits import parse_size

    if value is None:
        return None
    try:
        return parse_size(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no size; write it as 64MB", ctx, param) from error


# ------------------------------------------------------------------------------------ documents

_METADATA = (
    ("title", "国务院关于…的意见"),
    ("number", "国发〔2015〕24号"),
    ("date", "2015-05-04"),
    ("issuer", "国务院, or several: 财政部、税务总局"),
)

add_metadata_options = combine_options(
    *(
        click.option(
            f"--{name}",
            metavar="TEXT",
            help=f"The document's {name}, if the text does not contain it: {example}",
        )
        for name, example in _METADATA
    )
)

# Name, default, and what it limits. The defaults are those of `ReadingLimits`, which sets them.
LIMITS = (
    ("max_size", "64MB", "Bytes of one document, unpacked."),
    ("max_total", "4GB", "Bytes of all documents of one archive, unpacked."),
    ("max_members", 20_000, "Files in one archive."),
    ("max_nesting", 3, "Archives within archives."),
    ("max_ratio", 200, "Factor by which a file may grow when it is unpacked."),
    ("max_depth", 1_000, "Elements within elements on an HTML page."),
    ("max_reading", 60, "Seconds of processor from a document's bytes to its text."),
    ("max_reading_memory", "1GB", "Bytes of memory for that."),
    ("max_understanding", 60, "Seconds to understand a text, and one more for each 1,000 characters."),
    ("max_understanding_memory", "4GB", "Bytes of memory for that."),
)


def _create_limit_option(name: str, default: str | int, what: str) -> Callable[[Command], Command]:
    is_size = isinstance(default, str)
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        type=str if is_size else click.IntRange(min=1),
        callback=parse_size_option if is_size else None,
        metavar="SIZE" if is_size else "N",
        help=f"{what}  [default: {default}]",
    )


add_input_options = combine_options(
    click.option(
        "--encoding", metavar="NAME", help="The encoding of text, e.g. gb18030; detected if not given."
    ),
    *(_create_limit_option(*limit) for limit in LIMITS),
)


add_registry_option = click.option(
    "--registry",
    type=click.Path(path_type=Path),
    metavar="FILE.ttl",
    help="Your own bodies, names and successions, laid over those of the program; see docs/registry.md.",
)


def take_registry(options: dict[str, Any]) -> AddedRegistry | None:
    """Take an analyst's registry out of the options, read; raise ObligationError where it has a fault."""
    from build_graph.extract.agencies.registry import load_added_registry

    return load_added_registry(options.pop("registry"))


def read_options(options: dict[str, Any]) -> tuple[Metadata, InputReader]:
    """Return the metadata that options give, and a reader with the limits and the encoding that they set.

    Prints a line if this system cannot enforce the limits.
    """
    from build_graph.extract.structure.given_metadata import build_metadata
    from build_graph.text.formats.limits import ReadingLimits
    from build_graph.text.inputs import InputReader

    limits = {name: value for name, _, _ in LIMITS if (value := options.pop(name)) is not None}
    reader = InputReader(ReadingLimits(**limits), options.pop("encoding"))
    if not hasattr(os, "fork"):
        print_warning("limits of time and memory are not enforced: this system cannot fork processes")
    return build_metadata({name: value for name, value in options.items() if value}, "options"), reader


# ------------------------------------------------------------------------------------ endpoints

add_answer_options = combine_options(
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True, max=1_000_000),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How long an endpoint may take for an answer.",
    ),
    create_size_option("--max-answer", "most", "256MB", "Bytes of one answer of an endpoint, unpacked."),
)

add_user_option = click.option(
    "--user",
    metavar="NAME",
    help="The user at the endpoint; the password comes from OBLIGATIONS_PASSWORD, netrc, or a prompt. "
    "Without --user: the token in OBLIGATIONS_TOKEN, or the user whom netrc names for the host.",
)

add_connection_options = combine_options(add_answer_options, add_user_option)


def open_engine(graph: str, options: dict[str, Any]) -> Engine:
    """Return the engine of a graph; takes the time, the size and the user out of the options."""
    from build_graph.query.open import open_graph

    print_size(graph)
    credentials = ask_credentials(graph, options.pop("user"))
    return open_graph(graph, options.pop("timeout"), credentials, options.pop("most"))


def open_shards_or_engine(graph: str, options: dict[str, Any]) -> Engine | ShardFolder:
    """Return shards as they are, for work that needs only their tables; else the engine of a graph."""
    from build_graph.graph.store.shards import ShardFolder, is_shards

    if not is_shards(Path(graph)):
        return open_engine(graph, options)
    del options["timeout"], options["most"], options["user"]
    return ShardFolder.open(Path(graph))


def resolve_narrowing(graph: Engine | ShardFolder, options: dict[str, Any]) -> dict[str, Any]:
    """Return the nodes of `--document` and `--domain`; raise UnknownNameError for what the graph lacks."""
    from build_graph.query.open import resolve_selection

    document, domain = resolve_selection(graph, options.pop("document"), options.pop("domain"))
    return {"document": document, "domain": domain}


def print_size(graph: str) -> None:
    """Print the size of shards, whose loading takes its time; raise ShardsError if they are incomplete."""
    from build_graph.graph.store.shards import ShardFolder, is_shards

    if is_shards(Path(graph)):
        totals = ShardFolder.open(Path(graph)).totals
        print_lines(f"{graph}: {totals.documents:,} documents, {totals.statements:,} statements", error=True)


def ask_credentials(where: str, user: str | None) -> Credentials:
    """Return the credentials for a graph at an address; raise CredentialsError if the password is missing."""
    from build_graph.query.http.credentials import ANONYMOUS

    if not where.startswith(("http://", "https://")):
        return ANONYMOUS
    (found,) = ask_credentials_for_each([where], user).values()
    return found


def ask_credentials_for_each(urls: Iterable[str], user: str | None) -> dict[Origin, Credentials]:
    """Return the credentials for each server; raise CredentialsError if a password is missing."""
    from build_graph.query.http.credentials import find_credentials_for_each

    ask = ask_secret if is_terminal(sys.stdin) and is_terminal(sys.stderr) else None
    return find_credentials_for_each(urls, user, os.environ, ask)
