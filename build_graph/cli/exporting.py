"""The command that takes a graph to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from build_graph.cli.options import add_answer_options, add_graph_argument, print_size, prints_errors
from build_graph.cli.terminal import print_lines

_FORMS = ("ttl", "trig", "nt", "nq", "jsonld", "rdfxml", "graphml", "gexf", "csv", "parquet", "neo4j-csv")


@click.command()
@add_graph_argument
@click.option("--format", "form", type=click.Choice(_FORMS), required=True, help="What is written.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="Where; a folder for csv, parquet and neo4j-csv.  [default: output/export/FORMAT/]",
)
@click.option("--licence", metavar="IRI", help="The licence that the description names.")
@click.option("--url", metavar="URL", help="The folder on the net in which the files will be.")
@click.option(
    "--spreadsheet",
    is_flag=True,
    help="csv for spreadsheets: a byte order mark, and an apostrophe before each text that one would take "
    "for a formula.",
)
@click.option("--spreadsheet-safe", "as_before", is_flag=True, hidden=True)
@add_answer_options
@prints_errors
def export(graph: str, form: str, output: Path | None, spreadsheet: bool, **options: Any) -> None:
    """Write a graph in the format of another program, with a description beside it (dataset.ttl: VoID, DCAT).

    RDF formats hold every statement, sorted; trig and nq keep named graphs. jsonld has a context made from
    the ontology, also as context.jsonld. graphml and gexf are the network of documents, clauses, measures,
    norms, bodies and domains. csv is a Data Package of eight tables, parquet the same tables, neo4j-csv what
    neo4j-admin imports. The same graph gives the same bytes.

    An endpoint is copied first, 500 subjects at a time, into memory; its default graph is what is exported.
    Cells of csv hold words as they are: import them into a spreadsheet as text, or =… may run as a formula;
    with --spreadsheet it cannot, and the words are no longer those of the graph.

    \b
    Examples:
      obligations export --format csv
      obligations export corpus/graph.ttl --format nt -o graph.nt --licence https://example.org/licence
      obligations export http://localhost:7878/query --format jsonld
    """
    from build_graph.files import is_stream
    from build_graph.query.export.dataset_description import Publication
    from build_graph.query.export.exporter import Exporter
    from build_graph.query.export.formats import ExportFormat
    from build_graph.query.export.source import GraphSource

    print_size(graph)
    kind = ExportFormat(form)
    guarded = options.pop("as_before") or spreadsheet
    if guarded and kind is not ExportFormat.CSV:
        raise click.UsageError(f"--spreadsheet: {form} is not for spreadsheets; it goes with csv")
    limits = {name: options.pop(name) for name in ("timeout", "most")}
    addresses = {name: _parse_address(f"--{name}", words) for name, words in options.items()}
    folder = Path("output") / "export" / form
    place = output or (folder if kind.is_folder else folder / f"graph.{kind.ending}")
    source, published = GraphSource.open(graph, **limits), Publication(**addresses)
    exported = Exporter(source, kind, published, guarded).write(place)
    print_lines(
        f"wrote {place}: {exported.statements:,} statements, "
        f"{len(exported.paths):,} files with {exported.paths[-1].name}, {exported.size / 1e6:.1f} MB",
        error=is_stream(place),
    )


def _parse_address(option: str, words: str | None) -> str | None:
    """Return the address that an option gives; raises ObligationError for what is none."""
    from pyoxigraph import NamedNode

    from build_graph.errors import ObligationError

    if words is None:
        return None
    try:
        if words.startswith(("http://", "https://")):
            return NamedNode(words).value
    except ValueError:
        pass
    raise ObligationError(f"{option}: {words!r} is no address; write it as https://example.org/…")
