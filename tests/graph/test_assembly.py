"""A graph put together part by part is the graph put together at once, checked all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import handmade
import pytest
from stated import stated

from build_graph.extract.pipeline import understand
from build_graph.graph.check import checks
from build_graph.graph.check.checks import FailedCheckError, check_statements
from build_graph.graph.emit.document import Part, iterate_parts, iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import expand
from build_graph.graph.write import assembly
from build_graph.graph.write.assembly import TurtleAssembler
from build_graph.graph.write.turtle import serialise_turtle
from build_graph.model import Document


@pytest.fixture(scope="module")
def descriptions() -> Descriptions:
    return Descriptions.load()


@pytest.fixture(scope="module", params=[handmade.document, understand])
def document(request: pytest.FixtureRequest) -> Document:
    found: Document = request.param()
    return found


def assembled(given: Iterator[Part]) -> tuple[int, bytes]:
    """How many statements there are, and the Turtle file."""
    graph = TurtleAssembler()
    graph.add_parts(given)
    passed, pieces = graph.finish()
    return passed.statements, b"".join(pieces)


@pytest.mark.parametrize("batch", [1, 1_000, 1_000_000])
def test_same_file(
    document: Document, descriptions: Descriptions, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few statements are looked at together, the file is that of all together."""
    monkeypatch.setattr(assembly, "_BATCH", batch)
    whole = list(iterate_quads(document, descriptions))
    assert assembled(iterate_parts(document, descriptions)) == (
        check_statements(stated(whole)).statements,
        serialise_turtle(whole),
    )


def test_several_documents(descriptions: Descriptions) -> None:
    """What two documents say of one body stands in the file once."""
    both = [handmade.document(), understand()]
    whole = [quad for one in both for quad in iterate_quads(one, descriptions)]
    given = (part for one in both for part in iterate_parts(one, descriptions))
    statements, written = assembled(given)
    assert written == serialise_turtle(whole)
    assert statements == len({quad.triple for quad in whole})


def without(predicate: str, given: Iterator[Part], number: int) -> Iterator[Part]:
    """The parts, the one at `number` without what it says with a predicate."""
    for index, part in enumerate(given):
        kept = [one for one in part.statements if index != number or one[1] != expand(predicate)]
        yield replace(part, statements=kept)


@pytest.mark.parametrize(
    ("predicate", "number", "check_name"),
    [
        ("rdf:type", 0, "dangling"),
        ("ob:hasEvidence", 1, "evidence"),
        ("ob:hasEvidence", 41, "evidence"),
        ("nif:referenceContext", 41, "dangling"),
        ("rdf:type", 41, "dangling"),
        ("ob:responsibleAgency", 41, "unshared"),
        ("ob:role", 41, "incomplete"),
        ("eli:is_part_of", 41, "measures"),
    ],
)
def test_faults_are_found_in_any_batch(
    predicate: str,
    number: int,
    check_name: str,
    descriptions: Descriptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assembly, "_BATCH", 1)
    with pytest.raises(FailedCheckError, match=check_name):
        assembled(without(predicate, iterate_parts(understand(), descriptions), number))


def test_what_a_measure_refers_to_must_be_described(
    descriptions: Descriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the measure is looked at by itself, long after the bodies."""
    monkeypatch.setattr(assembly, "_BATCH", 1)
    shared, *parts = iterate_parts(understand(), descriptions)
    rest = [one for one in shared.statements if "/agency/mofcom" not in one[0]]
    assert len(rest) < len(shared.statements)
    with pytest.raises(FailedCheckError, match=r"dangling: .*agency/mofcom"):
        assembled(iter([replace(shared, statements=rest), *parts]))


def test_what_an_earlier_batch_describes_is_not_suspected(
    document: Document, descriptions: Descriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sound graph is never loaded for all queries, though measures point to passages of earlier ones."""
    monkeypatch.setattr(assembly, "_BATCH", 1)
    monkeypatch.delattr(checks, "_load_store")
    assembled(iterate_parts(document, descriptions))
    with pytest.raises(NameError):
        assembled(without("ob:role", iterate_parts(document, descriptions), 3))


def test_no_two_measures_share_an_iri(descriptions: Descriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "_BATCH", 1)
    shared, frame, first, *others = iterate_parts(understand(), descriptions)
    with pytest.raises(FailedCheckError, match="doubled"):
        assembled(iter([shared, frame, first, *others, first]))
