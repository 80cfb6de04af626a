"""The shared graph of a store: which of its things the documents still need.

A document needs the things that its statements point to, and they need those that theirs point to. A body
also needs the event that ended it: the event points to the body, not the body to the event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad, Store

from build_graph.graph.emit.registries import GIVES_UP
from build_graph.graph.iris import shared_iri
from build_graph.vocabulary import term

SHARED = NamedNode(shared_iri())
_BACK = tuple(map(term, GIVES_UP))
_CITED = term("ob:citedDocument")


@dataclass(frozen=True, slots=True)
class SharedThings:
    """The things of the shared graph, read as if the statements in `lost` were not in the store any more."""

    store: Store
    lost: Set[Quad]

    def find_orphans(self, new: Collection[Quad]) -> Iterator[Quad]:
        """Yield the shared statements that nothing needs, once the quads in `new` are in the store."""
        kept = {quad.subject if quad.graph_name == SHARED else quad.object for quad in new if _is_need(quad)}
        near = self._collect_things(quad.object for quad in self.lost)
        roots = [thing for thing in near if thing in kept or self._is_needed(thing, near)]
        for thing in near - self._collect_things(roots):
            yield from self._iterate_statements(thing)

    def _collect_things(self, starts: Iterable[object]) -> set[NamedNode]:
        """Return those of some nodes that are shared things, and all things that they need."""
        found: set[NamedNode] = set()
        waiting = list(starts)
        while waiting:
            thing = waiting.pop()
            if not isinstance(thing, NamedNode) or thing in found:
                continue
            if statements := list(self._iterate_statements(thing)):
                found.add(thing)
                waiting += (quad.object for quad in statements)
                for back in _BACK:
                    events = self.store.quads_for_pattern(None, back, thing, SHARED)
                    waiting += (quad.subject for quad in events if quad not in self.lost)
        return found

    def _iterate_statements(self, thing: NamedNode) -> Iterator[Quad]:
        """Yield the shared statements on a thing that stay."""
        quads = self.store.quads_for_pattern(thing, None, None, SHARED)
        return (quad for quad in quads if quad not in self.lost)

    def _is_needed(self, thing: NamedNode, near: Set[NamedNode]) -> bool:
        """Return whether a document, or a shared thing that is not in `near`, points to a thing."""
        return any(
            quad.subject not in near if quad.graph_name == SHARED else _is_need(quad)
            for quad in self.store.quads_for_pattern(None, None, thing, None)
            if quad not in self.lost
        )


def _is_need(quad: Quad) -> bool:
    """Return whether a statement needs what the shared graph says of its object.

    That graph says of a document that it is cited, and the document's own statements point to it too; of
    these only a citation needs that.
    """
    return quad.object != quad.graph_name or quad.predicate == _CITED
