"""Commands on graphs: check them, ask them, look at them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    GRAPH,
    add_answer_options,
    add_graph_argument,
    add_graph_option,
    add_narrowing_options,
    add_output_option,
    add_user_option,
    open_engine,
    open_shards_or_engine,
    print_size,
    prints_errors,
    resolve_narrowing,
)
from build_graph.cli.terminal import (
    find_width,
    highlight,
    page_out,
    print_highlighted,
    print_lines,
    read_standard_input,
    show_bar,
)

if TYPE_CHECKING:
    from build_graph.analysis.choices import Choices
    from build_graph.graph.store.shards import ShardFolder
    from build_graph.query.engines import Answer, Engine
    from build_graph.query.results import AnswerFormat


@click.command()
@add_graph_argument
@add_answer_options
@prints_errors
def validate(graph: str, **limits: Any) -> None:
    """Check a graph against the SHACL shapes of the ontology.

    The graph is output/graph.ttl by default; it is taken into memory. Exit code 1 if it does not conform.

    \b
    Examples:
      obligations validate output/graph.ttl
      obligations validate policies/
    """
    from build_graph.query.validate import validate as validate_graph

    print_size(graph)
    report = validate_graph(graph, **limits)
    print_lines("\n".join(report.iterate_lines()))
    if not report.conforms:
        sys.exit(1)


@click.command()
@click.argument("name", metavar="NAME")
@add_graph_option
@add_answer_options
@prints_errors
def explain(name: str, graph: str, **limits: Any) -> None:
    """Show the words behind a statement, in their sentence, and what was understood from them.

    NAME is a clause's number (四, （四）, 4; 二、 for a section), a body, policy domain or document as people
    write it (商务部, MOFCOM, 电子商务, 国发〔2015〕24号), an IRI of the graph, or the end of one.

    \b
    Examples:
      obligations explain 四
      obligations explain document/国发-2015-24/s2/c4/m1/n3
      obligations explain 商务部
    """
    from build_graph.query.explain import explain as lines

    print_size(graph)
    print_highlighted("\n".join(lines(graph, name, highlight, **limits)))


@click.command()
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "md"]),
    default="table",
    show_default=True,
    help="md is what docs/queries.md holds.",
)
@prints_errors
def queries(name: str | None, form: str) -> None:
    """List the questions that can be put to a graph, or show one of them with its SPARQL.

    Parameters in brackets may be left out.

    \b
    Examples:
      obligations queries
      obligations queries pairs
    """
    from build_graph.query.catalogue import find_question, load_catalogue

    if name:
        page_out(find_question(name).query)
        return
    from build_graph.query import catalogue

    if form == "md":
        page_out(catalogue.render_markdown(load_catalogue()))
    else:
        print_lines(catalogue.format_list(load_catalogue(), find_width()).removesuffix("\n"))


@click.command()
@click.argument("name", metavar="NAME|FILE.rq|-")
@click.option(
    "--set", "given", multiple=True, metavar="PARAMETER=VALUE", help="A value: agency=商务部; repeatable."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "ttl", "nt"]),
    help="In a file as it ends; table in a terminal, else csv; ttl or nt for triples.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the answer into a file, whole or not at all: .csv, .tsv, .json, .xml, .ttl, .nt.",
)
@click.option(
    "--spreadsheet/--raw",
    "sheet",
    default=None,
    help="csv and tsv with a byte order mark and without formulas, or as they are.  "
    "[default: --spreadsheet in a file, else --raw]",
)
@add_graph_option
@add_answer_options
@add_user_option
@prints_errors
def query(name: str, given: tuple[str, ...], output: Path | None, graph: str, **options: Any) -> None:
    """Put a question to a graph: one of the catalogue (obligations queries), or your own SPARQL.

    An agency is named as people write it: 商务部, MOFCOM, its IRI, or the end of that; so are domains,
    documents and clauses. Your own query may have parameters too: its header names them
    (# parameter: agency, agency, no default, example 商务部), a VALUES block takes them. Updates are refused.

    A file of csv or tsv is for people: a spreadsheet opens it as UTF-8, and an apostrophe stands before words
    that it would take for a formula, unless --raw leaves them as they are. Programs read it as utf-8-sig.

    \b
    Examples:
      obligations query agency-obligations --set agency=商务部
      obligations query pairs --set minimum=5 -o pairs.csv
      obligations query mine.rq --graph http://localhost:7878/query
      echo 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o }' | obligations query -
    """
    from datetime import date

    from build_graph.query.catalogue import Question, find_question
    from build_graph.query.names import EntityFinder
    from build_graph.query.parameters import Binder, parse_assignments

    form, sheet = _choose_format(options.pop("form"), output, options.pop("sheet"))
    values = parse_assignments(given)
    if output:
        _refuse_inputs(output, name, graph)
    question = Question.read(read_standard_input(), "-") if name == "-" else find_question(name)
    engine = open_engine(graph, options)
    answer = engine.answer(Binder(EntityFinder(engine), date.today()).bind(question, values), question.name)
    _print_answer(answer, form, output, sheet=sheet)


def _choose_format(
    given: str | None, output: Path | None, sheet: bool | None
) -> tuple[AnswerFormat | None, bool]:
    """Return the format of an answer, None to choose one, and whether it is for a spreadsheet."""
    from build_graph.query.results import DELIMITERS, AnswerError, AnswerFormat

    form = (
        AnswerFormat(given)
        if given
        else AnswerFormat.detect(output)
        if output
        else AnswerFormat.CSV
        if sheet
        else None
    )
    if output and form is None:
        raise AnswerError(
            f"{output}: the ending names no format; end it in .csv or another, or give --format"
        )
    if sheet and form not in DELIMITERS:
        raise click.UsageError(f"--spreadsheet: {form} is not for spreadsheets; it goes with csv and tsv")
    return form, form in DELIMITERS and (output is not None if sheet is None else sheet)


def _refuse_inputs(output: Path, name: str, graph: str) -> None:
    """Raise OverwritingError where the answer would be written over the graph or the query."""
    from build_graph.text.overwriting import reject_graph, reject_inputs

    reject_graph([output], graph)
    reject_inputs([output], [Path(name)])


def _print_answer(answer: Answer, form: AnswerFormat | None, output: Path | None, *, sheet: bool) -> None:
    """Print an answer, or write it into a file."""
    from build_graph.files import is_stream, write_file
    from build_graph.query.results import convert_errors, format_result, format_spreadsheet

    if sheet and form:
        with convert_errors():
            data = format_spreadsheet(answer, form)
    else:
        data = format_result(answer, form, width=None if output else find_width()).encode("utf-8", "replace")
    if output is None:
        page_out(data.decode(), paged=not sheet)
        return
    write_file(output, data)
    print_lines(f"wrote {output}: {len(data):,} bytes", error=is_stream(output))


@click.command()
@add_graph_argument
@add_output_option("analysis", "DIR", "Where the files are written.")
@add_narrowing_options
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
@click.option(
    "--raw",
    is_flag=True,
    help="Tables for programs: no byte order mark, and each word as it is, even one like a formula.",
)
@add_answer_options
@add_user_option
@prints_errors
def analyse(graph: str, output: Path, language: str, raw: bool, **options: Any) -> None:
    """Which agencies are co-responsible most often, and more often than their sizes explain?

    Writes analysis.md (two pages to send on), pairs.csv, agencies.csv, bearings.csv (every bearer that was
    counted), network.graphml, network.gexf (for Gephi), ranking.svg and heatmap.svg. What was counted stands
    in the output; the same graph, choices and seed give the same bytes. The tables are for spreadsheets;
    programs read them as utf-8-sig, and --raw leaves each word as it is.

    \b
    Examples:
      obligations analyse
      obligations analyse --no-divided --as-of 2024-01-01 -o output/today
      obligations analyse http://localhost:7878/query --domain 电子商务 --language zh
    """
    from build_graph.extras import load_extra

    for module in ("scipy", "pandas", "matplotlib"):
        load_extra(module, "analysis", "obligations analyse")
    from build_graph.analysis.analysis import FILES, Analyst
    from build_graph.analysis.choices import Language
    from build_graph.analysis.report import format_summary
    from build_graph.text.overwriting import reject_graph

    reject_graph((output / name for name in FILES), graph)
    engine = open_shards_or_engine(graph, options)
    choices = _parse_choices(engine, options)
    with show_bar(choices.draws, "tables drawn") as drawn:
        analyst = Analyst(engine, choices, "" if graph == str(GRAPH) else graph, drawn, raw)
        findings, paths = analyst.write(output, Language(language))
    print_lines(format_summary(findings, find_width()).removesuffix("\n"))
    print_lines(f"wrote {', '.join(path.name for path in paths)} to {output}")


def _parse_choices(graph: Engine | ShardFolder, options: dict[str, Any]) -> Choices:
    """Return the choices that options give; raises ObligationError for a name that the graph does not
    have.
    """
    from datetime import date

    from build_graph.analysis.choices import Choices, Roles, Unit
    from build_graph.query.open import format_document_name
    from build_graph.query.parameters import parse_day

    as_of = options.pop("as_of")
    within = resolve_narrowing(graph, options)
    return Choices(
        **within,
        called=format_document_name(graph, within["document"]) if within["document"] else "",
        as_of=parse_day("--as-of", as_of, date.today()) if as_of else None,
        roles=Roles(options.pop("roles")),
        unit=Unit(options.pop("unit")),
        **options,
    )


@click.command()
@add_graph_argument
@add_output_option("network.html", "FILE", "The page.")
@add_narrowing_options
@add_answer_options
@add_user_option
@prints_errors
def view(graph: str, output: Path, **options: Any) -> None:
    """Write the network as an interactive page: who bears measures with whom, and the words behind it.

    The page is one file that works from disk, without a network, in Chinese and English. Search, filters and
    what is selected stand in its address, so that a view can be sent: network.html#agency=mofcom.

    \b
    Examples:
      obligations view
      obligations view corpus/graph.ttl --domain 电子商务 -o e-commerce.html
      obligations view http://localhost:7878/query --document 国发〔2015〕24号
    """
    from build_graph.text.overwriting import reject_graph
    from build_graph.web.pages.site import write_network

    reject_graph([output], graph)
    opened = open_shards_or_engine(graph, options)
    shown = write_network(opened, output, **resolve_narrowing(opened, options))
    print_lines(
        f"wrote {output}: {shown.measures:,} measures of {shown.documents:,} document"
        f"{'' if shown.documents == 1 else 's'}, {shown.bodies:,} bodies, {shown.size / 1e6:.1f} MB"
    )
    if shown.brief:
        print_lines(
            "measures come without their words: narrow the page with --document or --domain", error=True
        )
    print_lines(f"next: open {output} in a browser")
