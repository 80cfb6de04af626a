"""Documents in a store: each whole whatever happens, none twice, none read again in vain."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from random import Random

import endpoint
import pytest
from click.testing import CliRunner, Result
from places import ROOT
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from build_graph.cli import main
from build_graph.corpus import builder, store_writer
from build_graph.corpus.builder import Builder, FillResult
from build_graph.corpus.stages import Stages
from build_graph.extract.pipeline import find_default_document
from build_graph.graph.check.checks import FailedCheckError
from build_graph.graph.statements import Statement
from build_graph.graph.store import fingerprints
from build_graph.graph.store import store as storing
from build_graph.graph.store.seals import find_damaged_file
from build_graph.graph.store.shards import ShardFolder
from build_graph.graph.store.shared import SHARED
from build_graph.graph.store.store import DocumentStore
from build_graph.model import Input, Metadata
from build_graph.query.catalogue import load_catalogue
from build_graph.query.engines import Engine, EngineError, OxigraphEngine, convert_store_errors
from build_graph.query.names import EntityFinder
from build_graph.query.open import open_graph
from build_graph.query.parameters import Binder
from build_graph.query.results import format_result
from build_graph.vocabulary import BASE, term

GOLD = ROOT / "tests" / "gold" / "documents"
SEVERAL = [find_default_document(), *(GOLD / f"{name}.txt" for name in ("jiujiang-062", "wuhua-113"))]
CITED = term("ob:CitedDocument")
CLAUSE = "一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部）\n"

Graphs = dict[str, frozenset[Quad]]


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def fill(store: Path, *paths: Path, **options: object) -> FillResult:
    return Builder(**options).fill(paths, store)  # type: ignore[arg-type]


def opened(path: Path) -> Store:
    """A store as commands open it: patiently, since RocksDB tidies up for a while after a writer."""
    engine = open_graph(str(path))
    assert isinstance(engine, OxigraphEngine)
    return engine.store


def graphs(path: Path) -> Graphs:
    """What the store holds in each graph; the default graph, which should hold nothing, is ""."""
    store, found = opened(path), dict[str, set[Quad]]()
    for quad in store:
        name = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        found.setdefault(name, set()).add(quad)
    return {name: frozenset(quads) for name, quads in found.items()}


def documents(found: Graphs) -> Graphs:
    return {name: quads for name, quads in found.items() if name.startswith(f"{BASE}d/")}


def is_sound(found: Graphs) -> bool:
    """Whether there are documents and what they share alone, and no statement is in two graphs."""
    quads = [quad for graph in found.values() for quad in graph]
    known = {*documents(found), SHARED.value}
    return set(found) <= known and len({quad.triple for quad in quads}) == len(quads)


def small(folder: Path, number: int, words: str = "管理") -> Path:
    """A small document with a number of its own."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{number}.txt"
    path.write_text(CLAUSE.replace("管理", words), encoding="utf-8")
    path.with_suffix(".toml").write_text(f'number = "商发〔2020〕{number}号"\n', encoding="utf-8")
    return path


@pytest.fixture
def understood(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the documents that are understood during a test."""
    names: list[str] = []
    make = Stages.apply

    def counted(self: Stages, function: Callable[..., object], found: Input, *args: object) -> object:
        names.append(found.source.name)
        return make(self, function, found, *args)

    monkeypatch.setattr(Stages, "apply", counted)
    return names


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three documents as a file and as a store; tests read them, and change nothing."""
    place = tmp_path_factory.mktemp("several")
    fill(place / "store", *SEVERAL)
    return Builder(pages=False).build(SEVERAL, place).path, place / "store"


# --------------------------------------------------------------------------------- contents


def test_a_graph_for_each_document_and_one_for_what_they_share(built: tuple[Path, Path]) -> None:
    found = graphs(built[1])
    assert len(documents(found)) == len(SEVERAL)
    assert set(found) - set(documents(found)) == {SHARED.value}
    assert is_sound(found)
    said = {quad.subject for quads in documents(found).values() for quad in quads}
    assert not said & {quad.subject for quad in found[SHARED.value]}


def test_the_graphs_together_are_what_the_file_holds(built: tuple[Path, Path]) -> None:
    """But for the two hashes of each reading."""
    file, store = built
    loaded = {quad.triple for quad in parse(path=str(file), format=RdfFormat.TURTLE)}
    held = {quad.triple for quad in opened(store)}
    more = held - loaded
    assert not loaded - held
    assert sorted(quad.predicate.value.rpartition("#")[2] for quad in more) == (
        ["givenSha256"] * len(SEVERAL) + ["rulesSha256"] * len(SEVERAL)
    )


def test_the_first_document_in_numbers(tmp_path: Path) -> None:
    result = run("build", "--store", tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert "35 agencies, 4 groups" in result.output
    wrote = f"wrote {tmp_path / 'store'}: 1 document written, 0 unchanged, 11,812 statements"
    assert wrote in result.output.splitlines()
    assert {path.name for path in tmp_path.iterdir()} == {"store"}


def test_same_quads_whatever_the_order_and_the_hash_seed(built: tuple[Path, Path], tmp_path: Path) -> None:
    paths = map(str, reversed(SEVERAL))
    command = [sys.executable, "-m", "build_graph.cli", "build", *paths, "--store", str(tmp_path)]
    env = {**os.environ, "PYTHONHASHSEED": "1"}  # the tests have 0
    subprocess.run(command, env=env, check=True, capture_output=True)
    assert graphs(tmp_path) == graphs(built[1])


# ---------------------------------------------------------------------------------- queries


def answers(engine: Engine) -> Iterator[tuple[str, str]]:
    """What an engine answers to each question of the catalogue, with the examples of its parameters."""
    binder = Binder(EntityFinder(engine), date(2026, 1, 1))
    for question in load_catalogue():
        needed = {p.name: p.example for p in question.header.parameters if p.default is None}
        given = {name: "d/国发-2015-24/s2/c4" if name == "clause" else v for name, v in needed.items()}
        yield question.name, format_result(engine.answer(binder.bind(question, given), question.name), None)


def test_every_question_has_the_same_answer_over_file_and_store(built: tuple[Path, Path]) -> None:
    """The documents describe the same bodies: each is counted once all the same."""
    at_file, at_store = (dict(answers(open_graph(str(where)))) for where in built)
    different = [name for name in at_file if at_file[name] != at_store[name]]
    assert different == []
    assert len(at_file) > 30
    assert sum(len(answer.splitlines()) > 2 for answer in at_file.values()) > 20


ASKED_OF_GRAPHS = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?measure a ?type } }",
    f"SELECT (COUNT(*) AS ?n) FROM <{BASE}d/国发-2015-24> {{ ?s ?p ?o }}",
    f"SELECT (COUNT(*) AS ?n) FROM NAMED <{BASE}d/国发-2015-24> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
)


@pytest.mark.parametrize("ending", ["nq", "trig"])
def test_a_dump_answers_as_the_store_does(ending: str, built: tuple[Path, Path], tmp_path: Path) -> None:
    """Its named graphs are there, and their statements as one, each once."""
    path = tmp_path / f"dump.{ending}"
    opened(built[1]).dump(str(path), format=RdfFormat.from_extension(ending))
    dumped, stored = open_graph(str(path)), open_graph(str(built[1]))
    for query in ASKED_OF_GRAPHS:
        rows = format_result(dumped.answer(query), None)
        assert rows == format_result(stored.answer(query), None), query
        assert rows.split()[1] != "0", query


EXPLAINED = ["d/国发-2015-24/s2/c4", "d/国发-2015-24/s2/c4/m1/n3", "agency/mofcom"]
EXPLAINED += ["domain/taxation", "d/国发-2015-24/s2/c4/m1/b1", "二十九"]
EXPLAINED += ["d/国发-2015-24/text#char=1477,1480"]
EXPLAINED += ["商务部", "国发〔2015〕24号", "降低准入门槛"]


@pytest.mark.parametrize("name", EXPLAINED)
def test_explain_says_the_same_of_file_store_and_endpoint(name: str, built: tuple[Path, Path]) -> None:
    file, store = built
    with endpoint.served(endpoint.over(opened(store))) as url:
        results = [run("explain", name, "--graph", where) for where in (file, store, url)]
    assert [result.exit_code for result in results] == [0, 0, 0], results[-1].output
    assert results[0].output == results[1].output == results[2].output


def test_explain_finds_nothing_at_an_endpoint(built: tuple[Path, Path]) -> None:
    with endpoint.served(endpoint.over(opened(built[1]))) as url:
        result = run("explain", "九十九", "--graph", url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "give a clause's number" in result.stderr


def test_validate_takes_file_store_and_endpoint(tmp_path: Path) -> None:
    fill(tmp_path / "store", small(tmp_path / "in", 1), small(tmp_path / "in", 2))
    opened(tmp_path / "store").dump(str(tmp_path / "dump.nq"), format=RdfFormat.N_QUADS)
    with endpoint.served(endpoint.over(opened(tmp_path / "store"))) as url:
        said = [run("validate", where) for where in (tmp_path / "store", tmp_path / "dump.nq", url)]
    verdicts = {result.output.strip().rpartition(": ")[0].split(": ")[-1] for result in said}
    assert len(verdicts) == 1, verdicts
    assert all(result.output.endswith(": conforms\n") and result.exit_code == 0 for result in said)


def test_validate_finds_what_is_wrong_in_a_store(tmp_path: Path) -> None:
    fill(tmp_path / "store", small(tmp_path / "in", 1))
    store = Store(str(tmp_path / "store"))
    store.update("DELETE WHERE { GRAPH ?g { ?s <https://w3id.org/obligation-graph/ontology#rank> ?o } }")
    del store
    result = run("validate", tmp_path / "store")
    assert (result.exit_code, "must have one rank" in result.output) == (1, True)


def test_the_other_commands_take_a_store(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    for command in (["analyse", tmp_path / "store", "--draws", "0"], ["view", tmp_path / "store"]):
        result = run(*command, "-o", tmp_path / str(command[0]))
        assert result.exit_code == 0, result.output
    assert (
        "133 pairs among 35 agencies"
        in run("analyse", tmp_path / "store", "--draws", "0", "-o", tmp_path / "again").output
    )


# ---------------------------------------------------------------------------------- pruning


def test_pruned_a_store_is_what_a_new_one_would_be(tmp_path: Path) -> None:
    """What no other document says goes, what another says stays; each that goes is named."""
    one, two, three = (small(tmp_path / "in", number, f"事务{number}") for number in (1, 2, 3))
    fill(tmp_path / "store", one, two, three, *SEVERAL[:1])
    result = run("build", two, *SEVERAL[:1], "--store", tmp_path / "store", "--prune")
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == ["removed: d/商发-2020-1", "removed: d/商发-2020-3"]
    assert "0 documents written, 2 unchanged" in result.stdout
    fill(tmp_path / "new", two, *SEVERAL[:1])
    assert graphs(tmp_path / "store") == graphs(tmp_path / "new")
    again = run("build", two, *SEVERAL[:1], "--store", tmp_path / "store", "--prune")
    assert (again.exit_code, again.stderr) == (0, "")


def test_nothing_is_removed_unasked(tmp_path: Path) -> None:
    paths = [small(tmp_path / "in", number) for number in (1, 2)]
    fill(tmp_path / "store", *paths)
    assert run("build", paths[1], "--store", tmp_path / "store").exit_code == 0
    assert len(documents(graphs(tmp_path / "store"))) == 2


def test_nothing_is_removed_where_an_input_cannot_be_read(tmp_path: Path) -> None:
    """It may hold the documents that would go; one that is read, but not understood, holds none."""
    one, two = (small(tmp_path / "in", number) for number in (1, 2))
    fill(tmp_path / "store", one, two)
    asked = ("--store", tmp_path / "store", "--prune", "--keep-going")
    result = run("build", two, tmp_path / "missing.zip", *asked)
    assert (result.exit_code, result.stdout) == (1, "")
    fault, said = result.stderr.splitlines()
    assert "missing.zip" in fault
    assert said.endswith(
        "no document was removed, as what these inputs hold is not known; put them right first"
    )
    assert len(documents(graphs(tmp_path / "store"))) == 2
    (tmp_path / "x.txt").write_text("今天天气很好。", encoding="utf-8")
    result = run("build", two, tmp_path / "x.txt", *asked)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "removed: d/商发-2020-1")


@pytest.mark.parametrize("arguments", [["--prune", "--store", "s"], ["--prune", "x.txt"]], ids=" ".join)
def test_pruning_needs_a_store_and_what_is_to_stay(arguments: list[str]) -> None:
    result = run("build", *arguments)
    assert (result.exit_code, "--prune: give the --store, and each PATH" in result.stderr) == (2, True)


# What documents share: bodies with and without a successor or a place, citations of each other and of itself.
SHARING = {
    "1": [
        "（一）加强管理。推进改革工作，按照《国务院关于印发规划的通知》（商发〔2020〕2号）完善制度。（商务部、工商总局）"
    ],
    "2": [
        "（一）加强监督。落实商发〔2020〕1号和商发〔2020〕2号，推进改革工作。（财政部、各市人民政府）",
        "（一）加强监督。推进改革工作，为小微企业减税。（文化部、银监会）",
    ],
    "3": [
        "（一）加强审批。落实商发〔2020〕1号，推进改革工作。（市工商局、市商务局）",
        "（一）加强审批。落实商发〔2019〕9号，推进改革工作。（国家卫生计生委、质检总局）",
    ],
}


def said(folder: Path, number: str, clause: str) -> frozenset[Quad]:
    """What the program says of a document with one clause."""
    path = small(folder, int(number))
    path.write_text(f"一、任务\n{clause}\n", encoding="utf-8")
    if number == "3":
        with path.with_suffix(".toml").open("a", encoding="utf-8") as sidecar:
            sidecar.write('issuer = "杭州市人民政府"\n')
    assert run("build", path, "--shards", folder / "shards").exit_code == 0
    with ShardFolder.open(folder / "shards").open_quads() as file:
        return frozenset(parse(file, format=RdfFormat.N_QUADS))


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[NamedNode, list[frozenset[Quad]]]:
    """What the program says of each version of each document, by their graphs."""
    place = tmp_path_factory.mktemp("versions")
    found = {
        NamedNode(f"{BASE}d/商发-2020-{number}"): [
            said(place / f"{number}-{at}", number, clause) for at, clause in enumerate(clauses)
        ]
        for number, clauses in SHARING.items()
    }
    quads = {quad for each in found.values() for version in each for quad in version}
    assert {graph for graph in found if Quad(graph, term("rdf:type"), CITED, SHARED) in quads} == {*found} - {
        NamedNode(f"{BASE}d/商发-2020-3")
    }
    for kind in ("org:ChangeEvent", "schema:AdministrativeArea", "ob:AgencyGroup"):
        assert any(quad.object == term(kind) for quad in quads), kind
    return found


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_a_store_is_what_a_new_one_would_be(
    seed: int, versions: dict[NamedNode, list[frozenset[Quad]]], tmp_path: Path
) -> None:
    """Documents come, change and go: what they share is there as long as one of them needs it."""
    random, now = Random(seed), dict[NamedNode, frozenset[Quad]]()
    with DocumentStore.open(tmp_path / "store") as store:
        for _ in range(12):
            graph = random.choice(list(versions))
            gone = [one for one in now if one != graph and random.random() < 0.2]
            if graph in now and random.random() < 0.4:
                gone, _ = [], store.remove_graph(graph)
                del now[graph]
            else:
                now[graph] = random.choice(versions[graph])
                store.replace_graph(graph, now[graph], gone)
            now = {graph: quads for graph, quads in now.items() if graph not in gone}
            held = opened(tmp_path / "store")
            assert set(held) == set().union(*now.values())
            assert set(held.named_graphs()) - {SHARED} == set(now)


# --------------------------------------------------------------------------------- skipping


def test_nothing_is_understood_twice(tmp_path: Path, understood: list[str]) -> None:
    paths = [small(tmp_path / "in", number, f"事务{number}") for number in range(5)]
    assert fill(tmp_path / "store", *paths).written == len(understood) == 5
    before = graphs(tmp_path / "store")
    result = run("build", *paths, "--store", tmp_path / "store")
    assert len(understood) == 5
    assert result.stdout.splitlines()[0].startswith(
        f"wrote {tmp_path / 'store'}: 0 documents written, 5 unchanged, "
    )
    assert graphs(tmp_path / "store") == before


def test_a_changed_text_takes_the_place_of_the_old(tmp_path: Path, understood: list[str]) -> None:
    paths = [small(tmp_path / "in", number) for number in (1, 2)]
    fill(tmp_path / "store", *paths)
    small(tmp_path / "in", 2, "监督审批")
    result = fill(tmp_path / "store", *paths)
    assert (result.written, result.unchanged, understood) == (1, 1, ["1.txt", "2.txt", "2.txt"])
    fill(tmp_path / "fresh", *paths)
    assert graphs(tmp_path / "store") == graphs(tmp_path / "fresh")
    assert is_sound(graphs(tmp_path / "store"))


@pytest.mark.parametrize("line", ['title = "另一标题"', 'issuer = "杭州市人民政府"', 'date = "2020-05-04"'])
def test_changed_metadata_are_read_again(line: str, tmp_path: Path, understood: list[str]) -> None:
    path = small(tmp_path / "in", 1)
    fill(tmp_path / "store", path)
    with path.with_suffix(".toml").open("a", encoding="utf-8") as sidecar:
        sidecar.write(line)
    assert fill(tmp_path / "store", path).written == 1
    fill(tmp_path / "fresh", path)
    assert graphs(tmp_path / "store") == graphs(tmp_path / "fresh")


def test_a_changed_number_moves_the_document(tmp_path: Path) -> None:
    """Its text is not there twice; what was said under the old IRI is gone, and that is told."""
    path = small(tmp_path / "in", 1)
    path.with_suffix(".toml").unlink()
    fill(tmp_path / "store", path)
    result = run("build", path, "--store", tmp_path / "store", "--number", "商发〔2021〕7号")
    assert "replaced: d/text-" in result.stderr
    assert list(documents(graphs(tmp_path / "store"))) == [f"{BASE}d/商发-2021-7"]
    fill(tmp_path / "fresh", path, given=Metadata(number="商发〔2021〕7号"))
    assert graphs(tmp_path / "store") == graphs(tmp_path / "fresh")


def test_one_text_with_two_numbers_in_one_build_stays_two(tmp_path: Path) -> None:
    paths = [small(tmp_path / "in", number) for number in (1, 2)]
    for written_, unchanged in ((2, 0), (0, 2)):
        result = fill(tmp_path / "store", *paths)
        assert (result.written, result.unchanged, result.moved) == (written_, unchanged, ())
    assert len(documents(graphs(tmp_path / "store"))) == 2


def test_the_same_text_under_another_name_is_not_doubled(tmp_path: Path, understood: list[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(CLAUSE, encoding="utf-8")
    fill(tmp_path / "store", tmp_path / "a.txt")
    before = graphs(tmp_path / "store")
    assert fill(tmp_path / "store", tmp_path / "b.txt").unchanged == 1
    both = fill(tmp_path / "store", tmp_path / "b.txt", tmp_path / "a.txt")
    assert (both.unchanged, both.skipped.copies) == (1, ("a.txt: has the same text as b.txt",))
    assert understood == ["a.txt"]
    assert graphs(tmp_path / "store") == before


def test_other_rules_read_everything_again(
    tmp_path: Path, understood: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(tmp_path / "in", 1)
    fill(tmp_path / "store", path)
    monkeypatch.setattr(builder, "compute_rules_hash", lambda registry: "0" * 64)
    assert [fill(tmp_path / "store", path).written for _ in range(2)] == [1, 0]
    assert understood == ["1.txt", "1.txt"]
    found = {quad.object for quad in opened(tmp_path / "store") if "rulesSha256" in str(quad.predicate)}
    assert found == {Literal("0" * 64)}


def test_the_rules_are_what_decides_a_graph() -> None:
    """Code up to the checked statements, words, registries, checks; nothing that asks, shows or serves."""
    names = {name for name, _ in fingerprints.iterate_rule_files()}
    assert {
        *("/extract/structure/outline.py", "/extract/meaning/norms.py", "/extract/pipeline.py"),
        *("/graph/emit/measures.py", "/graph/check/checks.py", "/model.py", "/vocabulary.py"),
        *("data/outline.toml", "data/neighbours.txt"),
        *("ontology/agencies.ttl", "ontology/checks/quotes.rq"),
    } <= names
    kinds = {name.split("/")[1] for name in names if name.startswith("/")}
    assert kinds == {Path(name).parts[0] for name in fingerprints.CODE}
    assert not kinds & {"query", "analysis", "web", "corpus", "api.py", "cli"}
    assert not [name for name in names if name.startswith("/graph/store/")]
    assert not {"data/pages.toml", "data/workbench.toml"} & names
    assert not [name for name in names if "__pycache__" in name]


# ------------------------------------------------------------------------------ transactions


def statement(words: str, graph: str) -> Quad:
    return Quad(NamedNode(f"{BASE}x"), term("rdfs:label"), Literal(words), NamedNode(f"{BASE}d/{graph}"))


HOSTILE = ["\\u0041 \\", '"""', "\x00\x01\x7f\r\n\t\b\f", "} ; DROP ALL", "\ufffe\uffff\U0001f600", "'"]


def test_any_words_come_through(tmp_path: Path) -> None:
    """What replaces something goes through SPARQL's text, what is new does not."""
    graph = NamedNode(f"{BASE}d/a")
    with DocumentStore.open(tmp_path / "store") as store:
        for round_ in range(3):
            quads = {statement(f"{words}{round_}", "a") for words in HOSTILE}
            store.replace_graph(graph, quads)
            found = graphs(tmp_path / "store")
            assert found[graph.value] == quads
            assert is_sound(found)


def test_an_update_that_fails_halfway_changes_nothing(tmp_path: Path) -> None:
    """What the store relies on: the operations of an update are one transaction."""
    store = Store(str(tmp_path / "store"))
    store.add(statement("old", "a"))
    with pytest.raises(OSError, match="not allowed"):  # no server is asked: the port is one of a list
        store.update("DELETE WHERE { GRAPH ?g { ?s ?p ?o } } ; LOAD <http://127.0.0.1:1/>")
    assert set(store) == {statement("old", "a")}


def test_a_reader_sees_the_store_as_it_was_when_it_was_opened(tmp_path: Path) -> None:
    graph, asked = NamedNode(f"{BASE}d/a"), "SELECT ?o { ?s ?p ?o } ORDER BY ?o"
    with DocumentStore.open(tmp_path / "store") as store:
        store.replace_graph(graph, [statement("1", "a"), statement("2", "a")])
        before = open_graph(str(tmp_path / "store"))
        store.replace_graph(graph, [statement("3", "a"), statement("4", "a")])
        after = open_graph(str(tmp_path / "store"))
        assert format_result(before.answer(asked), None).split() == ["o", "1", "2"]
        assert format_result(after.answer(asked), None).split() == ["o", "3", "4"]


NUMBERS = range(12)

# Builds a store, and is killed just before it writes so many times, or while it does.
_KILLED = """
import os, signal, sys
from threading import Thread
from build_graph.cli import main
from build_graph.graph.store import store as storing
folder, store, left, amid = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "amid"
begin = storing._convert_write_errors

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def count(path):
    global left
    left -= 1
    if left == 0:
        Thread(target=kill).start() if amid else kill()
    return begin(path)

storing._convert_write_errors = count
main(["build", folder, "--store", store])
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with inputs in an old and a new version, and the store of each, built undisturbed."""
    place = tmp_path_factory.mktemp("many")
    for version, words in (("old", "管理"), ("new", "监督审批")):
        for number in NUMBERS:
            small(place / version, number, f"{words}第{number}项")
        fill(place / f"{version}-store", place / version)
    return place


@pytest.fixture(scope="module")
def undisturbed(many: Path) -> tuple[Graphs, Graphs]:
    """What the old store holds, and the new one."""
    return graphs(many / "old-store"), graphs(many / "new-store")


def is_made(store: Path) -> bool:
    """Whether a store was made as a whole; one that was not is refused in one line, and holds nothing."""
    try:  # RocksDB makes the columns of a store one after the other
        return (store / "CURRENT").exists() and bool(open_graph(str(store)))
    except EngineError as error:
        if "cannot be opened" not in str(error):
            raise
        return False


# The last write is a flush.
@pytest.mark.parametrize("over", [False, True], ids=["from nothing", "over the old version"])
@pytest.mark.parametrize(
    "moment", [(1, "amid"), (2, "before"), (2, "amid"), (7, "amid"), (len(NUMBERS), "amid")], ids=str
)
def test_whatever_moment_a_build_is_killed_at(
    moment: tuple[int, str], over: bool, many: Path, undisturbed: tuple[Graphs, Graphs], tmp_path: Path
) -> None:
    """Each graph is there whole, old or new, or not there; and the next build completes the store."""
    store, (old, new) = tmp_path / "store", undisturbed
    if over:
        shutil.copytree(many / "old-store", store)
    command = [sys.executable, "-c", _KILLED, str(many / "new"), str(store), *map(str, moment)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    if over or is_made(store):
        found = graphs(store)
        assert is_sound(found)
        assert set(documents(found)) <= set(documents(new))
        assert not over or set(documents(found)) == set(documents(old))
        for name, quads in documents(found).items():
            assert quads in ((old[name], new[name]) if over else (new[name],)), name
    fill(store, many / "new")
    assert graphs(store) == new


# -------------------------------------------------------------------------------- bad input


def test_a_document_that_fails_a_check_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [small(tmp_path / "in", number, f"事务{number}") for number in (1, 2, 3)]
    check = store_writer.check_statements

    def picky(statements: Iterable[Statement]) -> object:
        said = list(statements)
        if any("事务2" in value for *_, value in said):
            raise FailedCheckError("evidence: <x>: nothing shows this")
        return check(said)

    monkeypatch.setattr(store_writer, "check_statements", picky)
    result = run("build", *paths, "--store", tmp_path / "store")
    assert result.exit_code == 1
    fault, stays = result.stderr.splitlines()
    assert fault == "obligations: 2.txt: evidence: <x>: nothing shows this"
    assert "1 document written, each whole" in stays
    assert list(documents(graphs(tmp_path / "store"))) == [f"{BASE}d/商发-2020-1"]
    result = run("build", *paths, "--store", tmp_path / "store", "--keep-going")
    assert (result.exit_code, "1 document written, 1 unchanged" in result.stdout) == (0, True)
    assert result.stderr.splitlines() == [f"left out: {fault.removeprefix('obligations: ')}"]
    assert len(documents(graphs(tmp_path / "store"))) == 2


def file_in_the_way(folder: Path) -> list[object]:
    (folder / "store").write_text("a file", encoding="utf-8")
    return ["build", "--store", folder / "store"]


def below_a_file(folder: Path) -> list[object]:
    (folder / "file").write_text("a file", encoding="utf-8")
    return ["build", "--store", folder / "file" / "store"]


def other_things(folder: Path) -> list[object]:
    (folder / "docs").mkdir()
    (folder / "docs" / "a.txt").write_text("a file", encoding="utf-8")
    return ["build", "--store", folder / "docs"]


def no_document(folder: Path) -> list[object]:
    (folder / "x.txt").write_text("今天天气很好。", encoding="utf-8")
    return ["build", folder / "x.txt", "--store", folder / "new"]


def damaged(folder: Path) -> Path:
    """A store whose files name others that are missing."""
    with DocumentStore.open(folder / "damaged") as store:
        store.replace_graph(NamedNode(f"{BASE}d/a"), [statement("1", "a")])
        store.flush()
    (folder / "damaged" / "CURRENT").write_text("MANIFEST-000099\n", encoding="utf-8")
    return folder / "damaged"


BAD: dict[str, tuple[Callable[[Path], list[object]], str]] = {
    "a file in the way": (file_in_the_way, "is a file"),
    "below a file": (below_a_file, "is a file, or lies below one"),
    "a folder of other things": (other_things, "is no store, it holds a.txt; give a new or an empty folder"),
    "nowhere to write": (lambda f: ["build", "--store", "/proc/store"], "cannot be opened as a store"),
    "no document": (no_document, "no section, clause or article"),
    "damaged, built": (lambda f: ["build", "--store", damaged(f)], "cannot be opened as a store"),
    "damaged, asked": (lambda f: ["query", "pairs", "--graph", damaged(f)], "cannot be opened"),
    "no store, explained": (lambda f: ["explain", "四", "--graph", f], "is no Oxigraph store"),
    "no store, validated": (lambda f: ["validate", f], "is no Oxigraph store"),
    "no endpoint, explained": (
        lambda f: ["explain", "四", "--graph", "http://127.0.0.1:9/query"],
        "does not answer",
    ),
    "no endpoint, validated": (lambda f: ["validate", "http://127.0.0.1:9/query"], "does not answer"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str, tmp_path: Path) -> None:
    prepare, expected = BAD[what]
    before = prepare(tmp_path)
    there = sorted(tmp_path.rglob("*"))
    result = run(*before)
    assert result.exit_code == 1
    assert not isinstance(result.exception, Exception)
    assert expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr
    if "damaged" not in what:
        assert sorted(tmp_path.rglob("*")) == there


# ----------------------------------------------------------------------------------- damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two documents, and beside it the inputs; tests copy it."""
    place = tmp_path_factory.mktemp("whole")
    fill(place / "store", small(place / "in", 1), small(place / "in", 2, "监督"))
    return place


def flipped(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1 << (at % 8)
    file.write_bytes(data)


def asked(store: Path) -> object:
    """How much a store holds, and what it says of documents; "" where it is said that it is damaged."""
    try:
        engine = open_graph(str(store))
        assert isinstance(engine, OxigraphEngine)
        with convert_store_errors(store):
            # Sorted here: where a block is damaged, Oxigraph sorts and counts its error without end.
            rows = sorted(format_result(engine.answer("SELECT * { ?s ?p ?o }"), None).splitlines())
            return sum(1 for _ in engine.store), rows[:200]
    except EngineError as error:
        return str(error).rpartition("; if a build is writing it, try again, else ")[0] and ""


def test_no_byte_of_a_store_changes_unnoticed_or_answers_otherwise(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What neither who reads notices, nor validate, is of no weight: logs, and the options of RocksDB."""
    monkeypatch.setattr("build_graph.query.open._ATTEMPTS", 1)
    store, random = tmp_path / "store", Random(5)
    shutil.copytree(whole / "store", store)
    answers = asked(store)
    others = ("CURRENT", "MANIFEST-*", "checksums.json", "OPTIONS-*")
    files = [next(store.glob(name)) for name in others]
    for file in (*files, *random.sample(sorted(store.glob("*.sst")), 3)):
        data = file.read_bytes()
        for at in random.sample(range(len(data)), min(len(data), 1)):
            flipped(file, at)
            found, noticed = asked(store), find_damaged_file(store)
            assert found in ("", answers), (file.name, at)
            sealed = file.suffix == ".sst" or file.name.startswith(("CURRENT", "MANIFEST", "checksums"))
            assert (noticed == file) == sealed, (file.name, at)
            file.write_bytes(data)


def each_block(store: Path) -> None:
    for file in store.glob("*.sst"):
        file.write_bytes(bytes(byte ^ (at % 200 == 0) for at, byte in enumerate(file.read_bytes())))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "blocks": each_block,
    "a manifest": lambda store: flipped(next(store.glob("MANIFEST-*")), 40),
    "CURRENT": lambda store: flipped(store / "CURRENT", 3),
    "half a file": lambda store: [os.truncate(file, 40) for file in store.glob("*.sst")] and None,
    "no files": lambda store: [file.unlink() for file in store.glob("*.sst")] and None,
}
ASKED_OF_DAMAGED: tuple[tuple[object, ...], ...] = (
    ("query", "documents", "--graph", "STORE"),
    ("explain", "agency/mofcom", "--graph", "STORE"),
    ("export", "STORE", "--format", "nt", "-o", "OUT"),
    ("push", "http://127.0.0.1:9/", "--graph", "STORE"),
    ("validate", "STORE"),
    ("build", "IN", "--store", "STORE"),
)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_a_line_and_what_it_says_works(
    damage: Callable[[Path], None], whole: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    given = {"STORE": store, "OUT": tmp_path / "out.nt", "IN": whole / "in"}
    shutil.copytree(whole / "store", store)
    damage(store)
    for command in ASKED_OF_DAMAGED:
        result = run(*(given.get(str(word), word) for word in command))
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), (command, result.output)
        assert isinstance(result.exception, SystemExit), (command, result.exception)
        assert result.stderr.startswith(f"obligations: {store}: "), command
        assert result.stderr.endswith("remove the folder and build it again\n"), (command, result.stderr)
    shutil.rmtree(store)
    assert run("build", whole / "in", "--store", store).exit_code == 0
    assert graphs(store) == graphs(whole / "store")


def test_validate_reads_what_no_question_reads(whole: Path, tmp_path: Path) -> None:
    """A byte in an index that the questions pass by; and a store without checksums is read all the same."""
    for sealed in (True, False):
        store = tmp_path / f"{sealed}"
        shutil.copytree(whole / "store", store)
        assert run("validate", store).exit_code == 0
        if not sealed:
            (store / "checksums.json").unlink()
        assert run("validate", store).exit_code == 0
        each_block(store) if not sealed else flipped(max(store.glob("*.sst")), 1)
        result = run("validate", store)
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), result.output
        assert result.stderr.endswith("remove the folder and build it again\n"), result.stderr


@pytest.mark.parametrize("more", [["-o", "out"], ["--pages"]])
def test_a_store_and_files_exclude_each_other(more: list[str], tmp_path: Path) -> None:
    result = run("build", "--store", tmp_path / "store", *more)
    assert (result.exit_code, (tmp_path / "store").exists()) == (2, False)
    assert f"leave out {more[0]}" in result.stderr


def test_two_builds_exclude_each_other(tmp_path: Path) -> None:
    """In one process as in two, the second ends with a line, and the store is as the first leaves it."""
    path = small(tmp_path / "in", 1)
    fill(tmp_path / "store", path)
    holding = Store(str(tmp_path / "store"))
    here = run("build", path, "--store", tmp_path / "store")
    command = [
        sys.executable,
        "-m",
        "build_graph.cli",
        "build",
        str(path),
        "--store",
        str(tmp_path / "store"),
    ]
    process = subprocess.run(command, capture_output=True, check=False)
    there = process.stderr.decode()
    del holding
    assert (here.exit_code, process.returncode) == (1, 1)
    for said in (here.stderr, there):
        assert said.endswith("another program is writing this store; try again when it has ended\n")
        assert len(said.splitlines()) == 1


def test_a_store_that_cannot_be_written_on_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is no fault of a document: the build ends there."""
    paths = [small(tmp_path / "in", number) for number in (1, 2)]

    class Full:
        def __init__(self, path: str) -> None:
            self.store = Store(path)

        def __getattr__(self, name: str) -> object:
            return getattr(self.store, name)

        def extend(self, quads: set[Quad]) -> None:
            raise OSError("IO error: No space left on device")

    monkeypatch.setattr(storing, "Store", Full)
    result = run("build", *paths, "--store", tmp_path / "store", "--keep-going")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert "cannot be written (IO error: No space left on device); make room there" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_must_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    result = run("build", "--store", tmp_path / "locked" / "store")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_an_engine_over_foreign_named_graphs_asks_all_of_them() -> None:
    store = Store()
    store.extend([statement("1", "a"), statement("2", "b")])
    engine = OxigraphEngine(store)
    assert format_result(engine.answer("SELECT ?o { ?s ?p ?o } ORDER BY ?o"), None).split() == ["o", "1", "2"]
    one = f"SELECT ?o FROM <{BASE}d/b> {{ ?s ?p ?o }}"
    assert format_result(engine.answer(one), None).split() == ["o", "2"]


@pytest.mark.parametrize("command", ["query", "analyse", "export", "explain"])
def test_files_that_vanish_while_they_are_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build may take away files that a reader has open: one line says so, whoever reads."""
    fill(tmp_path / "store")
    arguments: dict[str, tuple[object, ...]] = {
        "query": ("documents", "--graph", tmp_path / "store"),
        "analyse": (tmp_path / "store", "-o", tmp_path / "out"),
        "export": (tmp_path / "store", "--format", "nt", "-o", tmp_path / "out" / "graph.nt"),
        "explain": ("四", "--graph", tmp_path / "store"),
    }
    open_store = Store.read_only

    class Vanishing:
        @staticmethod
        def read_only(path: str) -> Store:
            store = open_store(path)
            for file in Path(path).glob("*.sst"):
                os.truncate(file, 0)
            return store

    monkeypatch.setattr("build_graph.query.open.Store", Vanishing)
    result = run(command, *arguments[command])
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert len(result.stderr.splitlines()) == 1
    assert "if a build is writing it, try again" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_store_being_tidied_is_opened_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "store", small(tmp_path / "in", 1))
    failures = iter([RuntimeError("Corruption: file is gone")] * 2)
    opened = Store.read_only

    class Tidied:
        @staticmethod
        def read_only(path: str) -> Store:
            if error := next(failures, None):
                raise error
            return opened(path)

    monkeypatch.setattr("build_graph.query.open.Store", Tidied)
    assert open_graph(str(tmp_path / "store"))
    failures = iter([RuntimeError("Corruption: file is gone")] * 9)
    with pytest.raises(EngineError, match="if a build is writing it, try again"):
        open_graph(str(tmp_path / "store"))
