"""The description of the endpoint, in the vocabulary of SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from pyoxigraph import (
    Literal,
    NamedNode,
    QuerySolutions,
    RdfFormat,
    Triple,
)

from build_graph.query.export.rdf_formats import serialize_triples
from build_graph.vocabulary import RDF, RDFS
from build_graph.web.server.executor import OWN_MEDIA, QueryRequest, QueryResult, parse_result
from build_graph.web.server.protocol import HTTPError, SparqlRequest

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
MOST = 1_000  # named graphs that are listed
_NAMES = f"SELECT ?g WHERE {{ GRAPH ?g {{}} FILTER (isIRI(?g)) }} ORDER BY ?g LIMIT {MOST + 1}"
_SIZES = """
SELECT ?g (COUNT(*) AS ?n) WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } GROUP BY ?g
"""
_TOO_SLOW = 504

Answer = Callable[[QueryRequest], Awaitable[QueryResult]]


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """The named graphs of a store, and the number of statements in each."""

    names: tuple[str, ...]  # in order
    more: bool = False  # than are listed
    sizes: dict[str, int] | None = None  # by name, the default graph's is ""; None if not counted


async def describe_dataset(answer: Answer) -> DatasetDescription:
    """Return the description of the workers' graphs; raise HTTPError if they cannot be listed.

    Counting takes a second per million statements; the sizes are None if it exceeds the limit of a query.
    """
    names = tuple(row[0] for row in await _select_rows(answer, _NAMES))
    try:
        sizes = {row[0]: int(row[1]) for row in await _select_rows(answer, _SIZES)}
    except HTTPError as error:
        if error.status != _TOO_SLOW:
            raise
        sizes = None
    return DatasetDescription(names[:MOST], len(names) > MOST, sizes)


async def _select_rows(answer: Answer, query: str) -> list[tuple[str, ...]]:
    result = await answer(QueryRequest(SparqlRequest(query), OWN_MEDIA))
    found = parse_result(result, "the graphs cannot be listed")
    assert isinstance(found, QuerySolutions), "SELECT gives rows"
    return [tuple(getattr(value, "value", "") for value in row) for row in found]


def build_service_description(address: str, form: RdfFormat, description: DatasetDescription) -> bytes:
    """Return the description of the endpoint at an address; raise ValueError if that is no IRI."""
    endpoint = NamedNode(address)
    triples = (*_iterate_service(endpoint), *_iterate_graphs(endpoint, description))
    return serialize_triples(triples, form, _PREFIXES)


def _iterate_service(endpoint: NamedNode) -> Iterator[Triple]:
    yield Triple(endpoint, _KIND, _build_term("Service"))
    yield Triple(endpoint, _build_term("endpoint"), endpoint)
    yield Triple(endpoint, _build_term("supportedLanguage"), _build_term("SPARQL11Query"))
    yield Triple(endpoint, _build_term("feature"), _build_term("UnionDefaultGraph"))
    for name in _WRITTEN:
        yield Triple(endpoint, _build_term("resultFormat"), NamedNode(FORMATS + name))


def _iterate_graphs(endpoint: NamedNode, description: DatasetDescription) -> Iterator[Triple]:
    """Yield the statements about the dataset: its graphs, numbered in order, and their sizes."""
    dataset = NamedNode(f"{endpoint.value}#dataset")
    yield Triple(endpoint, _build_term("defaultDataset"), dataset)
    yield Triple(dataset, _KIND, _build_term("Dataset"))
    default = NamedNode(f"{endpoint.value}#default-graph")
    yield Triple(dataset, _build_term("defaultGraph"), default)
    yield from _iterate_graph(default, description, "")
    for number, name in enumerate(description.names, 1):
        named = NamedNode(f"{endpoint.value}#named-graph-{number}")
        graph = NamedNode(f"{endpoint.value}#graph-{number}")
        yield Triple(dataset, _build_term("namedGraph"), named)
        yield Triple(named, _KIND, _build_term("NamedGraph"))
        yield Triple(named, _build_term("name"), NamedNode(name))
        yield Triple(named, _build_term("graph"), graph)
        yield from _iterate_graph(graph, description, name)
    if description.more:
        comment = f"There are more named graphs than the {len(description.names):,} that are listed here."
        yield Triple(dataset, NamedNode(f"{RDFS}comment"), Literal(comment, language="en"))


def _iterate_graph(graph: NamedNode, description: DatasetDescription, name: str) -> Iterator[Triple]:
    yield Triple(graph, _KIND, _build_term("Graph"))
    if description.sizes is not None:
        yield Triple(graph, NamedNode(f"{VOID}triples"), Literal(description.sizes.get(name, 0)))


def _build_term(name: str) -> NamedNode:
    return NamedNode(SD + name)
