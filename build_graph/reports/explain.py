"""Explains what a graph says: the words in their sentence, where they stand, what was understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, Triple

from build_graph.errors import ObligationError
from build_graph.structure.numerals import number
from build_graph.vocabulary import BASE, term

_SENTENCE = re.compile(r"[^。；;\n]*[。；;]?")
_NUMERAL = re.compile(r"[\d一二三四五六七八九十百]+")
# A clause's mark as people write it: 四, （四）, 4., 第四条, 二、, clause 4.
_MARK = re.compile(
    r"(?:(?:clause|section|article)\s+)?[（(【\[]?第?[\d一二三四五六七八九十百]+[)）】\]条款节章.、．]{0,2}",
    re.IGNORECASE,
)

GIVE = (
    "give a clause's number (四), the name of a body, domain or document (商务部), an IRI, or the end of one "
    "(document/国发-2015-24/s2/c4)"
)

Mark = Callable[[str], str]


class CannotExplainError(ObligationError):
    """The graph holds nothing by that name, or several things."""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Looks things up in a store; `mark` makes words stand out in their sentence."""

    store: Store
    mark: Mark
    graph: DefaultGraph | None = None  # the graph of the store that is looked in; None for all together

    def explain(self, name: str) -> Iterator[str]:
        """The lines that explain an IRI, the end of one, or a clause's mark such as （四） or 四."""
        yield from self.describe(self.find(name))

    def describe(self, node: NamedNode) -> Iterator[str]:
        """The lines that explain a thing."""
        types = {kind.value for kind in self._all(node, "rdf:type")}
        if types & {term("ob:Section").value, term("ob:Clause").value, term("ob:Closing").value}:
            yield from self._division(node)
        elif term("ob:Measure").value in types:
            yield from self._measure(node)
        elif term("eli:LegalResource").value in types:
            yield from self._document(node)
        elif self._one(node, "ob:hasEvidence"):
            yield from self._thing(node)
        else:
            yield from self._body(node)

    # ---------------------------------------------------------------------------- finding

    def find(self, name: str) -> NamedNode:
        """The one node of that IRI or mark; raises CannotExplainError with what would do instead."""
        if node := self.known(name) or self.marked(name):
            return node
        raise CannotExplainError(f"{name}: the graph holds no such IRI or clause; {GIVE}")

    def known(self, name: str) -> NamedNode | None:
        """The node that has the name as its IRI, or as the end of it; None for none."""
        found = (
            node
            for node in candidates(name)
            if next(iter(self.store.quads_for_pattern(node, None, None, self.graph)), None)
        )
        return next(found, None)

    def marked(self, name: str) -> NamedNode | None:
        """The one clause that bears the mark; None for none, CannotExplainError for several."""
        found = self._by_mark(name)
        if len(found) > 1:
            listed = "\n".join(f"  {node.value.removeprefix(BASE)}" for node in found)
            raise CannotExplainError(f"{name}: {len(found)} clauses carry that number; name one of\n{listed}")
        return found[0] if found else None

    def _by_mark(self, name: str) -> list[NamedNode]:
        """The clauses whose mark prints that number, in the same numerals if any; 一、 asks for sections."""
        if not is_mark(name):
            return []
        found = _NUMERAL.search(name)
        assert found, "a mark has a number"
        kind = "ob:Section" if name.strip().endswith("、") else "ob:Clause"
        alike: dict[NamedNode, str] = {}
        for quad in self._said(None, term("rdf:type"), term(kind)):
            numeral = _NUMERAL.search(self._text(quad.subject, "eli:number"))
            if numeral and number(numeral[0]) == number(found[0]) and isinstance(quad.subject, NamedNode):
                alike[quad.subject] = numeral[0]
        same = [node for node, numeral in alike.items() if numeral == found[0]]
        return sorted(same or alike, key=lambda node: node.value)

    # ------------------------------------------------------------------------- describing

    def _division(self, node: NamedNode) -> Iterator[str]:
        yield f"{self._text(node, 'rdfs:label') or '(no heading)'}"
        yield f"  {self._place(node)}"
        yield f"  {node.value}"
        for part in sorted(self._all(node, "eli:has_part"), key=self._start):
            yield ""
            if term("ob:Measure") in self._all(part, "rdf:type"):
                yield from self._measure(part)
            else:
                yield from self._division(part)

    def _document(self, node: NamedNode) -> Iterator[str]:
        """A document: its title, number and date, and the parts that it has, each with its place."""
        yield self._text(node, "dcterms:title") or self._text(node, "rdfs:label") or _tail(node)
        yield f"  iri     {node.value}"
        for name, predicate in (("number", "eli:id_local"), ("date", "eli:date_document")):
            if said := self._text(node, predicate):
                yield f"  {name:<8}{said}"
        yield from self._parts(node)

    def _parts(self, node: NamedNode, indent: str = "  ") -> Iterator[str]:
        for part in sorted(self._all(node, "eli:has_part"), key=self._start):
            if term("ob:Measure") not in self._all(part, "rdf:type"):
                label = self._text(part, "rdfs:label") or "(no heading)"
                yield f"{indent}{self._place(part)}  {label}"
                yield from self._parts(part, f"{indent}  ")

    def _measure(self, node: NamedNode) -> Iterator[str]:
        yield f"measure   {self._text(node, 'ob:text')}"
        yield f"  at      {self._place(node)}"
        yield f"  iri     {node.value}"
        assignment = self._one(node, "ob:hasAssignment")
        if isinstance(assignment, NamedNode):
            yield f"  words   {self._text(assignment, 'ob:asWritten')}"
            allocation = _tail(self._one(node, "ob:allocation"))
            opened = ", list open (等)" if self._text(node, "ob:openList") == "true" else ""
            yield f"  shared  {allocation}{opened}"
            for bearer in sorted(self._all(assignment, "ob:hasBearer"), key=self._rank):
                yield f"  bearer  {self._bearer(bearer)}"
            for rider in sorted(self._all(assignment, "ob:hasRider"), key=self._start):
                yield f"  rider   {self._rider(rider)}"
        for norm in sorted(self._all(node, "ob:hasNorm"), key=self._start):
            yield f"  norm    {self._kind(norm):<14}{self._text(norm, 'ob:text')}"
        for target in sorted(self._all(node, "ob:hasTarget"), key=self._start):
            due = self._text(target, "ob:due")
            yield f"  target  {f'due {due}' if due else 'no date':<16}{self._text(target, 'ob:text')}"
        for audience in sorted(self._all(node, "ob:hasAudience"), key=self._start):
            yield f"  for     {self._text(audience, 'ob:asWritten')}"
        main = self._one(node, "ob:mainDomain")
        domains = sorted(self._all(node, "dcterms:subject"), key=lambda d: (d != main, d.value))
        if domains:
            yield f"  domain  {'; '.join(self._label(domain) for domain in domains)}"

    def _thing(self, node: NamedNode) -> Iterator[str]:
        """A norm, target, assignment or bearer: its words in their sentence, then its measure."""
        yield f"{self._kind(node)}   {self._place(node)}"
        yield f"  {self._in_sentence(node)}"
        if self._one(node, "ob:assignedTo"):
            yield f"  bearer  {self._bearer(node)}"
        cue = self._text(node, "ob:cue")
        if cue:
            yield f"  cue     {cue}"
        yield f"  iri     {node.value}"
        measure = measure_of(node)
        if measure != node and self._one(measure, "rdf:type"):
            yield ""
            yield from self._measure(measure)

    def _body(self, node: NamedNode) -> Iterator[str]:
        """An agency, group or domain: its names, and the measures that name it."""
        yield self._label(node)
        yield f"  iri     {node.value}"
        for name in sorted(self._all_texts(node, "skos:altLabel")):
            yield f"  also    {name}"
        measures = {
            quad.subject
            for predicate in (
                "ob:responsibleAgency",
                "ob:responsibleGroup",
                "dcterms:subject",
                "dcterms:audience",
            )
            for quad in self._said(None, term(predicate), node)
            if isinstance(quad.subject, NamedNode)
            and term("ob:Measure") in self._all(quad.subject, "rdf:type")
        }
        yield f"  in      {len(measures)} measures"
        for measure in sorted(measures, key=lambda m: (m.value.split("/m")[0], self._start(m))):
            yield f"    {self._place(measure)}  {self._text(measure, 'ob:text')[:60]}"

    def _bearer(self, node: NamedNode) -> str:
        body = self._one(node, "ob:assignedTo")
        written, label = (
            self._text(node, "ob:asWritten"),
            self._label(body) if isinstance(body, NamedNode) else "",
        )
        known = "" if self._text(body, "ob:resolved") != "false" else " (not in the registry)"
        default = f" (by default, {self._place(node)})" if self._text(node, "ob:inferred") == "true" else ""
        return f"{_tail(self._one(node, 'ob:role')):<12}{written} = {label}{known}{default}"

    def _rider(self, node: NamedNode) -> str:
        due = self._text(node, "ob:due")
        kind = _tail(self._one(node, "ob:riderKind"))
        return f"{kind:<12}{self._text(node, 'ob:asWritten')}{f' = {due}' if due else ''}"

    def _in_sentence(self, node: NamedNode) -> str:
        """The sentence around a thing's words, the words marked."""
        evidence = self._one(node, "ob:hasEvidence")
        text = self._text(self._one(evidence, "oa:hasSource"), "schema:text")
        start, end = self._offsets(node)
        left = max(text.rfind(stop, 0, start) for stop in "。；;\n") + 1
        rest = _SENTENCE.match(text, end)
        return text[left:start] + self.mark(text[start:end]) + (rest[0] if rest else "")

    def _place(self, node: object) -> str:
        """File, line and column."""
        evidence = self._one(node, "ob:hasEvidence")
        text = self._one(evidence, "oa:hasSource")
        source = self._one(text, "prov:wasDerivedFrom")
        name = self._text(source, "schema:name")
        return f"{name}:{self._text(evidence, 'ob:sourceLine')}:{self._text(evidence, 'ob:sourceColumn')}"

    def _offsets(self, node: object) -> tuple[int, int]:
        evidence = self._one(node, "ob:hasEvidence")
        for selector in self._all(evidence, "oa:hasSelector"):
            start, end = self._text(selector, "oa:start"), self._text(selector, "oa:end")
            if start:
                return int(start), int(end)
        return 0, 0

    def _start(self, node: object) -> int:
        return self._offsets(node)[0]

    def _rank(self, node: NamedNode) -> int:
        return int(self._text(node, "ob:rank"))

    def _kind(self, node: NamedNode) -> str:
        """The most particular type: prohibition rather than norm."""
        kinds = [_tail(kind) for kind in self._all(node, "rdf:type")]
        return next((kind for kind in kinds if kind != "norm"), "thing")

    def _label(self, node: NamedNode) -> str:
        """Chinese name, then the English one where there is one."""
        labels = {
            quad.object.language: quad.object.value
            for predicate in ("rdfs:label", "skos:prefLabel")
            for quad in self._said(node, term(predicate), None)
            if isinstance(quad.object, Literal)
        }
        return " ".join(labels[lang] for lang in ("zh", "en", None) if lang in labels) or node.value

    # --------------------------------------------------------------------------- the graph

    def _said(
        self, subject: NamedNode | None, predicate: NamedNode, value: NamedNode | None
    ) -> Iterable[Triple]:
        """The statements that fit, each once, in however many graphs it stands."""
        quads = self.store.quads_for_pattern(subject, predicate, value, self.graph)
        return dict.fromkeys(quad.triple for quad in quads)

    def _all(self, node: object, predicate: str) -> list[NamedNode]:
        if not isinstance(node, NamedNode):
            return []
        quads = self._said(node, term(predicate), None)
        return [quad.object for quad in quads if isinstance(quad.object, NamedNode)]

    def _one(self, node: object, predicate: str) -> NamedNode | None:
        found = self._all(node, predicate)
        return found[0] if found else None

    def _all_texts(self, node: object, predicate: str) -> list[str]:
        if not isinstance(node, NamedNode):
            return []
        quads = self._said(node, term(predicate), None)
        return [quad.object.value for quad in quads if isinstance(quad.object, Literal)]

    def _text(self, node: object, predicate: str) -> str:
        found = self._all_texts(node, predicate)
        return found[0] if found else ""


def candidates(name: str) -> list[NamedNode]:
    """The IRIs that a name may stand for: itself, or the end of one behind the base.

    >>> [node.value for node in candidates("agency/mofcom")]
    ['https://w3id.org/obligation-graph/id/agency/mofcom']
    """
    iris = (name, BASE + name.removeprefix("/"))
    return [node for node in map(_node, iris) if node]


def _node(iri: str) -> NamedNode | None:
    """The IRI of the net that a text is, if it is one."""
    try:
        return NamedNode(iri) if re.match(r"https?://[^\s<>\"{}|\\^`]+$", iri) else None
    except ValueError:
        return None


def is_mark(name: str) -> bool:
    """Whether a name is the mark of a clause or section, and nothing else.

    >>> is_mark("（四）"), is_mark("第四条"), is_mark("三农"), is_mark("国发〔2015〕24号")
    (True, True, False, False)
    """
    return bool(_MARK.fullmatch(name.strip()))


def measure_of(node: NamedNode) -> NamedNode:
    """The measure that a thing lies below; the thing itself where there is none.

    >>> measure_of(NamedNode("https://x/s2/c4/m1/n3")).value
    'https://x/s2/c4/m1'
    """
    return NamedNode(re.sub(r"(/m\d+)/.*$", r"\1", node.value))


def _tail(node: NamedNode | None) -> str:
    """The last part of an IRI in small letters: …#ResponsibilityAssignment → responsibility assignment."""
    name = re.split(r"[#/]", node.value)[-1] if node else ""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
