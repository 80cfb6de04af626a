"""Explanations of a graph's contents: the words in their sentence, their place in the source, their meaning.

They read statements and not a restored document (`query.restore`): of an endpoint only the few things that
are shown are fetched, and graphs without the changes of the repairs can be explained too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from build_graph.errors import ObligationError
from build_graph.extract.structure.marks import parse_numeral
from build_graph.query.catalogue import ParameterKind, construct
from build_graph.query.engines import Engine, OxigraphEngine, convert_store_errors
from build_graph.query.http.receiving import MOST, TIMEOUT
from build_graph.query.names import EntityFinder, list_candidates
from build_graph.query.open import open_graph
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
    "(d/国发-2015-24/s2/c4)"
)

Mark = Callable[[str], str]
V = TypeVar("V", NamedNode, Literal)
# The kinds among which a name is searched: first bodies, domains and documents together, then headings.
_KINDS = ((ParameterKind.AGENCY, ParameterKind.DOMAIN, ParameterKind.DOCUMENT), (ParameterKind.CLAUSE,))
_NAMING = ("ob:responsibleAgency", "ob:responsibleGroup", "dcterms:subject", "dcterms:audience")


class CannotExplainError(ObligationError):
    """A name that no thing in the graph has, or several."""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explanations from a store; `mark` makes words stand out in their sentence."""

    store: Store
    mark: Mark

    def describe(self, node: NamedNode) -> Iterator[str]:
        """Yield the lines that explain a thing."""
        types = {kind.value for kind in self._find_nodes(node, "rdf:type")}
        if types & {term("ob:Section").value, term("ob:Clause").value, term("ob:Closing").value}:
            yield from self._describe_division(node)
        elif term("ob:Measure").value in types:
            yield from self._describe_measure(node)
        elif term("eli:LegalResource").value in types:
            yield from self._describe_document(node)
        elif self._find_node(node, "nif:referenceContext"):
            yield from self._describe_passage(node)
        elif self._find_node(node, "ob:hasEvidence"):
            yield from self._describe_entity(node)
        else:
            yield from self._describe_body(node)

    # ---------------------------------------------------------------------------- finding

    def find_iri(self, name: str) -> NamedNode | None:
        """Return the node with the name as its IRI or as the end of it, or None."""
        patterns = (self.store.quads_for_pattern(node, None, None, None) for node in list_candidates(name))
        return next((quad.subject for quads in patterns for quad in quads), None)  # type: ignore[return-value]

    def find_clause(self, name: str) -> NamedNode | None:
        """Return the one clause with that mark, or None; raises CannotExplainError for several."""
        found = self._find_by_mark(name)
        if len(found) > 1:
            listed = "\n".join(f"  {node.value.removeprefix(BASE)}" for node in found)
            raise CannotExplainError(f"{name}: {len(found)} clauses carry that number; name one of\n{listed}")
        return found[0] if found else None

    def _find_by_mark(self, name: str) -> list[NamedNode]:
        """Return the clauses with that number, in the same numerals if any; 一、 finds sections."""
        if not is_mark(name):
            return []
        found = _NUMERAL.search(name)
        assert found, "a mark has a number"
        kind = "ob:Section" if name.strip().endswith("、") else "ob:Clause"
        alike: dict[NamedNode, str] = {}
        for quad in self._iterate_statements(None, term("rdf:type"), term(kind)):
            numeral = _NUMERAL.search(self._find_text(quad.subject, "eli:number"))
            if (
                numeral
                and parse_numeral(numeral[0]) == parse_numeral(found[0])
                and isinstance(quad.subject, NamedNode)
            ):
                alike[quad.subject] = numeral[0]
        same = [node for node, numeral in alike.items() if numeral == found[0]]
        return sorted(same or alike, key=lambda node: node.value)

    # ------------------------------------------------------------------------- describing

    def _describe_division(self, node: NamedNode) -> Iterator[str]:
        yield f"{self._find_text(node, 'rdfs:label') or '(no heading)'}"
        yield f"  {self._format_place(node)}"
        yield f"  {node.value}"
        for part in self._list_inner(node):
            yield ""
            if term("ob:Measure") in self._find_nodes(part, "rdf:type"):
                yield from self._describe_measure(part)
            else:
                yield from self._describe_division(part)

    def _describe_document(self, node: NamedNode) -> Iterator[str]:
        """Yield a document: its title, number and date, and its parts, each with its place."""
        yield (
            self._find_text(node, "dcterms:title")
            or self._find_text(node, "rdfs:label")
            or _format_tail(node)
        )
        yield f"  iri     {node.value}"
        for name, predicate in (("number", "eli:id_local"), ("date", "eli:date_document")):
            if value := self._find_text(node, predicate):
                yield f"  {name:<8}{value}"
        yield from self._describe_parts(node)

    def _describe_parts(self, node: NamedNode, indent: str = "  ") -> Iterator[str]:
        for part in self._list_inner(node):
            if term("ob:Measure") not in self._find_nodes(part, "rdf:type"):
                label = self._find_text(part, "rdfs:label") or "(no heading)"
                yield f"{indent}{self._format_place(part)}  {label}"
                yield from self._describe_parts(part, f"{indent}  ")

    def _describe_measure(self, node: NamedNode) -> Iterator[str]:
        yield f"measure   {self._find_text(node, 'ob:text')}"
        yield f"  at      {self._format_place(node)}"
        yield f"  iri     {node.value}"
        if assignment := self._find_node(node, "ob:hasAssignment"):
            yield from self._describe_assignment(node, assignment)
        for norm in self._list_parts(node, "ob:hasNorm"):
            yield f"  norm    {self._find_kind(norm):<14}{self._find_text(norm, 'ob:text')}"
        for target in self._list_parts(node, "ob:hasTarget"):
            due = self._find_text(target, "ob:due")
            yield f"  target  {f'due {due}' if due else 'no date':<16}{self._find_text(target, 'ob:text')}"
        for audience in self._list_parts(node, "ob:hasAudience"):
            yield f"  for     {self._find_text(audience, 'ob:asWritten')}"
        main = self._find_node(node, "ob:mainDomain")
        domains = sorted(self._find_nodes(node, "dcterms:subject"), key=lambda d: (d != main, d.value))
        if domains:
            yield f"  domain  {'; '.join(self._format_label(domain) for domain in domains)}"

    def _describe_assignment(self, measure: NamedNode, node: NamedNode) -> Iterator[str]:
        yield f"  words   {self._find_text(node, 'ob:asWritten')}"
        opened = ", list open (等)" if self._find_text(measure, "ob:openList") == "true" else ""
        yield f"  shared  {_format_tail(self._find_node(measure, 'ob:allocation'))}{opened}"
        bearers = self._find_nodes(node, "ob:hasBearer")
        for bearer in sorted(bearers, key=lambda one: int(self._find_text(one, "ob:rank"))):
            yield f"  bearer  {self._format_bearer(bearer)}"
        for rider in self._list_parts(node, "ob:hasRider"):
            yield f"  rider   {self._format_rider(rider)}"

    def _describe_entity(self, node: NamedNode) -> Iterator[str]:
        """Yield a norm, target, assignment or bearer: its words in their sentence, then its measure."""
        yield f"{self._find_kind(node)}   {self._format_place(node)}"
        yield f"  {self._quote_sentence(node)}"
        if self._find_node(node, "ob:assignedTo"):
            yield f"  bearer  {self._format_bearer(node)}"
        cue = self._find_text(node, "ob:cue")
        if cue:
            yield f"  cue     {cue}"
        yield f"  iri     {node.value}"
        measure = find_measure(node)
        if measure != node and self._find_node(measure, "rdf:type"):
            yield ""
            yield from self._describe_measure(measure)

    def _describe_passage(self, node: NamedNode) -> Iterator[str]:
        """Yield a passage of a text: its words in their sentence."""
        yield f"passage   {self._format_place(node)}"
        yield f"  {self._quote_sentence(node)}"
        yield f"  iri     {node.value}"

    def _describe_body(self, node: NamedNode) -> Iterator[str]:
        """Yield an agency, group or domain: its names, and the measures that name it."""
        yield self._format_label(node)
        yield f"  iri     {node.value}"
        for name in sorted(self._find_texts(node, "skos:altLabel")):
            yield f"  also    {name}"
        measures = {
            quad.subject
            for predicate in _NAMING
            for quad in self._iterate_statements(None, term(predicate), node)
            if isinstance(quad.subject, NamedNode)
            and term("ob:Measure") in self._find_nodes(quad.subject, "rdf:type")
        }
        yield f"  in      {len(measures)} measures"
        for measure in sorted(measures, key=lambda m: (m.value.split("/m")[0], self._find_start(m))):
            yield f"    {self._format_place(measure)}  {self._find_text(measure, 'ob:text')[:60]}"

    def _format_bearer(self, node: NamedNode) -> str:
        body, written = self._find_node(node, "ob:assignedTo"), self._find_text(node, "ob:asWritten")
        label = self._format_label(body) if body else ""
        known = " (not in the registry)" if self._find_text(body, "ob:resolved") == "false" else ""
        is_default = self._find_text(node, "ob:inferred") == "true"
        default = f" (by default, {self._format_place(node)})" if is_default else ""
        return f"{_format_tail(self._find_node(node, 'ob:role')):<12}{written} = {label}{known}{default}"

    def _format_rider(self, node: NamedNode) -> str:
        due = self._find_text(node, "ob:due")
        kind = _format_tail(self._find_node(node, "ob:riderKind"))
        return f"{kind:<12}{self._find_text(node, 'ob:asWritten')}{f' = {due}' if due else ''}"

    def _quote_sentence(self, node: NamedNode) -> str:
        """Return the sentence around a thing's words, with the words marked."""
        evidence = self._find_passage(node)
        text = self._find_text(self._find_node(evidence, "nif:referenceContext"), "nif:isString")
        start, end = self._find_offsets(node)
        left = max(text.rfind(stop, 0, start) for stop in "。；;\n") + 1
        rest = _SENTENCE.match(text, end)
        return text[left:start] + self.mark(text[start:end]) + (rest[0] if rest else "")

    def _format_place(self, node: object) -> str:
        """Return file, line and column of a thing."""
        evidence = self._find_passage(node)
        text = self._find_node(evidence, "nif:referenceContext")
        source = self._find_node(text, "prov:wasDerivedFrom")
        name = self._find_text(source, "schema:name")
        return f"{name}:{self._find_text(evidence, 'ob:sourcePosition')}"

    def _find_passage(self, node: object) -> NamedNode | None:
        """Return the passage that shows a thing; a passage shows itself."""
        if isinstance(node, NamedNode) and self._find_node(node, "nif:referenceContext"):
            return node
        return self._find_node(node, "ob:hasEvidence")

    def _find_offsets(self, node: object) -> tuple[int, int]:
        evidence = self._find_passage(node)
        start, end = (self._find_text(evidence, f"nif:{side}Index") for side in ("begin", "end"))
        return int(start or 0), int(end or 0)

    def _find_start(self, node: object) -> int:
        return self._find_offsets(node)[0]

    def _find_kind(self, node: NamedNode) -> str:
        """Return the class of a thing in words."""
        return _format_tail(self._find_node(node, "rdf:type")) or "thing"

    def _format_label(self, node: NamedNode) -> str:
        """Return the Chinese name, then the English one if there is one."""
        labels = {
            quad.object.language: quad.object.value
            for predicate in ("rdfs:label", "skos:prefLabel")
            for quad in self._iterate_statements(node, term(predicate), None)
            if isinstance(quad.object, Literal)
        }
        return " ".join(labels[lang] for lang in ("zh", "en", None) if lang in labels) or node.value

    # --------------------------------------------------------------------------- the graph

    def _iterate_statements(
        self, subject: NamedNode | None, predicate: NamedNode | None, value: NamedNode | None
    ) -> Iterable[Triple]:
        """Return the matching statements, each once, though it may be in several graphs."""
        quads = self.store.quads_for_pattern(subject, predicate, value, None)
        return dict.fromkeys(quad.triple for quad in quads)

    def _list_values(self, node: object, predicate: str, kind: type[V]) -> list[V]:
        """Return the values of a property that are of a kind; none for a node that is no IRI."""
        if not isinstance(node, NamedNode):
            return []
        triples = self._iterate_statements(node, term(predicate), None)
        return [triple.object for triple in triples if isinstance(triple.object, kind)]

    def _find_nodes(self, node: object, predicate: str) -> list[NamedNode]:
        return self._list_values(node, predicate, NamedNode)

    def _find_node(self, node: object, predicate: str) -> NamedNode | None:
        return next(iter(self._find_nodes(node, predicate)), None)

    def _find_texts(self, node: object, predicate: str) -> list[str]:
        return [value.value for value in self._list_values(node, predicate, Literal)]

    def _find_text(self, node: object, predicate: str) -> str:
        return next(iter(self._find_texts(node, predicate)), "")

    def _list_inner(self, node: NamedNode) -> list[NamedNode]:
        """Return the parts of a document or of a part of it, in the order of the text."""
        inner = (t.subject for t in self._iterate_statements(None, term("eli:is_part_of"), node))
        return sorted((one for one in inner if isinstance(one, NamedNode)), key=self._find_start)

    def _list_parts(self, node: object, predicate: str) -> list[NamedNode]:
        """Return the nodes that are values of a property, in the order of the text."""
        return sorted(self._find_nodes(node, predicate), key=self._find_start)


def is_mark(name: str) -> bool:
    """Return whether a name is the mark of a clause or section, and nothing else.

    >>> is_mark("（四）"), is_mark("第四条"), is_mark("三农"), is_mark("国发〔2015〕24号")
    (True, True, False, False)
    """
    return bool(_MARK.fullmatch(name.strip()))


def find_measure(node: NamedNode) -> NamedNode:
    """Return the measure that a thing lies below, or else the thing itself.

    >>> find_measure(NamedNode("https://x/s2/c4/m1/n3")).value
    'https://x/s2/c4/m1'
    """
    return NamedNode(re.sub(r"(/m\d+)/.*$", r"\1", node.value))


def _format_tail(node: NamedNode | None) -> str:
    """Return the last part of an IRI in words: …#ResponsibilityAssignment → responsibility assignment."""
    name = re.split(r"[#/]", node.value)[-1] if node else ""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def explain(where: str, name: str, mark: Mark, timeout: float = TIMEOUT, most: int = MOST) -> list[str]:
    """Return the lines that explain a name in the graph of a file, a store or an endpoint.

    Raises ObligationError if the graph cannot be opened, and if no thing in it has the name, or several do.
    """
    return explain_name(open_graph(where, timeout, most=most), name, mark)


def explain_name(engine: Engine, name: str, mark: Mark) -> list[str]:
    """Return the lines that explain a name; raise ObligationError where nothing has it, or several things."""
    if not isinstance(engine, OxigraphEngine):
        return _explain_remote(engine, name, mark)
    explainer = Explainer(engine.store, mark)
    with convert_store_errors(engine.folder):
        return list(explainer.describe(_find_node(explainer, engine, name)))


def _explain_remote(engine: Engine, name: str, mark: Mark) -> list[str]:
    """Return the explanation of a name from an endpoint, of which only the needed parts are fetched."""
    store = Store()
    explainer = Explainer(store, mark)
    for node in list_candidates(name):
        _load_constructed(store, engine, "explained", node)
    if not len(store) and is_mark(name):
        _load_constructed(store, engine, "marks")
    node = _find_node(explainer, engine, name)
    for thing in (node, find_measure(node)):
        _load_constructed(store, engine, "explained", thing)
    _load_constructed(store, engine, "named-by", node)
    return list(explainer.describe(node))


def _find_node(explainer: Explainer, engine: Engine, name: str) -> NamedNode:
    """Return the thing with that name: by IRI, by a clause's mark, or by a name that queries accept.

    Raises ObligationError if no thing has the name, or several do.
    """
    if node := explainer.find_iri(name) or explainer.find_clause(name):
        return node
    names = EntityFinder(engine)
    for kinds in _KINDS:
        if node := names.find_any(kinds, name):
            return node
    near = names.find_near([kind for kinds in _KINDS for kind in kinds], name)
    meant = f"did you mean {', '.join(near)}? Else " if near else ""
    raise CannotExplainError(
        f"{name}: the graph holds no such IRI, clause, body, domain or document; {meant}{GIVE}"
    )


def _load_constructed(store: Store, engine: Engine, query: str, node: NamedNode | None = None) -> None:
    """Add the triples that a lookup constructs, on a thing if given, to the store."""
    values = {"node": node} if node else {}
    store.extend(Quad(*triple) for triple in construct(engine, query, **values))
