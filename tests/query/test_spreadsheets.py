"""Tables for people open in a spreadsheet as they are meant; those for programs hold words as they are."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from urllib.parse import quote

import frictionless
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from server import serving

from build_graph.cli import main
from build_graph.vocabulary import NIF

BODIES = ("=cmd!A0商务局", "+1+1公安局", "@SUM(1)财政局")
TEXT = f"一、任务\n（一）加强管理。推进改革工作，完善制度。（责任单位：{'、'.join(BODIES)}、财政部）\n"
MARK = b"\xef\xbb\xbf"
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def run(*args: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of a document that names bodies whose names are formulas."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    assert run("build", folder / "a.txt", "-o", folder, "--no-pages").exit_code == 0
    return folder / "graph.ttl"


def formulas(data: bytes, delimiter: str = ",") -> list[str]:
    """The cells that a spreadsheet would reckon with."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    return [cell for row in rows for cell in row if cell.startswith(FORMULA) and not is_number(cell)]


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell[0] in "-+" and cell[1].isdigit()


# ------------------------------------------------------------------------------------ tables


def test_the_tables_of_an_analysis(hostile: Path, tmp_path: Path) -> None:
    """They begin with the mark, hold no formula, and pandas reads them."""
    result = run("analyse", hostile, "-o", tmp_path, "--draws", 20)
    assert result.exit_code == 0, result.output
    names = {path.name for path in tmp_path.glob("*.csv")}
    assert names == {"pairs.csv", "agencies.csv", "bearings.csv"}
    for name in names:
        data = (tmp_path / name).read_bytes()
        assert data.startswith(MARK), name
        assert formulas(data) == [], name
        assert data.count(b"'=cmd") > 0, name
        assert not pd.read_csv(tmp_path / name).columns[0].startswith("\ufeff")
    assert {f"'{body}" for body in BODIES} <= set(pd.read_csv(tmp_path / "bearings.csv")["written"])


def test_the_tables_of_an_analysis_for_programs(hostile: Path, tmp_path: Path) -> None:
    """The same but for the mark and the guard."""
    for name, options in (("people", []), ("programs", ["--raw"])):
        assert run("analyse", hostile, "-o", tmp_path / name, "--draws", 20, *options).exit_code == 0
    for name in ("pairs.csv", "agencies.csv", "bearings.csv"):
        guarded, raw = ((tmp_path / kind / name).read_bytes() for kind in ("people", "programs"))
        assert not raw.startswith(MARK)
        assert set(formulas(raw)) & set(BODIES)
        assert guarded.removeprefix(MARK).decode() == "".join(
            _guarded_line(line) for line in raw.decode().splitlines(keepends=True)
        )


def _guarded_line(line: str) -> str:
    return ",".join(
        f"'{cell}" if cell.startswith(FORMULA) and not is_number(cell) else cell for cell in line.split(",")
    )


QUERY = "responsibilities"


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("TSV", "\t")])
def test_an_answer_in_a_file(ending: str, delimiter: str, hostile: Path, tmp_path: Path) -> None:
    """For people: by the ending, with the mark and the guard; --raw gives what a pipe gets."""
    path = tmp_path / "new" / f"answer.{ending}"
    result = run("query", QUERY, "--graph", hostile, "-o", path)
    data = path.read_bytes()
    assert (result.exit_code, result.stdout) == (0, f"wrote {path}: {len(data):,} bytes\n"), result.output
    assert data.startswith(MARK)
    assert formulas(data, delimiter) == []
    assert "'=cmd" in data.decode()
    assert run("query", QUERY, "--graph", hostile, "-o", path, "--raw").exit_code == 0
    piped = run("query", QUERY, "--graph", hostile, "--format", ending.lower())
    assert path.read_bytes() == piped.stdout_bytes
    assert not piped.stdout_bytes.startswith(MARK)


def test_a_pipe_may_ask_for_a_spreadsheet(hostile: Path, tmp_path: Path) -> None:
    run("query", QUERY, "--graph", hostile, "-o", tmp_path / "a.csv")
    result = run("query", QUERY, "--graph", hostile, "--spreadsheet")
    assert (result.exit_code, result.stdout_bytes) == (0, (tmp_path / "a.csv").read_bytes())


TRIPLES = "CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }"
FILES = {
    "a.json": (QUERY, [], b"{"),
    "a.xml": (QUERY, [], b"<?xml"),
    "a.txt": (QUERY, ["--format", "table"], b"measure"),
    "b.json": (QUERY, ["--format", "csv"], MARK + b"measure,"),
    "a.ttl": (TRIPLES, [], b"@prefix"),
    "a.nt": (TRIPLES, [], b"<https://"),
    "triples.csv": (TRIPLES, [], MARK + b"subject,property,value\r\n"),
    "asked.csv": ("ASK { ?s ?p ?o }", [], MARK + b"answer\r\nyes\r\n"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_by_its_ending(name: str, hostile: Path, tmp_path: Path) -> None:
    """--format overrides the ending."""
    query, options, begins = FILES[name]
    given, stdin = ("-", query) if "{" in query else (query, None)
    result = run("query", given, "--graph", hostile, "-o", tmp_path / name, *options, stdin=stdin)
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_bytes().startswith(begins)


REFUSED = {
    "an ending of no format": (["pairs", "-o", "a.xlsx"], 1, "the ending names no format"),
    "rows as triples": (["pairs", "-o", "a.nt"], 1, "the query answers with rows"),
    "triples as rows": (["-", "-o", "a.json"], 1, "the query answers with triples"),
    "json for spreadsheets": (["pairs", "-o", "a.json", "--spreadsheet"], 2, "it goes with csv and tsv"),
    "the graph itself": (["pairs", "-o", "graph.ttl", "--format", "csv"], 1, "choose another place"),
    "the query itself": (["mine.rq", "-o", "mine.rq", "--format", "csv"], 1, "choose another place"),
    "a place that cannot be": (["pairs", "-o", "mine.rq/a.csv"], 1, "cannot be written"),
    "what fails on the way": (["broken.rq", "-o", "old.csv"], 1, "broken.rq"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_writes_nothing(
    what: str, hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.ttl").write_bytes(hostile.read_bytes())
    (tmp_path / "mine.rq").write_text("SELECT * { ?s ?p ?o } LIMIT 1", encoding="utf-8")
    (tmp_path / "broken.rq").write_text("SELECT * { ?s ?p }", encoding="utf-8")
    (tmp_path / "old.csv").write_text("old", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    command, code, said = REFUSED[what]
    result = run("query", *command, "--graph", "graph.ttl", stdin=TRIPLES)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("option", ["--spreadsheet", "--spreadsheet-safe"])
def test_an_export_for_spreadsheets(option: str, hostile: Path, tmp_path: Path) -> None:
    """A valid Data Package that says what its files begin with; without the option it is for programs."""
    result = run("export", hostile, "--format", "csv", option, "-o", tmp_path / "people")
    assert result.exit_code == 0, result.output
    assert run("export", hostile, "--format", "csv", "-o", tmp_path / "programs").exit_code == 0
    for path in (tmp_path / "people").glob("*.csv"):
        raw = (tmp_path / "programs" / path.name).read_bytes()
        assert path.read_bytes().startswith(MARK)
        assert not raw.startswith(MARK)
        assert formulas(path.read_bytes()) == []
        assert len(path.read_bytes()) == len(raw) + 3 + len(formulas(raw))
    package = tmp_path / "people" / "datapackage.json"
    report = frictionless.validate(str(package))
    assert report.valid, report.flatten(["type", "message"])
    assert "byte order mark" in json.loads(package.read_text(encoding="utf-8"))["description"]
    assert "--spreadsheet-safe" not in run("export", "--help").output


def test_the_workbench(hostile: Path) -> None:
    with serving("--graph", hostile) as server:
        sheet = server.send("GET", f"/query/{quote(QUERY)}?format=csv", Accept="text/csv").body
        asked = server.send("GET", f"/sparql?query={quote('SELECT * { ?s ?p ?o }')}", Accept="text/csv").body
    assert sheet.startswith(MARK)
    assert formulas(sheet) == []
    assert "'=cmd" in sheet.decode()
    assert not asked.startswith(MARK)
    assert set(formulas(asked)) >= set(BODIES)


def test_the_iri_of_a_passage_is_one_cell(hostile: Path, tmp_path: Path) -> None:
    """It has a comma, which pyoxigraph writes without quotes; in a pipe and from the endpoint."""
    query = f"SELECT ?passage ?words {{ ?passage <{NIF}anchorOf> ?words }}"
    (tmp_path / "passages.rq").write_text(query, encoding="utf-8")
    piped = run("query", tmp_path / "passages.rq", "--graph", hostile, "--format", "csv").stdout
    with serving("--graph", hostile) as server:
        asked = server.send("GET", f"/sparql?query={quote(query)}", Accept="text/csv").body.decode()
    for text in (piped, asked):
        heads, *rows = csv.reader(io.StringIO(text, newline=""))
        assert heads == ["passage", "words"]
        assert rows
        assert all(len(row) == 2 and "#char=" in row[0] for row in rows)
