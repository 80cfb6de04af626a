"""The summary of one document, or of many together, in a few aligned lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from build_graph.model import LIST_MARK, Bearer, BodyKind, CoverageKind, Document, Level

_NAMES_SHOWN = 8  # unresolved names that a summary lists
_MUCH = 0.05  # the share of unread characters from which a document is named
_SEVERAL = 3  # documents up to which each has a summary of its own


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one document, which can be added up."""

    name: str  # of the source
    title: str
    handle: str  # number or title, by which `explain` finds it; "" if it has neither
    about: str  # number, issuer and date
    sections: int
    clauses: int
    measures: int
    attributed: int
    norms: Counter[str]
    bearers: int
    agencies: frozenset[str]  # ids
    groups: frozenset[str]
    targets: int
    characters: Counter[str]  # by kind of coverage
    repairs: Counter[str]
    damaged: tuple[str, ...]  # places
    unresolved: Counter[str]  # names
    refused: int

    @property
    def unread(self) -> float:
        """The share of the characters that was not understood, from 0 to 1."""
        return self.characters[CoverageKind.UNREAD] / max(self.characters.total(), 1)


def tally_document(document: Document) -> Tally:
    """Return the tally of a document."""
    metadata, measures, text = document.outline.metadata, document.measures, document.text
    issued = metadata.issued.isoformat() if metadata.issued else None
    about = [part for part in (metadata.number, LIST_MARK.join(metadata.issuers), issued) if part]
    bearers = [bearer for measure in measures for bearer in measure.bearers]
    bodies = {(bearer.body.kind, bearer.body.id) for bearer in bearers if bearer.body}
    return Tally(
        name=text.source.name,
        title=metadata.title or text.source.name,
        handle=metadata.number or metadata.title or "",
        about="  ".join(about)
        or "no number, issuer or date found; give them with --number, --issuer, --date",
        sections=sum(division.level is Level.SECTION for division in document.outline.divisions),
        clauses=document.outline.clauses,
        measures=len(measures),
        attributed=sum(measure.assignment is not None for measure in measures),
        norms=Counter(norm.kind.value for measure in measures for norm in measure.norms),
        bearers=len(bearers),
        agencies=frozenset(id_ for kind, id_ in bodies if kind is BodyKind.AGENCY),
        groups=frozenset(id_ for kind, id_ in bodies if kind is BodyKind.GROUP),
        targets=sum(len(measure.targets) for measure in measures),
        characters=Counter(
            {kind.value: n for kind, n in document.coverage.count_characters(text.content).items()}
        ),
        repairs=Counter(repair.name for repair in text.repairs),
        damaged=tuple(_format_place(document, damage.span.start) for damage in text.damages),
        unresolved=Counter(bearer.name for bearer in bearers if is_unresolved(bearer)),
        refused=len(document.refused),
    )


def format_summary(tallies: Sequence[Tally]) -> Iterator[str]:
    """Yield the lines of a summary: each of a few documents by itself, many together."""
    if len(tallies) <= _SEVERAL:
        for one in tallies:
            yield from (one.title, one.about)
            yield from _format_lines([one])
        return
    yield f"{len(tallies):,} documents"
    yield from _format_lines(tallies)


def is_unresolved(bearer: Bearer) -> bool:
    """Return whether a bearer names a particular body of which nothing else is known."""
    return bearer.kind is BodyKind.AGENCY and bearer.body is not None and not bearer.body.resolved


def _format_lines(tallies: Sequence[Tally]) -> Iterator[str]:
    width = max(len(f"{sum(t.characters.total() for t in tallies):,}"), 6)
    for name, total, detail in _iterate_rows(tallies):
        yield f"  {name:<12}{total:>{width},}   {detail}".rstrip()


def _iterate_rows(tallies: Sequence[Tally]) -> Iterator[tuple[str, int, str]]:
    norms = _sum_counters(t.norms for t in tallies)
    repairs = _sum_counters(t.repairs for t in tallies)
    characters = _sum_counters(t.characters for t in tallies)
    unresolved = _sum_counters(t.unresolved for t in tallies)
    agencies = len(frozenset().union(*(t.agencies for t in tallies)))
    groups = len(frozenset().union(*(t.groups for t in tallies)))
    damaged = [place for t in tallies for place in t.damaged]
    refused = sum(t.refused for t in tallies)
    attributed = sum(t.attributed for t in tallies)
    yield "sections", sum(t.sections for t in tallies), ""
    yield "clauses", sum(t.clauses for t in tallies), ""
    yield "measures", sum(t.measures for t in tallies), f"{attributed:,} with an attribution"
    yield "norms", norms.total(), _format_counts(norms.most_common())
    yield "bearers", sum(t.bearers for t in tallies), f"{agencies:,} agencies, {groups:,} groups"
    yield "targets", sum(t.targets for t in tallies), ""
    yield "characters", characters.total(), _format_shares(characters)
    yield "repairs", repairs.total(), _format_counts(sorted(repairs.items()))
    yield "damaged", len(damaged), _format_names(damaged, ", ")
    yield "unresolved", len(unresolved), _format_names([name for name, _ in unresolved.most_common()], "、")
    yield "refused", refused, "brackets that name bodies but are no attribution" * bool(refused)
    poor = sorted((t for t in tallies if t.unread > _MUCH), key=lambda t: -t.unread)
    if poor:
        names = [f"{t.name} {t.unread:.0%}" for t in poor]
        yield (
            "poorly read",
            len(poor),
            f"more than {_MUCH:.0%} unread: {_format_names(names, ', ')}; see obligations review",
        )


def _sum_counters(counts: Iterable[Counter[str]]) -> Counter[str]:
    total = Counter[str]()
    for count in counts:
        total.update(count)
    return total


def _format_shares(characters: Counter[str]) -> str:
    """Return the share of each kind of coverage."""
    whole = max(characters.total(), 1)
    found = ((kind, characters[kind]) for kind in CoverageKind)
    return ", ".join(f"{kind} {count / whole:.0%}" for kind, count in found if count)


def _format_counts(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts)


def _format_place(document: Document, position: int) -> str:
    line, column = document.text.find_line_column(position)
    return f"{document.text.source.name}:{line}:{column}"


def _format_names(names: Sequence[str], between: str) -> str:
    """Return the first names, and the number of the others."""
    shown = between.join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
