"""Checksums by which damage is noticed: the seal of a JSON object, and `checksums.json` of a store's files.

RocksDB checks each block that it reads, but a damaged block that no query reads would go unnoticed. A build
therefore ends with `checksums.json` in the store's folder. RocksDB never changes files that hold data. Files
that another program adds later have no checksum, and those that it removes are not missed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from build_graph.files import write_file

SEAL = "checksums.json"
_KEPT = re.compile(r"\d+\.(?:sst|blob)")  # files with data, which never change
_NAMED = re.compile(r"CURRENT|MANIFEST-\d+")  # files that list the files of the store
_PIECE = 1 << 20  # bytes that are read at a time
FileFacts = dict[str, Any]  # the bytes and the SHA-256 of a file


def seal_json(text: bytes) -> bytes:
    """Return a JSON object, which ends in a line break, with the SHA-256 of its bytes as last member.

    >>> seal_json(b'{"a": 1}\\n')[:24]
    b'{"a": 1,\\n"sha256": "795e'
    """
    content = text.removesuffix(b"}\n")
    return content + _format_seal(content)


def unseal_json(data: bytes) -> dict[str, Any]:
    """Return a sealed object without its seal; raises ValueError if a byte has changed.

    >>> unseal_json(seal_json(b'{"a": 1}\\n'))
    {'a': 1}
    """
    content = data[: -len(_format_seal(b""))]
    if not content.startswith(b"{") or content + _format_seal(content) != data:
        raise ValueError("its bytes are not those that were written")
    found: dict[str, Any] = json.loads(data)
    del found["sha256"]
    return found


def compute_facts(path: Path) -> FileFacts:
    """Return the size and SHA-256 of a file; raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return compute_piece_facts(iter(lambda: file.read(_PIECE), b""))


def compute_piece_facts(pieces: Iterable[bytes]) -> FileFacts:
    """Return the size and SHA-256 of the file that the pieces make.

    >>> compute_piece_facts([b"a", b"bc"])["bytes"]
    3
    """
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _format_seal(content: bytes) -> bytes:
    return f',\n"sha256": "{hashlib.sha256(content).hexdigest()}"}}\n'.encode()


def write_seal(folder: Path) -> None:
    """Write the checksums of a closed store; known checksums of unchanged files are reused.

    Raises OSError if a file cannot be read, ObligationError if the checksums cannot be written.
    """
    before = _read_seal(folder)
    facts = {
        path.name: _compute_facts(path, before) for path in sorted(folder.iterdir()) if _is_sealed(path.name)
    }
    write_file(folder / SEAL, seal_json(f'{{"files": {json.dumps(facts)}}}\n'.encode()))


def find_damaged_file(folder: Path) -> Path | None:
    """Return the first file of a store that has changed since its build, or None.

    Raises OSError if a file cannot be read.
    """
    try:
        facts = _read_seal(folder)
    except (ValueError, LookupError):
        return folder / SEAL
    manifests = {path.name for path in folder.iterdir() if path.name.startswith("MANIFEST-")}
    is_last = manifests <= facts.keys()  # else another program has written the store since
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


def _read_seal(folder: Path) -> dict[str, FileFacts]:
    """Return the checksums in a folder, empty without any; raises ValueError if they are damaged."""
    try:
        found = unseal_json((folder / SEAL).read_bytes())
    except FileNotFoundError:
        return {}
    files: dict[str, FileFacts] = found["files"]
    return files
