"""How much of a document was understood, and as what."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from places import TESTS

from build_graph.extract.pipeline import Pipeline, understand
from build_graph.model import CoverageKind, Document, Source

DOCUMENTS = sorted((TESTS / "gold" / "documents").glob("*.txt"))

FORMS = {"mohrss-cdpf", "township-homes"}  # end in long forms to be filled in

CONTENT = """杭州市人民政府关于发展电子商务的意见
各区、县人民政府：
为贯彻上级部署，现提出如下意见。
一、总体要求
坚持市场主导，加强服务。
二、主要任务
（一）降低门槛。具体措施：清理审批事项。（商务部，市商务局）
（二）支持下列企业：
1.支持小微企业融资。
三、其他
条件如下，共三项，经过公示的：
杭州市人民政府
2020年1月1日
该平台共三部分，其一是名词解释，其二是联系方式，其三是其他事项。
企业法人（签字）：      年  月  日，此表一式两份。
"""


@pytest.fixture(scope="module")
def document() -> Document:
    return Pipeline.load().understand(Source("case.txt", CONTENT, "utf-8"))


def stretches(document: Document, kind: CoverageKind) -> list[str]:
    content = document.text.content
    return [span.extract(content) for reading, span, _ in document.coverage.stretches if reading is kind]


def test_each_stretch_has_the_kind_that_a_reader_would_give_it(document: Document) -> None:
    assert stretches(document, CoverageKind.MEASURE) == ["清理审批事项。", "支持小微企业融资。"]
    assert stretches(document, CoverageKind.ATTRIBUTION) == ["（商务部，市商务局）"]
    assert stretches(document, CoverageKind.PRINCIPLE) == [
        "为贯彻上级部署，现提出如下意见。",
        "坚持市场主导，加强服务。",
    ]
    assert "各区、县人民政府：" in "".join(stretches(document, CoverageKind.STRUCTURE))
    assert "条件如下，共三项" in "".join(stretches(document, CoverageKind.STRUCTURE))  # leads over to a list
    assert stretches(document, CoverageKind.UNREAD) == [
        "该平台共三部分，其一是名词解释，其二是联系方式，其三是其他事项。",
        "企业法人（签字）：      年  月  日，此表一式两份。",
    ]


def test_each_unread_stretch_says_why(document: Document) -> None:
    assert [stretch.reason for stretch in document.coverage.unread] == [
        "nothing is ordered or aimed at in it",
        "a form to be filled in",
    ]


def test_notes_behind_a_text_and_formulas_are_structure() -> None:
    found = Pipeline.load().understand(
        Source("case.txt", f"{CONTENT}本办法自印发之日起施行，有效期5年。\n附件：1.名单，2.表格。\n", "utf-8")
    )
    structure = "".join(stretches(found, CoverageKind.STRUCTURE))
    assert "附件：1.名单" in structure
    assert "自印发之日起施行" in structure


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_character_is_counted_once(path: Path) -> None:
    """The stretches are in order, do not overlap, and hold every character that is no white space."""
    document = understand(path)
    content = document.text.content
    spans = [stretch.span for stretch in document.coverage.stretches]
    assert all(one.end <= two.start for one, two in itertools.pairwise(spans))
    outside = "".join(
        content[a:b]
        for a, b in zip([0, *(s.end for s in spans)], [*(s.start for s in spans), len(content)], strict=True)
    )
    assert outside.strip() == ""
    assert sum(document.coverage.count_characters(content).values()) == len("".join(content.split()))


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.stem not in FORMS], ids=lambda path: path.stem)
def test_little_of_the_annotated_documents_stays_unread(path: Path) -> None:
    document = understand(path)
    counts = document.coverage.count_characters(document.text.content)
    assert counts[CoverageKind.UNREAD] < 0.05 * sum(counts.values())
    assert counts[CoverageKind.MEASURE] > 0.5 * sum(counts.values())
