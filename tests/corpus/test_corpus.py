"""A corpus in shards: the same bytes however it is built, whatever happens on the way."""

from __future__ import annotations

import errno
import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from places import TESTS
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from build_graph.analysis.analysis import Analyst
from build_graph.analysis.choices import Choices, Language, Unit
from build_graph.cli import main
from build_graph.corpus.shard_builder import ShardBuilder, ShardResult, lock_folder
from build_graph.corpus.shard_writer import PreviousShard
from build_graph.corpus.store_writer import StoreLoader
from build_graph.corpus.stream import Progress
from build_graph.errors import ObligationError
from build_graph.extract.pipeline import find_default_document
from build_graph.graph.iris import shared_iri
from build_graph.graph.store import store as storing
from build_graph.graph.store.fresh import create_store
from build_graph.graph.store.layout import hash_iri
from build_graph.graph.store.seals import compute_facts, seal_json
from build_graph.graph.store.shards import (
    BEARINGS,
    CARD,
    QUADS,
    DocumentRecord,
    ShardFolder,
    ShardManifest,
    ShardsError,
    open_stream,
)
from build_graph.graph.store.store import DocumentStore
from build_graph.query import open as opening
from build_graph.query.engines import Engine, EngineError, OxigraphEngine
from build_graph.query.open import open_graph
from build_graph.vocabulary import BASE, RDF
from build_graph.web.pages import site
from build_graph.web.pages.network_data import NORMS, NetworkData, NetworkMeasure, collect_network_data

CASES = tomllib.loads((TESTS / "cases" / "corpus.toml").read_text(encoding="utf-8"))
CLAUSE: str = CASES["clause"]
GOLD = TESTS / "gold" / "documents"
SIZE = 4  # documents of a shard, at most
SHARED = NamedNode(shared_iri())

Documents = list[dict[str, Any]]


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def documents() -> Documents:
    """The documents of the cases as they come."""
    return [
        {
            "id": case["id"],
            "number": case.get("number"),
            "text": case.get("text") or CLAUSE.format(case["words"]),
        }
        for case in CASES["document"]
    ]


def many(number: int) -> Documents:
    """So many different documents."""
    return [
        {"id": f"n{at}", "number": f"商发〔2021〕{at}号", "text": CLAUSE.format(f"第{at}项工作")}
        for at in range(1, number + 1)
    ]


def written(path: Path, lines: Documents) -> Path:
    """The documents as JSON Lines."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def build(
    corpus: Path | Sequence[Path],
    folder: Path,
    workers: int = 1,
    heard: Callable[[Progress], None] = lambda progress: None,
) -> ShardResult:
    paths = [corpus] if isinstance(corpus, Path) else corpus
    return ShardBuilder(workers=workers, limit=SIZE, on_progress=heard).build(paths, folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def records(folder: Path) -> list[DocumentRecord]:
    """What became of each input, by name."""
    shards = ShardFolder.open(folder)
    found = [*shards.iterate_records(), *shards.iterate_left_out()]
    return sorted(found, key=lambda record: record.name)


def parts(folder: Path) -> list[str]:
    """The names of the shards."""
    return [shard["name"] for shard in ShardFolder.open(folder).totals.shards]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("corpus") / "corpus.jsonl", documents())


@pytest.fixture(scope="module")
def built(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus in shards, by one worker; tests read it, and change nothing."""
    folder = tmp_path_factory.mktemp("built") / "shards"
    build(corpus, folder)
    return folder


# --------------------------------------------------------------------------------- what is there


def test_each_document_comes_to_what_its_case_says(built: Path) -> None:
    found = {record.name.partition(":")[2]: record for record in records(built)}
    assert len(found) == len(CASES["document"])
    for case in CASES["document"]:
        record = found[case["id"] if case.get("failure") != "Unreadable" else "7"]
        copied = f"corpus.jsonl:{case['copy_of']}" if "copy_of" in case else ""
        assert (record.kind, record.copy_of) == (case.get("failure", ""), copied), case
        assert record.is_stored == ("failure" not in case and "copy_of" not in case)


def test_what_was_left_out_stands_in_files_by_name(built: Path) -> None:
    lines = [json.loads(line) for line in (built / "failures.jsonl").read_text("utf-8").splitlines()]
    assert [(line["name"], line["kind"]) for line in lines] == [
        ("corpus.jsonl:7", "Unreadable"),
        ("corpus.jsonl:c", "NoClauses"),
        ("corpus.jsonl:f", "Clash"),
    ]
    assert all(line["reason"].isprintable() and line["name"] not in line["reason"] for line in lines)
    lines = [json.loads(line) for line in (built / "copies.jsonl").read_text("utf-8").splitlines()]
    assert [(line["name"], line["copy_of"]) for line in lines] == [
        ("corpus.jsonl:e", "corpus.jsonl:a"),
        ("corpus.jsonl:j", "corpus.jsonl:d"),
    ]


def test_a_shard_is_n_quads_with_a_graph_for_each_document(built: Path) -> None:
    for name in parts(built):
        card = json.loads((built / f"{name}.json").read_bytes())["documents"]
        with gzip.open(built / f"{name}.nq.gz") as file:
            quads = [quad for quad in parse(file, format=RdfFormat.N_QUADS) if quad.graph_name != SHARED]
        assert list(dict.fromkeys(quad.graph_name.value for quad in quads)) == [one["iri"] for one in card]
        assert len(quads) == len(set(quads)) == sum(one["statements"] for one in card), name


def test_documents_stand_by_the_hashes_of_their_iris(built: Path) -> None:
    """And a shard is called by the bits that they begin with."""
    hashes = [hash_iri(record.iri) for record in ShardFolder.open(built).iterate_records()]
    assert hashes == sorted(hashes)
    assert parts(built) == ["part-0", "part-1"]
    first = [hash_iri(one["iri"]) for one in json.loads((built / "part-0.json").read_bytes())["documents"]]
    assert first == [one for one in hashes if one < "8"]


def test_the_whole_adds_up(built: Path) -> None:
    totals, found = ShardFolder.open(built).totals, records(built)
    assert totals.documents == sum(record.is_stored for record in found)
    assert totals.failures == sum(bool(record.failure) for record in found)
    assert totals.copies == sum(bool(record.copy_of) for record in found)
    assert totals.statements == sum(quad.graph_name != SHARED for quad in quads_of(built))
    assert totals.bearings == 4 * totals.documents


def test_the_graphs_are_those_of_a_store(built: Path, corpus: Path, tmp_path: Path) -> None:
    """Both hold what the program says of a document, and by which rules it was read."""
    result = run("build", corpus, "--store", tmp_path / "store", "--keep-going")
    assert result.exit_code == 0, result.output
    stored = run("export", tmp_path / "store", "--format", "nq", "-o", tmp_path / "store.nq")
    assert stored.exit_code == 0, stored.output
    assert set(parse(path=str(tmp_path / "store.nq"), format=RdfFormat.N_QUADS)) == quads_of(built)


def test_the_description_counts_what_is_there(built: Path) -> None:
    """Of the graphs of documents: classes, properties, documents; and it names the files beside it."""
    place = "https://example.org/corpus/"
    description = Store()
    description.load(path=str(built / "void.ttl"), format=RdfFormat.TURTLE, base_iri=f"{place}void.ttl")
    own = [quad for quad in quads_of(built) if quad.graph_name != SHARED]
    properties = Counter(quad.predicate.value for quad in own)
    classes = Counter(quad.object.value for quad in own if quad.predicate.value == f"{RDF}type")

    def pairs(kind: str, counted: str) -> dict[str, int]:
        found = description.query(
            f"PREFIX void: <http://rdfs.org/ns/void#> SELECT ?of ?n {{ ?dataset void:{kind}Partition ?part . "
            f"?part void:{kind} ?of ; void:{counted} ?n }}"
        )
        return {row["of"].value: int(row["n"].value) for row in found}

    assert pairs("class", "entities") == classes
    assert pairs("property", "triples") == properties
    (whole,) = description.query(
        "PREFIX void: <http://rdfs.org/ns/void#> "
        "SELECT ?n ?triples { ?dataset a void:Dataset ; void:documents ?n ; void:triples ?triples }"
    )
    assert (int(whole["n"].value), int(whole["triples"].value)) == (5, len(own))
    dumps = description.query("SELECT ?dump { ?dataset <http://rdfs.org/ns/void#dataDump> ?dump }")
    assert {row["dump"].value for row in dumps} == {f"{place}{name}.nq.gz" for name in parts(built)}


def quads_of(folder: Path) -> set[Quad]:
    return set(parse(ShardFolder.open(folder).open_quads(), format=RdfFormat.N_QUADS))


# -------------------------------------------------------------------------------- the same bytes


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_no_byte(
    corpus: Path, built: Path, tmp_path: Path, workers: int
) -> None:
    build(corpus, tmp_path / "shards", workers)
    assert contents(tmp_path / "shards") == contents(built)


def test_hashes_of_strings_change_no_byte(corpus: Path, built: Path, tmp_path: Path) -> None:
    process = started(corpus, tmp_path / "shards", PYTHONHASHSEED="7")
    assert process.wait(600) == 0
    assert contents(tmp_path / "shards") == contents(built)


def test_a_second_build_touches_nothing(corpus: Path, built: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in built.iterdir()}
    result = build(corpus, built)
    assert result.progress.unchanged == result.progress.shards == 2
    assert {path.name: path.stat().st_mtime_ns for path in built.iterdir()} == before


CHANGES: dict[str, Callable[[Documents], Documents]] = {
    "one changed": lambda lines: [*lines[:1], {**lines[1], "text": CLAUSE.format("审计")}, *lines[2:]],
    "one in front": lambda lines: [*many(1), *lines],
    "the first of two copies gone": lambda lines: lines[1:],
    "a clash put right": lambda lines: [*lines[:5], {**lines[5], "number": "商发〔2020〕6号"}, *lines[6:]],
    "the second of two copies gone": lambda lines: [*lines[:4], *lines[5:]],
    "the other way round": lambda lines: lines[::-1],
    "a shard less": lambda lines: lines[:7],
    "a shard more": lambda lines: [*lines, *many(4)],
    "nothing left that is good": lambda lines: lines[2:3],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_corpus_comes_out_as_if_built_anew(
    change: Callable[[Documents], Documents], corpus: Path, built: Path, tmp_path: Path
) -> None:
    changed = written(tmp_path / "corpus.jsonl", change(documents()))
    for path in built.iterdir():
        (tmp_path / "old").mkdir(exist_ok=True)
        (tmp_path / "old" / path.name).write_bytes(path.read_bytes())
    build(changed, tmp_path / "old")
    build(changed, tmp_path / "new")
    assert contents(tmp_path / "old") == contents(tmp_path / "new")


# ------------------------------------------------------------------------------- what goes wrong

_PROGRAM = """
import sys
from pathlib import Path
from build_graph.corpus.shard_builder import ShardBuilder
ShardBuilder(workers=2, limit=int(sys.argv[3])).build([Path(sys.argv[1])], Path(sys.argv[2]))
"""


# What a worker does before it understands a document: Python runs it when it starts.
_PATCH = """
import os, signal, time
from build_graph.extract.pipeline import Pipeline
understand = Pipeline.understand
def patched(self, source, given):
    {before}
    return understand(self, source, given)
Pipeline.understand = patched
"""
_SLOWLY = "time.sleep(0.1)"
_DEADLY = "source.name.endswith(':n2') and os.kill(os.getpid(), signal.SIGKILL)"


def patched(folder: Path, before: str) -> str:
    """The PYTHONPATH with which workers do that before each document."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_PATCH.format(before=before), encoding="utf-8")
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def started(corpus: Path, folder: Path, **variables: str) -> subprocess.Popen[bytes]:
    """A build with two workers in a process of its own."""
    command = [sys.executable, "-c", _PROGRAM, str(corpus), str(folder), str(SIZE)]
    return subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.DEVNULL)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of eight shards."""
    return written(tmp_path_factory.mktemp("larger") / "corpus.jsonl", [*documents(), *many(22)])


@pytest.fixture(scope="module")
def undisturbed(larger: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "shards"
    build(larger, folder, 2)
    return contents(folder)


def test_a_build_that_is_killed_again_and_again_goes_on_and_comes_out_the_same(
    larger: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """What was understood is kept, but for the last few; so the last build has little left to do."""
    folder, log, random = tmp_path / "shards", tmp_path / "log", Random(7)
    log.touch()
    slowly = patched(tmp_path / "slowly", f"open({str(log)!r}, 'a').write('.'); {_SLOWLY}")
    for documents in (0, 1, 24):
        process = started(larger, folder, PYTHONPATH=slowly)
        while len(log.read_text()) < documents or len(children(process.pid)) < 2:
            time.sleep(0.01)
        time.sleep(random.random() * 0.05)
        kill_with_workers(process)
    before = len(log.read_text())
    assert started(larger, folder, PYTHONPATH=slowly).wait(600) == 0
    assert contents(folder) == undisturbed
    assert len(log.read_text()) - before <= 32 - 16


def kill_with_workers(process: subprocess.Popen[bytes]) -> None:
    """Kill a build; see that its workers end as well."""
    workers = children(process.pid)
    process.kill()
    process.wait()
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in workers))


def test_ctrl_c_ends_everything_at_once_and_keeps_what_was_understood(larger: Path, tmp_path: Path) -> None:
    folder, command = tmp_path / "shards", [sys.executable, "-m", "build_graph.cli", "build"]
    with subprocess.Popen(
        [*command, str(larger), "--shards", str(folder), "--workers", "2"],
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        until(lambda: (folder / ".work").exists() and len(children(process.pid)) > 1)
        workers = children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr
        said = process.stderr.read().decode()
    assert (process.returncode, said.split()) == (1, ["Aborted!"])
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in workers))
    assert sorted(path.name for path in folder.iterdir()) == [".lock", ".work"]
    asked = run("query", "counts", "--graph", folder)
    assert "these shards are not complete; run the build that makes them again" in asked.stderr


def test_a_worker_that_is_killed_costs_nothing(
    larger: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.documents in (1, 17) and len(killed) < 2:
            pid = Random(progress.documents).choice(multiprocessing.active_children()).pid
            assert pid
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    build(larger, tmp_path / "shards", 2, kill)
    assert len(killed) == 2
    assert contents(tmp_path / "shards") == undisturbed


def test_a_document_that_kills_its_worker_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", patched(tmp_path / "deadly", _DEADLY))
    corpus, folder = written(tmp_path / "corpus.jsonl", many(6)), tmp_path / "shards"
    build(corpus, folder)
    assert {record.name: record.kind for record in records(folder) if record.kind} == {
        "corpus.jsonl:n2": "WorkerDied"
    }
    monkeypatch.undo()
    build(corpus, folder)  # the machine has more memory now, so to say
    assert [record.kind for record in records(folder)] == [""] * 6


def test_two_builds_exclude_each_other(corpus: Path, built: Path) -> None:
    with lock_folder(built):
        result = run("build", corpus, "--shards", built)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"obligations: {built}: another build is writing these shards; try again when it has ended\n"
    )


FAULTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "folder with other things": (lambda place: written(place / "own.jsonl", []).parent, "holds own.jsonl"),
    "file": (lambda place: written(place / "own.jsonl", []), "is a file"),
    "below a file": (
        lambda place: written(place / "own.jsonl", []) / "shards",
        "is a file, or lies below one",
    ),
    "too long a name": (lambda place: place / ("a" * 300), "cannot be read (File name too long)"),
    "a link to itself": (lambda place: linked(place / "shards"), "cannot be read (Too many levels"),
}


def linked(path: Path) -> Path:
    path.symlink_to(path)
    return path


@pytest.mark.parametrize(("place", "says"), FAULTS.values(), ids=FAULTS)
def test_a_place_that_will_not_do(
    place: Callable[[Path], Path], says: str, corpus: Path, tmp_path: Path
) -> None:
    folder = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    result = run("build", corpus, "--shards", folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"obligations: {folder}: {says}")
    assert sorted(tmp_path.rglob("*")) == before


def test_shards_that_are_not_complete_say_so(built: Path, tmp_path: Path) -> None:
    for path in (built / ".lock", *built.glob("part-*")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ShardsError, match="not complete; run the build that makes them again"):
        ShardFolder.open(tmp_path)
    result = run("query", "pairs", "--graph", tmp_path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_shards_of_an_earlier_version_are_told_and_built_over(
    corpus: Path, built: Path, tmp_path: Path
) -> None:
    """They had numbers, and another manifest; none of their files is taken for one of ours."""
    for name in ("part-00000", "part-00001", "part-00002"):
        for ending in (QUADS, BEARINGS):
            (tmp_path / f"{name}{ending}").write_bytes(gzip.compress(b""))
        (tmp_path / f"{name}{CARD}").write_bytes(seal_json(b'{"format": 2, "documents": []}\n'))
    (tmp_path / "manifest.json").write_bytes(
        seal_json(b'{"format": 2, "shards": [{"name": "part-00000"}]}\n')
    )
    for name in (".lock", "failures.jsonl"):
        (tmp_path / name).touch()
    asked = run("query", "counts", "--graph", tmp_path)
    assert asked.stderr == (
        f"obligations: {tmp_path}: these shards are of format 2, and 3 is read; "
        "run the build that makes them again\n"
    )
    build(corpus, tmp_path)
    assert contents(tmp_path) == contents(built)


# ------------------------------------------------------------------------------- damage


def copied(folder: Path, place: Path) -> Path:
    """The files of a folder in another."""
    place.mkdir()
    for path in folder.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    return place


def flip(path: Path, random: Random) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)


LISTS = ("failures.jsonl", "copies.jsonl", "void.ttl")
FILES = ("manifest.json", *LISTS, *(f"part-1{ending}" for ending in (QUADS, BEARINGS, CARD)))


@pytest.mark.parametrize("name", FILES)
def test_no_bit_of_a_file_changes_unnoticed(name: str, built: Path, tmp_path: Path) -> None:
    folder, random = copied(built, tmp_path / "shards"), Random(name)
    totals = ShardFolder.open(folder).totals

    def is_whole() -> bool:
        with suppress(ShardsError):
            manifest = ShardFolder.open(folder).totals == totals
            lists = {name: compute_facts(folder / name) for name in LISTS} == totals.files
            return manifest and lists and PreviousShard.read(folder, "part-1", totals.made_with) is not None
        return False

    assert is_whole()
    for _ in range(60):
        before = (folder / name).read_bytes()
        flip(folder / name, random)
        assert not is_whole()
        (folder / name).write_bytes(before)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def other_sizes(path: Path) -> None:
    """A card whose words are right in themselves, and wrong of the shard."""
    card = ShardManifest.read(path)
    assert card
    records = tuple(replace(one, size=one.size + 5) if one.size else one for one in card.documents)
    path.write_bytes(replace(card, documents=records).to_json())


DAMAGES: dict[str, Callable[[Path], None]] = {
    "one bit of each file": lambda folder: [flip(folder / name, Random(name)) for name in FILES] and None,
    "a bit of the quads": lambda folder: flip(folder / "part-1.nq.gz", Random(3)),
    "a bit of the bearers": lambda folder: flip(folder / "part-1.bearings.csv.gz", Random(3)),
    "half files": lambda folder: [cut(folder / name) for name in FILES] and None,
    "no files": lambda folder: [(folder / name).unlink() for name in FILES] and None,
    "cards of no use": lambda folder: (folder / "part-0.json").write_bytes(b"{") and None,
    "other sizes": lambda folder: other_sizes(folder / "part-1.json"),
    "another format": lambda folder: (
        (folder / "manifest.json").write_text('{"format": 99, "shards": []}') and None
    ),
    "no failures": lambda folder: (folder / "failures.jsonl").unlink(),
    "a manifest of nothing": lambda folder: (folder / "manifest.json").write_text("[]") and None,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_build_makes_again_what_was_damaged(
    damage: Callable[[Path], None], corpus: Path, built: Path, tmp_path: Path
) -> None:
    folder = copied(built, tmp_path / "shards")
    damage(folder)
    build(corpus, folder)
    assert contents(folder) == contents(built)


READ: dict[str, tuple[Callable[[Path], object], tuple[str, ...], str]] = {
    "a bit of the quads": (
        lambda f: flip(f / "part-1.nq.gz", Random(3)),
        ("query", "explain", "validate", "export", "store", "push"),
        "part-1.nq.gz: is damaged; run the build that makes it again",
    ),
    "half of the quads": (
        lambda f: cut(f / "part-1.nq.gz"),
        ("query", "export", "store"),
        "part-1.nq.gz: is damaged; run the build that makes it again",
    ),
    "no quads": (
        lambda f: (f / "part-1.nq.gz").unlink(),
        ("query", "store"),
        "part-1.nq.gz: is missing; run the build that makes it again",
    ),
    "a bit of the bearers": (
        lambda f: flip(f / "part-0.bearings.csv.gz", Random(3)),
        ("analyse", "view"),
        "part-0.bearings.csv.gz: is damaged; run the build that makes it again",
    ),
    "half of the bearers": (
        lambda f: cut(f / "part-0.bearings.csv.gz"),
        ("analyse", "view"),
        "part-0.bearings.csv.gz: is damaged; run the build that makes it again",
    ),
    "a bit of a card": (
        lambda f: flip(f / "part-1.json", Random(3)),
        ("query", "store"),
        "part-1.json: is damaged; run the build that makes it again",
    ),
    "other sizes": (
        lambda f: other_sizes(f / "part-1.json"),
        ("query", "export", "store"),
        "part-1.nq.gz: is damaged; run the build that makes it again",
    ),
    "a bit of the manifest": (
        lambda f: flip(f / "manifest.json", Random(3)),
        ("query", "analyse", "store"),
        "manifest.json: is damaged; run the build that makes it again",
    ),
    "another format": (
        lambda f: (f / "manifest.json").write_text('{"format": 99, "shards": []}'),
        ("query", "store"),
        "these shards are of format 99, and 3 is read; run the build that makes them again",
    ),
    "another name": (
        lambda f: (f / "manifest.json").write_bytes(
            seal_json(
                b'{"format": 3, "version": "", "rules": "", "made_with": "", "inputs": "", "shards": '
                b'[{"name": "../../../etc/hosts", "files": {}}]}\n'
            )
        ),
        ("query", "analyse", "store"),
        "manifest.json: is damaged; run the build that makes it again",
    ),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "query": ("query", "counts", "--graph", "SHARDS"),
    "explain": ("explain", "agency/mofcom", "--graph", "SHARDS"),
    "validate": ("validate", "SHARDS"),
    "export": ("export", "SHARDS", "--format", "nq", "-o", "OUT"),
    "store": ("build", "SHARDS", "--store", "OUT"),
    "push": ("push", "http://127.0.0.1:9/", "--graph", "SHARDS"),
    "analyse": ("analyse", "SHARDS", "-o", "OUT", "--draws", "0"),
    "view": ("view", "SHARDS", "-o", "OUT"),
}


@pytest.mark.parametrize("what", READ)
def test_damage_is_a_line_for_who_reads(
    what: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage, commands, says = READ[what]
    monkeypatch.setattr(site, "DETAILED", 0)
    folder = copied(built, tmp_path / "shards")
    damage(folder)
    for command in commands:
        given = {"SHARDS": folder, "OUT": tmp_path / "out"}
        result = run(*(given.get(word, word) for word in COMMANDS[command]))
        said = [line for line in result.stderr.splitlines() if line.startswith("obligations: ")]
        assert (result.exit_code, result.stdout, len(said)) == (1, "", 1), (command, result.output)
        assert said[0].endswith(says), command
        assert isinstance(result.exception, SystemExit), result.exception
    assert [path.name for path in tmp_path.iterdir()] == ["shards"]


# -------------------------------------------------------------------------------- other inputs


def parquet(folder: Path) -> Path:
    rows = documents()
    columns = {name: [row[name] for row in rows] for name in ("id", "number", "text")}
    pq.write_table(pa.table(columns), folder / "corpus.parquet", row_group_size=3)
    return folder / "corpus.parquet"


def packed(folder: Path) -> Path:
    path = folder / "corpus.jsonl.gz"
    path.write_bytes(gzip.compress(written(folder / "corpus.jsonl", documents()).read_bytes()))
    return path


def pattern(folder: Path) -> Path:
    """The documents as files, two in each folder, and one file that is none."""
    for at, one in enumerate(documents()):
        place = folder / "pages" / str(at // 2)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{one['id']}.txt").write_text(one["text"], encoding="utf-8")
        if one["number"]:
            (place / f"{one['id']}.toml").write_text(f'number = "{one["number"]}"\n', encoding="utf-8")
    return folder / "pages" / "**" / "*.txt"


def unnamed(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """What became of each document, whatever it is called."""
    for record in records(folder):
        yield record.text, record.iri, record.kind, bool(record.copy_of)


@pytest.mark.parametrize("form", [parquet, packed, pattern])
def test_other_forms_come_to_the_same(form: Callable[[Path], Path], built: Path, tmp_path: Path) -> None:
    build(form(tmp_path), tmp_path / "shards")
    assert sorted(unnamed(tmp_path / "shards")) == sorted(unnamed(built))


def test_a_build_into_a_folder_of_its_input_takes_in_nothing_of_its_own(tmp_path: Path) -> None:
    """Not its shards, though failures.jsonl ends as inputs do; and it says what it left alone."""
    (tmp_path / "a.txt").write_text(CLAUSE.format("审计"), encoding="utf-8")
    (tmp_path / "z.txt").write_text("今天天气很好。", encoding="utf-8")
    first = run("build", tmp_path, "--shards", tmp_path / "shards", "--workers", 1)
    before = contents(tmp_path / "shards")
    again = run("build", tmp_path, "--shards", tmp_path / "shards", "--workers", 1)
    assert (first.exit_code, again.exit_code, contents(tmp_path / "shards")) == (3, 3, before), again.output
    assert "made from documents and none themselves" in again.stderr


# ------------------------------------------------------------------------- shards as a graph


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The first document and all of the gold ones, as shards and as one file of N-Quads."""
    place = tmp_path_factory.mktemp("real")
    build([find_default_document(), GOLD], place / "shards", 2)
    (place / "graph.nq").write_bytes(ShardFolder.open(place / "shards").open_quads().read())
    return place / "shards", place / "graph.nq"


@pytest.fixture(scope="module")
def statements(real: tuple[Path, Path]) -> Engine:
    """What answers for all their statements."""
    return open_graph(str(real[1]))


CHOICES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "a day, groups, undivided, norms": {
        "as_of": date(2024, 1, 1),
        "groups": True,
        "divided": False,
        "unit": Unit.NORMS,
    },
    "a domain of a document": {
        "domain": NamedNode(f"{BASE}domain/e-commerce"),
        "document": NamedNode(f"{BASE}d/国发-2015-24"),
    },
}


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_an_analysis_of_the_tables_is_that_of_the_statements(
    choices: dict[str, Any], real: tuple[Path, Path], statements: Engine, tmp_path: Path
) -> None:
    chosen = Choices(draws=5, **choices)
    outputs = []
    for name, graph in (("tables", ShardFolder.open(real[0])), ("statements", statements)):
        try:
            Analyst(graph, chosen).write(tmp_path / name, Language.ZH)
            outputs.append(contents(tmp_path / name))
        except ObligationError as error:
            outputs.append({"error": str(error).encode()})
    assert outputs[0] == outputs[1]


def test_an_analysis_does_not_look_at_the_statements(real: tuple[Path, Path], tmp_path: Path) -> None:
    for path in real[0].iterdir():
        if not path.name.endswith(".nq.gz"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    result = run("analyse", tmp_path, "-o", tmp_path / "out", "--draws", 0, "--document", "国发〔2015〕24号")
    assert result.exit_code == 0, result.output
    assert "among 35 agencies" in result.output


def test_the_network_of_the_tables_is_that_of_the_statements_without_words(
    real: tuple[Path, Path], statements: Engine
) -> None:
    full = collect_network_data(statements)
    brief = collect_network_data(ShardFolder.open(real[0]))
    assert brief.brief
    assert brief.bodies == full.bodies
    borne = [measure for measure in full.measures if measure.bearings]
    assert [told(one, brief) for one in brief.measures] == [told(one, full) for one in borne]
    assert {document.id: document.title for document in brief.documents}.items() <= {
        document.id: document.title for document in full.documents
    }.items()


def told(measure: NetworkMeasure, data: NetworkData) -> tuple[object, ...]:
    """What the page shows of a measure beside its words."""
    return (
        measure.id,
        data.clauses[measure.clause][0],
        measure.allocation,
        measure.open,
        measure.bearings,
        [data.domains[at] for at in measure.domains],
        sorted({finding.kind for finding in measure.findings if finding.kind < len(NORMS)}),
        measure.due,
    )


def test_a_network_too_large_comes_without_words(
    real: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run("view", real[0], "-o", tmp_path / "plain.html")
    monkeypatch.setattr(site, "DETAILED", 0)
    brief = run("view", real[0], "-o", tmp_path / "brief.html", "--domain", "电子商务")
    assert (plain.exit_code, brief.exit_code) == (0, 0), brief.output
    assert (plain.stderr, "without their words" in brief.stderr) == ("", True)
    pages = [(tmp_path / name).read_text("utf-8") for name in ("plain.html", "brief.html")]
    assert ['data-t="brief"' in page for page in pages] == [False, True]


ASKED: dict[str, tuple[str, ...]] = {
    "query": ("query", "counts", "--graph"),
    "explain": ("explain", "agency/mofcom", "--graph"),
    "validate": ("validate",),
    "export": ("export", "--format", "nq", "-o", "OUT"),
}


@pytest.mark.parametrize("command", ASKED.values(), ids=ASKED)
def test_commands_take_shards_as_they_take_a_file(
    command: tuple[str, ...], built: Path, tmp_path: Path
) -> None:
    file = tmp_path / "graph.nq"
    file.write_bytes(ShardFolder.open(built).open_quads().read())
    answers = []
    for at, graph in enumerate((built, file)):
        words = [str(tmp_path / f"{at}.nq") if word == "OUT" else word for word in command]
        result = run(*words, graph)
        assert result.exit_code == 0, result.output
        answers.append(result.stdout.replace(str(graph), "GRAPH").replace(f"{at}.nq", "OUT"))
    assert answers[0] == answers[1]


def test_shards_too_large_for_memory_are_refused(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LARGEST", 100)
    with pytest.raises(EngineError, match=f"put them into a store: obligations build {built} --store STORE"):
        open_graph(str(built))


# ------------------------------------------------------------------------------------ stores


def held(store: Path) -> set[Quad]:
    engine = open_graph(str(store))
    assert isinstance(engine, OxigraphEngine)
    return set(engine.store)


@pytest.fixture(scope="module")
def stored(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> set[Quad]:
    """What a store holds that takes in one document after the other."""
    store = tmp_path_factory.mktemp("stored") / "store"
    assert run("build", corpus, "--store", store, "--keep-going").exit_code == 0
    return held(store)


def test_a_store_from_shards_is_that_from_documents(built: Path, stored: set[Quad], tmp_path: Path) -> None:
    wrote = run("build", built, "--store", tmp_path / "store")
    assert (wrote.exit_code, "5 documents written, 0 unchanged" in wrote.output) == (0, True), wrote.output
    assert held(tmp_path / "store") == stored
    again = run("build", built, "--store", tmp_path / "store")
    assert "0 documents written, 5 unchanged" in again.output
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_store_filled_by_workers_is_that_filled_by_one(
    corpus: Path, stored: set[Quad], tmp_path: Path
) -> None:
    wrote = run("build", corpus, "--store", tmp_path / "store", "--workers", 2)
    assert (wrote.exit_code, "5 documents written, 0 unchanged" in wrote.output) == (3, True), wrote.output
    assert wrote.stderr.count("left out: ") == 5
    assert held(tmp_path / "store") == stored
    changed = documents()
    changed[1]["text"] = CLAUSE.format("审计")
    other = written(tmp_path / "corpus.jsonl", changed)
    again = run("build", other, "--store", tmp_path / "store", "--workers", 2)
    assert "1 document written, 4 unchanged" in again.output
    assert run("build", other, "--store", tmp_path / "new", "--workers", 1).exit_code == 3
    assert held(tmp_path / "store") == held(tmp_path / "new")


def test_a_bulk_load_that_breaks_off_leaves_no_store(built: Path, tmp_path: Path) -> None:
    for path in built.iterdir():
        (tmp_path / "shards").mkdir(exist_ok=True)
        (tmp_path / "shards" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "shards" / "part-1.json").write_bytes(b"{")
    with pytest.raises(ShardsError, match=r"part-1\.json: is damaged"):
        StoreLoader().load_shards([tmp_path / "shards"], tmp_path / "store")
    assert [path.name for path in tmp_path.iterdir()] == ["shards"]


def of_an_earlier_version(folder: Path) -> None:
    """What was put together beside the place."""
    with DocumentStore.open(folder / ".store.tmp") as store:
        store.bulk_load(open_stream(iter([b'<a:s> <a:p> "old" <https://x/d/old> .\n'])))
    (folder / ".store.tmp" / "bulk-1067.sst").write_bytes(b"half")


def in_its_place(folder: Path) -> None:
    """What was put together in the place itself, and not moved yet, but for a file."""
    place = folder / "store" / ".loading" / "store"
    with DocumentStore.open(place) as store:
        store.bulk_load(open_stream(iter([b'<a:s> <a:p> "old" <https://x/d/old> .\n'])))
    (place / "bulk-1067.sst").write_bytes(b"half")
    (place.parent / "lock").touch()
    next(place.glob("0*.sst")).rename(folder / "store" / "000017.sst")


@pytest.fixture(scope="module")
def corpus_and_shards(corpus: Path, built: Path) -> tuple[Path, Path]:
    return corpus, built


@pytest.mark.parametrize("left", [of_an_earlier_version, in_its_place])
@pytest.mark.parametrize("workers", [True, False], ids=["bulk", "one after the other"])
def test_what_a_killed_load_left_is_not_taken_in(
    left: Callable[[Path], None],
    workers: bool,
    corpus_and_shards: tuple[Path, Path],
    stored: set[Quad],
    tmp_path: Path,
) -> None:
    left(tmp_path)
    corpus, shards = corpus_and_shards
    command = ("build", shards) if workers else ("build", corpus, "--keep-going")
    result = run(*command, "--store", tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert held(tmp_path / "store") == stored
    assert workers is False or [path.name for path in tmp_path.iterdir()] == ["store"]
    assert not (tmp_path / "store" / ".loading").exists()


_KILLED = """
import os, signal, sys
from pathlib import Path
from build_graph.corpus.store_writer import StoreLoader
from build_graph.graph.store import fresh, store
left = int(sys.argv[3])
def deadly(one):
    def patched(*args, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return one(*args, **options)
    return patched
for place, name in ((Path, "rename"), (fresh, "sync_folder"), (fresh, "rmtree")):
    setattr(place, name, deadly(getattr(place, name)))
for name in ("bulk_load", "flush", "seal_and_close"):
    setattr(store.DocumentStore, name, deadly(getattr(store.DocumentStore, name)))
StoreLoader().load_shards([Path(sys.argv[1])], Path(sys.argv[2]))
"""


@pytest.mark.parametrize("steps", [2, 4, 6, 12, 21])
def test_a_load_that_is_killed_at_any_step_is_done_by_the_next(
    steps: int, built: Path, stored: set[Quad], tmp_path: Path
) -> None:
    """Before it is whole there is no store; and nothing that was left keeps the next build from it."""
    command = [sys.executable, "-c", _KILLED, built, tmp_path / "store", str(steps)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    asked = run("query", "counts", "--graph", tmp_path / "store")
    assert asked.exit_code == 0 or "is no Oxigraph store" in asked.stderr, asked.output
    result = run("build", built, "--store", tmp_path / "store")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert held(tmp_path / "store") == stored
    assert not (tmp_path / "store" / ".loading").exists()


@pytest.mark.parametrize("target", ["a folder", "nothing yet"])
def test_a_new_store_behind_a_link(target: str, built: Path, stored: set[Quad], tmp_path: Path) -> None:
    if target == "a folder":
        (tmp_path / "far").mkdir()
    (tmp_path / "store").symlink_to("far")
    result = run("build", built, "--store", tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert held(tmp_path / "far") == stored
    assert (tmp_path / "store").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far", "store"]


def test_a_new_store_where_a_disk_is_mounted(
    built: Path, stored: set[Quad], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is not renamed to be the place: the system refuses that with EBUSY."""
    place, rename = tmp_path / "store", Path.rename
    place.mkdir()

    def busy(self: Path, target: Path) -> Path:
        if Path(target) == place:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", busy)
    result = run("build", built, "--store", place)
    assert result.exit_code == 0, result.output
    assert held(place) == stored


def test_two_loads_into_a_new_store_exclude_each_other(built: Path, tmp_path: Path) -> None:
    with create_store(tmp_path / "store") as store:
        said = [
            run("build", what, "--store", tmp_path / "store") for what in (built, find_default_document())
        ]
        store.bulk_load(ShardFolder.open(built).open_quads())
    for result in said:
        assert (result.exit_code, result.stdout) == (1, "")
        line = result.stderr.splitlines()[-1]
        assert line.endswith("store: another program is writing this store; try again when it has ended")
    assert run("query", "counts", "--graph", tmp_path / "store").exit_code == 0


def test_a_load_that_fails_leaves_nothing(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And names the folder that was given, and no other."""

    def full(*_: object) -> None:
        where = f"{tmp_path}/store/.loading/store/000012.sst"
        raise OSError(f"IO error: No space left on device: While appending to file: {where}: No space")

    monkeypatch.setattr(DocumentStore, "bulk_load", lambda self, _: with_writing(self, full))
    result = run("build", built, "--store", tmp_path / "store")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert f"{tmp_path}/store/000012.sst" in result.stderr
    assert ".loading" not in result.stderr


def with_writing(store: DocumentStore, write: Callable[[], None]) -> None:
    with storing._convert_write_errors(store.path):
        write()


@pytest.mark.parametrize("more", [("--shards", "other"), ()], ids=["into shards", "into a file"])
def test_shards_go_into_stores_only(more: tuple[str, ...], built: Path, tmp_path: Path) -> None:
    result = run("build", built, *more[:1], *(tmp_path / name for name in more[1:]))
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])


# ------------------------------------------------------------------------------ the command line


def test_the_command_tells_what_it_wrote_and_exits_with_3(corpus: Path, tmp_path: Path) -> None:
    result = run("build", corpus, "--shards", tmp_path / "shards", "--workers", 1, "--log-format", "json")
    assert result.exit_code == 3
    wrote = f"wrote {tmp_path / 'shards'}: 5 documents, "
    assert result.stdout.startswith(wrote), result.output
    assert "in 1 shard, 0 unchanged; 2 copies left out, 3 failed" in result.stdout
    *_, last = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert (last["event"], last["documents"], last["failures"], last["left"]) == ("done", 10, 3, 0.0)
    assert last["read"] == last["bytes"] == corpus.stat().st_size


def test_a_corpus_without_failures_exits_with_0(tmp_path: Path) -> None:
    corpus = written(tmp_path / "corpus.jsonl", many(2))
    result = run("build", corpus, "--shards", tmp_path / "shards")
    assert (result.exit_code, result.stderr) == (0, "")


USAGE = {
    "a store too": ("--store", "store"),
    "files": ("-o", "output"),
    "pages": ("--pages",),
    "metadata": ("--title", "意见"),
}


@pytest.mark.parametrize("more", USAGE.values(), ids=USAGE)
def test_options_that_do_not_go_together(more: tuple[str, ...], corpus: Path, tmp_path: Path) -> None:
    result = run("build", corpus, "--shards", tmp_path / "shards", *more)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_a_path_where_nothing_is(tmp_path: Path) -> None:
    result = run("build", tmp_path / "none.jsonl", "--shards", tmp_path / "shards")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert result.stderr == f"obligations: {tmp_path / 'none.jsonl'}: there is no such file; check the name\n"
