"""A document as triples: one named graph, IRIs from content alone, no blank nodes.

Everything that was found in the text carries its evidence: where it stands in the repaired text (code
points, 0-based, end exclusive), the words that stand there, and line and column in the source.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode, Quad

from build_graph import __version__
from build_graph.graph.descriptions import Descriptions
from build_graph.model import (
    Allocation,
    Assignment,
    Bearer,
    Body,
    BodyKind,
    Division,
    Document,
    Domain,
    Level,
    Measure,
    Norm,
    NormKind,
    Repair,
    Role,
    Span,
    Target,
    line_column,
)
from build_graph.structure.numerals import number
from build_graph.vocabulary import BASE, path, segment, term

Value = NamedNode | Literal | str | int | bool | date | None

_LEVELS = {Level.SECTION: "ob:Section", Level.CLAUSE: "ob:Clause", Level.CLOSING: "ob:Closing"}
_NORMS = {
    NormKind.OBLIGATION: "ob:Obligation",
    NormKind.PROHIBITION: "ob:Prohibition",
    NormKind.PERMISSION: "ob:Permission",
    NormKind.ENCOURAGEMENT: "ob:Encouragement",
}
_ROLES = {Role.LEAD: "ob:Lead", Role.SUPPORT: "ob:Support", Role.RESPONSIBLE: "ob:Responsible"}
_ALLOCATIONS = {
    Allocation.DIVIDED: "ob:Divided",
    Allocation.JOINT: "ob:Joint",
    Allocation.UNSTATED: "ob:Unstated",
}
_SIGNALS = 3  # words shown for a domain; where there are more, the text has them
_RESTORING = frozenset({"close_holes"})  # repairs that put lost words back: each change is listed

_QUANTITY = re.compile(
    r"""
    (?P<percent> 百分之 )?                                  # 百分之二十
    (?P<value> \d[\d,]* (?:\.\d+)? | [一二两三四五六七八九十百千]+ )  # 5000, 1,200.5, 十
    (?P<unit> [^\s\d]* )                                    # 亿元, %, 家以上
    """,
    re.VERBOSE,
)


def quads(
    document: Document, descriptions: Descriptions, base: str = BASE, issuer: Body | None = None
) -> Iterator[Quad]:
    """The statements of a document in the graph named by the document, in the text's order.

    What a document brings along is named under `base`; bodies and domains of the registries keep
    their own IRIs, so that graphs with different bases meet in them. `issuer` is the body that the
    issuer's name stands for; without it the name is looked up as it stands.
    """
    return _Emitter.of(document, descriptions, base, issuer).quads()


@dataclass(frozen=True, slots=True)
class _Emitter:
    """Emits the statements of one document; `lines` holds where the source's lines start."""

    document: Document
    descriptions: Descriptions
    base: str
    issuer: Body | None
    document_iri: str
    graph: NamedNode
    text: NamedNode
    lines: tuple[int, ...]

    @classmethod
    def of(cls, document: Document, descriptions: Descriptions, base: str, issuer: Body | None) -> _Emitter:
        lines = document.text.source.line_starts()
        iri = f"{base}document/{segment(document.id)}"
        graph, text = NamedNode(iri), NamedNode(f"{iri}/text")
        issuer = issuer or _issuer(document.outline.metadata.issuer, descriptions)
        return cls(document, descriptions, base, issuer, iri, graph, text, lines)

    # ------------------------------------------------------------------------------- the whole

    def quads(self) -> Iterator[Quad]:
        yield from self._metadata()
        yield from self._provenance()
        yield from self._flaws()
        for division in self.document.outline.divisions:
            yield from self._division(division, self.document_iri)
        for measure in self.document.measures:
            yield from self._measure(measure)
        yield from self._bodies()
        yield from self._domains()

    def _metadata(self) -> Iterator[Quad]:
        meta = self.document.outline.metadata
        yield from self._about(
            self.document_iri,
            ("rdf:type", term("eli:LegalResource")),
            ("dcterms:title", _zh(meta.title)),
            ("eli:id_local", meta.number),
            ("eli:date_document", meta.issued),
            ("eli:passed_by", NamedNode(self._body_iri(self.issuer)) if self.issuer else None),
            ("eli:jurisdiction", self._place(self.document.jurisdiction)),
            *(("ob:addressedTo", name) for name in meta.addressees),
        )
        if self.document.jurisdiction:
            yield from self._describe_place(self.document.jurisdiction)

    def _provenance(self) -> Iterator[Quad]:
        text, source = self.document.text, self.document.text.source
        reading, program = f"{self.document_iri}/reading", self._program
        yield from self._about(
            self.text.value,
            ("rdf:type", term("eli:LegalExpression")),
            ("rdf:type", term("prov:Entity")),
            ("eli:realizes", NamedNode(self.document_iri)),
            ("eli:title", _zh(self.document.outline.metadata.title)),
            ("schema:text", text.content),
            ("ob:sha256", _sha256(text.content)),
            ("prov:wasDerivedFrom", NamedNode(f"{self.document_iri}/source")),
            ("prov:wasGeneratedBy", NamedNode(reading)),
        )
        yield from self._about(
            f"{self.document_iri}/source",
            ("rdf:type", term("prov:Entity")),
            ("schema:name", source.name),
            ("ob:encoding", source.encoding),
            ("ob:sha256", _sha256(source.content)),
        )
        yield from self._about(
            reading,
            ("rdf:type", term("prov:Activity")),
            ("prov:used", NamedNode(f"{self.document_iri}/source")),
            ("prov:wasAssociatedWith", NamedNode(program)),
        )
        yield from self._about(
            program,
            ("rdf:type", term("prov:SoftwareAgent")),
            ("schema:name", "obligation-graph"),
            ("schema:softwareVersion", __version__),
        )
        yield from self._repairs(reading)

    @property
    def _program(self) -> str:
        return f"{self.base}software/obligation-graph/{__version__}"

    # --------------------------------------------------------------- repairs and what was wrong

    def _repairs(self, reading: str) -> Iterator[Quad]:
        for name, count in Counter(repair.name for repair in self.document.text.repairs).items():
            node = f"{self.document_iri}/repair/{segment(name)}"
            yield from self._about(reading, ("ob:hasRepair", NamedNode(node)))
            yield from self._about(
                node,
                ("rdf:type", term("ob:Repair")),
                ("rdfs:label", name),
                ("ob:count", count),
            )
        restoring = [r for r in self.document.text.repairs if r.name in _RESTORING]
        for index, repair in enumerate(restoring, start=1):
            yield from self._change(repair, index)

    def _change(self, repair: Repair, index: int) -> Iterator[Quad]:
        owner = f"{self.document_iri}/repair/{segment(repair.name)}"
        node = f"{owner}/{index}"
        yield from self._about(owner, ("ob:hasChange", NamedNode(node)))
        yield from self._about(
            node,
            ("rdf:type", term("ob:Change")),
            ("ob:before", repair.before),
            ("ob:after", repair.after),
            ("ob:sourceStart", repair.source.start),
            ("ob:sourceEnd", repair.source.end),
        )
        yield from self._evidence(node, repair.span)

    def _flaws(self) -> Iterator[Quad]:
        for index, damage in enumerate(self.document.text.damages, start=1):
            node = f"{self.document_iri}/damage/{index}"
            yield from self._about(self.text.value, ("ob:hasDamage", NamedNode(node)))
            yield from self._about(node, ("rdf:type", term("ob:Damage")), ("ob:reason", damage.reason))
            yield from self._evidence(node, damage.span)
        for index, span in enumerate(self.document.refused, start=1):
            node = f"{self.document_iri}/refused/{index}"
            yield from self._about(self.text.value, ("ob:hasRefusedBracket", NamedNode(node)))
            yield from self._about(node, ("rdf:type", term("ob:RefusedBracket")))
            yield from self._evidence(node, span)

    # ----------------------------------------------------------------------------- the outline

    def _division(self, division: Division, parent: str) -> Iterator[Quad]:
        content = self.document.text.content
        node = f"{parent}/{segment(division.key)}"
        heading = division.heading.of(content) if division.heading else None
        yield from self._part_of(node, parent)
        yield from self._about(
            node,
            ("rdf:type", term("eli:LegalResourceSubdivision")),
            ("rdf:type", term(_LEVELS[division.level])),
            ("eli:number", division.mark),
            ("ob:ordinal", division.ordinal or None),
            ("ob:heading", heading),
            ("rdfs:label", _zh(f"{division.mark or ''}{heading or ''}" or None)),
            ("ob:statesPrinciples", division.principle or None),
            ("ob:statesGoals", division.goal or None),
        )
        yield from self._evidence(node, division.span)
        for part in division.parts:
            yield from self._division(part, node)

    # ------------------------------------------------------------------------------ a measure

    def _measure(self, measure: Measure) -> Iterator[Quad]:
        parent = "/".join((self.document_iri, *map(segment, measure.path)))
        node = f"{parent}/m{measure.index}"
        yield from self._part_of(node, parent)
        yield from self._about(
            node,
            ("rdf:type", term("eli:LegalResourceSubdivision")),
            ("rdf:type", term("ob:Measure")),
            ("ob:statedIn", NamedNode(self.document_iri)),
            ("ob:index", measure.index),
            ("ob:text", self._words(measure.span)),
            ("ob:statesGoals", measure.goal or None),
            *self._responsible(measure),
        )
        yield from self._evidence(node, measure.span)
        for index, norm in enumerate(measure.norms, start=1):
            yield from self._norm(norm, measure, node, f"{node}/n{index}")
        for index, target in enumerate(measure.targets, start=1):
            yield from self._target(target, node, f"{node}/t{index}")
        if measure.assignment:
            yield from self._assignment(measure.assignment, node)
        yield from self._subjects(measure, node)
        yield from self._audiences(measure, node)

    def _responsible(self, measure: Measure) -> Iterator[tuple[str, Value]]:
        """The shortcuts from a measure, or a norm of it, to the bodies that bear it."""
        for bearer in measure.bearers:
            group = _body(bearer).kind is BodyKind.GROUP
            yield (
                "ob:responsibleGroup" if group else "ob:responsibleAgency",
                NamedNode(self._body_iri(_body(bearer))),
            )

    def _norm(self, norm: Norm, measure: Measure, owner: str, node: str) -> Iterator[Quad]:
        yield from self._about(owner, ("ob:hasNorm", NamedNode(node)))
        yield from self._about(
            node,
            ("rdf:type", term("ob:Norm")),
            ("rdf:type", term(_NORMS[norm.kind])),
            ("ob:text", self._words(norm.span)),
            ("ob:cue", self._words(norm.cue) if norm.cue else None),
            *self._responsible(measure),
        )
        yield from self._evidence(node, norm.span)
        if norm.cue:
            yield from self._evidence(node, norm.cue, "ob:kindEvidence", "cue")

    def _target(self, target: Target, owner: str, node: str) -> Iterator[Quad]:
        yield from self._about(owner, ("ob:hasTarget", NamedNode(node)))
        yield from self._about(
            node,
            ("rdf:type", term("ob:Target")),
            ("ob:text", self._words(target.span)),
            ("ob:due", target.due),
        )
        yield from self._evidence(node, target.span)
        for index, printed in enumerate(_pieces(target.quantity), start=1):
            quantity = f"{node}/q{index}"
            yield from self._about(node, ("ob:quantity", NamedNode(quantity)))
            yield from self._about(quantity, *_quantity(printed))

    def _subjects(self, measure: Measure, node: str) -> Iterator[Quad]:
        for rank, domain in enumerate(measure.domains, start=1):
            concept = _domain_iri(domain)
            statement = f"{node}/domain/{segment(domain.id)}"
            yield from self._about(
                node,
                ("dcterms:subject", concept),
                ("ob:mainDomain", concept if rank == 1 else None),
                ("ob:hasDomain", NamedNode(statement)),
            )
            yield from self._about(
                statement,
                ("rdf:type", term("ob:DomainStatement")),
                ("ob:domain", concept),
                ("ob:rank", rank),
                ("ob:inferred", None if domain.signals else True),
            )
            for index, signal in enumerate(self._words_once(domain.signals)[:_SIGNALS], start=1):
                yield from self._evidence(statement, signal, name=_evidence_name(index))

    def _audiences(self, measure: Measure, node: str) -> Iterator[Quad]:
        for index, audience in enumerate(measure.audiences, start=1):
            statement = f"{node}/audience/{index}"
            group = NamedNode(f"{self.base}target-group/{segment(audience.name)}")
            yield from self._about(
                node, ("dcterms:audience", group), ("ob:hasAudience", NamedNode(statement))
            )
            yield from self._about(
                statement,
                ("rdf:type", term("ob:AudienceStatement")),
                ("ob:audience", group),
                ("ob:asWritten", self._words(audience.span)),
            )
            yield from self._evidence(statement, audience.span)
            yield from self._about(
                group.value,
                ("rdf:type", term("ob:TargetGroup")),
                ("rdfs:label", _zh(audience.name)),
            )

    # ------------------------------------------------------------------------- responsibility

    def _assignment(self, assignment: Assignment, measure: str) -> Iterator[Quad]:
        node = f"{measure}/assignment"
        yield from self._about(
            measure,
            ("ob:hasAssignment", NamedNode(node)),
            ("ob:allocation", term(_ALLOCATIONS[assignment.allocation])),
            ("ob:openList", assignment.open),
        )
        yield from self._about(
            node,
            ("rdf:type", term("ob:ResponsibilityAssignment")),
            ("ob:asWritten", self._words(assignment.span)),
        )
        yield from self._evidence(node, assignment.span)
        for rank, bearer in enumerate(assignment.bearers, start=1):
            statement = f"{node}/b{rank}"
            yield from self._about(node, ("ob:hasBearer", NamedNode(statement)))
            yield from self._about(
                statement,
                ("rdf:type", term("ob:BearerStatement")),
                ("ob:assignedTo", NamedNode(self._body_iri(_body(bearer)))),
                ("ob:role", term(_ROLES[bearer.role])),
                ("ob:rank", rank),
                ("ob:asWritten", bearer.name),
            )
            yield from self._evidence(statement, bearer.span)

    # ------------------------------------------------------------------- bodies and domains

    def _bodies(self) -> Iterator[Quad]:
        bearers = (_body(bearer) for measure in self.document.measures for bearer in measure.bearers)
        bodies = dict.fromkeys([self.issuer, *bearers] if self.issuer else bearers)
        yield from self._descriptions(NamedNode(self._body_iri(body)) for body in bodies if body.known)
        for body in bodies:
            if NamedNode(self._body_iri(body)) not in self.descriptions.statements:
                yield from self._stranger(body)

    def _stranger(self, body: Body) -> Iterator[Quad]:
        """A body that the registry does not know, be it an office or a firm: its words are all we have."""
        node, words = self._body_iri(body), ("skos:prefLabel", _zh(body.label))
        if body.kind is BodyKind.GROUP:
            yield from self._about(node, ("rdf:type", term("ob:AgencyGroup")), words)
            return
        jurisdiction = body.id.rpartition("/")[0] or None
        yield from self._about(
            node,
            ("rdf:type", term("org:FormalOrganization")),
            ("rdf:type", term("schema:Organization")),
            words,
            ("ob:resolved", False),
            ("ob:jurisdiction", self._place(jurisdiction)),
        )
        if jurisdiction:
            yield from self._describe_place(jurisdiction)

    def _domains(self) -> Iterator[Quad]:
        found = (domain for measure in self.document.measures for domain in measure.domains)
        yield from self._descriptions(dict.fromkeys(map(_domain_iri, found)))

    def _descriptions(self, nodes: Iterable[NamedNode]) -> Iterator[Quad]:
        for triple in self.descriptions.of(nodes):
            yield Quad(triple.subject, triple.predicate, triple.object, self.graph)

    def _body_iri(self, body: Body) -> str:
        kind = "group" if body.kind is BodyKind.GROUP else "agency"
        return f"{BASE if body.known else self.base}{kind}/{path(body.id)}"

    def _place(self, jurisdiction: str | None) -> NamedNode | None:
        return NamedNode(f"{self.base}place/{path(jurisdiction)}") if jurisdiction else None

    def _describe_place(self, jurisdiction: str) -> Iterator[Quad]:
        return self._about(
            f"{self.base}place/{path(jurisdiction)}",
            ("rdf:type", term("schema:AdministrativeArea")),
            ("rdfs:label", _zh(jurisdiction.replace("/", ""))),
        )

    # ------------------------------------------------------------------------------- evidence

    def _words(self, span: Span) -> str:
        return span.of(self.document.text.content)

    def _words_once(self, spans: Iterable[Span]) -> list[Span]:
        """Of the spans with the same words the first, in order."""
        once: dict[str, Span] = {}
        for span in sorted(spans):
            once.setdefault(self._words(span), span)
        return list(once.values())

    def _evidence(
        self, thing: str, span: Span, link: str = "ob:hasEvidence", name: str = "evidence"
    ) -> Iterator[Quad]:
        """Where a thing stands; most of a graph is this, so it goes without `_about`."""
        iri, graph, kind = f"{thing}/{name}", self.graph, term("rdf:type")
        node, position, quote = NamedNode(iri), NamedNode(f"{iri}/position"), NamedNode(f"{iri}/quote")
        line, column = line_column(self.lines, self.document.text.origin(span.start))
        yield Quad(NamedNode(thing), term(link), node, graph)
        yield Quad(node, kind, term("oa:SpecificResource"), graph)
        yield Quad(node, term("oa:hasSource"), self.text, graph)
        yield Quad(node, term("oa:hasSelector"), position, graph)
        yield Quad(node, term("oa:hasSelector"), quote, graph)
        yield Quad(node, term("ob:sourceLine"), Literal(line), graph)
        yield Quad(node, term("ob:sourceColumn"), Literal(column), graph)
        yield Quad(position, kind, term("oa:TextPositionSelector"), graph)
        yield Quad(position, term("oa:start"), Literal(span.start), graph)
        yield Quad(position, term("oa:end"), Literal(span.end), graph)
        yield Quad(quote, kind, term("oa:TextQuoteSelector"), graph)
        yield Quad(quote, term("oa:exact"), Literal(self._words(span)), graph)

    def _about(self, subject: str, *pairs: tuple[str, Value]) -> Iterator[Quad]:
        """The statements on one subject; a pair without a value says nothing."""
        node = NamedNode(subject)
        for predicate, value in pairs:
            if value is not None:
                yield Quad(node, term(predicate), _object(value), self.graph)

    def _part_of(self, node: str, parent: str) -> Iterator[Quad]:
        whole, part = NamedNode(parent), NamedNode(node)
        yield Quad(whole, term("eli:has_part"), part, self.graph)
        yield Quad(part, term("eli:is_part_of"), whole, self.graph)


# ------------------------------------------------------------------------------------- small parts


def _object(value: NamedNode | Literal | str | int | bool | date) -> NamedNode | Literal:
    if isinstance(value, (NamedNode, Literal)):
        return value
    if isinstance(value, date):
        return Literal(value.isoformat(), datatype=term("xsd:date"))
    return Literal(value)


def _zh(words: str | None) -> Literal | None:
    return Literal(words, language="zh") if words else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _body(bearer: Bearer) -> Body:
    """The bearer's body; a bearer that nobody resolved keeps its words."""
    return bearer.body or Body(bearer.name, bearer.kind, bearer.name, known=False)


def _issuer(name: str | None, descriptions: Descriptions) -> Body | None:
    """The body with the issuer's name, if there is one; it is known if the registry names just one."""
    if name is None:
        return None
    node = descriptions.named(name)
    id_ = node.value.removeprefix(f"{BASE}agency/") if node else name
    return Body(id_, BodyKind.AGENCY, name, known=node is not None)


def _domain_iri(domain: Domain) -> NamedNode:
    return NamedNode(f"{BASE}domain/{segment(domain.id)}")


def _evidence_name(index: int) -> str:
    return "evidence" if index == 1 else f"evidence/{index}"


def _pieces(quantity: str | None) -> list[str]:
    """The quantities of a target: 90%、75% are two."""
    return [piece for piece in (quantity or "").split("、") if piece]


def _quantity(printed: str) -> Iterator[tuple[str, Value]]:
    """What is said of a quantity: as printed, and value and unit where they can be told apart."""
    yield "rdf:type", term("schema:QuantitativeValue")
    yield "ob:asWritten", printed
    if found := _QUANTITY.search(unicodedata.normalize("NFKC", printed)):
        value = found["value"].replace(",", "")
        digits = value if value[0].isdecimal() else str(number(value))
        yield "schema:value", Literal(digits, datatype=term("xsd:decimal"))
        yield "schema:unitText", "%" if found["percent"] else found["unit"] or None
