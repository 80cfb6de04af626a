"""Messages between processes: each is its length and its bytes, over a pair of sockets."""

from __future__ import annotations

import asyncio
import pickle
import struct
from io import BufferedIOBase
from typing import Any

_LENGTH = struct.Struct("!Q")


def pack(message: object) -> bytes:
    """Return a message as it goes over the socket; both ends are this program, so it may be a pickle."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def receive(stream: BufferedIOBase) -> Any:
    """Return the next message; raise EOFError if the other end is gone."""
    (size,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    return pickle.loads(_read(stream, size))


async def receive_async(stream: asyncio.StreamReader) -> Any:
    """Do the same without blocking; raise asyncio.IncompleteReadError if the other end is gone."""
    (size,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return pickle.loads(await stream.readexactly(size))


def _read(stream: BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:  # the other end died while it was writing
        raise EOFError
    return data
