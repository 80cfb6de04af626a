"""A folder of shards follows from the set of its inputs: no order, history or kill shows in its bytes."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build_graph.corpus import shard_builder, spool
from build_graph.corpus.outcome import DocumentResult, Found
from build_graph.corpus.shard_builder import ShardBuilder, ShardResult
from build_graph.corpus.shard_writer import ShardMember, encode_member
from build_graph.corpus.spool import Spool
from build_graph.graph.emit.provenance import hash_text
from build_graph.graph.store.shards import ShardFolder
from build_graph.model import Input
from build_graph.vocabulary import BASE

LIMIT = 3  # documents of a shard, at most
UNDERSTOOD: list[str] = []  # names of documents, in the order in which they were understood


class Workers:
    """Workers for which the number of a document is its IRI, and that fail at `bad` ones."""

    def __init__(self, count: int, reader: object, registry: object) -> None:
        self.count = count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, found: Found) -> Future[ShardMember]:
        assert isinstance(found, Input)
        done = Future[ShardMember]()
        done.set_result(encode_member(understood(found)))
        UNDERSTOOD.append(found.source.name)
        return done


def understood(found: Input) -> DocumentResult:
    name, text = found.source.name, found.source.content
    if text == "bad":
        return DocumentResult(name, "", failure="is bad", kind="NoClauses")
    iri = f"{BASE}d/{found.given.number}"
    quads = f'<{iri}> <a:text> "{text}" <{iri}> .\n<a:all> <a:p> "o" <{BASE}shared> .\n'
    return DocumentResult(name, "", iri, hash_text(text), counts={"a:text": 1}, quads=quads.encode())


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_builder, "WorkerPool", Workers)
    monkeypatch.setattr(os, "fsync", lambda file: None)  # what the disk does is not asked here
    monkeypatch.setattr(spool, "_FAST", "PRAGMA synchronous = OFF;")


Document = tuple[str, int, str]  # file, number, text


def written(folder: Path, documents: Iterable[Document]) -> list[Path]:
    """A file of JSON Lines for each name of a file."""
    lines: dict[str, list[str]] = {}
    for file, number, text in documents:
        record = {"id": f"{number}{text}", "number": str(number), "text": text}
        lines.setdefault(file, []).append(json.dumps(record))
    paths = {folder / f"{file}.jsonl": "\n".join(found) for file, found in lines.items()}
    for path, content in paths.items():
        path.write_text(content, encoding="utf-8")
    return list(paths)


def build(paths: Sequence[Path], folder: Path) -> ShardResult:
    return ShardBuilder(limit=LIMIT).build(paths, folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


DOCUMENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 14), st.sampled_from(["one", "two", "bad"])),
    min_size=1,
    max_size=30,
    unique=True,
)


@given(st.lists(DOCUMENTS, min_size=2, max_size=5))
@settings(max_examples=30)
def test_no_history_shows(history: list[list[Document]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for documents in history:
            build(written(place, documents), place / "shards")
        inputs = written(place, sorted(history[-1]))[::-1]  # another order of lines and of files
        build(inputs, place / "new")
        assert contents(place / "shards") == contents(place / "new")
        build(inputs, place / "shards")
        assert contents(place / "shards") == contents(place / "new")


@given(DOCUMENTS, st.sampled_from("ab"), st.integers(1, 14))
@settings(max_examples=30)
def test_what_has_not_changed_is_neither_understood_nor_written(
    documents: list[Document], file: str, number: int
) -> None:
    more = (file, number, "more")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        build(written(place, documents), place / "shards")
        UNDERSTOOD.clear()
        before = stamps(place / "shards")
        build(written(place, documents), place / "shards")
        assert (UNDERSTOOD, stamps(place / "shards")) == ([], before)
        held = contents(place / "shards")
        build(written(place, [*documents, more]), place / "shards")
        assert set(UNDERSTOOD) == {f"{file}.jsonl:{number}more"}
        after = stamps(place / "shards")
        same = [name for name, data in contents(place / "shards").items() if held.get(name) == data]
        for card in (name for name in same if name.startswith("part-") and name.endswith(".json")):
            ours = [name for name in after if name.partition(".")[0] == card.partition(".")[0]]
            assert [after[name] for name in ours] == [before[name] for name in ours]


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_the_smaller_name_stays_and_the_others_are_told(tmp_path: Path) -> None:
    given_documents = [("c", 1, "two"), ("b", 1, "one"), ("a", 1, "two"), ("d", 1, "bad")]
    build(written(tmp_path, given_documents), tmp_path / "shards")
    shards = ShardFolder.open(tmp_path / "shards")
    assert [record.name for record in shards.iterate_records()] == ["a.jsonl:1two"]
    assert [(one.name, one.kind, one.copy_of) for one in shards.iterate_left_out()] == [
        ("b.jsonl:1one", "Clash", ""),
        ("d.jsonl:1bad", "NoClauses", ""),
        ("c.jsonl:1two", "", "a.jsonl:1two"),
    ]


def test_an_input_that_is_given_twice_is_one(tmp_path: Path) -> None:
    paths = written(tmp_path, [("a", 1, "one"), ("a", 2, "bad")])
    build(paths, tmp_path / "once")
    build([*paths, *paths], tmp_path / "twice")
    assert contents(tmp_path / "once") == contents(tmp_path / "twice")


# ------------------------------------------------------------------------------- killed at any step

FEW: list[Document] = [("a", number, "one") for number in range(1, 6)]
MANY: list[Document] = [
    *FEW[2:],
    *(("b", number, "two") for number in range(5, 10)),
    ("b", 10, "bad"),
]
# What a build does to files, and to the spool.
STEPS = (
    *((Path, name) for name in ("unlink", "mkdir")),
    *((os, name) for name in ("replace", "unlink", "fsync", "link")),
    *((Spool, name) for name in ("add", "judge", "take_shard")),
    (shard_builder, "rmtree"),
)


def build_until(step: int, paths: Sequence[Path], folder: Path) -> bool:
    """Build in a process that is killed before a step; return whether it was."""
    if process := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
    left = step

    def make_deadly(function: Callable[..., Any]) -> Callable[..., Any]:
        def deadly(*args: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **options)

        return deadly

    for place, name in STEPS:
        setattr(place, name, make_deadly(getattr(place, name)))
    try:
        build(paths, folder)
    finally:
        os._exit(0)


def test_a_build_that_is_killed_at_any_step_is_done_by_the_next(tmp_path: Path) -> None:
    """Until it is whole it says so; and what it had understood and kept is not understood again."""
    few, many = tmp_path / "few", tmp_path / "many"
    for place in (few, many):
        place.mkdir()
    before, after = written(few, FEW), written(many, MANY)
    build(after, tmp_path / "new")
    whole = contents(tmp_path / "new")
    step = 0
    while True:
        folder = tmp_path / f"shards{step}"
        build(before, folder)
        earlier = visible(folder)
        if not build_until(step, after, folder):
            break
        if (folder / "manifest.json").exists():
            assert visible(folder) in (earlier, visible(tmp_path / "new")), step
        UNDERSTOOD.clear()
        build(after, folder)
        assert contents(folder) == whole, step
        assert len(UNDERSTOOD) <= len(MANY) - len(FEW[2:])
        step += 1
    assert step > 40
    assert contents(folder) == whole


def visible(folder: Path) -> dict[str, bytes]:
    """What a reader sees."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def test_what_a_killed_build_understood_is_not_understood_again(tmp_path: Path) -> None:
    paths = written(tmp_path, [("a", number, "one") for number in range(40)])
    adds = 35 + 2  # after the folder of the work and the tables are made
    assert build_until(adds, paths, tmp_path / "shards")
    UNDERSTOOD.clear()
    build(paths, tmp_path / "shards")
    assert 0 < len(UNDERSTOOD) <= 40 - 32
