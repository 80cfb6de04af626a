"""Files in folders and of patterns such as pages/**/*.html, in a fixed order and under Unicode names.

Most names are UTF-8 and stay as they are. One that is not is read as Chinese Windows writes names (GB18030);
where that gives no name, or one that the folder has already, its bytes are percent-encoded: %D6%D0.txt. No
two files of a folder share a name, and graphs, JSON and pages hold Unicode only.

One folder's names are held at a time, so that a tree may hold any number of files. A link is followed only to
a file in the folder where the search began: its author may not be the one who has the folder read.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path

from build_graph.text.formats.kinds import is_known_ending


def display_path(path: Path) -> str:
    """Return a path as messages name it.

    >>> display_path(Path("pages/通知.txt"))
    'pages/通知.txt'
    """
    if _is_unicode(str(path)):
        return str(path)
    parts = (display_name(part) for part in reversed((path, *path.parents)) if part.name)
    return str(Path(path.anchor, *parts))


def display_name(path: Path) -> str:
    """Return the last part of a path as graphs and messages name it; unique in its folder."""
    if _is_unicode(path.name):
        return path.name
    return next(name for name in _iterate_candidates(path.name) if not os.path.lexists(path.with_name(name)))


def resolve_path(path: Path) -> Path:
    """Return the path of the file that is displayed as `path`; `path` itself where there is none."""
    if os.path.lexists(path) or not _is_unicode(str(path)):
        return path
    at = Path(path.anchor)
    for part in path.parts[bool(path.anchor) :]:
        at = at / part if os.path.lexists(at / part) else _find_displayed(at, part) or at / part
    return at


def _find_displayed(folder: Path, name: str) -> Path | None:
    """Return the path in a folder whose name is no Unicode and is displayed as `name`; None without one."""
    try:
        found = [path for path in folder.iterdir() if not _is_unicode(path.name)]
    except OSError:
        return None
    return next((path for path in found if display_name(path) == name), None)


def _iterate_candidates(name: str) -> Iterator[str]:
    """Yield Unicode names for one that is no UTF-8, the best first; no two names share a candidate."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        decoded = raw.decode("gb18030")
    except UnicodeDecodeError:
        decoded = ""
    if decoded.isprintable() and decoded.encode("gb18030") == raw and "%" not in decoded:
        yield decoded
    escaped = "".join(_escape_char(char) for char in name)
    yield from ("%" * more + escaped for more in count())


def _escape_char(char: str) -> str:
    """Return a character as it is, but percent-encoded where it stands for a byte or is a percent sign."""
    if char == "%":
        return "%25"
    return char if _is_unicode(char) else f"%{ord(char) - 0xDC00:02X}"


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_HIDDEN = (".", "~$")  # beginnings of the names of files that systems and office programs create


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file, its name below the start of the search, and whether it is a document by its ending."""

    path: Path
    name: str
    is_document: bool
    fault: OSError | None = None  # the reason why a folder cannot be read
    leads_away: bool = False  # whether it is a link that is not followed
    is_folder: bool = False


def iterate_folder(folder: Path) -> Iterator[ListedFile]:
    """Yield the files in a folder and its folders, in order of their names, without sidecar files.

    A folder that cannot be read is yielded with its fault, and hides no other.
    """
    open_ = [_list_level(folder, "", folder)]  # folders within each other, however deep
    while open_:
        found = next(open_[-1], None)
        if found is None:
            open_.pop()
        elif found.is_folder:
            open_.append(_list_level(found.path, f"{found.name}/", folder))
        else:
            yield found


def _list_level(folder: Path, below: str, start: Path) -> Iterator[ListedFile]:
    """Yield the files and folders of one folder, for a search that began at `start`."""
    try:
        visible = _scan_visible(folder)
    except OSError as error:
        yield ListedFile(folder, below, is_document=False, fault=error)
        return
    away = {e.name for e in visible if e.is_symlink() and leads_away(folder / e.name, start)}
    stay = [folder / entry.name for entry in visible if entry.name not in away]
    files = {listed.path.name: listed for listed in _skip_sidecars(stay, below)}
    for entry in visible:
        inner = folder / entry.name
        if entry.name in away:
            yield ListedFile(inner, f"{below}{display_name(inner)}", is_document=False, leads_away=True)
        elif entry.is_dir(follow_symlinks=False):
            yield ListedFile(inner, f"{below}{display_name(inner)}", is_document=False, is_folder=True)
        elif entry.name in files:
            yield files[entry.name]


def _scan_visible(folder: Path) -> list[os.DirEntry[str]]:
    """Return the visible entries of a folder, in order of their names; raises OSError."""
    with os.scandir(folder) as entries:
        shown = (entry for entry in entries if not entry.name.startswith(_HIDDEN))
        return sorted(shown, key=lambda entry: entry.name)


def iterate_matches(pattern: Path) -> Iterator[ListedFile]:
    """Yield the files that a pattern matches, in order of their names; ** matches nested folders."""
    start = find_pattern_root(pattern)
    rest = "/".join(pattern.parts[len(start.parts) :])
    found = sorted(path for path in start.glob(rest) if not _is_hidden(path.relative_to(start)))
    away = {path for path in found if (path.is_symlink() or _is_file(path)) and leads_away(path, start)}
    files = {
        listed.path: listed for listed in _skip_sidecars([path for path in found if path not in away], "")
    }
    for path in found:
        if path in away:
            yield ListedFile(path, _format_relative(path, start), is_document=False, leads_away=True)
        elif path in files:
            yield ListedFile(path, _format_relative(path, start), files[path].is_document)


def find_pattern_root(pattern: Path) -> Path:
    """Return the deepest folder that all matches of a pattern lie in.

    >>> find_pattern_root(Path("pages/2020/**/*.html")).as_posix()
    'pages/2020'
    """
    return Path(*takewhile(lambda part: not glob.has_magic(part), pattern.parts))


def leads_away(path: Path, start: Path) -> bool:
    """Return whether a path leads, by links, to anything but a file in the folder `start`.

    >>> leads_away(Path("/dev/null"), Path("/dev"))
    True
    """
    real, within = os.path.realpath(path), os.path.realpath(start)
    return not (_is_file(Path(real)) and os.path.commonpath((real, within)) == within)


def _format_relative(path: Path, start: Path) -> str:
    """Return the name of a file below a folder, in Unicode."""
    parts = path.relative_to(start).parts
    return "/".join(display_name(start.joinpath(*parts[:end])) for end in range(1, len(parts) + 1))


def is_pattern(path: Path) -> bool:
    """Return whether a path is a pattern, and no file or folder of that very name.

    >>> is_pattern(Path("pages/*.html")), is_pattern(Path("pages"))
    (True, False)
    """
    return glob.has_magic(str(path)) and not path.exists()


def iterate_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of the documents at some paths; in folders, those with a known ending."""
    for path in map(resolve_path, paths):
        with suppress(OSError, ValueError):  # reading the file reports the fault
            if path.is_dir():
                yield from (file.path for file in iterate_folder(path) if file.is_document)
            elif file := find_container(path):
                yield file
            elif is_pattern(path):
                yield from (file.path for file in iterate_matches(path) if file.is_document)


def find_container(path: Path) -> Path | None:
    """Return the file that holds a path's document, as in pack.zip/a.html and a.jsonl:17; None without."""
    for candidate in (path, *path.parents):
        before = candidate.name.rpartition(":")[0]
        for file in (candidate, candidate.with_name(before)) if before else (candidate,):
            if file.is_file():
                return file
    return None


def sum_sizes(paths: Iterable[Path]) -> int:
    """Return the total bytes of the files at some paths; files that cannot be read count nothing."""
    total = 0
    for file in iterate_files(paths):
        with suppress(OSError):
            total += file.stat().st_size
    return total


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(_HIDDEN) for part in path.parts)


def _is_file(path: Path) -> bool:
    """Return whether a path is a file, or the system does not tell: then reading it fails with the reason."""
    try:
        return path.is_file()
    except OSError:
        return True


def _skip_sidecars(paths: Sequence[Path], below: str) -> Iterator[ListedFile]:
    """Yield the files among some paths, without the sidecar files of others."""
    files = [path for path in paths if _is_file(path)]
    sidecars = {path.with_suffix(".toml") for path in files if is_known_ending(path.name)}
    for path in files:
        if is_known_ending(path.name) or path not in sidecars:
            yield ListedFile(path, f"{below}{display_name(path)}", is_known_ending(path.name))
