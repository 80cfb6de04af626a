"""The ontology's registries of agencies and domains as statements, ready for a document's graph.

A graph that names an agency contains the agency's description and successions, and one that names a domain
contains the domain's labels and broader domains. So the Turtle file can be read without the registries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from build_graph.extract.agencies.registry_file import AddedRegistry, load_registry_statements
from build_graph.graph.statements import Statement, Term, iri, read_statement
from build_graph.resources import find_folder, load_statements
from build_graph.vocabulary import term

_DOWN = ("skos:narrower", "skos:hasTopConcept")  # lead from one domain to the whole scheme
_METHOD = (
    "ob:signal",
    "ob:weakSignal",
    "ob:agencySignal",
    "ob:neutralWord",
    "ob:rarity",
    "ob:partLabel",
    "ob:predates",
)
GIVES_UP = ("org:originalOrganization", "ob:fromAgency")  # lead from an event back to the changed body


@dataclass(frozen=True, slots=True)
class _Entry:
    """The statements on one node, and the nodes that must be described with it."""

    statements: tuple[Statement, ...] = ()
    near: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptions:
    """The statements of the registries by subject, and the events of each body."""

    statements: dict[NamedNode, list[Triple]]
    events: dict[NamedNode, list[NamedNode]]
    _entries: dict[Term, _Entry] = field(default_factory=dict)  # cache

    @classmethod
    def load(cls, ontology: Path | None = None, *, registry: AddedRegistry | None = None) -> Descriptions:
        """Return the descriptions in `agencies.ttl` and `domains.ttl` of a folder, by default our own.

        What an analyst's registry says comes to what ours says.
        """
        place = ontology or find_folder("ontology")
        bodies = load_registry_statements(registry, place / "agencies.ttl")
        return cls(_drop_method(bodies | load_statements(place / "domains.ttl")), _find_events(bodies))

    def is_described(self, node: Term) -> bool:
        """Return whether the registries describe a node."""
        return NamedNode(node[1:-1]) in self.statements

    def find_value(self, node: str, predicate: str, language: str | None = None) -> str:
        """Return the IRI, or the words in a language, that the registries give a node, or ""."""
        for triple in self.statements.get(NamedNode(node), ()):
            value = triple.object
            if (
                triple.predicate == term(predicate)
                and isinstance(value, (NamedNode, Literal))
                and getattr(value, "language", None) == language
            ):
                return value.value
        return ""

    def iterate_descriptions(self, nodes: Iterable[Term]) -> Iterator[Statement]:
        """Yield all statements on the nodes, on the nodes they refer to, and on their successions."""
        waiting = list(dict.fromkeys(nodes))
        seen = set(waiting)
        for node in waiting:  # grows in this loop
            entry = self._entries.get(node) or self._find_entry(node)
            yield from entry.statements
            waiting += (near for near in entry.near if near not in seen)
            seen.update(entry.near)

    def _find_entry(self, node: Term) -> _Entry:
        """Return a node's entry, and keep it for the next document; an empty one for an unknown node."""
        key = NamedNode(node[1:-1])
        if key not in self.statements:
            return _Entry()
        triples = self.statements[key]
        found = [t.object for t in triples if isinstance(t.object, NamedNode)]
        near = dict.fromkeys(one for one in (*found, *self.events.get(key, ())) if one in self.statements)
        entry = self._entries[node] = _Entry(
            tuple(map(read_statement, triples)),
            tuple(iri(one.value) for one in near),
        )
        return entry


def _drop_method(described: dict[NamedNode, list[Triple]]) -> dict[NamedNode, list[Triple]]:
    """Return descriptions without the words by which texts are searched, and links down to all narrower."""
    apart = set(map(term, (*_METHOD, *_DOWN)))
    return {node: [t for t in triples if t.predicate not in apart] for node, triples in described.items()}


def _find_events(bodies: dict[NamedNode, list[Triple]]) -> dict[NamedNode, list[NamedNode]]:
    gives_up = set(map(term, GIVES_UP))
    events: dict[NamedNode, list[NamedNode]] = {}
    for node, triples in bodies.items():
        for statement in triples:
            if statement.predicate in gives_up and isinstance(statement.object, NamedNode):
                events.setdefault(statement.object, []).append(node)
    return events
