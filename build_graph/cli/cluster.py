"""How `obligations build` builds a corpus on a Spark cluster, and what it tells of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from build_graph.cli.corpus import FAILED, tell_failures, tell_left_alone
from build_graph.cli.terminal import say

if TYPE_CHECKING:
    from build_graph.reading.inputs import InputReader
    from build_graph.spark.building import Distributed


def build_on_spark(paths: Sequence[str], output: str, reader: InputReader, master: str) -> None:
    """Build a folder of graphs on the cluster of a master; exit with 3 where documents were set aside."""
    from build_graph.pipeline import default_document
    from build_graph.spark.session import connected

    with connected(master) as session:
        from build_graph.spark.building import Distributor

        result = Distributor(session, reader).build(paths or [str(default_document())], output)
    _tell(result)
    if result.left_out.failures:
        sys.exit(FAILED)


def _tell(result: Distributed) -> None:
    left_out = result.left_out
    tell_failures(left_out.first_failures, left_out.failures, f"{result.path}/failures.jsonl")
    tell_left_alone(left_out.left_alone)
    say(
        f"wrote {result.path}: {result.documents:,} documents, {result.statements:,} statements; "
        f"{left_out.copies:,} copies left out, {left_out.failures:,} failed"
    )
    say(f"wrote {result.path}/pairs.csv: {result.pairs:,} pairs of bodies responsible together")
