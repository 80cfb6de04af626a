"""The routes of the editor, of the scripts that stand beside pages, and of the ontology."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

from pyoxigraph import RdfFormat
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from build_graph.extras import MissingExtraError
from build_graph.pages import addresses, sparql
from build_graph.pages.libraries import library
from build_graph.pages.ontology_files import ontology_in
from build_graph.querying.catalogue import catalogue
from build_graph.serving.negotiation import HTML, TRIPLES, best
from build_graph.serving.responses import Sent

_FOREVER = "public, max-age=31536000, immutable"  # the address changes with the bytes
_FORMATS: Mapping[str, str] = MappingProxyType(
    {"ttl": "text/turtle", "nt": "application/n-triples", "jsonld": "application/ld+json"}
)
_WRITTEN = MappingProxyType({media: form for media, form in TRIPLES.items() if form != RdfFormat.RDF_XML})


def routes(endpoint: str) -> list[BaseRoute]:
    """/workbench, whose queries go to the endpoint's path, /assets, and /ontology."""
    script = library("yasgui")
    editor = cache(lambda: sparql.editor_page(catalogue(), endpoint))
    return [
        Route(addresses.EDITOR, _always(editor, HTML)),
        Route(script.address, _always(lambda: script.body, "text/javascript", {"Cache-Control": _FOREVER})),
        Route(addresses.ONTOLOGY, _ontology),
    ]


def _always(
    made: Callable[[], bytes], media: str, headers: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Request], Response]:
    return lambda request: _sent(made(), media, headers=headers)


def _ontology(request: Request) -> Response:
    """The ontology as a page or as statements, as the request prefers; `?format` and `?lang` decide first."""
    accept = ", ".join(request.headers.getlist("accept"))
    asked = request.query_params.get("format")
    media = _FORMATS.get(asked, "") if asked else best((HTML, *_WRITTEN), accept)
    if not media:
        offered = ", ".join(f"{media} (?format={name})" for name, media in _FORMATS.items())
        status, what = (404, "format") if asked else (406, "Accept")
        return _refused(status, f"{what}: takes none of what there is: {HTML}, {offered}")
    if media != HTML:
        return _sent(ontology_in(_WRITTEN[media]), media)
    from build_graph.pages.ontology_docs import LANGUAGES, ontology_page  # rdflib would delay the start

    try:
        return _sent(ontology_page(_language(request, LANGUAGES)))
    except MissingExtraError as error:
        return _refused(501, f"{error}; as statements it is at {addresses.ONTOLOGY}?format=ttl")


def _language(request: Request, languages: Sequence[str]) -> str:
    """The language that is asked for, else the one that the client names first, else the first of all."""
    asked = request.query_params.get("lang", "")
    first = request.headers.get("accept-language", "").split(",")[0].split("-")[0].strip().lower()
    return next((language for language in (asked, first) if language in languages), languages[0])


def _refused(status: int, message: str) -> Response:
    return _sent(f"{message}\n".encode(), "text/plain", status)


def _sent(
    body: bytes, media: str = HTML, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    return Sent(body, media, status, {"Vary": "Accept, Accept-Language", **headers})
