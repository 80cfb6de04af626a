"""What was not understood is listed with its place, worst first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build_graph.cli import main

GOOD = """杭州市人民政府关于发展电子商务的意见
一、主要任务
（一）降低门槛。清理审批事项。（市商务局）
"""
DOUBTFUL = """杭州市人民政府关于发展电子商务的意见
一、主要任务
（一）降低门槛。清理审批事项。（市商务局、火星事务局）
（二）加强服务。由市商务局（市投资促进局、市财政局）组织实施有关工作。
杭州市人民政府
2020年1月1日
该平台共三部分，其一是名词解释，其二是联系方式，其三是其他事项。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a-good.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b-doubtful.txt").write_text(DOUBTFUL, encoding="utf-8")
    (tmp_path / "c-bad.txt").write_text("这里没有条款。", encoding="utf-8")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["review", *map(str, arguments)])


def test_worst_first_with_places_and_reasons(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    shown = result.stdout
    assert shown.index("b-doubtful.txt") < shown.index("a-good.txt")
    assert "b-doubtful.txt:4:14: refused: （市投资促进局、市财政局） (it stands inside a sentence)" in shown
    assert "b-doubtful.txt:7:1: unread: 该平台共三部分" in shown
    assert "understood: 2 documents" in shown
    assert "not understood at all: 1 document," in shown
    assert result.stderr.startswith("not understood: ")
    assert "c-bad.txt" in result.stderr


def test_a_body_that_nobody_knows_is_in_doubt(folder: Path) -> None:
    assert "b-doubtful.txt:3:22: unresolved: 火星事务局 (no body of this name is known)" in run(folder).stdout


def test_top_and_details_limit_what_is_shown(folder: Path) -> None:
    result = run(folder, "--top", 1, "--details", 1)
    assert "a-good.txt" not in result.stdout
    assert "b-doubtful.txt: and 2 more; --details 3 shows all" in result.stdout
    assert "understood: 2 documents" in result.stdout


def test_json_gives_every_doubt_of_every_document(folder: Path) -> None:
    failed, worst, best = json.loads(run(folder, "--format", "json").stdout)
    assert "c-bad.txt" in failed["error"]
    assert [doubt["kind"] for doubt in worst["doubts"]] == ["unresolved", "refused", "unread"]
    assert sum(worst["characters"].values()) == len("".join(DOUBTFUL.split()))
    assert worst["in_doubt"] == sum(len(doubt["words"]) for doubt in worst["doubts"])
    assert (best["in_doubt"], best["doubts"]) == (0, [])


def test_duties_in_principles_are_listed_and_rank_first(tmp_path: Path) -> None:
    """A duty that was passed over counts more than many characters of facts."""
    (tmp_path / "a.txt").write_text(
        "某市发展意见\n一、指导思想\n深入贯彻精神，各部门不得以任何理由拖延。\n二、任务\n（一）加强管理，完善机制。",
        encoding="utf-8",
    )
    (tmp_path / "b.txt").write_text(
        "某市发展意见\n一、任务\n（一）加强管理，完善机制。\n某市人民政府\n2020年1月1日\n"
        + "全市共有道路，其中有国道，也有省道。" * 9,
        encoding="utf-8",
    )
    result = run(tmp_path)
    assert result.stdout.index("a.txt") < result.stdout.index("b.txt")
    assert (
        "a.txt:3:1: passed over: 深入贯彻精神，各部门不得以任何理由拖延 (a duty within principles"
        in result.stdout
    )
    first, second = json.loads(run(tmp_path, "--format", "json").stdout)
    assert (first["duties"] > 0, second["duties"]) == (True, 0)


def test_a_letter_that_forwards_passes_nothing_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "各区人民政府：\n现将办法印发给你们，请认真贯彻执行。\n某市人民政府\n2020年1月1日\n一、加强管理，完善机制。",
        encoding="utf-8",
    )
    assert "passed over:" not in run(tmp_path).stdout


def test_nothing_understood_is_an_error(folder: Path) -> None:
    result = run(folder / "c-bad.txt")
    assert (result.exit_code, result.stdout) == (1, "")


def test_without_a_path_the_first_document(folder: Path) -> None:
    assert "guofa-2015-24.txt" in run().stdout
