"""One document of a corpus, understood by itself: what a worker is given, and what it hands back.

Nothing passes from one document to the next, and all that comes out can be sent between processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from build_graph.errors import ObligationError, fault_of
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.emitter import Emitter
from build_graph.graph.nquads import document_nquads
from build_graph.graph.provenance import sha256
from build_graph.graph.responsibilities import Responsibility, list_responsibilities
from build_graph.model import Metadata, Source
from build_graph.pipeline import Pipeline, given_of
from build_graph.reading.inputs import Input
from build_graph.storing.fingerprints import Fingerprint, rules_hash
from build_graph.vocabulary import BASE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document: its graph or, where it failed, why."""

    name: str  # as failures and manifests name it: corpus.jsonl.gz:17
    source: str  # SHA-256 of what it was made of, see `source_of`
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
class Understander:
    """Everything that documents are understood by, loaded once in a process."""

    pipeline: Pipeline
    descriptions: Descriptions
    rules: str

    @classmethod
    def load(cls) -> Self:
        """An understander with the package's own ontology and words."""
        return cls(Pipeline.load(), Descriptions.load(), rules_hash())

    def outcome(self, found: Input | ObligationError) -> Outcome:
        """What becomes of a document, or of the error found in its place; never raises for either."""
        if isinstance(found, ObligationError):
            return failed(found)
        try:
            return self._understood(found)
        except ObligationError as error:
            return failed(error, found.source)
        except Exception as error:
            return failed(fault_of(found.source.name, error), found.source)

    def _understood(self, found: Input) -> Outcome:
        given = given_of(found, Metadata())
        document = self.pipeline.understand(found.source, given)
        emit = Emitter.of(document, self.descriptions, BASE)
        written, statements = document_nquads(document, self.descriptions)
        marks = list(Fingerprint.of(found.source, given, self.rules).quads(NamedNode(emit.document_iri)))
        metadata = document.outline.metadata
        return Outcome(
            name=found.source.name,
            source=source_of(found.source, given),
            iri=emit.document_iri,
            text=sha256(document.text.content),
            number=metadata.number or "",
            title=metadata.title or "",
            issued=metadata.issued.isoformat() if metadata.issued else "",
            statements=statements + len(marks),
            quads=written + _written(marks),
            bearings=tuple(list_responsibilities(emit)),
        )


def failed(error: ObligationError, source: Source | None = None) -> Outcome:
    """The outcome of a document that has a fault, or that could not be read and so has no source."""
    reason = "; ".join(str(error).splitlines())
    name = source.name if source else reason.partition(": ")[0]
    kind = type(error).__name__.removesuffix("Error")
    made_of = source_of(source, Metadata()) if source else sha256(reason)
    return Outcome(name, made_of, failure=reason.removeprefix(f"{name}: "), kind=kind)


def source_of(source: Source, given: Metadata) -> str:
    """The SHA-256 of all that a document's graph follows from, but for the program's rules.

    >>> one, two = (Source(name, "一、任务", "utf-8") for name in ("a.txt", "b.txt"))
    >>> source_of(one, Metadata()) == source_of(two, Metadata())  # the graph names the file
    False
    """
    own = (source.name, source.encoding, source.media, sha256(source.content), given)
    return sha256(repr(own))


def _written(found: list[Quad]) -> bytes:
    return serialize(found, format=RdfFormat.N_QUADS) or b""
