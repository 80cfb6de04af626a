"""The inputs of a corpus, and the result of each: its graph, or the reason of its failure.

Workers understand each document by itself: nothing passes from one to the next, and all results can be sent
between processes. The key of an input tells whether it has changed since an earlier build.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from build_graph.errors import ObligationError, build_fault
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.pipeline import Pipeline, merge_given
from build_graph.graph.emit.emitter import Emitter
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.emit.responsibilities import Responsibility, list_responsibilities
from build_graph.graph.statements import Statement, expand, read_statement
from build_graph.graph.store.fingerprints import Fingerprint, compute_rules_hash
from build_graph.graph.store.shards import CLASS
from build_graph.graph.write.assembly import serialise_document
from build_graph.model import Input, Metadata, Source
from build_graph.text.inputs import IgnoredFile, InputReader, LazyInput
from build_graph.vocabulary import BASE


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """The result of one document: its graph or, if it failed, the reason."""

    name: str  # as failures and manifests name it: corpus.jsonl.gz:17
    source: str  # SHA-256 of what it was made of, see `hash_source`
    iri: str = ""  # of the document; empty if it failed, like all that follows
    text: str = ""  # SHA-256 of the repaired text
    number: str = ""
    title: str = ""
    issued: str = ""  # a date
    statements: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)  # of the terms of its own graph: `count_terms`
    quads: bytes = b""  # N-Quads of its named graph and the shared one, checked, each once, in a fixed order
    bearings: tuple[Responsibility, ...] = ()  # its rows of the aggregated table
    failure: str = ""  # the reason of a failure, on one line; empty for none
    kind: str = ""  # of failure: NoClauses, Unreadable, …


@dataclass(frozen=True, slots=True)
class DocumentWorker:
    """Everything that understands documents, loaded once in a process."""

    pipeline: Pipeline
    descriptions: Descriptions
    rules: str

    @classmethod
    def load(cls, registry: AddedRegistry | None = None) -> Self:
        """Return a worker with the package's own ontology and words, and an analyst's registry."""
        descriptions = Descriptions.load(registry=registry)
        return cls(Pipeline.load(registry), descriptions, compute_rules_hash(registry))

    def build_result(self, found: Input | ObligationError) -> DocumentResult:
        """Return the result of a document, or of the error found in its place; never raise for either."""
        if isinstance(found, ObligationError):
            return build_failure(found)
        try:
            return self._understand(found)
        except ObligationError as error:
            return build_failure(error, found.source)
        except Exception as error:
            return build_failure(build_fault(found.source.name, error), found.source)

    def _understand(self, found: Input) -> DocumentResult:
        given = merge_given(found, Metadata())
        document = self.pipeline.understand(found.source, given)
        emit = Emitter.build(document, self.descriptions, BASE)
        written = serialise_document(document, self.descriptions)
        marks = list(
            Fingerprint.compute(found.source, given, self.rules).build_quads(NamedNode(emit.document_iri))
        )
        metadata = document.outline.metadata
        return DocumentResult(
            name=found.source.name,
            source=hash_source(found.source, given),
            iri=emit.document_iri,
            text=hash_text(document.text.content),
            number=metadata.number or "",
            title=metadata.title or "",
            issued=metadata.issued.isoformat() if metadata.issued else "",
            statements=written.statements + len(marks),
            counts=count_terms([*written.own, *map(read_statement, marks)]),
            quads=written.quads + _serialize_quads(marks),
            bearings=tuple(list_responsibilities(emit)),
        )


def count_terms(statements: Collection[Statement]) -> dict[str, int]:
    """Return how many statements are of each property, and, under CLASS and its name, of each class.

    >>> from build_graph.graph.statements import iri, literal
    >>> count_terms([(iri("a:s"), iri("a:p"), literal("o")), (iri("a:s"), iri("a:p"), literal("o2"))])
    {'a:p': 2}
    """
    kind = expand("rdf:type")
    properties = Counter([predicate for _, predicate, _ in statements])
    classes = Counter([value for _, predicate, value in statements if predicate == kind])
    found = {name[1:-1]: count for name, count in properties.items()}
    found |= {f"{CLASS}{name[1:-1]}": count for name, count in classes.items()}
    return dict(sorted(found.items()))


def build_failure(error: ObligationError, source: Source | None = None) -> DocumentResult:
    """Return the result of a document with a fault; without a source if it could not be read."""
    reason = "; ".join(str(error).splitlines())
    name = source.name if source else reason.partition(": ")[0]
    kind = type(error).__name__.removesuffix("Error")
    made_of = hash_source(source, Metadata()) if source else hash_text(reason)
    return DocumentResult(name, made_of, failure=reason.removeprefix(f"{name}: "), kind=kind)


def hash_source(source: Source, given: Metadata) -> str:
    """Return the SHA-256 of all that decides a document's graph, apart from the program's rules.

    >>> one, two = (Source(name, "一、任务", "utf-8") for name in ("a.txt", "b.txt"))
    >>> hash_source(one, Metadata()) == hash_source(two, Metadata())  # the graph names the file
    False
    """
    own = (source.name, source.encoding, source.media, hash_text(source.content), given)
    return hash_text(repr(own))


def _serialize_quads(found: list[Quad]) -> bytes:
    return serialize(found, format=RdfFormat.N_QUADS) or b""


Found = LazyInput | Input | ObligationError


@dataclass(frozen=True, slots=True)
class Item:
    """An input, with the SHA-256 of all that decides its graph apart from the rules, and its bytes."""

    found: Found
    key: str
    size: int

    @classmethod
    def create(cls, found: Found) -> Item:
        """Return the item of an input."""
        if isinstance(found, Input):
            return cls(found, hash_source(found.source, found.given), len(found.source.content))
        if isinstance(found, ObligationError):
            return cls(found, hashlib.sha256(str(found).encode("utf-8", "replace")).hexdigest(), 0)
        sidecar = b""
        with suppress(OSError):  # the worker that understands the document reports it
            sidecar = found.sidecar.read_bytes() if found.sidecar else b""
        return cls(found, hash_file(found, sidecar), len(found.data))


def hash_file(found: LazyInput, sidecar: bytes) -> str:
    """Return the key of a document that is a file, with the bytes of its sidecar file."""
    whole = hashlib.sha256(f"{found.name}\n{found.kind}\n".encode("utf-8", "replace"))
    whole.update(hashlib.sha256(found.data).digest() + sidecar)
    return whole.hexdigest()


@dataclass(slots=True)
class Items:
    """The inputs at some paths; files that are no documents are counted."""

    reader: InputReader
    paths: Sequence[Path]
    ignored: Counter[str] = field(default_factory=Counter)  # by label
    places: deque[int] = field(default_factory=deque)  # bytes read before each item that is not done yet
    _read: int = 0

    def __iter__(self) -> Iterator[Item]:
        """Yield each input, as it is read."""
        reader = replace(self.reader, on_bytes=self._count_bytes)
        for found in (found for path in self.paths for found in reader.list_inputs(path)):
            if isinstance(found, IgnoredFile):
                self.ignored[found.label] += 1
            else:
                self.places.append(self._read)
                yield Item.create(found)

    def _count_bytes(self, size: int) -> None:
        self._read += size
