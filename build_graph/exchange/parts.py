"""A graph as the named graphs in which it is sent: one a document, and one for what they share.

Statements about a document and what lies below its IRI go into a graph that is named as the document. Bodies,
domains and places, which many documents name, go into one graph of their own: a store that asks all graphs as
one, as Virtuoso does, finds a statement as often as graphs hold it, and would count it so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from build_graph.errors import ObligationError
from build_graph.querying.open import read_quads
from build_graph.vocabulary import BASE, ELI

SHARED = f"{BASE}graph/shared"
REALIZES = f"{ELI}realizes"

Lines = frozenset[bytes]  # statements as N-Triples, each with its line break


class PartsError(ObligationError):
    """A graph that cannot be split."""


@dataclass(frozen=True, slots=True)
class GraphParts:
    """The statements of each named graph, and the statements that documents share, by subject."""

    graphs: Mapping[str, Lines]
    shared: Mapping[str, Lines]


def read_parts(path: Path, named_graph: str | None = None) -> GraphParts:
    """The parts of a file or a store; with `named_graph`, one graph that holds everything.

    Raises EngineError or ShardsError as `read_quads` does, PartsError for blank nodes outside named graphs.
    """
    if named_graph:
        name = check_iri(named_graph)
        return GraphParts({name: frozenset(_format_line(quad) for quad in read_quads(path))}, {})
    graphs: dict[str, set[bytes]] = {}
    subjects: dict[str, set[bytes]] = {}
    documents: set[str] = set()
    for quad in read_quads(path):
        if not isinstance(quad.graph_name, DefaultGraph):
            graphs.setdefault(quad.graph_name.value, set()).add(_format_line(quad))
            continue
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise PartsError(f"{path}: blank nodes belong to no document; give --named-graph for all of it")
        subjects.setdefault(quad.subject.value, set()).add(_format_line(quad))  # type: ignore[union-attr]
        if quad.predicate.value == REALIZES:
            documents.add(quad.object.value)  # type: ignore[union-attr]
    shared = {}
    for subject, lines in subjects.items():
        if document := find_owner(subject, documents):
            graphs.setdefault(document, set()).update(lines)
        else:
            shared[subject] = frozenset(lines)
    return GraphParts({name: frozenset(lines) for name, lines in graphs.items()}, shared)


def find_owner(subject: str, documents: Iterable[str]) -> str | None:
    """The document that a subject is, or lies below; the innermost, where documents lie in documents.

    >>> find_owner("https://x/d/s1/c2", {"https://x/d"}), find_owner("https://x/d2", {"https://x/d"})
    ('https://x/d', None)
    """
    return next((name for name in _iterate_parents(subject) if name in documents), None)


def _iterate_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition("/")[0]


def _format_line(quad: Quad) -> bytes:
    return f"{quad.triple} .\n".encode()


def check_iri(iri: str) -> str:
    """An IRI that can name a graph; raises PartsError for what is none."""
    try:
        return NamedNode(iri).value
    except ValueError as error:
        raise PartsError(
            f"--named-graph: {iri!r} is no IRI; give one such as https://example.org/graph"
        ) from (error)
