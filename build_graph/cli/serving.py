"""The command that serves a graph over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from build_graph.cli.options import add_graph_option, combine_options, create_size_option, reject_both
from build_graph.cli.terminal import print_lines, prints_errors

_SECONDS = click.FloatRange(min=0, min_open=True, max=86_400)

_HELP = """
Show a graph in the browser, and answer SPARQL; only this machine reaches it, unless --host says otherwise.

The graph is a file or a folder here. The workbench has the questions of the catalogue as forms, the network,
and a page for every agency, domain, document and clause. The endpoint at /sparql speaks the SPARQL 1.1
Protocol; its default graph is the union of all graphs. The server changes nothing, and asks no other
endpoint. It stops a query that takes too much time or memory, and the answer says so. Ctrl-C ends it.
It needs Linux, macOS or WSL.

\b
Examples:
  obligations serve
  obligations serve --graph corpus/graph.ttl --port 0 --timeout 5
  obligations query pairs --graph http://127.0.0.1:7878/sparql
"""

_add_address_options = combine_options(
    click.option(
        "--port", type=click.IntRange(0, 65_535), default=7878, show_default=True, help="0 for a free one."
    ),
    click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        help="The address to listen at; other machines reach 0.0.0.0.",
    ),
    click.option(
        "--allow-host",
        "allow_hosts",
        multiple=True,
        metavar="NAME",
        help="A name of this server beside 127.0.0.1, localhost and --host.",
    ),
    click.option("--cors", metavar="ORIGIN|*", help="Let pages of this origin, or of all (*), ask."),
)

_add_limit_options = combine_options(
    click.option(
        "--timeout",
        "seconds",
        type=_SECONDS,
        default=30.0,
        show_default=True,
        metavar="SECONDS",
        help="For one query.",
    ),
    click.option(
        "--max-rows",
        "rows",
        type=click.IntRange(min=1),
        default=100_000,
        show_default=True,
        metavar="N",
        help="Rows of an answer; the server refuses one that has more, and cuts none.",
    ),
    create_size_option("--max-answer", "answer", "64MB", "Bytes of an answer."),
    create_size_option("--max-body", "body", "1MB", "Bytes of a request."),
    create_size_option(
        "--max-memory",
        "memory",
        None,
        "Memory of one query beside the graph.  [default: 2GB, or a worker's share of the machine's memory]",
    ),
    create_size_option(
        "--cache", "kept", "64MB", "Bytes of answers to keep for repeated queries; 0MB for none."
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=lambda: max(4, os.cpu_count() or 1),
        show_default="one a processor, 4 at least",
        metavar="N",
        help="Queries at once.",
    ),
    click.option(
        "--wait",
        "waiting",
        type=_SECONDS,
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="How long other queries wait for their turn.",
    ),
)


@click.command(help=_HELP)
@add_graph_option
@click.option("--store", hidden=True)
@click.option(
    "--in-memory",
    is_flag=True,
    help="Copy the store into memory first: slow to start, and each query some three times as fast.",
)
@_add_address_options
@_add_limit_options
@prints_errors
def serve(graph: str, store: str | None, in_memory: bool, **options: Any) -> None:
    """Show a graph in the browser, and answer SPARQL."""
    from build_graph.errors import load_extra

    for module in ("starlette", "uvicorn", "mimeparse", "cachetools"):
        load_extra(module, "serve", "obligations serve")
    from build_graph.web.server.server import serve as run
    from build_graph.web.server.settings import QueryLimits, Settings, compute_memory_share

    where = _choose_graph(graph, store)
    address = {name: options.pop(name) for name in ("host", "port", "cors", "allow_hosts")}
    if options["memory"] is None:
        options["memory"] = compute_memory_share(options["workers"])
    limits = QueryLimits(**options)
    run(Settings(where, in_memory=in_memory, **address, landing="/", limits=limits), _print_address)


def _choose_graph(graph: str, store: str | None) -> Path:
    """Return the graph to serve; `store` is an older spelling of it, for a folder."""
    from build_graph.files import is_file
    from build_graph.web.server.settings import ServeError

    if store is None:
        return Path(graph)
    reject_both("graph", "--graph and --store")
    if is_file(Path(store)):
        raise ServeError(f"{store}: this is a file, no folder of a store; give it as --graph")
    return Path(store)


def _print_address(address: str) -> None:
    print_lines(f"{address}         the workbench: open it in a browser")
    print_lines(f"{address}sparql   the SPARQL endpoint")
