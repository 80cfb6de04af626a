"""Files wherever Spark reads and writes them: on local disks, HDFS, object stores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from build_graph.spark.session import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MAGIC = re.compile(r"[\\{}\[\]*?^]")  # what Hadoop takes for the signs of a pattern


@dataclass(frozen=True, slots=True)
class Status:
    """A file or folder."""

    path: str  # with its scheme, as Hadoop writes it: file:/a/国发[1].txt
    uri: str  # the same encoded, as Spark names the file that a row comes from
    plain: PurePosixPath  # without a scheme
    size: int  # bytes
    is_folder: bool

    @classmethod
    def of(cls, status: Any) -> Self:
        """What Hadoop says."""
        path = status.getPath()
        uri = path.toUri()
        return cls(
            path.toString(),
            uri.toString(),
            PurePosixPath(uri.getPath()),
            status.getLen(),
            status.isDirectory(),
        )

    @property
    def literal(self) -> str:
        r"""The path so that nothing in it is taken for a pattern: /a/国发\[1\].txt."""
        return _MAGIC.sub(r"\\\g<0>", self.path)


@dataclass(frozen=True, slots=True)
class Files:
    """The file systems that a session's cluster knows. Faults come out as Spark raises them."""

    hadoop: Any  # the Java package
    configuration: Any

    @classmethod
    def of(cls, session: SparkSession) -> Files:
        """Those of a session."""
        context: Any = session.sparkContext
        return cls(context._jvm.org.apache.hadoop, context._jsc.hadoopConfiguration())

    def matching(self, name: str) -> list[Status]:
        """What stands at a path; where nothing does, what the path matches as a pattern, in order."""
        path, system = self._at(name)
        if system.exists(path):
            return [Status.of(system.getFileStatus(path))]
        found = map(Status.of, system.globStatus(path) or ())
        return sorted(found, key=lambda status: status.plain.parts)

    def below(self, folder: Status) -> list[Status]:
        """The files in a folder and the folders in it, in order of their names."""
        path, system = self._at(folder.path)
        found = map(Status.of, _each(system.listFiles(path, True)))
        return sorted(found, key=lambda status: status.plain.parts)

    def head(self, file: Status, size: int) -> bytes:
        """The first bytes of a file, `size` at most."""
        path, system = self._at(file.path)
        with closing(system.open(path)) as stream:
            return bytes(stream.readNBytes(size))

    def refuse_existing(self, name: str) -> None:
        """Raise SparkError where there is something at a path already, be it a folder that is not empty."""
        path, system = self._at(name)
        if not system.exists(path):
            return
        if system.getFileStatus(path).isFile():
            raise SparkError(f"{name}: is a file; give the name of a new folder")
        if held := sorted(status.getPath().getName() for status in system.listStatus(path)):
            raise SparkError(f"{name}: holds something already ({held[0]}); give a new or an empty folder")

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Put a file at a path, written aside and renamed."""
        path, system = self._at(name)
        aside, _ = self._at(f"{name}._COPYING_")
        with closing(system.create(aside, True)) as stream:
            for piece in pieces:
                stream.write(bytearray(piece))
        if not system.rename(aside, path):
            raise SparkError(f"{name}: cannot be written; choose a place that can")

    def remove(self, name: str) -> None:
        """Take away a folder and all in it, if it is there."""
        path, system = self._at(name)
        system.delete(path, True)

    def _at(self, name: str) -> tuple[Any, Any]:
        """A path, and the file system that it leads to."""
        path = self.hadoop.fs.Path(name)
        return path, path.getFileSystem(self.configuration)


def _each(found: Any) -> Iterator[Any]:
    """What a Java iterator gives."""
    while found.hasNext():
        yield found.next()
