"""Files written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from build_graph.errors import ObligationError


def write(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Put `data`, which may come in pieces, at `path`: written aside, flushed to disk, then renamed.

    Nobody sees half of it.

    Missing folders are made. Raises ObligationError if the place cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(aside, data)
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        reason = error.strerror or type(error).__name__
        message = f"{path}: cannot be written ({reason}); choose a place that can, or make room there"
        raise ObligationError(message) from error


def _write_through(path: Path, data: bytes | Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())
