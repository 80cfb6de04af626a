"""From files to one graph on disk: understand every document, emit, check, write whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_graph.errors import ObligationError
from build_graph.files import write
from build_graph.graph.assembly import Assembly
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.triples import parts
from build_graph.model import Document, Metadata
from build_graph.pipeline import Pipeline, default_document
from build_graph.reports.summary import summary

_ENDING = ".txt"


class NoDocumentsError(ObligationError):
    """A folder without documents, or options that fit only one of several."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build wrote: the file, its statements, the checks passed, and the documents' summaries."""

    path: Path
    statements: int
    checks: int
    summaries: tuple[tuple[str, ...], ...]


def build(paths: Sequence[Path], output: Path, *, encoding: str | None, given: Metadata) -> Built:
    """Build `graph.ttl` in the folder `output` from the documents at `paths`.

    Raises ObligationError for every fault of input or output; then nothing is written.
    """
    files = list(_files(paths)) if paths else [default_document()]
    if len(files) > 1 and given != Metadata():
        raise NoDocumentsError(
            "--title, --number, --issuer and --date describe one document; "
            "for several, put them into NAME.toml beside each NAME.txt"
        )
    pipeline, descriptions = Pipeline.load(), Descriptions.load()
    assembly, summaries, seen = Assembly(), list[tuple[str, ...]](), dict[str, str]()
    for file in files:
        document = pipeline.understand_file(file, encoding=encoding, options=given)
        _check_distinct(document, seen)
        assembly.add(parts(document, descriptions, issuer=pipeline.issuer(document)))
        summaries.append(tuple(summary(document)))
    passed, turtle = assembly.finish()
    path = output / "graph.ttl"
    write(path, turtle)
    return Built(path, passed.statements, passed.checks, tuple(summaries))


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, in order of their names."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob(f"*{_ENDING}") if file.is_file())
        if not found:
            raise NoDocumentsError(f"{path}: no documents in this folder; text files end in {_ENDING}")
        yield from found


def _check_distinct(document: Document, seen: dict[str, str]) -> None:
    """Two texts with one number would be mixed into one document; `seen` has the names by number."""
    name = document.text.source.name
    if document.id in seen:
        raise NoDocumentsError(
            f"{name}: has the same number as {seen[document.id]} ({document.id}); "
            "leave one out, or give one its own number in a sidecar file"
        )
    seen[document.id] = name
