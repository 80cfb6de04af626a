"""The data of the reader page beside the text: the meaning of each mark, as plain values for JSON.

The data does not repeat words of the text: the page takes them from its marks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from typing import Any

from pyoxigraph import Literal, NamedNode

from build_graph.extract.citations.document_names import DocumentNames
from build_graph.graph.emit.citations import citation_target_iri
from build_graph.graph.emit.emitter import Emitter, find_body
from build_graph.graph.emit.provenance import build_row
from build_graph.graph.iris import (
    agency_iri,
    audience_iri,
    bearer_iri,
    domain_iri,
    measure_iri,
    norm_iri,
    qualifier_iri,
    target_iri,
)
from build_graph.model import Body, BodyKind, Level, Measure, Span, compute_line_column
from build_graph.vocabulary import BASE, term
from build_graph.web.pages.reader_marks import (
    find_heading,
    iterate_divisions,
    mark_document,
    strip_document_iri,
)

_LABEL = 14  # characters of a division's first words, where it has no heading

Values = dict[str, Any]


def collect_reader_data(emit: Emitter, **links: str | None) -> dict[str, object]:
    """Return the blocks of data of the page, by name; `links` are addresses of other pages, by name."""
    panel = _PanelBuilder.create(emit)
    document, metadata = emit.document, emit.document.outline.metadata
    about = {
        "iri": emit.document_iri,
        "base": BASE,
        "key": emit.document_iri.removeprefix(emit.base),
        "source": document.text.source.name,
        **links,
        "addressees": list(metadata.addressees),
    }
    return {
        "about": about,
        "measures": [panel.describe_measure(measure) for measure in document.measures],
        "parts": list(panel.describe_divisions()),
        "others": list(panel.describe_others()),
        "bodies": dict(panel.describe_bodies()),
        "domains": dict(panel.describe_domains()),
        "repairs": build_row(document.text.repairs),
    }


def build_outline_rows(emit: Emitter) -> list[tuple[str, str, int]]:
    """Return the divisions for the outline: key, label, depth from 1."""
    return [
        (
            strip_document_iri(emit, iri),
            _format_label(emit, find_heading(emit, division), division.mark, division.body),
            depth,
        )
        for division, iri, depth in iterate_divisions(emit)
    ]


def count_findings(emit: Emitter) -> list[tuple[str, int]]:
    """Return the number of findings of each kind, by the keys of the page's words."""
    measures, document = emit.document.measures, emit.document
    bearers = [bearer for measure in measures for bearer in measure.bearers]
    kinds = Counter(kind for kind, _ in {(find_body(b).kind, find_body(b).id) for b in bearers})
    return [
        ("count_sections", sum(part.level is Level.SECTION for part in document.outline.divisions)),
        ("count_clauses", document.outline.clauses),
        ("count_measures", len(measures)),
        ("count_attributed", sum(measure.assignment is not None for measure in measures)),
        ("count_norms", sum(len(measure.norms) for measure in measures)),
        ("count_agencies", kinds[BodyKind.AGENCY]),
        ("count_groups", kinds[BodyKind.GROUP]),
        ("count_targets", sum(len(measure.targets) for measure in measures)),
    ]


def _format_label(emit: Emitter, heading: Span | None, mark: str | None, body: Span) -> str:
    """Return a division's mark and heading, or its first words if it has none."""
    words = emit.quote(heading) if heading else ""
    if heading and words != mark:
        return f"{mark or ''}{words}"
    first = " ".join(emit.quote(body)[: _LABEL * 2].split())
    return f"{mark or ''}{first[:_LABEL]}{'…' if len(first) > _LABEL else ''}"


def _format_date(day: date | None) -> str:
    return day.isoformat() if day else ""


@dataclass(frozen=True, slots=True)
class _PanelBuilder:
    """The builder of the values that the panel shows of each finding."""

    emit: Emitter
    names: DocumentNames
    rules: dict[Span, str]  # keys of the bearers in the text by their spans

    @classmethod
    def create(cls, emit: Emitter) -> _PanelBuilder:
        rules = {
            bearer.span: strip_document_iri(emit, bearer_iri(measure_iri(emit.document_iri, measure), rank))
            for measure in emit.document.measures
            for rank, bearer in enumerate(measure.bearers, start=1)
        }
        return cls(emit, DocumentNames.load(), rules)

    def format_position(self, span: Span) -> str:
        """Return line and column in the source at which a stretch begins: 8:11."""
        origin = self.emit.document.text.find_origin(span.start)
        return "{}:{}".format(*compute_line_column(self.emit.lines, origin))

    # -------------------------------------------------------------------------- measures

    def describe_measure(self, measure: Measure) -> Values:
        """Return the findings in a measure, without empty values."""
        iri = measure_iri(self.emit.document_iri, measure)
        assignment = measure.assignment
        found: Values = {
            "key": strip_document_iri(self.emit, iri),
            "clause": measure.clause or "",
            "index": measure.index,
            "at": self.format_position(measure.span),
            "allocation": assignment.allocation.value if assignment else "unstated" * bool(measure.defaults),
            "open": bool(assignment and assignment.open),
            "goal": measure.goal,
            "inferred": bool(assignment and assignment.layout_inferred),
            "domains": list(self._describe_measure_domains(measure)),
            "bearers": list(self._describe_bearers(measure, iri)),
            "norms": self._describe_all(
                measure.norms,
                partial(norm_iri, iri),
                lambda norm: {"kind": norm.kind.value, "cue": self.emit.quote(norm.cue) if norm.cue else ""},
            ),
            "targets": self._describe_all(
                measure.targets,
                partial(target_iri, iri),
                lambda target: {"due": _format_date(target.due), "quantity": target.quantity or ""},
            ),
            "audiences": self._describe_all(
                measure.audiences, partial(audience_iri, iri), lambda audience: {"name": audience.name}
            ),
            "riders": self._describe_all(
                assignment.riders if assignment else (),
                partial(qualifier_iri, iri),
                lambda rider: {"kind": rider.kind.value, "due": _format_date(rider.due)},
            ),
        }
        return {name: value for name, value in found.items() if value not in ("", False, [])}

    def _describe_all(
        self, findings: Iterable[Any], name: Callable[[int], str], describe: Callable[[Any], Values]
    ) -> list[Values]:
        """Return findings of a measure with their places; `name` gives the IRI of the first, second, …"""
        return [
            {**self._locate_mark(name(index), finding.span), **describe(finding)}
            for index, finding in enumerate(findings, start=1)
        ]

    def _describe_measure_domains(self, measure: Measure) -> Iterator[list[str]]:
        """Yield the end of the IRI of each domain, and the words that gave it."""
        for domain in measure.domains:
            signals = sorted(domain.signals)[:1]
            yield [domain_iri(domain.id).removeprefix(BASE), *map(self.emit.quote, signals)]

    def _locate_mark(self, iri: str, span: Span) -> Values:
        return {"key": strip_document_iri(self.emit, iri), "at": self.format_position(span)}

    def _describe_bearers(self, measure: Measure, iri: str) -> Iterator[Values]:
        stated = len(measure.bearers)
        for rank, bearer in enumerate((*measure.bearers, *measure.defaults), start=1):
            yield {
                **self._locate_mark(bearer_iri(iri, rank), bearer.span),
                "name": bearer.name,
                "body": self._find_body_key(find_body(bearer)),
                "role": bearer.role.value,
                **({"rule": self.rules.get(bearer.span, "")} if rank > stated else {}),
            }

    # ---------------------------------------------------------------------------- others

    def describe_divisions(self) -> Iterator[Values]:
        """Yield the divisions, with the kind of their headings."""
        for division, iri, _ in iterate_divisions(self.emit):
            yield {
                **self._locate_mark(iri, division.span),
                "label": _format_label(
                    self.emit, find_heading(self.emit, division), division.mark, division.body
                ),
                "says": "principle" if division.principle else "goal" if division.goal else "",
                **({"inferred": True} if division.layout_inferred else {}),
            }

    def describe_others(self) -> Iterator[Values]:
        """Yield the citations, and the stretches that were not understood."""
        document = self.emit.document
        cited = [citation_target_iri(self.emit, self.names, citation) for citation in document.citations]
        bases = {iri for iri, citation in zip(cited, document.citations, strict=True) if citation.basis}
        details: Iterator[Values] = chain(
            ({"cited": iri, "basis": iri in bases} for iri in cited),
            ({"reason": refusal.reason} for refusal in document.refused),
            ({"reason": damage.reason} for damage in document.text.damages),
            ({"reason": unread.reason} for unread in document.coverage.unread),
        )
        for (kind, span, iri), detail in zip(mark_document(self.emit), details, strict=False):
            yield {**self._locate_mark(iri, span), "kind": kind, **detail}

    # --------------------------------------------------------------- bodies and domains

    def describe_bodies(self) -> Iterator[tuple[str, Values]]:
        """Yield every body that bears a measure, by the end of its IRI."""
        measures = self.emit.document.measures
        bearers = (bearer for m in measures for bearer in (*m.bearers, *m.defaults))
        for body in dict.fromkeys(map(find_body, bearers)):
            name = self._find_body_key(body)
            yield name, self._describe_body(body, BASE + name)

    def _describe_body(self, body: Body, iri: str) -> Values:
        found: Values = {
            "zh": self._join_names(iri, "skos:prefLabel", "zh") if body.known else "",
            "en": self._join_names(iri, "skos:prefLabel", "en") if body.known else "",
            "short": self._join_names(iri, "skos:altLabel", "en") if body.known else "",
            "words": body.label,
            "group": body.kind is BodyKind.GROUP,
            "unresolved": body.kind is BodyKind.AGENCY and not body.resolved,
            "answers": [self._find_name_pair(agency_iri(id_)) for id_ in sorted(body.answers_to)],
        }
        return {name: value for name, value in found.items() if value}

    def _find_body_key(self, body: Body) -> str:
        return self.emit.body_iri(body).removeprefix(BASE).removeprefix(self.emit.base)

    def describe_domains(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the names of every domain of a measure, by the end of its IRI."""
        found = (domain for measure in self.emit.document.measures for domain in measure.domains)
        for iri in dict.fromkeys(domain_iri(domain.id) for domain in found):
            yield iri.removeprefix(BASE), self._find_name_pair(iri)

    def _find_name_pair(self, iri: str) -> list[str]:
        """Return the English and the Chinese name of an entity of the registries."""
        end = iri.rpartition("/")[2]
        return [self._join_names(iri, "skos:prefLabel", tongue) or end for tongue in ("en", "zh")]

    def _join_names(self, iri: str, predicate: str, language: str) -> str:
        """Return the names in a language, joined by commas; "" if there are none."""
        statements = self.emit.descriptions.statements.get(NamedNode(iri), ())
        names: Iterable[Literal] = (
            statement.object
            for statement in statements
            if statement.predicate == term(predicate) and isinstance(statement.object, Literal)
        )
        return ", ".join(sorted(name.value for name in names if name.language == language))
