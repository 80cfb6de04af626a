"""Which files hold the documents, in the order in which one machine would read them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from build_graph.errors import ObligationError
from build_graph.reading.inputs import IgnoredFile, no_documents_error, no_match_error
from build_graph.reading.kinds import HEAD, Kind, UnreadableError, detect_kind, is_known_ending
from build_graph.spark.hadoop import MAGIC, FileStatus, FileSystem

_GZIP = 31  # zlib: with a gzip header
_HIDDEN = (".", "~$")  # what systems put into folders by themselves
_LEFT_OUT = ("_", ".")  # files that Spark does not read, whoever names them
_LARGEST = 2**31 - 1  # bytes that Spark hands on in one piece


class Form(StrEnum):
    """How documents lie in a file, and so what a row is."""

    JSONL = "jsonl"  # a line
    PARQUET = "parquet"
    WHOLE = "whole"  # the file: a document, or an archive of them


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file with documents."""

    status: FileStatus
    name: str  # as its documents are named after it
    form: Form
    sidecar: FileStatus | None = None
    place: str = ""  # of the sidecar, as the user would name it


Listed = InputFile | IgnoredFile | ObligationError


def list_files(files: FileSystem, paths: Sequence[str]) -> Iterator[Listed]:
    """The files at some paths: files, folders, patterns; in the place of one with a fault, the error.

    Raises UnreadableError for a path at which nothing is.
    """
    for path in paths:
        status = files.find(path)
        if status is None and MAGIC.search(path):
            yield from _list_matches(files, path)
        elif status is None:
            raise UnreadableError(f"{path}: there is no such file; check the name")
        elif status.is_folder:
            below = {found.plain.relative_to(status.plain): found for found in files.list_below(status)}
            yield from _classify_files(files, below, path.rstrip("/"), no_documents_error(path))
        else:
            yield _create_file(
                files,
                status,
                status.plain.name,
                files.find(_find_sidecar_path(status.path)),
                _find_sidecar_path(path),
            )


def _list_matches(files: FileSystem, pattern: str) -> Iterator[Listed]:
    """The files that a pattern matches, named as they are below the folder where it begins to be one."""
    parts = pattern.split("/")
    first = next(number for number, part in enumerate(parts) if MAGIC.search(part))
    depth = len(parts) - first
    found = {PurePosixPath(*status.plain.parts[-depth:]): status for status in files.list_matching(pattern)}
    yield from _classify_files(files, found, "/".join(parts[:first]), no_match_error(pattern))


def _classify_files(
    files: FileSystem, found: dict[PurePosixPath, FileStatus], place: str, fault: ObligationError
) -> Iterator[Listed]:
    """Documents and others among the files of a folder, and the fault that it has without documents.

    A sidecar file goes with the document beside it.
    """
    visible = {name: status for name, status in found.items() if not _is_hidden(name)}
    documents = {name for name in visible if is_known_ending(name.name)}
    sidecars = {name.with_suffix(".toml") for name in documents}
    for name, status in visible.items():
        if name in documents:
            toml = name.with_suffix(".toml")
            yield _create_file(files, status, name.as_posix(), visible.get(toml), f"{place}/{toml}")
        elif name not in sidecars:
            yield IgnoredFile(name.as_posix())
    if not documents:
        yield fault


def _create_file(
    files: FileSystem, status: FileStatus, name: str, sidecar: FileStatus | None, place: str
) -> Listed:
    if status.plain.name.startswith(_LEFT_OUT):
        return UnreadableError(f"{name}: Spark reads no file whose name begins so; give it another")
    try:
        form = _detect_form(files, status, name)
    except UnreadableError as error:
        return error
    if form is Form.WHOLE and status.size > _LARGEST:
        return UnreadableError(f"{name}: is too large for Spark to hand on in one piece; unpack or split it")
    return InputFile(status, name, form, sidecar if form is Form.WHOLE else None, place)


def _detect_form(files: FileSystem, status: FileStatus, name: str) -> Form:
    """How documents lie in a file; only one whose name says that it has rows is opened to see."""
    packed = name.endswith(".gz")
    if not name.lower().removesuffix(".gz").endswith((*Kind.JSONL.endings, *Kind.PARQUET.endings)):
        return Form.WHOLE
    head = files.read_head(status, HEAD)
    kind = detect_kind(head, name)
    if kind is Kind.PARQUET:
        return Form.PARQUET
    if kind is Kind.GZIP and packed:
        return Form.JSONL if detect_kind(_unpack_head(head), name) is Kind.JSONL else Form.WHOLE
    return Form.JSONL if kind is Kind.JSONL and not packed else Form.WHOLE


def _unpack_head(head: bytes) -> bytes:
    """What the beginning of a gzip file unpacks to; nothing where it is damaged."""
    try:
        return zlib.decompressobj(_GZIP).decompress(head)[:HEAD]
    except zlib.error:
        return b""


def _find_sidecar_path(path: str) -> str:
    """The path of the sidecar file of a file."""
    return path.removesuffix(PurePosixPath(path).suffix) + ".toml"


def _is_hidden(name: PurePosixPath) -> bool:
    return any(part.startswith(_HIDDEN) for part in name.parts)
