"""Files written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from build_graph.errors import ObligationError


def write(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Put `data`, which may come in pieces, at `path`: written aside, flushed to disk, then renamed.

    Nobody sees half of it.

    Missing folders are made. Raises ObligationError if the place cannot be written.
    """
    write_all({path: data})


def write_all(files: Mapping[Path, bytes | Iterable[bytes]]) -> None:
    """Put each file at its path as `write` does; none is renamed before all stand on disk.

    Raises ObligationError if a place cannot be written; then no file is there that was not before.
    """
    asides = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in files}
    path = next(iter(files), Path())
    try:
        for path, data in files.items():
            os.makedirs(name_of(path.parent), exist_ok=True)
            _write_through(asides[path], data)
        for path, aside in asides.items():
            os.replace(name_of(aside), name_of(path))
    except OSError as error:
        for aside in asides.values():
            with suppress(OSError):
                os.unlink(name_of(aside))
        reason = error.strerror or type(error).__name__
        message = f"{path}: cannot be written ({reason}); choose a place that can, or make room there"
        raise ObligationError(message) from error


def is_file(path: Path) -> bool:
    """Whether there is a file at a path, whatever letters are in it."""
    return os.path.isfile(name_of(path))


def name_of(path: Path) -> bytes:
    """A path as the system takes it: in UTF-8 in any locale, or the same file would have several names."""
    return str(path).encode("utf-8", "surrogateescape")


def _write_through(path: Path, data: bytes | Iterable[bytes]) -> None:
    with open(name_of(path), "wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())
