"""The pages of the workbench, its editor, and every IRI of the data: which of them answers which address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from build_graph.errors import ObligationError
from build_graph.exporting.rdf import serialize_triples
from build_graph.pages import addresses, holdings, sparql
from build_graph.pages.entity import UnknownThingError
from build_graph.pages.found import MOST, found_page
from build_graph.pages.libraries import library as script_library
from build_graph.pages.narrowing import narrowing_page
from build_graph.pages.network import Links, PageTooLargeError, network_page
from build_graph.pages.network_data import NothingToShowError, network_data
from build_graph.pages.ontology_docs import LANGUAGES, ontology_page
from build_graph.pages.overview import Choice, documents_page, overview_page
from build_graph.pages.page import script_json
from build_graph.pages.questions import Fault, catalogue_page, question_page
from build_graph.pages.rows import table
from build_graph.pages.terms import ontology_in
from build_graph.querying.catalogue import Question, catalogue, lookup
from build_graph.querying.completion import Thing
from build_graph.querying.headers import Kind
from build_graph.querying.names import UnknownNameError
from build_graph.querying.spreadsheet import spreadsheet
from build_graph.serving.negotiation import FORMATS, HTML, TRIPLES, choose_format
from build_graph.serving.protocol import RefusedError
from build_graph.serving.responses import Sent, page
from build_graph.serving.settings import Settings
from build_graph.serving.state import NAMED, Library, WorkersEngine
from build_graph.serving.workers import Workers
from build_graph.viewing import reader_page_of, title_of
from build_graph.vocabulary import BASE

_SEARCHED = NAMED[:3]  # kinds that a search completes: clauses have the same few names everywhere
_OFFERED = 12  # names that complete a field
_LONGEST = 200  # characters of a name that are searched for
_TOO_MUCH = 400  # the status with which the workers refuse an answer that is larger than allowed
_BODIES = 1_000  # that are laid out while somebody waits: the time grows with their square
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # the address changes with the bytes
_ONTOLOGY = {name: media for name, media in FORMATS.items() if name != "rdf"}


def routes(settings: Settings, workers: Workers) -> list[BaseRoute]:
    """Return the routes of all pages, and of what stands beside them."""
    library = Library.over(WorkersEngine(workers), settings.limits.waiting)
    views = (
        (addresses.HOME, show_overview),
        (addresses.DOCUMENTS, show_documents),
        (addresses.SEARCH, show_search),
        (f"{addresses.NAMES}{{kind}}", offer_names),
        (addresses.QUERIES, show_catalogue),
        (f"{addresses.QUESTION}{{name}}", answer_question),
        (f"{addresses.THINGS}{{end:path}}", describe_entity),
        (addresses.NETWORK, show_network),
        (f"{addresses.READER}{{document:path}}", show_reader),
        (addresses.EDITOR, show_editor),
        (script_library("yasgui").address, send_script),
        (addresses.ONTOLOGY, show_ontology),
    )
    return [Route(path, page(partial(view, library)), methods=["GET"]) for path, view in views]


def show_overview(library: Library, request: Request) -> Response:
    """Return the first page."""
    return Sent(
        overview_page(
            library.held_if(holdings.documents),
            library.held_if(holdings.agencies),
            library.held_if(holdings.domains),
            library.held_if(holdings.counts) or {},
        )
    )


def show_documents(library: Library, request: Request) -> Response:
    """Return the list of documents, those that the address chooses."""
    return Sent(documents_page(library.held(holdings.documents), Choice.of(request.query_params)))


# ------------------------------------------------------------------------------------------- names


def show_search(library: Library, request: Request) -> Response:
    """Return what is called so, or nearly so."""
    words = _words(request)
    found = {kind: library.completion(kind).find(words, MOST) if words else [] for kind in NAMED}
    near = [] if any(found.values()) or not words else _near(library, words)
    return Sent(found_page(words, found, near))


def _near(library: Library, words: str) -> list[Thing]:
    return [thing for kind in _SEARCHED for thing in library.completion(kind).near(words, _OFFERED)]


def offer_names(library: Library, request: Request) -> Response:
    """Return the names that complete a field, as JSON: what is shown, what goes into it, and the page."""
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


# --------------------------------------------------------------------------------------- questions


def show_catalogue(library: Library, request: Request) -> Response:
    """Return the list of questions."""
    return Sent(catalogue_page(catalogue()))


def answer_question(library: Library, request: Request) -> Response:
    """Return a question with its form and its answer, or the answer alone with format=csv.

    Raise ObligationError if there is no such question, or no answer as a file.
    """
    question = _question(request.path_params["name"])
    given = {name: value for name, value in request.query_params.items() if value.strip()}
    form = given.pop("format", None)
    given.pop("lang", None)  # the page's, not the question's
    if form is None:
        return _question_page(library, question, given)
    if form != "csv":
        raise RefusedError(406, f"format: there is no {form}; there is csv, and more at /sparql")
    query = library.binder.bound(question, given)
    body = spreadsheet(library.engine.answer(query, question.name))
    name = {"Content-Disposition": f'attachment; filename="{question.name}.csv"'}
    return Sent(body, "text/csv", headers=name)


def _question(name: str) -> Question:
    """Return a question of the catalogue; one in a file is nobody's business who asks over the net."""
    found = next((question for question in catalogue() if question.name == name), None)
    if found is None:
        raise RefusedError(404, f"{name}: there is no such question; see {addresses.QUERIES}")
    return found


def _question_page(library: Library, question: Question, given: Mapping[str, str]) -> Response:
    needed = {parameter.name for parameter in question.header.parameters if parameter.default is None}
    if needed - set(given):
        return Sent(question_page(question, given))
    query = ""
    try:
        query = library.binder.bound(question, given)
        found, documents = library.engine.answer(query, question.name), holdings.titles(library.names)
        answer = table(found, documents=documents, apart="document" not in given)
    except UnknownNameError as error:
        instead = _instead(error, given, partial(addresses.question, question.name))
        fault = Fault(error.words, True, tuple(instead))
        return Sent(question_page(question, given, fault=fault), status=404)
    except RefusedError as error:
        body = question_page(question, given, fault=Fault(str(error)), query=query)
        return Sent(body, status=error.status, headers=error.headers)
    except ObligationError as error:
        strange = set(given) - {parameter.name for parameter in question.header.parameters}
        fault = Fault(str(error), key="no_such_field" if strange else "")
        return Sent(question_page(question, given, fault=fault, query=query), status=400)
    return Sent(question_page(question, given, answer=answer, query=query))


def _instead(
    error: UnknownNameError, given: Mapping[str, str], address: Callable[[dict[str, str]], str]
) -> list[tuple[str, str]]:
    """Return the names that would do, each with the address of the page with it in the place of the other."""
    return [
        (
            name,
            address({key: name if words.strip() == error.words else words for key, words in given.items()}),
        )
        for name in error.instead
    ]


# -------------------------------------------------------------------- entities, documents, network


def describe_entity(library: Library, request: Request) -> Response:
    """Return the entity at an address in the format that the client likes best.

    Raise RefusedError for a format that there is not, UnknownThingError for what the graph does not know.
    """
    media = choose_format(request, FORMATS)
    try:
        iri = addresses.thing_at(request.scope["raw_path"].decode("ascii"))
    except ValueError as error:
        raise UnknownThingError(
            f"{request.url.path}: is not written in UTF-8, so that it is nothing"
        ) from error
    if media == HTML:
        return Sent(library.encyclopedia.page(iri))
    found = library.encyclopedia.triples(iri)
    body = serialize_triples(found.triples, TRIPLES[media])
    headers = {"Vary": "Accept"} | ({"Link": _rest(iri)} if found.more else {})
    return Sent(body, media, headers=headers)


def _rest(iri: str) -> str:
    """Return the address of all statements that name a thing, if a description does not hold them all."""
    query = lookup("naming", node=NamedNode(iri))
    return f'<{addresses.answer(query)}>; rel="related"; title="all statements that name it"'


def show_reader(library: Library, request: Request) -> Response:
    """Return a document with all that was understood of it marked.

    Raise ObligationError for a document that the graph does not have, or says too little of.
    """
    try:
        iri = NamedNode(addresses.document_at(request.scope["raw_path"].decode("ascii")))
    except ValueError as error:
        raise UnknownThingError(
            f"{request.url.path}: is no name of a document; see {addresses.DOCUMENTS}"
        ) from error
    return Sent(library.readers.get(iri, lambda: reader_page_of(library.engine, iri)))


def show_network(library: Library, request: Request) -> Response:
    """Return the network of the graph, or narrowed to a document, a domain, or both.

    If it is too much, or nothing, return a page that asks for another; raise ObligationError if the graph
    cannot be asked.
    """
    kinds = (Kind.DOCUMENT, Kind.DOMAIN)
    given: dict[str, str] = {kind: request.query_params.get(kind, "").strip() for kind in kinds}
    try:
        document, domain = (library.names.find(kind, given[kind]) if given[kind] else None for kind in kinds)
        return Sent(library.networks.get((document, domain), lambda: _network(library, document, domain)))
    except UnknownNameError as error:
        words = {kind: name for kind, name in given.items() if name}
        instead = _instead(error, words, addresses.network)
        return Sent(narrowing_page("no_such_name", given, error.words, instead), status=404)
    except NothingToShowError:
        return Sent(narrowing_page("nothing_shared", given), status=404)
    except PageTooLargeError:
        return Sent(narrowing_page("too_large", given), status=_TOO_MUCH)
    except RefusedError as error:
        if error.status != _TOO_MUCH:
            raise
        return Sent(narrowing_page("too_large", given), status=_TOO_MUCH)


def _network(library: Library, document: NamedNode | None, domain: NamedNode | None) -> bytes:
    data = network_data(library.engine, document, domain)
    if len(data.bodies) > _BODIES:
        raise PageTooLargeError(f"{len(data.bodies):,} bodies are too many for a page")
    readers = {card.id: addresses.reader_of(BASE + card.id) for card in data.documents}
    return network_page(data, title_of(data), Links(readers, addresses.HOME))


# -------------------------------------------------------------------------------- editor, ontology


def show_editor(library: Library, request: Request) -> Response:
    """Return the editor, whose queries go to the endpoint."""
    return Sent(_editor())


@cache
def _editor() -> bytes:
    return sparql.editor_page(catalogue(), addresses.ENDPOINT)


def send_script(library: Library, request: Request) -> Response:
    """Return the script that stands beside the editor."""
    return Sent(script_library("yasgui").body, "text/javascript", headers=_FOREVER)


def show_ontology(library: Library, request: Request) -> Response:
    """Return the ontology as a page or as statements, as `?format`, or else the request, prefers."""
    vary = {"Vary": "Accept, Accept-Language"}
    media = choose_format(request, _ONTOLOGY)
    if media != HTML:
        return Sent(ontology_in(TRIPLES[media]), media, headers=vary)
    return Sent(ontology_page(_language(request, LANGUAGES)), headers=vary)


def _language(request: Request, languages: Sequence[str]) -> str:
    """Return the language that is asked for, else the one that the client names first, else the first."""
    asked = request.query_params.get("lang", "")
    first = request.headers.get("accept-language", "").split(",")[0].split("-")[0].strip().lower()
    return next((language for language in (asked, first) if language in languages), languages[0])
