"""The registry of bodies as statements: our own file, and an analyst's file laid over it.

An analyst's file is Turtle in the vocabulary of `ontology/agencies.ttl`. What it says of a node comes to what
ours says. It is read once: its bytes go to every process, so that all of them read the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from build_graph.errors import ObligationError
from build_graph.resources import Statements, find_folder, load_statements, parse_statements
from build_graph.vocabulary import BASE, OB, ORG, SKOS, XSD, term

_DESCRIBED = (f"{BASE}agency/", f"{BASE}function/", f"{BASE}change/")
_NAMED = (f"{BASE}agency/", f"{BASE}function/")  # what must have a name that texts use
_REFERRING = frozenset(
    [NamedNode(f"{ORG}{name}Organization") for name in ("original", "resulting")]
    + [NamedNode(f"{OB}{name}") for name in ("counterpart", "predates", "fromAgency", "toAgency")]
)
_LABELS = frozenset(NamedNode(f"{SKOS}{name}") for name in ("prefLabel", "altLabel", "hiddenLabel"))
_DAYS = frozenset(NamedNode(f"{OB}{name}") for name in ("validFrom", "validTo"))
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
        """Return the statements by subject; raises ObligationError for no Turtle, or without bodies."""
        found = parse_statements(self.content, self.name)
        if not any(node.value.startswith(_DESCRIBED) for node in found):
            raise RegistryError(
                f"{self.name}: describes no body, function or change; their IRIs begin with "
                f"{_DESCRIBED[0]}, …/function/ or …/change/"
            )
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
    for fault in _iterate_faults(new, whole):
        raise RegistryError(f"{added.name}: {fault}")
    return whole


def _iterate_faults(new: Statements, whole: Statements) -> Iterator[str]:
    """Yield what is wrong with an added registry, in its order."""
    for node, triples in new.items():
        if node.value.startswith(_NAMED):
            yield from _check_labels(node, whole)
        for triple in triples:
            value = triple.object
            if triple.predicate in _REFERRING and value not in whole:
                yield f"<{node.value}> refers to {value}, which neither registry describes; describe it"
            if triple.predicate in _DAYS and not _is_day(value):
                yield (
                    f'<{node.value}> has the day {value}; write "2023-05-18"^^xsd:date or "2023"^^xsd:gYear'
                )
            if triple.predicate in _LABELS and not (isinstance(value, Literal) and value.value.strip()):
                yield f"<{node.value}> has the name {value}; write words"


def _check_labels(node: NamedNode, whole: Statements) -> Iterator[str]:
    """Yield a fault unless the node has one name in Chinese."""
    labels = [t.object for t in whole[node] if t.predicate == term("skos:prefLabel")]
    number = sum(isinstance(label, Literal) and label.language == "zh" for label in labels)
    if number != 1:
        yield f"<{node.value}> needs one skos:prefLabel @zh, it has {number}; give others as skos:altLabel"


def _is_day(value: object) -> bool:
    """Return whether a node is a day or a year as Turtle writes them."""
    if not isinstance(value, Literal) or value.datatype.value not in _DAY_TYPES:
        return False
    try:
        date.fromisoformat(value.value if len(value.value) != 4 else f"{value.value}-01-01")
    except ValueError:
        return False
    return True
