"""What must hold for whatever was understood of any text at all, and of the graph that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from pyoxigraph import Quad, RdfFormat, parse
from understanding import descriptions, pipeline

from build_graph.errors import ObligationError
from build_graph.graph.emit.document import iterate_parts, iterate_quads
from build_graph.graph.write.assembly import TurtleAssembler
from build_graph.model import Division, Document, Measure, Source, Span, Text
from build_graph.text.formats.encoding import decode_text


def understood(data: bytes, encoding: str | None = None) -> Document | None:
    """The document that `data` holds; None where it is refused, which must be in one line."""
    return _or_refused(lambda: pipeline().understand(decode_text(data, "hostile.txt", encoding=encoding)))


def understood_text(text: str) -> Document | None:
    """The document whose source is `text`, lone surrogates and all; None where it is refused."""
    return _or_refused(lambda: pipeline().understand(Source("hostile.txt", text, "utf-8")))


def _or_refused(understand: Callable[[], Document]) -> Document | None:
    try:
        return understand()
    except ObligationError as error:
        message = str(error)
    assert message.isprintable(), message
    assert len(message) < 500, message
    return None


def assert_sound(document: Document) -> None:
    """Everything that must hold for a document and its graph."""
    assert_text(document.text)
    assert_outline(document.text.content, document.outline.divisions)
    assert_measures(document)
    assert_rest(document)
    assert_graph(document)


# ------------------------------------------------------------------------------------- text


def assert_text(text: Text) -> None:
    """The text can be written, its repairs say what they did, and every position leads back."""
    content, source = text.content, text.source.content
    content.encode("utf-8")  # fails for lone surrogates
    for repair in text.repairs:
        assert repair.before == repair.source.extract(source)
        assert repair.after == repair.span.extract(content)
    assert_in_order([repair.span for repair in text.repairs], len(content))
    assert_in_order([repair.source for repair in text.repairs], len(source))
    for damage in text.damages:
        assert_inside(damage.span, Span(0, len(content)))
    assert_origins(text)


def assert_origins(text: Text) -> None:
    """What was not repaired stands in the source as it stands in the text."""
    end = source_end = 0
    for repair in text.repairs:
        _assert_same(text, Span(end, repair.span.start), Span(source_end, repair.source.start))
        for position in range(repair.span.start, repair.span.end):
            assert repair.source.start <= text.find_origin(position) <= repair.source.end
        end, source_end = repair.span.end, repair.source.end
    _assert_same(text, Span(end, len(text.content)), Span(source_end, len(text.source.content)))


def _assert_same(text: Text, span: Span, source: Span) -> None:
    assert span.extract(text.content) == source.extract(text.source.content)
    for position in {span.start, span.end - 1} if len(span) > 0 else ():
        assert text.find_origin(position) == source.start + position - span.start


# ---------------------------------------------------------------------------------- outline


def assert_outline(content: str, divisions: Sequence[Division], around: Span | None = None) -> None:
    """Divisions stand in order, one within the other, and begin with the mark that they print."""
    assert_in_order([division.span for division in divisions], len(content))
    assert len({division.key for division in divisions}) == len(divisions)
    for division in divisions:
        assert around is None or division.span in around
        assert content.startswith((division.mark or "").strip(), division.span.start)
        for part in (division.heading, division.body):
            if part is not None and len(part):
                assert_inside(part, division.span)
        assert_outline(content, division.parts, division.span)


# --------------------------------------------------------------------------------- measures


def assert_measures(document: Document) -> None:
    """Measures stand in order and do not overlap; what was found in each stands in it."""
    content = document.text.content
    assert_in_order([measure.span for measure in document.measures], len(content))
    assert len({(m.path, m.index) for m in document.measures}) == len(document.measures)
    for measure in document.measures:
        assert len(measure.span) > 0
        assert_words(content, measure)
        assert_meaning(measure)


def assert_words(content: str, measure: Measure) -> None:
    """Names are the words at their spans."""
    whole = Span(0, len(content))
    for bearer in (*measure.bearers, *measure.defaults):
        assert bearer.name == bearer.span.extract(content)
        assert_inside(bearer.span, whole)
    for audience in measure.audiences:
        assert audience.name == audience.span.extract(content)
        assert audience.span in measure.span
    if measure.assignment:
        assert_inside(measure.assignment.span, whole)
        for rider in measure.assignment.riders:
            assert_inside(rider.span, whole)


def assert_meaning(measure: Measure) -> None:
    """Norms stand in order within the measure, targets in it or in its attribution."""
    assert_in_order([norm.span for norm in measure.norms])
    for norm in measure.norms:
        assert_inside(norm.span, measure.span)
        assert norm.cue is None or norm.cue in norm.span
    for target in measure.targets:
        within = [measure.span, *([measure.assignment.span] if measure.assignment else [])]
        assert any(target.span in span for span in within)


def assert_rest(document: Document) -> None:
    """Citations, refusals, the signals of domains and the coverage stand in the text."""
    content = document.text.content
    whole = Span(0, len(content))
    for citation in document.citations:
        assert_inside(citation.span, whole)
        assert citation.title or citation.number
    for refusal in document.refused:
        assert_inside(refusal.span, whole)
    for measure in document.measures:
        for signal in (signal for domain in measure.domains for signal in domain.signals):
            assert_inside(signal, whole)
    assert_coverage(content, [stretch.span for stretch in document.coverage.stretches])


def assert_coverage(content: str, stretches: Sequence[Span]) -> None:
    """The stretches of the coverage do not overlap, and leave out white space alone."""
    if not stretches:
        return
    assert_in_order(stretches, len(content))
    ends = [0, *(span.end for span in stretches)]
    starts = [*(span.start for span in stretches), len(content)]
    for end, start in zip(ends, starts, strict=True):
        assert not content[end:start].strip()


# ------------------------------------------------------------------------------------ graph


def graph_of(document: Document) -> bytes:
    """The graph of a document, checked, as Turtle."""
    graph = TurtleAssembler()
    graph.add_parts(iterate_parts(document, descriptions()))
    _, pieces = graph.finish()
    return b"".join(pieces)


def assert_graph(document: Document) -> None:
    """The graph passes its checks, and its Turtle, in UTF-8, holds the same statements."""
    written = graph_of(document)
    written.decode("utf-8")
    statements = iterate_quads(document, descriptions())
    assert set(parse(written, format=RdfFormat.TURTLE)) == set(_triples(statements))


def _triples(statements: Iterable[Quad]) -> Iterator[Quad]:
    """The statements without the names of their graphs."""
    return (Quad(said.subject, said.predicate, said.object) for said in statements)


# ------------------------------------------------------------------------------------- small


def assert_inside(span: Span, around: Span) -> None:
    assert span.start <= span.end
    assert span in around, (span, around)


def assert_in_order(spans: Sequence[Span], length: int | None = None) -> None:
    """Each span ends before the next begins, all of them within `length`."""
    for span in spans:
        assert 0 <= span.start <= span.end
        assert length is None or span.end <= length
    for one, two in pairwise(spans):
        assert one.end <= two.start, (one, two)
