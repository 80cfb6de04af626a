"""Checksums of the files of a store, by which damage is noticed that no answer has come across.

RocksDB checks each block that it reads. What it does not read it does not check, so that a build leaves
`checksums.json` in the folder when it has ended. Files of RocksDB that hold data never change: those that
another program adds later have no checksum, and those that it tidies away are not missed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from build_graph.files import write_file
from build_graph.sealing import FileFacts, compute_facts, seal_json, unseal_json

SEAL = "checksums.json"
_KEPT = re.compile(r"\d+\.(?:sst|blob)")  # files that never change
_NAMED = re.compile(r"CURRENT|MANIFEST-\d+")  # those that say which of them belong to the store


def write_seal(folder: Path) -> None:
    """Write the checksums of a store that is closed; those known from before are not worked out again.

    Raises OSError where a file cannot be read, ObligationError where the checksums cannot be written.
    """
    before = _read_seal(folder) or {}
    facts = {
        path.name: _compute_facts(path, before) for path in sorted(folder.iterdir()) if _is_sealed(path.name)
    }
    write_file(folder / SEAL, seal_json(f'{{"files": {json.dumps(facts)}}}\n'.encode()))


def find_damaged_file(folder: Path) -> Path | None:
    """The first file of a store that is not as it was when a build ended; None where all are.

    Raises OSError where a file cannot be read.
    """
    try:
        facts = _read_seal(folder) or {}
    except (ValueError, LookupError):
        return folder / SEAL
    manifests = {path.name for path in folder.iterdir() if path.name.startswith("MANIFEST-")}
    is_last = manifests <= facts.keys()  # nobody else has written the store since: he writes another
    for name, expected in sorted(facts.items()):
        path = folder / name
        if (is_last or _KEPT.fullmatch(name)) and path.is_file() and compute_facts(path) != expected:
            return path
    return None


def _compute_facts(path: Path, before: dict[str, FileFacts]) -> FileFacts:
    known = before.get(path.name)
    if known and _KEPT.fullmatch(path.name) and known["bytes"] == path.stat().st_size:
        return known
    return compute_facts(path)


def _is_sealed(name: str) -> bool:
    return bool(_KEPT.fullmatch(name) or _NAMED.fullmatch(name))


def _read_seal(folder: Path) -> dict[str, FileFacts] | None:
    """The checksums in a folder; None where there are none. Raises ValueError where they are damaged."""
    try:
        found = unseal_json((folder / SEAL).read_bytes())
    except FileNotFoundError:
        return None
    files: dict[str, FileFacts] = found["files"]
    return files
