"""The SPARQL 1.1 Protocol: requests for queries, and the negotiation of the format of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import mimeparse  # type: ignore[import-untyped]
from pyoxigraph import NamedNode, QueryResultsFormat, RdfFormat

from build_graph.errors import ObligationError
from build_graph.query.export.formats import MEDIA_TYPES

if TYPE_CHECKING:
    from starlette.requests import Request


# Media types by preference: a client that accepts anything gets the first.
ROWS: Mapping[str, QueryResultsFormat] = MappingProxyType(
    {
        "application/sparql-results+json": QueryResultsFormat.JSON,
        "application/sparql-results+xml": QueryResultsFormat.XML,
        "text/csv": QueryResultsFormat.CSV,
        "text/tab-separated-values": QueryResultsFormat.TSV,
        "application/json": QueryResultsFormat.JSON,  # the name that some clients use
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
# The values of format= in an address, for clients that cannot set a header.
FORMATS: Mapping[str, str] = MappingProxyType(
    {"html": HTML} | {name: media for name, media in MEDIA_TYPES.items() if media in TRIPLES}
)


@dataclass(frozen=True, slots=True)
class AcceptedTypes:
    """The media types chosen for rows and for triples; None if the client accepts none of those offered."""

    rows: str | None
    triples: str | None

    @classmethod
    def parse(cls, header: str) -> AcceptedTypes:
        """Return the media types for an Accept header."""
        return cls(best_match(tuple(ROWS), header), best_match(tuple(TRIPLES), header))


def best_match(offered: tuple[str, ...], header: str) -> str | None:
    """Return the offered media type that an Accept header prefers, the first of equals; None if none fits.

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
    """Return the media type that `format=` names, or else the one that the Accept header prefers.

    Raise HTTPError if it is none of those offered.
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
    """Return True if a header names HTML before any RDF, as browsers do.

    >>> prefers_html("text/html,application/xhtml+xml,*/*;q=0.8"), prefers_html("*/*")
    (True, False)
    """
    return HTML in header.lower() and best_match((*TRIPLES, HTML), header) == HTML


def format_content_type(media: str) -> str:
    """Return the value of Content-Type for a media type: with the encoding, if it is a text."""
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_FIELDS = 10_000  # parameters of a request, graphs too
_Pairs = list[tuple[str, str]]


class HTTPError(ObligationError):
    """A refused request: its status, the reason, and headers."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        """Set the status, the message and the headers, which are written Retry_After for Retry-After."""
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class SparqlRequest:
    """A query with the graphs that the request names; None if it names none."""

    query: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    base: str | None = None  # of its relative IRIs, if it may have some


def parse_request(
    method: str, parameters: str, content_type: str = "", body: bytes = b""
) -> SparqlRequest | None:
    """Return the query of a request; None for GET without parameters: the service description.

    `parameters` is the text behind the ? of the address, as it came. Raise HTTPError with the status of the
    protocol: 400 for anything but a query operation, 405, and 415.
    """
    if method not in METHODS:
        raise HTTPError(405, f"{method}: is not answered here; use GET or POST", Allow=", ".join(METHODS))
    pairs = _parse_pairs(parameters, "the address")
    if method != "POST":
        return _parse_operation(pairs) if parameters else None
    media = _parse_media(content_type)
    if media == FORM:
        return _parse_operation(pairs + _parse_pairs(_decode_text(body, "the form"), "the form"))
    if media == DIRECT:
        return _parse_operation([*pairs, ("query", _decode_text(body, "the query"))])
    message = "the graph is read only" if media == UPDATE else f"{media or 'nothing'}: is not taken"
    raise HTTPError(415, f"{message}; send the query as {FORM} or as {DIRECT}")


def _parse_operation(pairs: _Pairs) -> SparqlRequest:
    """Return the query operation in the parameters; raise HTTPError if it is another, or none."""
    if _select_values(pairs, "update"):
        raise HTTPError(400, "update: the graph is read only; send a query, as the parameter query")
    queries = _select_values(pairs, "query")
    if len(queries) != 1:
        message = "there is no query" if not queries else f"there are {len(queries)} queries"
        raise HTTPError(400, f"{message}; send one, as the parameter query")
    return SparqlRequest(
        queries[0],
        *_parse_dataset(_select_values(pairs, "default-graph-uri"), _select_values(pairs, "named-graph-uri")),
    )


def _parse_dataset(
    default: tuple[str, ...], named: tuple[str, ...]
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return both lists of graphs if either has one, as they replace the dataset of the query."""
    for iri in (*default, *named):
        try:
            NamedNode(iri)
        except ValueError as error:
            raise HTTPError(400, f"{iri!r}: is no IRI of a graph; give an absolute one") from error
    return (default, named) if default or named else (None, None)


def _select_values(pairs: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    return tuple(value for key, value in pairs if key == name)


def _parse_pairs(text: str, where: str) -> _Pairs:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError as error:  # of which a wrong encoding is one
        raise HTTPError(400, f"{where}: cannot be read; write it percent-encoded, in UTF-8") from error


def _decode_text(body: bytes, where: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise HTTPError(400, f"{where}: is not UTF-8; send it as UTF-8") from error


def _parse_media(content_type: str) -> str:
    """Return the media type without parameters; raise HTTPError for an encoding other than UTF-8."""
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8", "us-ascii"):
            raise HTTPError(415, f"{value.strip()}: is not taken; send UTF-8")
    return media
