"""Files wherever Spark reads and writes them: on local disks, HDFS, object stores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from build_graph.spark.session import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NO_HOST = "^([^:/]+):///"  # file:///a is also written file:/a
MAGIC = re.compile(r"[\\{}\[\]*?^]")  # what Hadoop takes for the signs of a pattern


@dataclass(frozen=True, slots=True)
class FileStatus:
    """A file or folder."""

    path: str  # with its scheme, as Hadoop writes it: file:/a/国发[1].txt
    uri: str  # the same encoded: as Spark names the file that a row comes from, but see NO_HOST
    plain: PurePosixPath  # without a scheme
    size: int  # bytes
    is_folder: bool

    @classmethod
    def from_java(cls, status: Any) -> Self:
        """What Hadoop says."""
        path = status.getPath()
        uri = path.toUri()
        return cls(
            path.toString(),
            re.sub(NO_HOST, r"\1:/", uri.toString()),
            PurePosixPath(uri.getPath()),
            status.getLen(),
            status.isDirectory(),
        )

    @property
    def literal(self) -> str:
        r"""The path so that nothing in it is taken for a pattern: /a/国发\[1\].txt."""
        return MAGIC.sub(r"\\\g<0>", self.path)


@dataclass(frozen=True, slots=True)
class FileSystem:
    """The file systems that a session's cluster knows. Faults come out as Spark raises them."""

    hadoop: Any  # the Java package
    configuration: Any

    @classmethod
    def connect(cls, session: SparkSession) -> FileSystem:
        """Those of a session."""
        context: Any = session.sparkContext
        return cls(context._jvm.org.apache.hadoop, context._jsc.hadoopConfiguration())

    def find(self, name: str) -> FileStatus | None:
        """What stands at a path, if anything does."""
        path, system = self._resolve_path(name)
        return FileStatus.from_java(system.getFileStatus(path)) if system.exists(path) else None

    def list_matching(self, pattern: str) -> list[FileStatus]:
        """The files that a pattern of Hadoop matches, in order of their names."""
        path, system = self._resolve_path(pattern)
        found = map(FileStatus.from_java, system.globStatus(path) or ())
        return sorted((s for s in found if not s.is_folder), key=lambda status: status.plain.parts)

    def list_below(self, folder: FileStatus) -> list[FileStatus]:
        """The files in a folder and the folders in it, in order of their names."""
        path, system = self._resolve_path(folder.path)
        found = map(FileStatus.from_java, _iterate_java(system.listFiles(path, True)))
        return sorted(found, key=lambda status: status.plain.parts)

    def read_head(self, file: FileStatus, size: int) -> bytes:
        """The first bytes of a file, `size` at most."""
        path, system = self._resolve_path(file.path)
        with closing(system.open(path)) as stream:
            return bytes(stream.readNBytes(size))

    def refuse_existing(self, name: str) -> None:
        """Raise SparkError where there is something at a path already, be it a folder that is not empty."""
        path, system = self._resolve_path(name)
        if not system.exists(path):
            return
        if system.getFileStatus(path).isFile():
            raise SparkError(f"{name}: is a file; give the name of a new folder")
        if held := sorted(status.getPath().getName() for status in system.listStatus(path)):
            raise SparkError(f"{name}: holds something already ({held[0]}); give a new or an empty folder")

    def write(self, name: str, data: bytes) -> None:
        """Put a file at a path."""
        with self.open_writer(name) as write:
            write(data)

    @contextmanager
    def open_writer(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """What takes the pieces of a file, which is at its path once all are written."""
        path, system = self._resolve_path(name)
        aside, _ = self._resolve_path(f"{name}._COPYING_")
        with closing(system.create(aside, True)) as stream:
            yield lambda piece: stream.write(bytearray(piece))
        if not system.rename(aside, path):
            raise SparkError(f"{name}: cannot be written; choose a place that can")

    def rename_parts(self, folder: str, ending: str) -> None:
        """Name the parts that Spark wrote into a folder after their numbers: part-00000 and an ending."""
        path, system = self._resolve_path(folder)
        names = (status.getPath().getName() for status in system.listStatus(path))
        parts = sorted(name for name in names if name.startswith("part-"))
        for number, name in enumerate(parts):
            old, new = (
                self._resolve_path(f"{folder}/{name}")[0],
                self._resolve_path(f"{folder}/part-{number:05}{ending}")[0],
            )
            if not system.rename(old, new):
                raise SparkError(f"{folder}/{name}: cannot be renamed; give a new folder, and run it again")

    def remove(self, name: str) -> None:
        """Take away a folder and all in it, if it is there."""
        path, system = self._resolve_path(name)
        system.delete(path, True)

    def _resolve_path(self, name: str) -> tuple[Any, Any]:
        """A path, and the file system that it leads to."""
        path = self.hadoop.fs.Path(name)
        return path, path.getFileSystem(self.configuration)


def _iterate_java(found: Any) -> Iterator[Any]:
    """What a Java iterator gives."""
    while found.hasNext():
        yield found.next()
