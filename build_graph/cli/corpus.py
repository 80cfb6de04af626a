"""How `obligations build` builds a whole corpus, and what it tells of its progress."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from build_graph.cli.terminal import is_terminal, say

if TYPE_CHECKING:
    from build_graph.corpus.loading import Loaded
    from build_graph.corpus.progress import Progress
    from build_graph.corpus.sharding import Sharded
    from build_graph.reading.inputs import InputReader

FAILED = 3  # the exit code where documents were set aside
_EVERY = 1.0  # seconds between two lines of a log
_SHOWN = 10  # failures that are printed; all of them are in a file

Heard = Callable[["Progress"], None]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus to be built, and how."""

    paths: Sequence[Path]
    reader: InputReader
    workers: int | None  # None for one a processor
    log: str

    def build(self, shards: Path | None, store: Path | None) -> None:
        """Build shards or a store by several processes; exit with 3 where documents were set aside."""
        from build_graph.pipeline import default_document
        from build_graph.shards import is_shards

        for path in self.paths:
            self.reader.check(path)
        paths, folders = self.paths or [default_document()], list(filter(is_shards, self.paths))
        if shards and not folders:
            failures = self._into_shards(paths, shards)
        elif store and len(folders) in (0, len(paths)):
            failures = self._into_store(paths, store, shards=bool(folders))
        else:
            raise click.UsageError("shards go into a store, by themselves: build SHARDS --store STORE")
        if failures:
            sys.exit(FAILED)

    def _into_shards(self, paths: Sequence[Path], folder: Path) -> int:
        """Build a folder of shards, and tell what is in it; how many documents failed."""
        from build_graph.corpus.sharding import Sharder

        with told(paths, self.log) as heard:
            result = Sharder(self.reader, self.workers or _processors(), heard=heard).build(paths, folder)
        _tell_sharded(result)
        return result.totals.failures

    def _into_store(self, paths: Sequence[Path], store: Path, *, shards: bool) -> int:
        """Put documents or shards into a store, and tell what was; how many documents failed."""
        from build_graph.corpus.loading import Loader

        with told(paths, self.log) as heard:
            loader = Loader(self.reader, self.workers or _processors(), heard)
            result = loader.take(paths, store) if shards else loader.build(paths, store)
        _tell_loaded(result)
        return len(result.failures)


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tell_failures(failures: Iterable[Mapping[str, str]], number: int, where: str) -> None:
    """Say which documents failed: the first of them, and where all are."""
    for failure in islice(failures, _SHOWN):
        say(f"left out: {failure['name']}: {failure['reason']}", error=True)
    if number > _SHOWN:
        say(f"left out: {number - _SHOWN:,} more, see {where}", error=True)


def tell_left_alone(left_alone: Counter[str]) -> None:
    """Say which files were taken for no documents: by their endings, as made from documents, or as links."""
    from build_graph.reading.inputs import LINK
    from build_graph.reading.kinds import made_kinds

    left_alone = left_alone.copy()
    links = left_alone.pop(LINK, 0)
    kinds = {made.kind for made in made_kinds()}
    endings = [f"{number} {ending}" for ending, number in left_alone.most_common() if ending not in kinds]
    made = [
        f"{number} {kind}{'' if number == 1 else 's'}"
        for kind, number in left_alone.most_common()
        if kind in kinds
    ]
    if endings:
        say(f"left alone: {', '.join(endings)}, no documents by their endings", error=True)
    if made:
        say(f"left alone: {', '.join(made)}, made from documents and none themselves", error=True)
    if links:
        where = "out of the folder, to folders or to nothing; name what they lead to, if it is to be read"
        say(f"left alone: {links} link{'' if links == 1 else 's'} {where}", error=True)


def _tell_sharded(result: Sharded) -> None:
    totals, failures = result.totals, result.path / "failures.jsonl"
    with failures.open(encoding="utf-8") as lines:
        tell_failures(map(json.loads, lines), totals.failures, str(failures))
    tell_left_alone(result.left_alone)
    shards = len(totals.shards)
    say(
        f"wrote {result.path}: {totals.documents:,} documents, {totals.statements:,} statements in "
        f"{shards:,} shard{'' if shards == 1 else 's'}, {result.progress.unchanged:,} unchanged; "
        f"{totals.copies:,} copies left out, {totals.failures:,} failed"
    )
    say(f"next: obligations analyse {result.path}  |  obligations build {result.path} --store STORE")


def _tell_loaded(result: Loaded) -> None:
    for line in (*result.failures, *result.copies):
        say(f"left out: {line}", error=True)
    tell_left_alone(result.left_alone)
    for line in result.moved:
        say(f"replaced: {line}", error=True)
    say(
        f"wrote {result.path}: {result.written:,} document{'' if result.written == 1 else 's'} written, "
        f"{result.unchanged:,} unchanged, {result.statements:,} statements"
    )
    say(f"next: obligations query documents --graph {result.path}")


# ------------------------------------------------------------------------------------- progress


@contextmanager
def told(paths: Sequence[Path], log: str) -> Iterator[Heard]:
    """What to tell of how far the work is: a bar in a terminal, lines of JSON if asked for, else nothing."""
    if log == "json":
        yield from _logged(paths)
    elif is_terminal(sys.stderr):
        yield from _drawn(paths)
    else:
        yield lambda progress: None


def _logged(paths: Sequence[Path]) -> Iterator[Heard]:
    """A line a second on stderr, and one at the end."""
    from build_graph.corpus.progress import Progress
    from build_graph.reading.folders import size

    begun, whole = time.monotonic(), size(paths)
    last, said = Progress(), begun

    def heard(progress: Progress) -> None:
        nonlocal last, said
        last = progress
        if time.monotonic() - said >= _EVERY:
            said = time.monotonic()
            _log("progress", progress, said - begun, whole)

    yield heard
    _log("done", last, time.monotonic() - begun, whole)


def _log(event: str, progress: Progress, seconds: float, whole: int) -> None:
    """One line: what was done of `whole` bytes, how fast, and how many seconds are left."""
    share = progress.read / whole if whole else 0.0
    said = {
        "event": event,
        "seconds": round(seconds, 1),
        **asdict(progress),
        "bytes": whole,
        "rate": round(progress.documents / seconds, 1) if seconds else None,
        "left": round(seconds * (1 - share) / share, 1) if share else None,
    }
    say(json.dumps(said), error=True)


def _drawn(paths: Sequence[Path]) -> Iterator[Heard]:
    """A bar with documents, rate, failures, and the time that is left."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from build_graph.printing import open_console
    from build_graph.reading.folders import size

    columns = (
        TextColumn("{task.fields[done]:,} documents"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TextColumn("{task.fields[failures]:,} failed"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=open_console(sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=size(paths) or None, done=0, rate=0.0, failures=0)
        begun = time.monotonic()

        def heard(progress: Progress) -> None:
            rate = progress.documents / max(time.monotonic() - begun, 1e-3)
            bar.update(
                task,
                completed=progress.read,
                done=progress.documents,
                rate=rate,
                failures=progress.failures,
            )

        yield heard
