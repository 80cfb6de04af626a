"""What the reader page knows beside the text: what was understood of each mark, as plain values for JSON.

Words of the text are not repeated here: the page takes them from its marks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from build_graph.graph.changes import row
from build_graph.graph.citations import cited_iri
from build_graph.graph.emitter import Emitter, body_of
from build_graph.graph.iris import (
    agency_iri,
    audience_iri,
    bearer_iri,
    citation_iri,
    damage_iri,
    domain_iri,
    measure_iri,
    norm_iri,
    refusal_iri,
    rider_iri,
    target_iri,
    unread_iri,
)
from build_graph.graph.measures import SIGNALS
from build_graph.model import Body, BodyKind, Level, Measure, Reading, Span, line_column
from build_graph.pages.reader_marks import divisions, head, key
from build_graph.structure.document_names import DocumentNames
from build_graph.vocabulary import BASE, term

_LABEL = 14  # characters of a division's first words, where it has no heading

Values = dict[str, Any]


def data_of(emit: Emitter, **links: str | None) -> dict[str, object]:
    """The blocks of data of the page, by their names; `links` are addresses of other pages by theirs."""
    panel = _Panel.of(emit)
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
        "measures": [panel.measure(measure) for measure in document.measures],
        "parts": list(panel.divisions()),
        "others": list(panel.others()),
        "bodies": dict(panel.bodies()),
        "domains": dict(panel.domains()),
        "repairs": row(document.text.repairs),
    }


def outline(emit: Emitter) -> list[tuple[str, str, int]]:
    """The divisions for the outline: key, label, depth from 1."""
    return [
        (key(emit, iri), _label(emit, head(emit, division), division.mark, division.body), depth)
        for division, iri, depth in divisions(emit)
    ]


def counts(emit: Emitter) -> list[tuple[str, int]]:
    """What was found, by the keys of the page's words."""
    measures, document = emit.document.measures, emit.document
    bearers = [bearer for measure in measures for bearer in measure.bearers]
    kinds = Counter(kind for kind, _ in {(body_of(b).kind, body_of(b).id) for b in bearers})
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


def _label(emit: Emitter, heading: Span | None, mark: str | None, body: Span) -> str:
    """A division's mark and heading; its first words where it has none."""
    words = emit.words(heading) if heading else ""
    if heading and words != mark:
        return f"{mark or ''}{words}"
    first = " ".join(emit.words(body)[: _LABEL * 2].split())
    return f"{mark or ''}{first[:_LABEL]}{'…' if len(first) > _LABEL else ''}"


@dataclass(frozen=True, slots=True)
class _Panel:
    """Makes what the panel shows of each thing."""

    emit: Emitter
    names: DocumentNames
    rules: dict[Span, str]  # keys of the bearers in the text by where they stand

    @classmethod
    def of(cls, emit: Emitter) -> _Panel:
        rules = {
            bearer.span: key(emit, bearer_iri(measure_iri(emit.document_iri, measure), rank))
            for measure in emit.document.measures
            for rank, bearer in enumerate(measure.bearers, start=1)
        }
        return cls(emit, DocumentNames.load(), rules)

    def place(self, span: Span) -> str:
        """Line and column in the source of where a stretch begins: 8:11."""
        origin = self.emit.document.text.origin(span.start)
        return "{}:{}".format(*line_column(self.emit.lines, origin))

    # -------------------------------------------------------------------------- measures

    def measure(self, measure: Measure) -> Values:
        """What was understood of a measure."""
        iri = measure_iri(self.emit.document_iri, measure)
        assignment = measure.assignment
        found: Values = {
            "key": key(self.emit, iri),
            "clause": measure.clause or "",
            "index": measure.index,
            "at": self.place(measure.span),
            "allocation": assignment.allocation.value if assignment else "unstated" * bool(measure.defaults),
            "open": bool(assignment and assignment.open),
            "goal": measure.goal,
            "domains": [
                [
                    domain_iri(domain).removeprefix(BASE),
                    *map(self.emit.words, self.emit.words_once(domain.signals)[:SIGNALS]),
                ]
                for domain in measure.domains
            ],
            "bearers": list(self._bearers(measure, iri)),
            "norms": [
                {
                    **self._found(norm_iri(iri, index), norm.span),
                    "kind": norm.kind.value,
                    "cue": self.emit.words(norm.cue) if norm.cue else "",
                }
                for index, norm in enumerate(measure.norms, start=1)
            ],
            "targets": [
                {
                    **self._found(target_iri(iri, index), target.span),
                    "due": target.due.isoformat() if target.due else "",
                    "quantity": target.quantity or "",
                }
                for index, target in enumerate(measure.targets, start=1)
            ],
            "audiences": [
                {**self._found(audience_iri(iri, index), audience.span), "name": audience.name}
                for index, audience in enumerate(measure.audiences, start=1)
            ],
            "riders": [
                {
                    **self._found(rider_iri(iri, index), rider.span),
                    "kind": rider.kind.value,
                    "due": rider.due.isoformat() if rider.due else "",
                }
                for index, rider in enumerate(assignment.riders if assignment else (), start=1)
            ],
        }
        return {name: value for name, value in found.items() if value not in ("", False, [])}

    def _found(self, iri: str, span: Span) -> Values:
        return {"key": key(self.emit, iri), "at": self.place(span)}

    def _bearers(self, measure: Measure, iri: str) -> Iterator[Values]:
        stated = len(measure.bearers)
        for rank, bearer in enumerate((*measure.bearers, *measure.defaults), start=1):
            yield {
                **self._found(bearer_iri(iri, rank), bearer.span),
                "name": bearer.name,
                "body": self._body_key(body_of(bearer)),
                "role": bearer.role.value,
                **({"rule": self.rules.get(bearer.span, "")} if rank > stated else {}),
            }

    # ---------------------------------------------------------------------------- others

    def divisions(self) -> Iterator[Values]:
        """The divisions, with what their headings say."""
        for division, iri, _ in divisions(self.emit):
            yield {
                **self._found(iri, division.span),
                "label": _label(self.emit, head(self.emit, division), division.mark, division.body),
                "says": "principle" if division.principle else "goal" if division.goal else "",
            }

    def others(self) -> Iterator[Values]:
        """Citations, and what was not understood."""
        emit, document = self.emit, self.emit.document
        cited = [cited_iri(emit, self.names, citation) for citation in document.citations]
        bases = {iri for iri, citation in zip(cited, document.citations, strict=True) if citation.basis}
        for index, (iri, citation) in enumerate(zip(cited, document.citations, strict=True), start=1):
            found = self._found(citation_iri(emit.document_iri, index), citation.span)
            yield {**found, "kind": "citation", "cited": iri, "basis": iri in bases}
        for index, refusal in enumerate(document.refused, start=1):
            found = self._found(refusal_iri(emit.document_iri, index), refusal.span)
            yield {**found, "kind": "refused", "reason": refusal.reason}
        for index, damage in enumerate(document.text.damages, start=1):
            found = self._found(damage_iri(emit.document_iri, index), damage.span)
            yield {**found, "kind": "damaged", "reason": damage.reason}
        unread = (span for reading, span in document.coverage.stretches if reading is Reading.UNREAD)
        for index, span in enumerate(unread, start=1):
            yield {**self._found(unread_iri(emit.document_iri, index), span), "kind": "unread", "reason": ""}

    # --------------------------------------------------------------- bodies and domains

    def bodies(self) -> Iterator[tuple[str, Values]]:
        """Every body that bears a measure, by the end of its IRI."""
        measures = self.emit.document.measures
        bearers = (bearer for m in measures for bearer in (*m.bearers, *m.defaults))
        for body in dict.fromkeys(map(body_of, bearers)):
            name = self._body_key(body)
            yield name, self._described(body, BASE + name)

    def _described(self, body: Body, iri: str) -> Values:
        found: Values = {
            "zh": self._names(iri, "skos:prefLabel", "zh") if body.known else "",
            "en": self._names(iri, "skos:prefLabel", "en") if body.known else "",
            "short": self._names(iri, "skos:altLabel", "en") if body.known else "",
            "words": body.label,
            "group": body.kind is BodyKind.GROUP,
            "unresolved": body.kind is BodyKind.AGENCY and not body.resolved,
            "answers": [self._pair(agency_iri(id_)) for id_ in sorted(body.answers_to)],
        }
        return {name: value for name, value in found.items() if value}

    def _body_key(self, body: Body) -> str:
        return self.emit.body_iri(body).removeprefix(BASE).removeprefix(self.emit.base)

    def domains(self) -> Iterator[tuple[str, list[str]]]:
        """The names of every domain of a measure, by the end of its IRI."""
        found = (domain for measure in self.emit.document.measures for domain in measure.domains)
        for iri in dict.fromkeys(domain_iri(domain) for domain in found):
            yield iri.removeprefix(BASE), self._pair(iri)

    def _pair(self, iri: str) -> list[str]:
        """The names of a thing of the registries, in English and Chinese."""
        end = iri.rpartition("/")[2]
        return [self._names(iri, "skos:prefLabel", tongue) or end for tongue in ("en", "zh")]

    def _names(self, iri: str, predicate: str, language: str) -> str:
        """The names in a language, with commas between them; empty where there are none."""
        said = self.emit.descriptions.statements.get(NamedNode(iri), ())
        names: Iterable[Literal] = (
            statement.object
            for statement in said
            if statement.predicate == term(predicate) and isinstance(statement.object, Literal)
        )
        return ", ".join(sorted(name.value for name in names if name.language == language))
