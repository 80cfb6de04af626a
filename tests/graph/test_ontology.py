"""The ontology: complete in both languages, OWL 2 DL, and it declares whatever the data use."""

import json
import re
import subprocess
import sys
from pathlib import Path

import handmade
import pytest
from places import TESTS
from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, URIRef

from build_graph import __version__
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.resources import find_folder
from build_graph.vocabulary import OB, ONTOLOGY, PREFIXES, term

FOLDER = find_folder("ontology")
GRAPH = Graph().parse(FOLDER / "obligations.ttl")
TERMS = sorted(s for s in set(GRAPH.subjects()) if isinstance(s, URIRef) and s.startswith(OB))
DECLARED = {str(s) for s in GRAPH.subjects(RDF.type, None)}
OWL_ONTOLOGY = NamedNode(str(OWL.Ontology))


def file_triples(name):
    return [quad.triple for quad in parse(path=FOLDER / name, format=RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def data():
    return [quad.triple for quad in iterate_quads(handmade.document(), Descriptions.load())]


# ------------------------------------------------------------------------------------- OWL 2 DL


def judged(triples, path, *options):
    """What the OWL API and HermiT say of the triples, taken as one ontology."""
    once = dict.fromkeys(t for t in triples if t.object != OWL_ONTOLOGY or t.subject.value == ONTOLOGY)
    path.write_bytes(serialize(once, format=RdfFormat.TURTLE))
    program = TESTS / "support" / "owl_profile.py"
    done = subprocess.run(
        [sys.executable, program, path, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr[-2000:]}\nit needs Java: apt-get install default-jre-headless"
    return json.loads(done.stdout)


def test_the_ontology_is_owl_2_dl_consistent_and_without_empty_classes(tmp_path):
    found = judged(file_triples("obligations.ttl"), tmp_path / "o.ttl", "--reason")
    assert found["axioms"] > 800
    assert (found["violations"], found["consistent"], found["unsatisfiable"]) == ([], True, [])


def test_it_stays_owl_2_dl_with_alignments_registries_and_data(tmp_path, data):
    files = ("obligations.ttl", "alignments.ttl", "agencies.ttl", "domains.ttl")
    triples = [triple for name in files for triple in file_triples(name)]
    found = judged(triples + data, tmp_path / "all.ttl")
    assert found["axioms"] > 5000
    assert found["violations"] == []


@pytest.mark.parametrize(
    ("addition", "violation"),
    [
        ((f"{OB}role", RDF.type, OWL.DatatypeProperty), "Cannot pun between properties"),
        ((f"{OB}role", RDFS.range, f"{OB}NotDeclared"), "undeclared class"),
        ((f"{OB}Norm", f"{OB}notDeclared", f"{OB}Target"), "undeclared annotation property"),
    ],
)
def test_what_is_not_owl_2_dl_is_found(tmp_path, addition, violation):
    broken = [*file_triples("obligations.ttl"), Triple(*(NamedNode(str(node)) for node in addition))]
    assert violation in "\n".join(judged(broken, tmp_path / "broken.ttl")["violations"])


def test_a_class_that_nothing_can_be_is_found(tmp_path):
    both = Triple(term("ob:Obligation"), term("rdfs:subClassOf"), term("ob:Permission"))
    found = judged([*file_triples("obligations.ttl"), both], tmp_path / "empty.ttl", "--reason")
    assert found["unsatisfiable"] == [f"<{OB}Obligation>"]


# ---------------------------------------------------------------------------------- declarations


def test_the_version_is_that_of_the_program():
    ontology = URIRef(ONTOLOGY)
    assert GRAPH.value(ontology, OWL.versionIRI) == URIRef(f"{ONTOLOGY}/{__version__}")
    assert str(GRAPH.value(ontology, OWL.versionInfo)) == __version__
    assert not list(GRAPH.objects(ontology, OWL.imports))


@pytest.mark.parametrize("iri", TERMS, ids=lambda iri: iri.removeprefix(OB))
def test_every_term_has_one_label_and_one_definition_in_each_language(iri):
    for predicate in (RDFS.label, SKOS.definition):
        assert sorted(text.language for text in GRAPH.objects(iri, predicate)) == ["en", "zh"]
    english, chinese = sorted(GRAPH.objects(iri, SKOS.definition), key=lambda text: text.language)
    assert english.endswith(".")
    assert chinese.endswith("。")
    assert re.search("[一-鿿]", chinese)


def test_every_term_is_of_a_kind():
    kinds = {
        OWL.Class,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
        OWL.NamedIndividual,
    }
    assert len(TERMS) > 90
    assert [iri for iri in TERMS if not kinds & set(GRAPH.objects(iri, RDF.type))] == []


def test_no_two_terms_have_the_same_definition():
    definitions = [str(text) for iri in TERMS for text in GRAPH.objects(iri, SKOS.definition)]
    assert len(definitions) == len(set(definitions))


def undeclared(triples):
    """Properties, classes and own terms that the triples use and the ontology does not declare."""
    used = {t.predicate.value for t in triples}
    used |= {t.object.value for t in triples if t.predicate == term("rdf:type")}
    used |= {
        t.object.value for t in triples if isinstance(t.object, NamedNode) and t.object.value.startswith(OB)
    }
    built_in = (PREFIXES["rdf"], PREFIXES["rdfs"], PREFIXES["owl"])
    return sorted(iri for iri in used - DECLARED if not iri.startswith(built_in))


def test_everything_that_data_use_is_declared(data):
    assert undeclared(data) == []


@pytest.mark.parametrize("name", ["agencies.ttl", "domains.ttl"])
def test_everything_that_the_registries_use_is_declared(name):
    assert undeclared(file_triples(name)) == []


def test_what_is_not_declared_is_found():
    assert undeclared([Triple(term("ob:Lead"), term("ob:nothing"), term("ob:Nobody"))]) == [
        f"{OB}Nobody",
        f"{OB}nothing",
    ]


PREFIXED = re.compile(
    rf"(?<![\w/])((?:{'|'.join(sorted(set(PREFIXES) - {'rdf', 'rdfs', 'owl', 'xsd'}))}):\w+)"
)
CODE = sorted(Path(find_folder("data")).parent.rglob("*.py"))
RULES = [
    *sorted((FOLDER / "checks").glob("*.rq")),
    FOLDER / "shapes.ttl",
    *sorted(find_folder("queries").rglob("*.rq")),
]


@pytest.mark.parametrize("path", [*CODE, *RULES], ids=lambda path: path.name)
def test_terms_in_code_shapes_and_queries_are_declared(path):
    """A misspelt term would be minted silently, or match nothing."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        text = "\n".join(re.findall(r'"[a-z]+:\w+"', text))
    assert [name for name in PREFIXED.findall(text) if term(name).value not in DECLARED] == []


def test_the_code_is_really_read_for_terms():
    names = {name for path in CODE for name in PREFIXED.findall(path.read_text(encoding="utf-8"))}
    assert {"ob:hasBearer", "eli:is_part_of", "nif:anchorOf"} <= names


def test_roles_allocations_and_kinds_stand_in_their_schemes():
    for name, scheme, size in (
        ("Role", "RoleScheme", 3),
        ("Allocation", "AllocationScheme", 3),
        ("AgencyKind", "AgencyKindScheme", 15),
    ):
        members = set(GRAPH.subjects(RDF.type, URIRef(OB + name)))
        assert len(members) == size
        for predicate in (SKOS.inScheme, SKOS.topConceptOf):
            assert set(GRAPH.subjects(predicate, URIRef(OB + scheme))) == members


def test_alignments_speak_of_declared_terms_only():
    alignments = Graph().parse(FOLDER / "alignments.ttl")
    known = DECLARED | {str(s) for s in alignments.subjects(RDF.type, None)}
    mappings = [t for t in alignments if t[1] != RDF.type and t[1] not in (DCTERMS.title,)]
    assert len(mappings) > 30
    assert [t for t in mappings if str(t[0]) not in known or str(t[2]) not in known] == []
