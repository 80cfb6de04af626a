"""The format of an answer: the one of those that there are which the client likes best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import mimeparse  # type: ignore[import-untyped]
from pyoxigraph import QueryResultsFormat, RdfFormat

from build_graph.exporting.formats import MEDIA_TYPES
from build_graph.serving.protocol import HTTPError

if TYPE_CHECKING:  # which would take the workers time to load
    from starlette.requests import Request

# Media types by preference: the first is what a client gets that takes anything.
ROWS: Mapping[str, QueryResultsFormat] = MappingProxyType(
    {
        "application/sparql-results+json": QueryResultsFormat.JSON,
        "application/sparql-results+xml": QueryResultsFormat.XML,
        "text/csv": QueryResultsFormat.CSV,
        "text/tab-separated-values": QueryResultsFormat.TSV,
        "application/json": QueryResultsFormat.JSON,  # what some clients call them
        "application/xml": QueryResultsFormat.XML,
    }
)
TRIPLES: Mapping[str, RdfFormat] = MappingProxyType(
    {
        "text/turtle": RdfFormat.TURTLE,
        "application/n-triples": RdfFormat.N_TRIPLES,
        "application/ld+json": RdfFormat.JSON_LD,
        "application/rdf+xml": RdfFormat.RDF_XML,
    }
)
HTML = "text/html"
# The names that an address can give as format=, for who cannot say it in a header.
FORMATS: Mapping[str, str] = MappingProxyType(
    {"html": HTML} | {name: media for name, media in MEDIA_TYPES.items() if media in TRIPLES}
)


@dataclass(frozen=True, slots=True)
class AcceptedTypes:
    """The media types chosen for either kind of answer; None if the client takes none that there is."""

    rows: str | None
    triples: str | None

    @classmethod
    def parse(cls, header: str) -> AcceptedTypes:
        """Return what a client that sends this Accept header gets."""
        return cls(best_match(tuple(ROWS), header), best_match(tuple(TRIPLES), header))


def best_match(offered: tuple[str, ...], header: str) -> str | None:
    """Return the media type that an Accept header likes best, the earlier of equals; None if it takes none.

    >>> best_match(("text/csv", "application/json"), "application/*;q=0.8, text/*;q=0.3")
    'application/json'
    >>> best_match(("text/csv", "application/json"), "*/*")
    'text/csv'
    >>> best_match(("text/csv",), "text/csv;q=0, */*;q=0") is None
    True
    """
    if not header.strip(" ,"):
        return offered[0]
    try:
        return mimeparse.best_match(offered[::-1], header) or None
    except mimeparse.MimeTypeParseException:
        return None


def read_accept_header(request: Request) -> str:
    """Return the Accept header of a request, which may come in several lines."""
    return ", ".join(request.headers.getlist("accept"))


def choose_format(request: Request, offered: Mapping[str, str]) -> str:
    """Return the media type that `format=` names, or else the one that the client likes best.

    Raise RefusedError for a request that takes none of those offered.
    """
    asked = request.query_params.get("format")
    media = (
        best_match(tuple(offered.values()), read_accept_header(request))
        if asked is None
        else offered.get(asked)
    )
    if media is None:
        listed = ", ".join(f"{media} (?format={name})" for name, media in offered.items())
        what = "Accept" if asked is None else "format"
        raise HTTPError(406, f"{what}: takes none of what there is; there is {listed}")
    return media


def prefers_html(header: str) -> bool:
    """Tell whether a header names HTML before any RDF, as browsers do.

    >>> prefers_html("text/html,application/xhtml+xml,*/*;q=0.8"), prefers_html("*/*")
    (True, False)
    """
    return HTML in header.lower() and best_match((*TRIPLES, HTML), header) == HTML


def format_content_type(media: str) -> str:
    """Return the media type as a header gives it: texts with their encoding."""
    return f"{media}; charset=utf-8" if media.startswith("text/") else media
