"""The version of the ontology that a graph is of: a graph of another one is told as such, never half read.

Each document conforms to a version (`dcterms:conformsTo`), and the shared graph has that version once.
Graphs of before 0.2.0 do not say it; they are known by `schema:text`, which texts had then.
"""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import NamedNode, Store

from build_graph.errors import ObligationError
from build_graph.vocabulary import ONTOLOGY, ONTOLOGY_VERSION, SCHEMA, term

_TEXT_OF_BEFORE = NamedNode(f"{SCHEMA}text")


class OtherVersionError(ObligationError):
    """A graph of another version of the ontology."""


def find_versions(store: Store) -> set[str]:
    """Return the versions of the ontology that the documents of a store are of; none without documents.

    Raises OSError or RuntimeError if the store is damaged.
    """
    standards = store.quads_for_pattern(None, term("rdf:type"), term("dcterms:Standard"), None)
    names = {quad.subject.value for quad in standards if isinstance(quad.subject, NamedNode)}
    found = {name.removeprefix(f"{ONTOLOGY}/") for name in names if name.startswith(f"{ONTOLOGY}/")}
    is_older = next(store.quads_for_pattern(None, _TEXT_OF_BEFORE, None, None), None) is not None
    return found | {"0.1.0"} if is_older else found


def check_version(store: Store, where: Path | str) -> None:
    """Raise OtherVersionError if documents of a store are of another version than the program writes."""
    own = ONTOLOGY_VERSION.removeprefix(f"{ONTOLOGY}/")
    other = sorted(find_versions(store) - {own})
    if other:
        raise OtherVersionError(
            f"{where}: this graph is of version {', '.join(other)} of the ontology, and {own} is read; "
            "build it again from the documents"
        )
