"""Responses: their headers, 304 for what a browser has already, and refusals as pages or lines."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import anyio
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from build_graph.errors import ObligationError
from build_graph.query.http.messages import shorten_lines
from build_graph.query.names import UnknownNameError
from build_graph.query.restore.facts import RestoringError
from build_graph.web.pages.entity import UnknownEntityError
from build_graph.web.pages.notices import render_error_page
from build_graph.web.server.executor import QueryResult, create_error_result
from build_graph.web.server.protocol import (
    HTML,
    HTTPError,
    format_content_type,
    prefers_html,
    read_accept_header,
)

View = Callable[[Request], Response]
Found = TypeVar("Found")

# The page itself has its policy, but only a header can forbid to show it in a frame.
_PAGE = {"Content-Security-Policy": "frame-ancestors 'none'", "Vary": "Accept"}
_ALL = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-cache"}
_AGAIN = (503, 504)  # statuses of requests that may succeed later
_CLIENT_LEFT = 499  # no client receives it
_LOG = logging.getLogger(__name__)


class GoneError(Exception):
    """The client has hung up: nobody waits for an answer."""


class CachedResponse(Response):
    """A response with an ETag, which sends 304 to a browser that has the same body already."""

    def __init__(
        self,
        body: bytes,
        media: str = HTML,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        tag: str | None = None,
    ) -> None:
        """Set the body, and `headers` beside those of every response; "" as `tag` means no ETag."""
        given = {**_ALL, **(_PAGE if media == HTML else {}), "Content-Type": format_content_type(media)}
        if status == 200 and tag is None:
            tag = hashlib.sha256(body).hexdigest()[:32]
        if tag:
            given["ETag"] = f'"{tag}"'
        super().__init__(body, status, headers={**given, **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the body, or 304 if the client has it already."""
        if self._is_known(Request(scope)):
            headers = {name: value for name, value in self.headers.items() if not name.startswith("content-")}
            await Response(status_code=304, headers=headers)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def _is_known(self, request: Request) -> bool:
        tag = self.headers.get("etag")
        if not tag or request.method not in ("GET", "HEAD"):
            return False
        known = ",".join(request.headers.getlist("if-none-match")).split(",")
        return any(one.strip().removeprefix("W/") in ("*", tag) for one in known)


def build_response(result: QueryResult, headers: Mapping[str, str] | None = None) -> CachedResponse:
    """Return the response for a result of the workers."""
    return CachedResponse(
        result.body, result.media, result.status, {"Vary": "Accept", **(headers or {})}, result.tag
    )


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> CachedResponse:
    """Return a refusal as a line of text."""
    return build_response(create_error_result(status, message), headers)


def render_error(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None
) -> CachedResponse:
    """Return a refusal as a page for a browser, as a line of text for other clients."""
    if not prefers_html(read_accept_header(request)):
        return error_response(status, message, headers)
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    page = render_error_page(status, shorten_lines(message), address if status in _AGAIN else "")
    return CachedResponse(page, status=status, headers=headers)


async def finish_unless_gone(request: Request, work: Awaitable[Found]) -> Found:
    """Return the result of `work`; cancel it and raise GoneError if the client hangs up first."""
    with anyio.CancelScope() as scope:  # which stops the queries of threads too

        async def leave() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            scope.cancel()

        leaving = asyncio.create_task(leave())
        try:
            return await work
        finally:
            leaving.cancel()
    raise GoneError


def wrap_view(make: View) -> Callable[[Request], Awaitable[Response]]:
    """Return the route handler that runs `make` in a thread, until the client leaves."""

    async def respond(request: Request) -> Response:
        try:
            making = to_thread.run_sync(make, request, abandon_on_cancel=True)
            return await finish_unless_gone(request, making)
        except GoneError:
            return Response(status_code=_CLIENT_LEFT)
        except HTTPError as error:
            return render_error(request, error.status, str(error), error.headers)
        except (UnknownEntityError, UnknownNameError, RestoringError) as error:
            return render_error(request, 404, str(error))
        except ObligationError as error:
            return render_error(request, 400, str(error))

    return respond


async def show_not_found(request: Request, error: Exception) -> Response:
    """Return the refusal of an unknown path, or of a method that the path does not take."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == 405:
        message = f"{request.method}: is not answered here; use {headers.get('Allow', 'GET')}"
    else:
        message = (
            f"{request.url.path}: there is nothing here; the workbench is at / and the endpoint at /sparql"
        )
    return render_error(request, status, message, headers)


async def show_failure(request: Request, error: Exception) -> Response:
    """Return the answer to a request on which this program fails, and log the reason.

    The path without its parameters, and the place in the program, are enough; headers are not logged.
    """
    _LOG.error("%s %s: failed", request.method, request.url.path, exc_info=error)
    message = f"{request.url.path}: an error of this program; what went wrong stands on the server's stderr"
    return render_error(request, 500, message)
