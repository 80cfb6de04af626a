"""Turtle: the same bytes for the same statements, good to read, and read back alike by two parsers."""

import random

import handmade
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse
from rdflib import Graph, URIRef
from rdflib import Literal as RdfLiteral

from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.write.turtle import serialise_turtle
from build_graph.vocabulary import BASE, OB, PREFIXES, term

THING = NamedNode(f"{BASE}thing")
ENCODABLE = st.text(st.characters(exclude_categories=("Cs",)))


@pytest.fixture(scope="module")
def emitted():
    return list(iterate_quads(handmade.document(), Descriptions.load()))


@pytest.fixture(scope="module")
def written(emitted):
    return serialise_turtle(emitted).decode("utf-8")


def said(*objects):
    return [Quad(THING, term("ob:text"), value) for value in objects]


def without_graph(found):
    return {Quad(quad.subject, quad.predicate, quad.object) for quad in found}


def by_rdflib(data):
    """What rdflib reads, as pyoxigraph's terms."""
    return {
        Quad(*(to_pyoxigraph(node) for node in triple))
        for triple in Graph().parse(data=data, format="turtle")
    }


def to_pyoxigraph(node):
    if isinstance(node, URIRef):
        return NamedNode(str(node))
    assert isinstance(node, RdfLiteral), f"{node!r} is a blank node"
    if node.language:
        return Literal(str(node), language=node.language)
    return Literal(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype else None)


def test_pyoxigraph_reads_back_the_same_statements(emitted, written):
    assert set(parse(written, format=RdfFormat.TURTLE)) == without_graph(emitted)


def test_rdflib_reads_back_the_same_statements(emitted, written):
    assert by_rdflib(written) == without_graph(emitted)


def test_order_and_repetition_of_the_statements_do_not_matter(emitted, written):
    shuffled = emitted + emitted[::3]
    random.Random(7).shuffle(shuffled)
    assert serialise_turtle(shuffled).decode() == written


def test_graphs_are_put_together(emitted, written):
    moved = [Quad(q.subject, q.predicate, q.object, NamedNode(f"{BASE}other")) for q in emitted[::2]]
    assert serialise_turtle(emitted + moved).decode() == written


def test_one_predicate_a_line_and_an_empty_line_between_subjects(written):
    block = next(b for b in written.split("\n\n") if b.startswith("<d/杭政-2015-1/s2/c1/m1/n2> a"))
    assert block.split("\n") == [
        "<d/杭政-2015-1/s2/c1/m1/n2> a ob:Prohibition ;",
        '\tob:cue "严禁" ;',
        "\tob:hasEvidence <d/杭政-2015-1/text#char=108,118> ;",
        "\tob:kindEvidence <d/杭政-2015-1/text#char=108,110> ;",
        '\tob:text "严禁违法设定行政许可" .',
    ]
    assert written.endswith(" .\n")
    assert not written.endswith("\n\n")


def test_a_measure_its_assignment_and_its_norms_stand_together(written):
    """And passages, which nobody reads one by one, stand behind all of them."""
    subjects = [block.partition(" ")[0].strip("<>") for block in written.split("\n\n")[1:]]
    first = subjects.index("d/杭政-2015-1/s2/c1/m1")
    names = ["", "/a", "/b1", "/b2", "/n1", "/n2", "/n3", "/s1", "/s2", "/w1"]
    assert subjects[first : first + len(names)] == [f"d/杭政-2015-1/s2/c1/m1{name}" for name in names]
    passages = [at for at, subject in enumerate(subjects) if "#char=" in subject]
    measures = [at for at, subject in enumerate(subjects) if "/m1" in subject]
    assert len(passages) > 30
    assert max(measures) < min(passages)
    assert passages == list(range(min(passages), max(passages) + 1))


def test_prefixes_that_are_used_are_declared_in_order(written):
    header = written.partition("\n\n")[0].split("\n")
    assert header[0] == f"@base <{BASE}> ."
    assert header[1:] == sorted(header[1:])
    assert f"@prefix ob: <{OB}> ." in header
    assert f"@prefix owl: <{PREFIXES['owl']}> ." not in header


def test_numbers_stand_in_natural_order():
    nodes = [f"{BASE}d/国发-2015-24/s{s}/m{m}" for s in (2, 10) for m in (1, 2, 10)]
    data = serialise_turtle(
        [Quad(NamedNode(n), term("rdf:type"), term("ob:Measure")) for n in reversed(nodes)]
    )
    assert [quad.subject.value for quad in parse(data, format=RdfFormat.TURTLE)] == nodes


def test_what_lies_below_an_iri_stands_behind_it():
    nodes = [f"{BASE}a", f"{BASE}a/b", f"{BASE}a/b/c", f"{BASE}ab"]
    data = serialise_turtle([Quad(NamedNode(n), term("rdf:type"), term("ob:Measure")) for n in nodes])
    assert [quad.subject.value for quad in parse(data, format=RdfFormat.TURTLE)] == nodes


def test_a_line_break_in_a_literal_ends_no_statement():
    quads_ = said(Literal("一 .\n\t二 .\n\n三"))
    assert serialise_turtle(quads_).decode().count("\n\n") == 1  # behind the header
    assert set(parse(serialise_turtle(quads_), format=RdfFormat.TURTLE)) == set(quads_)


@given(ENCODABLE)
def test_any_words_come_back(words):
    quads_ = said(Literal(words), Literal(words, language="zh"))
    assert set(parse(serialise_turtle(quads_), format=RdfFormat.TURTLE)) == set(quads_)


@pytest.mark.parametrize(
    "words",
    [
        'a"b',
        "a\\b",
        "a\nb",
        "a\r\nb",
        "a\tb",
        "\x00",
        "\x0b\x0c\x1f",
        "\u2028\u2029\x85",
        "\ufeff",
        "𠮷😀",
        "'''",
        '"""',
        "",
        " .",
    ],
    ids=ascii,
)
def test_hostile_words_come_back_from_rdflib(words):
    quads_ = said(Literal(words), Literal(words, language="zh"))
    assert by_rdflib(serialise_turtle(quads_).decode()) == set(quads_)


def test_nothing_to_write_is_turtle_too():
    assert list(parse(serialise_turtle([]), format=RdfFormat.TURTLE)) == []
