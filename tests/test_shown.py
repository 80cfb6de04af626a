"""What the pages of the workbench show: all that the graph says, under the names that people know."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from lxml import html
from pyoxigraph import NamedNode
from server import Reply, Server

from build_graph.querying.answers import shown
from build_graph.querying.catalogue import Question, catalogue
from build_graph.querying.headers import Kind
from build_graph.resources import word_lists

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
QUESTIONS = list(catalogue())
WITHOUT_ROWS = {"unresolved"}
# What is asked for where the example of a parameter names several things in five documents.
GIVEN = {"clause": {"clause": "document/国发-2015-24/s2/c4"}}


def get(server: Server, address: str) -> Reply:
    return server.send("GET", address, Accept=BROWSER)


# ----------------------------------------------------------------------------- columns of answers


@dataclass(frozen=True, slots=True)
class Place:
    """What stands in a cell of a page: its words, and what its link and its tooltip say."""

    text: str
    title: str
    href: str

    def says(self, value: str) -> bool:
        """Whether a value of the CSV can be read here."""
        words = shown(NamedNode(value)) if value.startswith("http") else value
        words = {"true": "yes", "false": "no"}.get(words, words)
        return words == self.text or words in self.title.split(" · ")


def places(reply: Reply) -> tuple[list[str], list[list[Place]]]:
    """The headings of the first table of a page, and its rows."""
    tables = html.fromstring(reply.body).xpath("//main//table")
    if not tables:
        return [], []
    heads = [head.text_content() for head in tables[0].xpath("thead//th")]
    rows = [[_place(cell) for cell in row.xpath("td")] for row in tables[0].xpath("tbody/tr")]
    return heads, rows


def _place(cell: html.HtmlElement) -> Place:
    inner = next(iter(cell.xpath("*[@title or @href]")), cell)
    return Place(cell.text_content(), inner.get("title", ""), inner.get("href", ""))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_page_shows_what_the_csv_does(question: Question, several: Server) -> None:
    """Every value stands in its row, as words or as the name of a link; what stays has its heading."""
    values = {p.name: p.example for p in question.header.parameters if p.default is None}
    values |= {p.name: "2024-01-01" for p in question.header.parameters if p.kind is Kind.DATE}
    address = f"/query/{question.name}?{urlencode(values | GIVEN.get(question.name, {}))}"
    names, *rows = csv.reader(get(several, f"{address}&format=csv").body.decode("utf-8-sig").splitlines())
    heads, cells_of = places(get(several, address))
    assert bool(rows) != (question.name in WITHOUT_ROWS)
    assert len(cells_of) == min(len(rows), 500)
    for row, cells in zip(rows, cells_of, strict=False):
        for name, value in zip(names, row, strict=True):
            there = [cell for cell in cells if cell.says(value)]
            assert not value or there, f"{name}: {value}"
            assert not value or heading(name) in heads or any(cell.href for cell in there), f"{name}: {value}"
    assert set(heads) <= set(map(heading, [*names, "document"]))


def heading(column: str) -> str:
    return str(word_lists("pages")["columns"][f"column_{column}"]["en"])


def test_who_is_responsible_is_said(several: Server) -> None:
    """On the question's page and on a document's, with a link to the body."""
    for address in ("/query/responsibilities", "/id/document/%E5%9B%BD%E5%8F%91-2015-24"):
        page = html.fromstring(get(several, address).body)
        links = page.xpath("//td/a[contains(@href, '/id/agency/mofcom')]")
        assert links, address
        assert {link.text for link in links} == {"商务部"}
