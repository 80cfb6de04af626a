"""Validation of a graph against the SHACL shapes of the ontology.

pySHACL and rdflib take half a second to import: import this module where it is used, not at start-up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from pyshacl import validate as shacl
from rdflib import RDF, Graph, Literal, Namespace

from build_graph.resources import find_folder

_SH = Namespace("http://www.w3.org/ns/shacl#")
_ONTOLOGY = "obligations.ttl"
_SHAPES = "shapes.ttl"
_SHOWN = 200  # characters of a wrong value, which may be a whole text


@dataclass(frozen=True, slots=True)
class Violation:
    """A thing that breaks a shape, the message in both languages, and the wrong value, if any."""

    focus: str
    message: str
    message_zh: str
    value: str | None

    def format_line(self) -> str:
        """Return the violation on one line."""
        found = f" (found: {shorten(self.value, _SHOWN)})" if self.value is not None else ""
        return f"{self.focus}: {self.message} {self.message_zh}{found}"


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The report of a validation, with the violations sorted by thing and message."""

    path: Path | str  # or the address of an endpoint
    triples: int
    shapes: int
    violations: tuple[Violation, ...]

    @property
    def conforms(self) -> bool:
        """True if there are no violations."""
        return not self.violations

    def iterate_lines(self) -> Iterator[str]:
        """Yield the lines of the report: the violations, then their number."""
        for violation in self.violations:
            yield violation.format_line()
        count = len(self.violations)
        verdict = "conforms" if self.conforms else f"{count} violation{'s' if count > 1 else ''}"
        yield f"{self.path}: {self.triples:,} triples against {self.shapes} shapes: {verdict}"


def validate_graph(graph: Graph, path: Path | str = "graph") -> ValidationReport:
    """Return the report on a graph in memory, which is not changed."""
    shapes = _parse_turtle(find_folder("ontology") / _SHAPES)
    _, results, _ = shacl(
        graph,
        shacl_graph=shapes,
        ont_graph=_parse_turtle(find_folder("ontology") / _ONTOLOGY),
        inference="none",  # the shapes name classes themselves; inferred statements are not data
        meta_shacl=False,
    )
    found = sorted(_iterate_violations(results, _find_languages(shapes)), key=Violation.format_line)
    return ValidationReport(path, len(graph), _count_shapes(shapes), tuple(found))


def _parse_turtle(path: Path) -> Graph:
    return Graph().parse(data=path.read_bytes(), format="turtle")


def _count_shapes(shapes: Graph) -> int:
    """Return the number of shapes that have their own targets."""
    return sum(1 for _ in shapes.subjects(RDF.type, _SH.NodeShape))


def _iterate_violations(results: Graph, languages: Mapping[str, str | None]) -> Iterator[Violation]:
    for result in results.subjects(RDF.type, _SH.ValidationResult):
        texts = map(str, results.objects(result, _SH.resultMessage))
        messages = {languages.get(message): message for message in texts}
        focus, value = results.value(result, _SH.focusNode), results.value(result, _SH.value)
        yield Violation(
            focus=str(focus),
            message=messages["en"],
            message_zh=messages["zh"],
            value=None if value in (None, focus) else str(value),
        )


def _find_languages(shapes: Graph) -> dict[str, str | None]:
    """Return the language of each message, which pySHACL loses if the constraint is a query."""
    messages = shapes.objects(None, _SH.message)
    return {str(message): message.language for message in messages if isinstance(message, Literal)}
