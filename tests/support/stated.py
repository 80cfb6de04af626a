"""Statements as emission makes them, of objects of the store."""

from collections.abc import Iterable

from pyoxigraph import Quad

from build_graph.graph.statements import Statement, Term


def stated(quads: Iterable[Quad]) -> list[Statement]:
    """What the quads say, in their order."""
    return [(Term(str(q.subject)), Term(str(q.predicate)), Term(str(q.object))) for q in quads]
