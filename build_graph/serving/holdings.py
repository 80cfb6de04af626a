"""Which graphs are served, and how large they are, as the workers find it: for the service description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from build_graph.serving.answering import Reply, Task
from build_graph.serving.negotiation import Media
from build_graph.serving.protocol import Asked, RefusedError

MOST = 1_000  # named graphs that are listed
_JSON = "application/sparql-results+json"
_NAMES = f"SELECT ?g WHERE {{ GRAPH ?g {{}} FILTER (isIRI(?g)) }} ORDER BY ?g LIMIT {MOST + 1}"
_SIZES = """
SELECT ?g (COUNT(*) AS ?n) WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } GROUP BY ?g
"""
_TOO_SLOW = 504

Answer = Callable[[Task], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Holdings:
    """The named graphs of a store, and how many statements are in which."""

    names: tuple[str, ...]  # in order
    more: bool = False  # than are listed
    sizes: dict[str, int] | None = None  # by name, the default graph's is ""; None if not counted


async def holdings(answer: Answer) -> Holdings:
    """What the workers hold; raises RefusedError where they do not say.

    To count takes them a second for a million statements: where that is more than a query may take, the
    graphs are listed without.
    """
    names = tuple(row[0] for row in await _rows(answer, _NAMES))
    try:
        sizes = {row[0]: int(row[1]) for row in await _rows(answer, _SIZES)}
    except RefusedError as error:
        if error.status != _TOO_SLOW:
            raise
        sizes = None
    return Holdings(names[:MOST], len(names) > MOST, sizes)


async def _rows(answer: Answer, query: str) -> list[tuple[str, ...]]:
    reply = await answer(Task(Asked(query), Media(_JSON, None)))
    if reply.status != 200:
        raise RefusedError(reply.status, f"the graphs cannot be listed: {reply.body.decode().strip()}")
    found = parse_query_results(reply.body, format=QueryResultsFormat.JSON)
    assert isinstance(found, QuerySolutions), "SELECT gives rows"
    return [tuple(getattr(value, "value", "") for value in row) for row in found]
