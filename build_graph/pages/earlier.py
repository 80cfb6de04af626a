"""The readers of an earlier build: those that its index names, and that are ours for sure."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import unquote

from build_graph.files import encode_name
from build_graph.reading.kinds import HEAD, detect_generated

_HREF = re.compile(r'href="(?P<address>[^"]+)"')


def find_readers(folder: Path, index: str, readers: str) -> list[Path]:
    """The readers that the index in a folder names; none where it is not there, or no page of ours.

    `index` is the name of the index, `readers` that of the folder of readers beside it.
    """
    page = folder / index
    if not _is_page(page):
        return []
    with open(encode_name(page), encoding="utf-8", errors="replace") as file:
        addresses = (unquote(found["address"]) for found in _HREF.finditer(file.read()))
        names = [Path(address).name for address in addresses if re.fullmatch(rf"{readers}/[^/\\]+", address)]
    return [folder / readers / name for name in dict.fromkeys(names)]


def remove_pages(pages: Iterable[Path], kept: Collection[Path]) -> list[Path]:
    """Remove pages that are not to be kept, where they are of ours; those that are gone now.

    One that cannot be removed stays, and so does a link.
    """
    gone = []
    for page in pages:
        if page in kept or not _is_page(page):
            continue
        try:
            os.unlink(encode_name(page))
        except OSError:
            continue
        gone.append(page)
    return gone


def _is_page(path: Path) -> bool:
    """Whether a file, and no link to one, is a page that obligations wrote."""
    name = encode_name(path)
    if os.path.islink(name) or not os.path.isfile(name):
        return False
    try:
        with open(name, "rb") as file:
            made = detect_generated(file.read(HEAD))
    except OSError:
        return False
    return made is not None and made.kind == "page"
