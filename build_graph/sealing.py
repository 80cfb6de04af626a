"""JSON that tells when a byte of it was changed, and the checksums of files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PIECE = 1 << 20  # bytes of a file that are read at a time
Facts = dict[str, Any]  # the bytes and the SHA-256 of a file


def sealed(text: bytes) -> bytes:
    """A JSON object that ends in a line break, with the SHA-256 of what it said as its last member.

    >>> sealed(b'{"a": 1}\\n')[:24]
    b'{"a": 1,\\n"sha256": "795e'
    """
    said = text.removesuffix(b"}\n")
    return said + _seal(said)


def unsealed(data: bytes) -> dict[str, Any]:
    """What a sealed object says, without its seal; raises ValueError where a byte is not as it was.

    >>> unsealed(sealed(b'{"a": 1}\\n'))
    {'a': 1}
    """
    said = data[: -len(_seal(b""))]
    if not said.startswith(b"{") or said + _seal(said) != data:
        raise ValueError("its bytes are not those that were written")
    found: dict[str, Any] = json.loads(data)
    del found["sha256"]
    return found


def facts_of(path: Path) -> Facts:
    """The bytes and the SHA-256 of a file; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return facts_of_pieces(iter(lambda: file.read(_PIECE), b""))


def facts_of_pieces(pieces: Iterable[bytes]) -> Facts:
    """The bytes and the SHA-256 of the file that pieces make.

    >>> facts_of_pieces([b"a", b"bc"])["bytes"]
    3
    """
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _seal(said: bytes) -> bytes:
    return f',\n"sha256": "{hashlib.sha256(said).hexdigest()}"}}\n'.encode()
