"""The checks before the routes: the form of the address, the server's name, and the origin of the page."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from build_graph.web import urls
from build_graph.web.server.responses import error_response
from build_graph.web.server.settings import Settings

_WHOLE = re.compile(rb"https?://(?P<host>[^/]*)(?P<path>.*)", re.IGNORECASE | re.DOTALL)
_LOCAL = ("127.0.0.1", "localhost", "::1")
_OTHER_NAME = "Host: this server is not called so; open it by its address, or start it with --allow-host NAME"
_OWN = ("", "same-origin", "none")  # no browser, a page of this server, a typed address
_OTHER_ORIGIN = (
    "Sec-Fetch-Site: a page of another origin asks this; open the address yourself, "
    "or start the server with --cors ORIGIN so that pages of that origin may ask"
)
_NO_CHANGE = ("GET", "HEAD")


class OriginFormMiddleware:
    """Reduces a whole address in a request, as to a proxy (GET http://…/sparql), to its path.

    The host of the address is the one that counts (RFC 9112, 3.2.2).
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        whole = _WHOLE.fullmatch(scope.get("raw_path", b"")) if scope["type"] == "http" else None
        if whole:
            path = whole["path"] or b"/"
            headers = [pair for pair in scope["headers"] if pair[0] != b"host"]
            scope = {
                **scope,
                "headers": [(b"host", whole["host"]), *headers],
                "raw_path": path,
                "path": unquote(path.decode("ascii")),
            }
        await self._app(scope, receive, send)


def list_allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the names by which clients may call the server; none if all names are allowed.

    >>> from pathlib import Path
    >>> sorted(list_allowed_hosts(Settings(Path("graph.ttl"), allow_hosts=("Policies.example",))))
    ['127.0.0.1', '::1', 'localhost', 'policies.example']
    >>> list_allowed_hosts(Settings(Path("graph.ttl"), host="0.0.0.0"))
    frozenset()
    """
    own = (*_LOCAL, settings.host) if _is_loopback(settings.host) or settings.allow_hosts else ()
    return frozenset(name.lower().strip("[]").removesuffix(".") for name in (*own, *settings.allow_hosts))


class TrustedHosts:
    """Passes only requests that call the server by one of its names.

    A site on the net can let its own name lead to 127.0.0.1 (DNS rebinding). To the browser, this server
    would then be a part of that site, and its scripts would read it. Such a request cannot hide the name.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        """Wrap an application; a name of the DNS may end with the dot of the root."""
        self._app = app
        self._hosts = [form for name in names for form in (name, f"{name}.", f"[{name}]")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 421.

        The middleware of starlette decides, but its own answer ("Invalid host header") names no way out.
        """
        trusted = False

        async def trust(*_: object) -> None:
            nonlocal trusted
            trusted = True

        async def drop(message: Message) -> None: ...

        await TrustedHostMiddleware(trust, self._hosts, www_redirect=False)(scope, receive, drop)
        await (self._app if trusted else error_response(421, _OTHER_NAME))(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class SameOriginMiddleware:
    """Refuses requests of pages of other origins, except those of `friend`, and links to pages.

    A page on the net can make a browser here send requests to this server, by a picture, a frame, a script or
    a form. It does not read the answer, but each query takes time, and the size and the speed of an answer
    leak. Browsers say where a request comes from (Fetch Metadata); other programs send no such header, and
    get their answer. Another port of the same machine is another origin, too (`same-site`), as anybody may
    run it.
    """

    def __init__(self, app: ASGIApp, friend: str | None = None) -> None:
        """Wrap an application; `friend` is the origin whose pages may send requests, * for all."""
        self._app, self._friend = app, friend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 403."""
        passes = scope["type"] != "http" or self._can_ask(scope)
        await (self._app if passes else error_response(403, _OTHER_ORIGIN))(scope, receive, send)

    def _can_ask(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if self._friend == "*" or headers.get("sec-fetch-site", "") in _OWN:
            return True
        return (self._friend is not None and headers.get("origin") == self._friend) or is_link(scope)


def is_link(scope: Scope) -> bool:
    """Return True if a request follows a link to a page, in a tab of its own.

    False for answers of the endpoint, for what is no page (`format`, completions), and for a page that a
    browser fetches before somebody follows the link to it.
    """
    headers = Headers(scope=scope)
    asked = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"), headers.get("sec-purpose"))
    if scope["method"] not in _NO_CHANGE or asked != ("navigate", "document", None):
        return False
    path, query = scope["path"], scope["query_string"].decode("ascii", errors="replace")
    if path.rstrip("/") == urls.ENDPOINT:
        return not query  # without a query, a browser is sent on to the first page
    return not path.startswith(urls.NAMES) and set(parse_qs(query).get("format", ())) <= {"html"}
