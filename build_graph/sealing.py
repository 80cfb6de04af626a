"""JSON that tells when a byte of it was changed, and the checksums of files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PIECE = 1 << 20  # bytes of a file that are read at a time
FileFacts = dict[str, Any]  # the bytes and the SHA-256 of a file


def seal_json(text: bytes) -> bytes:
    """A JSON object that ends in a line break, with the SHA-256 of what it said as its last member.

    >>> seal_json(b'{"a": 1}\\n')[:24]
    b'{"a": 1,\\n"sha256": "795e'
    """
    said = text.removesuffix(b"}\n")
    return said + _format_seal(said)


def unseal_json(data: bytes) -> dict[str, Any]:
    """What a sealed object says, without its seal; raises ValueError where a byte is not as it was.

    >>> unseal_json(seal_json(b'{"a": 1}\\n'))
    {'a': 1}
    """
    said = data[: -len(_format_seal(b""))]
    if not said.startswith(b"{") or said + _format_seal(said) != data:
        raise ValueError("its bytes are not those that were written")
    found: dict[str, Any] = json.loads(data)
    del found["sha256"]
    return found


def compute_facts(path: Path) -> FileFacts:
    """The bytes and the SHA-256 of a file; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return compute_piece_facts(iter(lambda: file.read(_PIECE), b""))


def compute_piece_facts(pieces: Iterable[bytes]) -> FileFacts:
    """The bytes and the SHA-256 of the file that pieces make.

    >>> compute_piece_facts([b"a", b"bc"])["bytes"]
    3
    """
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _format_seal(said: bytes) -> bytes:
    return f',\n"sha256": "{hashlib.sha256(said).hexdigest()}"}}\n'.encode()
