"""Names of files in Unicode, whatever bytes they are: graphs, JSON and pages hold nothing else.

Most names are UTF-8 and stay as they are. One that is not is read as Chinese Windows writes names (GB18030);
where that gives no name, or one that the folder has already, its bytes stand as in an address: %D6%D0.txt. No
two files of a folder share a name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path


def display_path(path: Path) -> str:
    """A path as messages name it.

    >>> display_path(Path("pages/通知.txt"))
    'pages/通知.txt'
    """
    if _is_unicode(str(path)):
        return str(path)
    parts = (display_name(part) for part in reversed((path, *path.parents)) if part.name)
    return str(Path(path.anchor, *parts))


def display_name(path: Path) -> str:
    """The last part of a path as graphs and messages name it; no other file beside it has that name."""
    if _is_unicode(path.name):
        return path.name
    return next(name for name in _iterate_candidates(path.name) if not os.path.lexists(path.with_name(name)))


def resolve_path(path: Path) -> Path:
    """The path under which a file lies that is shown so; the path itself where there is none."""
    if os.path.lexists(path) or not _is_unicode(str(path)):
        return path
    at = Path(path.anchor)
    for part in path.parts[bool(path.anchor) :]:
        at = at / part if os.path.lexists(at / part) else _find_displayed(at, part) or at / part
    return at


def _find_displayed(folder: Path, name: str) -> Path | None:
    """What lies in a folder under a name that is no Unicode, and is shown as `name`."""
    try:
        found = [path for path in folder.iterdir() if not _is_unicode(path.name)]
    except OSError:
        return None
    return next((path for path in found if display_name(path) == name), None)


def _iterate_candidates(name: str) -> Iterator[str]:
    """Names for one that is no UTF-8, the best first; none of them is a candidate for another."""
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
    """A character as it is; as in an address where it stands for a byte, or is the sign for that."""
    if char == "%":
        return "%25"
    return char if _is_unicode(char) else f"%{ord(char) - 0xDC00:02X}"


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
