"""A document as N-Quads: checked, each statement once, in the order of its emission."""

from __future__ import annotations

from pyoxigraph import RdfFormat, serialize

from build_graph.graph.checks import check
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.triples import quads
from build_graph.model import Body, Document


def document_nquads(
    document: Document, descriptions: Descriptions, issuer: Body | None = None
) -> tuple[bytes, int]:
    """The N-Quads of a document in UTF-8, and how many statements they are.

    The same document gives the same bytes. Raises FailedCheckError where a check finds a fault.
    """
    said = list(dict.fromkeys(quads(document, descriptions, issuer=issuer)))
    check(said)
    written = serialize(said, format=RdfFormat.N_QUADS)
    assert written is not None  # it is only where an output file is given
    return written, len(said)
