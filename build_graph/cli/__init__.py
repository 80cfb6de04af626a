"""The command line: the only modules that print and exit."""

from __future__ import annotations

import gc
import sys

import click

from build_graph import __version__
from build_graph.cli.building import build
from build_graph.cli.documents import extract, read, review, text
from build_graph.cli.exchange import export, pull, push
from build_graph.cli.graphs import analyse, explain, queries, query, validate, view
from build_graph.cli.serving import serve
from build_graph.cli.terminal import PlainGroup


@click.group(
    cls=PlainGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="obligations")
def main() -> None:
    """Read government policy documents into a knowledge graph of obligations.

    \b
    obligations build                 the graph of 国发〔2015〕24号, which ships with the package
    obligations build policy.docx     the graph of your own document
    obligations explain 四            what was understood of clause （四）, and from which words
    obligations query pairs           which agencies share most measures; obligations queries lists more
    obligations analyse               who is responsible together, as tables, charts and a report
    obligations view                  the network as a page to look at, and to send
    obligations export --format csv   the graph for other programs: tables, RDF, JSON-LD, Gephi, Neo4j
    obligations serve                 the graph as a SPARQL endpoint
    obligations push URL              the graph into a triple store; obligations pull fetches it again
    """
    gc.set_threshold(100_000)  # a build makes many objects and little garbage: 50 ms less for one document
    for stream in (sys.stdout, sys.stderr):  # Chinese in any locale
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


for _command in (
    *(build, extract, text, read, review),
    *(explain, queries, query, analyse, view, validate),
    *(export, serve, push, pull),
):
    main.add_command(_command)
