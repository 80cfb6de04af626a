"""SHACL: sound data conform, and every shape is seen failing on a broken datum."""

import tomllib
from collections import defaultdict
from pathlib import Path

import handmade
import pytest
from places import TESTS
from rdflib import RDF, SH, Graph

from build_graph.errors import ObligationError
from build_graph.extract.pipeline import understand
from build_graph.graph.check.shacl import ValidationReport, Violation
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.write.turtle import serialise_turtle
from build_graph.query.validate import validate
from build_graph.resources import find_folder

CASES = TESTS / "cases"
EXPECTED = tomllib.loads((CASES / "validation.toml").read_text(encoding="utf-8"))
SHAPES = Graph().parse(find_folder("ontology") / "shapes.ttl")


@pytest.fixture(scope="module")
def report():
    return validate(str(CASES / "broken.ttl"))


@pytest.fixture(scope="module")
def found(report):
    by_focus = defaultdict(set)
    for violation in report.violations:
        whole = violation.focus.startswith("http")
        name = violation.focus.removeprefix("http://example.org/") if whole else "_"
        by_focus[name].add(violation.message)
    return by_focus


def written(document, folder_):
    path = folder_ / "graph.ttl"
    path.write_bytes(serialise_turtle(iterate_quads(document, Descriptions.load())))
    return path


def test_the_handmade_document_conforms(tmp_path):
    report = validate(str(written(handmade.document(), tmp_path)))
    assert list(report.iterate_lines())[:-1] == []
    assert report.conforms


def test_the_first_document_conforms(tmp_path):
    report = validate(str(written(understand(), tmp_path)))
    assert list(report.iterate_lines())[:-1] == []
    assert report.triples > 10_000


@pytest.mark.parametrize("name", EXPECTED)
def test_broken(name, found):
    assert found[name] == set(EXPECTED[name])


def test_nothing_else_is_reported(found):
    assert set(found) == set(EXPECTED)


def test_every_message_of_the_shapes_is_seen(report):
    messages = {str(m) for m in SHAPES.objects(None, SH.message) if m.language == "en"}
    assert {violation.message for violation in report.violations} == messages


def test_every_constraint_has_a_message_in_both_languages():
    constraints = set(SHAPES.objects(None, SH.property)) | set(SHAPES.objects(None, SH.sparql))
    assert len(constraints) > 50
    for constraint in constraints:
        languages = sorted(message.language for message in SHAPES.objects(constraint, SH.message))
        assert languages == ["en", "zh"], SHAPES.value(constraint, SH.path)


def test_every_shape_has_a_target():
    shapes = set(SHAPES.subjects(RDF.type, SH.NodeShape))
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
    assert shapes == {shape for target in targets for shape in SHAPES.subjects(target, None)}


def test_the_report_is_read_line_by_line(report):
    lines = list(report.iterate_lines())
    assert (
        "http://example.org/bearer/unshared: A bearer must have one rank, a whole number from 1. "
        "责任主体须有一个不小于1的排序。 (found: 0)"
    ) in lines
    assert lines[:-1] == sorted(lines[:-1])
    assert lines[-1].endswith(f"against {report.shapes} shapes: {len(report.violations)} violations")
    assert not report.conforms


def test_a_report_without_violations_says_so():
    assert list(ValidationReport(Path("g.ttl"), 1234, 5, ()).iterate_lines()) == [
        "g.ttl: 1,234 triples against 5 shapes: conforms"
    ]


def test_long_values_are_shortened():
    line = Violation("x", "Wrong.", "错。", "word " * 100).format_line()
    assert len(line) < 250
    assert line.endswith("[...])")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"there is no such graph; make it with: obligations build"),
        (b"<a> <b> .", r"is no Turtle file that can be read \(.*\); put it right"),
        (b"\xff\xfe\x00", r"is no Turtle file that can be read \(.*\); put it right"),
        (b"", r"holds no statements; make the graph with: obligations build"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "graph.ttl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ObligationError, match=rf"graph\.ttl: {message}"):
        validate(str(path))
