"""An analyst's own registry: laid over ours, in every process, in the graph, and refused with its faults."""

from __future__ import annotations

import gzip
import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from places import TESTS
from pyoxigraph import RdfFormat, Store

import build_graph as og
from build_graph.cli import main
from build_graph.corpus.builder import Builder
from build_graph.corpus.outcome import DocumentWorker
from build_graph.corpus.shard_builder import ShardBuilder
from build_graph.corpus.store_writer import StoreLoader
from build_graph.errors import ObligationError
from build_graph.extract.agencies.registry import load_added_registry
from build_graph.extract.agencies.registry_file import AddedRegistry, RegistryRules
from build_graph.graph.store.fingerprints import compute_rules_hash
from build_graph.query.validate import validate_engine
from build_graph.resources import find_folder, load_statements
from build_graph.vocabulary import OB, term

CASES: dict[str, Any] = tomllib.loads((TESTS / "cases" / "registries.toml").read_text(encoding="utf-8"))
BODY = "agency/hangzhou-shipping"


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / "bodies.ttl"
    path.write_text(CASES["head"] + CASES["good"], encoding="utf-8")
    return path


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.txt"
    path.write_text(CASES["document"], encoding="utf-8")
    return path


def load(path: Path) -> AddedRegistry:
    found = load_added_registry(path)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------ what it adds


def test_bodies_names_and_functions_come_to_ours(paper: Path, registry: Path) -> None:
    document = og.read(paper, registry=registry)
    bearers = document.measures[0].bearers
    assert [
        [b.name, b.body.id, b.body.known, " ".join(b.body.functions), " ".join(b.body.answers_to)]
        for b in bearers
        if b.body
    ] == CASES["bodies"]
    assert document.registry == hashlib.sha256(registry.read_bytes()).hexdigest()


def test_without_it_the_bodies_are_unknown(paper: Path) -> None:
    document = og.read(paper)
    assert [bearer.body and bearer.body.known for bearer in document.measures[0].bearers] == [False] * 4
    assert document.registry is None


def test_a_body_of_another_place_is_not_meant(tmp_path: Path, registry: Path) -> None:
    paper = tmp_path / "other.txt"
    paper.write_text(CASES["document"].replace("杭州市", "宁波市"), encoding="utf-8")
    first = og.read(paper, registry=registry).measures[0].bearers[0]
    assert first.body is not None
    assert (first.name, first.body.id) == ("市航运办", "浙江省/宁波市/航运办")


def test_the_graph_describes_the_bodies_and_names_the_registry(paper: Path, registry: Path) -> None:
    """The file's hash stands on the reading, and the graph conforms to the shapes."""
    graph = og.build(paper, registry=registry)
    rows = graph.query(f"""
        select ?name ?place ?hash where {{
          <https://w3id.org/obligation-graph/id/{BODY}>
            <http://www.w3.org/2004/02/skos/core#prefLabel> ?name ;
            <{OB}jurisdiction>/<http://www.w3.org/2000/01/rdf-schema#label> ?place .
          ?reading <{OB}registrySha256> ?hash filter (lang(?name) = "zh")
        }}""")
    digest = hashlib.sha256(registry.read_bytes()).hexdigest()
    assert rows.values.tolist() == [["杭州市航运办", "浙江省杭州市", digest]]
    assert validate_engine(graph.engine, "memory").conforms


def test_our_own_registry_keeps_the_rules() -> None:
    """All that is asked of an analyst's file holds of ours, but for the scheme of functions."""
    own = load_statements(find_folder("ontology") / "agencies.ttl")
    rules = RegistryRules.derive(own)
    assert [node.value for node in own if list(rules.iterate_faults(node, own))] == [
        "https://w3id.org/obligation-graph/id/functions"
    ]


# --------------------------------------------------------------------------------- every process


def test_the_rules_are_others_with_it(registry: Path) -> None:
    assert compute_rules_hash(load(registry)) != compute_rules_hash()
    before = load(registry)
    registry.write_text(registry.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert compute_rules_hash(load(registry)) != compute_rules_hash(before)


def test_a_store_reads_again_what_was_read_with_another(tmp_path: Path, paper: Path, registry: Path) -> None:
    store = tmp_path / "store"
    plain, mine = Builder(pages=False), Builder(pages=False, registry=load(registry))
    counts = [one.fill([paper], store) for one in (plain, plain, mine, mine, plain)]
    assert [(one.written, one.unchanged) for one in counts] == [(1, 0), (0, 1), (1, 0), (0, 1), (1, 0)]
    assert not any(BODY in str(quad) for quad in Store.read_only(str(store)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes")
def test_workers_of_a_corpus_have_it(tmp_path: Path, paper: Path, registry: Path) -> None:
    """Shards, the store that they give, and a store that workers fill are as one process makes them."""
    added = load(registry)
    result = DocumentWorker.load(added).build_result(
        next(iter(Builder().reader.read(paper)))  # type: ignore[arg-type]
    )
    ShardBuilder(workers=2, registry=added).build([paper], tmp_path / "shards")
    (shard,) = (tmp_path / "shards").glob("*.nq.gz")
    assert set(gzip.decompress(shard.read_bytes()).splitlines()) == set(result.quads.splitlines())
    StoreLoader(workers=2, registry=added).build([paper], tmp_path / "store")
    assert any(BODY in str(quad) for quad in Store.read_only(str(tmp_path / "store")))


def test_the_bytes_are_the_same_each_time(tmp_path: Path, paper: Path, registry: Path) -> None:
    builder = Builder(pages=False, registry=load(registry))
    first, second = (builder.build([paper], tmp_path / name).path for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


# ---------------------------------------------------------------------------------- the commands


@pytest.mark.parametrize("command", ["extract", "review", "build", "read"])
def test_the_commands_on_documents_take_it(command: str, tmp_path: Path, paper: Path, registry: Path) -> None:
    options = {
        "build": ["--no-pages", "-o", str(tmp_path / "out")],
        "read": ["-o", str(tmp_path / "page.html")],
    }
    said = CliRunner().invoke(
        main, [command, str(paper), "--registry", str(registry), *options.get(command, [])]
    )
    assert said.exit_code == 0, said.output
    if command == "review":
        assert "unresolved" not in said.output.splitlines()[-1]
    if command == "build":
        store = Store()
        store.load(path=str(tmp_path / "out" / "graph.ttl"), format=RdfFormat.TURTLE)
        assert any(quad.predicate == term("ob:registrySha256") for quad in store)


def test_shards_have_been_read_already(tmp_path: Path, paper: Path, registry: Path) -> None:
    ShardBuilder().build([paper], tmp_path / "shards")
    given = [
        "build",
        str(tmp_path / "shards"),
        "--store",
        str(tmp_path / "store"),
        "--registry",
        str(registry),
    ]
    said = CliRunner().invoke(main, given)
    assert (said.exit_code, "leave it out" in said.output) == (2, True)


@pytest.mark.parametrize("case", CASES["faults"], ids=lambda case: case["message"])
def test_a_fault_is_one_clear_line(case: dict[str, str], tmp_path: Path, paper: Path) -> None:
    """It names the file, and the exit code is 1."""
    path = tmp_path / "bad.ttl"
    path.write_text(CASES["head"] + case["content"], encoding="utf-8")
    said = CliRunner().invoke(main, ["extract", str(paper), "--registry", str(path)])
    assert said.exit_code == 1
    (line,) = said.output.splitlines()
    assert line.startswith(f"obligations: {path}: ")
    assert case["message"] in line


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"\x00" * 100, bytes(range(256)), "甲".encode("gb18030")]
)
def test_bytes_that_are_no_turtle_give_no_traceback(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.ttl"
    path.write_bytes(content)
    with pytest.raises(ObligationError, match=r"bad\.ttl: "):
        load(path)


@pytest.mark.parametrize("name", ["nowhere.ttl", "."])
def test_a_file_that_cannot_be_read_is_told(name: str, tmp_path: Path, paper: Path) -> None:
    said = CliRunner().invoke(main, ["build", str(paper), "--registry", str(tmp_path / name)])
    assert (said.exit_code, len(said.output.splitlines())) == (1, 1)
    assert "give a Turtle file that can be read" in said.output
