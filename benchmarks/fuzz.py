"""Looks for texts that make the program crash, hang or contradict itself, led by what it covers.

    .venv/bin/pip install -e '.[test,fuzz]'
    .venv/bin/python benchmarks/fuzz.py [--seconds 60] [--findings DIR] [FILE]...

Inputs grow out of the annotated documents: cut, doubled, mixed up, and damaged with hostile characters
(as text), or flipped (as bytes). Each goes through the whole pipeline, and what must hold for any
document (`tests/support/soundness.py`) is asserted. The first finding ends the run; its file is named, and
with FILE given only these files are run again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
LONGEST = 1_500  # bytes of an input
SLOWEST = 20  # seconds for one input, beyond which it counts as a hang
MEMORY = 3_000  # MB


def seeds(folder: Path) -> None:
    """Fill `folder` with pieces of the annotated documents."""
    for path in sorted((TESTS / "gold" / "documents").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for start in range(0, len(text), LONGEST // 4):
            piece = "一、" + text[start : start + LONGEST // 4]
            (folder / f"{path.stem}-{start}").write_text(piece, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--findings", type=Path, metavar="DIR", help="by default a temporary folder")
    args = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("fuzz: atheris is missing; install it with: pip install -e '.[test,fuzz]'")
    sys.path.insert(0, str(TESTS / "support"))
    with atheris.instrument_imports(include=["build_graph"]):
        from soundness import assert_sound, understood, understood_text
    from test_hostile import HOSTILE, MARKS, WORDS, mutated

    def one_input(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        is_utf8 = text.encode("utf-8", "replace") == data
        for document in (understood(data), None if is_utf8 else understood_text(text)):
            if document:
                assert_sound(document)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.1:
            return atheris.Mutate(data, longest)
        text = data.decode("utf-8", "surrogateescape")
        what = [*("delete", "double", "move") * 30, *WORDS, *HOSTILE, *MARKS]
        changes = [
            (chance.randrange(10_000), chance.randrange(10_000), chance.choice(what))
            for _ in range(chance.randint(1, 5))
        ]
        return mutated((text, 0, longest), changes).encode("utf-8", "surrogatepass")[:longest]

    if args.files:
        for file in args.files:
            one_input(file.read_bytes())
            print(f"{file}: sound")
        return
    findings = args.findings or Path(tempfile.mkdtemp(prefix="findings-"))
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        seeds(Path(corpus))
        print(f"fuzz: {args.seconds} s; findings go to {findings}", flush=True)
        options = {
            "max_total_time": args.seconds,
            "timeout": SLOWEST,
            "rss_limit_mb": MEMORY,
            "max_len": LONGEST,
            "artifact_prefix": f"{findings}/",
            "print_final_stats": 1,
        }
        flags = [f"-{name}={value}" for name, value in options.items()]
        atheris.Setup([sys.argv[0], *flags, corpus], one_input, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
