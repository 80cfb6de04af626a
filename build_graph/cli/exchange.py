"""Commands that send a graph to a triple store on the net, and fetch it from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    GRAPH,
    Command,
    add_answer_options,
    add_user_option,
    ask_credentials_for_each,
    prints_errors,
)
from build_graph.cli.terminal import print_lines, show_bar

if TYPE_CHECKING:
    from build_graph.query.exchange.servers import Server
    from build_graph.query.http.client import Client

_ENDPOINTS = {"store": "gsp_url", "update": "update_url", "query": "query_url"}


def _add_server_options(command: Command) -> Command:
    """Add where a server takes graphs, changes and queries, who asks, and how long it may take."""
    for name, what in (
        ("query", "answers queries"),
        ("update", "takes SPARQL Update"),
        ("gsp", "takes whole graphs (SPARQL Graph Store HTTP Protocol)"),
    ):
        command = click.option(
            f"--{name}-url", metavar="URL", help=f"Where the server {what}, if that is not found."
        )(command)
    return add_user_option(add_answer_options(command))


@click.command()
@click.argument("url", metavar="URL")
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    default=GRAPH,
    show_default=True,
    metavar="FILE|STORE|SHARDS",
    help="What is sent: a file (Turtle, TriG, N-Triples, N-Quads) or a folder (Oxigraph store, shards).",
)
@click.option("--named-graph", metavar="IRI", help="Put everything into this one graph.")
@click.option("--force", is_flag=True, help="Send graphs that have not changed, too.")
@click.option(
    "--replace-shared",
    is_flag=True,
    help="Drop bodies, domains and places that this graph does not have; else they stay.",
)
@_add_server_options
@prints_errors
def push(url: str, graph: Path, named_graph: str | None, **options: Any) -> None:
    """Send a graph to a triple store: each document as a named graph, what they share as one more.

    URL is the address of a server (Oxigraph, Virtuoso, Fuseki are known) or of one of its endpoints. A graph
    that is there and has not changed is not sent again, so that a push that was broken off can be repeated.
    Graphs that are there and not in the file stay.

    \b
    Examples:
      obligations push http://localhost:7878
      OBLIGATIONS_PASSWORD=… obligations push http://localhost:8890 --user dba --graph corpus/graph.ttl
    """
    from build_graph.query.exchange.push import Pusher, read_parts
    from build_graph.query.http.credentials import redact_url

    client = _create_client(url, options)
    parts = read_parts(graph, named_graph)
    pusher = Pusher(_find_server(client, url, options), options["force"], options["replace_shared"])
    with show_bar(len(parts.graphs) + bool(parts.shared), "graphs") as done:
        result = pusher.push(parts, done)
    print_lines(
        f"pushed {_format_count(result.sent)} to {redact_url(url)}: {result.statements:,} statements; "
        f"{result.unchanged:,} unchanged"
    )


@click.command()
@click.argument("url", metavar="URL")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where it is written: .ttl and .nt hold all graphs as one, .trig and .nq each by its name.",
)
@click.option("--named-graph", metavar="IRI", help="Fetch this graph alone.")
@_add_server_options
@prints_errors
def pull(url: str, output: Path, named_graph: str | None, **options: Any) -> None:
    """Fetch the named graphs of a triple store into a file.

    The file is written whole or not at all; the same statements give the same bytes.

    \b
    Examples:
      obligations pull http://localhost:7878 -o output/fetched.ttl
      obligations pull http://localhost:8890/sparql -o fetched.trig
    """
    from build_graph.files import write_file
    from build_graph.query.exchange.pull import GraphPuller, check_ending, list_graphs, serialize_sorted
    from build_graph.query.exchange.push import check_iri

    check_ending(output)
    one = check_iri(named_graph) if named_graph else None
    server = _find_server(_create_client(url, options), url, options)
    names = {one: None} if one else list_graphs(server)
    with show_bar(len(names), "graphs") as done:
        pulled = GraphPuller(server, names, done)
        ordered = pulled.sort_statements(output)
    write_file(output, serialize_sorted(ordered, output))
    print_lines(f"wrote {output}: {_format_count(len(names))}, {pulled.statements:,} statements")


def _create_client(url: str, options: dict[str, Any]) -> Client:
    from build_graph.query.http.client import Client
    from build_graph.query.http.credentials import ANONYMOUS

    named = [url, *filter(None, (options[name] for name in _ENDPOINTS.values()))]
    known = ask_credentials_for_each(named, options["user"])
    return Client(ANONYMOUS, options["timeout"], most=options["most"], others=known)


def _find_server(client: Client, url: str, options: dict[str, Any]) -> Server:
    from build_graph.query.exchange.servers import find_server

    return find_server(client, url, **{name: options[option] for name, option in _ENDPOINTS.items()})


def _format_count(number: int) -> str:
    return f"{number:,} graph{'' if number == 1 else 's'}"
