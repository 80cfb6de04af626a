"""A build removes the readers of an earlier one that it does not name, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build_graph.cli import main

CLAUSE = "一、任务\n（一）加强{}。推进改革工作，完善制度。（商务部、财政部）\n"
OLD = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="x">\n'
)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def document(folder: Path, name: str) -> Path:
    path = folder / f"{name}.txt"
    path.write_text(CLAUSE.format(name), encoding="utf-8")
    (folder / f"{name}.toml").write_text(f'number = "商发〔2020〕{len(name)}号"\n', encoding="utf-8")
    return path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of a build of two documents."""
    result = run("build", document(tmp_path, "管"), document(tmp_path, "管理"), "-o", tmp_path / "out")
    assert (result.exit_code, "removed" in result.output) == (0, False), result.output
    return tmp_path / "out"


PAGES = {"graph.ttl", "index.html", "network.html"}


def test_a_reader_of_a_document_that_is_gone(out: Path) -> None:
    assert names(out) == {*PAGES, "read/商发-2020-1.html", "read/商发-2020-2.html"}
    result = run("build", out.parent / "管.txt", "-o", out)
    assert result.exit_code == 0, result.output
    gone = out / "read" / "商发-2020-2.html"
    assert result.stderr == f"removed: {gone}, the page of an earlier build that this one does not name\n"
    assert names(out) == {*PAGES, "read/商发-2020-1.html"}
    assert run("build", out.parent / "管.txt", "-o", out).stderr == ""


def test_several_in_one_line(out: Path) -> None:
    result = run("build", document(out.parent, "管理的"), "-o", out)
    [line] = result.stderr.splitlines()
    assert line.startswith(
        f"removed: 2 pages, {out / 'read/商发-2020-1.html'} the first of them, of an earlier"
    )
    assert names(out) == {*PAGES, "read/商发-2020-3.html"}


def test_what_is_not_surely_of_that_build_stays(out: Path) -> None:
    """Pages that `read` wrote, pages of others even where the index names them, links, other files."""
    assert run("read", document(out.parent, "管理的"), "-o", out / "read" / "mine.html").exit_code == 0
    (out / "read" / "theirs.html").write_text(OLD, encoding="utf-8")
    (out / "read" / "商发-2020-2.html").write_text(OLD, encoding="utf-8")
    (out / "read" / "notes.txt").write_text("x", encoding="utf-8")
    result = run("build", out.parent / "管.txt", "-o", out)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert {"read/mine.html", "read/theirs.html", "read/商发-2020-2.html", "read/notes.txt"} <= names(out)


def test_an_index_of_others_names_nothing(out: Path) -> None:
    index = out / "index.html"
    index.write_text(OLD + '<a href="read/%E5%95%86%E5%8F%91-2020-2.html">x</a>', encoding="utf-8")
    assert run("build", out.parent / "管.txt", "-o", out).stderr == ""
    assert "read/商发-2020-2.html" in names(out)


def test_an_index_does_not_lead_outside(out: Path) -> None:
    """Whatever the index says, nothing but what lies in the folder of readers is removed."""
    page = (out / "read" / "商发-2020-2.html").read_bytes()
    for place in (out / "mine.html", out / "read" / "in" / "mine.html", out.parent / "mine.html"):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(page)
    index = out / "index.html"
    links = "".join(
        f'<a href="{href}">x</a>'
        for href in (
            "mine.html",
            "read/../mine.html",
            "read/in/mine.html",
            "read/..%2f..%2fmine.html",
            "read/%00",
        )
    )
    index.write_text(index.read_text(encoding="utf-8").replace("<main>", f"<main>{links}"), encoding="utf-8")
    result = run("build", out.parent / "管.txt", "-o", out)
    assert result.exit_code == 0, result.output
    assert {"mine.html", "read/in/mine.html"} <= names(out)
    assert (out.parent / "mine.html").exists()


def test_what_fails_removes_nothing(out: Path) -> None:
    before = {name: (out / name).read_bytes() for name in names(out)}
    (out.parent / "bad.txt").write_text("今天天气很好。", encoding="utf-8")
    assert run("build", out.parent / "bad.txt", "-o", out).exit_code == 1
    assert {name: (out / name).read_bytes() for name in names(out)} == before
    assert run("build", out.parent / "管.txt", "-o", out, "--no-pages").exit_code == 0
    assert names(out) == set(before)  # its index still names them
