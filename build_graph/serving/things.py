"""Every IRI of the data over HTTP: a page for people, and what the graph says of it for programs."""

from __future__ import annotations

from pyoxigraph import NamedNode, serialize
from starlette.requests import Request
from starlette.responses import Response

from build_graph.pages import addresses
from build_graph.pages.entity import UnknownThingError
from build_graph.querying.catalogue import lookup
from build_graph.querying.sparql import with_values
from build_graph.serving.library import Library
from build_graph.serving.negotiation import HTML, TRIPLES, best
from build_graph.serving.protocol import RefusedError
from build_graph.serving.responses import Sent
from build_graph.vocabulary import PREFIXES

# What an address can ask for with format=, where nothing can be said in a header.
_FORMATS = {
    "html": HTML,
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
}


def described(library: Library, request: Request) -> Response:
    """The thing at an address in the format that the client likes best.

    Raises RefusedError for a format that there is not, UnknownThingError for what the graph does not know.
    """
    media = _media(request)
    iri = _iri(request)
    if media == HTML:
        return Sent(library.encyclopedia.page(iri))
    found = library.encyclopedia.triples(iri)
    body = serialize(found.triples, format=TRIPLES[media], prefixes=PREFIXES) or b""
    headers = {"Vary": "Accept"} | ({"Link": _rest(iri)} if found.more else {})
    return Sent(body, media, headers=headers)


def _media(request: Request) -> str:
    asked = request.query_params.get("format")
    if asked is None:
        accepted = best((HTML, *TRIPLES), ", ".join(request.headers.getlist("accept")))
    else:
        accepted = _FORMATS.get(asked)
    if accepted is None:
        raise RefusedError(
            406, f"there are {', '.join((HTML, *TRIPLES))}, or with format= {', '.join(_FORMATS)}"
        )
    return accepted


def _iri(request: Request) -> str:
    try:
        return addresses.thing_at(request.scope["raw_path"].decode("ascii"))
    except ValueError as error:
        raise UnknownThingError(
            f"{request.url.path}: is not written in UTF-8, so that it is nothing"
        ) from error


def _rest(iri: str) -> str:
    """The address of all statements that name a thing, where a description does not hold them all."""
    query = with_values(lookup("naming"), {"node": NamedNode(iri)})
    return f'<{addresses.answer(query)}>; rel="related"; title="all statements that name it"'
