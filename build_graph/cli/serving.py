"""The command that serves a graph over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from build_graph.cli.options import GRAPH, parse_size_option, prints_errors
from build_graph.cli.terminal import print_lines

_SECONDS = click.FloatRange(min=0, min_open=True, max=86_400)


@click.command()
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    metavar="FILE|STORE|SHARDS",
    help=f"A graph: a file, or a folder (Oxigraph store, shards).  [default: {GRAPH}]",
)
@click.option("--store", type=click.Path(path_type=Path), metavar="DIR", help="Or the folder of a store.")
@click.option(
    "--in-memory",
    is_flag=True,
    help="Copy the store into memory first: slow to start, and each query some three times as fast.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=7878, show_default=True, help="0 for one that is free."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Other machines reach it at 0.0.0.0.",
)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="A name by which this server may be called beside 127.0.0.1, localhost and --host.",
)
@click.option("--cors", metavar="ORIGIN|*", help="Lets pages of this origin, or all (*), ask.")
@click.option(
    "--timeout",
    "seconds",
    type=_SECONDS,
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="For one query.",
)
@click.option(
    "--max-rows",
    "rows",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    metavar="N",
    help="Rows of an answer; one that has more is refused, not cut.",
)
@click.option(
    "--max-answer",
    "answer",
    callback=parse_size_option,
    default="64MB",
    show_default=True,
    metavar="SIZE",
    help="Its bytes.",
)
@click.option(
    "--max-body",
    "body",
    callback=parse_size_option,
    default="1MB",
    show_default=True,
    metavar="SIZE",
    help="Bytes of a request.",
)
@click.option(
    "--max-memory",
    "memory",
    callback=parse_size_option,
    show_default="2GB, or a worker's share of the machine's memory",
    metavar="SIZE",
    help="What one query may take beside the graph.",
)
@click.option(
    "--cache",
    "kept",
    callback=parse_size_option,
    default="64MB",
    show_default=True,
    metavar="SIZE",
    help="Answers that are kept for who asks the same again; 0MB keeps none.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=lambda: max(4, os.cpu_count() or 1),
    show_default="one a processor, 4 at least",
    metavar="N",
    help="Queries at once.",
)
@click.option(
    "--wait",
    "waiting",
    type=_SECONDS,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long others wait for their turn.",
)
@prints_errors
def serve(graph: Path | None, store: Path | None, in_memory: bool, **options: Any) -> None:
    """Show a graph in the browser, and answer SPARQL; for this machine only unless --host says otherwise.

    The workbench has the questions of the catalogue as forms, the network, and a page for every agency,
    domain, document and clause. The endpoint at /sparql speaks the SPARQL 1.1 Protocol. Nothing is changed,
    and no other endpoint asked. A query that takes too long or too much is stopped, and the answer says so.
    Ctrl-C ends it.

    \b
    Examples:
      obligations serve
      obligations serve --graph corpus/graph.ttl --port 0 --timeout 5
      obligations query pairs --graph http://127.0.0.1:7878/sparql
    """
    from build_graph.extras import load_extra
    from build_graph.files import is_file

    for module in ("starlette", "uvicorn", "mimeparse", "cachetools"):
        load_extra(module, "serve", "obligations serve")
    from build_graph.web.server.server import serve as run
    from build_graph.web.server.settings import QueryLimits, ServeError, Settings, compute_memory_share

    if graph and store:
        raise click.UsageError("--graph and --store: give one of them")
    if store and is_file(store):
        raise ServeError(f"{store}: this is a file, no folder of a store; give it as --graph")
    place = {name: options.pop(name) for name in ("host", "port", "cors", "allow_hosts")}
    if options["memory"] is None:
        options["memory"] = compute_memory_share(options["workers"])
    where, limits = store or graph or GRAPH, QueryLimits(**options)
    run(Settings(where, in_memory=in_memory, **place, landing="/", limits=limits), _print_address)


def _print_address(address: str) -> None:
    print_lines(f"{address}         the workbench: open it in a browser")
    print_lines(f"{address}sparql   the SPARQL endpoint")
