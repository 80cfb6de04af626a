"""One build at a time in a folder of shards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from build_graph.shards import FAILURES, LOCK, MANIFEST, ShardsError

_OURS = re.compile(r"part-\d{5,} \.(?: nq\.gz | bearings\.csv\.gz | json ) | \..*\.tmp", re.VERBOSE)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keep other builds out of a folder, made if it is missing, as long as the block lasts.

    Raises ShardsError where another build is at it, it holds something else, or it cannot be written.
    """
    import fcntl

    _refuse_others(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise ShardsError(
            f"{folder}: another build is writing these shards; try again when it has ended"
        ) from error
    except OSError as error:
        where = error.filename or folder
        raise ShardsError(
            f"{where}: cannot be written ({error.strerror}); make room there, or choose another place"
        ) from error


def _refuse_others(folder: Path) -> None:
    """Raise ShardsError for a file, and for a folder that holds anything but shards."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise ShardsError(f"{folder}: is a file, or lies below one; give the name of a folder") from error
    except OSError as error:
        raise ShardsError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    ours = (LOCK, MANIFEST, FAILURES)
    other = next((name for name in names if name not in ours and not _OURS.fullmatch(name)), None)
    if other is not None:
        raise ShardsError(f"{folder}: holds {other}, which is no shard; give a new or an empty folder")
