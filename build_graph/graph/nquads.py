"""A document as N-Quads: checked, each statement once, in the order of its emission."""

from __future__ import annotations

from build_graph.graph.checks import check_statements
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.terms import serialise_statements
from build_graph.graph.triples import iterate_parts
from build_graph.model import Document


def serialise_document(document: Document, descriptions: Descriptions) -> tuple[bytes, int]:
    """The N-Quads of a document in UTF-8, and how many statements they are.

    The same document gives the same bytes. Raises FailedCheckError where a check finds a fault.
    """
    frame, *measures = iterate_parts(document, descriptions)
    said = dict.fromkeys(one for part in (frame, *measures) for one in part.statements)
    check_statements(said)
    return serialise_statements(said, frame.graph).encode(), len(said)
