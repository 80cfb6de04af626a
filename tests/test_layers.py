"""Data flows one way: a module imports only from rows before its own, and stages never each other."""

from __future__ import annotations

import ast
from itertools import combinations
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "build_graph"

# The rows in order; what is not named here stands in the row of its folder.
ROWS = [
    "base",
    "processes",
    "reading",
    "structure",
    "bodies",
    "meaning",
    "pipeline",
    "graph",
    "storing",
    "reports",
    "querying",
    "exchange",
    "analysis",
    "restoring",
    "pages",
    "viewing",
    "paging",
    "analysing",
    "explaining",
    "validating",
    "corpus",
    "exporting",
    "serving",
    "building",
    "reviewing",
    "spark",
    "cli",
]
BASE = {
    "__init__",
    "errors",
    "extras",
    "model",
    "resources",
    "vocabulary",
    "ontology",
    "files",
    "shards",
    "printing",
    "sealing",
}
STAGES = [
    "reading.source",
    "reading.repairs",
    "structure.metadata",
    "structure.outline",
    "structure.attribution",
    "structure.citations",
    "bodies.agencies",
    "meaning.norms",
    "meaning.targets",
    "meaning.audiences",
    "meaning.domains",
    "graph.triples",
    "graph.checks",
    "graph.validation",
]
MODULES = sorted(PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    """build_graph/meaning/norms.py → meaning.norms."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def row(module: str) -> int:
    first = module.split(".", maxsplit=1)[0]
    return ROWS.index("base" if first in BASE else first)


def imports(path: Path) -> set[str]:
    """The modules of the package that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("build_graph."):
            found.add(node.module.removeprefix("build_graph."))
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    return found


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_backwards(path: Path) -> None:
    for imported in imports(path):
        assert row(imported) <= row(name(path)), f"{name(path)} imports {imported}"


def test_stages_do_not_import_each_other() -> None:
    known = {name(path): imports(path) for path in MODULES}
    assert set(STAGES) <= set(known)
    for one, two in combinations(STAGES, 2):
        assert one not in known[two]
        assert two not in known[one]


def test_only_the_command_line_prints_and_exits() -> None:
    for path in MODULES:
        if name(path).startswith("cli."):
            continue
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"print", "exit", "input"}, name(path)
