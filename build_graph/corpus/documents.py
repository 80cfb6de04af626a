"""One document of a corpus, understood by itself: what a worker is given, and what it hands back.

Nothing passes from one document to the next, and all that comes out can be sent between processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from build_graph.errors import ObligationError, build_fault
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.emitter import Emitter
from build_graph.graph.nquads import serialise_document
from build_graph.graph.provenance import hash_text
from build_graph.graph.responsibilities import Responsibility, list_responsibilities
from build_graph.model import Metadata, Source
from build_graph.pipeline import Pipeline, merge_given
from build_graph.reading.inputs import Input
from build_graph.storing.fingerprints import Fingerprint, rules_hash
from build_graph.vocabulary import BASE


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What became of one document: its graph or, where it failed, why."""

    name: str  # as failures and manifests name it: corpus.jsonl.gz:17
    source: str  # SHA-256 of what it was made of, see `hash_source`
    iri: str = ""  # of the document; empty where it failed, and so is what follows
    text: str = ""  # SHA-256 of the repaired text
    number: str = ""
    title: str = ""
    issued: str = ""  # a date
    statements: int = 0
    quads: bytes = b""  # N-Quads of its named graph, checked, each statement once, in a fixed order
    bearings: tuple[Responsibility, ...] = ()  # its rows of the aggregated table
    failure: str = ""  # why it failed, on one line; empty where all went well
    kind: str = ""  # of failure: NoClauses, Unreadable, …


@dataclass(frozen=True, slots=True)
class DocumentWorker:
    """Everything that documents are understood by, loaded once in a process."""

    pipeline: Pipeline
    descriptions: Descriptions
    rules: str

    @classmethod
    def load(cls) -> Self:
        """An understander with the package's own ontology and words."""
        return cls(Pipeline.load(), Descriptions.load(), rules_hash())

    def build_result(self, found: Input | ObligationError) -> DocumentResult:
        """What becomes of a document, or of the error found in its place; never raises for either."""
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
        written, statements = serialise_document(document, self.descriptions)
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
            statements=statements + len(marks),
            quads=written + _serialize_quads(marks),
            bearings=tuple(list_responsibilities(emit)),
        )


def build_failure(error: ObligationError, source: Source | None = None) -> DocumentResult:
    """The outcome of a document that has a fault, or that could not be read and so has no source."""
    reason = "; ".join(str(error).splitlines())
    name = source.name if source else reason.partition(": ")[0]
    kind = type(error).__name__.removesuffix("Error")
    made_of = hash_source(source, Metadata()) if source else hash_text(reason)
    return DocumentResult(name, made_of, failure=reason.removeprefix(f"{name}: "), kind=kind)


def hash_source(source: Source, given: Metadata) -> str:
    """The SHA-256 of all that a document's graph follows from, but for the program's rules.

    >>> one, two = (Source(name, "一、任务", "utf-8") for name in ("a.txt", "b.txt"))
    >>> hash_source(one, Metadata()) == hash_source(two, Metadata())  # the graph names the file
    False
    """
    own = (source.name, source.encoding, source.media, hash_text(source.content), given)
    return hash_text(repr(own))


def _serialize_quads(found: list[Quad]) -> bytes:
    return serialize(found, format=RdfFormat.N_QUADS) or b""
