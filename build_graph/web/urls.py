"""The addresses of the workbench: of entities, texts, questions with their values, the network, queries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode

from build_graph.graph.iris import DOCUMENT_PATH
from build_graph.vocabulary import BASE, encode_segment

HOME, DOCUMENTS, QUERIES, SEARCH = "/", "/documents", "/queries", "/search"
NETWORK, EDITOR, ONTOLOGY, ENDPOINT = "/network", "/workbench", "/ontology", "/sparql"
THINGS, QUESTION, READER, NAMES = "/id/", "/query/", "/read/", "/names/"
_PASSAGE = re.compile(rf"{DOCUMENT_PATH}(?P<document>[^/#]+)/text#(?P<place>char=\d+,\d+)", re.ASCII)
_MEASURE = re.compile(r"(?:\w+/)*m\d+(?=/|$)", re.ASCII)  # in the path of a part of a measure


def entity_url(iri: str) -> str:
    """Return the address of an entity's page; "" for an IRI that is not under the base.

    A passage has no page of its own, since what follows # never reaches a server: the reader shows it.

    >>> entity_url("https://w3id.org/obligation-graph/id/domain/taxation"), entity_url("http://x/")
    ('/id/domain/taxation', '')
    >>> entity_url(f"{BASE}d/x/text#char=53,72")
    '/read/x#char=53,72'
    """
    if not iri.startswith(BASE):
        return ""
    end = iri.removeprefix(BASE)
    return reader_url(iri) if _PASSAGE.fullmatch(end) else f"{THINGS}{quote(end, safe='/%')}"


def iri_of_entity_path(address: str) -> str:
    """Return the IRI of the entity whose page is at a path, percent-encoded as it comes.

    Raises ValueError where the address is no UTF-8.

    >>> iri_of_entity_path("/id/domain/taxation")
    'https://w3id.org/obligation-graph/id/domain/taxation'
    """
    parts = address.removeprefix(THINGS).split("/")
    return BASE + "/".join(
        encode_segment(unquote(part, errors="surrogatepass")) if part else "" for part in parts
    )


def reader_url(iri: str) -> str:
    """Return the address of a document's text with marks, at the passage or the measure of the IRI.

    "" for what is in no document.

    >>> reader_url(f"{BASE}d/x"), reader_url(f"{BASE}d/x/s2/c4/m1/n3")
    ('/read/x', '/read/x#measure=s2/c4/m1')
    >>> reader_url(f"{BASE}agency/mofcom")
    ''
    """
    start = BASE + DOCUMENT_PATH
    if passage := _PASSAGE.fullmatch(iri.removeprefix(BASE)):
        return f"{READER}{quote(passage['document'], safe='%')}#{passage['place']}"
    document, _, part = iri.removeprefix(start).partition("/")
    if not iri.startswith(start) or not document:
        return ""
    measure = _MEASURE.match(part)
    return f"{READER}{quote(document, safe='%')}{f'#measure={measure[0]}' if measure else ''}"


def iri_of_reader_path(address: str) -> str:
    """Return the IRI of the document whose text is at a path, percent-encoded as it comes.

    Raises ValueError where the address is no UTF-8.

    >>> iri_of_reader_path("/read/x")
    'https://w3id.org/obligation-graph/id/d/x'
    """
    return iri_of_entity_path(f"{THINGS}{DOCUMENT_PATH}{address.removeprefix(READER)}")


def question_url(name: str, values: Mapping[str, str]) -> str:
    """Return the address of the answer to a question with these values.

    >>> question_url("partners", {"agency": "agency/mofcom"}), question_url("pairs", {})
    ('/query/partners?agency=agency/mofcom', '/query/pairs')
    """
    return _append_parameters(f"{QUESTION}{name}", values)


def network_url(values: Mapping[str, str]) -> str:
    """Return the address of the network of all, of a document or of a domain.

    >>> network_url({"domain": "domain/taxation"})
    '/network?domain=domain/taxation'
    """
    return _append_parameters(NETWORK, values)


def editor_url(query: str) -> str:
    """Return the address of the editor with a query in it.

    >>> editor_url("ASK {}")
    '/workbench#query=ASK%20%7B%7D'
    """
    return f"{EDITOR}#query={quote(query, safe='')}"


def query_url(query: str) -> str:
    """Return the address of the endpoint's answer to a query.

    >>> query_url("ASK {}")
    '/sparql?query=ASK+%7B%7D'
    """
    return _append_parameters(ENDPOINT, {"query": query})


def _append_parameters(address: str, values: Mapping[str, str]) -> str:
    asked = urlencode(values, safe="/")
    return f"{address}{'?' if asked else ''}{asked}"
