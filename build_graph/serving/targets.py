"""Requests that name the whole address, as to a proxy (`GET http://127.0.0.1:7878/sparql HTTP/1.1`)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_WHOLE = re.compile(rb"https?://(?P<host>[^/]*)(?P<path>.*)", re.IGNORECASE | re.DOTALL)


class OriginForm:
    """Has a request name its path alone; the host of the address is the one that counts (RFC 9112, 3.2.2)."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
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
