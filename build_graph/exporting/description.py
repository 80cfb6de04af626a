"""A description to stand beside an export: VoID of what it holds, DCAT of its files, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from build_graph.exporting.survey import Survey
from build_graph.vocabulary import BASE, PREFIXES, XSD, segment

_MEDIA = "https://www.iana.org/assignments/media-types/"
_MORE = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "spdx": "http://spdx.org/rdf/terms#",
    "void": "http://rdfs.org/ns/void#",
}
_ALL = {**PREFIXES, **_MORE}
_VOCABULARIES = sorted(set(PREFIXES) - {"xsd", "owl", "rdf"})


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of an export: its media type, its size in bytes and the SHA-256 of them."""

    name: str
    media: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What only who publishes knows: a licence's IRI, and the address of the folder that files will be in."""

    licence: str | None = None
    url: str | None = None


def description(survey: Survey, files: Iterable[FileFacts], published: Publication) -> bytes:
    """The description as Turtle; the dataset's IRI comes from its statements alone."""
    dataset = f"{BASE}dataset/{survey.digest[:16]}"
    quads = [
        *_dataset(dataset, survey, published),
        *_partitions(dataset, "class", survey.classes),
        *_partitions(dataset, "property", survey.properties),
        *(quad for file in files for quad in _distribution(dataset, file, published)),
    ]
    triples = sorted({quad.triple for quad in quads}, key=str)
    written = serialize(triples, format=RdfFormat.TURTLE, prefixes=_ALL)
    assert written is not None  # it is only where an output file is given
    *_, lines = written.split(b"\n", len(_ALL))
    head = "".join(f"@prefix {prefix}: <{_ALL[prefix]}> .\n" for prefix in sorted(_ALL))
    return head.encode() + b"\n" + lines.replace(b" .\n", b" .\n\n").rstrip() + b"\n"


def _dataset(node: str, survey: Survey, published: Publication) -> Iterator[Quad]:
    number = len(survey.documents)
    words = f"{number:,} policy document{'' if number == 1 else 's'}, {survey.statements:,} statements"
    yield from _about(
        node,
        ("rdf:type", _term("void:Dataset")),
        ("rdf:type", _term("dcat:Dataset")),
        ("dcterms:title", Literal("Graph of obligations in policy documents", language="en")),
        ("dcterms:title", Literal("政策文件任务分工图谱", language="zh")),
        ("dcterms:description", Literal(words, language="en")),
        ("dcterms:description", Literal(f"{number:,}份政策文件，{survey.statements:,}条陈述", language="zh")),
        ("dcterms:modified", Literal(survey.newest, datatype=_term("xsd:date")) if survey.newest else None),
        ("dcterms:license", NamedNode(published.licence) if published.licence else None),
        ("void:triples", Literal(survey.statements)),
        ("void:documents", Literal(number)),
        ("void:classes", Literal(len(survey.classes))),
        ("void:properties", Literal(len(survey.properties))),
        ("void:uriSpace", Literal(BASE)),
    )
    used = [name.strip("<>") for name in (*survey.classes, *survey.properties)]
    for prefix in _VOCABULARIES:
        if any(name.startswith(PREFIXES[prefix]) for name in used):
            yield from _about(node, ("void:vocabulary", NamedNode(PREFIXES[prefix])))


def _partitions(dataset: str, kind: str, counts: Mapping[str, int]) -> Iterator[Quad]:
    """How many things are of a class, or how many statements have a property."""
    for name, count in counts.items():
        if not name.startswith("<"):
            continue
        iri = name.strip("<>")
        node = f"{dataset}/{kind}/{segment(iri)}"
        counted = "void:entities" if kind == "class" else "void:triples"
        yield from _about(dataset, (f"void:{kind}Partition", NamedNode(node)))
        yield from _about(node, (f"void:{kind}", NamedNode(iri)), (counted, Literal(count)))


def _distribution(dataset: str, file: FileFacts, published: Publication) -> Iterator[Quad]:
    node = f"{dataset}/file/{segment(file.name)}"
    url = NamedNode(f"{published.url.rstrip('/')}/{quote(file.name)}") if published.url else None
    yield from _about(dataset, ("dcat:distribution", NamedNode(node)), ("void:dataDump", url))
    yield from _about(
        node,
        ("rdf:type", _term("dcat:Distribution")),
        ("dcterms:title", Literal(file.name)),
        ("dcterms:license", NamedNode(published.licence) if published.licence else None),
        ("dcat:mediaType", NamedNode(_MEDIA + file.media)),
        ("dcat:byteSize", Literal(str(file.size), datatype=_term("xsd:nonNegativeInteger"))),
        ("dcat:downloadURL", url),
        ("spdx:checksum", NamedNode(f"{node}/checksum")),
    )
    yield from _about(
        f"{node}/checksum",
        ("rdf:type", _term("spdx:Checksum")),
        ("spdx:algorithm", _term("spdx:checksumAlgorithm_sha256")),
        ("spdx:checksumValue", Literal(file.sha256, datatype=NamedNode(f"{XSD}hexBinary"))),
    )


def _about(subject: str, *pairs: tuple[str, NamedNode | Literal | None]) -> Iterator[Quad]:
    for predicate, value in pairs:
        if value is not None:
            yield Quad(NamedNode(subject), _term(predicate), value)


def _term(name: str) -> NamedNode:
    prefix, _, local = name.partition(":")
    return NamedNode(_ALL[prefix] + local)
