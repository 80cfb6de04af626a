"""The version of the ontology: every command that opens a graph of another version says so in one line."""

import gc

import handmade
import pytest
from click.testing import CliRunner
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from build_graph.cli import main
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.versions import OtherVersionError, check_version, find_versions
from build_graph.vocabulary import BASE, ONTOLOGY_VERSION

BEFORE = f"""
@prefix eli: <http://data.europa.eu/eli/ontology#> .
@prefix ob: <https://w3id.org/obligation-graph/ontology#> .
@base <{BASE}> .
<document/甲-2020-1> a eli:LegalResource .
<document/甲-2020-1/text> eli:realizes <document/甲-2020-1> ; <https://schema.org/text> "一、任务" .
<document/甲-2020-1/s1/m1> a ob:Measure ; ob:statedIn <document/甲-2020-1> ; ob:text "任务" .
"""
LATER = f"""
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix eli: <http://data.europa.eu/eli/ontology#> .
<{BASE}d/甲-2020-1> a eli:LegalResource ; dcterms:conformsTo <{ONTOLOGY_VERSION.rpartition("/")[0]}/99.0.0> .
<{ONTOLOGY_VERSION.rpartition("/")[0]}/99.0.0> a dcterms:Standard .
"""
OURS = ONTOLOGY_VERSION.rpartition("/")[2]
COMMANDS = (
    ("query", "documents", "--graph"),
    ("explain", "四", "--graph"),
    ("analyse", "--graph"),
    ("view", "--graph"),
    ("validate",),
    ("export", "--format", "csv", "-o", "tables", "--graph"),
)


def quads_of(turtle: str) -> list[Quad]:
    parsed = parse(turtle.encode(), format=RdfFormat.TURTLE)
    return [Quad(*quad.triple, NamedNode(f"{BASE}d/甲-2020-1")) for quad in parsed]


@pytest.fixture
def say(tmp_path, monkeypatch):
    """A function that runs a command in an empty folder, where it must write nothing."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(main, [str(one) for one in arguments])
        assert not list(folder.iterdir()), "something was written"
        return result.exit_code, result.stderr

    return run


@pytest.fixture(params=[(BEFORE, "0.1.0"), (LATER, "99.0.0")], ids=["before", "later"])
def other(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A graph of another version, in Turtle, and that version."""
    return request.param


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_file_of_another_version_is_told_in_one_line(tmp_path, say, other, command):
    turtle, version = other
    path = tmp_path / "graph.ttl"
    path.write_text(turtle, encoding="utf-8")
    code, said = say(*command, path)
    assert (code, said.count("\n")) == (1, 1)
    assert f"{path}: this graph is of version {version} of the ontology, and {OURS} is read; build it" in said


@pytest.mark.parametrize(
    "command", [("query", "documents", "--graph"), ("validate",)], ids=["query", "validate"]
)
def test_a_store_of_another_version_is_told_in_one_line(tmp_path, say, other, command):
    turtle, version = other
    Store(str(tmp_path / "store")).extend(quads_of(turtle))
    code, said = say(*command, tmp_path / "store")
    assert (code, said.count("\n")) == (1, 1)
    assert f"this graph is of version {version} of the ontology" in said


def test_a_store_of_another_version_is_not_written(tmp_path, say, other):
    turtle, version = other
    store = Store(str(tmp_path / "store"))
    store.extend(quads_of(turtle))
    statements = len(store)
    del store
    code, said = say("build", "--store", tmp_path / "store")
    assert (code, said.count("\n")) == (1, 1)
    assert f"this graph is of version {version} of the ontology" in said
    gc.collect()  # the error still holds the store that was opened
    assert len(Store(str(tmp_path / "store"))) == statements


def test_our_own_graphs_and_those_without_documents_pass():
    store = Store()
    check_version(store, "nothing")
    store.extend(iterate_quads(handmade.document(), Descriptions.load()))
    assert find_versions(store) == {OURS}
    check_version(store, "ours")
    store.extend(quads_of(BEFORE))
    with pytest.raises(OtherVersionError, match=r"both: this graph is of version 0\.1\.0 of"):
        check_version(store, "both")
