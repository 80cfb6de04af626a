"""From inputs to a graph on disk: understand every document, emit, check, write.

A file is written whole or not at all; a store takes in one document after the other, each of them whole.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from build_graph.corpus.stages import Stages, open_local_stages
from build_graph.corpus.store_writer import StoreWriter
from build_graph.corpus.summary import Tally, format_summary, tally_document
from build_graph.errors import ObligationError, SeveralFaultsError, build_fault
from build_graph.extract.pipeline import Pipeline, find_default_document, merge_given
from build_graph.files import write_files
from build_graph.graph.emit.document import Part, iterate_parts
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.iris import document_iri
from build_graph.graph.store.fingerprints import Fingerprint, compute_rules_hash
from build_graph.graph.store.store import StoredDocument, StoreError
from build_graph.graph.write.assembly import TurtleAssembler
from build_graph.model import Document, Input, Metadata
from build_graph.text.folders import iterate_files
from build_graph.text.inputs import IgnoredFile, InputReader
from build_graph.text.overwriting import iterate_files_at, reject_inputs

if TYPE_CHECKING:
    from build_graph.web.pages.site import BuildPages

GRAPH = "graph.ttl"

_SINGLE = (
    "--title, --number, --issuer and --date describe one document; "
    "for several, put them into NAME.toml beside each NAME.txt"
)


class NoDocumentsError(ObligationError):
    """Inputs that hold no documents, or options that fit only one of several."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What a build did not take in, a line each."""

    failures: tuple[str, ...] = ()  # documents that could not be read or understood
    copies: tuple[str, ...] = ()  # documents whose text was there already
    ignored: tuple[str, ...] = ()  # files that are no documents: the ending of each, or graph, page, ...


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build wrote, and what it left out."""

    path: Path
    statements: int
    checks: int
    summary: tuple[str, ...]  # lines
    skipped: Skipped = Skipped()
    index: Path | None = None  # the page that names the others; None where no pages were written
    no_pages: str = ""  # why not
    removed: tuple[Path, ...] = ()  # readers of an earlier build, of documents that this one does not hold


@dataclass(frozen=True, slots=True)
class FillResult:
    """What a build wrote into a store, and what it left out or found unchanged."""

    path: Path
    written: int  # documents
    unchanged: int
    statements: int  # in the store, those of earlier builds among them
    summary: tuple[str, ...]  # lines, on the documents that were written
    skipped: Skipped = Skipped()
    moved: tuple[str, ...] = ()  # documents that gave way to one read from the same text
    pruned: tuple[str, ...] = ()  # documents that were removed, since they are no longer among the inputs


@dataclass(frozen=True, slots=True)
class Builder:
    """How a graph is to be built; `begun` hears of each document."""

    reader: InputReader = field(default_factory=InputReader)
    given: Metadata = field(default_factory=Metadata)  # what the one document does not hold
    keep_going: bool = False  # whether documents with faults are left out, and the others written
    pages: bool | None = None  # whether pages are written; None: for a few documents
    on_document: Callable[[str], None] = lambda name: None

    def build(self, paths: Sequence[Path], output: Path) -> BuildResult:
        """Build `graph.ttl`, and pages, in the folder `output` from the documents at `paths`.

        All files are written, or none: raises ObligationError for every fault of input or output.
        """
        descriptions = Descriptions.load()
        target = _FileTarget(_create_pages(self.pages), descriptions)
        self._refuse_inputs((output / name for name in target.names), paths)
        work = self._understand_all(paths, target, descriptions)
        work.check()
        passed, turtle = target.assembly.finish()
        files: dict[str, bytes | Iterable[bytes]] = {GRAPH: turtle}
        if target.pages and target.pages.wanted:
            graph = b"".join(turtle)
            files = {GRAPH: graph, **target.pages.render_files(graph, GRAPH)}
        written = {output / name: data for name, data in files.items()}
        self._refuse_inputs(written, paths)  # what the readers are called is known only now
        return BuildResult(
            removed=self._write_files(written, output, target.pages),
            path=output / GRAPH,
            statements=passed.statements,
            checks=passed.checks,
            summary=tuple(format_summary(work.tallies)),
            skipped=work.list_skipped(),
            index=output / target.pages.index if target.pages and target.pages.wanted else None,
            no_pages=target.pages.why_not if target.pages else "",
        )

    def render(self, paths: Sequence[Path]) -> tuple[bytes, Skipped]:
        """Return the graph of the documents at `paths` in Turtle, and what was left out; write nothing.

        Raise ObligationError for every fault of input.
        """
        descriptions = Descriptions.load()
        target = _FileTarget(None, descriptions)
        work = self._understand_all(paths, target, descriptions)
        work.check()
        _, turtle = target.assembly.finish()
        return b"".join(turtle), work.list_skipped()

    def fill(self, paths: Sequence[Path], store: Path, *, prune: bool = False) -> FillResult:
        """Put the documents at `paths` into the Oxigraph store in a folder, and the ontology beside them.

        Each document takes the place of what the store held of it, in one transaction; one that would come
        out the same is not understood again. After a document with faults no more are written, unless
        going on was asked for; those before it stay. With `prune_documents` all others are removed at the
        end: the
        store then holds what a new one would; none is where an input could not be read, since what it holds
        is not known. Raises ObligationError for every fault of input or output.
        """
        self._refuse_inputs(iterate_files_at(store), paths)
        with StoreWriter(store, compute_rules_hash()) as filler:
            work = self._understand_all(paths, filler, Descriptions.load())
            try:
                work.check()
            except ObligationError as error:
                raise _extend_error(error, store, len(work.tallies)) from error
            if prune and work.unread:
                raise _create_pruning_error(store, work.unread)
            pruned = filler.prune_documents() if prune else ()
            return FillResult(
                path=store,
                written=len(work.tallies),
                unchanged=work.unchanged,
                statements=filler.finish(),
                summary=tuple(format_summary(work.tallies)),
                skipped=work.list_skipped(),
                moved=tuple(filler.moved),
                pruned=tuple(pruned),
            )

    @staticmethod
    def _write_files(
        written: Mapping[Path, bytes | Iterable[bytes]], output: Path, pages: BuildPages | None
    ) -> tuple[Path, ...]:
        """Write all files, then remove what an earlier build left of pages; what was removed."""
        if not (pages and pages.wanted):
            write_files(written)
            return ()
        earlier = pages.find_earlier(output)
        write_files(written)
        return tuple(pages.remove_earlier(output, earlier))

    def _refuse_inputs(self, outputs: Iterable[Path], paths: Sequence[Path]) -> None:
        """Raise OverwritingError where a file that is to be written is one of the inputs."""
        reject_inputs(outputs, iterate_files(paths or [find_default_document()]))

    def _understand_all(
        self, paths: Sequence[Path], target: BuildTarget, descriptions: Descriptions
    ) -> _BuildState:
        """Return the work of putting the documents at the paths into a target, done."""
        paths = paths or [find_default_document()]
        if len(paths) > 1 and self.given != Metadata():
            raise NoDocumentsError(_SINGLE)
        with open_local_stages(Pipeline.load(), self.reader) as stages:
            work = _BuildState(target, stages, descriptions, self.given, self.keep_going)
            for found in (found for path in paths for found in stages.guarded_reader.read(path)):
                if isinstance(found, IgnoredFile):
                    work.ignored.append(found.label)
                elif isinstance(found, ObligationError):
                    work.failures.append(found)
                    work.unread.append(found)
                else:
                    self.on_document(found.source.name)
                    work.add(found)
        return work


class BuildTarget(Protocol):
    """Where documents go."""

    rules: str  # hash of what documents are understood by; empty where nothing is known from before

    def find_known(self, fingerprint: Fingerprint) -> StoredDocument | None:
        """Return the document that is there already with that fingerprint."""

    def add_document(self, document: Document, parts: Iterable[Part], fingerprint: Fingerprint) -> None:
        """Take in what the parts say of a document; raises ObligationError where it cannot be."""


@dataclass(slots=True)
class _FileTarget:
    """One Turtle file and its pages, in the making: every document is new to it."""

    pages: BuildPages | None  # None where nobody wants them
    descriptions: Descriptions
    assembly: TurtleAssembler = field(default_factory=TurtleAssembler)
    rules: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The files whose names are known from the beginning."""
        return (GRAPH, *self.pages.names) if self.pages else (GRAPH,)

    def find_known(self, fingerprint: Fingerprint) -> StoredDocument | None:
        return None

    def add_document(self, document: Document, parts: Iterable[Part], fingerprint: Fingerprint) -> None:
        gc.freeze()  # the document stays: do not look through it again and again
        self.assembly.add_parts(parts)
        if self.pages:
            self.pages.add(document, self.descriptions)


@dataclass(slots=True)
class _BuildState:
    """What was made of the documents so far."""

    target: BuildTarget
    stages: Stages
    descriptions: Descriptions
    given: Metadata
    keep_going: bool
    unchanged: int = 0
    tallies: list[Tally] = field(default_factory=list)
    failures: list[ObligationError] = field(default_factory=list)
    unread: list[ObligationError] = field(default_factory=list)  # of the failures: what they hold is unknown
    copies: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)  # by IRI: name, hash of the text

    def add(self, found: Input) -> None:
        """Understand a document and put it into the target; what is wrong with it goes to the failures."""
        if self.seen and self.given != Metadata():
            raise NoDocumentsError(_SINGLE)
        try:
            self._add_new(found)
        except StoreError:  # no fault of the document: the next would fare no better
            raise
        except ObligationError as error:
            self.failures.append(error)

    def check(self) -> None:
        """Raise ObligationError for the failures, unless they may be left out and others are good."""
        if self.failures and not (self.keep_going and (self.tallies or self.unchanged)):
            raise self.failures[0] if len(self.failures) == 1 else SeveralFaultsError(self.failures)

    def list_skipped(self) -> Skipped:
        """What was not taken in."""
        failures = tuple(str(error) for error in self.failures)
        return Skipped(failures, tuple(self.copies), tuple(self.ignored))

    def _add_new(self, found: Input) -> None:
        """Put a document into the target, unless it is there already."""
        given = merge_given(found, self.given)
        fingerprint = Fingerprint.compute(found.source, given, self.target.rules)
        if known := self.target.find_known(fingerprint):
            self.unchanged += self._is_new(found.source.name, known)
            return
        document = self.stages.understand(found, given)
        new = self._is_new(found.source.name, _identify(document))
        if new and (self.keep_going or not self.failures):
            self.target.add_document(document, self._collect_parts(document), fingerprint)
            self.tallies.append(tally_document(document))

    def _collect_parts(self, document: Document) -> list[Part]:
        """What a document says, whole before any of it is taken in; raises FaultError where it cannot be."""
        try:
            return list(iterate_parts(document, self.descriptions))
        except Exception as error:
            raise build_fault(document.text.source.name, error) from error

    def _is_new(self, name: str, document: StoredDocument) -> bool:
        """Return whether the text was not there yet; another text with the same number is an error.

        Copies of one text are common in what was collected from several sites: one of them is enough.
        """
        if document.iri not in self.seen:
            self.seen[document.iri] = (name, document.text)
            return True
        before, hashed = self.seen[document.iri]
        if hashed == document.text:
            self.copies.append(f"{name}: has the same text as {before}")
            return False
        number = document.iri.rpartition("/")[2]
        raise NoDocumentsError(
            f"{name}: has the same number as {before} ({number}); "
            "leave one out, or give one its own number in a sidecar file"
        )


def _create_pages(asked: bool | None) -> BuildPages | None:
    """Pages in the making, unless they are not wanted: what draws them takes a while to be imported."""
    if asked is False:
        return None
    from build_graph.web.pages.site import BuildPages

    return BuildPages(asked)


def _extend_error(error: ObligationError, store: Path, written: int) -> ObligationError:
    """Return the error, and what was written into a store before it."""
    if not written:
        return error
    documents = f"{written:,} document{'' if written == 1 else 's'}"
    stays = f"{store}: {documents} written, each whole; put the others right and run it again to go on"
    return SeveralFaultsError([error, ObligationError(stays)])


def _create_pruning_error(store: Path, unread: Sequence[ObligationError]) -> ObligationError:
    """That nothing was removed, since an input that cannot be read may hold what would have been."""
    said = f"{store}: no document was removed, as what these inputs hold is not known; put them right first"
    return SeveralFaultsError([*unread, ObligationError(said)])


def _identify(document: Document) -> StoredDocument:
    """What tells a document from others."""
    return StoredDocument(document_iri(document.id), hash_text(document.text.content))
