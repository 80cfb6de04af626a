"""How the server and its workers speak: a message is its length and its bytes, over a pair of sockets."""

from __future__ import annotations

import asyncio
import pickle
import struct
from io import BufferedIOBase
from typing import Any

_LENGTH = struct.Struct("!Q")


def pack(message: object) -> bytes:
    """A message as it goes over the socket; both ends are this program, so that it may be a pickle."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def receive(stream: BufferedIOBase) -> Any:
    """The next message; raises EOFError where the other end is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    return pickle.loads(stream.read(*_LENGTH.unpack(head)))


async def receive_soon(stream: asyncio.StreamReader) -> Any:
    """The same without blocking; raises asyncio.IncompleteReadError where the other end is gone."""
    head = await stream.readexactly(_LENGTH.size)
    return pickle.loads(await stream.readexactly(*_LENGTH.unpack(head)))
