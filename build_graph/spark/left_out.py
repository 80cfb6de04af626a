"""What a build leaves out, written a line each as one machine writes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from build_graph.corpus.seen import CLASH, format_clash
from build_graph.shards import FAILURES
from build_graph.spark.hadoop import FileSystem

COPIES = "copies.jsonl"
_FIRST = 10  # failures that are held, to be shown


@dataclass(slots=True)
class Skipped:
    """What was left out, counted; no more than the first failures are held."""

    failures: int = 0
    copies: int = 0
    ignored: Counter[str] = field(default_factory=Counter)  # files that are no documents, by ending
    first_failures: list[dict[str, str]] = field(default_factory=list)  # as they stand in their file

    def count_ignored(self, name: str) -> None:
        """Count a file that is no document by its ending."""
        self.ignored[PurePosixPath(name).suffix.lower() or name] += 1

    def write(self, rows: Iterable[Any], files: FileSystem, output: str) -> None:
        """Write a line on each failure and each copy of `Settled.left_out` into a folder, and count them."""
        with (
            files.open_writer(f"{output}/{FAILURES}") as failure,
            files.open_writer(f"{output}/{COPIES}") as copy,
        ):
            for row in rows:
                if row.left_alone:
                    self.count_ignored(row.name)
                elif row.is_copy:
                    self.copies += 1
                    _write_line(copy, {"name": row.name, "copy_of": row.before})
                else:
                    self._write_failure(failure, row)

    def _write_failure(self, write: Callable[[bytes], None], row: Any) -> None:
        reason = row.failure or format_clash(row.before, row.iri)
        said = {"name": row.name, "reason": reason, "kind": row.kind if row.failure else CLASH}
        self.failures += 1
        self.first_failures += [said] if self.failures <= _FIRST else []
        _write_line(write, said)


def _write_line(write: Callable[[bytes], None], said: dict[str, str]) -> None:
    write(f"{json.dumps(said, ensure_ascii=False)}\n".encode())
