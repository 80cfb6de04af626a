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
from build_graph.graph.emitter import reading_of, source_of
from build_graph.graph.provenance import sha256
from build_graph.model import Metadata, Source
from build_graph.resources import folder
from build_graph.vocabulary import term

# What the rules lie in: the package's own code, its words, the registries and the checks.
_RULES = (("data", "*.*"), ("ontology", "**/*.*"))
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
    def of(cls, source: Source, given: Metadata, rules: str) -> Fingerprint:
        """The fingerprint of a text that is read under the rules.

        >>> one, two = (Source(name, "一、任务", "utf-8") for name in ("a.txt", "b.txt"))
        >>> Fingerprint.of(one, Metadata(), "r") == Fingerprint.of(two, Metadata(), "r")
        True
        >>> Fingerprint.of(one, Metadata(), "r") == Fingerprint.of(one, Metadata(title="甲"), "r")
        False
        """
        return cls(sha256(source.content), sha256(repr(given)), rules)

    @classmethod
    def said(cls, quads: Iterable[Quad], document: str) -> Fingerprint:
        """The fingerprint in the graph of the document with that IRI; KeyError where there is none."""
        own = {NamedNode(source_of(document)), NamedNode(reading_of(document))}
        said = {quad.predicate: quad.object for quad in quads if quad.subject in own}
        marks = (said[term(f"ob:{name}")] for name in ("sha256", "givenSha256", "rulesSha256"))
        return cls(*(mark.value for mark in marks if isinstance(mark, Literal)))

    def quads(self, graph: NamedNode) -> Iterator[Quad]:
        """What the graph of a document says of its own reading; the source's hash stands there anyway."""
        reading = NamedNode(reading_of(graph.value))
        yield Quad(reading, term("ob:givenSha256"), Literal(self.given), graph)
        yield Quad(reading, term("ob:rulesSha256"), Literal(self.rules), graph)


def rules() -> str:
    """The SHA-256 of the rules: version, code, words and ontology. 2.1 MB, 12 ms: work it out once a run."""
    whole = hashlib.sha256(f"{__version__} {version_of(_DECIDES)}".encode())
    for name, path in _files():
        whole.update(f"\n{name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return whole.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    """The files that rules lie in, named alike wherever the package is installed."""
    package = folder("data").parent
    places = [("", package, "**/*.py"), *((name, folder(name), pattern) for name, pattern in _RULES)]
    for prefix, place, pattern in places:
        for path in sorted(place.glob(pattern)):
            if path.is_file():
                yield f"{prefix}/{path.relative_to(place).as_posix()}", path


def version_of(package: str) -> str:
    """The version of an installed package; empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
