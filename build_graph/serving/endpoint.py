"""The SPARQL endpoint as an ASGI application: it gives each request an answer, or a line that refuses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from build_graph.querying.sparql import has_relative_iri
from build_graph.reading.limits import as_size
from build_graph.serving.answering import Task
from build_graph.serving.negotiation import TRIPLES, Media, accepted, best, prefers_html
from build_graph.serving.protocol import METHODS, Asked, RefusedError, asked
from build_graph.serving.responses import GoneError, Sent, finish_unless_gone, plain, send_reply
from build_graph.serving.service_description import description, holdings
from build_graph.serving.settings import Settings
from build_graph.serving.workers import Workers


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Answers /sparql."""

    settings: Settings
    workers: Workers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; if the client hangs up, its query is stopped."""
        request = Request(scope, receive)
        try:
            response = await self._response(request)
        except RefusedError as error:
            response = plain(error.status, str(error), error.headers)
        except (GoneError, ClientDisconnect):
            return
        except asyncio.CancelledError:  # the server stops, and waits no longer for what is under way
            response = plain(503, "the server stops; ask again when it is back", {"Retry-After": "60"})
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
        accept = accepted(request)
        parameters = request.scope["query_string"].decode("ascii", errors="replace")
        body = await self._body(request) if request.method == "POST" else b""
        query = asked(request.method, parameters, request.headers.get("content-type", ""), body)
        if query is None:
            return await self._description(request, accept)
        task = Task(_with_base(request, query), Media.accepted(accept))
        return send_reply(await finish_unless_gone(request, self.workers.answer(task)))

    async def _body(self, request: Request) -> bytes:
        """Return the whole body; raise RefusedError for one that is too large, or does not come in time."""
        most, body = self.settings.limits.body, bytearray()
        said = request.headers.get("content-length", "0")
        if said.isdigit() and int(said[:20]) > most:
            raise _too_large(most)
        try:
            async with asyncio.timeout(self.settings.limits.reading):
                async for piece in request.stream():
                    body += piece
                    if len(body) > most:
                        raise _too_large(most)
        except TimeoutError as error:
            raise RefusedError(408, "the request does not come in; send it faster") from error
        return bytes(body)

    async def _description(self, request: Request, accept: str) -> Response:
        if self.settings.landing and prefers_html(accept):
            return RedirectResponse(self.settings.landing, 303, headers={"Vary": "Accept"})
        media = best(tuple(TRIPLES), accept)
        if media is None:
            raise RefusedError(
                406, f"Accept: takes none of the formats there are: {', '.join(TRIPLES)}; or send a query"
            )
        held = await finish_unless_gone(request, holdings(self.workers.answer))
        try:
            body = description(str(request.url), TRIPLES[media], held)
        except ValueError as error:  # it is the client that names the host
            raise RefusedError(400, "Host: is no name of a host; give the one in the address") from error
        return Sent(body, media, headers={"Vary": "Accept"})


def _with_base(request: Request, asked: Asked) -> Asked:
    """Return a query; with the address of this endpoint, if relative IRIs may start from that."""
    if not has_relative_iri(asked.query):
        return asked  # whatever the server is called by, it is the same query
    try:
        return replace(asked, base=NamedNode(str(request.url.replace(query="", fragment=""))).value)
    except ValueError:  # it is the client that names the host
        return asked


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, f"the request is larger than {as_size(most)}; send a shorter query")
