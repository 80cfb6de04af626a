"""A document that hangs or hoards is stopped at the limits of its stage, said, and tried again later."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build_graph.cli import main
from build_graph.corpus.outcome import build_failure
from build_graph.corpus.stages import TRIED_AGAIN, Stages, WorkerDiedError
from build_graph.extract.pipeline import Pipeline
from build_graph.processes.fork_server import ForkServerError
from build_graph.processes.worker import Worker, WorkerRunner
from build_graph.text.formats import docx
from build_graph.text.formats.kinds import Kind
from build_graph.text.formats.limits import ReadingLimits
from build_graph.text.inputs import InputReader, LazyInput

CLAUSE = "第一条 市商务局应当加强市场管理。（责任单位：市商务局）\n第二条 应当公布结果。\n"

# What a worker of the fork server does differently: Python runs it when it starts.
_PATCH = """
import hanging
hanging.patch()
"""
_HANGING = """
def patch():
    from build_graph.extract.pipeline import Pipeline
    from build_graph.text.inputs import InputReader
    understand, opened = Pipeline.understand, InputReader._extract_source

    def slow_understand(self, source, *given):
        act(source.name, "understood")
        return understand(self, source, *given)

    def slow_open(self, data, name, kind):
        act(name, "read")
        return opened(self, data, name, kind)

    Pipeline.understand, InputReader._extract_source = slow_understand, slow_open


def act(name, stage):
    while name.endswith(f"hang-{stage}.txt"):
        pass
    if name.endswith(f"hoard-{stage}.txt"):
        bytearray(200 << 20)
"""
NAMES = [f"{what}-{stage}.txt" for what in ("hang", "hoard") for stage in ("read", "understood")]
SAID = {
    "hang-read.txt": "takes more than 1 second of processor to be read; "
    "split it, or give a higher --max-reading",
    "hang-understood.txt": "takes more than 1 second of processor to be understood; "
    "split it, or give a higher --max-understanding",
    "hoard-read.txt": "takes more than 100MB of memory to be read; "
    "split it, or give a higher --max-reading-memory",
    "hoard-understood.txt": "takes more than 100MB of memory to be understood; "
    "split it, or give a higher --max-understanding-memory",
}
LIMITS = (
    *("--max-reading", 1, "--max-reading-memory", "100MB"),
    *("--max-understanding", 1, "--max-understanding-memory", "100MB"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four documents that one stage stops each, between two good ones; in workers of either kind."""
    place = tmp_path / "patched"
    place.mkdir()
    (place / "sitecustomize.py").write_text(_PATCH, encoding="utf-8")
    (place / "hanging.py").write_text(_HANGING, encoding="utf-8")
    paths = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.syspath_prepend(place)
    import hanging  # type: ignore[import-not-found]

    monkeypatch.setattr(Pipeline, "understand", Pipeline.understand)  # what is patched now is undone
    monkeypatch.setattr("build_graph.text.inputs.InputReader._extract_source", _document())
    hanging.patch()
    documents = tmp_path / "documents"
    documents.mkdir()
    for number, name in enumerate(["a.txt", *NAMES, "z.txt"]):
        (documents / name).write_text(f"{CLAUSE}第三条 第{number}号。\n", encoding="utf-8")
    return documents


def _document() -> object:
    from build_graph.text.inputs import InputReader

    return InputReader._extract_source


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)


def test_nothing_is_opened_in_the_parent(folder: Path, tmp_path: Path) -> None:
    """Also where a store must know the texts to tell whether it has them."""
    store = tmp_path / "store"
    (folder / "more").mkdir()
    for name in NAMES:
        (folder / name).rename(folder / "more" / name)
    assert run("build", folder / "a.txt", "--store", store, "--workers", "1").exit_code == 0
    result = run("build", folder, "--store", store, "--workers", "1", *LIMITS)
    assert result.exit_code == 3, result.output
    assert all(f"more/{name}: {said}" in result.stderr for name, said in SAID.items())
    assert "1 unchanged" in result.stdout


MODES: dict[str, tuple[tuple[str, ...], int]] = {
    "files": (("build", "FOLDER", "-o", "OUT", "--keep-going", "--no-pages"), 0),
    "store": (("build", "FOLDER", "--store", "OUT", "--keep-going"), 0),
    "shards": (("build", "FOLDER", "--shards", "OUT", "--workers", "2"), 3),
    "store by workers": (("build", "FOLDER", "--store", "OUT", "--workers", "2"), 3),
    "review": (("review", "FOLDER"), 0),
}


@pytest.mark.parametrize(("command", "code"), MODES.values(), ids=MODES)
def test_a_document_over_its_limits_is_set_aside(
    command: tuple[str, ...], code: int, folder: Path, tmp_path: Path
) -> None:
    names = {"FOLDER": str(folder), "OUT": str(tmp_path / "out")}
    result = run(*(names.get(word, word) for word in command), *LIMITS)
    assert result.exit_code == code, result.output
    for name, said in SAID.items():
        assert f"{name}: {said}" in result.stderr, result.stderr


@pytest.mark.parametrize("command", [("extract",), ("text",), ("read", "-o", "page.html")])
def test_one_document_over_its_limits_is_one_line(
    command: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(command[0], folder / "hang-read.txt", *command[1:], *LIMITS)
    assert (result.exit_code, result.stderr) == (1, f"obligations: hang-read.txt: {SAID['hang-read.txt']}\n")


def test_what_was_stopped_is_tried_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never counts as unchanged; the others are not understood again, whatever the limits are now."""
    shards = tmp_path / "shards"
    assert run("build", folder, "--shards", shards, *LIMITS).exit_code == 3
    failed = [json.loads(line) for line in (shards / "failures.jsonl").read_text("utf-8").splitlines()]
    assert [(one["name"], one["kind"]) for one in failed] == [(name, "StageLimit") for name in NAMES]
    manifest = json.loads((shards / "manifest.json").read_text("utf-8"))
    assert {name: manifest["limits"][name] for name in ("max_reading", "max_reading_memory")} == {
        "max_reading": 1,
        "max_reading_memory": 100 << 20,
    }
    monkeypatch.undo()  # the documents are good now, so to say
    result = run("build", folder, "--shards", shards)
    assert result.exit_code == 0, result.output
    assert "6 documents" in result.stdout
    manifest = json.loads((shards / "manifest.json").read_text("utf-8"))
    assert manifest["limits"]["max_reading"] == ReadingLimits().max_reading
    run("build", folder, "--shards", tmp_path / "fresh")
    assert {path.name: path.read_bytes() for path in shards.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "fresh").iterdir()
    }


def test_memory_that_runs_out_in_a_library_is_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no damage of the file."""

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(docx, "read_docx", fail)
    import hostile_files

    (tmp_path / "a.docx").write_bytes(hostile_files.word())
    result = run("extract", tmp_path / "a.docx")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "a.docx: takes more than 1GB of memory to be read" in result.stderr


def test_long_texts_have_more_time() -> None:
    limits = ReadingLimits()
    assert limits.allow_understanding(10_000_000).seconds == 10_060
    assert limits.allow_understanding(0).seconds == 60


class NoForks:
    """What gives no workers, for a reason."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def fork(self) -> Worker:
        raise self.error

    def kill(self, worker: Worker) -> None:
        pass

    def close(self) -> None:
        pass


NO_PROCESS = {
    "no room": BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
    "no fork server": ForkServerError("the words and rules: the process that loads it has ended; look"),
}


@pytest.mark.parametrize("error", NO_PROCESS.values(), ids=NO_PROCESS)
def test_a_document_for_which_no_process_can_be_started_is_set_aside(error: Exception) -> None:
    """And tried again by the next build, since it is not to blame."""
    stages = Stages(WorkerRunner(NoForks(error)), InputReader())
    found = stages.open(LazyInput("a.txt", CLAUSE.encode(), Kind.TEXT))
    assert isinstance(found, WorkerDiedError)
    assert str(found).startswith("a.txt: no process can be started for it (")
    assert build_failure(found).name == "a.txt"
    assert build_failure(found).kind in TRIED_AGAIN


def test_a_system_without_room_for_a_process_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fork() -> int:
        raise NO_PROCESS["no room"]

    (tmp_path / "a.txt").write_text(CLAUSE, encoding="utf-8")
    monkeypatch.setattr(os, "fork", fork)
    result = run("build", tmp_path / "a.txt", "-o", tmp_path / "out")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "no process can be started for it (Resource temporarily unavailable)" in result.stderr
