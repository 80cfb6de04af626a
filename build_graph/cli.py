"""The command line: the only module that prints and exits."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from build_graph import __version__
from build_graph.errors import ObligationError

Command = TypeVar("Command", bound=Callable[..., Any])

_GRAPH = Path("output") / "graph.ttl"


def _speaks_plainly(command: Command) -> Command:
    """A command whose ObligationErrors are one line on stderr and exit code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ObligationError as error:
            click.echo(f"obligations: {error}", err=True)
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
    return click.option(
        "--encoding", metavar="NAME", help="The text's encoding, e.g. gb18030; found by itself."
    )(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="obligations")
def main() -> None:
    """Read government policy documents into a knowledge graph of obligations.

    \b
    obligations build                 the graph of 国发〔2015〕24号, which ships with the package
    obligations build policy.txt      the graph of your own document
    obligations explain 四            what was understood of clause （四）, and from which words
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
    help="Where graph.ttl is written.",
)
@_metadata_options
@_speaks_plainly
def build(paths: tuple[Path, ...], output: Path, encoding: str | None, **metadata: str | None) -> None:
    """Build the graph of documents and write it as Turtle.

    PATH is a text file, a folder of them, or - for standard input. Without one, the document that ships
    with the package is read. What a text does not hold can stand in NAME.toml beside NAME.txt.

    \b
    Example:
      obligations build opinion.txt --number 国发〔2015〕24号 --date 2015-05-04 -o graph
    """
    from build_graph.building import build as build_graph

    result = build_graph(paths, output, encoding=encoding, given=_given(metadata))
    for document in result.summaries:
        click.echo("\n".join(document))
    click.echo(f"wrote {result.path}: {result.statements:,} statements, {result.checks} checks passed")
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
@_speaks_plainly
def extract(path: Path, form: str, encoding: str | None, **metadata: str | None) -> None:
    """Show what is understood of one document, without writing a graph.

    \b
    Examples:
      obligations extract opinion.txt
      obligations extract opinion.txt --format json > opinion.json
    """
    from build_graph.pipeline import Pipeline
    from build_graph.reports.extract import as_gold

    document = Pipeline.load().understand_file(path, encoding=encoding, options=_given(metadata))
    if form == "json":
        import json

        click.echo(json.dumps(as_gold(document), ensure_ascii=False, indent=1))
    else:
        from build_graph.reports.tables import measures_table

        measures_table(document, sys.stdout)


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


def _marked(words: str) -> str:
    """Words that stand out, on paper as well as in a terminal."""
    return click.style(f"⟦{words}⟧", bold=True)


def _given(values: dict[str, str | None]) -> Any:
    """Metadata from the options that were given."""
    from build_graph.structure.metadata import from_values

    return from_values({name: value for name, value in values.items() if value}, "options")


if __name__ == "__main__":
    main()
