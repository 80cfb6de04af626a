"""Pages and other answers as responses: their headers, and what is unchanged since a browser last came."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from build_graph.serving.negotiation import HTML, content_type

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# What a page may do stands in the page; who may show it within another page, only a header can say.
_PAGE = {"Content-Security-Policy": "frame-ancestors 'none'", "Vary": "Accept"}
_ALL = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-cache"}


class Sent(Response):
    """A body with a tag by which a browser that has it already is told so, and gets it only once."""

    def __init__(
        self,
        body: bytes,
        media: str = HTML,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a body; other `headers` go beside those that all have."""
        given = {**_ALL, **(_PAGE if media == HTML else {}), "Content-Type": content_type(media)}
        if status == 200:
            given["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        super().__init__(body, status, headers={**given, **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or where the browser has it already, that it is unchanged."""
        tag = self.headers.get("etag")
        if tag and tag in Request(scope).headers.get("if-none-match", "").replace("W/", "").split(", "):
            kept = {name: value for name, value in self.headers.items() if not name.startswith("content-")}
            await Response(status_code=304, headers=kept)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
