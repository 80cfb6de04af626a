"""rdflib's own engine behind the face of ours: it shows that the queries run on any engine."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import QueryResultsFormat as Format
from pyoxigraph import RdfFormat, parse, parse_query_results
from rdflib import ConjunctiveGraph, Dataset, Graph

from build_graph.query import sparql
from build_graph.query.engines import Answer, Triples
from build_graph.query.syntax import check


@dataclass(frozen=True, slots=True)
class RdflibEngine:
    """rdflib over a graph in memory, slower by far."""

    graph: Graph

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises QueryError for what is no query."""
        check(query, name)
        found = self._asked(query).query(query)
        if found.graph is not None:
            data = found.graph.serialize(format="nt", encoding="utf-8")
            return Triples.collect(quad.triple for quad in parse(data, format=RdfFormat.N_TRIPLES))
        return parse_query_results(found.serialize(format="json") or b"", format=Format.JSON)

    def _asked(self, query: str) -> Graph:
        """What to ask: rdflib takes no GRAPH from a graph that stands alone, and has no named graphs."""
        named = any(token["word"] and token["word"].upper() == "GRAPH" for token in sparql.tokenize(query))
        if not named or isinstance(self.graph, ConjunctiveGraph):
            return self.graph
        alone = Dataset()
        alone.default_graph = self.graph
        return alone
