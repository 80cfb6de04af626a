"""What the endpoint says of itself: a description in the vocabulary of SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from build_graph.vocabulary import RDF

SD = "http://www.w3.org/ns/sparql-service-description#"
FORMATS = "http://www.w3.org/ns/formats/"
_PREFIXES = {"rdf": RDF, "sd": SD, "format": FORMATS}
_WRITTEN = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
)


def description(address: str, form: RdfFormat) -> bytes:
    """The description of the endpoint at an address; raises ValueError where that is no IRI."""
    return serialize(_triples(NamedNode(address)), format=form, prefixes=_PREFIXES) or b""


def _triples(endpoint: NamedNode) -> Iterator[Triple]:
    dataset, graph = (NamedNode(f"{endpoint.value}#{name}") for name in ("dataset", "default-graph"))
    kind = NamedNode(f"{RDF}type")
    yield Triple(endpoint, kind, _sd("Service"))
    yield Triple(endpoint, _sd("endpoint"), endpoint)
    yield Triple(endpoint, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield Triple(endpoint, _sd("feature"), _sd("UnionDefaultGraph"))
    for name in _WRITTEN:
        yield Triple(endpoint, _sd("resultFormat"), NamedNode(FORMATS + name))
    yield Triple(endpoint, _sd("defaultDataset"), dataset)
    yield Triple(dataset, kind, _sd("Dataset"))
    yield Triple(dataset, _sd("defaultGraph"), graph)
    yield Triple(graph, kind, _sd("Graph"))


def _sd(name: str) -> NamedNode:
    return NamedNode(SD + name)
