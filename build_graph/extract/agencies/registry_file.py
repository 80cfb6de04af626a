"""The registry of bodies as statements: our own file, and an analyst's file laid over it.

An analyst's file is Turtle in the vocabulary of `ontology/agencies.ttl`. What it says of a node comes to what
ours says. It is read once: its bytes go to every process, so that all of them read the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from build_graph.errors import ObligationError
from build_graph.resources import Statements, find_folder, load_statements, parse_statements
from build_graph.vocabulary import BASE, OB, ORG, SKOS, XSD, term

_PLACE = f"{BASE}place/"


@dataclass(frozen=True, slots=True)
class _Shape:
    """The classes of which a node must have one, each with its properties."""

    classes: dict[str, tuple[str, ...]]
    named: bool = False  # whether texts use its names


_EVENT = ("org:originalOrganization", "org:resultingOrganization", "dcterms:date")
_TRANSFER = ("ob:fromAgency", "ob:toAgency", "ob:function", "dcterms:date")
_SHAPES = {
    f"{BASE}agency/": _Shape({"org:FormalOrganization": ("ob:agencyKind",)}, named=True),
    f"{BASE}function/": _Shape({"ob:LocalFunction": ("skos:inScheme",)}, named=True),
    f"{BASE}change/": _Shape({"org:ChangeEvent": _EVENT, "ob:FunctionTransfer": _TRANSFER}),
}
_SINGLE = ("ob:agencyKind", "ob:validFrom", "ob:validTo", "ob:jurisdiction", "skos:inScheme")
_PLACED_IN = term("ob:jurisdiction")
_LANGUAGES = ("zh", "en")
_REFERRING = frozenset(
    [NamedNode(f"{ORG}{name}Organization") for name in ("original", "resulting")]
    + [NamedNode(f"{OB}{name}") for name in ("counterpart", "predates", "fromAgency", "toAgency")]
)
_LABELS = frozenset(NamedNode(f"{SKOS}{name}") for name in ("prefLabel", "altLabel", "hiddenLabel"))
_DAYS = frozenset(NamedNode(f"{OB}{name}") for name in ("validFrom", "validTo")) | {term("dcterms:date")}
_DAY_TYPES = frozenset({f"{XSD}date", f"{XSD}gYear"})


class RegistryError(ObligationError):
    """A registry that cannot be read, or that gives one name to two bodies of the same time."""


@dataclass(frozen=True, slots=True)
class AddedRegistry:
    """An analyst's own registry: the name of its file, for messages, and its bytes."""

    name: str
    content: bytes

    @classmethod
    def load(cls, path: Path) -> AddedRegistry:
        """Return the registry in the file at `path`; raises RegistryError where it cannot be read."""
        try:
            return cls(str(path), path.read_bytes())
        except OSError as error:
            raise RegistryError(f"{path}: {error.strerror}; give a Turtle file that can be read") from error

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file in hexadecimal, by which graphs name it."""
        return hashlib.sha256(self.content).hexdigest()

    def parse(self) -> Statements:
        """Return the statements by subject; raises ObligationError for no Turtle, or nothing."""
        found = parse_statements(self.content, self.name)
        if any(isinstance(quad.subject, BlankNode) for quad in parse(self.content, format=RdfFormat.TURTLE)):
            raise RegistryError(f"{self.name}: describes something without an IRI; give it one instead of []")
        if not found:
            raise RegistryError(f"{self.name}: describes nothing; describe a body, a function or a change")
        return found


def load_registry_statements(added: AddedRegistry | None = None, path: Path | None = None) -> Statements:
    """Return the statements of our registry, or of the file at `path`, and those of an added one.

    Raises ObligationError where a file is no Turtle, or the added one does not fit together with ours.
    """
    own = load_statements(path or find_folder("ontology") / "agencies.ttl")
    if added is None:
        return own
    new = added.parse()
    whole = own | {node: list(dict.fromkeys([*own.get(node, ()), *new[node]])) for node in new}
    rules = RegistryRules.derive(own)
    for node in new:
        for fault in rules.iterate_faults(node, whole):
            raise RegistryError(f"{added.name}: <{node.value}> {fault}")
    return whole


@dataclass(frozen=True, slots=True)
class RegistryRules:
    """The properties and kinds that a description in an added registry may have."""

    properties: frozenset[NamedNode]
    kinds: frozenset[NamedNode]

    @classmethod
    def derive(cls, own: Statements) -> RegistryRules:
        """Return the rules by which our registry and the ontology go."""
        used = {triple.predicate for triples in own.values() for triple in triples}
        terms = load_statements(find_folder("ontology") / "obligations.ttl")
        kind = (term("rdf:type"), term("ob:AgencyKind"))
        kinds = {n for n, triples in terms.items() if any((t.predicate, t.object) == kind for t in triples)}
        return cls(frozenset(used | {_PLACED_IN}), frozenset(kinds))

    def iterate_faults(self, node: NamedNode, whole: Statements) -> Iterator[str]:
        """Yield what is wrong with the description of a node in both registries together."""
        triples = whole[node]
        shape = next((one for start, one in _SHAPES.items() if node.value.startswith(start)), None)
        if shape is None:
            yield f"is no body, function or change; IRIs of these begin with {', '.join(_SHAPES)}"
            return
        yield from _check_presence(triples, shape)
        if shape.named:
            yield from _check_labels(triples)
        for name in _SINGLE:
            if (number := sum(t.predicate == term(name) for t in triples)) > 1:
                yield f"has {number} values of {name} in the two registries together; it may have one"
        for triple in triples:
            yield from self._check_value(triple, whole)

    def _check_value(self, triple: Triple, whole: Statements) -> Iterator[str]:
        """Yield a fault of one statement."""
        name, value = triple.predicate, triple.object
        if name not in self.properties:
            yield f"has the property <{name.value}>, which registries do not use; see docs/registry.md"
        elif name in _REFERRING and value not in whole:
            yield f"refers to {value}, which neither registry describes; describe it"
        elif name in _DAYS and not _is_day(value):
            yield f'has the day {value}; write "2023-05-18"^^xsd:date or "2023"^^xsd:gYear'
        elif name in _LABELS and not (isinstance(value, Literal) and value.value.strip()):
            yield f"has the name {value}; write words"
        elif name == _PLACED_IN and not (isinstance(value, NamedNode) and value.value.startswith(_PLACE)):
            yield f"is placed in {value}; write the place as <{_PLACE}浙江省/杭州市>"
        elif name == term("ob:agencyKind") and value not in self.kinds:
            names = sorted(kind.value.removeprefix(OB) for kind in self.kinds)
            yield f"has the kind {value}; use one of these: {', '.join(names)}"


def _check_presence(triples: Sequence[Triple], shape: _Shape) -> Iterator[str]:
    """Yield a fault unless a node has a class of its shape, and what bodies of the class must have."""
    kinds = {t.object for t in triples if t.predicate == term("rdf:type")}
    found = next((name for name in shape.classes if term(name) in kinds), None)
    if found is None:
        yield f"lacks its class; write: a {' or a '.join(shape.classes)}"
        return
    for name in shape.classes[found]:
        if not any(t.predicate == term(name) for t in triples):
            yield f"lacks {name}; give it"


def _check_labels(triples: Sequence[Triple]) -> Iterator[str]:
    """Yield a fault unless there is one name in Chinese, and one at most in English."""
    labels = [t.object for t in triples if t.predicate == term("skos:prefLabel")]
    languages = Counter(label.language if isinstance(label, Literal) else None for label in labels)
    if languages["zh"] != 1:
        yield f"needs one skos:prefLabel @zh, it has {languages['zh']}; give others as skos:altLabel"
    elif languages["en"] > 1 or not languages.keys() <= set(_LANGUAGES):
        yield "has other names than one @zh and one @en; give others as skos:altLabel"


def _is_day(value: object) -> bool:
    """Return whether a node is a day or a year as Turtle writes them."""
    if not isinstance(value, Literal) or value.datatype.value not in _DAY_TYPES:
        return False
    try:
        date.fromisoformat(value.value if len(value.value) != 4 else f"{value.value}-01-01")
    except ValueError:
        return False
    return True
