"""Answers that were given, for who asks the same again: the graph does not change while it is served."""

from __future__ import annotations

from collections import OrderedDict

from build_graph.serving.answering import Reply, Task

_BESIDE = 1024  # bytes that an answer takes beside its body and its query
_CHARACTER = 4  # bytes that a character of a query may take
_SHARE = 4  # of all memory, what one answer may take is one part in so many


class Remembered:
    """So many bytes of answers; the ones not asked for longest give way."""

    def __init__(self, most: int) -> None:
        """Nothing kept yet; nothing ever where there are no bytes for it."""
        self._most, self._size = most, 0
        self._replies: OrderedDict[Task, Reply] = OrderedDict()

    def get(self, task: Task) -> Reply | None:
        """The answer to the same query in the same format, if it is kept."""
        if task in self._replies:
            self._replies.move_to_end(task)
        return self._replies.get(task)

    def keep(self, task: Task, reply: Reply) -> None:
        """Keep an answer, unless it is no lasting one or would take the place of most others."""
        size = _size(task, reply)
        if not reply.tag or size > self._most // _SHARE or task in self._replies:
            return
        self._replies[task] = reply
        self._size += size
        while self._size > self._most:
            self._size -= _size(*self._replies.popitem(last=False))

    def clear(self) -> None:
        """Forget all answers: the graph is another."""
        self._replies.clear()
        self._size = 0


def _size(task: Task, reply: Reply) -> int:
    asked = task.asked
    names = (asked.query, *(asked.default_graphs or ()), *(asked.named_graphs or ()))
    return len(reply.body) + _CHARACTER * sum(map(len, names)) + _BESIDE
