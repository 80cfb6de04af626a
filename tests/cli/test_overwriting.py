"""No command writes over what it reads, whatever either is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build_graph.cli import main

CLAUSE = "商务部关于加强管理的通知\n一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部）\n"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def document(path: Path, words: str = CLAUSE) -> Path:
    """A policy document at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    return path


def held(folder: Path) -> dict[str, bytes]:
    """All files below a folder, with what is in them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def by_itself(folder: Path) -> list[object]:
    return ["build", document(folder / "out" / "graph.ttl"), "-o", folder / "out"]


def relative(folder: Path) -> list[object]:
    document(folder / "out" / "graph.ttl")
    return ["build", folder / "out" / ".." / "out" / "graph.ttl", "-o", folder / "out"]


def symbolic(folder: Path) -> list[object]:
    given = document(folder / "a.txt")
    (folder / "out").mkdir()
    (folder / "out" / "graph.ttl").symlink_to(given)
    return ["build", given, "-o", folder / "out"]


def hard(folder: Path) -> list[object]:
    given = document(folder / "a.txt")
    (folder / "out").mkdir()
    os.link(given, folder / "out" / "graph.ttl")
    return ["build", given, "-o", folder / "out"]


def in_a_linked_folder(folder: Path) -> list[object]:
    document(folder / "out" / "graph.ttl")
    (folder / "other").symlink_to(folder / "out")
    return ["build", folder / "other" / "graph.ttl", "-o", folder / "out"]


def a_page(folder: Path) -> list[object]:
    return ["build", document(folder / "out" / "index.html"), "-o", folder / "out"]


def a_page_in_a_folder(folder: Path) -> list[object]:
    document(folder / "out" / "network.html")
    return ["build", folder / "out", "-o", folder / "out"]


def a_page_of_a_pattern(folder: Path) -> list[object]:
    document(folder / "out" / "network.html")
    return ["build", folder / "*" / "*.html", "-o", folder / "out"]


def a_reader(folder: Path) -> list[object]:
    """Where the page of a document has the name of another document."""
    document(folder / "out" / "read" / "商发-2020-1.html", CLAUSE.replace("管理", "监管"))
    document(folder / "b.txt", CLAUSE.replace("\n", "\n商发〔2020〕1号\n", 1))
    return ["build", folder / "b.txt", folder / "out" / "read", "-o", folder / "out"]


def a_list_of_failures(folder: Path) -> list[object]:
    given = document(folder / "out" / "failures.jsonl", '{"text": "一、任务"}\n')
    return ["build", given, "--shards", folder / "out"]


def a_file_of_a_store(folder: Path) -> list[object]:
    assert run("build", document(folder / "a.txt"), "--store", folder / "out").exit_code == 0
    given = next(path for path in (folder / "out").iterdir() if path.name.startswith("OPTIONS"))
    return ["build", given, "--store", folder / "out"]


def a_file_of_a_store_by_several(folder: Path) -> list[object]:
    return [*a_file_of_a_store(folder), "--workers", 2]


def a_document_as_its_page(folder: Path) -> list[object]:
    given = document(folder / "out" / "a.html")
    (folder / "b.html").symlink_to(given)
    return ["read", given, "-o", folder / "b.html"]


def a_document_as_its_page_by_default(folder: Path) -> list[object]:
    given = document(folder / "output" / "read" / "商发-2020-1.html")
    return ["read", given, "--number", "商发〔2020〕1号"]


def graph(folder: Path) -> Path:
    assert run("build", document(folder / "a.txt"), "-o", folder / "out", "--no-pages").exit_code == 0
    return folder / "out" / "graph.ttl"


def graph_as_a_reader(folder: Path) -> list[object]:
    return ["read", "商务部关于加强管理的通知", "--graph", graph(folder), "-o", folder / "out" / "graph.ttl"]


def graph_as_a_network(folder: Path) -> list[object]:
    os.link(graph(folder), folder / "n.html")
    return ["view", folder / "out" / "graph.ttl", "-o", folder / "n.html"]


def store_as_a_network(folder: Path) -> list[object]:
    assert run("build", document(folder / "a.txt"), "--store", folder / "out").exit_code == 0
    return ["view", folder / "out", "-o", folder / "out" / "CURRENT"]


def graph_as_an_analysis(folder: Path) -> list[object]:
    graph(folder).rename(folder / "out" / "analysis.md")
    return ["analyse", folder / "out" / "analysis.md", "-o", folder / "out", "--draws", 0]


def graph_as_an_export(folder: Path) -> list[object]:
    os.link(graph(folder), folder / "x.nt")
    return ["export", folder / "out" / "graph.ttl", "--format", "nt", "-o", folder / "x.nt"]


def graph_as_a_table(folder: Path) -> list[object]:
    graph(folder).rename(folder / "out" / "norms.csv")
    return ["export", folder / "out" / "norms.csv", "--format", "csv", "-o", folder / "out"]


CASES: tuple[Callable[[Path], list[object]], ...] = (
    *(by_itself, relative, symbolic, hard, in_a_linked_folder),
    *(a_page, a_page_in_a_folder, a_page_of_a_pattern, a_reader),
    *(a_list_of_failures, a_file_of_a_store, a_file_of_a_store_by_several),
    *(a_document_as_its_page, a_document_as_its_page_by_default),
    *(graph_as_a_reader, graph_as_a_network, store_as_a_network),
    *(graph_as_an_analysis, graph_as_an_export, graph_as_a_table),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_inputs_are_not_written_over(
    case: Callable[[Path], list[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that says so, and every file is as it was."""
    monkeypatch.chdir(tmp_path)
    command = case(tmp_path)
    before = held(tmp_path)
    result = run(*command)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert "choose another place" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert held(tmp_path) == before


def test_what_a_build_made_itself_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of documents with the output in it, built twice: its pages are no inputs."""
    monkeypatch.chdir(tmp_path)
    document(tmp_path / "a.txt")
    first, second = (run("build", ".") for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    assert first.stdout == second.stdout
    for _ in range(2):  # an empty list of failures lies in the folder the second time
        assert run("build", ".", "--shards", "corpus").exit_code == 0


def test_what_cannot_be_looked_at_is_told_by_who_reads_it(tmp_path: Path) -> None:
    """A name that the system does not take, where there is something that could be written over."""
    command = ["build", document(tmp_path / "a.txt"), "-o", tmp_path / "out"]
    assert run(*command, "--no-pages").exit_code == 0
    command[1] = tmp_path / ("长" * 400)
    result = run(*command, "--no-pages")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "File name too long" in result.stderr
    assert len(result.stderr.splitlines()) == 1
