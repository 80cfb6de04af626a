"""The command line: the only module that prints and exits."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from build_graph import __version__
from build_graph.errors import ObligationError

if TYPE_CHECKING:
    from build_graph.analysis.choices import Choices
    from build_graph.model import Metadata
    from build_graph.querying.engines import Engine
    from build_graph.reading.inputs import InputReader

Command = TypeVar("Command", bound=Callable[..., Any])

_GRAPH = Path("output") / "graph.ttl"
_SHOWN_FROM = 4  # documents from which on a terminal shows how far the work is


def _speaks_plainly(command: Command) -> Command:
    """A command whose ObligationErrors are a line each on stderr and exit code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ObligationError as error:
            for line in str(error).splitlines():
                click.echo(f"obligations: {line}", err=True)
            sys.exit(1)
        except BrokenPipeError:  # the reader of our output went away: obligations extract | head
            sys.stderr.close()
            sys.exit(1)

    return run  # type: ignore[return-value]  # wraps keeps the signature


def _metadata_options(command: Command) -> Command:
    """Adds the options that give what a text does not hold."""
    for name, example in [
        ("issuer", "国务院"),
        ("date", "2015-05-04"),
        ("number", "国发〔2015〕24号"),
        ("title", "国务院关于…的意见"),
    ]:
        command = click.option(
            f"--{name}",
            metavar="TEXT",
            help=f"The document's {name}, if the text does not hold it: {example}",
        )(command)
    return command


def _size(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """The bytes that an option such as 64MB gives; a usage error for what is no size."""
    from build_graph.reading.limits import parse_size

    try:
        return parse_size(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no size; write it as 64MB", ctx, param) from error


# Name, default, and what it limits; the defaults are those of `Limits`.
_LIMITS = (
    ("max_size", "64MB", "Bytes of one document, unpacked."),
    ("max_total", "4GB", "Bytes of all documents of one archive, unpacked."),
    ("max_members", 20_000, "Files in one archive."),
    ("max_nesting", 3, "Archives within archives."),
    ("max_ratio", 200, "Times that a file may be larger unpacked."),
    ("max_depth", 1_000, "Elements within elements on an HTML page."),
)


def _input_options(command: Command) -> Command:
    """Adds the options that say how inputs are read: their encoding, and limits on them."""
    for name, default, what in reversed(_LIMITS):
        command = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=str if isinstance(default, str) else click.IntRange(min=1),
            callback=_size if isinstance(default, str) else None,
            default=default,
            show_default=True,
            metavar="SIZE" if isinstance(default, str) else "N",
            help=what,
        )(command)
    return click.option(
        "--encoding", metavar="NAME", help="The encoding of text, e.g. gb18030; found by itself."
    )(command)


def _graph_argument(command: Command) -> Command:
    """Adds the graph to be asked: a file, a store, or an endpoint."""
    return click.argument("graph", default=str(_GRAPH), metavar="[FILE|STORE|URL]")(command)


def _output_option(name: str, metavar: str, what: str) -> Callable[[Command], Command]:
    """Adds the place to write to, in output/ by default."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        default=Path("output") / name,
        show_default=True,
        metavar=metavar,
        help=what,
    )


def _narrowing_options(command: Command) -> Command:
    """Adds the options that narrow a graph to one document or domain."""
    for name, what, example in (
        ("domain", "measures of this policy domain", "电子商务"),
        ("document", "this document", "国发〔2015〕24号"),
    ):
        command = click.option(f"--{name}", metavar="NAME", help=f"Only {what}: {example}.")(command)
    return command


def _timeout_option(command: Command) -> Command:
    """Adds the option that limits how long an endpoint is waited for."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How long an endpoint may take for an answer.",
    )(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="obligations")
def main() -> None:
    """Read government policy documents into a knowledge graph of obligations.

    \b
    obligations build                 the graph of 国发〔2015〕24号, which ships with the package
    obligations build policy.docx     the graph of your own document
    obligations explain 四            what was understood of clause （四）, and from which words
    obligations queries               the questions that can be put to a graph
    """
    gc.set_threshold(100_000)  # a build makes many objects and little garbage: 50 ms less for one document
    for stream in (sys.stdout, sys.stderr):  # Chinese in any locale
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    metavar="DIR",
    help="Where graph.ttl, index.html and the pages that it names are written.",
)
@click.option("--keep-going", is_flag=True, help="Leave out documents with faults, and write the others.")
@click.option(
    "--pages/--no-pages",
    default=None,
    help="Write the network and a reader for each document as pages, or not.  [default: up to 50 documents]",
)
@_metadata_options
@_input_options
@_speaks_plainly
def build(
    paths: tuple[Path, ...], output: Path, keep_going: bool, pages: bool | None, **options: Any
) -> None:
    """Build the graph of documents and write it as Turtle, with pages to look at: index.html names them.

    PATH is a document (text, HTML, DOCX, PDF with text), many of them (JSON Lines with "text" and perhaps
    "id", "title", "number"; ZIP; a folder), a document within these (pack.zip/a.html, corpus.jsonl:17), or -
    for standard input. Without one, the document that ships with the package is read. What a document does
    not hold can stand in NAME.toml beside NAME.txt.

    If a document cannot be read or understood, all faults are listed and nothing is written; with
    --keep-going the others are. A text that is there twice is taken once.

    \b
    Examples:
      obligations build opinion.txt --number 国发〔2015〕24号 --date 2015-05-04 -o graph
      obligations build pages/ corpus.jsonl.gz scans.zip --keep-going
    """
    from build_graph.building import Builder

    given, reader = _read_options(options)
    with _progress() as begun:
        result = Builder(reader, given, keep_going, pages, begun).build(paths, output)
    click.echo("\n".join(result.summary))
    for left_out in (*result.failures, *result.copies):
        click.echo(f"left out: {left_out}", err=True)
    if result.left_alone:
        click.echo(f"left alone: {_by_ending(result.left_alone)}, no documents by their endings", err=True)
    click.echo(f"wrote {result.path}: {result.statements:,} statements, {result.checks} checks passed")
    if result.index:
        click.echo(f"wrote {result.index}: the network, and each document as a page; open it in a browser")
    elif result.no_pages:
        click.echo(f"no pages: {result.no_pages}", err=True)
    default = result.path == _GRAPH
    click.echo(
        f"next: obligations explain 四{'' if default else f' --graph {result.path}'}"
        f"  |  obligations validate{'' if default else f' {result.path}'}"
    )
    gc.freeze()  # all that was made is used up now: do not look through it at exit


@main.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "table"]),
    default="table",
    show_default=True,
    help="json is the format of the annotated documents.",
)
@_metadata_options
@_input_options
@_speaks_plainly
def extract(path: Path, form: str, **options: Any) -> None:
    """Show what is understood of one document, without writing a graph.

    PATH is a document of any kind that build reads.

    \b
    Examples:
      obligations extract opinion.html
      obligations extract corpus.jsonl.gz:17
      obligations extract opinion.txt --format json > opinion.json
    """
    from build_graph.pipeline import Pipeline
    from build_graph.reports.extract import as_gold

    given, reader = _read_options(options)
    document = Pipeline.load().understand_input(reader.read_one(path), given)
    if form == "json":
        import json

        click.echo(json.dumps(as_gold(document), ensure_ascii=False, indent=1))
    else:
        from build_graph.reports.tables import measures_table

        measures_table(document, sys.stdout)


@main.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--source", is_flag=True, help="The text before it was repaired: lines and columns count in it."
)
@_input_options
@_speaks_plainly
def text(path: Path, source: bool, **options: Any) -> None:
    """Print the text of one document as it was understood: taken out of its file, and repaired.

    The positions in a graph count in this text; places such as notice.docx:12:8 count in the text before
    it was repaired (--source).

    \b
    Examples:
      obligations text notice.docx
      obligations text pages.zip/notice.html --source
    """
    from build_graph.reading.repairs import repair

    found = _read_options(options)[1].read_one(path)
    click.echo(found.source.content if source else repair(found.source).content, nl=False)


@main.command()
@click.argument(
    "path", required=False, metavar="[DOCUMENT]", type=click.Path(path_type=Path, allow_dash=True)
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
@_metadata_options
@_input_options
@_speaks_plainly
def read(path: Path | None, output: Path | None, network: Path, **options: Any) -> None:
    """Write one document as a page in which all that was understood is marked.

    The page is one file: it opens in a browser without a network, in Chinese and English, and can be mailed.
    DOCUMENT is a document of any kind that build reads; without one, the document that ships with the package
    is taken. What stands behind # in the page's address chooses what it shows: agency=agency/mofcom,
    domain=domain/taxation, norm=prohibition, role=lead, allocation=divided, measure=s2/c4/m1, lang=zh,
    theme=dark, words=source.

    \b
    Examples:
      obligations read
      obligations read opinion.docx -o opinion.html
      obligations read corpus.jsonl.gz:17 --network output/network.html
    """
    from build_graph.files import is_file, write
    from build_graph.graph.descriptions import Descriptions
    from build_graph.pages.reader import address_from, file_name, reader_page
    from build_graph.pipeline import Pipeline, default_document

    given, reader = _read_options(options)
    document = Pipeline.load().understand_input(reader.read_one(path or default_document()), given)
    page = output or Path("output") / "read" / file_name(document.id)
    link = address_from(page, network) if is_file(network) else None
    write(page, reader_page(document, Descriptions.load(), network=link))
    found = [len(document.measures), sum(len(measure.norms) for measure in document.measures)]
    click.echo(
        f"wrote {page}: {found[0]:,} measures, {found[1]:,} norms, {len(document.text.repairs):,} repairs"
    )
    click.echo(f"next: open {page} in a browser")


@main.command()
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
@_metadata_options
@_input_options
@_speaks_plainly
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
    from build_graph.reports.review import as_json, print_reviews
    from build_graph.reviewing import Reviewer

    given, reader = _read_options(options)
    with _progress() as begun:
        found = Reviewer(reader, given, begun).review(paths)
    if form == "json":
        import json

        click.echo(json.dumps(as_json(found.reviews, found.failures), ensure_ascii=False, indent=1))
    elif found.reviews:
        print_reviews(found.reviews, found.failures, sys.stdout, top=top, details=details)
    for failure in found.failures:
        click.echo(f"not understood: {failure}", err=True)
    if not found.reviews:
        sys.exit(1)


@main.command()
@click.argument("graph", default=_GRAPH, type=click.Path(path_type=Path))
@_speaks_plainly
def validate(graph: Path) -> None:
    """Check a graph against the SHACL shapes of the ontology.

    GRAPH is a Turtle file, output/graph.ttl by default. Exit code 1 if it does not conform.

    \b
    Example:
      obligations validate output/graph.ttl
    """
    from build_graph.graph.validation import validate as validate_graph

    report = validate_graph(graph)
    click.echo("\n".join(report.lines()))
    if not report.conforms:
        sys.exit(1)


@main.command()
@click.argument("name", metavar="IRI|CLAUSE")
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    default=_GRAPH,
    show_default=True,
    metavar="FILE",
    help="The graph to look in.",
)
@_speaks_plainly
def explain(name: str, graph: Path) -> None:
    """Show the words behind a statement, in their sentence, and what was understood from them.

    NAME is a clause's number (四, （四）, 4; 二、 for a section), an IRI of the graph, or the end of one.

    \b
    Examples:
      obligations explain 四
      obligations explain document/国发-2015-24/s2/c4/m1/n3
      obligations explain agency/mofcom
    """
    from build_graph.reports.explain import Explainer

    explainer = Explainer.load(graph, _marked)
    click.echo("\n".join(explainer.explain(name)))


@main.command()
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "md"]),
    default="table",
    show_default=True,
    help="md is what docs/queries.md holds.",
)
@_speaks_plainly
def queries(name: str | None, form: str) -> None:
    """List the questions that can be put to a graph, or show one of them with its SPARQL.

    Parameters in brackets may be left out.

    \b
    Examples:
      obligations queries
      obligations queries pairs
    """
    from build_graph.querying.catalogue import catalogue, find

    if name:
        click.echo(find(name).query, nl=False)
        return
    from build_graph.querying import handbook

    if form == "md":
        click.echo(handbook.markdown(catalogue()), nl=False)
    else:
        click.echo(handbook.table(catalogue(), _width()), nl=False)


@main.command()
@click.argument("name", metavar="NAME|FILE.rq|-")
@click.option(
    "--set", "given", multiple=True, metavar="PARAMETER=VALUE", help="A value: agency=商务部; repeatable."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "ttl"]),
    help="table in a terminal, else csv; ttl for triples.",
)
@click.option(
    "--graph",
    default=str(_GRAPH),
    show_default=True,
    metavar="FILE|STORE|URL",
    help="A Turtle file, the folder of an Oxigraph store, or a SPARQL endpoint.",
)
@_timeout_option
@_speaks_plainly
def query(name: str, given: tuple[str, ...], form: str | None, graph: str, timeout: float) -> None:
    """Put a question to a graph: one of the catalogue (obligations queries), or your own SPARQL.

    An agency is named as people write it: 商务部, MOFCOM, its IRI, or the end of that; so are domains,
    documents and clauses. Your own query may have parameters too: its header names them
    (# parameter: agency, agency, no default, example 商务部), a VALUES block takes them. Updates are refused.

    \b
    Examples:
      obligations query agency-obligations --set agency=商务部
      obligations query pairs --set minimum=5 --format csv > pairs.csv
      obligations query mine.rq --graph http://localhost:7878/query
      echo 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o }' | obligations query -
    """
    from datetime import date

    from build_graph.querying.answers import Format, written
    from build_graph.querying.catalogue import Question, find
    from build_graph.querying.engines import open_graph
    from build_graph.querying.names import NameFinder
    from build_graph.querying.values import Binder, assignments

    values = assignments(given)
    question = Question.read(_standard_input(), "-") if name == "-" else find(name)
    engine = open_graph(graph, timeout)
    answer = engine.answer(Binder(NameFinder(engine), date.today()).bound(question, values), question.name)
    _show(written(answer, Format(form) if form else None, width=_width()))


@main.command()
@_graph_argument
@_output_option("analysis", "DIR", "Where the files are written.")
@_narrowing_options
@click.option(
    "--groups/--no-groups", default=False, show_default=True, help="Count 有关部门 and the like too."
)
@click.option(
    "--divided/--no-divided",
    default=True,
    show_default=True,
    help="Count measures that the text divides among their bearers (分别负责).",
)
@click.option(
    "--roles",
    type=click.Choice(["any", "lead-support"]),
    default="any",
    show_default=True,
    help="lead-support: from who leads (牵头) to who supports (配合).",
)
@click.option(
    "--as-of",
    metavar="DATE",
    help="Merge bodies into those that had taken their place by this day: 2024-01-01, or today.",
)
@click.option(
    "--unit",
    type=click.Choice(["measures", "norms"]),
    default="measures",
    show_default=True,
    help="norms: a measure counts once for each norm in it.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is drawn."
)
@click.option(
    "--draws",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Random tables that pairs are held against; 0 for none.",
)
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of analysis.md."
)
@_timeout_option
@_speaks_plainly
def analyse(graph: str, output: Path, language: str, timeout: float, **options: Any) -> None:
    """Which agencies are co-responsible most often, and more often than their sizes explain?

    Writes analysis.md (two pages to send on), pairs.csv, agencies.csv, bearings.csv (every bearer that was
    counted), network.graphml, network.gexf (for Gephi), ranking.svg and heatmap.svg. What was counted stands
    in the output; the same graph, choices and seed give the same bytes.

    \b
    Examples:
      obligations analyse
      obligations analyse --no-divided --as-of 2024-01-01 -o output/today
      obligations analyse http://localhost:7878/query --domain 电子商务 --language zh
    """
    from build_graph.extras import extra

    for module in ("scipy", "pandas", "matplotlib"):
        extra(module, "analysis", "obligations analyse")
    from build_graph.analysing import Analyst
    from build_graph.analysis.choices import Language
    from build_graph.analysis.summary import printed
    from build_graph.querying.engines import open_graph

    engine = open_graph(graph, timeout)
    choices = _choices(engine, options)
    with _bar(choices.draws, "tables drawn") as drawn:
        analyst = Analyst(engine, choices, "" if graph == str(_GRAPH) else graph, drawn)
        findings, paths = analyst.write(output, Language(language))
    click.echo(printed(findings, _width()), nl=False)
    click.echo(f"wrote {', '.join(path.name for path in paths)} to {output}")


@main.command()
@_graph_argument
@_output_option("network.html", "FILE", "The page.")
@_narrowing_options
@_timeout_option
@_speaks_plainly
def view(graph: str, output: Path, document: str | None, domain: str | None, timeout: float) -> None:
    """Write the network as an interactive page: who bears measures with whom, and the words behind it.

    The page is one file that works from disk, without a network, in Chinese and English. Search, filters and
    what is selected stand in its address, so that a view can be sent: network.html#agency=mofcom.

    \b
    Examples:
      obligations view
      obligations view corpus/graph.ttl --domain 电子商务 -o e-commerce.html
      obligations view http://localhost:7878/query --document 国发〔2015〕24号
    """
    from build_graph.querying.engines import open_graph
    from build_graph.querying.headers import Kind
    from build_graph.querying.names import NameFinder
    from build_graph.viewing import write_network

    engine = open_graph(graph, timeout)
    names = NameFinder(engine)
    shown = write_network(
        engine,
        output,
        document=names.find(Kind.DOCUMENT, document) if document else None,
        domain=names.find(Kind.DOMAIN, domain) if domain else None,
    )
    click.echo(
        f"wrote {output}: {shown.measures:,} measures of {shown.documents:,} document"
        f"{'' if shown.documents == 1 else 's'}, {shown.bodies:,} bodies, {shown.size / 1e6:.1f} MB"
    )
    click.echo(f"next: open {output} in a browser")


def _choices(engine: Engine, options: dict[str, Any]) -> Choices:
    """The choices that options give; raises ObligationError for a name that the graph does not have."""
    from datetime import date

    from build_graph.analysis.choices import Choices, Roles, Unit
    from build_graph.querying.headers import Kind
    from build_graph.querying.names import NameFinder
    from build_graph.querying.values import day

    names = NameFinder(engine)
    document, domain, as_of = (options.pop(name) for name in ("document", "domain", "as_of"))
    return Choices(
        document=names.find(Kind.DOCUMENT, document) if document else None,
        domain=names.find(Kind.DOMAIN, domain) if domain else None,
        as_of=day("--as-of", as_of, date.today()) if as_of else None,
        roles=Roles(options.pop("roles")),
        unit=Unit(options.pop("unit")),
        **options,
    )


def _standard_input() -> str:
    """What comes in; raises ObligationError where it is not UTF-8."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ObligationError("-: is not UTF-8 text; give the query as UTF-8") from error


def _width() -> int | None:
    """The columns of the terminal that reads the output; None where it goes to a file or a pipe."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if sys.stdout.isatty() else None


def _show(text: str) -> None:
    """Print a text; what is longer than the terminal goes through the pager."""
    from shutil import get_terminal_size

    if sys.stdout.isatty() and text.count("\n") >= get_terminal_size().lines:
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)


def _marked(words: str) -> str:
    """Words that stand out, on paper as well as in a terminal."""
    return click.style(f"⟦{words}⟧", bold=True)


def _read_options(options: dict[str, Any]) -> tuple[Metadata, InputReader]:
    """Metadata from the options that were given, and a reader within the limits that they set."""
    from build_graph.reading.inputs import InputReader
    from build_graph.reading.limits import Limits
    from build_graph.structure.metadata import from_values

    limits = Limits(**{name: options.pop(name) for name, _, _ in _LIMITS})
    reader = InputReader(limits, options.pop("encoding"))
    return from_values({name: value for name, value in options.items() if value}, "options"), reader


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What to tell which document is begun: shown in a terminal, from the fourth on."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.markup import escape

    console, begun = Console(stderr=True), count(1)
    with console.status("") as status:
        status.stop()

        def show(name: str) -> None:
            number = next(begun)
            if number == _SHOWN_FROM:
                status.start()
            status.update(f"{number:,} documents  {escape(name)}")

        yield show


@contextmanager
def _bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """What to tell how far the work is: a bar in a terminal, once it takes a while."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def _by_ending(names: Sequence[str]) -> str:
    """How many files there are of each ending: 3 .doc, 1 .xls."""
    endings = Counter(Path(name).suffix.lower() or Path(name).name for name in names)
    return ", ".join(f"{number} {ending}" for ending, number in endings.most_common())


if __name__ == "__main__":
    main()
