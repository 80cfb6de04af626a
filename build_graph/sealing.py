"""JSON that tells when a byte of it was changed, and the checksums of files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

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
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": file.tell(), "sha256": digest}


def _seal(said: bytes) -> bytes:
    return f',\n"sha256": "{hashlib.sha256(said).hexdigest()}"}}\n'.encode()
