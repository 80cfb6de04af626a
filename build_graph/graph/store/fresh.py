"""A new store, put together in a folder within its own folder, and moved into place when it is complete.

The temporary folder is inside because the store's own folder may be a mount point or the target of a link,
and nothing can be renamed into such a place. The file `CURRENT` is moved last: without it there is no store.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from build_graph.files import encode_name, sync_folder
from build_graph.graph.store.store import (
    LOADING,
    DocumentStore,
    StoreError,
    create_in_use_error,
    holds_something,
    list_store_files,
)

_LAST = "CURRENT"


@contextmanager
def create_store(path: Path) -> Iterator[DocumentStore]:
    """Yield a new store to be filled; the folder holds it once the block has ended.

    If the block raises, the folder is as before. Raises StoreError if it cannot be written, or another build
    is writing it.
    """
    place = Path(os.fsdecode(os.path.realpath(encode_name(path))))
    was_there = place.exists()
    try:
        with _lock_folder(place, path):
            _remove_files(place, _find_earlier_aside(place))
            yield from _fill_store(place, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
    finally:
        if not was_there:
            with suppress(OSError):  # it holds the store, or another build's files
                place.rmdir()


def remove_leftovers(path: Path) -> None:
    """Remove the files of a load that was killed; raises StoreError if a load is still running."""
    if not (path / LOADING).is_dir():
        return
    place = Path(os.path.realpath(path))
    try:
        with _lock_folder(place, path):
            if not holds_something(place):
                _remove_files(place)
            rmtree(place / LOADING)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def _fill_store(place: Path, path: Path) -> Iterator[DocumentStore]:
    """Yield the store, move it to its place at the end, and remove its temporary folder."""
    aside = place / LOADING / "store"
    try:
        with DocumentStore.open(path, aside) as store:
            yield store
            store.seal_and_close()
        _move_files(aside, place)
    except BaseException:
        if not (place / _LAST).exists():
            _remove_files(place)
        raise
    finally:
        rmtree(place / LOADING, ignore_errors=True)


def _move_files(aside: Path, place: Path) -> None:
    """Move the files of a complete store into its place; `CURRENT` goes last."""
    for file in sorted(aside.iterdir(), key=lambda file: file.name == _LAST):
        if file.name == _LAST:
            sync_folder(place)
        file.rename(place / file.name)
    sync_folder(place)
    sync_folder(place.parent)


def _remove_files(place: Path, *more: Path) -> None:
    """Remove the files of a store that was not completed."""
    for folder in (place / LOADING / "store", *more):
        rmtree(folder, ignore_errors=True)
    for file in list_store_files(place):
        file.unlink()


def _find_earlier_aside(place: Path) -> Path:
    """Return the folder beside the store in which earlier versions put new stores together."""
    return place.with_name(f".{place.name}.tmp") if place.name else place / LOADING / "store"


@contextmanager
def _lock_folder(place: Path, path: Path) -> Iterator[None]:
    """Lock a folder, made if missing, against other loads; raises StoreError if one is running."""
    import fcntl  # here: a build without workers needs no POSIX

    lock = place / LOADING / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = os.path.samestat(os.fstat(file.fileno()), lock.stat())
        except (BlockingIOError, FileNotFoundError) as error:
            raise create_in_use_error(path) from error
        if not is_ours:  # the other load has just ended and removed the file
            raise create_in_use_error(path)
        yield
