"""What a document's graph follows from: its text, what was given of its metadata, and the program's rules.

As long as none of the three changes, the graph does not, and the document need not be understood again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from build_graph import __version__
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.iris import reading_iri, source_iri
from build_graph.model import Metadata, Source
from build_graph.resources import find_folder
from build_graph.vocabulary import term

# The rules: code up to the checked statements (folders and modules), words, registries and checks. Whatever
# only asks, shows, serves or exports a graph is none of them, so a page may change without a new reading.
CODE = (
    *("text", "extract", "graph/emit", "graph/check", "graph/write"),
    *(
        "errors.py",
        "extras.py",
        "model.py",
        "resources.py",
        "vocabulary.py",
        "graph/iris.py",
        "graph/statements.py",
    ),
    "processes/confinement.py",
)
_FOLDERS = tuple(f"{name}/" for name in CODE if not name.endswith(".py"))
_SHOWN = ("analysis.toml", "export_tables.toml", "libraries.toml", "pages.toml", "workbench.toml")
_DECIDES = "OpenCC"  # the one package whose tables decide how a text is repaired


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Three SHA-256 in hexadecimal; where they are the same, so is the graph.

    The source's name, encoding and kind of file are no part of it: one text may come under several names.
    """

    source: str  # of the text as it was taken out of its file
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
        """Return the fingerprint in the graph of the document with that IRI; KeyError where there is none."""
        own = {NamedNode(source_iri(document)), NamedNode(reading_iri(document))}
        said = {quad.predicate: quad.object for quad in quads if quad.subject in own}
        marks = (said[term(f"ob:{name}")] for name in ("sha256", "givenSha256", "rulesSha256"))
        return cls(*(mark.value for mark in marks if isinstance(mark, Literal)))

    def build_quads(self, graph: NamedNode) -> Iterator[Quad]:
        """What the graph of a document says of its own reading; the source's hash stands there anyway."""
        reading = NamedNode(reading_iri(graph.value))
        yield Quad(reading, term("ob:givenSha256"), Literal(self.given), graph)
        yield Quad(reading, term("ob:rulesSha256"), Literal(self.rules), graph)


def rules_hash() -> str:
    """Return the SHA-256 of the rules: version, code, words, ontology. 1.9 MB, 10 ms: call it once a run."""
    whole = hashlib.sha256(f"{__version__} {find_version(_DECIDES)}".encode())
    for name, path in rule_files():
        whole.update(f"\n{name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return whole.hexdigest()


def rule_files() -> Iterator[tuple[str, Path]]:
    """Yield the files that a document's graph follows from, named alike wherever the package is installed."""
    data, ontology = find_folder("data"), find_folder("ontology")
    for name, path in _under(data.parent, "**/*.py"):
        if name.startswith(_FOLDERS) or name in CODE:
            yield f"/{name}", path
    yield from ((f"data/{name}", path) for name, path in _under(data, "*.*") if name not in _SHOWN)
    yield from ((f"ontology/{name}", path) for name, path in _under(ontology, "**/*.*"))


def _under(place: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Yield the files in a folder that a pattern fits, by their paths below it."""
    for path in sorted(place.glob(pattern)):
        if path.is_file():
            yield path.relative_to(place).as_posix(), path


def find_version(package: str) -> str:
    """Return the version of an installed package; empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
