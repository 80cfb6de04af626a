"""The description beside an export or shards: VoID of its contents, DCAT of its files, no time of writing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from build_graph.errors import ObligationError
from build_graph.graph.store.shards import CLASS, QUADS, FolderSums
from build_graph.graph.write.turtle import serialise_header, serialise_unframed
from build_graph.vocabulary import BASE, ELI, PREFIXES, RDF, XSD, encode_segment

_MEDIA = "https://www.iana.org/assignments/media-types/"
_MORE = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "spdx": "http://spdx.org/rdf/terms#",
    "void": "http://rdfs.org/ns/void#",
}
_ALL = {**PREFIXES, **_MORE}
_VOCABULARIES = sorted(set(PREFIXES) - {"xsd", "owl", "rdf"})
_TYPE = f"<{RDF}type>".encode()
_REALIZES = f"<{ELI}realizes>".encode()
_BESIDE = "urn:beside:"  # for the names of files beside a description, until it is Turtle
_COUNTED = "Counted are the statements in the graphs of documents, not those in the graph that they share."
_DATE = f"<{ELI}date_document>".encode()


@dataclass(frozen=True, slots=True)
class DatasetContents:
    """The counts of statements that a description states."""

    digest: str  # SHA-256 that identifies them, in hexadecimal
    statements: int
    documents: int  # that have a text
    newest: str  # date of the newest of these, empty without one
    classes: Mapping[str, int]  # how many things are of each
    properties: Mapping[str, int]  # how many statements have each


@dataclass(slots=True)
class GraphSurvey:
    """Counts and a digest of statements in their order; terms are in angle brackets."""

    statements: int = 0
    classes: Counter[str] = field(default_factory=Counter)  # how many things are of each
    properties: Counter[str] = field(default_factory=Counter)  # how many statements have each
    documents: set[str] = field(default_factory=set)  # that have a text
    dates: dict[str, str] = field(default_factory=dict)  # of documents
    _digest: Any = field(default_factory=hashlib.sha256)

    def watch(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the records, and count them on the way."""
        counted: Counter[bytes] = Counter()
        kinds: Counter[bytes] = Counter()
        for record in records:
            self._digest.update(b"%s\n" % record)
            subject, predicate, value = record.partition(b"\t")[2].split(b" ", 2)
            counted[predicate] += 1
            if predicate == _TYPE:
                kinds[value] += 1
            elif predicate == _REALIZES:
                self.documents.add(value.decode())
            elif predicate == _DATE:
                self.dates[subject.decode()] = value.decode().split('"')[1]
            yield record
        self.statements = counted.total()
        self.properties.update({name.decode(): count for name, count in counted.items()})
        self.classes.update({name.decode(): count for name, count in kinds.items()})

    def summarise(self) -> DatasetContents:
        """Return what was counted."""
        return DatasetContents(
            digest=self._digest.hexdigest(),
            statements=self.statements,
            documents=len(self.documents),
            newest=max((day for name, day in self.dates.items() if name in self.documents), default=""),
            classes=_strip_brackets(self.classes),
            properties=_strip_brackets(self.properties),
        )


def _strip_brackets(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of IRIs, without those of blank nodes."""
    return {name[1:-1]: count for name, count in counts.items() if name.startswith("<")}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of an export: its media type, its size in bytes and the SHA-256 of them."""

    name: str
    media: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Publication:
    """The publisher's data: a licence's IRI, and the address of the folder of the files."""

    licence: str | None = None
    url: str | None = None

    @classmethod
    def parse(cls, *, licence: str | None = None, url: str | None = None) -> Publication:
        """Return what the words give; raise PublicationError for words that are no address on the net."""
        return cls(_parse_address("--licence", licence), _parse_address("--url", url))


class PublicationError(ObligationError):
    """Words that are no address of a licence, or of the folder of an export."""


def _parse_address(option: str, words: str | None) -> str | None:
    if words is None:
        return None
    try:
        if words.startswith(("http://", "https://")):
            return NamedNode(words).value
    except ValueError:
        pass
    raise PublicationError(f"{option}: {words!r} is no address; write it as https://example.org/…")


def render_description(
    contents: DatasetContents, files: Iterable[FileFacts], published: Publication
) -> bytes:
    """Return the description of an export in Turtle; the dataset's IRI depends on the statements alone."""
    dataset = _build_dataset_iri(contents)
    distributions = (quad for file in files for quad in _iterate_distribution(dataset, file, published))
    return _serialise([*_iterate_contents(dataset, contents, published), *distributions])


def describe_shards(sums: FolderSums) -> bytes:
    """Return the description of a folder of shards in Turtle, with the shards as dumps beside it.

    It counts the statements in the graphs of documents; what they share, and say alike, is not counted.
    """
    dumps = [f"{shard['name']}{QUADS}" for shard in sums.shards]
    whole = [shard["files"][dump]["sha256"] for shard, dump in zip(sums.shards, dumps, strict=True)]
    classes = {name[len(CLASS) :]: count for name, count in sums.counts.items() if name.startswith(CLASS)}
    contents = DatasetContents(
        digest=hashlib.sha256("".join(whole).encode()).hexdigest(),
        statements=sums.totals["statements"],
        documents=sums.totals["documents"],
        newest=sums.newest,
        classes=classes,
        properties={name: count for name, count in sums.counts.items() if not name.startswith(CLASS)},
    )
    dataset = _build_dataset_iri(contents)
    beside = (("void:dataDump", NamedNode(f"{_BESIDE}{dump}")) for dump in dumps)
    note = ("rdfs:comment", Literal(_COUNTED, language="en"))
    quads = [
        *_iterate_contents(dataset, contents, Publication()),
        *_iterate_about(dataset, note, *beside),
    ]
    return _serialise(quads).replace(f"<{_BESIDE}".encode(), b"<")


def _serialise(quads: Iterable[Quad]) -> bytes:
    body = serialise_unframed(sorted({quad.triple for quad in quads}, key=str), None, prefixes=_ALL)
    return serialise_header(None, _ALL) + b"\n" + body.replace(b" .\n", b" .\n\n").rstrip() + b"\n"


def _build_dataset_iri(contents: DatasetContents) -> str:
    return f"{BASE}dataset/{contents.digest[:16]}"


def _iterate_contents(dataset: str, contents: DatasetContents, published: Publication) -> Iterator[Quad]:
    yield from _iterate_dataset(dataset, contents, published)
    yield from _iterate_partitions(dataset, "class", contents.classes)
    yield from _iterate_partitions(dataset, "property", contents.properties)


def _iterate_dataset(node: str, contents: DatasetContents, published: Publication) -> Iterator[Quad]:
    number, statements = contents.documents, contents.statements
    words = f"{number:,} policy document{'' if number == 1 else 's'}, {statements:,} statements"
    yield from _iterate_about(
        node,
        ("rdf:type", _expand_term("void:Dataset")),
        ("rdf:type", _expand_term("dcat:Dataset")),
        ("dcterms:title", Literal("Graph of obligations in policy documents", language="en")),
        ("dcterms:title", Literal("政策文件任务分工图谱", language="zh")),
        ("dcterms:description", Literal(words, language="en")),
        ("dcterms:description", Literal(f"{number:,}份政策文件，{statements:,}条陈述", language="zh")),
        (
            "dcterms:modified",
            Literal(contents.newest, datatype=_expand_term("xsd:date")) if contents.newest else None,
        ),
        ("dcterms:license", NamedNode(published.licence) if published.licence else None),
        ("void:triples", Literal(statements)),
        ("void:documents", Literal(number)),
        ("void:classes", Literal(len(contents.classes))),
        ("void:properties", Literal(len(contents.properties))),
        ("void:uriSpace", Literal(BASE)),
    )
    used = (*contents.classes, *contents.properties)
    for prefix in _VOCABULARIES:
        if any(name.startswith(PREFIXES[prefix]) for name in used):
            yield from _iterate_about(node, ("void:vocabulary", NamedNode(PREFIXES[prefix])))


def _iterate_partitions(dataset: str, kind: str, counts: Mapping[str, int]) -> Iterator[Quad]:
    """Yield the number of things of each class, or of statements with each property."""
    for iri, count in counts.items():
        node = f"{dataset}/{kind}/{encode_segment(iri)}"
        counted = "void:entities" if kind == "class" else "void:triples"
        yield from _iterate_about(dataset, (f"void:{kind}Partition", NamedNode(node)))
        yield from _iterate_about(node, (f"void:{kind}", NamedNode(iri)), (counted, Literal(count)))


def _iterate_distribution(dataset: str, file: FileFacts, published: Publication) -> Iterator[Quad]:
    node = f"{dataset}/file/{encode_segment(file.name)}"
    url = NamedNode(f"{published.url.rstrip('/')}/{quote(file.name)}") if published.url else None
    yield from _iterate_about(dataset, ("dcat:distribution", NamedNode(node)), ("void:dataDump", url))
    yield from _iterate_about(
        node,
        ("rdf:type", _expand_term("dcat:Distribution")),
        ("dcterms:title", Literal(file.name)),
        ("dcterms:license", NamedNode(published.licence) if published.licence else None),
        ("dcat:mediaType", NamedNode(_MEDIA + file.media)),
        ("dcat:byteSize", Literal(str(file.size), datatype=_expand_term("xsd:nonNegativeInteger"))),
        ("dcat:downloadURL", url),
        ("spdx:checksum", NamedNode(f"{node}/checksum")),
    )
    yield from _iterate_about(
        f"{node}/checksum",
        ("rdf:type", _expand_term("spdx:Checksum")),
        ("spdx:algorithm", _expand_term("spdx:checksumAlgorithm_sha256")),
        ("spdx:checksumValue", Literal(file.sha256, datatype=NamedNode(f"{XSD}hexBinary"))),
    )


def _iterate_about(subject: str, *pairs: tuple[str, NamedNode | Literal | None]) -> Iterator[Quad]:
    for predicate, value in pairs:
        if value is not None:
            yield Quad(NamedNode(subject), _expand_term(predicate), value)


def _expand_term(name: str) -> NamedNode:
    prefix, _, local = name.partition(":")
    return NamedNode(_ALL[prefix] + local)
