"""Names of bodies that ran together: where one ends and the next begins."""

from __future__ import annotations

from functools import cache

import pytest

from build_graph.extract.agencies.registry import Registry
from build_graph.extract.structure.adjoining_names import RowReader
from build_graph.extract.structure.flattened_tables import FlatTable
from build_graph.model import Span


@cache
def registry() -> Registry:
    return Registry.load()


def read(
    row: str, labels: tuple[str, ...] = ("牵头单位", "配合单位"), *, trailing: bool = False
) -> list[str]:
    whole = Span(0, len(row))
    table = FlatTable(Span(0, 0), whole, labels, persons=False, glued=True, trailing=trailing)
    found = RowReader(row, whole, table, registry().looks_like_body).find()
    return [cell.extract(row) for cell in found.cells] if found else []


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("完善网络设施。市工信局市委网信办、市发展改革委", ["市工信局", "市委网信办、市发展改革委"]),
        ("搭建信息平台市商务局市市场监管局，各县区政府", ["市商务局", "市市场监管局，各县区政府"]),
        ("建设城市大脑市经信局各区县（市、区）政府", ["市经信局", "各区县（市、区）政府"]),
        ("治理扬尘。区环保局区住房城市建设委2020年底", ["区环保局", "区住房城市建设委"]),
        ("推进改革。市政府办公室市政府金融办等", ["市政府办公室", "市政府金融办等"]),
        ("由市商务局牵头制定办法，完善机制。", []),
        ("完善网络设施，提升能力。", []),
    ],
)
def test_names_are_parted_where_one_ends(row: str, cells: list[str]) -> None:
    assert read(row) == cells


def test_text_may_stand_behind_the_names() -> None:
    row = "推动规模组网建设。市工信局市发改委开展组网实验，开通基站10个以上。"
    assert read(row, trailing=True) == ["市工信局", "市发改委"]
    assert read(row) == []


def test_a_division_begins_where_a_column_has_divisions() -> None:
    row = "建立信息平台。各区水务局水资源处"
    assert read(row, ("实施单位", "指导处室")) == ["各区水务局", "水资源处"]
    assert read(row) == ["各区水务局水资源处"]
