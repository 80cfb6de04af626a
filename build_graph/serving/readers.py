"""The reader of each document over HTTP: its text with all that was understood marked."""

from __future__ import annotations

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from build_graph.pages import addresses
from build_graph.pages.entity import UnknownThingError
from build_graph.serving.library import Library
from build_graph.serving.responses import Sent
from build_graph.viewing import reader_page_of


def read(library: Library, request: Request) -> Response:
    """The reader of the document at an address.

    Raises ObligationError for a document that the graph does not have, or says too little of.
    """
    try:
        iri = NamedNode(addresses.document_at(request.scope["raw_path"].decode("ascii")))
    except ValueError as error:
        raise UnknownThingError(
            f"{request.url.path}: is no name of a document; see {addresses.DOCUMENTS}"
        ) from error
    return Sent(library.readers.get(iri, lambda: reader_page_of(library.engine, iri)))
