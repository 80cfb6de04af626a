"""Data flows one way: a module imports only from rows before its own, and stages never each other."""

from __future__ import annotations

import ast
import re
from itertools import combinations
from pathlib import Path

import pytest

from build_graph.storing.fingerprints import rule_files

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
    "exporting",
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


def module_files(path: Path) -> set[Path]:
    """Return the files of the package's modules that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, *(f"{node.module}.{one.name}" for one in node.names)))
    files = {PACKAGE.parent / f"{name.replace('.', '/')}.py" for name in names}
    return {file for file in files if PACKAGE in file.parents and file.is_file()}


def test_what_decides_a_graph_imports_only_what_counts_in_its_fingerprint() -> None:
    """From the pipeline to the checked statements: every module and every list of words is a rule."""
    rules = {path for _, path in rule_files()}
    waiting = [PACKAGE / name for name in ("pipeline.py", "graph/nquads.py", "graph/triples.py")]
    for path in waiting:  # grows while we walk
        assert path in rules, f"{name(path)} decides a graph, but is no rule"
        words = re.findall(r'word_lists\("(\w+)"\)', path.read_text(encoding="utf-8"))
        assert {PACKAGE / "data" / f"{one}.toml" for one in words} <= rules, name(path)
        waiting += sorted(module_files(path) - set(waiting))
    assert len(waiting) > 50
