"""The commands that take a graph to other programs and triple stores, and fetch it from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    add_answer_options,
    add_connection_options,
    add_graph_argument,
    add_graph_option,
    ask_credentials_for_each,
    combine_options,
    create_format_option,
    create_output_option,
    print_size,
)
from build_graph.cli.terminal import print_lines, prints_errors, show_bar

if TYPE_CHECKING:
    from build_graph.query.exchange.servers import Server
    from build_graph.query.export.formats import ExportFormat
    from build_graph.query.http.client import Client

_FORMATS = ("ttl", "trig", "nt", "nq", "jsonld", "rdfxml", "graphml", "gexf", "csv", "parquet", "neo4j-csv")

_EXPORT_HELP = """
Write a graph in the format of another program, with a description beside it (dataset.ttl: VoID, DCAT).

RDF formats contain every statement, sorted; trig and nq keep named graphs. jsonld has a context made from
the ontology, which is also written as context.jsonld. graphml and gexf are the network of documents, clauses,
measures, norms, bodies and domains. csv is a Data Package of eight tables, parquet the same tables, neo4j-csv
is for neo4j-admin import. The same graph gives the same bytes.

The command first copies an endpoint into memory, 500 subjects at a time, and exports its default graph.
Cells of csv contain words as they are: import them into a spreadsheet as text, or =… may run as a formula;
with --spreadsheet it cannot, but some words then differ from those of the graph.

\b
Examples:
  obligations export --format csv
  obligations export corpus/graph.ttl -o graph.nt --licence https://example.org/licence
  obligations export http://localhost:7878/query --format jsonld
"""


_add_export_options = combine_options(
    create_format_option(_FORMATS, "RDF, a network, or tables; by default as the file of --output ends."),
    create_output_option(
        "FILE|DIR", "it; csv, parquet and neo4j-csv need a folder.  [default: output/export/FORMAT/]"
    ),
    click.option("--licence", metavar="IRI", help="The licence that the description names."),
    click.option("--url", metavar="URL", help="The folder on the net in which the files will be."),
    click.option(
        "--spreadsheet",
        is_flag=True,
        help="Write csv for spreadsheets: a byte order mark, and an apostrophe before what looks like a "
        "formula.",
    ),
    click.option("--spreadsheet-safe", "as_before", is_flag=True, hidden=True),
)


@click.command(help=_EXPORT_HELP)
@add_graph_argument
@_add_export_options
@add_answer_options
@prints_errors
def export(graph: str, form: str | None, output: Path | None, **options: Any) -> None:
    """Write a graph in the format of another program."""
    from build_graph.files import is_stream
    from build_graph.query.export.dataset_description import Publication
    from build_graph.query.export.exporter import Exporter
    from build_graph.query.export.formats import ExportFormat
    from build_graph.query.export.source import GraphSource

    kind = _choose_format(form, output)
    print_size(graph)
    guarded = any([options.pop("spreadsheet"), options.pop("as_before")])
    if guarded and kind is not ExportFormat.CSV:
        raise click.UsageError(f"--spreadsheet: {kind} is not for spreadsheets; it goes with csv")
    place = output or _choose_place(kind)
    source = GraphSource.open(graph, **{name: options.pop(name) for name in ("timeout", "most")})
    exported = Exporter(source, kind, Publication.parse(**options), guarded).write(place)
    print_lines(
        f"wrote {place}: {exported.statements:,} statements, "
        f"{len(exported.paths):,} files with {exported.paths[-1].name}, {exported.size / 1e6:.1f} MB",
        error=is_stream(place),
    )


def _choose_format(given: str | None, output: Path | None) -> ExportFormat:
    """Return the format of an export; raise UsageError if neither --format nor the ending names one."""
    from build_graph.query.export.formats import ExportFormat

    kind = ExportFormat(given) if given else ExportFormat.detect(output) if output else None
    if kind is None:
        where = f"{output}: the ending names no format" if output else "no format"
        raise click.UsageError(f"{where}; give --format, one of {', '.join(_FORMATS)}")
    return kind


def _choose_place(kind: ExportFormat) -> Path:
    """Return the default place of an export."""
    folder = Path("output") / "export" / kind.value
    return folder if kind.is_folder else folder / f"graph.{kind.ending}"


_ENDPOINTS = {"store": "gsp_url", "update": "update_url", "query": "query_url"}

_add_server_options = combine_options(
    add_connection_options,
    *(
        click.option(f"--{name}-url", metavar="URL", help=f"Where the server {what}, if that is not found.")
        for name, what in (
            ("gsp", "takes whole graphs (SPARQL Graph Store HTTP Protocol)"),
            ("update", "takes SPARQL Update"),
            ("query", "answers queries"),
        )
    ),
)


_add_sending_options = combine_options(
    add_graph_option,
    click.option("--named-graph", metavar="IRI", help="Put everything into this one graph."),
    click.option("--force", is_flag=True, help="Send graphs that have not changed, too."),
    click.option(
        "--replace-shared",
        is_flag=True,
        help="Drop bodies, domains and places that this graph does not have; otherwise they stay.",
    ),
)


@click.command()
@click.argument("url", metavar="URL")
@_add_sending_options
@_add_server_options
@prints_errors
def push(url: str, graph: str, named_graph: str | None, **options: Any) -> None:
    """Send a graph to a triple store: each document as a named graph, what they share as one more.

    The default graph stays empty: start oxigraph serve with --union-default-graph to ask all of them as one.
    URL is the address of a server (Oxigraph, Virtuoso, Fuseki are known) or of one of its endpoints. The
    command does not send a graph that is there and has not changed, so that you can repeat a push that was
    interrupted. Graphs that are there but not in --graph, which is a file or folder here, stay.

    \b
    Examples:
      obligations push http://localhost:7878
      OBLIGATIONS_PASSWORD=… obligations push http://localhost:8890 --user dba --graph corpus/graph.ttl
    """
    from build_graph.query.exchange.push import Pusher, read_parts
    from build_graph.query.http.credentials import redact_url

    client = _create_client(url, options)
    parts = read_parts(Path(graph), named_graph)
    pusher = Pusher(_find_server(client, url, options), options["force"], options["replace_shared"])
    with show_bar(len(parts.graphs) + bool(parts.shared), "graphs") as on_progress:
        result = pusher.push(parts, on_progress)
    print_lines(
        f"pushed {_format_count(result.sent)} to {redact_url(url)}: {result.statements:,} statements; "
        f"{result.unchanged:,} unchanged"
    )


@click.command()
@click.argument("url", metavar="URL")
@create_output_option(
    "FILE", "them: .ttl and .nt merge all graphs into one, .trig and .nq keep their names.", required=True
)
@click.option("--named-graph", metavar="IRI", help="Fetch this graph alone.")
@_add_server_options
@prints_errors
def pull(url: str, output: Path, named_graph: str | None, **options: Any) -> None:
    """Fetch the named graphs of a triple store into a file.

    The command writes the whole file or nothing; the same statements give the same bytes.

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
    with show_bar(len(names), "graphs") as on_progress:
        ordered = (pulled := GraphPuller(server, names, on_progress)).sort_statements(output)
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
