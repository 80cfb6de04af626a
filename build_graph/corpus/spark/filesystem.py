"""Files wherever Spark reads and writes them (local disks, HDFS, object stores), and those with documents.

Files with documents come in the order in which one machine would read them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from build_graph.corpus.spark.session import SparkError
from build_graph.errors import ObligationError
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.store.shards import open_stream
from build_graph.text.formats.kinds import HEAD, Kind, UnreadableError, detect_kind, is_known_ending
from build_graph.text.inputs import IgnoredFile, build_no_documents_error, build_no_match_error

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


_PIECE = 1 << 20  # bytes that are handed to Java at a time
NO_HOST = "^([^:/]+):///"  # file:///a is also written file:/a
MAGIC = re.compile(r"[\\{}\[\]*?^]")  # the characters that make a pattern for Hadoop


@dataclass(frozen=True, slots=True)
class FileStatus:
    """A file or folder."""

    path: str  # with its scheme, as Hadoop writes it: file:/a/国发[1].txt
    uri: str  # the same encoded: the name of a row's file in Spark, but see NO_HOST
    plain: PurePosixPath  # without a scheme
    size: int  # bytes
    modified: int  # milliseconds
    is_folder: bool

    @classmethod
    def from_java(cls, status: Any) -> Self:
        """Return the status that Hadoop gives."""
        path = status.getPath()
        uri = path.toUri()
        return cls(
            path.toString(),
            re.sub(NO_HOST, r"\1:/", uri.toString()),
            PurePosixPath(uri.getPath()),
            status.getLen(),
            status.getModificationTime(),
            status.isDirectory(),
        )

    @property
    def literal(self) -> str:
        r"""The path with its pattern characters escaped: /a/国发\[1\].txt."""
        return MAGIC.sub(r"\\\g<0>", self.path)


@dataclass(frozen=True, slots=True)
class FileSystem:
    """The file systems that a session's cluster knows; errors are those of Spark."""

    hadoop: Any  # the Java package
    configuration: Any

    @classmethod
    def connect(cls, session: SparkSession) -> FileSystem:
        """Return the file systems of a session."""
        context: Any = session.sparkContext
        return cls(context._jvm.org.apache.hadoop, context._jsc.hadoopConfiguration())

    def find(self, name: str) -> FileStatus | None:
        """Return the file or folder at a path; None if there is none."""
        path, system = self._resolve_path(name)
        return FileStatus.from_java(system.getFileStatus(path)) if system.exists(path) else None

    def list_matching(self, pattern: str) -> list[FileStatus]:
        """Return the files that a pattern of Hadoop matches, in order of their names."""
        path, system = self._resolve_path(pattern)
        found = map(FileStatus.from_java, system.globStatus(path) or ())
        return sorted((s for s in found if not s.is_folder), key=lambda status: status.plain.parts)

    def list_below(self, folder: FileStatus) -> list[FileStatus]:
        """Return the files at any depth in a folder, in order of their names."""
        path, system = self._resolve_path(folder.path)
        found = map(FileStatus.from_java, _iterate_java(system.listFiles(path, True)))
        return sorted(found, key=lambda status: status.plain.parts)

    def read_head(self, file: FileStatus, size: int) -> bytes:
        """Return the first bytes of a file, `size` at most."""
        path, system = self._resolve_path(file.path)
        with closing(system.open(path)) as stream:
            return bytes(stream.readNBytes(size))

    def list_names(self, folder: str) -> list[str]:
        """Return the names of what is in a folder, in order; none without the folder.

        Raises SparkError if it is a file.
        """
        path, system = self._resolve_path(folder)
        if not system.exists(path):
            return []
        if system.getFileStatus(path).isFile():
            raise SparkError(f"{folder}: is a file; give the name of a new folder")
        return sorted(status.getPath().getName() for status in system.listStatus(path))

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file in place of the one that may be there; it appears when it is whole."""
        folder, _, own = name.rpartition("/")
        aside = f"{folder}/.{own}.tmp"
        path, system = self._resolve_path(aside)
        with closing(system.create(path, True)) as stream, open_stream(iter(pieces)) as source:
            while piece := source.read(_PIECE):
                stream.write(bytearray(piece))
        self.move(aside, name)

    def move(self, name: str, target: str) -> None:
        """Move a file to another place, over the file that may be there."""
        (path, system), (there, _) = self._resolve_path(name), self._resolve_path(target)
        system.delete(there, False)
        if not system.rename(path, there):
            raise SparkError(f"{target}: cannot be written; choose a place that can")

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with its content, if it is there."""
        path, system = self._resolve_path(name)
        system.delete(path, True)

    def _resolve_path(self, name: str) -> tuple[Any, Any]:
        """Return a path of Hadoop, and its file system."""
        path = self.hadoop.fs.Path(name)
        return path, path.getFileSystem(self.configuration)


def _iterate_java(found: Any) -> Iterator[Any]:
    """Yield the items of a Java iterator."""
    while found.hasNext():
        yield found.next()


_GZIP = 31  # zlib: with a gzip header
_HIDDEN = (".", "~$")  # the files that systems put into folders by themselves
_LEFT_OUT = ("_", ".")  # the files that Spark never reads
_LARGEST = 2**31 - 1  # bytes of the largest file that Spark reads in one piece


class Form(StrEnum):
    """The layout of documents in a file, which decides what a row is."""

    JSONL = "jsonl"  # a line
    PARQUET = "parquet"
    WHOLE = "whole"  # the file: a document, or an archive of them


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file with documents."""

    status: FileStatus
    name: str  # for the names of its documents
    form: Form
    sidecar: FileStatus | None = None
    place: str = ""  # path of the sidecar, for messages

    @property
    def identity(self) -> str:
        """A hash that tells the same file, unchanged, in the next build; another name counts as a change."""
        own = [(one.path, one.size, one.modified) for one in (self.status, self.sidecar) if one]
        return hash_text(repr((self.name, self.form, self.place, own)))


Listed = InputFile | IgnoredFile | ObligationError


def list_files(files: FileSystem, paths: Sequence[str]) -> Iterator[Listed]:
    """Yield the files at some paths: files, folders, patterns; an error in the place of a faulty one.

    Raises UnreadableError for a path without a file.
    """
    for path in paths:
        status = files.find(path)
        if status is None and MAGIC.search(path):
            yield from _list_matches(files, path)
        elif status is None:
            raise UnreadableError(f"{path}: there is no such file; check the name")
        elif status.is_folder:
            below = {found.plain.relative_to(status.plain): found for found in files.list_below(status)}
            yield from _classify_files(files, below, path.rstrip("/"), build_no_documents_error(path))
        else:
            yield _create_file(
                files,
                status,
                status.plain.name,
                files.find(_find_sidecar_path(status.path)),
                _find_sidecar_path(path),
            )


def _list_matches(files: FileSystem, pattern: str) -> Iterator[Listed]:
    """Yield the files that a pattern matches, with their paths below its first part that is a pattern."""
    parts = pattern.split("/")
    first = next(number for number, part in enumerate(parts) if MAGIC.search(part))
    depth = len(parts) - first
    found = {PurePosixPath(*status.plain.parts[-depth:]): status for status in files.list_matching(pattern)}
    yield from _classify_files(files, found, "/".join(parts[:first]), build_no_match_error(pattern))


def _classify_files(
    files: FileSystem, found: dict[PurePosixPath, FileStatus], place: str, fault: ObligationError
) -> Iterator[Listed]:
    """Yield documents and ignored files of a folder, and the fault of a folder without documents.

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
    """Return the form of a file; open only one whose name promises rows."""
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
    """Return the unpacked beginning of a gzip file; nothing if it is damaged."""
    try:
        return zlib.decompressobj(_GZIP).decompress(head)[:HEAD]
    except zlib.error:
        return b""


def _find_sidecar_path(path: str) -> str:
    """Return the path of the sidecar file of a file."""
    return path.removesuffix(PurePosixPath(path).suffix) + ".toml"


def _is_hidden(name: PurePosixPath) -> bool:
    return any(part.startswith(_HIDDEN) for part in name.parts)
