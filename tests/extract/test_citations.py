"""Documents that a text names: which, on which words, as a basis or not (`cases/citations.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import handmade
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from pyoxigraph import NamedNode, Quad
from stated import stated

from build_graph.extract.citations.citations import CitationFinder
from build_graph.extract.citations.document_names import DocumentNames
from build_graph.extract.pipeline import understand
from build_graph.extract.structure.outline import OutlineParser
from build_graph.graph.check.checks import check_statements
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.write.turtle import serialise_turtle
from build_graph.model import Citation, Document, Metadata, Outline, RejectedBracket, Source, Span, Text
from build_graph.query.validate import validate
from build_graph.vocabulary import BASE, term

CASES = tomllib.loads((TESTS / "cases" / "citations.toml").read_text(encoding="utf-8"))["case"]
READER = CitationFinder.load()
NAMES = DocumentNames.load()
DOCUMENT = f"{BASE}d/杭政-2015-1"
MARKS = "《》〈〉（）〔〕[]“”、，。：\n 0２第号令年和的以下简称附件根据《国发办法意见关于印发通知现将载甲"


def outlined(content: str, metadata: Metadata = Metadata()) -> tuple[Text, Outline]:  # noqa: B008  (immutable)
    text = Text(content, Source("case", content, "utf-8"))
    return text, OutlineParser.load().read(text, metadata)


def shown(content: str, citation: Citation) -> str:
    star = "*" if citation.basis else ""
    return f"{star}{NAMES.identify(citation) or '-'} | {citation.span.extract(content)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_citations(case: dict[str, Any]) -> None:
    own = Metadata(case.get("own"), case.get("number"), addressees=tuple(case.get("sent_to", ())))
    text, outline = outlined(case["text"], own)
    judged = READER.judge_mentions(text, outline)
    cited = [shown(text.content, found) for found in judged if isinstance(found, Citation)]
    assert cited == case.get("cites", [])
    names = {words: name for name, words in READER.reasons.items()}
    refused = [(names[found.reason], found.span) for found in judged if isinstance(found, RejectedBracket)]
    assert [f"{name} | {span.extract(text.content)}" for name, span in refused] == case.get("refused", [])


def test_every_reason_is_seen() -> None:
    seen = {words.split(" | ")[0] for case in CASES for words in case.get("refused", [])}
    assert seen == set(READER.reasons)


def test_a_short_name_has_title_and_number_of_what_it_stands_for() -> None:
    text, outline = outlined(
        "一、甲\n《数据意见》（国发〔2018〕4号，下称《意见》）。\n二、乙\n落实《意见》。"
    )
    full, short = READER.read(text, outline)
    assert (short.title, short.number) == (full.title, full.number) == ("数据意见", "国发〔2018〕4号")
    assert short.span.extract(text.content) == "《意见》"


def test_what_every_document_names_is_found_without_divisions_too() -> None:
    text = Text("根据《数据法》。", Source("case", "", "utf-8"))
    assert [c.basis for c in READER.read(text, Outline(Metadata(), (), 0))] == [True]


@given(st.text(alphabet=MARKS, max_size=200))
def test_any_marks_give_citations_in_order_within_the_text(content: str) -> None:
    text = Text(content, Source("case", content, "utf-8"))
    spans = [
        found.span
        for found in READER.judge_mentions(text, Outline(Metadata(title="关于印发甲办法的通知"), (), 0))
    ]
    assert spans == sorted(spans)
    for one, two in pairwise(spans):
        assert one.end <= two.start
    assert all(0 <= span.start < span.end <= len(content) for span in spans)


# --------------------------------------------------------------------------------------- graph


def citing(*citations: Citation) -> Document:
    return replace(handmade.document(), citations=citations)


def emitted(document: Document) -> list[Quad]:
    return list(iterate_quads(document, Descriptions.load()))


@pytest.fixture(scope="module")
def graph() -> list[Quad]:
    first, again, third = handmade.at("清理前置"), handmade.at("可以减免"), handmade.at("电子商务")
    return emitted(
        citing(
            Citation(third, "发展电子商务的规划", "国发[2015] 24号", basis=True),
            Citation(first, "中华人民共和国公司法", None),
            Citation(again, "公司法", None),
            Citation(handmade.at("抓好落实"), "关于降低门槛的意见", None),
        )
    )


def objects(graph: list[Quad], subject: str, predicate: str) -> list[str]:
    found = (q for q in graph if q.subject == NamedNode(subject) and q.predicate == term(predicate))
    return sorted(quad.object.value for quad in found)


def test_a_document_cites_each_document_once(graph: list[Quad]) -> None:
    law, unplaced = f"{BASE}d/《公司法》", f"{DOCUMENT}/cited/关于降低门槛的意见"
    assert objects(graph, DOCUMENT, "eli:cites") == sorted([law, unplaced])
    assert (
        len([q for q in graph if q.object == NamedNode(law) and q.predicate == term("ob:citedDocument")]) == 2
    )


def test_a_document_is_based_on_what_it_is_made_under(graph: list[Quad]) -> None:
    assert objects(graph, DOCUMENT, "eli:based_on") == [f"{BASE}d/国发-2015-24"]


def test_a_citation_belongs_to_the_lowest_part_that_its_words_stand_in(graph: list[Quad]) -> None:
    law = f"{BASE}d/《公司法》"
    for part, citation in (("s2/c1/m1", "citation/2"), ("s2/c1/m2", "citation/3")):
        assert objects(graph, f"{DOCUMENT}/{part}", "ob:hasCitation") == [f"{DOCUMENT}/{citation}"]
        assert objects(graph, f"{DOCUMENT}/{citation}", "ob:citedDocument") == [law]
    assert objects(graph, DOCUMENT, "ob:hasCitation") == [f"{DOCUMENT}/citation/1"]


def test_a_citation_has_the_title_number_and_key_that_its_words_give(graph: list[Quad]) -> None:
    """Other documents may cite the same one in other words, so the cited document itself has none of them."""
    first, law, unplaced = (f"{DOCUMENT}/citation/{index}" for index in (1, 2, 4))
    assert objects(graph, first, "ob:citedNumber") == ["国发〔2015〕24号"]
    assert objects(graph, first, "ob:citedTitle") == ["发展电子商务的规划"]
    assert objects(graph, first, "ob:titleKey") == ["发展电子商务的规划"]
    assert objects(graph, law, "ob:citedTitle") == ["中华人民共和国公司法"]
    assert objects(graph, law, "ob:titleKey") == ["公司法"]
    assert objects(graph, unplaced, "ob:citedDocument") == [f"{DOCUMENT}/cited/关于降低门槛的意见"]
    said = {quad.predicate for quad in graph if quad.subject == NamedNode(f"{BASE}d/国发-2015-24")}
    assert said == {term("rdf:type")}


def test_a_held_document_has_the_key_under_which_others_cite_it(graph: list[Quad]) -> None:
    assert objects(graph, DOCUMENT, "ob:titleKey") == ["杭州市人民政府关于发展电子商务的意见"]


def test_a_place_in_a_division_but_in_no_measure_belongs_to_the_division() -> None:
    found = emitted(citing(Citation(handmade.at("降低门槛"), "公司法", None)))
    assert objects(found, f"{DOCUMENT}/s2/c1", "ob:hasCitation") == [f"{DOCUMENT}/citation/1"]


def test_a_place_behind_the_last_division_belongs_to_the_document() -> None:
    found = emitted(citing(Citation(handmade.at("𠮷"), "公司法", None)))
    assert objects(found, DOCUMENT, "ob:hasCitation") == [f"{DOCUMENT}/citation/1"]


def test_the_graph_passes_checks_and_shapes(graph: list[Quad], tmp_path: Path) -> None:
    assert check_statements(stated(graph)).checks > 5
    path = tmp_path / "graph.ttl"
    path.write_bytes(serialise_turtle(graph))
    assert list(validate(str(path)).iterate_lines())[:-1] == []


def test_a_citing_and_a_cited_document_go_into_one_graph() -> None:
    """The number is printed differently by the two; the document has it once."""
    citing_other = citing(Citation(Span(0, 3), "别的意见", "杭政〔2016〕 2号"))
    metadata = replace(citing_other.outline.metadata, number="杭政[2016]2号")
    cited = replace(
        handmade.document(), id="杭政-2016-2", outline=replace(citing_other.outline, metadata=metadata)
    )
    together = emitted(citing_other) + emitted(cited)
    assert check_statements(stated(together)).checks > 5
    assert set(objects(together, f"{BASE}d/杭政-2016-2", "eli:id_local")) == {"杭政〔2016〕2号"}


def test_the_first_document_names_one() -> None:
    assert [c.title for c in understand().citations] == ["注册资本登记制度改革方案"]
