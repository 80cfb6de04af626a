"""What an attribution says beside who and how, and what follows from it for others, in the graph."""

from __future__ import annotations

import pytest
from pyoxigraph import Store
from stated import stated

from build_graph.extract.pipeline import Pipeline
from build_graph.graph.check.checks import check_statements
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.model import Source
from build_graph.query.engines import OxigraphEngine
from build_graph.query.explain import explain_name
from build_graph.vocabulary import BASE, NIF, OB

CONTENT = """安徽省人民政府关于推进数字经济的意见
皖政〔2020〕9号
一、主要任务
（一）建设平台。建设统一平台。（省商务厅牵头，完成时限：2021年底，适用范围：自贸试验区；以下均需各市人民政府落实，不再列出）
（二）推广平台。推广平台应用，2022年6月底前完成。（省财政厅）
（三）加强宣传。开展政策宣传。
"""
DECLARED = f"PREFIX ob: <{OB}> PREFIX nif: <{NIF}>\n"
DOCUMENT = f"{BASE}d/皖政-2020-9"


@pytest.fixture(scope="module")
def store() -> Store:
    pipeline = Pipeline.load()
    document = pipeline.understand(Source("case.txt", CONTENT, "utf-8"))
    store = Store()
    store.extend(iterate_quads(document, Descriptions.load()))
    return store


def rows(store: Store, query: str) -> list[tuple[str | None, ...]]:
    found = store.query(DECLARED + query, use_default_graph_as_union=True)
    return sorted(tuple(value and value.value.removeprefix(OB) for value in row) for row in found)


def test_riders_with_the_day_that_a_deadline_names(store: Store) -> None:
    query = """SELECT ?kind ?words ?due WHERE {
        ?a ob:hasRider ?r . ?r ob:riderKind ?kind ; ob:asWritten ?words OPTIONAL { ?r ob:due ?due } }"""
    assert rows(store, query) == [("Deadline", "2021年底", "2021-12-31"), ("Scope", "自贸试验区", None)]


def test_default_bearers_are_inferred_on_later_measures_only(store: Store) -> None:
    query = """SELECT ?measure ?words ?inferred WHERE {
        ?measure ob:hasAssignment/ob:hasBearer ?b . ?b ob:asWritten ?words
        OPTIONAL { ?b ob:inferred ?inferred } }"""
    found = [(measure.rpartition("/s1/")[2], *rest) for measure, *rest in rows(store, query)]
    assert found == [
        ("c1/m1", "各市人民政府", None),
        ("c1/m1", "省商务厅", None),
        ("c2/m1", "各市人民政府", "true"),
        ("c2/m1", "省财政厅", None),
        ("c3/m1", "各市人民政府", "true"),
    ]


def test_an_assignment_by_default_alone_says_that_it_is_inferred_and_from_which_words(store: Store) -> None:
    query = """SELECT ?measure ?words ?quote WHERE {
        ?measure ob:hasAssignment ?a . ?a ob:inferred true ; ob:asWritten ?words ;
            ob:hasEvidence/nif:anchorOf ?quote }"""
    assert rows(store, query) == [(f"{DOCUMENT}/s1/c3/m1", "各市人民政府", "各市人民政府")]


def test_default_bearers_are_responsible_groups(store: Store) -> None:
    query = "SELECT ?m WHERE { ?m a ob:Measure ; ob:responsibleGroup ?g }"
    assert len(rows(store, query)) == 3


def test_coverage_adds_up_to_the_text(store: Store) -> None:
    query = """SELECT ?structure ?measure ?attribution ?principle ?unread WHERE {
        ?text ob:hasCoverage ?c . ?c ob:structureCharacters ?structure ; ob:measureCharacters ?measure ;
        ob:attributionCharacters ?attribution ; ob:principleCharacters ?principle ;
        ob:unreadCharacters ?unread }"""
    (counts,) = rows(store, query)
    assert sum(int(n or 0) for n in counts) == len("".join(CONTENT.split()))
    assert counts[3:] == ("0", "0")


def test_the_graph_passes_its_checks(store: Store) -> None:
    assert check_statements(stated(store)).statements == len(store)


def test_explain_shows_riders_and_who_bears_by_default_from_which_place(store: Store) -> None:
    lines = explain_name(OxigraphEngine(store), "d/皖政-2020-9/s1/c1", str)
    assert "  rider   deadline    2021年底 = 2021-12-31" in lines
    assert "  rider   scope       自贸试验区" in lines
    lines = explain_name(OxigraphEngine(store), "d/皖政-2020-9/s1/c2", str)
    (line,) = [line for line in lines if "各市人民政府" in line and "bearer" in line]
    assert line.endswith("(by default, case.txt:4:51)")
