"""Texts without marks: what is plainly ordered is read, reports are refused."""

from __future__ import annotations

from functools import cache

import pytest

from build_graph.errors import ObligationError
from build_graph.extract.pipeline import NoClausesError, Pipeline
from build_graph.model import Document, Metadata, Source

ACTS = "加强道路管理，严禁车辆进入限行区域。完善监测网络，建立通报制度。"


@cache
def pipeline() -> Pipeline:
    return Pipeline.load()


def understand(text: str, title: str | None = None) -> Document:
    return pipeline().understand(Source("case.txt", text, "utf-8"), Metadata(title=title))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"为保障安全，防止事故，现将有关事项通告如下：\n{ACTS}", "某市人民政府关于加强道路管理的通告"),
        (f"各区人民政府：\n{ACTS}", None),
        (ACTS, None),  # a fragment that consists of acts
    ],
    ids=["a title", "addressees", "acts"],
)
def test_what_is_plainly_ordered_is_read(text: str, title: str | None) -> None:
    found = understand(text, title)
    assert [norm.kind.value for measure in found.measures for norm in measure.norms].count("prohibition") == 1


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"新华社北京2月13日电（记者 某某）会议要求，{ACTS}", None),
        (
            f"近日，某市召开会议。会议介绍了去年的情况，全市共建成道路三百公里，投资增长一成。{ACTS}",
            "某市召开会议",
        ),
        ("全市共有道路三百公里，其中高速公路一百公里，国道二百公里。", "某市关于道路的通告"),
    ],
    ids=["news", "a report", "nothing ordered"],
)
def test_what_orders_nothing_is_refused_in_one_line(text: str, title: str | None) -> None:
    with pytest.raises(NoClausesError) as refusal:
        understand(text, title)
    assert "\n" not in str(refusal.value)
    assert isinstance(refusal.value, ObligationError)


def test_a_letter_that_only_forwards_is_read() -> None:
    """Its number, date and the documents that it forwards are data, though it orders nothing."""
    found = understand(
        "各区人民政府：\n现将《某市数据管理办法》印发给你们，请认真贯彻执行。\n某市人民政府\n2020年1月1日",
        "某市人民政府关于印发《某市数据管理办法》的通知",
    )
    assert found.measures == ()
    assert found.outline.metadata.addressees == ("各区人民政府",)


def test_a_paragraph_is_no_lead_over_for_what_it_says_before() -> None:
    """现将…转发给你们 stands within it, and a duty behind."""
    found = understand(
        "各区县民政局：\n现将民政部的意见转发给你们，请认真执行。各区县应当于11月30日前上报方案。\n",
        "某市民政局转发民政部意见的通知",
    )
    assert [measure.span.extract(found.text.content)[:2] for measure in found.measures] == ["现将"]
