"""The routes of the editor, of the scripts that stand beside pages, and of the ontology."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from build_graph.pages import sparql
from build_graph.pages.libraries import library
from build_graph.querying.catalogue import catalogue

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def routes(endpoint: str) -> list[BaseRoute]:
    """/workbench, whose queries go to the endpoint's path, and /assets."""
    script = library("yasgui")
    return [
        Route(sparql.PAGE, _page(cache(lambda: sparql.editor_page(catalogue(), endpoint)))),
        Route(script.address, _script(script.body)),
    ]


def _page(made: Callable[[], bytes]) -> Callable[[Request], Response]:
    return lambda request: Response(
        made(), media_type="text/html", headers={"X-Content-Type-Options": "nosniff"}
    )


def _script(body: bytes) -> Callable[[Request], Response]:
    return lambda request: Response(body, media_type="text/javascript", headers=_FOREVER)
