"""Puts documents into a store: each is checked, then takes its place as a whole; those known are skipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType

from pyoxigraph import NamedNode, Quad

from build_graph.graph.checks import FailedCheckError, check_statements
from build_graph.graph.iris import document_iri
from build_graph.graph.triples import Part
from build_graph.model import Document
from build_graph.storing.fingerprints import Fingerprint
from build_graph.storing.fresh import remove_leftovers
from build_graph.storing.store import DocumentStore, StoredDocument, StoreError, holds_something
from build_graph.vocabulary import BASE


@dataclass(slots=True)
class StoreWriter:
    """A store that documents are put into; it is made when the first one is there."""

    path: Path
    rules: str  # hash of what documents are understood by
    moved: list[str] = field(default_factory=list)  # documents that gave way to one read from the same text
    checks: int = 0  # that each document passed
    _store: DocumentStore | None = None
    _ours: set[NamedNode] = field(default_factory=set)  # graphs of the documents of this run

    def __enter__(self) -> StoreWriter:
        """Open the store if there is one; raises StoreError where that cannot be."""
        if holds_something(self.path):
            self._open_store()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store; what was written before an error stays, and stands on the disk as well."""
        if self._store and isinstance(error, StoreError):
            self._store.close()
        elif self._store:
            self._store.seal_and_close()

    def find_known(self, fingerprint: Fingerprint) -> StoredDocument | None:
        """The document of the store that was made of the same text in the same way, if there is one."""
        found = self._store.find_by_fingerprint(fingerprint) if self._store else None
        if found:
            self._ours.add(NamedNode(found.iri))
        return found

    def is_stored(self, fingerprint: Fingerprint, iri: str) -> bool:
        """Whether the store has the document with that IRI, made of the same text in the same way."""
        known = self.find_known(fingerprint)
        return known is not None and known.iri == iri

    def add_document(self, document: Document, parts: Iterable[Part], fingerprint: Fingerprint) -> None:
        """Let the store hold what the parts say of a document, and nothing else of it.

        A document that was read from the same text and is not of this run gives way: its number was changed,
        or the program names it otherwise. Raises FailedCheckError where a check finds a fault, StoreError
        where the store cannot be written.
        """
        graph = NamedNode(document_iri(document.id))
        given = list(parts)
        name = document.text.source.name
        try:
            self.checks = check_statements(one for part in given for one in part.statements).checks
        except FailedCheckError as error:
            raise FailedCheckError(f"{name}: {error}") from error
        quads = chain(chain.from_iterable(part.quads for part in given), fingerprint.build_quads(graph))
        self.put_quads(name, graph, quads, fingerprint.source)

    def put_quads(self, name: str, graph: NamedNode, quads: Iterable[Quad], source: str) -> None:
        """Let a document's graph hold quads that were checked; `source` is the SHA-256 of its text."""
        store = self._store or self._open_store()
        self._ours.add(graph)
        gone = [one for one in store.find_by_source(source) if one not in self._ours]
        store.replace_graph(graph, quads, gone)
        self.moved += [
            f"{one.value.removeprefix(BASE)}: {name} has the same text, and took its place" for one in gone
        ]

    def prune_documents(self) -> list[str]:
        """Remove the documents of earlier runs that are not among those of this one, and say which.

        Raises StoreError where the store cannot be written.
        """
        store = self._store or self._open_store()
        gone = [graph for graph in store.list_documents() if graph not in self._ours]
        for graph in gone:
            store.remove_graph(graph)
        return [graph.value.removeprefix(BASE) for graph in gone]

    def finish(self) -> int:
        """How many statements the store holds of documents, now that all of it stands on the disk."""
        store = self._store or self._open_store()
        store.flush()
        return store.count_statements()

    def _open_store(self) -> DocumentStore:
        """The store, with the ontology as it is now."""
        remove_leftovers(self.path)
        self._store = DocumentStore.open(self.path)
        self._store.store_ontology()
        return self._store
