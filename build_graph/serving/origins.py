"""What pages of other origins may have this server do: a link to a page is followed, all else is refused.

A page on the net can make a browser here ask this server, by a picture, a frame, a script or a form. It does
not read the answer, but each query takes its time, and what an answer tells by its size or its speed leaks.
Browsers say where a request comes from (Fetch Metadata); who is no browser says nothing, and is answered.

Another port of the same machine is another origin, too (`same-site`): nobody knows whose program it is.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from build_graph.pages import addresses
from build_graph.serving.responses import Sent

_OWN = ("", "same-origin", "none")  # who is no browser, a page of ours, an address that somebody typed
_SAID = (
    b"Sec-Fetch-Site: a page of another origin asks this; open the address yourself, "
    b"or start the server with --cors ORIGIN so that pages of that origin may ask\n"
)
_NO_CHANGE = ("GET", "HEAD")


class OwnPages:
    """Lets no page of another origin ask, but for those of one that may, and links to pages."""

    def __init__(self, app: ASGIApp, friend: str | None = None) -> None:
        """Stand before an application; `friend` is the origin whose pages may ask, * for all."""
        self._app, self._friend = app, friend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 403."""
        if scope["type"] != "http" or self._may_ask(scope):
            return await self._app(scope, receive, send)
        await Sent(_SAID, "text/plain", 403)(scope, receive, send)

    def _may_ask(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if self._friend == "*" or headers.get("sec-fetch-site", "") in _OWN:
            return True
        return (self._friend is not None and headers.get("origin") == self._friend) or is_link(scope)


def is_link(scope: Scope) -> bool:
    """Is a request the following of a link to a page, in a tab of its own?

    Answers of the endpoint, and what is no page (`format`, completions), are not to be had so; nor is a page
    fetched before somebody follows the link to it.
    """
    headers = Headers(scope=scope)
    asked = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"), headers.get("sec-purpose"))
    if scope["method"] not in _NO_CHANGE or asked != ("navigate", "document", None):
        return False
    path, query = scope["path"], scope["query_string"].decode("ascii", errors="replace")
    if path.rstrip("/") == addresses.ENDPOINT:
        return not query  # without a query, a browser is sent on to the first page
    return not path.startswith(addresses.NAMES) and set(parse_qs(query).get("format", ())) <= {"html"}
