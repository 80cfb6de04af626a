"""A build on a real cluster, one of whose workers dies, is the build of one machine."""

from __future__ import annotations

import csv
import gzip
import io
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pandas as pd
import pyarrow as pa
import pytest
import spark_corpus
from click.testing import CliRunner
from pyspark.sql.pandas.types import to_arrow_schema
from spark_cluster import Cluster, cluster

from build_graph.analysis.analysis import Analyst
from build_graph.analysis.choices import Choices
from build_graph.cli import main
from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.spark import session
from build_graph.corpus.spark.filesystem import Form
from build_graph.corpus.spark.tasks import RAW, RowNumbering
from build_graph.graph.store.shards import BEARINGS, FAILURES, ShardFolder
from build_graph.query.open import open_graph
from build_graph.text.inputs import InputReader

PATIENCE = 600  # seconds that a build may take on a machine that has much else to do
BUILD = [sys.executable, "-m", "build_graph.cli", "build"]


@dataclass(frozen=True, slots=True)
class Builds:
    """One corpus, built on a cluster and on one machine."""

    distributed: Path
    shards: ShardFolder
    finished: subprocess.CompletedProcess[str]
    cluster: Cluster


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builds]:
    """The cluster is there as long as the tests; one of two workers dies while documents are understood."""
    folder = tmp_path_factory.mktemp("spark")
    corpus, output = folder / "corpus", folder / "graphs"
    spark_corpus.write(corpus)
    shards = ShardBuilder(InputReader()).build([corpus], folder / "shards").path
    with cluster(folder) as found:
        command = [*BUILD, str(corpus), "--spark", found.url, "--shards", str(output)]
        with subprocess.Popen(
            command, env=found.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                wait_for_documents(output / "_work", process)
                found.workers[0].kill()
                finished = subprocess.CompletedProcess(
                    command, process.returncode, *process.communicate(timeout=PATIENCE)
                )
            finally:
                process.kill()
        finished.returncode = process.returncode
        yield Builds(output, ShardFolder.open(shards), finished, found)


def wait_for_documents(work: Path, process: subprocess.Popen[str]) -> None:
    """Wait until workers hand over documents, not all of them."""
    end = monotonic() + PATIENCE
    while not list(work.glob("_temporary/**/part-*")):
        assert monotonic() < end
        assert process.poll() is None, process.communicate()
        sleep(0.02)
    assert not (work / "_SUCCESS").exists()


def test_no_statement_is_lost_or_doubled(builds: Builds) -> None:
    ours = builds.shards.iterate_members()
    expected = sorted(line for _, quads in ours for line in quads.splitlines())
    found = [line for data in parts(builds.distributed / "quads", "nq.gz") for line in data.splitlines()]
    assert sorted(found) == expected
    assert (builds.distributed / "quads" / "_SUCCESS").exists()


def test_the_same_documents_fail_for_the_same_reasons(builds: Builds) -> None:
    failures = (builds.distributed / FAILURES).read_text(encoding="utf-8")
    assert failures == (builds.shards.path / FAILURES).read_text(encoding="utf-8")
    assert builds.finished.returncode == 3, builds.finished.stderr
    copies = [json.loads(line) for line in (builds.distributed / "copies.jsonl").read_text().splitlines()]
    assert [(copy["name"], copy["copy_of"]) for copy in copies] == [
        (record.name, record.copy_of) for record in builds.shards.iterate_records() if record.copy_of
    ]
    assert copies


def test_the_same_bodies_bear_the_same_measures(builds: Builds) -> None:
    found = [rows(data) for data in parts(builds.distributed / "bearings", "csv.gz")]
    expected = [rows(gzip.decompress(path.read_bytes())) for path in builds.shards.list_files(BEARINGS)]
    assert {tuple(table[0]) for table in (*found, *expected)} == {tuple(expected[0][0])}
    assert sorted(row for table in found for row in table[1:]) == sorted(
        row for table in expected for row in table[1:]
    )


def test_pairs_are_those_of_an_analysis(builds: Builds, tmp_path: Path) -> None:
    graph = tmp_path / "graph.nq"
    graph.write_bytes(b"".join(quads for _, quads in builds.shards.iterate_members()))
    expected = Analyst(open_graph(str(graph)), Choices(draws=0)).compute_findings().pairs
    found = pd.read_csv(builds.distributed / "pairs.csv")
    assert (found.pop("documents") <= found["together"]).all()
    assert len(found) == 15
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_what_was_written_is_summed_up(builds: Builds) -> None:
    summary = json.loads((builds.distributed / "summary.json").read_text())
    totals = builds.shards.totals
    for name in ("version", "rules", "documents", "statements", "bearings", "failures", "copies"):
        assert summary[name] == getattr(totals, name), name
    assert not (builds.distributed / "_work").exists()
    assert "left alone: 1 .png, 1 .bak, no documents" in builds.finished.stderr
    assert f"{totals.documents:,} documents, {totals.statements:,} statements" in builds.finished.stdout


def test_spark_submit_refuses_a_folder_that_holds_something(builds: Builds) -> None:
    from pyspark.find_spark_home import _find_spark_home

    from build_graph.cli import spark_submit

    submit = [f"{_find_spark_home()}/bin/spark-submit", "--master", builds.cluster.url, spark_submit.__file__]
    done = subprocess.run(
        [*submit, str(builds.distributed / "quads"), "--shards", str(builds.distributed)],
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
    refused = "holds something already (bearings); give a new or an empty folder"
    assert said == [f"obligations: {builds.distributed}: {refused}"]
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
        {"file": 0, "name": "a.jsonl", "form": Form.JSONL, "block": block, "data": line}
        for block, line in [(8, b" \r"), (8, b'{"id": "x", "text": "y"}'), (8, b"{"), (0, b'{"text": "y"}')]
    ]
    work = RowNumbering({(0, 0): 0, (0, 8): 5}, InputReader(), to_arrow_schema(RAW))
    (first, second) = work.number_rows([pa.RecordBatch.from_pylist(half) for half in (batch[:2], batch[2:])])
    found = [(row["row"], row["known_as"]) for table in (first, second) for row in table.to_pylist()]
    assert found == [(7, "a.jsonl:x"), (8, "\0008"), (1, "a.jsonl:1")]


def parts(folder: Path, ending: str) -> Iterator[bytes]:
    """What the parts of a folder hold; their names are numbers."""
    found = sorted(folder.glob("part-*"))
    assert [path.name for path in found] == [f"part-{number:05}.{ending}" for number in range(len(found))]
    return (gzip.decompress(path.read_bytes()) for path in found)


def rows(data: bytes) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(data.decode()))]
