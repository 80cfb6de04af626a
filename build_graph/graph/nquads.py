"""A document as N-Quads: checked, each statement once, in the order of its emission."""

from __future__ import annotations

from build_graph.graph.checks import check
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.terms import written
from build_graph.graph.triples import parts
from build_graph.model import Document


def document_nquads(document: Document, descriptions: Descriptions) -> tuple[bytes, int]:
    """The N-Quads of a document in UTF-8, and how many statements they are.

    The same document gives the same bytes. Raises FailedCheckError where a check finds a fault.
    """
    frame, *measures = parts(document, descriptions)
    said = dict.fromkeys(one for part in (frame, *measures) for one in part.statements)
    check(said)
    return written(said, frame.graph).encode(), len(said)
