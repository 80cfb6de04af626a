"""Pages and results of queries, kept while the server runs: the graph that it serves stays the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import itemgetter
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache

from build_graph.web.server.executor import QueryRequest, QueryResult
from build_graph.web.server.protocol import HTTPError

Page = TypeVar("Page")

_BESIDE = 1024  # bytes that a result takes beside its body and its query
_CHARACTER = 4  # bytes that a character of a query may take
_SHARE = 4  # of all memory, what one result may take is one part in so many
_MISSING = object()


class PageCache:
    """So many pages by key, those used last; each is made by one thread while others wait for this one."""

    def __init__(self, most: int, patience: float) -> None:
        """Keep up to `most` pages; refuse who waits longer than `patience` seconds for one."""
        self._pages: LRUCache[Hashable, Any] = LRUCache(most)
        self._making: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()  # as long as one waits
        self._patience, self._guard = patience, Lock()

    def fetch(self, key: Hashable, make: Callable[[], Page]) -> Page:
        """Return the page of a key; raise what `make` raises, and keep nothing then.

        Raise RefusedError if another thread makes the page for too long.
        """
        with self._guard:
            making = self._making.setdefault(key, Lock())
        if not making.acquire(timeout=self._patience):
            raise HTTPError(503, "others wait for this page already; ask again later", Retry_After="10")
        try:
            page = self._look_up(key)
            return self.put(key, make()) if page is _MISSING else page
        finally:
            making.release()

    def put(self, key: Hashable, page: Page) -> Page:
        """Keep a page, and return it."""
        with self._guard:
            self._pages[key] = page
        return page

    def _look_up(self, key: Hashable) -> Any:
        with self._guard:
            return self._pages.get(key, _MISSING)


class ResultCache:
    """So many bytes of results by query and format; the ones not asked for longest give way."""

    def __init__(self, size: int) -> None:
        """Keep up to `size` bytes."""
        # Each with its size, as cachetools measures values alone, and a query may be the larger part.
        self._results: LRUCache[QueryRequest, tuple[int, QueryResult]] = LRUCache(
            size, getsizeof=itemgetter(0)
        )

    def get(self, task: QueryRequest) -> QueryResult | None:
        """Return the result of the same query in the same format, if it is kept."""
        found = self._results.get(task)
        return found and found[1]

    def put(self, task: QueryRequest, reply: QueryResult) -> None:
        """Keep a result, unless the next one may be another, or it takes the place of most others."""
        size = _count_bytes(task, reply)
        if reply.tag and size <= self._results.maxsize // _SHARE:
            self._results[task] = size, reply

    def clear(self) -> None:
        """Forget all results: the graph is another."""
        self._results.clear()


def _count_bytes(task: QueryRequest, reply: QueryResult) -> int:
    """Return the bytes that a result takes, at most."""
    asked = task.asked
    names = (asked.query, *(asked.default_graphs or ()), *(asked.named_graphs or ()))
    return len(reply.body) + _CHARACTER * sum(map(len, names)) + _BESIDE
