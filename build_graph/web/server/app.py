"""The application: all routes, the middleware, the handlers of errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from build_graph.web import urls
from build_graph.web.server import views
from build_graph.web.server.endpoint import Endpoint
from build_graph.web.server.middleware import (
    OriginFormMiddleware,
    SameOriginMiddleware,
    TrustedHosts,
    list_allowed_hosts,
)
from build_graph.web.server.protocol import METHODS
from build_graph.web.server.responses import show_failure, show_not_found
from build_graph.web.server.settings import Settings
from build_graph.web.server.workers import QueryWorkerPool

SPARQL = urls.ENDPOINT


def build_routes(settings: Settings, workers: QueryWorkerPool) -> list[BaseRoute]:
    """Return all routes of the server."""
    endpoint = Endpoint(settings, workers)
    return [
        Route(SPARQL, endpoint),
        Route(f"{SPARQL}/", endpoint),
        *views.build_view_routes(settings, workers),
    ]


def build_application(settings: Settings, workers: QueryWorkerPool) -> Starlette:
    """Return the application, which starts and ends the workers with itself."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with workers:
            yield

    app = Starlette(
        routes=build_routes(settings, workers),
        middleware=_build_middleware(settings),
        exception_handlers={HTTPException: show_not_found, Exception: show_failure},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a slash too many is another path, and in IRIs it is one
    return app


def _build_middleware(settings: Settings) -> list[Middleware]:
    """Return the checks before the routes: of the server's name, and of the origin of the asking page."""
    names = list_allowed_hosts(settings)
    standing = [Middleware(OriginFormMiddleware), *([Middleware(TrustedHosts, names=names)] if names else [])]
    standing.append(Middleware(SameOriginMiddleware, friend=settings.cors))
    if settings.cors is not None:
        origins = [settings.cors]
        cors = Middleware(CORSMiddleware, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"])
        standing.append(cors)
    return standing
