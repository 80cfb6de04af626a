"""From inputs to one graph on disk: understand every document, emit, check, write whole or not at all."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from build_graph.errors import ObligationError, SeveralFaultsError
from build_graph.files import write_all
from build_graph.graph.assembly import Assembly
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.triples import parts
from build_graph.model import Document, Metadata
from build_graph.paging import Pages
from build_graph.pipeline import Pipeline, default_document
from build_graph.reading.inputs import Input, InputReader, LeftAlone
from build_graph.reports.summary import Tally, summary, tally
from build_graph.viewing import INDEX

GRAPH = "graph.ttl"

_SINGLE = (
    "--title, --number, --issuer and --date describe one document; "
    "for several, put them into NAME.toml beside each NAME.txt"
)


class NoDocumentsError(ObligationError):
    """Inputs that hold no documents, or options that fit only one of several."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build wrote, and what it left out."""

    path: Path
    statements: int
    checks: int
    summary: tuple[str, ...]  # lines
    failures: tuple[str, ...] = ()  # documents that could not be read or understood
    copies: tuple[str, ...] = ()  # documents whose text was there already
    left_alone: tuple[str, ...] = ()  # files that are no documents by their ending
    index: Path | None = None  # the page that names the others; None where no pages were written
    no_pages: str = ""  # why not


@dataclass(frozen=True, slots=True)
class Builder:
    """How a graph is to be built; `begun` hears of each document."""

    reader: InputReader = field(default_factory=InputReader)
    given: Metadata = field(default_factory=Metadata)  # what the one document does not hold
    keep_going: bool = False  # whether documents with faults are left out, and the others written
    pages: bool | None = None  # whether pages are written; None: for a few documents
    begun: Callable[[str], None] = lambda name: None

    def build(self, paths: Sequence[Path], output: Path) -> Built:
        """Build `graph.ttl`, and pages, in the folder `output` from the documents at `paths`.

        All files are written, or none: raises ObligationError for every fault of input or output.
        """
        paths = paths or [default_document()]
        if len(paths) > 1 and self.given != Metadata():
            raise NoDocumentsError(_SINGLE)
        work = _Work(Pipeline.load(), Descriptions.load(), self.given, self.keep_going, Pages(self.pages))
        for found in (found for path in paths for found in self.reader.read(path)):
            if isinstance(found, LeftAlone):
                work.left_alone.append(found.name)
            elif isinstance(found, ObligationError):
                work.failures.append(found)
            else:
                self.begun(found.source.name)
                work.add(found)
        work.check()
        passed, turtle = work.assembly.finish()
        files: dict[str, bytes | Iterable[bytes]] = {GRAPH: turtle}
        if work.pages.wanted:
            graph = b"".join(turtle)
            files = {GRAPH: graph, **work.pages.files(graph, GRAPH)}
        write_all({output / name: data for name, data in files.items()})
        return work.built(output, passed.statements, passed.checks)


@dataclass(slots=True)
class _Work:
    """What was made of the documents so far."""

    pipeline: Pipeline
    descriptions: Descriptions
    given: Metadata
    keep_going: bool
    pages: Pages
    assembly: Assembly = field(default_factory=Assembly)
    tallies: list[Tally] = field(default_factory=list)
    failures: list[ObligationError] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    seen: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # by id: name, hash of the text

    def add(self, found: Input) -> None:
        """Understand a document and put it into the graph; what is wrong with it goes to the failures."""
        if self.seen and self.given != Metadata():
            raise NoDocumentsError(_SINGLE)
        try:
            document = self.pipeline.understand_input(found, self.given)
            if self._is_new(document) and (self.keep_going or not self.failures):
                gc.freeze()  # the document stays: do not look through it again and again
                issuer = self.pipeline.issuer(document)
                self.assembly.add(parts(document, self.descriptions, issuer=issuer))
                self.tallies.append(tally(document))
                self.pages.add(document, self.descriptions)
        except ObligationError as error:
            self.failures.append(error)

    def check(self) -> None:
        """Raise ObligationError for the failures, unless they may be left out and others are good."""
        if self.failures and not (self.keep_going and self.tallies):
            raise self.failures[0] if len(self.failures) == 1 else SeveralFaultsError(self.failures)

    def built(self, output: Path, statements: int, checks: int) -> Built:
        """What was written, and what was left out."""
        return Built(
            path=output / GRAPH,
            statements=statements,
            checks=checks,
            summary=tuple(summary(self.tallies)),
            failures=tuple(str(error) for error in self.failures),
            copies=tuple(self.copies),
            left_alone=tuple(self.left_alone),
            index=output / INDEX if self.pages.wanted else None,
            no_pages=self.pages.why_not,
        )

    def _is_new(self, document: Document) -> bool:
        """Whether the text was not there yet; another text with the same number is an error.

        Copies of one text are common in what was collected from several sites: one of them is enough.
        """
        name = document.text.source.name
        digest = hashlib.sha256(document.text.content.encode()).digest()
        if document.id not in self.seen:
            self.seen[document.id] = (name, digest)
            return True
        before, hashed = self.seen[document.id]
        if hashed == digest:
            self.copies.append(f"{name}: has the same text as {before}")
            return False
        raise NoDocumentsError(
            f"{name}: has the same number as {before} ({document.id}); "
            "leave one out, or give one its own number in a sidecar file"
        )
