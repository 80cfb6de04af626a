"""The settings of a server: the graph, the address, the limits."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from build_graph.errors import ObligationError
from build_graph.processes.confinement import find_machine_memory

MEGABYTE = 1 << 20
PORT = 7878
_MEMORY = 2048 * MEGABYTE


def compute_memory_share(workers: int) -> int:
    """Return the bytes that a query may take, so that all workers leave the machine some memory.

    >>> compute_memory_share(1_000_000) < compute_memory_share(1) <= 2 * 1024**3
    True
    """
    there = find_machine_memory()
    return _MEMORY if there is None else max(MEGABYTE, min(_MEMORY, there * 3 // 4 // workers))


class ServeError(ObligationError):
    """An endpoint that cannot be set up as asked."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """The limits of a query, of a connection, and of the number of both at once."""

    seconds: float = 30.0  # that a query may run
    rows: int = 100_000  # rows or triples of an answer
    answer: int = 64 * MEGABYTE  # bytes of an answer
    memory: int = _MEMORY  # bytes that a query may take beside the graph
    kept: int = 64 * MEGABYTE  # bytes of the cache of answers
    body: int = MEGABYTE  # bytes of a request
    headers: float = 20.0  # seconds in which the headers of a request must have come in
    reading: float = 30.0  # and its body
    connections: int = 4096  # of clients, fewer where the system allows fewer open files
    workers: int = field(default_factory=lambda: max(4, os.cpu_count() or 1))  # queries at once
    waiting: float = 10.0  # seconds that a query waits for its turn


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an endpoint: its graph, its address, its clients, its limits."""

    graph: Path  # a file, or the folder of an Oxigraph store
    in_memory: bool = False  # whether a store is taken into memory, as a file always is
    host: str = "127.0.0.1"
    port: int = PORT  # 0 for one that is free
    cors: str | None = None  # the origin of pages that may ask, or * for all
    allow_hosts: tuple[str, ...] = ()  # names by which it may be called beside those of this machine
    landing: str | None = None  # the path that a browser is sent to when it opens the endpoint
    limits: QueryLimits = field(default_factory=QueryLimits)

    def __post_init__(self) -> None:
        """Raise ServeError for a name with a *, which would allow more than its giver may think."""
        for name in self.allow_hosts:
            if "*" in name:
                raise ServeError(f"--allow-host {name}: is not one name; give each name in full")
