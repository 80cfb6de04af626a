"""An input that fails in any way is set aside with its reason; the others are read."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hostile_files
import pytest
from click.testing import CliRunner, Result
from hostile_files import BROKEN, CLAUSE

from build_graph.cli import main
from build_graph.corpus.outcome import Item, Items
from build_graph.errors import ObligationError
from build_graph.model import Input
from build_graph.text.folders import display_name, display_path
from build_graph.text.formats import docx, records
from build_graph.text.formats.kinds import UnreadableError
from build_graph.text.formats.limits import ReadingLimits
from build_graph.text.inputs import IgnoredFile, InputReader

READ = ["gb.parquet:1", "good.txt", "nameless.zip/a.txt", "中.txt"]
FAILED = ["directory.docx (_rels/.rels)", "gb.parquet:2", "nested.zip/in.zip/a.txt"]


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_files.folder(tmp_path_factory.mktemp("hostile") / "files")


# ----------------------------------------------------------------------------- in every command

MODES: dict[str, tuple[tuple[str, ...], int]] = {
    "files": (("build", "FOLDER", "-o", "OUT", "--keep-going", "--no-pages"), 0),
    "store": (("build", "FOLDER", "--store", "OUT", "--keep-going"), 0),
    "shards": (("build", "FOLDER", "--shards", "OUT", "--workers", "1"), 3),
    "store by workers": (("build", "FOLDER", "--store", "OUT", "--workers", "1"), 3),
    "review": (("review", "FOLDER"), 0),
}


@pytest.mark.parametrize(("command", "code"), MODES.values(), ids=MODES)
def test_what_fails_is_left_out(command: tuple[str, ...], code: int, folder: Path, tmp_path: Path) -> None:
    names = {"FOLDER": str(folder), "OUT": str(tmp_path / "out")}
    result = run(*(names.get(word, word) for word in command))
    assert result.exit_code == code, result.output
    lines = [line.partition(": ")[2] for line in result.stderr.splitlines()]
    assert [line.partition(": ")[0] for line in lines if ": " in line][: len(FAILED)] == FAILED
    for _, reason in BROKEN.values():
        assert any(line.startswith(reason) for line in lines), lines


@pytest.mark.parametrize("name", BROKEN)
def test_one_that_fails_is_a_line(name: str, folder: Path) -> None:
    result = run("extract", folder / name)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"obligations: {BROKEN[name][1]}")


def test_the_good_ones_are_read(folder: Path) -> None:
    found = list(InputReader().read(folder))
    assert [one.source.name for one in found if isinstance(one, Input)] == READ
    assert [one for one in found if isinstance(one, IgnoredFile)] == [IgnoredFile("nameless.zip/(no name)")]


def test_parquet_in_gb18030_is_read_as_text_is(folder: Path) -> None:
    found = [one for one in InputReader().read(folder / "gb.parquet") if isinstance(one, Input)]
    assert [(one.source.encoding, one.given.number) for one in found] == [("gb18030", "商发〔2020〕2号")]
    assert found[0].source.content == CLAUSE.replace("管理", "监管")


def test_parquet_that_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    """One text that stands in many rows, and texts that are packed to almost nothing."""
    for size, rows, good in ((500_000, 10, 2), (3_000_000, 1, 0)):
        (tmp_path / "a.parquet").write_bytes(hostile_files.repeated_parquet(size, rows))
        *read, last = InputReader().read(tmp_path / "a.parquet")
        assert [type(one) for one in read] == [Input] * good
        assert "a.parquet: unpacks to more than 200 times its size, as a bomb does" in str(last)


def test_a_text_of_many_rows_is_held_once(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(hostile_files.repeated_parquet(100_000, 64))
    texts = InputReader(ReadingLimits(max_ratio=100_000)).read(tmp_path / "a.parquet")
    assert sum(isinstance(one, Input) for one in texts) == 64


# ------------------------------------------------------------------------------- any exception

RAISED: dict[str, tuple[BaseException, str]] = {
    "of a library": (ValueError("bad\nvalue\x1b"), "is damaged (bad value); fetch it again"),
    "without words": (AssertionError(), "is damaged (AssertionError); fetch it again"),
    "of ours": (ImportError("no name x"), "ImportError: no name x; this is a fault of the program, not of"),
    "memory": (MemoryError(), "takes more memory than there is; split it, or give the machine more"),
    "depth": (RecursionError("maximum"), "is nested too deep to be read; simplify it"),
    "of the system": (OSError(5, "Input/output error"), "cannot be read (Input/output error); check its"),
}


@pytest.mark.parametrize(("error", "says"), RAISED.values(), ids=RAISED)
def test_any_exception_is_a_failure(
    error: BaseException, says: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In what opens a document, and in what lists the documents of a file."""

    def fail(*_: object, **__: object) -> Iterator[object]:
        raise error

    (tmp_path / "a.docx").write_bytes(hostile_files.word())
    (tmp_path / "b.parquet").write_bytes(hostile_files.gb_parquet())
    (tmp_path / "c.txt").write_text(CLAUSE, encoding="utf-8")
    monkeypatch.setattr(docx, "read_docx", fail)
    monkeypatch.setattr(records, "iterate_rows", fail)
    first, second, third = InputReader().read(tmp_path)
    assert isinstance(third, Input)
    for found, name in ((first, "a.docx"), (second, "b.parquet")):
        assert isinstance(found, ObligationError)
        assert f"{name}: {says}" in str(found)
        assert str(found).isprintable()


PLACES: dict[str, tuple[str, str]] = {
    "a name too long": ("a" * 300, "cannot be read (File name too long)"),
    "a name too long within": (f"good.txt/{'a' * 300}", "there is no such document in good.txt"),
    "a pattern that is none": ("**a/*.txt", "is damaged (Invalid pattern"),
}


@pytest.mark.parametrize(("name", "says"), PLACES.values(), ids=PLACES)
def test_a_place_where_nothing_can_be(name: str, says: str, folder: Path) -> None:
    (found,) = InputReader().read(folder / name)
    assert isinstance(found, UnreadableError)
    assert says in str(found)


@pytest.mark.parametrize("more", [("-o",), ("--log-format", "json", "--shards")], ids=["files", "shards"])
@pytest.mark.parametrize("name", ["a" * 300, "**a/*.txt", "*.none"])
def test_such_a_place_is_a_line_for_a_build(
    name: str, more: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    result = run("build", folder / name, *more, tmp_path / "out")
    assert result.exit_code in (1, 3)
    said = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert [line for line in said if not line.startswith(("obligations: ", "left out: "))] == []
    assert len(said) == 1


@pytest.mark.parametrize(("name", "depth"), [("b" * 250, 20), ("bbb", 1_100)], ids=["long", "many"])
def test_a_folder_that_cannot_be_read_does_not_hide_the_others(
    name: str, depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder so deep that its path is longer than the system takes."""
    (tmp_path / "z.txt").write_text(CLAUSE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for _ in range(depth):
        Path(name).mkdir()
        monkeypatch.chdir(name)
    monkeypatch.undo()
    found = list(InputReader().read(tmp_path))
    try:
        assert [type(one) for one in found] == [UnreadableError, Input]
    finally:
        subprocess.run(["rm", "-rf", tmp_path], check=True)  # as deep as that, pytest cannot tidy up
    assert "cannot be read (File name too long)" in str(found[0])


def test_a_sidecar_file_that_is_gone_again_is_a_failure(tmp_path: Path) -> None:
    """Of the document, when it is understood, and not of the build."""
    (tmp_path / "a.txt").write_text(CLAUSE, encoding="utf-8")
    (tmp_path / "a.toml").write_text('number = "1"', encoding="utf-8")
    (found,) = InputReader().list_inputs(tmp_path)
    (tmp_path / "a.toml").unlink()
    assert Item.create(found).key


# -------------------------------------------------------------------------------------- names

NAMES: dict[str, tuple[bytes, str]] = {
    "UTF-8": ("中.txt".encode(), "中.txt"),
    "as Chinese Windows writes it": (hostile_files.CHINESE_WINDOWS, "中.txt"),
    "no encoding": (b"\xff\xfe%.txt", "%FF%FE%25.txt"),
    "mixed": ("中".encode() + b"\xff.txt", "中%FF.txt"),
}


@pytest.mark.parametrize(("raw", "says"), NAMES.values(), ids=NAMES)
def test_names_are_shown_in_unicode(raw: bytes, says: str, tmp_path: Path) -> None:
    path = hostile_files.named(tmp_path, raw)
    assert display_name(path) == says
    assert display_path(path / path.name) == f"{tmp_path}/{says}/{says}"


def test_two_names_stay_two(tmp_path: Path) -> None:
    """Also where one is written as the other is read, in a folder, by a pattern, and given by itself."""
    raw = [b"%D6%D0.txt", "中.txt".encode(), b"\xd6\xd0.txt"]
    for number, name in enumerate(raw):
        text = CLAUSE.replace("管理", f"第{number}项")
        hostile_files.named(tmp_path, name).write_text(text, encoding="utf-8")
    expected = ["%%D6%D0.txt", "%D6%D0.txt", "中.txt"]
    one_by_one = [hostile_files.named(tmp_path, name) for name in raw]
    for paths in ([tmp_path], [tmp_path / "*.txt"], one_by_one):
        items = list(Items(InputReader(), paths))
        assert sorted(item.found.name for item in items) == expected  # type: ignore[union-attr]
        assert len({item.key for item in items}) == 3


def test_what_is_shown_can_be_given(folder: Path) -> None:
    assert InputReader().read_one(folder / "中.txt").source.name == "中.txt"


def test_a_name_stands_in_the_graph_and_in_the_failures(tmp_path: Path) -> None:
    """Documents and a folder with names of Chinese Windows, from the system to the outputs."""
    place = hostile_files.named(tmp_path, b"\xd6\xd0")
    place.mkdir()
    hostile_files.named(place, b"\xb9\xfa.txt").write_text(CLAUSE, encoding="utf-8")
    hostile_files.named(place, b"\xbf\xd5.txt").write_bytes(b"")
    built = run("build", place, "--shards", tmp_path / "shards", "--workers", 1)
    assert (built.exit_code, "空.txt: is empty" in built.stderr) == (3, True), built.output
    failures = (tmp_path / "shards" / "failures.jsonl").read_text("utf-8")
    assert json.loads(failures)["name"] == "空.txt"
    files = run("build", place, "-o", tmp_path / "out", "--keep-going", "--pages")
    assert files.exit_code == 0, files.output
    assert "国.txt" in (tmp_path / "out" / "graph.ttl").read_text("utf-8")
    nothing = run("build", f"{place}/none.txt", "--shards", tmp_path / "other")
    assert nothing.stderr == f"obligations: {tmp_path}/中/none.txt: there is no such file; check the name\n"


def test_a_title_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    """As the command line gives what its terminal wrote in another encoding."""
    (tmp_path / "a.txt").write_text(CLAUSE, encoding="utf-8")
    result = run("build", tmp_path / "a.txt", "--title", os.fsdecode(b"\xd6\xd0"), "-o", tmp_path / "out")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1), result.output
    assert "options: title is no Unicode; give it in UTF-8" in result.stderr


# -------------------------------------------------------------------------------------- links


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder with links: within it, out of it, to a folder, to nothing; and one beside a document."""
    outside, folder = tmp_path / "secret.txt", tmp_path / "in"
    outside.write_text(CLAUSE.replace("管理", "机密"), encoding="utf-8")
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text(CLAUSE, encoding="utf-8")
    (folder / "sub" / ".store").write_text(CLAUSE.replace("管理", "合作"), encoding="utf-8")
    (tmp_path / "given.toml").write_text('number = "1"', encoding="utf-8")
    for name, target in {
        "b.txt": "sub/.store",
        "c.txt": "../secret.txt",
        "d.txt": str(outside),
        "e": "sub",
        "f.txt": "nothing",
        "g": "../../in",
        "a.toml": "../given.toml",
    }.items():
        (folder / name).symlink_to(target)
    return folder


def test_links_out_of_a_folder_are_left_alone(linked: Path) -> None:
    for path in (linked, linked / "**" / "*"):
        found = list(InputReader().read(path))
        inputs = [one for one in found if isinstance(one, Input)]
        assert [(one.source.name, one.sidecar) for one in inputs] == [("a.txt", None), ("b.txt", None)]
    alone = [one.name for one in InputReader().read(linked) if isinstance(one, IgnoredFile)]
    assert alone == ["a.toml", "c.txt", "d.txt", "e", "f.txt", "g"]


@pytest.mark.parametrize("more", [("-o",), ("--workers", "1", "--shards")], ids=["files", "shards"])
def test_links_that_are_left_alone_are_counted(more: tuple[str, ...], linked: Path, tmp_path: Path) -> None:
    result = run("build", linked, *more, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stderr == (
        "left alone: 6 links out of the folder, to folders or to nothing; name what they lead to, if it is "
        "to be read\n"
    )


def test_a_link_that_is_given_is_followed(linked: Path) -> None:
    assert "机密" in InputReader().read_one(linked / "d.txt").source.content
