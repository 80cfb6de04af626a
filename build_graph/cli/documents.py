"""Commands on documents: build a graph of them, or show what is understood of them.

The command that writes a document as a page: from its file, or from a graph.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.corpus import CorpusBuild, build_on_spark, print_ignored
from build_graph.cli.options import (
    GRAPH,
    add_answer_options,
    add_input_options,
    add_metadata_options,
    add_user_option,
    open_engine,
    prints_errors,
    read_options,
)
from build_graph.cli.terminal import guard_output, page_out, print_lines, show_progress

if TYPE_CHECKING:
    from build_graph.corpus.builder import BuildResult, FillResult, Skipped
    from build_graph.query.restore.document import RestoredDocument


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where graph.ttl, index.html and the pages that it names are written.  [default: output]",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Put the documents into the Oxigraph store in this folder, made if missing: no file, no pages.",
)
@click.option(
    "--prune", is_flag=True, help="Remove from the store what is not among these documents, and say what."
)
@click.option(
    "--shards",
    type=click.Path(),
    metavar="DIR",
    help="Write a whole corpus as shards of N-Quads into this folder, or go on with what is there.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that understand documents, with --shards or --store.  [default: one a processor]",
)
@click.option(
    "--spark",
    "master",
    metavar="MASTER",
    help="Let a Spark cluster do it, with --shards: spark://host:7077, yarn, local[4].",
)
@click.option(
    "--log-format",
    "log",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: a line a second on stderr, for programs.",
)
@click.option("--keep-going", is_flag=True, help="Leave out documents with faults, and write the others.")
@click.option(
    "--pages/--no-pages",
    default=None,
    help="Write the network and a reader for each document as pages, or not.  [default: up to 50 documents]",
)
@add_metadata_options
@add_input_options
@prints_errors
def build(
    paths: tuple[str, ...],
    output: Path | None,
    store: Path | None,
    shards: str | None,
    **options: Any,
) -> None:
    """Build the graph of documents and write it as Turtle, with pages to look at: index.html names them.

    PATH is a document (text, HTML, DOCX, PDF with text), many of them (JSON Lines or Parquet with "text" and
    perhaps "id", "title", "number"; ZIP; a folder; a pattern in quotes: 'pages/**/*.html'), a document within
    these (pack.zip/a.html, corpus.jsonl:17), or - for standard input. Without one, the document that ships
    with the package is read. What a document does not hold can stand in NAME.toml beside NAME.txt.

    If a document cannot be read or understood, all faults are listed and nothing is written; with
    --keep-going the others are. A text that is there twice is taken once.

    With --store each document goes into the store as soon as it is understood, in place of what was there of
    it, and the documents of earlier builds stay, unless --prune removes them at the end; one whose text,
    given metadata and rules have not changed is not understood again. After a document with faults no more
    are written, without --keep-going; run it again to go on. A store excludes -o and --pages: obligations
    view draws its network. All commands that take a graph take a store.

    With --shards documents of any number go through several processes into part-00000.nq.gz and so on, the
    same bytes however many processes there are. A document that fails is set aside in failures.jsonl, and the
    exit code is then 3. A build that was interrupted goes on where it was, one that is run again works on
    what has changed only. Commands that take a graph take such a folder; build SHARDS --store puts it into a
    store, a new one by bulk load. With --store and --workers, documents go through several processes into the
    store, and those that fail are set aside, as with --shards.

    With --spark the machines of a Spark cluster do the work. PATH and DIR are then on any file system that it
    reaches (hdfs://…, s3a://…), and DIR is new; what lies in it is said in docs/scale.md.

    \b
    Examples:
      obligations build opinion.txt --number 国发〔2015〕24号 --date 2015-05-04 -o graph
      obligations build pages/ corpus.jsonl.gz scans.zip --keep-going
      obligations build pages/ --store policies
      obligations build pages/ --store policies --prune
      obligations build corpus.jsonl.gz 'pages/**/*.html' --shards corpus
      obligations build corpus --store policies
      obligations build hdfs:///policies --spark spark://master:7077 --shards hdfs:///graphs
    """
    from build_graph.corpus.builder import Builder, FillResult
    from build_graph.graph.store.shards import is_shards

    keep_going, pages, workers, log, prune, master = map(
        options.pop, ("keep_going", "pages", "workers", "log", "prune", "master")
    )
    _check_targets(output or pages, store, shards, workers)
    _check_cluster(master, shards, workers, log)
    if prune and (workers or not (store and paths)):
        raise click.UsageError(
            "--prune: give the --store, and each PATH whose documents are to stay in it, without --workers"
        )
    given, reader = read_options(options)
    places = [Path(path) for path in paths]
    is_corpus = bool(shards or workers or any(map(is_shards, places)))
    if is_corpus and given != type(given)():
        raise click.UsageError("a corpus takes no metadata: put it into NAME.toml beside each NAME.txt")
    if shards and master:
        build_on_spark(paths, shards, reader, master)
        return
    if is_corpus:
        CorpusBuild(places, reader, workers, log).build(Path(shards) if shards else None, store)
        return
    with show_progress() as begun:
        builder = Builder(reader, given, keep_going, pages, begun)
        if store:
            result: BuildResult | FillResult = builder.fill(places, store, prune=prune)
        else:
            result = builder.build(places, output or Path("output"))
    for line in result.summary:
        print_lines(line)
    _print_skipped(result.skipped)
    if isinstance(result, FillResult):
        _print_store_result(result)
    else:
        _print_build_result(result)
    gc.freeze()  # all that was made is used up now: do not look through it at exit


def _check_targets(
    files: Path | bool | None, store: Path | None, shards: str | None, workers: int | None
) -> None:
    """A usage error for options that do not go together; `files` says that others are asked for."""
    if store and shards:
        raise click.UsageError("--store and --shards: give one, then: obligations build SHARDS --store STORE")
    if files and (store or shards):
        target, option = "--store" if store else "--shards", "--pages" if files is True else "-o"
        raise click.UsageError(f"{target} writes no files: leave out {option}")
    if workers and not (store or shards):
        raise click.UsageError("--workers goes with --shards or --store")


def _check_cluster(master: str | None, shards: str | None, workers: int | None, log: str) -> None:
    """A usage error for options that do not go with a cluster."""
    if master is None:
        return
    if not shards:
        raise click.UsageError("--spark writes shards: say where with --shards")
    if workers:
        raise click.UsageError("--workers are processes of this machine: leave it out with --spark")
    if log != "text":
        raise click.UsageError("--log-format: Spark tells of its work itself; leave it out with --spark")


def _print_skipped(left_out: Skipped) -> None:
    for line in (*left_out.failures, *left_out.copies):
        print_lines(f"left out: {line}", error=True)
    print_ignored(Counter(left_out.ignored))


def _print_store_result(result: FillResult) -> None:
    for line in result.moved:
        print_lines(f"replaced: {line}", error=True)
    for line in result.pruned:
        print_lines(f"removed: {line}", error=True)
    documents = f"{result.written:,} document{'' if result.written == 1 else 's'} written"
    print_lines(
        f"wrote {result.path}: {documents}, {result.unchanged:,} unchanged, {result.statements:,} statements"
    )
    print_lines(f"next: obligations query documents --graph {result.path}")


def _print_build_result(result: BuildResult) -> None:
    print_lines(f"wrote {result.path}: {result.statements:,} statements, {result.checks} checks passed")
    if result.removed:
        number, first = len(result.removed), result.removed[0]
        pages = f"{first}, the page" if number == 1 else f"{number:,} pages, {first} the first of them,"
        print_lines(f"removed: {pages} of an earlier build that this one does not name", error=True)
    if result.index:
        print_lines(f"wrote {result.index}: the network, and each document as a page; open it in a browser")
    elif result.no_pages:
        print_lines(f"no pages: {result.no_pages}", error=True)
    default = result.path == GRAPH
    print_lines(
        f"next: obligations explain 四{'' if default else f' --graph {result.path}'}"
        f"  |  obligations validate{'' if default else f' {result.path}'}"
    )


@click.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "table"]),
    default="table",
    show_default=True,
    help="json is the format of the annotated documents.",
)
@add_metadata_options
@add_input_options
@prints_errors
def extract(path: Path, form: str, **options: Any) -> None:
    """Show what is understood of one document, without writing a graph.

    PATH is a document of any kind that build reads.

    \b
    Examples:
      obligations extract opinion.html
      obligations extract corpus.jsonl.gz:17
      obligations extract opinion.txt --format json > opinion.json
    """
    from build_graph.corpus.stages import understand_one
    from build_graph.extract.gold_format import convert_to_gold

    given, reader = read_options(options)
    document = understand_one(path, reader, given)
    if form == "json":
        import json

        page_out(json.dumps(convert_to_gold(document), ensure_ascii=False, indent=1) + "\n")
    else:
        from build_graph.query.text_tables import print_measures

        with guard_output():
            print_measures(document, sys.stdout)


@click.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--source", is_flag=True, help="The text before it was repaired: lines and columns count in it."
)
@add_input_options
@prints_errors
def text(path: Path, source: bool, **options: Any) -> None:
    """Print the text of one document as it was understood: taken out of its file, and repaired.

    The positions in a graph count in this text; places such as notice.docx:12:8 count in the text before
    it was repaired (--source).

    \b
    Examples:
      obligations text notice.docx
      obligations text pages.zip/notice.html --source
    """
    from build_graph.corpus.stages import open_local_stages
    from build_graph.text.repairs import repair

    with open_local_stages(None, read_options(options)[1]) as stages:
        found = stages.guarded_reader.read_one(path)
    page_out(found.source.content if source else repair(found.source).content)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Documents shown.")
@click.option(
    "--details",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Doubts shown of each of them.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "table"]),
    default="table",
    show_default=True,
    help="json gives every doubt of every document.",
)
@add_metadata_options
@add_input_options
@prints_errors
def review(paths: tuple[Path, ...], top: int, details: int, form: str, **options: Any) -> None:
    """List what was not understood of documents, worst first.

    PATH is whatever build reads. A doubt is a stretch that was not read, a bracket that looks like an
    attribution but was refused, a body that is not known, or damage. Documents are ordered by the
    characters in doubt; each doubt stands with file, line and column.

    \b
    Examples:
      obligations review corpus.jsonl.gz --top 10
      obligations review opinion.txt --details 100
      obligations review pages/ --format json > doubts.json
    """
    from build_graph.cli.review import Reviewer, convert_to_json, print_reviews

    given, reader = read_options(options)
    with show_progress() as begun:
        found = Reviewer(reader, given, begun).review_documents(paths)
    if form == "json":
        import json

        page_out(
            json.dumps(convert_to_json(found.reviews, found.failures), ensure_ascii=False, indent=1) + "\n"
        )
    elif found.reviews:
        with guard_output():
            print_reviews(found.reviews, found.failures, sys.stdout, top=top, details=details)
    for failure in found.failures:
        print_lines(f"not understood: {failure}", error=True)
    if not found.reviews:
        sys.exit(1)


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
    from build_graph.web.pages.reader import (
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
    from build_graph.extract.pipeline import find_default_document
    from build_graph.text.inputs import InputReader
    from build_graph.text.overwriting import reject_graph, reject_inputs

    if graph:
        reject_graph([page], graph)
    else:
        reject_inputs([page], InputReader().iterate_files([Path(name) if name else find_default_document()]))


def _read_from_file(name: str | None, options: dict[str, Any]) -> RestoredDocument:
    from build_graph.corpus.stages import understand_one
    from build_graph.extract.pipeline import find_default_document
    from build_graph.graph.emit.registries import Descriptions
    from build_graph.query.restore.document import RestoredDocument
    from build_graph.vocabulary import BASE

    del options["timeout"], options["most"], options["user"]
    given, reader = read_options(options)
    document = understand_one(Path(name) if name else find_default_document(), reader, given)
    return RestoredDocument(document, Descriptions.load(), BASE)


def _restore_from_graph(name: str | None, graph: str, options: dict[str, Any]) -> RestoredDocument:
    from build_graph.query.catalogue import ParameterKind
    from build_graph.query.names import EntityFinder
    from build_graph.query.restore.document import restore_document

    if name is None:
        raise click.UsageError("--graph needs a DOCUMENT: its number, its title, or the end of its IRI")
    if given := [f"--{option}" for option in _OF_FILES if options[option]]:
        raise click.UsageError(f"--graph says itself what the document is: leave out {', '.join(given)}")
    engine = open_engine(graph, options)
    return restore_document(engine, EntityFinder(engine).find(ParameterKind.DOCUMENT, name))
