"""The commands as a user runs them: what they print, write, refuse, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from places import ROOT
from pyoxigraph import RdfFormat, Store, parse

from build_graph.cli import main
from build_graph.cli.options import LIMITS
from build_graph.text.formats.limits import ReadingLimits, format_size, parse_size

CLAUSE = "一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部）\n"


def run(*args: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of the document that ships with the package."""
    folder = tmp_path_factory.mktemp("seed")
    assert run("build", "-o", folder).exit_code == 0
    return folder / "graph.ttl"


# ------------------------------------------------------------------------------------ build


def test_documents_that_were_poorly_read_are_named(tmp_path: Path) -> None:
    """More than 5 % of the characters unread: the summary says which document, and where to look."""
    facts = "全市共有道路，其中有国道，也有省道。" * 9
    text = f"某市发展意见\n一、任务\n（一）加强管理，完善机制。\n某市人民政府\n2020年1月1日\n{facts}"
    (tmp_path / "poor.txt").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["build", str(tmp_path / "poor.txt"), "-o", str(tmp_path / "out")])
    line = next(line for line in result.output.splitlines() if "poorly read" in line)
    assert "poor.txt 81%" in line
    assert "obligations review" in line


def test_build_needs_no_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped document is the default, output/ the default place, and a summary ends the work."""
    monkeypatch.chdir(tmp_path)
    result = run("build")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "output" / "graph.ttl").stat().st_size > 100_000
    lines = (line.split() for line in result.output.splitlines() if line.startswith("  "))
    found = {words[0]: words[1:] for words in lines}
    assert (found["sections"][0], found["clauses"][0], found["bearers"][0]) == ("8", "29", "200")
    assert found["measures"] == ["75", "73", "with", "an", "attribution"]
    assert "35 agencies, 4 groups" in result.output
    written = {path.name for path in (tmp_path / "output").iterdir()}
    assert written == {"graph.ttl", "index.html", "network.html", "read"}
    assert [path.name for path in (tmp_path / "output" / "read").iterdir()] == ["国发-2015-24.html"]


SEED_COUNTS = {
    "sections": ("?x a ob:Section", 8),
    "clauses": ("?x a ob:Clause", 29),
    "assignments": ("?x a ob:ResponsibilityAssignment", 73),
    "bearer statements": ("?x a ob:BearerStatement", 200),
    "agencies": ("?m a ob:Measure ; ob:responsibleAgency ?x", 35),
    "groups": ("?m a ob:Measure ; ob:responsibleGroup ?x", 4),
    "mofcom": ("?x a ob:Measure ; ob:responsibleAgency agency:mofcom", 32),
    "saic": ("?x a ob:Measure ; ob:responsibleAgency agency:saic", 19),
    "aqsiq": ("?x a ob:Measure ; ob:responsibleAgency agency:aqsiq", 15),
    "ndrc": ("?x a ob:Measure ; ob:responsibleAgency agency:ndrc", 13),
    "miit": ("?x a ob:Measure ; ob:responsibleAgency agency:miit", 11),
    "unresolved": ("?m ob:responsibleAgency ?x . ?x ob:resolved false", 0),
}


@pytest.mark.parametrize("what", SEED_COUNTS)
def test_counts_of_the_seed(graph: Path, what: str) -> None:
    """The graph of 国发〔2015〕24号 holds what its text holds."""
    pattern, expected = SEED_COUNTS[what]
    store = Store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    found = store.query(
        "PREFIX ob: <https://w3id.org/obligation-graph/ontology#> "
        "PREFIX agency: <https://w3id.org/obligation-graph/id/agency/> "
        f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {pattern} }}"
    )
    assert int(next(iter(found))["n"].value) == expected  # type: ignore[union-attr, index, arg-type]


def test_same_bytes_in_any_locale_and_hash_seed(graph: Path, tmp_path: Path) -> None:
    """Two hash seeds and two locales give the bytes that this process gives."""
    for seed, locale in [("1", "C"), ("2", "C.UTF-8")]:
        env = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONUTF8": "0"}
        folder = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "build_graph.cli", "build", "-o", str(folder)],
            env=env,
            check=True,
            capture_output=True,
        )
        expected = sorted(path for path in graph.parent.rglob("*") if path.is_file())
        names = {path.name for path in expected}
        assert names == {"graph.ttl", "index.html", "network.html", "国发-2015-24.html"}
        for path in expected:
            assert (folder / path.relative_to(graph.parent)).read_bytes() == path.read_bytes()


def test_build_several_documents(tmp_path: Path) -> None:
    """A folder's documents go into one graph; what a text does not hold stands in a sidecar file."""
    for serial in (1, 2):
        (tmp_path / f"{serial}.txt").write_text(CLAUSE, encoding="utf-8")
        (tmp_path / f"{serial}.toml").write_text(f'number = "商发〔2020〕{serial}号"\n', encoding="utf-8")
    result = run("build", tmp_path, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    documents = {
        quad.subject.value.rpartition("/")[2]
        for quad in parse(path=str(tmp_path / "out" / "graph.ttl"), format=RdfFormat.TURTLE)
        if "LegalResource" in str(quad.object) and str(quad.object).endswith("#LegalResource>")
    }
    assert documents == {"商发-2020-1", "商发-2020-2"}


def test_build_from_standard_input(tmp_path: Path) -> None:
    result = run("build", "-", "-o", tmp_path, "--number", "商发〔2020〕3号", stdin=CLAUSE.encode("gb18030"))
    assert result.exit_code == 0, result.output
    assert "商发〔2020〕3号" in result.output


def mixture(folder: Path) -> Path:
    """A folder with three good documents, a copy, two bad ones, and a file that is none."""
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text(CLAUSE, encoding="utf-8")
    (folder / "in" / "b.txt").write_text("今天天气很好。我们去公园。", encoding="utf-8")
    (folder / "in" / "c.doc").write_bytes(b"old")
    (folder / "in" / "d.pdf").write_bytes(b"%PDF-1.7")
    records = ({"text": CLAUSE.replace("管理", words)} for words in ("监管", "管理", "审批"))
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "in" / "e.jsonl").write_text(lines, encoding="utf-8")
    return folder / "in"


def test_all_faults_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    result = run("build", mixture(tmp_path), "-o", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["b.txt", "d.pdf"]
    assert not (tmp_path / "out").exists()


def test_keep_going_writes_the_others(tmp_path: Path) -> None:
    """Bad documents and copies are listed, files of other endings counted, the others written."""
    result = run("build", mixture(tmp_path), "-o", tmp_path / "out", "--keep-going")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("no number, issuer or date found") == 3
    *left_out, left_alone = result.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in left_out] == ["b.txt", "d.pdf", "e.jsonl"]
    assert left_out[2] == "left out: e.jsonl:2: has the same text as a.txt"
    assert left_alone.startswith("left alone: 1 .doc")
    assert (tmp_path / "out" / "graph.ttl").exists()


def test_nothing_good_to_keep_going_with(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("今天天气很好。", encoding="utf-8")
    result = run("build", tmp_path / "b.txt", "-o", tmp_path / "out", "--keep-going")
    assert (result.exit_code, (tmp_path / "out").exists()) == (1, False)


def test_options_of_one_document_do_not_fit_two(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"text": CLAUSE.replace("管理", words)}) + "\n" for words in ("监管", "审批"))
    result = run("build", "-", "-o", tmp_path / "out", "--title", "甲", stdin=lines.encode())
    assert (result.exit_code, (tmp_path / "out").exists()) == (1, False)


def test_text_is_what_positions_count_in(tmp_path: Path) -> None:
    """The repaired text by default, as in the graph; with --source the text that lines count in."""
    page = "<html><body><p>一、任务</p><p>　　電子商務&amp;quot;改革&amp;quot;</p></body></html>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    assert run("text", tmp_path / "a.html").stdout == '一、任务\n　　电子商务"改革"\n'
    assert run("text", tmp_path / "a.html", "--source").stdout == "一、任务\n　　電子商務&quot;改革&quot;\n"


def test_limits_are_options(tmp_path: Path) -> None:
    """Their defaults are those of the library, and help states them."""
    (tmp_path / "a.txt").write_text(CLAUSE, encoding="utf-8")
    result = run("extract", tmp_path / "a.txt", "--max-size", "50")
    assert "give a higher --max-size" in result.stderr
    assert run("extract", tmp_path / "a.txt", "--max-size", "50 apples").exit_code == 2
    stated = {name: parse_size(str(default)) for name, default, _ in LIMITS}
    assert ReadingLimits(**stated) == ReadingLimits()
    assert all(
        f"[default: {format_size(stated['max_size'])}]" in " ".join(run(c, "--help").output.split())
        for c in ("build", "text")
    )


def test_unknown_body_is_reported_and_kept(tmp_path: Path) -> None:
    """A body that the registry does not know keeps its words and is named in the summary."""
    text = CLAUSE.replace("财政部", "国家火星探测局")
    result = run("build", "-", "-o", tmp_path, stdin=text.encode())
    assert result.exit_code == 0, result.output
    assert "国家火星探测局" in result.output.split("unresolved")[1]
    assert "国家火星探测局" in (tmp_path / "graph.ttl").read_text(encoding="utf-8")


def test_issuer_and_bearer_are_one_body(tmp_path: Path) -> None:
    """A city's government that issues a document and bears a measure of it has one IRI."""
    text = CLAUSE.replace("商务部、财政部", "市人民政府、市商务局")
    result = run("build", "-", "-o", tmp_path, "--issuer", "杭州市人民政府", stdin=text.encode())
    assert result.exit_code == 0, result.output
    found = {
        quad.object
        for quad in parse(path=str(tmp_path / "graph.ttl"), format=RdfFormat.TURTLE)
        if quad.predicate.value.endswith(("#passed_by", "#assignedTo"))
    }
    assert {node.value.partition("/id/")[2] for node in found} == {
        "agency/浙江省/杭州市/人民政府",
        "agency/浙江省/杭州市/商务局",
    }


# ------------------------------------------------------------------------------- bad input


def write(name: str, data: bytes) -> Callable[[Path], list[object]]:
    def prepare(folder: Path) -> list[object]:
        (folder / name).write_bytes(data)
        return ["build", folder / name, "-o", folder / "out"]

    return prepare


def empty_folder(folder: Path) -> list[object]:
    (folder / "docs").mkdir()
    return ["build", folder / "docs", "-o", folder / "out"]


def unwritable(folder: Path) -> list[object]:
    (folder / "out").write_text("a file", encoding="utf-8")
    return ["build", "-o", folder / "out"]


def one_number_twice(folder: Path) -> list[object]:
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(CLAUSE.replace("管理", f"管理{name}"), encoding="utf-8")
        (folder / f"{name}.toml").write_text('number = "商发〔2020〕1号"', encoding="utf-8")
    return ["build", folder / "a.txt", folder / "b.txt", "-o", folder / "out"]


BAD = {
    "empty": (write("x.txt", b""), "x.txt"),
    "blank": (write("x.txt", " \n　\n".encode()), "x.txt"),
    "binary": (write("x.txt", b"\x00\x01\x02\x03" * 50), "x.txt"),
    "pdf": (write("x.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"), "PDF"),
    "not a known encoding": (write("x.txt", b"\xff\x80\xff\x81" * 40), "--encoding"),
    "no clauses": (write("x.txt", "今天天气很好。我们去公园。".encode()), "no section, clause or article"),
    "unclosed bracket": (
        write("x.txt", CLAUSE.replace("部）", "部").encode()),
        "x.txt:2:21: bracket never closes",
    ),
    "missing": (lambda folder: ["build", folder / "no.txt"], "no.txt"),
    "folder without documents": (empty_folder, "no documents in this folder"),
    "output is a file": (unwritable, "cannot be written"),
    "same number twice": (one_number_twice, "has the same number"),
    "options for several": (
        lambda folder: ["build", *[folder / n for n in ("a", "b")], "--title", "甲"],
        "describe one document",
    ),
    "no such date": (lambda folder: ["build", "--date", "2015-02-30"], "is no date"),
    "no such encoding": (
        lambda folder: [*write("x.txt", CLAUSE.encode())(folder), "--encoding", "klingon"],
        "klingon",
    ),
    "no graph": (lambda folder: ["validate", folder / "no.ttl"], "no.ttl"),
    "no Turtle": (
        lambda folder: [(folder / "x.ttl").write_text("what?") and "validate", folder / "x.ttl"],
        "x.ttl",
    ),
    "explain without a graph": (
        lambda folder: ["explain", "四", "--graph", folder / "no.ttl"],
        "obligations build",
    ),
    "extract missing": (lambda folder: ["extract", folder / "no.txt"], "no.txt"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str, tmp_path: Path) -> None:
    """One line on stderr that says what to do, exit code 1, no traceback, nothing half-written."""
    prepare, expected = BAD[what]
    result = run(*prepare(tmp_path))
    assert result.exit_code == 1
    assert not isinstance(result.exception, Exception)
    assert result.stderr.startswith("obligations: ")
    assert expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.ttl*")) or what == "no Turtle"
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    "args", [["bild"], ["build", "--colour"], ["extract"], ["extract", "x", "--format", "xml"]]
)
def test_usage_errors(args: list[str]) -> None:
    assert run(*args).exit_code == 2


# --------------------------------------------------------------------- extract, explain, help


def test_extract_json_is_the_gold_format() -> None:
    result = run("extract", ROOT / "tests/gold/documents/wuhua-113.txt", "--format", "json")
    extracted = json.loads(result.stdout)
    gold = json.loads((ROOT / "tests/gold/wuhua-113.json").read_text(encoding="utf-8"))
    assert set(gold) - {"partial"} <= set(extracted)
    assert set(gold["measures"][0]) <= set(extracted["measures"][0])


def test_extract_table_aligns() -> None:
    """Chinese characters take two columns, so every line of the table is equally wide."""
    from rich.cells import cell_len

    lines = run("extract", ROOT / "tests/gold/documents/guofa-2019-3.txt").stdout.splitlines()
    borders = {cell_len(line) for line in lines if line[:1] in "┏┃┡│├└"}
    assert len(lines) > 100
    assert len(borders) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("四", "降低准入门槛"),
        ("（十五）", "推广金融服务新工具"),
        ("二、", "营造宽松发展环境"),
        ("d/国发-2015-24/s2/c4/m1/n3", "⟦严禁违法设定行政许可、增加行政许可条件和程序⟧"),
        ("d/国发-2015-24/s2/c4/m1/b1", "⟦国务院审改办⟧"),
        ("d/国发-2015-24/text#char=1477,1480", "(⟦科技部⟧、财政部、税务总局)"),
        ("https://w3id.org/obligation-graph/id/agency/mofcom", "32 measures"),
        ("商务部", "32 measures"),
        ("ＭＯＦＣＯＭ", "32 measures"),
        ("Ministry of Commerce", "32 measures"),
        ("工商总局", "State Administration for Industry and Commerce"),
        ("有关部门", "group/有关部门"),
        ("电子商务", "domain/e-commerce"),
        ("taxation", "税务 Taxation"),
        ("国发[2015] 24号", "(四)降低准入门槛"),
        ("国务院关于大力发展电子商务加快培育经济新动力的意见", "2015-05-04"),
        ("降低准入门槛", "d/国发-2015-24/s2/c4"),
        ("第四条", "d/国发-2015-24/s2/c4"),
    ],
)
def test_explain(graph: Path, name: str, expected: str) -> None:
    """A clause, a statement and an agency are shown with their words and their place in the file."""
    result = run("explain", name, "--graph", graph)
    assert result.exit_code == 0, result.output
    assert expected in result.output
    assert "guofa-2015-24.txt:" in result.output


def test_explain_says_what_there_is(graph: Path) -> None:
    result = run("explain", "九十九", "--graph", graph)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "give a clause's number" in result.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("商物部", "did you mean 商务部?"),
        ("三农", "holds no such IRI"),
        ("第三方支付局", "holds no such IRI"),
    ],
)
def test_explain_does_not_guess(name: str, said: str, graph: Path) -> None:
    """A name that nothing has is said to be so; a numeral in it makes it no clause."""
    result = run("explain", name, "--graph", graph)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_explain_a_name_of_several_things(tmp_path: Path) -> None:
    """Bodies of two cities, and a document that is called as a body is."""
    for city in ("杭州市", "宁波市"):
        text = CLAUSE.replace("商务部", "市商务局").replace("管理", city)
        (tmp_path / f"{city}.txt").write_text(text, encoding="utf-8")
        (tmp_path / f"{city}.toml").write_text(
            f'issuer = "{city}人民政府"\ntitle = "财政部"', encoding="utf-8"
        )
    assert run("build", tmp_path, "-o", tmp_path / "out", "--no-pages").exit_code == 0
    for name, number, ends in (
        ("商务局", 2, ("agency/浙江省/宁波市/商务局", "agency/浙江省/杭州市/商务局")),
        ("财政部", 3, ("agency/mof", "d/text-")),
    ):
        result = run("explain", name, "--graph", tmp_path / "out" / "graph.ttl")
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"{name}: {number} things are called so; name one by its IRI's end: " in result.stderr
        assert all(end in result.stderr for end in ends), result.stderr


@pytest.mark.parametrize("command", ["build", "extract", "text", "validate", "explain"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"obligations {command} " in result.output.split("Example", 1)[1]


ASKING = {
    "query": ("query", "documents", "--graph", "NAME"),
    "validate": ("validate", "NAME"),
    "explain": ("explain", "四", "--graph", "NAME"),
    "analyse": ("analyse", "NAME", "-o", "out"),
    "view": ("view", "NAME", "-o", "out.html"),
    "export": ("export", "NAME", "--format", "nt", "-o", "out.nt"),
    "export a table": ("export", "NAME", "--format", "csv", "-o", "out"),
    "push": ("push", "http://127.0.0.1:1", "--graph", "NAME"),
    "serve a graph": ("serve", "--graph", "NAME", "--port", "0"),
    "serve a store": ("serve", "--store", "NAME", "--port", "0"),
}


@pytest.mark.parametrize("command", ASKING.values(), ids=ASKING)
def test_a_place_that_the_system_does_not_look_at_is_one_line(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a name is that is too long, or a folder that may not be searched."""
    monkeypatch.chdir(tmp_path)
    name = "a" * 300
    result = run(*(name if word == "NAME" else word for word in command))
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert result.stderr.startswith(f"obligations: {name}"), result.exception
    assert "too long" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_export_to_a_place_that_the_system_does_not_look_at_is_one_line(tmp_path: Path) -> None:
    graph = tmp_path / "graph.nt"
    graph.write_text("<http://x/a> <http://x/b> <http://x/c> .\n", encoding="utf-8")
    result = run("export", graph, "--format", "nt", "-o", tmp_path / ("a" * 300))
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1), result.output
    assert "File name too long" in result.stderr
