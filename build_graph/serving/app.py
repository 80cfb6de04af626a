"""The application: every route in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from build_graph.serving import editor
from build_graph.serving.endpoint import Endpoint, plain
from build_graph.serving.protocol import METHODS
from build_graph.serving.settings import Settings
from build_graph.serving.workers import Workers

SPARQL = "/sparql"


def routes(settings: Settings, workers: Workers) -> list[BaseRoute]:
    """All that the server answers; what else it is to show gets its route here."""
    endpoint = Endpoint(settings, workers)
    return [Route(SPARQL, endpoint), Route(f"{SPARQL}/", endpoint), *editor.routes(SPARQL)]


def application(settings: Settings, workers: Workers) -> Starlette:
    """The application over workers, which run from its start to its end."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with workers:
            yield

    return Starlette(
        routes=routes(settings, workers),
        middleware=_middleware(settings),
        exception_handlers={HTTPException: _nothing_here},
        lifespan=lifespan,
    )


def _middleware(settings: Settings) -> list[Middleware]:
    if settings.cors is None:
        return []
    origins = [settings.cors]
    return [Middleware(CORSMiddleware, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"])]


async def _nothing_here(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    return plain(status, f"{request.url.path}: there is nothing here; the endpoint is at {SPARQL}")
