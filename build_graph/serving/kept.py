"""Values that take long to work out, kept while the server runs: the graph that it serves stays the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from build_graph.serving.protocol import RefusedError

Value = TypeVar("Value")


class Kept:
    """So many values by key, those used last; each is worked out by one thread while others wait for it."""

    def __init__(self, most: int, patience: float) -> None:
        """Keep up to `most` values; who waits longer than `patience` seconds for one is refused."""
        self._most, self._patience = most, patience
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key; what `make` raises is raised, and nothing is kept then.

        Raises RefusedError where others are being worked out for too long.
        """
        if key in self._values:
            return self._values[key]  # type: ignore[no-any-return]
        if not self._lock.acquire(timeout=self._patience):
            raise RefusedError(503, "others are being worked out; ask again later", Retry_After="10")
        try:
            if key not in self._values:
                self._values[key] = make()
                while len(self._values) > self._most:
                    self._values.popitem(last=False)
            self._values.move_to_end(key)
            return self._values[key]  # type: ignore[no-any-return]
        finally:
            self._lock.release()
