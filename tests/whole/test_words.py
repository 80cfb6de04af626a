"""The words of the code: docstrings say what a thing is or returns, and functions fit on a screen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from places import ROOT

MODULES = sorted(p for p in (ROOT / "build_graph").rglob("*.py") if "vendor" not in p.parts)
RIDDLES = ("What", "Who", "Whom", "Whose", "Where", "Whether", "How", "When", "Which", "Why")
LONGEST = 50  # lines of a function, with its decorators and docstring


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_docstrings_are_no_riddles(path: Path) -> None:
    """They begin with the thing or the deed, not with a question."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = (ast.get_docstring(node) or "-").split()[0]
            assert first not in RIDDLES, f"{path}: {getattr(node, 'name', 'module')}: begins with {first}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_functions_fit_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            assert (node.end_lineno or start) - start < LONGEST, f"{path}: {node.name}"
