"""The workers as an engine, for the code that makes pages: its queries have the limits of the endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from anyio import from_thread
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from build_graph.querying.engines import Answer, Triples
from build_graph.serving.answering import Task
from build_graph.serving.negotiation import Media
from build_graph.serving.protocol import Asked, RefusedError
from build_graph.serving.workers import Workers

_ROWS, _TRIPLES = "application/sparql-results+json", "application/n-triples"


@dataclass(frozen=True, slots=True)
class WorkersEngine:
    """Asks the workers from a thread that anyio has started; a client that leaves stops the query."""

    workers: Workers

    def answer(self, query: str, name: str = "query") -> Answer:
        """What a query answers; raises RefusedError, with the status, where it is stopped or refused."""
        task = Task(Asked(query), Media(_ROWS, _TRIPLES))
        reply = from_thread.run(self.workers.answer, task)
        if reply.status != 200:
            raise RefusedError(reply.status, f"{name}: {_said(reply.body)}")
        if reply.media == _TRIPLES:
            return Triples.of(quad.triple for quad in parse(reply.body, format=RdfFormat.N_TRIPLES))
        return parse_query_results(reply.body, format=QueryResultsFormat.JSON)


def _said(body: bytes) -> str:
    """What a worker says of a refusal, without the name that it gives every query."""
    return body.decode("utf-8", "replace").strip().removeprefix("query: ")
