"""The fingerprint of a document: hashes of its text, of its given metadata, and of the program's rules.

The graph depends on nothing else. A document whose fingerprint is unchanged need not be understood again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from build_graph import __version__
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.iris import reading_iri, source_iri
from build_graph.model import Metadata, Source
from build_graph.resources import find_folder
from build_graph.vocabulary import term

# The rules: code up to the checked statements (folders and modules), words, registries and checks. Code that
# only queries, shows, serves or exports a graph is left out, so that a page may change without a new reading.
CODE = (
    *("text", "extract", "graph/emit", "graph/check", "graph/write"),
    *(
        "errors.py",
        "model.py",
        "resources.py",
        "vocabulary.py",
        "graph/iris.py",
        "graph/properties.py",
        "graph/statements.py",
    ),
    "processes/confinement.py",
)
_FOLDERS = tuple(f"{name}/" for name in CODE if not name.endswith(".py"))
_SHOWN = ("analysis.toml", "export_tables.toml", "libraries.toml", "pages.toml", "workbench.toml")
_DECIDES = "OpenCC"  # the only package whose tables decide how a text is repaired


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Three SHA-256 in hexadecimal; documents with equal fingerprints have equal graphs.

    The source's name, encoding and kind of file do not count: one text may come under several names.
    """

    source: str  # of the text as taken out of its file
    given: str  # of the metadata that options, a sidecar file or a container give
    rules: str  # of the program

    @classmethod
    def compute(cls, source: Source, given: Metadata, rules: str) -> Fingerprint:
        """Return the fingerprint of a text that is read under the rules.

        >>> one, two = (Source(name, "一、任务", "utf-8") for name in ("a.txt", "b.txt"))
        >>> Fingerprint.compute(one, Metadata(), "r") == Fingerprint.compute(two, Metadata(), "r")
        True
        >>> Fingerprint.compute(one, Metadata(), "r") == Fingerprint.compute(one, Metadata(title="甲"), "r")
        False
        """
        return cls(hash_text(source.content), hash_text(repr(given)), rules)

    @classmethod
    def read(cls, quads: Iterable[Quad], document: str) -> Fingerprint:
        """Return the fingerprint in a document's graph; raises KeyError if there is none."""
        own = {NamedNode(source_iri(document)), NamedNode(reading_iri(document))}
        found = {quad.predicate: quad.object for quad in quads if quad.subject in own}
        marks = (found[term(f"ob:{name}")] for name in ("sha256", "givenSha256", "rulesSha256"))
        return cls(*(mark.value for mark in marks if isinstance(mark, Literal)))

    def build_quads(self, graph: NamedNode) -> Iterator[Quad]:
        """Yield the fingerprint as quads; the source's hash is in the graph anyway."""
        reading = NamedNode(reading_iri(graph.value))
        yield Quad(reading, term("ob:givenSha256"), Literal(self.given), graph)
        yield Quad(reading, term("ob:rulesSha256"), Literal(self.rules), graph)


def compute_rules_hash(registry: AddedRegistry | None = None) -> str:
    """Return the SHA-256 of the rules: version, code, words, ontology, and an analyst's registry.

    1.9 MB, 10 ms: call it once a run.
    """
    whole = hashlib.sha256(f"{__version__} {find_version(_DECIDES)}".encode())
    for name, path in iterate_rule_files():
        whole.update(f"\n{name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    if registry:
        whole.update(f"\nregistry {registry.sha256}".encode())
    return whole.hexdigest()


def iterate_rule_files() -> Iterator[tuple[str, Path]]:
    """Yield each file that decides a document's graph, with a name that does not depend on the machine."""
    data, ontology = find_folder("data"), find_folder("ontology")
    for name, path in _iterate_below(data.parent, "**/*.py"):
        if name.startswith(_FOLDERS) or name in CODE:
            yield f"/{name}", path
    yield from ((f"data/{name}", path) for name, path in _iterate_below(data, "*.*") if name not in _SHOWN)
    yield from ((f"ontology/{name}", path) for name, path in _iterate_below(ontology, "**/*.*"))


def _iterate_below(place: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Yield the files in a folder that match a pattern, by their paths below it."""
    for path in sorted(place.glob(pattern)):
        if path.is_file():
            yield path.relative_to(place).as_posix(), path


def find_version(package: str) -> str:
    """Return the version of an installed package, or an empty string."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
