"""The views of the workbench, by address: pages, completions, and every IRI of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from build_graph.errors import ObligationError
from build_graph.graph.iris import DOCUMENT_PATH
from build_graph.query.catalogue import ParameterKind, Question, load_catalogue, load_lookup
from build_graph.query.export.rdf_formats import serialize_triples
from build_graph.query.names import NamedEntity, UnknownNameError
from build_graph.query.results import format_spreadsheet
from build_graph.vocabulary import BASE
from build_graph.web import urls
from build_graph.web.pages import contents, sparql_editor
from build_graph.web.pages.answer_tables import build_table
from build_graph.web.pages.entity import UnknownEntityError
from build_graph.web.pages.network import NetworkLinks, PageTooLargeError, render_network_page
from build_graph.web.pages.network_data import NothingToShowError, collect_network_data
from build_graph.web.pages.notices import MOST, render_search_page, render_too_large_page
from build_graph.web.pages.ontology import LANGUAGES, render_ontology_page
from build_graph.web.pages.ontology_terms import serialize_ontology
from build_graph.web.pages.overview import DocumentSelection, render_documents_page, render_overview_page
from build_graph.web.pages.question_form import (
    NAMED,
    QuestionFault,
    render_catalogue_page,
    render_question_page,
)
from build_graph.web.pages.site import format_title, render_reader
from build_graph.web.render import format_script_json, load_script
from build_graph.web.server.protocol import FORMATS, HTML, TRIPLES, HTTPError, choose_format
from build_graph.web.server.responses import CachedResponse, wrap_view
from build_graph.web.server.settings import Settings
from build_graph.web.server.state import AppState, PooledEngine
from build_graph.web.server.workers import QueryWorkerPool

_SEARCHED = NAMED[:3]  # kinds that a search completes
_OFFERED = 12  # names that complete a field
_LONGEST = 200  # characters of a name to search for
_TOO_MUCH = 400  # status of a refusal by the workers of an answer that is larger than allowed
_LAID_OUT = 1_000  # bodies laid out while a client waits: the time grows with their square
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # the address changes with the bytes
_ONTOLOGY = {name: media for name, media in FORMATS.items() if name != "rdf"}


def build_view_routes(settings: Settings, workers: QueryWorkerPool) -> list[BaseRoute]:
    """Return the routes of all pages, and of the files beside them."""
    state = AppState.create(PooledEngine(workers), settings.limits.waiting)
    views = (
        (urls.HOME, show_overview),
        (urls.DOCUMENTS, show_documents),
        (urls.SEARCH, show_search),
        (f"{urls.NAMES}{{kind}}", offer_names),
        (urls.QUERIES, show_catalogue),
        (f"{urls.QUESTION}{{name}}", answer_question),
        (f"{urls.THINGS}{{end:path}}", describe_entity),
        (urls.NETWORK, show_network),
        (f"{urls.READER}{{document:path}}", show_reader),
        (urls.EDITOR, show_editor),
        (load_script("yasgui").address, send_script),
        (urls.ONTOLOGY, show_ontology),
    )
    return [Route(path, wrap_view(partial(view, state)), methods=["GET"]) for path, view in views]


def show_overview(state: AppState, request: Request) -> Response:
    """Return the first page."""
    return CachedResponse(
        render_overview_page(
            state.load_or_none(contents.list_documents),
            state.load_or_none(contents.rank_agencies),
            state.load_or_none(contents.rank_domains),
            state.load_or_none(contents.count_entities) or {},
        )
    )


def show_documents(state: AppState, request: Request) -> Response:
    """Return the list of the documents that the parameters select."""
    return CachedResponse(
        render_documents_page(
            state.load_once(contents.list_documents), DocumentSelection.parse(request.query_params)
        )
    )


# ------------------------------------------------------------------------------------------- names


def show_search(state: AppState, request: Request) -> Response:
    """Return the entities whose names contain the words, or resemble them."""
    words = _read_words(request)
    found = {kind: state.load_name_index(kind).find(words, MOST) if words else [] for kind in NAMED}
    near = [] if any(found.values()) or not words else _find_near(state, words)
    return CachedResponse(render_search_page(words, found, near))


def _find_near(state: AppState, words: str) -> list[NamedEntity]:
    return [entity for kind in _SEARCHED for entity in state.load_name_index(kind).find_near(words, _OFFERED)]


def offer_names(state: AppState, request: Request) -> Response:
    """Return the names that complete a field, as JSON: label, value, note, and address of the page."""
    asked = request.path_params["kind"]
    kinds = [kind for kind in NAMED if kind == asked] or (list(_SEARCHED) if asked == "any" else [])
    if not kinds:
        raise HTTPError(404, f"{asked}: is no kind of thing; there is {', '.join(NAMED)}, and any")
    words = _read_words(request)
    share = _OFFERED // len(kinds)
    found = [entity for kind in kinds for entity in state.load_name_index(kind).find(words, share)]
    return CachedResponse(
        format_script_json([_format_completion(state, entity) for entity in found]).encode(),
        "application/json",
    )


def _format_completion(state: AppState, entity: NamedEntity) -> dict[str, str]:
    note = " · ".join(entity.notes)
    if entity.kind is ParameterKind.CLAUSE:  # the document tells clauses of the same name apart
        titles = contents.find_titles(state.names)
        note = contents.format_local_name(entity.unique_name, titles).removeprefix(DOCUMENT_PATH)
    return {
        "label": entity.label,
        "value": entity.unique_name,
        "note": note,
        "href": urls.entity_url(entity.node.value),
    }


def _read_words(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:_LONGEST]


# --------------------------------------------------------------------------------------- questions


def show_catalogue(state: AppState, request: Request) -> Response:
    """Return the list of questions."""
    return CachedResponse(render_catalogue_page(load_catalogue()))


def answer_question(state: AppState, request: Request) -> Response:
    """Return a question with its form and its answer, or the answer alone with format=csv.

    Raise ObligationError if there is no such question, or no answer as a file.
    """
    question = _find_question(request.path_params["name"])
    given = {name: value for name, value in request.query_params.items() if value.strip()}
    form = given.pop("format", None)
    given.pop("lang", None)  # the page's, not the question's
    if form is None:
        return _render_question(state, question, given)
    if form != "csv":
        raise HTTPError(406, f"format: there is no {form}; there is csv, and more at /sparql")
    query = state.binder.bind(question, given)
    body = format_spreadsheet(state.engine.answer(query, question.name))
    name = {"Content-Disposition": f'attachment; filename="{question.name}.csv"'}
    return CachedResponse(body, "text/csv", headers=name)


def _find_question(name: str) -> Question:
    """Return a question of the catalogue; files with questions are not for clients on the net."""
    found = next((question for question in load_catalogue() if question.name == name), None)
    if found is None:
        raise HTTPError(404, f"{name}: there is no such question; see {urls.QUERIES}")
    return found


def _render_question(state: AppState, question: Question, given: Mapping[str, str]) -> Response:
    needed = {parameter.name for parameter in question.header.parameters if parameter.default is None}
    if needed - set(given):
        return CachedResponse(render_question_page(question, given))
    query = ""
    try:
        query = state.binder.bind(question, given)
        found, documents = state.engine.answer(query, question.name), contents.find_titles(state.names)
        answer = build_table(found, documents=documents, apart="document" not in given)
    except UnknownNameError as error:
        instead = _suggest_links(error, given, partial(urls.question_url, question.name))
        fault = QuestionFault(error.words, True, tuple(instead))
        return CachedResponse(render_question_page(question, given, fault=fault), status=404)
    except HTTPError as error:
        body = render_question_page(question, given, fault=QuestionFault(str(error)), query=query)
        return CachedResponse(body, status=error.status, headers=error.headers)
    except ObligationError as error:
        strange = set(given) - {parameter.name for parameter in question.header.parameters}
        fault = QuestionFault(str(error), key="no_such_field" if strange else "")
        return CachedResponse(render_question_page(question, given, fault=fault, query=query), status=400)
    return CachedResponse(render_question_page(question, given, answer=answer, query=query))


def _suggest_links(
    error: UnknownNameError, given: Mapping[str, str], address: Callable[[dict[str, str]], str]
) -> list[tuple[str, str]]:
    """Return the suggested names, each with the address of the page that has it in place of the wrong one."""
    wrong = {key for key, words in given.items() if words.strip() == error.words}
    return [(name, address({**given, **dict.fromkeys(wrong, name)})) for name in error.instead]


# -------------------------------------------------------------------- entities, documents, network


def describe_entity(state: AppState, request: Request) -> Response:
    """Return the entity at an address, in the format that the client prefers.

    Raise HTTPError for an unknown format, UnknownEntityError for an entity that the graph does not know.
    """
    media = choose_format(request, FORMATS)
    try:
        iri = urls.iri_of_entity_path(request.scope["raw_path"].decode("ascii"))
    except ValueError as error:
        raise UnknownEntityError(
            f"{request.url.path}: is not written in UTF-8, so that it is nothing"
        ) from error
    if media == HTML:
        return CachedResponse(state.entity_pages.render_page(iri))
    found = state.entity_pages.describe(iri)
    body = serialize_triples(found.triples, TRIPLES[media])
    headers = {"Vary": "Accept"} | ({"Link": _format_rest_link(iri)} if found.more else {})
    return CachedResponse(body, media, headers=headers)


def _format_rest_link(iri: str) -> str:
    """Return the Link header to all statements that name an entity, if its description omits some."""
    query = load_lookup("naming", node=NamedNode(iri))
    return f'<{urls.query_url(query)}>; rel="related"; title="all statements that name it"'


def show_reader(state: AppState, request: Request) -> Response:
    """Return the text of a document with marks.

    Raise ObligationError for a document that the graph does not have, or not completely.
    """
    try:
        iri = NamedNode(urls.iri_of_reader_path(request.scope["raw_path"].decode("ascii")))
    except ValueError as error:
        raise UnknownEntityError(
            f"{request.url.path}: is no name of a document; see {urls.DOCUMENTS}"
        ) from error
    return CachedResponse(state.readers.fetch(iri, lambda: render_reader(state.engine, iri)))


def show_network(state: AppState, request: Request) -> Response:
    """Return the network of the graph, or of a document, a domain, or both.

    Return a page that asks for another selection if it is too large, or empty; raise ObligationError if the
    graph cannot be queried.
    """
    kinds = (ParameterKind.DOCUMENT, ParameterKind.DOMAIN)
    given: dict[str, str] = {kind: request.query_params.get(kind, "").strip() for kind in kinds}
    try:
        document, domain = (state.names.find(kind, given[kind]) if given[kind] else None for kind in kinds)
        return CachedResponse(
            state.networks.fetch((document, domain), lambda: _render_network(state, document, domain))
        )
    except UnknownNameError as error:
        words = {kind: name for kind, name in given.items() if name}
        instead = _suggest_links(error, words, urls.network_url)
        return CachedResponse(render_too_large_page("no_such_name", given, error.words, instead), status=404)
    except NothingToShowError:
        return CachedResponse(render_too_large_page("nothing_shared", given), status=404)
    except (PageTooLargeError, HTTPError) as error:
        if isinstance(error, HTTPError) and error.status != _TOO_MUCH:
            raise
        return CachedResponse(render_too_large_page("too_large", given), status=_TOO_MUCH)


def _render_network(state: AppState, document: NamedNode | None, domain: NamedNode | None) -> bytes:
    data = collect_network_data(state.engine, document, domain)
    if len(data.bodies) > _LAID_OUT:
        raise PageTooLargeError(f"{len(data.bodies):,} bodies are too many for a page")
    readers = {card.id: urls.reader_url(BASE + card.id) for card in data.documents}
    return render_network_page(data, format_title(data), NetworkLinks(readers, urls.HOME))


# -------------------------------------------------------------------------------- editor, ontology


def show_editor(state: AppState, request: Request) -> Response:
    """Return the editor, which sends its queries to the endpoint."""
    return CachedResponse(_render_editor())


@cache
def _render_editor() -> bytes:
    return sparql_editor.render_editor_page(load_catalogue(), urls.ENDPOINT)


def send_script(state: AppState, request: Request) -> Response:
    """Return the script of the editor."""
    return CachedResponse(load_script("yasgui").body, "text/javascript", headers=_FOREVER)


def show_ontology(state: AppState, request: Request) -> Response:
    """Return the ontology as a page or as statements, by `?format`, or else by the Accept header."""
    vary = {"Vary": "Accept, Accept-Language"}
    media = choose_format(request, _ONTOLOGY)
    if media != HTML:
        return CachedResponse(serialize_ontology(TRIPLES[media]), media, headers=vary)
    return CachedResponse(render_ontology_page(_choose_language(request, LANGUAGES)), headers=vary)


def _choose_language(request: Request, languages: Sequence[str]) -> str:
    """Return the language of `?lang`, else the first one of the client, else the first of `languages`."""
    asked = request.query_params.get("lang", "")
    first = request.headers.get("accept-language", "").split(",")[0].split("-")[0].strip().lower()
    return next((language for language in (asked, first) if language in languages), languages[0])
