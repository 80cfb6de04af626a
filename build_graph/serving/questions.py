"""Questions of the catalogue over HTTP: the list, the form with its answer, and the answer as a file."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from build_graph.errors import ObligationError
from build_graph.pages import addresses
from build_graph.pages.holdings import titles
from build_graph.pages.questions import Fault, catalogue_page, question_page
from build_graph.pages.rows import table
from build_graph.querying.catalogue import Question, UnknownQueryError, catalogue, find
from build_graph.querying.names import UnknownNameError
from build_graph.querying.spreadsheet import spreadsheet
from build_graph.serving.library import Library
from build_graph.serving.protocol import RefusedError
from build_graph.serving.responses import Sent

_CSV = "csv"


def catalogued(library: Library, request: Request) -> Response:
    """The list of questions."""
    return Sent(catalogue_page(catalogue()))


def answered(library: Library, request: Request) -> Response:
    """A question with what the address gives: its form and answer, or the answer alone with format=csv.

    Raises ObligationError where there is no such question, or no answer as a file.
    """
    question = _question(request.path_params["name"])
    given = {name: value for name, value in request.query_params.items() if value.strip()}
    form = given.pop("format", None)
    given.pop("lang", None)  # the page's, not the question's
    if form is None:
        return _page(library, question, given)
    if form != _CSV:
        raise RefusedError(406, f"format: there is no {form}; there is {_CSV}, and more at /sparql")
    query = library.binder.bound(question, given)
    body = spreadsheet(library.engine.answer(query, question.name))
    name = {"Content-Disposition": f'attachment; filename="{question.name}.csv"'}
    return Sent(body, "text/csv", headers=name)


def _question(name: str) -> Question:
    """A question of the catalogue; one in a file is nobody's business who asks over the net."""
    try:
        if name in {question.name for question in catalogue()}:
            return find(name)
        raise UnknownQueryError(f"{name}: there is no such question")
    except UnknownQueryError as error:
        raise RefusedError(404, str(error)) from error


def _page(library: Library, question: Question, given: Mapping[str, str]) -> Response:
    needed = {parameter.name for parameter in question.header.parameters if parameter.default is None}
    if needed - set(given):
        return Sent(question_page(question, given))
    query = ""
    try:
        query = library.binder.bound(question, given)
        found, documents = library.engine.answer(query, question.name), titles(library.names)
        answer = table(found, documents=documents, apart="document" not in given)
    except UnknownNameError as error:
        fault = Fault(error.words, True, _instead(question, given, error))
        return Sent(question_page(question, given, fault=fault), status=404)
    except RefusedError as error:
        page = question_page(question, given, fault=Fault(str(error)), query=query)
        return Sent(page, status=error.status, headers=error.headers)
    except ObligationError as error:
        strange = set(given) - {parameter.name for parameter in question.header.parameters}
        fault = Fault(str(error), key="no_such_field" if strange else "")
        return Sent(question_page(question, given, fault=fault, query=query), status=400)
    return Sent(question_page(question, given, answer=answer, query=query))


def _instead(
    question: Question, given: Mapping[str, str], error: UnknownNameError
) -> tuple[tuple[str, str], ...]:
    """The names that would do, each with the address of the question with it in the place of the other."""
    return tuple(
        (
            name,
            addresses.question(
                question.name,
                {key: name if value.strip() == error.words else value for key, value in given.items()},
            ),
        )
        for name in error.instead
    )
