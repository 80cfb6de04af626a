"""Who is responsible together: what is counted, measured against chance, and written."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import combinations, product
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import endpoint
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS, write_empty_graph
from pyoxigraph import RdfFormat, Store
from scipy.sparse import csr_array

from build_graph.analysis import centrality, charts, communities
from build_graph.analysis.analysis import Analyst
from build_graph.analysis.bearings import Succession, Successors, find_successors
from build_graph.analysis.choices import Choices, Language, Roles, Unit
from build_graph.analysis.incidence import Incidence, NothingToCountError
from build_graph.analysis.projection import project
from build_graph.analysis.report import Findings
from build_graph.analysis.significance import compute_significance, draw_matrices
from build_graph.cli import main
from build_graph.corpus.builder import Builder
from build_graph.errors import ObligationError
from build_graph.files import write_files
from build_graph.query.catalogue import ParameterKind
from build_graph.query.engines import EndpointEngine, Engine, OxigraphEngine
from build_graph.query.names import EntityFinder
from build_graph.query.open import open_graph
from build_graph.resources import find_folder
from build_graph.vocabulary import NIF

GOLD = TESTS / "gold"
AGENCY = "https://w3id.org/obligation-graph/id/agency/"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="session")
def several_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of five annotated documents, of the centre, a province, cities and a county."""
    paths = [GOLD / "documents" / f"{name}.txt" for name in SEVERAL]
    return Builder().build(paths, tmp_path_factory.mktemp("several")).path


@pytest.fixture(scope="session")
def several(several_path: Path) -> Engine:
    return open_graph(str(several_path))


SEVERAL = ["guofa-2019-3", "henan-177", "shenyang-018", "zibo-060", "dahua-083"]


def found(engine: Engine, **choices: Any) -> Findings:
    return Analyst(engine, Choices(draws=0, **choices)).compute_findings()


def counts(findings: Findings) -> dict[tuple[str, str], int]:
    """Units by the labels of a pair, in the order of the alphabet unless pairs have a direction."""
    pairs = findings.pairs
    names = zip(pairs["label"], pairs["partner_label"], strict=True)
    ordered = names if findings.choices.directed else (tuple(sorted(pair)) for pair in names)
    return dict(zip(ordered, pairs["together"].tolist(), strict=True))  # type: ignore[arg-type]


def gold(name: str) -> list[dict[str, Any]]:
    measures: list[dict[str, Any]] = json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"))[
        "measures"
    ]
    return measures


def body(name: str) -> str:
    """What annotators wrote, without what one list puts before a name and the next does not: 省发展改革委."""
    return re.sub("^(省|市|县|中国)", "", name).replace("大化县支行", "大化支行")


def annotated(measures: list[dict[str, Any]], *kinds: str) -> list[int]:
    """How many measures each pair of names shares, by what annotators wrote down, most first."""
    pairs = Counter(
        pair
        for measure in measures
        for pair in combinations(
            sorted({body(b["name"]) for b in measure["bearers"] if b["kind"] in kinds}), 2
        )
    )
    return sorted(pairs.values(), reverse=True)


# ------------------------------------------------------------------------------ what is counted


def test_pairs_of_the_seed(engine: Engine) -> None:
    findings = found(engine)
    assert [(*sorted(pair), count) for pair, count in counts(findings).items()][:8] == [
        ("发展改革委", "商务部", 12),
        ("工商总局", "质检总局", 11),
        ("商务部", "工商总局", 9),
        ("商务部", "质检总局", 8),
        ("人民银行", "商务部", 7),
        ("商务部", "工业和信息化部", 7),
        ("公安部", "工商总局", 6),
        ("税务总局", "财政部", 6),
    ]
    assert (len(findings.pairs), len(findings.agencies)) == (133, 35)
    assert sorted(findings.pairs["together"], reverse=True) == annotated(gold("guofa-2015-24"), "agency")


def test_the_bearer_of_more_stands_first(engine: Engine) -> None:
    findings = found(engine)
    size = findings.agencies["measures"]
    assert (size[findings.pairs["agency"]].to_numpy() >= size[findings.pairs["partner"]].to_numpy()).all()


@pytest.mark.parametrize("name", ["guofa-2019-3", "guofa-2018-38", "shenyang-018", "henan-177", "zibo-060"])
def test_pairs_are_those_of_the_annotators(name: str, tmp_path: Path) -> None:
    path = Builder().build([GOLD / "documents" / f"{name}.txt"], tmp_path).path
    for groups, kinds in ((False, ["agency"]), (True, ["agency", "group"])):
        pairs = found(open_graph(str(path)), groups=groups).pairs
        assert sorted(pairs["together"], reverse=True) == annotated(gold(name), *kinds)


def test_groups_are_counted_if_asked(engine: Engine) -> None:
    findings = found(engine, groups=True)
    assert "有关部门" in set(findings.agencies["label"])
    assert "有关部门" not in set(found(engine).agencies["label"])
    expected = annotated(gold("guofa-2015-24"), "agency", "group")
    assert sorted(findings.pairs["together"], reverse=True) == expected


def test_divided_measures_are_left_out_if_asked(engine: Engine) -> None:
    joint = [measure for measure in gold("guofa-2015-24") if measure["allocation"] != "divided"]
    findings = found(engine, divided=False)
    assert sorted(findings.pairs["together"], reverse=True) == annotated(joint, "agency")
    assert set(findings.incidence.rows["allocation"]) <= {"Joint", "Unstated"}


def test_norms_as_the_unit(engine: Engine, graph: Path) -> None:
    """A measure of three norms counts three times: 商务部 as often as the catalogue says it has norms."""
    findings = found(engine, unit=Unit.NORMS)
    result = run("query", "agency-obligations", "--set", "agency=商务部", "--graph", graph)
    norms = {row["norm"] for row in csv.DictReader(io.StringIO(result.stdout))}
    assert findings.agencies.loc[f"{AGENCY}mofcom", "measures"] == len(norms)


def test_a_domain_narrows_what_is_counted(engine: Engine, graph: Path) -> None:
    domain = EntityFinder(engine).find(ParameterKind.DOMAIN, "税务")
    findings = found(engine, domain=domain, divided=False)
    given = ["--set", "domain=税务", "--set", "without=divided"]
    asked = csv.DictReader(io.StringIO(run("query", "pairs", *given, "--graph", graph).stdout))
    together = [int(row["measures"]) for row in asked]
    assert 0 < len(together) < 60
    assert findings.pairs["together"].tolist() == together


def test_a_document_narrows_what_is_counted(several: Engine) -> None:
    documents = [EntityFinder(several).find(ParameterKind.DOCUMENT, name) for name in ("国发〔2019〕3号",)]
    findings = found(several, document=documents[0])
    assert sorted(findings.pairs["together"], reverse=True) == annotated(gold("guofa-2019-3"), "agency")
    assert len(findings.pairs) < len(found(several).pairs)


def test_who_leads_whom(several: Engine, several_path: Path) -> None:
    expected = Counter(
        (name, body(one["name"]), body(other["name"]))
        for name in SEVERAL
        for measure in gold(name)
        for one, other in product(measure["bearers"], repeat=2)
        if (one["role"], other["role"]) == ("lead", "support") and one["kind"] == other["kind"] == "agency"
    )
    findings = found(several, roles=Roles.LEAD_SUPPORT)
    assert sorted(findings.pairs["together"]) == sorted(expected.values())
    assert findings.pairs["together"].sum() > 20
    result = run("query", "leads", "--graph", several_path)
    asked = [int(row["measures"]) for row in csv.DictReader(io.StringIO(result.stdout))]
    assert asked == findings.pairs["together"].tolist()


def test_predecessors_are_merged_on_a_day(engine: Engine) -> None:
    before, after = (found(engine, as_of=day) for day in (date(2018, 3, 16), date(2018, 3, 17)))
    assert counts(before) == counts(found(engine))
    rows = after.incidence.rows
    assert set(rows[rows["named"].isin([f"{AGENCY}saic", f"{AGENCY}aqsiq"])]["body"]) == {f"{AGENCY}samr"}
    samr = after.agencies.loc[f"{AGENCY}samr"]
    both = {
        index
        for index, measure in enumerate(gold("guofa-2015-24"))
        if {b["name"] for b in measure["bearers"]} & {"工商总局", "质检总局"}
    }
    assert (samr["measures"], samr["label"]) == (len(both), "国家市场监督管理总局")


def test_a_body_with_several_heirs_stays_as_it_was(engine: Engine) -> None:
    findings = found(engine, as_of=date(2024, 1, 1))
    split = findings.incidence.successors.split
    assert split == {f"{AGENCY}cfda": (f"{AGENCY}nmpa", f"{AGENCY}samr")}
    assert f"{AGENCY}cfda" in findings.agencies.index
    assert f"{AGENCY}nmpa" not in findings.agencies.index


REFORMS = [
    Succession("a", "b", date(2013, 3, 14)),
    Succession("b", "c", date(2018, 3, 17)),
    Succession("x", "y", date(2018, 3, 17)),
    Succession("x", "z", date(2023, 3, 10)),
    Succession("r", "s", date(2010, 1, 1)),
    Succession("s", "r", date(2011, 1, 1)),
    Succession("m", "n", date(2010, 1, 1)),
    Succession("m", "o", date(2010, 1, 1)),
    Succession("n", "p", date(2012, 1, 1)),
    Succession("o", "p", date(2012, 1, 1)),
]


@pytest.mark.parametrize(
    ("body", "day", "expected"),
    [
        ("a", date(2013, 3, 13), Successors({}, {})),
        ("a", date(2013, 3, 14), Successors({"a": "b"}, {})),
        ("a", date(2018, 3, 17), Successors({"a": "c"}, {})),
        ("x", date(2020, 1, 1), Successors({"x": "y"}, {})),
        ("x", date(2024, 1, 1), Successors({}, {"x": ("y", "z")})),
        ("r", date(2024, 1, 1), Successors({}, {})),  # in a circle: itself
        ("m", date(2011, 1, 1), Successors({}, {"m": ("n", "o")})),
        ("m", date(2024, 1, 1), Successors({"m": "p"}, {})),  # apart, and together again
        ("q", date(2024, 1, 1), Successors({}, {})),
    ],
)
def test_heirs(body: str, day: date, expected: Successors) -> None:
    assert find_successors([body], REFORMS, day) == expected


def test_a_reform_of_a_year_counts_from_its_end() -> None:
    """Of some reforms only the year is known; the catalogue and the analysis take them alike."""
    store = Store()
    store.bulk_load(path=str(find_folder("ontology") / "agencies.ttl"), format=RdfFormat.TURTLE)
    store.update(
        f"""PREFIX ob: <https://w3id.org/obligation-graph/ontology#> PREFIX nif: <{NIF}>
        INSERT DATA {{
          <http://x/m> a ob:Measure ; ob:statedIn <http://x/d> ; ob:responsibleAgency <{AGENCY}sacms> ;
            ob:hasNorm <http://x/n> ; ob:allocation ob:Unstated ; ob:hasAssignment <http://x/a> .
          <http://x/a> ob:hasBearer <http://x/b> .
          <http://x/b> ob:assignedTo <{AGENCY}sacms> ; ob:role ob:Lead ; ob:rank 1 ; ob:asWritten "中医药局" .
          <http://x/n> a ob:Obligation ; ob:text "x" ; ob:hasEvidence <http://x/text#char=1,2> .
          <http://x/text#char=1,2> nif:beginIndex 1 .
        }}"""
    )
    engine = OxigraphEngine(store)
    event = f"SELECT ?y {{ ?c org:originalOrganization <{AGENCY}sacms> ; dcterms:date ?y }}"
    prefixes = "PREFIX org: <http://www.w3.org/ns/org#> PREFIX dcterms: <http://purl.org/dc/terms/> "
    assert [row["y"].value for row in store.query(prefixes + event)] == ["2020"]  # type: ignore[union-attr]
    for day, heir in (("2020-12-30", "sacms"), ("2020-12-31", "nmsa")):
        findings = found(engine, as_of=date.fromisoformat(day))
        assert list(findings.agencies.index) == [AGENCY + heir]
        query = (find_folder("queries") / "heirs.rq").read_text(encoding="utf-8")
        query = query.replace("agency/saic", "agency/sacms").replace("2024-01-01", day)
        assert {row["heir"].value for row in engine.answer(query)} == {AGENCY + heir}  # type: ignore[union-attr]


def test_nothing_left_to_count(engine: Engine) -> None:
    with pytest.raises(NothingToCountError, match="choose less narrowly"):
        found(OxigraphEngine(Store()))


def test_labels_are_short_and_told_apart(several: Engine) -> None:
    """Central bodies as documents write them, local ones with their place, as far as their names have it."""
    findings = found(several)
    labels, names = findings.agencies["label"], findings.agencies["name"]
    assert labels.is_unique
    assert labels[f"{AGENCY}ndrc"] == "发展改革委"
    steps = [body.removeprefix(AGENCY).split("/") for body in labels.index]
    local = [(step[-2], AGENCY + "/".join(step)) for step in steps if len(step) > 1]
    assert sum(place in labels[body] for place, body in local) > 50
    assert all(place in labels[body] or labels[body] == names[body] for place, body in local)
    assert labels[f"{AGENCY}辽宁省/沈阳市/商务局"] == "沈阳市商务局"


# ------------------------------------------------------------------------------- the projection


@st.composite
def incidences(draw: st.DrawFn) -> Incidence:
    """Up to twelve units and six bodies, each bearing at random, leading or supporting."""
    units, bodies = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    cells = draw(st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=units * bodies, max_size=units * bodies))
    roles = np.array(cells).reshape(units, bodies)
    return made(roles)


def made(roles: np.ndarray) -> Incidence:
    """An incidence: 0 does not bear, 1 bears, 2 leads, 3 supports."""
    names = tuple(f"b{number}" for number in range(roles.shape[1]))
    return Incidence(
        bodies=names,
        labels=names,
        bears=csr_array((roles > 0).astype(np.int64)),
        leads=csr_array((roles == 2).astype(np.int64)),
        supports=csr_array((roles == 3).astype(np.int64)),
        domains=pd.Series([f"d{unit % 3}" for unit in range(len(roles))]),
        rows=pd.DataFrame(),
        successors=Successors({}, {}),
        inferred=0,
    )


@given(incidences())
def test_the_projection_is_networkx_own(incidence: Incidence) -> None:
    """Counts are those of networkx's weighted projection, shares those of Newman's collaboration network."""
    bears = incidence.bears.toarray()
    graph = nx.Graph()
    graph.add_nodes_from(incidence.bodies)
    graph.add_nodes_from(range(len(bears)))
    graph.add_edges_from(
        (int(unit), incidence.bodies[body]) for unit, body in zip(*bears.nonzero(), strict=True)
    )
    weighted = nx.bipartite.weighted_projected_graph(graph, incidence.bodies)
    newman = nx.bipartite.collaboration_weighted_projected_graph(graph, incidence.bodies)
    pairs = project(incidence, directed=False)
    ours = {
        frozenset((incidence.bodies[one], incidence.bodies[other])): (count, share)
        for one, other, count, share in zip(
            pairs.first, pairs.second, pairs.together, pairs.shared_out, strict=True
        )
    }
    assert {pair: count for pair, (count, _) in ours.items()} == {
        frozenset((one, other)): weight for one, other, weight in weighted.edges(data="weight")
    }
    for one, other, weight in newman.edges(data="weight"):
        assert ours[frozenset((one, other))][1] == pytest.approx(weight)


@given(incidences())
def test_units_are_shared_out_whole(incidence: Incidence) -> None:
    """Each bearer of a shared unit gets 1 in all; all pairs of a unit with leads and supports get 1."""
    bears, leads, supports = (m.toarray() for m in (incidence.bears, incidence.leads, incidence.supports))
    size = bears.sum(axis=1)
    undirected, directed = project(incidence, directed=False), project(incidence, directed=True)
    assert 2 * undirected.shared_out.sum() == pytest.approx(size[size > 1].sum())
    both = (leads.sum(axis=1) > 0) & (supports.sum(axis=1) > 0)
    assert directed.shared_out.sum() == pytest.approx(both.sum())
    assert directed.together.sum() == (leads.sum(axis=1) * supports.sum(axis=1)).sum()
    assert all(directed.first != directed.second)


def test_association_is_one_where_bodies_are_independent() -> None:
    """Of four units, a bears two and b bears two, together one: just what independence gives."""
    pairs = project(made(np.array([[1, 1], [1, 0], [0, 1], [0, 0]])), directed=False)
    assert pairs.association.tolist() == [1.0]


# ---------------------------------------------------------------------------------- chance


@given(incidences(), st.integers(0, 5))
def test_every_draw_keeps_the_totals(incidence: Incidence, seed: int) -> None:
    matrix = incidence.bears.T.tocsr()
    for drawn in draw_matrices(matrix, Random(seed), 3):
        assert set(drawn.data.tolist()) <= {1}
        assert (drawn.sum(axis=0) == matrix.sum(axis=0)).all()
        assert (drawn.sum(axis=1) == matrix.sum(axis=1)).all()
        assert drawn.toarray().max(initial=0) <= 1


def states(matrix: np.ndarray) -> list[np.ndarray]:
    """Every matrix of zeros and ones with the same totals."""
    rows, columns = matrix.shape
    every = (np.array(cells).reshape(rows, columns) for cells in product((0, 1), repeat=rows * columns))
    return [
        one for one in every if (one.sum(0) == matrix.sum(0)).all() and (one.sum(1) == matrix.sum(1)).all()
    ]


SMALL = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]])


def test_all_matrices_are_drawn_alike() -> None:
    """Each with the same totals as often as the others, within what 6,000 draws let expect."""
    known = states(SMALL)
    times = Counter(drawn.toarray().tobytes() for drawn in draw_matrices(csr_array(SMALL), Random(1), 6_000))
    assert len(times) == len(known) > 10
    expected = 6_000 / len(known)
    squares = sum((times[one.astype(np.int64).tobytes()] - expected) ** 2 / expected for one in known)
    assert squares < len(known) - 1 + 4 * math.sqrt(
        2 * (len(known) - 1)
    )  # chi-square: mean and four deviations


def test_chance_is_that_of_all_matrices() -> None:
    """Mean, deviation and p of a pair are those over every matrix that there is."""
    incidence = made(SMALL.T)
    pairs = project(incidence, directed=False)
    chance = compute_significance(incidence, pairs, Choices(draws=4_000, seed=3))
    every = np.array(
        [[one[a] @ one[b] for a, b in zip(pairs.first, pairs.second, strict=True)] for one in states(SMALL)]
    )
    assert chance.expected == pytest.approx(every.mean(axis=0), abs=0.06)
    assert chance.deviation == pytest.approx(every.std(axis=0), abs=0.06)
    assert chance.p == pytest.approx((every >= pairs.together).mean(axis=0), abs=0.04)
    assert (chance.q >= chance.p).all()


def test_who_leads_stays_when_supports_are_drawn() -> None:
    """With one leader of all, each supporter is below it as often as it supports: no chance in that."""
    incidence = made(np.array([[2, 3, 0], [2, 0, 3], [2, 3, 3]]))
    pairs = project(incidence, directed=True)
    chance = compute_significance(incidence, pairs, Choices(roles=Roles.LEAD_SUPPORT, draws=50))
    assert chance.expected.tolist() == pairs.together.tolist() == [2, 2]
    assert np.isnan(chance.z).all()
    assert (chance.p == 1).all()


def test_what_meets_by_plan_stands_out() -> None:
    """Two bodies that always meet among others that meet at random are the surest pair."""
    random = Random(5)
    roles = np.array([[int(random.random() < 0.3) for _ in range(8)] for _ in range(60)])
    roles[:, 1] = roles[:, 0]
    incidence = made(roles)
    pairs = project(incidence, directed=False)
    chance = compute_significance(incidence, pairs, Choices(draws=1_000))
    surest = int(np.nanargmax(chance.z))
    assert (pairs.first[surest], pairs.second[surest]) == (0, 1)
    assert chance.p[surest] == pytest.approx(1 / 1_001)
    assert chance.q[surest] < 0.05 < chance.p[chance.p > 0.01].min()


# --------------------------------------------------------------------------- places in a network

# Two triangles joined by a unit of 2 and 3, who stand between; 6 bears alone.
BRIDGED = np.array(
    [
        [int(body in unit) for body in range(7)]
        for unit in ({0, 1}, {1, 2}, {0, 2}, {2, 3}, {3, 4}, {4, 5}, {3, 5}, {6})
    ]
)


def test_places() -> None:
    incidence = made(BRIDGED)
    graph = communities.build_nx_graph(project(incidence, directed=False), 7, directed=False)
    groups = communities.detect_communities(graph, seed=0)
    assert groups == [[0, 1, 2], [3, 4, 5]]
    places = centrality.compute_centralities(graph, incidence, groups, seed=0)
    assert places["measures"].tolist() == [2, 2, 3, 3, 2, 2, 1]
    assert places["alone"].tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert places["partners"].tolist() == places["strength"].tolist() == [2, 2, 3, 3, 2, 2, 0]
    assert places["community"].tolist() == [1, 1, 1, 2, 2, 2, 0]
    assert places["core"].tolist() == [2, 2, 2, 2, 2, 2, 0]
    assert places["betweenness"].tolist() == pytest.approx([0, 0, 0.4, 0.4, 0, 0, 0])
    assert places["constraint"].iloc[2] < places["constraint"].iloc[0]
    assert np.isnan(places["constraint"].iloc[6])
    assert places["eigenvector"].iloc[2] == places["eigenvector"].max()
    assert centrality.compute_modularity(graph, groups) == pytest.approx(
        nx.community.modularity(graph, [{0, 1, 2}, {3, 4, 5}, {6}]), abs=1e-6
    )


def test_participation_over_domains() -> None:
    """All in one domain: 0; half in each of two: 1/2; without a domain: no figure."""
    incidence = made(np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]))
    domains = pd.Series(["a", "a", "b", ""])
    graph = communities.build_nx_graph(project(incidence, directed=False), 3, directed=False)
    with_domains = Incidence(
        **{name: getattr(incidence, name) for name in Incidence.__slots__} | {"domains": domains}
    )
    values = centrality.compute_centralities(graph, with_domains, [], seed=0)["participation"].tolist()
    assert values[:2] == [0.0, 0.5]
    assert math.isnan(values[2])


# ------------------------------------------------------------------------------------- outputs

FILES = {
    "analysis.md",
    "pairs.csv",
    "agencies.csv",
    "bearings.csv",
    "network.graphml",
    "network.gexf",
    "ranking.svg",
    "heatmap.svg",
}


@pytest.fixture(scope="session")
def written(graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an analysis of the seed."""
    output = tmp_path_factory.mktemp("analysis")
    result = run("analyse", graph, "-o", output, "--draws", 200)
    assert result.exit_code == 0, result.output
    assert "133 pairs among 35 agencies in 61 measures" in result.stdout
    assert {path.name for path in output.iterdir()} == FILES
    return output


def test_the_tables_agree(written: Path) -> None:
    pairs, agencies, bearings = (pd.read_csv(written / f"{n}.csv") for n in ("pairs", "agencies", "bearings"))
    assert (len(pairs), len(agencies)) == (133, 35)
    by_measure = bearings.groupby("measure")["body"].apply(set)
    for row in pairs.itertuples():
        assert row.together == sum({row.agency, row.partner} <= bodies for bodies in by_measure)
    for row in agencies.itertuples():
        assert row.measures == sum(row.agency in bodies for bodies in by_measure)
        of_one = pairs[(pairs["agency"] == row.agency) | (pairs["partner"] == row.agency)]
        assert (row.strength, row.partners) == (of_one["together"].sum(), len(of_one))


def test_every_figure_has_its_query(graph: Path, written: Path) -> None:
    """The commands that the report names give the figures that stand above them."""
    report = (written / "analysis.md").read_text(encoding="utf-8")
    commands = [
        line for block in re.findall(r"```sh\n(.*?)```", report, re.DOTALL) for line in block.splitlines()
    ]
    answers = {}
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "obligations"
        result = run(*words[1:])
        assert result.exit_code == 0, result.output
        answers[words[2]] = list(csv.DictReader(io.StringIO(result.stdout)))
    assert answers.keys() == {"pairs", "shared-measures", "agencies-by-measures"}
    tables = [
        [[cell.strip() for cell in line.split("|")[1:-1]] for line in block.splitlines()[2:]]
        for block in re.findall(r"(?:^\|.*\n)+", report, re.MULTILINE)
    ]
    assert [len(table) for table in tables] == [8, 15, 15]
    assert [row[2] for row in tables[1]] == [row["measures"] for row in answers["pairs"]][:15]
    assert [row[1] for row in tables[2]] == [row["measures"] for row in answers["agencies-by-measures"]][:15]
    assert tables[1][0][2] == str(len(answers["shared-measures"])) == "12"
    assert {row["name"] for row in answers["agencies-by-measures"]} >= {"商务部"}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "choices",
    [
        [],
        ["--groups", "--no-divided", "--as-of", "2024-01-01", "--unit", "norms"],
        ["--roles", "lead-support"],
        ["--draws", "0", "--domain", "税务", "--document", "国发〔2015〕24号"],
    ],
    ids=["defaults", "all changed", "directed", "narrowed"],
)
def test_reports_state_their_choices(language: str, choices: list[str], graph: Path, tmp_path: Path) -> None:
    result = run("analyse", graph, "-o", tmp_path, "--language", language, "--draws", "20", *choices)
    assert result.exit_code == 0, result.output
    report = (tmp_path / "analysis.md").read_text(encoding="utf-8")
    words = {"en": "What this does not say", "zh": "本分析不能说明什么"}
    assert words[language] in report
    assert "{{" not in report
    assert "nan" not in report.lower()
    options = dict(zip(choices[::2], choices[1::2], strict=False))
    if "--groups" in choices:
        assert "2024-01-01" in report
        assert "cfda" not in report
        assert {"en": "Kept as they were", "zh": "因而保留原名"}[language] in report
        assert "bearings.csv" in report
        assert "```" not in report
    elif "--document" in options:
        assert "--set document=d/国发-2015-24 --set domain=domain/taxation" in report
        assert "curveball" not in report
    else:
        assert "20, 0" in report


def test_charts_need_no_font(written: Path) -> None:
    """Letters are outlines, those of Chinese names among them; nothing is asked from outside."""
    for name in ("ranking", "heatmap"):
        text = (written / f"{name}.svg").read_text(encoding="utf-8")
        tags = Counter(element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter())
        assert not tags["text"]
        assert "font-family" not in text
        assert tags["use"] > 200
        for label in ("商务部", "工商总局"):
            outlines = {int(found, 16) for found in re.findall(r'id="NotoSansSC[^"]*-([0-9a-f]+)"', text)}
            assert outlines >= {_glyph(char) for char in label}
        addresses = set(re.findall(r"(?:href|src)=\"([^\"]*)\"", text))
        assert all(address.startswith(("#", "data:")) for address in addresses)


def _glyph(char: str) -> int:
    """The number of a character's outline in the font."""
    with TTFont(find_folder("vendor") / "noto-sans-sc" / charts.FONT) as font:
        return int(font.getGlyphID(font.getBestCmap()[ord(char)]))


def test_a_character_that_the_font_lacks_is_seen_to_be_missing() -> None:
    assert charts.replace_missing("仫佬族", frozenset(map(ord, "佬族〓"))) == "〓佬族"


def test_the_font_has_the_names_of_the_registry() -> None:
    """All but a handful of rare characters in names of places."""
    with TTFont(find_folder("vendor") / "noto-sans-sc" / charts.FONT) as font:
        known = set(font.getBestCmap())
    assert ord("〓") in known
    names = (find_folder("ontology") / "agencies.ttl").read_text(encoding="utf-8")
    assert {char for char in names if ord(char) not in known} <= {"\n"}
    places = (find_folder("data") / "divisions.txt").read_text(encoding="utf-8")
    assert len({char for char in places if ord(char) not in known} - {"\n"}) <= 5


def test_networks_open_elsewhere(written: Path) -> None:
    """Both formats hold every body with its label and every pair with its weight."""
    pairs = pd.read_csv(written / "pairs.csv")
    for graph in (nx.read_graphml(written / "network.graphml"), nx.read_gexf(written / "network.gexf")):
        assert (len(graph), graph.number_of_edges()) == (35, 133)
        assert graph.nodes[f"{AGENCY}mofcom"]["label"] == "商务部"
        assert graph.edges[f"{AGENCY}mofcom", f"{AGENCY}ndrc"]["weight"] == 12
        assert sum(weight for *_, weight in graph.edges(data="weight")) == pairs["together"].sum()
    assert "lastmodifieddate" not in (written / "network.gexf").read_text(encoding="utf-8")


def test_the_same_bytes_whatever_the_hash_seed(graph: Path, written: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build_graph.cli", "analyse", str(graph), "--draws", "200", "-o"]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}  # the tests have 0
    subprocess.run([*command, str(tmp_path)], check=True, env=environment, capture_output=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes(), name


def test_another_seed_draws_others(engine: Engine) -> None:
    one, other = (Analyst(engine, Choices(draws=50, seed=seed)).compute_findings().pairs for seed in (0, 1))
    assert one["together"].tolist() == other["together"].tolist()
    assert one["expected"].tolist() != other["expected"].tolist()


def test_a_store_and_an_endpoint_give_the_same(graph: Path, written: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    store.flush()
    expected = (written / "pairs.csv").read_bytes()
    with endpoint.served(endpoint.over(store)) as url:
        remote = Analyst(EndpointEngine(url, timeout=30), Choices(draws=200))
        remote.write(tmp_path / "remote", Language.EN)
    del store
    run("analyse", tmp_path / "store", "-o", tmp_path / "local", "--draws", 200)
    for where in ("remote", "local"):
        assert (tmp_path / where / "pairs.csv").read_bytes() == expected


# ----------------------------------------------------------------------------------- bad input

BAD: dict[str, tuple[Callable[[Path, Path], list[object]], str]] = {
    "no graph": (lambda g, t: [t / "no.ttl"], "make it with: obligations build"),
    "no endpoint": (lambda g, t: ["http://127.0.0.1:1/query"], "does not answer"),
    "empty graph": (lambda g, t: [write_empty_graph(t)], "no measure with a bearer is left to count"),
    "unknown domain": (lambda g, t: [g, "--domain", "税物"], "has no domain of that name"),
    "unknown document": (
        lambda g, t: [g, "--document", "国发〔2015〕42号"],
        "did you mean 国发〔2015〕24号?",
    ),
    "no date": (lambda g, t: [g, "--as-of", "20240101"], "is no date; write it as 2024-01-01, or today"),
    "no folder": (lambda g, t: [g, "-o", write_empty_graph(t) / "x"], "cannot be written"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str, graph: Path, tmp_path: Path) -> None:
    """One line on stderr that says what to do, exit code 1, nothing written, no traceback."""
    arguments, said = BAD[what]
    given = arguments(graph, tmp_path)
    result = run("analyse", *given, *([] if "-o" in given else ["-o", tmp_path / "out"]), "--draws", "0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert isinstance(result.exception, SystemExit)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_library_is_named(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("analyse", graph)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "pip install 'obligation-graph[analysis]'" in result.stderr


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_bytes(b"")
    with pytest.raises(ObligationError, match="cannot be written"):
        write_files({tmp_path / "a": b"1", tmp_path / "in-the-way" / "b": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["in-the-way"]
