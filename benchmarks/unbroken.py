"""Scores the annotated documents as pages on one line have them: with all line breaks and tabs taken out.

    .venv/bin/python benchmarks/unbroken.py [FOLDER …]

A FOLDER holds annotations and their texts in `documents`, as tests/gold does, which is taken without one. It
prints what the scorer says over all of them, and which texts were refused.
"""

from __future__ import annotations

import argparse
import json
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
_BREAKS = str.maketrans("", "", "\r\n\t\f\v")


def understand(pipeline: Pipeline, text: Path) -> str:
    """Return what is understood of a text on one line, in the form of annotations; empty for one refused."""
    source = Source(text.name, text.read_text(encoding="utf-8").translate(_BREAKS), "utf-8")
    try:
        return json.dumps(convert_to_gold(pipeline.understand(source, Metadata())), ensure_ascii=False)
    except ObligationError as error:
        print(f"refused: {error}")
        return ""


def main() -> None:
    """Score, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[GOLD])
    given = parser.parse_args()
    pipeline, pairs = Pipeline.load(), []
    with tempfile.TemporaryDirectory() as name:
        for gold in (path for folder in given.folders for path in sorted(folder.glob("*.json"))):
            system = Path(name) / gold.name
            system.write_text(understand(pipeline, gold.parent / "documents" / f"{gold.stem}.txt"), "utf-8")
            pairs += [str(gold), str(system)]
        score.main(pairs)


if __name__ == "__main__":
    main()
