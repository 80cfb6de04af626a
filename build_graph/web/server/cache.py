"""Caches of pages and of query results; the graph stays the same while the server runs."""

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
_SHARE = 4  # one result may take this part of all memory: one in four
_MISSING = object()


class PageCache:
    """The pages used last, by key; one thread renders a page while others wait for it."""

    def __init__(self, most: int, patience: float) -> None:
        """Keep up to `most` pages; wait up to `patience` seconds for another thread."""
        self._pages: LRUCache[Hashable, Any] = LRUCache(most)
        self._making: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()  # as long as one waits
        self._patience, self._guard = patience, Lock()

    def fetch(self, key: Hashable, make: Callable[[], Page]) -> Page:
        """Return the page of a key, made by `make` if it is not cached; raise what `make` raises.

        Raise HTTPError if another thread takes too long for the page.
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
        """Cache a page, and return it."""
        with self._guard:
            self._pages[key] = page
        return page

    def _look_up(self, key: Hashable) -> Any:
        with self._guard:
            return self._pages.get(key, _MISSING)


class ResultCache:
    """The results used last, by query and formats, up to a number of bytes."""

    def __init__(self, size: int) -> None:
        """Keep results of up to `size` bytes in all."""
        # Each with its size, as cachetools measures values alone, and a query may be the larger part.
        self._results: LRUCache[QueryRequest, tuple[int, QueryResult]] = LRUCache(
            size, getsizeof=itemgetter(0)
        )

    def get(self, request: QueryRequest) -> QueryResult | None:
        """Return the result of the same query in the same formats; None if it is not cached."""
        found = self._results.get(request)
        return found and found[1]

    def put(self, request: QueryRequest, result: QueryResult) -> None:
        """Cache a result, unless it may change from one time to the next, or is too large a share of all."""
        size = _count_bytes(request, result)
        if result.tag and size <= self._results.maxsize // _SHARE:
            self._results[request] = size, result

    def clear(self) -> None:
        """Forget all results, which are those of another graph."""
        self._results.clear()


def _count_bytes(request: QueryRequest, result: QueryResult) -> int:
    """Return an upper bound of the memory of a result, in bytes."""
    sparql = request.sparql
    names = (sparql.query, *(sparql.default_graphs or ()), *(sparql.named_graphs or ()))
    return len(result.body) + _CHARACTER * sum(map(len, names)) + _BESIDE
