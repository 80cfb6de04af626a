"""The command that builds graphs: into files, a store or shards, in this process, in several, or on Spark."""

from __future__ import annotations

import gc
import json
import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from build_graph.cli.options import (
    GRAPH,
    add_input_options,
    add_metadata_options,
    add_registry_option,
    combine_options,
    create_output_option,
    read_options,
    take_registry,
)
from build_graph.cli.terminal import is_terminal, print_lines, prints_errors, show_progress
from build_graph.errors import ObligationError

if TYPE_CHECKING:
    from build_graph.corpus.builder import BuildResult, FillResult, Skipped
    from build_graph.corpus.shard_builder import ShardResult
    from build_graph.corpus.spark.spark_builder import SparkResult
    from build_graph.corpus.store_writer import LoadResult
    from build_graph.corpus.stream import Progress
    from build_graph.extract.agencies.registry_file import AddedRegistry
    from build_graph.model import Metadata
    from build_graph.text.inputs import InputReader


FAILED = 3  # the exit code if documents of a corpus failed
_EVERY = 1.0  # seconds between two lines of a log
_SHOWN = 10  # failures to print; a file lists all of them

OnProgress = Callable[["Progress"], None]

_HELP = """
Build the graph of documents and write it as Turtle, with pages to look at: index.html names them.

PATH is a document (text, HTML, DOCX, PDF with text), many of them (JSON Lines or Parquet with "text" and
perhaps "id", "title", "number"; ZIP; a folder; a pattern in quotes: 'pages/**/*.html'), a document within
these (pack.zip/a.html, corpus.jsonl:17), or - for standard input. Without PATH, the command reads the
document that ships with the package. A file NAME.toml beside NAME.txt can give what the document lacks.

If a document cannot be read or understood, the command lists all faults and writes nothing; with
--keep-going it writes the other documents. It takes a text that is there twice only once.

With --store each document goes into the store as soon as it is understood, and replaces what the store had of
it. The documents of earlier builds stay, unless --prune removes them at the end. The command skips a document
whose text, given metadata and rules have not changed. After a document with faults it writes no more, unless
--keep-going is given; run it again to go on. --store excludes -o and --pages: obligations view draws the
network of a store. All commands that take a graph take a store. Each document is a named graph in it, and
what they share is one more; the default graph is empty: start oxigraph serve with --union-default-graph.

With --shards several processes turn any number of documents into part-0101.nq.gz and so on; the bytes depend
on the set of documents alone, not on their order or the number of processes. A document that fails goes into
failures.jsonl, and the exit code is then 3; one that is there under another name goes into copies.jsonl. A
build that was interrupted goes on where it was; one that is repeated works only on what has changed. Commands
that take a graph take such a folder; build SHARDS --store puts it into a store, a new one by bulk load. With
--store and --workers, several processes put documents into the store, and those that fail are set aside, as
with --shards.

With --spark the machines of a Spark cluster do the work. PATH and DIR are then on any file system that the
cluster reaches (hdfs://…, s3a://…), and DIR is new, or what a build that was interrupted left; the folder is
the same as without --spark.

\b
Examples:
  obligations build opinion.txt --number 国发〔2015〕24号 --date 2015-05-04 -o graph
  obligations build pages/ corpus.jsonl.gz scans.zip --keep-going
  obligations build pages/ --store policies
  obligations build pages/ --store policies --prune
  obligations build corpus.jsonl.gz 'pages/**/*.html' --shards corpus
  obligations build corpus --store policies
  obligations build pages/ --registry bodies.ttl
  obligations build hdfs:///policies --spark spark://master:7077 --shards hdfs:///graphs
"""

_add_target_options = combine_options(
    create_output_option("DIR", "graph.ttl, index.html and the pages that it names.  [default: output]"),
    click.option(
        "--store",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Put the documents into the Oxigraph store in this folder, made if missing: no file, no pages.",
    ),
    click.option(
        "--prune", is_flag=True, help="Remove from the store what is not among these documents, and list it."
    ),
    click.option(
        "--shards",
        type=click.Path(),
        metavar="DIR",
        help="Write a whole corpus as shards of N-Quads into this folder, or go on with what is there.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        help="Processes that understand documents, with --shards or --store.  [default: one a processor]",
    ),
    click.option(
        "--spark",
        "master",
        metavar="MASTER",
        help="Let a Spark cluster do it, with --shards: spark://host:7077, yarn, local[4].",
    ),
    click.option(
        "--log-format",
        "log",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="json: a line a second on stderr, for programs.",
    ),
    click.option("--keep-going", is_flag=True, help="Leave out documents with faults, and write the others."),
    click.option(
        "--pages/--no-pages",
        default=None,
        help="Write the network and a reader for each document as pages, or not.  "
        "[default: up to 50 documents]",
    ),
)


@dataclass(frozen=True, slots=True)
class Target:
    """The options of a build that say where its graph goes, and how it is made."""

    output: Path | None
    store: Path | None
    prune: bool
    shards: str | None
    workers: int | None  # None for one a processor
    master: str | None
    log: str
    keep_going: bool
    pages: bool | None

    @classmethod
    def take(cls, options: dict[str, Any]) -> Target:
        """Take the target out of the options of the command."""
        return cls(**{one.name: options.pop(one.name) for one in fields(cls)})

    def check(self, paths: Sequence[str]) -> None:
        """Raise a usage error for options that do not go together."""
        if self.store and self.shards:
            raise click.UsageError(
                "--store and --shards: give one, then: obligations build SHARDS --store STORE"
            )
        if (self.output or self.pages) and (self.store or self.shards):
            target, option = "--store" if self.store else "--shards", "-o" if self.output else "--pages"
            raise click.UsageError(f"{target} writes no files: leave out {option}")
        if self.workers and not (self.store or self.shards):
            raise click.UsageError("--workers goes with --shards or --store")
        if self.master is not None:
            self._check_cluster()
        if self.prune and (self.workers or not (self.store and paths)):
            raise click.UsageError(
                "--prune: give the --store, and each PATH whose documents are to stay in it, "
                "without --workers"
            )

    def _check_cluster(self) -> None:
        """Raise a usage error for options that do not go with a cluster."""
        if not self.shards:
            raise click.UsageError("--spark writes shards: say where with --shards")
        if self.workers:
            raise click.UsageError("--workers are processes of this machine: leave it out with --spark")
        if self.log != "text":
            raise click.UsageError("--log-format: Spark tells of its work itself; leave it out with --spark")


@click.command(help=_HELP)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
@_add_target_options
@add_metadata_options
@add_input_options
@add_registry_option
@prints_errors
def build(paths: tuple[str, ...], **options: Any) -> None:
    """Build the graph of documents, and write it."""
    from build_graph.graph.store.shards import is_shards

    target = Target.take(options)
    target.check(paths)
    registry = take_registry(options)
    given, reader = read_options(options)
    places = [Path(path) for path in paths]
    is_corpus = bool(target.shards or target.workers or any(map(is_shards, places)))
    if is_corpus and given != type(given)():
        raise click.UsageError("a corpus takes no metadata: put it into NAME.toml beside each NAME.txt")
    if target.shards and target.master:
        _build_on_spark(paths, target.shards, reader, target.master, registry)
    elif is_corpus:
        CorpusBuild(places, reader, target.workers, target.log, registry).build(target)
    else:
        _build_here(places, target, given, reader, registry)


# ------------------------------------------------------------------------------ in this process


def _build_here(
    paths: Sequence[Path],
    target: Target,
    given: Metadata,
    reader: InputReader,
    registry: AddedRegistry | None,
) -> None:
    """Build files or a store, one document after the other, and print what was made."""
    from build_graph.corpus.builder import Builder

    with show_progress() as on_document:
        builder = Builder(reader, given, target.keep_going, target.pages, on_document, registry)
        if target.store:
            _print_fill_result(builder.fill(paths, target.store, prune=target.prune))
        else:
            _print_build_result(builder.build(paths, target.output or Path("output")))
    gc.freeze()  # nothing that was made is used any more: do not look through it at exit


def _print_fill_result(result: FillResult) -> None:
    _print_skipped(result.skipped)
    for line in result.moved:
        print_lines(f"replaced: {line}", error=True)
    for line in result.pruned:
        print_lines(f"removed: {line}", error=True)
    _print_store(result, result.summary)


def _print_build_result(result: BuildResult) -> None:
    _print_skipped(result.skipped)
    wrote = f"wrote {result.path}: {result.statements:,} statements, {result.checks} checks passed"
    lines = [*result.summary, wrote]
    if result.removed:
        number, first = len(result.removed), result.removed[0]
        pages = f"{first}, the page" if number == 1 else f"{number:,} pages, {first} the first of them,"
        print_lines(f"removed: {pages} of an earlier build that this one does not name", error=True)
    if result.index:
        lines.append(f"wrote {result.index}: the network, and each document as a page; open it in a browser")
    elif result.no_pages:
        print_lines(f"no pages: {result.no_pages}", error=True)
    default = result.path == GRAPH
    graph = "" if default else f" --graph {result.path}"
    explain = f"obligations explain {shlex.quote(result.handle)}{graph}  |  " if result.handle else ""
    lines.append(f"next: {explain}obligations validate{'' if default else f' {result.path}'}")
    print_lines("\n".join(lines))


def _print_skipped(skipped: Skipped) -> None:
    """Print the inputs that were left out, on stderr."""
    for line in (*skipped.failures, *skipped.copies):
        print_lines(f"left out: {line}", error=True)
    _print_ignored(Counter(skipped.ignored))


def _print_store(result: FillResult | LoadResult, summary: Sequence[str] = ()) -> None:
    """Print a summary of the documents, and what was written into a store."""
    wrote = (
        f"wrote {result.path}: {result.written:,} document{'' if result.written == 1 else 's'} written, "
        f"{result.unchanged:,} unchanged, {result.statements:,} statements"
    )
    print_lines("\n".join([*summary, wrote, f"next: obligations query documents --graph {result.path}"]))


def _print_ignored(ignored: Counter[str]) -> None:
    """Print which files were not taken for documents: by ending, as made from documents, or as links."""
    from build_graph.text.formats.kinds import load_generated_kinds
    from build_graph.text.inputs import LINK

    kinds = {generated.kind for generated in load_generated_kinds()}
    counts = [(number, label) for label, number in ignored.most_common() if label != LINK]
    endings = [f"{number} {label}" for number, label in counts if label not in kinds]
    generated = [
        f"{number} {label}{'' if number == 1 else 's'}" for number, label in counts if label in kinds
    ]
    if endings:
        print_lines(f"left alone: {', '.join(endings)}, no documents by their endings", error=True)
    if generated:
        print_lines(
            f"left alone: {', '.join(generated)}, made from documents and none themselves", error=True
        )
    if links := ignored[LINK]:
        where = "out of the folder, to folders or to nothing; name what they lead to, if it is to be read"
        print_lines(f"left alone: {links} link{'' if links == 1 else 's'} {where}", error=True)


# ---------------------------------------------------------------------------- in several processes


@dataclass(frozen=True, slots=True)
class CorpusBuild:
    """A build of a corpus by several processes."""

    paths: Sequence[Path]
    reader: InputReader
    workers: int | None  # None for one a processor
    log: str
    registry: AddedRegistry | None

    def build(self, target: Target) -> None:
        """Build shards or a store, and print what was made; exit with 3 if documents failed."""
        from build_graph.extract.pipeline import find_default_document
        from build_graph.graph.store.shards import is_shards

        for path in self.paths:
            self.reader.check_path(path)
        paths, folders = self.paths or [find_default_document()], list(filter(is_shards, self.paths))
        if folders and self.registry:
            raise click.UsageError("--registry: shards hold documents that are understood; leave it out")
        if target.shards and not folders:
            failures = self._build_shards(paths, Path(target.shards))
        elif target.store and len(folders) in (0, len(paths)):
            failures = self._build_store(paths, target.store, shards=bool(folders))
        else:
            raise click.UsageError("shards go into a store, by themselves: build SHARDS --store STORE")
        if failures:
            sys.exit(FAILED)

    def _build_shards(self, paths: Sequence[Path], folder: Path) -> int:
        """Build a folder of shards, print what is in it, and return the number of failed documents."""
        from build_graph.corpus.shard_builder import ShardBuilder

        _check_processes("--shards")
        with report_progress(paths, self.log) as on_progress:
            workers = self.workers or _count_processors()
            builder = ShardBuilder(self.reader, workers, on_progress=on_progress, registry=self.registry)
            result = builder.build(paths, folder)
        _print_shard_result(result)
        return result.totals.failures

    def _build_store(self, paths: Sequence[Path], store: Path, *, shards: bool) -> int:
        """Put documents or shards into a store, print what was put, and return the number of failures."""
        from build_graph.corpus.store_writer import StoreLoader

        _check_processes("shards into a store" if shards else "--workers")
        with report_progress(paths, self.log) as on_progress:
            loader = StoreLoader(self.reader, self.workers or _count_processors(), on_progress, self.registry)
            result = loader.load_shards(paths, store) if shards else loader.build(paths, store)
        _print_load_result(result)
        return len(result.failures)


def _check_processes(what: str) -> None:
    """Raise ObligationError if this system lacks the processes and locks of POSIX that a build needs."""
    if not hasattr(os, "fork"):
        raise ObligationError(
            f"{what}: this system cannot fork processes; build without it, or use Linux, macOS or WSL"
        )


def _count_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_shard_result(result: ShardResult) -> None:
    totals, failures = result.totals, result.path / "failures.jsonl"
    with failures.open(encoding="utf-8") as lines:
        _print_failures(map(json.loads, lines), totals.failures, str(failures))
    _print_ignored(result.ignored)
    shards = len(totals.shards)
    print_lines(
        f"wrote {result.path}: {totals.documents:,} documents, {totals.statements:,} statements in "
        f"{shards:,} shard{'' if shards == 1 else 's'}, {result.progress.unchanged:,} unchanged; "
        f"{totals.copies:,} copies left out, {totals.failures:,} failed\n"
        f"next: obligations analyse {result.path}  |  obligations build {result.path} --store STORE"
    )


def _print_load_result(result: LoadResult) -> None:
    for line in (*result.failures, *result.copies):
        print_lines(f"left out: {line}", error=True)
    _print_ignored(result.ignored)
    for line in result.moved:
        print_lines(f"replaced: {line}", error=True)
    _print_store(result)


def _print_failures(failures: Iterable[Mapping[str, str]], number: int, where: str) -> None:
    """Print the first of the documents that failed, and where all are listed."""
    for failure in islice(failures, _SHOWN):
        print_lines(f"left out: {failure['name']}: {failure['reason']}", error=True)
    if number > _SHOWN:
        print_lines(f"left out: {number - _SHOWN:,} more, see {where}", error=True)


# ------------------------------------------------------------------------------------- on Spark


def _build_on_spark(
    paths: Sequence[str], output: str, reader: InputReader, master: str, registry: AddedRegistry | None
) -> None:
    """Build a folder of graphs on the cluster of a master; exit with 3 if documents failed."""
    from build_graph.corpus.spark.session import open_session
    from build_graph.extract.pipeline import find_default_document

    with open_session(master) as session:
        from build_graph.corpus.spark.spark_builder import SparkBuilder

        builder = SparkBuilder(session, reader, registry=registry)
        result = builder.build(paths or [str(find_default_document())], output)
    _print_spark_result(result)
    if result.totals.failures:
        sys.exit(FAILED)


def _print_spark_result(result: SparkResult) -> None:
    totals, shards = result.totals, len(result.totals.shards)
    failures = ({"name": one.name, "reason": one.failure} for one in result.first_failures)
    _print_failures(failures, totals.failures, f"{result.path}/failures.jsonl")
    _print_ignored(result.ignored)
    print_lines(
        f"wrote {result.path}: {totals.documents:,} documents, {totals.statements:,} statements in "
        f"{shards:,} shard{'' if shards == 1 else 's'}, {result.understood:,} inputs understood now; "
        f"{totals.copies:,} copies left out, {totals.failures:,} failed\n"
        f"next: obligations analyse {result.path}  |  obligations build {result.path} --store STORE"
    )


# ------------------------------------------------------------------------------------- progress


@contextmanager
def report_progress(paths: Sequence[Path], log: str) -> Iterator[OnProgress]:
    """Give a callback that shows the progress: as lines of JSON if asked for, as a bar in a terminal."""
    if log == "json":
        yield from _log_progress(paths)
    elif is_terminal(sys.stderr):
        yield from _draw_progress(paths)
    else:
        yield lambda progress: None


def _log_progress(paths: Sequence[Path]) -> Iterator[OnProgress]:
    """Yield a callback that prints a line a second on stderr; print one more at the end."""
    from build_graph.corpus.stream import Progress
    from build_graph.text.folders import sum_sizes

    start, size = time.monotonic(), sum_sizes(paths)
    last, logged = Progress(), start

    def on_progress(progress: Progress) -> None:
        nonlocal last, logged
        last = progress
        if time.monotonic() - logged >= _EVERY:
            logged = time.monotonic()
            _log_event("progress", progress, logged - start, size)

    yield on_progress
    _log_event("done", last, time.monotonic() - start, size)


def _log_event(event: str, progress: Progress, seconds: float, size: int) -> None:
    """Print a line: what was done of `size` bytes, documents a second, and the seconds that are left."""
    share = progress.read / size if size else 0.0
    values = {
        "event": event,
        "seconds": round(seconds, 1),
        **asdict(progress),
        "bytes": size,
        "rate": round(progress.documents / seconds, 1) if seconds else None,
        "left": round(seconds * (1 - share) / share, 1) if share else None,
    }
    print_lines(json.dumps(values), error=True)


def _draw_progress(paths: Sequence[Path]) -> Iterator[OnProgress]:
    """Yield a callback that moves a bar with documents, rate, failures, and the time that is left."""
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
        start = time.monotonic()

        def on_progress(progress: Progress) -> None:
            counts: dict[str, Any] = {"done": progress.documents, "failures": progress.failures}
            rate = progress.documents / max(time.monotonic() - start, 1e-3)
            bar.update(task, completed=progress.read, rate=rate, **counts)

        yield on_progress
