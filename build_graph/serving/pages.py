"""How a page is made for a request: in a thread, until the client leaves, and with a page where it fails."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from build_graph.errors import ObligationError
from build_graph.pages.entity import UnknownThingError
from build_graph.pages.found import refused_page
from build_graph.querying.names import UnknownNameError
from build_graph.querying.sayings import in_short
from build_graph.restoring.facts import RestoringError
from build_graph.serving.negotiation import prefers_html
from build_graph.serving.protocol import RefusedError
from build_graph.serving.responses import Sent

Make = Callable[[Request], Response]
_AGAIN = (503, 504)  # what may be answered another time
_CLIENT_LEFT = 499  # nobody sees it
_LOG = logging.getLogger(__name__)


def page(make: Make) -> Callable[[Request], Awaitable[Response]]:
    """What answers a request with what `make` makes of it; its queries stop when the client leaves."""

    async def respond(request: Request) -> Response:
        made: Response | Exception = Response(status_code=_CLIENT_LEFT)
        async with anyio.create_task_group() as group:

            async def leave() -> None:
                while (await request.receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(leave)
            made = await to_thread.run_sync(_made, make, request, abandon_on_cancel=True)
            group.cancel_scope.cancel()
        if isinstance(made, Exception):
            raise made
        return made

    return respond


def _made(make: Make, request: Request) -> Response | Exception:
    """What is made, or why it cannot be; an error of the program is handed on without the group around it."""
    try:
        return make(request)
    except RefusedError as error:
        return refused(request, error.status, str(error), error.headers)
    except (UnknownThingError, UnknownNameError, RestoringError) as error:
        return refused(request, 404, str(error))
    except ObligationError as error:
        return refused(request, 400, str(error))
    except Exception as error:  # raised again by who called
        return error


def refused(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """Why there is no page: as a page for a browser, in a line of text for others."""
    message = in_short(message)
    if not prefers_html(", ".join(request.headers.getlist("accept"))):
        text = f"{message}\n".encode("utf-8", errors="replace")
        return Sent(text, "text/plain", status, {"Vary": "Accept", **(headers or {})})
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Sent(
        refused_page(status, message, address if status in _AGAIN else ""), status=status, headers=headers
    )


async def nothing_here(request: Request, error: Exception) -> Response:
    """The answer to a path that there is not, or a method that is not answered there."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == 405:
        said = f"{request.method}: is not answered here; use {headers.get('Allow', 'GET')}"
    else:
        said = f"{request.url.path}: there is nothing here; the workbench is at / and the endpoint at /sparql"
    return refused(request, status, said, headers)


async def failed(request: Request, error: Exception) -> Response:
    """The answer to a request that this program fails to answer: whoever runs the server is told why.

    The address without its parameters, and the place in the program, say enough; headers are not written.
    """
    _LOG.error("%s %s: failed", request.method, request.url.path, exc_info=error)
    said = f"{request.url.path}: an error of this program; what went wrong stands on the server's stderr"
    return refused(request, 500, said)
