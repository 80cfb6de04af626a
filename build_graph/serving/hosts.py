"""Which names this server may be called by: a page elsewhere must not reach it under a name of its own.

A site on the net can let its own name lead to 127.0.0.1 (DNS rebinding). To the browser, this server would
then be a part of that site, and be read by its scripts. What such a request cannot hide is the name.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from build_graph.serving.responses import Sent
from build_graph.serving.settings import Settings

_LOCAL = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:@/?#\[\]\\]+))(?::\d*)?")


def allowed(settings: Settings) -> frozenset[str]:
    """The names by which the server may be called; none for one that other machines reach by any name.

    >>> from pathlib import Path
    >>> sorted(allowed(Settings(Path("graph.ttl"), allow_hosts=("Policies.example",))))
    ['127.0.0.1', '::1', 'localhost', 'policies.example']
    >>> allowed(Settings(Path("graph.ttl"), host="0.0.0.0"))
    frozenset()
    """
    own = (*_LOCAL, settings.host) if _is_loopback(settings.host) or settings.allow_hosts else ()
    return frozenset(name.lower().strip("[]").removesuffix(".") for name in (*own, *settings.allow_hosts))


class OwnNames:
    """Lets only requests pass that call the server by one of its names."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        """Stand before an application."""
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 421."""
        if scope["type"] != "http" or name_of(Headers(scope=scope).get("host", "")) in self._names:
            return await self._app(scope, receive, send)
        said = "Host: this server is not called so; open it by its address, or start it with --allow-host\n"
        await Sent(said.encode(), "text/plain", 421)(scope, receive, send)


def name_of(host: str) -> str:
    """The name in a Host header, without the port and the dot of the root; empty where it is malformed.

    >>> name_of("Localhost.:7878"), name_of("[::1]:7878"), name_of("127.0.0.1:80@evil"), name_of("[::1].evil")
    ('localhost', '::1', '', '')
    """
    found = _HOST.fullmatch(host)
    return (found["address"] or found["name"]).lower().removesuffix(".") if found else ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
