"""A build on a real cluster, whose driver and one of whose workers die, gives the folder of one machine."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pyarrow as pa
import pytest
import spark_corpus
from click.testing import CliRunner
from pyarrow import parquet
from pyspark.sql.pandas.types import to_arrow_schema
from spark_cluster import Cluster, cluster

from build_graph.cli import main
from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.spark import session
from build_graph.corpus.spark.filesystem import Form
from build_graph.corpus.spark.tasks import RAW, RowNumbering
from build_graph.graph.store.shards import LOCK, MANIFEST, WORK, ShardFolder
from build_graph.text.inputs import InputReader

PATIENCE = 600  # seconds that a build may take on a machine that has much else to do
BUILD = [sys.executable, "-m", "build_graph.cli", "build"]


@dataclass(frozen=True, slots=True)
class Builds:
    """One corpus, built on a cluster and on one machine."""

    corpus: Path
    distributed: Path
    shards: ShardFolder
    known: int  # inputs that were understood when the first driver died
    finished: subprocess.CompletedProcess[str]  # the second
    cluster: Cluster


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builds]:
    """The cluster is there as long as the tests; its driver dies, then one of two workers, in the middle."""
    folder = tmp_path_factory.mktemp("spark")
    corpus, output = folder / "corpus", folder / "graphs"
    spark_corpus.write(corpus)
    shards = ShardBuilder(InputReader()).build([corpus], folder / "shards").path
    with cluster(folder) as found:
        command = [*BUILD, str(corpus), "--spark", found.url, "--shards", str(output)]
        known = kill_driver(command, output, found)
        with start(command, found) as process:
            wait_for_results(output, known, process)
            found.workers[0].kill()
            said = process.communicate(timeout=PATIENCE)
        finished = subprocess.CompletedProcess(command, process.returncode, *said)
        yield Builds(corpus, output, ShardFolder.open(shards), known, finished, found)


def start(command: list[str], found: Cluster) -> subprocess.Popen[str]:
    """A build, with a process group of its own."""
    pipe = subprocess.PIPE
    environment = found.environment()
    return subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def kill_driver(command: list[str], output: Path, found: Cluster) -> int:
    """End a build in the middle as a machine that breaks down does; how many inputs it had understood."""
    with start(command, found) as process:
        wait_for_results(output, 0, process)
        os.killpg(process.pid, signal.SIGKILL)
    for worker in found.workers:
        worker.wait_until_idle()  # the last task that the driver allowed to end may still be at it
    return count_results(output)


def wait_for_results(output: Path, known: int, process: subprocess.Popen[str]) -> None:
    """Wait until more inputs are understood than were known."""
    end = monotonic() + PATIENCE
    while count_results(output) <= known:
        assert monotonic() < end
        assert process.poll() is None, process.communicate()
        sleep(0.02)
    assert not (output / MANIFEST).exists()


def count_results(output: Path) -> int:
    """How many inputs are understood in an unfinished folder."""
    tables = (output / WORK).glob("*/part-*.parquet")
    return sum(parquet.read_table(path)["left_alone"].null_count for path in tables)


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file of a folder of shards, but the lock of one machine."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_folder_is_that_of_one_machine(builds: Builds) -> None:
    ours, theirs = read_folder(builds.shards.path), read_folder(builds.distributed)
    assert sorted(theirs) == sorted(ours)
    assert [name for name in ours if theirs[name] != ours[name]] == []
    totals = builds.shards.totals
    assert (totals.documents, totals.copies, totals.failures) == (56, 2, 7)
    assert builds.finished.returncode == 3, builds.finished.stderr


def test_what_was_understood_is_not_understood_again(builds: Builds) -> None:
    (said,) = re.findall(r"(\d+) inputs understood now", builds.finished.stdout)
    totals = builds.shards.totals
    assert int(said) + builds.known == totals.documents + totals.copies + totals.failures
    assert int(said) > 0 < builds.known


def test_what_was_written_is_summed_up(builds: Builds) -> None:
    totals = builds.shards.totals
    assert "left alone: 1 .png, 1 .bak, no documents" in builds.finished.stderr
    assert f"{totals.documents:,} documents, {totals.statements:,} statements" in builds.finished.stdout
    assert builds.finished.stderr.count("left out: ") == totals.failures


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["analyse", "GRAPHS", "-o", "OUT"], "OUT"),
        (["export", "GRAPHS", "--format", "nq", "-o", "OUT"], "OUT"),
        (["build", "GRAPHS", "--store", "OUT"], "56 documents written"),
        (["view", "GRAPHS", "-o", "OUT"], "OUT"),
        (["query", "documents", "--graph", "GRAPHS"], "国发〔2016〕7号"),
    ],
)
def test_commands_take_the_folder(command: list[str], said: str, builds: Builds, tmp_path: Path) -> None:
    places = {"GRAPHS": str(builds.distributed), "OUT": str(tmp_path / "out")}
    done = CliRunner().invoke(main, [places.get(word, word) for word in command])
    assert done.exit_code == 0, done.stderr
    assert places.get(said, said) in done.output


def test_one_machine_goes_on_with_the_folder(builds: Builds) -> None:
    before = {path: path.stat().st_mtime_ns for path in builds.distributed.iterdir()}
    ShardBuilder(InputReader()).build([builds.corpus], builds.distributed)
    after = {path: path.stat().st_mtime_ns for path in builds.distributed.iterdir() if path.name != LOCK}
    assert after == before


def test_spark_submit_refuses_a_folder_that_holds_something(builds: Builds) -> None:
    from pyspark.find_spark_home import _find_spark_home

    from build_graph.cli import spark_submit

    submit = [f"{_find_spark_home()}/bin/spark-submit", "--master", builds.cluster.url, spark_submit.__file__]
    done = subprocess.run(
        [*submit, str(builds.corpus), "--shards", str(builds.distributed)],
        env=builds.cluster.environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    said = [
        line for line in done.stdout.splitlines() if line.startswith("obligations: ")
    ]  # Spark sends all there
    (line,) = said
    assert line.startswith(f"obligations: {builds.distributed}: holds something already (")
    assert line.endswith("); give a new or an empty folder")
    assert "Traceback" not in done.stdout + done.stderr


# ------------------------------------------------------------------------------- without a cluster


def test_a_master_that_is_not_there_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        master = f"spark://127.0.0.1:{taken.getsockname()[1]}"
        said = CliRunner().invoke(main, ["build", "--spark", master, "--shards", str(tmp_path / "out")])
    assert said.exit_code == 1
    assert said.stderr == (
        f"obligations: {master}: no master answers (Connection refused); check the address, or start one\n"
    )


def test_missing_java_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    said = CliRunner().invoke(main, ["build", "--spark", "local[1]", "--shards", str(tmp_path / "out")])
    assert (
        said.stderr == f"obligations: --spark: no Java found in JAVA_HOME={tmp_path}; install Java 17 or 21\n"
    )


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    said = CliRunner().invoke(main, ["build", "--spark", "local[1]", "--shards", str(tmp_path / "out")])
    assert said.stderr == "obligations: --spark needs an extra; run: pip install 'obligation-graph[spark]'\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--spark", "local"], "say where with --shards"),
        (["--spark", "local", "--shards", "x", "--workers", "2"], "--workers are processes of this machine"),
        (["--spark", "local", "--shards", "x", "--log-format", "json"], "Spark tells of its work itself"),
        (["--spark", "local", "--shards", "x", "--number", "1"], "a corpus takes no metadata"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str) -> None:
    said = CliRunner().invoke(main, ["build", *options])
    assert said.exit_code == 2
    assert message in said.stderr


def test_workers_with_another_version_are_told() -> None:
    session.check_rules("a", "a")
    with pytest.raises(session.SparkError, match="another version of this program; install"):
        session.check_rules("a", "b")


def test_lines_are_numbered_over_blocks_and_batches() -> None:
    batch = [
        {"file": "f", "name": "a.jsonl", "form": Form.JSONL, "block": block, "data": line}
        for block, line in [(8, b" \r"), (8, b'{"id": "x", "text": "y"}'), (8, b"{"), (0, b'{"text": "y"}')]
    ]
    work = RowNumbering({("f", 0): 0, ("f", 8): 5}, InputReader(), to_arrow_schema(RAW))
    (first, second) = work.number_rows([pa.RecordBatch.from_pylist(half) for half in (batch[:2], batch[2:])])
    found = [(row["row"], row["known_as"]) for table in (first, second) for row in table.to_pylist()]
    assert found == [(7, "a.jsonl:x"), (8, "\0008"), (1, "a.jsonl:1")]
