"""Files written whole or not at all; devices and pipes are written into."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from build_graph.errors import ObligationError

_STANDARD = (1, 2)  # the numbers of the files that output and errors go to
_UNFIT = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)  # of folders that take no fsync
_LEFT = re.compile(rb"\.(?P<name>.+)\.(?P<process>\d+)(?:\.old)?\.tmp", re.DOTALL)


def write_file(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data`, which may come in pieces, to `path`: first beside it, then to disk, then renamed.

    No reader sees half of it. A link stays, and the file that it leads to is replaced; a device or a pipe
    stays too, and is written into. Missing folders are made. Raises ObligationError if the path cannot be
    written.
    """
    write_files({path: data})


def write_files(files: Mapping[Path, bytes | Iterable[bytes]]) -> None:
    """Write each file as `write_file` does; none is renamed before all are on disk.

    Temporary files that an earlier process left of these files are removed. Raises ObligationError if a path
    cannot be written; then each file is as it was before.
    """
    pending = [_PendingFile.build(path, data) for path, data in files.items()]
    current = _PendingFile.build(Path(), b"")
    try:
        for current in pending:
            current.check_place()
        for current in pending:
            current.write_aside()
        for current in pending if len(pending) > 1 else ():
            current.keep_old()
        for current in pending:
            current.move_into_place()
        _sync_folders(pending)
    except BaseException as error:
        for done in reversed(pending):
            done.restore_old()
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or type(error).__name__
        message = f"{current.path}: cannot be written ({reason}); choose a place that can, or make room there"
        raise ObligationError(message) from error
    finally:
        for current in pending:
            current.remove_aside()


@dataclass(slots=True)
class _PendingFile:
    """A file that is being written, and the paths that this takes."""

    path: Path  # as it was given: messages name it so
    data: bytes | Iterable[bytes]
    place: bytes  # that links lead to
    is_placed: bool = False  # whether it has been put into its place

    @classmethod
    def build(cls, path: Path, data: bytes | Iterable[bytes]) -> Self:
        return cls(path, data, os.path.realpath(encode_name(path)))

    def _build_name_aside(self, ending: str) -> bytes:
        folder, name = os.path.split(self.place)
        return os.path.join(folder, b".%s.%d%s" % (name, os.getpid(), ending.encode()))

    @property
    def aside(self) -> bytes:
        """The temporary file, written first."""
        return self._build_name_aside(".tmp")

    @property
    def old(self) -> bytes:
        """The copy of the file that is replaced, kept until all files are in their places."""
        return self._build_name_aside(".old.tmp")

    def check_place(self) -> None:
        """Raise OSError for a path that holds a folder or a disk."""
        found = _read_status(self.path)
        if found and stat.S_ISDIR(found.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if found and stat.S_ISBLK(found.st_mode):
            raise OSError(errno.EINVAL, "is a disk")

    def write_aside(self) -> None:
        """Write the temporary file, or into the device at the path."""
        if is_stream(self.path):
            with _open_stream(self.path) as file:
                file.writelines(_iterate_pieces(self.data))
            return
        os.makedirs(os.path.dirname(self.place), exist_ok=True)
        with open(self.aside, "wb") as file:
            file.writelines(_iterate_pieces(self.data))
            file.flush()
            os.fsync(file.fileno())

    def keep_old(self) -> None:
        """Keep the file that is replaced under another name, so that it can be put back."""
        if not os.path.isfile(self.place) or is_stream(self.path):
            return
        try:
            os.link(self.place, self.old)
        except OSError:  # a file system without links
            shutil.copy2(self.place, self.old)

    def move_into_place(self) -> None:
        """Rename the temporary file to the path."""
        if os.path.exists(self.aside):
            os.replace(self.aside, self.place)
            self.is_placed = True

    def restore_old(self) -> None:
        """Restore what was at the path before."""
        if not self.is_placed:
            return
        with suppress(OSError):
            if os.path.exists(self.old):
                os.replace(self.old, self.place)
            else:
                os.unlink(self.place)

    def remove_aside(self) -> None:
        """Remove the temporary file and the copy of the old one."""
        for name in (self.aside, self.old):
            with suppress(OSError):
                os.unlink(name)


def is_file(path: Path) -> bool:
    """Return whether there is a file at a path, whatever the encoding of its name."""
    return os.path.isfile(encode_name(path))


def is_folder(path: Path) -> bool:
    """Return whether there is a folder at a path; False where the system does not tell."""
    return os.path.isdir(encode_name(path))


def is_stream(path: Path) -> bool:
    """Return whether a path leads to a device, a pipe or this process's own output, which is written into.

    False where the system does not tell: then the write itself fails with the reason.
    """
    try:
        found = _read_status(path)
    except OSError:
        return False
    if found is None or stat.S_ISDIR(found.st_mode):
        return False
    return not stat.S_ISREG(found.st_mode) or _find_standard(found) is not None


def encode_name(path: Path) -> bytes:
    """Return a path as the system takes it: in UTF-8 in any locale, so that a file has one name."""
    return str(path).encode("utf-8", "surrogateescape")


def sync_folder(folder: bytes | Path) -> None:
    """Wait until the names in a folder are on the disk; raises OSError where that fails."""
    try:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    except OSError as error:
        if error.errno not in _UNFIT:
            raise


def _sync_folders(pending: Collection[_PendingFile]) -> None:
    """Wait until the folders of files are on the disk, and remove what killed processes left in them."""
    names: dict[bytes, set[bytes]] = {}
    for current in pending:
        if current.is_placed:
            folder, name = os.path.split(current.place)
            names.setdefault(folder, set()).add(name)
    for folder, ours in names.items():
        sync_folder(folder)
        sync_folder(os.path.dirname(folder))  # which may hold it for the first time
        for entry in os.listdir(folder):
            left = _LEFT.fullmatch(entry)
            if left and left["name"] in ours and _has_ended(int(left["process"])):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, entry))


def _has_ended(process: int) -> bool:
    """Return whether no process has that number."""
    if os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's, or no number of a process at all
        return False
    return False


def _read_status(path: Path) -> os.stat_result | None:
    """Return the status of the file that a path leads to; None where there is none."""
    try:
        return os.stat(encode_name(path))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _find_standard(found: os.stat_result) -> int | None:
    """Return the number of this process's output file that a status belongs to; None for other files."""
    for number in _STANDARD:
        with suppress(OSError):
            if os.path.samestat(found, os.fstat(number)):
                return number
    return None


def _open_stream(path: Path) -> IO[bytes]:
    """Open a device or pipe for writing; this process's own output goes on where it is."""
    found = _read_status(path)
    number = _find_standard(found) if found else None
    return open(encode_name(path) if number is None else os.dup(number), "wb")


def _iterate_pieces(data: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return [data] if isinstance(data, bytes) else data
