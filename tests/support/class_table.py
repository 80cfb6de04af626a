"""The numbers of docs/graph.md: for each class of the first document's graph its nodes and its statements.

`python tests/support/class_table.py` writes them into the rows of the page, whose words are written by hand.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from places import ROOT
from pyoxigraph import BlankNode, NamedNode, Quad, Triple
from understanding import descriptions, document

from build_graph.extract.pipeline import find_default_document
from build_graph.graph.emit.document import iterate_quads
from build_graph.query.results import format_term
from build_graph.vocabulary import term

PAGE = ROOT / "docs" / "graph.md"
PASSAGE = "a passage"  # its IRI says what it is, so it has no class in the graph
_ROW = re.compile(r"^\| (?P<name>`\w+:\w+`(?: `\w+:\w+`)?|a passage) +\| +[\d,]+ \| +[\d,]+ \|", re.MULTILINE)


def count_classes(quads: Iterable[Quad]) -> dict[str, tuple[int, int]]:
    """Return the numbers of nodes and of statements on them, by the class as the page has it."""
    statements = Counter[NamedNode | BlankNode | Triple]()
    classes: dict[NamedNode | BlankNode | Triple, list[str]] = defaultdict(list)
    for quad in quads:
        statements[quad.subject] += 1
        if quad.predicate == term("rdf:type"):
            classes[quad.subject].append(f"`{format_term(quad.object)}`")
    found: dict[str, tuple[int, int]] = {}
    for node, number in statements.items():
        name = " ".join(sorted(classes[node])) or PASSAGE
        nodes, total = found.get(name, (0, 0))
        found[name] = (nodes + 1, total + number)
    return found


def count_first_document() -> dict[str, tuple[int, int]]:
    """Return the counts of the graph of the document that ships with the package."""
    return count_classes(iterate_quads(document(find_default_document()), descriptions()))


def fill_rows(page: str, counts: dict[str, tuple[int, int]]) -> str:
    """Return the page with the counts in its rows; raises KeyError for a class that the graph lacks."""

    def fill(row: re.Match[str]) -> str:
        nodes, statements = counts[row["name"]]
        return f"| {row['name']} | {nodes:,} | {statements:,} |"

    return _ROW.sub(fill, page)


def list_rows(page: str) -> list[str]:
    """Return the classes that the page has a row for."""
    return [row["name"] for row in _ROW.finditer(page)]


if __name__ == "__main__":
    PAGE.write_text(fill_rows(PAGE.read_text(encoding="utf-8"), count_first_document()), encoding="utf-8")
