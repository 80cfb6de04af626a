"""A document as N-Quads: the statements of its emission, each once, checked."""

from dataclasses import replace

import handmade
import pytest
from pyoxigraph import RdfFormat, parse

from build_graph.graph.checks import FailedCheckError
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.nquads import document_nquads
from build_graph.graph.triples import quads
from build_graph.model import Document
from build_graph.pipeline import understand


@pytest.fixture(scope="module")
def descriptions() -> Descriptions:
    return Descriptions.load()


@pytest.mark.parametrize("document", [handmade.document(), understand()], ids=lambda document: document.id)
def test_each_statement_stands_there_once_in_the_order_of_emission(
    document: Document, descriptions: Descriptions
) -> None:
    written, statements = document_nquads(document, descriptions)
    emitted = list(quads(document, descriptions))
    assert list(parse(written, format=RdfFormat.N_QUADS)) == list(dict.fromkeys(emitted))
    assert written.count(b"\n") == statements < len(emitted)


def test_a_document_with_a_fault_is_not_written(descriptions: Descriptions) -> None:
    """Two measures with one index share an IRI."""
    document = handmade.document()
    goal, first, second, last = document.measures
    twin = replace(document, measures=(goal, first, replace(second, index=first.index), last))
    with pytest.raises(FailedCheckError, match="doubled"):
        document_nquads(twin, descriptions)
