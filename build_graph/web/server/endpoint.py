"""The SPARQL endpoint as an ASGI application; it answers each request, or refuses it with one line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from build_graph.query.sparql import has_relative_iri
from build_graph.text.formats.limits import format_size
from build_graph.web.server.executor import QueryRequest
from build_graph.web.server.protocol import (
    METHODS,
    TRIPLES,
    AcceptedTypes,
    HTTPError,
    SparqlRequest,
    best_match,
    parse_request,
    prefers_html,
    read_accept_header,
)
from build_graph.web.server.responses import (
    CachedResponse,
    GoneError,
    build_response,
    error_response,
    finish_unless_gone,
)
from build_graph.web.server.service_description import build_service_description, describe_dataset
from build_graph.web.server.settings import Settings
from build_graph.web.server.workers import QueryWorkerPool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The application at /sparql."""

    settings: Settings
    workers: QueryWorkerPool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; if the client hangs up, stop its query."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except HTTPError as error:
            response = error_response(error.status, str(error), error.headers)
        except (GoneError, ClientDisconnect):
            return
        except asyncio.CancelledError:  # the server stops, and waits no longer for running queries
            response = error_response(
                503, "the server stops; ask again when it is back", {"Retry-After": "60"}
            )
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
        accept = read_accept_header(request)
        parameters = request.scope["query_string"].decode("ascii", errors="replace")
        body = await self._read_body(request) if request.method == "POST" else b""
        query = parse_request(request.method, parameters, request.headers.get("content-type", ""), body)
        if query is None:
            return await self._describe(request, accept)
        query_request = QueryRequest(_add_base(request, query), AcceptedTypes.parse(accept))
        return build_response(await finish_unless_gone(request, self.workers.execute(query_request)))

    async def _read_body(self, request: Request) -> bytes:
        """Return the whole body; raise HTTPError if it is too large, or does not come in time."""
        most, body = self.settings.limits.body, bytearray()
        length = request.headers.get("content-length", "0")
        if length.isdigit() and int(length[:20]) > most:
            raise _create_size_error(most)
        try:
            async with asyncio.timeout(self.settings.limits.reading):
                async for piece in request.stream():
                    body += piece
                    if len(body) > most:
                        raise _create_size_error(most)
        except TimeoutError as error:
            raise HTTPError(408, "the request does not come in; send it faster") from error
        return bytes(body)

    async def _describe(self, request: Request, accept: str) -> Response:
        if self.settings.landing and prefers_html(accept):
            return RedirectResponse(self.settings.landing, 303, headers={"Vary": "Accept"})
        media = best_match(tuple(TRIPLES), accept)
        if media is None:
            raise HTTPError(
                406, f"Accept: takes none of the formats there are: {', '.join(TRIPLES)}; or send a query"
            )
        dataset = await finish_unless_gone(request, describe_dataset(self.workers.execute))
        try:
            body = build_service_description(str(request.url), TRIPLES[media], dataset)
        except ValueError as error:  # it is the client that names the host
            raise HTTPError(400, "Host: is no name of a host; give the one in the address") from error
        return CachedResponse(body, media, headers={"Vary": "Accept"})


def _add_base(request: Request, query: SparqlRequest) -> SparqlRequest:
    """Return the query with this endpoint's address as its base, if it has relative IRIs."""
    if not has_relative_iri(query.query):
        return query  # the same query under every name of the server
    try:
        return replace(query, base=NamedNode(str(request.url.replace(query="", fragment=""))).value)
    except ValueError:  # it is the client that names the host
        return query


def _create_size_error(most: int) -> HTTPError:
    return HTTPError(413, f"the request is larger than {format_size(most)}; send a shorter query")
