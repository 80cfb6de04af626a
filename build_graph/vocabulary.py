"""The IRIs: namespaces, prefixes, and how the parts of a graph are named.

IRIs come from content alone (document number, place in the outline, words), so that the same text
gives the same graph everywhere. What the ontology declares is in `ontology/obligations.ttl`.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

from pyoxigraph import NamedNode

from build_graph import __version__

ONTOLOGY = "https://w3id.org/obligation-graph/ontology"
ONTOLOGY_VERSION = f"{ONTOLOGY}/{__version__}"
OB = f"{ONTOLOGY}#"
BASE = "https://w3id.org/obligation-graph/id/"

UNNUMBERED = "text-"  # how the id of a document without a number begins: a SHA-256 of its text follows

ELI = "http://data.europa.eu/eli/ontology#"
ORG = "http://www.w3.org/ns/org#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SCHEMA = "https://schema.org/"
DCTERMS = "http://purl.org/dc/terms/"
NIF = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#"
PROV = "http://www.w3.org/ns/prov#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"

PREFIXES = {
    "dcterms": DCTERMS,
    "eli": ELI,
    "nif": NIF,
    "ob": OB,
    "org": ORG,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "skos": SKOS,
    "xsd": XSD,
}

# RFC 3987: what a path segment may hold as it is. From the non-ASCII range it takes all but white
# space (U+00A0, U+1680, U+2000-200A, U+2028-2029, U+202F, U+205F, U+3000) and the marks that only
# steer direction or joining (U+200B-200F, U+202A-202E, U+2060-206F, U+FEFF): they are invisible.
_NOT_IN_SEGMENT = re.compile(
    "[^"
    r"A-Za-z0-9\-._~!$&'()*+,;=:@"
    r"\u00A1-\u167F\u1681-\u1FFF\u2010-\u2027\u2030-\u205E\u2070-\u2FFF\u3001-\uD7FF"
    r"\uF900-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFEF"
    r"\U00010000-\U0001FFFD\U00020000-\U0002FFFD\U00030000-\U0003FFFD"
    "]"
)


@cache
def term(name: str) -> NamedNode:
    """Return the term with a prefixed name; KeyError for a prefix that is not in `PREFIXES`.

    >>> term("org:FormalOrganization").value
    'http://www.w3.org/ns/org#FormalOrganization'
    """
    prefix, _, local = name.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


def _percent_encode(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def encode_segment(words: str) -> str:
    """Return words as one segment of an IRI; only what an IRI cannot hold is percent-encoded.

    >>> encode_segment("市商务局"), encode_segment("商务部/外汇局"), encode_segment("A 类 50%")
    ('市商务局', '商务部%2F外汇局', 'A%20类%2050%25')
    """
    if words.strip(".") == "":  # "." and ".." would be read as steps in a path
        return words.replace(".", "%2E") or "%20"
    return _NOT_IN_SEGMENT.sub(_percent_encode, words)


def encode_path(words: str) -> str:
    """Return words whose slashes separate segments (杭州市/商务局), as a path of an IRI.

    >>> encode_path("杭州市/商务局")
    '杭州市/商务局'
    """
    return "/".join(map(encode_segment, words.split("/")))


def decode_part(part: str) -> str:
    """Return the words that `encode_segment` or `encode_path` encoded.

    >>> decode_part("商务部%2F外汇局"), decode_part(encode_path("杭州市/商务 局"))
    ('商务部/外汇局', '杭州市/商务 局')
    """
    return unquote(part, errors="surrogatepass")
