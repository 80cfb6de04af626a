"""Statements in the formats of RDF, written in pieces by pyoxigraph, under a fixed header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from xml.sax.saxutils import quoteattr

from pyoxigraph import Literal, Quad, RdfFormat, Triple, serialize

from build_graph.errors import ObligationError
from build_graph.graph.write.sorting import iterate_batches, parse_records
from build_graph.graph.write.turtle import serialise_header, serialise_unframed
from build_graph.query.export.formats import ExportFormat
from build_graph.query.export.jsonld import write_jsonld
from build_graph.vocabulary import PREFIXES

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOCAL = re.compile(r"[^\W\d][\w.\-·]*\Z")  # the end of an IRI that can name an XML element


class NotInXmlError(ObligationError):
    """A statement that RDF/XML cannot hold."""


def serialize_triples(
    triples: Iterable[Triple],
    form: RdfFormat,
    prefixes: Mapping[str, str] = PREFIXES,
    out: BytesIO | None = None,
) -> bytes:
    """Return triples in a format, and write them to `out` if given; JSON-LD is that of an export."""
    out = BytesIO() if out is None else out
    if form == RdfFormat.JSON_LD:
        #  Sorted in memory, as a worker of the server cannot write to disk; `out` may limit the size of an
        # answer.
        for piece in write_jsonld(sorted({f"\t{triple}".encode() for triple in triples})):
            out.write(piece)
    else:
        serialize(triples, out, form, prefixes=dict(prefixes))
    return out.getvalue()


def render_rdf(records: Iterable[bytes], form: ExportFormat) -> Iterator[bytes]:
    """Yield the pieces of a file in nt, nq, ttl, trig or rdfxml from sorted records."""
    if form in (ExportFormat.NT, ExportFormat.NQ):
        yield from _render_lines(records)
    elif form is ExportFormat.RDFXML:
        yield from _render_rdfxml(records)
    else:
        yield from _render_turtle(records, RdfFormat.TRIG if form is ExportFormat.TRIG else RdfFormat.TURTLE)


def refuse_no_xml(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield the statements; raises NotInXmlError for the first that RDF/XML cannot hold."""
    good: set[str] = set()
    for quad in quads:
        name = quad.predicate.value
        if name not in good:
            if not _LOCAL.search(name):
                raise NotInXmlError(f"{name}: RDF/XML cannot hold this property; choose another format")
            good.add(name)
        if isinstance(quad.object, Literal) and (found := NOT_IN_XML.search(quad.object.value)):
            raise NotInXmlError(
                f"{quad.subject}: RDF/XML cannot hold its character U+{ord(found[0]):04X}; "
                "choose another format"
            )
        yield quad


def _render_lines(records: Iterable[bytes]) -> Iterator[bytes]:
    for record in records:
        graph, _, triple = record.partition(b"\t")
        yield b"%s %s .\n" % (triple, graph) if graph else b"%s .\n" % triple


def _render_turtle(records: Iterable[bytes], form: RdfFormat) -> Iterator[bytes]:
    """Yield pieces of Turtle or TriG."""
    yield serialise_header()
    for batch in iterate_batches(records):
        quads = parse_records(batch)
        yield serialise_unframed(quads if form.supports_datasets else (q.triple for q in quads), form=form)


def _render_rdfxml(records: Iterable[bytes]) -> Iterator[bytes]:
    names = "".join(f"\n\txmlns:{prefix}={quoteattr(PREFIXES[prefix])}" for prefix in sorted(PREFIXES))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{names}>\n'.encode()
    for batch in iterate_batches(records):
        triples = (quad.triple for quad in parse_records(batch))
        piece = serialize(triples, format=RdfFormat.RDF_XML, prefixes=PREFIXES)
        assert piece is not None  # it is only where an output file is given
        _, _, lines = piece.partition(b"<rdf:RDF")
        # XML readers turn a bare carriage return into a line feed.
        yield lines[lines.index(b">\n") + 2 : lines.rindex(b"</rdf:RDF>")].replace(b"\r", b"&#13;")
    yield b"</rdf:RDF>\n"
