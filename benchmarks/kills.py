"""Kill builds at random moments, and see that the next build comes to what one without a kill comes to.

    python benchmarks/kills.py [--kills 20] [--documents 12] [--seed 1]

For each of three ways (a new store by workers, a store, shards) as many builds are killed with SIGKILL. The
build that comes after is let run to its end: its store must hold the same statements, its shards the same
bytes. A table says how many did, how many builds were refused, and what the killed build had left.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from build_graph.query.engines import OxigraphEngine
from build_graph.query.open import open_graph

CLAUSE = "一、任务\n（一）加强第{0}项管理。推进改革工作，完善第{0}项制度。（商务部、财政部负责）\n"
WAYS = {
    "new store by workers": ("--store", "--workers", "2"),
    "store": ("--store",),
    "shards": ("--shards", "--workers", "2"),
}
LEAST = 0.3  # of the time of a whole build that goes by before it may be killed: until then it only starts


def corpus(path: Path, documents: int) -> Path:
    """So many small documents as JSON Lines."""
    lines = (
        json.dumps({"id": f"n{at}", "number": f"商发〔2021〕{at}号", "text": CLAUSE.format(at)})
        for at in range(1, documents + 1)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def begun(source: Path, place: Path, way: Sequence[str]) -> subprocess.Popen[bytes]:
    """A build in a session of its own."""
    command = [sys.executable, "-m", "build_graph.cli", "build", source, way[0], place, *way[1:]]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def held(place: Path, way: Sequence[str]) -> str:
    """What identifies the statements of a store, or the bytes of shards."""
    digest = hashlib.sha256()
    if way[0] == "--shards":
        for path in sorted(place.iterdir()):
            digest.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    else:
        engine = open_graph(str(place))
        assert isinstance(engine, OxigraphEngine)
        digest.update("\n".join(sorted(map(str, engine.store))).encode())
    return digest.hexdigest()


def killed(source: Path, place: Path, way: Sequence[str], seconds: float) -> str:
    """Kill a build after so many seconds; what it had left: nothing, a part, or the whole."""
    process = begun(source, place, way)
    time.sleep(seconds)
    was_running = process.poll() is None
    if was_running:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    if not place.exists():
        return "nothing there"
    return "killed amid" if was_running else "had ended"


def trials(way: Sequence[str], kills: int, documents: int, random: Random) -> Counter[str]:
    """The outcomes of so many kills."""
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = corpus(folder / "corpus.jsonl", documents)
        started = time.monotonic()
        begun(source, folder / "whole", way).communicate()
        lasts = time.monotonic() - started
        expected = held(folder / "whole", way)
        for number in range(kills):
            place = folder / f"place{number}"
            outcomes[killed(source, place, way, lasts * random.uniform(LEAST, 1))] += 1
            after = begun(source, place, way)
            said = after.communicate()[1].decode()
            if after.returncode:
                outcomes["REFUSED"] += 1
                print(said, file=sys.stderr)
            else:
                outcomes["the same" if held(place, way) == expected else "OTHER"] += 1
            outcomes["left over"] += sum(1 for path in folder.glob(".*"))
    return outcomes


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for option, default in (("kills", 20), ("documents", 12), ("seed", 1)):
        parser.add_argument(f"--{option}", type=int, default=default)
    given = parser.parse_args()
    columns = ("nothing there", "killed amid", "had ended", "the same", "OTHER", "REFUSED", "left over")
    print(f"| way | kills | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}")
    for name, way in WAYS.items():
        found = trials(way, given.kills, given.documents, Random(given.seed))
        cells = " | ".join(str(found[column]) for column in columns)
        print(f"| {name} | {given.kills} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
