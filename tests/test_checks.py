"""The checks of a graph before it is written: each is seen failing."""

import tomllib
from pathlib import Path
from urllib.parse import urljoin

import handmade
import pytest
from pyoxigraph import Quad, Store

from build_graph.graph.checks import FailedCheckError, check, check_files, faults
from build_graph.graph.descriptions import Descriptions
from build_graph.graph.triples import quads
from build_graph.vocabulary import BASE, OA, OB, term

DOCUMENT = f"{BASE}document/杭政-2015-1/"
CASES = tomllib.loads((Path(__file__).parent / "cases" / "checks.toml").read_text(encoding="utf-8"))["case"]
FILES = {file.stem: file for file in check_files()}


@pytest.fixture(scope="module")
def emitted():
    return list(quads(handmade.document(), Descriptions.load()))


def broken(emitted, update):
    """The statements in the default graph, after the update."""
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object) for q in emitted)
    before = len(store)
    everything = set(store)
    store.update(f"BASE <{DOCUMENT}> PREFIX ob: <{OB}> PREFIX oa: <{OA}> {update}")
    assert set(store) != everything, f"the update changes none of {before} statements"
    return store


def test_a_sound_document_passes_every_check(emitted):
    assert check(emitted).checks == len(FILES) > 5


@pytest.mark.parametrize("name", FILES)
def test_a_sound_document_gives_no_faults(name, emitted):
    store = Store()
    store.extend(emitted)
    assert list(faults(store, FILES[name])) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['check']}:{case['finds'][0]}")
def test_a_broken_document_is_found(case, emitted):
    found = faults(broken(emitted, case["update"]), FILES[case["check"]])
    assert {fault.focus.strip("<>") for fault in found} == {urljoin(DOCUMENT, iri) for iri in case["finds"]}


def test_every_check_is_seen_failing():
    assert {case["check"] for case in CASES} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_the_first_line_of_a_check_is_its_message(name):
    first = FILES[name].read_text(encoding="utf-8").split("\n")[0]
    assert first.startswith("# ")
    assert first.endswith(".")


def test_the_message_names_check_thing_and_value_and_what_to_do(emitted):
    bad = [q for q in emitted if q.predicate != term("ob:role")]
    with pytest.raises(FailedCheckError) as raised:
        check(bad)
    lines = str(raised.value).split("\n")
    assert lines[0].startswith(f"incomplete: <{DOCUMENT}s2/c1/m1/assignment/b")
    assert "lacks a part" in lines[0]
    assert lines[0].endswith(f"(<{OB}role>)")
    assert "please report" in lines[-1]
    assert lines[-1].startswith("it is not written; this is a fault of the program")


def test_many_faults_make_a_short_message(emitted):
    bad = [q for q in emitted if q.predicate != term("ob:hasEvidence")]
    with pytest.raises(FailedCheckError) as raised:
        check(bad)
    assert len(str(raised.value).split("\n")) == 6
