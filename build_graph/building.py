"""From files to one graph on disk: understand every document, emit, check, write whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Quad

from build_graph.errors import ObligationError
from build_graph.files import write
from build_graph.graph.checks import check
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.triples import quads
from build_graph.graph.turtle import turtle
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
    pipeline = Pipeline.load()
    documents = [pipeline.understand_file(file, encoding=encoding, options=given) for file in files]
    _check_distinct(documents)
    descriptions = Descriptions.load()
    statements: list[Quad] = [
        quad
        for document in documents
        for quad in quads(document, descriptions, issuer=pipeline.issuer(document))
    ]
    passed = check(statements)
    path = output / "graph.ttl"
    write(path, turtle(statements))
    summaries = tuple(tuple(summary(document)) for document in documents)
    return Built(path, passed.statements, passed.checks, summaries)


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


def _check_distinct(documents: Sequence[Document]) -> None:
    """Two texts with one number would be mixed into one document."""
    seen: dict[str, str] = {}
    for document in documents:
        name = document.text.source.name
        if document.id in seen:
            raise NoDocumentsError(
                f"{name}: has the same number as {seen[document.id]} ({document.id}); "
                "leave one out, or give one its own number in a sidecar file"
            )
        seen[document.id] = name
