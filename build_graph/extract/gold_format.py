"""A document as JSON in the format of the gold annotations: metadata, counts and measures."""

from __future__ import annotations

from typing import Any

from build_graph.model import LIST_MARK, Document, Level, Measure

_EDGE = 15  # characters of a measure that show where it starts and ends


def convert_to_gold(document: Document) -> dict[str, Any]:
    """Return the document in the gold format: metadata, counts, and the measures in order."""
    metadata = document.outline.metadata
    return {
        "file": document.text.source.name,
        "title": metadata.title,
        "number": metadata.number,
        "issuer": LIST_MARK.join(metadata.issuers) or None,
        "date": metadata.issued.isoformat() if metadata.issued else None,
        "addressees": list(metadata.addressees),
        "sections": sum(division.level is Level.SECTION for division in document.outline.divisions),
        "clauses": document.outline.clauses,
        "measures": [_convert_measure(document.text.content, measure) for measure in document.measures],
    }


def _convert_measure(content: str, measure: Measure) -> dict[str, Any]:
    """Return one measure in the gold format."""
    words, assignment = measure.span.extract(content), measure.assignment
    return {
        "section": measure.section,
        "clause": measure.clause,
        "index": measure.index,
        "starts": words[:_EDGE],
        "ends": words[-_EDGE:],
        "attribution": assignment.span.extract(content) if assignment else None,
        "allocation": assignment.allocation if assignment else "unstated",
        "open": assignment.open if assignment else False,
        "bearers": [
            {"name": bearer.name, "role": bearer.role, "kind": bearer.kind} for bearer in measure.bearers
        ],
        "norms": [{"quote": norm.span.extract(content), "kind": norm.kind} for norm in measure.norms],
        "targets": [
            {
                "quote": target.span.extract(content),
                "due": target.due.isoformat() if target.due else None,
                "quantity": target.quantity,
            }
            for target in measure.targets
        ],
        "addressees": [audience.name for audience in measure.audiences],
        "domains": [domain.id for domain in measure.domains],
    }
