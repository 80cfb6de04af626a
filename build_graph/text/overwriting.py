"""The guard against writing over a file that is read, even where a link gives it another name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from build_graph.errors import ObligationError
from build_graph.files import encode_name
from build_graph.text.folders import iterate_files
from build_graph.text.formats.kinds import HEAD, detect_generated

_Identity = tuple[int, int]  # device and number of a file


class OverwritingError(ObligationError):
    """An output path that is a file which is read."""


def reject_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise OverwritingError where an output is one of the inputs: files, folders or patterns.

    A generated or empty file is no input: it may be written anew.
    """
    for place, path in _find_overwritten(outputs, iterate_files(inputs)):
        if not _is_ours(path):
            same = "" if place == path else f", where it is called {path}"
            raise OverwritingError(f"{place}: is read here{same}; nothing was written, choose another place")


def reject_graph(outputs: Iterable[Path], graph: str) -> None:
    """Raise OverwritingError where an output belongs to the graph that is read."""
    for place, _ in _find_overwritten(outputs, iterate_files_at(Path(graph))):
        raise OverwritingError(f"{place}: the graph that is read lies there; choose another place")


def _find_overwritten(outputs: Iterable[Path], inputs: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield the outputs that are the same file as an input, each with the path of the input."""
    places = {identity: path for path in outputs if (identity := _identify_file(path))}
    for path in inputs if places else ():
        identity = _identify_file(path)
        if identity in places:
            yield places[identity], path


def iterate_files_at(path: Path) -> Iterator[Path]:
    """Yield the file at a path, or all files below a folder; nothing for other paths, such as URLs."""
    if os.path.isdir(encode_name(path)):
        for folder, _, names in os.walk(path):
            yield from (Path(folder, name) for name in names)
    elif os.path.isfile(encode_name(path)):
        yield path


def _identify_file(path: Path) -> _Identity | None:
    """Return device and number of a regular file, the same under all its names; None for others."""
    try:
        found = os.stat(encode_name(path))
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _is_ours(path: Path) -> bool:
    """Return whether a file is generated from documents, or empty."""
    try:
        with open(encode_name(path), "rb") as file:
            head = file.read(HEAD)
        return not head or detect_generated(head, path.name) is not None
    except OSError:
        return False
