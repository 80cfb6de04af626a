"""What is made from documents, a graph or a page, is not read as a document."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from places import ROOT

from build_graph.cli import main
from build_graph.query.export.formats import ExportFormat
from build_graph.text.formats import kinds

CLAUSE = "商务部关于加强管理的通知\n一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部）\n"


def run(*args: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


def document(folder: Path, name: str = "notice.txt", words: str = "管理") -> Path:
    """A policy document in a folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CLAUSE.replace("管理", words), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the commands write."""
    folder = tmp_path_factory.mktemp("made")
    given = document(folder)
    document(folder / "failing", "bad.txt").write_text("今天天气很好。", encoding="utf-8")
    document(folder / "failing", "good.txt")
    document(folder / "failing", "same.txt")
    graph = folder / "out" / "graph.ttl"
    commands: list[list[object]] = [
        ["build", given, "-o", folder / "out"],
        ["view", graph, "-o", folder / "network.html"],
        ["read", given, "-o", folder / "reader.html"],
        ["analyse", graph, "-o", folder / "analysis", "--draws", 0],
        ["analyse", graph, "-o", folder / "analyse-zh", "--draws", 0, "--language", "zh"],
    ]
    for form in ExportFormat:
        place = folder / form if form.is_folder else folder / form / f"graph.{form.ending}"
        commands.append(["export", graph, "--format", form, "-o", place])
    for command in commands:
        assert (result := run(*command)).exit_code == 0, result.output
    assert run("build", folder / "failing", "--shards", folder / "shards").exit_code == 3
    return folder


# Each file with what it is called, and a word of what to do instead.
MADE = {
    "out/graph.ttl": ("is a graph", "ask it with: obligations query NAME --graph"),
    "ttl/graph.ttl": ("is a graph", "obligations query"),
    "trig/graph.trig": ("is a graph", "obligations query"),
    "nt/graph.nt": ("is a graph", "obligations query"),
    "nq/graph.nq": ("is a graph", "obligations query"),
    "jsonld/graph.jsonld": ("is a graph", "obligations query"),
    "rdfxml/graph.rdf": ("is a graph", "obligations query"),
    "csv/dataset.ttl": ("is a graph", "obligations query"),
    "shards/part-all.nq.gz": ("is a graph", "obligations query"),
    "graphml/graph.graphml": ("is a network for other programs", "Gephi"),
    "analysis/network.gexf": ("is a network for other programs", "Gephi"),
    "out/index.html": ("is a page that obligations wrote", "open it in a browser"),
    "out/network.html": ("is a page that obligations wrote", "open it in a browser"),
    "network.html": ("is a page that obligations wrote", "open it in a browser"),
    "reader.html": ("is a page that obligations wrote", "open it in a browser"),
    "csv/measures.csv": ("is a table that obligations wrote", "spreadsheet"),
    "csv/agencies.csv": ("is a table that obligations wrote", "spreadsheet"),
    "analysis/pairs.csv": ("is a table that obligations wrote", "spreadsheet"),
    "analysis/agencies.csv": ("is a table that obligations wrote", "spreadsheet"),
    "analysis/bearings.csv": ("is a table that obligations wrote", "spreadsheet"),
    "analysis/analysis.md": ("is a report that obligations wrote", "give the documents"),
    "analyse-zh/analysis.md": ("is a report that obligations wrote", "give the documents"),
    "shards/failures.jsonl": ("is a list of documents that were left out", "give the documents"),
    "shards/copies.jsonl": ("is a list of documents that were left out", "give the documents"),
    "shards/void.ttl": ("is a graph", "obligations query"),
}


@pytest.mark.parametrize("name", MADE)
def test_what_was_made_is_no_document(name: str, made: Path, tmp_path: Path) -> None:
    """One line with the path as it was given, what it is and what to do; nothing is written."""
    path, (what, advice) = made / name, MADE[name]
    before = path.read_bytes()
    result = run("build", path, "-o", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"obligations: {path}: {what}, not a policy document; ")
    assert advice in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert path.read_bytes() == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["extract", "text", "read", "review"])
@pytest.mark.parametrize("name", ["out/graph.ttl", "out/index.html"])
def test_no_command_takes_it(command: str, name: str, made: Path, tmp_path: Path) -> None:
    given = ["-o", tmp_path / "page.html"] if command == "read" else []
    result = run(command, made / name, *given)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{made / name}: {MADE[name][0]}, not a policy document" in result.stderr
    assert not list(tmp_path.iterdir())


GRAPHS = {
    "prefix in capitals": b"PREFIX ex: <http://example.org/>\nex:a ex:b ex:c .",
    "comments before": "# 图谱\n#\n\n@prefix : <http://example.org/> .".encode(),
    "base": b"@base <http://example.org/> .",
    "byte order mark": b"\xef\xbb\xbf@prefix a: <http://example.org/> .",
    "UTF-16": "@prefix a: <http://example.org/> .".encode("utf-16"),
    "blank node": b'_:b0 <http://example.org/p> "o" .',
    "urn": b"<urn:a:b> <urn:a:c> <urn:a:d> .",
    "graph name": b"<http://example.org/g> { <a:a> <a:b> <a:c> }",
    "expanded": b'[{"@id": "http://example.org/a", "http://example.org/p": []}]',
    "compact": b'{"@context":"https://schema.org","@type":"Article"}',
    "from Protege": b'<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [ <!ENTITY a "b" > ]>\n<rdf:RDF/>',
    "comment in XML": b'<?xml version="1.0"?><!-- a --><graphml xmlns="http://graphml.graphdrawing.org/xmlns"/>',
}


@pytest.mark.parametrize("what", GRAPHS)
def test_graphs_of_others(what: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(GRAPHS[what])
    result = run("extract", tmp_path / "x.txt")
    assert (result.exit_code, "not a policy document" in result.stderr) == (1, True), result.output


def test_from_standard_input(made: Path) -> None:
    result = run("extract", "-", stdin=(made / "out" / "graph.ttl").read_bytes())
    assert "-: is a graph, not a policy document; ask it with: obligations query NAME --graph FILE\n" in (
        result.stderr
    )


# What only looks like it.
DOCUMENTS = {
    "a heading of Markdown": "# 通知\n## 一、任务\n@prefix 是前缀。\n",
    "an address": "<https://www.gov.cn/a.html> 国务院关于加强管理的通知\n一、任务\n",
    "prefix as a word": "PREFIX 工作方案\n一、任务\n",
    "a page": '<!doctype html><html lang="en"><head><meta name="generator" content="x">',
    "words and commas": "a,b,c,d\nhttps://www.gov.cn/a\n",
    "a heading like ours": "# 共同责任分析\n\n一、任务\n",
    "a name in brackets": '{"name": "通知", "text": "一、任务"}',
    "a bracket": "[1] 通知\n{一}\n",
    "empty": "",
}


@pytest.mark.parametrize("what", DOCUMENTS)
def test_documents_are_not_taken_for_it(what: str) -> None:
    assert kinds.detect_generated(DOCUMENTS[what].encode()) is None


def test_no_known_document_is_taken_for_it() -> None:
    """Those of the gold standard and of the tests of formats."""
    paths = [
        p for name in ("gold/documents", "inputs") for p in (ROOT / "tests" / name).iterdir() if p.is_file()
    ]
    assert len(paths) > 20
    for path in (*paths, ROOT / "build_graph/documents/guofa-2015-24.txt"):
        assert kinds.detect_generated(path.read_bytes()[:4096], path.name) is None, path


def test_lines_of_json_may_say_what_they_are() -> None:
    line = '{"@context": "https://schema.org", "@type": "Article", "text": "一、任务"}\n'.encode()
    assert kinds.detect_generated(line, "a.jsonl") is None
    assert kinds.detect_generated(line, "a.json") is not None


def test_what_lies_beside_documents_is_left_alone(made: Path, tmp_path: Path) -> None:
    """A folder, a pattern and an archive with an output of ours in them: its files are counted."""
    document(tmp_path / "in", "a.txt")
    document(tmp_path / "in", "b.txt", words="改革")
    (tmp_path / "in" / "output").mkdir()
    for name in ("out/index.html", "network.html", "reader.html", "analysis/analysis.md", "out/graph.ttl"):
        (tmp_path / "in" / "output" / Path(name).name).write_bytes((made / name).read_bytes())
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in sorted((tmp_path / "in").rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path))
    for given in (tmp_path / "in", tmp_path / "in" / "**" / "*.*", tmp_path / "in.zip"):
        result = run("build", given, "-o", tmp_path / "out", "--no-pages")
        assert result.exit_code == 0, result.output
        assert "left alone: 3 pages, 1 report, made from documents and none themselves\n" in result.stderr
        assert "left alone: 1 .ttl, no documents by their endings\n" in result.stderr
        assert sum(line.startswith("商务部关于加强") for line in result.stdout.splitlines()) == 2


def test_a_corpus_beside_its_shards_may_be_built_again(tmp_path: Path) -> None:
    """The list of its failures, which ends in .jsonl, is no input of the next build."""
    document(tmp_path, "a.txt")
    (tmp_path / "b.txt").write_text("今天天气很好。", encoding="utf-8")
    said = [run("build", tmp_path, "--shards", tmp_path / "sh").stdout.splitlines()[0] for _ in range(3)]
    assert [line.rpartition("; ")[2] for line in said] == ["0 copies left out, 1 failed"] * 3


def test_a_folder_of_nothing_else(made: Path, tmp_path: Path) -> None:
    result = run("build", made / "out", "-o", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "holds what obligations wrote, and no documents" in result.stderr


def test_packed_graphs_are_graphs(made: Path, tmp_path: Path) -> None:
    packed = tmp_path / "graph.txt.gz"
    packed.write_bytes(gzip.compress((made / "out" / "graph.ttl").read_bytes()))
    assert f"{packed}: is a graph, not a policy document" in run("text", packed).stderr


def test_an_error_passes_between_processes(made: Path, tmp_path: Path) -> None:
    """Those that understand a corpus hand over what is wrong with an input."""
    given = [document(tmp_path, "a.txt"), made / "out" / "graph.ttl"]
    result = run("build", *given, "--shards", tmp_path / "shards", "--workers", 2)
    assert result.exit_code == 3, result.output
    assert "is a graph, not a policy document" in result.stderr
