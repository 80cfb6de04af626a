"""Writes tests/golden/queries anew, to be read in the diff: python tests/support/write_golden_queries.py."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from places import TESTS

sys.path.insert(0, str(TESTS / "query"))

import test_queries
from pyoxigraph import RdfFormat, Store

from build_graph.corpus.builder import Builder
from build_graph.query.engines import OxigraphEngine
from build_graph.query.results import AnswerFormat, format_result


def main() -> None:
    """Put to the seed's graph what the test puts to it, and keep the answers."""
    store = Store()
    with tempfile.TemporaryDirectory() as folder:
        store.bulk_load(path=str(Builder().build([], Path(folder)).path), format=RdfFormat.TURTLE)
    engine = OxigraphEngine(store)
    for question in test_queries.QUESTIONS:
        answer = engine.answer(test_queries.bound(question, engine))
        path = test_queries.GOLDEN / f"{question.name}.tsv"
        path.write_text(format_result(answer, AnswerFormat.TSV), encoding="utf-8")


if __name__ == "__main__":
    main()
