"""Documents of every format that were damaged at random; benchmarks/mutations.py takes many more of them."""

from __future__ import annotations

from functools import cache

import pytest
from mutants import FORMATS, mutants

from build_graph.corpus.outcome import DocumentResult, DocumentWorker
from build_graph.text.inputs import IgnoredFile, InputReader, LazyInput


@cache
def understander() -> DocumentWorker:
    return DocumentWorker.load()


@pytest.mark.parametrize("form", FORMATS)
def test_damaged_documents_are_read_or_set_aside(form: str) -> None:
    """Each with a reason of one line that is no fault of the program."""
    good = 0
    for name, data in mutants(form, 7, 40):
        reader = InputReader()
        for found in reader.list_bytes(data, name):
            if isinstance(found, IgnoredFile):
                continue
            opened = reader.open_input(found) if isinstance(found, LazyInput) else found
            outcome: DocumentResult = understander().build_result(opened)
            good += not outcome.failure
            assert outcome.kind not in ("Fault", "NoMemory"), (name, outcome.failure)
            assert outcome.failure.isprintable()
            assert len(outcome.failure) < 500
    assert good > 0
