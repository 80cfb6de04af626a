"""The command that writes a document as a page: from its file, or from a graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    answer_options,
    engine_of,
    input_options,
    metadata_options,
    read_options,
    speaks_plainly,
    user_option,
)
from build_graph.cli.terminal import say

if TYPE_CHECKING:
    from build_graph.restoring.document import Described

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
@answer_options
@user_option
@metadata_options
@input_options
@speaks_plainly
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
    from build_graph.files import is_file, write
    from build_graph.pages.reader import ReaderLinks, address_from, file_name, reader_page

    if output:
        _refuse(output, name, graph)
    found = _of_graph(name, graph, options) if graph else _of_file(name, options)
    document = found.document
    page = output or Path("output") / "read" / file_name(document.id)
    _refuse(page, name, graph)
    links = ReaderLinks(address_from(page, network) if is_file(network) else None)
    write(page, reader_page(document, found.descriptions, links, base=found.base))
    norms = sum(len(measure.norms) for measure in document.measures)
    say(
        f"wrote {page}: {len(document.measures):,} measures, {norms:,} norms, "
        f"{len(document.text.repairs):,} repairs"
    )
    say(f"next: open {page} in a browser")


def _refuse(page: Path, name: str | None, graph: str | None) -> None:
    """Raise OverwritingError where the page would be written over what it is made from."""
    from build_graph.pipeline import default_document
    from build_graph.reading.inputs import InputReader
    from build_graph.reading.overwriting import refuse_graph, refuse_inputs

    if graph:
        refuse_graph([page], graph)
    else:
        refuse_inputs([page], InputReader().files([Path(name) if name else default_document()]))


def _of_file(name: str | None, options: dict[str, Any]) -> Described:
    from build_graph.corpus.stages import understand_one
    from build_graph.graph.descriptions import Descriptions
    from build_graph.pipeline import default_document
    from build_graph.restoring.document import Described
    from build_graph.vocabulary import BASE

    del options["timeout"], options["most"], options["user"]
    given, reader = read_options(options)
    document = understand_one(Path(name) if name else default_document(), reader, given)
    return Described(document, Descriptions.load(), BASE)


def _of_graph(name: str | None, graph: str, options: dict[str, Any]) -> Described:
    from build_graph.querying.headers import Kind
    from build_graph.querying.names import NameFinder
    from build_graph.restoring.document import restored

    if name is None:
        raise click.UsageError("--graph needs a DOCUMENT: its number, its title, or the end of its IRI")
    if given := [f"--{option}" for option in _OF_FILES if options[option]]:
        raise click.UsageError(f"--graph says itself what the document is: leave out {', '.join(given)}")
    engine = engine_of(graph, options)
    return restored(engine, NameFinder(engine).find(Kind.DOCUMENT, name))
