"""The registry and what names mean: `cases/agencies.toml`, the gold annotations, and a registry at fault."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from places import TESTS
from pyoxigraph import NamedNode, RdfFormat, Store

from build_graph.errors import ObligationError
from build_graph.extract.agencies.jurisdictions import CENTRE, UNKNOWN, Jurisdiction, Scope, find_jurisdiction
from build_graph.extract.agencies.periods import Period, find_period
from build_graph.extract.agencies.registry import Registry, Setting
from build_graph.extract.agencies.registry_file import RegistryError
from build_graph.model import (
    Allocation,
    Assignment,
    Bearer,
    Body,
    BodyKind,
    Measure,
    Metadata,
    Role,
    Span,
)
from build_graph.resources import find_folder

HERE = TESTS
CASES: dict[str, Any] = tomllib.loads((HERE / "cases" / "agencies.toml").read_text(encoding="utf-8"))
GOLD = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "gold").glob("*.json"))]
HANGZHOU = Jurisdiction(Scope.LOCAL, "浙江省/杭州市")
SEED_DAY = date(2015, 5, 4)
AGENCY = "https://w3id.org/obligation-graph/id/agency/"
PREFIXES = """
prefix ob: <https://w3id.org/obligation-graph/ontology#>
prefix org: <http://www.w3.org/ns/org#>
prefix skos: <http://www.w3.org/2004/02/skos/core#>
prefix dcterms: <http://purl.org/dc/terms/>
prefix agency: <https://w3id.org/obligation-graph/id/agency/>
"""


@cache
def registry() -> Registry:
    return Registry.load()


@cache
def store() -> Store:
    store = Store()
    store.load(path=find_folder("ontology") / "agencies.ttl", format=RdfFormat.TURTLE)
    return store


def select(query: str) -> list[tuple[str, ...]]:
    """The rows of a query over the registry, as text without the agencies' base."""
    rows = store().query(PREFIXES + query)
    return [tuple(node.value.removeprefix(AGENCY) for node in row) for row in rows]  # type: ignore[union-attr]  # SELECT


def resolve(name: str, place: Jurisdiction = CENTRE, day: date | None = SEED_DAY) -> Body:
    written = Period.build_day(day) if day else Period()
    return registry().resolve(name, Setting(place, written))


def ids(names: str, place: Jurisdiction) -> set[str]:
    return {resolve(name, place).id for name in names.split()}


# ------------------------------------------------------------------------------ central bodies


@pytest.mark.parametrize("body", CASES["seed"])
def test_a_body_of_the_seed_goes_by_all_its_names(body: str) -> None:
    """Short, full and prefixed names lead to one body, and the registry knows it."""
    found = {resolve(name) for name in CASES["seed"][body].split()}
    assert [(one.id, one.known) for one in found] == [(body, True)]


def test_the_seed_has_35_bodies_and_4_groups() -> None:
    """Every name in the seed's attributions is one of the bodies above, or a group."""
    seed = next(gold for gold in GOLD if gold["number"] == "国发〔2015〕24号")
    bodies = {resolve(b["name"]) for measure in seed["measures"] for b in measure["bearers"]}
    assert {body.id for body in bodies if body.kind is BodyKind.AGENCY} == set(CASES["seed"])
    assert len([body for body in bodies if body.kind is BodyKind.GROUP]) == 4


@pytest.mark.parametrize("name", ["guofa-2018-38", "guofa-2019-3", "fengong-009"])
def test_every_agency_of_the_central_gold_documents_is_known(name: str) -> None:
    gold = json.loads((HERE / "gold" / f"{name}.json").read_text(encoding="utf-8"))
    agencies = {b["name"] for m in gold["measures"] for b in m["bearers"] if b["kind"] == "agency"}
    day = gold["date"] and Period.build_day(date.fromisoformat(gold["date"]))
    when = day or registry().infer_period(agencies)
    assert agencies
    assert [n for n in agencies if not registry().resolve(n, Setting(CENTRE, when)).known] == []


@pytest.mark.parametrize("case", CASES["dated"], ids=lambda case: case["name"])
def test_the_day_tells_bodies_of_one_name_apart(case: dict[str, Any]) -> None:
    for day, body in case["days"].items():
        assert resolve(case["name"], day=date.fromisoformat(day)).id == body


def test_without_a_day_a_shared_name_stays_as_written() -> None:
    body = resolve("广电总局", day=None)
    assert (body.id, body.label, body.known) == ("广电总局", "广电总局", False)


def test_an_unknown_central_body_keeps_its_words() -> None:
    body = resolve("国务院某某工作领导小组办公室")
    assert body == Body(
        "国务院某某工作领导小组办公室", BodyKind.AGENCY, "国务院某某工作领导小组办公室", known=False
    )


# -------------------------------------------------------------------------------- local bodies


@pytest.mark.parametrize(
    ("place", "expected"),
    [(case["place"], expected) for case in CASES["local"] for expected in case["bodies"]],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_local_body_stands_under_its_place(place: str, expected: list[str]) -> None:
    """Id, label, functions, and the central bodies above."""
    name, id_, label, functions, central = expected
    body = resolve(name, Jurisdiction(Scope.LOCAL, place), date(2020, 1, 1))
    assert (body.id, body.label, body.known) == (id_, label, False)
    assert (" ".join(body.functions), " ".join(body.answers_to)) == (functions, central)


@pytest.mark.parametrize("case", CASES["superiors"], ids=lambda case: case["name"])
def test_a_local_body_answers_to_the_central_body_of_the_day(case: dict[str, Any]) -> None:
    for day, central in case["days"].items():
        assert " ".join(resolve(case["name"], HANGZHOU, date.fromisoformat(day)).answers_to) == central


def test_the_kind_of_a_local_body_is_known() -> None:
    """Its function, or at least its form, under its place."""
    bodies = {name: resolve(name, HANGZHOU) for name in CASES["known"]["names"].split()}
    assert [n for n, body in bodies.items() if not (body.functions or body.answers_to)] == []
    assert [n for n, body in bodies.items() if not body.id.startswith("浙江省/杭州市/")] == []


def test_a_body_of_the_centre_has_no_local_function() -> None:
    body = resolve("国务院某某工作领导小组办公室")
    assert (body.functions, body.answers_to, body.resolved) == ((), (), False)
    assert resolve("北京市商务局").functions == ("commerce",)


@pytest.mark.parametrize("name", ["商务部", "国家发展改革委", "中国证监会", "国家税务总局", "海关总署"])
def test_plainly_central_words_are_central_in_a_local_document(name: str) -> None:
    assert resolve(name, HANGZHOU).known


@pytest.mark.parametrize("name", ["发展改革委", "统计局", "邮政局", "国资委", "人民银行", "贸促会"])
def test_a_name_that_is_also_local_is_not_central_in_a_local_document(name: str) -> None:
    assert resolve(name).known
    assert resolve(name, HANGZHOU).id.startswith("浙江省/杭州市/")


@pytest.mark.parametrize("case", CASES["same"], ids=lambda case: case["names"].split()[0])
def test_names_of_one_local_body_merge(case: dict[str, str]) -> None:
    assert len(ids(case["names"], HANGZHOU)) == 1


@pytest.mark.parametrize("case", CASES["apart"], ids=lambda case: case["names"].split()[0])
def test_names_of_different_local_bodies_stay_apart(case: dict[str, str]) -> None:
    assert len(ids(case["names"], HANGZHOU)) == len(case["names"].split())


@pytest.mark.parametrize("name", ["市商务局", "市政府", "商务局", "有关部门", "某某集团有限公司"])
def test_bodies_of_two_cities_never_merge(name: str) -> None:
    """Nor do those of two documents of which nobody knows the city."""
    hefei = Jurisdiction(Scope.LOCAL, "安徽省/合肥市")
    assert resolve(name, HANGZHOU).id != resolve(name, hefei).id
    first, second = (
        registry().resolve(name, Setting(UNKNOWN, scope=document)) for document in ("text-1", "text-2")
    )
    assert first.id != second.id


def test_the_label_of_a_body_follows_from_its_id() -> None:
    """However a document writes a body, it is called the same."""
    for case in CASES["same"]:
        bodies = {resolve(name, HANGZHOU) for name in case["names"].split()}
        assert len({body.label for body in bodies}) == 1


@pytest.mark.parametrize("case", CASES["shared"], ids=lambda case: case["names"])
def test_a_shared_end_is_given_to_each(case: dict[str, str]) -> None:
    assert registry().lists.complete_ends(case["names"].split()) == tuple(case["complete"].split())


@pytest.mark.parametrize("case", CASES["opened"], ids=lambda case: case["names"])
def test_a_shared_beginning_is_given_to_each(case: dict[str, str]) -> None:
    assert registry().lists.complete_beginnings(case["names"].split(), UNKNOWN) == tuple(
        case["complete"].split()
    )


def test_in_a_city_the_bare_name_is_the_citys() -> None:
    names = ["省发展改革委", "科技局", "海关总署"]
    bodies = [registry().resolve(name, Setting(HANGZHOU)) for name in names]
    assert [body.id for body in bodies] == ["浙江省/发展改革委", "浙江省/杭州市/科技局", "gac"]


# ----------------------------------------------------------------------------- parts of bureaus


@pytest.mark.parametrize(
    ("place", "issuer", "expected"),
    [(case["place"], case["issuer"], expected) for case in CASES["issued"] for expected in case["bodies"]],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_bare_name_in_a_bureaus_document_is_its_part(place: str, issuer: str, expected: list[str]) -> None:
    """A part stands under its bureau, a body that is the city's or another bureau does not."""
    where = Jurisdiction(Scope.LOCAL, place) if place else CENTRE
    written = Period.build_day(date(2020, 6, 1))
    issued = registry().resolve(issuer, Setting(where, written))
    name, kind, id_, label, functions = expected
    body = registry().resolve(name, Setting(where, written, issuer=issued, inner=True))
    assert (body.kind, body.id, body.label, " ".join(body.functions)) == (kind, id_, label, functions)
    assert (body.part_of == issued.id) == (id_.rpartition("/")[0] == issued.id)


def test_a_centre_in_a_document_without_parts_is_no_part() -> None:
    """申康医院发展中心 in a document of the city's 发展改革委 is the city's."""
    issued = resolve("杭州市发展改革委", HANGZHOU)
    setting = Setting(HANGZHOU, issuer=issued)
    assert registry().resolve("某某发展中心", setting).id == "浙江省/杭州市/某某发展中心"
    assert registry().resolve("政策法规处", setting).part_of == issued.id


def test_bearers_of_two_bureaus_of_one_city_are_apart() -> None:
    names = ("办公室", "各处室")
    bodies = []
    for issuer in ("杭州市民政局", "杭州市农业农村局"):
        setting = Setting(HANGZHOU, issuer=resolve(issuer, HANGZHOU))
        bodies += [registry().resolve(name, setting).id for name in names]
    assert len(set(bodies)) == 2 * len(names)


# ------------------------------------------------------------------------------ rows of classes


@pytest.mark.parametrize("case", CASES["classes"], ids=lambda case: case["names"])
def test_a_shared_head_and_tail_is_given_to_each(case: dict[str, str]) -> None:
    assert registry().lists.complete_classes(case["names"].split()) == tuple(case["complete"].split())


def test_bearers_of_a_row_are_groups_by_their_own_words() -> None:
    """The name stays as printed, the body says what it means."""
    first, *_ = registry().resolve_all([bear("各级人社", "教育", "财政部门")], Setting(HANGZHOU))
    assert [(b.name, b.kind, b.body and b.body.label) for b in first.bearers] == [
        ("各级人社", "group", "各级人社部门"),
        ("教育", "group", "各级教育部门"),
        ("财政部门", "group", "各级财政部门"),
    ]


# --------------------------------------------------------------------------- words that name no body


def bear(*names: str) -> Measure:
    """A measure with such bearers, each at its own place."""
    bearers = tuple(
        Bearer(name, Span(at, at + 1), Role.RESPONSIBLE, registry().classify(name))
        for at, name in enumerate(names)
    )
    assigned = Assignment(Span(0, 1), Allocation.UNSTATED, open=False, bearers=bearers)
    return Measure(path=("s1",), index=1, section=1, clause=None, span=Span(0, 1), assignment=assigned)


@pytest.mark.parametrize("name", CASES["nameless"]["names"].split())
def test_words_that_name_no_body_are_rejected(name: str) -> None:
    measures = registry().resolve_all([bear(name, "市商务局"), bear(name)], Setting(HANGZHOU))
    (mixed, alone), rejected = registry().part_nameless(measures)
    assert [bearer.name for bearer in mixed.bearers] == ["市商务局"]
    assert alone.assignment is None
    assert [one.span for one in rejected] == [Span(0, 1)]


def test_names_of_bodies_are_kept() -> None:
    names = CASES["nameless"]["named"].split()
    measures = registry().resolve_all([bear(*names)], Setting(HANGZHOU))
    assert registry().part_nameless(measures) == (measures, ())


# --------------------------------------------------------------------------------- unknown days


@pytest.mark.parametrize("case", CASES["written"], ids=lambda case: case["period"])
def test_number_title_and_citations_tell_when_a_document_was_written(case: dict[str, str]) -> None:
    metadata = Metadata(title=case.get("title"), number=case.get("number"))
    assert str(find_period(metadata, case.get("content", ""))) == case["period"]


@pytest.mark.parametrize("case", CASES["spans"], ids=lambda case: case["name"])
def test_a_body_answers_to_whom_it_answered_all_the_time(case: dict[str, Any]) -> None:
    for period, central in case["periods"].items():
        begin, end = (date.fromisoformat(day) if day else None for day in period.split("–"))
        body = registry().resolve(case["name"], Setting(HANGZHOU, Period(begin, end)))
        assert " ".join(body.answers_to) == central, period


# ------------------------------------------------------------------------- agencies and groups


def test_the_kind_of_every_bearer_in_the_gold() -> None:
    """All distinct names of the eight documents."""
    names = {(b["name"], b["kind"]) for gold in GOLD for m in gold["measures"] for b in m["bearers"]}
    assert len(names) > 190
    assert {(n, k) for n, k in names if registry().classify(n) != k} == set()


@pytest.mark.parametrize("kind", ["group", "agency"])
def test_particular_bodies_and_classes_of_bodies(kind: str) -> None:
    names = CASES["kinds"][kind].split()
    assert [name for name in names if registry().classify(name) != kind] == []


def test_words_that_look_like_a_body() -> None:
    assert [w for w in CASES["shapes"]["body"].split() if not registry().looks_like_body(w)] == []


def test_false_friends_do_not_look_like_a_body() -> None:
    assert [w for w in CASES["shapes"]["none"].split() if registry().looks_like_body(w)] == []


@pytest.mark.parametrize("words", ["（" * 1_000_000, "市" * 1_000_000, "市（" * 500_000, "各县" * 300_000])
def test_endless_words_are_read_in_no_time(words: str) -> None:
    """No name is that long; none of the rules walks over it again and again."""
    assert not registry().looks_like_body(words)
    assert registry().classify(words) in BodyKind
    assert resolve(words, HANGZHOU).known is False


# --------------------------------------------------------------------- what a document's names show


def test_the_names_show_a_document_of_the_centre() -> None:
    names = ["财政部", "税务总局", "人民银行", "各地区"]
    assert registry().infer_jurisdiction(UNKNOWN, names) == CENTRE
    assert registry().infer_jurisdiction(UNKNOWN, [*names, "省商务厅"]) == UNKNOWN
    assert registry().infer_jurisdiction(UNKNOWN, ["人民银行", "邮政局"]) == UNKNOWN
    assert registry().infer_jurisdiction(HANGZHOU, names) == HANGZHOU


def test_the_names_show_when_a_document_was_written() -> None:
    period = registry().infer_period(["市场监管总局", "国务院扶贫办", "财政部"])
    assert period == Period(date(2018, 3, 17), date(2021, 2, 25))
    assert registry().resolve("药监局", Setting(CENTRE, period)).id == "nmpa"
    assert not registry().resolve("药监局", Setting()).known


def test_all_bearers_of_a_document_are_resolved() -> None:
    """The document says nothing of itself; its names do."""
    names = ("市场监管总局", "财政部", "广电总局", "有关部门")
    bearers = tuple(Bearer(n, Span(0, 1), Role.RESPONSIBLE, registry().classify(n)) for n in names)
    assigned = Assignment(Span(0, 1), Allocation.UNSTATED, open=False, bearers=bearers)
    measures = (
        Measure(path=("s1",), index=1, section=1, clause=None, span=Span(0, 1), assignment=assigned),
        Measure(path=("s2",), index=1, section=2, clause=None, span=Span(0, 1)),
    )
    first, second = registry().resolve_all(measures, Setting())
    assert first.assignment is not None
    bodies = [bearer.body.id for bearer in first.assignment.bearers if bearer.body]
    assert bodies == ["samr", "mof", "nrta", "有关部门"]
    assert second == measures[1]


def test_gold_documents_and_their_places() -> None:
    """Where the documents hold, by issuer, title and number; one says nothing of itself."""
    found = {
        find_jurisdiction(g["issuer"], g["title"], g["number"], gazetteer=registry().gazetteer).path
        for g in GOLD
    }
    assert found == {
        None,
        "上海市",
        "内蒙古自治区/包头市",
        "北京市",
        "广东省",
        "广东省/梅州市/五华县",
        "广西壮族自治区",
        "广西壮族自治区/河池市/大化瑶族自治县",
        "江苏省/南通市",
        "江西省/九江市",
        "河南省",
        "浙江省/宁波市",
        "浙江省/绍兴市",
        "湖北省",
        "湖南省/怀化市",
        "福建省",
        "福建省/厦门市",
        "辽宁省/沈阳市",
        "陕西省",
        "山东省/淄博市",
        "黑龙江省",
    }


# -------------------------------------------------------------------------------- the registry


def test_every_body_is_described() -> None:
    """Kind, names in both languages, a type of organisation."""
    lacking = select("""
        select ?body where {
          ?body a org:FormalOrganization
          filter not exists {
            ?body ob:agencyKind ?kind ; skos:prefLabel ?zh, ?en
            filter (lang(?zh) = "zh" && lang(?en) = "en")
          }
        }""")
    assert lacking == []
    assert len(registry().agencies) > 300


def test_every_agency_that_is_referred_to_is_described() -> None:
    dangling = [
        quad
        for quad in store()
        if isinstance(quad.object, NamedNode)
        and quad.object.value.startswith(AGENCY)
        and quad.object.value.removeprefix(AGENCY) not in registry().agencies
    ]
    assert dangling == []


@pytest.mark.parametrize(
    ("original", "results", "year"),
    [
        ("saic", {"samr"}, "2018"),
        ("aqsiq", {"samr"}, "2018"),
        ("cfda", {"samr", "nmpa"}, "2018"),
        ("cbrc", {"cbirc"}, "2018"),
        ("cbirc", {"nfra"}, "2023"),
        ("mor", {"nra", "crc"}, "2013"),
        ("crc", {"cr"}, "2019"),
        ("lgop", {"nrra"}, "2021"),
        ("nrra", {"mara"}, "2023"),
        ("mii", {"miit"}, "2008"),
    ],
)
def test_successions(original: str, results: set[str], year: str) -> None:
    rows = select(f"""
        select ?result ?date where {{
          ?event a org:ChangeEvent ; org:originalOrganization agency:{original} ;
            org:resultingOrganization ?result ; dcterms:date ?date ; dcterms:source ?source
        }}""")
    assert {result for result, _ in rows} == results
    assert {when[:4] for _, when in rows} == {year}


@pytest.mark.parametrize(
    ("origin", "target", "word"),
    [
        ("ndrc", "mee", "应对气候变化"),
        ("mofcom", "samr", "经营者集中"),
        ("aqsiq", "gac", "检验检疫"),
        ("pbc", "nfra", "金融控股公司"),
        ("most", "miit", "高新"),
    ],
)
def test_functions_that_moved(origin: str, target: str, word: str) -> None:
    rows = select(f"""
        select ?function where {{
          ?event a ob:FunctionTransfer ; ob:fromAgency agency:{origin} ; ob:toAgency agency:{target} ;
            ob:function ?function filter (lang(?function) = "zh")
        }}""")
    assert any(word in function for (function,) in rows)


def test_a_body_ends_when_its_successor_begins() -> None:
    """No event lies before its original's end or after its successor's beginning by more than a year."""
    events = select("""
        select ?original ?result ?date where {
          ?event org:originalOrganization ?original ; org:resultingOrganization ?result ; dcterms:date ?date
        }""")
    for original, result, when in events:
        before, after = registry().agencies[original].period, registry().agencies[result].period
        year = int(when[:4])
        assert before.end is not None
        assert before.end.year - year in (0, 1), original
        assert after.begin is None or after.begin.year <= year, result
        assert after.end is None or after.end.year > year, result


# ------------------------------------------------------------------------- a registry at fault

HEAD = """
@prefix agency: <https://w3id.org/obligation-graph/id/agency/> .
@prefix ob: <https://w3id.org/obligation-graph/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
OLD = 'agency:old skos:prefLabel "甲总局"@zh ; skos:altLabel "总局"@zh ; ob:validTo "{}"^^xsd:gYear .\n'
NEW = 'agency:new skos:prefLabel "乙总局"@zh ; skos:altLabel "总局"@zh ; ob:validFrom "{}"^^xsd:gYear .\n'


def load(tmp_path: Path, content: str) -> Registry:
    path = tmp_path / "agencies.ttl"
    path.write_text(HEAD + content, encoding="utf-8")
    return Registry.load(path)


def test_one_name_for_two_bodies_at_a_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"agencies\.ttl: 总局 names both agency:old .* and agency:new"):
        load(tmp_path, OLD.format(2018) + NEW.format(2018))


def test_one_name_for_two_bodies_one_after_the_other_is_not(tmp_path: Path) -> None:
    found = load(tmp_path, OLD.format(2017) + NEW.format(2018))
    assert found.resolve("总局", Setting(CENTRE, Period.build_day(date(2017, 12, 31)))).id == "old"
    assert found.resolve("总局", Setting(CENTRE, Period.build_day(date(2018, 1, 1)))).id == "new"


def test_a_body_without_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="agency/nameless> needs one"):
        load(tmp_path, 'agency:nameless skos:prefLabel "Nameless"@en .')


def test_a_file_that_is_no_turtle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ObligationError, match=r"agencies\.ttl"):
        load(tmp_path, "agency:old skos:prefLabel")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ObligationError, match="nowhere"):
        Registry.load(tmp_path / "nowhere.ttl")
