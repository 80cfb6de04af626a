"""From documents to a graph on disk: understand every document, emit its statements, check and write them.

A file is written whole or not at all; a store takes in one document after the other, each of them whole.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from build_graph.corpus.stages import Stages, open_local_stages
from build_graph.corpus.store_writer import StoreWriter
from build_graph.corpus.summary import Tally, format_summary, tally_document
from build_graph.errors import ObligationError, SeveralFaultsError
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.pipeline import Pipeline, find_default_document, merge_given
from build_graph.files import write_files
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.store.fingerprints import Fingerprint, compute_rules_hash
from build_graph.graph.store.store import StoredDocument, StoreError
from build_graph.graph.write.assembly import TurtleAssembler
from build_graph.model import Document, Input, Metadata
from build_graph.text.inputs import FoundInput, IgnoredFile, InputReader
from build_graph.text.overwriting import iterate_files_at, reject_inputs

if TYPE_CHECKING:
    from build_graph.web.pages.site import BuildPages

GRAPH = "graph.ttl"

_SINGLE = (
    "--title, --number, --issuer and --date describe one document; "
    "for several, put them into NAME.toml beside each NAME.txt"
)


class NoDocumentsError(ObligationError):
    """Inputs without documents, or options that fit only one of several."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The inputs that a build left out, a line each."""

    failures: tuple[str, ...] = ()  # documents that could not be read or understood
    copies: tuple[str, ...] = ()  # documents whose text was there already
    ignored: tuple[str, ...] = ()  # files that are no documents: the ending of each, or graph, page, ...


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The files that a build wrote, and the inputs that it left out."""

    path: Path
    statements: int
    checks: int
    summary: tuple[str, ...]  # lines
    handle: str = ""  # number or title of the first document that has one
    skipped: Skipped = Skipped()
    index: Path | None = None  # the page that names the others; None if no pages were written
    no_pages: str = ""  # the reason for that
    removed: tuple[Path, ...] = ()  # readers of an earlier build, of documents that this one does not have


@dataclass(frozen=True, slots=True)
class FillResult:
    """The documents that a build wrote into a store, and those that it left out or found unchanged."""

    path: Path
    written: int  # documents
    unchanged: int
    statements: int  # in the store, with those of earlier builds
    summary: tuple[str, ...]  # lines, on the documents that were written
    skipped: Skipped = Skipped()
    moved: tuple[str, ...] = ()  # documents that were replaced by one read from the same text
    pruned: tuple[str, ...] = ()  # documents that were removed because they are no longer among the inputs


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds graphs of documents; calls `on_document` with the name of each that it begins."""

    reader: InputReader = field(default_factory=InputReader)
    given: Metadata = field(default_factory=Metadata)  # for one document alone
    keep_going: bool = False  # whether to leave out documents with faults, and write the others
    pages: bool | None = None  # whether to write pages; None: for a few documents
    on_document: Callable[[str], None] = lambda name: None
    registry: AddedRegistry | None = None  # an analyst's, laid over ours

    def build(self, paths: Sequence[Path], output: Path) -> BuildResult:
        """Build `graph.ttl`, and pages, in the folder `output` from the documents at `paths`.

        Writes all files, or none: raises ObligationError for every fault of input or output.
        """
        paths = paths or [find_default_document()]
        target = _FileTarget(_create_pages(self.pages))
        reject_inputs([output / name for name in target.names], paths)
        state = self._understand_all(paths, target)
        state.check()
        checked, turtle = target.assembly.finish()
        pages = target.pages
        if pages and pages.wanted:
            removed = _write_pages(pages, turtle, output, paths)
        else:
            removed = _write_graph(turtle, output)
        return BuildResult(
            removed=removed,
            path=output / GRAPH,
            statements=checked.statements,
            checks=checked.checks,
            summary=tuple(format_summary(state.tallies)),
            handle=next((one.handle for one in state.tallies if one.handle), ""),
            skipped=state.list_skipped(),
            index=output / pages.index if pages and pages.wanted else None,  # a page may prove too large
            no_pages=pages.why_not if pages else "",
        )

    def render(self, paths: Sequence[Path]) -> tuple[bytes, Skipped]:
        """Return the graph of the documents at `paths` in Turtle, and what was left out; write nothing.

        Raises ObligationError for every fault of input.
        """
        target = _FileTarget(None)
        state = self._understand_all(paths or [find_default_document()], target)
        state.check()
        _, turtle = target.assembly.finish()
        return b"".join(turtle), state.list_skipped()

    def fill(self, paths: Sequence[Path], store: Path, *, prune: bool = False) -> FillResult:
        """Put the documents at `paths` into the Oxigraph store in a folder.

        Each document replaces what the store has of it, in one transaction; one that would come out the same
        is not understood again. After a document with faults no more are written, unless `keep_going`; those
        before it stay. With `prune` all other documents are removed at the end, so that the store is what a
        new one would be; none is removed if an input cannot be read, since its documents are not known.
        Raises ObligationError for every fault of input or output.
        """
        paths = paths or [find_default_document()]
        reject_inputs(iterate_files_at(store), paths)
        with StoreWriter(store, compute_rules_hash(self.registry)) as writer:
            state = self._understand_all(paths, writer)
            state.check_fill(store, prune=prune)
            pruned = writer.prune_documents() if prune else ()
            return FillResult(
                path=store,
                written=len(state.tallies),
                unchanged=state.unchanged,
                statements=writer.finish(),
                summary=tuple(format_summary(state.tallies)),
                skipped=state.list_skipped(),
                moved=tuple(writer.moved),
                pruned=tuple(pruned),
            )

    def _understand_all(self, paths: Sequence[Path], target: BuildTarget) -> _BuildState:
        """Put the documents at the paths into a target; return what became of each."""
        if len(paths) > 1 and self.given != Metadata():
            raise NoDocumentsError(_SINGLE)
        with open_local_stages(self.reader, partial(Pipeline.load, self.registry)) as stages:
            descriptions = Descriptions.load(registry=self.registry)
            state = _BuildState(target, stages, descriptions, self.given, self.keep_going)
            for found in _iterate_found(stages.guarded_reader, paths):
                if isinstance(found, IgnoredFile):
                    state.ignored.append(found.label)
                elif isinstance(found, ObligationError):
                    state.failures.append(found)
                    state.unread.append(found)
                else:
                    self.on_document(found.source.name)
                    state.add(found)
        return state


def _iterate_found(reader: InputReader, paths: Sequence[Path]) -> Iterator[FoundInput]:
    for path in paths:
        yield from reader.read(path)


def _write_graph(turtle: Iterable[bytes], output: Path) -> tuple[Path, ...]:
    """Write the graph alone; return the files that were removed: none."""
    write_files({output / GRAPH: turtle})
    return ()


def _write_pages(
    pages: BuildPages, turtle: Iterable[bytes], output: Path, paths: Sequence[Path]
) -> tuple[Path, ...]:
    """Write the graph and its pages, then remove the pages of an earlier build; return what was removed."""
    graph = b"".join(turtle)
    files: Mapping[str, bytes] = {GRAPH: graph, **pages.render_files(graph, GRAPH)}
    written = {output / name: data for name, data in files.items()}
    reject_inputs(written, paths)  # the names of the readers are known only now
    earlier = pages.find_earlier(output)
    write_files(written)
    return tuple(pages.remove_earlier(output, earlier))


class BuildTarget(Protocol):
    """The place where documents go."""

    rules: str  # hash of the rules by which documents are understood; empty if nothing is known from before

    def find_known(self, fingerprint: Fingerprint) -> StoredDocument | None:
        """Return the document that is there already with that fingerprint; None if there is none."""

    def add_document(self, document: Document, descriptions: Descriptions, fingerprint: Fingerprint) -> None:
        """Take in a document; raise ObligationError, and take in nothing, for one that fails."""


@dataclass(slots=True)
class _FileTarget:
    """One Turtle file and its pages: every document is new to it."""

    pages: BuildPages | None  # None if nobody wants them
    assembly: TurtleAssembler = field(default_factory=TurtleAssembler)
    rules: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The files whose names are known from the beginning."""
        return (GRAPH, *self.pages.names) if self.pages else (GRAPH,)

    def find_known(self, fingerprint: Fingerprint) -> StoredDocument | None:
        return None

    def add_document(self, document: Document, descriptions: Descriptions, fingerprint: Fingerprint) -> None:
        gc.freeze()  # the document stays: do not look through it again and again
        self.assembly.add_document(document, descriptions)
        if self.pages:
            self.pages.add(document, descriptions)


@dataclass(slots=True)
class _BuildState:
    """The documents so far: what became of each."""

    target: BuildTarget
    stages: Stages
    descriptions: Descriptions
    given: Metadata
    keep_going: bool
    unchanged: int = 0
    tallies: list[Tally] = field(default_factory=list)
    failures: list[ObligationError] = field(default_factory=list)
    unread: list[ObligationError] = field(default_factory=list)  # the failures whose documents are unknown
    copies: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)  # by IRI: name, hash of the text

    def add(self, found: Input) -> None:
        """Understand a document and put it into the target; keep its fault among the failures."""
        if self.seen and self.given != Metadata():
            raise NoDocumentsError(_SINGLE)
        try:
            self._add_new(found)
        except StoreError:  # no fault of the document: the next would fail as well
            raise
        except ObligationError as error:
            self.failures.append(error)

    def check(self) -> None:
        """Raise ObligationError for the failures, unless they may be left out and others are good."""
        if self.failures and not (self.keep_going and (self.tallies or self.unchanged)):
            raise self.failures[0] if len(self.failures) == 1 else SeveralFaultsError(self.failures)

    def check_fill(self, store: Path, *, prune: bool) -> None:
        """Do the same for a store, which has the documents before a failure; with `prune` for any unread."""
        try:
            self.check()
        except ObligationError as error:
            raise _extend_error(error, store, len(self.tallies)) from error
        if prune and self.unread:
            raise _create_pruning_error(store, self.unread)

    def list_skipped(self) -> Skipped:
        """Return the inputs that were left out."""
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
        new = self._is_new(found.source.name, StoredDocument.describe(document))
        if new and (self.keep_going or not self.failures):
            self.target.add_document(document, self.descriptions, fingerprint)
            self.tallies.append(tally_document(document))

    def _is_new(self, name: str, document: StoredDocument) -> bool:
        """Return whether the text is new; raise NoDocumentsError for another text with the same number.

        Copies of one text are common in collections from several sites: one of them is enough.
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
    """Return empty pages; None if they are not wanted, since their modules take a while to be imported."""
    if asked is False:
        return None
    from build_graph.web.pages.site import BuildPages

    return BuildPages(asked)


def _extend_error(error: ObligationError, store: Path, written: int) -> ObligationError:
    """Return the error, extended by what was written into a store before it."""
    if not written:
        return error
    documents = f"{written:,} document{'' if written == 1 else 's'}"
    stays = f"{store}: {documents} written, each whole; put the others right and run it again to go on"
    return SeveralFaultsError([error, ObligationError(stays)])


def _create_pruning_error(store: Path, unread: Sequence[ObligationError]) -> ObligationError:
    """Return the error of a build that removed nothing because it could not read some inputs."""
    reason = f"{store}: no document was removed, as what these inputs hold is not known; put them right first"
    return SeveralFaultsError([*unread, ObligationError(reason)])
