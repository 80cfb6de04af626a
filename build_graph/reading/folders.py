"""The files in a folder, or that a pattern such as pages/**/*.html matches, in a fixed order.

One folder's names are held at a time, so that a tree may hold any number of files.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from build_graph.reading.kinds import is_known
from build_graph.reading.names import shown_name

_HIDDEN = (".", "~$")  # how the names begin of what systems and office programs put into folders


@dataclass(frozen=True, slots=True)
class Listed:
    """A file, its name below where the search began, and whether it is a document by its ending."""

    path: Path
    name: str
    is_document: bool
    fault: OSError | None = None  # why a folder cannot be read


def in_folder(folder: Path, below: str = "") -> Iterator[Listed]:
    """The files in a folder and in the folders in it, in order of their names; sidecar files are left out.

    A folder that cannot be read stands there with its fault, and hides no other.
    """
    try:
        visible = _visible(folder)
    except OSError as error:
        yield Listed(folder, below, is_document=False, fault=error)
        return
    files = {listed.path.name: listed for listed in _told_apart([folder / e.name for e in visible], below)}
    for entry in visible:
        if entry.is_dir(follow_symlinks=False):
            inner = folder / entry.name
            yield from in_folder(inner, f"{below}{shown_name(inner)}/")
        elif entry.name in files:
            yield files[entry.name]


def _visible(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder shows, in order of the names; raises OSError where it cannot be read."""
    with os.scandir(folder) as entries:
        shown = (entry for entry in entries if not entry.name.startswith(_HIDDEN))
        return sorted(shown, key=lambda entry: entry.name)


def matching(pattern: Path) -> Iterator[Listed]:
    """The files that a pattern matches, in order of their names; ** stands for folders within folders."""
    parts = list(takewhile(lambda part: not glob.has_magic(part), pattern.parts))
    start, rest = Path(*parts), "/".join(pattern.parts[len(parts) :])
    found = sorted(path for path in start.glob(rest) if not _is_hidden(path.relative_to(start)))
    for listed in _told_apart(found, ""):
        yield Listed(listed.path, _below(listed.path, start), listed.is_document)


def _below(path: Path, start: Path) -> str:
    """The name of a file below a folder, in Unicode."""
    parts = path.relative_to(start).parts
    return "/".join(shown_name(start.joinpath(*parts[:end])) for end in range(1, len(parts) + 1))


def is_pattern(path: Path) -> bool:
    """Whether a path is a pattern, and no file or folder of that very name.

    >>> is_pattern(Path("pages/*.html")), is_pattern(Path("pages"))
    (True, False)
    """
    return glob.has_magic(str(path)) and not path.exists()


def size(paths: Sequence[Path]) -> int:
    """The bytes of all files at some paths, documents within files left aside."""
    return sum(_size(path) for path in paths)


def _size(path: Path) -> int:
    if path.is_dir() or is_pattern(path):
        listed = in_folder(path) if path.is_dir() else matching(path)
        return sum(one.path.stat().st_size for one in listed if one.is_document)
    return path.stat().st_size if path.is_file() else 0


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(_HIDDEN) for part in path.parts)


def _is_file(path: Path) -> bool:
    """Whether a path is a file, or the system cannot tell: then whoever reads it will say why."""
    try:
        return path.is_file()
    except OSError:
        return True


def _told_apart(paths: Sequence[Path], below: str) -> Iterator[Listed]:
    """The files among some paths, without the sidecar files of others."""
    files = [path for path in paths if _is_file(path)]
    sidecars = {path.with_suffix(".toml") for path in files if is_known(path.name)}
    for path in files:
        if is_known(path.name) or path not in sidecars:
            yield Listed(path, f"{below}{shown_name(path)}", is_known(path.name))
