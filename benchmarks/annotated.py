"""Scores what is understood of annotated documents; also as pages on one line have them.

    .venv/bin/python benchmarks/annotated.py [FOLDER …] [--unbroken] [--each]

A FOLDER holds annotations and their texts in `documents`, as tests/gold does, which is taken without one.
`--unbroken` takes all line breaks and tabs out of the texts first; `--each` prints a row of F1 or shares for
each document, as the README has it, in place of what the scorer says over all. Refused texts are named.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import score

from build_graph.errors import ObligationError
from build_graph.extract.gold_format import convert_to_gold
from build_graph.extract.pipeline import Pipeline
from build_graph.model import Metadata, Source

GOLD = Path(__file__).parent.parent / "tests" / "gold"
COLUMNS = (
    "attributions",
    "bearers+role",
    "allocation",
    "open",
    "measure start",
    "measure end",
    "norms+kind",
    "targets",
    "target due | paired",
    "addressees",
    "domains",
    "main domain",
    "main in the list",
)
_BREAKS = str.maketrans("", "", "\r\n\t\f\v")
_ROW = re.compile(
    r"(?m)^(?P<name>.+?)\s{2,}"
    r"(?:P .*F1\s+(?P<f1>[\d.]+).*gold (?!0 )|\d+/(?!0 )\d+ = (?P<share>[\d.]+))"
)


def understand(pipeline: Pipeline, text: Path, *, unbroken: bool) -> str:
    """Return what is understood of a text in the form of annotations; empty for one refused."""
    content = text.read_text(encoding="utf-8")
    source = Source(text.name, content.translate(_BREAKS) if unbroken else content, "utf-8")
    try:
        return json.dumps(convert_to_gold(pipeline.understand(source, Metadata())), ensure_ascii=False)
    except ObligationError as error:
        print(f"refused: {error}")
        return ""


def format_row(gold: Path, system: Path) -> str:
    """Return the row of one document; a dash where it has nothing of the kind."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        score.main([str(gold), str(system)])
    found = {row["name"].strip(): row["f1"] or row["share"] for row in _ROW.finditer(printed.getvalue())}
    return f"| {gold.stem} | {' | '.join(found.get(column) or '–' for column in COLUMNS)} |"


def main() -> None:
    """Score, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[GOLD])
    parser.add_argument("--unbroken", action="store_true", help="take line breaks and tabs out first")
    parser.add_argument("--each", action="store_true", help="print a row for each document")
    given = parser.parse_args()
    pipeline, pairs = Pipeline.load(), []
    with tempfile.TemporaryDirectory() as name:
        for gold in (path for folder in given.folders for path in sorted(folder.glob("*.json"))):
            system = Path(name) / gold.name
            text = gold.parent / "documents" / f"{gold.stem}.txt"
            system.write_text(understand(pipeline, text, unbroken=given.unbroken), "utf-8")
            pairs += [(gold, system)]
        if given.each:
            print(*(format_row(gold, system) for gold, system in pairs), sep="\n")
        else:
            score.main([str(path) for pair in pairs for path in pair])


if __name__ == "__main__":
    main()
