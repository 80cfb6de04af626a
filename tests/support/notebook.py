"""Runs a notebook without Jupyter; python tests/support/notebook.py FILE writes its outputs anew."""

from __future__ import annotations

import ast
import io
import json
import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

Output = dict[str, Any]


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def run(notebook: dict[str, Any]) -> tuple[dict[str, Any], list[list[Output]]]:
    """The names that the code cells leave, and what each of them shows, as a notebook keeps it."""
    names: dict[str, Any] = {}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return names, [_run_cell("".join(cell["source"]), number, names) for number, cell in enumerate(cells, 1)]


def _run_cell(source: str, number: int, names: dict[str, Any]) -> list[Output]:
    """What a cell prints, and its last line if that is an expression."""
    tree, value = ast.parse(source), None
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(tree, f"cell {number}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
    printed = [{"name": "stdout", "output_type": "stream", "text": _lines(out.getvalue())}]
    shown = {"data": _show(value), "execution_count": number, "metadata": {}, "output_type": "execute_result"}
    return [*(printed if out.getvalue() else ()), *(() if value is None else (shown,))]


def _show(value: object) -> dict[str, list[str]]:
    """A value as text, and as HTML if it has that; a picture is left out, for its size."""
    html = value._repr_html_() if hasattr(value, "_repr_html_") else None
    return {**({"text/html": _lines(html)} if html else {}), "text/plain": _lines(repr(value))}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main(path: Path) -> None:
    notebook, before = read(path), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _, outputs = run(notebook)
        os.chdir(before)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, shown) in enumerate(zip(code, outputs, strict=True), 1):
        cell["execution_count"], cell["outputs"] = number, shown
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
