"""Documents as quads: what is emitted, under which IRIs, with what evidence."""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from urllib.parse import unquote

import handmade
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import Graph

from build_graph.extract.pipeline import understand
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import iri
from build_graph.graph.write.turtle import serialise_turtle
from build_graph.model import Body, BodyKind, Metadata
from build_graph.vocabulary import BASE, ONTOLOGY_VERSION, PREFIXES, encode_path, encode_segment, term

CASES = tomllib.loads((TESTS / "cases" / "triples.toml").read_text(encoding="utf-8"))
DOCUMENT = f"{BASE}d/杭政-2015-1"
DECLARED = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
QUOTES = """
    SELECT ?passage WHERE {
      ?passage nif:referenceContext ?source ; nif:anchorOf ?words .
      ?passage nif:beginIndex ?start ; nif:endIndex ?end .
      ?source nif:isString ?text .
      FILTER (SUBSTR(?text, ?start + 1, ?end - ?start) = ?words)
      FILTER (STR(?passage) = CONCAT(STR(?source), "#char=", STR(?start), ",", STR(?end)))
    }"""
POINTED = "{ SELECT DISTINCT ?x { ?finding ob:hasEvidence|ob:kindEvidence ?x } }"


@pytest.fixture(scope="module")
def descriptions():
    return Descriptions.load()


@pytest.fixture(scope="module")
def emitted(descriptions):
    return list(iterate_quads(handmade.document(), descriptions))


@pytest.fixture(scope="module")
def store(emitted):
    store = Store()
    store.extend(emitted)
    return store


@pytest.fixture(scope="module")
def seed(descriptions):
    store = Store()
    store.extend(iterate_quads(understand(), descriptions))
    return store


def rows(store, query):
    found = store.query(DECLARED + query, use_default_graph_as_union=True)
    return [tuple(None if value is None else value.value for value in row) for row in found]


def count(store, pattern):
    return int(rows(store, f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")[0][0])


def values(store, subject, predicate):
    """The local names or lexical forms of what a node of the document says."""
    found = rows(store, f"SELECT ?o WHERE {{ <{DOCUMENT}/{subject}> {predicate} ?o }}")
    return sorted(value.removeprefix(f"{DOCUMENT}/").removeprefix(BASE) for (value,) in found)


# ------------------------------------------------------------------------------------- the whole


def test_counts_of_the_handmade_document(store):
    expected = {
        "?x a ob:Section": 2,
        "?x a ob:Clause": 1,
        "?x a ob:Closing": 1,
        "?x a ob:Measure": 4,
        "?m ob:hasNorm ?x": 5,
        "?x a ob:Obligation": 2,
        "?x a ob:Prohibition": 1,
        "?x a ob:Permission": 1,
        "?x a ob:Encouragement": 1,
        "?x a ob:Target": 3,
        "?x a schema:QuantitativeValue": 3,
        "?x a ob:ResponsibilityAssignment": 2,
        "?x a ob:BearerStatement": 4,
        "?x a ob:DomainStatement": 4,
        "?x a ob:AudienceStatement": 2,
        "?x a ob:TargetGroup": 1,
        "?x a ob:Damage": 1,
        "?x a ob:RefusedBracket": 1,
        "?x a ob:Change": 1,
        "?x a ob:Repair": 2,
    }
    assert {pattern: count(store, pattern) for pattern in expected} == expected


def test_counts_of_the_first_document(seed):
    expected = {
        "?x a ob:Section": 8,
        "?x a ob:Clause": 29,
        "?x a ob:ResponsibilityAssignment": 73,
        "?x a ob:BearerStatement": 200,
        "{ SELECT DISTINCT ?x { ?m a ob:Measure ; ob:responsibleAgency ?x } }": 35,
        "{ SELECT DISTINCT ?x { ?m a ob:Measure ; ob:responsibleGroup ?x } }": 4,
    }
    assert {pattern: count(seed, pattern) for pattern in expected} == expected


def test_burden_of_the_first_document(seed):
    query = """
        SELECT ?name (COUNT(DISTINCT ?measure) AS ?n) WHERE {
          ?measure a ob:Measure ; ob:responsibleAgency ?agency .
          ?agency skos:prefLabel ?name FILTER (LANG(?name) = "zh")
        } GROUP BY ?name ORDER BY DESC(?n) LIMIT 5"""
    assert rows(seed, query) == [
        ("商务部", "32"),
        ("国家工商行政管理总局", "19"),
        ("国家质量监督检验检疫总局", "15"),
        ("国家发展和改革委员会", "13"),
        ("工业和信息化部", "11"),
    ]


def test_graphs_of_the_document_and_of_what_documents_share_without_blank_nodes(emitted):
    """What lies below the document's IRI stands in its graph, all else in the shared one."""
    for quad in emitted:
        own = quad.subject.value == DOCUMENT or quad.subject.value.startswith(f"{DOCUMENT}/")
        assert quad.graph_name.value == (DOCUMENT if own else f"{BASE}shared"), quad
    assert not [q for q in emitted if isinstance(q.subject, BlankNode) or isinstance(q.object, BlankNode)]


def test_no_statement_stands_twice(emitted):
    """Neither in one graph nor in both: who counts with GRAPH and without counts the same."""
    assert len({quad.triple for quad in emitted}) == len(emitted)


def test_the_graph_says_which_ontology_it_is_of(store):
    assert rows(store, f"SELECT ?o {{ <{DOCUMENT}> dcterms:conformsTo ?o }}") == [(ONTOLOGY_VERSION,)]


def test_what_documents_share_depends_on_no_document(descriptions):
    """Two documents say the same of a body, a place or a group; one that cites a third says nothing of it."""
    first = handmade.document()
    other = replace(first, id="other", outline=replace(first.outline, metadata=Metadata()))
    shared = [
        {quad for quad in iterate_quads(one, descriptions) if quad.graph_name.value == f"{BASE}shared"}
        for one in (first, other)
    ]
    assert shared[0] == shared[1]
    assert {q.subject.value for q in shared[0]} > {
        f"{BASE}agency/mofcom",
        f"{BASE}agency/浙江省/杭州市/商务局",
        f"{BASE}place/浙江省/杭州市",
        f"{BASE}target-group/企业",
        f"{BASE}domain/e-commerce",
    }


def test_emission_is_a_pure_function(emitted, descriptions):
    assert list(iterate_quads(handmade.document(), descriptions)) == emitted


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "TZ": "Asia/Shanghai"},
    ],
)
def test_same_bytes_under_any_hash_seed_and_locale(environment, emitted):
    program = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import handmade
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.write.turtle import serialise_turtle
print(hashlib.sha256(serialise_turtle(iterate_quads(handmade.document(), Descriptions.load()))).hexdigest())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(TESTS / "support")],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(serialise_turtle(emitted)).hexdigest()


# -------------------------------------------------------------------------------------- evidence


def test_every_quote_stands_at_its_offsets_in_pyoxigraph(store):
    assert len(rows(store, QUOTES)) == count(store, "?x nif:anchorOf ?words") == count(store, POINTED) > 30


def test_every_quote_stands_at_its_offsets_in_rdflib(emitted):
    graph = Graph().parse(data=serialise_turtle(emitted), format="turtle")
    passages = len(set(graph.query(DECLARED + "SELECT ?x { ?x nif:anchorOf ?words }")))
    assert len(list(graph.query(DECLARED + QUOTES))) == passages > 30


def test_every_quote_of_the_first_document_stands_at_its_offsets(seed):
    assert len(rows(seed, QUOTES)) == count(seed, "?x nif:anchorOf ?words") == count(seed, POINTED) > 700


def test_the_same_words_of_one_place_are_one_passage(store):
    """Two measures are for the 企业 that the text names once."""
    (passage,) = values(store, "s2/c1/m1/w1", "ob:hasEvidence")
    assert values(store, "s2/c1/m2/w1", "ob:hasEvidence") == [passage]
    start = handmade.CONTENT.index("企业")
    assert passage == f"text#char={start},{start + 2}"
    for said in ("nif:anchorOf", "nif:beginIndex", "nif:endIndex", "nif:referenceContext"):
        assert len(values(store, passage, said)) == 1
    assert values(store, passage, "rdf:type") == []  # by its IRI it is an RFC5147String


def test_hashes_are_those_of_the_texts(store):
    assert rows(store, "SELECT ?t { ?t nif:isString ?w ; ob:sha256 ?h FILTER (SHA256(?w) = ?h) }") == [
        (f"{DOCUMENT}/text",)
    ]
    source = hashlib.sha256(handmade.SOURCE.encode()).hexdigest()
    assert values(store, "source", "ob:sha256") == [source]


def test_evidence_of_a_norm_and_of_the_word_that_gives_its_kind(store):
    norm = "s2/c1/m1/n2"
    assert values(store, norm, "ob:text") == ["严禁违法设定行政许可"]
    assert values(store, norm, "ob:cue") == ["严禁"]
    assert values(store, norm, "ob:hasEvidence/nif:anchorOf") == ["严禁违法设定行政许可"]
    assert values(store, norm, "ob:kindEvidence/nif:anchorOf") == ["严禁"]
    start = handmade.CONTENT.index("严禁")
    assert values(store, norm, "ob:kindEvidence/nif:beginIndex") == [str(start)]
    assert values(store, norm, "ob:kindEvidence/nif:endIndex") == [str(start + 2)]


def test_line_and_column_are_those_of_the_source(store):
    found = rows(store, "SELECT ?start ?place { ?e ob:sourcePosition ?place ; nif:beginIndex ?start }")
    text = handmade.document().text
    assert len(found) > 30
    for start, place in found:
        assert tuple(map(int, place.split(":"))) == text.find_line_column(int(start))
    # six characters of gloss stand before 严禁 in the source
    assert values(store, "s2/c1/m1/n2", "ob:hasEvidence/ob:sourcePosition") == ["7:16"]


def test_every_finding_has_evidence_or_says_that_it_was_inferred(store):
    bare = rows(store, "SELECT ?x { ?x a ob:DomainStatement FILTER NOT EXISTS { ?x ob:hasEvidence ?e } }")
    assert bare == [(f"{DOCUMENT}/s2/c1/m1/s2",)]
    assert values(store, "s2/c1/m1/s2", "ob:inferred") == ["true"]
    assert count(store, "?x ob:inferred true") == 1


def test_the_first_signal_of_a_domain_is_its_evidence(store):
    words = values(store, "s2/c1/m1/s1", "ob:hasEvidence/nif:anchorOf")
    assert words == ["审批"]  # not 行政许可, which stands behind it


# --------------------------------------------------------------------------- what is said of things


def test_metadata(store):
    said = {
        "rdf:type": "http://data.europa.eu/eli/ontology#LegalResource",
        "eli:id_local": "杭政〔2015〕1号",
        "eli:date_document": "2015-05-04",
        "eli:passed_by": f"{BASE}agency/杭州市人民政府",
        "eli:jurisdiction": f"{BASE}place/浙江省/杭州市",
        "dcterms:title": "杭州市人民政府关于发展电子商务的意见",
        "ob:addressedTo": "各区、县人民政府",
    }
    found = {p: rows(store, f"SELECT ?o {{ <{DOCUMENT}> {p} ?o }}") for p in said}
    assert found == {predicate: [(value,)] for predicate, value in said.items()}


def test_outline(store):
    assert values(store, "s2/c1", "eli:number") == ["（一）"]
    assert values(store, "s2/c1", "ob:heading") == ["降低门槛"]
    assert values(store, "s2/c1", "eli:is_part_of") == ["s2"]
    assert values(store, "s2/c1", "^eli:is_part_of") == ["s2/c1/m1", "s2/c1/m2"]
    assert values(store, "end", "ob:ordinal") == []
    assert values(store, "s1", "ob:statesGoals") == ["true"]
    assert values(store, "s2", "ob:statesGoals") == []


def test_assignment(store):
    measure = "s2/c1/m1"
    assert values(store, measure, "ob:allocation") == [f"{PREFIXES['ob']}Joint"]
    assert values(store, measure, "ob:openList") == ["false"]
    assert values(store, "s2/c1/m2", "ob:openList") == ["true"]
    assert values(store, measure, "ob:hasAssignment/ob:asWritten") == ["商务部牵头，市商务局配合"]
    for rank, role, who in ((1, "Lead", "agency/mofcom"), (2, "Support", "agency/浙江省/杭州市/商务局")):
        bearer = f"{measure}/b{rank}"
        assert values(store, bearer, "ob:role") == [f"{PREFIXES['ob']}{role}"]
        assert values(store, bearer, "ob:rank") == [str(rank)]
        assert values(store, bearer, "ob:assignedTo") == [who]


def test_shortcuts_from_measures_to_agencies_and_groups(store):
    assert values(store, "s2/c1/m2", "ob:responsibleAgency") == ["agency/浙江省/杭州市/商务局"]
    assert values(store, "s2/c1/m2", "ob:responsibleGroup") == ["group/有关部门"]
    assert values(store, "end/m1", "ob:responsibleAgency") == []
    assert count(store, "?m ob:hasNorm ?norm . ?norm ob:responsibleAgency|ob:responsibleGroup ?x") == 0


def test_no_class_follows_from_another_one_that_is_stated(store):
    """Subclasses are declared in the ontology; only a text, and a body of the registry, have two classes."""
    kinds = rows(store, "SELECT ?one ?other { ?x a ?one , ?other FILTER (STR(?one) < STR(?other)) }")
    assert {tuple(one.rpartition("/")[2].rpartition("#")[2] for one in pair) for pair in kinds} == {
        ("LegalExpression", "Context"),
        ("FormalOrganization", "GovernmentOrganization"),
    }


def test_body_that_the_registry_does_not_know(store):
    body = f"<{BASE}agency/浙江省/杭州市/商务局>"
    assert rows(
        store, f"SELECT ?l ?r ?j {{ {body} skos:prefLabel ?l ; ob:resolved ?r ; ob:jurisdiction ?j }}"
    ) == [("杭州市商务局", "false", f"{BASE}place/浙江省/杭州市")]
    # not a schema:GovernmentOrganization: it may be a university or a firm
    assert rows(store, f"SELECT ?c {{ {body} a ?c }}") == [(f"{PREFIXES['org']}FormalOrganization",)]
    assert (
        count(store, f"<{BASE}agency/mofcom> a org:FormalOrganization , schema:GovernmentOrganization") == 1
    )
    assert count(store, f"<{BASE}agency/mofcom> ob:resolved ?r") == 0
    assert count(store, f"<{BASE}group/有关部门> a ob:AgencyGroup ; skos:prefLabel ?l") == 1


def test_issuers_are_the_bodies_that_the_document_names(descriptions):
    document = handmade.document()
    local = Body("浙江省/杭州市/人民政府", BodyKind.AGENCY, "杭州市人民政府", known=False)
    several = [(handmade.MOFCOM,), (local,), (local, handmade.MOFCOM), ()]
    issuers = [
        {q.object.value for q in iterate_quads(found, descriptions) if q.predicate == term("eli:passed_by")}
        for found in (replace(document, issuers=bodies) for bodies in several)
    ]
    ministry, city = f"{BASE}agency/mofcom", f"{BASE}agency/浙江省/杭州市/人民政府"
    assert issuers == [{ministry}, {city}, {ministry, city}, set()]


def test_domains_with_their_broader_domains_but_not_the_words_that_signal_them(store):
    assert values(store, "s2/c1/m1", "dcterms:subject") == [
        "domain/administrative-reform",
        "domain/e-commerce",
    ]
    assert values(store, "s2/c1/m1", "ob:mainDomain") == ["domain/administrative-reform"]
    labels = rows(store, f"SELECT ?l {{ <{BASE}domain/e-commerce> skos:broader/skos:prefLabel ?l }}")
    assert len(labels) == 2
    assert count(store, "?d ob:signal|ob:weakSignal|ob:neutralWord|skos:narrower ?w") == 0
    assert count(store, f"<{BASE}domain/forestry> ?p ?o") == 0


def test_target_with_two_quantities(store):
    quantities = rows(
        store,
        f"""SELECT ?v ?u ?w {{ <{DOCUMENT}/s1/m1/t2> ob:quantity ?q .
              ?q schema:value ?v ; schema:unitText ?u ; ob:asWritten ?w }} ORDER BY ?w""",
    )
    assert quantities == [("90", "%", "90%"), ("75", "%", "百分之七十五")]
    assert values(store, "s1/m1/t1", "ob:due") == ["2020-12-31"]
    assert values(store, "s1/m1/t2", "ob:due") == []


@pytest.mark.parametrize("case", CASES["quantity"], ids=lambda case: case["printed"])
def test_quantity(case, descriptions):
    document = handmade.document()
    goals = document.measures[0]
    target = replace(goals.targets[0], quantity=case["printed"])
    changed = replace(document, measures=(replace(goals, targets=(target,)),))
    node = NamedNode(f"{DOCUMENT}/s1/m1/t1/q1")
    said = {q.predicate: q.object for q in iterate_quads(changed, descriptions) if q.subject == node}
    decimal = Literal(case["value"], datatype=term("xsd:decimal")) if "value" in case else None
    assert said.get(term("schema:value")) == decimal
    assert said.get(term("schema:unitText")) == (Literal(case["unit"]) if "unit" in case else None)
    assert said[term("ob:asWritten")] == Literal(case["printed"])


def test_repairs_are_counted_and_closed_holes_listed(store):
    assert values(store, "repair/strip_glosses", "ob:count") == ["1"]
    assert values(store, "repair/strip_glosses", "ob:hasChange") == []
    change = "repair/close_holes/1"
    assert values(store, change, "ob:before") == ["?；"]
    assert values(store, change, "ob:after") == ["零售"]
    assert values(store, change, "ob:sourceStart") == [str(handmade.SOURCE.index("?；"))]


def test_provenance_without_a_clock(store, emitted):
    assert values(store, "text", "prov:wasDerivedFrom") == ["source"]
    assert values(store, "text", "prov:wasGeneratedBy") == ["reading"]
    assert values(store, "source", "schema:name") == ["杭政.txt"]
    assert values(store, "source", "ob:encoding") == ["gb18030"]
    assert not [quad for quad in emitted if quad.predicate.value.endswith(("Time", "created", "modified"))]


# ------------------------------------------------------------------------------------------ IRIs


def test_another_base_moves_the_document_but_not_the_registries(descriptions):
    base = "http://example.org/图/"
    found = list(iterate_quads(handmade.document(), descriptions, base))
    subjects = {quad.subject.value for quad in found}
    assert f"{base}d/杭政-2015-1/s2/c1/m1/b1" in subjects
    assert f"{base}agency/浙江省/杭州市/商务局" in subjects
    assert {f"{BASE}agency/mofcom", f"{BASE}domain/e-commerce"} <= subjects
    assert not {subject for subject in subjects if subject.startswith((f"{BASE}d/", f"{BASE}place"))}
    assert {quad.graph_name.value for quad in found} == {f"{base}d/杭政-2015-1", f"{base}shared"}
    assert set(parse(serialise_turtle(found, base), format=RdfFormat.TURTLE)) == without_graph(found)


def test_iris_are_valid_for_rdflib_and_hold_nothing_that_nobody_sees(emitted):
    iris = {
        node.value
        for q in emitted
        for node in (q.subject, q.predicate, q.object)
        if isinstance(node, NamedNode)
    }
    assert len(iris) > 100
    assert not [iri for iri in iris if re.search(r"[\s<>\"{}|\\^`\u200B-\u200F\u202A-\u202E\uFEFF]", iri)]


@given(st.text(min_size=1))
def test_segment_is_valid_and_reversible(words):
    found = encode_segment(words)
    assert NamedNode(f"{BASE}{found}").value.rpartition("/")[2] == found
    assert unquote(found, errors="surrogatepass") == words


@given(st.text(min_size=1))
def test_relative_iris_in_turtle_come_back_whole(words):
    node = NamedNode(f"{BASE}agency/{encode_path(words)}")
    data = serialise_turtle([Quad(node, term("rdf:type"), node)])
    assert [quad.subject for quad in parse(data, format=RdfFormat.TURTLE)] == [node]


# ---------------------------------------------------------------------------------- registries


REGISTRY = """
@prefix : <https://w3id.org/obligation-graph/id/agency/> .
@prefix ob: <https://w3id.org/obligation-graph/ontology#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
:a a org:FormalOrganization ; skos:prefLabel "甲"@zh ; ob:administeredBy :z .
:b a org:FormalOrganization ; skos:prefLabel "乙"@zh ; skos:altLabel "同"@zh .
:c a org:FormalOrganization ; skos:prefLabel "丙"@zh ; skos:altLabel "同"@zh .
:d a org:FormalOrganization ; skos:prefLabel "丁"@zh .
:e a org:FormalOrganization ; skos:prefLabel "戊"@zh .
:z a org:FormalOrganization ; skos:prefLabel "己"@zh .
:ab a org:ChangeEvent ; org:originalOrganization :a ; org:resultingOrganization :b .
:ba a org:ChangeEvent ; org:originalOrganization :b ; org:resultingOrganization :a .
:bc a ob:FunctionTransfer ; ob:fromAgency :b ; ob:toAgency :c .
:de a org:ChangeEvent ; org:originalOrganization :d ; org:resultingOrganization :e .
"""


@pytest.fixture
def small(tmp_path):
    (tmp_path / "agencies.ttl").write_text(REGISTRY, encoding="utf-8")
    (tmp_path / "domains.ttl").write_text("", encoding="utf-8")
    return Descriptions.load(tmp_path)


def test_descriptions_follow_successions_and_references_but_not_strangers(small):
    found = {one[0][1:-1].rpartition("/")[2] for one in small.iterate_descriptions([iri(f"{BASE}agency/a")])}
    assert found == {"a", "b", "c", "z", "ab", "ba", "bc"}


def test_descriptions_say_each_thing_once(small):
    said = list(small.iterate_descriptions([iri(f"{BASE}agency/{name}") for name in "abab"]))
    assert len(said) == len(set(said))


def test_successors_of_the_real_registry_are_described(descriptions):
    before, after = (iri(f"{BASE}agency/{name}") for name in ("saic", "samr"))
    assert after in {one[0] for one in descriptions.iterate_descriptions([before])}


# ----------------------------------------------------------------------------------------- helpers


def without_graph(found):
    return {Quad(quad.subject, quad.predicate, quad.object) for quad in found}
