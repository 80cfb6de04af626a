"""Shows what hostile texts cost: processor time and memory at one size and at four times that size.

    .venv/bin/python benchmarks/hostile.py [--size 50000] [NAME]...

Each of the texts in `tests/support/hostile_inputs.py` goes through the whole program in a process of its own,
bound in memory: understood, checked, written as Turtle. A ratio far above 4 is work that grows faster
than the text.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import Any

TESTS = Path(__file__).resolve().parent.parent / "tests"
MEMORY = 8 << 30  # bytes
PATIENCE = 600  # seconds


def cost(name: str, size: int) -> dict[str, Any]:
    """What a text costs, in this process."""
    from hostile_inputs import INPUTS
    from soundness import graph_of, pipeline, understood_text

    gc.set_threshold(100_000)  # as the program does
    pipeline()
    text, start = INPUTS[name](size), process_time()
    document = understood_text(text)
    middle = process_time()
    written = len(graph_of(document)) if document else 0
    return {
        "characters": len(text),
        "understand": middle - start,
        "graph": process_time() - middle,
        "written": written,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def cost_apart(name: str, size: int) -> dict[str, Any] | None:
    """What a text costs, in a process of its own; None where it does not end."""
    command = [sys.executable, __file__, "--one", "--size", str(size), name]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    found: dict[str, Any] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", type=int, default=50_000, help="characters")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    sys.path.insert(0, str(TESTS / "support"))
    from hostile_inputs import INPUTS

    if args.one:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        print(json.dumps(cost(args.names[0], args.size)))
        return
    print("understand s     graph s   peak MB   ratio  text")
    for name in args.names or INPUTS:
        small, large = (cost_apart(name, size) for size in (args.size, 4 * args.size))
        if small is None or large is None:
            print(f"{'does not end':>40}  {name}", flush=True)
            continue
        took = [found["understand"] + found["graph"] for found in (small, large)]
        print(
            f"{large['understand']:12.2f}{large['graph']:12.2f}{large['peak']:10,.0f}"
            f"{took[1] / max(took[0], 0.01):8.1f}  {name}",
            flush=True,
        )


if __name__ == "__main__":
    main()
