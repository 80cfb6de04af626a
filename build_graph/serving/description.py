"""What the endpoint says of itself: a description in the vocabulary of SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from build_graph.serving.holdings import Holdings
from build_graph.vocabulary import RDF, RDFS

SD = "http://www.w3.org/ns/sparql-service-description#"
FORMATS = "http://www.w3.org/ns/formats/"
VOID = "http://rdfs.org/ns/void#"
_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "sd": SD, "format": FORMATS, "void": VOID}
_KIND = NamedNode(f"{RDF}type")
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


def description(address: str, form: RdfFormat, held: Holdings) -> bytes:
    """The description of the endpoint at an address; raises ValueError where that is no IRI."""
    endpoint = NamedNode(address)
    triples = (*_service(endpoint), *_graphs(endpoint, held))
    return serialize(triples, format=form, prefixes=_PREFIXES) or b""


def _service(endpoint: NamedNode) -> Iterator[Triple]:
    yield Triple(endpoint, _KIND, _sd("Service"))
    yield Triple(endpoint, _sd("endpoint"), endpoint)
    yield Triple(endpoint, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield Triple(endpoint, _sd("feature"), _sd("UnionDefaultGraph"))
    for name in _WRITTEN:
        yield Triple(endpoint, _sd("resultFormat"), NamedNode(FORMATS + name))


def _graphs(endpoint: NamedNode, held: Holdings) -> Iterator[Triple]:
    """The dataset with its graphs, by the number of their place in order, and what each holds."""
    dataset = NamedNode(f"{endpoint.value}#dataset")
    yield Triple(endpoint, _sd("defaultDataset"), dataset)
    yield Triple(dataset, _KIND, _sd("Dataset"))
    default = NamedNode(f"{endpoint.value}#default-graph")
    yield Triple(dataset, _sd("defaultGraph"), default)
    yield from _graph(default, held, "")
    for number, name in enumerate(held.names, 1):
        named = NamedNode(f"{endpoint.value}#named-graph-{number}")
        graph = NamedNode(f"{endpoint.value}#graph-{number}")
        yield Triple(dataset, _sd("namedGraph"), named)
        yield Triple(named, _KIND, _sd("NamedGraph"))
        yield Triple(named, _sd("name"), NamedNode(name))
        yield Triple(named, _sd("graph"), graph)
        yield from _graph(graph, held, name)
    if held.more:
        said = f"There are more named graphs than the {len(held.names):,} that are listed here."
        yield Triple(dataset, NamedNode(f"{RDFS}comment"), Literal(said, language="en"))


def _graph(graph: NamedNode, held: Holdings, name: str) -> Iterator[Triple]:
    yield Triple(graph, _KIND, _sd("Graph"))
    if held.sizes is not None:
        yield Triple(graph, NamedNode(f"{VOID}triples"), Literal(held.sizes.get(name, 0)))


def _sd(name: str) -> NamedNode:
    return NamedNode(SD + name)
