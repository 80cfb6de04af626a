"""Puts documents into a store: each is checked, then takes its place as a whole; those known are skipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType

from pyoxigraph import NamedNode, Quad

from build_graph.graph.checks import FailedCheckError, check
from build_graph.graph.iris import document_iri
from build_graph.graph.triples import Part
from build_graph.model import Document
from build_graph.storing.fingerprints import Fingerprint
from build_graph.storing.fresh import tidy
from build_graph.storing.store import DocumentStore, Known, StoreError, holds_something
from build_graph.vocabulary import BASE


@dataclass(slots=True)
class Filler:
    """A store that documents are put into; it is made when the first one is there."""

    path: Path
    rules: str  # hash of what documents are understood by
    moved: list[str] = field(default_factory=list)  # documents that gave way to one read from the same text
    checks: int = 0  # that each document passed
    _store: DocumentStore | None = None
    _ours: set[NamedNode] = field(default_factory=set)  # graphs of the documents of this run

    def __enter__(self) -> Filler:
        """Open the store if there is one; raises StoreError where that cannot be."""
        if holds_something(self.path):
            self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store; what was written before an error stays, and stands on the disk as well."""
        if self._store and isinstance(error, StoreError):
            self._store.close()
        elif self._store:
            self._store.settle()

    def known(self, fingerprint: Fingerprint) -> Known | None:
        """The document of the store that was made of the same text in the same way, if there is one."""
        found = self._store.made_from(fingerprint) if self._store else None
        if found:
            self._ours.add(NamedNode(found.iri))
        return found

    def has(self, fingerprint: Fingerprint, iri: str) -> bool:
        """Whether the store has the document with that IRI, made of the same text in the same way."""
        known = self.known(fingerprint)
        return known is not None and known.iri == iri

    def add(self, document: Document, parts: Iterable[Part], fingerprint: Fingerprint) -> None:
        """Let the store hold what the parts say of a document, and nothing else of it.

        A document that was read from the same text and is not of this run gives way: its number was changed,
        or the program names it otherwise. Raises FailedCheckError where a check finds a fault, StoreError
        where the store cannot be written.
        """
        graph = NamedNode(document_iri(document.id))
        given = list(parts)
        name = document.text.source.name
        try:
            self.checks = check(one for part in given for one in part.statements).checks
        except FailedCheckError as error:
            raise FailedCheckError(f"{name}: {error}") from error
        quads = chain(chain.from_iterable(part.quads for part in given), fingerprint.quads(graph))
        self.put(name, graph, quads, fingerprint.source)

    def put(self, name: str, graph: NamedNode, quads: Iterable[Quad], source: str) -> None:
        """Let a document's graph hold quads that were checked; `source` is the SHA-256 of its text."""
        store = self._store or self._open()
        self._ours.add(graph)
        gone = [one for one in store.read_from(source) if one not in self._ours]
        store.replace(graph, quads, gone)
        self.moved += [
            f"{one.value.removeprefix(BASE)}: {name} has the same text, and took its place" for one in gone
        ]

    def prune(self) -> list[str]:
        """Remove the documents of earlier runs that are not among those of this one, and say which.

        Raises StoreError where the store cannot be written.
        """
        store = self._store or self._open()
        gone = [graph for graph in store.documents() if graph not in self._ours]
        for graph in gone:
            store.remove(graph)
        return [graph.value.removeprefix(BASE) for graph in gone]

    def finish(self) -> int:
        """How many statements the store holds of documents, now that all of it stands on the disk."""
        store = self._store or self._open()
        store.flush()
        return store.statements()

    def _open(self) -> DocumentStore:
        """The store, with the ontology as it is now."""
        tidy(self.path)
        self._store = DocumentStore.open(self.path)
        self._store.describe()
        return self._store
