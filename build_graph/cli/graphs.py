"""The commands on a graph: check it, explain it, ask it, analyse it, look at it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    GRAPH,
    add_answer_options,
    add_connection_options,
    add_graph_argument,
    add_graph_option,
    add_language_option,
    combine_options,
    create_format_option,
    create_output_option,
    create_selection_options,
    open_engine,
    open_shards_or_engine,
    print_size,
    resolve_narrowing,
)
from build_graph.cli.terminal import (
    find_width,
    highlight,
    page_out,
    print_highlighted,
    print_lines,
    prints_errors,
    read_standard_input,
    show_bar,
)

if TYPE_CHECKING:
    from build_graph.query.catalogue import ParameterKind, Question
    from build_graph.query.engines import Answer
    from build_graph.query.results import AnswerFormat
    from build_graph.web.pages.site import WrittenNetwork


@click.command()
@add_graph_argument
@add_answer_options
@prints_errors
def validate(graph: str, **limits: Any) -> None:
    """Check a graph against the SHACL shapes of the ontology.

    The command loads the graph into memory. The exit code is 1 if the graph does not conform.

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
@click.argument("name", required=False, metavar="[NAME]")
@create_selection_options("body", "document", "domain")
@add_graph_option
@add_answer_options
@prints_errors
def explain(name: str | None, graph: str, **options: Any) -> None:
    """Show the words behind a statement, in their sentence, and what was understood from them.

    NAME is a clause's number (四, （四）, 4; 二、 for a section), a body, policy domain or document as people
    write it (商务部, MOFCOM, 电子商务, 国发〔2015〕24号), an IRI of the graph, or the end of one. An option
    in place of NAME looks for things of one kind alone.

    \b
    Examples:
      obligations explain 四
      obligations explain d/国发-2015-24/s2/c4/m1/n3
      obligations explain 商务部
      obligations explain --body 财政部
    """
    from build_graph.query.explain import explain as iterate_lines

    given = {kind: options.pop(kind) for kind in ("body", "document", "domain")}
    named = {kind: words for kind, words in given.items() if words is not None}
    if len(named) + (name is not None) != 1:
        raise click.UsageError("give one of NAME, --body, --document, --domain")
    print_size(graph)
    thing = name if name is not None else _find_entity(graph, *named.popitem(), options)
    print_highlighted("\n".join(iterate_lines(graph, thing, highlight, **options)))


def _find_entity(graph: str, kind: str, words: str, limits: dict[str, Any]) -> str:
    """Return the IRI of the thing of a kind with a name; raise UnknownNameError for none or several."""
    from build_graph.query.names import EntityFinder
    from build_graph.query.open import open_graph

    engine = open_graph(graph, limits["timeout"], most=limits["most"])
    return EntityFinder(engine).find(_find_kind(kind), words).value


@click.command()
@click.argument("name", required=False)
@create_format_option(["table", "md"], "a list for people, or docs/queries.md.", "table")
@prints_errors
def queries(name: str | None, form: str) -> None:
    """List the questions that you can put to a graph, or show one of them with its SPARQL.

    Parameters in brackets are optional.

    \b
    Examples:
      obligations queries
      obligations queries pairs
    """
    from build_graph.query import catalogue

    if name:
        page_out(catalogue.find_question(name).query)
    elif form == "md":
        page_out(catalogue.render_markdown(catalogue.load_catalogue()))
    else:
        listed = catalogue.format_list(catalogue.load_catalogue(), find_width())
        print_lines(listed.removesuffix("\n"))


_QUERY_HELP = """
Put a question to a graph: one of the catalogue (obligations queries), or your own SPARQL.

You name an agency as people write it: 商务部, MOFCOM, its IRI, or the end of that; the same holds for
domains, documents and clauses. --body, --document, --domain and --as-of set the parameter of that kind, --set
sets any. Your own query may have parameters too: its header names them (# parameter: agency, agency, no
default, example 商务部), and a VALUES block takes them. The command refuses updates.

A file of csv or tsv is for people: a spreadsheet opens it as UTF-8, and an apostrophe stands before words
that it would take for a formula; --raw leaves them as they are. Programs read it as utf-8-sig.

\b
Examples:
  obligations query agency-obligations --body 商务部
  obligations query pairs --set minimum=5 -o pairs.csv
  obligations query mine.rq --graph http://localhost:7878/query
  echo 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o }' | obligations query -
"""

_add_parameter_options = combine_options(
    create_selection_options("body", "document", "domain", "as-of"),
    click.option(
        "--set", "given", multiple=True, metavar="PARAMETER=VALUE", help="A value: agency=商务部; repeatable."
    ),
)

_add_answer_form_options = combine_options(
    create_format_option(
        ["table", "csv", "tsv", "json", "xml", "ttl", "nt"],
        "by default as the file ends, else a table in a terminal and csv in a pipe; ttl or nt for triples.",
    ),
    create_output_option("FILE", "the answer, whole or not at all: .csv, .tsv, .json, .xml, .ttl, .nt."),
    click.option(
        "--spreadsheet/--raw",
        "sheet",
        default=None,
        help="Write csv and tsv with a byte order mark and without formulas, or as they are.  "
        "[default: --spreadsheet in a file, else --raw]",
    ),
)


@click.command(help=_QUERY_HELP)
@click.argument("name", metavar="NAME|FILE.rq|-")
@_add_parameter_options
@_add_answer_form_options
@add_graph_option
@add_connection_options
@prints_errors
def query(name: str, given: tuple[str, ...], output: Path | None, graph: str, **options: Any) -> None:
    """Put a question to a graph, and print or write the answer."""
    from datetime import date

    from build_graph.query.catalogue import Question, find_question
    from build_graph.query.names import EntityFinder
    from build_graph.query.parameters import Binder, parse_assignments

    form, sheet = _choose_format(options.pop("form"), output, options.pop("sheet"))
    values = parse_assignments(given)
    if output:
        _refuse_inputs(output, name, graph)
    question = Question.read(read_standard_input(), "-") if name == "-" else find_question(name)
    _add_values(question, values, options)
    engine = open_engine(graph, options)
    answer = engine.answer(Binder(EntityFinder(engine), date.today()).bind(question, values), question.name)
    _print_answer(answer, form, output, sheet=sheet)


def _find_kind(option: str) -> ParameterKind:
    """Return the kind of parameter that an option gives."""
    from build_graph.query.catalogue import ParameterKind

    return ParameterKind({"body": "agency", "as_of": "date"}.get(option, option))


def _add_values(question: Question, values: dict[str, str], options: dict[str, Any]) -> None:
    """Add the values that options other than --set give to the first parameter of their kind.

    Takes them out of the options; raises WrongValueError if the question has no such parameter.
    """
    from build_graph.query.parameters import WrongValueError

    for option in ("body", "document", "domain", "as_of"):
        if (words := options.pop(option)) is None:
            continue
        spelling, kind = f"--{option.replace('_', '-')}", _find_kind(option)
        named = [parameter.name for parameter in question.header.parameters if parameter.kind is kind]
        if not named:
            known = ", ".join(parameter.name for parameter in question.header.parameters) or "none"
            raise WrongValueError(f"{question.name}: has no parameter for {spelling}; it has {known}")
        if named[0] in values:
            raise WrongValueError(f"{spelling} and --set {named[0]}: give one of them")
        values[named[0]] = words


def _choose_format(
    given: str | None, output: Path | None, sheet: bool | None
) -> tuple[AnswerFormat | None, bool]:
    """Return the format of an answer, None for the usual one, and whether it is for a spreadsheet."""
    from build_graph.query.results import DELIMITERS, AnswerError, AnswerFormat

    form = AnswerFormat(given) if given else AnswerFormat.CSV if sheet and not output else None
    if output and form is None:
        form = AnswerFormat.detect(output)
    if output and form is None:
        raise AnswerError(
            f"{output}: the ending names no format; end it in .csv or another, or give --format"
        )
    if sheet and form not in DELIMITERS:
        raise click.UsageError(f"--spreadsheet: {form} is not for spreadsheets; it goes with csv and tsv")
    return form, form in DELIMITERS and (output is not None if sheet is None else sheet)


def _refuse_inputs(output: Path, name: str, graph: str) -> None:
    """Raise OverwritingError if the answer would overwrite the graph or the query."""
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


_ANALYSE_HELP = """
Find the agencies that bear measures together most often, and more often than their sizes explain.

Writes analysis.md (two pages to send on), pairs.csv, agencies.csv, bearings.csv (every bearer that was
counted), network.graphml, network.gexf (for Gephi), ranking.svg and heatmap.svg. The output says what was
counted; the same graph, choices and seed give the same bytes. --document and --domain count only a part of
the graph; --as-of merges bodies into those that had taken their place by that day. The tables are for
spreadsheets; programs read them as utf-8-sig, and --raw leaves each word as it is.

\b
Examples:
  obligations analyse
  obligations analyse --no-divided --as-of 2024-01-01 -o output/today
  obligations analyse http://localhost:7878/query --domain 电子商务 --language zh
"""

_add_counting_options = combine_options(
    create_selection_options("document", "domain", "as-of"),
    click.option(
        "--groups/--no-groups", default=False, show_default=True, help="Count 有关部门 and the like too."
    ),
    click.option(
        "--divided/--no-divided",
        default=True,
        show_default=True,
        help="Count measures that the text divides among their bearers (分别负责).",
    ),
    click.option(
        "--roles",
        type=click.Choice(["any", "lead-support"]),
        default="any",
        show_default=True,
        help="lead-support: from who leads (牵头) to who supports (配合).",
    ),
    click.option(
        "--unit",
        type=click.Choice(["measures", "norms"]),
        default="measures",
        show_default=True,
        help="norms: a measure counts once for each norm in it.",
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed of random tables."
    ),
    click.option(
        "--draws",
        type=click.IntRange(min=0),
        default=1000,
        show_default=True,
        help="The number of random tables to compare pairs with; 0 for none.",
    ),
)


_add_raw_option = click.option(
    "--raw",
    is_flag=True,
    help="Write tables for programs: no byte order mark, and each word as it is, even one like a formula.",
)


@click.command(help=_ANALYSE_HELP)
@add_graph_argument
@create_output_option("DIR", "the files.", "analysis")
@_add_counting_options
@add_language_option
@_add_raw_option
@add_connection_options
@prints_errors
def analyse(graph: str, output: Path, language: str, raw: bool, **options: Any) -> None:
    """Find the agencies that bear measures together most often."""
    from build_graph.errors import load_analysis

    load_analysis("obligations analyse")
    from build_graph.analysis.analysis import FILES, Analyst
    from build_graph.analysis.choices import Language, resolve_choices
    from build_graph.analysis.report import format_summary
    from build_graph.text.overwriting import reject_graph

    reject_graph((output / name for name in FILES), graph)
    engine = open_shards_or_engine(graph, options)
    choices = resolve_choices(engine, **options)
    with show_bar(choices.draws, "tables drawn") as on_draw:
        analyst = Analyst(engine, choices, "" if graph == str(GRAPH) else graph, on_draw, raw)
        findings, paths = analyst.write(output, Language(language))
    print_lines(format_summary(findings, find_width()).removesuffix("\n"))
    print_lines(f"wrote {', '.join(path.name for path in paths)} to {output}")


@click.command()
@add_graph_argument
@create_output_option("FILE", "the page.", "network.html")
@create_selection_options("document", "domain")
@add_connection_options
@prints_errors
def view(graph: str, output: Path, **options: Any) -> None:
    """Write the network as an interactive page: who bears measures with whom, and the words behind it.

    The page is one file that works from disk, without a network, in Chinese and English. --document and
    --domain show only a part of the graph. The page's address contains the search, the filters and the
    selection, so that you can send a view: network.html#agency=mofcom.

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
    _print_page(output, write_network(opened, output, **resolve_narrowing(opened, options)))


def _print_page(output: Path, shown: WrittenNetwork) -> None:
    """Print the size of a network page."""
    print_lines(
        f"wrote {output}: {shown.measures:,} measures of {shown.documents:,} document"
        f"{'' if shown.documents == 1 else 's'}, {shown.bodies:,} bodies, {shown.size / 1e6:.1f} MB"
    )
    if shown.brief:
        print_lines(
            "measures come without their words: narrow the page with --document or --domain", error=True
        )
    print_lines(f"next: open {output} in a browser")
