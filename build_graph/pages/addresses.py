"""Where the pages of the workbench stand: of a thing, of a document's text, of a question with its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode

from build_graph.vocabulary import BASE, segment

HOME, DOCUMENTS, QUERIES, SEARCH = "/", "/documents", "/queries", "/search"
NETWORK, EDITOR, ONTOLOGY, ENDPOINT = "/network", "/workbench", "/ontology", "/sparql"
THINGS, QUESTION, READER, NAMES = "/id/", "/query/", "/read/", "/names/"
_DOCUMENT = "document/"
_MEASURE = re.compile(r"(?:\w+/)*m\d+(?=/|$)", re.ASCII)  # in the path of what stands in a measure


def page_of(iri: str) -> str:
    """Where the page of a thing stands; empty for what is not under the base.

    >>> page_of("https://w3id.org/obligation-graph/id/domain/taxation"), page_of("http://x/")
    ('/id/domain/taxation', '')
    """
    return f"{THINGS}{quote(iri.removeprefix(BASE), safe='/%')}" if iri.startswith(BASE) else ""


def thing_at(address: str) -> str:
    """The IRI of the thing whose page stands at an address, percent-encoded as it comes.

    Raises ValueError where the address is no UTF-8.

    >>> thing_at("/id/domain/taxation")
    'https://w3id.org/obligation-graph/id/domain/taxation'
    """
    parts = address.removeprefix(THINGS).split("/")
    return BASE + "/".join(segment(unquote(part, errors="surrogatepass")) if part else "" for part in parts)


def reader_of(iri: str) -> str:
    """Where a document can be read with all that was understood marked, at the measure if there is one.

    Empty for what is in no document.

    >>> reader_of(f"{BASE}document/x"), reader_of(f"{BASE}document/x/s2/c4/m1/n3")
    ('/read/x', '/read/x#measure=s2/c4/m1')
    >>> reader_of(f"{BASE}agency/mofcom")
    ''
    """
    start = BASE + _DOCUMENT
    document, _, part = iri.removeprefix(start).partition("/")
    if not iri.startswith(start) or not document:
        return ""
    measure = _MEASURE.match(part)
    return f"{READER}{quote(document, safe='%')}{f'#measure={measure[0]}' if measure else ''}"


def document_at(address: str) -> str:
    """The IRI of the document whose text is read at an address, percent-encoded as it comes.

    Raises ValueError where the address is no UTF-8.

    >>> document_at("/read/x")
    'https://w3id.org/obligation-graph/id/document/x'
    """
    return thing_at(f"{THINGS}{_DOCUMENT}{address.removeprefix(READER)}")


def question(name: str, values: Mapping[str, str]) -> str:
    """Where a question with these values is answered.

    >>> question("partners", {"agency": "agency/mofcom"}), question("pairs", {})
    ('/query/partners?agency=agency/mofcom', '/query/pairs')
    """
    return _with(f"{QUESTION}{name}", values)


def network(values: Mapping[str, str]) -> str:
    """Where the network of one document or domain stands, or of all.

    >>> network({"domain": "domain/taxation"})
    '/network?domain=domain/taxation'
    """
    return _with(NETWORK, values)


def editor(query: str) -> str:
    """Where a query stands in the editor.

    >>> editor("ASK {}")
    '/workbench#query=ASK%20%7B%7D'
    """
    return f"{EDITOR}#query={quote(query, safe='')}"


def answer(query: str) -> str:
    """Where the endpoint answers a query.

    >>> answer("ASK {}")
    '/sparql?query=ASK+%7B%7D'
    """
    return _with(ENDPOINT, {"query": query})


def _with(address: str, values: Mapping[str, str]) -> str:
    asked = urlencode(values, safe="/")
    return f"{address}{'?' if asked else ''}{asked}"
