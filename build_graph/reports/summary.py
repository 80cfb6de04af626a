"""What was found in a document, in a few lines that align."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from build_graph.model import Bearer, BodyKind, Document, Level, Reading

_NAMES_SHOWN = 8  # unresolved names that a summary lists


def summary(document: Document) -> Iterator[str]:
    """The lines of a document's summary: what it is, what was found, what was repaired, what stayed open."""
    metadata = document.outline.metadata
    issued = metadata.issued.isoformat() if metadata.issued else None
    yield metadata.title or document.text.source.name
    about = [part for part in (metadata.number, metadata.issuer, issued) if part]
    yield "  ".join(about) or "no number, issuer or date found; give them with --number, --issuer, --date"
    for name, total, detail in _rows(document):
        yield f"  {name:<12}{total:>6,}   {detail}".rstrip()


def _rows(document: Document) -> Iterator[tuple[str, int, str]]:
    measures, text = document.measures, document.text
    bearers = [bearer for measure in measures for bearer in measure.bearers]
    norms = Counter(norm.kind for measure in measures for norm in measure.norms)
    bodies = {bearer.body for bearer in bearers if bearer.body}
    agencies = sum(body.kind is BodyKind.AGENCY for body in bodies)
    coverage = document.coverage.characters(text.content)
    repairs = Counter(repair.name for repair in text.repairs)
    unresolved = Counter(b.name for b in bearers if is_unresolved(b))
    sections = sum(division.level is Level.SECTION for division in document.outline.divisions)
    yield "sections", sections, ""
    yield "clauses", document.outline.clauses, ""
    yield "measures", len(measures), f"{sum(m.assignment is not None for m in measures)} with an attribution"
    yield "norms", norms.total(), _listed(norms.most_common())
    yield "bearers", len(bearers), f"{agencies} agencies, {len(bodies) - agencies} groups"
    yield "targets", sum(len(measure.targets) for measure in measures), ""
    yield "characters", sum(coverage.values()), _shares(coverage)
    yield "repairs", repairs.total(), _listed(sorted(repairs.items()))
    yield "damaged", len(text.damages), _listed_places(document)
    yield "unresolved", len(unresolved), _shown(unresolved)
    yield (
        "refused",
        len(document.refused),
        "brackets that name bodies but are no attribution" * bool(document.refused),
    )


def is_unresolved(bearer: Bearer) -> bool:
    """Whether nothing but its words is known of a particular body: neither registry nor function has it."""
    return bearer.kind is BodyKind.AGENCY and bearer.body is not None and not bearer.body.resolved


def _shares(coverage: dict[Reading, int]) -> str:
    """What part of a text was understood as what."""
    whole = max(sum(coverage.values()), 1)
    return ", ".join(f"{reading} {count / whole:.0%}" for reading, count in coverage.items() if count)


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts)


def _listed_places(document: Document) -> str:
    places = (document.text.line_column(damage.span.start) for damage in document.text.damages)
    return ", ".join(f"line {line} column {column}" for line, column in places)


def _shown(names: Counter[str]) -> str:
    """The most frequent names, and how many more there are."""
    shown = "、".join(name for name, _ in names.most_common(_NAMES_SHOWN))
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
