"""How `obligations build` builds a corpus on a Spark cluster, and what it tells of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from build_graph.cli.corpus import FAILED, print_failures, print_ignored
from build_graph.cli.terminal import print_lines

if TYPE_CHECKING:
    from build_graph.reading.inputs import InputReader
    from build_graph.spark.building import SparkResult


def build_on_spark(paths: Sequence[str], output: str, reader: InputReader, master: str) -> None:
    """Build a folder of graphs on the cluster of a master; exit with 3 where documents were set aside."""
    from build_graph.pipeline import find_default_document
    from build_graph.spark.session import open_session

    with open_session(master) as session:
        from build_graph.spark.building import SparkBuilder

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
