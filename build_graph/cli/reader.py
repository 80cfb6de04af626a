"""The command that writes a document as a page: from its file, or from a graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    add_answer_options,
    add_input_options,
    add_metadata_options,
    add_user_option,
    open_engine,
    prints_errors,
    read_options,
)
from build_graph.cli.terminal import print_lines

if TYPE_CHECKING:
    from build_graph.restoring.document import RestoredDocument

_OF_FILES = ("issuer", "date", "number", "title", "encoding")  # what a graph says itself


@click.command()
@click.argument("name", required=False, metavar="[DOCUMENT]")
@click.option(
    "--graph",
    metavar="FILE|STORE|URL",
    help="Take DOCUMENT from this graph, a file, store or endpoint, by number, title or the end of its IRI.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the page is written.  [default: output/read/NUMBER.html]",
)
@click.option(
    "--network",
    type=click.Path(path_type=Path),
    default=Path("output") / "network.html",
    show_default=True,
    metavar="FILE",
    help="The network page that the page links to, if it is there.",
)
@add_answer_options
@add_user_option
@add_metadata_options
@add_input_options
@prints_errors
def read(name: str | None, graph: str | None, output: Path | None, network: Path, **options: Any) -> None:
    """Write one document as a page in which all that was understood is marked.

    The page is one file: it opens in a browser without a network, in Chinese and English, and can be mailed.
    DOCUMENT is a document of any kind that build reads; without one, the document that ships with the package
    is taken. With --graph it is a document of that graph, and neither its file nor the program's rules are
    needed: the page is the same, byte for byte. What stands behind # in the page's address chooses what it
    shows: agency=agency/mofcom, domain=domain/taxation, norm=prohibition, role=lead, allocation=divided,
    measure=s2/c4/m1, lang=zh, theme=dark, words=source.

    \b
    Examples:
      obligations read
      obligations read opinion.docx -o opinion.html
      obligations read corpus.jsonl.gz:17 --network output/network.html
      obligations read 国发〔2015〕24号 --graph output/store
    """
    from build_graph.files import is_file, write_file
    from build_graph.pages.reader import (
        ReaderLinks,
        compute_relative_url,
        format_file_name,
        render_reader_page,
    )

    if output:
        _refuse_inputs(output, name, graph)
    found = _restore_from_graph(name, graph, options) if graph else _read_from_file(name, options)
    document = found.document
    page = output or Path("output") / "read" / format_file_name(document.id)
    _refuse_inputs(page, name, graph)
    links = ReaderLinks(compute_relative_url(page, network) if is_file(network) else None)
    write_file(page, render_reader_page(document, found.descriptions, links, base=found.base))
    norms = sum(len(measure.norms) for measure in document.measures)
    print_lines(
        f"wrote {page}: {len(document.measures):,} measures, {norms:,} norms, "
        f"{len(document.text.repairs):,} repairs"
    )
    print_lines(f"next: open {page} in a browser")


def _refuse_inputs(page: Path, name: str | None, graph: str | None) -> None:
    """Raise OverwritingError where the page would be written over what it is made from."""
    from build_graph.pipeline import find_default_document
    from build_graph.reading.inputs import InputReader
    from build_graph.reading.overwriting import reject_graph, reject_inputs

    if graph:
        reject_graph([page], graph)
    else:
        reject_inputs([page], InputReader().iterate_files([Path(name) if name else find_default_document()]))


def _read_from_file(name: str | None, options: dict[str, Any]) -> RestoredDocument:
    from build_graph.corpus.stages import understand_one
    from build_graph.graph.descriptions import Descriptions
    from build_graph.pipeline import find_default_document
    from build_graph.restoring.document import RestoredDocument
    from build_graph.vocabulary import BASE

    del options["timeout"], options["most"], options["user"]
    given, reader = read_options(options)
    document = understand_one(Path(name) if name else find_default_document(), reader, given)
    return RestoredDocument(document, Descriptions.load(), BASE)


def _restore_from_graph(name: str | None, graph: str, options: dict[str, Any]) -> RestoredDocument:
    from build_graph.querying.headers import ParameterKind
    from build_graph.querying.names import EntityFinder
    from build_graph.restoring.document import restore_document

    if name is None:
        raise click.UsageError("--graph needs a DOCUMENT: its number, its title, or the end of its IRI")
    if given := [f"--{option}" for option in _OF_FILES if options[option]]:
        raise click.UsageError(f"--graph says itself what the document is: leave out {', '.join(given)}")
    engine = open_engine(graph, options)
    return restore_document(engine, EntityFinder(engine).find(ParameterKind.DOCUMENT, name))
