"""The table of properties, the ontology, the shapes and real graphs say the same of each property."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import handmade
import pytest
from places import TESTS
from pyoxigraph import Literal, NamedNode, Quad
from rdflib import OWL, RDF, RDFS, SH, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node
from understanding import descriptions, document

from build_graph.extract.pipeline import find_default_document
from build_graph.graph.check.checks import load_checks
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.properties import ANY, ONE, OPTIONAL, PROPERTIES, SOME, Count, Kind, Property
from build_graph.graph.statements import expand
from build_graph.query.catalogue import load_lookup
from build_graph.query.export.export_tables import load_layout
from build_graph.query.export.jsonld import ID, LANGUAGE, JsonldContext
from build_graph.resources import find_folder, load_word_lists
from build_graph.vocabulary import OB, PREFIXES, XSD, term

FOLDER = find_folder("ontology")
ONTOLOGY = Graph().parse(FOLDER / "obligations.ttl")
SHAPES = Graph().parse(FOLDER / "shapes.ttl")
PASSAGE = "nif:RFC5147String"
GOLD = TESTS / "gold" / "documents"
TABLE = {name: one for name, one in PROPERTIES.items() if one.of}  # all but rdf:type
IRI = (Kind.NODE, Kind.TERM)
WHOLE_NUMBERS = {f"{XSD}nonNegativeInteger", f"{XSD}positiveInteger"}  # in ranges; data have xsd:integer
SINGLE, NEEDED = (ONE, OPTIONAL), (ONE, SOME)


def node(name: str) -> URIRef:
    return URIRef(term(name).value)


def shorten(iri: object) -> str:
    """Return the prefixed name of an IRI."""
    found = [prefix for prefix, namespace in PREFIXES.items() if str(iri).startswith(namespace)]
    return f"{found[0]}:{str(iri).removeprefix(PREFIXES[found[0]])}" if found else str(iri)


def changed(name: str, **values: object) -> dict[str, Property]:
    """The table with another property of that name."""
    return {**TABLE, name: replace(TABLE[name], **values)}  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------- the ontology


def find_disagreements(table: Mapping[str, Property]) -> set[str]:
    """Where the ontology declares a property otherwise than the table."""
    return {f"{name}: {what}" for name, one in table.items() for what in iterate_differences(one)}


def iterate_differences(one: Property) -> Iterator[str]:
    if one.name.startswith("rdfs:"):  # built in
        return
    iri, own = node(one.name), one.name.startswith("ob:")
    kinds = set(ONTOLOGY.objects(iri, RDF.type))
    free = OWL.AnnotationProperty in kinds  # such as names, and years, for which OWL has no datatype
    allowed = {OWL.ObjectProperty} if one.kind in IRI else {OWL.DatatypeProperty, OWL.AnnotationProperty}
    if not kinds & allowed:
        yield "is of another kind"
    if one.kind.datatype:
        ranges = set(map(str, ONTOLOGY.objects(iri, RDFS.range)))
        if ranges and {f"{XSD}integer" if r in WHOLE_NUMBERS else r for r in ranges} != {one.kind.datatype}:
            yield "has another range"
    if (
        own
        and not free
        and (OWL.FunctionalProperty in kinds) != all(count in SINGLE for count in one.of.values())
    ):
        yield "has another number of values"
    if own and labels(iri) != (one.english, one.chinese):
        yield "has other labels"
    for above in ONTOLOGY.objects(iri, RDFS.domain):
        if not all(is_below(node(name), above) for name in one.of):
            yield "is of things outside of its domain"


def labels(iri: URIRef) -> tuple[str, ...]:
    found = sorted(ONTOLOGY.objects(iri, RDFS.label), key=lambda label: str(label.language))  # type: ignore[attr-defined]
    return tuple(map(str, found))


def is_below(one: URIRef, above: Node) -> bool:
    union = ONTOLOGY.value(above, OWL.unionOf)
    wanted = set(Collection(ONTOLOGY, union)) if union else {above}
    return bool(wanted & set(ONTOLOGY.transitive_objects(one, RDFS.subClassOf)))


def test_table_and_ontology_agree() -> None:
    assert find_disagreements(TABLE) == set()


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("ob:text", {"kind": Kind.NODE}, "is of another kind"),
        ("ob:index", {"kind": Kind.DATE}, "has another range"),
        ("ob:index", {"of": {"ob:Measure": ANY}}, "has another number of values"),
        ("ob:hasNorm", {"of": {"ob:Measure": ONE}}, "has another number of values"),
        ("ob:index", {"chinese": "号码"}, "has other labels"),
        ("ob:index", {"of": {"ob:Norm": ONE}}, "is of things outside of its domain"),
        ("dcterms:subject", {"kind": Kind.TEXT}, "is of another kind"),
        ("ob:undeclared", {}, "is of another kind"),
    ],
)
def test_what_the_ontology_says_otherwise_is_found(name: str, values: dict[str, object], said: str) -> None:
    made = {name: replace(PROPERTIES.get(name, PROPERTIES["ob:text"]), name=name, **values)}  # type: ignore[arg-type]
    assert f"{name}: {said}" in find_disagreements(made)


APART = {"responsibleBody"}  # it is above the two properties that are stated, and is stated of nothing


def test_every_property_of_the_ontology_is_in_the_table() -> None:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
    declared = {iri for kind in kinds for iri in ONTOLOGY.subjects(RDF.type, kind)}
    ours = {str(iri).removeprefix(OB) for iri in declared if str(iri).startswith(OB)}
    assert ours - {name.removeprefix("ob:") for name in TABLE} == APART


def test_classes_of_the_table_are_declared() -> None:
    classes = {name for one in TABLE.values() for name in one.of}
    assert [name for name in classes if (node(name), RDF.type, OWL.Class) not in ONTOLOGY] == []


# ------------------------------------------------------------------------------------- the shapes

# Shapes whose target is no class, or more than one.
TARGETS = {
    "Document": ("eli:LegalResource",),
    "Passage": (PASSAGE,),
    "Domain": ("skos:Concept",),
    "Norm": ("ob:Obligation", "ob:Prohibition", "ob:Permission", "ob:Encouragement"),
}
# A measure that has an assignment has these; the table is of all measures. Words in a language are counted by
# language.
CONDITIONAL = {("ob:Measure", "ob:allocation"), ("ob:Measure", "ob:openList")}
Constraint = tuple[str, str]  # class and property


def read_constraints(shapes: Graph) -> dict[Constraint, dict[URIRef, Node]]:
    """What the shapes say of each property of a class, all property shapes of it taken together."""
    found: dict[Constraint, dict[URIRef, Node]] = {}
    for shape in shapes.subjects(RDF.type, SH.NodeShape):
        name = str(shape).rpartition("#")[2]
        classes = TARGETS.get(name) or tuple(map(shorten, shapes.objects(shape, SH.targetClass)))
        if name == "AssignedMeasure":
            classes = ("ob:Measure",)
        for constraint in shapes.objects(shape, SH.property):
            path = shapes.value(constraint, SH.path)
            if isinstance(path, URIRef):
                said = dict(shapes.predicate_objects(constraint))
                for one in classes:
                    found.setdefault((one, shorten(path)), {}).update(said)  # type: ignore[arg-type]
    return found


def find_breaches(shapes: Graph, table: Mapping[str, Property]) -> set[str]:
    """Where the shapes demand of a property what the table does not say, or less."""
    constraints = read_constraints(shapes)
    return {
        f"{of} {name}: {what}"
        for (of, name), said in constraints.items()
        for what in iterate_breaches(said, table.get(name), of)
    }


def iterate_breaches(said: Mapping[URIRef, Node], one: Property | None, of: str) -> Iterator[str]:
    if one is None or of not in one.of:
        yield "is not in the table"
        return
    count, conditional = one.of[of], (of, one.name) in CONDITIONAL
    minimum, maximum = (int(str(said.get(limit, 0))) for limit in (SH.minCount, SH.maxCount))
    if (minimum > 0) != (count in NEEDED) and not conditional:
        yield "has another least number"
    if one.kind is not Kind.LABEL and (maximum == 1) != (count in SINGLE):
        yield "has another greatest number"
    if SH.datatype in said and str(said[SH.datatype]) != one.kind.datatype:
        yield "has another datatype"
    if {SH["class"], SH["in"], SH.nodeKind} & said.keys() and one.kind not in IRI:
        yield "is no IRI"
    if {SH.languageIn, SH.uniqueLang} & said.keys() and one.kind is not Kind.LABEL:
        yield "is in no language"


def test_table_and_shapes_agree() -> None:
    assert find_breaches(SHAPES, TABLE) == set()
    assert len(read_constraints(SHAPES)) > 80


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (changed("ob:index", kind=Kind.TEXT), "ob:Measure ob:index: has another datatype"),
        (changed("ob:index", of={"ob:Measure": OPTIONAL}), "ob:Measure ob:index: has another least number"),
        (changed("ob:index", of={"ob:Measure": SOME}), "ob:Measure ob:index: has another greatest number"),
        (changed("ob:index", of={"ob:Target": ONE}), "ob:Measure ob:index: is not in the table"),
        (changed("ob:role", kind=Kind.TEXT), "ob:BearerStatement ob:role: is no IRI"),
        (changed("skos:prefLabel", kind=Kind.TEXT), "ob:AgencyGroup skos:prefLabel: is in no language"),
        (
            changed("nif:beginIndex", of={PASSAGE: OPTIONAL}),
            f"{PASSAGE} nif:beginIndex: has another least number",
        ),
    ],
)
def test_what_the_shapes_say_otherwise_is_found(table: Mapping[str, Property], said: str) -> None:
    assert said in find_breaches(SHAPES, table)


# ------------------------------------------------------------------------------------ the checks


def test_checks_go_by_the_table() -> None:
    """What must have evidence is asked for it, and what is asked to have one value has one."""
    words = {check.name: check.words for check in load_checks()}
    shown = TABLE["ob:hasEvidence"].of
    assert {expand(name) for name in shown} == {w for w in words["evidence"] if _is_class(w)}
    single = {expand(name) for name, one in TABLE.items() if all(c in SINGLE for c in one.of.values())}
    assert words["doubled"] <= single


def _is_class(word: str) -> bool:
    return (URIRef(word[1:-1]), RDF.type, OWL.Class) in ONTOLOGY


# ------------------------------------------------------------------------------------ real graphs

Said = Mapping[str, Mapping[str, Sequence[NamedNode | Literal]]]  # values by subject and property


@cache
def index_documents() -> tuple[Said, ...]:
    """What the graphs of documents say: one made by hand, the first, and annotated ones."""
    found = [handmade.document(), document(find_default_document())]
    found += [document(GOLD / f"{name}.txt") for name in ("guofa-2019-3", "jiujiang-062", "baotou-105")]
    found += [document(path) for path in sorted(GOLD.glob("*-0*.txt"))]
    return tuple(index_quads(iterate_quads(one, descriptions())) for one in found)


def index_quads(quads: Iterable[Quad]) -> Said:
    said: dict[str, dict[str, list[NamedNode | Literal]]] = {}
    for quad in quads:
        values = said.setdefault(quad.subject.value, {}).setdefault(shorten(quad.predicate.value), [])  # type: ignore[union-attr]
        values.append(quad.object)  # type: ignore[arg-type]
    return said


def find_faults(said: Said, table: Mapping[str, Property]) -> set[str]:
    """What a graph says that the table does not allow, and what it leaves out."""
    return {fault for thing in said.values() for fault in iterate_faults(thing, table)}


def iterate_faults(
    thing: Mapping[str, Sequence[NamedNode | Literal]], table: Mapping[str, Property]
) -> Iterator[str]:
    classes = {shorten(value.value) for value in thing.get("rdf:type", ())} or {PASSAGE}
    for name, values in thing.items():
        if name == "rdf:type":
            continue
        if name not in table:
            yield f"{name}: is not in the table"
            continue
        counts = [table[name].of[one] for one in classes if one in table[name].of]
        if not counts:
            yield f"{name}: is said of {', '.join(sorted(classes))}"
        if len(values) > 1 and any(count in SINGLE for count in counts):
            yield f"{name}: is said more than once"
        if not all(is_of_kind(value, table[name].kind, name) for value in values):
            yield f"{name}: is of another kind"
    for name, one in table.items():
        for of in classes & one.of.keys():
            if one.of[of] in NEEDED and name not in thing:
                yield f"{name}: is missing of {of}"


def is_of_kind(value: NamedNode | Literal, kind: Kind, name: str) -> bool:
    if isinstance(value, NamedNode):
        return (kind is Kind.TERM and value.value.startswith(OB)) or kind is Kind.NODE
    if kind is Kind.LABEL:  # a document without a title has its file's name for a label, in no language
        return bool(value.language) or (name == "rdfs:label" and value.value.endswith(".txt"))
    years = kind is Kind.DATE and name in ("ob:validFrom", "ob:validTo", "dcterms:date")
    return value.datatype.value == kind.datatype or (years and value.datatype.value == f"{XSD}gYear")


def test_graphs_are_as_the_table_says() -> None:
    assert set().union(*(find_faults(said, TABLE) for said in index_documents())) == set()


def test_every_property_of_the_table_is_seen() -> None:
    """But for what a store or another registry says of readings, and for what no document here has."""
    seen = {name for said in index_documents() for thing in said.values() for name in thing}
    assert set(TABLE) - seen == {"ob:givenSha256", "ob:rulesSha256", "ob:registrySha256"}


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({name: one for name, one in TABLE.items() if name != "ob:cue"}, "ob:cue: is not in the table"),
        (changed("ob:index", of={"ob:Norm": ONE}), "ob:index: is said of ob:Measure"),
        (changed("ob:index", of={"ob:Obligation": ONE}), "ob:index: is missing of ob:Obligation"),
        (
            changed("ob:hasBearer", of={"ob:ResponsibilityAssignment": ONE}),
            "ob:hasBearer: is said more than once",
        ),
        (changed("ob:index", kind=Kind.TEXT), "ob:index: is of another kind"),
        (changed("ob:role", kind=Kind.TEXT), "ob:role: is of another kind"),
        (changed("ob:asWritten", kind=Kind.LABEL), "ob:asWritten: is of another kind"),
        (changed("ob:cue", of={**TABLE["ob:cue"].of, PASSAGE: ONE}), f"ob:cue: is missing of {PASSAGE}"),
    ],
)
def test_what_graphs_say_otherwise_is_found(table: Mapping[str, Property], fault: str) -> None:
    assert fault in find_faults(index_documents()[0], table)


# ---------------------------------------------------------------------------- what reads the table


def test_the_context_takes_its_datatypes_from_the_table() -> None:
    kinds = JsonldContext.load().kinds
    for name, one in TABLE.items():
        special = {Kind.NODE: ID, Kind.TERM: ID, Kind.LABEL: LANGUAGE, Kind.TEXT: None}
        assert kinds.get(term(name).value) == special.get(one.kind, one.kind.datatype)
    assert len(kinds) < len(TABLE)


def test_columns_take_type_and_titles_from_their_property() -> None:
    given = {
        (table["name"], column["name"]): column
        for table in load_word_lists("export_tables")["table"]
        for column in table["columns"]
    }
    columns = {(table.name, column.name): column for table in load_layout() for column in table.columns}
    assert not [key for key, column in given.items() if ("type" in column) == ("property" in column)]
    told = {key: PROPERTIES[column["property"]] for key, column in given.items() if "property" in column}
    assert len(told) > 50
    for key, one in told.items():
        asked = load_lookup(f"table-{key[0]}")
        assert ("a" if one.name == "rdf:type" else one.name) in re.findall(r"[\w:]+", asked), key
        expected = {Kind.INTEGER: "integer", Kind.BOOLEAN: "boolean", Kind.TRUE: "boolean", Kind.DATE: "date"}
        assert columns[key].type == expected.get(one.kind, "string")
        assert columns[key].is_term == (one.kind is Kind.TERM)
        if "en" not in given[key]:
            assert (columns[key].title.en, columns[key].title.zh) == (one.english, one.chinese)


def test_counts_are_those_of_regular_expressions() -> None:
    assert [count.value for count in (ONE, OPTIONAL, SOME, ANY)] == ["", "?", "+", "*"]
    assert set(Count) == {ONE, OPTIONAL, SOME, ANY}


def test_a_value_that_is_not_given_is_no_term() -> None:
    assert PROPERTIES["ob:inferred"].formatter(False) is None
    assert PROPERTIES["ob:openList"].formatter(False) == f'"false"^^<{XSD}boolean>'
    assert PROPERTIES["ob:text"].formatter("x") == '"x"'
