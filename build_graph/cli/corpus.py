"""How `obligations build` builds a whole corpus, and what it tells of its progress.

How `obligations build` builds a corpus on a Spark cluster, and what it tells of it.
"""

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

from build_graph.cli.terminal import is_terminal, print_lines

if TYPE_CHECKING:
    from build_graph.corpus.shard_builder import ShardResult
    from build_graph.corpus.spark.spark_builder import SparkResult
    from build_graph.corpus.store_writer import LoadResult
    from build_graph.corpus.stream import Progress
    from build_graph.text.inputs import InputReader


FAILED = 3  # the exit code where documents were set aside
_EVERY = 1.0  # seconds between two lines of a log
_SHOWN = 10  # failures that are printed; all of them are in a file

OnProgress = Callable[["Progress"], None]


@dataclass(frozen=True, slots=True)
class CorpusBuild:
    """A corpus to be built, and how."""

    paths: Sequence[Path]
    reader: InputReader
    workers: int | None  # None for one a processor
    log: str

    def build(self, shards: Path | None, store: Path | None) -> None:
        """Build shards or a store by several processes; exit with 3 where documents were set aside."""
        from build_graph.extract.pipeline import find_default_document
        from build_graph.graph.store.shards import is_shards

        for path in self.paths:
            self.reader.check_path(path)
        paths, folders = self.paths or [find_default_document()], list(filter(is_shards, self.paths))
        if shards and not folders:
            failures = self._build_shards(paths, shards)
        elif store and len(folders) in (0, len(paths)):
            failures = self._build_store(paths, store, shards=bool(folders))
        else:
            raise click.UsageError("shards go into a store, by themselves: build SHARDS --store STORE")
        if failures:
            sys.exit(FAILED)

    def _build_shards(self, paths: Sequence[Path], folder: Path) -> int:
        """Build a folder of shards, and tell what is in it; how many documents failed."""
        from build_graph.corpus.shard_builder import ShardBuilder

        with report_progress(paths, self.log) as heard:
            result = ShardBuilder(self.reader, self.workers or _count_processors(), on_progress=heard).build(
                paths, folder
            )
        _print_shard_result(result)
        return result.totals.failures

    def _build_store(self, paths: Sequence[Path], store: Path, *, shards: bool) -> int:
        """Put documents or shards into a store, and tell what was; how many documents failed."""
        from build_graph.corpus.store_writer import StoreLoader

        with report_progress(paths, self.log) as heard:
            loader = StoreLoader(self.reader, self.workers or _count_processors(), heard)
            result = loader.load_shards(paths, store) if shards else loader.build(paths, store)
        _print_load_result(result)
        return len(result.failures)


def _count_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def print_failures(failures: Iterable[Mapping[str, str]], number: int, where: str) -> None:
    """Say which documents failed: the first of them, and where all are."""
    for failure in islice(failures, _SHOWN):
        print_lines(f"left out: {failure['name']}: {failure['reason']}", error=True)
    if number > _SHOWN:
        print_lines(f"left out: {number - _SHOWN:,} more, see {where}", error=True)


def print_ignored(left_alone: Counter[str]) -> None:
    """Say which files were taken for no documents: by their endings, as made from documents, or as links."""
    from build_graph.text.formats.kinds import load_generated_kinds
    from build_graph.text.inputs import LINK

    left_alone = left_alone.copy()
    links = left_alone.pop(LINK, 0)
    kinds = {made.kind for made in load_generated_kinds()}
    endings = [f"{number} {ending}" for ending, number in left_alone.most_common() if ending not in kinds]
    made = [
        f"{number} {kind}{'' if number == 1 else 's'}"
        for kind, number in left_alone.most_common()
        if kind in kinds
    ]
    if endings:
        print_lines(f"left alone: {', '.join(endings)}, no documents by their endings", error=True)
    if made:
        print_lines(f"left alone: {', '.join(made)}, made from documents and none themselves", error=True)
    if links:
        where = "out of the folder, to folders or to nothing; name what they lead to, if it is to be read"
        print_lines(f"left alone: {links} link{'' if links == 1 else 's'} {where}", error=True)


def _print_shard_result(result: ShardResult) -> None:
    totals, failures = result.totals, result.path / "failures.jsonl"
    with failures.open(encoding="utf-8") as lines:
        print_failures(map(json.loads, lines), totals.failures, str(failures))
    print_ignored(result.ignored)
    shards = len(totals.shards)
    print_lines(
        f"wrote {result.path}: {totals.documents:,} documents, {totals.statements:,} statements in "
        f"{shards:,} shard{'' if shards == 1 else 's'}, {result.progress.unchanged:,} unchanged; "
        f"{totals.copies:,} copies left out, {totals.failures:,} failed"
    )
    print_lines(f"next: obligations analyse {result.path}  |  obligations build {result.path} --store STORE")


def _print_load_result(result: LoadResult) -> None:
    for line in (*result.failures, *result.copies):
        print_lines(f"left out: {line}", error=True)
    print_ignored(result.ignored)
    for line in result.moved:
        print_lines(f"replaced: {line}", error=True)
    print_lines(
        f"wrote {result.path}: {result.written:,} document{'' if result.written == 1 else 's'} written, "
        f"{result.unchanged:,} unchanged, {result.statements:,} statements"
    )
    print_lines(f"next: obligations query documents --graph {result.path}")


# ------------------------------------------------------------------------------------- progress


@contextmanager
def report_progress(paths: Sequence[Path], log: str) -> Iterator[OnProgress]:
    """What to tell of how far the work is: a bar in a terminal, lines of JSON if asked for, else nothing."""
    if log == "json":
        yield from _log_progress(paths)
    elif is_terminal(sys.stderr):
        yield from _draw_progress(paths)
    else:
        yield lambda progress: None


def _log_progress(paths: Sequence[Path]) -> Iterator[OnProgress]:
    """Yield a line a second on stderr, and one at the end."""
    from build_graph.corpus.stream import Progress
    from build_graph.text.folders import sum_sizes

    begun, whole = time.monotonic(), sum_sizes(paths)
    last, said = Progress(), begun

    def heard(progress: Progress) -> None:
        nonlocal last, said
        last = progress
        if time.monotonic() - said >= _EVERY:
            said = time.monotonic()
            _log_event("progress", progress, said - begun, whole)

    yield heard
    _log_event("done", last, time.monotonic() - begun, whole)


def _log_event(event: str, progress: Progress, seconds: float, whole: int) -> None:
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
    print_lines(json.dumps(said), error=True)


def _draw_progress(paths: Sequence[Path]) -> Iterator[OnProgress]:
    """Yield a bar with documents, rate, failures, and the time that is left."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from build_graph.query.text_tables import open_console
    from build_graph.text.folders import sum_sizes

    columns = (
        TextColumn("{task.fields[done]:,} documents"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TextColumn("{task.fields[failures]:,} failed"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=open_console(sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=sum_sizes(paths) or None, done=0, rate=0.0, failures=0)
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


def build_on_spark(paths: Sequence[str], output: str, reader: InputReader, master: str) -> None:
    """Build a folder of graphs on the cluster of a master; exit with 3 where documents were set aside."""
    from build_graph.corpus.spark.session import open_session
    from build_graph.extract.pipeline import find_default_document

    with open_session(master) as session:
        from build_graph.corpus.spark.spark_builder import SparkBuilder

        result = SparkBuilder(session, reader).build(paths or [str(find_default_document())], output)
    _print_result(result)
    if result.skipped.failures:
        sys.exit(FAILED)


def _print_result(result: SparkResult) -> None:
    left_out = result.skipped
    print_failures(left_out.first_failures, left_out.failures, f"{result.path}/failures.jsonl")
    print_ignored(left_out.ignored)
    print_lines(
        f"wrote {result.path}: {result.documents:,} documents, {result.statements:,} statements; "
        f"{left_out.copies:,} copies left out, {left_out.failures:,} failed"
    )
    print_lines(f"wrote {result.path}/pairs.csv: {result.pairs:,} pairs of bodies responsible together")
