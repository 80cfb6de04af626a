"""How `obligations build` builds a whole corpus, and what it tells of its progress."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from build_graph.corpus.sharding import Progress, Sharded
    from build_graph.reading.inputs import InputReader

FAILED = 3  # the exit code where documents were set aside
_EVERY = 1.0  # seconds between two lines of a log
_SHOWN = 10  # failures that are printed; all of them are in a file

Heard = Callable[["Progress"], None]
Passed = Callable[[int], None]


def build_shards(
    paths: Sequence[Path], folder: Path, reader: InputReader, workers: int | None, log: str
) -> None:
    """Build a folder of shards, tell what is in it, and exit with 3 where documents were set aside."""
    from build_graph.corpus.sharding import Sharder
    from build_graph.pipeline import default_document

    wanted = paths or [default_document()]
    for path in wanted:
        reader.check(path)
    with told(wanted, log) as (passed, heard):
        sharder = Sharder(replace(reader, passed=passed), workers or processors(), heard=heard)
        result = sharder.build(wanted, folder)
    _tell(result)
    if result.totals.failures:
        sys.exit(FAILED)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tell_left_alone(left_alone: Counter[str]) -> None:
    """Say which files were taken for no documents."""
    if left_alone:
        endings = ", ".join(f"{number} {ending}" for ending, number in left_alone.most_common())
        click.echo(f"left alone: {endings}, no documents by their endings", err=True)


def _tell(result: Sharded) -> None:
    totals, failures = result.totals, result.path / "failures.jsonl"
    with failures.open(encoding="utf-8") as lines:
        for at, line in enumerate(lines):
            if at == _SHOWN:
                click.echo(f"left out: {totals.failures - _SHOWN:,} more, see {failures}", err=True)
                break
            failure = json.loads(line)
            click.echo(f"left out: {failure['name']}: {failure['reason']}", err=True)
    tell_left_alone(result.left_alone)
    shards = len(totals.shards)
    click.echo(
        f"wrote {result.path}: {totals.documents:,} documents, {totals.statements:,} statements in "
        f"{shards:,} shard{'' if shards == 1 else 's'}, {result.progress.unchanged:,} unchanged; "
        f"{totals.copies:,} copies left out, {totals.failures:,} failed"
    )
    click.echo(f"next: obligations analyse {result.path}  |  obligations build {result.path} --store STORE")


# ------------------------------------------------------------------------------------- progress


@contextmanager
def told(paths: Sequence[Path], log: str) -> Iterator[tuple[Passed, Heard]]:
    """What to tell of bytes that are read, and of how far the work is.

    A bar in a terminal; lines of JSON where they were asked for; else nothing.
    """
    if log == "json":
        yield from _logged(paths)
    elif sys.stderr.isatty():
        yield from _drawn(paths)
    else:
        yield (lambda size: None), (lambda progress: None)


def _logged(paths: Sequence[Path]) -> Iterator[tuple[Passed, Heard]]:
    """A line a second on stderr, and one at the end."""
    from build_graph.reading.folders import size

    state: dict[str, Any] = {"begun": time.monotonic(), "said": 0.0, "read": 0, "bytes": size(paths)}

    def passed(read: int) -> None:
        state["read"] += read

    def heard(progress: Progress) -> None:
        state["progress"] = progress
        if time.monotonic() - state["said"] >= _EVERY:
            state["said"] = time.monotonic()
            _log("progress", state)

    yield passed, heard
    _log("done", state)


def _log(event: str, state: dict[str, Any]) -> None:
    """One line: what was done, how fast, and what is left, in seconds."""
    seconds = time.monotonic() - state["begun"]
    progress, share = state.get("progress"), state["read"] / state["bytes"] if state["bytes"] else 1.0
    done = progress.documents if progress else 0
    line = {
        "event": event,
        "seconds": round(seconds, 1),
        "documents": done,
        "failures": progress.failures if progress else 0,
        "shards": progress.shards if progress else 0,
        "unchanged": progress.unchanged if progress else 0,
        "rate": round(done / seconds, 1) if seconds else 0.0,
        "read": state["read"],
        "bytes": state["bytes"],
        "left": round(seconds * (1 - share) / share, 1) if share else None,
    }
    click.echo(json.dumps(line), err=True)


def _drawn(paths: Sequence[Path]) -> Iterator[tuple[Passed, Heard]]:
    """A bar with documents, rate, failures, and the time that is left."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from build_graph.reading.folders import size

    columns = (
        TextColumn("{task.fields[done]:,} documents"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TextColumn("{task.fields[failures]:,} failed"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=size(paths) or None, done=0, rate=0.0, failures=0)
        begun = time.monotonic()

        def heard(progress: Progress) -> None:
            rate = progress.documents / max(time.monotonic() - begun, 1e-3)
            bar.update(task, done=progress.documents, rate=rate, failures=progress.failures)

        yield (lambda read: bar.advance(task, read)), heard
