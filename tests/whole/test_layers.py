"""The house keeps its shape: imports point backwards, folders form no circle, no two modules share a name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import networkx as nx
import pytest
from places import ROOT

from build_graph.graph.store.fingerprints import iterate_rule_files

PACKAGE = ROOT / "build_graph"

# The wings in order. A module imports from its own wing, from wings before it, and from the root.
WINGS = ["processes", "text", "extract", "graph", "query", "analysis", "web", "corpus", "api", "cli"]
BASE = {"__init__", "errors", "files", "model", "resources", "vocabulary"}
# The stages of a document, none of which knows another: `extract/pipeline.py` alone calls them in their
# order.
STAGES = [
    "text.formats.encoding",
    "text.repairs",
    "extract.structure.metadata",
    "extract.structure.outline",
    "extract.structure.attribution",
    "extract.citations.citations",
    "extract.agencies.registry",
    "extract.meaning.norms",
    "extract.meaning.targets",
    "extract.meaning.audiences",
    "extract.meaning.domains",
    "graph.emit.document",
    "graph.check.checks",
    "graph.check.shacl",
]
# Modules that mirror each other on purpose: what one finds or writes, the other emits or reads back.
MIRRORED = {"citations", "document", "measures"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "vendor" not in path.parts)


def name(path: Path) -> str:
    """build_graph/extract/meaning/norms.py → extract.meaning.norms."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def row(module: str) -> int:
    first = module.split(".", maxsplit=1)[0]
    return 0 if first in BASE else 1 + WINGS.index(first)


def room(module: str) -> str:
    return module.rpartition(".")[0] or module


def imports(path: Path) -> set[str]:
    """The modules of the package that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("build_graph."):
            base = node.module.removeprefix("build_graph.")
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found |= {i if (PACKAGE / f"{i.replace('.', '/')}.py").exists() else base for i in inner}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    return found


KNOWN = {name(path): imports(path) for path in MODULES}


@pytest.mark.parametrize("module", KNOWN)
def test_imports_point_backwards(module: str) -> None:
    if module != "__init__":  # it offers the API, which it imports when asked for
        for imported in KNOWN[module]:
            assert row(imported) <= row(module), f"{module} imports {imported}"


def test_folders_form_no_circle() -> None:
    """Within a wing, too, one folder stands before the other."""
    arrows = {(room(m), room(i)) for m, found in KNOWN.items() for i in found if m != "__init__"}
    house = nx.DiGraph(arrow for arrow in arrows if arrow[0] != arrow[1])
    assert [sorted(circle) for circle in nx.strongly_connected_components(house) if len(circle) > 1] == []


def test_stages_do_not_import_each_other() -> None:
    assert set(STAGES) <= set(KNOWN)
    for one, two in combinations(STAGES, 2):
        assert one not in KNOWN[two]
        assert two not in KNOWN[one]


def test_no_two_modules_share_a_name() -> None:
    names = Counter(path.stem for path in MODULES if path.stem not in ("__init__", "__main__"))
    assert {stem for stem, times in names.items() if times > 1} == MIRRORED
    assert max(names.values()) == 2


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
    rules = {path for _, path in iterate_rule_files()}
    waiting = [PACKAGE / name for name in ("extract/pipeline.py", "graph/write/assembly.py")]
    for path in waiting:  # grows while we walk
        assert path in rules, f"{name(path)} decides a graph, but is no rule"
        words = re.findall(r'word_lists\("(\w+)"\)', path.read_text(encoding="utf-8"))
        assert {PACKAGE / "data" / f"{one}.toml" for one in words} <= rules, name(path)
        waiting += sorted(module_files(path) - set(waiting))
    assert len(waiting) > 50
