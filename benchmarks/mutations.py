"""Builds folders of documents that were damaged at random: no traceback, none over its limits.

    .venv/bin/python benchmarks/mutations.py [--number 20000] [--seed 1] [--folder 500] [--findings DIR]
                                             [FORMAT]...

Each folder goes through `obligations build FOLDER --shards`. A finding is a build that ends in any other way
than it should, a document at which the program itself fails, and one that passes a limit of time or memory.
The files of findings are kept, and the exit code is then 1. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = [sys.executable, "-m", "build_graph.cli", "build"]
FAULTS = {"Fault", "NoMemory", "StageLimit", "WorkerDied"}  # kinds of failure that are findings

sys.path.insert(0, str(ROOT / "tests" / "support"))


@dataclass(slots=True)
class Told:
    """What came of the folders so far."""

    inputs: int = 0
    documents: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def built(folder: Path, told: Told) -> None:
    """Build one folder, and look at how it went."""
    shards = folder.with_name(f"{folder.name}-shards")
    done = subprocess.run(
        [*PROGRAM, str(folder), "--shards", str(shards), "--workers", "1"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    lines = done.stderr.splitlines()
    plain = all(line.startswith(("left out: ", "left alone: ")) for line in lines)
    if done.returncode not in (0, 3) or not plain:
        told.findings.append(f"{folder.name}: exit code {done.returncode}: {lines[-1:]}")
        return
    told.documents += json.loads((shards / "manifest.json").read_text("utf-8"))["documents"]
    for line in (shards / "failures.jsonl").read_text("utf-8").splitlines():
        failure = json.loads(line)
        told.kinds[failure["kind"]] += 1
        if failure["kind"] in FAULTS:
            told.findings.append(f"{folder.name}/{failure['name']}: {failure['reason']}")


def folders(place: Path, form: str, seed: int, number: int, size: int) -> Iterator[tuple[Path, int]]:
    """Folders of so many damaged documents each."""
    from mutants import mutants

    left = mutants(form, seed, number)
    for at in range(0, number, size):
        folder = place / f"{form}-{seed}-{at // size}"
        folder.mkdir()
        files = list(islice(left, size))
        for name, data in files:
            (folder / name).write_bytes(data)
        yield folder, len(files)


def main() -> None:
    from mutants import FORMATS

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "formats", nargs="*", metavar="FORMAT", help=f"of {', '.join(FORMATS)}; by default all"
    )
    parser.add_argument("--number", type=int, default=20_000, help="of inputs, all in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=int, default=500, help="inputs of a folder")
    parser.add_argument("--findings", type=Path, metavar="DIR", help="by default a temporary folder")
    args = parser.parse_args()
    place = args.findings or Path(tempfile.mkdtemp(prefix="mutations-"))
    place.mkdir(parents=True, exist_ok=True)
    forms = args.formats or list(FORMATS)
    findings = 0
    for form in forms:
        told, begun = Told(), time.monotonic()
        for folder, inputs in folders(place, form, args.seed, args.number // len(forms), args.folder):
            before = len(told.findings)
            built(folder, told)
            told.inputs += inputs
            if len(told.findings) == before:
                subprocess.run(["rm", "-r", str(folder), f"{folder}-shards"], check=False)
        findings += len(told.findings)
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in told.kinds.most_common())
        seconds = time.monotonic() - begun
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(
            f"{form}: {told.inputs:,} inputs in {seconds:,.0f} s, {told.documents:,} documents; failed: "
            f"{kinds or 'none'}; largest process so far {peak:,} MB; {len(told.findings)} findings",
            flush=True,
        )
        for finding in told.findings:
            print(f"  {finding}", flush=True)
    if findings:
        sys.exit(f"mutations: {findings} findings; their files are in {place}")


if __name__ == "__main__":
    main()
