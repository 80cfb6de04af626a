"""The first page of the workbench, and the list of all documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from urllib.parse import urlencode

from build_graph.query.names import normalise
from build_graph.web import urls
from build_graph.web.pages.contents import ListedDocument, RankedEntity
from build_graph.web.render import render_workbench

SHOWN = 12  # of each list on the first page
PAGE = 50  # documents on a page of the list
# The orders of the list of documents: the sort key, and True for descending.
_ORDERS = {
    "date": (lambda one: (one.date, one.measures), True),
    "measures": (lambda one: (one.measures, one.date), True),
    "number": (lambda one: (one.number == "", one.number, one.title), False),
    "title": (lambda one: one.title, False),
}
ORDERS = tuple(_ORDERS)


@dataclass(frozen=True, slots=True)
class DocumentSelection:
    """The selection of a list of documents: words in their names, an order, a page number."""

    words: str = ""
    order: str = ORDERS[0]
    page: int = 1

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> DocumentSelection:
        """Return the selection of an address; a wrong value counts as not given.

        >>> DocumentSelection.parse({"sort": "measures", "page": "x"})
        DocumentSelection(words='', order='measures', page=1)
        """
        page = given.get("page", "")
        order = given.get("sort", "")
        number = int(page[:7]) if page.isascii() and page.isdigit() else 1
        return cls(given.get("q", "").strip(), order if order in ORDERS else ORDERS[0], max(1, number))

    def address(self, **other: str | int) -> str:
        """Return the address of this selection, with `other` values in place of its own.

        >>> DocumentSelection("x").address(page=2)
        '/documents?q=x&page=2'
        """
        values = {"q": self.words, "sort": self.order, "page": self.page} | other
        usual = {"q": "", "sort": ORDERS[0], "page": 1}
        asked = urlencode({name: value for name, value in values.items() if value != usual[name]})
        return f"{urls.DOCUMENTS}{'?' if asked else ''}{asked}"


def render_overview_page(
    documents: Sequence[ListedDocument] | None,
    agencies: Sequence[RankedEntity] | None,
    domains: Sequence[RankedEntity] | None,
    counts: Mapping[str, int],
) -> bytes:
    """Return the first page: the contents of the graph, and links into it; None for what is unknown."""
    return render_workbench(
        "overview.html.j2",
        title="obligation-graph",
        here="home",
        figures=_collect_figures(documents, agencies, domains, counts),
        documents=_sort_documents(documents or (), "date")[:SHOWN],
        lists=[("agencies", agencies, "agencies-by-measures"), ("domains", domains, "domains")],
        shown=SHOWN,
        missing=documents is None,
    )


def render_documents_page(documents: Sequence[ListedDocument], choice: DocumentSelection) -> bytes:
    """Return a page of the list of documents, by the selection."""
    wanted = normalise(choice.words)
    held = [one for one in documents if wanted in normalise(one.title + one.number + one.issuer)]
    pages = max(1, ceil(len(held) / PAGE))
    number = min(choice.page, pages)
    start = (number - 1) * PAGE
    return render_workbench(
        "documents.html.j2",
        title="obligation-graph",
        here="documents",
        documents=_sort_documents(held, choice.order)[start : start + PAGE],
        found=len(held),
        all=len(documents),
        first=start + 1,
        pages=pages,
        number=number,
        choice=choice,
        orders=ORDERS,
    )


def _sort_documents(documents: Sequence[ListedDocument], order: str) -> list[ListedDocument]:
    """Return the documents in an order; equal ones stay in the order of IRIs."""
    key, down = _ORDERS[order]
    return sorted(sorted(documents, key=lambda one: one.iri, reverse=down), key=key, reverse=down)


def _collect_figures(
    documents: Sequence[ListedDocument] | None,
    agencies: Sequence[RankedEntity] | None,
    domains: Sequence[RankedEntity] | None,
    counts: Mapping[str, int],
) -> list[tuple[str, int]]:
    """Return the counts of the page, each with the key of its words."""
    lists = {"documents": documents, "agencies": agencies, "domains": domains}
    return [*((key, len(held)) for key, held in lists.items() if held is not None), *counts.items()]
