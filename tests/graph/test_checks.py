"""The checks of a graph before it is written: each is seen failing, and sieves leave out no fault."""

import tomllib
from urllib.parse import urljoin

import handmade
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from pyoxigraph import Quad, RdfFormat, Store
from stated import stated

from build_graph.graph.check.checks import FailedCheckError, check_statements, load_checks
from build_graph.graph.check.prefilters import PREFILTERS
from build_graph.graph.emit.document import iterate_parts, iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import Statement, expand
from build_graph.vocabulary import BASE, NIF, OB

DOCUMENT = f"{BASE}d/杭政-2015-1/"
CASES = tomllib.loads((TESTS / "cases" / "checks.toml").read_text(encoding="utf-8"))["case"]
CHECKS = {one.name: one for one in load_checks()}
CASE_IDS = [f"{case['check']}:{case['finds'][0]}" for case in CASES]
SOUND = tuple(
    dict.fromkeys(
        one for part in iterate_parts(handmade.document(), Descriptions.load()) for one in part.statements
    )
)


@pytest.fixture(scope="module")
def emitted():
    return list(iterate_quads(handmade.document(), Descriptions.load()))


def broken(emitted, update):
    """The statements in the default graph, after the update."""
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object) for q in emitted)
    before = len(store)
    everything = set(store)
    store.update(f"BASE <{DOCUMENT}> PREFIX ob: <{OB}> PREFIX nif: <{NIF}> {update}")
    assert set(store) != everything, f"the update changes none of {before} statements"
    return store


def refused(statements) -> str:
    """What is said of a graph that is not to be written; empty for one that may be."""
    try:
        check_statements(statements)
    except FailedCheckError as error:
        return str(error)
    return ""


def test_a_sound_document_passes_every_check():
    assert check_statements(SOUND).checks == len(CHECKS) > 5


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_document_gives_no_faults(name, emitted):
    store = Store()
    store.extend(emitted)
    assert list(CHECKS[name].find_faults(store)) == []


@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_a_broken_document_is_found(case, emitted):
    found = CHECKS[case["check"]].find_faults(broken(emitted, case["update"]))
    assert {fault.focus.strip("<>") for fault in found} == {urljoin(DOCUMENT, one) for one in case["finds"]}


@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_a_broken_document_is_refused(case, emitted):
    message = refused(stated(broken(emitted, case["update"])))
    for found in case["finds"]:
        assert f"{case['check']}: <{urljoin(DOCUMENT, found)}>" in message


def test_every_check_is_seen_failing():
    assert {case["check"] for case in CASES} == set(CHECKS) == set(PREFILTERS)


def changed(one: Statement, other: Statement) -> Statement:
    """A statement that says of its subject what another says of another."""
    return one[0], one[1], other[2]


@given(data=st.data())
def test_sieves_leave_out_no_fault(data):
    """Whatever is taken away, put in or exchanged, that which all queries find in all statements is found."""
    some = st.sampled_from(SOUND)
    gone = data.draw(st.sets(some, max_size=3))
    more = data.draw(st.lists(st.builds(changed, some, some), max_size=2))
    statements = [*(one for one in SOUND if one not in gone), *more]
    store = broken_store(statements)
    faults = [fault for name in sorted(CHECKS) for fault in sorted(CHECKS[name].find_faults(store))]
    assert [line for line in refused(statements).split("\n") if line][:-1] == [
        fault.format_line() for fault in faults[:5]
    ]


def broken_store(statements):
    store = Store()
    store.load("".join(f"{' '.join(one)} .\n" for one in statements), format=RdfFormat.N_TRIPLES)
    return store


@pytest.mark.parametrize("name", CHECKS)
def test_the_first_line_of_a_check_is_its_message(name):
    first = CHECKS[name].query.split("\n")[0]
    assert first == f"# {CHECKS[name].message}"
    assert first.endswith(".")


def test_the_words_of_a_check_are_the_iris_that_it_names():
    expected = ("eli:is_part_of", "eli:LegalResource", "ob:Clause", "ob:Closing", "ob:Measure", "ob:Section")
    assert CHECKS["measures"].words == set(map(expand, expected))


def test_things_known_from_before_are_not_checked_again():
    """Of them, not all that is said is at hand."""
    bad = [one for one in SOUND if one[1] != expand("ob:role")]
    bearers = [one[0] for one in SOUND if one[2] == expand("ob:BearerStatement")]
    check_statements(bad, known=set(bearers))
    with pytest.raises(FailedCheckError):
        check_statements(bad, known=set(bearers[1:]))


def test_the_message_names_check_thing_and_value_and_what_to_do():
    with pytest.raises(FailedCheckError) as raised:
        check_statements(one for one in SOUND if one[1] != expand("ob:role"))
    lines = str(raised.value).split("\n")
    assert lines[0].startswith(f"incomplete: <{DOCUMENT}s2/c1/m1/b")
    assert "lacks a part" in lines[0]
    assert lines[0].endswith(f"(<{OB}role>)")
    assert "please report" in lines[-1]
    assert lines[-1].startswith("it is not written; this is a fault of the program")


def test_many_faults_make_a_short_message():
    with pytest.raises(FailedCheckError) as raised:
        check_statements(one for one in SOUND if one[1] != expand("ob:hasEvidence"))
    assert len(str(raised.value).split("\n")) == 6
