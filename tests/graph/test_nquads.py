"""A document as N-Quads: the statements of its emission, each once, checked."""

from dataclasses import replace
from datetime import date

import handmade
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from build_graph.extract.pipeline import understand
from build_graph.graph.check.checks import FailedCheckError
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import (
    Term,
    boolean,
    date_literal,
    decimal,
    expand,
    integer,
    iri,
    literal,
    parse_statements,
    true_or_none,
    zh_literal,
)
from build_graph.graph.write.assembly import serialise_document
from build_graph.model import Document
from build_graph.vocabulary import term


@pytest.fixture(scope="module")
def descriptions() -> Descriptions:
    return Descriptions.load()


@pytest.mark.parametrize("document", [handmade.document(), understand()], ids=lambda document: document.id)
def test_each_statement_stands_there_once_in_the_order_of_emission(
    document: Document, descriptions: Descriptions
) -> None:
    written, _, statements = serialise_document(document, descriptions)
    emitted = list(iterate_quads(document, descriptions))
    assert list(parse(written, format=RdfFormat.N_QUADS)) == emitted
    assert written.count(b"\n") == statements == len(set(emitted))


def test_a_document_with_a_fault_is_not_written(descriptions: Descriptions) -> None:
    """Two measures with one index share an IRI."""
    document = handmade.document()
    goal, first, second, last = document.measures
    twin = replace(document, measures=(goal, first, replace(second, index=first.index), last))
    with pytest.raises(FailedCheckError, match="doubled"):
        serialise_document(twin, descriptions)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_words_of_any_kind_are_read_back(said: str) -> None:
    statement = (iri("https://x/s"), expand("ob:text"), literal(said))
    ((*_, value, graph),) = parse_statements([statement], iri("https://x/g"))
    assert (value, graph) == (Literal(said), NamedNode("https://x/g"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (integer(-7), Literal(-7)),
        (decimal("1200.5"), Literal("1200.5", datatype=term("xsd:decimal"))),
        (boolean(False), Literal(False)),
        (true_or_none(True), Literal(True)),
        (date_literal(date(2020, 12, 31)), Literal("2020-12-31", datatype=term("xsd:date"))),
        (zh_literal("商务部"), Literal("商务部", language="zh")),
        (expand("ob:Lead"), term("ob:Lead")),
    ],
)
def test_terms_are_written_as_the_store_writes_them(said: str, meant: Literal) -> None:
    assert said == str(meant)


def test_what_is_not_so_is_not_said() -> None:
    assert (true_or_none(False), date_literal(None), zh_literal(None), zh_literal("")) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("end", ["", "@zh"])
def test_texts_longer_than_a_parser_holds(end: str) -> None:
    """They are read as they were written, in their place."""
    text = '一“二”\\ "三"\n\r\t\x08\x0c\x01\x7f' * 2_000_000
    text_literal = Literal(text, language="zh") if end else Literal(text)
    node, said = iri("http://x/a"), expand("ob:text")
    statements = [
        (node, said, literal("一")),
        (node, said, Term(str(text_literal))),
        (node, said, literal("二")),
    ]
    found = list(parse_statements(statements, iri("http://x/g")))
    assert [quad.object for quad in found] == [Literal("一"), text_literal, Literal("二")]
    assert {quad.graph_name.value for quad in found} == {"http://x/g"}
