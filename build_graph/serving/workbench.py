"""The workbench: which page answers which address; lists and searches are made here, the rest beside it."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from build_graph.pages import addresses, holdings
from build_graph.pages.found import MOST, found_page
from build_graph.pages.overview import Choice, documents_page, overview_page
from build_graph.pages.page import script_json
from build_graph.querying.completion import Thing
from build_graph.querying.headers import Kind
from build_graph.serving import networks, questions, readers, things
from build_graph.serving.asking import WorkersEngine
from build_graph.serving.library import NAMED, Library
from build_graph.serving.pages import page
from build_graph.serving.protocol import RefusedError
from build_graph.serving.responses import Sent
from build_graph.serving.settings import Settings
from build_graph.serving.workers import Workers

_SEARCHED = NAMED[:3]  # kinds that a search completes: clauses have the same few names everywhere
_OFFERED = 12  # names that complete a field
_LONGEST = 200  # characters of a name that are searched for


def routes(settings: Settings, workers: Workers) -> list[BaseRoute]:
    """The pages of the workbench."""
    library = Library.over(WorkersEngine(workers), settings.limits.waiting)
    made = (
        (addresses.HOME, _overview),
        (addresses.DOCUMENTS, _documents),
        (addresses.SEARCH, _search),
        (f"{addresses.NAMES}{{kind}}", _names),
        (addresses.QUERIES, questions.catalogued),
        (f"{addresses.QUESTION}{{name}}", questions.answered),
        (f"{addresses.THINGS}{{end:path}}", things.described),
        (addresses.NETWORK, networks.drawn),
        (f"{addresses.READER}{{document:path}}", readers.read),
    )
    return [Route(path, page(partial(make, library)), methods=["GET"]) for path, make in made]


def _overview(library: Library, request: Request) -> Response:
    return Sent(
        overview_page(
            library.held_if(holdings.documents),
            library.held_if(holdings.agencies),
            library.held_if(holdings.domains),
            library.held_if(holdings.counts) or {},
        )
    )


def _documents(library: Library, request: Request) -> Response:
    return Sent(documents_page(library.documents(), Choice.of(request.query_params)))


def _search(library: Library, request: Request) -> Response:
    words = _words(request)
    found = {kind: library.completion(kind).find(words, MOST) if words else [] for kind in NAMED}
    near = [] if any(found.values()) or not words else _near(library, words)
    return Sent(found_page(words, found, near))


def _near(library: Library, words: str) -> list[Thing]:
    return [thing for kind in _SEARCHED for thing in library.completion(kind).near(words, _OFFERED)]


def _names(library: Library, request: Request) -> Response:
    """The names that complete a field, as JSON: what is shown, what is put into the field, and the page."""
    asked = request.path_params["kind"]
    kinds = [kind for kind in NAMED if kind == asked] or (list(_SEARCHED) if asked == "any" else [])
    if not kinds:
        raise RefusedError(404, f"{asked}: is no kind of thing; there is {', '.join(NAMED)}, and any")
    words = _words(request)
    share = _OFFERED // len(kinds)
    found = [thing for kind in kinds for thing in library.completion(kind).find(words, share)]
    return Sent(script_json([_offered(library, thing) for thing in found]).encode(), "application/json")


def _offered(library: Library, thing: Thing) -> dict[str, str]:
    note = " · ".join(thing.notes)
    if thing.kind is Kind.CLAUSE:  # several have the same name: it is the document that tells them apart
        note = holdings.told(thing.sure, holdings.titles(library.names)).removeprefix("document/")
    return {
        "label": thing.label,
        "value": thing.sure,
        "note": note,
        "href": addresses.page_of(thing.node.value),
    }


def _words(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:_LONGEST]
