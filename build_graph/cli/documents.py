"""The commands on documents: print what is understood of them, or write one of them as a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    GRAPH,
    add_connection_options,
    add_input_options,
    add_metadata_options,
    add_registry_option,
    create_format_option,
    create_graph_option,
    create_output_option,
    create_selection_options,
    open_engine,
    read_options,
    take_registry,
)
from build_graph.cli.terminal import guard_output, page_out, print_lines, prints_errors, show_progress

if TYPE_CHECKING:
    from build_graph.query.restore.document import RestoredDocument


@click.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, allow_dash=True))
@create_format_option(["json", "table"], "a table, or the JSON of the annotated documents.", "table")
@add_metadata_options
@add_input_options
@add_registry_option
@prints_errors
def extract(path: Path, form: str, **options: Any) -> None:
    """Show what is understood of one document, without writing a graph.

    PATH is a document of any kind that build reads.

    \b
    Examples:
      obligations extract opinion.html
      obligations extract corpus.jsonl.gz:17
      obligations extract opinion.txt --format json > opinion.json
      obligations extract opinion.txt --registry bodies.ttl
    """
    from build_graph.corpus.stages import understand_one
    from build_graph.extract.gold_format import convert_to_gold

    registry = take_registry(options)
    given, reader = read_options(options)
    document = understand_one(path, reader, given, registry)
    if form == "json":
        page_out(_format_json(convert_to_gold(document)))
        return
    from build_graph.query.text_tables import print_measures

    with guard_output():
        print_measures(document, sys.stdout)


def _format_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


@click.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--source", is_flag=True, help="Print the text before its repair: lines and columns count in it."
)
@add_input_options
@prints_errors
def text(path: Path, source: bool, **options: Any) -> None:
    """Print the text of one document as it was understood: taken out of its file, and repaired.

    The positions in a graph count in this text; places such as notice.docx:12:8 count in the text before
    its repair (--source).

    \b
    Examples:
      obligations text notice.docx
      obligations text pages.zip/notice.html --source
    """
    from build_graph.corpus.stages import open_local_stages
    from build_graph.text.repairs import repair

    with open_local_stages(read_options(options)[1]) as stages:
        found = stages.guarded_reader.read_one(path)
    page_out(found.source.content if source else repair(found.source).content)


_REVIEW_HELP = """
List what was not understood of documents, worst first.

PATH is whatever build reads. A doubt is a passage that was not read, a bracket that looks like an
attribution but was refused, a body that is not known, or damage. Documents with the most characters in
doubt come first; each doubt has its file, line and column.

\b
Examples:
  obligations review corpus.jsonl.gz --top 10
  obligations review opinion.txt --details 100
  obligations review pages/ --format json > doubts.json
"""


@click.command(help=_REVIEW_HELP)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="Documents to show.")
@click.option("--details", type=click.IntRange(0), default=3, show_default=True, help="Doubts of each.")
@create_format_option(["json", "table"], "a table, or JSON with every doubt of every document.", "table")
@add_metadata_options
@add_input_options
@add_registry_option
@prints_errors
def review(paths: tuple[Path, ...], top: int, details: int, form: str, **options: Any) -> None:
    """List what was not understood of documents, worst first."""
    from build_graph.cli.review import Reviewer, convert_to_json, print_reviews

    registry = take_registry(options)
    given, reader = read_options(options)
    with show_progress() as on_document:
        found = Reviewer(reader, given, on_document, registry).review_documents(paths)
    if form == "json":
        page_out(_format_json(convert_to_json(found.reviews, found.failures)))
    elif found.reviews:
        with guard_output():
            print_reviews(found.reviews, found.failures, sys.stdout, top=top, details=details)
    for failure in found.failures:
        print_lines(f"not understood: {failure}", error=True)
    if not found.reviews:
        sys.exit(1)


_OF_FILES = ("issuer", "date", "number", "title", "encoding", "registry")  # a graph contains them itself

_READ_HELP = """
Write one document as a page in which all that was understood is marked.

The page is one file: it opens in a browser without a network, in Chinese and English, and can be mailed.
DOCUMENT is a document of any kind that build reads; without it, the command takes the document that ships
with the package. With --document, or with --graph and DOCUMENT, it takes a document of the graph, and needs
neither its file nor the program's rules: the page is the same, byte for byte. What follows # in the page's
address chooses what it shows: agency=agency/mofcom, domain=domain/taxation, norm=prohibition, role=lead,
allocation=divided, measure=s2/c4/m1, lang=zh, theme=dark, words=source.

\b
Examples:
  obligations read
  obligations read opinion.docx -o opinion.html
  obligations read corpus.jsonl.gz:17 --network output/network.html
  obligations read --document 国发〔2015〕24号 --graph output/store
"""


_add_network_option = click.option(
    "--network",
    type=click.Path(path_type=Path),
    default=Path("output") / "network.html",
    show_default=True,
    metavar="FILE",
    help="The network page that the page links to, if it is there.",
)


@click.command(help=_READ_HELP)
@click.argument("name", required=False, metavar="[DOCUMENT]")
@create_selection_options("document")
@create_graph_option(None)
@create_output_option("FILE", "the page.  [default: output/read/NUMBER.html]")
@_add_network_option
@add_connection_options
@add_metadata_options
@add_input_options
@add_registry_option
@prints_errors
def read(name: str | None, graph: str | None, output: Path | None, network: Path, **options: Any) -> None:
    """Write one document as a page in which all that was understood is marked."""
    from build_graph.web.pages.reader import format_file_name

    if (document := options.pop("document")) is not None:
        if name is not None:
            raise click.UsageError("DOCUMENT and --document: give one of them")
        name, graph = document, graph or str(GRAPH)
    if output:
        _refuse_inputs(output, name, graph)
    found = _restore_from_graph(name, graph, options) if graph else _read_from_file(name, options)
    page = output or Path("output") / "read" / format_file_name(found.document.id)
    _refuse_inputs(page, name, graph)
    _write_page(found, page, network)


def _write_page(found: RestoredDocument, page: Path, network: Path) -> None:
    """Write the page of a document, with a link to the network page if that is there."""
    from build_graph.files import is_file, write_file
    from build_graph.web.pages.reader import ReaderLinks, compute_relative_url, render_reader_page

    document = found.document
    links = ReaderLinks(compute_relative_url(page, network) if is_file(network) else None)
    write_file(page, render_reader_page(document, found.descriptions, links, base=found.base))
    norms = sum(len(measure.norms) for measure in document.measures)
    print_lines(
        f"wrote {page}: {len(document.measures):,} measures, {norms:,} norms, "
        f"{len(document.text.repairs):,} repairs\nnext: open {page} in a browser"
    )


def _refuse_inputs(page: Path, name: str | None, graph: str | None) -> None:
    """Raise OverwritingError if the page would overwrite the document or the graph that it is made from."""
    from build_graph.extract.pipeline import find_default_document
    from build_graph.text.overwriting import reject_graph, reject_inputs

    if graph:
        reject_graph([page], graph)
    else:
        reject_inputs([page], [Path(name) if name else find_default_document()])


def _read_from_file(name: str | None, options: dict[str, Any]) -> RestoredDocument:
    """Return the document of a file, understood; by default the one that ships with the package."""
    from build_graph.corpus.stages import understand_one
    from build_graph.extract.pipeline import find_default_document
    from build_graph.graph.emit.registries import Descriptions
    from build_graph.query.restore.document import RestoredDocument
    from build_graph.vocabulary import BASE

    del options["timeout"], options["most"], options["user"]
    registry = take_registry(options)
    given, reader = read_options(options)
    document = understand_one(Path(name) if name else find_default_document(), reader, given, registry)
    return RestoredDocument(document, Descriptions.load(registry=registry), BASE)


def _restore_from_graph(name: str | None, graph: str, options: dict[str, Any]) -> RestoredDocument:
    """Return a document of a graph; raise a usage error without its name, or with metadata of a file."""
    from build_graph.query.catalogue import ParameterKind
    from build_graph.query.names import EntityFinder
    from build_graph.query.restore.document import restore_document

    if name is None:
        raise click.UsageError("--graph needs a DOCUMENT: its number, its title, or the end of its IRI")
    if given := [f"--{option}" for option in _OF_FILES if options[option]]:
        raise click.UsageError(f"--graph says itself what the document is: leave out {', '.join(given)}")
    engine = open_engine(graph, options)
    return restore_document(engine, EntityFinder(engine).find(ParameterKind.DOCUMENT, name))
