"""Checksums of the files of a store, by which damage is noticed that no answer has come across.

RocksDB checks each block that it reads. What it does not read it does not check, so that a build leaves
`checksums.json` in the folder when it has ended. Files of RocksDB that hold data never change: those that
another program adds later have no checksum, and those that it tidies away are not missed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from build_graph.files import write
from build_graph.sealing import Facts, facts_of, sealed, unsealed

SEAL = "checksums.json"
_KEPT = re.compile(r"\d+\.(?:sst|blob)")  # files that never change
_NAMED = re.compile(r"CURRENT|MANIFEST-\d+")  # those that say which of them belong to the store


def seal(folder: Path) -> None:
    """Write the checksums of a store that is closed; those known from before are not worked out again.

    Raises OSError where a file cannot be read, ObligationError where the checksums cannot be written.
    """
    before = _read(folder) or {}
    facts = {path.name: _facts(path, before) for path in sorted(folder.iterdir()) if _is_sealed(path.name)}
    write(folder / SEAL, sealed(f'{{"files": {json.dumps(facts)}}}\n'.encode()))


def damaged_file(folder: Path) -> Path | None:
    """The first file of a store that is not as it was when a build ended; None where all are.

    Raises OSError where a file cannot be read.
    """
    try:
        facts = _read(folder) or {}
    except (ValueError, LookupError):
        return folder / SEAL
    manifests = {path.name for path in folder.iterdir() if path.name.startswith("MANIFEST-")}
    is_last = manifests <= facts.keys()  # nobody else has written the store since: he writes another
    for name, expected in sorted(facts.items()):
        path = folder / name
        if (is_last or _KEPT.fullmatch(name)) and path.is_file() and facts_of(path) != expected:
            return path
    return None


def _facts(path: Path, before: dict[str, Facts]) -> Facts:
    known = before.get(path.name)
    if known and _KEPT.fullmatch(path.name) and known["bytes"] == path.stat().st_size:
        return known
    return facts_of(path)


def _is_sealed(name: str) -> bool:
    return bool(_KEPT.fullmatch(name) or _NAMED.fullmatch(name))


def _read(folder: Path) -> dict[str, Facts] | None:
    """The checksums in a folder; None where there are none. Raises ValueError where they are damaged."""
    try:
        found = unsealed((folder / SEAL).read_bytes())
    except FileNotFoundError:
        return None
    files: dict[str, Facts] = found["files"]
    return files
